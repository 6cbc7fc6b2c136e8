"""Private keys of a ring: in the encodings of other programs, and in a ring of an earlier version of this package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP521R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from jose_keys import JOSEKey, generate

from qynauth_pqc import InvalidKeyError, UnsupportedError
from qynauth_pqc.auth._private_keys import generate as generate_private
from qynauth_pqc.auth._private_keys import load_private, load_public, public_members
from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.errors import KeyRingError
from qynauth_pqc.auth.keyring import KeyRing

CLASSICAL = ("EdDSA", "ES256", "ES384", "RS256")
PASSWORD = b"correct horse battery staple"
KEYS: dict[str, JOSEKey] = {name: generate(name) for name in CLASSICAL}
PRIMES = ("p", "q", "dp", "dq", "qi")


def required(key: JOSEKey) -> dict[str, Any]:
    """Return the public members of a key, without its name."""
    return {name: value for name, value in key.as_dict(private=False).items() if name != "kid"}


def test_new_key_of_rsa_has_3072_bits() -> None:
    """Its exponent is the usual one."""
    key: Any = generate_private(ALGORITHMS["RS256"])
    numbers = key.public_key().public_numbers()
    assert (numbers.n.bit_length(), numbers.e) == (3072, 65537)


@pytest.mark.parametrize("name", CLASSICAL)
def test_encodings_of_other_programs_are_read(name: str) -> None:
    """They are JWK, and PEM and DER of PKCS#8, of older formats and of OpenSSH, with and without a password."""
    key: Any = KEYS[name].private_key
    formats = [(PrivateFormat.PKCS8, Encoding.PEM), (PrivateFormat.PKCS8, Encoding.DER)]
    formats += [(PrivateFormat.OpenSSH, Encoding.PEM)]
    formats += [(PrivateFormat.TraditionalOpenSSL, Encoding.PEM)] if name != "EdDSA" else []
    for form, encoding in formats:
        for password in (None, PASSWORD):
            encryption = NoEncryption() if password is None else BestAvailableEncryption(password)
            loaded = load_private(ALGORITHMS[name], key.private_bytes(encoding, form, encryption), password)
            assert public_members(loaded) == required(KEYS[name])
    loaded = load_private(ALGORITHMS[name], KEYS[name].as_dict(private=True))
    assert public_members(loaded) == required(KEYS[name])


def test_jwk_of_rsa_may_lack_its_prime_factors() -> None:
    """It has all of the five other members or none of them (RFC 7518, section 6.3.2)."""
    jwk = {**KEYS["RS256"].as_dict(private=True)}
    without = {name: value for name, value in jwk.items() if name not in PRIMES}
    keys: list[Any] = [load_private(ALGORITHMS["RS256"], each) for each in (jwk, without)]
    whole, recovered = (key.private_numbers() for key in keys)
    assert (recovered.d, {recovered.p, recovered.q}) == (whole.d, {whole.p, whole.q})
    for name in PRIMES:
        with pytest.raises(InvalidKeyError, match=f"JWK has no {name}"):
            load_private(ALGORITHMS["RS256"], {other: value for other, value in jwk.items() if other != name})
        with pytest.raises(ValueError):  # noqa: PT011 - the words are those of `cryptography`
            load_private(ALGORITHMS["RS256"], {**jwk, name: "Aw"})


@pytest.mark.parametrize("name", CLASSICAL)
def test_halves_of_different_keys_are_refused(name: str) -> None:
    """Each public member of a private JWK is computed again."""
    jwk, other = {**KEYS[name].as_dict(private=True)}, generate(name).as_dict(private=True)
    for member in {"x", "y", "n", "d"} & jwk.keys():
        with pytest.raises(ValueError):  # noqa: PT011 - the words are ours or those of `cryptography`
            load_private(ALGORITHMS[name], {**jwk, member: other[member]})
    for member in {"crv", "x", "y", "n", "e", "d", "kty"} & jwk.keys():
        with pytest.raises((InvalidKeyError, UnsupportedError)):
            load_private(ALGORITHMS[name], {each: value for each, value in jwk.items() if each != member})


def test_exponent_longer_than_its_modulus_is_refused() -> None:
    """Searching for the prime factors would take minutes."""
    jwk = {name: value for name, value in KEYS["RS256"].as_dict(private=True).items() if name not in PRIMES}
    with pytest.raises(InvalidKeyError, match="d of the JWK is longer than its modulus"):
        load_private(ALGORITHMS["RS256"], {**jwk, "d": f"{jwk['n']}AAAA"})


