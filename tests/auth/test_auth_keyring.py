"""Key rings have states and times, publish sets, sign, and guard the files of their directory."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jose_keys import load, registry
from joserfc import jwt
from joserfc.jwk import KeySet

from qynauth_pqc import InvalidLengthError, UnsupportedError
from qynauth_pqc.auth import _manifest
from qynauth_pqc.auth._manifest import Manifest, RingKey
from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.errors import KeyRingError, RotationError
from qynauth_pqc.auth.keyring import KeyRing, KeyState
from qynauth_pqc.integrations.jose_composite import DRAFT

PASSWORD = b"SENTINEL of a ring"
EDDSA, MLDSA, HYBRID = "EdDSA", "ML-DSA-44", "ML-DSA-44-Ed25519"


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        """Start at a time with a fraction of a second."""
        self.now = 1_800_000_000.25

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now

    @property
    def time(self) -> datetime:
        """The time."""
        return datetime.fromtimestamp(self.now, UTC)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive the keys of rings at a low cost; other tests, such as the tests of the command line, pay the real one."""
    monkeypatch.setitem(_manifest._COST, "n", 16)


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def ring(tmp_path: Path, clock: Clock) -> Iterator[KeyRing]:
    """Yield a ring with a classical key."""
    with KeyRing.create(tmp_path / "ring", PASSWORD, [EDDSA], clock=clock) as made:
        yield made


def states(ring: KeyRing) -> list[str]:
    """Return the states of the keys in their order."""
    return [each.state.value for each in ring.keys]


def files(ring: KeyRing) -> set[str]:
    """Return the thumbprints of the private key files."""
    return {path.name.partition(".")[0] for path in ring.directory.glob("*.pem")}


def file_of(ring: KeyRing, key: RingKey) -> Path:
    """Return the file of a private key."""
    return ring.directory / str(key.file)


def reopened(ring: KeyRing, clock: Clock) -> KeyRing:
    """Return the ring as another process sees it."""
    return KeyRing.open(ring.directory, PASSWORD, clock=clock)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_algorithm_signs_from_its_file(tmp_path: Path, name: str) -> None:
    """The published set verifies a signature of the active key, even after the ring was opened again."""
    algorithm = ALGORITHMS[name]
    KeyRing.create(tmp_path, PASSWORD, [name], experimental=algorithm.experimental).close()
    with KeyRing.open(tmp_path, PASSWORD) as ring:
        own, [jwk] = ring.signing_key(name), ring.jwks()["keys"]
        key, theirs = load(name, own), load(name, jwk)
        token = jwt.encode({"alg": name}, {"sub": "frodo"}, key, registry=registry(name))
        assert jwt.decode(token, theirs, registry=registry(name)).claims == {"sub": "frodo"}
        assert registry(name).get_alg(name).verify(b"message", ring.signer(name)[1](b"message"), theirs)
        assert ring.signing_key(name) is own
    assert (jwk["kid"], jwk["alg"], jwk["use"]) == (key.thumbprint(), name, "sig")
    assert not {"d", "priv"} & set(jwk)


def test_first_keys_are_active_and_the_settings_are_kept(tmp_path: Path, clock: Clock) -> None:
    """The keys are in the order of the algorithms."""
    settings = {"max_age": 30.0, "skew": 5.0, "token_lifetime": 60.0, "experimental": DRAFT}
    made = KeyRing.create(tmp_path / "ring", PASSWORD, [HYBRID, MLDSA], clock=clock, **settings)  # type: ignore[arg-type]
    for ring in (made, reopened(made, clock)):
        assert {name: getattr(ring, name) for name in settings} == settings
        assert [(each.algorithm, each.state, each.activated) for each in ring.keys] == [
            (HYBRID, KeyState.ACTIVE, clock.time),
            (MLDSA, KeyState.ACTIVE, clock.time),
        ]
        assert ring.counter == 1


def test_key_goes_through_its_states_at_the_right_times(ring: KeyRing, clock: Clock) -> None:
    """It is activated after max_age and skew, and removed after token lifetime and skew, never earlier."""
    first, made = ring.keys[0], ring.rotate(EDDSA)
    assert (states(ring), made.published, ring.earliest(made.kid)) == (
        ["active", "next"],
        clock.time,
        clock.time + timedelta(seconds=360),
    )
    refused(clock, 360, lambda: ring.activate(EDDSA))
    assert ring.activate(EDDSA) == ring.keys[1]
    assert (states(ring), ring.keys[0].retired, files(ring)) == (["retiring", "active"], clock.time, {made.kid})
    refused(clock, 660, lambda: ring.remove(first.kid))
    ring.remove(first.kid)
    assert (states(ring), ring.counter) == (["active"], 4)
    assert ring.signer(EDDSA)[0].thumbprint == made.kid


