"""Key rings report problems with files, clocks, policies and files of other users."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_auth_keyring import PASSWORD, Clock, file_of

from qynauth_pqc.auth._checks import set_failures
from qynauth_pqc.auth._ring_files import locked
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy import MigrationPolicy

EDDSA, MLDSA = "EdDSA", "ML-DSA-44"
SERVICE, STRANGER = 54_321, 54_322
"""User numbers that nobody has."""


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


def test_published_set_may_lag_behind_for_its_age(ring: KeyRing, clock: Clock) -> None:
    """Caches keep it that long; missing keys are a problem only after that."""
    published = ring.jwks()
    made = ring.rotate(MLDSA)
    stolen = ring.revoke(ring.keys[0].kid).kid
    assert ring.check(published=published) == []
    clock.now += 360
    assert ring.check(published=published) == [
        f"the revoked key {stolen} is still published",
        f"the next key {made.kid} is not published",
    ]
    assert ring.check(published=ring.jwks()) == []
    assert "has no qynauth_counter, by which an older copy" in ring.check(published={"keys": ring.jwks()["keys"]})[0]


def test_check_finds_what_is_wrong_in_the_directory(ring: KeyRing) -> None:
    """It finds files that others may use, damaged files, and unexpected files."""
    assert ring.check() == []
    first, following = (file_of(ring, each) for each in ring.keys)
    ring.directory.chmod(0o750)
    first.chmod(0o640)
    following.write_bytes(following.read_bytes().replace(b"A", b"B"))
    (ring.directory / f"{'A' * 43}.{'0' * 16}.pem").touch(mode=0o600)
    found = ring.check()
    assert [each.partition(";")[0].rpartition(": ")[2] for each in found] == [
        "is not the file that the manifest names",
        "it is an old one, or a change was killed",
        "mode 0750 lets others use it",
        "mode 0640 lets others use it",
    ]


def test_check_waits_for_a_change(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise it would report problems that another process is about to fix."""
    counter, asked, flock = (ring.directory / "counter").read_bytes(), threading.Event(), fcntl.flock

    def asking(*given: int) -> None:
        asked.set()
        flock(*given)

    with ThreadPoolExecutor(1) as executor:
        with locked(ring.directory):
            (ring.directory / "counter").unlink()
            monkeypatch.setattr(fcntl, "flock", asking)
            checked = executor.submit(ring.check)
            checked.add_done_callback(lambda _: asked.set())
            assert asked.wait(300)
            assert not checked.done()
            (ring.directory / "counter").write_bytes(counter)
            (ring.directory / "counter").chmod(0o600)
        assert checked.result(300) == []


def test_check_finds_the_times_of_a_wrong_clock(ring: KeyRing, clock: Clock) -> None:
    """One key waits for years, and one would sign before verifiers know it."""
    right, following = clock.now, ring.keys[1]
    ring.revoke(following.kid)
    for wrong, message in (
        (4_100_000_000.0, "of 2099-12-03T16:53:20Z is later than now"),
        (100.0, "of 1970-01-01T00:01:40Z is earlier than the previous step"),
    ):
        clock.now = wrong
        made = ring.rotate(EDDSA)
        clock.now = right + 100
        [problem] = ring.check()
        assert problem.startswith(f"next key {made.kid}: its time {message}")
        ring.revoke(made.kid)
        assert ring.check() == []
    clock.now += 100
    ring.rotate(EDDSA)
    clock.now -= 30  # less than clocks may differ by
    assert ring.check() == []


def row(algorithm: str, sign_from: str, **members: str) -> str:
    """Return a row of a policy."""
    more = "".join(f"{name} = {value}\n" for name, value in members.items())
    text = f'[[accept]]\nissuer = "i"\naudience = "a"\nalgorithm = "{algorithm}"\nsign_from = {sign_from}\n'
    return text + more


def test_check_names_the_first_failure_of_a_policy(ring: KeyRing, clock: Clock) -> None:
    """It names it in advance, with the time; rows with a key or without signing cause none."""
    rows = row(EDDSA, "2020-01-01T00:00:00Z", until="2028-01-01T00:00:00Z")
    rows += row("ES256", "2019-01-01T00:00:00Z") + row(MLDSA, "2027-06-01T00:00:00Z")
    policy = MigrationPolicy.parse(rows)
    begin, why = "row 3: from 2027-06-01T00:00:00Z on, tokens of i for a", "the ring has no active key;"
    late = f"{why} rotate before 2027-05-31T23:54:00Z, and activate the key after it"
    old = f"are signed with {EDDSA} instead of {MLDSA}, until 1 January 2028 00:00 UTC"
    assert ring.check(policy) == [f"{begin} {old}: {late}"]
    assert ring.check(MigrationPolicy.parse("strict = true\n" + rows)) == [f"{begin} with {MLDSA} fail: {late}"]
    ring.rotate(MLDSA)
    assert ring.check(policy)[0] == f"{begin} {old}: {why} activate its next key"
    clock.now = datetime(2028, 1, 1, tzinfo=UTC).timestamp()
    assert ring.check(policy)[0].startswith("row 3: from 2028-01-01T00:00:00Z on, ")
    ring.activate(MLDSA)
    assert ring.check(policy) == []


