"""Prepares the state of the service before its workers start: `python -m service.prepare`."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from qynauth_pqc.auth.errors import AuthError, JWKSError
from qynauth_pqc.auth.jwks import fetch
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.integrations.jose_composite import DRAFT

from .accounts import Accounts
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ALGORITHMS = ("EdDSA", "ML-DSA-65-Ed25519", "ML-DSA-65")
"""The first algorithms of the ring of the demonstration."""

_RUNS = "a service runs already with {}"


def prepare(settings: Settings) -> None:
    """Make the folder, the password, the ring and the database, unless they exist, and reset the counts.

    A start is refused while a worker runs. Two starts before their workers change nothing that a worker uses.
    """
    settings.state.mkdir(mode=0o700, exist_ok=True)
    with settings.lock.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(_in_use(settings))
        _make_ring(settings)
        _check_ring(settings)
        accounts = Accounts(settings.database)
        accounts.prepare()
        accounts.close()
        settings.metrics.unlink(missing_ok=True)
        shutil.rmtree(settings.counters, ignore_errors=True)
        settings.counters.mkdir()


def _in_use(settings: Settings) -> str:
    """Return the advice about workers that hold the lock, since their parent may have been killed without them."""
    with suppress(psutil.Error):  # a worker that ends just now
        workers = _holders(settings.lock)
        parents = {each.pid: each for worker in workers for each in worker.parents()[:1] if _is_service(each)}
        if parents:
            return f"{_RUNS.format(settings.state)}: stop it with `kill {_pids(parents)}`, or set AUTH_SERVICE_STATE"
        if workers:
            orphans = _pids(each.pid for each in workers)
            return f"{_RUNS.format(settings.state)}, without its parent: end its workers with `kill {orphans}`"
    return f"{_RUNS.format(settings.state)}: stop it, or set AUTH_SERVICE_STATE"


def _holders(lock: Path) -> list[psutil.Process]:
    """Return the other processes that have a file open."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # of another user, or it ends just now
            if process.pid != os.getpid() and str(lock.resolve()) in {file.path for file in process.open_files()}:
                found.append(process)
    return found


def _is_service(process: psutil.Process) -> bool:
    return "service.app:app" in process.cmdline()


def _pids(numbers: Iterable[int]) -> str:
    return " ".join(map(str, sorted(numbers)))


def _make_ring(settings: Settings) -> None:
    """Make the ring and its password, unless they are there.

    Verifiers keep the published set for 20 seconds, so that a rotation takes half a minute and not the minutes of
    a real service.
    """
    if not (settings.ring / "manifest").exists():
        settings.password_file.touch(mode=0o600)
        settings.password_file.write_text(f"{secrets.token_urlsafe(32)}\n", encoding="ascii")
        KeyRing.create(
            settings.ring,
            settings.password(),
            ALGORITHMS,
            max_age=20.0,
            skew=10.0,
            token_lifetime=300.0,
            experimental=DRAFT,
        ).close()


def _check_ring(settings: Settings) -> None:
    """Refuse to start with a copy of the ring that is older than the published set, if a server answers.

    Before the workers start, this is a cache in front of the service, or the same service on another machine.
    """
    try:
        published = fetch(settings.published)
    except JWKSError as error:
        print(f"the ring is not compared with the set at {settings.published}: {error}")  # noqa: T201 - before uvicorn
        published = None
    try:
        KeyRing.open(settings.ring, settings.password(), published=published).close()
    except AuthError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    prepare(Settings.from_environment())
