"""The modules of the package that a program can import."""

from __future__ import annotations

import api_pages
from conftest import ROOT

_NAMES = api_pages.importable(ROOT / "qynauth_pqc")
PUBLIC_MODULES = [f"qynauth_pqc.{name}" for name in _NAMES if not name.startswith("extend")]
"""Their names, without the modules of packages that a program imports as a whole, and the names for add-ons."""
