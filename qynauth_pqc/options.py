"""The options of keys, which every function that makes or loads a key takes as keyword arguments.

The module is for annotations of the caller's own functions: `**options: Unpack[KeyOptions]`.
"""

from typing import TypedDict

__all__ = ["KeyOptions"]


class KeyOptions(TypedDict, total=False):
    """The options of a new key. A key keeps its options, and its public key has them too.

    Attributes:
        code_path: the instructions that its operations use: "best", "avx512", "avx2", "neon-sha3", "neon" or
            "portable"; None, the default: the path of the process (`enable_optimizations`).
        locked_memory: keep the key's secrets, and the secrets that it returns, in locked memory between guard pages; by
            default False.
        precompute: when a key makes its expanded form and keeps it: True at once, False never; None, the
            default: in its second use, or for an ML-DSA private key when it is loaded. SLH-DSA private keys of the
            sets "s" keep the leaves of their highest tree.
        fault_check: compute each signature of SLH-DSA twice and verify it before it is released, and derive the public
            half of a private key again when it is loaded from a file; by default True.
        parallel: divide each signature of SLH-DSA outside of batches among the threads of batches; the environment
            variable `QYNAUTH_PQC_THREADS` sets their number; by default False. If the variable is empty or not 1 to
            256, `sign` raises UnsupportedError.

    Raises:
        UnsupportedError: the code path is unknown, or unavailable here.
        OutOfMemoryError: there is no memory, or no more may be locked.
        SelfTestError: the engine failed its self test on this machine.
        TypeError: there is no such option, or its value has another type.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> options = KeyOptions(code_path="portable", locked_memory=True)
    >>> MLKEMPrivateKey.generate("ML-KEM-768", **options).code_path
    'portable'
    """

    code_path: str | None
    locked_memory: bool
    precompute: bool | None
    fault_check: bool
    parallel: bool
