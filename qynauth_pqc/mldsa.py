"""ML-DSA, the Module-Lattice-Based Digital Signature Algorithm of FIPS 204 (once "Dilithium")."""

from __future__ import annotations

from qynauth_pqc._akp import AKPPrivateKey, AKPPublicKey
from qynauth_pqc._buffers import Memory, SecretBytes, borrow, copy_of, lend, new_memory
from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc._keys import ParameterSet, choose_set, key_flags, member_of, sign_flags, size_detail
from qynauth_pqc._native import new_mldsa_keypair, new_mldsa_public_key
from qynauth_pqc.errors import status_error
from qynauth_pqc.mu import MLDSAMuHasher, sign_mu, verify_mu
from qynauth_pqc.prehash import hash_message, sign_digest, verify_digest

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from typing import Self

    from qynauth_pqc._buffers import BytesLike

__all__ = ["MLDSAParameterSet", "MLDSAPrivateKey", "MLDSAPublicKey"]


class MLDSAParameterSet(ParameterSet):
    """The parameter sets of ML-DSA (FIPS 204, section 4), of security categories 2, 3 and 5.

    Attributes:
        id: the number by which the C interface knows the set: 44, 65 or 87.
        public_key_bytes: size of a public key: 1312, 1952 or 2592 bytes.
        private_key_bytes: size of an expanded private key: 2560, 4032 or 4896 bytes.
        seed_bytes: size of a seed: 32 bytes.
        signature_bytes: size of a signature: 2420, 3309 or 4627 bytes.

    >>> MLDSAParameterSet("ML-DSA-65").signature_bytes
    3309
    """

    signature_bytes: int

    def __init__(self, _name: str) -> None:
        """Add the size that only this family has."""
        self.signature_bytes = self._constant("SIGNATUREBYTES")

    ML_DSA_44 = "ML-DSA-44"
    ML_DSA_65 = "ML-DSA-65"
    ML_DSA_87 = "ML-DSA-87"


class MLDSAPublicKey(AKPPublicKey):
    """A public key: whoever has it can check signatures of the owner of the private key.

    >>> from qynauth_pqc import MLDSAPrivateKey, MLDSAPublicKey
    >>> private_key = MLDSAPrivateKey.generate("ML-DSA-65")
    >>> public_key = MLDSAPublicKey.from_public_bytes(private_key.public_key.public_bytes())
    >>> public_key.verify(b"message", private_key.sign(b"message"))
    """

    __slots__ = ()

    _new_handle = new_mldsa_public_key
    _array_type = ffi.typeof("MlDsaPublicKey *[]")
    _options = lib.mldsa_public_key_options
    _resident_bytes = lib.mldsa_public_key_resident_bytes
    _from_spki = lib.mldsa_public_key_from_spki
    _to_spki = lib.mldsa_public_key_to_spki

    @classmethod
    def from_public_bytes(
        cls,
        data: BytesLike,
        parameter_set: MLDSAParameterSet | str | None = None,
        *,
        code_path: str | None = None,
        locked_memory: bool = False,
        engine: str | None = None,
        precompute: bool | None = None,
    ) -> Self:
        """Load a public key. Every string of the right length is one (FIPS 204, algorithm 23).

        Args:
            data: the key, 1312, 1952 or 2592 bytes.
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
            InvalidKeyError: the length is wrong.
            UnsupportedError: the parameter set, code path or engine is unknown, or unavailable here.
            OutOfMemoryError: there is no memory, or no more may be locked.
        """
        lent = lend(data, "public key")
        del data
        chosen = choose_set(MLDSAParameterSet, parameter_set, "public key", lent)
        flags = key_flags(code_path, locked_memory, engine, precompute)
        return cls._load(lib.mldsa_public_key_from_bytes, chosen, flags, lent, "public key")

    @property
    def parameter_set(self) -> MLDSAParameterSet:
        """The parameter set of the key."""
        return self._parameter_set  # type: ignore[no-any-return]

    def public_bytes(self) -> bytes:
        """Return the encoded public key (FIPS 204, algorithm 22).

        Returns:
            1312, 1952 or 2592 bytes.

        Raises:
            ClosedError: the key was closed.
        """
        return copy_of(self._write(lib.mldsa_public_key_bytes, Memory))

    def verify(
        self, message: BytesLike, signature: BytesLike, *, context: BytesLike = b"", prehash: str | None = None
    ) -> None:
        """Check a signature: ML-DSA.Verify (FIPS 204, 5.3). Returns nothing if it is valid.

        Args:
            message: the message, of any length.
            signature: the signature; one that is not 2420, 3309 or 4627 bytes long, as the set demands, is invalid.
            context: the context it was signed with, 0 to 255 bytes.
            prehash: the hash function it was signed with, one of `qynauth_pqc.prehash.PREHASHES`; None: plain ML-DSA.

        Raises:
            InvalidSignatureError: the signature is not valid for this message, context, hash function and key.
            InvalidLengthError: the context is longer than 255 bytes.
            UnsupportedError: the hash function is unknown.
            ClosedError: the key was closed.
        """
        if prehash is not None:
            return verify_digest(self, hash_message(prehash, message), signature, context)
        status = self._use().call(
            lib.mldsa_verify, *borrow(message, "message"), *borrow(context, "context"), *borrow(signature, "signature")
        )
        if status:
            raise status_error(status, size_detail(status, self.parameter_set, context, signature))
        return None

    def mu_hasher(self, *, context: BytesLike = b"") -> MLDSAMuHasher:
        """Begin to compute mu, the hash of a message that comes in pieces (FIPS 204, algorithm 7, line 6).

        Keys of every engine can do so; those of "simd" sign and verify what comes out.

        Args:
            context: what the signature is for, 0 to 255 bytes.

        Returns:
            The hasher: pass the message to its `update()`, and what its `finalize()` returns to `sign_mu()` or
            `verify_mu()`.

        Raises:
            InvalidLengthError: the context is longer than 255 bytes.
            ClosedError: the key was closed.
        """
        return MLDSAMuHasher(self, context)

    def verify_mu(self, mu: BytesLike, signature: BytesLike) -> None:
        """Check a signature of the message that mu was computed of (FIPS 204, algorithm 8). Returns nothing if valid.

        Args:
            mu: what `mu_hasher(...).finalize()` of this key returned, 64 bytes.
            signature: what `sign()` or `sign_mu()` returned: 2420, 3309 or 4627 bytes.

        Raises:
            InvalidSignatureError: the signature is not valid for this mu and key.
            InvalidLengthError: mu is not 64 bytes long.
            UnsupportedError: the key is of the engine "libcrux", which has no such operation.
            ClosedError: the key was closed.
        """
        verify_mu(self, mu, signature)


