"""Key rings: the keys of an issuer, in one directory, from their publication to their removal.

A ring withstands a process that is killed at any step, a full disk, several processes that change it at once, and
changes by anyone who lacks the password. It does not withstand an older copy of the whole directory in its place: a
running process refuses a state whose number is not above the last one that it read, and cannot tell more.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from qynauth_pqc._keys.paths import path_of
from qynauth_pqc.auth._manifest import SALT_BYTES, KeyState, Manifest, RingKey, Seal, salt_of
from qynauth_pqc.auth._ring_files import LOST, has_keys, identity, locked, read, sweep, write
from qynauth_pqc.auth.algorithms import ALGORITHMS, algorithm_named
from qynauth_pqc.auth.errors import KeyRingError, RotationError
from qynauth_pqc.errors import ClosedError, PQCError, expect
from qynauth_pqc.formats._jwks import MOST_KEYS, to_jwks
from qynauth_pqc.integrations._extras import extra
from qynauth_pqc.native.inputs import without_frames
from qynauth_pqc.native.secret_bytes import Closable

with extra("auth"):
    from joserfc.errors import JoseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Self

    from qynauth_pqc._keys.paths import StrPath
    from qynauth_pqc.auth.algorithms import Algorithm, JOSEKey
    from qynauth_pqc.native.inputs import BytesLike

__all__ = ["KeyRing", "KeyState", "RingKey"]

_LONGEST_WAIT = 366 * 86400
_NEXT, _ACTIVE, _RETIRING, _REVOKED = KeyState


class KeyRing(Closable):
    """The keys of an issuer in a directory: encrypted private keys, and a manifest with their states.

    `rotate()` publishes a next key. When every verifier has had the time to fetch it, `activate()` lets it sign, and
    the key before it is retiring: published, so that its last tokens are accepted, until `remove()`. `revoke()` takes
    a key out of the published set at once, which verifiers notice within `max_age`.

    Threads and processes may share a ring: every method sees what others changed before. Open it after a fork, since
    the child of a process whose threads use a ring might wait for one of them. A change that cannot be written is an
    `OSError`.

    Attributes:
        directory: where it is.
        max_age: how long verifiers may keep the published set, in seconds.
        skew: by how much clocks may differ, in seconds.
        token_lifetime: the longest time that a token is valid, in seconds.
        clock: the time in seconds since 1970, UTC.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, KeyRing.create(folder, b"password", ["EdDSA"]) as ring:
    ...     ring.rotate("ML-DSA-65").state.value, len(ring.jwks()["keys"])
    ('next', 2)
    """

    def __init__(self, directory: Path, seal: Seal, clock: Callable[[], float]) -> None:
        """Read a ring. Use `open()` or `create()`."""
        self.directory, self._path, self.clock = directory, directory / "manifest", clock
        self._seal: Seal | None = seal
        self._manifest: Manifest | None = None
        self._file: tuple[int, ...] | None = None
        self._loaded: dict[str, JOSEKey] = {}
        self._reading, self._loading = threading.RLock(), threading.Lock()
        first = self._newest()
        self.max_age, self.skew, self.token_lifetime = first.max_age, first.skew, first.token_lifetime

    @classmethod
    @without_frames
    def create(  # noqa: PLR0913 - what the ring cannot change later
        cls,
        directory: StrPath,
        password: BytesLike,
        algorithms: Iterable[str],
        *,
        max_age: float = 300.0,
        skew: float = 60.0,
        token_lifetime: float = 600.0,
        experimental: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Make a ring with a key for each algorithm, active at once because nobody has fetched a set yet.

        Args:
            directory: where; it is made if it does not exist, and its parent must exist.
            password: of 1 to 1024 bytes.
            algorithms: the names of one or more algorithms.
            max_age: how long verifiers may keep the published set, in seconds.
            skew: by how much clocks may differ, in seconds.
            token_lifetime: the longest time that a token is valid, in seconds.
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, for hybrid algorithms.
            clock: the time in seconds since 1970, UTC.

        Raises:
            KeyRingError: the directory holds a ring, an algorithm is named twice, or a duration is out of range.
            UnsupportedError: an algorithm or the draft is unknown.
            InvalidLengthError: the password has another length.
            OSError: a file cannot be written. There is no ring then.
        """
        path = Path(path_of(directory))
        if isinstance(algorithms, (str, bytes, bytearray, memoryview)):  # each iterates over something else
            raise TypeError(f"algorithms must be an iterable of names, not {type(algorithms).__name__}")
        chosen = [algorithm_named(each, experimental) for each in algorithms]
        if not chosen or len(set(chosen)) < len(chosen):
            raise KeyRingError("expected one algorithm or more, each once")
        for name, seconds in (("max_age", max_age), ("skew", skew), ("token_lifetime", token_lifetime)):
            expect(seconds, (int, float), name)
        if not all(0 <= each <= _LONGEST_WAIT for each in (max_age, skew, token_lifetime)):
            raise KeyRingError(f"expected max_age, skew and token_lifetime of 0 to {_LONGEST_WAIT} seconds")
        seal = Seal(password, os.urandom(SALT_BYTES))
        path.mkdir(mode=0o700, exist_ok=True)
        with locked(path), ExitStack() as undo:
            if os.path.lexists(path / "manifest"):
                raise KeyRingError(f"{path}: holds a key ring already; open it, or name another directory")
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):  # who may read it may lock it, too
                raise KeyRingError(f"{path}: others may use the directory; run chmod 700 on it, or name a new one")
            if has_keys(path):
                raise KeyRingError(f"{path}: {LOST}")
            now, keys = datetime.fromtimestamp(clock(), UTC), list[RingKey]()
            for each in chosen:
                keys.append(replace(_make(path, each, now, seal), state=_ACTIVE, activated=now))
                undo.callback((path / f"{keys[-1].kid}.pem").unlink)
            first = Manifest(1, float(max_age), float(skew), float(token_lifetime), experimental, tuple(keys))
            write(path / "manifest", seal.write(first), overwrite=False)
            undo.pop_all()
        return cls(path, seal, clock)

    @classmethod
    @without_frames
    def open(cls, directory: StrPath, password: BytesLike, *, clock: Callable[[], float] = time.time) -> Self:
        """Open the ring in a directory.

        Args:
            directory: where it is.
            password: its password.
            clock: the time in seconds since 1970, UTC.

        Raises:
            KeyRingError: there is no ring, it is damaged, or the password is wrong.
            OSError: its manifest cannot be read.
        """
        path = Path(path_of(directory))
        return cls(path, Seal(password, salt_of(read(path / "manifest"), str(path))), clock)

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

    def earliest(self, kid: str) -> datetime | None:
        """Return from when on a next key may be activated, or a retiring or revoked one removed; None if active."""
        manifest = self._newest(read=False)
        return manifest.earliest(_named(manifest, kid))

    def refresh(self) -> bool:
        """Read the manifest if it has been replaced, and otherwise only look at the file. The methods below do so too.

        Returns:
            Whether it had been replaced.

        Raises:
            KeyRingError: it is damaged, or older than the one before.
        """
        with self._reading:
            seal, old, file = self._opened(), self._manifest, identity(self._path)
            if file is not None and file == self._file:
                return False
            new = seal.read(read(self._path), str(self.directory))
            if old is not None and new != old and new.counter <= old.counter:
                message = f"expected a state after number {old.counter}, got {new.counter}; restore the newest"
                raise KeyRingError(f"{self.directory}: {message}")
            self._manifest, self._file = new, file
            usable, loaded = {each.kid for each in new.keys if each.sha256 is not None}, self._loaded
            self._loaded = {kid: key for kid, key in loaded.items() if kid in usable}
            return True

    def rotate(self, algorithm: str, *, experimental: str | None = None) -> RingKey:
        """Make and publish the next key of an algorithm, also of one that is new to the ring.

        Args:
            algorithm: its name.
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, for the first hybrid key of the ring.

        Raises:
            RotationError: there is a next key already, or there are 256 keys.
            UnsupportedError: the algorithm or the draft is unknown.
        """
        with self._changing() as (now, manifest):
            draft = manifest.experimental if experimental is None else experimental
            chosen = algorithm_named(algorithm, draft)
            if manifest.find(algorithm, _NEXT):
                raise RotationError(f"{algorithm} has a next key already; activate or revoke it first")
            if len(manifest.keys) >= MOST_KEYS:
                raise RotationError(f"the ring has {MOST_KEYS} keys, the most there can be; remove old ones first")
            key = _make(self.directory, chosen, now, self._opened())
            self._commit(
                replace(manifest, experimental=chosen.experimental or manifest.experimental), (*manifest.keys, key)
            )
            return key

    def activate(self, algorithm: str) -> RingKey:
        """Let the next key of an algorithm sign. The active one is retiring then, and its private key deleted.

        Raises:
            RotationError: there is no next key, or verifiers may lack it: `max_age` and `skew` must have passed.
            KeyRingError: the private key is damaged.
        """
        expect(algorithm, str, "algorithm")
        with self._changing() as (now, manifest):
            key = manifest.find(algorithm, _NEXT)
            if key is None:
                raise RotationError(f"{algorithm} has no next key; rotate first")
            _wait(manifest, key, now, "verifiers may lack the next key")
            self._private(key)  # or no token could be signed
            active, old = replace(key, state=_ACTIVE, activated=now), manifest.find(algorithm, _ACTIVE)
            retiring = old and replace(old, state=_RETIRING, retired=now, sha256=None)
            self._commit(manifest, _with(_with(manifest.keys, active), retiring))
            return active

    def remove(self, kid: str) -> None:
        """Forget a key that is retiring or revoked.

        Raises:
            RotationError: there is no such key, or its tokens may be in use: `token_lifetime` and `skew`, and for a
                revoked key also `max_age`, must have passed.
        """
        with self._changing() as (now, manifest):
            key = _named(manifest, kid)
            if key.state in (_NEXT, _ACTIVE):
                hint = "activate the next key first, or revoke it" if key.state is _ACTIVE else "revoke it first"
                raise RotationError(f"the key is {key.state}; {hint}")
            _wait(manifest, key, now, "tokens of the key may be in use")
            self._commit(manifest, tuple(each for each in manifest.keys if each is not key))

    def revoke(self, kid: str) -> RingKey:
        """Take a key out of the published set and delete its private key. A second call changes nothing.

        If it was active, nothing signs with its algorithm until the next key is active.

        Returns:
            The key, which stays in the ring until it is removed.

        Raises:
            RotationError: there is no such key.
            KeyRingError: it is revoked, but its private key cannot be deleted.
        """
        with self._changing() as (now, manifest):
            key = _named(manifest, kid)
            if key.state is not _REVOKED:
                key = replace(key, state=_REVOKED, revoked=now, sha256=None)
                self._commit(manifest, _with(manifest.keys, key))
        path = self.directory / f"{kid}.pem"
        if path.exists():
            raise KeyRingError(f"{path}: the key is revoked, but its file cannot be deleted; delete it")
        return key

    def jwks(self) -> dict[str, list[dict[str, object]]]:
        """Return the JWK Set to publish: the keys that are next, active and retiring."""
        return to_jwks(each.jwk for each in self._newest().keys if each.state is not _REVOKED)

    def cache_headers(self, jwks: Mapping[str, object]) -> dict[str, str]:
        """Return the headers of a response with a set: its type, how long to keep it, and its ETag.

        Args:
            jwks: the set that is sent: that of `jwks()`, perhaps with other keys.
        """
        tag = hashlib.sha256(json.dumps(jwks, sort_keys=True).encode()).hexdigest()
        kept = f"public, max-age={int(self.max_age)}"
        return {"Content-Type": "application/jwk-set+json", "Cache-Control": kept, "ETag": f'"{tag}"'}

    def signing_key(self, algorithm: str) -> JOSEKey:
        """Return the active private key of an algorithm. The first call reads its file, in less than a second.

        Raises:
            RotationError: there is none.
            KeyRingError: its file is missing or damaged.
        """
        expect(algorithm, str, "algorithm")
        while True:
            manifest = self._newest()
            key = manifest.find(algorithm, _ACTIVE)
            if key is None:
                raise RotationError(f"{algorithm} has no active key; rotate and activate one")
            try:
                return self._private(key)
            except KeyRingError:
                if self._newest() is manifest:  # and no other process has just deleted the file
                    raise

    def close(self) -> None:
        """Wipe what was derived from the password, and forget the private keys. A second call does nothing."""
        with self._reading, self._loading:
            if self._seal is not None:
                self._seal.close()
            self._seal, self._loaded = None, {}

    def __repr__(self) -> str:
        """Show where the ring is."""
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
    def _changing(self) -> Iterator[tuple[datetime, Manifest]]:
        """Keep others from changing the ring, lend the time and the newest state, and delete files without a key."""
        self._opened()
        with locked(self.directory):
            yield datetime.fromtimestamp(self.clock(), UTC), self._newest()
            sweep(self.directory, self._newest().keys)

    def _commit(self, old: Manifest, keys: tuple[RingKey, ...]) -> None:
        """Replace the manifest, when new private keys are on the disk and before old ones are deleted."""
        new = replace(old, counter=old.counter + 1, keys=keys)
        write(self._path, self._opened().write(new), overwrite=True)

    def _private(self, key: RingKey) -> JOSEKey:
        """Return a private key, from its file the first time."""
        found = self._loaded.get(key.kid)
        if found is None:
            with self._loading:  # one thread reads a file, and no other key has to wait
                found = self._loaded.get(key.kid) or self._load(key, ALGORITHMS[key.algorithm], self._opened())
                self._loaded[key.kid] = found
        return found

    def _load(self, key: RingKey, algorithm: Algorithm, seal: Seal) -> JOSEKey:
        path = self.directory / f"{key.kid}.pem"
        data = read(path)
        if hashlib.sha256(data).hexdigest() != key.sha256:
            raise KeyRingError(f"{path}: is not the file that the manifest names; restore it, or revoke the key")
        try:
            return without_frames(algorithm.load)(data, seal.file_password)
        except (PQCError, JoseError, ValueError, TypeError) as error:
            raise KeyRingError(f"{path}: is no private key for {key.algorithm}; revoke it") from error


