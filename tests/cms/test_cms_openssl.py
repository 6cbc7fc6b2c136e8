"""OpenSSL's `cms` and this library read each other's messages: -sign, -verify and -resign, attached and detached."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cms_fixtures import ANYBODY, CONTENT
from cryptography import x509
from openssl import openssl
from programs import run

from qynauth_pqc import load_private_key_file
from qynauth_pqc.cms import CMSSigner, CMSVerificationError, Rule, TrustAnchors, add_signer, sign, verify

pytestmark = pytest.mark.slow

NAMES = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "SLH-DSA-SHA2-128f"]


def cms(*arguments: str | Path) -> None:
    """Run `openssl cms`, which must succeed."""
    done = run(openssl(), "cms", *arguments)
    assert done.code == 0, done.error


class Theirs:
    """A key and a certificate of openssl, in files."""

    def __init__(self, folder: Path, name: str, subject: str) -> None:
        """Make them."""
        self.name, self.key_path, self.path = name, folder / f"{subject}.key", folder / f"{subject}.pem"
        options: list[str | Path] = [
            "-newkey",
            name,
            "-nodes",
            "-keyout",
            self.key_path,
            "-subj",
            f"/CN={subject}",
            "-out",
            self.path,
        ]
        done = run(openssl(), "req", "-x509", "-days", "2", *options)
        assert done.code == 0, done.error
        self.certificate = x509.load_pem_x509_certificate(self.path.read_bytes())

    @property
    def signer(self) -> CMSSigner:
        """The key and the certificate in this library."""
        key: Any = load_private_key_file(self.key_path)
        return CMSSigner(key, self.certificate)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a key and a certificate of openssl by the name of the parameter set."""
    folder = tmp_path_factory.mktemp("openssl")
    (folder / "content").write_bytes(CONTENT)
    return cache(lambda name: Theirs(folder, name, name))


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_we_verify_what_openssl_signs(theirs: Any, tmp_path: Path, name: str, *, detached: bool) -> None:
    """Its certificate is an anchor or pinned, and named by its issuer or the identifier of the key."""
    they, made = theirs(name), tmp_path / "made"
    source = ["-in", they.path.parent / "content", "-binary", "-outform", "DER", "-out", made]
    for more in ([], ["-keyid"], ["-nosmimecap", "-nocerts"]):
        kind = [] if detached else ["-nodetach"]
        cms("-sign", *source, *kind, "-md", "sha512", "-signer", they.path, "-inkey", they.key_path, *more)
        for signers, who in ((TrustAnchors([they.certificate]), ANYBODY), (they.certificate, {})):
            found = verify(made.read_bytes(), CONTENT if detached else None, signers=signers, **who)
            assert (found.content, found.signers[0].certificate) == (None if detached else CONTENT, they.certificate)


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_openssl_verifies_what_we_sign(theirs: Any, tmp_path: Path, name: str, *, detached: bool) -> None:
    """It refuses the signature with other content."""
    they, made, content = theirs(name), tmp_path / "made", tmp_path / "content"
    made.write_bytes(sign(CONTENT, they.signer, detached=detached))
    content.write_bytes(CONTENT)
    source: list[str | Path] = ["-content", content] if detached else []
    options: list[str | Path] = [
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        made,
        "-CAfile",
        they.path,
        "-out",
        tmp_path / "out",
    ]
    cms(*options, *source)
    assert (tmp_path / "out").read_bytes() == CONTENT
    made.write_bytes(made.read_bytes().replace(CONTENT, CONTENT.upper()))
    content.write_bytes(CONTENT.upper())
    assert run(openssl(), "cms", *options, *source).code != 0


@pytest.mark.parametrize("digest", ["SHA-384", "SHA3-512"])
def test_openssl_verifies_other_digests(theirs: Any, tmp_path: Path, digest: str) -> None:
    """OpenSSL has to know the digest in CMS."""
    they, made = theirs("ML-DSA-65"), tmp_path / "made"
    made.write_bytes(sign(CONTENT, CMSSigner(they.signer.key, they.certificate, digest=digest)))
    cms("-verify", "-binary", "-inform", "DER", "-in", made, "-CAfile", they.path, "-out", tmp_path / "out")


