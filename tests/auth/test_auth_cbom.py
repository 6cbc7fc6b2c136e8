"""The cryptographic bill of materials is complete, and valid by the schema of CycloneDX."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from certificates import NAME, certificate, self_signed
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from jose_keys import generate

import qynauth_pqc
from qynauth_pqc import InvalidKeyError, MLDSAPrivateKey, MLKEMPrivateKey
from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.cbom import cbom
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.integrations.jose_composite import DRAFT
from qynauth_pqc.integrations.x509 import signing_key, subject_key

PASSWORD = b"correct horse"
START = 1_800_000_000
POLICY = MigrationPolicy.parse(
    f'experimental = "{DRAFT}"\n'
    + "".join(
        f'[[accept]]\nissuer = "https://login.example"\naudience = "orders"\nalgorithm = "{name}"\n'
        for name in ALGORITHMS
    )
)
CLASSICAL = ("EdDSA", "Ed25519", "ES256", "ES384", "RS256", "PS256")
CATEGORIES = dict.fromkeys(CLASSICAL, 0) | {"ML-DSA-44": 2, "ML-DSA-65": 3, "ML-DSA-87": 5}


def parts(text: str) -> dict[str, Any]:
    """Return the properties of each component by its reference, after a check against the schema."""
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = {each["bom-ref"]: each for each in json.loads(text)["components"]}
    assert all(each["type"] == "cryptographic-asset" for each in found.values())
    return found


def properties(component: dict[str, Any]) -> Any:
    """Return the properties of a component that depend on its kind."""
    (name,) = (name for name in component["cryptoProperties"] if name.endswith("Properties"))
    return component["cryptoProperties"][name]


class Clock:
    """A clock that the test sets."""

    now = float(START)

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def ring(tmp_path: Path, clock: Clock) -> Iterator[KeyRing]:
    """Yield a ring with a key in each state, made over 1,000 seconds."""
    algorithms = ["EdDSA", "ES256", "ML-DSA-44"]
    with KeyRing.create(tmp_path / "ring", PASSWORD, algorithms, experimental=DRAFT, clock=clock) as made:
        made.rotate("EdDSA")
        clock.now += 1000
        made.activate("EdDSA")
        made.rotate("ML-DSA-65-ES256")
        made.revoke(next(each.kid for each in made.keys if each.algorithm == "ES256"))
        yield made


def test_ring_is_listed_with_states_dates_and_sizes(ring: KeyRing) -> None:
    """The states have the names of SP 800-57; each key refers to its algorithm in the list."""
    found = parts(cbom(ring))
    keys = [properties(found[f"key:{key.kid}"]) for key in ring.keys]
    began, later = (datetime.fromtimestamp(START + each, UTC).isoformat() for each in (0, 1000))
    rows = [[key.get(f"{each}Date") for each in ("creation", "activation", "update")] for key in keys]
    assert [(key["state"], key["algorithmRef"], key["size"], *row) for key, row in zip(keys, rows, strict=True)] == [
        ("deactivated", "algorithm:EdDSA:Ed25519", 256, began, began, later),
        ("compromised", "algorithm:ES256:P-256", 256, began, began, later),
        ("active", "algorithm:ML-DSA-44", 1312 * 8, began, began, None),
        ("active", "algorithm:EdDSA:Ed25519", 256, began, later, None),
        ("pre-activation", "algorithm:ML-DSA-65-ES256", (1952 + 65) * 8, later, None, None),
    ]
    assert all(key["type"] == "public-key" and key["algorithmRef"] in found for key in keys)
    assert [key["id"] for key in keys] == [key.kid for key in ring.keys]


def test_change_by_another_process_is_seen(ring: KeyRing, clock: Clock) -> None:
    """The ring is read again."""
    with KeyRing.open(ring.directory, PASSWORD, clock=clock) as other:
        made = other.rotate("ML-DSA-87")
    assert f"key:{made.kid}" in parts(cbom(ring))


def test_size_of_an_rsa_key_is_that_of_its_modulus(tmp_path: Path) -> None:
    """An imported key is named by its kid."""
    with KeyRing.create(tmp_path / "ring", PASSWORD, []) as made:
        made.import_key("RS256", generate("RS256").as_pem(private=True), kid="2025-03", active=True)
        key = properties(parts(cbom(made))["key:2025-03"])
    assert (key["size"], key["algorithmRef"]) == (3072, "algorithm:RS256")


def test_no_key_and_no_secret_is_in_it(ring: KeyRing) -> None:
    """The CBOM has not even a public key, nor the path of the ring."""
    text = cbom(ring, POLICY)
    public = [str(member) for key in ring.keys for name, member in key.jwk.items() if name in ("x", "y", "pub")]
    assert len(public) == 6
    secrets = [line for path in ring.directory.glob("*.pem") for line in path.read_text().splitlines()[1:-1]]
    assert len(secrets) > 10
    assert not [each for each in [*public, *secrets, PASSWORD.decode(), str(ring.directory)] if each in text]


def test_policy_is_listed_by_its_algorithms() -> None:
    """Each has its category, for a hybrid the category of its ML-DSA, and the sentence of each row."""
    found = [*parts(cbom(policy=POLICY)).values()]
    rows = {each["name"]: each for each in found}
    assert {*rows} == {*ALGORITHMS}
    for number, (name, sentence) in enumerate(zip(ALGORITHMS, POLICY.sentences(), strict=True), 1):
        algorithm = properties(rows[name])
        assert algorithm["primitive"] == "signature"
        assert algorithm["nistQuantumSecurityLevel"] == CATEGORIES[name if name in CATEGORIES else name[:9]]
        assert rows[name]["properties"] == [{"name": f"qynauth-pqc:policy:row:{number}", "value": sentence}]
    shown = [rows[name]["cryptoProperties"]["oid"] for name in ("EdDSA", "ES256", "ML-DSA-65", "ML-DSA-44-ES256")]
    assert shown == ["1.3.101.112", "1.2.840.10045.4.3.2", "2.16.840.1.101.3.4.3.18", "1.3.6.1.5.5.7.6.40"]
    identifiers = [properties(rows[name]).get("parameterSetIdentifier") for name in ("ES256", "ML-DSA-87")]
    assert identifiers == [None, "87"]
    assert properties(rows["ML-DSA-65-Ed25519"])["parameterSetIdentifier"] == "MLDSA65-Ed25519-SHA512"
    assert properties(rows["ES256"])["curve"] == "P-256"


MLDSA = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-65")
EC = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(65537, 2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEM = subject_key(MLKEMPrivateKey.generate("ML-KEM-768").public_key)
ISSUER = signing_key(MLDSA)
UNSET, EC_CURVE = (None, None), "algorithm:EC-PUBLIC-KEY:secp384r1"
CERTIFICATES = {
    "ML-DSA": (self_signed(MLDSA), ("ML-DSA-65", "signature", 3), "algorithm:ML-DSA-65", "signature", 1952 * 8),
    "ML-KEM": (certificate(KEM, ISSUER), ("ML-DSA-65", "signature", 3), "algorithm:ML-KEM-768", "kem", 1184 * 8),
    "EC": (certificate(EC.public_key(), ISSUER), ("ML-DSA-65", "signature", 3), EC_CURVE, "unknown", 384),
    "RSA": (
        certificate(RSA.public_key(), EC, SHA256()),
        ("ECDSA-WITH-SHA256", "signature", 0),
        "algorithm:RSAES-PKCS1-v1-5",
        "unknown",
        2048,
    ),
    "Ed25519": (
        certificate(ED25519.public_key(), RSA, SHA256()),
        ("RSA-WITH-SHA256", "signature", 0),
        "algorithm:ED25519",
        "signature",
        None,
    ),
}


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_certificate_is_listed_with_its_key_and_algorithms(kind: str) -> None:
    """The algorithms of its key and of its signature are listed, which may differ."""
    made, signature, key_algorithm, primitive, size = CERTIFICATES[kind]
    found = parts(cbom(certificates=[made]))
    listed = properties(found[f"certificate:{made.fingerprint(SHA256()).hex()}"])
    assert (listed["subjectName"], listed["issuerName"], listed["certificateFormat"]) == ("CN=name", "CN=name", "X.509")
    assert listed["notValidAfter"] == made.not_valid_after_utc.isoformat()
    signed = found[listed["signatureAlgorithmRef"]]
    shown = properties(signed)
    assert (signed["name"], shown["primitive"], shown["nistQuantumSecurityLevel"]) == signature
    key = properties(found[listed["subjectPublicKeyRef"]])
    assert (key["type"], key["algorithmRef"], key.get("size")) == ("public-key", key_algorithm, size)
    assert properties(found[key_algorithm])["primitive"] == primitive


def test_composite_certificate_has_the_category_of_its_mldsa(composite_vector: dict[str, bytes]) -> None:
    """`cryptography` loads it, though it does not know the algorithm."""
    found = parts(cbom(certificates=[x509.load_der_x509_certificate(composite_vector["x5c"])]))
    (algorithm,) = (each for name, each in found.items() if name.startswith("algorithm:"))
    shown = properties(algorithm)
    assert shown["parameterSetIdentifier"] == algorithm["name"]
    assert shown["nistQuantumSecurityLevel"] == CATEGORIES[f"ML-DSA-{algorithm['name'][5:7]}"]
    (key,) = (properties(each) for name, each in found.items() if name.endswith(":key"))
    assert key["size"] == len(composite_vector["pk"]) * 8


def test_unknown_algorithm_has_no_category() -> None:
    """Its name is its identifier: nothing is guessed."""
    data = self_signed(MLDSA).public_bytes(Encoding.DER)
    unknown = data.replace(bytes.fromhex("0609608648016503040312"), bytes.fromhex("060960864801650304037f"))
    found = parts(cbom(certificates=[x509.load_der_x509_certificate(unknown)]))
    assert [name for name in found if name.startswith("algorithm:")] == ["algorithm:2.16.840.1.101.3.4.3.127"]
    assert properties(found["algorithm:2.16.840.1.101.3.4.3.127"]) == {"primitive": "unknown"}


def test_certificate_without_a_subject_is_named_by_its_fingerprint() -> None:
    """Certificates of servers may have their names in an extension only."""
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(NAME).serial_number(1)
    day = datetime(2026, 11, 27, tzinfo=UTC)
    made = builder.public_key(EC.public_key()).not_valid_before(day).not_valid_after(day).sign(EC, SHA256())
    fingerprint = made.fingerprint(SHA256()).hex()
    assert parts(cbom(certificates=[made]))[f"certificate:{fingerprint}"]["name"] == fingerprint


def test_malformed_certificate_is_an_error_with_its_number() -> None:
    """`cryptography` reads a certificate as far as is needed."""
    data = self_signed(MLDSA).public_bytes(Encoding.DER).replace(b"name", b"\xffame")
    with pytest.raises(InvalidKeyError, match=r"^certificate 2 is malformed: "):
        cbom(certificates=[self_signed(MLDSA), x509.load_der_x509_certificate(data)])


def test_everything_is_listed_once_and_in_the_same_order(ring: KeyRing) -> None:
    """Two calls differ in serial number and time alone, and dependencies are complete."""
    listed = [made for made, *_ in CERTIFICATES.values()]
    texts = [cbom(ring, POLICY, order) for order in (listed, [*reversed(listed), listed[0]])]
    found = parts(texts[0])
    first, second = map(json.loads, texts)
    for each in (first, second):
        del each["serialNumber"], each["metadata"]["timestamp"]
    assert first == second
    assert len(found) == len(first["components"])
    needed = {each["ref"]: each.get("dependsOn", []) for each in first["dependencies"]}
    assert {*needed} == {*found}
    assert all((not name.startswith("algorithm:")) == bool(each) for name, each in needed.items())


def test_nothing_is_a_cbom_too() -> None:
    """An empty CBOM has the name and version of the program that wrote it."""
    written = json.loads(cbom())
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(written)) is None
    assert "components" not in written
    (tool,) = written["metadata"]["tools"]["components"]
    assert (tool["name"], tool["version"]) == ("qynauth-pqc", qynauth_pqc.__version__)