def test_check_names_what_a_policy_pins(ring: KeyRing) -> None:
    """It warns before the next key is activated, and when tokens of the active key are refused."""
    active, following = ring.keys
    pins = (f'["{each.thumbprint}"]' for each in (active, following))
    good, bad = (MigrationPolicy.parse(row(EDDSA, "2020-01-01T00:00:00Z", thumbprints=each)) for each in pins)
    assert ring.check(good) == [
        f"row 1: the thumbprints lack the next key, {following.thumbprint}; add it before it is activated"
    ]
    [problem] = ring.check(bad)
    assert problem.endswith("tokens of i for a with EdDSA fail: the thumbprints lack the active key")


def test_published_set_is_compared_with_a_policy(ring: KeyRing) -> None:
    """The algorithms and the thumbprints of its keys are compared."""
    jwks, now = json.dumps(ring.jwks()).encode(), datetime(2026, 1, 1, tzinfo=UTC)
    policy = MigrationPolicy.parse(row(EDDSA, "2020-01-01T00:00:00Z") + row(MLDSA, "2027-06-01T00:00:00Z"))
    [failure] = set_failures(policy, jwks, now)
    assert failure.since == datetime(2027, 6, 1, tzinfo=UTC)
    assert failure.what.endswith(
        "with ML-DSA-44 fail: the published set has no key; publish it before the issuer signs"
    )
    pinned = MigrationPolicy.parse(row(EDDSA, "2020-01-01T00:00:00Z", thumbprints=f'["{"A" * 43}"]'))
    [failure] = set_failures(pinned, jwks, now)
    assert failure.what.endswith("the published set has none of the keys of its thumbprints")


# Files of other users; only root can make them.

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")


@pytest.fixture
def foreign() -> Iterator[Path]:
    """Yield the directory of a ring that belongs to a service."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own lets nobody else in
        Path(folder).chmod(0o755)
        directory = Path(folder) / "ring"
        KeyRing.create(directory, PASSWORD, [EDDSA], max_age=0, skew=0).close()
        for each in (directory, *directory.iterdir()):
            os.chown(each, SERVICE, SERVICE)
        yield directory


def outcome_as(user: int, call: Callable[[], object]) -> str:
    """Return the result of a call as another user, or its error, in a child."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
            text = str(call())
        except BaseException as error:  # noqa: BLE001 - the parent reports it
            text = f"{type(error).__name__}: {error}"
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


def work_on(directory: Path) -> list[str]:
    """Sign with a ring, change it, and return the result of its check."""
    with KeyRing.open(directory, PASSWORD) as ring:
        assert ring.signing_key(EDDSA)
        ring.rotate(EDDSA)
        ring.activate(EDDSA)
        return ring.check()


@as_root
def test_service_goes_on_after_a_change_by_root(foreign: Path) -> None:
    """After `sudo qynauth-pqc keyring rotate`, each file belongs to owner and group of the directory."""
    assert work_on(foreign) == []
    owners = {(each.stat().st_uid, each.stat().st_gid) for each in (foreign, *foreign.iterdir())}
    assert owners == {(SERVICE, SERVICE)}
    assert outcome_as(SERVICE, lambda: work_on(foreign)) == "[]"


@as_root
def test_check_finds_files_of_another_user(foreign: Path) -> None:
    """The service could not read them."""
    os.chown(foreign / "manifest", 0, 0)
    with KeyRing.open(foreign, PASSWORD) as ring:
        [problem] = ring.check()
    assert problem.startswith(f"{foreign / 'manifest'}: belongs to another user than the directory; run chown ")


@as_root
def test_user_who_cannot_give_files_to_the_service_changes_nothing(foreign: Path) -> None:
    """The error names the command; a directory that everybody may write to is a mistake, and not a way in."""
    for each in (foreign, *foreign.iterdir()):
        each.chmod(0o777)
    before = {each.name: each.read_bytes() for each in foreign.iterdir()}
    outcome = outcome_as(STRANGER, lambda: work_on(foreign))
    assert outcome.startswith(
        f"KeyRingError: {foreign}: belongs to the user with the number {SERVICE}; run the command"
    )
    assert f"sudo -u '#{SERVICE}'" in outcome
    assert {each.name: each.read_bytes() for each in foreign.iterdir()} == before


@as_root
def test_link_in_the_place_of_a_file_leads_root_nowhere(foreign: Path) -> None:
    """The service could point it at a file of root, which would be replaced and given to the service."""
    target = foreign.parent / "target"
    shutil.copy(foreign / "manifest", target)
    (foreign / "manifest").unlink()
    (foreign / "manifest").symlink_to(target)
    before = target.read_bytes()
    with KeyRing.open(foreign, PASSWORD) as ring:
        ring.rotate(EDDSA)
    assert (target.read_bytes(), target.stat().st_uid) == (before, 0)
    assert not (foreign / "manifest").is_symlink()


def test_ring_signs_where_there_is_no_fcntl(ring: KeyRing) -> None:
    """As on Windows, it is opened and published; changes are not safe, as the error says."""
    code = """
import sys
sys.modules["fcntl"] = None
from qynauth_pqc.auth import KeyRing, KeyRingError
ring = KeyRing.open(sys.argv[1], b"SENTINEL of a ring", clock=lambda: 1_800_000_001)
print(ring.signing_key("EdDSA") is not None, len(ring.jwks()["keys"]), ring.check())
for change in (lambda: ring.rotate("ES256"), lambda: KeyRing.create(sys.argv[1] + "2", b"password", ["EdDSA"])):
    try:
        change()
    except KeyRingError as error:
        print(error)
"""
    command = [sys.executable, "-c", code, str(ring.directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    why = "Python has no fcntl here, and two processes could change the ring at once; change it on Linux or macOS"
    expected = f"True 2 []\n{ring.directory}: {why}\n{ring.directory}2: {why}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")
