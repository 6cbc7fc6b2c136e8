"""TLS 1.3 with the groups and certificates of the provider: two versions of OpenSSL, Python's `ssl` and curl."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import provider_fixtures
import pytest
from programs import run
from provider_fixtures import Signer
from provider_programs import GROUPS, SETS, Program, configuration, free_port, handshake, server, tool, wait_for

ours, plain, preferred, classical = (
    provider_fixtures.ours,
    provider_fixtures.plain,
    provider_fixtures.preferred,
    provider_fixtures.classical,
)

CLIENT = """
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as raw:
    with context.wrap_socket(raw, server_hostname="localhost") as connection:
        connection.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        answer = b""
        while block := connection.recv(65536):
            answer += block
print(ssl.OPENSSL_VERSION, answer.decode(errors="replace"))
"""
SERVER = """
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
        connection.recv(100)
"""
uses_openssl_3 = pytest.mark.skipif(ssl.OPENSSL_VERSION_INFO[0] != 3, reason="Python has no shared OpenSSL 3")


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_agrees_with_openssl(
    ours: Program, plain: Program, preferred: Program, classical: Signer, group: str
) -> None:
    """As client and as server, and in an OpenSSL that has the group itself."""
    for listening, calling in ((ours, plain), (plain, ours), (preferred, plain), (plain, preferred), (ours, ours)):
        with server(listening, *classical, "-groups", group) as port:
            done = handshake(calling, port, classical.certificate, "-groups", group)
        assert "Verify return code: 0 (ok)" in done.out, done
        if calling is not ours:
            assert f"Negotiated TLS1.3 group: {group}\n" in done.out


def test_no_handshake_succeeds_without_the_provider(ours: Program, plain: Program, classical: Signer) -> None:
    """The old OpenSSL does not know the group: the control of the test above."""
    bare = Program(ours.path, {"OPENSSL_CONF": "/dev/null"})
    with server(plain, *classical, "-groups", "X25519MLKEM768") as port:
        assert handshake(bare, port, classical.certificate).code != 0


def test_a_server_asks_again_for_a_post_quantum_share(ours: Program, plain: Program, classical: Signer) -> None:
    """HelloRetryRequest, in both directions: a client sends one share, and it may be of another group."""
    with server(ours, *classical, "-groups", "X25519MLKEM768") as port:
        done = handshake(plain, port, classical.certificate, "-groups", "*x25519:X25519MLKEM768")
    assert "Negotiated TLS1.3 group: X25519MLKEM768\n" in done.out
    with server(plain, *classical, "-groups", "X25519MLKEM768") as port:
        done = handshake(ours, port, classical.certificate, "-groups", "x25519:X25519MLKEM768", "-msg")
    assert done.out.count("ClientHello") >= 2
    assert "Verify return code: 0 (ok)" in done.out


def test_tls_1_2_has_none_of_the_groups(ours: Program, classical: Signer) -> None:
    """The groups are for TLS 1.3 alone, and TLS 1.2 agrees on another group if there is one."""
    for groups, code in (("X25519MLKEM768", 1), ("X25519MLKEM768:x25519:prime256v1", 0)):
        with server(ours, *classical, "-groups", groups) as port:
            assert handshake(ours, port, classical.certificate, "-tls1_2", "-groups", groups).code == code


@pytest.fixture(scope="session", params=SETS)
def signer(plain: Program, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Signer:
    """Return a certificate of ML-DSA for localhost, made by OpenSSL's own code."""
    folder = tmp_path_factory.mktemp(request.param)
    made = Signer(folder / "cert.pem", folder / "key.pem")
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-config", "/etc/ssl/openssl.cnf"]
    plain("req", "-x509", "-newkey", request.param, "-nodes", "-keyout", made.key, *name, "-out", made.certificate)
    return made


def test_certificates_of_mldsa_sign_handshakes(
    ours: Program, plain: Program, preferred: Program, signer: Signer
) -> None:
    """From OpenSSL 3.2 on, with the provider on either side or on both, and for the client's certificate too."""
    own = ("-cert", str(signer.certificate), "-key", str(signer.key))
    pairs = [(preferred, plain), (plain, preferred), (preferred, preferred)]
    if not ours("version").startswith(("OpenSSL 3.0", "OpenSSL 3.1")):
        pairs += [(ours, plain), (plain, ours), (ours, ours)]
    for listening, calling in pairs:
        options = (
            "-groups",
            "X25519MLKEM768",
            "-Verify",
            "1",
            "-CAfile",
            str(signer.certificate),
            "-verify_return_error",
        )
        with server(listening, *signer, *options) as port:
            done = handshake(calling, port, signer.certificate, *own)
        assert "Verify return code: 0 (ok)" in done.out, done
        assert calling is ours or "Peer signature type: mldsa" in done.out


