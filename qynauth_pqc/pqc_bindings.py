"""QynAuth's names for ML-KEM and ML-DSA: a thin layer over `qynauth_pqc.mlkem` and `qynauth_pqc.mldsa`."""

from __future__ import annotations

from qynauth_pqc._keys.key import Named
from qynauth_pqc._keys.options import key_flags, path_of_new_key
from qynauth_pqc._keys.parameter_sets import OFFERED
from qynauth_pqc._keys.signature import by_name, is_valid
from qynauth_pqc.errors import expect
from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.mlkem import MLKEMPrivateKey, MLKEMPublicKey
from qynauth_pqc.native import __version__, engine, lib
from qynauth_pqc.native.inputs import bare, without_frames
from qynauth_pqc.native.secret_bytes import Closable

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Any, Never

    from qynauth_pqc._keys.key import Name
    from qynauth_pqc.mldsa import MLDSAName  # noqa: F401 - in the bases of classes, as text
    from qynauth_pqc.mlkem import MLKEMName  # noqa: F401 - in the bases of classes, as text
    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.native.secret_bytes import SecretBytes, SharedSecret
    from qynauth_pqc.options import KeyOptions


__all__ = ["DilithiumKeyPair", "KyberKeyPair", "PQCLibraryV2"]


class PQCLibraryV2:
    """The library: its version, its algorithms, and the options of keys made with it.

    Making an object of this class changes nothing in the process.

    Args:
        optimizations: the option `code_path` of its keys; see `qynauth_pqc.options.KeyOptions`.
        precompute: the option of this name of its keys.
        locked_memory: the option of this name of its keys.

    Raises:
        UnsupportedError: the code path is unknown or unavailable here.

    >>> from qynauth_pqc import PQCLibraryV2
    >>> PQCLibraryV2().algorithms()[:3]
    ('ML-KEM-512', 'ML-KEM-768', 'ML-KEM-1024')
    >>> PQCLibraryV2().engine
    'simd'
    """

    __slots__ = ("_flags", "_options")

    def __init__(
        self,
        *,
        optimizations: str | None = None,
        precompute: bool | None = None,
        locked_memory: bool = False,
    ) -> None:
        """Check and keep the options."""
        options: KeyOptions = {"code_path": optimizations, "locked_memory": locked_memory, "precompute": precompute}
        flags = key_flags(options, "PQCLibraryV2")
        if optimizations is not None:
            path_of_new_key(flags)  # refuses a path that is unavailable here
        self._options, self._flags = options, flags

    def key_options(self) -> KeyOptions:
        """Return the options as the class methods of the key classes take them."""
        return self._options.copy()

    @property
    def version(self) -> str:
        """The version of the library, such as "0.1.0"."""
        return __version__

    @property
    def abi_version(self) -> int:
        """The version of the binary interface that the library and the header share."""
        return lib.ffi_abi_version()  # type: ignore[no-any-return]

    @property
    def code_path(self) -> str:
        """The code path of keys made with this object: its option, or else the setting of the process."""
        return self._options["code_path"] or path_of_new_key(self._flags)

    @property
    def engine(self) -> str:
        """The engine of this build, which does the arithmetic of all keys: "simd"."""
        return engine()

    def algorithms(self) -> tuple[str, ...]:
        """Return the standard's names of the parameter sets of this build, of every family.

        A build for FIPS 140-3 leaves out the parameter sets that it refuses.
        """
        return OFFERED

    def __repr__(self) -> str:
        """Show version, engine and code path. A traceback may show an object that could not be made."""
        return (
            f"<PQCLibraryV2: {self.version}, {self.engine}, {self.code_path if hasattr(self, '_flags') else 'no path'}>"
        )


class _KeyPair(Closable, Named["Name"]):
    """The base of both key pairs: making and loading, the library, `close()` and `with`."""

    __slots__ = ("_key", "library")

    _class: Any
    _key: Any
    library: PQCLibraryV2

    @without_frames
    def __init__(
        self,
        lib: PQCLibraryV2 | None = None,
        parameter_set: Name | None = None,
        *,
        private_key: BytesLike | None = None,
    ) -> None:
        if isinstance(lib, str):
            raise TypeError("lib must be PQCLibraryV2, not str; pass the name of a parameter set as parameter_set=")
        self.library = PQCLibraryV2() if lib is None else lib
        expect(self.library, PQCLibraryV2, "lib")
        options = self.library.key_options()
        if private_key is None:
            self._key = self._class.generate(parameter_set, **options)
        else:
            self._key = self._class.from_private_bytes(private_key, parameter_set, **options)

    def _load_public(self, public_key: Any) -> Any:
        """Return a public key of the family: by default the pair's own; bytes must be of its parameter set."""
        if public_key is None:
            return self._key.public_key
        kind = self._class._public_class
        if isinstance(public_key, kind):
            return public_key
        return kind.from_public_bytes(public_key, self._key.parameter_set, **self.library.key_options())

    def close(self) -> None:
        """Close the private key: it is wiped when the last call that uses it returns. A second call does nothing."""
        self._key.close()

    def __repr__(self) -> str:
        """Show the algorithm, never a byte of a key. A traceback may show a pair that could not be made."""
        return f"<{type(self).__name__}: {self._key.parameter_set if hasattr(self, '_key') else 'no key'}>"


