"""ML-KEM, ML-DSA, SLH-DSA (FIPS 203 to 205), X-Wing and composites for Python, on a Rust core and its C header."""

from qynauth_pqc._keys.signature import SignaturePrivateKey, SignaturePublicKey
from qynauth_pqc.composite import CompositeParameterSet, CompositePrivateKey, CompositePublicKey
from qynauth_pqc.errors import (
    BatchError,
    ClosedError,
    FaultDetectedError,
    InternalError,
    InvalidCiphertextError,
    InvalidKeyError,
    InvalidLengthError,
    InvalidSignatureError,
    MessageChangedError,
    MonitorError,
    NotApprovedError,
    OutOfMemoryError,
    PasswordError,
    PQCError,
    RandomnessError,
    SeedUnavailableError,
    SelfTestError,
    SharedMetricsError,
    UnsupportedError,
    WrongAlgorithmError,
)
from qynauth_pqc.fips import fips_status
from qynauth_pqc.formats import load_private_key, load_private_key_file, load_public_key, load_public_key_file
from qynauth_pqc.hybrid import HybridKEMParameterSet, HybridKEMPrivateKey, HybridKEMPublicKey
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.mlkem import KEMPrivateKey, KEMPublicKey, MLKEMParameterSet, MLKEMPrivateKey, MLKEMPublicKey
from qynauth_pqc.mu import MLDSAMuHasher
from qynauth_pqc.native import __version__
from qynauth_pqc.native.secret_bytes import SecretBytes, SharedSecret
from qynauth_pqc.optimizations import enable_optimizations, optimizations
from qynauth_pqc.pqc_bindings import DilithiumKeyPair, KyberKeyPair, PQCLibraryV2
from qynauth_pqc.slhdsa import SLHDSAParameterSet, SLHDSAPrivateKey, SLHDSAPublicKey
from qynauth_pqc.xwing import XWingParameterSet, XWingPrivateKey, XWingPublicKey

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from qynauth_pqc.ffi_performance_monitor import FFIPerformanceMonitor
    from qynauth_pqc.prehash import sign_file, verify_file

__all__ = ["DilithiumKeyPair", "FFIPerformanceMonitor", "KyberKeyPair", "PQCLibraryV2", "__version__"]
__all__ += ["MLKEMParameterSet", "MLKEMPrivateKey", "MLKEMPublicKey", "XWingParameterSet"]
__all__ += ["XWingPrivateKey", "XWingPublicKey"]
__all__ += ["HybridKEMParameterSet", "HybridKEMPrivateKey", "HybridKEMPublicKey"]
__all__ += ["MLDSAMuHasher", "MLDSAParameterSet", "MLDSAPrivateKey", "MLDSAPublicKey", "sign_file", "verify_file"]
__all__ += ["SLHDSAParameterSet", "SLHDSAPrivateKey", "SLHDSAPublicKey"]
__all__ += ["CompositeParameterSet", "CompositePrivateKey", "CompositePublicKey"]
__all__ += ["KEMPrivateKey", "KEMPublicKey", "SignaturePrivateKey", "SignaturePublicKey"]
__all__ += ["SecretBytes", "SharedSecret"]
__all__ += ["load_private_key", "load_private_key_file", "load_public_key", "load_public_key_file"]
__all__ += ["enable_optimizations", "fips_status", "optimizations"]
__all__ += ["BatchError", "ClosedError", "MonitorError", "PQCError", "SharedMetricsError", "WrongAlgorithmError"]
__all__ += ["InvalidCiphertextError", "InvalidKeyError", "InvalidLengthError", "InvalidSignatureError", "PasswordError"]
__all__ += ["FaultDetectedError", "InternalError", "MessageChangedError", "OutOfMemoryError"]
__all__ += ["RandomnessError", "SelfTestError"]
__all__ += ["NotApprovedError", "SeedUnavailableError", "UnsupportedError"]

__dir__ = __all__.copy


def __getattr__(name: str) -> object:
    """Import the monitor and the functions of files at their first use, since few programs need them."""
    if name == "FFIPerformanceMonitor":
        from qynauth_pqc.ffi_performance_monitor import FFIPerformanceMonitor  # see above

        return FFIPerformanceMonitor
    if name in {"sign_file", "verify_file"}:
        from qynauth_pqc import prehash  # see above

        return getattr(prehash, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
