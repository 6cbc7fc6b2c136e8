"""Key rings: the keys of an issuer, in one directory, from their publication to their removal.

A key is next, active, retiring, and gone, or revoked; `KeyRing` says what each state means and how long it lasts.

What a ring on the disk withstands: a process that is killed at any step, a full disk, several processes that change it
at once, and anyone who changes it without the password. It does not withstand its replacement by an older copy of the
whole directory, which a process that starts afterwards cannot tell from the newest; a running one refuses it. Keep
the directory where nobody but the issuer can write.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from qynauth_pqc._buffers import Closable, join_secret, lend, readable, without_frames
from qynauth_pqc._extras import extra
from qynauth_pqc.auth._manifest import KID, SALT_BYTES, KeyState, Manifest, RingKey, Seal, salt_of
from qynauth_pqc.auth.algorithms import ALGORITHMS, algorithm_named
from qynauth_pqc.auth.errors import KeyRingError, RotationError
from qynauth_pqc.errors import ClosedError, InvalidLengthError, PQCError
from qynauth_pqc.formats._files import NewFile, write_files
from qynauth_pqc.formats._jwks import MOST_KEYS, to_jwks

with extra("auth"):
    from joserfc.errors import JoseError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from typing import Self

    from qynauth_pqc._buffers import BytesLike, Lent, SecretBytes
    from qynauth_pqc._key import StrPath
    from qynauth_pqc.auth.algorithms import Algorithm, JOSEKey

__all__ = ["KeyRing", "KeyState", "RingKey"]

_LONGEST_FILE = 1 << 22
_LONGEST_PASSWORD = 1024
_LONGEST_WAIT = 366 * 86400.0
_NEXT, _ACTIVE, _RETIRING, _REVOKED = KeyState
_OURS = re.compile(rf"{KID}\.pem|\.qynauth-pqc-[0-9a-f]{{16}}")  # private keys, and files that were being written


class KeyRing(Closable):
    """The keys of an issuer in a directory: encrypted private keys, and a manifest with their states.

    `rotate()` publishes a next key. When every verifier has had the time to fetch it, `activate()` lets it sign, and
    the key before it is retiring: published, so that its last tokens are accepted, until `remove()`. `revoke()` takes
    a key out of the published set at once, which verifiers notice within `max_age`.

    Threads and processes may share a ring. Each call sees what other processes changed before it.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, KeyRing.create(folder, b"password", ["EdDSA"]) as ring:
    ...     ring.rotate("ML-DSA-65").state.value, len(ring.jwks()["keys"])
    ('next', 2)
    """

    def __init__(self, directory: Path, password: Lent, clock: Callable[[], float]) -> None:
        """Read the manifest of a directory: `KeyRing.open()` and `KeyRing.create()` are for use."""
        self.directory = directory
        self._clock = clock
        self._password = _secret(password)
        self._seal = Seal(password, salt_of(_read(directory / "manifest"), str(directory)))
        self._manifest: Manifest | None = None
        self._file: tuple[int, ...] = ()
        self._loaded: dict[str, JOSEKey] = {}
        self._reading, self._loading = threading.RLock(), threading.Lock()
        self.refresh()

    @classmethod
    def create(
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
        """Make a ring with one key for each algorithm, active at once because nobody has fetched a set yet.

        Args:
            directory: where; it is made if it does not exist, and its parent must exist.
            password: of 1 to 1024 bytes. The private keys are encrypted with it, and the manifest is authenticated.
            algorithms: their names, each once, at least one.
            max_age: how long verifiers may keep the published set, in seconds.
            skew: by how much the clocks of issuers and verifiers may differ, in seconds.
            token_lifetime: the longest time that a token is valid, in seconds.
            experimental: `qynauth_pqc.jose_composite.DRAFT`, for hybrid algorithms.
            clock: the time in seconds since 1970, UTC.

        Returns:
            The new ring, open.

        Raises:
            KeyRingError: the directory holds a ring already, or a duration is out of range.
            UnsupportedError: an algorithm or the draft is unknown.
            InvalidLengthError: the password has another length.
            OSError: a file cannot be written. There is no ring then.
        """
        lent = lend(password, "password")
        del password
        path, secret = Path(directory), _secret(lent)
        chosen = [algorithm_named(each, experimental) for each in algorithms]
        if not chosen or len(set(chosen)) < len(chosen):
            raise KeyRingError("expected one algorithm or more, each once")
        empty = Manifest(1, *map(_seconds, (max_age, skew, token_lifetime)), experimental, (), {})
        path.mkdir(mode=0o700, exist_ok=True)
        with secret, Seal(lent, os.urandom(SALT_BYTES)) as seal, _locked(path):
            if (path / "manifest").exists():
                raise KeyRingError(f"{path}: holds a key ring already; open it, or name another directory")
            _sweep(path, ())
            made = [_make(path, each, _ACTIVE, _utc(clock()), secret) for each in chosen]
            manifest = replace(empty, keys=tuple(key for key, _ in made), digests={key.kid: sha for key, sha in made})
            _write(path / "manifest", seal.write(manifest))
        return cls(path, lent, clock)

    @classmethod
    def open(cls, directory: StrPath, password: BytesLike, *, clock: Callable[[], float] = time.time) -> Self:
        """Open the ring of a directory.

        Args:
            directory: where it is.
            password: its password.
            clock: the time in seconds since 1970, UTC.

        Raises:
            KeyRingError: there is no ring, it is damaged, or the password is wrong.
            OSError: the manifest cannot be read.
        """
        lent = lend(password, "password")
        del password
        return cls(Path(directory), lent, clock)

    @property
    def counter(self) -> int:
        """The number of the state that this object has read: 1 in a new ring, and one more after each change."""
        return self._state().counter

    @property
    def max_age(self) -> float:
        """How long verifiers may keep the published set, in seconds."""
        return self._state().max_age

    @property
    def skew(self) -> float:
        """By how much the clocks of issuers and verifiers may differ, in seconds."""
        return self._state().skew

    @property
    def token_lifetime(self) -> float:
        """The longest time that a token is valid, in seconds."""
        return self._state().token_lifetime

    @property
    def experimental(self) -> str | None:
        """The draft of hybrid keys, or None."""
        return self._state().experimental

    @property
    def keys(self) -> tuple[RingKey, ...]:
        """The keys that this object has read, in the order in which they were made."""
        return self._state().keys

    def earliest(self, kid: str) -> datetime | None:
        """Return from when on a next key may be activated, or a retiring or revoked one removed; None if active."""
        return self._state().earliest(_named(self._state(), kid))

    def refresh(self) -> bool:
        """Read the manifest again if another process has replaced it.

        Every method does, but the attributes show what was read last. Without a change, that is one look at the file.

        Returns:
            Whether it was replaced.

        Raises:
            KeyRingError: the new one is damaged, or older than the one before.
        """
        with self._reading:
            path, known = self.directory / "manifest", self._manifest
            file = _identity(path)
            if file == self._file and known is not None:
                self._state()
                return False
            manifest = self._seal.read(_read(path), str(self.directory))
            if known is not None and manifest != known and manifest.counter <= known.counter:
                raise KeyRingError(
                    f"{self.directory}: was replaced by an older state: number {manifest.counter} after "
                    f"{known.counter}; restore the newest"
                )
            self._manifest, self._file = manifest, file
            self._loaded = {kid: key for kid, key in self._loaded.items() if kid in manifest.digests}
            return True

    def rotate(self, algorithm: str) -> RingKey:
        """Make the next key of an algorithm and publish it, also for an algorithm that is new to the ring.

        Returns:
            The key, which can be activated `max_age` and `skew` later.

        Raises:
            RotationError: there is a next key already, or the ring is full.
            UnsupportedError: the algorithm is unknown.
        """
        with self._changing() as manifest:
            chosen = algorithm_named(algorithm, manifest.experimental)
            if manifest.find(algorithm, _NEXT):
                raise RotationError(f"{algorithm} has a next key already; activate or revoke it first")
            if len(manifest.keys) >= MOST_KEYS:
                raise RotationError(f"the ring has {MOST_KEYS} keys, the most there can be; remove old ones first")
            key, digest = _make(self.directory, chosen, _NEXT, self._now(), self._password)
            self._commit(manifest, (*manifest.keys, key), {**manifest.digests, key.kid: digest})
            return key

    def activate(self, algorithm: str) -> RingKey:
        """Let the next key of an algorithm sign. The active one is retiring from now on, and its private key deleted.

        Returns:
            The key that is active now.

        Raises:
            RotationError: there is no next key, or verifiers may not have fetched it yet: until `max_age` and `skew`
                after its publication.
            KeyRingError: the private key is damaged.
        """
        with self._changing() as manifest:
            key = manifest.find(algorithm, _NEXT)
            if key is None:
                raise RotationError(f"{algorithm} has no next key; rotate first")
            now = self._wait(manifest, key, "verifiers may not know the next key")
            self._private(manifest, key)  # or no token could be signed
            active = replace(key, state=_ACTIVE, activated=now)
            changed = {key.kid: active}
            if (old := manifest.find(algorithm, _ACTIVE)) is not None:
                changed[old.kid] = replace(old, state=_RETIRING, retired=now)
            self._commit(manifest, tuple(changed.get(each.kid, each) for each in manifest.keys))
            return active

    def remove(self, kid: str) -> None:
        """Forget a key that is retiring or revoked.

        Raises:
            RotationError: there is no such key, it is next or active, or tokens that it signed may still be in use:
                until `token_lifetime` and `skew` after it retired, and for a revoked one, `max_age` later.
        """
        with self._changing() as manifest:
            key = _named(manifest, kid)
            if key.state in (_NEXT, _ACTIVE):
                raise RotationError(f"the key is {key.state}; revoke it first")
            self._wait(manifest, key, "tokens of the key may still be in use")
            self._commit(manifest, tuple(each for each in manifest.keys if each is not key))

    def revoke(self, kid: str) -> RingKey:
        """Take a key out of the published set at once, and delete its private key. A second call changes nothing.

        Verifiers accept its tokens until they fetch the set again, at most `max_age` later. If it was active, nothing
        can sign with its algorithm until the next key is active.

        Returns:
            The key, which stays in the ring until it is removed.

        Raises:
            RotationError: there is no such key.
        """
        with self._changing() as manifest:
            key = _named(manifest, kid)
            if key.state is _REVOKED:
                return key
            revoked = replace(key, state=_REVOKED, revoked=self._now())
            self._commit(manifest, tuple(revoked if each is key else each for each in manifest.keys))
            return revoked

    def jwks(self) -> dict[str, list[dict[str, object]]]:
        """Return the JWK Set to publish: the keys that are next, active and retiring."""
        self.refresh()
        return to_jwks(each.jwk for each in self._state().keys if each.state is not _REVOKED)

    def cache_headers(self) -> dict[str, str]:
        """Return the headers of a response with the set: its type, how long it may be kept, and its ETag.

        Call it before `jwks()`: if the ring changes in between, caches then keep the new set under the old tag, and
        ask again, and never the old set under the new tag.
        """
        tag = hashlib.sha256(json.dumps(self.jwks(), sort_keys=True).encode()).hexdigest()
        return {
            "Content-Type": "application/jwk-set+json",
            "Cache-Control": f"public, max-age={int(self.max_age)}",
            "ETag": f'"{tag}"',
        }

    def signing_key(self, algorithm: str) -> JOSEKey:
        """Return the active private key of an algorithm. It is read from its file once, which takes half a second.

        Raises:
            RotationError: there is none.
            KeyRingError: its file is missing or damaged.
        """
        while True:
            self.refresh()
            manifest = self._state()
            key = manifest.find(algorithm, _ACTIVE)
            if key is None:
                raise RotationError(f"{algorithm} has no active key; rotate and activate one")
            try:
                return self._private(manifest, key)
            except KeyRingError:
                self.refresh()
                if self._state() is manifest:  # else another process has just deleted it
                    raise

    def close(self) -> None:
        """Wipe the password and what was derived from it. A second call does nothing."""
        self._password.close()
        self._seal.close()
        self._loaded = {}

    def __repr__(self) -> str:
        """Show where the ring is."""
        return f"<{type(self).__name__}: {str(self.directory)!r}>"

    def _state(self) -> Manifest:
        if self._password._closed or self._manifest is None:
            raise ClosedError(f"{type(self).__name__} is closed")
        return self._manifest

    def _now(self) -> datetime:
        return _utc(self._clock())

    def _wait(self, manifest: Manifest, key: RingKey, why: str) -> datetime:
        """Return the time, unless it is too early for the next step of a key."""
        now, earliest = self._now(), manifest.earliest(key)
        if earliest is not None and now < earliest:
            when = earliest.isoformat(timespec="seconds").replace("+00:00", "Z")
            raise RotationError(f"{why} before {when}; try again then", earliest)
        return now

    @contextmanager
    def _changing(self) -> Iterator[Manifest]:
        """Keep others from changing the ring, and lend its newest state."""
        self._state()
        with _locked(self.directory):
            self.refresh()
            yield self._state()

    def _commit(self, old: Manifest, keys: tuple[RingKey, ...], digests: Mapping[str, str] | None = None) -> None:
        """Replace the manifest, whose new files are on the disk, and delete the files that it no longer names."""
        signing = {each.kid for each in keys if each.state in (_NEXT, _ACTIVE)}
        kept = {kid: digest for kid, digest in (digests or old.digests).items() if kid in signing}
        new = replace(old, counter=old.counter + 1, keys=keys, digests=MappingProxyType(kept))
        _write(self.directory / "manifest", self._seal.write(new), overwrite=True)
        self.refresh()
        _sweep(self.directory, kept)

    def _private(self, manifest: Manifest, key: RingKey) -> JOSEKey:
        """Return a private key, from its file the first time."""
        with self._loading:
            if key.kid not in self._loaded:
                self._loaded[key.kid] = self._load(ALGORITHMS[key.algorithm], key.kid, manifest.digests[key.kid])
            return self._loaded[key.kid]

    def _load(self, algorithm: Algorithm, kid: str, digest: str) -> JOSEKey:
        path = self.directory / f"{kid}.pem"
        data = _read(path)
        if hashlib.sha256(data).hexdigest() != digest:
            raise KeyRingError(f"{path}: is not the file that the manifest names")
        try:
            key = without_frames(lambda: algorithm.load(data, self._password))  # type: ignore[arg-type]
        except (PQCError, JoseError, ValueError, TypeError) as error:
            raise KeyRingError(f"{path}: holds no key for {algorithm.name} under this password") from error
        if _public(key).thumbprint() != kid:
            raise KeyRingError(f"{path}: holds another key than its name says")
        return key


def _named(manifest: Manifest, kid: str) -> RingKey:
    for each in manifest.keys:
        if each.kid == kid:
            return each
    raise RotationError("the ring has no key with this kid")


def _secret(password: Lent) -> SecretBytes:
    """Return a copy of a password in memory that can be wiped."""
    size = len(readable(password.data, "password"))
    if not 0 < size <= _LONGEST_PASSWORD:
        raise InvalidLengthError(f"expected a password of 1 to {_LONGEST_PASSWORD} bytes, got {size}")
    return without_frames(lambda: join_secret(memoryview(readable(password.data, "password"))))


def _seconds(value: float) -> float:
    if not 0 <= value <= _LONGEST_WAIT:
        raise KeyRingError(f"expected max_age, skew and token_lifetime of 0 to {_LONGEST_WAIT:.0f} seconds")
    return float(value)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _public(key: JOSEKey) -> JOSEKey:
    """Return the public key of a key: joserfc would make text of the private one for a thumbprint."""
    return type(key)(key.public_key, key.public_key)  # type: ignore[arg-type]


def _make(
    path: Path, algorithm: Algorithm, state: KeyState, now: datetime, password: SecretBytes
) -> tuple[RingKey, str]:
    """Make a private key and its file, and return the key and the file's SHA-256 in hexadecimal."""
    key = algorithm.generate()
    public = _public(key)
    jwk = {**public.as_dict(private=False), "kid": public.thumbprint(), "alg": algorithm.name, "use": "sig"}
    encoded = without_frames(lambda: key.as_pem(private=True, password=password))  # type: ignore[arg-type]
    _write(path / f"{jwk['kid']}.pem", encoded)
    activated = now if state is _ACTIVE else None
    made = RingKey(str(jwk["kid"]), algorithm.name, state, now, activated, None, None, MappingProxyType(jwk))
    return made, hashlib.sha256(encoded).hexdigest()


def _write(path: Path, data: bytes, *, overwrite: bool = False) -> None:
    write_files([NewFile(path, data, secret=True)], overwrite=overwrite, hint="removing it")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise KeyRingError(f"{path}: is missing; check the path") from error
    if len(data) > _LONGEST_FILE:
        raise KeyRingError(f"{path}: expected at most {_LONGEST_FILE} bytes")
    return data


def _identity(path: Path) -> tuple[int, ...]:
    """Return numbers that differ when a file has been replaced."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise KeyRingError(f"{path}: is missing; check the path") from error
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Keep other threads and processes from changing a ring; the system ends it with the process, however it ends."""
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sweep(directory: Path, named: Collection[str]) -> None:
    """Delete the private keys that the manifest does not name, and what a process that was killed has left."""
    for path in directory.iterdir():
        if _OURS.fullmatch(path.name) and path.stem not in named:
            path.unlink(missing_ok=True)
