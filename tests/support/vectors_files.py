"""The published test vectors of ACVP and Wycheproof, read into one form."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

EXTERNAL_MU = "external mu"

# Fields that both sources and both algorithms have, under one name.
_FIELDS = {
    "seed": "seed",
    "privateSeed": "seed",
    "dk": "private",
    "sk": "private",
    "privateKey": "private",
    "ek": "public",
    "pk": "public",
    "publicKey": "public",
    "m": "m",
    "c": "ciphertext",
    "k": "secret",
    "K": "secret",
    "mu": "mu",
    "message": "message",
    "msg": "message",
    "context": "context",
    "ctx": "context",
    "rnd": "rnd",
    "additionalRandomness": "rnd",
    "signature": "signature",
    "sig": "signature",
}

# ACVP's function or mode and Wycheproof's type of a group, and the check that it takes.
_KINDS = {
    "keyGen": "key generation",
    "MLKEMKeyGen": "key generation",
    "encapsulation": "encapsulation",
    "MLKEMEncapsTest": "encapsulation",
    "decapsulation": "decapsulation",
    "MLKEMTest": "decapsulation",
    "MLKEMDecapsValidationTest": "decapsulation",
    "encapsulationKeyCheck": "public key check",
    "decapsulationKeyCheck": "private key check",
    "sigGen": "signing",
    "MlDsaSign": "signing",
    "sigVer": "verification",
    "MlDsaVerify": "verification",
}

# ACVP's names of the hash functions that FIPS 204 and FIPS 205 call otherwise; SHA-3 has one name.
_HASHES = {"SHAKE-128": "SHAKE128", "SHAKE-256": "SHAKE256"}


@dataclass(frozen=True)
class VectorFile:
    """A file and the number of its cases."""

    name: str
    cases: int


FILES = [
    VectorFile("acvp/ML-KEM-keyGen-FIPS203.json.gz", 75),
    VectorFile("acvp/ML-KEM-encapDecap-FIPS203.json.gz", 165),
    VectorFile("acvp/ML-KEM-encapDecap-FIPS203-tr1.json.gz", 195),
    VectorFile("acvp/ML-DSA-keyGen-FIPS204.json.gz", 75),
    VectorFile("acvp/ML-DSA-sigGen-FIPS204.json.gz", 360),
    VectorFile("acvp/ML-DSA-sigVer-FIPS204.json.gz", 180),
    VectorFile("acvp/SLH-DSA-keyGen-FIPS205.json.gz", 60),
    VectorFile("acvp/SLH-DSA-sigGen-FIPS205.json.gz", 336),
    VectorFile("acvp/SLH-DSA-sigVer-FIPS205.json.gz", 252),
    VectorFile("wycheproof/mlkem_512_keygen_seed_test.json.gz", 100),
    VectorFile("wycheproof/mlkem_512_encaps_test.json.gz", 261),
    VectorFile("wycheproof/mlkem_512_semi_expanded_decaps_test.json.gz", 9),
    VectorFile("wycheproof/mlkem_512_test.json.gz", 193),
    VectorFile("wycheproof/mlkem_768_keygen_seed_test.json.gz", 100),
    VectorFile("wycheproof/mlkem_768_encaps_test.json.gz", 265),
    VectorFile("wycheproof/mlkem_768_semi_expanded_decaps_test.json.gz", 9),
    VectorFile("wycheproof/mlkem_768_test.json.gz", 193),
    VectorFile("wycheproof/mlkem_1024_keygen_seed_test.json.gz", 100),
    VectorFile("wycheproof/mlkem_1024_encaps_test.json.gz", 269),
    VectorFile("wycheproof/mlkem_1024_semi_expanded_decaps_test.json.gz", 9),
    VectorFile("wycheproof/mlkem_1024_test.json.gz", 193),
    VectorFile("wycheproof/mldsa_44_sign_seed_test.json.gz", 86),
    VectorFile("wycheproof/mldsa_44_sign_noseed_test.json.gz", 73),
    VectorFile("wycheproof/mldsa_44_verify_test.json.gz", 180),
    VectorFile("wycheproof/mldsa_65_sign_seed_test.json.gz", 105),
    VectorFile("wycheproof/mldsa_65_sign_noseed_test.json.gz", 78),
    VectorFile("wycheproof/mldsa_65_verify_test.json.gz", 210),
    VectorFile("wycheproof/mldsa_87_sign_seed_test.json.gz", 96),
    VectorFile("wycheproof/mldsa_87_sign_noseed_test.json.gz", 69),
    VectorFile("wycheproof/mldsa_87_verify_test.json.gz", 241),
]


@dataclass(frozen=True)
class Case:
    """A test case: its check, its inputs, and whether the inputs are valid."""

    number: int
    group: int
    kind: str
    parameter_set: Any
    interface: str
    prehash: str | None
    valid: bool
    flags: tuple[str, ...]
    fields: dict[str, bytes]

    def __getitem__(self, field: str) -> bytes:
        """Return a required field of the case."""
        return self.fields[field]

    def get(self, field: str) -> bytes:
        """Return an optional field of the case, by default nothing."""
        return self.fields.get(field, b"")


@cache
def read_cases(path: Path) -> tuple[int, list[Case]]:
    """Return the number of tests that a file claims, and its cases."""
    with gzip.open(path) as file:
        content = json.load(file)
    cases = [
        _case(content, position, group, test)
        for position, group in enumerate(content["testGroups"], 1)
        for test in group["tests"]
    ]
    return content.get("numberOfTests", len(cases)), cases


def quick_cases(cases: list[Case]) -> list[Case]:
    """Return the cases but for most signatures of SLH-DSA: they take long, and crates/pqc-ffi/tests has more."""
    first = {case.group: case.number for case in reversed(cases)}
    return [
        case
        for case in cases
        if case.kind != "signing"
        or not case.parameter_set.startswith("SLH-DSA")
        or (case.parameter_set.endswith("f") and first[case.group] == case.number)
    ]


def _case(content: dict[str, Any], position: int, group: dict[str, Any], test: dict[str, Any]) -> Case:
    expected = test.get("expected", {})
    values = group | test | expected
    return Case(
        number=test["tcId"],
        group=group.get("tgId", position),
        kind=_KINDS[group.get("function") or content.get("mode") or group["type"]],
        parameter_set=group.get("parameterSet", content["algorithm"]),
        interface=_interface(values),
        prehash=_prehash(test.get("hashAlg")),
        valid=expected.get("testPassed", test.get("result", "valid") == "valid"),
        flags=tuple(test.get("flags", ())),
        fields=_fields(values),
    )


def _interface(values: dict[str, Any]) -> str:
    """Return the kind of signed input: a message, a raw M', or mu alone; Wycheproof also has mu for most messages."""
    if "mu" in values and "msg" not in values:
        return EXTERNAL_MU
    return str(values.get("signatureInterface", "external"))


def _prehash(name: str | None) -> str | None:
    return name and _HASHES.get(name, name.replace("SHA2-", "SHA-"))


def _fields(values: dict[str, Any]) -> dict[str, bytes]:
    found = {ours: bytes.fromhex(values[theirs]) for theirs, ours in _FIELDS.items() if values.get(theirs) is not None}
    if "z" in values:
        found["seed"] = bytes.fromhex(values["d"] + values["z"])
    if "skSeed" in values:
        found["seed"] = bytes.fromhex(values["skSeed"] + values["skPrf"] + values["pkSeed"])
    return found
