"""Makes what the service needs before its workers start: `python -m service.prepare`."""

from __future__ import annotations

import secrets
import shutil

from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.jose_composite import DRAFT

from .accounts import Accounts
from .settings import Settings

ALGORITHMS = ("EdDSA", "ML-DSA-65-Ed25519", "ML-DSA-65")
"""What the demonstration's ring begins with."""


def prepare(settings: Settings) -> None:
    """Make the folder, the password, the ring and the database, unless they are there, and begin to count at zero.

    Verifiers keep the published set for 20 seconds, so that a rotation takes half a minute and not the minutes of
    a real service.
    """
    settings.state.mkdir(mode=0o700, exist_ok=True)
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
    accounts = Accounts(settings.database)
    accounts.prepare()
    accounts.close()
    settings.metrics.unlink(missing_ok=True)
    shutil.rmtree(settings.counters, ignore_errors=True)
    settings.counters.mkdir()


if __name__ == "__main__":
    prepare(Settings.from_environment())
