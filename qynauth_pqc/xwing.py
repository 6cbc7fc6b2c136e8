"""X-Wing, the hybrid of ML-KEM-768 and X25519 of draft-connolly-cfrg-xwing-kem-10 (HPKE KEM 0x647a).

A shared secret stays secret as long as one of the two is unbroken.
"""

from __future__ import annotations

from qynauth_pqc._buffers import Memory, SecretBytes, SharedSecret, borrow, copy_of, lend, new_memory, size_of
from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc._keys import Key, PrivateKey, PublicKey, key_flags, wrong_size
from qynauth_pqc._native import new_xwing_keypair, new_xwing_public_key
from qynauth_pqc.errors import status_error

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from typing import Any, Self, TypeVar

    from qynauth_pqc._buffers import BytesLike, Lent
    from qynauth_pqc._keys import Kind

    K = TypeVar("K", bound=Key)

__all__ = ["XWingPrivateKey", "XWingPublicKey"]

_NAME = "X-Wing"
_SIZES: dict[Kind, int] = {"public key": lib.XWING_PUBLICKEYBYTES, "seed": lib.XWING_SEEDBYTES}


def _load(cls: type[K], function: Any, flags: int, data: Lent, kind: Kind) -> K:
    """Make a key from bytes of some kind, which were lent, by one of the `xwing_*_from_*` functions."""
    handle = cls._new_handle()
    with data as (pointer, size):
        status = function(flags, pointer, size, handle.slot)
    if status:
        raise status_error(status, wrong_size(_SIZES[kind], size, _NAME))
    return cls._own(handle, _NAME)


class XWingPublicKey(PublicKey):
    """An encapsulation key: whoever has it can send a shared secret to the owner of the private key.

    >>> from qynauth_pqc import XWingPrivateKey, XWingPublicKey
    >>> encoded = XWingPrivateKey.generate().public_key.public_bytes()
    >>> public_key = XWingPublicKey.from_public_bytes(encoded)
    >>> ciphertext, shared_secret = public_key.encapsulate()
    >>> len(encoded), len(ciphertext), len(shared_secret)
    (1216, 1120, 32)
    """

    __slots__ = ()

    _new_handle = new_xwing_public_key
    _array_type = ffi.typeof("XWingPublicKey *[]")
    _options = lib.xwing_public_key_options
    _resident_bytes = lib.xwing_public_key_resident_bytes

    @classmethod
    def from_public_bytes(
        cls,
        data: BytesLike,
        *,
        code_path: str | None = None,
        locked_memory: bool = False,
        engine: str | None = None,
        precompute: bool | None = None,
    ) -> Self:
        """Load an encapsulation key, with the check of FIPS 203, 7.2, of its ML-KEM part.

        Every string of 32 bytes is an X25519 part, also a point of low order, as the draft has it.

        Args:
            data: the key, 1216 bytes.
            code_path: as for the other keys, for the ML-KEM part; by default that of the process.
            locked_memory: keep the secrets that the key hands out in locked memory between guard pages.
            engine: whose implementation to use, "libcrux" or "simd"; by default that of the process. docs/assurance.md
                says what each is.
            precompute: when a key of "simd" makes its expanded form and keeps it: True at once, False never, by default
                in its second use.

        Returns:
            The key.

        Raises:
            InvalidKeyError: the length is wrong, or a coefficient is not below the modulus.
            UnsupportedError: the code path or engine is unknown, or unavailable here.
            OutOfMemoryError: there is no memory.
        """
        lent = lend(data, "public key")
        del data
        flags = key_flags(code_path, locked_memory, engine, precompute)
        return _load(cls, lib.xwing_public_key_from_bytes, flags, lent, "public key")

    def public_bytes(self) -> bytes:
        """Return the encoded encapsulation key, that of ML-KEM-768 and behind it that of X25519.

        Returns:
            1216 bytes.

        Raises:
            ClosedError: the key was closed.
        """
        return copy_of(self._write(lib.xwing_public_key_bytes, Memory))

    def encapsulate(self) -> tuple[bytes, SharedSecret]:
        """Make a shared secret and the ciphertext that carries it: Encapsulate (5.4 of the draft).

        Returns:
            The ciphertext for the owner of the private key, 1120 bytes, and the shared secret, 32 bytes.

        Raises:
            RandomnessError: the system gave no randomness.
            OutOfMemoryError: there is no memory, or no more may be locked.
            ClosedError: the key was closed.
        """
        ciphertext, shared_secret = new_memory(Memory), new_memory(SharedSecret)
        status = self._use().call(lib.xwing_encapsulate, ciphertext._slot, shared_secret._slot)
        if status:
            raise status_error(status)
        return copy_of(ciphertext), shared_secret


