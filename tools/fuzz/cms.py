"""Fuzzes the readers of signed messages of CMS with atheris: python tools/fuzz/cms.py CORPUS."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from readers import Target

TARGET = Target("qynauth_pqc.cms", "cms_readers")

if __name__ == "__main__":
    TARGET.main()
