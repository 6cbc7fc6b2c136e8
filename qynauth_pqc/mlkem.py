"""ML-KEM, the Module-Lattice-Based Key-Encapsulation Mechanism of FIPS 203 (once "Kyber")."""

from __future__ import annotations

from qynauth_pqc._buffers import Memory, SecretBytes, SharedSecret, borrow, copy_of, lend, new_memory, size_of
from qynauth_pqc._encodings import EncodablePrivateKey, EncodablePublicKey
from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc._keys import ParameterSet, choose_set, key_flags, member_of, wrong_size
from qynauth_pqc._native import new_mlkem_keypair, new_mlkem_public_key
from qynauth_pqc.errors import status_error

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from typing import Self

    from qynauth_pqc._buffers import BytesLike

__all__ = ["MLKEMParameterSet", "MLKEMPrivateKey", "MLKEMPublicKey"]


class MLKEMParameterSet(ParameterSet):
    """The parameter sets of ML-KEM (FIPS 203, section 8), of security categories 1, 3 and 5.

    Attributes:
        id: the number by which the C interface knows the set: 512, 768 or 1024.
        public_key_bytes: size of an encapsulation key: 800, 1184 or 1568 bytes.
        private_key_bytes: size of an expanded decapsulation key: 1632, 2400 or 3168 bytes.
        seed_bytes: size of a seed: 64 bytes.
        ciphertext_bytes: size of a ciphertext: 768, 1088 or 1568 bytes.

    >>> MLKEMParameterSet("ML-KEM-768").ciphertext_bytes
    1088
    """

    ciphertext_bytes: int

    def __init__(self, _name: str) -> None:
        """Add the size that only this family has."""
        self.ciphertext_bytes = self._constant("CIPHERTEXTBYTES")

    ML_KEM_512 = "ML-KEM-512"
    ML_KEM_768 = "ML-KEM-768"
    ML_KEM_1024 = "ML-KEM-1024"


class MLKEMPublicKey(EncodablePublicKey):
    """An encapsulation key: whoever has it can send a shared secret to the owner of the private key.

    >>> from qynauth_pqc import MLKEMPrivateKey, MLKEMPublicKey
    >>> encoded = MLKEMPrivateKey.generate("ML-KEM-768").public_key.public_bytes()
    >>> public_key = MLKEMPublicKey.from_public_bytes(encoded)
    >>> ciphertext, shared_secret = public_key.encapsulate()
    >>> len(ciphertext), len(shared_secret)
    (1088, 32)
    """

    __slots__ = ()

    _new_handle = new_mlkem_public_key
    _array_type = ffi.typeof("MlKemPublicKey *[]")
    _options = lib.mlkem_public_key_options
    _resident_bytes = lib.mlkem_public_key_resident_bytes
    _from_spki = lib.mlkem_public_key_from_spki
    _to_spki = lib.mlkem_public_key_to_spki

    @classmethod
    def from_public_bytes(
        cls,
        data: BytesLike,
        parameter_set: MLKEMParameterSet | str | None = None,
        *,
        code_path: str | None = None,
        locked_memory: bool = False,
        engine: str | None = None,
        precompute: bool | None = None,
    ) -> Self:
        """Load an encapsulation key, with the checks of FIPS 203, 7.2.

        Args:
            data: the key, 800, 1184 or 1568 bytes.
            parameter_set: the set it must belong to; by default its length tells.
            code_path: "best", "avx512", "avx2" or "portable"; by default that of the process (`enable_optimizations`).
            locked_memory: keep the key's secrets, and those that it hands out, in locked memory between guard pages.
            engine: whose implementation to use, "libcrux" or "simd"; by default that of the process. docs/assurance.md
                says what each is.
            precompute: when a key of "simd" makes its expanded form and keeps it: True at once, False never, by default
                in its second use.

        Returns:
            The key.

        Raises:
            InvalidKeyError: the length is wrong, or a coefficient is not below the modulus.
            UnsupportedError: the parameter set, code path or engine is unknown, or unavailable here.
            OutOfMemoryError: there is no memory, or no more may be locked.
        """
        lent = lend(data, "public key")
        del data
        chosen = choose_set(MLKEMParameterSet, parameter_set, "public key", lent)
        flags = key_flags(code_path, locked_memory, engine, precompute)
        return cls._load(lib.mlkem_public_key_from_bytes, chosen, flags, lent, "public key")

    @property
    def parameter_set(self) -> MLKEMParameterSet:
        """The parameter set of the key."""
        return self._parameter_set  # type: ignore[no-any-return]

    def public_bytes(self) -> bytes:
        """Return the encoded encapsulation key (FIPS 203, table 3).

        Returns:
            800, 1184 or 1568 bytes.

        Raises:
            ClosedError: the key was closed.
        """
        return copy_of(self._write(lib.mlkem_public_key_bytes, Memory))

    def encapsulate(self) -> tuple[bytes, SharedSecret]:
        """Make a shared secret and the ciphertext that carries it: ML-KEM.Encaps (FIPS 203, 7.2).

        Returns:
            The ciphertext for the owner of the private key, 768, 1088 or 1568 bytes, and the shared secret, 32 bytes.

        Raises:
            RandomnessError: the system gave no randomness.
            ClosedError: the key was closed.
        """
        ciphertext, shared_secret = new_memory(Memory), new_memory(SharedSecret)
        status = self._use().call(lib.mlkem_encapsulate, ciphertext._slot, shared_secret._slot)
        if status:
            raise status_error(status)
        return copy_of(ciphertext), shared_secret


