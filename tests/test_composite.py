"""Composite signatures of the public API agree with an independent reading of the draft."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha512
from typing import TYPE_CHECKING

import composite_draft as draft
import pytest
from conftest import CHOICES, COMPOSITE, Options, Sizes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from qynauth_pqc import (
    CompositePrivateKey,
    CompositePublicKey,
    InvalidLengthError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    WrongAlgorithmError,
    derandomized,
    load_private_key,
    load_public_key,
    sign_file,
    verify_file,
)
from qynauth_pqc.metrics._snapshot import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MESSAGE, CONTEXT = b"message", b"context"
KEYS = {sizes.name: CompositePrivateKey.generate(sizes.name) for sizes in COMPOSITE}
OTHERS = {name: CompositePrivateKey.generate(name) for name in KEYS}
SIGNATURES = {name: key.sign(MESSAGE, context=CONTEXT) for name, key in KEYS.items()}
CURVES = [name for name in KEYS if draft.ROWS[name].curve]
ORDERS = {name: draft.CURVES[row.curve].group_order for name, row in draft.ROWS.items() if row.curve}


@pytest.fixture(params=CHOICES)
def options(request: pytest.FixtureRequest) -> Options:
    """Return the options for each code path of this machine."""
    return CHOICES[request.param]


def halves(name: str, signature: bytes) -> tuple[bytes, bytes]:
    """Return the ML-DSA half of the signature and the classical half."""
    size = draft.ROWS[name].signature_size
    return signature[:size], signature[size:]


def check(name: str, signature: bytes, *, is_valid: bool) -> None:
    """Check the library's verdict on a signature of the message; an invalid one has its own error."""
    if is_valid:
        KEYS[name].public_key.verify(MESSAGE, signature, context=CONTEXT)
    else:
        with pytest.raises(InvalidSignatureError, match="signature is not valid"):
            KEYS[name].public_key.verify(MESSAGE, signature, context=CONTEXT)


# The vectors and the other reading of the draft


def test_signatures_of_the_vectors_verify(
    composite_vector: dict[str, bytes], composite: Sizes, options: Options
) -> None:
    """Each verifies with its context, and with no other."""
    key = CompositePublicKey.from_public_bytes(composite_vector["pk"], composite.name, **options)
    key.verify(composite_vector["m"], composite_vector["s"])
    key.verify(composite_vector["m"], composite_vector["sWithContext"], context=composite_vector["ctx"])
    for signature, context in (composite_vector["s"], composite_vector["ctx"]), (composite_vector["sWithContext"], b""):
        with pytest.raises(InvalidSignatureError):
            key.verify(composite_vector["m"], signature, context=context)


def test_keys_of_the_vectors_load_and_encode_to_the_same_bytes(
    composite_vector: dict[str, bytes], composite: Sizes, options: Options
) -> None:
    """The private key is raw and in PKCS#8, and the public key is in the certificate."""
    key = CompositePrivateKey.from_private_bytes(composite_vector["sk"], composite.name, **options)
    loaded = load_private_key(composite_vector["sk_pkcs8"], **options)
    assert isinstance(loaded, CompositePrivateKey)
    assert key.public_key.public_bytes() == loaded.public_key.public_bytes() == composite_vector["pk"]
    assert key.private_bytes() == loaded.private_bytes() == composite_vector["sk"]
    assert key.to_pkcs8("DER") == composite_vector["sk_pkcs8"]
    spki = key.public_key.to_spki("DER")
    assert spki in composite_vector["x5c"]
    assert load_public_key(spki) == loaded.public_key


def test_other_reading_verifies_what_keys_of_the_vectors_sign(
    composite_vector: dict[str, bytes], composite: Sizes
) -> None:
    """The signatures have the context of the vectors."""
    signature = CompositePrivateKey.from_private_bytes(composite_vector["sk"], composite.name).sign(
        composite_vector["m"], context=composite_vector["ctx"]
    )
    assert draft.verify(
        draft.ROWS[composite.name], composite_vector["pk"], composite_vector["m"], composite_vector["ctx"], signature
    )


