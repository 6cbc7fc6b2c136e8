"""Figures of the variant for FIPS 140-3: `.venv-fips/bin/python tools/fips/figures.py`, on a quiet machine.

Compares each operation through the C interface with the module's own functions, which take turns in one process on one
processor, and times the import with the integrity test and the self tests of the module.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TARGET = ROOT / "target" / "fips"
BUILD = ["cargo", "build", "--quiet", "--release", "--locked", "--example", "times"]
TURNS = 10
IMPORT = "import qynauth_pqc, time; qynauth_pqc.fips_status(); print(time.process_time_ns())"
ALONE = "import time; print(time.process_time_ns())"


def main() -> None:
    """Print the figures."""
    subprocess.run([*BUILD, "--manifest-path", ROOT / "fips" / "Cargo.toml", "--target-dir", TARGET], check=True)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"{'operation':22} {'module':>10} {'C':>10} ratio", flush=True)
    subprocess.run([TARGET / "release" / "examples" / "times"], check=True)
    for name, code in (("Python alone", ALONE), ("import, integrity test and self tests, with Python", IMPORT)):
        least = min(int(subprocess.check_output([sys.executable, "-P", "-c", code])) for _ in range(TURNS))
        print(f"{name}: {least / 1e6:.0f} ms of a processor")


if __name__ == "__main__":
    main()
