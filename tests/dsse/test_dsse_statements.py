"""Statements of in-toto are about their artifacts, and have the fields that SLSA requires."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dsse_fixtures import ARTIFACT, ATTESTATION, DIGEST, MLDSA, OTHER, PROVENANCE, STATEMENT

from qynauth_pqc.dsse import IN_TOTO, SLSA_PROVENANCE, DSSEVerificationError, Rule, Statement, sign, subject_of, verify
from qynauth_pqc.errors import FormatError

REVIEW = "https://example.com/review/v1"
TEXT = STATEMENT.to_bytes().decode()


def verified(envelope: bytes = ATTESTATION) -> Any:
    """Return a verified envelope."""
    return verify(envelope, payload_type=IN_TOTO, keys=[MLDSA.public_key])


def about(**digest: object) -> dict[str, object]:
    """Return an artifact with these digests."""
    return {"digest": digest}


def test_statement_comes_out_of_its_envelope(tmp_path: Path) -> None:
    """Its predicate is unchanged, with numbers beyond 53 bits."""
    (tmp_path / "letter.txt").write_text("Dear reader\n")
    artifact = subject_of(tmp_path / "letter.txt")
    envelope = Statement([artifact], SLSA_PROVENANCE, PROVENANCE).sign([MLDSA, OTHER])
    statement = verified(envelope).statement(SLSA_PROVENANCE, artifact)
    assert statement.predicate == PROVENANCE
    assert statement.subjects == (artifact,)
    assert artifact["name"] == "letter.txt"
    assert subject_of(os.fspath(tmp_path / "letter.txt"), "other")["name"] == "other"
    assert repr(statement) == f"<Statement: {SLSA_PROVENANCE!r}, 1 subject>"


def test_json_is_that_of_the_specification() -> None:
    """It has the members of a Statement of version 1, and no others."""
    assert json.loads(TEXT) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [ARTIFACT],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": PROVENANCE,
    }


@pytest.mark.parametrize(
    ("predicate_type", "artifact", "rule"),
    [
        (REVIEW, ARTIFACT, Rule.PREDICATE_TYPE),
        (SLSA_PROVENANCE, about(sha256="0" * 64), Rule.SUBJECT),
        (SLSA_PROVENANCE, {"name": "letter.txt", "digest": {"sha512": "0" * 128}}, Rule.SUBJECT),
        (SLSA_PROVENANCE, about(sha256="0" * 64, sha512="0" * 128), Rule.SUBJECT),
    ],
)
def test_other_statement_is_refused(predicate_type: str, artifact: dict[str, object], rule: Rule) -> None:
    """It is of another type, or about another artifact, with any name."""
    with pytest.raises(DSSEVerificationError) as caught:
        verified().statement(predicate_type, artifact)
    assert caught.value.rule is rule


def test_artifacts_are_compared_by_their_digests() -> None:
    """All common digests are equal, at least one is common, and names are not compared."""
    both = Statement([about(sha256="0" * 64), about(sha256=DIGEST, sha512="1" * 128)], REVIEW, {})
    assert both.is_about({"name": "other", "digest": {"sha256": DIGEST}})
    assert both.is_about(about(sha256=DIGEST, gitCommit="abc"))
    assert not both.is_about(about(sha256=DIGEST, sha512="2" * 128))
    assert not both.is_about(about(gitCommit="abc"))
    assert verified().statement(SLSA_PROVENANCE, None).subjects == (ARTIFACT,)


def test_statement_of_another_type_of_payload_is_refused() -> None:
    """A signer of other JSON has made no statement."""
    found = verify(sign(TEXT.encode(), "text/plain", [MLDSA]), payload_type="text/plain", keys=[MLDSA.public_key])
    with pytest.raises(FormatError, match="expected the type application/vnd"):
        found.statement(SLSA_PROVENANCE, ARTIFACT)
    with pytest.raises(FormatError, match="expected JSON"):
        verified(sign(b"{", IN_TOTO, [MLDSA])).statement(SLSA_PROVENANCE, ARTIFACT)


def changed(**members: object) -> str:
    """Return the statement with changed members, and without those that are None."""
    found = json.loads(TEXT) | members
    return json.dumps({name: value for name, value in found.items() if value is not None})


def provenance(change: Callable[[Any], object]) -> str:
    """Return the statement with a changed predicate."""
    found = json.loads(TEXT)
    change(found["predicate"])
    return json.dumps(found)


DEFINITION = "predicate.buildDefinition"
REFUSED = {
    "trailing data": (f"{TEXT}{{}}", "trailing data", f"byte {len(TEXT)}"),
    "member twice": (TEXT.replace("{", '{"predicate":{},', 1), "two members with the same name", "byte 0"),
    "version 2": (TEXT.replace("Statement/v1", "Statement/v2"), "Statement/v1 or https", "_type"),
    "version 0.1 without a name": (
        changed(_type="https://in-toto.io/Statement/v0.1", subject=[ARTIFACT, about(sha256=DIGEST)]),
        "expected a string",
        "subject[1].name",
    ),
    "no type": (changed(_type=None), "expected a string", "_type"),
    "no subjects": (changed(subject=[]), "at least one subject", "subject"),
    "one subject": (changed(subject=ARTIFACT), "expected an array", "subject"),
    "subject of text": (changed(subject=["x"]), "expected an object", "subject[0]"),
    "no digest": (changed(subject=[ARTIFACT, {"name": "x"}]), "expected an object", "subject[1].digest"),
    "empty digest": (changed(subject=[about()]), "at least one digest", "subject[0].digest"),
    "digest of a number": (changed(subject=[about(x=1)]), "digests that are text", "subject[0].digest"),
    "digest of nothing": (changed(subject=[about(x="")]), "digests that are text", "subject[0].digest"),
    "short digest": (changed(subject=[about(sha256="00")]), "64 hexadecimal digits", "subject[0].digest.sha256"),
    "upper case": (changed(subject=[about(sha256="A" * 64)]), "in lower case", "subject[0].digest.sha256"),
    "other characters": (changed(subject=[about(sha3_512="g" * 128)]), "128 hexadecimal", "subject[0].digest.sha3_512"),
    "name of a number": (changed(subject=[ARTIFACT | {"name": 1}]), "expected a string", "subject[0].name"),
    "no predicate type": (changed(predicateType=None), "expected a string", "predicateType"),
    "no URI": (changed(predicateType="review"), "expected a URI", "predicateType"),
    "predicate of text": (changed(predicateType=REVIEW, predicate="x"), "expected an object", "predicate"),
    "no provenance": (changed(predicate=None), "expected an object", DEFINITION),
    "no build type": (
        provenance(lambda it: it["buildDefinition"].pop("buildType")),
        "a string",
        f"{DEFINITION}.buildType",
    ),
    "no parameters": (
        provenance(lambda it: it["buildDefinition"].update(externalParameters=[])),
        "expected an object",
        f"{DEFINITION}.externalParameters",
    ),
    "no details": (provenance(lambda it: it.pop("runDetails")), "expected an object", "predicate.runDetails"),
    "no builder": (provenance(lambda it: it["runDetails"].clear()), "an object", "predicate.runDetails.builder"),
    "builder without a URI": (
        provenance(lambda it: it["runDetails"]["builder"].update(id="me")),
        "expected a URI",
        "predicate.runDetails.builder.id",
    ),
}


@pytest.mark.parametrize(("text", "rule", "where"), REFUSED.values(), ids=REFUSED)
def test_malformed_statement_is_refused_by_its_rule(text: str, rule: str, where: str) -> None:
    """It is refused even if it is signed."""
    with pytest.raises(FormatError, match=rule) as caught:
        verified(sign(text.encode(), IN_TOTO, [MLDSA])).statement(SLSA_PROVENANCE, None)
    assert (caught.value.position, str(caught.value)) == (where, f"statement, {where}: {caught.value.rule}")


def test_older_attestation_is_read() -> None:
    """Registries have attestations of version 0.1, mostly with SLSA provenance 0.2, whose fields are not checked."""
    text = changed(
        _type="https://in-toto.io/Statement/v0.1",
        predicateType="https://slsa.dev/provenance/v0.2",
        predicate={"builder": {"id": "https://shire.example/builder"}, "buildType": "https://shire.example/make"},
    )
    found = verified(sign(text.encode(), IN_TOTO, [MLDSA])).statement("https://slsa.dev/provenance/v0.2", ARTIFACT)
    assert found.predicate["buildType"] == "https://shire.example/make"
    assert found.to_bytes() == text.encode()
    with pytest.raises(DSSEVerificationError):
        verified(sign(text.encode(), IN_TOTO, [MLDSA])).statement(SLSA_PROVENANCE, ARTIFACT)


def test_unknown_members_are_skipped() -> None:
    """The specification demands this; an absent predicate is an empty one."""
    found = Statement.parse(changed(predicateType=REVIEW, predicate=None, other=[1]).encode())
    assert found.predicate == {}
    assert Statement.parse(changed(subject=[ARTIFACT | {"annotations": {"a": None}}]).encode()).is_about(ARTIFACT)


@pytest.mark.parametrize("predicate", [{"x": float("nan")}, {"x": float("inf")}])
def test_what_json_cannot_hold_is_not_signed(predicate: dict[str, object]) -> None:
    """NaN, infinity, names that would occur twice, cycles, and other objects are refused."""
    circle: list[object] = []
    circle.append(circle)
    for wrong in (predicate, {"x": circle}, {1: 0, "1": 0}):
        with pytest.raises(FormatError):
            Statement([ARTIFACT], REVIEW, wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Statement([ARTIFACT], REVIEW, {"x": object()})
    with pytest.raises(FormatError, match="buildDefinition"):
        Statement([ARTIFACT], SLSA_PROVENANCE, {})


def test_statement_is_not_changed_by_its_dictionaries() -> None:
    """The signed values were copied when it was made."""
    predicate: dict[str, object] = {"approved": [True]}
    statement = Statement([ARTIFACT], REVIEW, predicate)
    predicate.clear()
    assert statement.predicate == {"approved": [True]}
    assert Statement.parse(statement.to_bytes()).predicate == {"approved": [True]}
