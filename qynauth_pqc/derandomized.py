"""Known answers: operations with the caller's randomness, and the internal interfaces of FIPS 204 and 205.

For tests only: randomness that is known or used twice breaks every promise of the algorithms.
"""

from __future__ import annotations

from qynauth_pqc._keys.digests import hash_message, verify_by
from qynauth_pqc._keys.parameter_sets import detail_of
from qynauth_pqc._keys.signature import PrehashPublicKey, SignaturePrivateKey
from qynauth_pqc.errors import expect
from qynauth_pqc.mlkem import KEMPublicKey
from qynauth_pqc.native import Memory, copy_of, lib, new_memory, status_error
from qynauth_pqc.native.inputs import HeldInput, input_pointer, settled, without_frames, without_own_frames
from qynauth_pqc.native.secret_bytes import SharedSecret
from qynauth_pqc.prehash import chosen_hash

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Any

    from qynauth_pqc._keys.signature import PrehashPrivateKey
    from qynauth_pqc.hybrid import HybridKEMPublicKey
    from qynauth_pqc.mldsa import MLDSAPrivateKey
    from qynauth_pqc.mlkem import MLKEMPublicKey
    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.xwing import XWingPublicKey

__all__ = ["encapsulate_with", "sign_internal", "sign_mu_with", "sign_with", "verify_internal"]


@without_frames
def encapsulate_with(
    public_key: MLKEMPublicKey | XWingPublicKey | HybridKEMPublicKey, m: BytesLike
) -> tuple[bytes, SharedSecret]:
    """Encapsulate with known randomness.

    That is ML-KEM.Encaps_internal (FIPS 203, algorithm 17), EncapsulateDerand of X-Wing
    (draft-connolly-cfrg-xwing-kem-10, 5.4.1), or EncapsDerand of the other hybrids
    (draft-irtf-cfrg-concrete-hybrid-kems-04, appendix A).

    Args:
        public_key: the encapsulation key.
        m: the randomness, 32 bytes; for X-Wing 64 bytes, which the draft calls `eseed`; 160 for MLKEM768-P256, and 80
            for MLKEM1024-P384.

    Returns:
        The ciphertext, `ciphertext_bytes` of the parameter set, and the shared secret, 32 bytes.

    Raises:
        InvalidLengthError: `m` has another length.
    """
    expect(public_key, KEMPublicKey, "public_key")
    ciphertext, shared_secret = new_memory(Memory), new_memory(SharedSecret)
    with HeldInput(m, "m") as (pointer, size):
        status = public_key._use().call(
            lib.pqc_encapsulate_derand, pointer, size, ciphertext._slot, shared_secret._slot
        )
    if status:
        expected = public_key.parameter_set.randomness_bytes
        raise status_error(status, f"expected {expected} bytes, got {size}" if size != expected else "")
    return copy_of(ciphertext), shared_secret


@without_frames
def sign_with(
    private_key: SignaturePrivateKey,
    message: BytesLike,
    rnd: BytesLike,
    context: BytesLike = b"",
    prehash: str | None = None,
) -> bytes:
    """Sign with known randomness: FIPS 204, algorithms 2 and 4; FIPS 205, algorithms 22 and 23; or a composite.

    Args:
        private_key: the private key.
        message: the message, of any length.
        rnd: the randomness, `randomness_bytes` of the parameter set. A composite uses it in both halves, except for
            Ed25519.
        context: the context, 0 to 255 bytes.
        prehash: the hash function of HashML-DSA or HashSLH-DSA; None for a plain signature and composites.

    Raises:
        InvalidLengthError: `rnd` has another length, or the context is longer than 255 bytes.
        WrongAlgorithmError: a composite takes no hash function.
    """
    if prehash is None:
        return _sign(private_key, lib.pqc_sign_derand, rnd, message=message, context=context)
    expect(private_key, SignaturePrivateKey, "private_key")
    chosen_hash(private_key, prehash)  # refuses a composite
    hasher = hash_message(prehash, message)
    return _sign(private_key, lib.pqc_sign_prehashed_derand, rnd, hasher.id, digest=hasher.digest(), context=context)


@without_frames
def sign_mu_with(private_key: MLDSAPrivateKey, mu: BytesLike, rnd: BytesLike) -> bytes:
    """Sign mu with known randomness (FIPS 204, algorithm 7, from line 7 on).

    Args:
        private_key: the private key.
        mu: mu of the message, 64 bytes.
        rnd: the randomness, 32 bytes.

    Raises:
        InvalidLengthError: `mu` is not 64 bytes long, or `rnd` is not 32.
    """
    return _sign(private_key, lib.pqc_sign_mu_derand, rnd, mu=mu)


@without_frames
def sign_internal(private_key: PrehashPrivateKey, m_prime: BytesLike, rnd: BytesLike) -> bytes:
    """Sign a raw M': ML-DSA.Sign_internal (FIPS 204, algorithm 7), slh_sign_internal (FIPS 205, 19).

    Args:
        private_key: the private key.
        m_prime: the formatted message, of any length.
        rnd: the randomness, `randomness_bytes` of the parameter set.

    Raises:
        InvalidLengthError: `rnd` has another length.
    """
    return _sign(private_key, lib.pqc_sign_internal, rnd, m_prime=m_prime)


@without_own_frames
def verify_internal(public_key: PrehashPublicKey, m_prime: BytesLike, signature: BytesLike) -> None:
    """Check a signature of a raw M': FIPS 204, algorithm 8; FIPS 205, algorithm 20. Returns nothing if it is valid.

    Args:
        public_key: the public key.
        m_prime: the formatted message, of any length.
        signature: the signature, `signature_bytes` of the parameter set.

    Raises:
        InvalidSignatureError: the signature is not valid for this M' and key.
    """
    expect(public_key, PrehashPublicKey, "public_key")
    verify_by(lib.pqc_verify_internal, public_key, m_prime=m_prime, signature=signature)


def _sign(private_key: SignaturePrivateKey, function: Any, rnd: BytesLike, *numbers: int, **inputs: BytesLike) -> bytes:
    """Return the signature that a function makes from numbers, inputs and randomness."""
    expect(private_key, SignaturePrivateKey, "private_key")
    signature = new_memory(Memory)
    with HeldInput(rnd, "rnd") as (pointer, size):
        status = private_key._use().call(
            function,
            *numbers,
            *(argument for name, data in inputs.items() for argument in input_pointer(data, name)),
            *(pointer, size, signature._slot),
        )
    if status == lib.PQC_STATUS_RANDOMNESS_LENGTH:
        raise status_error(status, f"expected {private_key.parameter_set.randomness_bytes} bytes, got {size}")
    if status:
        status = settled(status, *inputs.values())
        raise status_error(status, detail_of(status, private_key._parameter_set, inputs))
    return copy_of(signature)
