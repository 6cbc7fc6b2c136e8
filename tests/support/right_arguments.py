"""Right arguments for the parameters of every public callable, by their names, and an object of each class."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from tempfile import mkdtemp
from typing import Any

import pytest
from certificates import NAME, self_signed, unsigned
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder
from distributed import Client
from jose_keys import generate
from starlette.requests import Request

from qynauth_pqc import (
    CompositePrivateKey,
    DilithiumKeyPair,
    FFIPerformanceMonitor,
    KyberKeyPair,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    PQCLibraryV2,
    SLHDSAPrivateKey,
    XWingPrivateKey,
    auth,
    cms,
    dsse,
    ssh,
)
from qynauth_pqc.auth import _manifest
from qynauth_pqc.batch import encapsulate_many
from qynauth_pqc.dsse import securesystemslib
from qynauth_pqc.ffi_performance_monitor import Report
from qynauth_pqc.integrations import jose_composite, jose_slhdsa, joserfc, pyjwt
from qynauth_pqc.integrations.x509 import subject_key
from qynauth_pqc.validation import Baseline

KEM = MLKEMPrivateKey.from_seed(bytes(64), "ML-KEM-512")
DSA = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
XWING = XWingPrivateKey.from_seed(bytes(32))
COMPOSITE = CompositePrivateKey.from_private_bytes(bytes(64), "MLDSA44-Ed25519-SHA512")
SLHDSA = SLHDSAPrivateKey.from_seed(bytes(48), "SLH-DSA-SHA2-128f", fault_check=False)
[CIPHERTEXT, *_], SECRETS = encapsulate_many(KEM.public_key, 3)
SIGNATURE = DSA.sign(b"message")


@cache
def report() -> Report:
    """Return a report with an operation in it."""
    with FFIPerformanceMonitor() as monitor:
        DSA.sign(b"message")
    return monitor.get_performance_report()


AKP: Any = joserfc.AKPKey.import_key(DSA)

POLICY = auth.MigrationPolicy.parse(
    """[[accept]]
    issuer = "https://login.example"
    audience = "orders"
    algorithm = "EdDSA"
    sign_from = 2026-01-01T00:00:00Z"""
)
COST = (_manifest._COST, "n", 16)  # for a password, which is derived hundreds of times here
with pytest.MonkeyPatch.context() as cheap:
    cheap.setitem(*COST)
    RING = auth.KeyRing.create(mkdtemp(), b"password", ["EdDSA"], max_age=0, skew=0)
SSH = ssh.SSHPrivateKey.from_signer(COMPOSITE)
SSH_SIGNATURE = ssh.sign(SSH, b"message", namespace="git")
CMS_SIGNER = cms.CMSSigner(DSA)
CMS_MESSAGE = cms.sign(b"content", CMS_SIGNER)
ARTIFACT = {"digest": {"sha256": "0" * 64}}
STATEMENT = dsse.Statement([ARTIFACT], "https://example.com/review/v1", {})
ENVELOPE = STATEMENT.sign([DSA])
TUF_KEY = securesystemslib.MLDSAKey.from_public_key(DSA.public_key)
KEYS = auth.JWKSCache(RING.jwks)
JWK = generate("EdDSA").as_dict(private=True)
TOKENS = auth.TokenIssuer(RING, POLICY, "https://login.example")
VERIFIER = auth.TokenVerifier(POLICY, "https://login.example", "orders", KEYS)

# A right argument for each parameter that has no default; by the name of the callable too where the name means several.
GOOD: dict[str, Callable[[], Any]] = {
    "algorithm": lambda: "EdDSA",
    "algorithms": lambda: ["EdDSA"],
    "audience": lambda: "orders",
    "ciphertext": lambda: CIPHERTEXT,
    "ciphertexts": lambda: [CIPHERTEXT],
    "client": lambda: Client.__new__(Client),
    "count": lambda: 1,
    "connection": lambda: Request({"type": "http", "headers": []}),
    "data": DSA.public_key.public_bytes,
    "dataset": lambda: "none",
    "directory": lambda: mkdtemp(dir="."),
    "earlier": report,
    "experimental": lambda: jose_composite.DRAFT,
    "fetch": lambda: RING.jwks,
    "issuer": lambda: "https://login.example",
    "jwk": DSA.to_jwk,
    "jwks": lambda: {"keys": [DSA.public_key.to_jwk()]},
    "key": lambda: DSA,
    "key_obj": lambda: DSA,
    "keys": lambda: [DSA.public_key],
    "kid": lambda: RING.keys[0].kid,
    "kind": lambda: "png",
    "later": report,
    "m": lambda: bytes(32),
    "medians_us": lambda: {"sign": 1.0},
    "mu": lambda: bytes(64),
    "now": lambda: datetime.now(UTC),
    "parameter_set": lambda: "ML-DSA-44",
    "other": lambda: None,
    "get_response": lambda: id,
    "index": lambda: 0,
    "password": lambda: b"password",
    "path": lambda: "file",
    "policy": lambda: POLICY,
    "private_key": lambda: DSA,
    "private_keys": lambda: DSA,
    "public_key": lambda: DSA.public_key,
    "public_keys": lambda: DSA.public_key,
    "results": lambda: "results",
    "ring": lambda: RING,
    "rnd": lambda: bytes(32),
    "rows": lambda: POLICY.rows,
    "seed": lambda: bytes(32),
    "sig": lambda: SIGNATURE,
    "signature": lambda: SIGNATURE,
    "signatures": lambda: [SIGNATURE],
    "subject": lambda: "frodo",
    "text": lambda: Baseline.of({"sign": 1.0}).to_json(),
    "times_ns": lambda: {"ML-DSA-44 sign": [1, 2]},
    "token": lambda: TOKENS.issue("frodo", "orders"),
    "url": lambda: "https://login.example/jwks.json",
    "value": lambda: DSA,
    "verifier": lambda: VERIFIER,
    "view": lambda: lambda: None,
    **dict.fromkeys(("message", "messages", "msg", "m_prime"), lambda: b"message"),
    **dict.fromkeys(("certificate", "request", "signed"), lambda: self_signed(DSA)),
    "jose_composite.from_jwk.jwk": lambda: jose_composite.to_jwk(COMPOSITE, experimental=jose_composite.DRAFT),
    "jose_composite.to_jwk.key": lambda: COMPOSITE,
    **dict.fromkeys((f"jose_slhdsa.to_{form}.key" for form in ("jwk", "cose_key")), lambda: SLHDSA),
    **dict.fromkeys(
        (f"jose_slhdsa.{way}_{form}.experimental" for way in ("to", "from") for form in ("jwk", "cose_key")),
        lambda: jose_slhdsa.DRAFT,
    ),
    "jose_slhdsa.from_jwk.jwk": lambda: jose_slhdsa.to_jwk(SLHDSA, experimental=jose_slhdsa.DRAFT),
    "jose_slhdsa.from_cose_key.data": lambda: jose_slhdsa.to_cose_key(SLHDSA, experimental=jose_slhdsa.DRAFT),
    "joserfc.MLDSAAlgorithm.sign.key": lambda: AKP,
    "joserfc.MLDSAAlgorithm.verify.key": lambda: AKP,
    "CompositePrivateKey.from_private_bytes.data": COMPOSITE.private_bytes,
    "CompositePublicKey.from_public_bytes.data": COMPOSITE.public_key.public_bytes,
    "SLHDSAPrivateKey.from_private_bytes.data": SLHDSA.private_bytes,
    "SLHDSAPrivateKey.from_seed.seed": SLHDSA.seed,
    "SLHDSAPublicKey.from_public_bytes.data": SLHDSA.public_key.public_bytes,
    "MLDSAPrivateKey.from_cose_key.data": DSA.to_cose_key,
    "MLDSAPrivateKey.from_private_bytes.data": DSA.private_bytes,
    "MLDSAPublicKey.from_cose_key.data": DSA.public_key.to_cose_key,
    "MLDSAPublicKey.from_jwk.jwk": DSA.public_key.to_jwk,
    "MLKEMPrivateKey.from_private_bytes.data": KEM.private_bytes,
    "MLKEMPrivateKey.from_seed.seed": lambda: bytes(64),
    "MLKEMPrivateKey.from_seed.parameter_set": lambda: "ML-KEM-512",
    "MLDSAPrivateKey.from_cryptography.key": DSA.to_cryptography,
    "MLDSAPublicKey.from_cryptography.key": DSA.public_key.to_cryptography,
    "MLKEMPrivateKey.from_cryptography.key": MLKEMPrivateKey.generate().to_cryptography,
    "MLKEMPublicKey.from_cryptography.key": MLKEMPrivateKey.generate().public_key.to_cryptography,
    "MLKEMPublicKey.from_public_bytes.data": KEM.public_key.public_bytes,
    "XWingPublicKey.from_public_bytes.data": XWING.public_key.public_bytes,
    "KeyRing.open.directory": lambda: RING.directory,
    "catch_up.published": RING.jwks,
    "import_key.key": lambda: JWK,
    "TokenVerifier.keys": lambda: KEYS,
    "decapsulate_many.private_keys": lambda: KEM,
    "encapsulate_many.public_keys": lambda: [KEM.public_key],
    "encapsulate_with.public_key": lambda: KEM.public_key,
    "generate_many.kind": lambda: MLDSAPrivateKey,
    "MLKEMPrivateKey.generate_many.parameter_set": lambda: "ML-KEM-512",
    "SLHDSAPrivateKey.from_seed.parameter_set": lambda: "SLH-DSA-SHA2-128f",
    "SLHDSAPrivateKey.generate_many.parameter_set": lambda: "SLH-DSA-SHA2-128f",
    "XWingPrivateKey.generate_many.parameter_set": lambda: "X-Wing",
    "HybridKEMPrivateKey.generate_many.parameter_set": lambda: "MLKEM768-P256",
    "CompositePrivateKey.generate_many.parameter_set": lambda: "MLDSA44-Ed25519-SHA512",
    "load_private_key.data": DSA.to_pkcs8,
    "load_public_key.data": DSA.public_key.to_spki,
    "blob": lambda: SSH.public_key.blob,
    "line": SSH.public_key.to_line,
    "namespace": lambda: "git",
    "signer": lambda: COMPOSITE,
    **dict.fromkeys(("verify_path.intermediates", "verify_path.anchors"), lambda: [self_signed(DSA)]),
    "verify_path.builder": PolicyBuilder,
    "verify_path.certificate": lambda: self_signed(DSA),
    "sign_certificate.builder": lambda: unsigned(subject_key(COMPOSITE.public_key)),
    "sign_request.builder": lambda: x509.CertificateSigningRequestBuilder().subject_name(NAME),
    "ssh.verify.signers": lambda: SSH.public_key,
    **dict.fromkeys(("cms.sign.signers", "add_signer.signer"), lambda: CMS_SIGNER),
    **dict.fromkeys(("cms.verify.message", "add_signer.message"), lambda: CMS_MESSAGE),
    "cms.verify.signers": lambda: DSA.public_key,
    "TrustAnchors.certificates": lambda: [self_signed(DSA)],
    "content": lambda: b"content",
    "ssh.sign.private_key": lambda: SSH,
    "ssh.verify.signature": lambda: SSH_SIGNATURE,
    "ssh.verify_many.public_key": lambda: SSH.public_key,
    "ssh.verify_many.signatures": lambda: [SSH_SIGNATURE],
    "AllowedSigners.find.key": lambda: SSH.public_key,
    "AllowedSigners.parse.text": lambda: f"frodo {SSH.public_key.to_line()}",
    "RevokedKeys.parse.text": SSH.public_key.to_line,
    "SSHPolicy.parse.text": lambda: '[[accept]]\nalgorithm = "ssh-ed25519"',
    "SSHPolicy.rows": lambda: [ssh.SSHPolicyRow("ssh-ed25519")],
    "SSHPolicyRow.algorithm": lambda: "ssh-ed25519",
    "SSHPrivateKey.from_bytes.data": SSH.to_bytes,
    "SSHPublicKey.from_key.key": lambda: COMPOSITE.public_key,
    "SSHSignature.parse.data": lambda: SSH_SIGNATURE,
    "artifact": lambda: ARTIFACT,
    "envelope": lambda: ENVELOPE,
    "payload": lambda: b"payload",
    "payload_type": lambda: dsse.IN_TOTO,
    "predicate": dict,
    "predicate_type": lambda: STATEMENT.predicate_type,
    "raw": lambda: SIGNATURE,
    "signers": lambda: [DSA],
    "subjects": lambda: [ARTIFACT],
    "Envelope.parse.data": lambda: ENVELOPE,
    "Statement.parse.data": STATEMENT.to_bytes,
    "key_dict": TUF_KEY.to_dict,
    "keyid": lambda: TUF_KEY.keyid,
    "keytype": lambda: TUF_KEY.keytype,
    "keyval": lambda: TUF_KEY.keyval,
    "scheme": lambda: TUF_KEY.scheme,
    "priv_key_uri": lambda: "qynauth-pqc:file",
    "MLDSAKey.verify_signature.signature": lambda: securesystemslib.MLDSASigner(DSA).sign(b"data"),
    "MLDSASigner.from_priv_key_uri.public_key": lambda: TUF_KEY,
    "verify_many.messages": lambda: [b"message"],
    "sign_many.messages": lambda: [b"message"],
}

# The objects of method calls, by their class.
OBJECTS: dict[type, Any] = {
    type(each): each
    for each in (
        *(DSA, DSA.public_key, DSA.seed(), DSA.public_key.mu_hasher(), DilithiumKeyPair(parameter_set="ML-DSA-44")),
        *(KEM, KEM.public_key, SECRETS, KyberKeyPair(parameter_set="ML-KEM-512"), KEM.decapsulate(CIPHERTEXT)),
        *(COMPOSITE, COMPOSITE.public_key, SSH, SSH.public_key, ssh.SSHSignature.parse(SSH_SIGNATURE)),
        ssh.AllowedSigners.parse(f"frodo {SSH.public_key.to_line()}"),
        *(SLHDSA, SLHDSA.public_key),
        *(STATEMENT, dsse.Envelope.parse(ENVELOPE), dsse.Envelope.parse(ENVELOPE).signatures[0]),
        dsse.verify(ENVELOPE, payload_type=dsse.IN_TOTO, keys=[DSA.public_key]),
        *(TUF_KEY, securesystemslib.MLDSASigner(DSA)),
        *(XWING, XWING.public_key, PQCLibraryV2(), FFIPerformanceMonitor(), Baseline.of({"sign": 1.0})),
        *(AKP, joserfc.MLDSARegistry(), joserfc.MLDSARegistry.algorithms["ML-DSA-44"]),
        *(pyjwt.MLDSAAlgorithm("ML-DSA-44"), pyjwt.MLDSAJWK(DSA)),
        *(POLICY, RING, KEYS, TOKENS, VERIFIER),
    )
}
