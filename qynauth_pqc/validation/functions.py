"""Calls of every function of the header: the known answers of each algorithm, and the settings of the process.

A new function of the header must be called here; until then, the regression part fails. The tests of the header check
the errors of each function.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from qynauth_pqc._keys.options import CODE_PATHS
from qynauth_pqc.native import __version__, engine, ffi, lib, status_error
from qynauth_pqc.native.inputs import input_array
from qynauth_pqc.validation._known_answers import KNOWN
from qynauth_pqc.validation.optimization import kept_settings

if TYPE_CHECKING:
    from qynauth_pqc.validation.result import Checks

_HASH, _DIGEST = lib.PQC_HASH_SHA3_384, bytes(range(48))
_MESSAGE, _CONTEXT, _FORMATTED = b"message", bytes(range(lib.MLDSA_MAXCONTEXTBYTES)), b"\0\0message"
_ITERATIONS = 600_000
_SLOW_US = 500_000


class Calls:
    """The functions of the header: each call is counted, and its failure is an error.

    Attributes:
        counts: the number of calls of each function.
        checks: counts the checks.
    """

    def __init__(self, library: Any, checks: Checks) -> None:
        """Take the functions of `qynauth_pqc.native.lib` or of an object in front of it."""
        self._library, self.checks = library, checks
        self.counts: Counter[str] = Counter()
        self._frees: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        """Return a function that is counted."""
        function = getattr(self._library, name)

        def call(*arguments: Any) -> Any:
            self.counts[name] += 1
            return function(*arguments)

        return call

    def ok(self, name: str, *arguments: Any) -> None:
        """Call a function that must succeed."""
        status = getattr(self, name)(*arguments)
        if status:
            raise status_error(status, name)

    def buffers(self, name: str, *arguments: Any, outputs: int = 1) -> list[bytes]:
        """Return the contents of the buffers that a function fills, and free them."""
        buffers = [ffi.new("FFIBuffer *") for _ in range(outputs)]
        self.ok(name, *arguments, *buffers)
        contents = [_copy(each.data, each.len) for each in buffers]
        for each in buffers:
            self.ffi_buffer_free(each)
            self.checks.that(each.data == ffi.NULL and each.len == 0, "ffi_buffer_free does not clear the struct")
        return contents

    def buffer(self, name: str, *arguments: Any) -> bytes:
        """Return the contents of the one buffer that a function fills."""
        return self.buffers(name, *arguments)[0]

    def handle(self, kind: str, name: str, *arguments: Any) -> Any:
        """Return the handle of a kind, such as "private_key", that a function makes."""
        out = ffi.new(f"Pqc{kind.title().replace('_', '')} **")
        self.ok(name, *arguments, out)
        self._frees.append((f"pqc_{kind}_free", out[0]))
        return out[0]

    def free(self) -> None:
        """Free all handles."""
        while self._frees:
            name, handle = self._frees.pop()
            getattr(self, name)(handle)

    def number(self, kind: str, name: str, *arguments: Any) -> int:
        """Return the number that a function reports."""
        out = ffi.new(f"{kind} *")
        self.ok(name, *arguments, out)
        return int(out[0])

    def into(self, name: str, *arguments: Any, sizes: tuple[int, ...]) -> list[bytes]:
        """Return the results of a function that writes into the caller's memory."""
        memory, lengths = [ffi.new("uint8_t[]", size) for size in sizes], [ffi.new("size_t *") for _ in sizes]
        self.ok(name, *arguments, *(each for one in zip(memory, sizes, lengths, strict=True) for each in one))
        return [_copy(each, length[0]) for each, length in zip(memory, lengths, strict=True)]


def _copy(data: Any, size: int) -> bytes:
    return bytes(ffi.unpack(ffi.cast("char *", data), size)) if size else b""


def check_algorithm(calls: Calls, row: Any) -> None:
    """Check the known answers of an algorithm, a row of the table."""
    name = ffi.string(row.name).decode("ascii")
    answers = answers_of(calls, name, row)
    calls.checks.that(answers == KNOWN.get(name), f"{name}: the known answers have changed, to {answers}")


