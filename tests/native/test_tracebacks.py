"""No frame of the library holds a secret that it was given, where a traceback captures local variables."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Final

import cbor2
import pytest
from joserfc.errors import JoseError
from jwt.exceptions import InvalidKeyError
from own_frames import errors, variables

from qynauth_pqc import (
    CompositePrivateKey,
    DilithiumKeyPair,
    KyberKeyPair,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    PQCError,
    XWingPrivateKey,
    derandomized,
    load_private_key,
    load_private_key_file,
    load_public_key,
)
from qynauth_pqc._keys.refusals import key_kind
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, sign_many, verify_many
from qynauth_pqc.formats import from_jwks, to_jwks
from qynauth_pqc.integrations import aio, jose_composite, jose_slhdsa, pyjwt
from qynauth_pqc.integrations.joserfc import AKPKey

SECRET = b"SENTINEL" * 4
BASE64 = urlsafe_b64encode(SECRET).rstrip(b"=").decode()
KEM, DSA = MLKEMPrivateKey.generate("ML-KEM-512"), MLDSAPrivateKey.generate("ML-DSA-44")
MLDSA_PUBLIC = DSA.public_key.public_bytes()
ENCRYPTED = bytes(DSA.to_pkcs8(password=b"another"))
LONG = SECRET * 400
ED25519: Final = "MLDSA44-Ed25519-SHA512"
ECDSA: Final = "MLDSA44-ECDSA-P256-SHA256"

# Private keys: with another pub, with too short a seed, and not for signing.
JWK = {"kty": "AKP", "alg": "ML-DSA-44", "pub": DSA.to_jwk()["pub"], "priv": BASE64}
JWKS = {
    "other": JWK,
    "short": {**JWK, "priv": BASE64[:-4]},
    "bad": {**JWK, "priv": BASE64 + "="},
    "number": {**JWK, "priv": [SECRET.decode()]},
    "use": {**JWK, "use": "enc"},
    "set": {**JWK, "alg": "ML-DSA-45"},
    "type": {**JWK, "kty": "OKP"},
}
COSE = {1: 7, 3: -48, -1: MLDSA_PUBLIC, -2: SECRET}

BOTH = CompositePrivateKey.generate(ED25519)
DRAFT = jose_composite.DRAFT
SLHDSA_JWK = {"kty": "AKP", "alg": "SLH-DSA-SHA2-128f", "pub": BASE64, "priv": BASE64}
COMPOSITE_JWK = jose_composite.to_jwk(BOTH, experimental=DRAFT) | {"priv": BASE64}


def compare_with_closed() -> bool:
    """Compare a secret that is closed."""
    closed = DSA.seed()
    closed.close()
    return closed == SECRET


CALLS: dict[str, Callable[[], object]] = {
    "seed, length": lambda: MLKEMPrivateKey.from_seed(SECRET, "ML-KEM-512"),
    "seed, set": lambda: MLDSAPrivateKey.from_seed(SECRET, "ML-DSA-45"),  # type: ignore[arg-type]
    "seed, options": lambda: MLDSAPrivateKey.from_seed(SECRET, "ML-DSA-44", code_path="other"),
    "seed, type": lambda: MLDSAPrivateKey.from_seed(SECRET.decode(), "ML-DSA-44"),  # type: ignore[arg-type]
    "seed, kind": lambda: MLDSAPrivateKey.from_seed(memoryview(SECRET)[::2], "ML-DSA-44"),
    "seed, X-Wing": lambda: XWingPrivateKey.from_seed(SECRET[1:]),
    "seed, X-Wing, options": lambda: XWingPrivateKey.from_seed(SECRET, code_path="other"),
    "private bytes, length": lambda: MLKEMPrivateKey.from_private_bytes(SECRET),
    "private bytes, set": lambda: MLKEMPrivateKey.from_private_bytes(bytearray(SECRET), "ML-KEM-512"),
    "private bytes, value": lambda: MLKEMPrivateKey.from_private_bytes(LONG[:1632]),
    "private bytes, ML-DSA": lambda: MLDSAPrivateKey.from_private_bytes(memoryview(LONG)[:2560]),
    "private bytes, type": lambda: MLDSAPrivateKey.from_private_bytes([SECRET]),  # type: ignore[arg-type]
    "private bytes, composite": lambda: CompositePrivateKey.from_private_bytes(SECRET, ED25519),
    "private bytes, composite, encoding": lambda: CompositePrivateKey.from_private_bytes(LONG[:83], ECDSA),
    "private bytes, composite, set": lambda: CompositePrivateKey.from_private_bytes(LONG[:64], "ML-DSA-44"),  # type: ignore[arg-type]
    "private bytes, composite, no set": lambda: CompositePrivateKey.from_private_bytes(LONG[:64]),
    "private bytes, composite, options": lambda: CompositePrivateKey.from_private_bytes(
        LONG[:64],
        ED25519,
        code_path="other",
    ),
    "private bytes, composite, type": lambda: CompositePrivateKey.from_private_bytes(SECRET.decode(), ED25519),  # type: ignore[arg-type]
    "private bytes, as set": lambda: MLKEMPrivateKey.from_private_bytes("ML-KEM-512", LONG[:1632]),  # type: ignore[arg-type]
    "private bytes, composite, as set": lambda: CompositePrivateKey.from_private_bytes(ED25519, LONG[:64]),  # type: ignore[arg-type]
    "private bytes, composite, as set, type": lambda: CompositePrivateKey.from_private_bytes(b"", [SECRET]),  # type: ignore[arg-type]
    "seed, as set": lambda: MLDSAPrivateKey.from_seed("ML-DSA-44", SECRET),  # type: ignore[arg-type]
    "seed, as set, bytes": lambda: MLDSAPrivateKey.from_seed(b"ML-DSA-44", SECRET),  # type: ignore[arg-type]
    "seed, as set, text": lambda: MLDSAPrivateKey.from_seed(b"", SECRET.decode()),  # type: ignore[arg-type]
    "seed, as set, X-Wing": lambda: XWingPrivateKey.from_seed(b"", SECRET),  # type: ignore[arg-type]
    "seed, as set, X-Wing, text": lambda: XWingPrivateKey.from_seed(b"", SECRET.decode()),  # type: ignore[arg-type]
    "password, composite, form": lambda: BOTH.to_pkcs8(form="seed", password=SECRET),
    "rnd, composite": lambda: derandomized.sign_with(BOTH, b"m", SECRET[1:]),
    "PyJWT, JWK, composite": lambda: pyjwt._ALGORITHMS["ML-DSA-44-Ed25519"].from_jwk(COMPOSITE_JWK),
    "joserfc, JWK, composite": lambda: AKPKey.import_key(COMPOSITE_JWK, experimental=DRAFT),
    "joserfc, JWK, composite, draft": lambda: AKPKey.import_key(COMPOSITE_JWK, experimental="other"),
    "joserfc, JWK, composite, no draft": lambda: AKPKey.import_key(COMPOSITE_JWK),
    "public bytes": lambda: MLKEMPublicKey.from_public_bytes(SECRET),
    "public bytes, value": lambda: MLKEMPublicKey.from_public_bytes(LONG[:800]),
    "public bytes, set": lambda: MLKEMPublicKey.from_public_bytes(LONG[:800], "ML-KEM-768"),
    "key pair": lambda: KyberKeyPair(private_key=SECRET),
    "key pair, ML-DSA": lambda: DilithiumKeyPair(private_key=LONG[:2560]),
    "PKCS#8": lambda: load_private_key(SECRET),
    "PKCS#8, options": lambda: load_private_key(SECRET, code_path="other"),
    "PKCS#8, type": lambda: load_private_key(SECRET.decode()),  # type: ignore[arg-type]
    "SPKI": lambda: load_public_key(SECRET),
    "password, wrong": lambda: load_private_key(ENCRYPTED, SECRET),
    "password, unused": lambda: load_private_key(bytes(DSA.to_pkcs8()), SECRET),
    "password, type": lambda: load_private_key(ENCRYPTED, SECRET.decode()),  # type: ignore[arg-type]
    "password, file": lambda: load_private_key_file("/dev/null", SECRET),
    "password, file, type": lambda: load_private_key_file("/dev/null", SECRET.decode()),  # type: ignore[arg-type]
    "password, saving": lambda: DSA.save(1, SECRET),  # type: ignore[arg-type]
    "password, saving, type": lambda: DSA.save("key", SECRET.decode()),  # type: ignore[arg-type]
    "password, as encoding": lambda: DSA.to_pkcs8(SECRET),  # type: ignore[arg-type]
    "password, as form": lambda: DSA.to_pkcs8("PEM", SECRET.decode()),
    "password, form": lambda: DSA.to_pkcs8(form="other", password=SECRET),
    "password, type, encrypting": lambda: DSA.to_pkcs8(password=SECRET.decode()),  # type: ignore[arg-type]
    "m": lambda: derandomized.encapsulate_with(KEM.public_key, SECRET[1:]),
    "rnd": lambda: derandomized.sign_with(DSA, b"m", SECRET[1:]),
    "rnd, prehash": lambda: derandomized.sign_with(DSA, b"m", SECRET, prehash="other"),
    "rnd, mu": lambda: derandomized.sign_mu_with(DSA, bytes(64), SECRET[1:]),
    "rnd, internal": lambda: derandomized.sign_internal(DSA, b"m", SECRET[1:]),
    "JWK, text": lambda: MLDSAPrivateKey.from_jwk("{" + BASE64),
    "JWK, long": lambda: MLDSAPrivateKey.from_jwk(BASE64 * 10_000),
    "JWK, bytes": lambda: MLDSAPrivateKey.from_jwk(json.dumps([JWK]).encode()),
    "JWK, options": lambda: MLDSAPrivateKey.from_jwk(JWK, code_path="other"),
    "JWK, public": lambda: MLDSAPublicKey.from_jwk(JWK),
    "JWK Set, publish": lambda: to_jwks([{**JWK, "kid": "1"}]),
    "JWK Set, publish, type": lambda: to_jwks([SECRET]),  # type: ignore[list-item]
    "JWK Set, one key": lambda: to_jwks(JWK),  # type: ignore[arg-type]
    "JWK Set, load": lambda: from_jwks({"keys": [JWK]}),
    "JWK Set, text": lambda: from_jwks(json.dumps({"keys": [JWK]})),
    "JWK Set, cut": lambda: from_jwks(json.dumps({"keys": [JWK]})[:-1]),
    "JWK Set, options": lambda: from_jwks({"keys": [JWK]}, code_path="other"),
    "JWK of a composite, type": lambda: jose_composite.to_jwk(SECRET, experimental=DRAFT),  # type: ignore[arg-type]
    "JWK, composite": lambda: jose_composite.from_jwk(COMPOSITE_JWK, experimental=DRAFT),
    "JWK, composite, text": lambda: jose_composite.from_jwk(json.dumps(COMPOSITE_JWK), experimental=DRAFT),
    "JWK, composite, draft": lambda: jose_composite.from_jwk(COMPOSITE_JWK, experimental="other"),
    "JWK, composite, options": lambda: jose_composite.from_jwk(COMPOSITE_JWK, experimental=DRAFT, code_path="other"),
    "JWK, composite, of ML-DSA": lambda: jose_composite.from_jwk(JWK, experimental=DRAFT),
    "JWK of SLH-DSA": lambda: jose_slhdsa.from_jwk(SLHDSA_JWK, experimental=jose_slhdsa.DRAFT),
    "JWK of SLH-DSA, draft": lambda: jose_slhdsa.from_jwk(SLHDSA_JWK, experimental="other"),
    "COSE_Key of SLH-DSA": lambda: jose_slhdsa.from_cose_key(
        cbor2.dumps({**COSE, 3: -53}), experimental=jose_slhdsa.DRAFT
    ),
    "COSE_Key, other": lambda: MLDSAPrivateKey.from_cose_key(cbor2.dumps(COSE)),
    "COSE_Key, short": lambda: MLDSAPrivateKey.from_cose_key(cbor2.dumps({**COSE, -2: SECRET[1:]})),
    "COSE_Key, text": lambda: MLDSAPrivateKey.from_cose_key(cbor2.dumps({**COSE, -2: SECRET.decode()})),
    "COSE_Key, cut": lambda: MLDSAPrivateKey.from_cose_key(cbor2.dumps(COSE)[:-1]),
    "COSE_Key, public": lambda: MLDSAPublicKey.from_cose_key(cbor2.dumps(COSE)),
    "PyJWT, PEM": lambda: pyjwt.MLDSAAlgorithm("ML-DSA-44").prepare_key(SECRET),
    "PyJWT, text": lambda: pyjwt.MLDSAAlgorithm("ML-DSA-44").prepare_key(SECRET.decode()),
    "PyJWT, type": lambda: pyjwt.MLDSAAlgorithm("ML-DSA-44").prepare_key([SECRET]),
    "PyJWT, key": lambda: pyjwt.MLDSAJWK(SECRET),  # type: ignore[arg-type]
    "joserfc, PEM": lambda: AKPKey.import_key(SECRET),
    "joserfc, password": lambda: AKPKey.import_key(ENCRYPTED, password=SECRET),
    "joserfc, public": lambda: AKPKey.import_key(DSA.public_key).as_pem(private=True, password=SECRET.decode()),
    "seed, to generate": lambda: MLDSAPrivateKey.generate(SECRET),  # type: ignore[arg-type]
    "seed, to generate, text": lambda: MLDSAPrivateKey.generate(SECRET.decode()),  # type: ignore[arg-type]
    "seed, to generate many": lambda: MLKEMPrivateKey.generate_many(SECRET, 1),  # type: ignore[arg-type]
    "seed, to generate many, as number": lambda: MLKEMPrivateKey.generate_many("ML-KEM-512", SECRET),  # type: ignore[arg-type]
    "seed, as option": lambda: MLDSAPrivateKey.generate(code_path=SECRET.decode()),
    "seed, as other option": lambda: MLDSAPrivateKey.generate(seed=SECRET),  # type: ignore[call-arg]
    "seed, as key of cryptography": lambda: MLDSAPrivateKey.from_cryptography(SECRET),  # type: ignore[arg-type]
    "seed, as public key of cryptography": lambda: MLKEMPublicKey.from_cryptography(SECRET),  # type: ignore[arg-type]
    "private key, to sign many": lambda: sign_many(SECRET, [b"m"]),  # type: ignore[arg-type]
    "private keys, to sign many": lambda: sign_many([SECRET], [b"m"]),  # type: ignore[list-item]
    "private key, to decapsulate many": lambda: decapsulate_many(SECRET, [b"c"]),  # type: ignore[arg-type]
    "private keys, as public keys": lambda: verify_many([SECRET], [b"m"], [b"s"], parameter_set="ML-DSA-44"),
    "private keys, as public keys of names": lambda: encapsulate_many([SECRET], parameter_set=["ML-KEM-512"]),
    "private keys, as public keys, aio": lambda: asyncio.run(
        aio.verify_many([SECRET], [b"m"], [b"s"], parameter_set="ML-DSA-44")
    ),
    "private key, to verify many": lambda: verify_many(SECRET, [b"m"], [b"s"]),
    "private key, to encapsulate many": lambda: encapsulate_many(SECRET, 1),  # type: ignore[arg-type]
    "private key, aio, to sign many": lambda: asyncio.run(aio.sign_many(SECRET, [b"m"])),  # type: ignore[arg-type]
    "private key, aio, to decapsulate many": lambda: asyncio.run(aio.decapsulate_many(SECRET, [b"c"])),  # type: ignore[arg-type]
    "private key, aio, to verify many": lambda: asyncio.run(aio.verify_many(SECRET, [b"m"], [b"s"])),
    "private key, aio, to encapsulate many": lambda: asyncio.run(aio.encapsulate_many(SECRET, 1)),  # type: ignore[arg-type]
    "seed, aio": lambda: asyncio.run(aio.generate_many(MLDSAPrivateKey, SECRET.decode(), 1)),
    "password, as path": lambda: DSA.save(SECRET, "key.pem"),  # type: ignore[arg-type]
    "password, as cost": lambda: load_private_key(ENCRYPTED, b"another", max_kdf_cost=SECRET),  # type: ignore[arg-type]
    "PEM, kind": lambda: key_kind([SECRET]),  # type: ignore[arg-type]
    "secret, compared with a closed one": compare_with_closed,
    "joserfc, encrypting": lambda: AKPKey.import_key(DSA).as_bytes("other", private=True, password=SECRET.decode()),  # type: ignore[arg-type]
}
CALLS |= {f"JWK, {name}": lambda jwk=jwk: MLDSAPrivateKey.from_jwk(jwk) for name, jwk in JWKS.items()}  # type: ignore[misc]
CALLS |= {f"PyJWT, JWK, {name}": lambda jwk=jwk: pyjwt.MLDSAAlgorithm.from_jwk(jwk) for name, jwk in JWKS.items()}  # type: ignore[misc]
CALLS |= {f"joserfc, JWK, {name}": lambda jwk=jwk: AKPKey.import_key(jwk).raw_value for name, jwk in JWKS.items()}  # type: ignore[misc]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_frame_of_an_error_holds_a_secret(call: Callable[[], object]) -> None:
    """The frames of callers are not changed."""
    with pytest.raises((PQCError, TypeError, ValueError, JoseError, InvalidKeyError)) as caught:
        call()
    assert [each for each in variables(caught.value) if "SENTINEL" in each[1] or BASE64[4:-4] in each[1]] == []
    assert not any("SENTINEL" in str(each) for each in errors(caught.value))


def test_frames_of_a_callers_function_stay() -> None:
    """The error of a function of the program shows its origin."""

    def stop(_items: int) -> None:
        raise LookupError

    with pytest.raises(LookupError) as caught:
        sign_many(DSA, [b"message"], progress=stop)
    assert caught.traceback[-1].name == "stop"


def fail_while_handling(error: Exception) -> None:
    """Make a call that fails while an error is handled."""
    try:
        raise error
    except LookupError:
        MLDSAPrivateKey.from_seed(SECRET, "ML-DSA-45")  # type: ignore[arg-type]


def test_frames_of_the_error_that_the_caller_handles_stay() -> None:
    """Errors before the call belong to the caller."""
    first = LookupError()
    with pytest.raises(PQCError) as caught:
        fail_while_handling(first)
    assert caught.value.__context__ is first
    assert first.__traceback__ is not None
