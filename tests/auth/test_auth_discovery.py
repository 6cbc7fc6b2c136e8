"""The keys of an issuer are found by its configuration, with the headers and certificates that its servers need."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import test_auth_jwks_http
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from http_site import Site, serving
from test_auth_jwks_http import BODY, KID, PATIENCE

from qynauth_pqc.auth._jwks_http import Client, fetched
from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.auth.jwks import JWKSCache

certificate = test_auth_jwks_http.certificate
make_certificate = test_auth_jwks_http.make_certificate


def issuer_site(asked: list[Any], **changed: object) -> Callable[[Site], None]:
    """Return a server of an issuer with the path /tenant and some members of its configuration changed."""

    def answer(site: Site) -> None:
        asked.append((site.path, site.headers["X-Key"]))
        url = f"http://127.0.0.1:{site.connection.getsockname()[1]}"
        members = {"issuer": f"{url}/tenant", "jwks_uri": f"{url}/keys", **changed}
        if site.path == "/tenant/.well-known/openid-configuration":
            site.send(json.dumps({name: value for name, value in members.items() if value is not None}).encode())
        else:
            site.send(BODY, 200 if site.path == "/keys" else 404)

    return answer


def discover(port: int, path: str = "/tenant", **options: Any) -> JWKSCache:
    """Return the cache of an issuer on this machine."""
    return JWKSCache.from_issuer(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE, **options)


def test_keys_of_an_issuer_are_found_by_its_configuration() -> None:
    """The configuration is read each time, so that a moved set is found."""
    asked: list[Any] = []
    with serving(issuer_site(asked)) as port:
        keys = discover(port, cooldown=0, headers={"x-key": "secret"})
        assert keys.key(KID)
        assert keys.key("unknown") is None
    places = ["/tenant/.well-known/openid-configuration", "/keys"] * 2
    assert asked == [(path, "secret") for path in places]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"issuer": "https://login.example"}, "names another issuer", id="another issuer"),
        pytest.param({"issuer": None}, "names another issuer", id="no issuer"),
        pytest.param({"issuer": ["https://login.example"]}, "names another issuer", id="list"),
        pytest.param({"jwks_uri": None}, "has no jwks_uri", id="no set"),
        pytest.param({"jwks_uri": 5}, "has no jwks_uri", id="number"),
        pytest.param({"jwks_uri": "http://login.example/keys"}, "expected an https URL", id="http"),
        pytest.param({"jwks_uri": "file:///etc/passwd"}, "expected an https URL", id="file"),
        pytest.param({"padding": "x" * 70000}, "longer than 65536", id="long"),
    ],
)
def test_configuration_that_is_not_the_issuers_is_refused(changed: dict[str, object], message: str) -> None:
    """It is refused, and no set is fetched."""
    asked: list[Any] = []
    with serving(issuer_site(asked, **changed)) as port, pytest.raises(JWKSError, match=message):
        discover(port).key(KID)
    assert [path for path, _ in asked] == ["/tenant/.well-known/openid-configuration"]


def test_issuer_must_match_exactly() -> None:
    """A slash at its end counts too, although the address of the configuration leaves it out."""
    asked: list[Any] = []
    with serving(issuer_site(asked)) as port, pytest.raises(JWKSError, match="names another issuer"):
        discover(port, "/tenant/").key(KID)
    assert asked == [("/tenant/.well-known/openid-configuration", None)]


def test_headers_are_for_the_host_of_the_issuer_only() -> None:
    """The keys are on another port of the issuer."""
    asked, elsewhere = list[Any](), list[Any]()
    with serving(issuer_site(elsewhere)) as other:
        site = issuer_site(asked, jwks_uri=f"http://127.0.0.1:{other}/keys")
        with serving(site) as port:
            assert discover(port, headers={"X-Key": "secret"}).key(KID)
    assert asked == [("/tenant/.well-known/openid-configuration", "secret")]
    assert elsewhere == [("/keys", None)]


@pytest.mark.parametrize(
    ("issuer", "message"),
    [
        pytest.param("http://login.example", "expected an https URL", id="http"),
        pytest.param("login.example", "expected an https URL", id="no URL"),
        pytest.param("https://login.example?tenant=1", "without a query", id="query"),
        pytest.param("https://login.example/#", "without a query and a fragment", id="fragment"),
    ],
)
def test_other_issuers_are_refused(issuer: str, message: str) -> None:
    """They are refused before anything is fetched."""
    with pytest.raises(JWKSError, match=message):
        JWKSCache.from_issuer(issuer)


@pytest.mark.parametrize(
    "headers", [{"X-Key": "SECRET\r\nHost: evil"}, {"X-Key": "SECRET\u2603"}, {"X Key": "SECRET"}, {"": "SECRET"}]
)
def test_malformed_headers_are_refused_and_not_shown(headers: dict[str, str]) -> None:
    """They would change the request; their values may be secret."""
    with pytest.raises(JWKSError, match=r"expected the (name|value) of a header") as caught:
        JWKSCache.from_url("https://login.example/jwks.json", headers=headers)
    assert "SECRET" not in str(caught.value)


def test_headers_replace_those_that_a_request_has() -> None:
    """They replace them in any letter case."""
    asked = []

    def answer(site: Site) -> None:
        asked.append((site.headers.get_all("Accept"), site.headers["Authorization"]))
        site.send(BODY)

    with serving(answer) as port:
        headers = {"accept": "application/json", "authorization": "Basic eDp5"}
        url = f"http://127.0.0.1:{port}/"
        assert JWKSCache.from_url(url, timeout=PATIENCE, headers=headers).key(KID)
    assert asked == [(["application/json"], "Basic eDp5")]


def mutual(certificate: Path) -> ssl.SSLContext:
    """Return the context of a server that asks for the client's certificate, here the same as the server's."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    server.load_verify_locations(certificate)
    server.verify_mode = ssl.CERT_REQUIRED
    return server