def refused(clock: Clock, seconds: int, call: Callable[[], object]) -> None:
    """Check that a call is refused until so many seconds from now, and go to that time."""
    earliest = clock.time + timedelta(seconds=seconds)
    clock.now += seconds - 0.125
    with pytest.raises(
        RotationError, match=f"before {earliest + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}; try"
    ) as caught:
        call()
    assert caught.value.earliest == earliest
    clock.now += 0.125


def test_revoked_key_leaves_at_once_and_its_tombstone_later(ring: KeyRing, clock: Clock) -> None:
    """Nothing signs until the next key is active; a second call changes nothing."""
    first, made = ring.keys[0], ring.rotate(EDDSA)
    assert ring.revoke(first.kid).revoked == clock.time
    assert [each["kid"] for each in ring.jwks()["keys"]] == [made.kid]
    assert files(ring) == {made.kid}
    with pytest.raises(RotationError, match="no active key; rotate and activate one"):
        ring.signing_key(EDDSA)
    assert (ring.revoke(first.kid), ring.counter) == (ring.keys[0], 3)
    refused(clock, 960, lambda: ring.remove(first.kid))
    ring.remove(first.kid)
    assert states(ring) == ["next"]


def test_next_key_is_revoked_and_replaced(ring: KeyRing) -> None:
    """A key that was never used can be lost too."""
    lost = ring.rotate(EDDSA)
    ring.revoke(lost.kid)
    ring.rotate(EDDSA)
    assert states(ring) == ["active", "revoked", "next"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda ring: (ring.rotate(EDDSA), ring.rotate(EDDSA)), "has a next key already; activate or revoke"),
        (lambda ring: ring.activate(EDDSA), "has no next key; rotate first"),
        (lambda ring: ring.remove(ring.keys[0].kid), "the key is active; activate the next key first, or revoke it"),
        (lambda ring: ring.remove(ring.rotate(MLDSA).kid), "the key is next; revoke it first"),
        (lambda ring: ring.remove("../manifest"), "no key with this kid"),
        (lambda ring: ring.revoke("A" * 43), "no key with this kid"),
        (lambda ring: ring.signing_key(MLDSA), "has no active key"),
    ],
)
def test_step_that_makes_no_sense_is_refused(ring: KeyRing, call: Callable[[KeyRing], object], message: str) -> None:
    """The error says what to do, if there is something."""
    with pytest.raises(RotationError, match=message) as caught:
        call(ring)
    assert caught.value.earliest is None


def test_unknown_and_experimental_algorithms_are_refused(ring: KeyRing, tmp_path: Path) -> None:
    """A hybrid algorithm needs the draft, which neither call names."""
    for call in (ring.rotate, lambda name: KeyRing.create(tmp_path / "new", PASSWORD, [name])):
        with pytest.raises(UnsupportedError, match="unknown algorithm of tokens"):
            call("HS256")
        with pytest.raises(UnsupportedError, match="pass experimental="):
            call(HYBRID)
    assert not (tmp_path / "new").exists()


def test_classical_ring_becomes_hybrid_when_the_draft_is_named(ring: KeyRing) -> None:
    """It is named once: the ring remembers the draft, even after it is opened again."""
    with pytest.raises(UnsupportedError, match="unknown draft"):
        ring.rotate(HYBRID, experimental="other")
    ring.rotate(MLDSA, experimental=DRAFT)
    assert ring.experimental is None
    first = ring.rotate(HYBRID, experimental=DRAFT)
    assert ring.experimental == DRAFT
    ring.revoke(first.kid)
    with KeyRing.open(ring.directory, PASSWORD) as again:
        assert again.rotate(HYBRID).algorithm == HYBRID


@pytest.mark.parametrize("umask", [0o022, 0o222, 0o477, 0o777])
def test_mode_of_the_directory_does_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    """Its owner can use it, and nobody else."""
    before = os.umask(umask)
    try:
        KeyRing.create(tmp_path / "ring", PASSWORD, [EDDSA]).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "ring").stat().st_mode) == 0o700


def test_directory_that_others_may_use_is_refused(tmp_path: Path) -> None:
    """They could exchange files, or lock the ring if they may only read; a link is no place for a manifest either."""
    (tmp_path / "shared").mkdir()
    for mode in (0o720, 0o704):
        (tmp_path / "shared").chmod(mode)
        with pytest.raises(KeyRingError, match="others may use the directory; run chmod 700"):
            KeyRing.create(tmp_path / "shared", PASSWORD, [EDDSA])
    (tmp_path / "linked").mkdir(mode=0o700)
    (tmp_path / "linked" / "manifest").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyRingError, match="holds a key ring already"):
        KeyRing.create(tmp_path / "linked", PASSWORD, [EDDSA])
    assert not (tmp_path / "elsewhere").exists()


