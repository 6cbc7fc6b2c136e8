"""Key rings survive faults: processes killed at each step, full disks, torn files, races, rollback, wrong clocks."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from jose_keys import generate

from qynauth_pqc.auth import _manifest
from qynauth_pqc.auth._private_keys import PrivateKey
from qynauth_pqc.auth._ring_files import outdated, read_counter
from qynauth_pqc.auth.errors import KeyRingError, RotationError
from qynauth_pqc.auth.keyring import KeyRing, RingKey

pytestmark = pytest.mark.slow

PASSWORD, EDDSA = b"password", "EdDSA"
PRESENT = generate("ES256").as_pem(private=True)
STEPS = {"open", "write", "fsync", "fchmod", "close", "link", "replace", "unlink", "mkdir", "flock", "listdir"}


def make_ring(directory: Path) -> KeyRing:
    """Make a ring without waiting times, with a retiring, an active and a next key."""
    made = KeyRing.create(directory, PASSWORD, [EDDSA], max_age=0, skew=0, token_lifetime=0)
    made.rotate(EDDSA)
    made.activate(EDDSA)
    made.rotate("ES256")
    return made


@pytest.fixture
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive the keys of rings at a low cost, where no other process opens them."""
    monkeypatch.setitem(_manifest._COST, "n", 16)


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[KeyRing]:
    """Yield a ring with three keys."""
    with make_ring(tmp_path / "ring") as made:
        yield made


CHANGES: dict[str, Callable[[KeyRing], object]] = {
    "create": lambda ring: KeyRing.create(ring.directory, PASSWORD, [EDDSA]),
    "rotate": lambda ring: ring.rotate(EDDSA),
    "activate": lambda ring: ring.activate("ES256"),
    "revoke": lambda ring: ring.revoke(ring.keys[1].kid),
    "remove": lambda ring: ring.remove(ring.keys[0].kid),
    "prune": lambda ring: ring.prune(),
    "import": lambda ring: ring.import_key("ES256", PRESENT, kid="2025-03", active=True),
    "password": lambda ring: ring.change_password(PASSWORD),
    "configure": lambda ring: ring.configure(max_age=1),
    "catch up": lambda ring: ring.catch_up({"keys": [], "qynauth_revoked": [ring.keys[1].kid], "qynauth_counter": 9}),
}
RARE = {"activate", "remove", "prune", "configure", "catch up"}
"""Changes that consist of the same steps as the others."""


def snapshot(ring: KeyRing) -> list[tuple[str, str]]:
    """Return the algorithms of the keys and their states."""
    return [(each.algorithm, each.state.value) for each in ring.keys]


