"""A set of published keys is fetched by HTTP and HTTPS, also from servers that lie, are slow, or are not trusted."""

from __future__ import annotations

import errno
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from auth_fixtures import Clock, public_jwk, signing_key
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from http_site import Site, serving

from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.auth.jwks import JWKSCache, fetch

JWK = public_jwk(signing_key("EdDSA"), "EdDSA")
KID = JWK["kid"]
PATIENCE = 300.0
"""How long a fetch may take that has to succeed, or to fail for another reason, in seconds."""


def fetched(answer: Callable[[Site], None], **options: Any) -> object:
    """Return the key that a cache finds at a server."""
    with serving(answer) as port:
        return JWKSCache.from_url(f"http://127.0.0.1:{port}/jwks.json?a=b", **{"timeout": PATIENCE, **options}).key(KID)


BODY = json.dumps({"keys": [JWK]}).encode()


def test_set_is_fetched_by_http_from_this_machine() -> None:
    """The request has the path and the query, asks for no encoding, and bypasses caches."""
    asked = []

    def answer(site: Site) -> None:
        asked.append((site.path, site.headers["Accept-Encoding"], site.headers["Cache-Control"]))
        site.send(BODY)

    with serving(answer) as port:
        for path in ("/jwks.json?a=b", "", "?a"):
            assert JWKSCache.from_url(f"http://127.0.0.1:{port}{path}#fragment", timeout=PATIENCE).key(KID)
    assert asked == [(path, "identity", "no-cache") for path in ("/jwks.json?a=b", "/", "/?a")]


def chunked(site: Site) -> None:
    """Send a set in chunks."""
    site.send(b"", Transfer_Encoding="chunked")
    for byte in (BODY[:50], BODY[50:], b""):
        site.wfile.write(b"%x\r\n%s\r\n" % (len(byte), byte))


def test_set_is_fetched_in_chunks() -> None:
    """Servers send chunks if they generate the response while sending it."""
    assert fetched(chunked)


def endless(site: Site) -> None:
    """Send a set and then spaces, until the client is gone."""
    site.send(BODY, Content_Length=str(1 << 30))
    while True:
        site.wfile.write(b" " * 65536)


def hanging(site: Site) -> None:
    """Say nothing until the client is gone."""
    site.connection.recv(1)


def dripping_body(site: Site) -> None:
    """Send a byte now and then, for ten times the timeout, unless the client is gone before."""
    site.send(b"", Content_Length="1000000")
    site.connection.settimeout(0.02)
    for _ in range(100):
        site.wfile.write(b" ")
        with suppress(TimeoutError):
            site.connection.recv(1)
            return


def dripping_header(site: Site) -> None:
    """Send the start of a header, and then a byte now and then."""
    site.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    dripping_body(site)


LIARS: dict[str, tuple[Callable[[Site], None], str]] = {
    "endless": (endless, "JWKSError: JWK Set is longer than 1048576 bytes: got at least 1048577"),
    "cut off": (lambda site: site.send(BODY[:-1], Content_Length=str(1 << 30)), "not a JSON object|IncompleteRead"),
    "redirect": (lambda site: site.send(b"", 302, Location="/elsewhere"), "expected status 200 .*, got 302"),
    "error": (lambda site: site.send(BODY, 500), "expected status 200 from the server, got 500"),
    "not found": (lambda site: site.send(BODY, 404), "got 404"),
    "empty": (lambda site: site.send(b""), "not a JSON object"),
    "no content": (lambda site: site.send(b"", 204), "got 204"),
    "HTML": (lambda site: site.send(b"<html>"), "not a JSON object"),
    "no HTTP": (lambda site: site.wfile.writelines([b"SSH-2.0-OpenSSH\r\n"]), "BadStatusLine"),
    "length": (lambda site: site.send(b"", Content_Length="-1"), "not a JSON object"),
    "nothing": (lambda site: site.connection.shutdown(socket.SHUT_RDWR), "RemoteDisconnected"),
}


@pytest.mark.parametrize(("answer", "message"), LIARS.values(), ids=list(LIARS))
def test_server_that_lies_is_a_failed_fetch(answer: Callable[[Site], None], message: str) -> None:
    """No more is read than the longest set."""
    with pytest.raises(JWKSError, match=message):
        fetched(answer)


@pytest.mark.parametrize("answer", [hanging, dripping_body, dripping_header])
def test_slow_server_is_left_when_the_time_is_over(answer: Callable[[Site], None]) -> None:
    """It may send a byte now and then."""
    with pytest.raises(JWKSError, match="TimeoutError"):
        fetched(answer, timeout=0.2)


