"""The files and the names of the service."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_HERE = Path(__file__).resolve().parent.parent

ISSUER = "https://login.example"
"""The issuer of the tokens, as in policy.toml."""


@dataclass(frozen=True)
class Settings:
    """The settings, each with an environment variable.

    Attributes:
        state: the folder of all files of the service: AUTH_SERVICE_STATE.
        page: the folder of the built page: AUTH_SERVICE_PAGE.
        policy: the policy: AUTH_SERVICE_POLICY.
        origin: the address of the page, which every signature names: AUTH_SERVICE_ORIGIN.
        published: the public URL of the set of keys: AUTH_SERVICE_PUBLISHED.
    """

    state: Path
    page: Path
    policy: Path
    origin: str
    published: str

    @classmethod
    def from_environment(cls) -> Self:
        """Return the settings, by default the settings of run.sh."""
        origin = os.environ.get("AUTH_SERVICE_ORIGIN", "http://127.0.0.1:8000")
        return cls(
            state=Path(os.environ.get("AUTH_SERVICE_STATE", _HERE / "state")),
            page=Path(os.environ.get("AUTH_SERVICE_PAGE", _HERE / "page" / "dist")),
            policy=Path(os.environ.get("AUTH_SERVICE_POLICY", _HERE / "policy.toml")),
            origin=origin,
            published=os.environ.get("AUTH_SERVICE_PUBLISHED", f"{origin}/jwks.json"),
        )

    @property
    def ring(self) -> Path:
        """The folder of the key ring."""
        return self.state / "ring"

    @property
    def database(self) -> Path:
        """The file of accounts and nonces."""
        return self.state / "accounts.db"

    @property
    def lock(self) -> Path:
        """The file that each worker locks while it runs, so that no second start changes what it uses."""
        return self.state / "lock"

    @property
    def metrics(self) -> Path:
        """The file in which the workers count their operations."""
        return self.state / "operations.metrics"

    @property
    def counters(self) -> Path:
        """The folder in which the workers count their tokens: PROMETHEUS_MULTIPROC_DIR of run.sh."""
        return self.state / "counters"

    @property
    def password_file(self) -> Path:
        """The file with the password of the ring."""
        return self.state / "ring.password"

    def password(self) -> bytes:
        """Return the password of the ring."""
        return self.password_file.read_bytes().rstrip(b"\n")
