"""Fuzzes the readers of keys, signatures and files of SSH with atheris: python tools/fuzz/ssh.py CORPUS."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from readers import Target

TARGET = Target("qynauth_pqc.ssh", "ssh_readers")

if __name__ == "__main__":
    TARGET.main()
