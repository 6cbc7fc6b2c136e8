"""The modules of the package that a program can import."""

from __future__ import annotations

import api_pages
from conftest import ROOT

PUBLIC_MODULES = [f"qynauth_pqc.{name}" for name in api_pages.importable(ROOT / "qynauth_pqc") if name != "extend"]
"""Their names, without the modules of packages that a program imports as a whole, and the names for add-ons."""