@pytest.mark.parametrize("size", [0, 1, 255])
def test_signatures_of_either_verify_with_the_other(composite: Sizes, size: int) -> None:
    """Both sides make keys, and use contexts from the shortest to the longest."""
    row, context = draft.ROWS[composite.name], b"c" * size
    ours = CompositePrivateKey.generate(composite.name)
    public = ours.public_key.public_bytes()
    assert draft.public_key(row, bytes(ours.private_bytes())) == public
    assert draft.verify(row, public, MESSAGE, context, ours.sign(MESSAGE, context=context))
    encoded = draft.generate(row)
    theirs = CompositePrivateKey.from_private_bytes(encoded, composite.name)
    assert theirs.public_key.public_bytes() == draft.public_key(row, encoded)
    theirs.public_key.verify(MESSAGE, draft.sign(row, encoded, MESSAGE, context), context=context)


# Signatures


@pytest.mark.parametrize("message", [b"", b"m", bytes(1 << 20)], ids=["empty", "one byte", "1 MiB"])
def test_signature_verifies_and_is_as_long_as_the_draft_says(composite: Sizes, message: bytes) -> None:
    """Except for one in millions, ECDSA's half is at most 8 bytes shorter; Ed25519's has one length."""
    signature = KEYS[composite.name].sign(message)
    KEYS[composite.name].public_key.verify(message, signature)
    shortest = composite.output - 8 if composite.name in CURVES else composite.output
    assert shortest <= len(signature) <= composite.output


def test_signature_is_hedged_unless_deterministic(composite: Sizes) -> None:
    """Deterministic signatures are equal on each code path; hedging covers ML-DSA and ECDSA."""
    private = KEYS[composite.name].private_bytes()
    keys = [CompositePrivateKey.from_private_bytes(private, composite.name, **each) for each in CHOICES.values()]
    made = {key.sign(MESSAGE, context=CONTEXT, deterministic=True) for key in keys}
    assert len(made) == 1
    check(composite.name, made.pop(), is_valid=True)
    first, second = zip(*(halves(composite.name, keys[0].sign(MESSAGE)) for _ in range(3)), strict=True)
    assert (len({*first}), len({*second})) == (3, 3 if composite.name in CURVES else 1)


@pytest.mark.parametrize("size", [256, 1000])
def test_longer_context_is_refused_with_both_sizes(composite: Sizes, size: int) -> None:
    """Signing and verifying refuse it."""
    key = KEYS[composite.name]
    for use in (key.sign, lambda message, **rest: key.public_key.verify(message, b"signature", **rest)):
        with pytest.raises(InvalidLengthError, match=f"expected at most 255 bytes, got {size}"):
            use(MESSAGE, context=bytes(size))


def test_signature_of_something_else_is_invalid(composite: Sizes) -> None:
    """The message, the context or the key differs."""
    key, signature = KEYS[composite.name].public_key, SIGNATURES[composite.name]
    for used, message, context in (
        (key, b"Message", CONTEXT),
        (key, b"", CONTEXT),
        (key, MESSAGE, b"Context"),
        (key, MESSAGE, b""),
        (OTHERS[composite.name].public_key, MESSAGE, CONTEXT),
    ):
        with pytest.raises(InvalidSignatureError):
            used.verify(message, signature, context=context)


