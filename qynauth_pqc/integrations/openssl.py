"""The provider for OpenSSL, in Python's `ssl` and in other programs: TLS 1.3, keys and signatures.

`configuration` returns a file for OPENSSL_CONF, and `activate` gives this process the same before its first context.
"""

from __future__ import annotations

import _ssl
import ctypes
import gc
import os
import re
import ssl
import stat
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from qynauth_pqc.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CLASSICAL_GROUPS", "GROUPS", "activate", "configuration", "module"]

GROUPS = ("X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024")
"""The post-quantum groups of TLS 1.3, the preferred one first: before OpenSSL 3.5, a client sends its share alone."""
CLASSICAL_GROUPS = ("x25519", "prime256v1", "secp384r1")
"""The groups for others, which follow unless post-quantum groups are required."""

_MODULE = Path(__file__).resolve().parents[1] / "lib" / "ossl-modules" / "qynauth.so"
_SYSTEM = (Path("/etc/ssl/openssl.cnf"), Path("/etc/pki/tls/openssl.cnf"), Path("/usr/lib/ssl/openssl.cnf"))
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
# OpenSSL gives other characters a meaning, and drops spaces at the end.
_PATH = re.compile(r"[A-Za-z0-9_.+@/ -]*[A-Za-z0-9_.+@/-]")


def module() -> Path:
    """Return the path of the provider in this package.

    Raises:
        UnsupportedError: this build has none, as the variant for FIPS and other systems than Linux.
    """
    if not _MODULE.exists():
        raise UnsupportedError("this build of the package has no provider for OpenSSL")
    return _MODULE


def configuration(
    groups: Iterable[str] = GROUPS,
    *,
    require: bool = False,
    prefer: bool = False,
    provider: Path | None = None,
    for_system: bool = False,
) -> str:
    """Return a configuration of OpenSSL that includes the system's own and activates the provider.

    A program that cannot load the provider, or its library, says nothing and agrees on classical groups, even if
    post-quantum groups are required. `activate` raises an error.

    Args:
        groups: the groups of TLS 1.3 in the order of preference.
        require: leave out `CLASSICAL_GROUPS`, which follow otherwise. A peer without any of the groups is refused.
        prefer: prefer the provider where OpenSSL has an algorithm too, from 3.5 on.
        provider: the module; by default the one in this package.
        for_system: the file is for services of the system: nobody but root may write to the module.

    Raises:
        UnsupportedError: this build has no provider.
        ValueError: a group is not a name, or the path of the module has a character with a meaning in a configuration.
        PermissionError: the module, its library or a folder above them can be written by another user.
    """
    path = (provider or module()).resolve()
    if not _PATH.fullmatch(str(path)):
        raise ValueError("the path of the module has a character that a configuration of OpenSSL may not contain")
    for each in (path, path.parent.parent / "libpqc_ffi.so"):
        _check_owner(each.resolve(), for_system=for_system)
    names = [*groups, *(() if require else CLASSICAL_GROUPS)]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not the name of a group: {name!r}")
    system = next((each for each in _SYSTEM if each.is_file()), None)
    return _written(path, ":".join(dict.fromkeys(names)), system, "?provider=qynauth" if prefer else "")


