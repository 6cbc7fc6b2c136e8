"""The base of public keys of all families: loading, writing, comparing, hashing and pickling them."""

from __future__ import annotations

from qynauth_pqc._keys.key import ENCODINGS, Key, WithCryptographyKey, cryptography_keys, of_class, save_encoded
from qynauth_pqc._keys.loading import load_public_file
from qynauth_pqc._keys.options import number_of
from qynauth_pqc._keys.parameter_sets import choose_set, without_identifier
from qynauth_pqc.native import Memory, copy_of, ffi, lib, load_public_key, new_memory, public_bytes_of, status_error
from qynauth_pqc.native.inputs import bare, without_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self, Unpack

    from qynauth_pqc._keys.key import CryptographyKey, Name
    from qynauth_pqc._keys.paths import StrPath
    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.options import KeyOptions


class PublicKey(Key["Name"]):
    """A public key, which is compared, hashed, copied and pickled by its parameter set and its encoding."""

    __slots__ = ()

    _loadable = {}  # noqa: RUF012 - one for all classes
    _loader = "load_public_key"
    _known: dict[tuple[str | None, int], Any]  # parameter sets by name and size of a key; None where the size finds one
    _array_type = ffi.typeof("PqcPublicKey *[]")
    _options_of = lib.pqc_public_key_options
    _resident_bytes_of = lib.pqc_public_key_resident_bytes

    def __init_subclass__(cls) -> None:
        """Register the class, and the names and the sizes of its parameter sets."""
        super().__init_subclass__()
        sets = [*getattr(cls, "_sets", ())]
        sizes = [each.public_key_bytes for each in sets if each.found_by_length]
        cls._known = {(str(each), each.public_key_bytes): each for each in sets}
        for each in sets:
            if each.found_by_length and sizes.count(each.public_key_bytes) == 1:
                cls._known[None, each.public_key_bytes] = each

    @classmethod
    def from_public_bytes(
        cls, data: BytesLike, parameter_set: Name | None = None, **options: Unpack[KeyOptions]
    ) -> Self:
        """Load a public key, with the checks of its standard.

        An encapsulation key is checked as FIPS 203, 7.2, demands. Every string of the right length is a public key of
        ML-DSA (FIPS 204, algorithm 23) and of SLH-DSA, and an X25519 share of X-Wing, even a point of low order. The
        classical half of a composite is a point of its curve, for Ed25519 canonical and not of low order.

        Args:
            data: the key, `public_key_bytes` of its parameter set.
            parameter_set: a member or its name; may be left out where only one set of the first release has keys of
                this length. Later sets are named.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The key.

        Raises:
            InvalidKeyError: the length is wrong, a coefficient is not below the modulus, or a point is not valid.
            TypeError: no parameter set is named, and several sets, or a later one, have public keys of this length.
            UnsupportedError: the parameter set is unknown.
        """
        try:
            if type(data) is bytes and not options and (parameter_set is None or isinstance(parameter_set, str)):
                known = cls._known.get((parameter_set, len(data)))
                if known is not None:
                    handle = load_public_key(known.id, 0, data, cls._keeps_gil)
                    if isinstance(handle, int):
                        raise status_error(handle)  # noqa: TRY301 - no call is faster
                    return cls._own(handle, known)
            flags = cls._flags(options, "from_public_bytes")
            chosen = choose_set(cls._sets, parameter_set, "public key", data)
            return cls._load(load_public_key, chosen, flags, data, "public key")
        except BaseException as error:  # noqa: BLE001 - it is raised again
            del data, parameter_set, options  # a secret passed instead of a public key is still a secret
            raise bare(error)  # noqa: B904 - it is the same error

    def public_bytes(self) -> bytes:
        """Return the encoded key (FIPS 203, table 3; FIPS 204, algorithm 22; FIPS 205, 9.1; a hybrid's halves).

        Returns:
            `public_key_bytes` of its parameter set.
        """
        encoded = public_bytes_of(self._use(), self._keeps_gil)
        if isinstance(encoded, int):
            raise status_error(encoded)
        return encoded

    def to_spki(self, encoding: str = "PEM") -> bytes:
        """Return the key as SubjectPublicKeyInfo (RFC 9935, 9881, 9909; X-Wing's draft, 5.8; the composites', 5.1).

        Args:
            encoding: "PEM" for text in ASCII, "DER" for bytes.

        Returns:
            The encoded key, which `load_public_key` reads.

        Raises:
            UnsupportedError: the encoding is unknown.
            WrongAlgorithmError: the algorithm of the key has no object identifier.
        """
        number = number_of(ENCODINGS, encoding, "encoding")
        encoded = new_memory(Memory)
        status = self._use().call(lib.pqc_public_key_to_spki, number, encoded._slot)
        if status:
            chosen = self._parameter_set
            raise status_error(status, "" if chosen.oid else without_identifier(chosen))
        return copy_of(encoded)

    def fingerprint(self) -> str:
        """Return SHA-256 of the key as SubjectPublicKeyInfo in DER, as other tools print it: 64 hexadecimal digits.

        Raises:
            WrongAlgorithmError: the algorithm of the key has no object identifier.
        """
        import hashlib  # it loads OpenSSL, which would triple the import time of this package

        return hashlib.sha256(self.to_spki("DER")).hexdigest()

    @without_frames
    def save(self, path: StrPath, *, overwrite: bool = False) -> None:
        """Write the key to a file, as SubjectPublicKeyInfo in PEM. The file appears whole or not at all.

        Args:
            path: the file, which `load_public_key_file` reads.
            overwrite: replace a file that exists.

        Raises:
            FileExistsError: the file exists, and `overwrite` is False.
            OSError: the file cannot be written.
            WrongAlgorithmError: the algorithm of the key has no object identifier.
        """
        save_encoded(path, self.to_spki(), secret=False, overwrite=overwrite)

    @classmethod
    @without_frames
    def load(cls, path: StrPath, **options: Unpack[KeyOptions]) -> Self:
        """Load a key of this class from a file in PEM or DER, as `load_public_key_file` does with keys of any class.

        Args:
            path: the file, of at most 16384 bytes; `save()` writes one.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Raises:
            WrongAlgorithmError: the key is of another class.
            OSError: the file cannot be read.
            PQCError: see `load_public_key`.
        """
        return of_class(cls, load_public_file(cls, path, cls._flags(options, "load")))

    def __eq__(self, other: object) -> bool:
        """Compare the classes, the parameter sets and the encodings."""
        if type(other) is not type(self):
            return NotImplemented
        return self.public_bytes() == other.public_bytes() and self._parameter_set is other._parameter_set

    def __hash__(self) -> int:
        """Hash the parameter set and the encoding."""
        return hash((self._parameter_set, self.public_bytes()))

    def __reduce__(self) -> tuple[Callable[[bytes, Any], Self], tuple[bytes, str]]:
        """Pickle the encoding and the name of the parameter set."""
        return type(self).from_public_bytes, (self.public_bytes(), self._parameter_set.value)


class ConvertiblePublicKey(PublicKey["Name"], WithCryptographyKey["CryptographyKey"]):
    """A public key of a family that `cryptography` has too."""

    __slots__ = ()

    def to_cryptography(self) -> CryptographyKey:
        """Return the key as a key of `cryptography`, for its HPKE, certificates and serialisers.

        Needs the extra `[x509]`.

        Raises:
            UnsupportedError: `cryptography` has no class for the parameter set, such as ML-KEM-512, or is not
                installed, or too old.
        """
        return cryptography_keys().public_key(self)  # type: ignore[no-any-return]

    @classmethod
    @without_frames
    def from_cryptography(cls, key: CryptographyKey, **options: Unpack[KeyOptions]) -> Self:
        """Load a public key of `cryptography`, with the checks of `from_public_bytes()`. Needs the extra `[x509]`.

        Args:
            key: the key.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Raises:
            TypeError: the object is not a key of this kind.
            UnsupportedError: `cryptography` is not installed, or too old.
        """
        cls._flags(options, "from_cryptography")
        chosen = cryptography_keys().set_of(key, cls._sets, "PublicKey")
        return cls.from_public_bytes(key.public_bytes_raw(), chosen, **options)  # type: ignore[attr-defined]