@contextmanager
def dead_addresses(number: int) -> Iterator[list[tuple[str, int]]]:
    """Lend addresses that answer nothing: the queue of each is full, so that Linux drops every other connection."""
    with ExitStack() as stack:
        places = []
        for each in range(1, number + 1):
            server = stack.enter_context(socket.create_server((f"127.0.0.{each}", 0), backlog=0))
            places.append(server.getsockname())
            stack.enter_context(socket.create_connection(places[-1]))
        yield places


def resolved(monkeypatch: pytest.MonkeyPatch, places: list[tuple[str, int]]) -> None:
    """Let every name have these addresses."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)


def test_dead_addresses_share_the_time_of_a_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six take no longer than one: each has its share of what is left."""
    times: list[float] = []

    class Recorded(socket.socket):
        def settimeout(self, value: float | None) -> None:
            times.append(value or 0)
            super().settimeout(value)

    with dead_addresses(6) as places:
        resolved(monkeypatch, places)
        monkeypatch.setattr(socket, "socket", Recorded)
        with pytest.raises(JWKSError, match="TimeoutError"):
            JWKSCache.from_url("https://login.example/jwks.json", timeout=0.6).key(KID)
    assert len(times) == 6
    assert sum(times) <= 0.6001


def test_live_address_is_found_after_dead_ones(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    """The dead ones leave it time."""
    server, trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=certificate)
    server.load_cert_chain(certificate)
    trusted.check_hostname = False
    with dead_addresses(1) as places, serving(lambda site: site.send(BODY), server) as port:
        resolved(monkeypatch, [*places, ("127.0.0.1", port)])
        assert JWKSCache.from_url("https://login.example/", context=trusted, timeout=4.0).key(KID)


def test_live_address_is_found_after_a_family_without_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel without IPv6 has names with addresses of IPv6 nevertheless."""

    class IPv4(socket.socket):
        def __init__(self, family: int = -1, kind: int = -1, *more: Any, **options: Any) -> None:
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, kind, *more, **options)

    with serving(lambda site: site.send(BODY)) as port:
        live = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        found: list[Any] = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)), live]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
        monkeypatch.setattr(socket, "socket", IPv4)
        assert JWKSCache.from_url(f"http://127.0.0.1:{port}/", timeout=PATIENCE).key(KID)
        found.remove(live)
        with pytest.raises(JWKSError, match="Address family not supported by protocol"):
            JWKSCache.from_url(f"http://127.0.0.1:{port}/", timeout=PATIENCE).key(KID)


def test_resolver_that_hangs_is_left_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing interrupts it: the next fetch waits for the same lookup, also when another cache asks."""
    lookups, go_on = [], threading.Event()

    def hang(host: str, port: int, **_options: object) -> list[Any]:
        lookups.append((host, port))
        assert go_on.wait(300)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    for _ in range(3):
        with pytest.raises(JWKSError, match="TimeoutError: the name of the server has not been resolved in time"):
            JWKSCache.from_url("https://login.example/", timeout=0.1).key(KID)
    go_on.set()
    assert lookups == [("login.example", 443)]


@pytest.mark.parametrize(("scheme", "host", "port"), [("https", "2001:db8::1", 443), ("http", "::1", 80)])
def test_address_of_ipv6_needs_no_port(monkeypatch: pytest.MonkeyPatch, scheme: str, host: str, port: int) -> None:
    """The end of the address is no port."""
    asked: list[tuple[object, ...]] = []

    def refuse(*place: object, **_options: object) -> None:
        asked.append(place)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(JWKSError):
        JWKSCache.from_url(f"{scheme}://[{host}]/", timeout=PATIENCE).key(KID)
    assert asked == [(host, port)]