@pytest.mark.parametrize("signer", KEYS)
def test_signature_of_another_algorithm_is_invalid(composite: Sizes, signer: str) -> None:
    """Each algorithm is tried with the key of each other, and with halves of this length."""
    check(composite.name, SIGNATURES[signer], is_valid=signer == composite.name)
    first, second = halves(signer, SIGNATURES[signer])
    own_first, own_second = halves(composite.name, SIGNATURES[composite.name])
    for mixed in (own_first + second, first + own_second):
        check(composite.name, mixed, is_valid=signer == composite.name)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "MLDSA65-ECDSA-P256-SHA256"},
        {"name": ""},
        {"pre_hash": "sha384"},
        {"pre_hash": "sha3_512"},
    ],
    ids=["label", "no label", "SHA-384", "SHA3-512"],
)
def test_signature_under_another_label_or_hash_is_invalid(composite: Sizes, change: dict[str, str]) -> None:
    """The component keys are the same."""
    row = replace(draft.ROWS[composite.name], **change)  # type: ignore[arg-type]
    private = bytes(KEYS[composite.name].private_bytes())
    check(composite.name, draft.sign(row, private, MESSAGE, CONTEXT), is_valid=False)
    check(composite.name, draft.sign(draft.ROWS[composite.name], private, MESSAGE, CONTEXT), is_valid=True)