def answers_of(calls: Calls, name: str, row: Any) -> str:
    """Check the operations of an algorithm, and return SHA-256 of their known bytes, in hexadecimal digits."""
    that = calls.checks.that
    that(
        calls.pqc_algorithm_info(row.algorithm) == row,
        f"{name}: pqc_algorithm_info returns another row than pqc_algorithm_at",
    )
    that(calls.pqc_algorithm_is_offered(row.algorithm), f"{name}: a build without a FIPS module refuses it")
    start = bytes(range(row.seed_bytes)) or _composite_bytes(row.private_key_bytes)
    load = "pqc_private_key_from_seed" if row.seed_bytes else "pqc_private_key_from_bytes"
    private = calls.handle("private_key", load, row.algorithm, 0, start, len(start))
    public = calls.handle("public_key", "pqc_private_key_public_key", private)
    encoded = calls.buffer("pqc_public_key_bytes", public)
    known = [start, encoded]
    private_bytes = calls.buffer("pqc_private_key_bytes", private)
    if private_bytes != start:
        known.append(private_bytes)
    that(len(encoded) == row.public_key_bytes, f"{name}: a public key has another size than in the table")
    that(len(private_bytes) == row.private_key_bytes, f"{name}: a private key has another size than in the table")
    if row.seed_bytes:
        that(calls.buffer("pqc_private_key_seed", private) == start, f"{name}: a key returns another seed")
    _check_key(calls, name, row, (private, private_bytes), (public, encoded))
    if row.kind == lib.PQC_KIND_KEM:
        known += _check_kem(calls, name, row, private, public)
    else:
        known += _check_signatures(calls, name, row, private, public)
    if row.oid[0] != b"\0":
        known += _check_formats(calls, name, private, public)
    return hashlib.sha256(b"".join(known)).hexdigest()


# The DER around the number of a private key of P-256 and P-384: ECPrivateKey (RFC 5915).
_AROUND = {
    83: ("30310201010420", "a00a06082a8648ce3d030107"),
    96: ("303e0201010430", "a00706052b81040022"),
}


def _composite_bytes(size: int) -> bytes:
    """Return the private key of a composite, the only family without a seed: a seed of ML-DSA, and a classical key."""
    before, behind = (bytes.fromhex(each) for each in _AROUND.get(size, ("", "")))
    return bytes(range(32)) + before + bytes(range(32, size - len(before) - len(behind))) + behind


def _check_key(calls: Calls, name: str, row: Any, private: tuple[Any, bytes], public: tuple[Any, bytes]) -> None:
    """Check that keys are generated, loaded and described."""
    that = calls.checks.that
    made = calls.handle("private_key", "pqc_private_key_generate", row.algorithm, 0)
    other = calls.handle("public_key", "pqc_private_key_public_key", made)
    for prefix, kind, (key, encoded) in (
        ("pqc_private_key", "private_key", private),
        ("pqc_public_key", "public_key", public),
    ):
        loaded = calls.handle(kind, f"{prefix}_from_bytes", row.algorithm, 0, encoded, len(encoded))
        that(calls.buffer(f"{prefix}_bytes", loaded) == encoded, f"{name}: {prefix}_bytes is not what was loaded")
        that(calls.number("uint32_t", f"{prefix}_algorithm", key) == row.algorithm, f"{name}: wrong algorithm of a key")
        that(calls.number("uint32_t", f"{prefix}_options", key) > 0, f"{name}: a key has no options")
        that(calls.number("size_t", f"{prefix}_resident_bytes", key) > 0, f"{name}: a key takes no memory")
    loaded = calls.handle("public_key", "pqc_public_key_from_bytes", row.algorithm, 0, public[1], len(public[1]))
    for one, is_same in ((loaded, 1), (other, 0)):
        found = calls.number("uint32_t", "pqc_public_key_equal", public[0], one)
        that(found == is_same, f"{name}: pqc_public_key_equal is {found} instead of {is_same}")


