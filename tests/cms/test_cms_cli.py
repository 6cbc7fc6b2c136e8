"""The commands `sign` and `verify` take `--format cms`."""

from __future__ import annotations

import json
from base64 import encodebytes
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cms_fixtures import attribute, usage
from command_checks import check_unknown_version_is_an_error, write_certificate
from command_line import call, folder, keygen, run
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding
from elsewhere import Elsewhere
from signing_commands import (
    check_large_file_is_signed,
    check_signature_of_another_key_is_not_written,
    check_usage_is_refused,
    signers,
)

from qynauth_pqc import CompositePrivateKey, MLDSAPrivateKey, cms, load_private_key_file
from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.integrations.x509 import sign_certificate, subject_key

__all__ = ["folder", "signers"]  # pytest uses the folder for every test here

CMS = ("--format", "cms")
ANYONE = ("--purpose", "any", "--subject", "anyone")
NAMES = ["ML-DSA-65", "MLDSA65-Ed25519-SHA512", "SLH-DSA-SHA2-128f"]


def common_name(text: str) -> x509.Name:
    """Return a name of one attribute."""
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def issued(subject: Any, issuer: Any, name: str | x509.Name, *more: x509.ExtensionType, ca: bool) -> bytes:
    """Return a certificate that the authority issued now, in PEM."""
    now, key = datetime.now(UTC), subject_key(subject.public_key)
    names = [each if isinstance(each, x509.Name) else common_name(each) for each in (name, "root")]
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key).serial_number(7)
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    theirs: Any = subject_key(issuer.public_key)
    extensions = {
        x509.BasicConstraints(ca=ca, path_length=None): ca,
        usage(key_cert_sign=ca, digital_signature=not ca): True,
        x509.SubjectKeyIdentifier.from_public_key(key): False,
        x509.AuthorityKeyIdentifier.from_issuer_public_key(theirs): False,
    }
    for extension, critical in [*extensions.items(), *((each, True) for each in more)]:
        builder = builder.add_extension(extension, critical)
    return sign_certificate(builder, issuer).public_bytes(Encoding.PEM)


def key_pair(name: str) -> Any:
    """Write key.private and key.public, and return the private key."""
    keygen(name)
    return load_private_key_file("key.private")


@pytest.mark.parametrize("name", NAMES)
def test_message_of_cms_is_detached(name: str) -> None:
    """The package verifies it too, and refuses it for another file."""
    key = key_pair(name)
    signed = call("sign", "message", "--key", "key.private", *CMS)
    size = Path("message.p7s").stat().st_size
    assert signed.stdout == f"message.p7s: {name} signature, {size} bytes\n"
    assert call("verify", "message", "--key", "key.public", *CMS).stdout == f"message: {name} signature is valid\n"
    cms.verify(Path("message.p7s").read_bytes(), b"message\n", signers=key.public_key)
    Path("message").write_bytes(b"other")
    result = call("verify", "message", "--key", "key.public", *CMS)
    assert (result.exit_code, "; message may have changed since it was signed; otherwise check " in result.stderr) == (
        1,
        True,
    )


@pytest.mark.parametrize("kind", [MLDSAPrivateKey, CompositePrivateKey])
def test_certificate_in_a_message_of_cms_leads_to_an_authority(kind: Any) -> None:
    """A message under a trusted authority is valid, and under another one it is not."""
    authority, key = kind.generate(), key_pair("ML-DSA-44")
    for path, issuer in (("root.pem", authority), ("other.pem", kind.generate())):
        Path(path).write_bytes(issued(issuer, issuer, "root", ca=True))
    Path("key.crt").write_bytes(issued(key, authority, "leaf", ca=False))
    signed = call("sign", "message", "--key", "key.private", *CMS, "--certificate", "key.crt")
    assert signed.exit_code == 0, signed.stderr
    for options, code in (["root.pem", *ANYONE], 0), (["other.pem", *ANYONE], 1):
        assert call("verify", "message", *CMS, "--trust", *options).exit_code == code
    assert call("verify", "message", *CMS, "--key", "key.crt").exit_code == 0


