"""Keys of a ring sign with the private half in another process, as in a KMS, and the ring has no file of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import pytest
from jose_keys import generate
from remote_signer import RemoteSigner, remote_signer
from test_auth_keyring import PASSWORD, Clock

from qynauth_pqc import CompositePrivateKey, MLDSAPrivateKey, SLHDSAPrivateKey, UnsupportedError
from qynauth_pqc.auth import JWKSCache, MigrationPolicy, TokenIssuer, TokenVerifier
from qynauth_pqc.auth.errors import KeyRingError, RotationError
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.integrations.jose_composite import ALGORITHMS as COMPOSITES
from qynauth_pqc.integrations.jose_composite import DRAFT

MLDSA: Final = "ML-DSA-44"
HYBRID = "ML-DSA-44-Ed25519"
ROW = '[[accept]]\nissuer = "i"\naudience = "{0}"\nalgorithm = "{0}"\nsign_from = 2020-01-01T00:00:00Z\n'
POLICY = MigrationPolicy.parse(f'experimental = "{DRAFT}"\n{ROW.format(MLDSA)}{ROW.format(HYBRID)}')


@pytest.fixture(scope="module")
def kms() -> Iterator[RemoteSigner]:
    """Yield a signer in another process."""
    with remote_signer(MLDSA) as signer:
        yield signer


@pytest.fixture
def folder(tmp_path: Path, kms: RemoteSigner) -> Path:
    """Return the folder of a ring that has taken over the signer's public key."""
    with KeyRing.create(tmp_path / "ring", PASSWORD, []) as ring:
        ring.import_key(MLDSA, kms.public_key.to_spki("PEM"), kid="kms-1", active=True, remote=True)
    return tmp_path / "ring"


def verified(ring: KeyRing, audience: str = MLDSA) -> str:
    """Return the kid of a token that the ring has issued, and that its verifiers accept."""
    token = TokenIssuer(ring, POLICY, "i").issue("frodo", audience)
    keys = JWKSCache(ring.jwks, experimental=DRAFT)
    return TokenVerifier(POLICY, "i", audience, keys).verify(token).kid


def test_another_process_signs_tokens(folder: Path, kms: RemoteSigner) -> None:
    """Several threads sign; the ring has the public key, and no file of a private key."""
    with KeyRing.open(folder, PASSWORD, signers=[kms]) as ring, ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: verified(ring), range(8))) == {"kms-1"}
        assert (ring.keys[0].remote, ring.keys[0].file) == (True, None)
        assert ring.check(MigrationPolicy.parse(ROW.format(MLDSA)), json.dumps(ring.jwks())) == []
    assert sorted(each.name for each in folder.iterdir()) == ["counter", "manifest"]


def test_ring_without_the_signer_publishes_and_does_not_sign(folder: Path, kms: RemoteSigner) -> None:
    """The signer of another key does not help; the error names the key."""
    for signers in ([], [MLDSAPrivateKey.generate(MLDSA)]):
        with KeyRing.open(folder, PASSWORD, signers=signers) as ring:
            assert [jwk["kid"] for jwk in ring.jwks()["keys"]] == ["kms-1"]
            for call in (lambda: verified(ring), lambda: ring.signing_key(MLDSA)):
                with pytest.raises(KeyRingError, match="the private key of kms-1 is elsewhere; open the ring with its"):
                    call()
    with KeyRing.open(folder, PASSWORD, signers=[kms]) as ring, pytest.raises(KeyRingError, match="elsewhere"):
        ring.signing_key(MLDSA)


def test_signer_of_another_key_is_found_out(folder: Path, kms: RemoteSigner) -> None:
    """A KMS may have replaced its key under the same name; no such token leaves the issuer."""

    class Changed:
        algorithm, public_key = MLDSA, kms.public_key
        sign = MLDSAPrivateKey.generate(MLDSA).sign

    class Cut(Changed):
        def sign(self, message: object) -> bytes:  # type: ignore[override]
            return kms.sign(message)[:-1]  # type: ignore[arg-type]

    for signer in (Changed(), Cut()):
        with (
            KeyRing.open(folder, PASSWORD, signers=[signer]) as ring,
            pytest.raises(KeyRingError, match="the signer returned no signature of its public key"),
        ):
            verified(ring)


def test_signer_returns_bytes(folder: Path, kms: RemoteSigner) -> None:
    """Anything that could change after its verification is no signature."""

    class Loose:
        algorithm, public_key = MLDSA, kms.public_key

        def sign(self, message: object) -> bytes:
            return bytearray(kms.sign(message))  # type: ignore[arg-type, return-value]

    what = "what the signer returns must be bytes, not bytearray"
    with KeyRing.open(folder, PASSWORD, signers=[Loose()]) as ring, pytest.raises(TypeError, match=what):
        verified(ring)


def test_error_of_a_signer_is_raised(folder: Path, kms: RemoteSigner) -> None:
    """A service answers 503; the next call tries again."""

    class Away:
        algorithm, public_key, failures = MLDSA, kms.public_key, [ConnectionRefusedError("kms")]

        def sign(self, message: object) -> bytes:
            if self.failures:
                raise self.failures.pop()
            return kms.sign(message)  # type: ignore[arg-type]

    with KeyRing.open(folder, PASSWORD, signers=[Away()]) as ring:
        with pytest.raises(ConnectionRefusedError, match="kms"):
            verified(ring)
        assert verified(ring) == "kms-1"