# Variants made of the two halves of a signature, and of the halves of another key.
CHANGES: dict[str, Callable[..., bytes]] = {
    "exchanged": lambda first, second, *_: second + first,
    "empty": lambda *_: b"",
    "no first": lambda _, second, *__: second,
    "no second": lambda first, *_: first,
    "zero first": lambda first, second, *_: bytes(len(first)) + second,
    "zero second": lambda first, second, *_: first + bytes(len(second)),
    "first of another key": lambda _, second, first, __: first + second,
    "second of another key": lambda first, _, __, second: first + second,
    "first twice": lambda first, *_: first + first,
    "second twice": lambda first, second, *_: first + second + second,
    "byte before": lambda first, second, *_: b"\0" + first + second,
    "byte between": lambda first, second, *_: first + b"\0" + second,
    "byte behind": lambda first, second, *_: first + second + b"\0",
    "last byte missing": lambda first, second, *_: first + second[:-1],
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_halves_are_invalid(composite: Sizes, change: str) -> None:
    """They are removed, exchanged, of another key, longer or shorter; the other reading agrees."""
    own = halves(composite.name, SIGNATURES[composite.name])
    foreign = halves(composite.name, OTHERS[composite.name].sign(MESSAGE, context=CONTEXT))
    changed = CHANGES[change](*own, *foreign)
    check(composite.name, changed, is_valid=False)
    public = KEYS[composite.name].public_key.public_bytes()
    assert not draft.verify(draft.ROWS[composite.name], public, MESSAGE, CONTEXT, changed)


def test_signature_of_every_other_length_is_invalid(composite: Sizes) -> None:
    """Shorter and longer ones are invalid, up to more than the longest."""
    key, signature = KEYS[composite.name].public_key, SIGNATURES[composite.name]
    for size in {*range(0, len(signature), 97), *range(len(signature) - 110, composite.output + 5)} - {len(signature)}:
        with pytest.raises(InvalidSignatureError):
            key.verify(MESSAGE, (signature + bytes(200))[:size], context=CONTEXT)


def test_halves_that_components_sign_are_invalid(composite: Sizes) -> None:
    """A component signs the message itself, without the label as the context of ML-DSA."""
    row, private = draft.ROWS[composite.name], bytes(KEYS[composite.name].private_bytes())
    own_first, own_second = halves(composite.name, SIGNATURES[composite.name])
    with MLDSAPrivateKey.from_seed(private[:32], f"ML-DSA-{row.parameter_set}") as component:  # type: ignore[arg-type]
        representative = draft.message_representative(row, MESSAGE, CONTEXT)
        made = [
            component.sign(MESSAGE),
            component.sign(MESSAGE, context=CONTEXT),
            component.sign(representative),
            component.sign(MESSAGE, context=row.label),
        ]
        for first in made:
            check(composite.name, first + own_second, is_valid=False)
        check(composite.name, component.sign(representative, context=row.label) + own_second, is_valid=True)
    assert own_first not in made


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(st.sampled_from(sorted(KEYS)), st.integers(0, 1 << 20), st.integers(1, 255))
def test_changed_byte_is_invalid(name: str, position: int, difference: int) -> None:
    """Every second change is in the classical half."""
    changed = bytearray(SIGNATURES[name])
    first = draft.ROWS[name].signature_size
    place = first + position // 2 % (len(changed) - first) if position % 2 else position // 2 % first
    changed[place] ^= difference
    check(name, bytes(changed), is_valid=False)


def sequence(first: bytes, second: bytes) -> bytes:
    """Return a SEQUENCE of two values of type INTEGER, which need not be in DER."""
    content = b"".join(b"\x02" + bytes([len(each)]) + each for each in (first, second))
    return b"\x30" + bytes([len(content)]) + content


@pytest.mark.parametrize("name", CURVES)
def test_ecdsa_half_that_is_not_der_is_invalid(name: str) -> None:
    """The numbers have a long-form length, leading zeros, a fixed length, or a negative sign."""
    first, second = halves(name, SIGNATURES[name])
    r, s = decode_dss_signature(second)
    size = 32 if draft.ROWS[name].curve == "P-256" else 48
    plain, zero = [number.to_bytes(number.bit_length() // 8 + 1, "big") for number in (r, s)], b"\0"
    negative = [(-number).to_bytes(size + 1, "big", signed=True) for number in (r, s)]
    check(name, first + sequence(*plain), is_valid=True)
    for changed in (
        b"\x30\x81" + second[1:],
        b"\x30\x80" + second[2:] + b"\0\0",
        b"\x30" + bytes([second[1] + 2]) + second[2:] + b"\5\0",
        b"\x31" + second[1:],
        sequence(zero + plain[0], plain[1]),
        sequence(plain[0], zero + plain[1]),
        sequence(negative[0], plain[1]),
        sequence(plain[0], negative[1]),
        r.to_bytes(size, "big") + s.to_bytes(size, "big"),
    ):
        check(name, first + changed, is_valid=False)


@pytest.mark.parametrize("name", CURVES)
def test_ecdsa_numbers_out_of_range_are_invalid(name: str) -> None:
    """They are zero, the order of the curve, or congruent numbers modulo the order."""
    first, second = halves(name, SIGNATURES[name])
    r, s = decode_dss_signature(second)
    order = ORDERS[name]
    for pair in (0, s), (r, 0), (0, 0), (order, s), (r, order), (r + order, s), (r, s + order), (1, 1):
        check(name, first + encode_dss_signature(*pair), is_valid=False)


# Keys and signatures that RFC 8032 allows and the library refuses


@pytest.mark.parametrize("name", [name for name in KEYS if name not in CURVES])
def test_r_of_low_order_is_refused(name: str) -> None:
    """The owner of the key can sign with the neutral element for R; `cryptography` accepts that."""
    key, row = KEYS[name], draft.ROWS[name]
    first, _ = halves(name, key.sign(MESSAGE, context=CONTEXT))
    with key.private_bytes() as encoded:
        _, component = draft.private_halves(row, bytes(encoded))
    hashed = bytearray(sha512(component.private_bytes_raw()).digest()[:32])  # RFC 8032, 5.1.5
    hashed[0], hashed[31] = hashed[0] & 248, hashed[31] & 63 | 64
    neutral = (1).to_bytes(32, "little")
    public, signed = component.public_key(), draft.message_representative(row, MESSAGE, CONTEXT)
    challenge = int.from_bytes(sha512(neutral + public.public_bytes_raw() + signed).digest(), "little")
    s = challenge * int.from_bytes(hashed, "little") % (2**252 + 27742317777372353535851937790883648493)
    second = neutral + s.to_bytes(32, "little")
    public.verify(second, signed)
    check(name, first + second, is_valid=False)


# Changes that the draft does not prevent


def test_mixed_halves_of_two_signatures_verify(composite: Sizes) -> None:
    """The draft allows it for the same key, message and context; with ECDSA it makes a third signature."""
    one, other = (KEYS[composite.name].sign(MESSAGE, context=CONTEXT) for _ in range(2))
    (first, _), (_, second) = halves(composite.name, one), halves(composite.name, other)
    check(composite.name, first + second, is_valid=True)
    assert (first + second not in {one, other}) == (composite.name in CURVES)
    _, second = halves(composite.name, KEYS[composite.name].sign(MESSAGE, context=b"other"))
    check(composite.name, first + second, is_valid=False)


@pytest.mark.parametrize("name", CURVES)
def test_negated_s_of_ecdsa_verifies(name: str) -> None:
    """The draft has no rule for the smaller s, so there is no strong unforgeability."""
    first, second = halves(name, SIGNATURES[name])
    r, s = decode_dss_signature(second)
    negated = first + encode_dss_signature(r, ORDERS[name] - s)
    assert negated != SIGNATURES[name]
    check(name, negated, is_valid=True)


# Metrics


def test_operations_are_counted_under_the_name_of_composites(composite: Sizes) -> None:
    """They are not counted again as operations of ML-DSA."""
    before = snapshot()
    key = CompositePrivateKey.generate(composite.name)
    signature = key.sign(MESSAGE)
    key.public_key.verify(MESSAGE, signature)
    with pytest.raises(InvalidSignatureError):
        key.public_key.verify(b"", signature)
    CompositePrivateKey.from_private_bytes(key.private_bytes(), composite.name)
    after = snapshot()
    grown = {each: after.operations[each] - before.operations[each] for each in after.operations}
    assert {
        each: (counts.calls, counts.calls - counts.by_status.get("ok", 0))
        for each, counts in grown.items()
        if counts.calls
    } == {
        ("generate", composite.name): (1, 0),
        ("sign", composite.name): (1, 0),
        ("verify", composite.name): (2, 1),
        ("import", composite.name): (1, 0),
    }


# Files


def test_file_is_signed_as_its_contents(composite: Sizes, tmp_path: Path) -> None:
    """It is hashed in chunks by the composite's hash; the other reading of the draft and `verify` have all of it."""
    key, path, contents, seen = KEYS[composite.name], tmp_path / "file", bytes(range(256)) * 5000, list[int]()
    path.write_bytes(contents)
    signature = sign_file(key, path, context=CONTEXT, progress=seen.append)
    assert (len(seen) > 1, sum(seen)) == (True, len(contents))
    key.public_key.verify(contents, signature, context=CONTEXT)
    public = key.public_key.public_bytes()
    assert draft.verify(draft.ROWS[composite.name], public, contents, CONTEXT, signature)
    for valid in (signature, key.sign(contents, context=CONTEXT)):
        verify_file(key.public_key, path, valid, context=CONTEXT)
        with pytest.raises(InvalidSignatureError):
            verify_file(key.public_key, path, valid)
    path.write_bytes(contents[:-1])
    with pytest.raises(InvalidSignatureError):
        verify_file(key.public_key, path, signature, context=CONTEXT)


@pytest.mark.parametrize("prehash", ["SHA-256", "SHA-512"])
def test_hash_function_of_a_composite_is_not_chosen(composite: Sizes, prehash: str, tmp_path: Path) -> None:
    """Not even its own is accepted: `prehash=` means HashML-DSA everywhere else."""
    key, path = KEYS[composite.name], tmp_path / "file"
    path.write_bytes(MESSAGE)
    for refused in (
        lambda: sign_file(key, path, prehash=prehash),
        lambda: verify_file(key.public_key, path, SIGNATURES[composite.name], prehash=prehash),
        lambda: derandomized.sign_with(key, MESSAGE, bytes(32), prehash=prehash),
    ):
        with pytest.raises(WrongAlgorithmError, match=f"{composite.name} has its own hash function; omit prehash="):
            refused()
    with pytest.raises(InvalidLengthError, match="expected at most 255 bytes, got 256"):
        sign_file(key, path, context=bytes(256))
