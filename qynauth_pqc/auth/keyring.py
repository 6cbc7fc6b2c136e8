"""Key rings: the keys of an issuer, in one directory, from their publication to their removal.

A ring withstands a process that is killed at any step, a full disk, several processes that change it at once, an older
manifest in place of the newest, and changes by anyone without the password. A running process, or a comparison with the
published set, notices an older copy of the whole directory.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from qynauth_pqc.auth._checks import access_problems
from qynauth_pqc.auth._manifest import SALT_BYTES, KeyState, Manifest, RingKey, Seal, is_kid, salt_of
from qynauth_pqc.auth._private_keys import generate
from qynauth_pqc.auth._published import JWKSet, publish, read_published
from qynauth_pqc.auth._ring_files import LOST, has_keys, locked, private_files, read, write
from qynauth_pqc.auth._ring_keys import imported, ring_key
from qynauth_pqc.auth._ring_state import named, replaced, save
from qynauth_pqc.auth._ring_upkeep import RingUpkeep, check_durations
from qynauth_pqc.auth.algorithms import Mode, algorithm_named
from qynauth_pqc.auth.errors import KeyRingError, RotationError
from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.extend import MOST_JWKS, path_of, without_frames, without_own_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Self, TypeVar

    from qynauth_pqc.auth._private_keys import PrivateKey, PublicKey, Sign
    from qynauth_pqc.auth.algorithms import Algorithm
    from qynauth_pqc.extend import BytesLike, StrPath
    from qynauth_pqc.signer import Signer

    T = TypeVar("T")

__all__ = ["JWKSet", "KeyRing", "KeyState", "RingKey"]

_NEXT, _ACTIVE, _RETIRING, _REVOKED = KeyState


class KeyRing(RingUpkeep):
    """The keys of an issuer in a directory: encrypted private keys, and a manifest with their states.

    `rotate()` publishes a next key. When every verifier has had time to fetch it, `activate()` lets it sign, and the
    previous key is retiring: it stays published until `remove()`, so that its last tokens are accepted. `revoke()`
    takes a key out of the published set at once; verifiers notice within `max_age`.

    Threads and processes may share a ring, also after a fork: every method sees earlier changes by others. A change
    that cannot be written raises `OSError`. Files belong to the owner of the directory, even if root changes the ring.

    Attributes:
        directory: where it is.
        clock: the time in seconds since 1970, UTC.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, KeyRing.create(folder, b"password", ["EdDSA"]) as ring:
    ...     ring.rotate("ML-DSA-65").state.value, len(ring.jwks()["keys"])
    ('next', 2)
    """

    @classmethod
    @without_frames
    def create(  # noqa: PLR0913 - the first state of a ring
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
            directory: the directory; it is made if it does not exist, and its parent must exist.
            password: the password, 1 to 1024 bytes.
            algorithms: the names of the algorithms. Without any, the ring is empty, for keys to import.
            max_age: how long verifiers may keep the published set, in seconds.
            skew: the largest difference between clocks, in seconds.
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
        check_several(algorithms, "algorithms")
        chosen = [algorithm_named(each, experimental) for each in algorithms]
        if len(set(chosen)) < len(chosen):
            raise KeyRingError("expected each algorithm once")
        check_durations(max_age=max_age, skew=skew, token_lifetime=token_lifetime)
        seal = Seal(password, os.urandom(SALT_BYTES))
        if not path.is_dir():
            path.mkdir(mode=0o700, exist_ok=True)
            path.chmod(0o700)  # the umask may keep the owner out
        with locked(path) as found:
            _check_vacant(path)
            now = datetime.fromtimestamp(clock(), UTC)
            first = Manifest(1, float(max_age), float(skew), float(token_lifetime), experimental, ())
            made = [ring_key(each, generate(each), None, seal.file_password, now) for each in chosen]
            keys = tuple(replace(key, state=_ACTIVE, activated=now) for key, _ in made)
            try:
                for key, data in made:
                    write(found, path / str(key.file), data)
                save(found, path, seal.write(replace(first, keys=keys)), 1)
            except BaseException:
                if not os.path.lexists(path / "manifest"):
                    for key, _ in made:
                        with suppress(FileNotFoundError):
                            os.unlink(str(key.file), dir_fd=found)
                raise
        return cls(path, seal, clock)

    @classmethod
    @without_frames
    def open(
        cls,
        directory: StrPath,
        password: BytesLike,
        *,
        published: Mapping[str, object] | str | bytes | None = None,
        signers: Iterable[Signer] = (),
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Open the ring in a directory. A warning is logged if other users may use its files.

        Args:
            directory: where it is.
            password: its password.
            published: the newest JWK Set of the issuer, as its URL returns it. An older copy of the ring that published
                it is refused, even if it replaces the ring later.
            signers: one for each remote key that will sign. Every signing thread uses them, and they are not closed.
            clock: the time in seconds since 1970, UTC.

        Raises:
            KeyRingError: there is no ring, it is damaged or an older copy, or the password is wrong.
            JWKSError: the published set is malformed.
            OSError: its manifest cannot be read.
        """
        path = Path(path_of(directory))
        check_several(signers, "signers")
        shown = None if published is None else read_published(published)
        ring = cls(path, Seal(password, salt_of(read(path / "manifest"), str(path))), clock, signers, shown)
        with suppress(OSError):
            for problem in access_problems(path):
                logging.getLogger("qynauth_pqc.auth").warning("%s", problem)
        return ring

    def rotate(self, algorithm: str, *, experimental: str | None = None) -> RingKey:
        """Make and publish the next key of an algorithm, which may be new to the ring.

        Args:
            algorithm: its name.
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, for the first hybrid key of the ring.

        Raises:
            RotationError: there is a next key already, or there are 256 keys.
            UnsupportedError: the algorithm or the draft is unknown.
        """
        return self._add(algorithm, experimental, lambda chosen: (generate(chosen), None))

    @without_frames
    def import_key(  # noqa: PLR0913 - the properties of a key of another program
        self,
        algorithm: str,
        key: Mapping[str, object] | BytesLike,
        *,
        kid: str | None = None,
        password: BytesLike | None = None,
        active: bool = False,
        remote: bool = False,
        experimental: str | None = None,
    ) -> RingKey:
        """Import a private key of another program, with its kid, and publish it; or a remote key, by its public key.

        Args:
            algorithm: the name of its algorithm.
            key: PEM, a JWK, or the JSON of a JWK.
            kid: its name, printable text of 1 to 128 bytes in UTF-8; by default the kid of the JWK, or else its
                thumbprint.
            password: the password of encrypted PEM.
            active: let it sign at once, since every verifier knows it already. Otherwise it is a next key.
            remote: the private key stays elsewhere, such as in a KMS, and a signer signs with it: see `open()`. It is
                for ML-DSA or a hybrid algorithm, and `key` is its public key.
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, for the first hybrid key of the ring.

        Raises:
            RotationError: the algorithm has a next key or, with `active`, an active one; the ring has had the key or
                the kid; or there are 256 keys.
            KeyRingError: it is no private key of the algorithm, or no public key for a remote key; the password is
                wrong; or the kid is not valid.
            UnsupportedError: the algorithm or the draft is unknown, or the algorithm of a remote key is classical.
        """
        expect(kid, (str, type(None)), "kid")
        expect(active, bool, "active")
        expect(remote, bool, "remote")

        def take(chosen: Algorithm) -> tuple[PrivateKey | PublicKey, str | None]:
            if remote and chosen.mode is Mode.CLASSICAL:
                raise UnsupportedError(f"expected ML-DSA or a hybrid algorithm for a remote key, got {chosen.name}")
            found, its_own = imported(chosen, key, password, remote=remote)
            name = its_own if kid is None else kid
            if not (name is None or is_kid(name)):
                raise KeyRingError("expected a kid of printable text of 1 to 128 bytes in UTF-8")
            return found, name  # type: ignore[return-value]

        return self._add(algorithm, experimental, take, _ACTIVE if active else _NEXT)

    def _add(
        self,
        algorithm: str,
        experimental: str | None,
        make: Callable[[Algorithm], tuple[PrivateKey | PublicKey, str | None]],
        state: KeyState = _NEXT,
    ) -> RingKey:
        with self._changing() as change:
            manifest = change.manifest
            chosen = algorithm_named(algorithm, manifest.experimental if experimental is None else experimental)
            if manifest.find(algorithm, state):
                which = (
                    "a next key already; activate or revoke it"
                    if state is _NEXT
                    else "an active key already; revoke it"
                )
                raise RotationError(f"{algorithm} has {which} first")
            if len(manifest.keys) >= MOST_JWKS:
                raise RotationError(f"the ring has {MOST_JWKS} keys, the maximum; remove old ones first")
            key, data = ring_key(chosen, *make(chosen), self._opened().file_password, change.now)
            if any(each.kid == key.kid or each.thumbprint == key.thumbprint for each in manifest.keys):
                raise RotationError(f"the ring has the key, or another with its kid, {key.kid}; it is not imported")
            if state is _ACTIVE:
                key = replace(key, state=state, activated=change.now)
            if data:
                change.add(key, data)
            change.commit((*manifest.keys, key), experimental=chosen.experimental or manifest.experimental)
            return key

    def activate(self, algorithm: str) -> RingKey:
        """Let the next key of an algorithm sign. The active key becomes retiring, and its private key is deleted.

        Raises:
            RotationError: there is no next key, or verifiers may lack it: `max_age` and `skew` must have passed. If it
                alone is from the future, the clock was ahead: the key is published again from now on.
            KeyRingError: the private key is damaged.
        """
        expect(algorithm, str, "algorithm")
        with self._changing() as change:
            manifest = change.manifest
            key = manifest.find(algorithm, _NEXT)
            if key is None:
                raise RotationError(f"{algorithm} has no next key; rotate first")
            if manifest.was_ahead(key, change.now):
                key = replace(key, published=change.now)
                change.commit(replaced(manifest.keys, key))
                why = "the clock was ahead when the key was published, so its wait begins again: verifiers may lack it"
                raise _early(manifest.earliest(key) or change.now, why)
            _wait(manifest, key, change.now, "verifiers may lack the next key")
            if not key.remote:  # another process may have its signer
                self._private(key)  # or no token could be signed
            active, old = replace(key, state=_ACTIVE, activated=change.now), manifest.find(algorithm, _ACTIVE)
            retiring = old and replace(old, state=_RETIRING, retired=change.now, sha256=None)
            change.commit(replaced(replaced(manifest.keys, active), retiring))
            return active

    def remove(self, kid: str) -> None:
        """Forget a key that is retiring or revoked.

        Raises:
            RotationError: there is no such key, or its tokens may be in use: `token_lifetime` and `skew`, and for a
                revoked key also `max_age`, must have passed.
            KeyRingError: its private key cannot be deleted.
        """
        with self._changing() as change:
            key = named(change.manifest, kid)
            if key.state in (_NEXT, _ACTIVE):
                hint = "activate the next key first, or revoke it" if key.state is _ACTIVE else "revoke it first"
                raise RotationError(f"the key is {key.state}; {hint}")
            _wait(change.manifest, key, change.now, "tokens of the key may be in use")
            self._check_deleted(key)
            change.commit(tuple(each for each in change.manifest.keys if each is not key))

    def prune(self) -> list[RingKey]:
        """Forget all keys that `remove()` would accept now, and return them.

        Raises:
            KeyRingError: a private key cannot be deleted.
        """
        with self._changing() as change:
            done = [each for each in change.manifest.keys if each.state in (_RETIRING, _REVOKED)]
            done = [each for each in done if (change.manifest.earliest(each) or change.now) <= change.now]
            for each in done:
                self._check_deleted(each)
            if done:
                change.commit(tuple(each for each in change.manifest.keys if each not in done))
            return done

    def revoke(self, kid: str) -> RingKey:
        """Take a key out of the published set and delete its private key. A second call changes nothing.

        If it was active, no key signs with its algorithm until the next key is active.

        Returns:
            The key, which stays in the ring until it is removed.

        Raises:
            RotationError: there is no such key.
            KeyRingError: it is revoked, but its private key cannot be deleted.
        """
        with self._changing() as change:
            key = named(change.manifest, kid)
            if key.state is not _REVOKED:
                key = replace(key, state=_REVOKED, revoked=change.now, sha256=None)
                change.commit(replaced(change.manifest.keys, key))
        self._check_deleted(key)
        return key

    def _check_deleted(self, key: RingKey) -> None:
        for name, thumbprint in private_files(self.directory).items():
            if thumbprint == key.thumbprint:
                path = self.directory / name
                raise KeyRingError(f"{path}: the key is {key.state}, but its file cannot be deleted; delete it")

    def jwks(self) -> JWKSet:
        """Return the JWK Set to publish: the next, active and retiring keys.

        It has two more members, which other programs ignore (RFC 7517, section 5): the kids of the revoked keys as
        "qynauth_revoked", since a set without them does not distinguish revoked from removed keys, and the `counter` as
        "qynauth_counter".
        """
        return publish(self._newest())

    @without_own_frames
    def cache_headers(self, jwks: Mapping[str, object]) -> dict[str, str]:
        """Return the headers of a response with a set: its type, how long to keep it, and its ETag.

        Args:
            jwks: the set of the response: the result of `jwks()`, perhaps with other keys.
        """
        tag = hashlib.sha256(json.dumps(jwks, sort_keys=True).encode()).hexdigest()
        kept = f"public, max-age={int(self.max_age)}"
        return {"Content-Type": "application/jwk-set+json", "Cache-Control": kept, "ETag": f'"{tag}"'}

    def signer(self, algorithm: str, *, refresh: bool = True) -> tuple[RingKey, Sign]:
        """Return the active key of an algorithm, and the function that signs a message with it.

        The first call reads its file. The function verifies each signature of a remote key, and raises the errors of
        its signer.

        Args:
            algorithm: its name.
            refresh: read the manifest first if it has been replaced. Otherwise the state that was read last applies:
                see `outage()`.

        Raises:
            RotationError: there is none.
            KeyRingError: its file is missing or damaged, or the ring was opened without its signer.
        """
        expect(refresh, bool, "refresh")
        return self._active(algorithm, self._sign, refresh=refresh)

    def signing_key(self, algorithm: str) -> PrivateKey:
        """Return the active private key of an algorithm: a key of this package or, if classical, of `cryptography`.

        Raises the errors of `signer()`, also for a remote key.
        """
        return self._active(algorithm, self._private)[1]

    def _active(self, algorithm: str, use: Callable[[RingKey], T], *, refresh: bool = True) -> tuple[RingKey, T]:
        expect(algorithm, str, "algorithm")
        while True:
            manifest = self._newest(read=refresh)
            key = manifest.find(algorithm, _ACTIVE)
            if key is None:
                raise RotationError(f"{algorithm} has no active key; rotate and activate one")
            try:
                return key, use(key)
            except KeyRingError:
                if self._newest() is manifest:  # and another process has not just deleted the file
                    raise


def check_several(value: object, name: str) -> None:
    """Refuse a text or bytes in the place of several items."""
    if isinstance(value, (str, bytes, bytearray, memoryview)):  # iterating over these yields no items
        raise TypeError(f"{name} must be an iterable of {name}, not {type(value).__name__}")


def _check_vacant(path: Path) -> None:
    """Refuse a directory with a ring or the keys of a ring, or that others may use."""
    if os.path.lexists(path / "manifest"):
        raise KeyRingError(f"{path}: holds a key ring already; open it, or name another directory")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):  # anyone who may read it may lock it, too
        raise KeyRingError(f"{path}: others may use the directory; run chmod 700 on it, or name a new one")
    if has_keys(path):
        raise KeyRingError(f"{path}: {LOST}")


def _wait(manifest: Manifest, key: RingKey, now: datetime, why: str) -> None:
    """Refuse a step of a key that is too early."""
    earliest = manifest.earliest(key)
    if earliest is not None and now < earliest:
        raise _early(earliest, why)


def _early(earliest: datetime, why: str) -> RotationError:
    shown = earliest + timedelta(microseconds=999_999)  # not too early without the fraction
    return RotationError(f"{why} before {shown:%Y-%m-%dT%H:%M:%SZ}; try again then", earliest)
