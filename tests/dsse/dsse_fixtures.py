"""Keys, envelopes and statements for tests, the same in each run."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from qynauth_pqc import CompositePrivateKey, MLDSAPrivateKey, SLHDSAPrivateKey
from qynauth_pqc.dsse import IN_TOTO, SLSA_PROVENANCE, Statement, sign

if TYPE_CHECKING:
    from qynauth_pqc import SignaturePrivateKey
    from qynauth_pqc.native.inputs import BytesLike

TYPE = "application/vnd.example+json"
PAYLOAD = b'{"hello": "world"}'


class Steady:
    """Signs without randomness, so that the corpus of the fuzz target has the signatures of each run."""

    def __init__(self, key: SignaturePrivateKey[Any]) -> None:
        """Take a key."""
        self._key, self.public_key, self.algorithm = key, key.public_key, key.algorithm

    def sign(self, message: BytesLike) -> bytes:
        """Sign."""
        return self._key.sign(message, deterministic=True)


MLDSA = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
OTHER = MLDSAPrivateKey.from_seed(bytes([1]) * 32, "ML-DSA-65")
COMPOSITE = CompositePrivateKey.from_private_bytes(bytes(64), "MLDSA44-Ed25519-SHA512")
SLHDSA = SLHDSAPrivateKey.from_seed(bytes(48), "SLH-DSA-SHA2-128f", fault_check=False)
KEYS = [MLDSA, OTHER, COMPOSITE, SLHDSA]

ENVELOPE = sign(PAYLOAD, TYPE, [Steady(MLDSA)])
"""An envelope with one signature."""
BOTH = sign(PAYLOAD, TYPE, [Steady(MLDSA), Steady(OTHER)])
"""An envelope with two signatures."""

DIGEST = "c0535e4be2b79ffd93291305436bf889314e4a3faec05ecffcbb7df31ad9e51a"
ARTIFACT: dict[str, object] = {"name": "letter.txt", "digest": {"sha256": DIGEST}}
PROVENANCE: dict[str, object] = {
    "buildDefinition": {
        "buildType": "https://example.com/make/v1",
        "externalParameters": {"repository": "https://example.com/letter", "attempts": 9007199254740993},
    },
    "runDetails": {"builder": {"id": "https://example.com/builder"}},
}
STATEMENT = Statement([ARTIFACT], SLSA_PROVENANCE, PROVENANCE)
ATTESTATION = sign(STATEMENT.to_bytes(), IN_TOTO, [Steady(MLDSA)])


def members(envelope: bytes = ENVELOPE) -> dict[str, Any]:
    """Return the members of an envelope, to be changed."""
    found: dict[str, Any] = json.loads(envelope)
    return found


def envelope_with(**changed: object) -> bytes:
    """Return `ENVELOPE` with some of its members changed, and without those that are None."""
    return json.dumps({name: value for name, value in (members() | changed).items() if value is not None}).encode()


def url_safe(envelope: bytes) -> bytes:
    """Return an envelope with URL-safe base64."""
    found = members(envelope)
    for holder, name in (found, "payload"), *((each, "sig") for each in found["signatures"]):
        holder[name] = base64.urlsafe_b64encode(base64.b64decode(holder[name])).decode()
    return json.dumps(found, indent=1).encode()
