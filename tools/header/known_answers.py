"""Write the known answers of `qynauth-pqc validate`: `make table` runs it in the environment of the build.

It computes the answers of algorithms that have none, for a developer to commit once an independent implementation or
published vectors confirm the operations of the algorithm. It replaces no answer.
"""

from __future__ import annotations

import sys
from pathlib import Path

from qynauth_pqc._keys.parameter_sets import ROWS
from qynauth_pqc.native import lib
from qynauth_pqc.validation import _known_answers
from qynauth_pqc.validation.functions import Calls, answers_of
from qynauth_pqc.validation.result import Checks


def _computed(name: str) -> str:
    checks = Checks()
    calls = Calls(lib, checks)
    answers = answers_of(calls, name, ROWS[name])
    calls.free()
    if checks.failures:
        raise SystemExit("\n".join(checks.failures))
    return answers


def main(path: Path) -> None:
    """Write the file."""
    head, _, _ = Path(_known_answers.__file__).read_text(encoding="utf-8").partition("{")
    rows = (f'    "{name}": "{_known_answers.KNOWN.get(name) or _computed(name)}",\n' for name in ROWS)
    path.write_text(f"{head}{{\n{''.join(rows)}}}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
