"""The checks of each kind of known answer: the values, or the exact error, of a case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from conftest import CHOICES, MLDSA, MLKEM, SLHDSA
from vectors_files import EXTERNAL_MU, Case

from qynauth_pqc import (
    InvalidCiphertextError,
    InvalidKeyError,
    InvalidLengthError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    PQCError,
    SLHDSAPrivateKey,
    SLHDSAPublicKey,
    derandomized,
)

PATHS = [*CHOICES]

_CLASSES: dict[str, tuple[Any, Any]] = {
    "ML-KEM": (MLKEMPrivateKey, MLKEMPublicKey),
    "ML-DSA": (MLDSAPrivateKey, MLDSAPublicKey),
    "SLH-DS": (SLHDSAPrivateKey, SLHDSAPublicKey),
}
_SIZES = {sizes.name: sizes for sizes in [*MLKEM, *MLDSA, *SLHDSA]}

# The fault that an input of the right length has where it must be refused.
_FAULTS: dict[str, tuple[type[PQCError], str]] = {
    "encapsulation": (InvalidKeyError, "public key has a coefficient that is not below the modulus"),
    "public key check": (InvalidKeyError, "public key has a coefficient that is not below the modulus"),
    "decapsulation": (InvalidKeyError, "private key does not match the hash of its public key"),
    "private key check": (InvalidKeyError, "private key does not match the hash of its public key"),
    "signing": (InvalidKeyError, "private key has a coefficient or scalar outside its range"),
    "verification": (InvalidSignatureError, "signature is not valid"),
}

# The inputs that have one length only; other values of a case are the answer.
_INPUTS = {
    "encapsulation": ["public"],
    "public key check": ["public"],
    "decapsulation": ["seed", "private", "ciphertext"],
    "private key check": ["private"],
    "signing": ["seed", "private"],
    "verification": ["public", "signature"],
}

# The reasons behind Wycheproof's flags.
_FLAGS = {
    "IncorrectPrivateKeyLength": "has the wrong length: expected",
    "IncorrectPublicKeyLength": "public key has the wrong length: expected",
    "IncorrectDecapsulationKeyLength": "private key has the wrong length: expected",
    "IncorrectCiphertextLength": "ciphertext has the wrong length: expected",
    "IncorrectSignatureLength": "signature is not valid: expected",
    "InvalidContext": "context is longer than 255 bytes: expected",
    "ModulusOverflow": "not below the modulus",
    "InvalidDecapsulationKey": "does not match the hash",
    "InvalidPrivateKey": "outside its range",
}


# The results of an operation of each kind, as far as the case has them.
ANSWERS = {
    "key generation": ["private", "public", "private", "public", "public"],
    "encapsulation": ["ciphertext", "secret"],
    "public key check": ["public"],
    "decapsulation": ["secret", "public"],
    "private key check": ["private"],
    "signing": ["signature", "public"],
    "verification": [],
}


class Refusal(NamedTuple):
    """An error: its class and its whole message."""

    error: type[PQCError]
    message: str


Answer = tuple[bytes, ...] | Refusal


def refusal_of(case: Case) -> Refusal:
    """Return the error that a case with an invalid input must raise."""
    refusal = _wrong_length(case) or Refusal(*_FAULTS[case.kind])
    for flag in case.flags:
        assert _FLAGS.get(flag, "") in refusal.message
    return refusal


def _wrong_length(case: Case) -> Refusal | None:
    sizes = _SIZES[case.parameter_set]
    lengths = {
        "seed": (sizes.seed, InvalidLengthError, "seed has the wrong length"),
        "private": (sizes.private_key, InvalidKeyError, "private key has the wrong length"),
        "public": (sizes.public_key, InvalidKeyError, "public key has the wrong length"),
        "ciphertext": (sizes.output, InvalidCiphertextError, "ciphertext has the wrong length"),
        "signature": (sizes.output, InvalidSignatureError, "signature is not valid"),
    }
    for field in _INPUTS[case.kind]:
        size, error, text = lengths[field]
        actual = len(case.fields.get(field, bytes(size)))
        if actual != size:
            return Refusal(error, f"{text}: expected {size} bytes for {sizes.name}, got {actual}")
    actual = len(case.get("context"))
    if actual > 255:
        text = f"context is longer than 255 bytes: expected at most 255 bytes, got {actual}"
        return Refusal(InvalidLengthError, text)
    return None


def actual_answer(case: Case, path: str) -> Answer:
    """Return the library's answer to a case."""
    try:
        return _OPERATIONS[case.kind](case, path)
    except PQCError as error:
        return Refusal(type(error), str(error))


