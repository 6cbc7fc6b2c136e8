"""Installs the other implementations, tries every cell and prints the matrix.

    PYTHONPATH=tests python -m interop [short]

`short` tries five parameter sets and builds no OpenSSL; else docs/results/interop.md is written if all went well. The
exit code is 1 if a cell failed, or if one is empty for an implementation that the machine has or the registries offer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from interop import ours
from interop.install import PROGRAMS, InstallError, NotHereError, command
from interop.matrix import NOT_OFFERED, PASSED, Column, fill
from interop.offers import IMPLEMENTATIONS, Implementation
from interop.page import page, sections
from interop.peer import Peer, PeerError

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "results" / "interop.md"
SHORT = ["ML-KEM-768", "ML-DSA-65", ours.XWING, "SLH-DSA-SHA2-128f", "MLDSA65-ECDSA-P256-SHA512"]


def install(installer: Callable[..., None], *, short: bool) -> Exception | None:
    """Install for some peers, and return why that did not work."""
    started = time.monotonic()
    try:
        installer(short=short)
    except (NotHereError, InstallError, OSError, subprocess.SubprocessError) as error:
        return error
    print(f"{installer.__name__}: {time.monotonic() - started:.0f} s", flush=True)
    return None


def try_all(implementation: Implementation, problem: Exception | None, sets: Sequence[str]) -> Column:
    """Return the column of one implementation, with empty cells from where its program broke."""
    column = Column(implementation)
    if isinstance(problem, NotHereError):
        column.absent = str(problem)
    elif problem is None:
        try:
            with closing(Peer(command(implementation.program))) as peer:
                fill(column, peer, sets)
        except (PeerError, OSError) as error:
            problem = error
    if problem is not None:
        print(f"{implementation.name}: {problem}", flush=True)
    return column


def report(columns: Sequence[Column], sets: Sequence[str]) -> int:
    """Print the matrix, and return how many cells failed or are empty."""
    for column in columns:
        version = f"not here: {column.absent}" if column.absent else column.version
        print(f"\n{column.implementation.name} ({version})\n")
        print("" if column.absent else sections(column, sets))
    bad = [(column.implementation.name, *cell) for column in columns for cell in column.bad(sets)]
    for implementation, name, row, outcome in bad:
        print(f"{outcome.word}: {implementation}, {name}, {row}: {outcome.why}")
    print(f"\n{sum(column.count(NOT_OFFERED) for column in columns)} cells are not offered by the other side")
    absent = sum(bool(column.absent) for column in columns)
    print(f"interop: {sum(column.count(PASSED) for column in columns)} passed, {len(bad)} failed, {absent} skipped")
    return len(bad)


def main(*, short: bool) -> int:
    """Run all of it."""
    sets = SHORT if short else ours.SETS
    installers = list(dict.fromkeys(PROGRAMS[each.program][0] for each in IMPLEMENTATIONS))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = dict(zip(installers, pool.map(lambda each: install(each, short=short), installers), strict=True))
        columns = list(pool.map(lambda each: try_all(each, problems[PROGRAMS[each.program][0]], sets), IMPLEMENTATIONS))
    if report(columns, sets):
        return 1
    if short or any(column.absent for column in columns):
        print(f"{PAGE.name} was left as it is")
    else:
        PAGE.write_text(page(columns), encoding="utf-8")
    return 0


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["short"]):
        sys.exit(__doc__)
    sys.exit(main(short=bool(sys.argv[1:])))