class MLKEMPrivateKey(EncodablePrivateKey):
    """A decapsulation key, with its encapsulation key and, where it is known, its seed.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> private_key = MLKEMPrivateKey.generate()
    >>> private_key
    <MLKEMPrivateKey: ML-KEM-768>
    >>> ciphertext, sent = private_key.public_key.encapsulate()
    >>> private_key.decapsulate(ciphertext) == sent
    True
    """

    __slots__ = ()

    _new_handle = new_mlkem_keypair
    _array_type = ffi.typeof("MlKemKeyPair *[]")
    _options = lib.mlkem_keypair_options
    _resident_bytes = lib.mlkem_keypair_resident_bytes
    _to_pkcs8 = lib.mlkem_keypair_to_pkcs8

    @classmethod
    def generate(
        cls,
        parameter_set: MLKEMParameterSet | str = MLKEMParameterSet.ML_KEM_768,
        *,
        code_path: str | None = None,
        locked_memory: bool = False,
        engine: str | None = None,
        precompute: bool | None = None,
    ) -> Self:
        """Make a key pair from the system's randomness: ML-KEM.KeyGen (FIPS 203, 7.1).

        Args:
            parameter_set: "ML-KEM-512", "ML-KEM-768" or "ML-KEM-1024".
            code_path: "best", "avx512", "avx2" or "portable"; by default that of the process (`enable_optimizations`).
            locked_memory: keep the key's secrets, and those that it hands out, in locked memory between guard pages.
            engine: whose implementation to use, "libcrux" or "simd"; by default that of the process. docs/assurance.md
                says what each is.
            precompute: when a key of "simd" makes its expanded form and keeps it: True at once, False never, by default
                in its second use.

        Returns:
            The private key; its seed is known.

        Raises:
            UnsupportedError: the parameter set, code path or engine is unknown, or unavailable here.
            OutOfMemoryError: there is no memory, or no more may be locked.
            SelfTestError: the engine failed its self test on this machine.
            RandomnessError: the system gave no randomness.
        """
        is_plain = code_path is None and engine is None and precompute is None and locked_memory is False
        flags = 0 if is_plain else key_flags(code_path, locked_memory, engine, precompute)
        return cls._generate(lib.mlkem_keypair_generate, MLKEMParameterSet, parameter_set, flags)

    @classmethod
    def from_seed(
        cls,
        seed: BytesLike,
        parameter_set: MLKEMParameterSet | str,
        *,
        code_path: str | None = None,
        locked_memory: bool = False,
        engine: str | None = None,
        precompute: bool | None = None,
    ) -> Self:
        """Make the key pair of a seed d || z (FIPS 203, 7.1).

        Args:
            seed: 64 bytes.
            parameter_set: "ML-KEM-512", "ML-KEM-768" or "ML-KEM-1024".
            code_path: "best", "avx512", "avx2" or "portable"; by default that of the process (`enable_optimizations`).
            locked_memory: keep the key's secrets, and those that it hands out, in locked memory between guard pages.
            engine: whose implementation to use, "libcrux" or "simd"; by default that of the process. docs/assurance.md
                says what each is.
            precompute: when a key of "simd" makes its expanded form and keeps it: True at once, False never, by default
                in its second use.

        Returns:
            The private key; its seed is known.

        Raises:
            InvalidLengthError: the seed is not 64 bytes long.
            UnsupportedError: the parameter set, code path or engine is unknown, or unavailable here.
            OutOfMemoryError: there is no memory, or no more may be locked.
        """
        lent = lend(seed, "seed")
        del seed
        chosen = member_of(MLKEMParameterSet, parameter_set)
        flags = key_flags(code_path, locked_memory, engine, precompute)
        return cls._load(lib.mlkem_keypair_from_seed, chosen, flags, lent, "seed")

    @classmethod
    def from_private_bytes(
        cls,
        data: BytesLike,
        parameter_set: MLKEMParameterSet | str | None = None,
        *,
        code_path: str | None = None,
        locked_memory: bool = False,
        engine: str | None = None,
        precompute: bool | None = None,
    ) -> Self:
        """Load an expanded decapsulation key dk_PKE || ek || H(ek) || z, after checking it.

        The checks are those of FIPS 203, 7.3, and that every coefficient is below the modulus. The seed of such a
        key is not known.

        Args:
            data: the key, 1632, 2400 or 3168 bytes.
            parameter_set: the set it must belong to; by default its length tells.
            code_path: "best", "avx512", "avx2" or "portable"; by default that of the process (`enable_optimizations`).
            locked_memory: keep the key's secrets, and those that it hands out, in locked memory between guard pages.
            engine: whose implementation to use, "libcrux" or "simd"; by default that of the process. docs/assurance.md
                says what each is.
            precompute: when the key makes what its operations need and keeps it: True at once, False never, by default
                in its second use.

        Returns:
            The private key.

        Raises:
            InvalidKeyError: the length is wrong, a coefficient is not below the modulus, or the hash does not match.
            UnsupportedError: the parameter set, code path or engine is unknown, or unavailable here.
            OutOfMemoryError: there is no memory, or no more may be locked.
        """
        lent = lend(data, "private key")
        del data
        chosen = choose_set(MLKEMParameterSet, parameter_set, "private key", lent)
        flags = key_flags(code_path, locked_memory, engine, precompute)
        return cls._load(lib.mlkem_keypair_from_private_key, chosen, flags, lent, "private key")

    @property
    def parameter_set(self) -> MLKEMParameterSet:
        """The parameter set of the key."""
        return self._parameter_set  # type: ignore[no-any-return]

    @property
    def public_key(self) -> MLKEMPublicKey:
        """The encapsulation key, which stays usable after this key is closed.

        Raises:
            ClosedError: the key was closed.
        """
        return self._share_public_key(lib.mlkem_keypair_public_key, MLKEMPublicKey)  # type: ignore[no-any-return]

    def seed(self) -> SecretBytes:
        """Return the seed d || z (FIPS 203, 7.1), the smallest form in which the key can be kept.

        Returns:
            64 secret bytes.

        Raises:
            SeedUnavailableError: the key was loaded from its expanded form.
            ClosedError: the key was closed.
        """
        return self._write(lib.mlkem_keypair_seed_bytes, SecretBytes)

    def private_bytes(self) -> SecretBytes:
        """Return the expanded decapsulation key dk_PKE || ek || H(ek) || z (FIPS 203, algorithm 16).

        Returns:
            1632, 2400 or 3168 secret bytes.

        Raises:
            ClosedError: the key was closed.
        """
        return self._write(lib.mlkem_keypair_private_key_bytes, SecretBytes)

    def decapsulate(self, ciphertext: BytesLike) -> SharedSecret:
        """Recover the shared secret of a ciphertext: ML-KEM.Decaps (FIPS 203, 7.3).

        A ciphertext that was not made for this key is no error: it gives another, unpredictable secret (implicit
        rejection), so the two sides find out when they first use it.

        Args:
            ciphertext: 768, 1088 or 1568 bytes.

        Returns:
            32 secret bytes.

        Raises:
            InvalidCiphertextError: the length is not that of the key's parameter set.
            ClosedError: the key was closed.
        """
        secret = new_memory(SharedSecret)
        if type(ciphertext) is bytes:  # as `borrow` lends them, without the frame of a call
            status = self._use().call(lib.mlkem_decapsulate, ciphertext, len(ciphertext), secret._slot)
        else:
            status = self._use().call(lib.mlkem_decapsulate, *borrow(ciphertext, "ciphertext"), secret._slot)
        if status:
            chosen = self.parameter_set
            raise status_error(status, wrong_size(chosen.ciphertext_bytes, size_of(ciphertext), chosen))
        return secret