def expected_answer(case: Case) -> Answer:
    """Return the expected outcome of a case."""
    if not case.valid:
        return refusal_of(case)
    return tuple(case[field] for field in ANSWERS[case.kind] if field in case.fields)


def _generate(case: Case, path: Any) -> Answer:
    """Make a key of its seed, load its encodings, and encode all of them again."""
    private_kind, public_kind = _CLASSES[case.parameter_set[:6]]
    made = private_kind.from_seed(case["seed"], case.parameter_set, **CHOICES[path])
    loaded = private_kind.from_private_bytes(case["private"], case.parameter_set, **CHOICES[path])
    public_key = public_kind.from_public_bytes(case["public"], case.parameter_set, **CHOICES[path])
    return (
        bytes(made.private_bytes()),
        made.public_key.public_bytes(),
        bytes(loaded.private_bytes()),
        loaded.public_key.public_bytes(),
        public_key.public_bytes(),
    )


def _load(case: Case, path: Any) -> Any:
    """Load the private key of a case from its seed or else from its expanded form."""
    kind, _ = _CLASSES[case.parameter_set[:6]]
    if "seed" in case.fields:
        return kind.from_seed(case["seed"], case.parameter_set, **CHOICES[path])
    return kind.from_private_bytes(case["private"], case.parameter_set, **CHOICES[path])


def _encapsulate(case: Case, path: Any) -> Answer:
    public_key = MLKEMPublicKey.from_public_bytes(case["public"], case.parameter_set, **CHOICES[path])
    ciphertext, secret = derandomized.encapsulate_with(public_key, case["m"])
    return ciphertext, bytes(secret)


def _decapsulate(case: Case, path: str) -> Answer:
    private_key = _load(case, path)
    secret = bytes(private_key.decapsulate(case["ciphertext"]))
    return (secret, private_key.public_key.public_bytes()) if "public" in case.fields else (secret,)


def _check_public_key(case: Case, path: Any) -> Answer:
    public_key = MLKEMPublicKey.from_public_bytes(case["public"], case.parameter_set, **CHOICES[path])
    return (public_key.public_bytes(),)


def _check_private_key(case: Case, path: str) -> Answer:
    return (bytes(_load(case, path).private_bytes()),)


def _sign(case: Case, path: str) -> Answer:
    """Sign, and accept the signature that was made."""
    private_key = _load(case, path)
    signature = _signature(case, private_key)
    _accept(case, private_key.public_key, signature)
    return (signature, private_key.public_key.public_bytes()) if "public" in case.fields else (signature,)


def _signature(case: Case, private_key: Any) -> Any:
    message, context, rnd = case.get("message"), case.get("context"), case.fields.get("rnd")
    if case.interface == EXTERNAL_MU:
        mu = case["mu"]
        return (
            private_key.sign_mu(mu, deterministic=True)
            if rnd is None
            else derandomized.sign_mu_with(private_key, mu, rnd)
        )
    if case.interface == "internal":
        return derandomized.sign_internal(private_key, message, _no_randomness(private_key) if rnd is None else rnd)
    if rnd is None:
        signature: bytes = private_key.sign(message, context=context, deterministic=True, prehash=case.prehash)
        return signature
    return derandomized.sign_with(private_key, message, rnd, context, case.prehash)


def _no_randomness(private_key: Any) -> bytes:
    """Return the replacement of randomness: zeros, or PK.seed for SLH-DSA (FIPS 204, 5.2; FIPS 205, 9.2)."""
    if isinstance(private_key, MLDSAPrivateKey):
        return bytes(32)
    encoded: bytes = private_key.public_key.public_bytes()
    return encoded[: len(encoded) // 2]


def _accept(case: Case, public_key: Any, signature: bytes) -> None:
    if case.interface == EXTERNAL_MU:
        public_key.verify_mu(case["mu"], signature)
    elif case.interface == "internal":
        derandomized.verify_internal(public_key, case["message"], signature)
    else:
        public_key.verify(case["message"], signature, context=case.get("context"), prehash=case.prehash)


def _verify(case: Case, path: Any) -> Answer:
    _, kind = _CLASSES[case.parameter_set[:6]]
    public_key = kind.from_public_bytes(case["public"], case.parameter_set, **CHOICES[path])
    _accept(case, public_key, case["signature"])
    return ()


_OPERATIONS: dict[str, Callable[[Case, str], Answer]] = {
    "key generation": _generate,
    "encapsulation": _encapsulate,
    "decapsulation": _decapsulate,
    "public key check": _check_public_key,
    "private key check": _check_private_key,
    "signing": _sign,
    "verification": _verify,
}
