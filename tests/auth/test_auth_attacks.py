"""The verifier refuses attacks with tokens and published keys, each forged as well as an attacker can."""

from __future__ import annotations

import hashlib
import hmac
import inspect
import json
import sys
from collections.abc import Callable
from string import ascii_letters, digits
from typing import Any

import pytest
from auth_fixtures import (
    DEADLINE,
    HYBRID,
    POST_QUANTUM,
    START,
    Verifying,
    claims_at,
    encoded,
    policy_text,
    public_jwk,
    refusal,
    row,
    signed,
    signing_key,
    verdict,
)
from jose_keys import signature
from joserfc import jwe, jws
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode

from qynauth_pqc.auth.errors import TokenError
from qynauth_pqc.integrations.joserfc import MLDSARegistry

CLASSICAL, STRONG, BOTH = signing_key("EdDSA"), signing_key(POST_QUANTUM), signing_key(HYBRID)
THIEF = signing_key("EdDSA", 1)
"""A key that the attacker has made."""
CLAIMS = claims_at(START.timestamp())
MLDSA65 = 3309
"""The length of the first half of a hybrid signature, in bytes."""


# Algorithms and kids


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", None])
@pytest.mark.parametrize("signature", ["", "AAAA", "the real one"])
def test_token_without_an_algorithm_is_refused(name: str | None, signature: str) -> None:
    """It is refused for the kid of each key."""
    for algorithm in ("EdDSA", HYBRID, POST_QUANTUM):
        real = signed(algorithm, CLAIMS, {"alg": name})
        token = real if signature == "the real one" else f"{real.rpartition('.')[0]}.{signature}"
        assert refusal(Verifying(), token) == ("malformed" if name is None else "wrong_algorithm")


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", POST_QUANTUM, HYBRID])
@pytest.mark.parametrize("name", ["HS256", "HS384", "HS512"])
def test_public_key_is_no_secret_of_hmac(algorithm: str, name: str) -> None:
    """It is refused in each form that libraries have accepted: PEM, DER, the text of the JWK, and raw."""
    key = signing_key(algorithm)
    jwk = public_jwk(key, algorithm)
    pem = key.as_pem(private=False)
    raw = urlsafe_b64decode(str(jwk.get("pub", jwk.get("x"))).encode())
    secrets = [pem, pem.strip(), key.as_der(private=False), json.dumps(jwk).encode(), raw, encoded(raw), b""]
    message = encoded({"typ": "JWT", "alg": name, "kid": jwk["kid"]}) + b"." + encoded(CLAIMS)
    for secret in secrets:
        forged = hmac.digest(secret, message, getattr(hashlib, name.replace("HS", "sha")))
        assert refusal(Verifying(policy_text(row(algorithm))), f"{(message + b'.' + encoded(forged)).decode()}") == (
            "wrong_algorithm"
        )


@pytest.mark.parametrize("signer", ["EdDSA", "ES256", HYBRID, POST_QUANTUM])
@pytest.mark.parametrize("kid", ["EdDSA", "ES256", HYBRID, POST_QUANTUM])
@pytest.mark.parametrize("claimed", ["EdDSA", "ES256", HYBRID, POST_QUANTUM, "ML-DSA-44", "Ed25519", "RS256"])
def test_algorithm_is_the_one_of_the_kid(signer: str, kid: str, claimed: str) -> None:
    """Real keys sign tokens that claim each algorithm and each kid: only the right combination is accepted."""
    verifying = Verifying(policy_text(*(row(name) for name in ("EdDSA", "ES256", HYBRID, POST_QUANTUM))))
    token = signed(signer, CLAIMS, {"alg": claimed, "kid": signing_key(kid).thumbprint()})
    expected = "wrong_algorithm"
    if claimed == kid:
        expected = "accepted" if signer == kid else "bad_signature"
    assert verdict(verifying, token) == expected
    assert verifying.events[-1][1:] == (kid, expected, signing_key(kid).thumbprint())


@pytest.mark.parametrize("other", [["EdDSA"], {"EdDSA": 1}, 1, True, None], ids=str)
def test_algorithm_that_is_no_text_is_malformed(other: object) -> None:
    """It is malformed even if it compares equal to an algorithm."""
    assert refusal(Verifying(), signed("EdDSA", CLAIMS, {"alg": other})) == "malformed"


