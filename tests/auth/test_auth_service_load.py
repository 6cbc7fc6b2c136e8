"""The load run of the example service: no login is lost, and no valid token is refused, while keys rotate."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import auth_service
import pytest
from auth_service import MODES, ORIGIN, SERVICE, Service

from qynauth_pqc.auth.keyring import KeyRing, KeyState

pytestmark = pytest.mark.slow

service = auth_service.service
ROW = re.compile(r"^(classical|hybrid|post-quantum) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+) +(\d+) +(\d+)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def next_keys(service: Service) -> Iterator[None]:
    """Leave the ring with a next key of each algorithm, as at the beginning."""
    yield
    with KeyRing.open(service.state / "ring", b"password") as ring:
        published = {key.algorithm for key in ring.keys if key.state is KeyState.NEXT}
        for algorithm, _ in MODES.values():
            if algorithm not in published:
                ring.rotate(algorithm)


def command(service: Service, policy: Path) -> list[str]:
    """Return the command of a short run."""
    options = {"--origin": ORIGIN, "--state": service.state, "--policy": policy, "--people": 1, "--seconds": 0.5}
    given = [str(each) for option in options.items() for each in option]
    return [sys.executable, str(SERVICE / "load.py"), str(service.http.base_url), *given]


def test_no_login_is_lost_while_keys_rotate(service: Service) -> None:
    """In each mode, two or more keys have signed, and service and verifier accept every token."""
    run = command(service, service.state.parent / "policy.toml")
    result = subprocess.run(run, text=True, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    rows = {mode: (int(logins), int(keys)) for mode, logins, *_, keys in ROW.findall(result.stdout)}
    assert set(rows) == {mode for _, mode in MODES.values()}
    assert all(logins >= keys >= 2 for logins, keys in rows.values()), result.stdout


@pytest.mark.nightly
def test_no_login_is_lost_while_a_server_of_keys_fails_and_lies(service: Service) -> None:
    """Every fault has happened, between answers with the keys, and each lie is reported."""
    run = [*command(service, service.state.parent / "policy.toml"), "--faults"]
    result = subprocess.run(run, text=True, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    alarm = "a JWK Set was refused, and the one before it is used to the end of its time: "
    reports = result.stderr.splitlines()
    assert reports
    assert all(line.startswith(alarm) for line in reports), result.stderr
    assert {mode for mode, *_ in ROW.findall(result.stdout)} == {mode for _, mode in MODES.values()}
    [line] = re.findall(r"^answers of the server of keys: (.*)$", result.stdout, re.MULTILINE)
    answers = dict(re.findall(r"(\w+) (\d+)", line))
    assert set(answers) == {"good", "failing", "slow", "lying", "closing", "talking"}


def test_refused_token_fails_the_run(service: Service, tmp_path: Path) -> None:
    """The verifier has another policy than the service, which signs reports with EdDSA."""
    policy = (service.state.parent / "policy.toml").read_text(encoding="utf-8")
    (tmp_path / "policy.toml").write_text(policy.replace('"EdDSA"', '"ES256"'), encoding="utf-8")
    result = subprocess.run(command(service, tmp_path / "policy.toml"), text=True, capture_output=True, check=False)
    assert result.returncode == 1
    assert "classical: token refused: " in result.stderr
    assert "lost" not in result.stderr


def test_lost_login_fails_the_run(service: Service) -> None:
    """The service forgets all accounts after their owners have registered."""
    run = command(service, service.state.parent / "policy.toml")
    with subprocess.Popen(run, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().startswith("mode ")
        with service.database() as database:
            database.execute("DELETE FROM accounts")
        database.close()
        assert "login lost: /api/login/finish: status 401" in process.stderr.read()
    assert process.returncode == 1


def test_folder_without_a_ring_is_refused_first(tmp_path: Path) -> None:
    """It is refused before anyone registers: there is no service at this address."""
    run = [sys.executable, str(SERVICE / "load.py"), "http://127.0.0.1:1", "--state", str(tmp_path)]
    result = subprocess.run(run, text=True, capture_output=True, check=False)
    assert result.returncode == 2
    assert "--state: expected the folder in which the service keeps its ring" in result.stderr
