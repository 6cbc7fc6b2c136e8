"""Key rings import keys of other programs, change password and durations, and forget old keys."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jose_keys import generate
from joserfc import jws
from test_auth_keyring import PASSWORD, Clock, file_of, quick_passwords, refused, reopened, states

from qynauth_pqc import CompositePrivateKey, InvalidLengthError, MLDSAPrivateKey
from qynauth_pqc.auth import JWKSCache, MigrationPolicy, TokenIssuer, TokenVerifier
from qynauth_pqc.auth._ring_keys import ROUNDS
from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.errors import KeyRingError, RotationError
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.formats import load_private_key
from qynauth_pqc.integrations.jose_composite import DRAFT
from qynauth_pqc.integrations.joserfc import MLDSARegistry

__all__ = ["quick_passwords"]  # pytest uses it for every test here

EDDSA, MLDSA, HYBRID = "EdDSA", "ML-DSA-44", "ML-DSA-44-Ed25519"
POLICY = """
experimental = "{draft}"
[[accept]]
issuer = "i"
audience = "a"
algorithm = "{name}"
sign_from = 2020-01-01T00:00:00Z
"""


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def ring(tmp_path: Path, clock: Clock) -> Iterator[KeyRing]:
    """Yield a ring with a post-quantum key."""
    with KeyRing.create(tmp_path / "ring", PASSWORD, [MLDSA], clock=clock) as made:
        yield made


@pytest.mark.parametrize("name", ALGORITHMS)
def test_key_of_another_program_signs_under_its_kid(tmp_path: Path, name: str) -> None:
    """The ring is empty before; verifiers with the published set accept the tokens."""
    draft = ALGORITHMS[name].experimental
    pem = generate(name).as_pem(private=True)
    policy = MigrationPolicy.parse(POLICY.format(draft=DRAFT, name=name))
    with KeyRing.create(tmp_path / "ring", PASSWORD, []) as ring:
        ring.import_key(name, pem, kid="2025-03", active=True, experimental=draft)
        token = TokenIssuer(ring, policy, "i").issue("frodo", "a")
        verifier = TokenVerifier(policy, "i", "a", JWKSCache(ring.jwks, experimental=DRAFT))
        assert verifier.verify(token).kid == "2025-03"
        assert ring.keys[0].thumbprint == ring.signer(name)[0].thumbprint
        assert ring.check(policy, json.dumps(ring.jwks())) == []


def test_longest_kid_fits_into_a_token(ring: KeyRing) -> None:
    """Otherwise every verifier would refuse the tokens of an imported key."""
    kid = "鍵" * 42 + "é"
    ring.revoke(ring.keys[0].kid)
    ring.import_key(EDDSA, generate(EDDSA).as_pem(private=True), kid=kid, active=True)
    policy = MigrationPolicy.parse(
        f'accept = [{{issuer = "i", audience = "a", algorithm = "{EDDSA}", sign_from = 2020-01-01T00:00:00Z}}]'
    )
    token = TokenIssuer(ring, policy, "i").issue("frodo", "a")
    assert TokenVerifier(policy, "i", "a", JWKSCache(ring.jwks), clock=ring.clock).verify(token).kid == kid


def test_imported_key_waits_like_one_that_is_new(ring: KeyRing, clock: Clock) -> None:
    """It does not wait if every verifier knows it."""
    made = ring.import_key(EDDSA, generate(EDDSA).as_pem(private=True), kid="-é k/ey")
    assert (made.kid, made.state) == ("-é k/ey", "next")
    refused(clock, 360, lambda: ring.activate(EDDSA))
    ring.activate(EDDSA)
    with reopened(ring, clock) as again:
        assert again.signer(EDDSA)[0].kid == "-é k/ey"
        assert [each["kid"] for each in again.jwks()["keys"]] == [again.keys[0].kid, "-é k/ey"]


def test_jwk_brings_its_kid_and_pem_has_a_password(ring: KeyRing) -> None:
    """A JWK may be members or JSON; without a kid, a key is named by its thumbprint."""
    jwk = {**generate(EDDSA).as_dict(private=True), "kid": "jwk", "use": "sig", "alg": EDDSA}
    assert ring.import_key(EDDSA, jwk).kid == "jwk"
    ring.revoke("jwk")
    text = json.dumps({**generate(EDDSA).as_dict(private=True), "kid": "text"}).encode()
    assert ring.import_key(EDDSA, text, kid="another", active=True).kid == "another"
    locked = MLDSAPrivateKey.generate("ML-DSA-65").to_pkcs8("PEM", password=b"of the key")
    made = ring.import_key("ML-DSA-65", locked, password=b"of the key")
    assert made.kid == made.thumbprint


KEY = generate(EDDSA)
P256, P192 = (bytes.fromhex(f"06082a8648ce3d0301{number}") for number in ("07", "02"))
"""The object identifiers of prime256v1, and of prime192v2, which `cryptography` does not support."""
ON_P192 = generate("ES256").as_der(private=True).replace(P256, P192)
REFUSED: dict[str, tuple[Callable[[KeyRing], object], str]] = {
    "public": (lambda ring: ring.import_key(EDDSA, KEY.as_pem(private=False)), "expected a private key for EdDSA in"),
    "another algorithm": (lambda ring: ring.import_key("ES256", KEY.as_pem(private=True)), "private key for ES256 in"),
    "no key": (lambda ring: ring.import_key(EDDSA, b"SENTINEL"), "private key for EdDSA in PEM or as JWK, and its"),
    "without a seed": (
        lambda ring: ring.import_key("ML-DSA-87", MLDSAPrivateKey.generate("ML-DSA-87").to_pkcs8("PEM", "expanded")),
        "private key for ML-DSA-87 in PEM or as JWK, and its password if it is encrypted: unavailable: the key has no",
    ),
    "for encryption": (
        lambda ring: ring.import_key(EDDSA, {**KEY.as_dict(private=True), "use": "enc"}),
        "its use must be sig",
    ),
    "another alg": (
        lambda ring: ring.import_key(EDDSA, {**KEY.as_dict(private=True), "alg": "Ed448"}),
        "its alg is another",
    ),
    "wrong password": (
        lambda ring: ring.import_key(EDDSA, KEY.as_pem(private=True, password=PASSWORD.decode()), password=b"SENTINEL"),
        "and its password if it is encrypted",
    ),
    "without a password": (
        lambda ring: ring.import_key(EDDSA, KEY.as_pem(private=True, password=PASSWORD.decode())),
        "and its password if it is encrypted",
    ),
    "on an unknown curve": (
        lambda ring: ring.import_key("ES256", ON_P192),
        "expected a private key for ES256 in PEM or as JWK, and its password if it is encrypted$",
    ),
    "empty kid": (lambda ring: ring.import_key(EDDSA, KEY.as_pem(private=True), kid=""), "kid of printable text of 1"),
    "long kid": (
        lambda ring: ring.import_key(EDDSA, KEY.as_pem(private=True), kid="k" * 129),
        "kid of printable text of 1 to 128",
    ),
    "long kid in UTF-8": (
        lambda ring: ring.import_key(EDDSA, KEY.as_pem(private=True), kid="鍵" * 43),
        "kid of printable text of 1 to 128 bytes",
    ),
    "number as kid": (
        lambda ring: ring.import_key(EDDSA, {**KEY.as_dict(private=True), "kid": 1}),
        "kid of printable text of 1 to 128 bytes",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_private_key_is_not_imported(ring: KeyRing, call: Callable[[KeyRing], object], message: str) -> None:
    """Nothing of it is shown or kept."""
    before = sorted(ring.directory.iterdir())
    with pytest.raises(KeyRingError, match=message) as caught:
        call(ring)
    assert "SENTINEL" not in str(caught.value)
    assert (sorted(ring.directory.iterdir()), ring.counter) == (before, 1)


def test_key_is_imported_once(ring: KeyRing) -> None:
    """Another kid, another key under its kid, a revoked key, and a second key are refused."""
    pem = KEY.as_pem(private=True)
    ring.import_key(EDDSA, pem, kid="k", active=True)
    with pytest.raises(RotationError, match="EdDSA has an active key already; revoke it first"):
        ring.import_key(EDDSA, generate(EDDSA).as_pem(private=True), active=True)
    ring.revoke("k")
    for name, key, kid in ((EDDSA, pem, "other"), ("ES256", generate("ES256").as_pem(private=True), "k")):
        with pytest.raises(RotationError, match="the ring has the key, or another with its kid"):
            ring.import_key(name, key, kid=kid)
    assert states(ring) == ["active", "revoked"]


@pytest.mark.parametrize("name", [MLDSA, HYBRID])
def test_file_of_a_key_costs_little_to_open(tmp_path: Path, name: str) -> None:
    """Its password is random: 600,000 rounds would protect nothing, and take a tenth of a second in each process."""
    KeyRing.create(tmp_path, PASSWORD, [name], experimental=DRAFT).close()
    with KeyRing.open(tmp_path, PASSWORD) as ring:
        password, pem = ring._opened().file_password, file_of(ring, ring.keys[0]).read_bytes()
        key = load_private_key(pem, password, max_kdf_cost=ROUNDS)
        assert isinstance(key, (MLDSAPrivateKey, CompositePrivateKey))
        assert key.public_key == ring.signing_key(name).public_key


def test_file_of_a_key_is_read_by_others(ring: KeyRing) -> None:
    """Other programs read it with the derived password: it is PKCS#8."""
    password, pem = bytes(ring._opened().file_password), file_of(ring, ring.keys[0]).read_bytes()
    key = load_pem_private_key(pem, password)
    assert isinstance(key, MLDSA44PrivateKey)
    assert MLDSAPrivateKey.from_cryptography(key).public_key == ring.signing_key(MLDSA).public_key
    with pytest.raises(ValueError, match=r"assword|deserialize"):
        load_pem_private_key(pem, PASSWORD)