def test_kid_of_another_key_of_the_algorithm_does_not_verify() -> None:
    """A token does not verify if another key of the set signed it."""
    jwks = {"keys": [public_jwk(CLASSICAL, "EdDSA"), public_jwk(THIEF, "EdDSA")]}
    token = signed("EdDSA", CLAIMS, {"kid": CLASSICAL.thumbprint()}, THIEF)
    assert refusal(Verifying(jwks=jwks), token) == "bad_signature"


def test_kid_that_is_not_one_text_is_malformed() -> None:
    """A kid is malformed if it is missing, repeated, or of another type."""
    real, kid = signed("EdDSA", CLAIMS), CLASSICAL.thumbprint()
    twice = f'{{"alg": "EdDSA", "kid": "{kid}", "kid": "{kid}"}}'.encode()
    without = b'{"alg": "EdDSA"}'
    others = [signed("EdDSA", CLAIMS, {"kid": each}) for each in (None, 1, True, [kid], {kid: 1})]
    for token in (signed("EdDSA", CLAIMS, twice), signed("EdDSA", CLAIMS, without), *others):
        assert refusal(Verifying(), token) == "malformed"
    assert verdict(Verifying(), real) == "accepted"


@pytest.mark.parametrize("kid", ["", "another", "../../etc/passwd", "' OR 1=1 --", "\ud800", "\x00"])
def test_unknown_kid_is_refused(kid: str) -> None:
    """An unknown kid is refused, and serves only as the name of a key."""
    assert refusal(Verifying(), signed("EdDSA", CLAIMS, {"kid": kid})) == "unknown_key"


@pytest.mark.parametrize("longest", [16384, 1 << 24])
def test_kid_of_a_mebibyte_is_refused(longest: int) -> None:
    """It is refused by its size, for any longest token."""
    token = signed("EdDSA", CLAIMS, {"kid": "k" * (1 << 20)})
    assert refusal(Verifying(max_token_bytes=longest), token) == "too_large"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b'["alg", "kid"]',
        b'["alg", "b64"]',
        b'"alg"',
        b"null",
        b"{",
        b"\xff",
        b"{}",
        b"[" * 300,
        b'{"alg": NaN}',
    ],
    ids=repr,
)
def test_header_that_is_no_object_is_malformed(header: bytes) -> None:
    """A text that contains "alg" in another sense is malformed too."""
    assert refusal(Verifying(), signed("EdDSA", CLAIMS, header)) == "malformed"


def test_header_that_exhausts_the_stack_is_malformed() -> None:
    """It is malformed even if the caller has used most of the stack, and the JSON would exhaust the rest."""
    token, verifying = signed("EdDSA", CLAIMS, b"[" * 90), Verifying()

    def called(frames: int) -> str:
        return called(frames - 1) if frames else refusal(verifying, token)

    assert called(sys.getrecursionlimit() - len(inspect.stack()) - 90) == "malformed"


# Keys and extensions in a header


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"])
@pytest.mark.parametrize("kid", ["thief", "real"])
def test_key_in_a_header_is_not_used(name: str, kid: str) -> None:
    """The attacker's key signs, and the header carries the key or says where it is."""
    values: dict[str, Any] = {"jwk": public_jwk(THIEF, "EdDSA"), "x5c": ["MIIB"]}
    header = {name: values.get(name, "https://thief.example/"), "kid": THIEF.thumbprint()}
    if kid == "real":
        header["kid"] = CLASSICAL.thumbprint()
    verifying = Verifying()
    token = signed("EdDSA", CLAIMS, header, THIEF)
    assert refusal(verifying, token) == ("bad_signature" if kid == "real" else "unknown_key")
    assert verifying.fetches == 1


@pytest.mark.parametrize("crit", [["exp"], ["b64"], ["new"], [], "b64", None, 1, {"b64": 1}, [1]], ids=str)
@pytest.mark.parametrize("b64", [True, False])
def test_critical_header_is_refused(crit: object, b64: bool) -> None:  # noqa: FBT001 - a case
    """The kit has no extension, and an empty list is not allowed (RFC 7515, section 4.1.11)."""
    token = signed("EdDSA", CLAIMS, {"crit": crit, "b64": b64, "new": 1})
    assert refusal(Verifying(), token) == "critical_header"


