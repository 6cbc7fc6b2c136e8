"""Envelopes of DSSE, which hold the signed file: `--format dsse`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from qynauth_pqc import dsse
from qynauth_pqc.dsse._json import LONGEST, read_object
from qynauth_pqc.errors import FormatError
from qynauth_pqc.extend.command import STDIO, Output, naming, open_signer, read_input, verification_key, write_outputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qynauth_pqc.extend.command import Progress, Sign, Verify

OPTIONS = frozenset({"algorithm", "payload_type", "payload", "provenance", "predicate"})
ADVICE = "check --key, --payload-type and --provenance"
SUFFIX, HOLDS_MESSAGE = ".dsse", True


@contextmanager
def signing(params: Mapping[str, Any]) -> Iterator[tuple[str, Sign]]:
    """Lend a function that signs a file, and the name of its algorithm."""
    name = params["predicate"]
    if name is None:
        payload_type = _payload_type(params)
    else:
        _check_statement(params, "--predicate")
        if STDIO in params["messages"]:
            raise click.UsageError("--predicate needs the name of each MESSAGE; '-' has none.")
        text = read_input(name, LONGEST, "the limit for a predicate", FormatError)
        with naming(name):
            predicate = read_object(text, "predicate")

    def sign(path: str, _progress: Progress) -> bytes:
        if name is None:
            payload = read_input(path, LONGEST, "the limit for an envelope; use another --format", FormatError)
            return dsse.sign(payload, payload_type, [signer])
        artifact = dsse.subject_of(path)
        with naming(name):
            statement = dsse.Statement([artifact], dsse.SLSA_PROVENANCE, predicate)
        return statement.sign([signer])

    with open_signer(params) as signer:
        yield signer.algorithm, sign


def verifying(params: Mapping[str, Any]) -> Verify:
    """Return a function that checks an envelope and returns the name of the algorithm."""
    key, artifact = verification_key(params), None
    if params["provenance"] is None:
        payload_type = _payload_type(params)
    else:
        _check_statement(params, "--provenance")
        payload_type, artifact = dsse.IN_TOTO, dsse.subject_of(params["provenance"])

    def verify(path: str, _signature_path: str, _progress: Progress) -> dict[str, Any]:
        text = read_input(path, LONGEST, "the limit for an envelope", FormatError)
        with naming(path):
            found = dsse.verify(text, payload_type=payload_type, keys=[key])
            if artifact is not None:
                found.statement(dsse.SLSA_PROVENANCE, artifact)
        if params["payload"] is not None:
            write_outputs([Output("payload", params["payload"], found.payload)], force=params["force"])
        return {"algorithm": str(key.parameter_set)}

    return verify


def _check_statement(params: Mapping[str, Any], option: str) -> None:
    if params["payload_type"] is not None:
        raise click.UsageError(f"{option} is for the payload type {dsse.IN_TOTO}; omit --payload-type.")


def _payload_type(params: Mapping[str, Any]) -> str:
    found: str | None = params["payload_type"]
    if found is None:
        raise click.UsageError("missing option '--payload-type', which --format dsse requires.")
    return found
