"""The command `qynauth-pqc-config`: the options to compile against the C library inside this package.

    cc app.c $(qynauth-pqc-config --cflags --libs) -o app

`python -m qynauth_pqc.c_config` is the same. The Python classes use this library too: in one process, C code and Python
code have the same settings and metrics.
"""

from __future__ import annotations

import argparse
import shlex
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from qynauth_pqc.native import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["answers", "main"]

_PACKAGE = Path(__file__).resolve().parent


def answers() -> dict[str, tuple[list[str], str]]:
    """Return the words that each option prints, and its help text.

    >>> answers()["cflags"][0][0].endswith("include")
    True
    """
    include, lib = _PACKAGE / "include", _PACKAGE / "lib"
    provider = lib / "ossl-modules"
    of_provider = {"providerdir": ([str(provider)], "directory of the provider for OpenSSL, for OPENSSL_MODULES")}
    return {
        "cflags": ([f"-I{include}"], "options for the compiler"),
        "libs": (
            [f"-L{lib}", "-lpqc_ffi", f"-Wl,-rpath,{lib}"],
            "options for the linker, with the run path of the library",
        ),
        "includedir": ([str(include)], "directory of pqc_ffi.h"),
        "libdir": ([str(lib)], "directory of the shared library"),
        "pkgconfigdir": ([str(lib / "pkgconfig")], "directory of pqc_ffi.pc, for PKG_CONFIG_PATH"),
        "cmakedir": ([str(lib / "cmake" / "pqc_ffi")], "directory of the CMake package, for -Dpqc_ffi_DIR"),
        **(of_provider if provider.is_dir() else {}),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the answers to the options, on one line and quoted for a shell."""
    parser = argparse.ArgumentParser("qynauth-pqc-config", description="Print the options to build with the library.")
    parser.add_argument("--version", action="version", version=__version__)
    for name, (words, text) in answers().items():
        parser.add_argument(f"--{name}", dest="words", action="append_const", const=words, help=text)
    chosen = parser.parse_args(arguments).words
    if not chosen:
        parser.error("no option; pass at least one, such as --cflags")
    print(shlex.join(chain.from_iterable(chosen)))  # noqa: T201 - the command prints its answer


if __name__ == "__main__":
    main()
