"""Every public callable with arguments of wrong types: a `TypeError` or an error of the package, and never another."""

from __future__ import annotations

import copy
import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache, partial
from itertools import chain, product
from pathlib import Path
from tempfile import mkdtemp
from traceback import TracebackException
from typing import Any

import anyio
import numpy as np
import pytest
from certificates import NAME, self_signed, unsigned
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, VerificationError
from distributed import Client
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.errors import JoseError
from jwt import PyJWTError
from public_modules import PUBLIC_MODULES
from securesystemslib.exceptions import UnverifiedSignatureError
from starlette.requests import Request

import qynauth_pqc
from qynauth_pqc import (
    CompositePrivateKey,
    DilithiumKeyPair,
    FFIPerformanceMonitor,
    KyberKeyPair,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    MonitorError,
    PQCError,
    PQCLibraryV2,
    SLHDSAPrivateKey,
    UnsupportedError,
    XWingPrivateKey,
    auth,
    cms,
    dsse,
    enable_optimizations,
    sign_file,
    ssh,
    verify_file,
)
from qynauth_pqc.auth import _manifest
from qynauth_pqc.batch import encapsulate_many
from qynauth_pqc.ffi_performance_monitor import Report
from qynauth_pqc.integrations import jose_composite, jose_slhdsa, joserfc, pyjwt, securesystemslib
from qynauth_pqc.integrations.x509 import subject_key
from qynauth_pqc.metrics.shared import is_shared, share_metrics
from qynauth_pqc.options import KeyOptions
from qynauth_pqc.validation import Baseline, BaselineError, plot_times, validate

KEM = MLKEMPrivateKey.from_seed(bytes(64), "ML-KEM-512")
DSA = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
XWING = XWingPrivateKey.from_seed(bytes(32))
COMPOSITE = CompositePrivateKey.from_private_bytes(bytes(64), "MLDSA44-Ed25519-SHA512")
SLHDSA = SLHDSAPrivateKey.from_seed(bytes(48), "SLH-DSA-SHA2-128f", fault_check=False)
[CIPHERTEXT, *_], SECRETS = encapsulate_many(KEM.public_key, 3)
SIGNATURE = DSA.sign(b"message")


def closed(key: Any) -> Any:
    """Return a key or a secret that is closed."""
    key.close()
    return key


def released() -> memoryview:
    """Return a memoryview that was released."""
    view = memoryview(b"released")
    view.release()
    return view


WRONG: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "0": lambda: 0,
    "-1": lambda: -1,
    "2**70": lambda: 2**70,
    "float": lambda: 1.5,
    "nan": lambda: float("nan"),
    "empty str": str,
    "str": lambda: "text",
    "surrogate": lambda: "\ud800",
    "str with a zero": lambda: "text\0",
    "empty bytes": bytes,
    "bytes": lambda: b"bytes",
    "bytearray": lambda: bytearray(b"bytes"),
    "strided": lambda: memoryview(b"bytes")[::2],
    "released": released,
    "objects": lambda: memoryview(np.array([None, 1]).data),
    "empty list": list,
    "list of None": lambda: [None],
    "list of bytes": lambda: [b"bytes"],
    "list of str": lambda: ["text"],
    "list of keys": lambda: [KEM, DSA],
    "tuple": lambda: (1, "text"),
    "generator": lambda: iter([b"bytes"]),
    "empty dict": dict,
    "dict": lambda: {"kty": 1, 2: None},
    "set": lambda: {b"bytes"},
    "object": object,
    "class": lambda: MLDSAPrivateKey,
    "function": lambda: id,
    "floats": lambda: np.zeros((2, 2)),
    "path": lambda: Path("none"),
    "ML-KEM private key": lambda: KEM,
    "ML-KEM public key": lambda: KEM.public_key,
    "ML-DSA private key": lambda: DSA,
    "ML-DSA public key": lambda: DSA.public_key,
    "X-Wing private key": lambda: XWING,
    "X-Wing public key": lambda: XWING.public_key,
    "composite private key": lambda: COMPOSITE,
    "composite public key": lambda: COMPOSITE.public_key,
    "SLH-DSA private key": lambda: SLHDSA,
    "SLH-DSA public key": lambda: SLHDSA.public_key,
    "closed ML-KEM key": lambda: closed(MLKEMPrivateKey.generate("ML-KEM-512")),
    "closed ML-DSA key": lambda: closed(MLDSAPrivateKey.generate("ML-DSA-44")),
    "closed secret": lambda: closed(DSA.seed()),
    "hasher": DSA.public_key.mu_hasher,
    "library": PQCLibraryV2,
}


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
JWK = auth.ALGORITHMS["EdDSA"].generate().as_dict(private=True)
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

