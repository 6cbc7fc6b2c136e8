"""The Python API has its properties for inputs that hypothesis makes, the same ones in every run."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import Any, TypeAlias

import pytest
from conftest import MLDSA, MLKEM, Sizes
from hypothesis import given, settings
from hypothesis import strategies as st

from qynauth_pqc import (
    BatchError,
    InvalidCiphertextError,
    InvalidLengthError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    PQCError,
    UnsupportedError,
)
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, sign_many, verify_many
from qynauth_pqc.prehash import PREHASHES

Hold: TypeAlias = Callable[[bytes], Any]

# Without a database and with a fixed seed, a failure in one place is a failure everywhere.
PROFILE = settings(derandomize=True, database=None, deadline=None, max_examples=500)
BATCHES = settings(PROFILE, max_examples=100)

KEMS, DSAS = (st.sampled_from(family) for family in (MLKEM, MLDSA))
SETS = st.sampled_from(MLKEM + MLDSA)
MESSAGES = st.binary(max_size=300)
CONTEXTS = st.binary(max_size=255) | st.binary(min_size=255, max_size=255)


def classes(sizes: Sizes) -> tuple[Any, Any]:
    """Return the classes of a parameter set's private and public keys."""
    return (MLKEMPrivateKey, MLKEMPublicKey) if sizes in MLKEM else (MLDSAPrivateKey, MLDSAPublicKey)


@cache
def shared_key(name: Any) -> Any:
    """Return the key that all examples of a parameter set share."""
    return MLKEMPrivateKey.from_seed(bytes(64), name) if "KEM" in name else MLDSAPrivateKey.from_seed(bytes(32), name)


def as_signed(data: bytes) -> memoryview:
    """Return the bytes as an array of numbers with a sign."""
    return memoryview(array("b", data))


