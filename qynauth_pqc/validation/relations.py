"""What must hold between calls, beyond the answer of each: round trips, tampering, and the same bytes on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc.validation.batches import check_batches
from qynauth_pqc.validation.material import HASH

if TYPE_CHECKING:
    from qynauth_pqc.validation.material import Material
    from qynauth_pqc.validation.result import Checks

_HASH_BYTES = {
    lib.PQC_HASH_SHA2_224: 28,
    lib.PQC_HASH_SHA2_256: 32,
    lib.PQC_HASH_SHA2_384: 48,
    lib.PQC_HASH_SHA2_512: 64,
    lib.PQC_HASH_SHA2_512_224: 28,
    lib.PQC_HASH_SHA2_512_256: 32,
    lib.PQC_HASH_SHA3_224: 28,
    lib.PQC_HASH_SHA3_256: 32,
    HASH: 48,
    lib.PQC_HASH_SHA3_512: 64,
    lib.PQC_HASH_SHAKE128: 32,
    lib.PQC_HASH_SHAKE256: 64,
}


def check_relations(made: Material, library: Any, checks: Checks) -> None:
    """Check what must hold between calls with one parameter set.

    Args:
        made: the material of the set.
        library: the functions of the header.
        checks: what counts the checks.

    Raises:
        PQCError: a call that must succeed did not.
    """
    if made.family == "mldsa":
        _check_signatures(made, library, checks)
        _check_hashes(made, library, checks)
    else:
        _check_exchange(made, checks)
    if made.family == "mlkem":
        _check_exchange_in_memory_of_the_caller(made, library, checks)
    check_batches(made, library, checks)
    _check_frees(made, library, checks)


def _check_exchange(made: Material, checks: Checks) -> None:
    pair, key = made.handles["key pair"], made.handles["public key"]
    ciphertext, sent = made.buffer("encapsulate", key, outputs=2)
    again, _ = made.buffer("encapsulate", key, outputs=2)
    [got] = made.buffer("decapsulate", pair, ciphertext, len(ciphertext))
    checks.that(got == sent, f"{made.name}: the two sides of an exchange have different secrets")
    checks.that(ciphertext != again, f"{made.name}: two encapsulations are the same")
    tampered = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    rejected = [made.buffer("decapsulate", pair, tampered, len(tampered)) for _ in range(2)]
    checks.that(rejected[0] != [sent], f"{made.name}: a tampered ciphertext gives the secret")
    checks.that(rejected[0] == rejected[1], f"{made.name}: implicit rejection gives a new secret each time")


def _check_exchange_in_memory_of_the_caller(made: Material, library: Any, checks: Checks) -> None:
    size = len(made.data["ciphertext"])
    ciphertext, secrets = ffi.new("uint8_t[]", size), [ffi.new("uint8_t[]", lib.MLKEM_SHAREDSECRETBYTES) for _ in "ab"]
    length, secret_length = ffi.new("size_t *"), ffi.new("size_t *")
    sent = secrets[0], lib.MLKEM_SHAREDSECRETBYTES, secret_length
    status = library.mlkem_encapsulate_into(made.handles["public key"], ciphertext, size, length, *sent)
    got = secrets[1], lib.MLKEM_SHAREDSECRETBYTES, secret_length
    status = status or library.mlkem_decapsulate_into(made.handles["key pair"], ciphertext, size, *got)
    same = status == lib.PQC_STATUS_OK and [*secrets[0]] == [*secrets[1]]
    checks.that(same, f"{made.name}: an exchange in memory of the caller does not give one secret")


def _check_signatures(made: Material, library: Any, checks: Checks) -> None:
    pair, message, context = made.handles["key pair"], made.data["message"], made.data["context"]
    arguments = pair, message, len(message), context, len(context)
    zeros = bytes(lib.MLDSA_RANDOMNESSBYTES)
    [hedged] = made.buffer("sign", *arguments, 0)
    [fixed] = made.buffer("sign", *arguments, lib.MLDSA_SIGN_DETERMINISTIC)
    [derived] = made.buffer("sign_derand", *arguments, zeros, len(zeros))
    checks.that(fixed == derived, f"{made.name}: a deterministic signature is not that with randomness of zeros")
    checks.that(hedged != fixed, f"{made.name}: a hedged signature is the deterministic one")
    for signature in (hedged, fixed):
        status = _verify(made, library, message, context, signature)
        checks.that(status == lib.PQC_STATUS_OK, f"{made.name}: a new signature is not valid")
    status = _verify(made, library, b"", b"", made.buffer("sign", pair, ffi.NULL, 0, ffi.NULL, 0, 0)[0])
    checks.that(status == lib.PQC_STATUS_OK, f"{made.name}: the signature of an empty message is not valid")
    memory, length = ffi.new("uint8_t[]", len(fixed)), ffi.new("size_t *")
    flags = lib.MLDSA_SIGN_DETERMINISTIC
    status = library.mldsa_sign_into(*arguments, flags, memory, len(fixed), length)
    same = status == lib.PQC_STATUS_OK and bytes(ffi.unpack(ffi.cast("char *", memory), len(fixed))) == fixed
    checks.that(same, f"{made.name}: a signature in memory of the caller is another one")


def _check_hashes(made: Material, library: Any, checks: Checks) -> None:
    for number, size in _HASH_BYTES.items():
        digest = number, bytes(size), size
        [signature] = made.buffer("sign_prehashed", made.handles["key pair"], *digest, b"", 0, 0)
        verified = made.handles["public key"], *digest, b"", 0, signature, len(signature)
        status = library.mldsa_verify_prehashed(*verified)
        checks.that(status == lib.PQC_STATUS_OK, f"{made.name}: a signature with hash function {number} is not valid")
        status = _verify(made, library, bytes(size), b"", signature)
        checks.that(status == lib.PQC_STATUS_INVALID_SIGNATURE, f"{made.name}: verify takes a prehashed signature")


def _verify(made: Material, library: Any, message: bytes, context: bytes, signature: bytes) -> int:
    key = made.handles["public key"]
    status: int = library.mldsa_verify(key, message, len(message), context, len(context), signature, len(signature))
    return status


def _check_frees(made: Material, library: Any, checks: Checks) -> None:
    """Check that frees take NULL and emptied structs, and that a public key outlives its pair."""
    getattr(library, f"{made.family}_keypair_free")(ffi.NULL)
    getattr(library, f"{made.family}_public_key_free")(ffi.NULL)
    seed, buffer = made.data["seed"], ffi.new("FFIBuffer *")
    pair = made.handle("KeyPair", "keypair_from_seed", *made.chosen, lib.PQC_KEY_BEST, seed, len(seed))
    key = made.handle("PublicKey", "keypair_public_key", pair)
    getattr(library, f"{made.family}_keypair_free")(pair)
    status = getattr(library, f"{made.family}_public_key_bytes")(key, buffer)
    checks.that(status == lib.PQC_STATUS_OK, f"{made.name}: a public key does not outlive its pair")
    getattr(library, f"{made.family}_public_key_free")(key)
    for _ in range(2):  # the second time, the struct is empty
        library.ffi_buffer_free(buffer)
        emptied = buffer.data == ffi.NULL and buffer.len == 0
        checks.that(emptied, f"{made.name}: ffi_buffer_free does not empty the struct")
    library.ffi_buffer_free(ffi.NULL)
