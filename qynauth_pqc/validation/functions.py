"""The table of the functions that work on keys: how each is called, and what it must refuse.

A function that the header gains has its row here, in the order of the header, or its check in process.py; until it has
one, the regression part fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qynauth_pqc._ffi import lib
from qynauth_pqc.validation.arguments import Bytes, Handle, NoPassword, Number
from qynauth_pqc.validation.batches import Column, OneKey, RoomOfOne, Statuses
from qynauth_pqc.validation.material import HASH
from qynauth_pqc.validation.outputs import Buffer, NewHandle, Room, SomeNumber, WrittenNumber

if TYPE_CHECKING:
    from qynauth_pqc.validation.arguments import Input
    from qynauth_pqc.validation.outputs import Output

_UNKNOWN_BIT = 1 << 31


@dataclass(frozen=True, slots=True)
class Function:
    """A function that returns a status.

    Attributes:
        name: its name in the header.
        inputs: its inputs, in the order of its parameters.
        outputs: its outputs, which come last.
    """

    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...] = ()


_TWO_OF_A_KIND = (
    lib.PQC_KEY_PORTABLE | lib.PQC_KEY_AVX2,
    lib.PQC_KEY_LIBCRUX | lib.PQC_KEY_SIMD,
    lib.PQC_KEY_PRECOMPUTE | lib.PQC_KEY_NO_PRECOMPUTE,
)
_KEY_FLAGS = Number(0, (_UNKNOWN_BIT, *_TWO_OF_A_KIND), lib.PQC_STATUS_UNKNOWN_FLAGS)
_SIGN_FLAGS = Number(0, (_UNKNOWN_BIT, lib.MLDSA_SIGN_DETERMINISTIC << 1), lib.PQC_STATUS_UNKNOWN_FLAGS)
_HASH = Number(HASH, (0, lib.PQC_HASH_SHAKE256 + 1), lib.PQC_STATUS_UNKNOWN_HASH)
_PAIR, _KEY = Handle("key pair"), Handle("public key")
_NO_MU: int = lib.PQC_STATUS_EXTERNAL_MU_UNAVAILABLE
_MU_PAIR = Handle("key pair with mu", (("key pair without mu", _NO_MU),))
_MU_KEY = Handle("public key with mu", (("public key without mu", _NO_MU),))
_SEED_OWNER = Handle("key pair", (("key pair without a seed", lib.PQC_STATUS_SEED_UNAVAILABLE),))


# Batches of one item.
_COUNT, _THREADS = Number(1, (), 0), Number(1, (257,), lib.PQC_STATUS_THREAD_COUNT)
_ITEMS = _COUNT, _THREADS


def _exactly(name: str, status: int, *refused: tuple[str, int]) -> Bytes:
    """Return an input whose length must be the right one."""
    return Bytes(name, status, status, refused)


_SEED = _exactly("seed", lib.PQC_STATUS_SEED_LENGTH)
_RANDOMNESS = _exactly("randomness", lib.PQC_STATUS_RANDOMNESS_LENGTH)
_CIPHERTEXT = _exactly("ciphertext", lib.PQC_STATUS_CIPHERTEXT_LENGTH)
_DIGEST = _exactly("digest", lib.PQC_STATUS_DIGEST_LENGTH)
_MU = _exactly("mu", lib.PQC_STATUS_MU_LENGTH)
_CONTEXT = Bytes("context", longer=lib.PQC_STATUS_CONTEXT_LENGTH)
_MESSAGE, _FORMATTED = Bytes("message"), Bytes("formatted message")

_BROKEN: int = lib.PQC_STATUS_KEY_ENCODING
_PKCS8 = _exactly("PKCS#8", _BROKEN, ("PKCS#8 with a broken identifier", _BROKEN), ("SubjectPublicKeyInfo", _BROKEN))
_SPKI = _exactly("SubjectPublicKeyInfo", _BROKEN, ("PKCS#8", _BROKEN))
_EITHER = _exactly("PKCS#8", _BROKEN, ("PKCS#8 with a broken identifier", _BROKEN))
_DEFAULT_COST = Number(0, (), 0)
_FORM = Number(lib.PQC_PRIVATE_KEY_SEED, (0, lib.PQC_PRIVATE_KEY_BOTH + 1), lib.PQC_STATUS_UNKNOWN_FORM)
_ENCODING = Number(lib.PQC_ENCODING_DER, (0, lib.PQC_ENCODING_DER + 1), lib.PQC_STATUS_UNKNOWN_ENCODING)

_INVALID: int = lib.PQC_STATUS_INVALID_SIGNATURE
_SIGNED = Bytes("message", _INVALID, _INVALID, (("another message", _INVALID),))
_SIGNED_FORMATTED = Bytes("formatted message", _INVALID, _INVALID, (("another formatted message", _INVALID),))
_SIGNED_DIGEST = _exactly("digest", lib.PQC_STATUS_DIGEST_LENGTH, ("another digest", _INVALID))
_SIGNED_MU = _exactly("mu", lib.PQC_STATUS_MU_LENGTH, ("another mu", _INVALID))
_SIGNED_FOR = Bytes("context", _INVALID, lib.PQC_STATUS_CONTEXT_LENGTH, (("another context", _INVALID),))


def _signature(name: str) -> Bytes:
    return _exactly(name, _INVALID, (f"{name} with a flipped bit", _INVALID))


def _told(of: str, key: Handle) -> list[Function]:
    """Return the functions that tell about a key what it was asked to be, and what it takes."""
    return [
        Function(f"{of}_options", (key,), (SomeNumber("uint32_t"),)),
        Function(f"{of}_resident_bytes", (key,), (SomeNumber("size_t"),)),
    ]


def _set(*others: int) -> Number:
    """Return the parameter set, with numbers that are none of its family."""
    return Number(None, (0, *others, 0xFFFFFFFF), lib.PQC_STATUS_UNKNOWN_PARAMETER_SET)


def _keys(family: str, kind: str, parameter_set: Number, private_key: Bytes, public_key: Bytes) -> list[Function]:
    """Return the functions that both families with parameter sets have."""
    new_pair = NewHandle(f"{kind}KeyPair", f"{family}_keypair_free")
    new_key = NewHandle(f"{kind}PublicKey", f"{family}_public_key_free")
    made_as = parameter_set, _KEY_FLAGS
    return [
        Function(f"{family}_keypair_generate", made_as, (new_pair,)),
        Function(f"{family}_keypair_from_seed", (*made_as, _SEED), (new_pair,)),
        Function(f"{family}_keypair_from_private_key", (*made_as, private_key), (new_pair,)),
        Function(f"{family}_keypair_parameter_set", (_PAIR,), (WrittenNumber(),)),
        *_told(f"{family}_keypair", _PAIR),
        Function(f"{family}_keypair_public_key", (_PAIR,), (new_key,)),
        Function(f"{family}_keypair_public_key_bytes", (_PAIR,), (Buffer("public key", same=True),)),
        Function(f"{family}_keypair_private_key_bytes", (_PAIR,), (Buffer("private key", same=True),)),
        Function(f"{family}_keypair_seed_bytes", (_SEED_OWNER,), (Buffer("seed", same=True),)),
        Function(f"{family}_public_key_from_bytes", (*made_as, public_key), (new_key,)),
        Function(f"{family}_public_key_parameter_set", (_KEY,), (WrittenNumber(),)),
        *_told(f"{family}_public_key", _KEY),
        Function(f"{family}_public_key_bytes", (_KEY,), (Buffer("public key", same=True),)),
        *_encoded_keys(family, new_pair, new_key),
    ]


def _generate_batch(family: str, kind: str, parameter_set: Number) -> Function:
    new_pair = NewHandle(f"{kind}KeyPair", f"{family}_keypair_free")
    return Function(f"{family}_keypair_generate_batch", (parameter_set, _KEY_FLAGS, *_ITEMS), (new_pair, Statuses()))


def _encoded_keys(family: str, new_pair: NewHandle, new_key: NewHandle) -> list[Function]:
    """Return the functions for PEM and DER."""
    from_pkcs8 = _KEY_FLAGS, _PKCS8, NoPassword(lib.PQC_STATUS_PASSWORD_UNUSED), _DEFAULT_COST
    of_either = [
        NewHandle(f"{each}KeyPair", f"{each.lower()}_keypair_free", none=not new_pair.kind.startswith(each))
        for each in ("MlKem", "MlDsa")
    ]
    to_pkcs8 = _SEED_OWNER, NoPassword(), _FORM, _ENCODING
    told = WrittenNumber(lib.PQC_KEY_KIND_PRIVATE), WrittenNumber()
    return [
        Function(f"{family}_keypair_from_pkcs8", from_pkcs8, (new_pair,)),
        Function(f"{family}_keypair_to_pkcs8", to_pkcs8, (Buffer("PKCS#8", same=True),)),
        Function(f"{family}_public_key_from_spki", (_KEY_FLAGS, _SPKI), (new_key,)),
        Function(f"{family}_public_key_to_spki", (_KEY, _ENCODING), (Buffer("SubjectPublicKeyInfo", same=True),)),
        Function("ffi_key_algorithm", (_EITHER,), told),
        Function("ffi_private_key_from_pkcs8", from_pkcs8, (*of_either,)),
    ]


_MLKEM_PRIVATE = _exactly(
    "private key",
    lib.PQC_STATUS_PRIVATE_KEY_LENGTH,
    ("private key with a coefficient above the modulus", lib.PQC_STATUS_PRIVATE_KEY_RANGE),
    ("private key with another hash", lib.PQC_STATUS_PRIVATE_KEY_HASH),
)
_MLKEM_PUBLIC = _exactly(
    "public key",
    lib.PQC_STATUS_PUBLIC_KEY_LENGTH,
    ("public key with a coefficient above the modulus", lib.PQC_STATUS_PUBLIC_KEY_MODULUS),
)
_MLDSA_PRIVATE = _exactly(
    "private key",
    lib.PQC_STATUS_PRIVATE_KEY_LENGTH,
    ("private key with a coefficient out of range", lib.PQC_STATUS_PRIVATE_KEY_RANGE),
    ("private key with another hash", lib.PQC_STATUS_PRIVATE_KEY_HASH),
)
_MLDSA_PUBLIC = _exactly("public key", lib.PQC_STATUS_PUBLIC_KEY_LENGTH)
_NEW_XWING_PAIR = NewHandle("XWingKeyPair", "xwing_keypair_free")
_NEW_XWING_KEY = NewHandle("XWingPublicKey", "xwing_public_key_free")
_NEW_HASHER = NewHandle("MlDsaMuHasher", "mldsa_mu_hasher_free")
_SAME_CIPHERTEXT, _SAME_SECRET = Buffer("ciphertext", same=True), Buffer("shared secret", same=True)
_TO_SIGN, _DIGEST_TO_SIGN = (_PAIR, _MESSAGE, _CONTEXT), (_PAIR, _HASH, _DIGEST, _CONTEXT)
_SIGNATURE, _PREHASHED = Buffer("signature", same=True), Buffer("prehashed signature", same=True)

_SIGNED_COLUMNS = Column("message"), Column("context"), Column("signature")
_ENCAPSULATED = Buffer("ciphertext"), Buffer("shared secret"), Statuses()
_ENCAPSULATED_INTO = RoomOfOne("ciphertext"), RoomOfOne("shared secret"), Statuses()

FUNCTIONS: dict[str, tuple[Function, ...]] = {
    "mldsa": (
        _generate_batch("mldsa", "MlDsa", _set(512, 43)),
        Function(
            "mldsa_sign_batch",
            (OneKey("key pair"), Column("message"), Column("context"), _COUNT, _SIGN_FLAGS, _THREADS),
            (Buffer("signature"), Statuses()),
        ),
        Function(
            "mldsa_sign_batch_into",
            (OneKey("key pair"), Column("message"), Column("context"), _COUNT, _SIGN_FLAGS, _THREADS),
            (RoomOfOne("signature"), Statuses()),
        ),
        Function("mldsa_verify_batch", (OneKey("public key"), *_SIGNED_COLUMNS, *_ITEMS), (Statuses(),)),
        Function(
            "mldsa_verify_encoded_batch",
            (_KEY_FLAGS, Column("public key"), *_SIGNED_COLUMNS, *_ITEMS),
            (Statuses(),),
        ),
        *_keys("mldsa", "MlDsa", _set(512, 43), _MLDSA_PRIVATE, _MLDSA_PUBLIC),
        Function("mldsa_sign", (*_TO_SIGN, _SIGN_FLAGS), (Buffer("signature"),)),
        Function("mldsa_sign_derand", (*_TO_SIGN, _RANDOMNESS), (_SIGNATURE,)),
        Function("mldsa_sign_prehashed", (*_DIGEST_TO_SIGN, _SIGN_FLAGS), (Buffer("signature"),)),
        Function("mldsa_sign_prehashed_derand", (*_DIGEST_TO_SIGN, _RANDOMNESS), (_PREHASHED,)),
        Function("mldsa_sign_internal", (_PAIR, _FORMATTED, _RANDOMNESS), (Buffer("internal signature", same=True),)),
        Function("mldsa_sign_into", (*_TO_SIGN, _SIGN_FLAGS), (Room("signature"),)),
        Function("mldsa_verify", (_KEY, _SIGNED, _SIGNED_FOR, _signature("signature"))),
        Function(
            "mldsa_verify_prehashed", (_KEY, _HASH, _SIGNED_DIGEST, _SIGNED_FOR, _signature("prehashed signature"))
        ),
        Function("mldsa_verify_internal", (_KEY, _SIGNED_FORMATTED, _signature("internal signature"))),
        Function("mldsa_mu_hasher_from_public_key", (_KEY, _CONTEXT), (_NEW_HASHER,)),
        Function("mldsa_mu_hasher_update", (Handle("mu hasher in use"), _MESSAGE)),
        Function("mldsa_mu_hasher_finalize", (Handle("mu hasher"),), (Buffer("mu", same=True),)),
        Function("mldsa_sign_mu", (_MU_PAIR, _MU, _SIGN_FLAGS), (Buffer("signature"),)),
        Function("mldsa_sign_mu_derand", (_MU_PAIR, _MU, _RANDOMNESS), (_SIGNATURE,)),
        Function("mldsa_verify_mu", (_MU_KEY, _SIGNED_MU, _signature("signature"))),
    ),
    "mlkem": (
        _generate_batch("mlkem", "MlKem", _set(44, 511)),
        Function("mlkem_encapsulate_batch", (OneKey("public key"), *_ITEMS), _ENCAPSULATED),
        Function("mlkem_encapsulate_batch_into", (OneKey("public key"), *_ITEMS), _ENCAPSULATED_INTO),
        Function("mlkem_encapsulate_encoded_batch", (_KEY_FLAGS, Column("public key"), *_ITEMS), _ENCAPSULATED),
        Function(
            "mlkem_encapsulate_encoded_batch_into", (_KEY_FLAGS, Column("public key"), *_ITEMS), _ENCAPSULATED_INTO
        ),
        Function(
            "mlkem_decapsulate_batch",
            (OneKey("key pair"), Column("ciphertext"), *_ITEMS),
            (Buffer("shared secret", same=True), Statuses()),
        ),
        Function(
            "mlkem_decapsulate_batch_into",
            (OneKey("key pair"), Column("ciphertext"), *_ITEMS),
            (RoomOfOne("shared secret", same=True), Statuses()),
        ),
        *_keys("mlkem", "MlKem", _set(44, 511), _MLKEM_PRIVATE, _MLKEM_PUBLIC),
        Function("mlkem_encapsulate", (_KEY,), (Buffer("ciphertext"), Buffer("shared secret"))),
        Function("mlkem_encapsulate_derand", (_KEY, _RANDOMNESS), (_SAME_CIPHERTEXT, _SAME_SECRET)),
        Function("mlkem_decapsulate", (_PAIR, _CIPHERTEXT), (_SAME_SECRET,)),
        Function("mlkem_encapsulate_into", (_KEY,), (Room("ciphertext"), Room("shared secret"))),
        Function("mlkem_decapsulate_into", (_PAIR, _CIPHERTEXT), (Room("shared secret", same=True),)),
    ),
    "xwing": (
        Function("xwing_keypair_generate", (_KEY_FLAGS,), (_NEW_XWING_PAIR,)),
        Function("xwing_keypair_from_seed", (_KEY_FLAGS, _SEED), (_NEW_XWING_PAIR,)),
        Function("xwing_keypair_seed_bytes", (_PAIR,), (Buffer("seed", same=True),)),
        *_told("xwing_keypair", _PAIR),
        Function("xwing_keypair_public_key", (_PAIR,), (_NEW_XWING_KEY,)),
        Function("xwing_keypair_public_key_bytes", (_PAIR,), (Buffer("public key", same=True),)),
        Function("xwing_public_key_from_bytes", (_KEY_FLAGS, _MLKEM_PUBLIC), (_NEW_XWING_KEY,)),
        Function("xwing_public_key_bytes", (_KEY,), (Buffer("public key", same=True),)),
        *_told("xwing_public_key", _KEY),
        Function("xwing_encapsulate", (_KEY,), (Buffer("ciphertext"), Buffer("shared secret"))),
        Function("xwing_encapsulate_derand", (_KEY, _RANDOMNESS), (_SAME_CIPHERTEXT, _SAME_SECRET)),
        Function("xwing_decapsulate", (_PAIR, _CIPHERTEXT), (_SAME_SECRET,)),
    ),
}
"""The functions of each family that return a status."""

SIZES: dict[str, dict[str, str]] = {
    "mldsa": {
        "mldsa_public_key_size": "public key",
        "mldsa_private_key_size": "private key",
        "mldsa_signature_size": "signature",
    },
    "mlkem": {
        "mlkem_public_key_size": "public key",
        "mlkem_private_key_size": "private key",
        "mlkem_ciphertext_size": "ciphertext",
    },
    "xwing": {},
}
"""The functions of each family that return the size of something, and of what."""
