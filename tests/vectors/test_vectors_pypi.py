"""The library computes the known answers of the PyPI package `cryptography-vectors`, which any machine can have."""

from __future__ import annotations

from collections.abc import Iterator

import cryptography_vectors
import pytest
from conftest import Sizes
from vectors_checks import PATHS
from vectors_files import Case
from vectors_run import try_cases

# The cases of the files of each family, and the checks that each case takes.
MLKEM_CASES, MLKEM_CHECKS = 1000, 4
MLDSA_CASES, MLDSA_CHECKS = 100, 3


def read_records(name: str) -> Iterator[dict[str, str]]:
    """Read the records of a file; each begins with its count and consists of lines `name = value`."""
    record: dict[str, str] = {}
    with cryptography_vectors.open_vector_file(name, "r") as file:
        for line in file:
            field, _, value = line.strip().partition(" = ")
            if field == "count" and record:
                yield record
                record = {}
            if field:
                record[field] = value
    yield record


def case_of(kind: str, sizes: Sizes, record: dict[str, str], **fields: bytes) -> Case:
    """Return a valid case of a record."""
    return Case(int(record["count"]), 0, kind, sizes.name, "external", None, valid=True, flags=(), fields=fields)


def kem_cases(sizes: Sizes, record: dict[str, str]) -> Iterator[Case]:
    """Yield the pair of a seed, both directions, and `ct_n`, which is not for the key and decapsulates to `ss_n`."""
    value = {name: bytes.fromhex(text) for name, text in record.items() if name != "count"}
    seed, private, public = value["d"] + value["z"], value["sk"], value["pk"]
    yield case_of("key generation", sizes, record, seed=seed, private=private, public=public)
    yield case_of(
        "encapsulation", sizes, record, public=public, m=value["msg"], ciphertext=value["ct"], secret=value["ss"]
    )
    for ciphertext, secret in (("ct", "ss"), ("ct_n", "ss_n")):
        yield case_of(
            "decapsulation", sizes, record, private=private, ciphertext=value[ciphertext], secret=value[secret]
        )


def dsa_cases(sizes: Sizes, record: dict[str, str]) -> Iterator[Case]:
    """Yield the pair of a seed, and the deterministic signature, which comes before its message in `sm`."""
    value = {name: bytes.fromhex(record[name]) for name in ("xi", "sk", "pk", "msg", "sm", "ctx")}
    private, public = value["sk"], value["pk"]
    signature, message = value["sm"][: sizes.output], value["sm"][sizes.output :]
    assert (value["msg"], len(value["sm"])) == (message, int(record["smlen"]))
    signed = {"message": message, "context": value["ctx"], "signature": signature, "public": public}
    yield case_of("key generation", sizes, record, seed=value["xi"], private=private, public=public)
    yield case_of("signing", sizes, record, private=private, **signed)
    yield case_of("verification", sizes, record, **signed)


@pytest.mark.parametrize("code_path", PATHS)
def test_mlkem_known_answers(kem: Sizes, code_path: str) -> None:
    """A thousand seeds are tried for each parameter set."""
    name = f"asymmetric/MLKEM/kat_{kem.name.replace('ML-KEM-', 'MLKEM_')}.rsp"
    cases = (case for record in read_records(name) for case in kem_cases(kem, record))
    row, failures = try_cases(f"cryptography-vectors/{name.rpartition('/')[2]}", code_path, cases)
    row.note = f"{MLKEM_CASES} records, each checked {MLKEM_CHECKS} times"
    assert failures == []
    assert (row.cases, row.passed) == (MLKEM_CASES * MLKEM_CHECKS, MLKEM_CASES * MLKEM_CHECKS)


@pytest.mark.parametrize("code_path", PATHS)
def test_mldsa_known_answers(dsa: Sizes, code_path: str) -> None:
    """A hundred seeds are tried for each parameter set, with deterministic signatures and a context."""
    name = f"asymmetric/MLDSA/kat_{dsa.name.replace('ML-DSA-', 'MLDSA_')}_det_pure.rsp"
    cases = (case for record in read_records(name) for case in dsa_cases(dsa, record))
    row, failures = try_cases(f"cryptography-vectors/{name.rpartition('/')[2]}", code_path, cases)
    row.note = f"{MLDSA_CASES} records, each checked {MLDSA_CHECKS} times"
    assert failures == []
    assert (row.cases, row.passed) == (MLDSA_CASES * MLDSA_CHECKS, MLDSA_CASES * MLDSA_CHECKS)
