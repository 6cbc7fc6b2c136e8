"""The packages on a C library that the user builds: liboqs-python and wolfcrypt."""

from __future__ import annotations

import os
import re
import threading
from ctypes.util import find_library
from importlib import import_module
from pathlib import Path
from typing import Any

from adapters.kinds import DSA_SETS, KEM_SETS, Dsa, Form, Kem, Keys, Package, UnavailableError


def liboqs(name: str) -> Package:
    """Return liboqs-python, if its library is there: otherwise the import would download and build it."""
    folder = Path(os.environ.get("OQS_INSTALL_PATH", Path.home() / "_oqs"))
    if not find_library("oqs") and not [*folder.glob("lib*/liboqs.so*")]:
        msg = "liboqs is not installed; OQS_INSTALL_PATH names its folder"
        raise UnavailableError(msg)
    oqs = import_module("oqs")
    build = options_of("liboqs", "oqs/oqsconfig.h", ("OQS_DIST_BUILD", "OQS_USE_SHA3_AVX512VL"))
    return Package(
        name,
        "liboqs (C), library built by the user",
        "import oqs",
        ("liboqs-python",),
        wheel=False,
        kem={each: _oqs_kem(oqs, each) for each in KEM_SETS if each in oqs.get_enabled_kem_mechanisms()},
        dsa={each: _oqs_dsa(oqs, each) for each in DSA_SETS if each in oqs.get_enabled_sig_mechanisms()},
        build=f"liboqs {oqs.oqs_version()}{build}",
    )


def options_of(library: str, header: str, names: tuple[str, ...]) -> str:
    """Return the options of a library that this process has loaded, from the header next to it.

    Args:
        library: the name of its file, up to the first dot.
        header: the path below the folder of its headers.
        names: the macros that decide its speed.
    """
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    found = re.search(rf"(/\S*)/lib\w*/(?:\S*/)?{library}\.so", maps)
    path = Path(found[1], "include", header) if found else None
    if not path or not path.exists():
        return ""
    return defined(path.read_text(encoding="utf-8"), names)


def defined(header: str, names: tuple[str, ...]) -> str:
    """Return the macros that a header defines, each after a comma, with their values."""
    values = dict(re.findall(r'^#define (\w+) ?"?(.*?)"?$', header, re.MULTILINE))
    return "".join(f", {name}{'=' * bool(values[name])}{values[name]}" for name in names if name in values)


def _oqs_keys(scheme: Any, parameter_set: str) -> Keys:
    def generate() -> tuple[bytes, bytes]:
        with scheme(parameter_set) as new:
            return new.generate_keypair(), new.export_secret_key()

    def announce() -> tuple[bytes, Any]:
        new = scheme(parameter_set)
        return new.generate_keypair(), new

    return Keys(
        generate,
        announce=announce,
        split=lambda pair: (pair[0], scheme(parameter_set, pair[1])),
        expanded=Form(lambda key: key.export_secret_key(), lambda raw: scheme(parameter_set, raw)),
    )


def _oqs_kem(oqs: Any, parameter_set: str) -> Kem:
    keys = _oqs_keys(oqs.KeyEncapsulation, parameter_set)
    return Kem(keys, oqs.KeyEncapsulation(parameter_set).encap_secret, oqs.KeyEncapsulation.decap_secret)


def _oqs_dsa(oqs: Any, parameter_set: str) -> Dsa:
    verifier = oqs.Signature(parameter_set)
    return Dsa(
        _oqs_keys(oqs.Signature, parameter_set),
        oqs.Signature.sign,
        lambda key, message, signature: verifier.verify(message, signature, key),
    )


def wolfcrypt(name: str) -> Package:
    """Return wolfcrypt, if the wolfSSL in it has ML-KEM and ML-DSA."""
    ciphers = import_module("wolfcrypt.ciphers")
    if not hasattr(ciphers, "MlKemType") or not hasattr(ciphers, "MlDsaType"):
        msg = "its wolfSSL was built without ML-KEM or ML-DSA"
        raise UnavailableError(msg)
    own = Generators(import_module("wolfcrypt.random").Random)
    version = options_of("libwolfssl", "wolfssl/version.h", ("LIBWOLFSSL_VERSION_STRING",)).rpartition("=")[2]
    return Package(
        name,
        "wolfSSL (C), built by the user",
        "import wolfcrypt.ciphers",
        ("wolfcrypt",),
        wheel=False,
        kem={each: _wolf_kem(ciphers, getattr(ciphers.MlKemType, each.replace("-", "_")), own) for each in KEM_SETS},
        dsa={each: _wolf_dsa(ciphers, getattr(ciphers.MlDsaType, each.replace("-", "_")), own) for each in DSA_SETS},
        build=f"wolfSSL {version}{options_of('libwolfssl', 'wolfssl/options.h', WOLFSSL_OPTIONS)}",
    )


WOLFSSL_OPTIONS = (
    *("USE_INTEL_SPEEDUP", "NO_AVX512_SUPPORT", "WOLFSSL_MLKEM_CACHE_A"),
    *("WC_MLDSA_CACHE_MATRIX_A", "WC_MLDSA_CACHE_PRIV_VECTORS", "WC_MLDSA_CACHE_PUB_VECTORS"),
)
"""The options for its assembly, and for the values that it keeps of an expanded key."""


class Generators(threading.local):
    """A random number generator of wolfcrypt for each thread; without it, each call would make a new one."""

    def __init__(self, kind: Any) -> None:
        """Create the state of this thread."""
        self.rng = kind()


def _wolf_keys(public: Any, private: Any, kind: Any, own: Generators) -> Keys:
    def load(of: Any, raw: bytes) -> Any:
        key = of(kind)
        key.decode_key(raw)
        return key

    def announce() -> tuple[bytes, Any]:
        key = private.make_key(kind, own.rng)
        return key.encode_pub_key(), key

    return Keys(
        generate=lambda: private.make_key(kind, own.rng),
        split=lambda key: (load(public, key.encode_pub_key()), key),
        encode_public=lambda key: key.encode_key(),
        load_public=lambda raw: load(public, raw),
        announce=announce,
        expanded=Form(lambda key: key.encode_priv_key(), lambda raw: load(private, raw)),
    )


def _wolf_kem(ciphers: Any, kind: Any, own: Generators) -> Kem:
    public, private = ciphers.MlKemPublic, ciphers.MlKemPrivate
    return Kem(_wolf_keys(public, private, kind, own), lambda key: key.encapsulate(own.rng), private.decapsulate)


def _wolf_dsa(ciphers: Any, kind: Any, own: Generators) -> Dsa:
    return Dsa(
        _wolf_keys(ciphers.MlDsaPublic, ciphers.MlDsaPrivate, kind, own),
        lambda key, message: key.sign(message, own.rng, b""),
        lambda key, message, signature: key.verify(signature, message, b""),
    )
