"""ML-DSA is registered with PyJWT and joserfc for the whole process, and unregistered."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import jwt
import jwt.api_jwk
import pytest
from joserfc.jwk import JWKRegistry, KeySet, OKPKey
from jwt.algorithms import Algorithm, HMACAlgorithm

from qynauth_pqc import MLDSAPrivateKey, UnsupportedError
from qynauth_pqc.integrations import joserfc, pyjwt
from qynauth_pqc.integrations.joserfc import AKPKey
from qynauth_pqc.integrations.pyjwt import MLDSAAlgorithm

SETS = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}
JWK = MLDSAPrivateKey.generate("ML-DSA-44").public_key.to_jwk()
PATCHED = "get_default_algorithms"
ORIGINAL = getattr(jwt.api_jwk, PATCHED)


@pytest.fixture(autouse=True)
def unregistered() -> Iterator[None]:
    """Restore the libraries after any test."""
    yield
    pyjwt.unregister()
    joserfc.unregister()
    assert getattr(jwt.api_jwk, PATCHED) is ORIGINAL
    assert not SETS & pyjwt_algorithms()
    assert "AKP" not in JWKRegistry.key_types
    assert not SETS & KeySet.algorithm_keys.keys()


def pyjwt_algorithms() -> set[str]:
    """Return the algorithms with which `jwt.encode` signs."""
    return set(jwt.api_jws._jws_global_obj.get_algorithms())


def pyjwt_keeps_keys() -> bool:
    """Return whether PyJWT makes a key from a JWK of ours."""
    try:
        return bool(jwt.PyJWKSet([JWK]).keys)
    except jwt.PyJWKSetError:
        return False


def test_registering_twice_is_as_once() -> None:
    """This holds with a call of `unregister()` in between, and after two."""
    for _ in range(2):
        pyjwt.register()
        patch = getattr(jwt.api_jwk, PATCHED)
        pyjwt.register()
        assert getattr(jwt.api_jwk, PATCHED) is patch
        assert pyjwt_algorithms() >= SETS
        assert pyjwt_keeps_keys()
        pyjwt.unregister()
        assert getattr(jwt.api_jwk, PATCHED) is ORIGINAL
        assert not pyjwt_keeps_keys()
    pyjwt.unregister()


# In a separate process, since threads that switch this often slow down all others.
THREADS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from qynauth_pqc.integrations import pyjwt
sys.setswitchinterval(1e-6)
with ThreadPoolExecutor(4) as pool:
    for called in [pool.submit(each) for _ in range(400) for each in (pyjwt.unregister, pyjwt.register)]:
        called.result()
pyjwt.register()
assert not isinstance(pyjwt.jwt.api_jwk.get_default_algorithms.original, pyjwt._Defaults)
"""


def test_threads_may_register_at_once() -> None:
    """The workers of a server may do so at their first token."""
    result = subprocess.run([sys.executable, "-c", THREADS], check=False, capture_output=True, text=True)
    assert (result.stderr, result.returncode) == ("", 0)


def test_unregistering_leaves_what_others_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later patch stays and still works; this library's patch under it passes on PyJWT's result."""
    pyjwt.register()
    ours = getattr(jwt.api_jwk, PATCHED)

    def theirs() -> dict[str, Algorithm]:
        return {**ours(), "theirs": HMACAlgorithm(HMACAlgorithm.SHA256)}

    monkeypatch.setattr(jwt.api_jwk, PATCHED, theirs)
    pyjwt.register()
    assert getattr(jwt.api_jwk, PATCHED) is theirs
    pyjwt.unregister()
    assert getattr(jwt.api_jwk, PATCHED) is theirs
    assert set(theirs()) == {*ORIGINAL(), "theirs"}
    pyjwt.register()
    assert pyjwt_keeps_keys()
    assert "theirs" in getattr(jwt.api_jwk, PATCHED)()


def test_registering_again_repairs_a_patch_that_dropped_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """`unregister()` leaves the function of the others."""
    pyjwt.register()

    def theirs() -> dict[str, Algorithm]:
        return {}

    monkeypatch.setattr(jwt.api_jwk, PATCHED, theirs)
    assert not pyjwt_keeps_keys()
    pyjwt.register()
    assert pyjwt_keeps_keys()
    pyjwt.unregister()
    assert getattr(jwt.api_jwk, PATCHED) is theirs


def test_algorithms_of_others_stay() -> None:
    """An instance of this library's class is accepted; another class is refused, and nothing is registered."""
    jwt.register_algorithm("ML-DSA-65", MLDSAAlgorithm("ML-DSA-65"))
    try:
        pyjwt.register()
        pyjwt.unregister()
        assert SETS & pyjwt_algorithms() == {"ML-DSA-65"}
    finally:
        jwt.unregister_algorithm("ML-DSA-65")
    jwt.register_algorithm("ML-DSA-87", HMACAlgorithm(HMACAlgorithm.SHA256))
    try:
        with pytest.raises(UnsupportedError, match="has another implementation of ML-DSA-87"):
            pyjwt.register()
        assert SETS & pyjwt_algorithms() == {"ML-DSA-87"}
    finally:
        jwt.unregister_algorithm("ML-DSA-87")


@pytest.mark.parametrize("present", [True, False])
def test_patch_without_effect_is_an_error(monkeypatch: pytest.MonkeyPatch, present: bool) -> None:  # noqa: FBT001
    """A later PyJWT may no longer take the algorithms of `PyJWK` from the patched function."""
    monkeypatch.setattr(jwt, "PyJWK", UnpatchablePyJWK)
    if not present:
        monkeypatch.delattr(jwt.api_jwk, PATCHED)
    with pytest.raises(UnsupportedError, match="does not take its algorithms from get_default_algorithms"):
        pyjwt.register()
    assert not SETS & pyjwt_algorithms()
    assert getattr(jwt.api_jwk, PATCHED, None) is (ORIGINAL if present else None)


class UnpatchablePyJWK(jwt.PyJWK):
    """Keys of a PyJWT that keeps its algorithms elsewhere."""

    def __init__(self, jwk_data: dict[str, object], algorithm: str | None = None) -> None:
        """Look an algorithm up where nobody patches it."""
        del algorithm
        if jwk_data["alg"] not in ORIGINAL():
            raise jwt.PyJWKError("no such algorithm")


# joserfc


def test_registering_twice_with_joserfc_is_as_once() -> None:
    """This holds with a call of `unregister()` in between, and after two."""
    for _ in range(2):
        joserfc.register()
        joserfc.register()
        assert isinstance(JWKRegistry.import_key({**JWK}), AKPKey)
        joserfc.unregister()
        assert "AKP" not in JWKRegistry.key_types
    joserfc.unregister()


def test_key_types_of_others_stay_in_joserfc(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subclass of this library's class is accepted; another class is refused and left."""

    class Derived(AKPKey):
        """A key of ours with more methods."""

    joserfc.register()
    for theirs in (Derived, OKPKey):
        with monkeypatch.context() as patched:
            patched.setitem(JWKRegistry.key_types, "AKP", theirs)
            patched.setitem(KeySet.algorithm_keys, "ML-DSA-65", ["OKP"])
            joserfc.unregister()
            assert JWKRegistry.key_types["AKP"] is theirs
            assert KeySet.algorithm_keys["ML-DSA-65"] == ["OKP"]
            if theirs is Derived:
                joserfc.register()
                assert JWKRegistry.key_types["AKP"] is Derived
            else:
                with pytest.raises(UnsupportedError, match="another class for the key type AKP: OKPKey"):
                    joserfc.register()