def test_ring_that_others_may_use_is_warned_of(ring: KeyRing, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Opening it warns, as the command line warns of private keys; the service continues."""
    reopened(ring, clock).close()
    assert caplog.messages == []
    ring.directory.chmod(0o750)
    file_of(ring, ring.keys[0]).chmod(0o604)
    with reopened(ring, clock) as again:
        assert again.signing_key(EDDSA)
    assert [each.partition(": ")[2] for each in caplog.messages] == [
        "mode 0750 lets others use it; run chmod go=",
        "mode 0604 lets others use it; run chmod go=",
    ]


def test_links_to_a_ring_are_not_warned_of(ring: KeyRing, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Anyone may use a link, whatever its target."""
    link = ring.directory.with_name("link")
    link.symlink_to(ring.directory)
    (ring.directory / "notes").symlink_to("counter")
    KeyRing.open(link, PASSWORD, clock=clock).close()
    assert caplog.messages == []


def test_closed_ring_keeps_no_private_key(ring: KeyRing, clock: Clock) -> None:
    """An open ring keeps no key that another process has revoked or replaced."""
    ring.signing_key(EDDSA)
    with reopened(ring, clock) as other:
        other.revoke(other.keys[0].kid)
    ring.refresh()
    assert ring._loaded == {}
    ring.rotate(EDDSA)
    clock.now += 360
    ring.activate(EDDSA)
    assert len(ring._loaded) == 1
    ring.close()
    assert ring._loaded == {}


@pytest.mark.parametrize("wrong", [{"max_age": -1}, {"skew": float("nan")}, {"token_lifetime": float("inf")}])
def test_durations_out_of_range_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """They are refused before anything is written."""
    with pytest.raises(KeyRingError, match="of 0 to 31622400 seconds"):
        KeyRing.create(tmp_path / "ring", PASSWORD, [EDDSA], **wrong)
    with pytest.raises(KeyRingError, match="expected each algorithm once"):
        KeyRing.create(tmp_path / "ring", PASSWORD, [EDDSA, EDDSA])
    assert not (tmp_path / "ring").exists()


@pytest.mark.parametrize("size", [0, 1025])
def test_password_of_a_wrong_size_is_refused(tmp_path: Path, size: int) -> None:
    """The error names both sizes; the longest allowed password works."""
    with pytest.raises(InvalidLengthError, match=f"1 to 1024 bytes, got {size}"):
        KeyRing.create(tmp_path, bytes(size), [EDDSA])
    with KeyRing.create(tmp_path, bytes(1024), [EDDSA, "ES256", MLDSA]) as ring:
        assert all(ring.signing_key(each.algorithm) for each in ring.keys)


def test_wrong_password_and_no_ring_are_errors(ring: KeyRing, tmp_path: Path) -> None:
    """A second ring in one directory is an error too, and changes nothing."""
    with pytest.raises(KeyRingError, match="wrong password, or the manifest"):
        KeyRing.open(ring.directory, b"another")
    for path in (tmp_path / "absent", ring.directory / "manifest", tmp_path):
        with pytest.raises(KeyRingError, match="holds no key ring; create one, or check"):
            KeyRing.open(path, PASSWORD)
    with pytest.raises(KeyRingError, match="holds a key ring already"):
        KeyRing.create(ring.directory, PASSWORD, [EDDSA])
    assert not ring.refresh()


def test_files_are_for_their_owner_and_encrypted(ring: KeyRing) -> None:
    """They are PKCS#8, and not under the ring's password, which 2048 iterations would expose."""
    ring.rotate(MLDSA)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in ring.directory.iterdir()}
    assert modes == dict.fromkeys([*(each.file for each in ring.keys), "manifest", "counter"], 0o600)
    assert stat.S_IMODE(ring.directory.stat().st_mode) == 0o700
    for key in ring.keys:
        pem = file_of(ring, key).read_bytes()
        assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
        with pytest.raises(ValueError, match=r"assword|deserialize"):  # one wrong password in 256 pads well
            load(key.algorithm, pem, PASSWORD)


def test_other_processes_are_seen_at_the_next_call(ring: KeyRing, clock: Clock) -> None:
    """They are seen even by a ring that has loaded the key before."""
    other, first = reopened(ring, clock), ring.signer(EDDSA)[0].thumbprint
    made = other.rotate(EDDSA)
    assert [each["kid"] for each in ring.jwks()["keys"]] == [first, made.kid]
    clock.now += 360
    other.activate(EDDSA)
    assert ring.signer(EDDSA)[0].thumbprint == made.kid
    other.revoke(made.kid)
    assert (ring.refresh(), ring.refresh(), states(ring)) == (True, False, ["retiring", "revoked"])


