"""The one table of the modules that the command imports when they are named. Other packages cannot add to it.

The modules of artefacts and auth are in their folders. What is absent is not offered.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

COMMANDS = {
    "cbom": "auth._command.cbom",
    "decrypt": "cli.encryption",
    "demo": "cli.overview",
    "encrypt": "cli.encryption",
    "info": "cli.overview",
    "keyring": "auth._command.keyring_upkeep",
    "metrics": "cli.metrics",
    "openssl": "cli.openssl",
    "policy": "auth._command.policy",
    "sign": "cli.signing",
    "ssh": "ssh._command",
    "validate": "cli.validate",
    "verify": "cli.signing",
}
"""The modules of the commands that are not in `cli.commands`."""

SIGNATURES = {
    "raw": "cli.raw_signatures",
    "ssh": "ssh._command",
    "cms": "cms._command",
    "dsse": "dsse._command",
}
"""The modules of the formats of signatures, the default first."""

SIGNATURE_HELP = {
    "raw": "the bytes of the standard alone",
    "ssh": "as ssh-keygen -Y writes",
    "cms": "messages that OpenSSL reads, in MESSAGE.p7s",
    "dsse": "envelopes in JSON, which hold the message, in MESSAGE.dsse",
}
"""Their descriptions in the help."""

KEY_FILES = {"openssh": "ssh._command"}
"""The modules of the formats of keys that artefacts have."""


def load(modules: Mapping[str, str], name: str) -> ModuleType | None:
    """Return the module with a name in the table, or None if there is none or its package is absent."""
    if name not in modules or find_spec(f"qynauth_pqc.{modules[name].partition('.')[0]}") is None:
        return None
    return import_module(f"qynauth_pqc.{modules[name]}")


def present(modules: Mapping[str, str]) -> list[str]:
    """Return the names whose packages are there."""
    return [name for name, each in modules.items() if find_spec(f"qynauth_pqc.{each.partition('.')[0]}") is not None]
