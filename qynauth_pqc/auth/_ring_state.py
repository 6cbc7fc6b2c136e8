"""The state of a key ring: reading it in every process that has it open, and changing it in one."""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from qynauth_pqc.auth._forks import renew_after_fork
from qynauth_pqc.auth._manifest import KeyState
from qynauth_pqc.auth._private_keys import LOAD_ERRORS, load_private, remote, signing
from qynauth_pqc.auth._published import setbacks
from qynauth_pqc.auth._ring_files import (
    identity,
    is_away,
    locked,
    outdated,
    read,
    read_counter,
    strays,
    sweep,
    unchanged,
    write,
    write_counter,
)
from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.errors import KeyRingError, RotationError
from qynauth_pqc.errors import ClosedError, PQCError, expect
from qynauth_pqc.extend import Closable, without_frames, without_own_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import Any

    from qynauth_pqc.auth._manifest import Manifest, RingKey, Seal
    from qynauth_pqc.auth._private_keys import PrivateKey, Sign
    from qynauth_pqc.auth._published import Published
    from qynauth_pqc.signer import Signer


class RingState(Closable):
    """A ring in its directory: its manifest, and the private keys that this process has loaded."""

    @without_own_frames
    def __init__(
        self,
        directory: Path,
        seal: Seal,
        clock: Callable[[], float],
        signers: Iterable[Signer] = (),
        published: Published | None = None,
    ) -> None:
        """Read a ring. Use `KeyRing.open()` or `KeyRing.create()`."""
        self.directory, self._path, self.clock = directory, directory / "manifest", clock
        self._seal: Seal | None = seal
        self._manifest: Manifest | None = None
        self._file: tuple[int, ...] | None = None
        self._read = 0.0, 0.0
        self._loaded: dict[str, PrivateKey] = {}
        self._remote, self._published = dict(map(remote, signers)), published
        self.renew()
        renew_after_fork(self)
        manifest = self._newest()
        with suppress(OSError, KeyRingError):  # the next change tries again to write it
            if outdated(directory, manifest.keys) or read_counter(directory) != manifest.counter:
                self._finish()

    @property
    def counter(self) -> int:
        """The number of the state that was read last: 1 in a new ring, and one more after each change."""
        return self._newest(read=False).counter

    @property
    def experimental(self) -> str | None:
        """The draft of the hybrid keys, or None if the ring has had none."""
        return self._newest(read=False).experimental

    @property
    def keys(self) -> tuple[RingKey, ...]:
        """The keys as they were read last, in the order in which they were made."""
        return self._newest(read=False).keys

    @property
    def max_age(self) -> float:
        """How long verifiers may keep the published set, in seconds."""
        return self._newest().max_age

    @property
    def skew(self) -> float:
        """The largest difference between clocks, in seconds."""
        return self._newest().skew

    @property
    def token_lifetime(self) -> float:
        """The longest time that a token is valid, in seconds."""
        return self._newest().token_lifetime

    def earliest(self, kid: str) -> datetime | None:
        """Return the earliest time to activate a next key, or to remove a retiring or revoked one; None if active."""
        manifest = self._newest(read=False)
        return manifest.earliest(named(manifest, kid))

    def refresh(self) -> bool:
        """Read the manifest if the file has been replaced, otherwise only check the file.

        Each method that signs, publishes or changes the ring calls this method first.

        Returns:
            Whether it had been replaced.

        Raises:
            KeyRingError: it is damaged, older than the previous one or than the published set, or continues an older
                one.
        """
        with self._reading:
            seal, old, file = self._opened(), self._manifest, identity(self._path)
            if file is not None and file == self._file:
                self._read = self.clock(), monotonic()
                return False
            newest = read_counter(self.directory)
            new = seal.read(read(self._path), str(self.directory))
            if new.counter < newest or (old is not None and new != old and new.counter <= old.counter):
                self._refuse_old(new.counter, newest if old is None else max(newest, old.counter + 1))
            self._check_history(old, new)
            self._manifest, self._file, self._read = new, file, (self.clock(), monotonic())
            usable, loaded = {each.kid for each in new.keys if each.sha256 is not None}, self._loaded
            self._loaded = {kid: key for kid, key in loaded.items() if kid in usable}
            return True

    def outage(self) -> str | None:
        """Read the manifest like `refresh()`, but let the ring sign without its directory for a while.

        If the directory is absent, or stale on a network, keys in memory may sign for at most `max_age` after the last
        good read: as long as verifiers may use a set without news.

        Returns:
            Why the directory cannot be read; None if it can.

        Raises:
            KeyRingError: as `refresh()` raises it.
            OSError: the manifest cannot be read.
        """
        try:
            self.refresh()
        except (OSError, KeyRingError) as error:
            if not is_away(self.directory, error):
                raise
            at, ticks = self._read
            age = max(self.clock() - at, monotonic() - ticks)  # a clock that is set back gives no more time
            left = self._newest(read=False).max_age - age
            if left < 0:
                raise
            return f"{self.directory}: is absent or stale; keys in memory sign for {left:.0f} more seconds; restore it"
        return None

    def has_had(self, algorithm: str) -> bool:
        """Return whether a key of an algorithm is, was or may have been more than next, by the last state.

        It may have been if the directory has a private key that the manifest does not know.
        """
        expect(algorithm, str, "algorithm")
        manifest = self._newest(read=False)
        if manifest.has_had(algorithm):
            return True
        try:
            if not strays(self.directory, manifest.keys):
                return False
            with unchanged(self.directory):  # another process may have been making the key
                return bool(strays(self.directory, self._newest().keys)) or self._newest().has_had(algorithm)
        except OSError as error:
            return not is_away(self.directory, error)

    def _refuse_old(self, number: int, least: int) -> None:
        lost = f"if it is lost, delete {self.directory / 'counter'}, and run `qynauth-pqc keyring check`"
        message = f"expected a state from number {least} on, got {number}; restore the newest manifest or, {lost}"
        raise KeyRingError(f"{self.directory}: {message}")

    def _check_history(self, old: Manifest | None, new: Manifest) -> None:
        """Refuse a manifest that continues an older one, with any number."""
        found = [] if self._published is None else list(setbacks(self._published, new))
        states = {each.thumbprint: each for each in new.keys}
        for each in old.keys if old else ():
            again = states.get(each.thumbprint)
            if each.state is KeyState.REVOKED and again and again.state is not KeyState.REVOKED:
                found.append(f"the key {each.kid} was revoked, and in the ring it is {again.state}")
        if found:
            lost = "if it is lost, run `qynauth-pqc keyring catch-up`"
            raise KeyRingError(f"{self.directory}: {found[0]}: it is an older copy; restore the newest or, {lost}")

    def renew(self) -> None:
        """Replace the locks, in a child after a fork."""
        self._reading, self._loading = threading.RLock(), threading.Lock()

    def close(self) -> None:
        """Wipe the secrets derived from the password, and forget the private keys. A second call does nothing."""
        with self._reading, self._loading:
            if self._seal is not None:
                self._seal.close()
            self._seal, self._loaded, self._remote = None, {}, {}

    def __repr__(self) -> str:
        """Show the directory of the ring."""
        return f"<{type(self).__name__}: {str(self.directory)!r}>"

    def _opened(self) -> Seal:
        if self._seal is None:
            raise ClosedError(f"{type(self).__name__} is closed")
        return self._seal

    def _newest(self, *, read: bool = True) -> Manifest:
        self._opened()
        if read:
            self.refresh()
        assert self._manifest is not None  # noqa: S101 - the constructor reads it
        return self._manifest

    @contextmanager
    def _changing(self) -> Iterator[Change]:
        """Keep others from changing the ring, and delete files that it no longer needs before and after the change."""
        self._opened()
        with locked(self.directory) as directory:
            sweep(directory, self._newest().keys)
            with Change(self, directory, self._newest(), datetime.fromtimestamp(self.clock(), UTC)).undone() as change:
                yield change
            sweep(directory, self._newest().keys)

    def _finish(self) -> None:
        """Complete the change of a process that was killed during it."""
        with locked(self.directory) as directory:
            manifest = self._newest()
            sweep(directory, manifest.keys)
            write_counter(directory, self.directory, manifest.counter)

    def _sign(self, key: RingKey) -> Sign:
        """Return the function that signs with a key."""
        if not key.remote:
            return signing(ALGORITHMS[key.algorithm], self._private(key))
        if key.thumbprint not in self._remote:
            raise self._elsewhere(key)
        return self._remote[key.thumbprint]

    def _elsewhere(self, key: RingKey) -> KeyRingError:
        where = f"{self.directory}: the private key of {key.kid} is elsewhere"
        return KeyRingError(f"{where}; open the ring with its signer")

    def _private(self, key: RingKey) -> PrivateKey:
        """Return a private key, read from its file the first time."""
        found = self._loaded.get(key.kid)
        if found is None:
            with self._loading:  # one thread reads a file, and threads with other keys do not wait
                found = self._loaded.get(key.kid) or self._load(key)
                self._loaded[key.kid] = found
        return found

    def _load(self, key: RingKey) -> PrivateKey:
        if key.file is None:
            raise self._elsewhere(key)
        path, seal = self.directory / key.file, self._opened()
        data = read(path)
        if hashlib.sha256(data).hexdigest() != key.sha256:
            raise KeyRingError(f"{path}: is not the file that the manifest names; restore it, or revoke the key")
        try:
            return without_frames(load_private)(ALGORITHMS[key.algorithm], data, seal.file_password)
        except LOAD_ERRORS as error:
            raise KeyRingError(f"{path}: is no private key for {key.algorithm}; revoke it") from error


