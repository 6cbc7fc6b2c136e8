"""The provider with others on the other side, HAProxy, Go and BoringSSL, and with two OpenSSLs in one process."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import provider_fixtures
import pytest
from bouncycastle import java_command
from conftest import ROOT
from interop.install import install_go
from programs import Done, run
from provider_fixtures import Signer
from provider_programs import Program, configuration, free_port, handshake, server, tool, wait_for

ours, plain, classical = provider_fixtures.ours, provider_fixtures.plain, provider_fixtures.classical

GROUP = "X25519MLKEM768"
PEERS = ROOT / "tests" / "provider"
HAPROXY = """defaults
    mode http
    timeout client 60s
frontend tls
    bind 127.0.0.1:{port} ssl crt {chain} curves X25519MLKEM768:X25519 ssl-min-ver TLSv1.3
    http-request return status 200
"""
BOTH = """
import socket, ssl, sys
from cryptography.exceptions import InternalError
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

def sign():
    key = MLDSA65PrivateKey.generate()
    key.public_key().verify(key.sign(b"a message"), b"a message")
    try:
        key.private_bytes_raw()
    except InternalError:
        return
    raise AssertionError("the key is not the provider's, which exports none in locked memory")

sign()
context = ssl.create_default_context(cafile=sys.argv[2])
for _ in range(2):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as raw:
        with context.wrap_socket(raw, server_hostname="localhost") as connection:
            print(connection.version())
    sign()
with open("/proc/self/maps") as maps:
    print(len({line.split()[4] for line in maps if line.endswith("qynauth.so\\n")}))
"""


def test_haproxy_agrees_with_openssl(ours: Program, plain: Program, classical: Signer, tmp_path: Path) -> None:
    """By the configuration alone."""
    chain, path, port = tmp_path / "chain.pem", tmp_path / "haproxy.cfg", free_port()
    chain.write_bytes(classical.certificate.read_bytes() + classical.key.read_bytes())
    path.write_text(HAPROXY.format(port=port, chain=chain), encoding="utf-8")
    command = [tool("haproxy"), "-db", "-f", str(path)]
    with subprocess.Popen(command, env={**os.environ, **ours.environment}) as process:
        try:
            wait_for(port)
            done = handshake(plain, port, classical.certificate, "-groups", GROUP)
        finally:
            process.kill()
    assert f"Negotiated TLS1.3 group: {GROUP}\n" in done.out


@pytest.fixture(scope="session")
def go() -> list[str | Path]:
    """Return the command of the peer in Go."""
    if shutil.which("go") is None:
        pytest.skip("there is no Go")
    install_go(short=True)
    return [ROOT / "target" / "interop" / "go" / "tls"]


def served(command: list[str | Path], calling: Program, ca: Path, group: str) -> Done:
    """Run a server that prints its port, connect to it, and return what the client printed."""
    with subprocess.Popen([str(each) for each in command], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            done = handshake(calling, int(process.stdout.readline()), ca, "-groups", group)
            process.wait(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0
    return done


@pytest.mark.parametrize("group", [GROUP, "SecP256r1MLKEM768", "SecP384r1MLKEM1024"])
def test_go_agrees_on_each_of_its_groups(ours: Program, classical: Signer, go: list[str | Path], group: str) -> None:
    """As client and as server."""
    with server(ours, *classical, "-groups", group) as port:
        done = run(*go, "client", group, str(port), classical.certificate)
    assert (done.code, done.out) == (0, f"{group}\n"), done.error
    shown = served([*go, "server", group, *classical], ours, classical.certificate, group)
    assert "Verify return code: 0 (ok)" in shown.out


def test_java_with_boringssl_agrees(ours: Program, classical: Signer) -> None:
    """As client and as server: OpenSSL offers and takes this group alone."""
    java = [*java_command(), str(PEERS / "Tls.java")]
    with server(ours, *classical, "-groups", GROUP) as port:
        done = run(*java, "client", str(port), classical.certificate)
    assert (done.code, done.out) == (0, "TLSv1.3\n"), done.error
    shown = served([*java, "server", *classical], ours, classical.certificate, GROUP)
    assert "Verify return code: 0 (ok)" in shown.out


@pytest.mark.skipif(ssl.OPENSSL_VERSION_INFO[0] != 3, reason="Python has no shared OpenSSL 3")
def test_two_openssls_in_one_process_share_the_module(
    ours: Program, plain: Program, classical: Signer, tmp_path: Path
) -> None:
    """The one of Python's `ssl`, and the one that is linked into cryptography: the module is loaded once."""
    pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mldsa")
    path = configuration(tmp_path / "both", settings="locked-memory = yes", properties="?provider=qynauth")
    with server(plain, *classical, "-groups", GROUP) as port:
        arguments: list[str | Path] = ["-c", BOTH, str(port), classical.certificate]
        done = run(sys.executable, *arguments, environment=ours.with_provider(path).environment)
    assert (done.code, done.out) == (0, "TLSv1.3\nTLSv1.3\n1\n"), done.error
