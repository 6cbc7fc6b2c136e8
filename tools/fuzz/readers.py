"""Fuzzes the readers of a package with atheris: python tools/fuzz/readers.py PACKAGE CORPUS.

Without arguments, it prints the packages. A package has a fuzz target if tests has a module PACKAGE_readers.

The first byte of an input, modulo the number of formats in that module, is the number of the format of the rest. Only
errors of the package may be raised, and accepted inputs must have the properties that the module checks.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import nullcontext
from pathlib import Path

try:
    import atheris
except ModuleNotFoundError:  # in the tests, which replay the corpus
    atheris = None

TESTS = Path(__file__).parents[2] / "tests"
READERS = {path.stem.removesuffix("_readers"): path for path in sorted(TESTS.rglob("*_readers.py"))}
"""The modules with readers, by their packages."""


class Target:
    """The fuzz target of a package."""

    def __init__(self, package: str) -> None:
        """Import the readers, and instrument the package for atheris."""
        path = READERS[package]
        sys.path += [str(TESTS / "support"), str(path.parent)]
        with atheris.instrument_imports(include=[f"qynauth_pqc.{package}"]) if atheris else nullcontext():
            self.formats = importlib.import_module(path.stem).FORMATS
            self._error = importlib.import_module("qynauth_pqc").PQCError

    def is_read(self, data: bytes) -> bool:
        """Read an input, and return whether it was accepted."""
        read, _ = list(self.formats.values())[sum(data[:1]) % len(self.formats)]
        try:
            read(data[1:])
        except self._error:
            return False
        return True

    def main(self, arguments: list[str]) -> None:
        """Write the corpus with `--write DIRECTORY`, or fuzz with the arguments of libFuzzer."""
        if arguments[:1] == ["--write"]:
            for number, (name, (_, seeds)) in enumerate(self.formats.items()):
                (Path(arguments[1]) / name.replace(" ", "_")).write_bytes(bytes([number]) + seeds[0])
            return
        atheris.Setup([sys.argv[0], *arguments], self.is_read)
        atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:]:
        Target(sys.argv[1]).main(sys.argv[2:])
    else:
        print(*READERS)
