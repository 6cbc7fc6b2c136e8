"""The provider for OpenSSL, in Python's `ssl` and in other programs: TLS 1.3, keys and signatures.

`configuration` returns a file for OPENSSL_CONF, and `activate` gives this process the same before its first context.
"""

from __future__ import annotations

import _ssl
import ctypes
import errno
import gc
import logging
import os
import re
import shutil
import ssl
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.integrations._tls_hello import SUPPORTED_GROUPS, SUPPORTED_VERSIONS, client_hello, extensions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    _Section: TypeAlias = Callable[[str], dict[str, str]]

__all__ = ["CLASSICAL_GROUPS", "GROUPS", "POST_QUANTUM_GROUPS", "activate", "configuration", "is_active", "module"]

POST_QUANTUM_GROUPS = {
    "X25519MLKEM768": 0x11EC,
    "SecP256r1MLKEM768": 0x11EB,
    "SecP384r1MLKEM1024": 0x11ED,
    "MLKEM512": 0x0200,
    "MLKEM768": 0x0201,
    "MLKEM1024": 0x0202,
}
"""The groups of TLS 1.3 that the provider has, with their code points."""
CLASSICAL_GROUPS = {"x25519": 0x1D, "secp256r1": 0x17, "secp384r1": 0x18}
"""The groups for other peers, which follow unless post-quantum groups are required, with their code points."""
GROUPS = ("X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024")
"""The default groups, the preferred one first: before OpenSSL 3.5, a client sends its share alone."""

_MODULE = Path(__file__).resolve().parents[1] / "lib" / "ossl-modules" / "qynauth.so"
# OpenSSL gives other characters a meaning, and drops spaces at the end.
_PATH = re.compile(r"[A-Za-z0-9_.+@/ -]*[A-Za-z0-9_.+@/-]")
_APPROVED = "OpenSSL selects approved algorithms alone (fips=yes), and never the provider"
_TRUE = {"1", "yes", "true", "on"}
_TLS_1_3 = b"\3\4"


def module() -> Path:
    """Return the path of the provider in this package.

    Raises:
        UnsupportedError: this build has none, as the variant for FIPS and other systems than Linux.
    """
    if not _MODULE.exists():
        raise UnsupportedError("this build of the package has no provider for OpenSSL")
    return _MODULE


def configuration(
    groups: Sequence[str] = GROUPS,
    *,
    require: bool = False,
    prefer: bool = False,
    provider: Path | None = None,
    for_system: bool = False,
) -> str:
    """Return a configuration that includes the own one of the `openssl` on the path, and activates the provider.

    Providers that the system activates stay as they are: OpenSSL's default one is added only where the system names
    none, since OpenSSL then loads it by itself.

    A program that cannot load the provider, or its library, says nothing and agrees on classical groups, even if
    post-quantum groups are required: `qynauth-pqc openssl check` shows it. `activate` raises an error.

    Args:
        groups: the groups of TLS 1.3 in the order of preference: of `POST_QUANTUM_GROUPS` and `CLASSICAL_GROUPS`.
        require: refuse `CLASSICAL_GROUPS`, which follow otherwise, and TLS 1.2. A peer without any of the groups is
            refused.
        prefer: prefer the provider where OpenSSL has an algorithm too, from 3.5 on.
        provider: the module; by default the one in this package.
        for_system: the file is for services of the system: nobody but root may write to the module.

    Raises:
        UnsupportedError: this build has no provider, a group is unknown, the path of the module has a character with a
            meaning in a configuration, the system's configuration selects approved algorithms alone (fips=yes), or
            OpenSSL is missing or does not read its own configuration.
        PermissionError: another user can write to the module, its library, the configuration that is included, or a
            folder or a link on the way to them. What that configuration includes is not checked.
    """
    expect(for_system, bool, "for_system")
    expect(provider, (Path, type(None)), "provider")
    names = _joined(groups, require=require, prefer=prefer)
    path = _trusted(provider or module(), for_system=for_system)
    system = _system_configuration()
    if system is not None:
        _check_owner(system, _trusted_users(for_system=for_system))
    with _opened(_parser(), system) as section:
        init = section("default").get("openssl_conf", "qynauth_init")
        providers = section(init).get("providers", "qynauth_providers")
        known = section(providers)
        is_any_active = any(section(each).get("activate", "").lower() in _TRUE for each in known.values())
        of_init, tls = _tls(section, init, names, require=require, prefer=prefer)
        if _selects_approved(section(section(init).get("alg_section", ""))):
            raise UnsupportedError(_APPROVED)
    default, active, ours = known.get("default", "qynauth_default_provider"), {"activate": "1"}, "qynauth_provider"
    added = {
        "default": {"config_diagnostics": "1", "openssl_conf": init},
        init: {"providers": providers, **of_init},
        providers: {"qynauth": ours},
        ours: {"module": str(path), **active},
    }
    if not is_any_active:  # then OpenSSL loads its default provider by itself, as long as it loads no other
        added[providers]["default"], added[default] = default, active
    return _written(system, added | tls)