def test_payload_that_is_not_encoded_is_refused() -> None:
    """It is refused with and without the critical header of RFC 7797."""
    key = CLASSICAL
    for crit, expected in ({"crit": ["b64"]}, "critical_header"), ({}, "malformed"):
        header = {"alg": "EdDSA", "kid": key.thumbprint(), "b64": False, **crit}
        message = encoded(header) + b"." + json.dumps(CLAIMS).replace(".", "").encode()
        token = message + b"." + encoded(signature("EdDSA", message, key))
        assert refusal(Verifying(), token) == expected


def test_unknown_header_parameter_has_no_effect() -> None:
    """It must be ignored (RFC 7515, section 4)."""
    assert verdict(Verifying(), signed("EdDSA", CLAIMS, {"nonce": "42", "zip": "DEF"})) == "accepted"


@pytest.mark.parametrize("typ", ["logout+jwt", "at+jwt", "dpop+jwt", "", "JWS"])
def test_token_of_another_type_is_malformed(typ: str) -> None:
    """It may have the same keys, claims and audience, and mean something else (RFC 8725, section 3.11)."""
    assert refusal(Verifying(), signed("EdDSA", CLAIMS, {"typ": typ})) == "malformed"


def test_type_may_be_in_lower_case() -> None:
    """The type may be in any letter case, like a media type (RFC 7519, section 5.1)."""
    assert verdict(Verifying(), signed("EdDSA", CLAIMS, {"typ": "jwt"})) == "accepted"


# Other forms


def test_json_serialisation_is_refused() -> None:
    """It is refused even if joserfc accepts it, with two signatures or only the classical one."""
    keys = {name: signing_key(name) for name in ("ES256", POST_QUANTUM)}
    registry, parts = MLDSARegistry(algorithms=[*keys]), [signed(name, CLAIMS).split(".") for name in keys]
    both = [{"protected": first, "signature": last} for first, _, last in parts]
    for signatures in (both, both[:1]):
        general: Any = {"payload": parts[0][1], "signatures": signatures}
        assert jws.deserialize_json(general, lambda member: keys[member.headers()["alg"]], registry=registry)
        for form in (general, {"payload": parts[0][1], **signatures[0]}):
            assert refusal(Verifying(), json.dumps(form)) == "malformed"


def test_encrypted_token_is_refused() -> None:
    """Anyone can make a JWE to a public key: encrypted is not signed."""
    key = signing_key("ES256")
    assert isinstance(key, ECKey)
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "kid": key.thumbprint()}
    token = jwe.encrypt_compact(header, json.dumps(CLAIMS), key)
    assert refusal(Verifying(policy_text(row("ES256"))), token) == "malformed"


@pytest.mark.parametrize(
    "change",
    [
        *(lambda token: token + ".", lambda token: "." + token, lambda token: token + "=", lambda token: token + "=="),
        *(lambda token: token + "\n", lambda token: " " + token, lambda token: token.replace(".", "..", 1)),
        *(lambda token: f"Bearer {token}", lambda token: token[:-1], lambda token: token.rpartition(".")[0]),
        *(lambda token: token.replace("-", "+").replace("_", "/") + "+", lambda token: token + "\u00e9"),
        *(lambda token: token.partition(".")[2], lambda _: "", lambda _: ".."),
        lambda token: token + "\ud800",
    ],
)
@pytest.mark.parametrize("algorithm", ["EdDSA", POST_QUANTUM])
def test_other_spelling_of_a_token_is_refused(change: Callable[[str], str], algorithm: str) -> None:
    """One token has one form."""
    assert refusal(Verifying(), change(signed(algorithm, CLAIMS))) in {"malformed", "bad_signature"}


def test_last_bits_of_a_signature_are_not_free() -> None:
    """The last character of base64url holds unused bits, which must be zero."""
    token = signed("EdDSA", CLAIMS)
    letters = ascii_letters + digits + "-_"
    assert [each for each in letters if verdict(Verifying(), token[:-1] + each) == "accepted"] == [token[-1]]