ALLOWED = (TypeError, PQCError)
DOCUMENTED: dict[str, tuple[type[Exception], ...]] = {
    "joserfc": (JoseError,),
    "securesystemslib": (ValueError, KeyError, OSError, UnverifiedSignatureError),
    "pyjwt": (PyJWTError,),
    "validation": (BaselineError,),
    "verify_path": (VerificationError, ValueError),  # the errors of `cryptography`
    "path": (OSError, ValueError),  # the errors of `open` for a name that no file has or can have
    "dataset": (OSError,),
    "directory": (OSError, ValueError),
    **dict.fromkeys(("ca_file", "client_certificate"), (OSError, ValueError)),
    "get_response": (ImproperlyConfigured,),  # there are no settings of Django here
    "__getitem__": (IndexError,),
}
"""Other allowed exceptions, by the name of a module, of a callable or of a parameter."""

LEFT_OUT = {
    "main",
    "validate",
    "plot_times",
    "share_metrics",
    "Columns",
    "Report",
    "Result",
    "Validation",
    "Baseline",
    "AKPKey",
    "KeyOptions",
    "ActionFigures",
    "Algorithm",
    "KeyRing",
    "KeyState",
    "MemoryFigures",
    "Mode",
    "PolicyRow",
    "PublishedKey",
    "RingKey",
    "SelfTestFigures",
    "Figures",
    "FetchedSet",
    "ReplayStore",
    "TokenEvent",
    "TokenRequest",
    "Verdict",
    "VerifiedToken",
    "AllowedSigner",
    "Rule",
    "Scheme",
    "Signer",
    "VerifiedMessage",
    "VerifiedEnvelope",
    "VerifiedSignature",
    "VerifiedSigner",
}
"""Programs and what takes as long, what changes this process for good, and constructors without code of ours."""


OPTIONS = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
    for name, kind in KeyOptions.__annotations__.items()
]


@dataclass(frozen=True)
class Case:
    """A public callable."""

    name: str
    function: Callable[..., Any]

    @property
    def is_enum(self) -> bool:
        """Whether it is a class of parameter sets."""
        return inspect.isclass(self.function) and issubclass(self.function, Enum)

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """Its parameters and the options of keys, without catch-all parameters."""
        found = inspect.signature(self.function).parameters.values()
        named = [each for each in found if each.kind not in {each.VAR_POSITIONAL, each.VAR_KEYWORD}]
        if any("KeyOptions" in str(each.annotation) for each in found):
            named += OPTIONS
        return named[:1] if self.is_enum else named  # the others of an enum are Python's, and make a new one

    @property
    def allowed(self) -> tuple[type[Exception], ...]:
        """The exceptions that it may raise."""
        words = {*self.name.split("."), *(each.name for each in self.parameters)}
        return ALLOWED + tuple(error for word in words for error in DOCUMENTED.get(word, ()))

    def good(self) -> dict[str, Any]:
        """Return right arguments for the parameters without a default."""
        needed = [each.name for each in self.parameters if each.default is each.empty]
        words = self.name.split(".")
        names = {each: [".".join([*words[start:], each]) for start in range(len(words) + 1)] for each in needed}
        return {each: next(GOOD[name] for name in names[each] if name in GOOD)() for each in needed}

    def wrong(self, parameter: inspect.Parameter) -> list[str]:
        """Return the wrong values to try, without values that Python neither hashes nor takes for true or false.

        Methods with signatures from PyJWT and joserfc leave the meaning of true to Python.
        """
        is_truth = "bool" in str(parameter.annotation) and not {"pyjwt", "joserfc"}.isdisjoint(self.name.split("."))
        refused = {"released", "objects", "floats"} if self.is_enum or is_truth else set()
        return [each for each in WRONG if each not in refused]

    def call(self, wrong: dict[str, Any]) -> None:
        """Call it with right arguments but for some."""
        result = self.function(**self.good() | wrong)
        if inspect.iscoroutine(result):
            anyio.run(partial(_awaited, result))

    def failure(self, wrong: dict[str, str]) -> str | None:
        """Call it, and return the exception that it raised, unless it is allowed."""
        try:
            self.call({name: WRONG[value]() for name, value in wrong.items()})
        except self.allowed:
            return None
        except Exception as error:  # noqa: BLE001 - any other one is what is looked for
            return f"{self.name}({wrong}): {type(error).__name__}: {error}"
        return None


