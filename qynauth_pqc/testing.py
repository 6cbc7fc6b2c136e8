"""Known answers: the operations with their randomness given, and FIPS 204's internal interface.

For tests only. Randomness that is known or used twice breaks every promise of ML-KEM, ML-DSA and X-Wing.
"""

from __future__ import annotations

from qynauth_pqc._buffers import Memory, SharedSecret, borrow, copy_of, lend, new_memory, size_of
from qynauth_pqc._ffi import lib
from qynauth_pqc.errors import expect, status_error
from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.mlkem import MLKEMPublicKey
from qynauth_pqc.mu import mu_detail
from qynauth_pqc.prehash import hash_message
from qynauth_pqc.xwing import XWingPublicKey

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from qynauth_pqc._buffers import BytesLike

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
    lent = lend(m, "m")
    del m
    expect(public_key, (MLKEMPublicKey, XWingPublicKey), "public_key")
    if isinstance(public_key, XWingPublicKey):
        function, expected = lib.xwing_encapsulate_derand, lib.XWING_RANDOMNESSBYTES
    else:
        function, expected = lib.mlkem_encapsulate_derand, lib.MLKEM_RANDOMNESSBYTES
    ciphertext, shared_secret = new_memory(Memory), new_memory(SharedSecret)
    with lent as (pointer, size):
        status = public_key._use().call(function, pointer, size, ciphertext._slot, shared_secret._slot)
    if status:
        raise status_error(status, f"expected {expected} bytes, got {size}")
    return copy_of(ciphertext), shared_secret


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
    lent = lend(rnd, "rnd")
    del rnd
    expect(private_key, MLDSAPrivateKey, "private_key")
    signature = new_memory(Memory)
    hasher = None if prehash is None else hash_message(prehash, message)
    with lent as (pointer, size):
        rest = pointer, size, signature._slot
        if hasher is None:
            status = private_key._use().call(
                lib.mldsa_sign_derand, *borrow(message, "message"), *borrow(context, "context"), *rest
            )
        else:
            digest = hasher.digest()
            status = private_key._use().call(
                lib.mldsa_sign_prehashed_derand, hasher.id, digest, len(digest), *borrow(context, "context"), *rest
            )
    if status:
        raise status_error(status, f"rnd has {size} bytes, context {size_of(context)}")
    return copy_of(signature)


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
    lent = lend(rnd, "rnd")
    del rnd
    expect(private_key, MLDSAPrivateKey, "private_key")
    signature = new_memory(Memory)
    with lent as (pointer, size):
        status = private_key._use().call(lib.mldsa_sign_mu_derand, *borrow(mu, "mu"), pointer, size, signature._slot)
    if status == lib.PQC_STATUS_RANDOMNESS_LENGTH:
        raise status_error(status, f"rnd has {size} bytes")
    if status:
        raise status_error(status, mu_detail(status, private_key.parameter_set, mu))
    return copy_of(signature)


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
    lent = lend(rnd, "rnd")
    del rnd
    expect(private_key, MLDSAPrivateKey, "private_key")
    signature = new_memory(Memory)
    with lent as (pointer, size):
        status = private_key._use().call(
            lib.mldsa_sign_internal, *borrow(m_prime, "m_prime"), pointer, size, signature._slot
        )
    if status:
        raise status_error(status, f"expected {lib.MLDSA_RANDOMNESSBYTES} bytes, got {size}")
    return copy_of(signature)


def verify_internal(public_key: MLDSAPublicKey, m_prime: BytesLike, signature: BytesLike) -> None:
    """Check a signature of a raw M': ML-DSA.Verify_internal (FIPS 204, algorithm 8). Returns nothing if it is valid.

    Args:
        public_key: the public key.
        m_prime: the formatted message, of any length.
        signature: the signature: 2420, 3309 or 4627 bytes.

    Raises:
        InvalidSignatureError: the signature is not valid for this M' and key.
    """
    expect(public_key, MLDSAPublicKey, "public_key")
    status = public_key._use().call(
        lib.mldsa_verify_internal, *borrow(m_prime, "m_prime"), *borrow(signature, "signature")
    )
    if status:
        raise status_error(status)
