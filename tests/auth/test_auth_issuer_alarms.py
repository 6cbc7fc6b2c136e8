"""An issuer without a key, or without its ring, goes on for a while with alarms; damage is never a silent downgrade."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import shutil
import threading
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from auth_fixtures import AUDIENCE, DEADLINE, ISSUER, POST_QUANTUM, START, Clock, Verifying, policy_text, row
from joserfc import jws
from test_auth_keyring import quick_passwords

from qynauth_pqc.auth import Alarm, KeyRing, KeyRingError, MigrationPolicy, Readiness, RotationError, TokenIssuer
from qynauth_pqc.auth import _ring_state as ring_state
from qynauth_pqc.auth._ring_files import locked, strays
from qynauth_pqc.auth.errors import PolicyError
from qynauth_pqc.auth.events import TokenEvent

__all__ = ["quick_passwords"]  # pytest uses it for every test here

EDDSA, HYBRID, PASSWORD, DAY = "EdDSA", "ML-DSA-65-Ed25519", b"password", timedelta(days=1)
TURN = START + 20 * DAY
"""When the turn of ML-DSA-65 comes; EdDSA is accepted until `DEADLINE`, ten days later."""
ROWS = policy_text(row(EDDSA, sign_from=START - DAY, until=DEADLINE), row(POST_QUANTUM, sign_from=TURN))
INSTEAD = f"tokens of {ISSUER} for orders are signed with EdDSA instead of ML-DSA-65, until 31 January 2027 00:00 UTC"


class Issuing:
    """An issuer with a ring in a directory, and its clock, events and log."""

    def __init__(self, directory: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
        """Make a ring with a classical key."""
        self.clock, self.events, self.caplog = clock, list[TokenEvent](), caplog
        self.ring = KeyRing.create(directory, PASSWORD, [EDDSA], clock=clock)
        self.follow(ROWS)

    def follow(self, policy: str) -> None:
        """Let the issuer follow another policy."""
        self.issuer = TokenIssuer(self.ring, MigrationPolicy.parse(policy), ISSUER, observe=self.events.append)

    def reopen(self) -> None:
        """Start again, like another process."""
        self.ring.close()
        self.ring = KeyRing.open(self.ring.directory, PASSWORD, clock=self.clock)
        self.follow(ROWS)

    def issue(self) -> str:
        """Return the algorithm of a token."""
        header, _, _ = self.issuer.issue("frodo", AUDIENCE).partition(".")
        return str(json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))["alg"])

    def verdicts(self) -> list[str]:
        """Return the events since the last call."""
        found = [f"{event.algorithm} {event.verdict}" for event in self.events]
        self.events.clear()
        return found

    def logged(self) -> list[tuple[int, str]]:
        """Return what was logged since the last call."""
        found = [(each.levelno, each.getMessage()) for each in self.caplog.records]
        self.caplog.clear()
        return found


@pytest.fixture
def issuing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Issuing]:
    """Yield an issuer at the turn of an algorithm for which its ring has never had a key."""
    caplog.set_level(logging.WARNING, "qynauth_pqc.auth")
    made = Issuing(tmp_path / "ring", Clock(TURN), caplog)
    yield made
    made.ring.close()


# No key for the algorithm whose turn it is


def test_issuer_goes_on_with_the_old_algorithm_until_its_deadline(issuing: Issuing) -> None:
    """Verifiers accept the tokens; each causes an alarm, and the log has one in five minutes."""
    verifying = Verifying(ROWS, jwks=issuing.ring.jwks())
    for seconds, lines in ((0, 1), (299, 0), (1, 1)):
        issuing.clock.now += seconds
        verifying.clock.now = issuing.clock.now
        assert verifying.verify(issuing.issuer.issue("frodo", AUDIENCE)).algorithm == EDDSA
        assert issuing.verdicts() == ["EdDSA issued", "ML-DSA-65 old_algorithm"]
        message = f"{INSTEAD}: the ring has no active key for it; rotate and activate one"
        assert issuing.logged() == [(logging.ERROR, message)] * lines
    state, [problem] = issuing.issuer.readiness()
    assert (state, INSTEAD in problem) == ("degraded", True)
    issuing.clock.now = DEADLINE.timestamp() - 1
    token = jws.extract_compact(issuing.issuer.issue("frodo", AUDIENCE).encode())
    assert json.loads(token.payload)["exp"] == DEADLINE.timestamp()
    issuing.clock.now += 1
    with pytest.raises(RotationError, match="ML-DSA-65 has no active key; rotate and activate one"):
        issuing.issue()
    assert issuing.issuer.readiness().state == "failing"


def test_alarm_begins_fourteen_days_before(issuing: Issuing) -> None:
    """It is a warning until the turn comes, and ends when the key is active."""
    issuing.clock.now = (TURN - 14 * DAY).timestamp() - 1
    assert issuing.issue() == EDDSA
    assert (issuing.verdicts(), issuing.logged()) == (["EdDSA issued"], [])
    assert issuing.issuer.readiness() == Readiness("ready", ())
    issuing.clock.now += 1
    assert issuing.issue() == EDDSA
    assert issuing.verdicts() == ["EdDSA issued", "ML-DSA-65 key_missing"]
    what = f"from 2027-01-21T00:00:00Z on, tokens of {ISSUER} for orders need ML-DSA-65, and the ring has no active key"
    assert issuing.logged() == [(logging.WARNING, f"{what} for it")]
    assert issuing.issuer.readiness().state == "degraded"
    issuing.ring.rotate(POST_QUANTUM)
    issuing.issue()
    assert issuing.verdicts() == ["EdDSA issued", "ML-DSA-65 key_missing"]
    issuing.clock.now += 360
    issuing.ring.activate(POST_QUANTUM)
    issuing.issue()
    assert (issuing.verdicts(), issuing.issuer.readiness()) == (["EdDSA issued"], ("ready", ()))


def test_old_algorithm_signs_for_lack_of_two_keys(issuing: Issuing) -> None:
    """An algorithm between the two, for which the ring has had a key, is not skipped."""
    three = policy_text(
        row(EDDSA, sign_from=START - DAY, until=DEADLINE),
        row(HYBRID, sign_from=START, until=DEADLINE),
        row(POST_QUANTUM, sign_from=TURN),
    )
    issuing.follow(three)
    assert issuing.issue() == EDDSA
    made = issuing.ring.rotate(HYBRID, experimental=MigrationPolicy.parse(three).experimental)
    issuing.ring.revoke(made.kid)
    with pytest.raises(RotationError, match="ML-DSA-65-Ed25519 has no active key"):
        issuing.issue()


def test_audience_without_an_old_algorithm_fails(issuing: Issuing) -> None:
    """The readiness says so even if another audience of the row has one."""
    both = row(POST_QUANTUM, [AUDIENCE, "billing"], sign_from=TURN)
    issuing.follow(policy_text(row(EDDSA, sign_from=START - DAY), both))
    assert issuing.issue() == EDDSA
    with pytest.raises(RotationError, match="ML-DSA-65 has no active key"):
        issuing.issuer.issue("frodo", "billing")
    state, [problem] = issuing.issuer.readiness()
    assert (state, "with ML-DSA-65 fail: the ring has no active key" in problem) == ("failing", True)


def test_remedy_is_no_outage(issuing: Issuing) -> None:
    """The old algorithm signs until the new key is active, also if the ring changes in between."""
    issuing.ring.rotate(POST_QUANTUM)
    issuing.ring.rotate(EDDSA)
    assert issuing.issue() == EDDSA
    assert "activate its next key" in issuing.issuer.readiness().problems[0]
    issuing.clock.now += 360
    assert issuing.issue() == EDDSA
    issuing.ring.activate(POST_QUANTUM)
    issuing.events.clear()
    assert (issuing.issue(), issuing.verdicts()) == (POST_QUANTUM, ["ML-DSA-65 issued"])


def test_key_that_is_being_made_is_no_damage(issuing: Issuing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process writes its file before the manifest: the issuer waits for the end of the change."""
    issuing.issue()
    asked, flock = threading.Event(), fcntl.flock

    def asking(*given: int) -> None:
        asked.set()
        flock(*given)

    with ThreadPoolExecutor(1) as executor:
        with locked(issuing.ring.directory):
            obstacle = issuing.ring.directory / f"{'A' * 43}.{'0' * 16}.pem"
            obstacle.touch(mode=0o600)
            monkeypatch.setattr(fcntl, "flock", asking)
            token = executor.submit(issuing.issue)
            token.add_done_callback(lambda _: asked.set())
            assert asked.wait(300)
            assert not token.done()
            obstacle.unlink()
        assert token.result(300) == EDDSA


