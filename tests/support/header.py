"""The header of the C interface, and the functions that it declares."""

from __future__ import annotations

import re

from conftest import ROOT

HEADER = ROOT / "include" / "pqc_ffi.h"


def functions() -> set[str]:
    """Return the names of the functions that the header declares."""
    return set(re.findall(r"^\w[\w *]*\b(\w+)\(", HEADER.read_text(), re.MULTILINE))