def _named(manifest: Manifest, kid: str) -> RingKey:
    expect(kid, str, "kid")
    for each in manifest.keys:
        if each.kid == kid:
            return each
    raise RotationError("the ring has no key with this kid; `qynauth-pqc keyring show` lists its keys")


def _with(keys: tuple[RingKey, ...], changed: RingKey | None) -> tuple[RingKey, ...]:
    """Return keys with one of them in its new state."""
    return tuple(changed if changed and each.kid == changed.kid else each for each in keys)


def _wait(manifest: Manifest, key: RingKey, now: datetime, why: str) -> None:
    """Refuse what is too early for a key."""
    earliest = manifest.earliest(key)
    if earliest is not None and now < earliest:
        shown = earliest + timedelta(microseconds=999_999)  # not too early without the fraction
        raise RotationError(f"{why} before {shown:%Y-%m-%dT%H:%M:%SZ}; try again then", earliest)


def _make(directory: Path, algorithm: Algorithm, now: datetime, seal: Seal) -> RingKey:
    """Make a next key and its file."""
    key = algorithm.generate()
    public = type(key)(key.public_key, key.public_key)  # type: ignore[arg-type]
    # Of the public key alone: of a private one, joserfc makes text first.
    jwk = {**public.as_dict(private=False), "kid": public.thumbprint(), "alg": algorithm.name, "use": "sig"}
    encoded = without_frames(key.as_pem)(private=True, password=seal.file_password)
    kid, digest = public.thumbprint(), hashlib.sha256(encoded).hexdigest()
    write(directory / f"{kid}.pem", encoded, overwrite=False)
    return RingKey(kid, algorithm.name, _NEXT, now, None, None, None, MappingProxyType(jwk), digest)
