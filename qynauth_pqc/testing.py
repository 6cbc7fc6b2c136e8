"""Known answers: the operations with their randomness given, and FIPS 204's internal interface.

For tests only. Randomness that is known or used twice breaks every promise of ML-KEM, ML-DSA and X-Wing.
"""

from __future__ import annotations

from qynauth_pqc._buffers import SharedSecret, borrow, new_buffer, secret_of, size_of, spare_buffer, take_bytes
from qynauth_pqc._ffi import lib
from qynauth_pqc.errors import status_error
from qynauth_pqc.mu import mu_detail
from qynauth_pqc.prehash import hash_message
from qynauth_pqc.xwing import XWingPublicKey

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from qynauth_pqc._buffers import BytesLike
    from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
    from qynauth_pqc.mlkem import MLKEMPublicKey

__all__ = ["encapsulate_with", "sign_internal", "sign_mu_with", "sign_with", "verify_internal"]


def encapsulate_with(public_key: MLKEMPublicKey | XWingPublicKey, m: BytesLike) -> tuple[bytes, SharedSecret]:
    """Encapsulate with the randomness given.

    That is ML-KEM.Encaps_internal (FIPS 203, algorithm 17), or EncapsulateDerand of X-Wing
    (draft-connolly-cfrg-xwing-kem-10, 5.4.1).

    Args:
        public_key: the encapsulation key.
        m: the randomness, 32 bytes; for X-Wing 64 bytes, which the draft calls `eseed`.

    Returns:
        The ciphertext, 768, 1088 or 1568 bytes, 1120 for X-Wing, and the shared secret, 32 bytes.

    Raises:
        InvalidLengthError: `m` has another length.
    """
    ciphertext, shared_secret = spare_buffer(), new_buffer()
    if isinstance(public_key, XWingPublicKey):
        function, expected = lib.xwing_encapsulate_derand, lib.XWING_RANDOMNESSBYTES
    else:
        function, expected = lib.mlkem_encapsulate_derand, lib.MLKEM_RANDOMNESSBYTES
    status = function(public_key._use(), *borrow(m, "m"), ciphertext, shared_secret)
    if status:
        raise status_error(status, f"expected {expected} bytes, got {size_of(m)}")
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
    buffer, key = spare_buffer(), private_key._use()
    if prehash is None:
        status = lib.mldsa_sign_derand(
            key, *borrow(message, "message"), *borrow(context, "context"), *borrow(rnd, "rnd"), buffer
        )
    else:
        hasher = hash_message(prehash, message)
        digest = hasher.digest()
        status = lib.mldsa_sign_prehashed_derand(
            key, hasher.id, digest, len(digest), *borrow(context, "context"), *borrow(rnd, "rnd"), buffer
        )
    if status:
        raise status_error(status, f"rnd has {size_of(rnd)} bytes, context {size_of(context)}")
    return take_bytes(buffer)


def sign_mu_with(private_key: MLDSAPrivateKey, mu: BytesLike, rnd: BytesLike) -> bytes:
    """Sign mu with the randomness given (FIPS 204, algorithm 7, from line 7 on).

    Args:
        private_key: the private key, of the engine "simd".
        mu: what is signed, 64 bytes.
        rnd: the randomness, 32 bytes.

    Returns:
        The signature: 2420, 3309 or 4627 bytes.

    Raises:
        InvalidLengthError: `mu` is not 64 bytes long, or `rnd` is not 32.
        UnsupportedError: the key is of the engine "libcrux".
    """
    buffer = spare_buffer()
    status = lib.mldsa_sign_mu_derand(private_key._use(), *borrow(mu, "mu"), *borrow(rnd, "rnd"), buffer)
    if status == lib.PQC_STATUS_RANDOMNESS_LENGTH:
        raise status_error(status, f"rnd has {size_of(rnd)} bytes")
    if status:
        raise status_error(status, mu_detail(status, private_key.parameter_set, mu))
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
    buffer = spare_buffer()
    status = lib.mldsa_sign_internal(private_key._use(), *borrow(m_prime, "m_prime"), *borrow(rnd, "rnd"), buffer)
    if status:
        raise status_error(status, f"expected {lib.MLDSA_RANDOMNESSBYTES} bytes, got {size_of(rnd)}")
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
    status = lib.mldsa_verify_internal(public_key._use(), *borrow(m_prime, "m_prime"), *borrow(signature, "signature"))
    if status:
        raise status_error(status)