def activate(groups: Sequence[str] = GROUPS, *, require: bool = False, prefer: bool = False) -> None:
    """Give Python's `ssl` in this process the provider, before its first context, and log a line.

    The line is a warning if other settings keep a client from preferring the first of the groups.

    Args:
        groups: see `configuration`.
        require: see `configuration`.
        prefer: see `configuration`.

    Raises:
        UnsupportedError: a context exists already, a group is unknown, Python's `ssl` has its libcrypto linked in, or
            libcrypto selects approved algorithms alone or does not load the provider. With `require` also: a client
            would not offer TLS 1.3, or not prefer the first of the groups, as where `OPENSSL_CONF` names a file with
            `MaxProtocol = TLSv1.2` or `default_properties = provider=default`.
        PermissionError: as for `configuration`.
    """
    names = _joined(groups, require=require, prefer=prefer)
    path = _trusted(module(), for_system=False)
    libcrypto = _libcrypto()
    if _has_context():
        raise UnsupportedError("a context of `ssl` exists already: call activate() before the first one is made")
    if libcrypto.EVP_default_properties_is_fips_enabled(None):
        raise UnsupportedError(_APPROVED)
    # The rest of its own configuration is loaded already.
    own = _own_configuration(libcrypto)
    with _opened(libcrypto, own) as section:
        of_init, tls = _tls(section, section("default").get("openssl_conf", ""), names, require=require, prefer=prefer)
    text = _written(own, {"default": {"qynauth": "qynauth_init"}, "qynauth_init": of_init, **tls})
    # In memory: a file among temporary ones could be replaced by others before it is read.
    with os.fdopen(os.memfd_create("openssl.cnf"), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        name = f"/proc/self/fd/{file.fileno()}".encode()
        done = (is_active() or libcrypto.OSSL_PROVIDER_try_load(None, os.fsencode(path), 1)) and (
            libcrypto.CONF_modules_load_file_ex(None, name, b"qynauth", 0) > 0
        )
    if not done:
        raise UnsupportedError(f"OpenSSL does not load the provider: {_reason(libcrypto)}")
    log, problem = logging.getLogger("qynauth_pqc"), _problem(names)
    if problem is None:
        log.info("%s has the provider, for the groups %s", ssl.OPENSSL_VERSION, names)
    elif require:
        raise UnsupportedError(f"the handshakes would not be post-quantum: {problem}")
    else:
        log.warning("%s has the provider, but %s", ssl.OPENSSL_VERSION, problem)


def is_active() -> bool:
    """Return whether the libcrypto of Python's `ssl` has loaded the provider.

    Raises:
        UnsupportedError: Python's `ssl` has no libcrypto of its own that can be asked.
    """
    libcrypto = _libcrypto()
    return any(libcrypto.OSSL_PROVIDER_available(None, each) for each in (b"qynauth", os.fsencode(_MODULE.resolve())))


def _joined(groups: Sequence[str], *, require: bool, prefer: bool) -> str:
    """Return the groups as OpenSSL writes them. It would ignore a list with a name that it does not know."""
    expect(require, bool, "require")
    expect(prefer, bool, "prefer")
    expect(groups, (list, tuple), "groups")
    names = list(dict.fromkeys([*groups, *(() if require else CLASSICAL_GROUPS)]))
    known = {**POST_QUANTUM_GROUPS, **({} if require else CLASSICAL_GROUPS)}
    if not names or not set(names) <= set(known):
        others = ", ".join(repr(each) for each in names if each not in known)
        problem = "not a post-quantum group:" if require else "unknown group"
        raise UnsupportedError(f"{problem} {others or '(none)'}; the groups are {', '.join(known)}")
    return ":".join(names)


def _problem(groups: str) -> str | None:
    """Return why a client of Python's `ssl` does not prefer the first of the groups, or None if it does."""
    try:
        hello = extensions(client_hello())
    except ssl.SSLError as error:
        return f"no handshake is possible: {error}"
    versions = hello.get(SUPPORTED_VERSIONS, b"")  # behind a length in one byte, where the client offers TLS 1.3
    if _TLS_1_3 not in (versions[at : at + 2] for at in range(1, len(versions), 2)):
        return "a client does not offer TLS 1.3"
    preferred = groups.partition(":")[0]
    first = int.from_bytes(hello.get(SUPPORTED_GROUPS, b"")[2:4])  # behind a length in two bytes
    if first != {**POST_QUANTUM_GROUPS, **CLASSICAL_GROUPS}[preferred]:
        return f"a client prefers the group 0x{first:04x} to {preferred}"
    return None


def _tls(
    section: _Section, init: str, groups: str, *, require: bool, prefer: bool
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return what to add to the first section, and to those for TLS and for properties, which it names."""
    ssl_conf = section(init).get("ssl_conf", "qynauth_ssl")
    defaults = section(ssl_conf).get("system_default", "qynauth_system_default")
    # TLS 1.2 has key exchanges without a group. Not MinProtocol: Python's `ssl` sets another one.
    lines = {"Groups": groups, **({"Protocol": "-ALL,TLSv1.3"} if require else {})}
    of_init, added = {"ssl_conf": ssl_conf}, {ssl_conf: {"system_default": defaults}, defaults: lines}
    if prefer:
        of_init["alg_section"] = name = section(init).get("alg_section", "qynauth_algorithms")
        # The line replaces the properties of the system, fips=yes among them. fips_mode sets one too, and must follow.
        own: dict[str, str] = {
            each: f"${{{each}}}" for each in ("default_properties", "fips_mode") if each in section(name)
        }
        properties = ",".join(filter(None, (own.pop("default_properties", None), "?provider=qynauth")))
        added[name] = {"default_properties": properties, **own}
    return of_init, added


def _selects_approved(properties: dict[str, str]) -> bool:
    words = properties.get("default_properties", "").lower().replace(" ", "").split(",")
    return properties.get("fips_mode", "").lower() in _TRUE or not {"fips", "fips=yes"}.isdisjoint(words)


def _written(included: Path | None, added: dict[str, dict[str, str]]) -> str:
    lines = ["# Written by `qynauth-pqc openssl config`.", *([f".include {_plain(included)}"] if included else [])]
    for section, values in added.items():
        lines += [f"[{section}]", *(f"{name} = {value}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def _plain(path: Path) -> Path:
    if not _PATH.fullmatch(str(path)):
        raise UnsupportedError(f"a configuration of OpenSSL may not contain a character of the path {str(path)!r}")
    return path


def _trusted(path: Path, *, for_system: bool) -> Path:
    """Return where a module is, or refuse it if another user could replace it or its library."""
    path = _plain(path.resolve())
    library = path.parents[1] / "libpqc_ffi.so"
    # The loader looks into folders for kinds of processors first.
    others = (
        found
        for name in ("libpqc_ffi.so.*", "glibc-hwcaps", "glibc-hwcaps/**/*")
        for found in library.parent.glob(name)
    )
    for each in (path, library, *others):
        _check_owner(each, _trusted_users(for_system=for_system))
    return path


def _trusted_users(*, for_system: bool) -> set[int]:
    return {0} if for_system else {0, os.geteuid()}


def _check_owner(path: Path, trusted: set[int]) -> None:
    """Refuse a file if others can write to it, or to any folder or link on the way to it."""
    path.stat()  # it exists, and its links end
    place, names = Path(path.anchor), [*path.parts[1:]]
    while True:
        status = place.lstat()
        is_shared = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX and status.st_uid == 0
        is_link = stat.S_ISLNK(status.st_mode)
        if status.st_uid not in trusted or (
            status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not (is_shared or is_link)
        ):
            whose = "root and you" if os.geteuid() in trusted - {0} else "root"
            raise PermissionError(errno.EACCES, f"others than {whose} can write to it", str(place))
        if is_link:
            target = place.readlink()
            place, names = place.parent / target.anchor, [*target.parts[bool(target.anchor) :], *names]
        if not names:
            return
        name = names.pop(0)
        place = place.parent if name == ".." else place / name


def _has_context() -> bool:
    """Return whether a context of Python's `ssl` exists, frozen ones included.

    Only a program that has frozen objects gets them frozen again, and the objects made since then with them: garbage
    in cycles among these is never collected, which is a bounded amount, since `activate` runs once.
    """
    frozen = gc.get_freeze_count()
    gc.unfreeze()  # the list leaves out frozen objects
    # Not isinstance: it runs code of proxies, such as the settings of Django.
    found = any(issubclass(type(each), ssl.SSLContext) for each in gc.get_objects())
    if frozen:
        gc.freeze()
    return found


def _system_configuration() -> Path | None:
    """Return the file that the `openssl` on the path reads, whatever OPENSSL_CONF says: it may name ours."""
    program = shutil.which("openssl")
    if program is None:
        raise UnsupportedError("there is no `openssl` on the path, which knows the folder of its configuration")
    shown = subprocess.run([program, "version", "-d"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - theirs
    if not (folder := re.match('OPENSSLDIR: "(.+)"', shown)):
        raise UnsupportedError(f"{program} does not show the folder of its configuration")
    return _existing(f"{folder[1]}/openssl.cnf")


def _own_configuration(libcrypto: ctypes.CDLL) -> Path | None:
    """Return the file that a libcrypto reads: of OPENSSL_CONF, or of its own folder."""
    name = libcrypto.CONF_get1_default_config_file()
    try:
        return _existing(os.fsdecode(ctypes.string_at(name)))
    finally:
        libcrypto.CRYPTO_free(name, None, 0)


def _existing(name: str) -> Path | None:
    path = Path(name).absolute()
    return path if path.is_file() else None


class _Value(ctypes.Structure):
    """CONF_VALUE of OpenSSL."""

    _fields_ = (("section", ctypes.c_char_p), ("name", ctypes.c_char_p), ("value", ctypes.c_char_p))


@contextmanager
def _opened(libcrypto: ctypes.CDLL, path: Path | None) -> Iterator[_Section]:
    """Return a function that reads a section, as OpenSSL does: with included files and variables."""

    def section(name: str) -> dict[str, str]:
        values = libcrypto.NCONF_get_section(configuration, os.fsencode(name))
        found = (libcrypto.OPENSSL_sk_value(values, each) for each in range(libcrypto.OPENSSL_sk_num(values)))
        return {os.fsdecode(each.contents.name): os.fsdecode(each.contents.value) for each in found}

    configuration = libcrypto.NCONF_new(None)
    try:
        if path is not None and libcrypto.NCONF_load(configuration, os.fsencode(path), None) <= 0:
            raise UnsupportedError(f"OpenSSL does not read {path}: {_reason(libcrypto)}")
        yield section
    finally:
        libcrypto.NCONF_free(configuration)
        libcrypto.ERR_clear_error()


def _libcrypto() -> ctypes.CDLL:
    """Return the libcrypto of Python's `ssl`, which the loader finds behind its extension."""
    file = getattr(_ssl, "__file__", None)
    if file is None or sys.platform != "linux":
        raise UnsupportedError("Python's ssl is linked into the interpreter")
    if ssl.OPENSSL_VERSION_INFO < (3,):
        raise UnsupportedError(f"Python's ssl has {ssl.OPENSSL_VERSION}, and providers came with OpenSSL 3.0")
    return _declared(file, "Python's ssl has its libcrypto linked in")


def _parser() -> ctypes.CDLL:
    """Return any libcrypto: all read a configuration in the same way."""
    try:
        return _libcrypto()
    except UnsupportedError:
        return _declared("libcrypto.so.3", "there is no libcrypto.so.3")


def _declared(file: str, problem: str) -> ctypes.CDLL:
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    functions: dict[str, tuple[Any, ...]] = {
        "CONF_get1_default_config_file": (pointer,),
        "CONF_modules_load_file_ex": (number, pointer, text, text, ctypes.c_ulong),
        "CRYPTO_free": (None, pointer, text, number),
        "ERR_clear_error": (None,),
        "ERR_error_string_n": (None, ctypes.c_ulong, text, ctypes.c_size_t),
        "ERR_peek_last_error": (ctypes.c_ulong,),
        "EVP_default_properties_is_fips_enabled": (number, pointer),
        "NCONF_free": (None, pointer),
        "NCONF_get_section": (pointer, pointer, text),
        "NCONF_load": (number, pointer, text, pointer),
        "NCONF_new": (pointer, pointer),
        "OPENSSL_sk_num": (number, pointer),
        "OPENSSL_sk_value": (ctypes.POINTER(_Value), pointer, number),
        "OSSL_PROVIDER_available": (number, pointer, text),
        "OSSL_PROVIDER_try_load": (pointer, pointer, text, number),
    }
    try:
        library = ctypes.CDLL(file)
        for name, (result, *arguments) in functions.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (AttributeError, OSError) as error:
        raise UnsupportedError(problem) from error
    return library


def _reason(libcrypto: ctypes.CDLL) -> str:
    text = ctypes.create_string_buffer(256)
    libcrypto.ERR_error_string_n(libcrypto.ERR_peek_last_error(), text, len(text))
    return text.value.decode(errors="replace")
