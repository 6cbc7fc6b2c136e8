"""What keys of all families share: making, loading and writing them, their options, and how they behave as objects."""

from __future__ import annotations

from qynauth_pqc._key_options import CODE_PATHS, ENGINES, key_flags, name_of_flag, number_of
from qynauth_pqc._parameter_sets import ROWS, choose_set, member_of, wrong_size
from qynauth_pqc.errors import (
    ClosedError,
    InvalidKeyError,
    InvalidLengthError,
    SeedUnavailableError,
    UnsupportedError,
    expect,
    status_error,
)
from qynauth_pqc.native import (
    Memory,
    close_handle,
    copy_of,
    ffi,
    generate,
    lib,
    load_private_key,
    load_public_key,
    load_seed,
    new_memory,
    private_bytes_of,
    public_bytes_of,
    public_key_of,
    seed_of,
)
from qynauth_pqc.native.inputs import HeldInput, input_of, size_of, without_frames
from qynauth_pqc.native.secret_bytes import Closable, SecretBytes

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, NoReturn, Self, TypeAlias, Unpack

    from qynauth_pqc._parameter_sets import Kind, ParameterSet
    from qynauth_pqc.composite import CompositePrivateKey, CompositePublicKey
    from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
    from qynauth_pqc.mlkem import MLKEMPrivateKey, MLKEMPublicKey
    from qynauth_pqc.native import Handle
    from qynauth_pqc.native.inputs import BytesLike, Input
    from qynauth_pqc.options import KeyOptions
    from qynauth_pqc.xwing import XWingPrivateKey, XWingPublicKey

    AnyPrivateKey: TypeAlias = MLKEMPrivateKey | MLDSAPrivateKey | XWingPrivateKey | CompositePrivateKey
    AnyPublicKey: TypeAlias = MLKEMPublicKey | MLDSAPublicKey | XWingPublicKey | CompositePublicKey
    StrPath: TypeAlias = "str | os.PathLike[str]"


_FORMS: dict[str, int] = {
    "seed": lib.PQC_PRIVATE_KEY_SEED,
    "expanded": lib.PQC_PRIVATE_KEY_EXPANDED,
    "both": lib.PQC_PRIVATE_KEY_BOTH,
}
_ENCODINGS: dict[str, int] = {"PEM": lib.PQC_ENCODING_PEM, "DER": lib.PQC_ENCODING_DER}


def password_of(given: Input) -> HeldInput:
    """Return a password; for None an empty one, which is no password to C."""
    return HeldInput(b"" if given.data is None else given, "password")


def check_password(given: Input, size: int) -> None:
    """Check the size of a password while it is held: an empty one would be no password to C."""
    if not size and given.data is not None:
        raise InvalidLengthError("password must not be empty; use None for no encryption")


def _numbers_of(encoding: Input, form: Input) -> tuple[int, int]:
    """Return the numbers of a form and of an encoding, in the order of the C interface."""
    return number_of(_FORMS, form.data, "form"), number_of(_ENCODINGS, encoding.data, "encoding")


def cryptography_keys() -> ModuleType:
    """Return the module for keys of `cryptography`, which needs an extra."""
    try:
        from qynauth_pqc.formats import _cryptography  # noqa: PLC0415 - the package must import without the extra
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "cryptography":
            raise
        msg = "keys of cryptography need cryptography 50 or newer: pip install 'qynauth-pqc[x509]'"
        raise UnsupportedError(msg) from error
    return _cryptography


def _save(path: StrPath, encoded: bytes | SecretBytes, *, secret: bool, overwrite: bool) -> None:
    """Write an encoded key to a file."""
    from qynauth_pqc.formats._files import NewFile, write_files  # noqa: PLC0415 - few programs need it

    expect(overwrite, bool, "overwrite")
    write_files([NewFile(path, encoded, secret)], overwrite=overwrite, hint="overwrite=True")