def test_issuing_computes_no_thumbprint(ring: KeyRing) -> None:
    """The ring knows the thumbprint of the key, also for a policy that pins it."""
    text = POLICY.format(draft=DRAFT, name=MLDSA) + f'thumbprints = ["{ring.keys[0].thumbprint}"]'
    issuer = TokenIssuer(ring, MigrationPolicy.parse(text), "i")
    issuer.issue("frodo", "a")
    called: list[str] = []

    def trace(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            called.append(frame.f_code.co_name)

    sys.setprofile(trace)
    try:
        token = issuer.issue("frodo", "a")
    finally:
        sys.setprofile(None)
    assert "issue" in called
    assert not {"thumbprint", "thumbprint_of"} & set(called)
    assert jws.extract_compact(token.encode(), registry=MLDSARegistry()).headers()["kid"] == ring.keys[0].kid


def test_password_is_changed_for_all_files(ring: KeyRing, clock: Clock) -> None:
    """Open rings of this process continue to sign; other processes must open the ring again."""
    ring.rotate(EDDSA)
    other, before = reopened(ring, clock), {path.name for path in ring.directory.iterdir()}
    ring.change_password(b"new")
    assert ring.signer(MLDSA)[0].thumbprint == ring.keys[0].thumbprint
    for call in (other.jwks, lambda: other.signing_key(MLDSA), lambda: other.rotate("ES256")):
        with pytest.raises(KeyRingError, match="the password of the ring was changed, or it is another ring; open it"):
            call()
    with pytest.raises(KeyRingError, match="wrong password"):
        KeyRing.open(ring.directory, PASSWORD)
    with KeyRing.open(ring.directory, b"new", clock=clock) as again:
        assert (again.check(), again.counter) == ([], 3)
        clock.now += 360
        assert again.activate(EDDSA).kid == ring.keys[1].kid
        assert again.signing_key(EDDSA)
    assert {path.name for path in ring.directory.iterdir()} & before == {"manifest", "counter"}


def test_password_is_not_changed_if_a_key_is_lost(ring: KeyRing, clock: Clock) -> None:
    """The ring is as before, and so are its files."""
    ring.rotate(EDDSA)
    with reopened(ring, clock) as fresh:
        file_of(ring, ring.keys[1]).unlink()
        before = sorted(ring.directory.iterdir())
        with pytest.raises(KeyRingError, match="is missing; restore it, or revoke the key"):
            fresh.change_password(b"new")
        with pytest.raises(InvalidLengthError, match="1 to 1024 bytes, got 0"):
            fresh.change_password(b"")
    assert sorted(ring.directory.iterdir()) == before
    assert reopened(ring, clock).signing_key(MLDSA)


def test_shorter_durations_wait_for_the_longer_ones(ring: KeyRing, clock: Clock) -> None:
    """Earlier sets and tokens stay in use for the longer durations."""
    start = clock.time
    ring.configure(max_age=30, token_lifetime=60)
    assert (ring.max_age, ring.token_lifetime) == (30, 60)
    made = ring.rotate(MLDSA)
    assert ring.earliest(made.kid) == start + timedelta(seconds=300 + 60)
    refused(clock, 360, lambda: ring.activate(MLDSA))
    first, activated = ring.keys[0], clock.time
    ring.activate(MLDSA)
    assert ring.earliest(first.kid) == max(start + timedelta(seconds=600 + 60), activated + timedelta(seconds=60 + 60))
    following = ring.rotate(MLDSA)
    assert ring.earliest(following.kid) == clock.time + timedelta(seconds=30 + 60)
    ring.revoke(made.kid)
    assert ring.earliest(made.kid) == start + timedelta(seconds=600 + 60)


def test_longer_durations_hold_at_once(ring: KeyRing, clock: Clock) -> None:
    """They hold for every open ring; a second, shorter change does not shorten the first wait."""
    with reopened(ring, clock) as other:
        ring.configure(max_age=600)
        assert (other.max_age, other.cache_headers(other.jwks())["Cache-Control"]) == (600, "public, max-age=600")
        ring.configure(max_age=400)
        clock.now += 10
        ring.configure(max_age=1)
        other.rotate(MLDSA)
        refused(clock, 590 + 60, lambda: other.activate(MLDSA))
    ring.configure()
    assert ring.counter == 5
    with pytest.raises(KeyRingError, match="of 0 to 31622400 seconds"):
        ring.configure(token_lifetime=-1)


def test_prune_forgets_what_remove_would(ring: KeyRing, clock: Clock) -> None:
    """It forgets the keys with only expired tokens, and no others."""
    first = ring.keys[0].kid
    ring.rotate(MLDSA)
    clock.now += 360
    ring.activate(MLDSA)
    assert (ring.prune(), ring.counter) == ([], 3)
    clock.now += 300
    ring.revoke(ring.rotate(EDDSA).kid)
    clock.now += 360
    assert ([each.kid for each in ring.prune()], states(ring)) == ([first], ["active", "revoked"])
    clock.now += 600
    assert [each.state for each in ring.prune()] == ["revoked"]
    assert states(reopened(ring, clock)) == ["active"]