class XWingPrivateKey(PrivateKey):
    """A decapsulation key: its seed, what follows from it, and its encapsulation key.

    >>> from qynauth_pqc import XWingPrivateKey
    >>> private_key = XWingPrivateKey.generate()
    >>> private_key
    <XWingPrivateKey: X-Wing>
    >>> ciphertext, sent = private_key.public_key.encapsulate()
    >>> private_key.decapsulate(ciphertext) == sent
    True
    """

    __slots__ = ()

    _new_handle = new_xwing_keypair
    _array_type = ffi.typeof("XWingKeyPair *[]")
    _options = lib.xwing_keypair_options
    _resident_bytes = lib.xwing_keypair_resident_bytes

    @classmethod
    def generate(
        cls,
        *,
        code_path: str | None = None,
        locked_memory: bool = False,
        engine: str | None = None,
        precompute: bool | None = None,
    ) -> Self:
        """Make a key pair from the system's randomness: GenerateKeyPair (5.2 of the draft).

        Args:
            code_path: as for the other keys, for the ML-KEM part; by default that of the process.
            locked_memory: keep the key's secrets, and those that it hands out, in locked memory between guard pages.
            engine: whose implementation to use, "libcrux" or "simd"; by default that of the process. docs/assurance.md
                says what each is.
            precompute: when a key of "simd" makes its expanded form and keeps it: True at once, False never, by default
                in its second use.

        Returns:
            The private key.

        Raises:
            UnsupportedError: the code path or engine is unknown, or unavailable here.
            OutOfMemoryError: there is no memory, or no more may be locked.
            SelfTestError: the engine failed its self test on this machine.
            RandomnessError: the system gave no randomness.
        """
        handle = new_xwing_keypair()
        status = lib.xwing_keypair_generate(key_flags(code_path, locked_memory, engine, precompute), handle.slot)
        if status:
            raise status_error(status)
        return cls._own(handle, _NAME)

    @classmethod
    def from_seed(
        cls,
        seed: BytesLike,
        *,
        code_path: str | None = None,
        locked_memory: bool = False,
        engine: str | None = None,
        precompute: bool | None = None,
    ) -> Self:
        """Make the key pair of a seed, which the draft calls the decapsulation key (5.2.1).

        Args:
            seed: 32 bytes.
            code_path: as for the other keys, for the ML-KEM part; by default that of the process.
            locked_memory: keep the key's secrets, and those that it hands out, in locked memory between guard pages.
            engine: whose implementation to use, "libcrux" or "simd"; by default that of the process. docs/assurance.md
                says what each is.
            precompute: when a key of "simd" makes its expanded form and keeps it: True at once, False never, by default
                in its second use.

        Returns:
            The private key.

        Raises:
            InvalidLengthError: the seed is not 32 bytes long.
            UnsupportedError: the code path or engine is unknown, or unavailable here.
            OutOfMemoryError: there is no memory, or no more may be locked.
        """
        lent = lend(seed, "seed")
        del seed
        flags = key_flags(code_path, locked_memory, engine, precompute)
        return _load(cls, lib.xwing_keypair_from_seed, flags, lent, "seed")

    @property
    def public_key(self) -> XWingPublicKey:
        """The encapsulation key, which stays usable after this key is closed.

        Raises:
            ClosedError: the key was closed.
        """
        return self._share_public_key(lib.xwing_keypair_public_key, XWingPublicKey)  # type: ignore[no-any-return]

    def seed(self) -> SecretBytes:
        """Return the seed, which is the private key in the encoding of the draft (5.1).

        Returns:
            32 secret bytes.

        Raises:
            OutOfMemoryError: there is no memory, or no more may be locked.
            ClosedError: the key was closed.
        """
        return self._write(lib.xwing_keypair_seed_bytes, SecretBytes)

    def decapsulate(self, ciphertext: BytesLike) -> SharedSecret:
        """Recover the shared secret of a ciphertext: Decapsulate (5.5 of the draft).

        A ciphertext that was not made for this key is no error: it gives another, unpredictable secret (implicit
        rejection), so the two sides find out when they first use it.

        Args:
            ciphertext: 1120 bytes.

        Returns:
            32 secret bytes.

        Raises:
            InvalidCiphertextError: the length is wrong.
            OutOfMemoryError: there is no memory, or no more may be locked.
            ClosedError: the key was closed.
        """
        secret = new_memory(SharedSecret)
        status = self._use().call(lib.xwing_decapsulate, *borrow(ciphertext, "ciphertext"), secret._slot)
        if status:
            raise status_error(status, wrong_size(lib.XWING_CIPHERTEXTBYTES, size_of(ciphertext), _NAME))
        return secret
