"""Older copies of a key ring, whole or in part, are noticed, and the ring continues."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_auth_keyring import PASSWORD, Clock, file_of, quick_passwords, reopened, states

from qynauth_pqc.auth.errors import JWKSError, KeyRingError
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.auth.keyring import JWKSet, KeyRing
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.tokens import TokenIssuer

__all__ = ["quick_passwords"]  # pytest uses it for every test here

EDDSA, MLDSA = "EdDSA", "ML-DSA-44"
POLICY = MigrationPolicy.parse(
    'accept = [{issuer = "i", audience = "a", algorithm = "EdDSA", sign_from = 2020-01-01T00:00:00Z}]'
)


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def ring(tmp_path: Path, clock: Clock) -> Iterator[KeyRing]:
    """Yield a ring with a classical key and its next one."""
    with KeyRing.create(tmp_path / "ring", PASSWORD, [EDDSA], clock=clock) as made:
        made.rotate(EDDSA)
        yield made


def next_signs(ring: KeyRing, clock: Clock) -> None:
    """Let the next key sign, so that the private key before it is deleted."""
    clock.now += 360
    ring.activate(EDDSA)


def test_old_manifest_alone_is_refused(ring: KeyRing, clock: Clock) -> None:
    """A new and a running process refuse it; a private key that it does not know stays."""
    old = (ring.directory / "manifest").read_bytes()
    next_signs(ring, clock)
    ring.rotate(EDDSA)
    before = sorted(ring.directory.glob("*.pem"))
    (ring.directory / "manifest").write_bytes(old)
    for call in (lambda: reopened(ring, clock), ring.jwks, lambda: ring.rotate(MLDSA), ring.check):
        with pytest.raises(
            KeyRingError, match=r"expected a state from number \d on, got 2; restore the newest manifest"
        ):
            call()
    assert sorted(ring.directory.glob("*.pem")) == before


def test_ring_goes_on_with_an_old_manifest_if_the_newest_is_lost(ring: KeyRing, clock: Clock) -> None:
    """Its counter is deleted, as the error says: check names failures, and no private key is lost."""
    old = (ring.directory / "manifest").read_bytes()
    next_signs(ring, clock)
    made = ring.rotate(MLDSA)
    (ring.directory / "manifest").write_bytes(old)
    (ring.directory / "counter").unlink()
    with reopened(ring, clock) as again:
        again.rotate("ES256")
        assert file_of(again, made).exists()
        lost, unknown = again.check()
    assert f"active key {ring.keys[0].kid}: " in lost
    assert "is missing; restore it, or revoke the key" in lost
    assert unknown.startswith(f"{file_of(ring, made)}: the manifest does not know this private key: it is an old one")


def test_old_manifest_spares_files_under_a_newer_password(ring: KeyRing, clock: Clock) -> None:
    """It knows their keys, but not these files, the only remaining copies of the keys."""
    old = (ring.directory / "manifest").read_bytes()
    ring.change_password(b"new")
    before = {path.name for path in ring.directory.iterdir()}
    (ring.directory / "manifest").write_bytes(old)
    (ring.directory / "counter").unlink()
    with reopened(ring, clock) as again:
        again.rotate(MLDSA)
    assert before <= {path.name for path in ring.directory.iterdir()}


def test_damaged_counter_is_an_error_that_says_what_to_do(ring: KeyRing, clock: Clock) -> None:
    """It is a number, and not more; without it, check says so until the ring is opened again."""
    path = ring.directory / "counter"
    assert path.read_bytes() == b"2\n"
    for wrong in (b"", b"2", b"-1\n", b"2\n2\n", b"9" * 5_000):
        path.write_bytes(wrong)
        with pytest.raises(KeyRingError, match="counter: is damaged; delete it, and run `qynauth-pqc keyring check`"):
            reopened(ring, clock)
    path.unlink()
    [problem] = ring.check()
    assert problem.startswith(f"{path}: does not have the number of the manifest, 2, by which an older one")
    reopened(ring, clock).close()
    assert (ring.check(), path.read_bytes()) == ([], b"2\n")


def test_old_ring_is_refused_by_what_it_has_published(ring: KeyRing, clock: Clock, tmp_path: Path) -> None:
    """A revoked key does not come back: catch_up revokes it again, and the ring continues."""
    shutil.copytree(ring.directory, tmp_path / "backup")
    stolen = ring.keys[0].kid
    ring.revoke(stolen)
    published = json.dumps(ring.jwks())
    assert (ring.jwks()["qynauth_revoked"], ring.jwks()["qynauth_counter"]) == ([stolen], 3)
    with KeyRing.open(tmp_path / "backup", PASSWORD, clock=clock) as old:
        assert stolen in [each["kid"] for each in old.jwks()["keys"]]
        assert old.check(published=published) == [
            "the published set has the state number 3, and the ring only 2",
            f"the published set names the key {stolen} as revoked, and in the ring it is active",
        ]
        with pytest.raises(KeyRingError, match="state number 3, and the ring only 2: it is an older copy; restore the"):
            KeyRing.open(tmp_path / "backup", PASSWORD, published=published, clock=clock)
        assert [each.kid for each in old.catch_up(published)] == [stolen]
        assert (states(old), old.counter, old.jwks()["qynauth_revoked"]) == (["revoked", "next"], 4, [stolen])
        assert old.check(published=published) == []
    KeyRing.open(tmp_path / "backup", PASSWORD, published=published, clock=clock).close()


def test_services_refuse_a_key_that_an_old_ring_brings_back(ring: KeyRing, clock: Clock, tmp_path: Path) -> None:
    """This holds even if its issuer ignores the published set."""
    shutil.copytree(ring.directory, tmp_path / "backup")
    stolen, other = (each.kid for each in ring.keys)
    rings = [ring]

    def fetch() -> JWKSet:
        return rings[-1].jwks()

    keys = JWKSCache(fetch, clock=clock)
    assert keys.key(stolen)
    ring.revoke(stolen)
    clock.now += 300
    assert keys.key(stolen) is None
    with KeyRing.open(tmp_path / "backup", PASSWORD, clock=clock) as old:
        rings.append(old)
        clock.now += 300
        assert stolen in [each["kid"] for each in old.jwks()["keys"]]
        assert (keys.key(stolen), bool(keys.key(other))) == (None, True)


def test_key_that_was_revoked_and_forgotten_does_not_come_back(ring: KeyRing, clock: Clock, tmp_path: Path) -> None:
    """The newest set neither names it as revoked nor has it. An older set says nothing of it."""
    shutil.copytree(ring.directory, tmp_path / "backup")
    stolen, older = ring.keys[0].kid, ring.jwks()
    ring.revoke(stolen)
    clock.now += 100_000
    assert [each.kid for each in ring.prune()] == [stolen]
    assert ring.jwks()["qynauth_revoked"] == []
    with KeyRing.open(tmp_path / "backup", PASSWORD, clock=clock) as old:
        made = old.rotate(MLDSA)
        assert old.catch_up(older) == []
        assert [each.kid for each in old.catch_up({**ring.jwks(), "qynauth_counter": 5})] == [stolen, made.kid]
        assert states(old) == ["revoked", "next", "revoked"]


def test_number_that_no_ring_gets_to_is_not_taken_over(ring: KeyRing) -> None:
    """It would leave no number for later states."""
    with pytest.raises(JWKSError, match="the number of its state is one that no ring gets to"):
        ring.catch_up({**ring.jwks(), "qynauth_counter": 2**53 - 1})
    assert ring.check(published=ring.jwks()) == []


def test_changes_do_not_hide_an_old_ring(ring: KeyRing, clock: Clock, tmp_path: Path) -> None:
    """Its number grows beyond the published one, but the revoked keys of the set show it."""
    shutil.copytree(ring.directory, tmp_path / "backup")
    ring.revoke(ring.keys[0].kid)
    with KeyRing.open(tmp_path / "backup", PASSWORD, clock=clock) as old:
        old.rotate(MLDSA)
        old.rotate("ES256")
        with pytest.raises(KeyRingError, match="as revoked, and in the ring it is active: it is an older copy"):
            KeyRing.open(tmp_path / "backup", PASSWORD, published=ring.jwks(), clock=clock)
        with pytest.raises(JWKSError, match="the published set has no qynauth_counter"):
            old.catch_up({"keys": []})


def test_ring_that_is_open_notices_an_old_one_that_goes_on(ring: KeyRing, clock: Clock, tmp_path: Path) -> None:
    """An operator changes an old copy: an issuer signs, publishes, revokes and prunes nothing with it.

    One issuer has read that the key is revoked, and the other was opened with a set that says so.
    """
    shutil.copytree(ring.directory, tmp_path / "backup")
    stolen, published = ring.revoke(ring.keys[0].kid).kid, ring.jwks()
    with reopened(ring, clock) as reading:
        told = KeyRing.open(ring.directory, PASSWORD, published=published, clock=clock)
        told._manifest = None  # it has not read that state
        shutil.rmtree(ring.directory)
        shutil.copytree(tmp_path / "backup", ring.directory)
        with KeyRing.open(ring.directory, PASSWORD, clock=clock) as operator:
            operator.rotate(MLDSA)
            operator.rotate("ES256")
            for each, what in ((reading, "was"), (told, "as")):
                issuer = TokenIssuer(each, POLICY, "i")
                calls = (lambda i=issuer: i.issue("frodo", "a"), each.jwks, each.prune, lambda e=each: e.revoke(stolen))
                for call in calls:
                    with pytest.raises(
                        KeyRingError, match=f"{what} revoked, and in the ring it is active: it is an old"
                    ):
                        call()
            operator.catch_up(published)
            assert [states(each) for each in (reading, told) if each.refresh()] == [states(operator)] * 2
        told.close()


def test_another_history_is_seen_in_the_published_set(ring: KeyRing, clock: Clock, tmp_path: Path) -> None:
    """The set has the same number, and a key that the ring does not know."""
    shutil.copytree(ring.directory, tmp_path / "copy")
    made = ring.rotate(MLDSA)
    with KeyRing.open(tmp_path / "copy", PASSWORD, clock=clock) as copy:
        copy.rotate(MLDSA)
        what = f"the published set has the key {made.kid}, which the ring does not know"
        assert what in copy.check(published=ring.jwks())
    present = {"kty": "OKP", "kid": "2025-03"}
    assert ring.check(published={**ring.jwks(), "keys": [*ring.jwks()["keys"], present]}) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "[]",
        "{}",
        {"keys": [], "qynauth_revoked": "kid"},
        {"keys": [], "qynauth_revoked": [1]},
        {"keys": [], "qynauth_counter": "1"},
        {"keys": [], "qynauth_counter": True},
        {"keys": [], "qynauth_counter": -1},
        {"keys": [], "qynauth_counter": 1 << 53},
    ],
    ids=str,
)
def test_published_set_that_is_none_is_an_error(ring: KeyRing, clock: Clock, wrong: dict[str, object] | str) -> None:
    """None of its contents is used."""
    for call in (
        lambda: ring.check(published=wrong),
        lambda: ring.catch_up(wrong),
        lambda: KeyRing.open(ring.directory, PASSWORD, published=wrong, clock=clock),
    ):
        with pytest.raises(JWKSError, match="the published set"):
            call()
    assert ring.counter == 2
