"""The packages of artefacts and auth that are here, and what tests of the core find in the folders of their tests."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

from conftest import ROOT

ADD_ONS = sorted({path.parent.name for path in (ROOT / "qynauth_pqc").glob("*/_command*")})
"""Their names: each has commands, or formats of commands."""


def found(kind: str) -> dict[str, ModuleType]:
    """Return the module tests/PACKAGE/PACKAGE_KIND.py of each package that has one."""
    folders = {name: ROOT / "tests" / name for name in ADD_ONS}
    present = {name: folder for name, folder in folders.items() if (folder / f"{name}_{kind}.py").exists()}
    sys.path += map(str, present.values())
    return {name: import_module(f"{name}_{kind}") for name in present}
