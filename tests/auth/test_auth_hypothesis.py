"""For any input, the verifier raises only TokenError, and accepts exactly what the rules allow."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest
from auth_fixtures import (
    AUDIENCE,
    ISSUER,
    START,
    Verifying,
    is_plain,
    may_be_accepted,
    public_jwk,
    published,
    signed,
    signing_key,
)
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from qynauth_pqc.auth.errors import JWKSError, TokenError
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.integrations.jose_composite import DRAFT

pytestmark = pytest.mark.slow

PROFILE = settings(derandomize=True, database=None, deadline=None, max_examples=300)
NOW = START.timestamp()
KEY = signing_key("EdDSA")
KID = KEY.thumbprint()

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(scalars, lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(), each, max_size=3))
times = st.integers(-200, 800).map(lambda offset: NOW + offset) | st.floats(NOW - 100, NOW + 100) | values
audiences = st.sampled_from([AUDIENCE, [AUDIENCE], [AUDIENCE, "bills"], "bills", [], [AUDIENCE, 1]]) | values
claims = st.fixed_dictionaries(
    {},
    optional={
        "iss": st.just(ISSUER) | values,
        "aud": audiences,
        "sub": st.just("frodo") | values,
        "exp": times,
        "iat": times,
        "nbf": times,
        "jti": st.text() | values,
        "scope": values,
    },
)
short = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4) | st.lists(st.text(max_size=4), max_size=2)
headers = st.fixed_dictionaries(
    {
        "alg": st.sampled_from(["EdDSA"] * 6 + ["none", "HS256", "ML-DSA-65"]),
        "kid": st.sampled_from([KID] * 6 + ["other", ""]),
    },
    optional={
        "typ": st.sampled_from(["JWT"] * 3 + ["jwt", "at+jwt"]) | short,
        "crit": st.sampled_from([["new"], []]) | short,
        "b64": short,
        "jwk": short,
        "x5c": short,
        "new": short,
    },
)


def refused_or_read(token: str | bytes) -> Any:
    """Return the claims of a token, or None if it is refused, with one event in either case."""
    verifying = Verifying()
    try:
        return verifying.verify(token).claims
    except TokenError:
        return None
    finally:
        assert len(verifying.events) == 1


@PROFILE
@given(st.binary() | st.text() | st.lists(st.binary(), min_size=3, max_size=3).map(b".".join))
def test_arbitrary_input_is_refused(token: str | bytes) -> None:
    """Bytes and text of any kind are refused."""
    assert refused_or_read(token) is None


@PROFILE
@given(st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()), st.booleans())
def test_arbitrary_parts_with_a_real_signature_are_refused(part: bytes, first: bool) -> None:  # noqa: FBT001 - a choice
    """No arbitrary header or claims have all that a token needs."""
    token = signed("EdDSA", {}, part) if first else signed("EdDSA", part)
    assert refused_or_read(token) is None


@PROFILE
@given(claims)
def test_claims_are_accepted_if_the_rules_hold_and_only_then(found: dict[str, Any]) -> None:
    """The real key has signed the token."""
    expected = found if is_plain(found) and may_be_accepted(found, NOW) else None
    assert refused_or_read(signed("EdDSA", found)) == expected


@PROFILE
@given(claims)
def test_valid_claims_with_one_change_are_accepted_if_the_rules_hold(changed: dict[str, Any]) -> None:
    """They are nearer to the edge than arbitrary claims."""
    for name, value in changed.items():
        found = {**Verifying().claims(), name: value}
        expected = found if is_plain(found) and may_be_accepted(found, NOW) else None
        assert refused_or_read(signed("EdDSA", found)) == expected


def test_header_is_accepted_if_it_names_the_key_and_nothing_critical() -> None:
    """Other members have no effect except the type; both outcomes are frequent."""
    outcomes = []

    @PROFILE
    @given(headers)
    def verify(header: dict[str, Any]) -> None:
        read = refused_or_read(signed("EdDSA", Verifying().claims(), json.dumps(header).encode()))
        named = (header["alg"], header["kid"], "crit" in header) == ("EdDSA", KID, False)
        typed = str(header.get("typ", "JWT")).upper() == "JWT"
        if read is not None:
            assert (named, typed) == (True, True)
        elif header.keys() <= {"alg", "kid", "typ", "crit", "new"}:
            assert not (named and typed)
        outcomes.append(read is not None)

    verify()
    assert min(outcomes.count(True), outcomes.count(False)) > 30


TOKEN = signed("EdDSA", Verifying().claims())


@PROFILE
@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("AZaz09-_.=+ \n\u00e9"))
def test_changed_token_is_refused(place: int, letter: str) -> None:
    """A change of any character is refused."""
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    assert (refused_or_read(changed) is not None) == (changed == TOKEN)


members = st.sampled_from([*public_jwk(KEY, "EdDSA"), "d", "k", "key_ops", "y", "pub"])


@PROFILE
@given(
    st.lists(st.tuples(st.sampled_from(published()["keys"]), st.dictionaries(members, values, max_size=3)), max_size=4)
)
def test_set_raises_nothing_but_jwks_error(changes: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """The keys have any members; a returned key is public and the requested one."""
    jwks = {"keys": [{**jwk, **changed} for jwk, changed in changes]}
    for jwk, _ in changes:
        try:
            found = JWKSCache(lambda: jwks, experimental=DRAFT).key(jwk["kid"])
        except JWKSError:
            continue
        assert found is None or found.kid == jwk["kid"]


@PROFILE
@given(st.binary() | st.text() | values)
def test_arbitrary_set_raises_nothing_but_jwks_error(answer: Any) -> None:
    """A server or a function returns anything."""
    with suppress(JWKSError):
        assert JWKSCache(lambda: answer).key("kid") is None


def test_corpus_of_the_fuzz_target_passes() -> None:
    """It passes without atheris; its token is valid, and the fuzzer begins with it."""
    spec = spec_from_file_location("verifier", ROOT / "tools" / "fuzz" / "verifier.py")
    assert spec is not None
    assert spec.loader is not None
    target = module_from_spec(spec)
    spec.loader.exec_module(target)
    verdicts = {}
    for path in (ROOT / "tools" / "fuzz" / "corpus" / "verifier").iterdir():
        target.one_input(path.read_bytes())
        verdicts[path.name] = [event.verdict for event in target.EVENTS]
        target.EVENTS.clear()
    assert verdicts == {"claims": ["accepted"], "header": ["accepted"], "set": [], "token": ["accepted"]}
