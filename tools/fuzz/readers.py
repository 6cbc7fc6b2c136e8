"""The base of the fuzz targets of formats: an input begins with the number of its format, and its reader is called.

The first byte of an input, modulo the number of formats, is the number of the format of the rest. Only errors of the
package may be raised, and accepted inputs must have the properties that the readers in tests/support check.
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

sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))


class Target:
    """A fuzz target: a package, and the module in tests/support with its readers."""

    def __init__(self, package: str, readers: str) -> None:
        """Import the readers, and instrument the package for atheris."""
        with atheris.instrument_imports(include=[package]) if atheris else nullcontext():
            self._formats = importlib.import_module(readers).FORMATS
            self._error = importlib.import_module("qynauth_pqc").PQCError

    def is_read(self, data: bytes) -> bool:
        """Read an input, and return whether it was accepted."""
        read, _ = list(self._formats.values())[sum(data[:1]) % len(self._formats)]
        try:
            read(data[1:])
        except self._error:
            return False
        return True

    def main(self) -> None:
        """Write the corpus with `--write DIRECTORY`, or fuzz with the arguments of libFuzzer."""
        if sys.argv[1:2] == ["--write"]:
            for number, (name, (_, seeds)) in enumerate(self._formats.items()):
                (Path(sys.argv[2]) / name.replace(" ", "_")).write_bytes(bytes([number]) + seeds[0])
            return
        atheris.Setup(sys.argv, self.is_read)
        atheris.Fuzz()
