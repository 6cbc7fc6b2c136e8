"""The length does not decide among parameter sets of one class with equally long keys, nor for later sets."""

from __future__ import annotations

import copy
import pickle
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from qynauth_pqc import CompositePrivateKey, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc._keys.parameter_sets import FAMILIES, ROWS, ParameterSet
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.public_key import PublicKey
from qynauth_pqc.native import ffi

ENCODED = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44").public_key.public_bytes()
TWINS = "ML-DSA-44", "Twin-44"


@pytest.fixture
def twins(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a class of public keys: ML-DSA-44 under two names, and a set of another length."""
    monkeypatch.setitem(ROWS, "Twin-44", ROWS["ML-DSA-44"])
    monkeypatch.setitem(FAMILIES, "Twin-44", "ML-DSA")
    monkeypatch.setattr(PublicKey, "_loadable", dict(PublicKey._loadable))
    sets = ParameterSet("TwinParameterSet", {"FIRST": "ML-DSA-44", "SECOND": "Twin-44", "LONGER": "ML-DSA-65"})  # type: ignore[call-arg]
    kind = type("TwinPublicKey", (MLDSAPublicKey,), {"__slots__": (), "__module__": __name__, "_sets": sets})
    monkeypatch.setattr(sys.modules[__name__], kind.__name__, kind, raising=False)  # for pickle
    return kind


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the sets of a later version: the keys of the second are as long as those of the first."""
    first, third = ROWS["ML-DSA-44"], ROWS["ML-DSA-65"]
    for name, row in (("Later-44", first), ("Later-65", third)):
        fields = {field: getattr(row, field) for field, _ in ffi.typeof("PqcAlgorithmInfo").fields}
        monkeypatch.setitem(ROWS, name, SimpleNamespace(**{**fields, "found_by_length": 0}))
        monkeypatch.setitem(FAMILIES, name, "ML-DSA")
    for kind in (PublicKey, PrivateKey):
        monkeypatch.setattr(kind, "_loadable", dict(kind._loadable))
    return ParameterSet("LaterParameterSet", {"A": "ML-DSA-44", "B": "Later-44", "C": "Later-65"})  # type: ignore[call-arg]


def test_later_set_of_the_same_length_changes_nothing(later: Any) -> None:
    """Keys of the first set load without a name, public and private; keys of a later set are named."""
    private_key = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
    other = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-65")
    for base, first, third in (
        (MLDSAPublicKey, ENCODED, other.public_key.public_bytes()),
        (MLDSAPrivateKey, bytes(private_key.private_bytes()), bytes(other.private_bytes())),
    ):
        kind: Any = type("Later", (base,), {"__slots__": (), "_sets": later})
        load = kind.from_public_bytes if base is MLDSAPublicKey else kind.from_private_bytes
        for encoded in (first, bytearray(first)):
            assert load(encoded).parameter_set == "ML-DSA-44"
            assert load(encoded, "Later-44").parameter_set == "Later-44"
        for encoded in (third, bytearray(third)):
            assert load(encoded, "Later-65").parameter_set == "Later-65"
            with pytest.raises(TypeError, match="may be of Later-65; pass parameter_set="):
                load(encoded)


def test_sets_of_the_first_release_alone_are_found_by_their_length() -> None:
    """The list is fixed: no later set is added, since its keys could be taken for keys of these, nor one removed."""
    assert [name for name, row in ROWS.items() if row.found_by_length] == [
        *("ML-KEM-512", "ML-KEM-768", "ML-KEM-1024", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"),
        *("X-Wing", "MLKEM768-P256", "MLKEM1024-P384"),
        *("MLDSA44-Ed25519-SHA512", "MLDSA44-ECDSA-P256-SHA256", "MLDSA65-ECDSA-P256-SHA512"),
        *("MLDSA65-ECDSA-P384-SHA512", "MLDSA65-Ed25519-SHA512", "MLDSA87-ECDSA-P384-SHA512"),
    ]


def test_set_of_a_shared_length_must_be_named(twins: Any) -> None:
    """This holds for bytes and other objects, with and without options; a unique length needs no name."""
    for encoded, options in ((ENCODED, {}), (bytearray(ENCODED), {}), (ENCODED, {"code_path": "portable"})):
        with pytest.raises(
            TypeError, match="public key of 1312 bytes may be of ML-DSA-44 or Twin-44; pass parameter_set="
        ):
            twins.from_public_bytes(encoded, **options)
        for name in (*TWINS, *twins._sets):
            if name != "ML-DSA-65":
                assert twins.from_public_bytes(encoded, name, **options).parameter_set == name
    longer = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-65").public_key.public_bytes()
    assert twins.from_public_bytes(longer).parameter_set == "ML-DSA-65"


def test_keys_of_two_sets_differ_although_their_bytes_do_not(twins: Any) -> None:
    """They differ in comparisons, as elements of a set, and from a key of another class."""
    first, second = (twins.from_public_bytes(ENCODED, name) for name in TWINS)
    again = twins.from_public_bytes(ENCODED, "Twin-44")
    assert first.public_bytes() == second.public_bytes()
    assert (first == second, second == again, hash(second) == hash(again)) == (False, True, True)
    assert len({first, second, again}) == 2
    assert first != MLDSAPublicKey.from_public_bytes(ENCODED)
    assert MLDSAPublicKey.from_public_bytes(ENCODED) != first


def test_copies_and_pickles_keep_the_set(twins: Any) -> None:
    """Every protocol keeps it: a pickle names the set by a plain string."""
    for name in TWINS:
        key = twins.from_public_bytes(ENCODED, name)
        pickles = [pickle.dumps(key, each) for each in range(pickle.HIGHEST_PROTOCOL + 1)]
        copies = [*map(pickle.loads, pickles), copy.copy(key), copy.deepcopy(key)]
        assert [each.parameter_set for each in copies] == [name] * len(copies)
        assert copies == [key] * len(copies)
        assert all(name.encode() in each for each in pickles)
        assert [type(each) for each in key.__reduce__()[1]] == [bytes, str]


@pytest.mark.parametrize("wrong", ["ML-DSA-65", "ML-DSA-44"])
def test_name_goes_before_the_length(wrong: Any) -> None:
    """The error names the size of the named set."""
    other = "ML-DSA-44" if wrong == "ML-DSA-65" else "ML-DSA-65"
    encoded = MLDSAPrivateKey.from_seed(bytes(32), other).public_key.public_bytes()  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=f"expected {ROWS[wrong].public_key_bytes} bytes for {wrong}, got {len(encoded)}"
    ):
        MLDSAPublicKey.from_public_bytes(encoded, wrong)


def test_private_keys_of_a_shared_length_are_named() -> None:
    """Each size of private keys of composites belongs to two sets."""
    for size in {row.private_key_bytes for name, row in ROWS.items() if name.startswith("MLDSA")}:
        with pytest.raises(
            TypeError, match=rf"private key of {size} bytes may be of MLDSA.* or MLDSA.*; pass parameter_set="
        ):
            CompositePrivateKey.from_private_bytes(bytes(size))
