"""Problems of a key ring: in its directory, with its policy, and with the published set."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

from qynauth_pqc.auth._manifest import KeyState
from qynauth_pqc.auth._policy_words import instead, stand_in, tokens_of, turns
from qynauth_pqc.auth._published import read_published, setbacks
from qynauth_pqc.auth._ring_files import outdated, read_counter, strays
from qynauth_pqc.auth.errors import KeyRingError
from qynauth_pqc.auth.jwks import JWKSCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from qynauth_pqc.auth._manifest import Manifest, RingKey
    from qynauth_pqc.auth._published import Published
    from qynauth_pqc.auth._ring_state import RingState
    from qynauth_pqc.auth.policy import MigrationPolicy, PolicyRow

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def file_problems(directory: Path, manifest: Manifest, load: Callable[[RingKey], object]) -> list[str]:
    """Compare the files of a ring with its manifest, and decrypt each private key."""
    return [*_content_problems(manifest, load), *_stray_problems(directory, manifest), *access_problems(directory)]


def _content_problems(manifest: Manifest, load: Callable[[RingKey], object]) -> Iterator[str]:
    for key in manifest.keys:
        if key.file is not None:
            try:
                load(key)
            except KeyRingError as error:
                yield f"{key.state} key {key.kid}: {error}"


def _stray_problems(directory: Path, manifest: Manifest) -> Iterator[str]:
    for name in outdated(directory, manifest.keys):
        yield f"{directory / name}: the ring needs this private key no longer, and could not delete it; delete it"
    for name in strays(directory, manifest.keys):
        yield (
            f"{directory / name}: the manifest does not know this private key: it is an old one, or a change was "
            "killed; restore the newest manifest or, if it is the newest, delete the file"
        )
    if read_counter(directory) != manifest.counter:
        yield (
            f"{directory / 'counter'}: does not have the number of the manifest, {manifest.counter}, by which an older "
            "one would be noticed; the next process that opens the ring writes it"
        )


def access_problems(directory: Path) -> Iterator[str]:
    """Yield the files of a ring that other users may use, or that belong to another user than the directory."""
    if os.name != "posix":  # elsewhere, the modes have no meaning
        return
    owner = directory.stat()
    for path in (directory, *sorted(directory.iterdir())):
        try:
            status = owner if path is directory else path.lstat()
        except FileNotFoundError:  # another process has finished a change
            continue
        if status.st_mode & _OTHERS and not stat.S_ISLNK(status.st_mode):  # the modes of links mean nothing
            yield f"{path}: mode {stat.S_IMODE(status.st_mode):04o} lets others use it; run chmod go="
        if status.st_uid != owner.st_uid:
            yield f"{path}: belongs to another user than the directory; run chown --reference={directory}"


def time_problems(manifest: Manifest, now: datetime) -> Iterator[str]:
    """Yield the keys with times from a wrong clock, except for revoked keys, which wait for nothing."""
    skew, newest = timedelta(seconds=manifest.skew), datetime.min.replace(tzinfo=UTC)
    for key in manifest.keys:
        if key.state is KeyState.REVOKED:
            continue
        steps = [newest, *(each for each in (key.published, key.activated, key.retired) if each)]
        begin, hint = f"{key.state} key {key.kid}: its time of", "set the clock or, if it is right now, revoke the key"
        if steps[-1] > now + skew:
            again = "set the clock or, if it is right now, activate the key, so that its wait begins again"
            hint = again if manifest.was_ahead(key, now) else hint
            yield f"{begin} {_written(steps[-1])} is later than now, and the next step waits for it; {hint}"
        elif wrong := [later for earlier, later in pairwise(steps) if later + skew < earlier]:
            yield f"{begin} {_written(wrong[0])} is earlier than the previous step, and the next comes early; {hint}"
        if key.published <= now + skew:
            newest = max(newest, key.published)


class Failure(NamedTuple):
    """A failure by a policy, the time when it begins, or None if it depends on no time, and if an older row signs."""

    since: datetime | None
    what: str
    stands_in: bool = False


def ring_failures(policy: MigrationPolicy, ring: RingState, now: datetime, issuer: str | None = None) -> list[Failure]:
    """Return the tokens of a policy, or of its rows of an issuer, that a ring cannot sign, the earliest first.

    The ring is not read again.
    """
    found, manifest = [], ring._newest(read=False)
    lead = timedelta(seconds=manifest.max_age + manifest.skew)
    keys = {(each.algorithm, each.state): each for each in manifest.keys}
    has_had = cache(ring.has_had)
    for number, row, since, times in _turns(policy, now, issuer):
        active, following = (keys.get((row.algorithm.name, each)) for each in (KeyState.ACTIVE, KeyState.NEXT))
        if active is None:
            hint = f"rotate before {_written(since - lead)}, and activate the key after it" if since > now else "rotate"
            hint = "activate its next key" if following else hint
            olds = [None if policy.strict else stand_in(rows, begin, has_had) for begin, rows in times]
            old = olds[0] if all(olds) else None  # or some audience fails
            what = f"{_begin(number, row, since, old)} the ring has no active key; {hint}"
            found.append(Failure(since, what, stands_in=bool(old)))
        elif row.thumbprints and active.thumbprint not in row.thumbprints:
            found.append(Failure(since, f"{_begin(number, row, since)} the thumbprints lack the active key"))
        if following and row.thumbprints and following.thumbprint not in row.thumbprints:
            hint = "add it before it is activated"
            found.append(
                Failure(None, f"row {number}: the thumbprints lack the next key, {following.thumbprint}; {hint}")
            )
    return in_order(found)


def set_failures(policy: MigrationPolicy, jwks: bytes, now: datetime) -> list[Failure]:
    """Return the tokens of a policy without a key in a published set, and when failures begin, the earliest first."""
    cache = JWKSCache(lambda: jwks, experimental=policy.experimental)
    keys = [key for kid in read_published(jwks).keys if (key := cache.key(kid))]
    found = []
    for number, row, since, _ in _turns(policy, now):
        prints = {key.thumbprint for key in keys if row.algorithm in key.algorithms}
        if not prints:
            what = "the published set has no key; publish it before the issuer signs"
        elif row.thumbprints and not prints & row.thumbprints:
            what = "the published set has none of the keys of its thumbprints"
        else:
            continue
        found.append(Failure(since, f"{_begin(number, row, since)} {what}"))
    return in_order(found)


def _turns(
    policy: MigrationPolicy, now: datetime, issuer: str | None = None
) -> Iterator[tuple[int, PolicyRow, datetime, list[tuple[datetime, tuple[PolicyRow, ...]]]]]:
    """Yield the rows that sign, with their numbers, their first times, now or later, and each time by an audience."""
    numbers = {id(row): number for number, row in enumerate(policy.rows, 1)}
    times: dict[int, list[tuple[datetime, tuple[PolicyRow, ...]]]] = {}
    for rows in policy.groups():
        if issuer not in (None, rows[0].issuer):
            continue
        for (begin, signer), (end, _) in pairwise([*turns(rows), (None, None)]):
            if begin and signer and (end is None or end > now):
                times.setdefault(numbers[id(signer)], []).append((max(begin, now), rows))
    for number, found in sorted(times.items(), key=lambda each: each[0]):
        yield number, policy.rows[number - 1], min(since for since, _ in found), found


def _begin(number: int, row: PolicyRow, since: datetime, old: PolicyRow | None = None) -> str:
    tokens = f"{tokens_of(row.issuer, row.audiences)} with {row.algorithm.name} fail"
    return f"row {number}: from {_written(since)} on, {instead(row, old) if old else tokens}:"


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def in_order(found: list[Failure]) -> list[Failure]:
    """Return failures in the order of their times; failures without a time are last."""
    return sorted(found, key=lambda each: each.since or datetime.max.replace(tzinfo=UTC))


def published_problems(published: Published, manifest: Manifest, now: datetime) -> list[str]:
    """Compare the published set with a ring. Recent changes may be missing in the set for `max_age`."""
    return list(chain(setbacks(published, manifest), _missing(published, manifest, now)))


def _missing(published: Published, manifest: Manifest, now: datetime) -> Iterator[str]:
    if published.counter is None:
        yield "the published set has no qynauth_counter, by which an older copy of the ring would be noticed"
    seen = now - timedelta(seconds=manifest.max_age + manifest.skew)
    for key in manifest.keys:
        if key.changed > seen:
            continue
        if key.state is KeyState.REVOKED:
            if key.kid in published.keys:
                yield f"the revoked key {key.kid} is still published"
        elif key.kid not in published.keys:
            yield f"the {key.state} key {key.kid} is not published"
