"""Reading each format of DSSE in tests and in the fuzz target, and the conditions on accepted inputs."""

from __future__ import annotations

import json
from collections.abc import Callable

from dsse_fixtures import ARTIFACT, ATTESTATION, BOTH, ENVELOPE, MLDSA, OTHER, PAYLOAD, STATEMENT, TYPE, url_safe

from qynauth_pqc import PQCError
from qynauth_pqc.dsse import IN_TOTO, SLSA_PROVENANCE, Envelope, Statement, verify
from qynauth_pqc.dsse._envelope import _compact, _members


def read_envelope(data: bytes) -> None:
    """Check that an accepted envelope has the signed payload, and is written and read the same."""
    parsed = Envelope.parse(data)
    again = Envelope.parse(parsed.to_bytes())
    assert (again.payload, again.payload_type, again.signatures) == (
        *(parsed.payload, parsed.payload_type),
        parsed.signatures,
    )
    assert json.loads(data)["payloadType"] == parsed.payload_type
    try:
        by_json = _members(data)
    except PQCError as error:
        raise AssertionError("only the reader of the compact form accepts it") from error
    assert _compact(data) in (None, by_json)
    verified = verify(parsed, payload_type=TYPE, keys=[MLDSA.public_key, OTHER.public_key])
    assert (verified.payload, verified.payload_type) == (PAYLOAD, TYPE)


def read_both(data: bytes) -> None:
    """Check the same where both keys must have signed."""
    verified = verify(data, payload_type=TYPE, keys=[OTHER.public_key, MLDSA.public_key], threshold=2)
    assert (verified.payload, set(verified.keys)) == (PAYLOAD, {OTHER.public_key, MLDSA.public_key})


def read_attestation(data: bytes) -> None:
    """Check that an accepted statement is the signed one."""
    verified = verify(data, payload_type=IN_TOTO, keys=[MLDSA.public_key])
    assert verified.statement(SLSA_PROVENANCE, ARTIFACT).to_bytes() == STATEMENT.to_bytes()


def read_statement(data: bytes) -> None:
    """Check that a statement equals its JSON, and is written as the same one."""
    found, members = Statement.parse(data), json.loads(data)
    again = Statement(list(found.subjects), found.predicate_type, found.predicate)
    assert (again.subjects, again.predicate) == (found.subjects, found.predicate)
    assert found.predicate_type == members["predicateType"]
    assert list(found.subjects) == members["subject"]
    if found.is_about(ARTIFACT):
        assert any(each["digest"]["sha256"] == ARTIFACT["digest"]["sha256"] for each in members["subject"])  # type: ignore[index]


FORMATS: dict[str, tuple[Callable[[bytes], None], list[bytes]]] = {
    "envelope": (read_envelope, [ENVELOPE, BOTH, url_safe(ENVELOPE)]),
    "envelope of two": (read_both, [BOTH, url_safe(BOTH)]),
    "attestation": (read_attestation, [ATTESTATION]),
    "statement": (read_statement, [STATEMENT.to_bytes()]),
}