def test_attributes_that_are_not_covered_are_named() -> None:
    """The signature file may be PEM too."""
    key = key_pair("ML-DSA-44")
    found = syntax.parse(cms.sign(b"message\n", cms.CMSSigner(key), detached=True))
    [info] = found.signer_infos.as_list()
    info.unsigned_attributes = asn1.SetOf([attribute(syntax.COUNTERSIGNATURE, [b"\x30\0"])])
    text = encodebytes(syntax.message([info], found.encapsulated, []))
    Path("message.p7s").write_bytes(b"-----BEGIN CMS-----\n" + text + b"-----END CMS-----\n")
    check = ("verify", "message", "--key", "key.public", *CMS)
    line = "  not covered by the signature: attributes 1.2.840.113549.1.9.6\n"
    assert call(*check).stdout == "message: ML-DSA-44 signature is valid\n" + line
    assert json.loads(call(*check, "--json").stdout)["unsigned_attributes"] == ["1.2.840.113549.1.9.6"]
    info.unsigned_attributes = asn1.SetOf([syntax.tlv(asn1.Null())])
    Path("message.p7s").write_bytes(syntax.message([info], found.encapsulated, []))
    refused = call(*check)
    assert (refused.exit_code, "SignerInfo[0].unsignedAttrs: not this structure" in refused.stderr) == (2, True)


def certified(subject: str | x509.Name, *extensions: x509.ExtensionType) -> None:
    """Write a message of a signer with this certificate."""
    authority, key = MLDSAPrivateKey.generate(), key_pair("ML-DSA-44")
    Path("root.pem").write_bytes(issued(authority, authority, "root", ca=True))
    Path("key.crt").write_bytes(issued(key, authority, subject, *extensions, ca=False))
    signed = call("sign", "message", "--key", "key.private", *CMS, "--certificate", "key.crt")
    assert signed.exit_code == 0, signed.stderr


def test_trust_demands_the_signer_and_the_purpose() -> None:
    """A certificate of a web server signs no document, nor does another person's."""
    server = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.1")])
    certified(
        x509.Name.from_rfc4514_string("CN=Frodo,O=The Shire"),
        server,
        x509.SubjectAlternativeName([x509.DNSName("shire.example")]),
    )
    for purpose, who, said in [
        ("any", ["--subject", "CN=Frodo,O=The Shire", "--issuer", "CN=root"], None),
        ("any", ["--subject", "dns:shire.example"], None),
        ("any", ["--subject", "anyone"], None),
        ("document", ["--subject", "anyone"], "certificate is for other purposes than document"),
        ("email", ["--subject", "anyone"], "certificate is for other purposes than email"),
        ("code", ["--subject", "dns:shire.example"], "certificate is for other purposes than code"),
        ("any", ["--subject", "CN=Frodo"], "certificate has another subject than expected"),
        ("any", ["--subject", "dns:mordor.example"], "certificate has another subject than expected"),
        ("any", ["--subject", "anyone", "--issuer", "CN=other"], "certificate has another issuer than expected"),
    ]:
        result = call("verify", "message", *CMS, "--trust", "root.pem", "--purpose", purpose, *who)
        assert (result.exit_code, (said or "") in result.stderr) == (1 if said else 0, True), result.stderr
        assert "may have changed" not in result.stderr


def test_report_names_the_signer_on_lines_that_no_name_adds() -> None:
    """A name with a newline or an escape sequence is escaped, and the text is accepted as --subject."""
    name = "Frodo\nmessage: ML-DSA-87 signature is valid\x1b[A"
    certified(name)
    escaped = r"CN=Frodo\0Amessage: ML-DSA-87 signature is valid\1B[A"
    check = ("verify", "message", *CMS, "--trust", "root.pem", "--purpose", "document", "--subject", escaped)
    report = "message: ML-DSA-44 signature is valid\n"
    assert call(*check).stdout == f"{report}  subject: {escaped}\n  issuer: CN=root\n  serial number: 7\n"
    signer = {"subject": escaped, "issuer": "CN=root", "serial_number": "7"}
    result = {"message": "message", "valid": True, "algorithm": "ML-DSA-44"}
    assert json.loads(call(*check, "--json").stdout) == result | {"signers": [signer]}
    by_key = call("verify", "message", *CMS, "--key", "key.crt", "--json")
    assert json.loads(by_key.stdout) == result


@pytest.mark.parametrize(
    ("encoding", "shown"), [("utf-8", b"\xc5\xa0am"), ("ascii", b"\xc5\xa0am"), ("latin-1", rb"\u0160am")]
)
def test_name_is_printed_where_the_terminal_lacks_its_letters(
    monkeypatch: pytest.MonkeyPatch, encoding: str, shown: bytes
) -> None:
    """It is escaped in JSON, and in a text where the terminal has other letters; click replaces ASCII by UTF-8."""
    certified("\u0160am")
    check = ("verify", "message", *CMS, "--trust", "root.pem", "--purpose", "document", "--subject", "anyone")
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    done = run(*check)
    assert (done.returncode, done.stderr, b"  subject: CN=" + shown + b"\n" in done.stdout) == (0, b"", True)
    assert b'"subject": "CN=\\u0160am"' in run(*check, "--json").stdout


