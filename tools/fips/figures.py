"""Figures of the variant for FIPS 140-3: `.venv-fips/bin/python tools/fips/figures.py`, on a quiet machine.

Compares each operation through the C interface with the module's own functions, and times the import with the
integrity test and the self tests of the module. Processes take turns; the least time of each side counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import qynauth_pqc

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PACKAGE = Path(qynauth_pqc.__file__).parent
TURNS = 5
IMPORT = "import time, qynauth_pqc; qynauth_pqc.fips_status(); print(time.process_time_ns())"


def programs() -> tuple[Path, Path]:
    """Build the program of each side."""
    target = ROOT / "target" / "fips"
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--package", "pqc-module", "--example", "times"]
    subprocess.run([*command, "--manifest-path", ROOT / "fips/Cargo.toml", "--target-dir", target], check=True)
    ours, lib = target / "times", PACKAGE / "lib"
    flags = [f"-I{PACKAGE / 'include'}", f"-L{lib}", "-lpqc_ffi", f"-Wl,-rpath,{lib}"]
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", ours, HERE / "times.c", *flags], check=True)
    return target / "release" / "examples" / "times", ours


def times(program: Path) -> dict[str, float]:
    """Run a program, and return its times in microseconds."""
    lines = subprocess.check_output([program], text=True).splitlines()
    return {name: float(us) for name, us in map(str.split, lines)}


def main() -> None:
    """Print the figures."""
    module, ours = programs()
    both = [(times(module), times(ours)) for _ in range(TURNS)]
    print(f"{'operation':24} {'module':>9} {'C':>9}  ratio")
    for name in both[0][0]:
        of_module, of_c = (min(turn[side][name] for turn in both) for side in (0, 1))
        print(f"{name:24} {of_module:6.2f} us {of_c:6.2f} us  {of_c / of_module:5.2f}")
    least = min(int(subprocess.check_output([sys.executable, "-c", IMPORT])) for _ in range(TURNS))
    print(f"import, integrity test and self tests: {least / 1e6:.0f} ms of a processor")


if __name__ == "__main__":
    main()
