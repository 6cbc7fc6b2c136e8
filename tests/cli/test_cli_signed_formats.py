"""The commands `sign` and `verify` take `--format cms` and `--format dsse`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from certificates import self_signed
from cms_fixtures import usage
from command_line import call, folder, keygen, run
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from qynauth_pqc import CompositePrivateKey, MLDSAPrivateKey, cms, dsse, load_private_key_file
from qynauth_pqc.integrations.x509 import sign_certificate, subject_key

__all__ = ["folder"]  # pytest uses it for every test here

CMS, DSSE = ("--format", "cms"), ("--format", "dsse", "--payload-type", "text/x-letter")
NAMES = ["ML-DSA-65", "MLDSA65-Ed25519-SHA512", "SLH-DSA-SHA2-128f"]


def issued(subject: Any, issuer: Any, name: str, *, ca: bool) -> bytes:
    """Return a certificate that the authority issued now, in PEM."""
    now, key = datetime.now(UTC), subject_key(subject.public_key)
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (name, "root")]
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key).serial_number(7)
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    theirs: Any = subject_key(issuer.public_key)
    extensions = {
        x509.BasicConstraints(ca=ca, path_length=None): ca,
        usage(key_cert_sign=ca, digital_signature=not ca): True,
        x509.SubjectKeyIdentifier.from_public_key(key): False,
        x509.AuthorityKeyIdentifier.from_issuer_public_key(theirs): False,
    }
    for extension, critical in extensions.items():
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
    for options, code in (["--trust", "root.pem"], 0), (["--trust", "other.pem"], 1), (["--key", "key.crt"], 0):
        assert call("verify", "message", *CMS, *options).exit_code == code


@pytest.mark.parametrize("name", NAMES)
def test_envelope_of_dsse_holds_the_message(name: str) -> None:
    """The message is written only from a valid envelope."""
    key = key_pair(name)
    assert call("sign", "message", "--key", "key.private", *DSSE).exit_code == 0
    verified = call("verify", "message.dsse", "--key", "key.public", *DSSE, "--payload", "out", "--json")
    assert json.loads(verified.stdout) == {"message": "message.dsse", "valid": True, "algorithm": name}
    assert Path("out").read_bytes() == b"message\n"
    to_out = ("verify", "message.dsse", "--key", "key.public", *DSSE, "--payload", "out")
    assert [call(*to_out, *force).exit_code for force in ([], ["--force"])] == [2, 0]  # it exists
    text = Path("message.dsse").read_bytes()
    dsse.verify(text, payload_type="text/x-letter", keys=[key.public_key])
    Path("message.dsse").write_bytes(text.replace(b"bWVz", b"TWVz"))
    result = call("verify", "message.dsse", "--key", "key.public", *DSSE, "--payload", "new")
    assert (result.exit_code, Path("new").exists()) == (1, False)


def test_provenance_is_of_the_artifact() -> None:
    """It is refused for another file, and another statement about this file is refused too."""
    key, subject = key_pair("ML-DSA-44"), dsse.subject_of("message")
    how = {"buildDefinition": {"buildType": "a:b", "externalParameters": {}}, "runDetails": {"builder": {"id": "a:c"}}}
    Path("other").write_bytes(b"other")
    for name, statement in {
        "good": dsse.Statement([subject], dsse.SLSA_PROVENANCE, how),
        "review": dsse.Statement([subject], "https://example.com/review/v1", {}),
    }.items():
        Path(name).write_bytes(statement.sign([key]))
    Path("plain").write_bytes(dsse.sign(b"{}", "application/json", [key]))
    for envelope, artifact, code in [
        ("good", "message", 0),
        ("good", "other", 1),
        ("good", "missing", 2),
        ("review", "message", 1),
        ("plain", "message", 1),
    ]:
        arguments = ["verify", envelope, "--key", "key.public", *DSSE[:2], "--provenance", artifact, "--payload"]
        result = call(*arguments, f"{envelope}.{artifact}")
        assert (result.exit_code, Path(f"{envelope}.{artifact}").exists()) == (code, code == 0), result.stderr


def test_predicate_makes_the_provenance_of_each_artifact() -> None:
    """It is verified with the artifact; a predicate that is none is named, and nothing is signed."""
    keygen("ML-DSA-44")
    Path("other").write_bytes(b"other")
    how = {"buildDefinition": {"buildType": "a:b", "externalParameters": {}}, "runDetails": {"builder": {"id": "a:c"}}}
    Path("how").write_text(json.dumps(how))
    Path("partial").write_text(json.dumps(how | {"runDetails": {}}))
    Path("no.json").write_text("{")
    make = ("sign", "message", "other", "--key", "key.private", *DSSE[:2], "--predicate")
    for name, said in [("partial", "partial: statement, predicate.runDetails"), ("no.json", "no.json: predicate")]:
        result = call(*make, name)
        assert (result.exit_code, said in result.stderr, [*Path().glob("*.dsse")]) == (2, True, []), result.stderr
    assert call(*make, "how").exit_code == 0
    for envelope, artifact, code in ("message", "message", 0), ("other", "other", 0), ("message", "other", 1):
        check = ("verify", f"{envelope}.dsse", "--key", "key.public", *DSSE[:2], "--provenance", artifact)
        assert call(*check).exit_code == code


@pytest.mark.parametrize("options", [CMS, DSSE])
def test_pipes_take_both_formats(options: tuple[str, ...]) -> None:
    """The message and the envelope pass through pipes."""
    keygen("ML-DSA-44")
    signed = run("sign", "-", "--key", "key.private", *options, stdin=b"message\n").stdout
    Path("signed").write_bytes(signed)
    if options is CMS:
        done = run("verify", "-", "--key", "key.public", *options, "--signature", "signed", stdin=b"message\n")
        assert (done.returncode, done.stdout) == (0, b"-: ML-DSA-44 signature is valid\n")
    else:
        done = run("verify", "-", "--key", "key.public", *options, "--payload", "-", stdin=signed)
        assert (done.returncode, done.stdout) == (0, b"message\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sign", "message", "--key", "key.private", "--format", "dsse"], "missing option '--payload-type'"),
        (["verify", "message", "--key", "key.public", "--format", "dsse"], "missing option '--payload-type'"),
        (["verify", "message", "--key", "key.public", *DSSE], "expected JSON"),
        (["verify", "message", "--key", "key.public", *DSSE, "--signature", "message"], "--signature is not for"),
        (["verify", "message", "--key", "key.public", *DSSE, "--provenance", "message"], "omit --payload-type"),
        (["verify", "message", "--key", "key.public", "--provenance", "message"], "--provenance is not for"),
        (["sign", "message", "--key", "key.private", *DSSE, "--predicate", "message"], "omit --payload-type"),
        (["sign", "-", "--key", "key.private", *DSSE[:2], "--predicate", "message"], "'-' has none"),
        (["verify", "message", *DSSE], "missing option '--key'"),
        (["verify", "message", *CMS], "pass either --key or --trust"),
        (["verify", "message", "--trust", "message"], "--trust is not for --format raw"),
        (["verify", "message", "--trust", "message", *CMS], "message: expected certificates in PEM"),
        (["verify", "message", "--key", "key.public", "--signature", "message", *CMS], "message: "),
        (["sign", "message", "--key", "key.private", *CMS, "--certificate", "other.crt"], "certificate is of another"),
        (["sign", "message", "--key", "key.private", "--certificate", "other.crt"], "--certificate is not for"),
    ],
)
def test_wrong_usage_says_what_to_do(arguments: list[str], said: str) -> None:
    """Wrong usage leads to exit code 2, and nothing is written."""
    keygen("ML-DSA-44")
    Path("other.crt").write_bytes(self_signed(MLDSAPrivateKey.generate("ML-DSA-44")).public_bytes(Encoding.PEM))
    result = call(*arguments)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert not [*Path().glob("message.*")]