def test_remote_key_goes_through_its_states(tmp_path: Path, kms: RemoteSigner) -> None:
    """A local key is followed by a remote one and a local one; the password changes in between."""
    clock, folder = Clock(), tmp_path / "ring"
    KeyRing.create(folder, PASSWORD, [MLDSA], clock=clock, token_lifetime=100).close()
    with KeyRing.open(folder, PASSWORD, signers=[kms], clock=clock) as ring:
        local = ring.keys[0]
        remote = ring.import_key(MLDSA, kms.public_key.to_jwk("kms-2"), remote=True)
        assert (remote.kid, remote.state.value, remote.remote) == ("kms-2", "next", True)
        with pytest.raises(RotationError, match="verifiers may lack the next key"):
            ring.activate(MLDSA)
        clock.now += 360
        ring.activate(MLDSA)
        assert ring.signer(MLDSA)[0].kid == "kms-2"
        ring.change_password(b"another")
        assert ring.signer(MLDSA)[0].kid == "kms-2"
        following = ring.rotate(MLDSA)
        clock.now += 360
        ring.activate(MLDSA)
        clock.now += 360
        assert [each.kid for each in ring.prune()] == [local.kid, "kms-2"]
        assert ring.signer(MLDSA)[0].thumbprint == following.kid
        assert ring.check() == []


def test_revoked_remote_key_signs_no_more(folder: Path, kms: RemoteSigner) -> None:
    """It stops at once, in a process that has used it, though the signer would sign."""
    with KeyRing.open(folder, PASSWORD, signers=[kms]) as ring, KeyRing.open(folder, PASSWORD) as operator:
        assert verified(ring) == "kms-1"
        operator.revoke("kms-1")
        with pytest.raises(RotationError, match="has no active key"):
            verified(ring)
        assert ring.jwks()["qynauth_revoked"] == ["kms-1"]


def test_hybrid_key_is_remote_too(tmp_path: Path) -> None:
    """Its algorithm has the draft's name of its composite."""
    signer = CompositePrivateKey.generate(COMPOSITES[HYBRID])
    with KeyRing.create(tmp_path / "ring", PASSWORD, []) as ring:
        made = ring.import_key(HYBRID, signer.public_key.to_spki("PEM"), active=True, remote=True, experimental=DRAFT)
    with KeyRing.open(tmp_path / "ring", PASSWORD, signers=[signer]) as ring:
        assert verified(ring, HYBRID) == made.kid


EDDSA = generate("EdDSA")
NO_SIGNER = SimpleNamespace(public_key=MLDSAPrivateKey.generate(MLDSA).public_key, sign=None)
WRONG: list[tuple[Callable[[KeyRing], object], type[Exception], str]] = [
    (
        lambda ring: ring.import_key("EdDSA", EDDSA.as_pem(private=False), remote=True),
        UnsupportedError,
        "expected ML-DSA or a hybrid algorithm for a remote key, got EdDSA",
    ),
    (
        lambda ring: ring.import_key(MLDSA, bytes(MLDSAPrivateKey.generate(MLDSA).to_pkcs8("PEM")), remote=True),
        KeyRingError,
        f"expected the public key of a remote key for {MLDSA}, in PEM or as JWK: it is private",
    ),
    (
        lambda ring: ring.import_key(MLDSA, NO_SIGNER.public_key.to_spki("PEM"), password=PASSWORD, remote=True),
        KeyRingError,
        "a public key has no password",
    ),
    (
        lambda ring: ring.import_key(MLDSA, MLDSAPrivateKey.generate("ML-DSA-65").public_key.to_jwk(), remote=True),
        KeyRingError,
        "its alg is another",
    ),
    (
        lambda ring: ring.import_key(MLDSA, MLDSAPrivateKey.generate(MLDSA).public_key.to_jwk()),
        KeyRingError,
        "it is public",
    ),
    (
        lambda ring: KeyRing.open(ring.directory, PASSWORD, signers=[SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f")]),
        TypeError,
        "expected signers of ML-DSA or of a hybrid algorithm, not SLHDSAPrivateKey",
    ),
    (
        lambda ring: KeyRing.open(ring.directory, PASSWORD, signers=[MLDSAPrivateKey.generate(MLDSA).public_key]),  # type: ignore[list-item]
        TypeError,
        "not MLDSAPublicKey",
    ),
    (
        lambda ring: KeyRing.open(ring.directory, PASSWORD, signers=[NO_SIGNER]),
        TypeError,
        "not SimpleNamespace",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_wrong_remote_key_is_refused(
    folder: Path, call: Callable[[KeyRing], object], error: type[Exception], message: str
) -> None:
    """The ring is unchanged."""
    with KeyRing.open(folder, PASSWORD) as ring:
        with pytest.raises(error, match=message):
            call(ring)
        assert [each.kid for each in ring.keys] == ["kms-1"]
