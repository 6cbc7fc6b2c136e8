"""The facts that `qynauth-pqc info` shows about the library and the machine."""

from __future__ import annotations

import platform
from pathlib import Path

import cffi

from qynauth_pqc.cli.keys import ALGORITHMS
from qynauth_pqc.pqc_bindings import PQCLibraryV2

# Extensions that implementations of ML-KEM, ML-DSA and SHA-3 use, as Linux names them on x86 and on Arm.
_FEATURES = (
    *("ssse3", "avx", "avx2", "bmi1", "bmi2", "adx"),
    *("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512vbmi", "avx512_vbmi2"),
    *("asimd", "sha3", "sve", "sve2"),
)


def facts() -> dict[str, str | int | list[str]]:
    """Return the versions, the engine, its code path, the processor and the algorithms, by name."""
    library = PQCLibraryV2()
    return {
        "library": library.version,
        "abi": library.abi_version,
        "python": platform.python_version(),
        "cffi": cffi.__version__,
        "system": platform.system(),
        "machine": platform.machine(),
        "cpu_features": _cpu_features(Path("/proc/cpuinfo")),
        "engine": library.engine,
        "code_path": library.code_path,
        "algorithms": ALGORITHMS["any"],
    }


def _cpu_features(cpuinfo: Path) -> list[str]:
    """Return the extensions of the processor, or none where the system does not list them."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    listed = next((line.split() for line in lines if line.startswith(("flags", "Features"))), [])
    return [name for name in _FEATURES if name in listed]
