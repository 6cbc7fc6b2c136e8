#!/usr/bin/env python3
"""The growth of the resident memory of a process while it repeats one operation.

The first half of the repetitions fills caches and free lists, so only the growth over the second half counts: four
times the growth of the quarter that grew least, since a leak grows in each. Every operation has a separate process,
because memory that another operation left free would hide a leak. A leak of a single byte in each call costs at least
1.5 MiB over 50,000 calls, since the allocator's smallest block has 32 bytes.
"""
# ruff: noqa: S603, T201 - it runs itself in new processes, and prints its results

from __future__ import annotations

import argparse
import subprocess
import sys

from qynauth_pqc.validation.memory import growth, repeated_operations

COUNT = 100_000
OPERATIONS = repeated_operations()


def growth_in_new_process(name: str, count: int = COUNT) -> int:
    """Return the bytes by which a process grows that does only this operation."""
    command = [sys.executable, __file__, name, "--count", str(count)]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    """Print the growth of one operation in bytes, or a table of all."""
    parser = argparse.ArgumentParser(description="Measure how memory grows while an operation is repeated.")
    parser.add_argument("operation", nargs="?", choices=OPERATIONS, metavar="OPERATION", help="default: each of them")
    parser.add_argument("--count", type=int, default=COUNT, help="how often to repeat it (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.operation:
        print(growth(OPERATIONS[arguments.operation], arguments.count))
        return
    for name in OPERATIONS:
        print(f"{name:36}{growth_in_new_process(name, arguments.count) / 1024:10.0f} KiB", flush=True)


if __name__ == "__main__":
    main()
