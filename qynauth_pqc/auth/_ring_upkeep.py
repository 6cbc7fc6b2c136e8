"""The upkeep of a key ring as a whole: its durations, its password, its checks, and recovery from a loss."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qynauth_pqc.auth._checks import file_problems, published_problems, ring_failures, time_problems
from qynauth_pqc.auth._manifest import SALT_BYTES, KeyState, RingKey, Seal
from qynauth_pqc.auth._published import MOST_STATES, read_published
from qynauth_pqc.auth._ring_files import unchanged
from qynauth_pqc.auth._ring_keys import encrypted
from qynauth_pqc.auth._ring_state import RingState, named, replaced
from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.errors import JWKSError, KeyRingError
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import without_frames, without_own_frames

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from qynauth_pqc.extend import BytesLike

_LONGEST_WAIT = 366 * 86400


class RingUpkeep(RingState):
    """The methods of a ring that change its durations and its password, check it and recover it."""

    def configure(self, *, max_age: float | None = None, token_lifetime: float | None = None) -> None:
        """Change the durations. Keys wait for the longer of the old and the new durations.

        Args:
            max_age: how long verifiers may keep the published set, in seconds. None leaves it unchanged.
            token_lifetime: the longest time that a token is valid, in seconds. None leaves it unchanged.

        Raises:
            KeyRingError: a duration is out of range.
        """
        given = (("max_age", max_age, "sets_until"), ("token_lifetime", token_lifetime, "tokens_until"))
        wanted = [(name, seconds, until) for name, seconds, until in given if seconds is not None]
        check_durations(**{name: seconds for name, seconds, _ in wanted})
        with self._changing() as change:
            changed: dict[str, Any] = {}
            for name, seconds, until in wanted:
                changed[name], before = float(seconds), getattr(change.manifest, name)
                if seconds < before:
                    over = change.now + timedelta(seconds=before)
                    changed[until] = max(getattr(change.manifest, until) or over, over)
            if changed:
                change.commit(change.manifest.keys, **changed)

    @without_frames
    def change_password(self, password: BytesLike) -> None:
        """Encrypt the ring with another password. Other processes that have it open must open it again.

        Anyone with the old password and the old files has the keys: if the password leaked, also replace the keys.

        Args:
            password: the new password, 1 to 1024 bytes.

        Raises:
            KeyRingError: a private key is missing or damaged. The password is unchanged then.
            InvalidLengthError: the password has another length.
        """
        seal = Seal(password, os.urandom(SALT_BYTES))
        with self._changing() as change, self._reading:
            keys = []
            for each in change.manifest.keys:
                keys.append(each)
                if each.sha256 is not None:
                    data = encrypted(self._private(each), seal.file_password)
                    keys[-1] = replace(each, sha256=hashlib.sha256(data).hexdigest())
                    change.add(keys[-1], data)
            change.commit(tuple(keys), seal=seal)
            self._seal, old = seal, self._opened()
            old.close()

    @without_own_frames
    def catch_up(self, published: Mapping[str, object] | str | bytes) -> list[RingKey]:
        """Continue with an older copy of a ring, if the newest state is lost.

        Keys are revoked if the published set names them as revoked or no longer has them. The numbers of states
        continue from the number in the set. Keys made after the copy are lost.

        Args:
            published: the newest JWK Set of the issuer.

        Returns:
            The keys that were revoked.

        Raises:
            JWKSError: the set is malformed, or has a number of a state that no ring reaches.
        """
        shown = read_published(published)
        if shown.counter is None:
            raise JWKSError("the published set has no qynauth_counter; publish what jwks() returns")
        if shown.counter > MOST_STATES:
            raise JWKSError(
                "the published set is not of this ring: the number of its state is one that no ring gets to"
            )
        with self._changing() as change:
            keys, gone = change.manifest.keys, set(shown.revoked)
            if shown.counter >= change.manifest.counter:  # an older set may lack newer keys
                gone |= {each.kid for each in keys} - shown.keys.keys()
            back = [each for each in keys if each.kid in gone and each.state is not KeyState.REVOKED]
            for each in back:
                keys = replaced(keys, replace(each, state=KeyState.REVOKED, revoked=change.now, sha256=None))
            counter = max(shown.counter, change.manifest.counter) + 1
            change.commit(keys, counter=counter, algorithms=tuple(ALGORITHMS))  # the lost states may have had any
            return [named(self._newest(), each.kid) for each in back]

    @without_own_frames
    def check(
        self, policy: MigrationPolicy | None = None, published: Mapping[str, object] | str | bytes | None = None
    ) -> list[str]:
        """Return the problems of the ring, in sentences; nothing if the ring is healthy.

        It compares the manifest with the files, which it decrypts, with the clock, and with the policy and the
        published set.

        Args:
            policy: the policy of the issuer.
            published: the JWK Set at its URL.

        Raises:
            KeyRingError: the manifest is damaged, or older than the one before.
            JWKSError: the published set is malformed.
        """
        expect(policy, (MigrationPolicy, type(None)), "policy")
        now = datetime.fromtimestamp(self.clock(), UTC)
        with unchanged(self.directory):
            manifest = self._newest()
            found = [*file_problems(self.directory, manifest, self._load), *time_problems(manifest, now)]
        if policy is not None:
            found += [each.what for each in ring_failures(policy, self, now)]
        if published is not None:
            found += published_problems(read_published(published), manifest, now)
        return found


def check_durations(**durations: float) -> None:
    """Refuse durations of a ring that are out of range."""
    for name, seconds in durations.items():
        expect(seconds, (int, float), name)
    if not all(0 <= each <= _LONGEST_WAIT for each in durations.values()):
        raise KeyRingError(f"expected max_age, skew and token_lifetime of 0 to {_LONGEST_WAIT} seconds")