def test_strict_policy_stops_the_issuer(issuing: Issuing) -> None:
    """It warns nevertheless."""
    issuing.follow("strict = true\n" + ROWS)
    with pytest.raises(RotationError, match="ML-DSA-65 has no active key"):
        issuing.issue()
    assert issuing.issuer.readiness().state == "failing"
    issuing.clock.now -= 1
    issuing.issue()
    assert issuing.verdicts() == ["EdDSA issued", "ML-DSA-65 key_missing"]
    with pytest.raises(PolicyError, match="strict: expected true or false"):
        MigrationPolicy.parse('strict = "yes"\n' + ROWS)


def activated(issuing: Issuing) -> str:
    """Let a key of ML-DSA-65 sign, and return its kid."""
    kid = issuing.ring.rotate(POST_QUANTUM).kid
    issuing.clock.now += 360
    issuing.ring.activate(POST_QUANTUM)
    return kid


def forgotten(issuing: Issuing) -> None:
    """Revoke a key, and forget it."""
    issuing.ring.revoke(activated(issuing))
    issuing.clock.now += 960
    [gone] = issuing.ring.prune()
    issuing.ring.rotate(EDDSA)
    assert gone.algorithm == POST_QUANTUM


def lost_file(issuing: Issuing) -> None:
    """Delete the private key."""
    kid = activated(issuing)
    next(issuing.ring.directory.glob(f"{kid}.*")).unlink()


