"""SLH-DSA has keys of sets that share every length, signatures, files, batches, and the check against faults."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import pickle
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest
from cryptography import x509

from qynauth_pqc import (
    BatchError,
    FaultDetectedError,
    InvalidKeyError,
    InvalidLengthError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    SLHDSAParameterSet,
    SLHDSAPrivateKey,
    SLHDSAPublicKey,
    UnsupportedError,
    WrongAlgorithmError,
    derandomized,
    load_private_key,
    load_public_key,
    sign_file,
    verify_file,
)
from qynauth_pqc.batch import sign_many, verify_many
from qynauth_pqc.integrations import aio
from qynauth_pqc.integrations.x509 import public_key as subject_of
from qynauth_pqc.integrations.x509 import verify_certificate
from qynauth_pqc.prehash import PREHASHES

# Written down from FIPS 205, section 11, table 2: n, bytes of a signature, security category.
SETS: dict[Any, tuple[int, int, int]] = {
    f"SLH-DSA-{family}-{bits}{kind}": (bits // 8, size, category)
    for family in ("SHA2", "SHAKE")
    for bits, category, sizes in ((128, 1, (7856, 17088)), (192, 3, (16224, 35664)), (256, 5, (29792, 49856)))
    for kind, size in zip("sf", sizes, strict=True)
}
QUICK: Final = "SLH-DSA-SHA2-128f"
OTHERS: list[Any] = ["SLH-DSA-SHA2-128s", "SLH-DSA-SHAKE-128s", "SLH-DSA-SHAKE-128f"]  # with keys of the same lengths
KEY = SLHDSAPrivateKey.generate(QUICK)
ENCODED = KEY.public_key.public_bytes()
SIGNATURE = KEY.sign(b"message", context=b"context")
EXAMPLES = Path(__file__).resolve().parent / "support" / "rfc9909"


def private_bytes(key: SLHDSAPrivateKey) -> bytearray:
    """Return a copy of an encoded private key."""
    with key.private_bytes() as encoded:
        return bytearray(encoded.view())


@pytest.mark.parametrize("name", SETS)
def test_every_set_has_its_sizes_and_signs(name: Any) -> None:
    """Sizes are of FIPS 205, identifiers of RFC 9909; a small signature takes up to a second."""
    n, size, category = SETS[name]
    chosen = SLHDSAParameterSet(name)
    number = 20 + [*SETS].index(name)
    assert (chosen.id, chosen.oid, chosen.security_category) == (
        205000 + number,
        f"2.16.840.1.101.3.4.3.{number}",
        category,
    )
    sizes = chosen.public_key_bytes, chosen.private_key_bytes, chosen.seed_bytes, chosen.randomness_bytes
    assert (*sizes, chosen.signature_bytes) == (2 * n, 4 * n, 3 * n, n, size)
    key = SLHDSAPrivateKey.from_seed(bytes(range(3 * n)), name)
    signature = key.sign(b"message", context=b"context")
    assert len(signature) == size
    key.public_key.verify(b"message", signature, context=b"context")
    with pytest.raises(InvalidSignatureError):
        key.public_key.verify(b"message", signature)


def test_seed_is_what_the_private_key_begins_with() -> None:
    """It is SK.seed, SK.prf and PK.seed: a loaded key has it too, and it makes the same key."""
    encoded = private_bytes(KEY)
    loaded = SLHDSAPrivateKey.from_private_bytes(encoded, QUICK)
    with loaded.seed() as seed, SLHDSAPrivateKey.from_seed(seed, QUICK) as again:
        assert bytes(seed.view()) == encoded[:48]
        assert private_bytes(again) == encoded
        assert again.public_key.public_bytes() == encoded[32:] == ENCODED


def test_set_must_be_named() -> None:
    """Four sets share each length, so no class method takes the set from it."""
    sets = "SLH-DSA-SHA2-128s or SLH-DSA-SHA2-128f or SLH-DSA-SHAKE-128s or SLH-DSA-SHAKE-128f"
    for load, data, kind in (
        (SLHDSAPublicKey.from_public_bytes, ENCODED, "public key of 32 bytes"),
        (SLHDSAPublicKey.from_public_bytes, bytearray(ENCODED), "public key of 32 bytes"),
        (SLHDSAPrivateKey.from_private_bytes, private_bytes(KEY), "private key of 64 bytes"),
    ):
        with pytest.raises(TypeError, match=f"{kind} may be of {sets}; pass parameter_set="):
            load(data)
    with pytest.raises(TypeError, match="parameter_set"):
        SLHDSAPrivateKey.from_seed(bytes(48))  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"parameter_set="):
        verify_many([ENCODED], b"message", [SIGNATURE])


@pytest.mark.parametrize("other", OTHERS)
def test_keys_of_another_set_differ_and_refuse(other: Any) -> None:
    """The bytes are the same; comparisons, pickles, copies, files and signatures differ."""
    public = SLHDSAPublicKey.from_public_bytes(ENCODED, other)
    assert public.public_bytes() == ENCODED
    assert public != KEY.public_key
    assert len({public, KEY.public_key, SLHDSAPublicKey.from_public_bytes(ENCODED, other)}) == 2
    pickled = pickle.loads(pickle.dumps(public))  # noqa: S301 - made here
    for each in (pickled, copy.copy(public), load_public_key(public.to_spki())):
        assert (each, each.parameter_set) == (public, other)
    with pytest.raises(InvalidSignatureError):
        public.verify(b"message", SIGNATURE, context=b"context")
    assert verify_many([public, KEY.public_key], b"message", [SIGNATURE] * 2, contexts=b"context") == [False, True]
    assert verify_many(
        [ENCODED] * 2, b"message", [SIGNATURE] * 2, contexts=b"context", parameter_set=[other, QUICK]
    ) == [
        False,
        True,
    ]


def test_length_of_no_set_is_refused_with_the_sets_of_each_length() -> None:
    """The error lists each length once."""
    sets = "SLH-DSA-SHA2-{0}s or SLH-DSA-SHA2-{0}f or SLH-DSA-SHAKE-{0}s or SLH-DSA-SHAKE-{0}f"
    expected = ", ".join(f"{bits // 4} ({sets.format(bits)})" for bits in (128, 192, 256))
    with pytest.raises(InvalidKeyError) as caught:
        SLHDSAPublicKey.from_public_bytes(bytes(33))
    assert str(caught.value) == f"public key has the wrong length: expected {expected} bytes, got 33"


@pytest.mark.parametrize("kind", ["public", "private", "seed"])
def test_wrong_lengths_are_refused(kind: str) -> None:
    """The error names the size that the named set demands."""
    right = {"public": 32, "private": 64, "seed": 48}[kind]
    load: Any = {
        "public": SLHDSAPublicKey.from_public_bytes,
        "private": SLHDSAPrivateKey.from_private_bytes,
        "seed": SLHDSAPrivateKey.from_seed,
    }[kind]
    error = InvalidLengthError if kind == "seed" else InvalidKeyError
    for size in (0, right - 1, right + 1, 2 * right):
        with pytest.raises(error, match=f"expected {right} bytes for {QUICK}, got {size}"):
            load(bytes(size), QUICK)


def test_signatures_of_wrong_lengths_or_with_a_changed_byte_are_invalid() -> None:
    """The byte is in R, in FORS, in each layer of the hypertree, or at the end."""
    size, verify = len(SIGNATURE), KEY.public_key.verify
    for wrong in (b"", SIGNATURE[:-1], SIGNATURE + b"\0", bytes(7856)):
        with pytest.raises(InvalidSignatureError, match=f"expected {size} bytes for {QUICK}, got {len(wrong)}"):
            verify(b"message", wrong, context=b"context")
    fors_end = 16 * (1 + 33 * (1 + 6))
    layers = [fors_end + layer * 16 * (35 + 3) for layer in range(22)]
    for position in (0, 15, 16, fors_end - 1, *layers, size - 1):
        changed = bytearray(SIGNATURE)
        changed[position] ^= 1
        with pytest.raises(InvalidSignatureError):
            verify(b"message", changed, context=b"context")


def test_signatures_are_hedged_and_deterministic_ones_take_pk_seed() -> None:
    """ML-DSA takes zeros instead (FIPS 205, algorithm 22)."""
    fixed = KEY.sign(b"message", deterministic=True)
    assert fixed == KEY.sign(b"message", deterministic=True)
    assert fixed == derandomized.sign_with(KEY, b"message", ENCODED[:16])
    assert fixed not in {derandomized.sign_with(KEY, b"message", bytes(16)), KEY.sign(b"message")}
    with pytest.raises(InvalidLengthError, match="expected 16 bytes, got 32"):
        derandomized.sign_with(KEY, b"message", bytes(32))


def test_internal_functions_take_the_formatted_message() -> None:
    """M' has the context, so that both interfaces make the same signature (FIPS 205, 10.2)."""
    signature = derandomized.sign_with(KEY, b"message", bytes(16), b"context")
    assert derandomized.sign_internal(KEY, b"\0\7contextmessage", bytes(16)) == signature
    derandomized.verify_internal(KEY.public_key, b"\0\7contextmessage", signature)
    with pytest.raises(InvalidSignatureError):
        derandomized.verify_internal(KEY.public_key, b"message", signature)