class Key(Closable):
    """A key of the C interface. Safe to use from many threads; freed by `close()`, `with` or garbage collection."""

    __slots__ = ("__weakref__", "_handle", "_parameter_set")

    _sets: type[ParameterSet]
    _loadable: dict[int, tuple[type[Any], Any]]
    _array_type: Any
    _keeps_gil = False  # whether operations do that are short, and would be longer by waiting for the GIL
    _options_of: Any
    _resident_bytes_of: Any

    _handle: Handle | None
    _parameter_set: Any

    def __init_subclass__(cls) -> None:
        """Register the class for the keys of its parameter sets that are loaded from an encoding."""
        for each in cls.__dict__.get("_sets", ()):
            cls._loadable[each.id] = cls, each

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse: keys come from the class methods."""
        raise TypeError(f"{cls.__name__} has no constructor; use its class methods")

    @classmethod
    def _own(cls, handle: Handle, parameter_set: ParameterSet) -> Self:
        """Return the key that owns a handle."""
        key = object.__new__(cls)
        key._handle = handle
        key._parameter_set = parameter_set
        return key

    @classmethod
    def _flags(cls, options: KeyOptions, method: str) -> int:
        """Return the flags for the options of a class method."""
        return key_flags(options, f"{cls.__name__}.{method}") if options else 0

    @classmethod
    def _load(cls, load: Any, parameter_set: ParameterSet, flags: int, data: Input, kind: Kind) -> Self:
        """Make a key from an encoding by a `load_*` function."""
        handle = load(parameter_set.id, flags, data, cls._keeps_gil)
        if not isinstance(handle, int):
            return cls._own(handle, parameter_set)
        if handle == lib.PQC_STATUS_KEY_ENCODING:  # whose message is about PKCS#8
            raise InvalidKeyError(f"classical half of the {kind} is not ECPrivateKey in DER, or names another curve")
        raise status_error(handle, wrong_size(parameter_set.bytes_of(kind), size_of(data), parameter_set))

    def _use(self) -> Handle:
        """Return the handle, to be called at once: in a variable, a traceback would keep a key that was closed."""
        handle = self._handle
        if handle is None:
            raise ClosedError(f"{type(self).__name__} is closed")
        return handle

    @property
    def parameter_set(self) -> ParameterSet:
        """The parameter set of the key."""
        return self._parameter_set  # type: ignore[no-any-return]

    @property
    def engine(self) -> str:
        """The implementation of the key's operations: "simd" or "libcrux"."""
        return name_of_flag(ENGINES, self._number(self._options_of, ffi.new("uint32_t *")))

    @property
    def code_path(self) -> str:
        """The instructions that the key's operations use: "avx512", "avx2", "neon-sha3", "neon" or "portable"."""
        return name_of_flag(CODE_PATHS, self._number(self._options_of, ffi.new("uint32_t *")))

    @property
    def resident_bytes(self) -> int:
        """The bytes of memory that the forms of the key take which are kept now.

        A key of the engine "simd", or one of "libcrux" from an expanded decapsulation key, grows when it makes the form
        that its operations need, by default in its second use, or for an ML-DSA private key when it is loaded.
        """
        return self._number(self._resident_bytes_of, ffi.new("size_t *"))

    def _number(self, function: Any, out: Any) -> int:
        """Return the number that a function of the C interface reports about the key."""
        status = self._use().call(function, out)
        if status:
            raise status_error(status)
        return out[0]  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close the key: it is wiped and freed when the last call that uses it returns. A second call does nothing."""
        handle, self._handle = self._handle, None
        close_handle(handle)

    def __repr__(self) -> str:
        """Show the algorithm, never a byte of the key."""
        state = "" if self._handle is not None else ", closed"
        return f"<{type(self).__name__}: {self._parameter_set}{state}>"


def loadable(kind: type[Key]) -> list[tuple[type[Any], Any]]:
    """Return each class of keys of a kind with each of its parameter sets, in the order of the table."""
    every = (kind._loadable[row.algorithm] for row in ROWS.values())
    return [each for each in every if issubclass(each[0], kind)]


class PublicKey(Key):
    """A public key, which is compared, hashed, copied and pickled by its encoding."""

    __slots__ = ()

    _loadable = {}  # noqa: RUF012 - one for all classes
    _by_size: dict[int, Any]  # the parameter sets, by the sizes of their public keys, which all differ
    _array_type = ffi.typeof("PqcPublicKey *[]")
    _options_of = lib.pqc_public_key_options
    _resident_bytes_of = lib.pqc_public_key_resident_bytes

    def __init_subclass__(cls) -> None:
        """Register the class as others are, and the sizes of its keys."""
        super().__init_subclass__()
        cls._by_size = {each.public_key_bytes: each for each in getattr(cls, "_sets", ())}

    @classmethod
    def from_public_bytes(
        cls, data: BytesLike, parameter_set: str | None = None, **options: Unpack[KeyOptions]
    ) -> Self:
        """Load a public key, with the checks of its standard.

        An encapsulation key is checked as FIPS 203, 7.2, demands. Every string of the right length is a public key of
        ML-DSA (FIPS 204, algorithm 23) and an X25519 share of X-Wing, even a point of low order. The classical half of
        a composite is a point of its curve, for Ed25519 canonical and not of low order.

        Args:
            data: the key, `public_key_bytes` of its parameter set.
            parameter_set: the set of the key; by default its length decides.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The key.

        Raises:
            InvalidKeyError: the length is wrong, a coefficient is not below the modulus, or a point is not valid.
            UnsupportedError: the parameter set is unknown.
        """
        if type(data) is bytes and not options:
            sized = cls._by_size.get(len(data))
            is_wanted = parameter_set is None or (isinstance(parameter_set, str) and parameter_set == sized)
            if sized is not None and is_wanted:
                try:
                    handle = load_public_key(sized.id, 0, data, cls._keeps_gil)
                finally:
                    del data  # a secret in the place of a public key must not be in a traceback
                if isinstance(handle, int):
                    raise status_error(handle)
                return cls._own(handle, sized)
        given = input_of(data, "public key")
        del data
        flags = cls._flags(options, "from_public_bytes")
        chosen = choose_set(cls._sets, parameter_set, "public key", given)
        return cls._load(load_public_key, chosen, flags, given, "public key")

    @classmethod
    def _from_cryptography(cls, key: Any, options: KeyOptions) -> Self:
        """Load a key of `cryptography`."""
        cls._flags(options, "from_cryptography")
        chosen = cryptography_keys().set_of(key, cls._sets, "PublicKey")
        return cls.from_public_bytes(key.public_bytes_raw(), chosen, **options)

    def public_bytes(self) -> bytes:
        """Return the encoded key (FIPS 203, table 3; FIPS 204, algorithm 22; of a hybrid, one half after the other).

        Returns:
            `public_key_bytes` of its parameter set.
        """
        encoded = public_bytes_of(self._use(), self._keeps_gil)
        if isinstance(encoded, int):
            raise status_error(encoded)
        return encoded

    def to_spki(self, encoding: str = "PEM") -> bytes:
        """Return the key as SubjectPublicKeyInfo (RFC 9935, RFC 9881; X-Wing's draft, 5.8; the composites', 5.1).

        Args:
            encoding: "PEM" for text in ASCII, "DER" for bytes.

        Returns:
            The encoded key, which `load_public_key` reads.

        Raises:
            UnsupportedError: the encoding is unknown.
        """
        number = number_of(_ENCODINGS, encoding, "encoding")
        encoded = new_memory(Memory)
        status = self._use().call(lib.pqc_public_key_to_spki, number, encoded._slot)
        if status:
            raise status_error(status)
        return copy_of(encoded)

    def save(self, path: StrPath, *, overwrite: bool = False) -> None:
        """Write the key to a file, as SubjectPublicKeyInfo in PEM. The file appears whole or not at all.

        Args:
            path: the file, which `load_public_key_file` reads.
            overwrite: replace a file that exists.

        Raises:
            FileExistsError: the file exists, and `overwrite` is False.
            OSError: the file cannot be written.
        """
        _save(path, self.to_spki(), secret=False, overwrite=overwrite)

    def __eq__(self, other: object) -> bool:
        """Compare the encodings, whose sizes differ between the parameter sets of a family."""
        if not isinstance(other, type(self)):
            return NotImplemented
        return self.public_bytes() == other.public_bytes()

    def __hash__(self) -> int:
        """Hash the encoding."""
        return hash(self.public_bytes())

    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]:
        """Pickle the encoding."""
        return type(self).from_public_bytes, (self.public_bytes(),)


class PrivateKey(Key):
    """A private key with its public key and, where it is known, its seed. It can be neither copied nor pickled."""

    __slots__ = ("_public_key",)

    _loadable = {}  # noqa: RUF012 - one for all classes
    _array_type = ffi.typeof("PqcPrivateKey *[]")
    _options_of = lib.pqc_private_key_options
    _resident_bytes_of = lib.pqc_private_key_resident_bytes

    _default_set: ParameterSet
    _forms: tuple[str, ...] = ("seed", "expanded", "both")  # of PKCS#8, the default first
    _public_class: type[PublicKey]
    _public_key: Any

    @classmethod
    def _own(cls, handle: Handle, parameter_set: ParameterSet) -> Self:
        key = object.__new__(cls)
        key._handle = handle
        key._parameter_set = parameter_set
        key._public_key = None
        return key

    @classmethod
    def generate(cls, parameter_set: str | None = None, **options: Unpack[KeyOptions]) -> Self:
        """Make a key pair from the system's randomness.

        That is ML-KEM.KeyGen (FIPS 203, 7.1), ML-DSA.KeyGen (FIPS 204, 5.1), or GenerateKeyPair of X-Wing (5.2 of the
        draft), or Composite-ML-DSA.KeyGen (3.1 of its draft).

        Args:
            parameter_set: a member or its name; by default ML-KEM-768, ML-DSA-65, X-Wing or MLDSA65-Ed25519-SHA512.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The private key; its seed is known, if it has one.

        Raises:
            UnsupportedError: the parameter set is unknown.
        """
        flags = cls._flags(options, "generate") if options else 0
        chosen = cls._default_set if parameter_set is None else member_of(cls._sets, parameter_set)
        handle = generate(chosen.id, flags, cls._keeps_gil)
        if isinstance(handle, int):
            raise status_error(handle)
        # As in `_own`, without the frame of a call: no other hot path makes keys.
        key = object.__new__(cls)
        key._handle = handle
        key._parameter_set = chosen
        key._public_key = None
        return key

    @classmethod
    def from_seed(cls, seed: BytesLike, parameter_set: str, **options: Unpack[KeyOptions]) -> Self:
        """Make the key pair of a seed: d || z of ML-KEM (FIPS 203, 7.1), xi of ML-DSA (FIPS 204, 5.1).

        Args:
            seed: 64 bytes for ML-KEM, 32 for ML-DSA and X-Wing.
            parameter_set: a member or its name, which the seed does not show.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The private key; its seed is known.

        Raises:
            InvalidLengthError: the seed has another length.
            UnsupportedError: the parameter set is unknown.
        """
        given = input_of(seed, "seed")
        del seed
        flags = cls._flags(options, "from_seed")
        try:
            chosen = member_of(cls._sets, parameter_set)
        finally:
            del parameter_set  # the seed in the place of a name is a secret too
        return cls._load(load_seed, chosen, flags, given, "seed")

    @classmethod
    def from_private_bytes(
        cls, data: BytesLike, parameter_set: str | None = None, **options: Unpack[KeyOptions]
    ) -> Self:
        """Load an expanded private key, after checking it. Its seed is not known.

        Of ML-KEM it is dk_PKE || ek || H(ek) || z: checked as FIPS 203, 7.3, demands, and that every coefficient is
        below the modulus. Of ML-DSA it is rho || K || tr || s1 || s2 || t0: the coefficients of s1 and s2 must be
        within eta, and tr and t0 must belong to the public key derived from them. X-Wing's is its seed. A
        composite's is the seed of ML-DSA followed by the classical private key, for ECDSA an ECPrivateKey in DER that
        names the curve and has no public key.

        Args:
            data: the key, `private_key_bytes` of its parameter set.
            parameter_set: the set of the key; by default its length decides, which is that of two composites.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The private key.

        Raises:
            InvalidKeyError: the length or the DER is wrong, a coefficient or scalar is out of range, or a hash or t0
                does not match.
            TypeError: no parameter set is named, and two composites have private keys of this length.
            UnsupportedError: the parameter set is unknown.
        """
        given = input_of(data, "private key")
        del data
        flags = cls._flags(options, "from_private_bytes")
        try:
            chosen = choose_set(cls._sets, parameter_set, "private key", given)
        finally:
            del parameter_set  # the key in the place of a name is a secret too
        return cls._load(load_private_key, chosen, flags, given, "private key")

    @classmethod
    def _from_cryptography(cls, key: Any, options: KeyOptions) -> Self:
        """Load a key of `cryptography` by its seed."""
        cls._flags(options, "from_cryptography")
        chosen = cryptography_keys().set_of(key, cls._sets, "PrivateKey")
        return cls.from_seed(key.private_bytes_raw(), chosen, **options)

    @property
    def public_key(self) -> PublicKey:
        """The public key, which stays usable after this key is closed."""
        shared: PublicKey | None = self._public_key
        if shared is None or self._handle is None:  # a closed key has no public key, also where one was made before
            handle = public_key_of(self._handle or self._use(), self._keeps_gil)
            if isinstance(handle, int):
                raise status_error(handle)
            shared = self._public_key = self._public_class._own(handle, self._parameter_set)
        return shared

    def seed(self) -> SecretBytes:
        """Return the seed, the smallest form in which the key can be kept.

        Returns:
            `seed_bytes` of its parameter set, secret.

        Raises:
            SeedUnavailableError: the key was loaded from its expanded form, or is a composite, which has no seed.
        """
        seed = seed_of(self._use(), SecretBytes, self._keeps_gil)
        if isinstance(seed, int):
            raise status_error(seed)
        return seed

    def private_bytes(self) -> SecretBytes:
        """Return the expanded private key, as `from_private_bytes` takes it (FIPS 203, algorithm 16; FIPS 204, 24).

        Returns:
            `private_key_bytes` of its parameter set, secret.
        """
        encoded = private_bytes_of(self._use(), SecretBytes, self._keeps_gil)
        if isinstance(encoded, int):
            raise status_error(encoded)
        return encoded

    def to_pkcs8(
        self, encoding: str = "PEM", form: str | None = None, password: BytesLike | None = None
    ) -> SecretBytes:
        """Return the key as PKCS#8 (RFC 9935, RFC 9881; X-Wing's draft, 5.8; the composites', 5.1).

        Args:
            encoding: "PEM" for text in ASCII, "DER" for bytes.
            form: "seed", the smallest, and the only one of X-Wing; "expanded", the only one of a composite; or "both",
                one after the other. None is "seed", and "expanded" for a composite.
            password: encrypt the key with this password, of any length but 0; None leaves it as it is. The encryption
                is PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256 in 600,000 iterations, which take less than a second.

        Returns:
            The encoded key, which `load_private_key` reads, in memory that is wiped, whether it is encrypted
            or not.

        Raises:
            SeedUnavailableError: the form asks for the seed, and the key was loaded from its expanded form.
            WrongAlgorithmError: X-Wing or a composite does not have the form.
            UnsupportedError: the encoding or the form is unknown.
            InvalidLengthError: the password is empty.
        """
        wanted = self._forms[0] if form is None else form
        given, chosen = input_of(password, "password"), (input_of(encoding, "encoding"), input_of(wanted, "form"))
        del encoding, form, wanted, password  # a password in the place of another argument is a secret too
        numbers = without_frames(lambda: _numbers_of(*chosen))
        encoded = new_memory(SecretBytes)
        with password_of(given) as (pointer, size):
            check_password(given, size)
            status = self._use().call(lib.pqc_private_key_to_pkcs8, pointer, size, *numbers, encoded._slot)
        if status:
            is_form = status == lib.PQC_STATUS_WRONG_ALGORITHM
            only = f'{self._parameter_set} has the form "{self._forms[0]}" only'
            raise status_error(status, only if is_form else "")
        return encoded

    def save(self, path: StrPath, password: BytesLike | None = None, *, overwrite: bool = False) -> None:
        """Write the key to a file, as PKCS#8 in PEM, in its smallest form: the seed or, without one, expanded.

        The file has mode 0600, whatever the umask is, and appears whole or not at all.

        Args:
            path: the file, which `load_private_key_file` reads.
            password: encrypt the key with this password, as `to_pkcs8` does; None leaves it as it is.
            overwrite: replace a file that exists; where a link points to it, the link stays.

        Raises:
            FileExistsError: the file exists, and `overwrite` is False.
            OSError: the file cannot be written.
            InvalidLengthError: the password is empty.
        """
        given = input_of(password, "password")
        del password
        with self._encoded(given) as encoded:
            _save(path, encoded, secret=True, overwrite=overwrite)

    def _encoded(self, password: Input) -> SecretBytes:
        """Return the key in its smallest form that is known."""
        try:
            return self.to_pkcs8(password=password)
        except SeedUnavailableError:
            return self.to_pkcs8(form="expanded", password=password)

    def close(self) -> None:
        """Close the key: it is wiped and freed when the last call that uses it returns. A second call does nothing.

        Public keys that were taken from it stay usable.
        """
        super().close()
        self._public_key = None

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        """Refuse."""
        raise TypeError(f"{type(self).__name__} cannot be pickled or copied; encode it with to_pkcs8()")