def as_table(data: bytes) -> memoryview:
    """Return the bytes as memory of two dimensions, where they have a size to divide."""
    return memoryview(data).cast("B", (len(data) // 2, 2)) if data and len(data) % 2 == 0 else memoryview(data)


# Types that hold the same bytes in contiguous memory.
HOLDERS = st.sampled_from(
    [
        bytes,
        bytearray,
        memoryview,
        as_signed,
        as_table,
        lambda data: memoryview(bytearray(b"<" + data + b">"))[1:-1],
        lambda data: memoryview(data).toreadonly(),
    ]
)
# Objects that are never an input, with any contents.
STRANGERS = st.one_of(
    st.none(),
    st.integers(),
    st.text(),
    st.lists(st.integers(0, 255), max_size=64),
    st.binary(min_size=2).map(lambda data: memoryview(data * 2)[::2]),
    st.binary(min_size=1).map(lambda data: memoryview(array("I", data * 4))),
    st.binary(min_size=2).map(lambda data: memoryview(data)[::-1]),
    st.binary().map(lambda data: array("B", data)),
)


@st.composite
def near(draw: st.DrawFn, right: bytes) -> bytes:
    """Return `right` with some bytes changed, and perhaps longer or shorter."""
    data = bytearray(right)
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    end = len(data) - draw(st.sampled_from([0, 0, 1]))
    return bytes(data[:end]) + draw(st.sampled_from([b"", b"", b"\x00"]))


def encodings(right: bytes) -> st.SearchStrategy[bytes]:
    """Return a strategy for bytes that are near something valid, of its length, or of any."""
    return st.one_of(
        near(right),
        st.binary(max_size=64),
        st.binary(min_size=32, max_size=32).map(lambda block: (block * (len(right) // 32 + 1))[: len(right)]),
    )


def outcome(act: Callable[[], Any]) -> Any:
    """Return the result of a call, or None if it raises an error of the tree; any other error is a failure."""
    with suppress(PQCError):
        return act()
    return None


@PROFILE
@given(st.data(), SETS)
def test_private_keys_load_and_re_encode_or_are_refused(data: st.DataObject, sizes: Sizes) -> None:
    """Arbitrary bytes raise only errors of the tree."""
    kind = classes(sizes)[0]
    right = bytes(shared_key(sizes.name).private_bytes())
    encoded = data.draw(encodings(right))
    key = outcome(lambda: kind.from_private_bytes(encoded, sizes.name))
    assert key is None or key.private_bytes() == encoded
    assert key is not None or encoded != right
    guessed = outcome(lambda: kind.from_private_bytes(encoded))
    assert key is None or guessed.parameter_set == sizes.name


@PROFILE
@given(st.data(), SETS)
def test_public_keys_load_and_re_encode_or_are_refused(data: st.DataObject, sizes: Sizes) -> None:
    """A key that loads is usable: it encapsulates or verifies."""
    kind = classes(sizes)[1]
    right = shared_key(sizes.name).public_key.public_bytes()
    encoded = data.draw(encodings(right))
    key = outcome(lambda: kind.from_public_bytes(encoded, sizes.name))
    assert key is not None or encoded != right
    if key is None:
        return
    assert key.public_bytes() == encoded
    assert (key == kind.from_public_bytes(right)) == (encoded == right)
    if isinstance(key, MLKEMPublicKey):
        assert len(key.encapsulate()[0]) == sizes.output
    else:
        with pytest.raises(InvalidSignatureError):
            key.verify(b"message", bytes(sizes.output))


@PROFILE
@given(SETS, st.binary(max_size=70) | st.binary(min_size=32, max_size=32) | st.binary(min_size=64, max_size=64))
def test_keys_of_seeds_survive_every_encoding(sizes: Sizes, seed: bytes) -> None:
    """Every string of the right length is a seed, and no other is."""
    kind = classes(sizes)[0]
    if len(seed) != sizes.seed:
        with pytest.raises(InvalidLengthError):
            kind.from_seed(seed, sizes.name)
        return
    key = kind.from_seed(seed, sizes.name)
    again = kind.from_private_bytes(key.private_bytes())
    public = classes(sizes)[1].from_public_bytes(key.public_key.public_bytes())
    assert key.seed() == seed
    assert again.private_bytes() == key.private_bytes()
    assert again.public_key == key.public_key == public


@PROFILE
@given(st.data(), KEMS, HOLDERS)
def test_ciphertexts_have_their_secret_or_another(data: st.DataObject, sizes: Sizes, hold: Hold) -> None:
    """Only the length of a ciphertext can be wrong."""
    key = shared_key(sizes.name)
    right, sent = key.public_key.encapsulate()
    ciphertext = data.draw(encodings(right))
    if len(ciphertext) != sizes.output:
        with pytest.raises(InvalidCiphertextError):
            key.decapsulate(hold(ciphertext))
        return
    assert (key.decapsulate(hold(ciphertext)) == sent) == (ciphertext == right)


@PROFILE
@given(DSAS, MESSAGES, CONTEXTS, HOLDERS, HOLDERS, st.sampled_from([None, *PREHASHES]))
def test_signatures_verify_whatever_holds_the_bytes(
    sizes: Sizes, message: bytes, context: bytes, signer: Hold, verifier: Hold, prehash: str | None
) -> None:
    """Signer and verifier may hold message and context in memory of different kinds."""
    key = shared_key(sizes.name)
    signature = key.sign(signer(message), context=signer(context), prehash=prehash)
    key.public_key.verify(verifier(message), verifier(signature), context=verifier(context), prehash=prehash)


@PROFILE
@given(st.data(), DSAS, MESSAGES, CONTEXTS, st.sampled_from(["signature", "message", "context"]))
def test_a_changed_byte_makes_a_signature_invalid(
    data: st.DataObject, sizes: Sizes, message: bytes, context: bytes, where: str
) -> None:
    """The byte may be anywhere."""
    key = shared_key(sizes.name)
    parts = {"message": message, "context": context, "signature": key.sign(message, context=context)}
    changed = bytearray(parts[where] or b"\x00")
    if parts[where]:
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    parts[where] = bytes(changed)
    with pytest.raises(InvalidSignatureError):
        key.public_key.verify(parts["message"], parts["signature"], context=parts["context"])


@PROFILE
@given(DSAS, MESSAGES, st.binary(max_size=600), st.binary(max_size=64), st.text(max_size=12))
def test_verify_and_sign_raise_nothing_outside_the_tree(
    sizes: Sizes, message: bytes, context: bytes, signature: bytes, prehash: str
) -> None:
    """Contexts have any length, signatures any bytes, and hash functions any name."""
    key = shared_key(sizes.name)
    expected = InvalidSignatureError if len(context) <= 255 else InvalidLengthError
    with pytest.raises(expected):
        key.public_key.verify(message, signature, context=context)
    if len(context) > 255:
        with pytest.raises(InvalidLengthError):
            key.sign(message, context=context)
    if prehash not in PREHASHES:
        with pytest.raises(UnsupportedError):
            key.sign(message, prehash=prehash)
        with pytest.raises(UnsupportedError):
            key.public_key.verify(message, signature, prehash=prehash)


@PROFILE
@given(SETS, STRANGERS)
def test_what_is_not_contiguous_bytes_is_a_type_error(sizes: Sizes, stranger: Any) -> None:
    """Memory with gaps, read backwards or of another type is refused too."""
    kem, dsa = shared_key("ML-KEM-512"), shared_key("ML-DSA-44")
    calls: list[Callable[[Any], object]] = [
        lambda data: classes(sizes)[0].from_seed(data, sizes.name),
        classes(sizes)[0].from_private_bytes,
        classes(sizes)[1].from_public_bytes,
        kem.decapsulate,
        dsa.sign,
        lambda data: dsa.sign(b"", context=data),
        lambda data: dsa.sign(data, prehash="SHA-512"),
        lambda data: dsa.public_key.verify(b"", data),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call(stranger)


@PROFILE
@given(st.data(), st.binary(min_size=64, max_size=64), HOLDERS)
def test_secrets_are_equal_to_their_value_only(data: st.DataObject, seed: bytes, hold: Hold) -> None:
    """Any type may hold the other value."""
    other = data.draw(encodings(seed))
    secret = MLKEMPrivateKey.from_seed(seed, "ML-KEM-512").seed()
    assert secret == hold(seed)
    assert (secret == hold(other)) == (seed == other)
    assert (secret == MLKEMPrivateKey.from_seed(bytes(64), "ML-KEM-512").seed()) == (seed == bytes(64))


def fate(act: Callable[[], Any]) -> Any:
    """Return the result of a call, or the type and the message of its error."""
    try:
        return act()
    except PQCError as error:
        return type(error), str(error)


def fates(act: Callable[[], Any]) -> list[Any]:
    """Return the same of each item of a batch."""
    try:
        return list(act())
    except BatchError as error:
        given = [error.errors.get(index) or error.results[index] for index in range(len(error.results))]
        return [(type(each), str(each)) if isinstance(each, PQCError) else each for each in given]


def hold(holder: Hold, data: bytes) -> Any:
    """Return bytes in one kind of memory."""
    return holder(data)


def verified(key: Any, message: Any, signature: Any, context: Any) -> bool:
    """Return whether a single call takes a signature."""
    try:
        key.verify(message, signature, context=context)
    except InvalidSignatureError:
        return False
    return True


@BATCHES
@given(st.data(), DSAS, st.integers(0, 40))
def test_items_to_verify_fare_as_in_single_calls(data: st.DataObject, sizes: Sizes, count: int) -> None:
    """Good and bad signatures and contexts are in every kind of memory."""
    key = shared_key(sizes.name)
    right = key.sign(b"message", context=b"context", deterministic=True)
    few = st.sampled_from(range(4))
    pools = [
        [data.draw(st.builds(hold, HOLDERS, inputs)) for _ in range(4)]
        for inputs in (near(b"message"), near(right), near(b"context") | st.binary(min_size=256, max_size=300))
    ]
    items = [[pool[data.draw(few)] for pool in pools] for _ in range(count)]
    messages, signatures, contexts = ([item[place] for item in items] for place in range(3))
    batch = fates(lambda: verify_many(key.public_key, messages, signatures, contexts, 2))
    assert batch == [fate(partial(verified, key.public_key, *item)) for item in items]


@BATCHES
@given(st.data(), KEMS, st.lists(st.booleans(), max_size=70))
def test_items_to_open_fare_as_in_single_calls(data: st.DataObject, sizes: Sizes, good: list[bool]) -> None:
    """Good and bad ciphertexts are mixed."""
    key = shared_key(sizes.name)
    right, other = key.public_key.encapsulate()[0], data.draw(encodings(bytes(sizes.output)))
    ciphertexts = [right if each else other for each in good]
    single = [fate(partial(key.decapsulate, each)) for each in ciphertexts]
    secrets: Any
    try:
        secrets = decapsulate_many(key, ciphertexts)
    except BatchError as error:
        secrets = error.results
    assert [fate(partial(secrets.__getitem__, index)) for index in range(len(good))] == single


@BATCHES
@given(STRANGERS, st.integers(0, 3))
def test_strangers_in_a_batch_are_a_type_error(stranger: Any, place: int) -> None:
    """They are an input, or an item of it."""
    signer, receiver = shared_key("ML-DSA-44"), shared_key("ML-KEM-512")
    calls: list[Callable[[Any], Any]] = [
        partial(verify_many, signer.public_key, [b"m"] * 4),
        lambda thing: sign_many([signer] * 4, thing),
        encapsulate_many,
        partial(decapsulate_many, receiver),
    ]
    items: list[Any] = [b""] * 4
    items[place] = stranger
    for thing in (items, stranger) if stranger != [] else (items,):
        with pytest.raises(TypeError):
            calls[place](thing)
