"""The base of private keys of all families: making, loading, encrypting and writing them."""

from __future__ import annotations

from functools import cache

from qynauth_pqc._keys.key import (
    ENCODINGS,
    Key,
    WithCryptographyKey,
    cryptography_keys,
    of_class,
    of_one_family,
    save_encoded,
)
from qynauth_pqc._keys.loading import check_password, load_private_file, password_of
from qynauth_pqc._keys.options import number_of
from qynauth_pqc._keys.parameter_sets import choose_set, member_of, without_identifier
from qynauth_pqc.errors import SeedUnavailableError, expect
from qynauth_pqc.native import (
    ffi,
    generate,
    lib,
    load_private_key,
    load_seed,
    new_memory,
    private_bytes_of,
    public_key_of,
    seed_of,
    status_error,
)
from qynauth_pqc.native.inputs import bare, without_frames
from qynauth_pqc.native.secret_bytes import SecretBytes

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, Self, Unpack

    from qynauth_pqc._keys.key import CryptographyKey, Name
    from qynauth_pqc._keys.parameter_sets import ParameterSet
    from qynauth_pqc._keys.paths import StrPath
    from qynauth_pqc._keys.public_key import PublicKey
    from qynauth_pqc.native import Handle
    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.options import KeyOptions


_FORMS: dict[str, int] = {
    "seed": lib.PQC_PRIVATE_KEY_SEED,
    "expanded": lib.PQC_PRIVATE_KEY_EXPANDED,
    "both": lib.PQC_PRIVATE_KEY_BOTH,
}


@cache
def _slices() -> Any:
    """Return the module of batches, which few programs need."""
    from qynauth_pqc._keys import slices  # see above

    return slices


