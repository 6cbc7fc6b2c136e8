"""Known answers: the operations with their randomness given, and FIPS 204's internal interface.

For tests only. Randomness that is known or used twice breaks every promise of ML-KEM and ML-DSA.
"""

from __future__ import annotations

from qynauth_pqc._buffers import SharedSecret, borrow, new_buffer, secret_of, spare_buffer, take_bytes
from qynauth_pqc._ffi import lib
from qynauth_pqc.errors import status_error
from qynauth_pqc.prehash import hash_message

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from qynauth_pqc._buffers import BytesLike
    from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
    from qynauth_pqc.mlkem import MLKEMPublicKey

__all__ = ["encapsulate_with", "sign_internal", "sign_with", "verify_internal"]


def encapsulate_with(public_key: MLKEMPublicKey, m: BytesLike) -> tuple[bytes, SharedSecret]:
    """Encapsulate with the randomness given: ML-KEM.Encaps_internal (FIPS 203, algorithm 17).

    Args:
        public_key: the encapsulation key.
        m: the randomness, 32 bytes.

    Returns:
        The ciphertext, 768, 1088 or 1568 bytes, and the shared secret, 32 bytes.

    Raises:
        InvalidLengthError: `m` is not 32 bytes long.
    """
    borrowed = borrow(m, "m")
    ciphertext, shared_secret = spare_buffer(), new_buffer()
    status = lib.mlkem_encapsulate_derand(public_key._use(), borrowed, len(borrowed), ciphertext, shared_secret)
    if status:
        raise status_error(status, f"expected {lib.MLKEM_RANDOMNESSBYTES} bytes, got {len(borrowed)}")
    return take_bytes(ciphertext), secret_of(SharedSecret, shared_secret)


def sign_with(
    private_key: MLDSAPrivateKey,
    message: BytesLike,
    rnd: BytesLike,
    context: BytesLike = b"",
    prehash: str | None = None,
) -> bytes:
    """Sign with the randomness given: ML-DSA.Sign or HashML-DSA.Sign (FIPS 204, algorithms 2 and 4).

    Args:
        private_key: the private key.
        message: the message, of any length.
        rnd: the randomness, 32 bytes.
        context: the context, 0 to 255 bytes.
        prehash: the hash function of HashML-DSA, or None for plain ML-DSA.

    Returns:
        The signature: 2420, 3309 or 4627 bytes.

    Raises:
        InvalidLengthError: `rnd` is not 32 bytes long, or the context is longer than 255.
    """
    r, c = borrow(rnd, "rnd"), borrow(context, "context")
    buffer, key = spare_buffer(), private_key._use()
    if prehash is None:
        m = borrow(message, "message")
        status = lib.mldsa_sign_derand(key, m, len(m), c, len(c), r, len(r), buffer)
    else:
        hasher = hash_message(prehash, message)
        d = hasher.digest()
        status = lib.mldsa_sign_prehashed_derand(key, hasher.id, d, len(d), c, len(c), r, len(r), buffer)
    if status:
        raise status_error(status, f"rnd has {len(r)} bytes, context {len(c)}")
    return take_bytes(buffer)


def sign_internal(private_key: MLDSAPrivateKey, m_prime: BytesLike, rnd: BytesLike) -> bytes:
    """Sign a raw M': ML-DSA.Sign_internal (FIPS 204, algorithm 7).

    Args:
        private_key: the private key.
        m_prime: the formatted message, of any length.
        rnd: the randomness, 32 bytes.

    Returns:
        The signature: 2420, 3309 or 4627 bytes.

    Raises:
        InvalidLengthError: `rnd` is not 32 bytes long.
    """
    m, r = borrow(m_prime, "m_prime"), borrow(rnd, "rnd")
    buffer = spare_buffer()
    status = lib.mldsa_sign_internal(private_key._use(), m, len(m), r, len(r), buffer)
    if status:
        raise status_error(status, f"expected {lib.MLDSA_RANDOMNESSBYTES} bytes, got {len(r)}")
    return take_bytes(buffer)


def verify_internal(public_key: MLDSAPublicKey, m_prime: BytesLike, signature: BytesLike) -> None:
    """Check a signature of a raw M': ML-DSA.Verify_internal (FIPS 204, algorithm 8). Returns nothing if it is valid.

    Args:
        public_key: the public key.
        m_prime: the formatted message, of any length.
        signature: the signature: 2420, 3309 or 4627 bytes.

    Raises:
        InvalidSignatureError: the signature is not valid for this M' and key.
    """
    m, s = borrow(m_prime, "m_prime"), borrow(signature, "signature")
    status = lib.mldsa_verify_internal(public_key._use(), m, len(m), s, len(s))
    if status:
        raise status_error(status)
