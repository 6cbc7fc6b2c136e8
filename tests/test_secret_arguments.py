"""No frame of the library shows a key, a signer or a token in a traceback, for any public function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from own_frames import variables
from right_arguments import DSA
from wrong_arguments import ADD_ONS, Case, every_case

SECRET = b"SENTINEL" * 4
VALUES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: SECRET,
    "str": SECRET.decode,
    "list": lambda: [DSA, SECRET],
    "PEM": lambda: b"-----BEGIN OPENSSH PRIVATE KEY-----\n%b\n-----END OPENSSH PRIVATE KEY-----\n" % SECRET,
    "JWK": lambda: {"kty": "AKP", "alg": "ML-DSA-44", "priv": SECRET.decode()},
}
NAMES = {
    *("private_key", "private_keys", "public_key", "public_keys", "key", "keys", "key_obj", "signer"),
    *("seed", "rnd", "jwk", "jwks", "verify_certificate.issuer", "load_private_key.data", "load_public_key.data"),
    *("from_private_bytes.data", "from_public_bytes.data", "from_cose_key.data", "pyjwt.MLDSAAlgorithm.sign.key"),
}
"""The parameters for keys, signers and texts of keys; with the name of the callable where it matters."""


@pytest.fixture(autouse=True)
def _process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a folder with a file."""
    monkeypatch.chdir(tmp_path)
    for each in ADD_ONS.values():
        for setting in each.settings:
            monkeypatch.setitem(*setting)
    Path("file").write_bytes(b"message")


def secrets_in(case: Case, name: str) -> set[str]:
    """Return the names that a parameter for a key, a signer or a token has among the known ones, or none."""
    path = f"{case.name}.{name}"
    return {each for each in NAMES | (case.add_on.secrets if case.add_on else set()) if path.endswith(f".{each}")}


def caught(case: Case, name: str, value: object) -> Exception | None:
    """Return the error of a call with a value for a parameter."""
    try:
        case.call({name: value})
    except Exception as error:  # noqa: BLE001 - test_wrong_types.py is about its type
        return error
    return None


@pytest.mark.parametrize("value", VALUES)
def test_no_frame_shows_a_key_or_a_token(value: str) -> None:
    """Each of their parameters gets a secret of a wrong type in turn."""
    found, tried, names = [], set(), set()
    for case in every_case():
        for name, known in ((each.name, secrets_in(case, each.name)) for each in case.parameters):
            if known:
                error = caught(case, name, VALUES[value]())
                shown = [] if error is None else variables(error)
                found += [(case.name, name, where) for where, text in shown if "SENTINEL" in text]
                tried.add(f"{case.name}.{name}")
                names |= known
    assert found == []
    assert names == NAMES.union(*(each.secrets for each in ADD_ONS.values()))
    counts = Counter(each.split(".")[1] for each in tried)
    assert all(counts[name] >= each.least_secrets for name, each in ADD_ONS.items())
    assert len(tried) - sum(counts[name] for name in ADD_ONS) > 60


def test_every_variable_of_a_frame_can_be_shown() -> None:
    """No object is shown before it has its attributes: Python 3.11 would show nothing of the traceback."""
    for case in every_case():
        if "distributed" in case.name:  # the tests themselves half make its client
            continue
        for each in case.parameters:
            error = caught(case, each.name, object())
            if error is not None:
                variables(error)