def test_signers_are_added_both_ways(theirs: Any, tmp_path: Path) -> None:
    """OpenSSL adds one to a message by -resign, and this library adds one to the result."""
    first, second, third = (theirs(name) for name in ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87"))
    made, both, anchors = tmp_path / "made", tmp_path / "both", tmp_path / "anchors"
    made.write_bytes(sign(CONTENT, first.signer))
    options = ["-md", "sha512", "-signer", second.path, "-inkey", second.key_path, "-outform", "DER", "-out", both]
    cms("-resign", "-nodetach", "-binary", "-inform", "DER", "-in", made, *options)
    pinned = [each.certificate for each in (first, second, third)]
    assert len(verify(both.read_bytes(), signers=pinned).signers) == 2
    all_three = add_signer(both.read_bytes(), third.signer)
    assert {each.certificate for each in verify(all_three, signers=pinned).signers} == set(pinned)
    made.write_bytes(all_three)
    anchors.write_bytes(b"".join(each.path.read_bytes() for each in (first, second, third)))
    cms("-verify", "-binary", "-inform", "DER", "-in", made, "-CAfile", anchors, "-out", tmp_path / "out")


@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_stream_of_openssl_is_read(theirs: Any, tmp_path: Path, form: str) -> None:
    """It is BER, or BER in PEM, with a certificate that `cms -cades` names; so is content of many segments."""
    they, made, content = theirs("ML-DSA-65"), tmp_path / "made", tmp_path / "content"
    content.write_bytes(bytes(100_000))
    options: list[str | Path] = ["-in", content, "-binary", "-outform", form, "-out", made, "-nodetach"]
    options += ["-signer", they.path, "-inkey", they.key_path, "-md", "sha512"]
    for more in ([], ["-cades"]):
        cms("-sign", "-stream", *options, *more)
        assert made.read_bytes()[:2] == (b"\x30\x80" if form == "DER" else b"--")
        for signers, who in ((TrustAnchors([they.certificate]), ANYBODY), (they.certificate, {})):
            assert verify(made.read_bytes(), signers=signers, **who).content == bytes(100_000)


def test_openssl_checks_the_certificate_that_we_name(theirs: Any, tmp_path: Path) -> None:
    """`cms -verify -cades` needs the signed hash of the certificate (RFC 5035)."""
    they, made = theirs("ML-DSA-65"), tmp_path / "made"
    options = ["-inform", "DER", "-in", made, "-CAfile", they.path, "-out", tmp_path / "out"]
    for digest in ("SHA-512", "SHA-384"):
        made.write_bytes(sign(CONTENT, CMSSigner(they.signer.key, they.certificate, digest=digest)))
        cms("-verify", "-cades", "-binary", *options)
    made.write_bytes(sign(CONTENT, CMSSigner(they.signer.key), certificates=[they.certificate]))
    cms("-verify", "-binary", *options)
    assert run(openssl(), "cms", "-verify", "-cades", "-binary", *options).code != 0


def test_root_of_openssl_issues_certificates(theirs: Any, tmp_path: Path) -> None:
    """Plain `openssl req -x509` writes a root without key usage."""
    root, user = theirs("ML-DSA-65"), tmp_path / "user"
    made, key, request = tmp_path / "made", tmp_path / "key", tmp_path / "request"
    done = run(
        openssl(), "req", "-new", "-newkey", "ML-DSA-44", "-nodes", "-keyout", key, "-subj", "/CN=u", "-out", request
    )
    assert done.code == 0, done.error
    options = ["-CA", root.path, "-CAkey", root.key_path, "-days", "1", "-out", user]
    done = run(openssl(), "x509", "-req", "-in", request, *options)
    assert done.code == 0, done.error
    content = root.path.parent / "content"
    options = ["-in", content, "-binary", "-outform", "DER", "-out", made, "-md", "sha512"]
    cms("-sign", *options, "-signer", user, "-inkey", key)
    found = verify(made.read_bytes(), CONTENT, signers=TrustAnchors([root.certificate]), purpose="any", subject="CN=u")
    assert found.signers[0].path[1] == root.certificate


def test_weak_digest_of_openssl_is_refused(theirs: Any, tmp_path: Path) -> None:
    """Openssl accepts it."""
    they, made = theirs("ML-DSA-65"), tmp_path / "made"
    options = ["-in", they.path.parent / "content", "-binary", "-outform", "DER", "-out", made, "-nodetach"]
    options += ["-signer", they.path, "-inkey", they.key_path]
    cms("-sign", *options, "-md", "sha256")
    with pytest.raises(CMSVerificationError) as caught:
        verify(made.read_bytes(), signers=they.certificate)
    assert caught.value.rule == Rule.DIGEST
