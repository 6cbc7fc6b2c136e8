"""The modules of the package that a program can import."""

from __future__ import annotations

import pkgutil

import qynauth_pqc
from qynauth_pqc import integrations, metrics

PUBLIC_MODULES = sorted(
    f"{package.__name__}.{each.name}"
    for package in (qynauth_pqc, integrations, metrics)
    for each in pkgutil.iter_modules(package.__path__)
    if not each.name.startswith("_") and each.name != "extend"
)
"""Their names, without the modules of packages that a program imports as a whole, and the names for add-ons."""