class Change:
    """A change of a ring under its lock. If it fails before the manifest names the new files, they are deleted.

    Attributes:
        manifest: the state before it.
        now: its time.
    """

    def __init__(self, ring: RingState, directory: int, manifest: Manifest, now: datetime) -> None:
        self._ring, self._directory, self.manifest, self.now = ring, directory, manifest, now
        self._added: list[str] = []

    def add(self, key: RingKey, data: bytes) -> None:
        """Write the file of a private key."""
        self._added.append(str(key.file))
        write(self._directory, self._ring.directory / str(key.file), data)

    def commit(self, keys: tuple[RingKey, ...], *, seal: Seal | None = None, **changed: Any) -> None:
        """Replace the manifest, after new private keys are on the disk and before old ones are deleted."""
        counter = changed.pop("counter", self.manifest.counter + 1)
        new = replace(self.manifest, **{"counter": counter, "keys": keys, "algorithms": self.manifest.had(), **changed})
        save(self._directory, self._ring.directory, (seal or self._ring._opened()).write(new), new.counter)

    @contextmanager
    def undone(self) -> Iterator[Change]:
        """Delete the files of a failed change, unless the manifest names them already."""
        try:
            yield self
        except BaseException:
            with suppress(OSError, PQCError):
                named = {each.file for each in self._ring._newest().keys}
                for name in self._added:
                    if name not in named:
                        os.unlink(name, dir_fd=self._directory)
            raise


def save(directory: int, path: Path, manifest: bytes, counter: int) -> None:
    """Write a manifest, and then its number, which shows if an older manifest takes its place."""
    write(directory, path / "manifest", manifest)
    with suppress(OSError):  # the change is made; the next one tries again to write the number
        write_counter(directory, path, counter)


def named(manifest: Manifest, kid: str) -> RingKey:
    """Return the key with a name."""
    expect(kid, str, "kid")
    for each in manifest.keys:
        if each.kid == kid:
            return each
    raise RotationError("the ring has no key with this kid; `qynauth-pqc keyring show` lists its keys")


def replaced(keys: tuple[RingKey, ...], changed: RingKey | None) -> tuple[RingKey, ...]:
    """Return the keys, with one key in its new state."""
    return tuple(changed if changed and each.kid == changed.kid else each for each in keys)
