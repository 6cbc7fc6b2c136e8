"""The checks of the known answers find faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from vectors_checks import ANSWERS, PATHS, refusal_of
from vectors_files import EXTERNAL_MU, FILES, Case, read_cases
from vectors_run import failure_of

from qynauth_pqc import InvalidCiphertextError, InvalidKeyError, InvalidLengthError, InvalidSignatureError

# The number of cases with each fault; the expected and the actual size follow a colon.
REFUSALS = {
    (InvalidLengthError, "seed has the wrong length:"): 69,
    (InvalidLengthError, "context is longer than 255 bytes:"): 21,
    (InvalidCiphertextError, "ciphertext has the wrong length:"): 66,
    (InvalidKeyError, "public key has the wrong length:"): 72,
    (InvalidKeyError, "public key has a coefficient that is not below the modulus"): 366,
    (InvalidKeyError, "private key has the wrong length:"): 12,
    (InvalidKeyError, "private key has a coefficient or scalar outside its range"): 6,
    (InvalidKeyError, "private key does not match the hash of its public key"): 36,
    (InvalidSignatureError, "signature is not valid:"): 76,
    (InvalidSignatureError, "signature is not valid"): 660,
}


EACH = [*(pytest.param(path, marks=pytest.mark.nightly) for path in PATHS[:-1]), PATHS[-1]]
"""The code paths: since the checks are tested, the fastest path is enough, except for `make nightly`."""


def first_cases(vectors: Path, *, valid: bool) -> Iterator[Case]:
    """Return a case of each kind and interface from each file."""
    for file in FILES:
        cases = {
            (case.kind, case.interface, case.prehash is None): case
            for case in read_cases(vectors / file.name)[1]
            if case.valid is valid and case.interface != EXTERNAL_MU
        }
        yield from cases.values()


@pytest.mark.parametrize("path", EACH)
def test_altered_answer_fails(vectors: Path, path: str) -> None:
    """A single bit of any expected value is flipped."""
    for case in first_cases(vectors, valid=True):
        answers = {"signature"} if case.kind == "verification" else {*ANSWERS[case.kind]}
        for field in answers & case.fields.keys() if "check" not in case.kind else ():
            altered = bytes([*case[field][:-1], case[field][-1] ^ 1])
            assert failure_of(replace(case, fields={**case.fields, field: altered}), path)


@pytest.mark.parametrize("path", EACH)
def test_inverted_verdict_fails(vectors: Path, path: str) -> None:
    """A valid case is marked as invalid, and the reverse."""
    for case in first_cases(vectors, valid=False):
        assert failure_of(replace(case, valid=True), path)
    for case in first_cases(vectors, valid=True):
        if case.kind != "key generation":
            assert failure_of(replace(case, valid=False, flags=()), path)


def test_another_hash_function_fails(vectors: Path) -> None:
    """A missing hash function fails too."""
    for case in first_cases(vectors, valid=True):
        if case.prehash is not None:
            assert failure_of(replace(case, prehash=None), PATHS[0])
            other = "SHA3-512" if case.prehash != "SHA3-512" else "SHA-512"
            assert failure_of(replace(case, prehash=other), PATHS[0])


def test_refusals_have_every_reason(vectors: Path) -> None:
    """Each reason occurs as often as the files have an input with that fault."""
    cases = (case for file in FILES for case in read_cases(vectors / file.name)[1])
    refusals = [refusal_of(case) for case in cases if not case.valid]
    found = Counter((refusal.error, refusal.message.partition(" expected ")[0]) for refusal in refusals)
    assert found == REFUSALS