@pytest.mark.parametrize("part", [b"A", b".", b"[", b"\xff", b"A.", b"eyJ"])
def test_token_of_a_mebibyte_is_refused(part: bytes) -> None:
    """It is refused before it is parsed; if it is allowed, joserfc has its own bounds."""
    token = part * ((1 << 20) // len(part) + 1)
    assert refusal(Verifying(), token) == "too_large"
    assert refusal(Verifying(max_token_bytes=1 << 22), token) == "too_large"
    claims = signed("EdDSA", {**CLAIMS, "more": "x" * (1 << 20)})
    assert refusal(Verifying(max_token_bytes=1 << 22), claims) == "too_large"


# The deadline


@pytest.mark.parametrize(
    "dates",
    [
        {},
        {"iat": 0, "exp": 2**31},
        {"iat": int(START.timestamp()), "nbf": int(START.timestamp())},
        {"iat": int(DEADLINE.timestamp()) - 1, "exp": int(DEADLINE.timestamp()) + 10**9},
        {"iat": None, "exp": None},
        {"exp": "never"},
        {"exp": 10**300},
    ],
    ids=str,
)
def test_classical_token_is_not_accepted_after_the_deadline(dates: dict[str, object]) -> None:
    """It is forged with the real key, as by a quantum computer, with any dates; it was accepted before."""
    verifying = Verifying()
    token = verifying.token()
    assert verdict(verifying, token) == "accepted"
    verifying.clock.now = DEADLINE.timestamp()
    assert refusal(verifying, token) == "past_deadline"
    for seconds in (0, 1, 10**8):
        verifying.clock.now = DEADLINE.timestamp() + seconds
        changed = {**verifying.claims(), **dates}
        forged = signed("EdDSA", {name: value for name, value in changed.items() if value is not None})
        assert refusal(verifying, forged) == "past_deadline"
    assert verifying.events[-1] == ("classical", "EdDSA", "past_deadline", CLASSICAL.thumbprint())


def test_stranger_does_not_cause_an_alert_of_the_deadline() -> None:
    """Only the owner of the real key causes one: any other signature is refused first."""
    verifying = Verifying()
    verifying.clock.now = DEADLINE.timestamp()
    forged = signed("EdDSA", verifying.claims(), {"kid": CLASSICAL.thumbprint()}, THIEF)
    assert refusal(verifying, forged) == "bad_signature"


@pytest.mark.parametrize("aud", ["legacy", "orders", ["legacy", "orders"], ["orders", "legacy"]], ids=str)
def test_classical_token_is_not_accepted_where_the_audience_is_hybrid(aud: object) -> None:
    """Its key is in the set, and another audience accepts it."""
    policy = policy_text(row("EdDSA", "legacy"), row(HYBRID, "orders"))
    token = signed("EdDSA", {**CLAIMS, "aud": aud})
    assert refusal(Verifying(policy, "orders"), token) == "not_allowed"
    assert verdict(Verifying(policy, "legacy"), token) == ("wrong_claims" if aud == "orders" else "accepted")
    hybrid = signed(HYBRID, {**CLAIMS, "aud": ["legacy", "orders"]})
    assert verdict(Verifying(policy, "orders"), hybrid) == "accepted"
    assert refusal(Verifying(policy, "legacy"), hybrid) == "not_allowed"


# Clocks


@pytest.mark.parametrize(
    ("ahead", "expected"), [(60, "accepted"), (61, "not_yet_valid"), (-659, "accepted"), (-660, "expired")]
)
def test_clocks_may_differ_by_the_leeway(ahead: int, expected: str) -> None:
    """The issuer's is ahead or behind; a token is valid for 600 seconds."""
    verifying = Verifying()
    token = signed("EdDSA", claims_at(verifying.clock.now + ahead))
    assert verdict(verifying, token) == expected


# Logs


def test_refusals_show_no_part_of_a_token() -> None:
    """It may be good elsewhere, and a message gets into logs."""
    verifying = Verifying()
    secret = "sentinel" * 3
    tokens = [secret, f"{secret}.{secret}.{secret}", signed("EdDSA", CLAIMS, {"typ": secret})]
    tokens += [signed("EdDSA", CLAIMS, {"kid": secret}), signed("EdDSA", CLAIMS, {"alg": secret})]
    tokens += [verifying.token(aud=secret), verifying.token(exp=secret), signed("EdDSA", secret.encode())]
    for token in tokens:
        with pytest.raises(TokenError) as caught:
            verifying.verify(token)
        assert "sentinel" not in str(caught.value)
        assert caught.value.__cause__ is None