def killed_at(number: int, change: Callable[[], object]) -> bool:
    """Return whether a fork that makes a change was killed at this step: before or after a call of the system."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == signal.SIGKILL
    left = number

    def trace(_frame: FrameType, event: str, function: Any) -> None:
        nonlocal left
        if event in ("c_call", "c_return") and function.__name__ in STEPS and function.__module__ != "builtins":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(trace)
    change()
    sys.setprofile(None)
    os._exit(0)


def kill_at_each_step(name: str, path: str) -> None:
    """Kill a change at each of its steps, and check the ring after each; in a process with one thread, to be forked."""
    _manifest._COST["n"] = 16  # or it would take minutes
    base, number, ring = Path(path) / "base", 0, make_ring(Path(path) / "ring")
    shutil.copytree(ring.directory, base)
    before: tuple[int, list[tuple[str, str]]] | None = ring.counter, snapshot(ring)
    if name == "create":
        shutil.rmtree(base)
        shutil.rmtree(ring.directory)
        base.mkdir(mode=0o700)
        before = None
    CHANGES[name](ring)
    with KeyRing.open(ring.directory, PASSWORD) as changed:
        after = changed.counter, snapshot(changed)
    seen = set()
    while True:
        shutil.rmtree(ring.directory)
        shutil.copytree(base, ring.directory)
        killed = killed_at(number, lambda: CHANGES[name](opened(ring.directory) or ring))
        found = check_after_kill(ring.directory)
        assert found in (before, after), (number, found)
        seen.add(str(found))
        if not killed:
            break
        number += 1
    assert (found, len(seen)) == (after, 2)
    print(number)  # noqa: T201 - for the parent


def opened(directory: Path) -> KeyRing | None:
    """Open a ring, if there is one."""
    return KeyRing.open(directory, PASSWORD) if (directory / "manifest").exists() else None


def check_after_kill(directory: Path) -> tuple[int, list[tuple[str, str]]] | None:
    """Open a ring, let it change again, and return the state that was found, or None without a ring."""
    ring = opened(directory)
    found = (ring.counter, snapshot(ring)) if ring else None
    assert ring is None or (outdated(directory, ring.keys), read_counter(directory)) == ([], ring.counter)
    ring = ring or made_again(directory)
    for algorithm in {each.algorithm for each in ring.keys if each.state == "active"}:
        assert ring.signing_key(algorithm)
    ring.revoke(ring.keys[-1].kid)
    signing = {str(each.file) for each in ring.keys if each.state in ("next", "active")}
    unknown = {each.name for each in directory.iterdir()} - {"manifest", "counter", *signing}
    assert len(unknown) <= 1
    assert ["does not know this private key" in each for each in ring.check()] == [True] * len(unknown)
    return found


def made_again(directory: Path) -> KeyRing:
    """Make a ring again after its creation was killed; leftover keys must be deleted first."""
    left = list(directory.glob("*.pem"))
    if left:
        with pytest.raises(KeyRingError, match="holds private keys without a manifest; restore it or, after a"):
            KeyRing.create(directory, PASSWORD, [EDDSA])
    for path in left:
        path.unlink()
    return KeyRing.create(directory, PASSWORD, [EDDSA])


@pytest.mark.parametrize("name", [pytest.param(each, marks=[pytest.mark.nightly] * (each in RARE)) for each in CHANGES])
def test_process_killed_at_any_step_leaves_the_state_before_or_after(tmp_path: Path, name: str) -> None:
    """It is killed before and after each system call. The next change cleans up."""
    code = f"import test_auth_keyring_faults as faults; faults.kill_at_each_step({name!r}, {str(tmp_path)!r})"
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 20


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("_quick_passwords")
@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("size", [0, 200, 600])
def test_full_disk_loses_nothing(ring: KeyRing, tmp_path: Path, name: str, size: int) -> None:
    """The error is the system's, and the same change works when there is space again. 600 bytes fit a key file."""
    if name == "create":
        ring.directory = tmp_path / "new"
    before, state = ring.counter, snapshot(ring)
    with full_disk(size), pytest.raises(OSError, match="File too large"):
        CHANGES[name](ring)
    if name != "create":
        with KeyRing.open(ring.directory, PASSWORD) as found:
            assert (found.counter, snapshot(found), ring.counter, snapshot(ring)) == (before, state, before, state)
    CHANGES[name](ring)
    with KeyRing.open(ring.directory, PASSWORD) as found:
        kept = {each.file for each in found.keys if each.state in ("next", "active")}
    assert {each.name for each in ring.directory.iterdir()} == {"manifest", "counter", *kept}