class KyberKeyPair(_KeyPair["MLKEMName"]):
    """An ML-KEM key pair (FIPS 203).

    Args:
        lib: the library; by default a new `PQCLibraryV2()`.
        parameter_set: "ML-KEM-512", "ML-KEM-768" or "ML-KEM-1024"; by default the set of `private_key`, or else
            "ML-KEM-768".
        private_key: an expanded decapsulation key to load, 1632, 2400 or 3168 bytes; by default a new pair is made.

    Raises:
        InvalidKeyError: `private_key` has the wrong length or is not a valid key.
        UnsupportedError: the parameter set is unknown.

    >>> from qynauth_pqc import KyberKeyPair
    >>> kp = KyberKeyPair()
    >>> ciphertext, shared_secret = kp.encapsulate()
    >>> kp.decapsulate(ciphertext) == shared_secret
    True
    """

    __slots__ = ()

    _class = MLKEMPrivateKey

    @property
    def public_key(self) -> bytes:
        """The encoded encapsulation key: 800, 1184 or 1568 bytes."""
        return self._key.public_key.public_bytes()  # type: ignore[no-any-return]

    @property
    def private_key(self) -> SecretBytes:
        """The expanded decapsulation key: 1632, 2400 or 3168 secret bytes."""
        return self._key.private_bytes()  # type: ignore[no-any-return]

    def encapsulate(self, public_key: BytesLike | MLKEMPublicKey | None = None) -> tuple[bytes, SharedSecret]:
        """Return a ciphertext and its shared secret: see `MLKEMPublicKey.encapsulate`.

        Args:
            public_key: the receiver's encapsulation key, by default the pair's own; bytes must be of its set.

        Raises:
            InvalidKeyError: `public_key` has the wrong length or a coefficient that is not below the modulus.
        """
        try:
            receiver = self._load_public(public_key)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            del public_key
            raise bare(error)  # noqa: B904 - it is the same error
        return receiver.encapsulate()  # type: ignore[no-any-return]

    def decapsulate(self, ciphertext: BytesLike) -> SharedSecret:
        """Recover the shared secret of a ciphertext: see `MLKEMPrivateKey.decapsulate`."""
        return self._key.decapsulate(ciphertext)  # type: ignore[no-any-return]


class DilithiumKeyPair(_KeyPair["MLDSAName"]):
    """An ML-DSA key pair (FIPS 204).

    Args:
        lib: the library; by default a new `PQCLibraryV2()`.
        parameter_set: "ML-DSA-44", "ML-DSA-65" or "ML-DSA-87"; by default the set of `private_key`, or else
            "ML-DSA-65".
        private_key: an expanded private key to load, 2560, 4032 or 4896 bytes; by default a new pair is made.

    Raises:
        InvalidKeyError: `private_key` has the wrong length or is not a valid key.
        UnsupportedError: the parameter set is unknown.

    >>> from qynauth_pqc import DilithiumKeyPair
    >>> dp = DilithiumKeyPair()
    >>> dp.verify(b"message", dp.sign(b"message"))
    True
    """

    __slots__ = ()

    _class = MLDSAPrivateKey

    @property
    def public_key(self) -> bytes:
        """The encoded public key: 1312, 1952 or 2592 bytes."""
        return self._key.public_key.public_bytes()  # type: ignore[no-any-return]

    @property
    def private_key(self) -> SecretBytes:
        """The expanded private key: 2560, 4032 or 4896 secret bytes."""
        return self._key.private_bytes()  # type: ignore[no-any-return]

    def sign(self, message: BytesLike, *_misplaced: Never, context: BytesLike = b"") -> bytes:
        """Sign a message, hedged with fresh randomness: see `MLDSAPrivateKey.sign`."""
        if _misplaced:
            raise by_name(self, "sign(message, context=...)")
        return self._key.sign(message, context=context)  # type: ignore[no-any-return]

    def verify(
        self,
        message: BytesLike,
        signature: BytesLike,
        *_misplaced: Never,
        context: BytesLike = b"",
        public_key: BytesLike | MLDSAPublicKey | None = None,
    ) -> bool:
        """Return whether a signature is valid: see `MLDSAPublicKey.verify`.

        Args:
            message: the message, of any length.
            signature: the signature; it is not valid with a wrong length.
            context: the context it was signed with, 0 to 255 bytes.
            public_key: the signer's public key, by default the pair's own; bytes must be of its set.

        Raises:
            InvalidKeyError: `public_key` has the wrong length.
            InvalidLengthError: the context is longer than 255 bytes.
        """
        if _misplaced:
            raise by_name(self, "verify(message, signature, context=...)")
        try:
            signer = self._load_public(public_key)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            del public_key
            raise bare(error)  # noqa: B904 - it is the same error
        return is_valid(signer, message, signature, context)
