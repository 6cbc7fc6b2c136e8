"""The recipes with several processes work: mutual TLS, and a service with workers that Prometheus scrapes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.request import urlopen

import pytest
from pages import ENVIRONMENT, TEXTS, commands, write_files
from prefork_client import values_of
from prometheus_server import needs_prometheus, scraping

TLS, SERVICE = "docs/recipes/mutual-tls.md", "docs/recipes/several-workers.md"
WORKERS = 3


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a page to its end."""
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, text=True, capture_output=True, check=False)


@dataclass(frozen=True)
class Server:
    """A running process that reports its steps, line by line."""

    process: subprocess.Popen[str]
    output: IO[str]
    port: int


@contextmanager
def tls_server(folder: Path) -> Iterator[Server]:
    """Run server.py at a free port until the end of the block."""
    command = ["python", "-W", "error", "server.py", "0"]
    with subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            ready, port = process.stdout.readline().split()
            assert ready == "ready"
            yield Server(process, process.stdout, int(port))
        finally:
            process.kill()


def connect(server: Server, folder: Path, *name: str) -> tuple[int, str, str]:
    """Return how client.py ended, its output, and the last line of its errors."""
    client = run(folder, "python", "-W", "error", "client.py", str(server.port), *name)
    return client.returncode, client.stdout, "".join(client.stderr.splitlines()[-1:])


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    """Return a folder with the files of the page and the certificates that its first command makes."""
    write_files(TLS, tmp_path)
    assert run(tmp_path, "python", "-W", "error", "make_certificates.py").stderr == ""
    return tmp_path


def test_commands_of_mutual_tls_do_what_their_comments_say(tmp_path: Path) -> None:
    """They run in order, with a free port instead of 8443."""
    write_files(TLS, tmp_path)
    (make, _), (serve, _), *clients = commands(TEXTS[TLS])
    assert run(tmp_path, *make).stderr == ""
    assert serve == ["python", "server.py", "8443", "&"]
    with tls_server(tmp_path) as server:
        for command, comment in clients:
            client = run(tmp_path, *(part.replace("8443", str(server.port)) for part in command))
            assert (client.stdout, client.returncode) == (("", 1) if "refused" in comment else (f"{comment}\n", 0))
            assert ("OpenSSL.SSL.Error" in client.stderr) == ("refused" in comment)


def test_each_side_authenticates_the_other_with_post_quantum_keys(tls: Path) -> None:
    """Both sides agree on keys by X25519MLKEM768."""
    with tls_server(tls) as server:
        assert connect(server, tls, "client") == (0, "hello, billing.example\n", "")
        assert server.output.readline() == "served over X25519MLKEM768\n"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param([], "peer did not return a certificate", id="no certificate"),
        pytest.param(["stranger"], "certificate verify failed", id="another root"),
        pytest.param(["server"], "certificate verify failed", id="another purpose"),
    ],
)
def test_server_refuses_a_client_and_serves_the_next(name: list[str], reason: str, tls: Path) -> None:
    """The server names the reason, and the client receives an alert with its first read."""
    with tls_server(tls) as server:
        code, output, error = connect(server, tls, *name)
        assert (code, output) == (1, "")
        assert re.match(r"OpenSSL\.SSL\.Error: .* alert ", error)
        assert re.match(rf"refused .*{reason}", server.output.readline())
        assert connect(server, tls, "client")[0] == 0


def issue_again(folder: Path, old: str, new: str) -> None:
    """Change make_certificates.py and run it again."""
    replace(folder / "make_certificates.py", old, new)
    for file in folder.glob("*.key"):
        file.unlink()
    assert run(folder, "python", "-W", "error", "make_certificates.py").stderr == ""


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        pytest.param("SERVER_AUTH, root_key", "SERVER_AUTH, other_root_key", "certificate verify failed", id="root"),
        pytest.param('"localhost"', '"other.example"', "expected localhost, got ['other.example']", id="name"),
    ],
)
def test_client_refuses_a_server_with_another(old: str, new: str, error: str, tls: Path) -> None:
    """The other certificate is of another root, or is valid for another name."""
    issue_again(tls, old, new)
    with tls_server(tls) as server:
        code, output, last = connect(server, tls, "client")
    assert (code, output) == (1, "")
    assert error in last


def test_server_refuses_a_client_with_another_name(tls: Path) -> None:
    """Its certificate is valid, and another client's."""
    issue_again(tls, '"client", "billing.example"', '"client", "mail.example"')
    with tls_server(tls) as server:
        assert connect(server, tls, "client")[0] == 1
        assert server.output.readline() == "refused expected billing.example, got ['mail.example']\n"