def _check_kem(calls: Calls, name: str, row: Any, private: Any, public: Any) -> list[bytes]:
    """Check an exchange, and return its known bytes."""
    that = calls.checks.that
    randomness = bytes(each % 256 for each in range(100, 100 + row.randomness_bytes))
    ciphertext, secret = calls.buffers("pqc_encapsulate_derand", public, randomness, len(randomness), outputs=2)
    sizes = row.ciphertext_bytes, row.shared_secret_bytes
    that((len(ciphertext), len(secret)) == sizes, f"{name}: an exchange has other sizes than in the table")
    got = calls.buffer("pqc_decapsulate", private, ciphertext, len(ciphertext))
    that(got == secret, f"{name}: pqc_decapsulate returns another secret than known")
    tampered = _flipped(ciphertext)
    other = calls.buffer("pqc_decapsulate", private, tampered, len(tampered))
    that(other != secret, f"{name}: a tampered ciphertext has the same secret")
    for sent, shared in (
        calls.buffers("pqc_encapsulate", public, outputs=2),
        calls.into("pqc_encapsulate_into", public, sizes=sizes),
    ):
        [got] = calls.into("pqc_decapsulate_into", private, sent, len(sent), sizes=sizes[1:])
        that(got == shared, f"{name}: the two sides of an exchange have different secrets")
    _check_kem_batches(calls, name, row, private, public)
    return [randomness, ciphertext, secret]


def _check_signatures(calls: Calls, name: str, row: Any, private: Any, public: Any) -> list[bytes]:
    """Check signatures of every kind, and return their known bytes.

    A deterministic signature uses a fixed value of the standard instead of randomness, so it is known too. A set that
    signs slowly makes one signature: other sets of its family cover the rest.
    """
    that = calls.checks.that
    rnd = bytes(range(100, 100 + row.randomness_bytes))
    message, context = (_sized(each) for each in (_MESSAGE, _CONTEXT))
    signature = calls.buffer("pqc_sign_derand", private, *message, *context, *_sized(rnd))
    that(len(signature) <= row.signature_bytes, f"{name}: a signature is longer than in the table")
    if row.slowest_us > _SLOW_US:
        _check_verify(calls, name, "pqc_verify", (public, *message, *context), [signature])
        return [_MESSAGE, _CONTEXT, rnd, signature]
    flag = lib.PQC_SIGN_DETERMINISTIC
    fixed = calls.buffer("pqc_sign", private, *message, *context, flag)
    [into] = calls.into("pqc_sign_into", private, *message, *context, flag, sizes=(row.signature_bytes,))
    that(into == fixed, f"{name}: pqc_sign_into makes another signature than pqc_sign")
    hedged = calls.buffer("pqc_sign", private, *message, *context, 0)
    that(hedged != fixed, f"{name}: a hedged signature is the deterministic one")
    _check_verify(calls, name, "pqc_verify", (public, *message, *context), [signature, fixed, hedged])
    _check_signature_batches(calls, name, row, private, public)
    known = [_MESSAGE, _CONTEXT, rnd, signature, fixed]
    if _signs_digests(calls, name, private):
        known += _check_digests(calls, name, private, public, rnd)
    if _signs_mu(calls, name, public):
        known.append(_check_mu(calls, name, row, signature, rnd))
    return known


def _signs_digests(calls: Calls, name: str, private: Any) -> bool:
    """Return whether the algorithm of a key signs digests by any hash function. A composite has a fixed one."""
    signature = ffi.new("FFIBuffer *")
    status = calls.pqc_sign_prehashed(private, _HASH, *_sized(_DIGEST), ffi.NULL, 0, 0, signature)
    calls.ffi_buffer_free(signature)
    return _can(calls, name, status, lib.PQC_STATUS_OK)


