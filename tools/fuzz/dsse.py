"""Fuzzes the readers of envelopes and statements with atheris: python tools/fuzz/dsse.py CORPUS.

The first byte of an input, modulo the number of formats, is the number of the format of the rest. Only errors of the
package may come out, and what is read must have the properties that tests/support/dsse_readers.py checks.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

try:
    import atheris
except ModuleNotFoundError:  # in the tests, which replay the corpus
    instrumented = nullcontext()
else:
    instrumented = atheris.instrument_imports(include=["qynauth_pqc.dsse"])

sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))

with instrumented:
    from dsse_readers import FORMATS

    from qynauth_pqc import PQCError

READERS = list(FORMATS.values())


def is_read(data: bytes) -> bool:
    """Read an input, and return whether it was accepted."""
    read, _ = READERS[sum(data[:1]) % len(READERS)]
    try:
        read(data[1:])
    except PQCError:
        return False
    return True


def main() -> None:
    """Write the corpus with `--write DIRECTORY`, or fuzz with the arguments of libFuzzer."""
    if sys.argv[1:2] == ["--write"]:
        for number, (name, (_, seeds)) in enumerate(FORMATS.items()):
            (Path(sys.argv[2]) / name.replace(" ", "_")).write_bytes(bytes([number]) + seeds[0])
        return
    atheris.Setup(sys.argv, is_read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