def _written(path: Path, groups: str, system: Path | None, properties: str) -> str:
    sections = _sections(system)
    names = sections["default"]
    init = names.get("openssl_conf", "qynauth_init")
    providers = sections[init].get("providers", "qynauth_providers")
    ssl_conf = sections[init].get("ssl_conf", "qynauth_ssl")
    defaults = sections[ssl_conf].get("system_default", "qynauth_system_default")
    own = sections[providers].get("default", "qynauth_default_provider")
    algorithms = sections[init].get("alg_section", "qynauth_algorithms")
    blocks = {
        "default": {"config_diagnostics": "1", "openssl_conf": init},
        init: {"providers": providers, "ssl_conf": ssl_conf, **({"alg_section": algorithms} if properties else {})},
        providers: {"default": own, "qynauth": "qynauth_provider"},
        own: {"activate": "1"},
        "qynauth_provider": {"module": str(path), "activate": "1"},
        ssl_conf: {"system_default": defaults},
        defaults: {"Groups": groups},
        **({algorithms: _properties(sections[algorithms], properties)} if properties else {}),
    }
    lines = ["# Written by `qynauth-pqc openssl config`."]
    if system is not None:
        lines.append(f".include {system}")
    for section, values in blocks.items():
        lines += [f"[{section}]", *(f"{name} = {value}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def _properties(algorithms: dict[str, str], preference: str) -> dict[str, str]:
    """Return default properties with those of the system, which the line replaces: `fips=yes` among them."""
    lines = {"default_properties": ",".join(filter(None, (algorithms.get("default_properties"), preference)))}
    # It sets a property too, and must follow.
    return lines | {name: algorithms[name] for name in ("fips_mode",) if name in algorithms}


def _sections(path: Path | None) -> defaultdict[str, dict[str, str]]:
    """Return the values of a configuration that is written without variables and continued lines, by section."""
    sections: defaultdict[str, dict[str, str]] = defaultdict(dict)
    section = "default"
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path else ():
        text = line.partition("#")[0].strip()
        if header := re.fullmatch(r"\[\s*(.+?)\s*\]", text):
            section = header[1]
        elif "=" in text and not text.startswith("."):
            name, _, value = text.partition("=")
            sections[section][name.strip()] = value.strip()
    return sections


def _check_owner(path: Path, *, for_system: bool) -> None:
    """Refuse a file that another user could replace: in any folder above it too."""
    trusted = {0} if for_system else {0, os.geteuid()}
    for each in (path, *path.parents):
        status = each.stat()
        is_shared = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX and status.st_uid == 0
        if status.st_uid not in trusted or (status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not is_shared):
            whose = "root" if for_system else "root and you"
            raise PermissionError(f"others than {whose} can write to {each}")


def activate(groups: Iterable[str] = GROUPS, *, require: bool = False, prefer: bool = False) -> None:
    """Give Python's `ssl` in this process the provider, before its first context.

    Args:
        groups: see `configuration`.
        require: see `configuration`.
        prefer: see `configuration`.

    Raises:
        UnsupportedError: a context exists already, Python's `ssl` has its libcrypto linked in, or libcrypto selects
            approved algorithms alone or does not load the provider.
        PermissionError: as for `configuration`.
    """
    text = configuration(groups, require=require, prefer=prefer)
    libcrypto = _libcrypto()
    if any(isinstance(each, ssl.SSLContext) for each in gc.get_objects()):
        raise UnsupportedError("a context of `ssl` exists already: call activate() before the first one is made")
    if libcrypto.EVP_default_properties_is_fips_enabled(None):
        raise UnsupportedError("OpenSSL selects approved algorithms alone (fips=yes), and never the provider")
    # In memory: a file among temporary ones could be replaced by others before it is read.
    with os.fdopen(os.memfd_create("openssl.cnf"), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        loaded = libcrypto.CONF_modules_load_file_ex(None, f"/proc/self/fd/{file.fileno()}".encode(), None, 0)
    if loaded <= 0 or not libcrypto.OSSL_PROVIDER_available(None, b"qynauth"):
        raise UnsupportedError(f"OpenSSL does not load the provider: {_reason(libcrypto)}")


def _libcrypto() -> ctypes.CDLL:
    """Return the libcrypto of Python's `ssl`, which the loader finds behind its extension."""
    if ssl.OPENSSL_VERSION_INFO < (3,):
        raise UnsupportedError(f"Python's ssl has {ssl.OPENSSL_VERSION}, and providers came with OpenSSL 3.0")
    file = getattr(_ssl, "__file__", None)
    if file is None or sys.platform != "linux":
        raise UnsupportedError("Python's ssl is linked into the interpreter")
    library = ctypes.CDLL(file)
    try:
        library.CONF_modules_load_file_ex.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong]
        library.EVP_default_properties_is_fips_enabled.argtypes = [ctypes.c_void_p]
        library.OSSL_PROVIDER_available.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    except AttributeError as error:
        raise UnsupportedError("Python's ssl has its libcrypto linked in") from error
    return library


def _reason(libcrypto: ctypes.CDLL) -> str:
    libcrypto.ERR_peek_last_error.restype = ctypes.c_ulong
    libcrypto.ERR_error_string_n.argtypes = [ctypes.c_ulong, ctypes.c_char_p, ctypes.c_size_t]
    text = ctypes.create_string_buffer(256)
    libcrypto.ERR_error_string_n(libcrypto.ERR_peek_last_error(), text, len(text))
    return text.value.decode(errors="replace")