def _signs_mu(calls: Calls, name: str, public: Any) -> bool:
    """Return whether the algorithm of a key has an external mu. The context is too long, so that no mu is begun."""
    context = bytes(lib.MLDSA_MAXCONTEXTBYTES + 1)
    status = calls.pqc_mu_hasher_from_public_key(public, *_sized(context), ffi.new("PqcMuHasher **"))
    return _can(calls, name, status, lib.PQC_STATUS_CONTEXT_LENGTH)


def _can(calls: Calls, name: str, status: int, able: int) -> bool:
    expected = status in {able, lib.PQC_STATUS_WRONG_ALGORITHM}
    calls.checks.that(expected, f"{name}: asked for its abilities, the library has the status {status}")
    return status == able


def _check_digests(calls: Calls, name: str, private: Any, public: Any, rnd: bytes) -> list[bytes]:
    """Check signatures of a digest and of a formatted message, and return their known bytes."""
    context, formatted, hashed = _sized(_CONTEXT), _sized(_FORMATTED), (_HASH, *_sized(_DIGEST))
    prehashed = calls.buffer("pqc_sign_prehashed_derand", private, *hashed, *context, *_sized(rnd))
    internal = calls.buffer("pqc_sign_internal", private, *formatted, *_sized(rnd))
    hedged = calls.buffer("pqc_sign_prehashed", private, *hashed, *context, 0)
    _check_verify(calls, name, "pqc_verify_prehashed", (public, *hashed, *context), [prehashed, hedged])
    _check_verify(calls, name, "pqc_verify_internal", (public, *formatted), [internal])
    return [_FORMATTED, _DIGEST, prehashed, internal]


def _check_verify(calls: Calls, name: str, function: str, inputs: tuple[Any, ...], signatures: list[bytes]) -> None:
    """Check that signatures are valid, and that tampered copies are not."""
    for each in signatures:
        calls.ok(function, *inputs, *_sized(each))
        status = getattr(calls, function)(*inputs, *_sized(_flipped(each)))
        refused = status == lib.PQC_STATUS_INVALID_SIGNATURE
        calls.checks.that(refused, f"{name}: {function} accepts a tampered signature")


def _check_mu(calls: Calls, name: str, row: Any, signature: bytes, rnd: bytes) -> bytes:
    """Check signatures of the mu of the message, and return it."""
    seed = bytes(range(row.seed_bytes))
    private = calls.handle("private_key", "pqc_private_key_from_seed", row.algorithm, 0, *_sized(seed))
    public = calls.handle("public_key", "pqc_private_key_public_key", private)
    hasher = calls.handle("mu_hasher", "pqc_mu_hasher_from_public_key", public, *_sized(_CONTEXT))
    calls.ok("pqc_mu_hasher_update", hasher, *_sized(_MESSAGE))
    copied = calls.handle("mu_hasher", "pqc_mu_hasher_copy", hasher)
    calls.ok("pqc_mu_hasher_update", hasher, *_sized(_MESSAGE))
    mu = calls.buffer("pqc_mu_hasher_finalize", copied)
    from_mu = calls.buffer("pqc_sign_mu_derand", private, *_sized(mu), *_sized(rnd))
    calls.checks.that(from_mu == signature, f"{name}: mu and its message have different signatures")
    hedged = calls.buffer("pqc_sign_mu", private, *_sized(mu), 0)
    _check_verify(calls, name, "pqc_verify_mu", (public, *_sized(mu)), [signature, hedged])
    return mu