async def _awaited(coroutine: Any) -> Any:
    return await coroutine


MODULES = [name.removeprefix("qynauth_pqc.") for name in PUBLIC_MODULES]
MODULES.remove("cli")


@cache
def cases(module: str) -> list[Case]:
    """Return the callables that a module exports, and the methods of its classes that are defined in the package."""
    name = f"qynauth_pqc.{module}".rstrip(".")
    source = importlib.import_module(name)
    names = [each for each in source.__all__ if not module or each not in qynauth_pqc.__all__]
    found = [(f"{name}.{each}", getattr(source, each)) for each in names]
    found = [each for each in found if callable(each[1]) and not _is_error(each[1])]
    functions = [Case(*each) for each in found if each[0].rpartition(".")[2] not in LEFT_OUT]
    classes = [each for each in found if inspect.isclass(each[1])]
    methods = [method for each in classes for method in _methods(*each)]
    return [case for case in functions + methods if case.parameters]


def _is_error(value: Any) -> bool:
    return inspect.isclass(value) and issubclass(value, BaseException)


def _methods(path: str, kind: type) -> Iterator[Case]:
    """Yield the methods of a class, bound to an object of it if they need one."""
    for name in dir(kind):
        value = inspect.getattr_static(kind, name)
        special = name.startswith("_") and name not in {"__eq__", "__getitem__"}
        method = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if not special and inspect.isfunction(method) and method.__module__.startswith("qynauth_pqc"):
            bound = getattr(OBJECTS.get(kind, kind), name)
            if inspect.ismethod(bound) or isinstance(value, staticmethod):
                yield Case(f"{path}.{name}", bound)


@pytest.fixture(autouse=True)
def _process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a file that is not one of metrics; the settings of the process are restored."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(*COST)
    Path("file").write_bytes(b"message")
    yield
    enable_optimizations("best", timing=True)


def test_sweep_finds_what_the_modules_export() -> None:
    """It finds functions, constructors, class methods, methods and static methods."""
    names = {case.name.removeprefix("qynauth_pqc.") for module in ["", *MODULES] for case in cases(module)}
    known = {"MLDSAPrivateKey.from_seed", "SecretBytes.__eq__", "derandomized.sign_with", "KyberKeyPair"}
    assert known | {"FFIPerformanceMonitor.difference", "integrations.aio.sign_many"} <= names
    assert {"integrations.joserfc.AKPKey.import_key", "integrations.x509.signing_key"} <= names
    assert {"auth.KeyRing.create", "auth.KeyRing.rotate", "auth.TokenVerifier.verify", "auth.TokenIssuer"} <= names
    assert len(names) > 80


