"""The modules of this package that need packages of an extra."""

from __future__ import annotations

NEEDS = [("dsse.securesystemslib", "securesystemslib", "securesystemslib")]
"""Each module, a package that it imports, and the name that pip knows."""