def _check_formats(calls: Calls, name: str, private: Any, public: Any) -> list[bytes]:
    """Check PKCS#8 and SubjectPublicKeyInfo, and return the known bytes."""
    der, that = lib.PQC_ENCODING_DER, calls.checks.that
    pkcs8 = _smallest_pkcs8(calls, private)
    loaded = calls.handle("private_key", "pqc_private_key_from_pkcs8", 0, *_sized(pkcs8), ffi.NULL, 0, 0)
    same = calls.buffer("pqc_private_key_bytes", loaded) == calls.buffer("pqc_private_key_bytes", private)
    that(same, f"{name}: PKCS#8 holds another key")
    spki = calls.buffer("pqc_public_key_to_spki", public, der)
    read = calls.handle("public_key", "pqc_public_key_from_spki", 0, *_sized(spki))
    is_same = calls.number("uint32_t", "pqc_public_key_equal", public, read)
    that(is_same, f"{name}: SubjectPublicKeyInfo holds another key")
    kind, algorithm = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    calls.ok("ffi_key_algorithm", *_sized(spki), kind, algorithm)
    expected = lib.PQC_KEY_KIND_PUBLIC, calls.number("uint32_t", "pqc_public_key_algorithm", public)
    that((kind[0], algorithm[0]) == expected, f"{name}: ffi_key_algorithm does not recognise a public key")
    return [pkcs8, spki]


def _smallest_pkcs8(calls: Calls, private: Any) -> bytes:
    """Return PKCS#8 of a key in its smallest form."""
    arguments = private, ffi.NULL, 0, lib.PQC_PRIVATE_KEY_SEED, lib.PQC_ENCODING_DER
    out = ffi.new("FFIBuffer *")
    has_seed_form = calls.pqc_private_key_to_pkcs8(*arguments, out) != lib.PQC_STATUS_WRONG_ALGORITHM
    calls.ffi_buffer_free(out)
    form = lib.PQC_PRIVATE_KEY_SEED if has_seed_form else lib.PQC_PRIVATE_KEY_EXPANDED
    return calls.buffer("pqc_private_key_to_pkcs8", *arguments[:3], form, lib.PQC_ENCODING_DER)


def _check_kem_batches(calls: Calls, name: str, row: Any, private: Any, public: Any) -> None:
    """Check that a batch makes and recovers the secrets of single calls, and that a bad item does not affect others."""
    count, that = 3, calls.checks.that
    sent = ffi.new("uint8_t[]", count * row.ciphertext_bytes)
    shared, got = (ffi.new("uint8_t[]", count * row.shared_secret_bytes) for _ in range(2))
    statuses, one = ffi.new("int32_t[]", count), ffi.new("PqcPublicKey *[1]", [public])
    keys = ffi.new("PqcPublicKeys *", {"handles": one, "handle_count": 1})
    columns = [_mut_column(sent, row.ciphertext_bytes), _mut_column(shared, row.shared_secret_bytes)]
    calls.ok("pqc_encapsulate_batch", keys, count, 2, *columns, statuses)
    rows = [sent + number * row.ciphertext_bytes for number in range(count)]
    slices = ffi.new("PqcSlice[]", [(each, row.ciphertext_bytes) for each in rows])
    slices[1].len -= 1
    ciphertexts, owners = ffi.new("PqcColumn *", {"slices": slices}), ffi.new("PqcPrivateKey *[1]", [private])
    status = calls.pqc_decapsulate_batch(
        owners, 1, ciphertexts, count, 2, _mut_column(got, row.shared_secret_bytes), statuses
    )
    wanted = [lib.PQC_STATUS_OK, lib.PQC_STATUS_CIPHERTEXT_LENGTH, lib.PQC_STATUS_OK]
    that((status, [*statuses]) == (lib.PQC_STATUS_BATCH_ITEMS, wanted), f"{name}: pqc_decapsulate_batch: {[*statuses]}")
    expected = [*_copy(shared, len(shared))]
    size = row.shared_secret_bytes
    expected[size : 2 * size] = bytes(size)
    that([*got] == expected, f"{name}: pqc_decapsulate_batch recovers other secrets")


