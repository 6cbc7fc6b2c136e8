"""ML-KEM (FIPS 203) and ML-DSA (FIPS 204) for Python, on a Rust core behind one C header."""

from qynauth_pqc._buffers import SecretBytes, SharedSecret
from qynauth_pqc._ffi import __version__
from qynauth_pqc.errors import (
    ClosedError,
    InternalError,
    InvalidCiphertextError,
    InvalidKeyError,
    InvalidLengthError,
    InvalidSignatureError,
    OutOfMemoryError,
    PQCError,
    RandomnessError,
    SeedUnavailableError,
    UnsupportedError,
)
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.mlkem import MLKEMParameterSet, MLKEMPrivateKey, MLKEMPublicKey
from qynauth_pqc.pqc_bindings import DilithiumKeyPair, KyberKeyPair, PQCLibraryV2
from qynauth_pqc.prehash import sign_file, verify_file

__all__ = [
    "ClosedError",
    "DilithiumKeyPair",
    "InternalError",
    "InvalidCiphertextError",
    "InvalidKeyError",
    "InvalidLengthError",
    "InvalidSignatureError",
    "KyberKeyPair",
    "MLDSAParameterSet",
    "MLDSAPrivateKey",
    "MLDSAPublicKey",
    "MLKEMParameterSet",
    "MLKEMPrivateKey",
    "MLKEMPublicKey",
    "OutOfMemoryError",
    "PQCError",
    "PQCLibraryV2",
    "RandomnessError",
    "SecretBytes",
    "SeedUnavailableError",
    "SharedSecret",
    "UnsupportedError",
    "__version__",
    "sign_file",
    "verify_file",
]