def test_cache_headers_describe_the_set(ring: KeyRing) -> None:
    """The tag changes with the set, and every change of the ring shows in it."""
    before = ring.cache_headers(ring.jwks())
    assert (before["Content-Type"], before["Cache-Control"]) == ("application/jwk-set+json", "public, max-age=300")
    made = ring.rotate(MLDSA)
    assert ring.cache_headers(ring.jwks())["ETag"] != before["ETag"]
    with_both = ring.cache_headers(ring.jwks())
    ring.revoke(made.kid)
    assert len({each["ETag"] for each in (before, with_both, ring.cache_headers(ring.jwks()))}) == 3
    assert ring.cache_headers(ring.jwks()) == ring.cache_headers(ring.jwks())
    assert before["ETag"].strip('"').isalnum()


def test_hybrid_keys_are_published_next_to_the_others(tmp_path: Path) -> None:
    """A library finds each by its kid."""
    names = [EDDSA, "ES256", HYBRID, MLDSA]
    with KeyRing.create(tmp_path, PASSWORD, names, experimental=DRAFT) as ring:
        keys = ring.jwks()["keys"]
        classical = KeySet.import_key_set({"keys": keys})  # type: ignore[typeddict-item]
    assert [each["alg"] for each in keys] == names
    assert {each.kid for each in classical.keys} >= {keys[0]["kid"], keys[1]["kid"]}
    assert load(HYBRID, keys[2]).thumbprint() == keys[2]["kid"]


def test_only_files_of_keys_that_the_manifest_knows_are_deleted(ring: KeyRing) -> None:
    """Unfinished files go too; an unknown private key may be newer than the manifest."""
    unfinished, unknown = f".qynauth-pqc-{'0' * 16}", f"{'A' * 43}.{'0' * 16}.pem"
    extra = ["notes", "tls.pem", f"{'A' * 43}.pem", unknown, f"{unknown}.old"]
    for name in (unfinished, *extra):
        (ring.directory / name).write_bytes(b"x")
    ring.revoke(ring.keys[0].kid)
    assert {path.name for path in ring.directory.iterdir()} == {"manifest", "counter", *extra}


def test_private_key_that_was_changed_is_refused(ring: KeyRing, clock: Clock) -> None:
    """The file is missing, belongs to another ring, or has the key of another kid under this password."""
    made, (first,) = ring.rotate(EDDSA), ring.keys[:1]
    clock.now += 360
    path = file_of(ring, made)
    path.write_bytes(file_of(ring, first).read_bytes())
    with pytest.raises(KeyRingError, match=r"pem: is not the file that the manifest names; restore it, or revoke"):
        ring.activate(EDDSA)
    path.unlink()
    with pytest.raises(KeyRingError, match=r"pem: is missing"):
        ring.activate(EDDSA)
    assert states(ring) == ["active", "next"]
    ring.revoke(made.kid)
    assert ring.signer(EDDSA)[0].thumbprint == first.kid


@pytest.mark.parametrize("member", ["thumbprint", "sha256"])
@pytest.mark.parametrize("name", ["../" + "A" * 40, "/etc/passwd", "", "A" * 43 + "\n", "é" * 43])
def test_manifest_cannot_name_a_path(ring: KeyRing, member: str, name: str) -> None:
    """This holds even if it was sealed with the right password."""
    seal = ring._opened()
    data = seal.write(Manifest(2, 1.0, 1.0, 1.0, None, ring.keys))
    body = json.loads(data.split(b"\n", 1)[1])
    body["keys"][0][member] = name
    head = data.split(b"hmac", 1)[0]
    forged = json.dumps(body).encode()
    with pytest.raises(KeyRingError, match="does not have the members of version 1"):
        seal.read(head + b"hmac " + seal._tag(head, forged) + b"\n" + forged, "ring")


def test_another_version_is_named(ring: KeyRing) -> None:
    """An old package names the version, and does not call the password wrong."""
    path = ring.directory / "manifest"
    path.write_bytes(path.read_bytes().replace(b"ring 1,", b"ring 2,", 1))
    with pytest.raises(KeyRingError, match="expected version 1 of key rings, got 2; update the package"):
        KeyRing.open(ring.directory, PASSWORD)


def test_full_ring_refuses_one_more_key(ring: KeyRing) -> None:
    """A set has at most 256 keys."""
    [key] = ring.keys
    with ring._changing() as change:
        change.commit((key,) * 256)
    with pytest.raises(RotationError, match="has 256 keys, the maximum; remove old ones first"):
        ring.rotate(EDDSA)


def test_threads_share_a_ring(ring: KeyRing, clock: Clock) -> None:
    """Each thread sees the active key; of several concurrent rotations, one succeeds."""
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        try:
            outcomes.append(ring.rotate(EDDSA).state)
        except RotationError:
            outcomes.append("refused")
        assert ring.signing_key(EDDSA)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["next", "refused", "refused", "refused"]
    assert states(reopened(ring, clock)) == ["active", "next"]