@pytest.mark.parametrize("name", ["changed", "expected"])
def test_advice_does_not_depend_on_the_name_of_a_file(name: str) -> None:
    """The first reason is a file that has changed."""
    key_pair("ML-DSA-44")
    assert call("sign", "message", "--key", "key.private", *CMS, "--out", name).exit_code == 0
    Path("other").write_bytes(b"other\n")
    result = call("verify", "other", "--key", "key.public", *CMS, "--signature", name)
    assert (result.exit_code, "other may have changed" in result.stderr) == (1, True), result.stderr


def test_message_comes_through_a_pipe() -> None:
    """So does the signature go."""
    keygen("ML-DSA-44")
    signed = run("sign", "-", "--key", "key.private", *CMS, stdin=b"message\n").stdout
    Path("signed").write_bytes(signed)
    done = run("verify", "-", "--key", "key.public", *CMS, "--signature", "signed", stdin=b"message\n")
    assert (done.returncode, done.stdout) == (0, b"-: ML-DSA-44 signature is valid\n")


@pytest.mark.nightly
def test_gigabyte_is_signed_in_little_memory() -> None:
    """A gigabyte takes as much as a megabyte."""
    check_large_file_is_signed("ML-DSA-44", CMS, 1 << 30)


def test_signature_of_a_signer_with_another_key_is_not_written(signers: dict[str, Elsewhere]) -> None:
    """Nobody could verify it."""
    check_signature_of_another_key_is_not_written(signers, *CMS)


SIGN_WITH, TRUST = (
    "sign message --key key.private --format cms --certificate certificate",
    "verify message --format cms --trust certificate --purpose any --subject anyone --signature message.p7s",
)


@pytest.mark.parametrize("command", [SIGN_WITH, TRUST])
def test_unknown_version_is_an_error_of_the_file(command: str) -> None:
    """It is no internal error."""
    check_unknown_version_is_an_error(command)


def test_issuer_that_is_not_text_cannot_be_named_in_a_message() -> None:
    """CMS names a certificate by its issuer."""
    write_certificate("name")
    result = call(*SIGN_WITH.split())
    assert (result.exit_code, result.stderr) == (2, "error: certificate has an unreadable issuer\n")


def test_serial_number_of_zero_is_not_warned_of() -> None:
    """The warning of `cryptography` is for programmers."""
    write_certificate("serial number")
    done = run(*SIGN_WITH.split())
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify", "message", *CMS], "pass either --key or --trust"),
        (["verify", "message", "--trust", "message"], "--trust is not for --format raw"),
        (["verify", "message", "--trust", "message", *CMS], "--trust needs --purpose and --subject"),
        (["verify", "message", "--trust", "message", *CMS, *ANYONE[:2]], "`--subject anyone` accepts any signer"),
        (["verify", "message", "--trust", "message", *CMS, *ANYONE[2:]], "--trust needs --purpose and --subject"),
        (["verify", "message", "--trust", "message", *CMS, *ANYONE], "message: expected certificates in PEM"),
        (["verify", "message", "--key", "key.public", *CMS, *ANYONE], "go with --trust; omit them"),
        (["verify", "message", "--key", "key.public", *CMS, "--issuer", "CN=root"], "go with --trust; omit them"),
        (["verify", "message", "--key", "key.public", "--subject", "anyone"], "--subject is not for --format raw"),
        (["verify", "message", "--trust", "other.crt", *CMS, *ANYONE[:3], ""], "subject must be a whole"),
        (["verify", "message", "--trust", "other.crt", *CMS, *ANYONE[:3], "Anyone"], "subject must be a whole"),
        (["verify", "message", "--trust", "other.crt", *CMS, *ANYONE, "--issuer", "anyone"], "issuer must be a whole"),
        (["verify", "message", "--key", "key.public", "--signature", "message", *CMS], "message: "),
        (["sign", "message", "--key", "key.private", *CMS, "--certificate", "other.crt"], "is for another key"),
        (["sign", "message", "--key", "key.private", "--certificate", "other.crt"], "--certificate is not for"),
    ],
)
def test_wrong_usage_says_what_to_do(arguments: list[str], said: str) -> None:
    """Wrong usage leads to exit code 2, and nothing is written."""
    check_usage_is_refused(arguments, said)