@pytest.mark.parametrize("module", ["", *MODULES])
def test_one_wrong_argument_is_a_type_error_or_an_error_of_the_package(module: str) -> None:
    """Each parameter gets every wrong value in turn, while the others are right."""
    tries = ((case, each, value) for case in cases(module) for each in case.parameters for value in case.wrong(each))
    failures = [case.failure({each.name: value}) for case, each, value in tries]
    assert [each for each in failures if each] == []


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(st.data())
def test_several_wrong_arguments_are_so_too(data: st.DataObject) -> None:
    """The error may be about any of them."""
    case = data.draw(st.sampled_from([case for module in ["", *MODULES] for case in cases(module)]))
    wrong = {each.name: st.sampled_from(case.wrong(each)) for each in case.parameters}
    assert case.failure(data.draw(st.fixed_dictionaries({}, optional=wrong))) is None


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(st.data())
def test_difference_of_what_was_a_report_is_a_report_or_an_error(data: st.DataObject) -> None:
    """A figure anywhere in one of the two has another value, or is missing."""
    broken = copy.deepcopy(report())
    place: Any = broken
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(st.none() | st.integers() | st.floats() | st.text() | st.just([]) | st.just({}))
    for pair in ((broken, report()), (report(), broken)):
        with suppress(MonitorError):
            FFIPerformanceMonitor.difference(*pair)


def test_wrong_types_of_a_validation_are_refused_before_it_begins() -> None:
    """It would take seconds, as a picture does."""
    wrong: dict[str, Any] = {"limit_ms": "1", "factor": None, "baseline": {}}
    for name, value in wrong.items():
        with pytest.raises(TypeError, match=f"{name} must be"):
            validate(**{name: value})
    with pytest.raises(TypeError, match="times_ns must be Mapping, not list"):
        plot_times([], "png")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match="expected one of png, svg"):
        plot_times({}, "pdf")


@pytest.mark.parametrize("value", [value for value in WRONG if "str" not in value and value not in {"bytes", "path"}])
def test_shared_metrics_are_in_a_file_that_has_a_name(value: str) -> None:
    """Nothing is made, and nothing is shared."""
    with pytest.raises((TypeError, OSError, ValueError)):
        share_metrics(WRONG[value]())
    assert not is_shared()
    assert [each.name for each in Path().iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["locked_memory", "precompute", "deterministic", "timing", "warm_up", "overwrite"])
def test_word_for_a_flag_is_a_type_error(name: str) -> None:
    """A text such as "no" does not count as true, nor an empty one as false."""
    every = chain.from_iterable(map(cases, ("", *MODULES)))
    found = [case for case in every if name in (parameter.name for parameter in case.parameters)]
    assert found
    for case, value in product(found, ("no", "")):
        with pytest.raises(TypeError, match=f"{name} must be bool, not str"):
            case.call({name: value})


def test_unknown_option_is_a_type_error_that_names_the_function() -> None:
    """No variable of the library holds its value, which may be a secret."""
    found = [case for case in chain.from_iterable(map(cases, ("", *MODULES))) if OPTIONS[0] in case.parameters]
    assert len(found) >= 20
    for case in found:
        name = case.name.rpartition(".")[2]
        with pytest.raises(TypeError, match=rf"{name}\(\) got an unexpected keyword argument 'passphrase'") as caught:
            case.call({"passphrase": b"SENTINEL"})
        shown = TracebackException.from_exception(caught.value, capture_locals=True)
        library = [str(each.locals) for each in shown.stack if "/qynauth_pqc/" in each.filename]
        assert "SENTINEL" not in "".join(library)


def test_empty_arguments_are_not_taken_for_none() -> None:
    """A false value is still wrong where None is a default."""
    with pytest.raises(TypeError, match=r"lib must be PQCLibraryV2, not str; .* as parameter_set="):
        KyberKeyPair("")  # type: ignore[arg-type]
    for kind in (KyberKeyPair, DilithiumKeyPair):
        with pytest.raises(UnsupportedError, match="unknown parameter set"):
            kind(parameter_set="")  # type: ignore[arg-type]


def test_number_for_a_path_is_no_descriptor() -> None:
    """`open` would read from it, and close it."""
    with Path("file").open("rb") as file:
        for function in (sign_file, partial(verify_file, signature=SIGNATURE)):
            with pytest.raises(TypeError):
                function((DSA if function is sign_file else DSA.public_key), file.fileno())  # type: ignore[arg-type]
        assert file.read() == b"message"
