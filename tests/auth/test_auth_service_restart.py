"""The example service starts after its parent was killed, and shows the next step of a migration."""

from __future__ import annotations

import importlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from auth_fixtures import ISSUER, Clock, policy_text, row
from auth_service import SERVICE, Service, running_service
from http_site import serving
from pages import ENVIRONMENT

from qynauth_pqc.auth import KeyRing, MigrationPolicy

pytestmark = pytest.mark.slow

NOWHERE = "http://127.0.0.1:9/jwks.json"
"""An address where nobody answers."""


@contextmanager
def workers_of(service: Service) -> Iterator[list[psutil.Process]]:
    """Lend the processes of a service that have its lock open, and end them."""
    lock = str(service.state / "lock")
    family = psutil.Process(service.pid).children(recursive=True)
    found = [each for each in family if lock in {file.path for file in each.open_files()}]
    try:
        yield found
    finally:
        for each in family:
            if each.is_running():
                each.kill()


def prepare(state: Path, published: str = NOWHERE) -> subprocess.CompletedProcess[str]:
    """Do the first steps of a start."""
    places = {"AUTH_SERVICE_STATE": str(state), "AUTH_SERVICE_PUBLISHED": published, "PYTHONPATH": str(SERVICE)}
    environment = ENVIRONMENT | places
    command = [sys.executable, "-m", "service.prepare"]
    return subprocess.run(command, env=environment, text=True, capture_output=True, check=False)


def test_start_after_a_killed_parent_says_which_processes_to_end(tmp_path: Path) -> None:
    """The command that it names ends the workers, and then it starts."""
    with running_service(tmp_path) as service, workers_of(service) as workers:
        os.kill(service.pid, signal.SIGKILL)
        psutil.Process(service.pid).wait()
        start, numbers = (
            prepare(service.state),
            " ".join(str(each.pid) for each in sorted(workers, key=lambda it: it.pid)),
        )
        command = f"kill {numbers}"
        said = f"a service runs already with {service.state}, without its parent: end its workers with `{command}`\n"
        assert (start.returncode, start.stderr) == (1, said)
        subprocess.run(shlex.split(command), check=True)
        psutil.wait_procs(workers)
        start = prepare(service.state)
        assert (start.returncode, start.stderr) == (0, "")


def test_start_with_an_old_copy_of_the_ring_is_refused(tmp_path: Path) -> None:
    """A cache in front of the service shows it; without an answer, the start says so."""
    start = prepare(tmp_path / "state")
    assert start.returncode == 0
    assert start.stdout.startswith(f"the ring is not compared with the set at {NOWHERE}: the set cannot be fetched: ")
    shutil.copytree(tmp_path / "state", tmp_path / "backup")
    password = (tmp_path / "state" / "ring.password").read_bytes().rstrip(b"\n")
    with KeyRing.open(tmp_path / "state" / "ring", password) as ring:
        ring.revoke(ring.keys[0].kid)
        answer = json.dumps(ring.jwks()).encode()
    with serving(lambda site: site.send(answer)) as port:
        url = f"http://127.0.0.1:{port}/jwks.json"
        assert (prepare(tmp_path / "state", url).stdout, prepare(tmp_path / "state", url).returncode) == ("", 0)
        start = prepare(tmp_path / "backup", url)
    assert start.returncode == 1
    assert "the published set has the state number 2, and the ring only 1: it is an older copy" in start.stderr


NOW = datetime(2027, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
LAST = NOW + timedelta(days=60)
SIGNS: dict[str, Any] = {"sign_from": NOW - timedelta(days=1)}


@pytest.fixture
def next_step(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the function of the service."""
    monkeypatch.syspath_prepend(SERVICE)
    return importlib.import_module("service.migration").next_step


@pytest.mark.parametrize(
    ("rows", "keys", "expected"),
    [
        pytest.param([("EdDSA", SIGNS)], [], ("plan", "EdDSA", None), id="no deadline"),
        pytest.param([("EdDSA", {**SIGNS, "until": LATER})], [], ("deadline", "EdDSA", LATER), id="deadline"),
        pytest.param([("ML-DSA-65", SIGNS)], ["ML-DSA-65"], None, id="done"),
        pytest.param(
            [("EdDSA", {**SIGNS, "until": LAST}), ("ML-DSA-65", {"sign_from": LATER})],
            [],
            ("rotate", "ML-DSA-65", None),
            id="no key",
        ),
        pytest.param(
            [("EdDSA", {**SIGNS, "until": LAST}), ("ML-DSA-65", {"sign_from": LATER})],
            ["ML-DSA-65"],
            ("sign", "ML-DSA-65", LATER),
            id="key",
        ),
        pytest.param([("ML-DSA-65", SIGNS)], [], ("rotate", "ML-DSA-65", None), id="signer without a key"),
        pytest.param(
            [("EdDSA", {**SIGNS, "until": NOW}), ("ML-DSA-65", SIGNS | {"sign_from": NOW})],
            ["ML-DSA-65"],
            None,
            id="past deadline",
        ),
    ],
)
def test_next_step_of_a_migration(
    rows: list[tuple[str, dict[str, Any]]], keys: list[str], expected: Any, next_step: Any, tmp_path: Path
) -> None:
    """The steps of the operator and of the calendar come in the order of their dates."""
    policy = MigrationPolicy.parse(policy_text(*(row(name, **members) for name, members in rows)))
    with KeyRing.create(tmp_path / "ring", b"password", ["EdDSA", *keys], clock=Clock(NOW)) as ring:
        assert next_step(policy.rows, ring, NOW) == expected
    assert {each.issuer for each in policy.rows} == {ISSUER}


def test_next_key_has_to_be_activated_first(next_step: Any, tmp_path: Path) -> None:
    """It has to be activated from the time on that its ring allows."""
    policy = MigrationPolicy.parse(policy_text(row("EdDSA", **SIGNS), row("ML-DSA-65", sign_from=LATER)))
    with KeyRing.create(tmp_path / "ring", b"password", ["EdDSA"], clock=Clock(NOW)) as ring:
        ring.rotate("ML-DSA-65")
        when = NOW + timedelta(seconds=ring.max_age + ring.skew)
        assert next_step(policy.rows, ring, NOW) == ("activate", "ML-DSA-65", when)
