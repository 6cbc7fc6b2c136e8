#!/usr/bin/env python3
"""The cost of signatures of SSH: signing and verifying one, compared with the composite; a batch; a commit of git.

Each figure is the smallest processor time of many rounds on one core. The results go to the terminal.
"""
# ruff: noqa: T201 - it prints its results

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from measure import pinned

from qynauth_pqc.ssh import SSHPrivateKey, SSHSignature, sign, verify, verify_many
from qynauth_pqc.ssh.signatures import signed_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACE, HASH = "git", "sha512"
MESSAGES = [b"message %d" % number for number in range(50)]
SIGN = ["-Y", "sign", "-n", "git", "-f", "id.pub", "message"]
PROGRAM = "import sys; from qynauth_pqc.ssh.git import main; sys.exit(main())"


def microseconds(rounds: int, calls: int, run: Callable[[], object]) -> float:
    """Return the processor time of a call."""
    best = float("inf")
    for _ in range(rounds):
        begin = time.process_time()
        run()
        best = min(best, time.process_time() - begin)
    return best / calls * 1e6


def milliseconds(rounds: int, command: list[str], folder: Path) -> float:
    """Return the processor time of a program with compiled modules, as pip leaves them."""
    best, environment = float("inf"), os.environ | {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for _ in range(rounds):
        (folder / "message.sig").unlink(missing_ok=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=folder, env=environment, check=True, stderr=subprocess.DEVNULL)  # noqa: S603
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best * 1e3


def signatures(rounds: int) -> None:
    """Print the cost of signatures in this process."""
    key = SSHPrivateKey.generate()
    public, made = key.public_key, [sign(key, each, namespace=NAMESPACE) for each in MESSAGES]
    if not verify_many(public, MESSAGES, made, namespace=NAMESPACE).all_valid:
        message = "a good signature was refused"
        raise AssertionError(message)
    signed = [signed_bytes(NAMESPACE.encode(), HASH, each) for each in MESSAGES]
    raw, halves = [SSHSignature.parse(each)._raw for each in made], public._key()
    figures = {
        "sign": lambda: [sign(key, each, namespace=NAMESPACE) for each in MESSAGES],
        "sign, the composite alone": lambda: [key._signer.sign(each) for each in signed],
        "verify": lambda: [
            verify(message, each, namespace=NAMESPACE, signers=public)
            for message, each in zip(MESSAGES, made, strict=True)
        ],
        "verify, the composite alone": lambda: [
            halves.verify(message, each)  # type: ignore[attr-defined]
            for message, each in zip(signed, raw, strict=True)
        ],
        "verify_many, one thread": lambda: verify_many(public, MESSAGES, made, namespace=NAMESPACE, threads=1),
    }
    for name, run in figures.items():
        found = microseconds(rounds, len(MESSAGES), run)
        print(f"{name:28} {found:8.1f} us {1e6 / found:8.0f} a second")


def programs(rounds: int) -> None:
    """Print the cost of a commit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        SSHPrivateKey.generate().save(folder / "id")
        (folder / "message").write_bytes(MESSAGES[0])
        commit = [sys.executable, "-c", PROGRAM, *SIGN]
        for what, command in {"start of Python": [sys.executable, "-c", ""], "program that signs": commit}.items():
            print(f"{what:28} {milliseconds(rounds, command, folder):8.1f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds")
    rounds = 5 if parser.parse_args().quick else 100
    with pinned():
        signatures(rounds)
        programs(rounds)


if __name__ == "__main__":
    main()