class PrivateKey(Key["Name"]):
    """A private key with its public key and, where it is known, its seed. It can be neither copied nor pickled."""

    __slots__ = ("_public_key",)

    _loadable = {}  # noqa: RUF012 - one for all classes
    _loader = "load_private_key"
    _array_type = ffi.typeof("PqcPrivateKey *[]")
    _options_of = lib.pqc_private_key_options
    _resident_bytes_of = lib.pqc_private_key_resident_bytes

    _default_set: ParameterSet = of_one_family
    _about: str  # a remark on the family
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
    def generate(cls, parameter_set: Name | None = None, **options: Unpack[KeyOptions]) -> Self:
        """Make a key pair from the system's randomness.

        That is ML-KEM.KeyGen (FIPS 203, 7.1), ML-DSA.KeyGen (FIPS 204, 5.1), slh_keygen (FIPS 205, 10.1),
        GenerateKeyPair of X-Wing (5.2 of the draft), or Composite-ML-DSA.KeyGen (3.1 of its draft).

        Args:
            parameter_set: a member or its name; by default the set of category 3; SLH-DSA-SHA2-192s for SLH-DSA.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The private key. Its seed is known, if its family has seeds.

        Raises:
            UnsupportedError: the parameter set is unknown.
        """
        try:
            flags = cls._flags(options, "generate") if options else 0
            chosen = cls._default_set if parameter_set is None else member_of(cls._sets, parameter_set)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            del parameter_set, options  # a seed in the place of a name is a secret
            raise bare(error)  # noqa: B904 - it is the same error
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
    def generate_many(
        cls,
        parameter_set: Name,  # type: ignore[misc]  # see `Name`
        count: int,
        *,
        threads: int | None = None,
        progress: Callable[[int], object] | None = None,
        **options: Unpack[KeyOptions],
    ) -> list[Self]:
        """Make many key pairs from the system's randomness on several threads, as `generate` makes one.

        Args:
            parameter_set: a member or its name.
            count: the number of keys.
            threads: how many threads work, 1 to 256; by default the value of the environment variable
                QYNAUTH_PQC_THREADS, or else the number of processors.
            progress: called between time slices with the number of keys just made; see `qynauth_pqc.batch`.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The private keys.

        Raises:
            BatchError: there was no memory or no randomness for a key, or no more may be locked.
            InvalidLengthError: `count` is out of bounds.
            UnsupportedError: the parameter set is unknown, or `threads` or QYNAUTH_PQC_THREADS is not 1 to 256.
        """
        try:
            flags = cls._flags(options, "generate_many") if options else 0
            chosen = member_of(cls._sets, parameter_set)
            expect(count, int, "count")
        except BaseException as error:  # noqa: BLE001 - it is raised again
            del parameter_set, count, options  # as in `generate`
            raise bare(error)  # noqa: B904 - it is the same error
        slices, arguments = _slices(), (cls, chosen, count, threads, flags)
        made: list[Self] | None = slices.generate_small(*arguments) if progress is None else None
        return slices.complete(slices.Generation(*arguments), progress) if made is None else made

    @classmethod
    @without_frames
    def from_private_bytes(
        cls, data: BytesLike, parameter_set: Name | None = None, **options: Unpack[KeyOptions]
    ) -> Self:
        """Load an expanded private key, after checking it. Its seed is not known.

        A key of ML-KEM is dk_PKE || ek || H(ek) || z: it is checked as FIPS 203, 7.3, demands, and every coefficient
        must be below the modulus. A key of ML-DSA is rho || K || tr || s1 || s2 || t0: the coefficients of s1 and s2
        must be within eta, and tr and t0 must belong to the public key derived from them. A key of SLH-DSA is SK.seed
        || SK.prf || PK.seed || PK.root: the first three are its seed, and PK.root is not checked. A key of X-Wing is
        its seed. A key of a composite is the seed of ML-DSA followed by the classical private key, for ECDSA an
        ECPrivateKey in DER that names the curve and has no public key.

        Args:
            data: the key, `private_key_bytes` of its parameter set.
            parameter_set: a member or its name; may be left out where only one set of the first release has private
                keys of this length. Later sets are named.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The private key.

        Raises:
            InvalidKeyError: the length or the DER is wrong, a coefficient or scalar is out of range, or a hash or t0
                does not match.
            TypeError: no parameter set is named, and several sets, or a later one, have private keys of this length.
            UnsupportedError: the parameter set is unknown.
        """
        flags = cls._flags(options, "from_private_bytes")
        chosen = choose_set(cls._sets, parameter_set, "private key", data)
        return cls._load(load_private_key, chosen, flags, data, "private key")

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

    def fingerprint(self) -> str:
        """Return the fingerprint of the public key: see `fingerprint()` of its class."""
        return self.public_key.fingerprint()

    def seed(self) -> SecretBytes:
        """Return the seed, the smallest form in which the key can be kept.

        Returns:
            `seed_bytes` of its parameter set, secret.

        Raises:
            SeedUnavailableError: the key was loaded from its expanded form, or its family has no seed, as with
                composites.
        """
        seed = seed_of(self._use(), SecretBytes, self._keeps_gil)
        if isinstance(seed, int):
            raise status_error(seed)
        return seed

    def private_bytes(self) -> SecretBytes:
        """Return the expanded private key, as `from_private_bytes` takes it.

        That is the encoding of FIPS 203, algorithm 16, FIPS 204, algorithm 24, or FIPS 205, section 9.1.

        Returns:
            `private_key_bytes` of its parameter set, secret.
        """
        encoded = private_bytes_of(self._use(), SecretBytes, self._keeps_gil)
        if isinstance(encoded, int):
            raise status_error(encoded)
        return encoded

    @without_frames
    def to_pkcs8(
        self, encoding: str = "PEM", form: str | None = None, password: BytesLike | None = None
    ) -> SecretBytes:
        """Return the key as PKCS#8 (RFC 9935, RFC 9881, RFC 9909; X-Wing's draft, 5.8; the composites', 5.1).

        Args:
            encoding: "PEM" for text in ASCII, "DER" for bytes.
            form: "seed", the smallest form, and the only form of X-Wing; "expanded", the only form of a composite and
                of SLH-DSA; or "both", one after the other. None is the smallest form of the family.
            password: encrypt the key with this password, of any length but 0; None writes it unencrypted. The
                encryption is PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256 in 600,000 iterations, which take less than
                a second.

        Returns:
            The encoded key, which `load_private_key` reads, in memory that is wiped, even if it is encrypted.

        Raises:
            SeedUnavailableError: the form asks for the seed, and the key was loaded from its expanded form.
            WrongAlgorithmError: the family of the key does not have the form, or its algorithm no object identifier.
            UnsupportedError: the encoding or the form is unknown.
            InvalidLengthError: the password is empty.
        """
        wanted = number_of(_FORMS, self._forms[0] if form is None else form, "form")
        numbers = wanted, number_of(ENCODINGS, encoding, "encoding")
        encoded = new_memory(SecretBytes)
        with password_of(password) as (pointer, size):
            check_password(password, size)
            status = self._use().call(lib.pqc_private_key_to_pkcs8, pointer, size, *numbers, encoded._slot)
        if status:
            chosen, is_form = self._parameter_set, status == lib.PQC_STATUS_WRONG_ALGORITHM
            only = f'{chosen} has the form "{self._forms[0]}" only' if chosen.oid else without_identifier(chosen)
            raise status_error(status, only if is_form else "")
        return encoded

    @without_frames
    def save(self, path: StrPath, password: BytesLike | None = None, *, overwrite: bool = False) -> None:
        """Write the key to a file, as PKCS#8 in PEM, in its smallest form: the seed or, without one, expanded.

        The file has mode 0600 under any umask, and appears whole or not at all.

        Args:
            path: the file, which `load_private_key_file` reads.
            password: encrypt the key with this password, as `to_pkcs8` does; None writes it unencrypted.
            overwrite: replace a file that exists; where a link points to it, the link stays.

        Raises:
            FileExistsError: the file exists, and `overwrite` is False.
            OSError: the file cannot be written.
            InvalidLengthError: the password is empty.
            WrongAlgorithmError: the algorithm of the key has no object identifier.
        """
        with self._encoded(password) as encoded:
            save_encoded(path, encoded, secret=True, overwrite=overwrite)

    @classmethod
    @without_frames
    def load(
        cls,
        path: StrPath,
        password: BytesLike | None = None,
        *,
        max_kdf_cost: int | None = None,
        **options: Unpack[KeyOptions],
    ) -> Self:
        """Load a key of this class from a file in PEM or DER, as `load_private_key_file` does with keys of any class.

        Args:
            path: the file, of at most 16384 bytes; `save()` writes one.
            password: the password of an encrypted key; None for one that is not encrypted.
            max_kdf_cost: see `load_private_key`.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Raises:
            WrongAlgorithmError: the key is of another class.
            OSError: the file cannot be read.
            PQCError: see `load_private_key`.
        """
        return of_class(cls, load_private_file(cls, path, password, max_kdf_cost, cls._flags(options, "load")))

    def _encoded(self, password: BytesLike | None) -> SecretBytes:
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