def spoiled_file(issuing: Issuing) -> None:
    """Damage the private key."""
    kid = activated(issuing)
    next(issuing.ring.directory.glob(f"{kid}.*")).write_bytes(b"SENTINEL")


def older_state(issuing: Issuing) -> None:
    """Put the manifest from before the key in the place of the newest, and delete the counter."""
    old = (issuing.ring.directory / "manifest").read_bytes()
    activated(issuing)
    (issuing.ring.directory / "manifest").write_bytes(old)
    (issuing.ring.directory / "counter").unlink()


def older_copy(issuing: Issuing) -> None:
    """Go on with a copy of the whole ring from before the key, after the states in between are lost."""
    shutil.copytree(issuing.ring.directory, issuing.ring.directory.parent / "copy")
    issuing.ring.revoke(activated(issuing))
    published = issuing.ring.jwks()
    shutil.rmtree(issuing.ring.directory)
    (issuing.ring.directory.parent / "copy").rename(issuing.ring.directory)
    with KeyRing.open(issuing.ring.directory, PASSWORD, clock=issuing.clock) as found:
        found.catch_up(published)


DAMAGE: dict[str, Callable[[Issuing], object]] = {
    "revoked next": lambda issuing: issuing.ring.revoke(issuing.ring.rotate(POST_QUANTUM).kid),
    "revoked": lambda issuing: issuing.ring.revoke(activated(issuing)),
    "forgotten": forgotten,
    "lost file": lost_file,
    "spoiled file": spoiled_file,
    "older state": older_state,
    "older copy": older_copy,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_no_downgrade(issuing: Issuing, damage: str) -> None:
    """An issuer that has, had or may have had the key does not go on without it, also after a restart."""
    DAMAGE[damage](issuing)
    for _ in range(2):
        issuing.reopen()
        with pytest.raises((RotationError, KeyRingError), match=r"ML-DSA-65 has no active|is missing|is not the file"):
            issuing.issue()
        assert issuing.events == []
        assert issuing.issuer.readiness().state == "failing"


def test_pinned_key_exists_somewhere(issuing: Issuing) -> None:
    """A ring without it is an older copy or another ring."""
    pinned = row(POST_QUANTUM, sign_from=TURN, thumbprints=["A" * 43])
    issuing.follow(policy_text(row(EDDSA, sign_from=START - DAY), pinned))
    with pytest.raises(RotationError, match="ML-DSA-65 has no active key"):
        issuing.issue()


def test_directory_is_not_searched_for_each_audience(issuing: Issuing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failures and the keys each need one search for private keys that the manifest does not know."""
    searches = []

    def counted(*given: Any) -> list[str]:
        searches.append(given)
        return strays(*given)

    tenants = [f"tenant-{each}" for each in range(20)]
    issuing.follow(
        policy_text(
            *(row(EDDSA, each, sign_from=START - DAY) for each in tenants),
            *(row(POST_QUANTUM, each, sign_from=TURN) for each in tenants),
        )
    )
    monkeypatch.setattr(ring_state, "strays", counted)
    assert issuing.issuer.readiness().state == "degraded"
    assert len(searches) == 2
    assert issuing.issuer.issue("frodo", tenants)
    assert len(searches) == 3


def test_readiness_is_no_condition(issuing: Issuing) -> None:
    """A tuple would be true also for an issuer that fails."""
    with pytest.raises(TypeError, match="neither true nor false; compare its state"):
        bool(issuing.issuer.readiness())


# No ring

STALE = OSError(errno.ESTALE, "Stale file handle")


@pytest.fixture
def signing(issuing: Issuing) -> Issuing:
    """Return an issuer that has signed."""
    issuing.clock.now = START.timestamp()
    issuing.issue()
    issuing.events.clear()
    return issuing


def check_outage(issuing: Issuing, error: type[Exception]) -> None:
    """Check that the issuer goes on for 300 seconds, with an alarm at once."""
    for seconds in (0, 300):
        issuing.clock.now = START.timestamp() + seconds
        assert issuing.issue() == EDDSA
        assert issuing.verdicts() == ["EdDSA issued", "EdDSA ring_away"]
        state, [problem] = issuing.issuer.readiness()
        assert (state, "is absent or stale" in problem) == ("degraded", True)
        [(level, line)] = issuing.logged()
        assert (level, "is absent or stale; keys in memory sign for " in line) == (logging.ERROR, True)
    issuing.clock.now += 0.5
    for _ in range(2):
        with pytest.raises(error):
            issuing.issue()
    assert (issuing.verdicts(), issuing.issuer.readiness().state) == ([], "failing")


@pytest.fixture(autouse=True)
def ticks(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the monotonic clock of the ring, which stands still."""
    found = Clock()
    monkeypatch.setattr(ring_state, "monotonic", found)
    return found


def test_absent_folder_is_survived_for_max_age(signing: Issuing) -> None:
    """When it is back, the issuer follows the changes."""
    aside = signing.ring.directory.rename(signing.ring.directory.parent / "aside")
    check_outage(signing, KeyRingError)
    with KeyRing.open(aside, PASSWORD, clock=signing.clock) as other:
        other.revoke(other.keys[0].kid)
    aside.rename(signing.ring.directory)
    with pytest.raises(RotationError, match="EdDSA has no active key"):
        signing.issue()


def test_stale_folder_is_survived_for_max_age(signing: Issuing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of NFS reports it for a directory that it has lost."""
    with monkeypatch.context() as patch:
        patch.setattr(ring_state, "identity", lambda _path: (_ for _ in ()).throw(STALE))
        check_outage(signing, OSError)
    assert signing.issue() == EDDSA
    assert signing.verdicts() == ["EdDSA issued"]


def test_clock_that_is_set_back_gives_no_more_time(signing: Issuing, ticks: Clock) -> None:
    """The time since the last good read is the longer one of two clocks."""
    signing.ring.directory.rename(signing.ring.directory.parent / "aside")
    signing.clock.now -= 3600
    ticks.now += 300
    assert signing.issue() == EDDSA
    ticks.now += 1
    with pytest.raises(KeyRingError, match="holds no key ring"):
        signing.issue()


def removed_manifest(directory: Path) -> None:
    """Delete the manifest alone."""
    (directory / "manifest").unlink()


def spoiled_manifest(directory: Path) -> None:
    """Damage the manifest."""
    (directory / "manifest").write_bytes(b"SENTINEL")


def emptied(directory: Path) -> None:
    """Delete every file."""
    shutil.rmtree(directory)
    directory.mkdir()


@pytest.mark.parametrize("damage", [removed_manifest, spoiled_manifest, emptied], ids=lambda each: each.__name__)
def test_other_damage_stops_the_issuer_at_once(signing: Issuing, damage: Callable[[Path], None]) -> None:
    """The keys in memory do not sign then."""
    damage(signing.ring.directory)
    with pytest.raises(KeyRingError):
        signing.issue()
    assert (signing.events, signing.issuer.readiness().state) == ([], "failing")


def test_key_that_is_not_in_memory_does_not_sign(issuing: Issuing) -> None:
    """Nor can the issuer do anything else without its folder."""
    issuing.clock.now = START.timestamp()
    issuing.ring.directory.rename(issuing.ring.directory.parent / "aside")
    with pytest.raises(KeyRingError, match="holds no key ring"):
        issuing.issue()
    with pytest.raises(KeyRingError, match="holds no key ring"):
        issuing.ring.jwks()
    assert issuing.events == []


def test_alarms_have_words_for_labels() -> None:
    """The rules of Prometheus name them."""
    assert [*Alarm] == ["old_algorithm", "key_missing", "ring_away", "observer_failed", "set_refused", "set_replaced"]