@pytest.mark.parametrize("prehash", PREHASHES)
def test_digests_are_signed_with_every_hash_function(prehash: str) -> None:
    """A signature is valid with its own function only, and not as a plain one."""
    signature = KEY.sign(b"message", prehash=prehash, deterministic=True)
    KEY.public_key.verify(b"message", signature, prehash=prehash)
    for other in (None, "SHA-256" if prehash != "SHA-256" else "SHA3-256"):
        with pytest.raises(InvalidSignatureError):
            KEY.public_key.verify(b"message", signature, prehash=other)


def test_file_is_signed_by_its_digest_only(tmp_path: Path) -> None:
    """A plain signature hashes the message twice; there is no external mu."""
    path = tmp_path / "file"
    path.write_bytes(b"content")
    signature = sign_file(KEY, path, prehash="SHA-256")
    verify_file(KEY.public_key, path, signature, prehash="SHA-256")
    KEY.public_key.verify(b"content", signature, prehash="SHA-256")
    for refused in (lambda: sign_file(KEY, path), lambda: verify_file(KEY.public_key, path, signature)):
        with pytest.raises(WrongAlgorithmError, match=f"{QUICK} signs a file by its digest only; pass prehash="):
            refused()


def test_long_context_and_unknown_hash_are_refused() -> None:
    """The errors are the same as for ML-DSA."""
    for context in (bytes(256), bytes(1000)):
        with pytest.raises(InvalidLengthError, match=f"expected at most 255 bytes, got {len(context)}"):
            KEY.sign(b"message", context=context)
    KEY.public_key.verify(b"m", KEY.sign(b"m", context=bytes(255)), context=bytes(255))
    with pytest.raises(UnsupportedError, match="unknown hash function"):
        KEY.sign(b"message", prehash="MD5")


