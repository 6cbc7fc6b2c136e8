"""Detached messages of CMS, which OpenSSL reads: `--format cms`. Needs the extra `x509`."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from cryptography import x509

from qynauth_pqc import cms
from qynauth_pqc.cms.identity import Identity
from qynauth_pqc.errors import InvalidKeyError, InvalidLengthError
from qynauth_pqc.extend.command import LONGEST_FILE, message_file, naming, open_signer, read_input, verification_key
from qynauth_pqc.integrations.x509 import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qynauth_pqc.extend.command import Progress, Sign, Verify

OPTIONS = frozenset({"algorithm", "certificate", "trust", "purpose", "subject", "issuer", "signature"})
ADVICE = "check --key, or --trust, --purpose, --subject and --issuer, and --signature"
SUFFIX, HOLDS_MESSAGE = ".p7s", False
_LONGEST = 1 << 20


@contextmanager
def signing(params: Mapping[str, Any]) -> Iterator[tuple[str, Sign]]:
    """Lend a function that signs a file, and the name of its algorithm."""
    certificates = [] if params["certificate"] is None else _certificates(params["certificate"])
    with open_signer(params) as key:
        signer = cms.CMSSigner(key, certificates[0] if certificates else None)

        def sign(path: str, progress: Progress) -> bytes:
            with message_file(path, progress) as file:
                return cms.sign(file, signer, detached=True, certificates=certificates[1:])

        yield key.algorithm, sign


def verifying(params: Mapping[str, Any]) -> Verify:
    """Return a function that checks the signature of a file and returns who signed."""
    purpose, subject, issuer = conditions = [params[each] for each in ("purpose", "subject", "issuer")]
    if params["trust"] is None:
        if conditions != [None, None, None]:
            raise click.UsageError("--purpose, --subject and --issuer go with --trust; omit them.")
        return partial(_verify, {"signers": verification_key(params)})
    if purpose is None or subject is None:
        raise click.UsageError("--trust needs --purpose and --subject; `--subject anyone` accepts any signer.")
    who = {"purpose": purpose, "subject": cms.ANYONE if subject == "anyone" else subject, "issuer": issuer}
    Identity(**who)  # the names are checked before any file is read
    return partial(_verify, {"signers": cms.TrustAnchors(_certificates(params["trust"])), **who})


def _verify(trust: dict[str, Any], path: str, signature_path: str, progress: Progress) -> dict[str, Any]:
    signature = read_input(signature_path, _LONGEST, "the limit for a detached message of CMS", InvalidLengthError)
    with naming(signature_path), message_file(path, progress) as file:
        found = cms.verify(signature, file, **trust).signers
    verdict: dict[str, Any] = {"algorithm": ", ".join(str(each.public_key.parameter_set) for each in found)}
    certified = [each for each in found if each.certificate is not None]
    if certified:
        verdict["signers"] = [
            {"subject": each.subject, "issuer": each.issuer, "serial_number": f"{each.serial_number:X}"}
            for each in certified
        ]
    if unsigned := [kind for each in found for kind in each.unsigned_attributes]:
        verdict["unsigned_attributes"] = unsigned
    return verdict


def _certificates(path: str) -> list[x509.Certificate]:
    data = read_input(path, LONGEST_FILE, "the limit for certificates", InvalidKeyError)
    with naming(path):
        try:
            return x509.load_pem_x509_certificates(data)
        except UNREADABLE as error:
            raise InvalidKeyError("expected certificates in PEM; check that the file is complete") from error