def _check_signature_batches(calls: Calls, name: str, row: Any, private: Any, public: Any) -> None:
    """Check that a batch signs and verifies as single calls do, and that a bad item does not affect others."""
    count, size, that = 3, row.signature_bytes, calls.checks.that
    statuses, lens = ffi.new("int32_t[]", count), ffi.new("size_t[]", count)
    signed = ffi.new("uint8_t[]", count * size)
    inputs = [ffi.new("PqcColumn *", {"data": input_array(each), "len": len(each)}) for each in (_MESSAGE, _CONTEXT)]
    owners = ffi.new("PqcPrivateKey *[1]", [private])
    calls.ok("pqc_sign_batch", owners, 1, *inputs, count, 0, 2, _mut_column(signed, size, lens), statuses)
    fit = [*lens] == [size] * count if not row.signature_varies else all(0 < each <= size for each in lens)
    that(fit, f"{name}: pqc_sign_batch reports the lengths {[*lens]}")
    signed[size] ^= 1
    one, encoded = ffi.new("PqcPublicKey *[1]", [public]), calls.buffer("pqc_public_key_bytes", public)
    given = input_array(encoded)
    slices = ffi.new("PqcSlice[]", [(signed + number * size, each) for number, each in enumerate(lens)])
    signatures = ffi.new("PqcColumn *", {"slices": slices})
    wanted = [lib.PQC_STATUS_OK, lib.PQC_STATUS_INVALID_SIGNATURE, lib.PQC_STATUS_OK]
    algorithms = ffi.new("uint32_t[1]", [row.algorithm])
    encodings = {"encodings": {"data": given, "len": len(given)}, "algorithms": algorithms, "algorithm_count": 1}
    for fields in ({"handles": one, "handle_count": 1}, encodings):
        status = calls.pqc_verify_batch(ffi.new("PqcPublicKeys *", fields), *inputs, signatures, count, 2, statuses)
        found = status, [*statuses]
        that(found == (lib.PQC_STATUS_BATCH_ITEMS, wanted), f"{name}: pqc_verify_batch: {found}")


def _mut_column(memory: Any, size: int, lens: Any = ffi.NULL) -> Any:
    return ffi.new("PqcMutColumn *", {"data": memory, "len": size, "stride": size, "lens": lens})


def check_first_names(calls: Calls) -> None:
    """Check the eight functions with the names of the first version, and the generation of many keys."""
    pair, other = ffi.new("PqcPrivateKey **"), ffi.new("PqcPrivateKey *[2]")
    statuses = ffi.new("int32_t[2]")
    calls.ok("mlkem_keypair_generate", 768, 0, pair)
    public = calls.handle("public_key", "pqc_private_key_public_key", pair[0])
    ciphertext, sent = calls.buffers("mlkem_encapsulate", public, outputs=2)
    got = calls.buffer("mlkem_decapsulate", pair[0], *_sized(ciphertext))
    calls.checks.that(got == sent, "mlkem_decapsulate returns another secret than mlkem_encapsulate")
    calls.mlkem_keypair_free(pair[0])
    calls.ok("mldsa_keypair_generate", 65, 0, pair)
    public = calls.handle("public_key", "pqc_private_key_public_key", pair[0])
    signature = calls.buffer("mldsa_sign", pair[0], *_sized(_MESSAGE), *_sized(_CONTEXT), 0)
    calls.ok("mldsa_verify", public, *_sized(_MESSAGE), *_sized(_CONTEXT), *_sized(signature))
    calls.mldsa_keypair_free(pair[0])
    calls.ok("pqc_private_key_generate_batch", lib.PQC_ALGORITHM_MLKEM768, 0, 2, 2, other, statuses)
    calls.checks.that([*statuses] == [0, 0] and all(other), "pqc_private_key_generate_batch made too few keys")
    for each in other:
        calls.pqc_private_key_free(each)


def check_encryption(calls: Calls) -> None:
    """Check that an encrypted key opens with its password."""
    that, password = calls.checks.that, _sized(b"password")
    private = calls.handle("private_key", "pqc_private_key_generate", lib.PQC_ALGORITHM_MLDSA44, 0)
    form = lib.PQC_PRIVATE_KEY_SEED, lib.PQC_ENCODING_DER
    encoded = _sized(calls.buffer("pqc_private_key_to_pkcs8", private, *password, *form))
    loaded = calls.handle("private_key", "pqc_private_key_from_pkcs8", 0, *encoded, *password, 0)
    same = calls.buffer("pqc_private_key_seed", loaded) == calls.buffer("pqc_private_key_seed", private)
    that(same, "an encrypted key opens as another")
    cost = calls.number("uint64_t", "ffi_key_kdf_cost", *encoded)
    that(cost == _ITERATIONS, f"opening an encrypted key is reported to cost {cost} instead of {_ITERATIONS}")