def test_torn_manifest_is_refused_at_every_length(ring: KeyRing) -> None:
    """A manifest with trailing data is refused too."""
    path = ring.directory / "manifest"
    whole = path.read_bytes()
    for data in (*(whole[:size] for size in range(len(whole))), whole + b"\n", whole + whole, bytes(5_000_000)):
        with pytest.raises(KeyRingError):
            ring._seal.read(data, "ring")  # type: ignore[union-attr]
    for size in (0, 1, 30, 100, 200, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(KeyRingError, match="wrong password, or the manifest is damaged"):
            KeyRing.open(ring.directory, PASSWORD)
    path.write_bytes(whole)
    assert ring.signing_key(EDDSA)


def test_flipped_bit_is_refused_anywhere(ring: KeyRing) -> None:
    """The bit is in the version, the salt, the tag or the members."""
    whole = (ring.directory / "manifest").read_bytes()
    for index in range(len(whole)):
        data = bytearray(whole)
        data[index] ^= 1 << index % 8
        with pytest.raises(KeyRingError):
            ring._seal.read(bytes(data), "ring")  # type: ignore[union-attr]
    salt = whole.index(b"salt ") + 5
    (ring.directory / "manifest").write_bytes(whole[:salt] + bytes([whole[salt] ^ 1]) + whole[salt + 1 :])
    for call in (ring.jwks, lambda: ring.signing_key(EDDSA), lambda: KeyRing.open(ring.directory, PASSWORD)):
        with pytest.raises(KeyRingError):
            call()


def test_manifest_of_another_ring_is_refused(ring: KeyRing, tmp_path: Path) -> None:
    """A process that had read this ring refuses one with the same password, and a missing one."""
    with KeyRing.create(tmp_path / "other", PASSWORD, [EDDSA]) as other:
        shutil.copy(other.directory / "manifest", ring.directory)
    with pytest.raises(KeyRingError, match="the password of the ring was changed, or it is another ring; open it"):
        ring.refresh()
    (ring.directory / "manifest").unlink()
    with pytest.raises(KeyRingError, match="holds private keys without a manifest; restore it"):
        ring.signing_key(EDDSA)


def test_rollback_is_seen_by_a_running_process(ring: KeyRing, tmp_path: Path) -> None:
    """It refuses to publish, sign and change; a new process needs the published set to see it."""
    shutil.copytree(ring.directory, tmp_path / "backup")
    ring.revoke(ring.keys[1].kid)
    shutil.rmtree(ring.directory)
    shutil.copytree(tmp_path / "backup", ring.directory)
    for call in (ring.jwks, lambda: ring.signing_key(EDDSA), lambda: ring.rotate(EDDSA)):
        with pytest.raises(KeyRingError, match="expected a state from number 6 on, got 4; restore the newest"):
            call()
    with KeyRing.open(ring.directory, PASSWORD) as later:
        assert later.signer(EDDSA)[0].thumbprint == later.keys[1].kid


def test_another_history_with_the_same_number_is_refused(ring: KeyRing, tmp_path: Path) -> None:
    """Two copies of a ring were changed apart: neither takes the place of the other."""
    shutil.copytree(ring.directory, tmp_path / "copy")
    ring.rotate(EDDSA)
    with KeyRing.open(tmp_path / "copy", PASSWORD) as copy:
        copy.rotate(EDDSA)
        shutil.copy(copy.directory / "manifest", ring.directory)
    with pytest.raises(KeyRingError, match="expected a state from number 6 on, got 5"):
        ring.jwks()


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Run code in another process, which has opened the ring of the first argument."""
    opened = "import sys; from qynauth_pqc.auth.keyring import *; from qynauth_pqc.auth.errors import *\n"
    opened += "ring = KeyRing.open(sys.argv[1], b'password'); print('open', flush=True)\n"
    command = [sys.executable, "-c", opened + code, *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


ROTATE = """
try:
    print(ring.rotate("EdDSA").state)
except RotationError as error:
    print(error)
"""


def test_two_processes_that_rotate_at_once_make_one_key(ring: KeyRing) -> None:
    """Both wait until this process releases the ring."""
    with ring._changing():
        processes = [start(ROTATE, ring.directory) for _ in range(2)]
    outcomes = sorted(process.communicate()[0] for process in processes)
    assert outcomes == ["EdDSA has a next key already; activate or revoke it first\n", "next\n"]
    assert [state for _, state in snapshot(KeyRing.open(ring.directory, PASSWORD))] == [
        *("retiring", "active", "next"),
        "next",
    ]


def test_lock_is_held_until_the_process_ends(ring: KeyRing) -> None:
    """No other process gets it during a change; when the process is killed, the system releases it."""
    process = start("with ring._changing(): print('locked', flush=True); sys.stdin.read()", ring.directory)
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    with opened_directory(ring.directory) as descriptor, pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert ring.rotate(EDDSA).state == "next"


@contextmanager
def opened_directory(path: Path) -> Iterator[int]:
    """Lend the descriptor of a directory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_child_that_was_forked_during_a_change_keeps_no_lock(ring: KeyRing) -> None:
    """It has the descriptor too, until it ends."""
    reader, writer = os.pipe()
    with ring._changing():
        child = os.fork()
        if child == 0:
            os.close(writer)
            os.read(reader, 1)  # until the parent closes the pipe
            os._exit(0)
    with opened_directory(ring.directory) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(writer)
    os.close(reader)
    assert os.waitpid(child, 0)[1] == 0


def test_what_cannot_be_deleted_spoils_no_change(ring: KeyRing) -> None:
    """A directory may have the name of a key file; for the file of a revoked key, there is an error."""
    obstacle = ring.directory / f"{ring.keys[0].thumbprint}.{'0' * 16}.pem"
    obstacle.mkdir()
    assert ring.rotate(EDDSA).state == "next"
    assert obstacle.is_dir()
    with pytest.raises(KeyRingError, match="is retiring, but its file cannot be deleted; delete it"):
        ring.remove(ring.keys[0].kid)
    path = ring.directory / str(ring.keys[1].file)
    path.unlink()
    path.mkdir()
    with pytest.raises(KeyRingError, match="is revoked, but its file cannot be deleted; delete it"):
        ring.revoke(ring.keys[1].kid)
    assert ring.keys[1].state == "revoked"
    assert [len([each for each in ring.check() if path.name in each]) for path in (obstacle, path)] == [2, 2]


ROTATIONS = """
for _ in range(20):
    old = [key for key in ring.keys if key.algorithm == "EdDSA" and key.state == "active"][0]
    ring.rotate("EdDSA")
    ring.activate("EdDSA")
    ring.remove(old.kid)
"""


def test_readers_see_no_error_while_a_writer_rotates(ring: KeyRing) -> None:
    """Four threads sign and publish until another process has changed the ring sixty times."""
    errors: list[BaseException] = []
    signers: set[str] = set()
    process = start(ROTATIONS, ring.directory)

    def read() -> None:
        try:
            while process.poll() is None:
                signers.add(ring.signer(EDDSA)[0].thumbprint)
                assert any(each["crv"] == "Ed25519" for each in ring.jwks()["keys"])
        except BaseException as error:  # noqa: BLE001 - it is reported below
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (process.wait(), errors, ring.counter) == (0, [], 64)
    assert ring.signer(EDDSA)[0].thumbprint in {each.kid for each in ring.keys if each.state == "active"}
    process.communicate()


def test_clock_that_goes_backwards_makes_nothing_earlier(tmp_path: Path) -> None:
    """A step waits for the time of the key; a key from the future can be revoked."""
    now = [2_000_000_000.0]
    with KeyRing.create(tmp_path / "ring", PASSWORD, [EDDSA], clock=lambda: now[0]) as ring:
        ring.rotate(EDDSA)
        for back in (1, 420, 421, 1_000_000_000, 2_000_000_000):
            now[0] = 2_000_000_000.0 + 360 - back
            with pytest.raises(RotationError, match="before 2033-05-18T03:39:20Z"):
                ring.activate(EDDSA)
        now[0] = 1_999_990_000
        ring.revoke(ring.keys[1].kid)
        made = ring.rotate(EDDSA)
        now[0] += 360
        assert ring.activate(EDDSA).kid == made.kid
        now[0] -= 3600
        with pytest.raises(RotationError, match="tokens of the key may be in use before"):
            ring.remove(ring.keys[0].kid)


def test_clock_that_was_a_year_ahead_at_rotate_costs_one_wait(tmp_path: Path) -> None:
    """The first try publishes the key again; verifiers have the whole wait from then on, also after a restart."""
    now = [2_000_000_000.0]
    with KeyRing.create(tmp_path / "ring", PASSWORD, [EDDSA], clock=lambda: now[0]) as ring:
        now[0] += 366 * 86400
        made = ring.rotate(EDDSA)
        now[0] -= 366 * 86400
        assert ring.check()[0].endswith("if it is right now, activate the key, so that its wait begins again")
        with pytest.raises(
            RotationError, match="the clock was ahead when the key was published, so its wait"
        ) as caught:
            ring.activate(EDDSA)
        assert caught.value.earliest == datetime.fromtimestamp(now[0] + 360, UTC)
    with KeyRing.open(tmp_path / "ring", PASSWORD, clock=lambda: now[0]) as ring:
        assert ring.check() == []
        now[0] += 359
        with pytest.raises(RotationError, match="verifiers may lack the next key before"):
            ring.activate(EDDSA)
        now[0] += 1
        assert ring.activate(EDDSA).kid == made.kid


@pytest.mark.parametrize(("ahead", "again"), [(60, False), (61, True)])
def test_clocks_of_two_hosts_may_differ(tmp_path: Path, ahead: int, *, again: bool) -> None:
    """A key from up to a minute later than now waits for its time."""
    now = [2_000_000_000.0]
    with KeyRing.create(tmp_path / "ring", PASSWORD, [EDDSA], clock=lambda: now[0]) as ring:
        now[0] += ahead
        ring.rotate(EDDSA)
        now[0] -= ahead
        with pytest.raises(RotationError) as caught:
            ring.activate(EDDSA)
        assert caught.value.earliest == datetime.fromtimestamp(now[0] + 360 + (0 if again else ahead), UTC)


def test_clock_that_is_behind_at_activate_does_not_shorten_the_wait(tmp_path: Path) -> None:
    """A host without the time activates too early; when its clock is right, verifiers still have the whole wait."""
    now = [2_000_000_000.0]
    with KeyRing.create(tmp_path / "ring", PASSWORD, [EDDSA], clock=lambda: now[0]) as ring:
        ring.rotate(EDDSA)
        for moment in (now[0] - 366 * 86400, now[0] + 359):
            now[0] = moment
            with pytest.raises(RotationError, match="verifiers may lack the next key before 2033-05-18T03:39:20Z"):
                ring.activate(EDDSA)
            assert all(each.endswith("or, if it is right now, revoke the key") for each in ring.check())
        now[0] += 1
        ring.activate(EDDSA)


class Overtaken(KeyRing):
    """A ring that another process changes just before each private key is read, as long as there are changes."""

    changes: list[Callable[[], object]]

    def _private(self, key: RingKey) -> PrivateKey:
        if self.changes:
            self.changes.pop()()
        return super()._private(key)


def test_key_that_has_just_been_deleted_is_not_an_error(ring: KeyRing) -> None:
    """The signer reads the manifest again: a new key may be active, or none; a file that is lost is an error."""
    ring.rotate(EDDSA)
    with Overtaken.open(ring.directory, PASSWORD) as signer:
        signer.changes = [lambda: ring.activate(EDDSA)]
        assert signer.signer(EDDSA)[0].thumbprint == ring.keys[3].kid
    with Overtaken.open(ring.directory, PASSWORD) as signer:
        signer.changes = [lambda: ring.revoke(ring.keys[3].kid)]
        with pytest.raises(RotationError, match="has no active key"):
            signer.signing_key(EDDSA)
        ring.activate("ES256")
        signer.changes = [(ring.directory / str(ring.keys[2].file)).unlink]
        with pytest.raises(KeyRingError, match="is missing"):
            signer.signing_key("ES256")
