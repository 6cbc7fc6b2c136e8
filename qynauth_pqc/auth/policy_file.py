"""A policy in a file that may change while it is used."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from qynauth_pqc.auth._forks import renew_after_fork
from qynauth_pqc.auth.errors import PolicyError
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.errors import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from qynauth_pqc.extend import StrPath

__all__ = ["PolicyFile"]


class PolicyFile:
    """A policy that is read again after its file has been replaced. May be used from many threads at once.

    If the file cannot be read or holds no policy, the previous policy stays in force, and a warning is logged.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> text = 'accept = [{issuer = "https://login.example", audience = "orders", algorithm = "ML-DSA-65"}]'
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "policy.toml")
    ...     _ = path.write_text(text)
    ...     PolicyFile(path).current().rows[0].algorithm.name
    'ML-DSA-65'
    """

    def __init__(self, path: StrPath, *, interval: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        """Read the file.

        Args:
            path: the file.
            interval: the time between two checks of the file, in seconds.
            clock: a time in seconds, which never goes back.

        Raises:
            PolicyError: the file holds no policy, or the interval is out of range.
            OSError: the file cannot be read.
        """
        expect(interval, (int, float), "interval")
        if not interval >= 0:
            raise PolicyError(f"expected an interval from 0 seconds, got {interval:g}")
        self._path, self._interval, self._clock = os.fspath(path), interval, clock
        self.renew()
        self._looked, self._seen = clock(), self._identity()
        self._policy = MigrationPolicy.load(self._path)
        renew_after_fork(self)

    def current(self) -> MigrationPolicy:
        """Return the newest policy."""
        if self._clock() - self._looked >= self._interval and self._looking.acquire(blocking=False):
            try:
                self._looked = self._clock()
                if (seen := self._identity()) != self._seen:
                    self._seen, self._policy = seen, MigrationPolicy.load(self._path)
            except (PolicyError, OSError) as error:
                from logging import getLogger  # only needed for warnings

                getLogger("qynauth_pqc.auth").warning("the policy before it stays in force: %s", error)
            finally:
                self._looking.release()
        return self._policy

    def renew(self) -> None:
        """Replace the lock, in a child after a fork."""
        self._looking = threading.Lock()

    def _identity(self) -> tuple[int, ...]:
        status = os.stat(self._path)  # noqa: PTH116 - pathlib takes long to import
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
