"""Calls of every function of the header: the known answers of each algorithm, and the settings of the process.

A new function of the header must be called here; until then, the regression part fails. The tests of the header check
the errors of each function.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import chain
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
    """The functions of the header: each call is counted, and its failure is an error."""

    def __init__(self, library: Any, checks: Checks) -> None:
        """Take the functions of `qynauth_pqc.native.lib` or of an object in front of it."""
        self._library, self.checks = library, checks
        self.counts: Counter[str] = Counter()
        self._frees: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        """Return a function that is counted, and takes bytes in the place of a pointer and a length."""
        function = getattr(self._library, name)

        def call(*arguments: Any) -> Any:
            self.counts[name] += 1
            return function(*chain.from_iterable((a, len(a)) if isinstance(a, bytes) else (a,) for a in arguments))

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
    start = bytes(range(row.seed_bytes)) or _composite_bytes(row.private_key_bytes)
    algorithm = _Algorithm(calls, name, row, start)
    known = algorithm.check_keys(start)
    known += algorithm.check_kem() if row.kind == lib.PQC_KIND_KEM else algorithm.check_signatures()
    if row.oid[0] != b"\0":
        known += algorithm.check_formats()
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


class _Algorithm:
    """The operations of an algorithm with a known key. Each method checks some, and returns their known bytes."""

    def __init__(self, calls: Calls, name: str, row: Any, start: bytes) -> None:
        self.calls, self.name, self.row = calls, name, row
        load = "pqc_private_key_from_seed" if row.seed_bytes else "pqc_private_key_from_bytes"
        self.private = calls.handle("private_key", load, row.algorithm, 0, start)
        self.public = calls.handle("public_key", "pqc_private_key_public_key", self.private)

    def that(self, holds: object, otherwise: str) -> None:
        self.calls.checks.that(holds, f"{self.name}: {otherwise}")

    def check_keys(self, start: bytes) -> list[bytes]:
        """Check that keys are generated, loaded, described, encoded and compared."""
        calls, row, that = self.calls, self.row, self.that
        that(
            calls.pqc_algorithm_info(row.algorithm) == row,
            "pqc_algorithm_info returns another row than pqc_algorithm_at",
        )
        that(calls.pqc_algorithm_is_offered(row.algorithm), "a build without a FIPS module refuses it")
        for kind, key in (("private_key", self.private), ("public_key", self.public)):
            encoded = calls.buffer(f"pqc_{kind}_bytes", key)
            that(
                len(encoded) == getattr(row, f"{kind}_bytes"),
                f"a {kind.replace('_', ' ')} has another size than in the table",
            )
            loaded = calls.handle(kind, f"pqc_{kind}_from_bytes", row.algorithm, 0, encoded)
            that(calls.buffer(f"pqc_{kind}_bytes", loaded) == encoded, f"pqc_{kind}_bytes is not what was loaded")
            that(calls.number("uint32_t", f"pqc_{kind}_algorithm", key) == row.algorithm, "wrong algorithm of a key")
            that(calls.number("uint32_t", f"pqc_{kind}_options", key) > 0, "a key has no options")
            that(calls.number("size_t", f"pqc_{kind}_resident_bytes", key) > 0, "a key takes no memory")
        if row.seed_bytes:
            that(calls.buffer("pqc_private_key_seed", self.private) == start, "a key returns another seed")
        made = calls.handle("private_key", "pqc_private_key_generate", row.algorithm, 0)
        other = calls.handle("public_key", "pqc_private_key_public_key", made)
        for one, is_same in ((loaded, 1), (other, 0)):
            found = calls.number("uint32_t", "pqc_public_key_equal", self.public, one)
            that(found == is_same, f"pqc_public_key_equal is {found} instead of {is_same}")
        private = calls.buffer("pqc_private_key_bytes", self.private)
        return [start, encoded, b"" if private == start else private]

    def check_kem(self) -> list[bytes]:
        calls, row, that = self.calls, self.row, self.that
        randomness = bytes(each % 256 for each in range(100, 100 + row.randomness_bytes))
        ciphertext, secret = calls.buffers("pqc_encapsulate_derand", self.public, randomness, outputs=2)
        sizes = row.ciphertext_bytes, row.shared_secret_bytes
        that((len(ciphertext), len(secret)) == sizes, "an exchange has other sizes than in the table")
        got = calls.buffer("pqc_decapsulate", self.private, ciphertext)
        that(got == secret, "pqc_decapsulate returns another secret than known")
        other = calls.buffer("pqc_decapsulate", self.private, _flipped(ciphertext))
        that(other != secret, "a tampered ciphertext has the same secret")
        for sent, shared in (
            calls.buffers("pqc_encapsulate", self.public, outputs=2),
            calls.into("pqc_encapsulate_into", self.public, sizes=sizes),
        ):
            [got] = calls.into("pqc_decapsulate_into", self.private, sent, sizes=sizes[1:])
            that(got == shared, "the two sides of an exchange have different secrets")
        self._check_kem_batches(*sizes)
        return [randomness, ciphertext, secret]

    def _check_kem_batches(self, ciphertext_bytes: int, secret_bytes: int) -> None:
        """Check that a batch makes and recovers the secrets of single calls, and that a bad item affects no other."""
        count, sent = 3, ffi.new("uint8_t[]", 3 * ciphertext_bytes)
        shared, got = (ffi.new("uint8_t[]", count * secret_bytes) for _ in range(2))
        statuses, one = ffi.new("int32_t[]", count), ffi.new("PqcPublicKey *[1]", [self.public])
        keys = ffi.new("PqcPublicKeys *", {"handles": one, "handle_count": 1})
        columns = [_mut_column(sent, ciphertext_bytes), _mut_column(shared, secret_bytes)]
        self.calls.ok("pqc_encapsulate_batch", keys, count, 2, *columns, statuses)
        slices = ffi.new(
            "PqcSlice[]", [(sent + number * ciphertext_bytes, ciphertext_bytes) for number in range(count)]
        )
        slices[1].len -= 1
        ciphertexts, owners = ffi.new("PqcColumn *", {"slices": slices}), ffi.new("PqcPrivateKey *[1]", [self.private])
        outputs = _mut_column(got, secret_bytes), statuses
        found = self.calls.pqc_decapsulate_batch(owners, 1, ciphertexts, count, 2, *outputs), [*statuses]
        wanted = [lib.PQC_STATUS_OK, lib.PQC_STATUS_CIPHERTEXT_LENGTH, lib.PQC_STATUS_OK]
        self.that(found == (lib.PQC_STATUS_BATCH_ITEMS, wanted), f"pqc_decapsulate_batch: {found[1]}")
        expected = [*_copy(shared, len(shared))]
        expected[secret_bytes : 2 * secret_bytes] = bytes(secret_bytes)
        self.that([*got] == expected, "pqc_decapsulate_batch recovers other secrets")

    def check_signatures(self) -> list[bytes]:
        """Check signatures of every kind.

        A deterministic signature uses a fixed value of the standard instead of randomness, so it is known too. A set
        that signs slowly makes one signature: other sets of its family cover the rest.
        """
        calls, row, that = self.calls, self.row, self.that
        rnd = bytes(range(100, 100 + row.randomness_bytes))
        signature = calls.buffer("pqc_sign_derand", self.private, _MESSAGE, _CONTEXT, rnd)
        that(len(signature) <= row.signature_bytes, "a signature is longer than in the table")
        known, verified = [_MESSAGE, _CONTEXT, rnd, signature], (self.public, _MESSAGE, _CONTEXT)
        if row.slowest_us > _SLOW_US:
            self._check_verify("pqc_verify", verified, [signature])
            return known
        inputs = self.private, _MESSAGE, _CONTEXT, lib.PQC_SIGN_DETERMINISTIC
        fixed = calls.buffer("pqc_sign", *inputs)
        [into] = calls.into("pqc_sign_into", *inputs, sizes=(row.signature_bytes,))
        that(into == fixed, "pqc_sign_into makes another signature than pqc_sign")
        hedged = calls.buffer("pqc_sign", *inputs[:3], 0)
        that(hedged != fixed, "a hedged signature is the deterministic one")
        self._check_verify("pqc_verify", verified, [signature, fixed, hedged])
        self._check_signature_batches()
        known.append(fixed)
        if self._can(lib.PQC_STATUS_OK, "pqc_sign_prehashed", self.private, _HASH, _DIGEST, ffi.NULL, 0, 0):
            known += self._check_digests(rnd)
        longer = bytes(lib.MLDSA_MAXCONTEXTBYTES + 1)  # so that no mu is begun
        begin = "pqc_mu_hasher_from_public_key", self.public, longer
        if self._can(lib.PQC_STATUS_CONTEXT_LENGTH, *begin, out="PqcMuHasher **"):
            known.append(self._check_mu(signature, rnd))
        return known

    def _can(self, able: int, name: str, *arguments: Any, out: str = "FFIBuffer *") -> bool:
        """Return whether the algorithm has the operation of a function, whose status is `able` then."""
        result = ffi.new(out)
        status = getattr(self.calls, name)(*arguments, result)
        if out == "FFIBuffer *":
            self.calls.ffi_buffer_free(result)
        expected = status in {able, lib.PQC_STATUS_WRONG_ALGORITHM}
        self.that(expected, f"asked for its abilities, the library has the status {status}")
        return bool(status == able)

    def _check_digests(self, rnd: bytes) -> list[bytes]:
        hashed = _HASH, _DIGEST, _CONTEXT
        prehashed = self.calls.buffer("pqc_sign_prehashed_derand", self.private, *hashed, rnd)
        internal = self.calls.buffer("pqc_sign_internal", self.private, _FORMATTED, rnd)
        hedged = self.calls.buffer("pqc_sign_prehashed", self.private, *hashed, 0)
        self._check_verify("pqc_verify_prehashed", (self.public, *hashed), [prehashed, hedged])
        self._check_verify("pqc_verify_internal", (self.public, _FORMATTED), [internal])
        return [_FORMATTED, _DIGEST, prehashed, internal]

    def _check_verify(self, function: str, inputs: tuple[Any, ...], signatures: list[bytes]) -> None:
        """Check that signatures are valid, and that tampered copies are not."""
        for each in signatures:
            self.calls.ok(function, *inputs, each)
            status = getattr(self.calls, function)(*inputs, _flipped(each))
            self.that(status == lib.PQC_STATUS_INVALID_SIGNATURE, f"{function} accepts a tampered signature")

    def _check_mu(self, signature: bytes, rnd: bytes) -> bytes:
        """Check signatures of the mu of the message, and return it."""
        calls = self.calls
        hasher = calls.handle("mu_hasher", "pqc_mu_hasher_from_public_key", self.public, _CONTEXT)
        calls.ok("pqc_mu_hasher_update", hasher, _MESSAGE)
        copied = calls.handle("mu_hasher", "pqc_mu_hasher_copy", hasher)
        calls.ok("pqc_mu_hasher_update", hasher, _MESSAGE)
        mu = calls.buffer("pqc_mu_hasher_finalize", copied)
        from_mu = calls.buffer("pqc_sign_mu_derand", self.private, mu, rnd)
        self.that(from_mu == signature, "mu and its message have different signatures")
        hedged = calls.buffer("pqc_sign_mu", self.private, mu, 0)
        self._check_verify("pqc_verify_mu", (self.public, mu), [signature, hedged])
        return mu

    def _check_signature_batches(self) -> None:
        """Check that a batch signs and verifies as single calls do, and that a bad item does not affect others."""
        calls, row, count, size = self.calls, self.row, 3, self.row.signature_bytes
        statuses, lens = ffi.new("int32_t[]", count), ffi.new("size_t[]", count)
        signed = ffi.new("uint8_t[]", count * size)
        inputs = [ffi.new("PqcColumn *", {"data": input_array(a), "len": len(a)}) for a in (_MESSAGE, _CONTEXT)]
        owners = ffi.new("PqcPrivateKey *[1]", [self.private])
        calls.ok("pqc_sign_batch", owners, 1, *inputs, count, 0, 2, _mut_column(signed, size, lens), statuses)
        fit = [*lens] == [size] * count if not row.signature_varies else all(0 < each <= size for each in lens)
        self.that(fit, f"pqc_sign_batch reports the lengths {[*lens]}")
        signed[size] ^= 1
        one, given = ffi.new("PqcPublicKey *[1]", [self.public]), calls.buffer("pqc_public_key_bytes", self.public)
        slices = ffi.new("PqcSlice[]", [(signed + number * size, each) for number, each in enumerate(lens)])
        signatures = ffi.new("PqcColumn *", {"slices": slices})
        wanted = [lib.PQC_STATUS_OK, lib.PQC_STATUS_INVALID_SIGNATURE, lib.PQC_STATUS_OK]
        algorithms, encoded = ffi.new("uint32_t[1]", [row.algorithm]), input_array(given)
        encodings = {"encodings": {"data": encoded, "len": len(given)}, "algorithms": algorithms, "algorithm_count": 1}
        for fields in ({"handles": one, "handle_count": 1}, encodings):
            status = calls.pqc_verify_batch(ffi.new("PqcPublicKeys *", fields), *inputs, signatures, count, 2, statuses)
            found = status, [*statuses]
            self.that(found == (lib.PQC_STATUS_BATCH_ITEMS, wanted), f"pqc_verify_batch: {found}")

    def check_formats(self) -> list[bytes]:
        calls, der = self.calls, lib.PQC_ENCODING_DER
        to_pkcs8 = "pqc_private_key_to_pkcs8", self.private, ffi.NULL, 0
        has_seed_form = self._can(lib.PQC_STATUS_OK, *to_pkcs8, lib.PQC_PRIVATE_KEY_SEED, der)
        smallest = lib.PQC_PRIVATE_KEY_SEED if has_seed_form else lib.PQC_PRIVATE_KEY_EXPANDED
        pkcs8 = calls.buffer(*to_pkcs8, smallest, der)
        loaded = calls.handle("private_key", "pqc_private_key_from_pkcs8", 0, pkcs8, ffi.NULL, 0, 0)
        same = calls.buffer("pqc_private_key_bytes", loaded) == calls.buffer("pqc_private_key_bytes", self.private)
        self.that(same, "PKCS#8 holds another key")
        spki = calls.buffer("pqc_public_key_to_spki", self.public, der)
        read = calls.handle("public_key", "pqc_public_key_from_spki", 0, spki)
        is_same = calls.number("uint32_t", "pqc_public_key_equal", self.public, read)
        self.that(is_same, "SubjectPublicKeyInfo holds another key")
        kind, algorithm = ffi.new("uint32_t *"), ffi.new("uint32_t *")
        calls.ok("ffi_key_algorithm", spki, kind, algorithm)
        found = kind[0], algorithm[0]
        self.that(
            found == (lib.PQC_KEY_KIND_PUBLIC, self.row.algorithm), "ffi_key_algorithm does not recognise a public key"
        )
        return [pkcs8, spki]


def _mut_column(memory: Any, size: int, lens: Any = ffi.NULL) -> Any:
    return ffi.new("PqcMutColumn *", {"data": memory, "len": size, "stride": size, "lens": lens})


def check_first_names(calls: Calls) -> None:
    """Check the eight functions with the names of the first version, and the generation of many keys."""
    pair, other = ffi.new("PqcPrivateKey **"), ffi.new("PqcPrivateKey *[2]")
    statuses = ffi.new("int32_t[2]")
    calls.ok("mlkem_keypair_generate", 768, 0, pair)
    public = calls.handle("public_key", "pqc_private_key_public_key", pair[0])
    ciphertext, sent = calls.buffers("mlkem_encapsulate", public, outputs=2)
    got = calls.buffer("mlkem_decapsulate", pair[0], ciphertext)
    calls.checks.that(got == sent, "mlkem_decapsulate returns another secret than mlkem_encapsulate")
    calls.mlkem_keypair_free(pair[0])
    calls.ok("mldsa_keypair_generate", 65, 0, pair)
    public = calls.handle("public_key", "pqc_private_key_public_key", pair[0])
    signature = calls.buffer("mldsa_sign", pair[0], _MESSAGE, _CONTEXT, 0)
    calls.ok("mldsa_verify", public, _MESSAGE, _CONTEXT, signature)
    calls.mldsa_keypair_free(pair[0])
    calls.ok("pqc_private_key_generate_batch", lib.PQC_ALGORITHM_MLKEM768, 0, 2, 2, other, statuses)
    calls.checks.that([*statuses] == [0, 0] and all(other), "pqc_private_key_generate_batch made too few keys")
    for each in other:
        calls.pqc_private_key_free(each)


def check_exchanges(calls: Calls) -> None:
    """Check that both sides of each key exchange have the same secret, and that the halves are in the places of TLS."""
    count = 0
    while row := calls.pqc_exchange_at(count):
        name, sizes = _text(row.name), (row.ciphertext_bytes, row.shared_secret_bytes)
        key = calls.handle("exchange_key", "pqc_exchange_key_generate", row.exchange, 0)
        share = calls.buffer("pqc_exchange_key_share", key)
        calls.checks.that(len(share) == row.share_bytes, f"{name}: the share has another length than in the table")
        loaded = calls.handle("exchange_share", "pqc_exchange_share_from_bytes", row.exchange, 0, share)
        ciphertext, sent = calls.into("pqc_exchange_encapsulate_into", loaded, sizes=sizes)
        [received] = calls.into("pqc_exchange_decapsulate_into", key, ciphertext, sizes=sizes[1:])
        calls.checks.that(sent == received, f"{name}: the two sides have different secrets")
        count += 1
    calls.checks.that(count > 0, "the library has no key exchange")


def check_encryption(calls: Calls) -> None:
    """Check that an encrypted key opens with its password."""
    that, password = calls.checks.that, b"password"
    private = calls.handle("private_key", "pqc_private_key_generate", lib.PQC_ALGORITHM_MLDSA44, 0)
    form = lib.PQC_PRIVATE_KEY_SEED, lib.PQC_ENCODING_DER
    encoded = calls.buffer("pqc_private_key_to_pkcs8", private, password, *form)
    loaded = calls.handle("private_key", "pqc_private_key_from_pkcs8", 0, encoded, password, 0)
    same = calls.buffer("pqc_private_key_seed", loaded) == calls.buffer("pqc_private_key_seed", private)
    that(same, "an encrypted key opens as another")
    cost = calls.number("uint64_t", "ffi_key_kdf_cost", encoded)
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


def _flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]