def test_jwk_of_rsa_with_more_prime_factors_is_refused() -> None:
    """A program that does not support `oth` must not use the key (RFC 7518, section 6.3.2.7)."""
    jwk = {**KEYS["RS256"].as_dict(private=True), "oth": [{"r": "Aw", "d": "Aw", "t": "Aw"}]}
    with pytest.raises(UnsupportedError, match="expected a JWK with two prime factors, got one with oth"):
        load_private(ALGORITHMS["RS256"], jwk)


def test_password_may_be_in_memory_that_can_be_wiped() -> None:
    """OpenSSH keys are read with any bytes-like password, as PEM is; a number is no password of null bytes."""
    key: Any = KEYS["EdDSA"].private_key
    for form in (PrivateFormat.PKCS8, PrivateFormat.OpenSSH):
        pem = key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(PASSWORD))
        for password in (bytearray(PASSWORD), memoryview(PASSWORD)):
            assert public_members(load_private(ALGORITHMS["EdDSA"], pem, password)) == required(KEYS["EdDSA"])
        zeros = key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(bytes(4)))
        with pytest.raises(TypeError):
            load_private(ALGORITHMS["EdDSA"], zeros, 4)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["ML-DSA-65", "ML-DSA-65-Ed25519", "EdDSA"])
def test_member_of_another_key_type_makes_no_key_private(name: str, tmp_path: Path) -> None:
    """A public JWK would become a remote key that nobody asked for; the other way round, only its priv is secret."""
    algorithm, draft = ALGORITHMS[name], ALGORITHMS[name].experimental
    public = {**required(generate(name)), ("priv" if name == "EdDSA" else "d"): "AAAA"}
    with KeyRing.create(tmp_path / "ring", PASSWORD, [], experimental=draft) as ring:
        for active in (False, True):
            with pytest.raises(KeyRingError, match="and its password if it is encrypted: it is public"):
                ring.import_key(name, public, active=active, experimental=draft)
        assert ring.keys == ()
        if algorithm.key_type == "AKP":
            assert ring.import_key(name, public, remote=True, experimental=draft).remote


def test_key_of_another_type_or_curve_is_refused() -> None:
    """The error names its type or its curve."""
    keys: list[tuple[str, Any, str]] = [
        ("EdDSA", Ed448PrivateKey.generate(), "Ed448PrivateKey"),
        ("ES256", generate_private_key(SECP521R1()), "one for secp521r1"),
        ("ES256", KEYS["ES384"].private_key, "one for P-384"),
        ("RS256", KEYS["EdDSA"].private_key, "Ed25519PrivateKey"),
    ]
    for name, key, found in keys:
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(UnsupportedError, match=f"expected a key for {name}, got {found}"):
            load_private(ALGORITHMS[name], pem)
    mldsa = generate("ML-DSA-44")
    with pytest.raises(UnsupportedError, match="expected a key for ML-DSA-65, got one for ML-DSA-44"):
        load_private(ALGORITHMS["ML-DSA-65"], mldsa.as_pem(private=True))
    with pytest.raises(UnsupportedError, match="expected a key for ML-DSA-65-Ed25519, got one for ML-DSA-44"):
        load_public(ALGORITHMS["ML-DSA-65-Ed25519"], mldsa.as_pem(private=False))


@pytest.mark.parametrize(("name", "other"), [("ES256", "ES384"), ("EdDSA", "ES256"), ("RS256", "ML-DSA-44")])
def test_jwk_of_another_type_or_curve_is_refused(name: str, other: str) -> None:
    """The error names the algorithm, and does not say that the halves of the key differ."""
    with pytest.raises(UnsupportedError, match=f"expected a JWK for {name}"):
        load_private(ALGORITHMS[name], generate(other).as_dict(private=True))


def test_ring_of_version_1_is_read(tmp_path: Path) -> None:
    """It was written when joserfc made and encoded the keys; every key of it signs."""
    folder = tmp_path / "ring"
    folder.mkdir(mode=0o700)
    for name, text in json.loads(Path(__file__).with_name("ring_of_version_1.json").read_text()).items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    with KeyRing.open(folder, PASSWORD, clock=lambda: 1.8e9) as ring:
        assert ring.check() == []
        active = [key.algorithm for key in ring.keys if key.state == "active"]
        assert [name for name in ALGORITHMS if not ring.has_had(name)] == []  # earlier keys may have been removed
        assert active == ["EdDSA", "ES256", "ES384", "RS256", "ML-DSA-44", "ML-DSA-65-Ed25519"]
        for name in active:
            key, sign = ring.signer(name)
            assert sign(b"message")
            members = public_members(ring.signing_key(name))
            assert "kid" not in members
            assert key.jwk == {**members, **named(key.jwk)}


def named(jwk: Any) -> dict[str, object]:
    """Return the members of a JWK that say what the key is for."""
    return {name: jwk[name] for name in ("kid", "alg", "use")}