class MLDSAPrivateKey(AKPPrivateKey):
    """A private key, with its public key and, where it is known, its seed.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> private_key = MLDSAPrivateKey.generate()
    >>> private_key
    <MLDSAPrivateKey: ML-DSA-65>
    >>> signature = private_key.sign(b"message", context=b"login")
    >>> private_key.public_key.verify(b"message", signature, context=b"login")
    """

    __slots__ = ()

    _new_handle = new_mldsa_keypair
    _array_type = ffi.typeof("MlDsaKeyPair *[]")
    _options = lib.mldsa_keypair_options
    _resident_bytes = lib.mldsa_keypair_resident_bytes
    _to_pkcs8 = lib.mldsa_keypair_to_pkcs8

    @classmethod
    def generate(
        cls,
        parameter_set: MLDSAParameterSet | str = MLDSAParameterSet.ML_DSA_65,
        *,
        code_path: str | None = None,
        locked_memory: bool = False,
        engine: str | None = None,
        precompute: bool | None = None,
    ) -> Self:
        """Make a key pair from the system's randomness: ML-DSA.KeyGen (FIPS 204, 5.1).

        Args:
            parameter_set: "ML-DSA-44", "ML-DSA-65" or "ML-DSA-87".
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
        return cls._generate(lib.mldsa_keypair_generate, MLDSAParameterSet, parameter_set, flags)

    @classmethod
    def from_seed(
        cls,
        seed: BytesLike,
        parameter_set: MLDSAParameterSet | str,
        *,
        code_path: str | None = None,
        locked_memory: bool = False,
        engine: str | None = None,
        precompute: bool | None = None,
    ) -> Self:
        """Make the key pair of a seed xi (FIPS 204, 5.1).

        Args:
            seed: 32 bytes.
            parameter_set: "ML-DSA-44", "ML-DSA-65" or "ML-DSA-87".
            code_path: "best", "avx512", "avx2" or "portable"; by default that of the process (`enable_optimizations`).
            locked_memory: keep the key's secrets, and those that it hands out, in locked memory between guard pages.
            engine: whose implementation to use, "libcrux" or "simd"; by default that of the process. docs/assurance.md
                says what each is.
            precompute: when a key of "simd" makes its expanded form and keeps it: True at once, False never, by default
                in its second use.

        Returns:
            The private key; its seed is known.

        Raises:
            InvalidLengthError: the seed is not 32 bytes long.
            UnsupportedError: the parameter set, code path or engine is unknown, or unavailable here.
            OutOfMemoryError: there is no memory, or no more may be locked.
        """
        lent = lend(seed, "seed")
        del seed
        chosen = member_of(MLDSAParameterSet, parameter_set)
        flags = key_flags(code_path, locked_memory, engine, precompute)
        return cls._load(lib.mldsa_keypair_from_seed, chosen, flags, lent, "seed")

    @classmethod
    def from_private_bytes(
        cls,
        data: BytesLike,
        parameter_set: MLDSAParameterSet | str | None = None,
        *,
        code_path: str | None = None,
        locked_memory: bool = False,
        engine: str | None = None,
        precompute: bool | None = None,
    ) -> Self:
        """Load an expanded private key rho || K || tr || s1 || s2 || t0, after checking it.

        The coefficients of s1 and s2 must be within eta, tr the hash of the public key derived from them, and t0 what
        that leaves out. The seed of such a key is not known.

        Args:
            data: the key, 2560, 4032 or 4896 bytes.
            parameter_set: the set it must belong to; by default its length tells.
            code_path: "best", "avx512", "avx2" or "portable"; by default that of the process (`enable_optimizations`).
            locked_memory: keep the key's secrets, and those that it hands out, in locked memory between guard pages.
            engine: whose implementation to use, "libcrux" or "simd"; by default that of the process. docs/assurance.md
                says what each is.
            precompute: when a key of "simd" makes its expanded form and keeps it: True at once, False never, by default
                in its second use.

        Returns:
            The private key.

        Raises:
            InvalidKeyError: the length is wrong, a coefficient is out of range, or the hash or t0 does not match.
            UnsupportedError: the parameter set, code path or engine is unknown, or unavailable here.
            OutOfMemoryError: there is no memory, or no more may be locked.
        """
        lent = lend(data, "private key")
        del data
        chosen = choose_set(MLDSAParameterSet, parameter_set, "private key", lent)
        flags = key_flags(code_path, locked_memory, engine, precompute)
        return cls._load(lib.mldsa_keypair_from_private_key, chosen, flags, lent, "private key")

    @property
    def parameter_set(self) -> MLDSAParameterSet:
        """The parameter set of the key."""
        return self._parameter_set  # type: ignore[no-any-return]

    @property
    def public_key(self) -> MLDSAPublicKey:
        """The public key, which stays usable after this key is closed.

        Raises:
            ClosedError: the key was closed.
        """
        return self._share_public_key(lib.mldsa_keypair_public_key, MLDSAPublicKey)  # type: ignore[no-any-return]

    def seed(self) -> SecretBytes:
        """Return the seed xi (FIPS 204, 5.1), the smallest form in which the key can be kept.

        Returns:
            32 secret bytes.

        Raises:
            SeedUnavailableError: the key was loaded from its expanded form.
            ClosedError: the key was closed.
        """
        return self._write(lib.mldsa_keypair_seed_bytes, SecretBytes)

    def private_bytes(self) -> SecretBytes:
        """Return the expanded private key rho || K || tr || s1 || s2 || t0 (FIPS 204, algorithm 24).

        Returns:
            2560, 4032 or 4896 secret bytes.

        Raises:
            ClosedError: the key was closed.
        """
        return self._write(lib.mldsa_keypair_private_key_bytes, SecretBytes)

    def sign(
        self,
        message: BytesLike,
        *,
        context: BytesLike = b"",
        deterministic: bool = False,
        prehash: str | None = None,
    ) -> bytes:
        """Sign a message: ML-DSA.Sign (FIPS 204, 5.2).

        Signing is hedged: fresh randomness goes into each signature, which protects against faults and side channels.

        Args:
            message: the message, of any length.
            context: what the signature is for, 0 to 255 bytes; the verifier must give the same.
            deterministic: use 32 zero bytes instead of randomness, so that equal inputs give equal signatures.
            prehash: sign the message's digest by this hash function, one of `qynauth_pqc.prehash.PREHASHES`, instead
                of the message: HashML-DSA (FIPS 204, 5.4). None is plain ML-DSA.

        Returns:
            The signature: 2420, 3309 or 4627 bytes.

        Raises:
            InvalidLengthError: the context is longer than 255 bytes.
            UnsupportedError: the hash function is unknown.
            RandomnessError: the system gave no randomness.
            ClosedError: the key was closed.
        """
        if prehash is not None:
            return sign_digest(self, hash_message(prehash, message), context, deterministic=deterministic)
        flags = sign_flags(deterministic=deterministic)
        signature = new_memory(Memory)
        status = self._use().call(
            lib.mldsa_sign, *borrow(message, "message"), *borrow(context, "context"), flags, signature._slot
        )
        if status:
            raise status_error(status, size_detail(status, self.parameter_set, context))
        return copy_of(signature)

    def sign_mu(self, mu: BytesLike, *, deterministic: bool = False) -> bytes:
        """Sign the message that mu was computed of (FIPS 204, algorithm 7), hedged as `sign()` is.

        Args:
            mu: what `public_key.mu_hasher(...).finalize()` returned, 64 bytes.
            deterministic: use 32 zero bytes instead of randomness, so that equal inputs give equal signatures.

        Returns:
            The signature: 2420, 3309 or 4627 bytes. `verify()` accepts it like one of `sign()`.

        Raises:
            InvalidLengthError: mu is not 64 bytes long.
            UnsupportedError: the key is of the engine "libcrux", which has no such operation.
            RandomnessError: the system gave no randomness.
            ClosedError: the key was closed.
        """
        return sign_mu(self, mu, deterministic=deterministic)