@pytest.mark.parametrize("password", [None, b"password"])
@pytest.mark.parametrize("encoding", ["PEM", "DER"])
def test_files_hold_the_private_key_alone(encoding: str, password: bytes | None) -> None:
    """The OCTET STRING is the private key, in no CHOICE (RFC 9909, section 6)."""
    with KEY.to_pkcs8(encoding, password=password) as encoded:
        loaded = load_private_key(encoded, password)
    assert (type(loaded), loaded.parameter_set) == (SLHDSAPrivateKey, QUICK)
    assert private_bytes(loaded) == private_bytes(KEY)  # type: ignore[arg-type]
    for form in ("seed", "both"):
        with pytest.raises(WrongAlgorithmError, match=f'{QUICK} has the form "expanded" only'):
            KEY.to_pkcs8(encoding, form)


def test_der_is_as_in_the_rfc() -> None:
    """It has version 0, an identifier without parameters, and 64 bytes (RFC 9909, sections 3 to 6)."""
    identifier = bytes.fromhex("300b 0609 6086480165030403 15")
    with KEY.to_pkcs8("DER") as encoded:
        assert bytes(encoded.view()) == b"\x30\x52\x02\x01\0" + identifier + b"\x04\x40" + private_bytes(KEY)
    assert KEY.public_key.to_spki("DER") == b"\x30\x30" + identifier + b"\x03\x21\0" + ENCODED