class SeededPrivateKey(PrivateKey["Name"]):
    """A private key of a family that derives the whole key from a seed."""

    __slots__ = ()

    @classmethod
    @without_frames
    def from_seed(cls, seed: BytesLike, parameter_set: Name, **options: Unpack[KeyOptions]) -> Self:  # type: ignore[misc]  # see `Name`
        """Make the key pair of a seed.

        The seed is d || z of ML-KEM (FIPS 203, 7.1), xi of ML-DSA (FIPS 204, 5.1), SK.seed || SK.prf || PK.seed of
        SLH-DSA (FIPS 205, algorithm 18), or a hybrid's decapsulation key, as its draft calls it.

        Args:
            seed: the seed, `seed_bytes` of the parameter set.
            parameter_set: a member or its name; the seed does not show it.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The private key; its seed is known.

        Raises:
            InvalidLengthError: the seed has another length.
            UnsupportedError: the parameter set is unknown.
        """
        flags = cls._flags(options, "from_seed")
        return cls._load(load_seed, member_of(cls._sets, parameter_set), flags, seed, "seed")


class ConvertiblePrivateKey(SeededPrivateKey["Name"], WithCryptographyKey["CryptographyKey"]):
    """A private key of a family that `cryptography` has too."""

    __slots__ = ()

    def to_cryptography(self) -> CryptographyKey:
        """Return the key as a key of `cryptography`, for its HPKE, certificates and serialisers.

        It has a copy of the seed, which `close()` does not wipe. Needs the extra `[x509]`.

        Raises:
            SeedUnavailableError: the key was loaded from its expanded form: `cryptography` makes keys from seeds only.
            UnsupportedError: `cryptography` has no class for the parameter set, such as ML-KEM-512, or is not
                installed, or too old.
        """
        return cryptography_keys().private_key(self)  # type: ignore[no-any-return]

    @classmethod
    @without_frames
    def from_cryptography(cls, key: CryptographyKey, **options: Unpack[KeyOptions]) -> Self:
        """Load a private key of `cryptography` by its seed. Needs the extra `[x509]`.

        Args:
            key: the key. A copy of its seed that Python makes is never wiped.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The private key; its seed is known.

        Raises:
            TypeError: the object is not a key of this kind.
            UnsupportedError: `cryptography` is not installed, or too old.
        """
        cls._flags(options, "from_cryptography")
        chosen = cryptography_keys().set_of(key, cls._sets, "PrivateKey")
        return cls.from_seed(key.private_bytes_raw(), chosen, **options)  # type: ignore[attr-defined]