def test_issuer_that_names_another_host_each_time_has_one_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its hosts are not resolved, so each of them would hold a thread; the next host is looked up after that."""
    lookups, go_on, resolve = list[str](), threading.Event(), socket.getaddrinfo

    def hang(host: str, port: int, **options: Any) -> list[Any]:
        if host == "127.0.0.1":
            return list(resolve(host, port, **options))
        lookups.append(host)
        assert go_on.wait(300)
        return []

    def answer(site: Site) -> None:
        hosts.append(f"host-{len(hosts)}.example")
        site.send(json.dumps({"issuer": issuer, "jwks_uri": f"https://{hosts[-1]}/"}).encode())

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    clock, hosts = Clock(), list[str]()
    with serving(answer) as port:
        issuer = f"http://127.0.0.1:{port}"
        cache = JWKSCache.from_issuer(issuer, timeout=0.5, clock=clock)
        while not lookups:  # on a busy machine, the configuration may take too long
            with pytest.raises(JWKSError, match="TimeoutError"):
                cache.key(KID)
            clock.now += 300
        for _ in range(3):
            with pytest.raises(JWKSError, match="TimeoutError: the name of another server of the issuer is still"):
                cache.key(KID)
            clock.now += 300
        go_on.set()
        assert len(lookups) == 1


def test_tls_server_that_hangs_is_left_when_the_time_is_over() -> None:
    """It accepts the connection, and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(JWKSError, match="TimeoutError"):
        JWKSCache.from_url(f"https://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2).key(KID)


def test_no_server_is_a_failed_fetch() -> None:
    """Nobody listens at the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(JWKSError, match="ConnectionRefusedError"):
            JWKSCache.from_url(f"http://127.0.0.1:{taken.getsockname()[1]}").key(KID)


@pytest.mark.parametrize("url", [f"https://{'a' * 64}.example/", "https://127.0.0.1:1/\u00e9", "https://127.0.0.1:1/ "])
def test_url_that_http_has_no_form_for_is_a_failed_fetch(url: str) -> None:
    """A label of a host is too long, or a path is not ASCII or has a space, also on the command line."""
    with pytest.raises(JWKSError, match="the set cannot be fetched"):
        fetch(url)


def test_redirect_is_not_followed() -> None:
    """It is not followed even to a server that has a good set."""
    with serving(lambda site: site.send(BODY)) as good, pytest.raises(JWKSError, match="got 301"):
        fetched(lambda site: site.send(BODY, 301, Location=f"http://127.0.0.1:{good}/"))


def test_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would see and could change plain HTTP."""
    with serving(lambda site: site.send(b"", 418)) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy}")
        assert fetched(lambda site: site.send(BODY))


@pytest.mark.parametrize(
    "url",
    [
        *("http://login.example/jwks.json", "http://10.0.0.1/", "http://localhost/", "http://127.0.0.1@login.example/"),
        *("ftp://127.0.0.1/", "file:///etc/passwd", "//127.0.0.1/", "https://", "https:///jwks.json", "", "http://["),
        *("https://user:password@login.example/", "https://login.example:port/", "http://127.0.0.1:99999/"),
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    """They are refused before anything is fetched; a password in one is not shown."""
    with pytest.raises(
        JWKSError, match=r"^expected an https URL of a JWK Set, or an http one at a loopback address such as 127.0.0.1$"
    ):
        JWKSCache.from_url(url)


@pytest.mark.parametrize(
    "url", ["https://login.example/jwks.json", "HTTPS://10.0.0.1:8443", "http://127.1.2.3:80/", "http://[::1]/a?b"]
)
def test_url_is_accepted_and_not_fetched_yet(url: str) -> None:
    """It is https, or http to this machine by its address; a name could lead elsewhere."""
    assert JWKSCache.from_url(url)._failure == ""


def make_certificate(path: Path) -> Path:
    """Write a PEM file with a certificate of this machine and its key, and return it."""
    key, name = generate_private_key(SECP256R1()), x509.Name([])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime.now(UTC) - timedelta(1)).not_valid_after(
        datetime.now(UTC) + timedelta(1)
    )
    signed = builder.add_extension(names, critical=True).sign(key, SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a PEM file with a certificate of this machine and its key."""
    return make_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


def test_https_server_must_be_trusted(certificate: Path) -> None:
    """The given context decides, or the system's, which does not know the server; its name counts."""
    server, trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=certificate)
    server.load_cert_chain(certificate)
    with serving(lambda site: site.send(BODY), server) as port:
        url = f"https://127.0.0.1:{port}/jwks.json"
        assert JWKSCache.from_url(url, context=trusted, timeout=PATIENCE).key(KID)
        with pytest.raises(JWKSError, match="CERTIFICATE_VERIFY_FAILED"):
            JWKSCache.from_url(url, timeout=PATIENCE).key(KID)
        with pytest.raises(JWKSError, match="mismatch"):
            JWKSCache.from_url(url.replace("127.0.0.1", "localhost"), context=trusted, timeout=PATIENCE).key(KID)


def test_options_pass_through_a_url() -> None:
    """Each option of the constructor passes."""
    with pytest.raises(JWKSError, match="longer than 99 bytes: got at least 100"):
        fetched(lambda site: site.send(BODY), max_bytes=99)
    with pytest.raises(JWKSError, match="more than 0 keys"):
        fetched(lambda site: site.send(BODY), max_keys=0)