def test_examples_of_the_rfc_are_read_and_written() -> None:
    """They are keys and a self-signed certificate of SLH-DSA-SHA2-128s (RFC 9909, appendix)."""
    private, public, signed = (
        EXAMPLES.joinpath(f"SLH-DSA-SHA2-128s.{each}").read_bytes() for each in ("priv", "pub", "crt")
    )
    key = load_private_key(private)
    assert key.parameter_set == "SLH-DSA-SHA2-128s"
    assert (bytes(key.to_pkcs8()), key.public_key.to_spki()) == (private, public)
    assert load_public_key(public) == key.public_key
    certificate = x509.load_pem_x509_certificate(signed)
    assert subject_of(certificate) == key.public_key
    verify_certificate(certificate)
    with pytest.raises(InvalidSignatureError, match="signature is not valid"):
        verify_certificate(certificate, SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128s").public_key)


@pytest.mark.parametrize("last", range(35, 47))
def test_keys_that_sign_digests_only_are_refused(last: int) -> None:
    """The message names the identifier id-hash-slh-dsa-* (RFC 9909, section 3)."""
    with KEY.to_pkcs8("DER") as encoded:
        private = bytearray(encoded.view())
    private[17] = last  # the last byte of the identifier
    public = bytearray(KEY.public_key.to_spki("DER"))
    public[14] = last
    for load, data in ((load_private_key, private), (load_public_key, public)):
        with pytest.raises(UnsupportedError, match=rf"algorithm 2\.16\.840\.1\.101\.3\.4\.3\.{last}$"):
            load(data)


def test_public_half_of_a_file_is_derived_again() -> None:
    """A changed PK.root is refused. Raw loading and `fault_check=False` take it; no checked signature is released."""
    for position in (32, 48, 63):  # PK.seed, PK.root
        with KEY.to_pkcs8("DER") as encoded:
            damaged = bytearray(encoded.view())
        damaged[position - 64] ^= 1
        with pytest.raises(InvalidKeyError, match="private key does not match its public key"):
            load_private_key(damaged)
        unchecked = load_private_key(damaged, fault_check=False)
        raw = SLHDSAPrivateKey.from_private_bytes(damaged[-64:], QUICK)
        with pytest.raises(FaultDetectedError, match="check of a signature against faults failed"):
            raw.sign(b"message")
        with pytest.raises(FaultDetectedError):
            raw.sign(b"message", prehash="SHA-256")
        with pytest.raises(BatchError) as failed:
            sign_many([raw, KEY], [b"message"] * 2)
        assert {index: type(error) for index, error in failed.value.errors.items()} == {0: FaultDetectedError}
        assert failed.value.results[0] is None
        with pytest.raises(InvalidSignatureError):
            unchecked.public_key.verify(b"message", unchecked.sign(b"message"))  # type: ignore[union-attr]


def test_batches_sign_and_verify_as_single_calls() -> None:
    """They have one key, or a key for each item, of several sets and families; Arrow columns too."""
    other, mldsa = SLHDSAPrivateKey.generate("SLH-DSA-SHAKE-128f"), MLDSAPrivateKey.generate("ML-DSA-44")
    messages = [b"message %d" % number for number in range(9)]
    keys = [(KEY, other, mldsa)[number % 3] for number in range(9)]
    signatures = sign_many(keys, messages, contexts=b"c", deterministic=True)
    assert signatures == [
        key.sign(each, context=b"c", deterministic=True) for key, each in zip(keys, messages, strict=True)
    ]
    spoilt = list(signatures)
    spoilt[4] = spoilt[4][:-1] + bytes([spoilt[4][-1] ^ 1])
    publics = [key.public_key for key in keys]
    assert verify_many(publics, messages, spoilt, contexts=b"c") == [number != 4 for number in range(9)]
    one = sign_many(KEY, pa.array(messages[:3], pa.binary()))
    assert verify_many(KEY.public_key, pa.array(messages[:3], pa.binary()), one) == [True] * 3
    assert len(SLHDSAPrivateKey.generate_many(QUICK, 3)) == 3


def test_batch_of_slow_set_uses_every_thread_and_reports_progress() -> None:
    """Each time slice, also the first, has an item for each thread."""
    key, done = SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128s"), list[int]()
    signatures = sign_many(key, [b"0", b"1", b"2"], threads=2, progress=done.append)
    assert done == [2, 1]
    assert verify_many(key.public_key, [b"0", b"1", b"2"], signatures) == [True] * 3


def test_time_slices_stay_short_where_slow_keys_follow_many_quick_ones() -> None:
    """Quick items do not predict slow ones; Ctrl-C would wait for all of those."""
    quick, slow, done = MLDSAPrivateKey.generate("ML-DSA-44"), SLHDSAPrivateKey.generate(OTHERS[0]), list[int]()
    sign_many([quick] * 70 + [slow] * 3, [b"message"] * 73, threads=1, progress=done.append)
    assert done == [1] * 73
    done.clear()
    sign_many([quick] * 70 + [KEY] * 3, [b"message"] * 73, progress=done.append)
    assert sum(done) == 73
    assert max(done) == KEY.parameter_set.first_items


def test_key_that_signs_often_keeps_leaves_of_its_highest_tree() -> None:
    """From the second signature on, or from the start, or never: the signature is the same."""
    seed, sizes = bytes(range(48)), list[list[int]]()
    signatures = set[bytes]()
    for precompute in (None, True, False):
        key = SLHDSAPrivateKey.from_seed(seed, "SLH-DSA-SHA2-128s", precompute=precompute, fault_check=False)
        sizes.append([key.resident_bytes])
        for _ in range(2):
            signatures.add(key.sign(b"message", deterministic=True))
            sizes[-1].append(key.resident_bytes)
    assert (len(signatures), sizes) == (1, [[64, 64, 12352], [12352] * 3, [64] * 3])


def test_coroutines_sign_and_verify() -> None:
    """They use a thread, as for other families."""

    async def work() -> Any:
        signatures = await aio.sign_many(KEY, [b"a", b"b"])
        return await aio.verify_many(KEY.public_key, [b"a", b"c"], signatures)

    assert asyncio.run(work()) == [True, False]


@pytest.mark.parametrize("path", ["best", "portable"])
def test_options_are_kept_and_paths_agree(path: str) -> None:
    """Locked memory, no check, and any code path make the same signature."""
    with KEY.seed() as seed:
        key = SLHDSAPrivateKey.from_seed(seed, QUICK, code_path=path, locked_memory=True, fault_check=False)
    assert (
        hashlib.sha256(key.sign(b"m", deterministic=True)).digest()
        == hashlib.sha256(KEY.sign(b"m", deterministic=True)).digest()
    )
    assert key.resident_bytes == 64
    with pytest.raises(TypeError, match="fault_check must be bool"):
        SLHDSAPrivateKey.generate(QUICK, fault_check=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="parallel must be bool"):
        SLHDSAPrivateKey.generate(QUICK, parallel=2)  # type: ignore[arg-type]