def test_server_may_ask_for_a_certificate(certificate: Path) -> None:
    """The certificate is in one file or in two; without it the fetch fails."""
    with serving(lambda site: site.send(BODY), mutual(certificate)) as port:
        url = f"https://127.0.0.1:{port}/jwks.json"
        for shown in (certificate, str(certificate), (certificate, certificate)):
            keys = JWKSCache.from_url(url, timeout=PATIENCE, ca_file=certificate, client_certificate=shown)
            assert keys.key(KID)
        with pytest.raises(JWKSError, match=r"SSL\w*Error|ConnectionReset|BrokenPipe|RemoteDisconnected"):
            JWKSCache.from_url(url, timeout=PATIENCE, ca_file=certificate).key(KID)


def test_renewed_certificates_are_used(certificate: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The server renews its certificate and asks for a new one; a file that is half there changes nothing."""
    old, new = mutual(certificate), mutual(renewed := make_certificate(tmp_path / "renewed.pem"))
    shown = tmp_path / "client.pem"
    shown.write_bytes(certificate.read_bytes())
    with serving(lambda site: site.send(BODY), old) as port, serving(lambda site: site.send(BODY), new) as next_port:
        urls = iter([port, next_port, next_port])
        client = Client(PATIENCE, None, None, shown, shown)
        get = [fetched(f"https://127.0.0.1:{each}/", client, 10**6) for each in urls]
        assert get[0]().data == BODY
        shown.write_bytes(renewed.read_bytes()[:100])
        assert get[0]().data == BODY
        assert caplog.messages[0].startswith("the certificates before the renewed ones stay in use: ")
        with pytest.raises(ssl.SSLError):
            get[1]()
        shown.write_bytes(renewed.read_bytes())
        assert get[2]().data == BODY
        shown.unlink()
        assert get[2]().data == BODY


def test_headers_may_be_a_function() -> None:
    """It is called once for each fetch; a malformed header is a failed fetch, which does not show it."""
    asked: list[Any] = []
    values = iter(["first", "second", "SECRET\r\n"])
    with serving(issuer_site(asked)) as port:
        keys = discover(port, cooldown=0, headers=lambda: {"X-Key": next(values)})
        assert keys.key(KID)
        assert keys.key("unknown") is None
        assert keys.key("unknown") is None
    assert [value for _, value in asked] == ["first", "first", "second", "second"]
    assert keys._failure == "JWKSError: expected the value of a header to be printable ASCII"


def test_authority_of_an_issuer_may_be_in_a_file(certificate: Path) -> None:
    """It replaces the authorities of the system."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)

    def answer(site: Site) -> None:
        url = f"https://127.0.0.1:{site.connection.getsockname()[1]}"
        is_set = site.path == "/keys"
        site.send(BODY if is_set else json.dumps({"issuer": url, "jwks_uri": f"{url}/keys"}).encode())

    with serving(answer, server) as port:
        assert JWKSCache.from_issuer(f"https://127.0.0.1:{port}", timeout=PATIENCE, ca_file=certificate).key(KID)


def test_keys_of_https_do_not_come_by_http(certificate: Path) -> None:
    """They do not come from this machine either, unless the issuer is on it."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)

    def answer(site: Site) -> None:
        url = f"https://127.0.0.1:{site.connection.getsockname()[1]}"
        site.send(json.dumps({"issuer": url, "jwks_uri": "http://127.0.0.1:1/keys"}).encode())

    with serving(answer, server) as port, pytest.raises(JWKSError, match="has a jwks_uri of http"):
        JWKSCache.from_issuer(f"https://127.0.0.1:{port}", timeout=PATIENCE, ca_file=certificate).key(KID)


def test_tls_is_a_context_or_files(certificate: Path, tmp_path: Path) -> None:
    """Missing files and files without a certificate are an error at the start."""
    url = "https://login.example/jwks.json"
    with pytest.raises(JWKSError, match="and not both"):
        JWKSCache.from_url(url, context=ssl.create_default_context(), ca_file=certificate)
    with pytest.raises(FileNotFoundError):
        JWKSCache.from_url(url, ca_file=tmp_path / "missing")
    (tmp_path / "empty").touch()
    with pytest.raises(ssl.SSLError):
        JWKSCache.from_url(url, client_certificate=tmp_path / "empty")
    key = load_pem_private_key(certificate.read_bytes(), None)
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))
    (tmp_path / "encrypted").write_bytes(encrypted)
    with pytest.raises(ssl.SSLError):  # and nobody is asked for the password
        JWKSCache.from_url(url, client_certificate=(certificate, tmp_path / "encrypted"))
