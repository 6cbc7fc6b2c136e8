"""Right arguments for the parameters of every public callable of the core, by their names, and an object of each class.

A package of artefacts or auth has its own in tests/PACKAGE/PACKAGE_arguments.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from certificates import NAME, self_signed, unsigned
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder
from distributed import Client

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
)
from qynauth_pqc.batch import encapsulate_many
from qynauth_pqc.exchange import KeyExchange, answer
from qynauth_pqc.ffi_performance_monitor import Report
from qynauth_pqc.integrations import jose_composite, jose_slhdsa, joserfc, pyjwt
from qynauth_pqc.integrations.x509 import subject_key
from qynauth_pqc.validation import Baseline


@dataclass(frozen=True)
class Arguments:
    """What the tests of arguments know of a package, by the names of its callables and parameters.

    Attributes:
        good: a right argument for each parameter that has no default and means something else than in the core.
        objects: an object of each class with methods.
        secrets: parameters for keys, signers, texts of keys, and tokens that are not such parameters in the core.
        least_secrets: how many parameters are for keys, signers, texts of keys, and tokens, or fewer.
        numbers: parameters of numbers.
        errors: further exceptions that a module, a callable or the value of a parameter may raise.
        left_out: constructors without code of ours.
        found: callables that a sweep must find.
        settings: entries of dictionaries that make the package quicker, for `setitem`.
    """

    good: Mapping[str, Callable[[], Any]]
    objects: list[Any]
    secrets: AbstractSet[str]
    least_secrets: int
    found: AbstractSet[str]
    left_out: AbstractSet[str]
    numbers: AbstractSet[str] = frozenset()
    errors: Mapping[str, tuple[type[Exception], ...]] = field(default_factory=dict)
    settings: tuple[tuple[dict[str, Any], str, Any], ...] = ()


KEM = MLKEMPrivateKey.from_seed(bytes(64), "ML-KEM-512")
DSA = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
XWING = XWingPrivateKey.from_seed(bytes(32))
COMPOSITE = CompositePrivateKey.from_private_bytes(bytes(64), "MLDSA44-Ed25519-SHA512")
SLHDSA = SLHDSAPrivateKey.from_seed(bytes(48), "SLH-DSA-SHA2-128f", fault_check=False)
[CIPHERTEXT, *_], SECRETS = encapsulate_many(KEM.public_key, 3)
SIGNATURE = DSA.sign(b"message")
EXCHANGE = KeyExchange.generate("X25519MLKEM768")


@cache
def report() -> Report:
    """Return a report with an operation in it."""
    with FFIPerformanceMonitor() as monitor:
        DSA.sign(b"message")
    return monitor.get_performance_report()


AKP: Any = joserfc.AKPKey.import_key(DSA)

# A right argument for each parameter that has no default; by the name of the callable too where the name means several.
GOOD: dict[str, Callable[[], Any]] = {
    "ciphertext": lambda: CIPHERTEXT,
    "ciphertexts": lambda: [CIPHERTEXT],
    "client": lambda: Client.__new__(Client),
    "count": lambda: 1,
    "data": DSA.public_key.public_bytes,
    "dataset": lambda: "none",
    "earlier": report,
    "experimental": lambda: jose_composite.DRAFT,
    "index": lambda: 0,
    "name": lambda: "X25519MLKEM768",
    "jwk": DSA.to_jwk,
    "jwks": lambda: {"keys": [DSA.public_key.to_jwk()]},
    "key": lambda: DSA,
    "key_obj": lambda: DSA,
    "keys": lambda: [DSA.public_key],
    "kind": lambda: "png",
    "later": report,
    "m": lambda: bytes(32),
    "medians_us": lambda: {"sign": 1.0},
    "mu": lambda: bytes(64),
    "parameter_set": lambda: "ML-DSA-44",
    "other": lambda: None,
    "password": lambda: b"password",
    "path": lambda: "file",
    "private_key": lambda: DSA,
    "private_keys": lambda: DSA,
    "public_key": lambda: DSA.public_key,
    "public_keys": lambda: DSA.public_key,
    "results": lambda: "results",
    "rnd": lambda: bytes(32),
    "seed": lambda: bytes(32),
    "sig": lambda: SIGNATURE,
    "share": lambda: EXCHANGE.share,
    "signature": lambda: SIGNATURE,
    "signatures": lambda: [SIGNATURE],
    "text": lambda: Baseline.of({"sign": 1.0}).to_json(),
    "times_ns": lambda: {"ML-DSA-44 sign": [1, 2]},
    "value": lambda: DSA,
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
    "decapsulate_many.private_keys": lambda: KEM,
    "encapsulate_many.public_keys": lambda: [KEM.public_key],
    "KeyExchange.decapsulate.ciphertext": lambda: answer("X25519MLKEM768", EXCHANGE.share)[0],
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
    "signer": lambda: COMPOSITE,
    **dict.fromkeys(("verify_path.intermediates", "verify_path.anchors"), lambda: [self_signed(DSA)]),
    "verify_path.builder": PolicyBuilder,
    "verify_path.certificate": lambda: self_signed(DSA),
    "sign_certificate.builder": lambda: unsigned(subject_key(COMPOSITE.public_key)),
    "sign_request.builder": lambda: x509.CertificateSigningRequestBuilder().subject_name(NAME),
    "verify_many.messages": lambda: [b"message"],
    "sign_many.messages": lambda: [b"message"],
}

# The objects of method calls.
OBJECTS = [
    *(DSA, DSA.public_key, DSA.seed(), DSA.public_key.mu_hasher(), DilithiumKeyPair(parameter_set="ML-DSA-44")),
    *(KEM, KEM.public_key, SECRETS, KyberKeyPair(parameter_set="ML-KEM-512"), KEM.decapsulate(CIPHERTEXT)),
    *(COMPOSITE, COMPOSITE.public_key, SLHDSA, SLHDSA.public_key),
    *(XWING, XWING.public_key, PQCLibraryV2(), FFIPerformanceMonitor(), Baseline.of({"sign": 1.0}), EXCHANGE),
    *(AKP, joserfc.MLDSARegistry(), joserfc.MLDSARegistry.algorithms["ML-DSA-44"]),
    *(pyjwt.MLDSAAlgorithm("ML-DSA-44"), pyjwt.MLDSAJWK(DSA)),
]