def test_server_refuses_a_classical_key_exchange(tls: Path) -> None:
    """A client with a valid certificate that offers P-256 alone, and is content with it, is not served."""
    with tls_server(tls) as server:  # it has read the old tls.py
        classical = "from cryptography.hazmat.primitives.asymmetric import ec\n    made.set_tmp_ecdh(ec.SECP256R1())"
        replace(tls / "tls.py", "    return made", f"    {classical}\n    return made")
        replace(tls / "tls.py", "X25519MLKEM768", "secp256r1")
        assert connect(server, tls, "client")[0] == 1
        assert server.output.readline() == "refused key exchange is not post-quantum: secp256r1\n"


def replace(file: Path, old: str, new: str) -> None:
    """Replace a text that occurs once in a file."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


@dataclass(frozen=True)
class Service(Server):
    """The running service, and the numbers of its workers."""

    workers: list[int]

    def counts(self) -> dict[tuple[str, str], int]:
        """Return the counts of ML-DSA that are not 0, as any worker reports them to Prometheus."""
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=300) as answer:
            values = values_of(answer.read().decode())
        found = [(dict(labels), value) for (name, labels), value in values.items() if name.endswith("operations_total")]
        return {(labels["action"], labels["status"]): int(value) for labels, value in found if value}


def started(output: IO[str]) -> Iterator[int]:
    """Return the numbers of workers as they become ready, and fail as soon as one cannot start."""
    numbers = []
    for line in output:
        numbers += re.findall(r"Started server process \[(\d+)\]", line)
        if "Application startup complete" in line:
            yield int(numbers.pop(0))
        assert "Traceback" not in line, output.read(2000)


@contextmanager
def running_service(folder: Path) -> Iterator[Service]:
    """Make the key and run the service by the commands of the page, at a free port, until the end of the block."""
    write_files(SERVICE, folder)
    (make, _), (serve, _), (client, _) = commands(TEXTS[SERVICE])
    assert run(folder, *make).stderr == ""
    assert client == ["python", "try_service.py", "http://127.0.0.1:8000"]
    command = [part.replace("8000", "0") for part in serve]
    command += ["--no-access-log", "--timeout-worker-healthcheck=60"]  # a busy machine is no reason to kill a worker
    with subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, text=True, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        try:
            [port] = re.findall(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())
            ready = started(process.stderr)
            yield Service(process, process.stderr, int(port), [next(ready) for _ in range(WORKERS)])
        finally:
            process.terminate()


def use(service: Service, folder: Path, times: int) -> None:
    """Run try_service.py: a message is signed and verified, and another one is refused."""
    for _ in range(times):
        client = run(folder, "python", "-W", "error", "try_service.py", f"http://127.0.0.1:{service.port}")
        assert (client.returncode, client.stderr) == (0, "")


def expected(times: int, workers: int = WORKERS) -> dict[tuple[str, str], int]:
    """Return the counts after this many runs of try_service.py, where this many workers have loaded the key."""
    return {
        ("import", "ok"): workers,
        ("sign", "ok"): times,
        ("verify", "ok"): times,
        ("verify", "invalid_signature"): times,
    }


@pytest.mark.nightly  # uvicorn may wait for a minute before it replaces the worker
def test_any_worker_of_the_service_answers_for_all(tmp_path: Path) -> None:
    """Each worker has loaded the key; a killed worker is replaced, and its counts stay."""
    with running_service(tmp_path) as service:
        assert len(set(service.workers)) == WORKERS
        use(service, tmp_path, 4)
        assert [service.counts() for _ in range(6)] == [expected(4)] * 6
        os.kill(service.workers[0], signal.SIGKILL)
        assert next(started(service.output)) not in service.workers
        use(service, tmp_path, 1)
        assert service.counts() == expected(5, WORKERS + 1)


@needs_prometheus
@pytest.mark.nightly
def test_prometheus_scrapes_the_service(tmp_path: Path) -> None:
    """It uses the configuration of the page, with a shorter interval."""
    with running_service(tmp_path) as service:
        use(service, tmp_path, 2)
        configuration = (tmp_path / "prometheus.yml").read_text(encoding="utf-8")
        configuration = configuration.replace("15s", "500ms").replace("8000", str(service.port))
        with scraping(configuration, tmp_path) as prometheus:
            name = 'qynauth_pqc_operations_total{job="service", algorithm="ML-DSA-65"}'
            found = prometheus.wait(f"{name} > 0")
    assert {(labels["action"], labels["status"]): int(value) for labels, value in found} == expected(2)
