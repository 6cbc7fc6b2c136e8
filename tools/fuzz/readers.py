"""Fuzzes the readers of a package, ssh or dsse, with atheris: python tools/fuzz/readers.py PACKAGE CORPUS.

The first byte of an input, modulo the number of formats, is the number of the format of the rest. Only errors of the
package may come out, and what is read must have the properties that tests/support/ssh_readers.py or dsse_readers.py
checks.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    import atheris
except ModuleNotFoundError:  # in the tests, which replay the corpus
    atheris = None

sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))


def formats_of(package: str) -> dict[str, tuple[Callable[[bytes], None], list[bytes]]]:
    """Return the formats of a package, which is imported so that atheris sees what it runs."""
    with atheris.instrument_imports(include=[f"qynauth_pqc.{package}"]) if atheris else nullcontext():
        return import_module(f"{package}_readers").FORMATS


def reader_of(package: str) -> Callable[[bytes], bool]:
    """Return a function that reads an input, and returns whether it was accepted."""
    readers = [read for read, _ in formats_of(package).values()]
    error = import_module("qynauth_pqc").PQCError

    def is_read(data: bytes) -> bool:
        try:
            readers[sum(data[:1]) % len(readers)](data[1:])
        except error:
            return False
        return True

    return is_read


def main() -> None:
    """Write the corpus with `PACKAGE --write DIRECTORY`, or fuzz with the arguments of libFuzzer."""
    package, *arguments = sys.argv[1:]
    if arguments[:1] == ["--write"]:
        for number, (name, (_, seeds)) in enumerate(formats_of(package).items()):
            (Path(arguments[1]) / name.replace(" ", "_")).write_bytes(bytes([number]) + seeds[0])
        return
    atheris.Setup([sys.argv[0], *arguments], reader_of(package))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