@uses_openssl_3
@pytest.mark.skipif(not sys.executable, reason="no program to run")
def test_ssl_of_python_agrees_with_openssl(ours: Program, plain: Program, classical: Signer) -> None:
    """As client and as server, by the configuration alone."""
    with server(plain, *classical, "-groups", "X25519MLKEM768", "-www") as port:
        done = run(sys.executable, "-c", CLIENT, str(port), classical.certificate, environment=ours.environment)
    assert done.code == 0, done.error
    assert "X25519MLKEM768" in done.out
    command = [sys.executable, "-c", SERVER, *map(str, classical)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ours.environment) as process:
        assert process.stdout is not None
        shown = handshake(plain, int(process.stdout.readline()), classical.certificate, "-groups", "X25519MLKEM768")
    assert "Negotiated TLS1.3 group: X25519MLKEM768\n" in shown.out


def test_curl_agrees_with_openssl(ours: Program, plain: Program, classical: Signer) -> None:
    """By the configuration alone."""
    if "OpenSSL/3." not in run(tool("curl"), "--version").out:
        pytest.skip("curl has no shared OpenSSL 3")
    with server(plain, *classical, "-groups", "X25519MLKEM768", "-www") as port:
        url = ["--silent", "--show-error", "--cacert", str(classical.certificate), f"https://localhost:{port}/"]
        done = run("curl", *url, environment=ours.environment)
    assert done.code == 0, done.error
    assert "X25519MLKEM768" in done.out


NGINX = """daemon off;
pid {folder}/pid;
error_log stderr;
worker_processes 2;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.3;
        ssl_ecdh_curve X25519MLKEM768:X25519;
        location / {{ return 200; }}
    }}
}}
"""


def test_nginx_agrees_with_openssl(ours: Program, plain: Program, classical: Signer, tmp_path: Path) -> None:
    """Each of its workers, by the configuration alone, before and after it has read its configuration again."""
    values: dict[str, Any] = {
        "folder": tmp_path,
        "port": free_port(),
        "certificate": classical.certificate,
        "key": classical.key,
    }
    (tmp_path / "nginx.conf").write_text(NGINX.format(**values), encoding="utf-8")
    command = [tool("nginx"), "-p", str(tmp_path), "-c", "nginx.conf", "-e", "stderr"]
    with subprocess.Popen(command, env={**os.environ, **ours.environment}) as process:
        try:
            for _ in range(2):
                wait_for(values["port"])
                for _ in range(4):
                    done = handshake(plain, values["port"], classical.certificate, "-groups", "X25519MLKEM768")
                    assert "Negotiated TLS1.3 group: X25519MLKEM768\n" in done.out
                process.send_signal(signal.SIGHUP)
        finally:
            process.terminate()
    assert process.returncode == 0


class Changed(Thread):
    """Passes a connection on, and changes a byte of a message of one side."""

    def __init__(self, port: int, at: int, *, of_client: bool) -> None:
        """Listen on a free port."""
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.target, self.at, self.of_client = self.listener.getsockname()[1], port, at, of_client
        self.seen = bytearray()

    def run(self) -> None:
        """Serve one connection."""
        with (
            self.listener,
            self.listener.accept()[0] as client,
            socket.create_connection(("127.0.0.1", self.target)) as there,
        ):
            back = Thread(target=self._pass, args=(there, client, not self.of_client), daemon=True)
            back.start()
            self._pass(client, there, self.of_client)
            back.join()

    def _pass(self, source: Any, target: Any, is_changed: bool) -> None:  # noqa: FBT001 - an argument of a thread
        sent = 0
        while block := bytearray(_received(source)):
            if is_changed and sent <= self.at < sent + len(block):
                block[self.at - sent] ^= 0x55
            sent += len(block)
            try:
                target.sendall(block)
            except OSError:
                break
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


@pytest.mark.parametrize("at", [300, 700, 1200])
@pytest.mark.parametrize("of_client", [True, False], ids=["share", "ciphertext"])
def test_a_changed_share_ends_in_an_alert(
    ours: Program, plain: Program, classical: Signer, at: int, *, of_client: bool
) -> None:
    """Of the client, or of the server: nobody crashes, and nobody agrees on a key."""
    for listening, calling in ((ours, plain), (plain, ours)):
        with server(listening, *classical, "-groups", "X25519MLKEM768") as port:
            proxy = Changed(port, at, of_client=of_client)
            proxy.start()
            done = handshake(calling, proxy.port, classical.certificate, "-groups", "X25519MLKEM768")
            assert done.code == 1, done
            assert "alert" in done.error or "bad record mac" in done.error or "decryption failed" in done.error
            assert handshake(calling, port, classical.certificate, "-groups", "X25519MLKEM768").code == 0


def test_fips_has_none_of_the_groups(ours: Program, plain: Program, classical: Signer, tmp_path: Path) -> None:
    """Where only approved algorithms are selected, the provider is not."""
    approved = ours.with_provider(configuration(tmp_path / "fips", properties="fips=yes"))
    with server(plain, *classical, "-groups", "X25519MLKEM768") as port:
        assert handshake(approved, port, classical.certificate).code != 0
