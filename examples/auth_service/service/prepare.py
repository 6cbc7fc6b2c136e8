"""Makes what the service needs before its workers start: `python -m service.prepare`."""

from __future__ import annotations

import fcntl
import secrets
import shutil
import sys

from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.integrations.jose_composite import DRAFT

from .accounts import Accounts
from .settings import Settings

ALGORITHMS = ("EdDSA", "ML-DSA-65-Ed25519", "ML-DSA-65")
"""What the demonstration's ring begins with."""


def prepare(settings: Settings) -> None:
    """Make the folder, the password, the ring and the database, unless they are there, and begin to count at zero.

    A start is refused while a worker runs. Two starts before their workers change nothing that a worker uses.
    """
    settings.state.mkdir(mode=0o700, exist_ok=True)
    with settings.lock.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"a service runs already with {settings.state}: stop it, or set AUTH_SERVICE_STATE")
        _make_ring(settings)
        accounts = Accounts(settings.database)
        accounts.prepare()
        accounts.close()
        settings.metrics.unlink(missing_ok=True)
        shutil.rmtree(settings.counters, ignore_errors=True)
        settings.counters.mkdir()


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


if __name__ == "__main__":
    prepare(Settings.from_environment())
