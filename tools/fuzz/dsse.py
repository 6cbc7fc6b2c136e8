"""Fuzzes the readers of envelopes and statements with atheris: python tools/fuzz/dsse.py CORPUS."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from readers import Target

TARGET = Target("qynauth_pqc.dsse", "dsse_readers")

if __name__ == "__main__":
    TARGET.main()