def check_process(calls: Calls) -> None:
    """Check the functions of the process. It restores the settings."""
    that = calls.checks.that
    that(calls.ffi_abi_version() == lib.PQC_ABI_VERSION, "the library's ABI is not the header's")
    that(_text(calls.ffi_version()) == __version__, "ffi_version has changed since the import")
    that(_text(calls.ffi_code_path()) in CODE_PATHS, "ffi_code_path is no known path")
    that(_text(calls.ffi_engine()) == engine(), "ffi_engine has changed since the import")
    module = ffi.new("PqcFipsStatus *")
    calls.ok("ffi_fips_status", module, ffi.sizeof("PqcFipsStatus"))
    that(not module.module, "a build without a FIPS module reports one")
    for function, enum in ((calls.ffi_status_message, "PqcStatus"), (calls.ffi_action_name, "PqcAction")):
        numbers = ffi.typeof(enum).elements
        texts = {_text(function(number)) for number in numbers}
        that(len(texts) == len(numbers) and "" not in texts, f"two numbers of {enum} have the same text, or none")
    metrics = ffi.new("FFIMetrics *")
    calls.ok("ffi_get_performance_metrics", metrics, ffi.sizeof("FFIMetrics"))
    that(metrics.calls > metrics.errors, "no operation was counted")
    counts = calls.buffer("ffi_metrics_report", metrics, ffi.sizeof("FFIMetrics"))
    that(counts and len(counts) % ffi.sizeof("FFIOperationMetrics") == 0, "a report has no whole operations")
    operation, calls_of_each = ffi.new("FFIOperationMetrics *"), 0
    for index in range(calls.ffi_metrics_count()):
        calls.ok("ffi_metrics_at", index, operation)
        calls_of_each += operation.calls
    that(calls_of_each >= metrics.calls, "the operations have fewer calls than all of them together")
    bounds = calls.ffi_metrics_bucket_ns(0), calls.ffi_metrics_bucket_ns(lib.FFI_METRICS_BUCKETS)
    that(bounds == (0, 2**64 - 1), "the buckets of the times do not hold all times")
    that(calls.ffi_shared_metrics_bytes() > 0, "shared metrics need no memory")
    refused = calls.ffi_share_metrics(ffi.NULL, 0)  # a process shares one file until it ends
    that(refused == lib.PQC_STATUS_NULL_POINTER, "metrics are shared at NULL")
    that(calls.number("uint32_t", "ffi_key_options", 0) > 0, "a new key has no options")
    that(calls.buffer("ffi_buffer_zeroed", 0, 32) == bytes(32), "a new buffer does not hold zeros")
    before = calls.ffi_get_optimizations()
    with kept_settings(calls):
        chosen = lib.PQC_OPTIMIZE_PORTABLE | lib.PQC_OPTIMIZE_TIMING_OFF
        calls.ok("ffi_enable_optimizations", chosen)
        found = calls.ffi_get_optimizations(), _text(calls.ffi_code_path())
        that(found == (chosen, "portable"), "the settings are not what was chosen")
        calls.ok("ffi_enable_optimizations", lib.PQC_OPTIMIZE_BEST | lib.PQC_OPTIMIZE_WARM_UP)
    that(calls.ffi_get_optimizations() == before, "the settings of the process cannot be restored")


def _text(pointer: Any) -> str:
    return ffi.string(pointer).decode("ascii")  # type: ignore[no-any-return]


def _sized(data: bytes) -> tuple[bytes, int]:
    return data, len(data)


def _flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]
