"""The commands `sign` and `verify` take `--format dsse`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_checks import completed
from command_line import call, folder, keygen, run
from elsewhere import Elsewhere
from signing_commands import check_signature_of_another_key_is_not_written, check_usage_is_refused, signers

from qynauth_pqc import dsse, load_private_key_file

__all__ = ["folder", "signers"]  # pytest uses the folder for every test here

DSSE = ("--format", "dsse", "--payload-type", "text/x-letter")
NAMES = ["ML-DSA-65", "MLDSA65-Ed25519-SHA512", "SLH-DSA-SHA2-128f"]


def key_pair(name: str) -> Any:
    """Write key.private and key.public, and return the private key."""
    keygen(name)
    return load_private_key_file("key.private")


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


def test_envelope_goes_through_pipes() -> None:
    """So does its message."""
    keygen("ML-DSA-44")
    signed = run("sign", "-", "--key", "key.private", *DSSE, stdin=b"message\n").stdout
    done = run("verify", "-", "--key", "key.public", *DSSE, "--payload", "-", stdin=signed)
    assert (done.returncode, done.stdout) == (0, b"message\n")


def test_signature_of_a_signer_with_another_key_is_not_written(signers: dict[str, Elsewhere]) -> None:
    """Nobody could verify it."""
    check_signature_of_another_key_is_not_written(signers, "--format", "dsse", "--payload-type", "text/plain")


def test_key_as_the_type_of_a_message_is_not_repeated_in_a_verdict() -> None:
    """Not even its start is, although the start of other texts is."""
    jwk = json.dumps({"priv": "SENTINEL" * 40})
    keygen("ML-DSA-44")
    options = "--format dsse --payload-type"
    assert call("sign", "message", "--key", "key.private", *options.split(), "text/plain").exit_code == 0
    result = call("verify", "message.dsse", "--key", "key.public", *options.split(), jwk)
    assert (result.exit_code, "perhaps a private key" in result.stderr) == (1, True)
    assert "SENTINEL" not in result.stderr


def test_options_are_completed() -> None:
    """The options of this format are among the others."""
    assert completed("sign", "--pre") == ["plain,--prehash", "plain,--predicate"]


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
    ],
)
def test_wrong_usage_says_what_to_do(arguments: list[str], said: str) -> None:
    """Wrong usage leads to exit code 2, and nothing is written."""
    check_usage_is_refused(arguments, said)
