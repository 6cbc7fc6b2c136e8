"""Batches take arrays of numpy and columns of Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conftest import Sizes

from qynauth_pqc import (
    BatchError,
    CompositePrivateKey,
    InvalidLengthError,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    UnsupportedError,
)
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, sign_many, verify_many

COUNT = 100


def table_of(items: list[bytes]) -> np.ndarray[Any, Any]:
    """Return bytes of one size as rows of uint8."""
    return np.frombuffer(b"".join(items), np.uint8).reshape(len(items), -1)


def column_of(items: list[bytes | None], size: int = -1) -> pa.Array:
    """Return bytes as a column of fixed_size_binary, or of binary without a size."""
    return pa.array(items, pa.binary(size))


MESSAGES = [b"message %02d" % number for number in range(COUNT)]

SHAPES = [
    pytest.param(table_of(MESSAGES), id="numpy-rows"),
    pytest.param(np.array(MESSAGES, "S10"), id="numpy-S"),
    pytest.param(np.array(MESSAGES, "S10").view("V10"), id="numpy-V"),
    pytest.param(memoryview(b"".join(MESSAGES)).cast("B", (COUNT, 10)), id="memoryview"),
    pytest.param(column_of([*MESSAGES], 10), id="arrow-fixed"),
    pytest.param(column_of([b"0123456789", *MESSAGES], 10)[1:], id="arrow-fixed-sliced"),
    pytest.param(column_of([*MESSAGES]), id="arrow-binary"),
    pytest.param(column_of([b"before", *MESSAGES, b"after"])[1:-1], id="arrow-binary-sliced"),
    pytest.param(pa.array(MESSAGES, pa.large_binary()), id="arrow-large"),
    pytest.param(pa.chunked_array([MESSAGES[:7], MESSAGES[7:]], pa.binary(10)), id="arrow-chunked-fixed"),
    pytest.param(pa.chunked_array([MESSAGES[:7], [], MESSAGES[7:]], pa.binary()), id="arrow-chunked"),
    pytest.param(pa.table({"message": MESSAGES})["message"], id="arrow-table"),
]


@pytest.fixture(scope="module")
def signer() -> MLDSAPrivateKey:
    """Return a key of ML-DSA."""
    return MLDSAPrivateKey.generate("ML-DSA-44")


@pytest.mark.parametrize("messages", SHAPES)
def test_messages_of_every_shape_match_the_list(signer: MLDSAPrivateKey, messages: Any) -> None:
    """Signatures are the same for every shape, and signatures of a list verify."""
    expected = sign_many(signer, MESSAGES, deterministic=True)
    made = sign_many(signer, messages, deterministic=True)
    if isinstance(made, pa.Array):
        assert (made.type, made.to_pylist()) == (pa.binary(2420), expected)
    else:
        assert (made.dtype, made.tolist()) == (np.uint8, table_of(expected).tolist())
    assert verify_many(signer.public_key, messages, expected) == [True] * COUNT
    assert verify_many(signer.public_key, messages, made) == [True] * COUNT


def test_columns_of_everything_are_verified(dsa: Sizes) -> None:
    """Each row has a key, a message, a context and a signature; two of the rows are bad."""
    keys = MLDSAPrivateKey.generate_many(dsa.name, COUNT)
    contexts = [b"c%d" % number for number in range(COUNT)]
    signatures = sign_many(keys, MESSAGES, contexts)
    signatures[3], signatures[99] = signatures[99], signatures[3]
    expected = [number not in {3, 99} for number in range(COUNT)]
    encoded = [key.public_key.public_bytes() for key in keys]
    columns = column_of([*encoded], dsa.public_key), column_of([*MESSAGES]), column_of([*signatures], dsa.output)
    assert verify_many(*columns, column_of([*contexts]), parameter_set=dsa.name) == expected
    tables = table_of(encoded), table_of(MESSAGES), table_of(signatures)
    assert verify_many(*tables, column_of([*contexts]), threads=2, parameter_set=[dsa.name] * COUNT) == expected


ED25519, ECDSA = "MLDSA44-Ed25519-SHA512", "MLDSA44-ECDSA-P256-SHA256"


def test_composites_with_ed25519_have_rows_of_one_size() -> None:
    """Their signatures are rows of one size, like ML-DSA signatures."""
    key = CompositePrivateKey.generate(ED25519)  # type: ignore[arg-type]
    expected = sign_many(key, MESSAGES, deterministic=True)
    rows = sign_many(key, table_of(MESSAGES), deterministic=True)
    column: Any = sign_many(key, column_of([*MESSAGES]), deterministic=True)
    assert (rows.shape, rows.tolist()) == ((COUNT, 2484), table_of(expected).tolist())
    assert (column.type, column.to_pylist()) == (pa.binary(2484), expected)
    for signatures in rows, column, expected:
        assert verify_many(key.public_key, MESSAGES, signatures) == [True] * COUNT


@pytest.mark.parametrize(
    "messages",
    [column_of([*MESSAGES]), column_of([*MESSAGES], 10), pa.chunked_array([MESSAGES[:7], MESSAGES[7:]], pa.binary())],
    ids=["binary", "fixed", "chunked"],
)
def test_composites_with_ecdsa_have_a_column_of_rows_that_vary(composite: Sizes, messages: Any) -> None:
    """Each row is as long as its signature; a failed item is null and has no bytes."""
    key = CompositePrivateKey.generate(composite.name)
    made: Any = sign_many(key, messages, deterministic=True)
    assert made.type == (pa.large_binary() if "ECDSA" in composite.name else pa.binary(composite.output))
    assert made.to_pylist() == sign_many(key, MESSAGES, deterministic=True)
    made.validate(full=True)
    public = table_of([key.public_key.public_bytes()] * COUNT)
    assert verify_many(public, messages, made, parameter_set=composite.name) == [True] * COUNT
    with pytest.raises(BatchError, match="expected at most 255 bytes, got 256") as caught:
        sign_many(key, messages[:3], [b"", bytes(256), b"x"])
    rows: Any = caught.value.results
    assert rows.is_null().to_pylist() == [False, True, False]
    key.public_key.verify(MESSAGES[2], rows[2].as_py(), context=b"x")


@pytest.mark.parametrize("messages", [table_of(MESSAGES), np.array(MESSAGES, "S10")], ids=["rows", "S"])
def test_signatures_that_vary_are_refused_in_rows_of_one_size(messages: Any) -> None:
    """Nobody could say where they end, and padded ones are invalid."""
    key = CompositePrivateKey.generate(ECDSA)  # type: ignore[arg-type]
    encoded = [key.public_key.public_bytes()] * COUNT
    signatures = [each.ljust(2493, b"\0") for each in sign_many(key, MESSAGES)]
    with pytest.raises(UnsupportedError, match=f"signatures of {ECDSA} vary in length"):
        sign_many(key, messages)
    shapes: list[Any] = [table_of(encoded), column_of([*encoded], 1377), column_of([*encoded]), encoded]
    alike: list[Any] = [(key.public_key, None), (encoded[0], ECDSA), *((each, ECDSA) for each in shapes)]
    each_its_own: list[Any] = [([key.public_key] * COUNT, None), *((each, [ECDSA] * COUNT) for each in shapes)]
    for rows in table_of(signatures), column_of([*signatures], 2493):
        for keys, named in alike:
            with pytest.raises(UnsupportedError, match=f"signatures of {ECDSA} vary in length"):
                verify_many(keys, messages, rows, parameter_set=named)
        for keys, named in each_its_own:
            with pytest.raises(BatchError, match=f"{COUNT} items .* signatures of {ECDSA} vary in length") as caught:
                verify_many(keys, messages, rows, parameter_set=named)
            assert set(map(type, caught.value.errors.values())) == {UnsupportedError}
            assert caught.value.results == [None] * COUNT
    for keys, named in (*alike, *each_its_own):
        assert verify_many(keys, messages, column_of([*signatures]), parameter_set=named) == [False] * COUNT


def test_key_whose_signatures_vary_spoils_no_other_row_of_one_size(signer: MLDSAPrivateKey) -> None:
    """Someone who may choose the key of one item cannot stop the verification of the others."""
    other = CompositePrivateKey.generate(ECDSA).public_key  # type: ignore[arg-type]
    keys = [signer.public_key] * COUNT
    signatures = sign_many(signer, MESSAGES)
    rows = table_of([*signatures[1:], signatures[0]])
    for place, mixed in (0, [other, *keys[1:]]), (COUNT - 1, [*keys[1:], other]):
        encoded, sets = [key.public_bytes() for key in mixed], [key.parameter_set for key in mixed]
        for each, named in (mixed, None), (encoded, sets), (column_of([*encoded]), sets):
            with pytest.raises(BatchError, match=f"one item .* item {place}: signatures of {ECDSA} vary") as caught:
                verify_many(each, MESSAGES, rows if place else table_of(signatures), parameter_set=named)
            assert caught.value.results == [None if index == place else not place for index in range(COUNT)]


def test_columns_of_keys_and_ciphertexts(kem: Sizes) -> None:
    """Ciphertexts have the type of the keys, and open."""
    keys = MLKEMPrivateKey.generate_many(kem.name, COUNT)
    encoded = [key.public_key.public_bytes() for key in keys]
    ciphertexts, sent = encapsulate_many(table_of(encoded), parameter_set=[kem.name] * COUNT)
    assert (ciphertexts.dtype, ciphertexts.shape) == (np.uint8, (COUNT, kem.output))
    assert decapsulate_many(keys, ciphertexts) == sent
    ciphertexts, sent = encapsulate_many(column_of([*encoded], kem.public_key), parameter_set=kem.name)
    assert (ciphertexts.type, len(ciphertexts)) == (pa.binary(kem.output), COUNT)
    assert decapsulate_many(keys, ciphertexts) == decapsulate_many(keys, ciphertexts.to_pylist()) == sent


def test_arrays_and_columns_of_keys_need_their_parameter_sets(signer: MLDSAPrivateKey) -> None:
    """An unknown name in a list fails only its row, and does not change the size of the others."""
    key = MLKEMPrivateKey.generate("ML-KEM-768")
    encoded = [key.public_key.public_bytes()] * 3
    shapes: list[Any] = [table_of(encoded), column_of([*encoded], 1184), column_of([*encoded])]
    for each in shapes:
        with pytest.raises(TypeError, match="encoded public keys do not show their parameter sets"):
            encapsulate_many(each)
        with pytest.raises(InvalidLengthError, match=r"3 \(public keys\), 2 \(parameter_set\)"):
            encapsulate_many(each, parameter_set=["ML-KEM-768"] * 2)
        with pytest.raises(BatchError, match="item 0: unknown parameter set: expected one of ML-KEM-512, ") as caught:
            encapsulate_many(each, parameter_set=["", "ML-KEM-768", "ML-KEM-768"])
        results: Any = caught.value.results
        ciphertexts, secrets = results
        assert [*decapsulate_many(key, ciphertexts[1:])] == [secrets[1], secrets[2]]
    with pytest.raises(TypeError, match="encoded public keys do not show their parameter sets"):
        verify_many(table_of([signer.public_key.public_bytes()]), b"", [b""])


def test_nulls_are_bad_items(signer: MLDSAPrivateKey) -> None:
    """Nulls are bad items in each layout of Arrow; the error names the column, and the result has a null."""
    good = sign_many(signer, MESSAGES[:3])
    for column in (
        column_of([b"message 00", None, b"message 02"], 10),
        column_of([b"message 00", None, b"message 02"]),
    ):
        with pytest.raises(BatchError, match="item 1: messages is null") as caught:
            verify_many(signer.public_key, column, good)
        assert caught.value.results == [True, None, True]
        assert isinstance(caught.value.errors[1], InvalidLengthError)
        with pytest.raises(BatchError) as caught:
            sign_many(signer, column)
        results: Any = caught.value.results
        assert results.is_null().to_pylist() == [False, True, False]


@pytest.mark.parametrize("messages", [np.zeros((2, 4), np.uint8), pa.array([bytes(4)] * 2)], ids=["numpy", "arrow"])
def test_item_that_was_refused_leaves_no_signature(signer: MLDSAPrivateKey, messages: Any) -> None:
    """Neither the array nor the memory under a null holds a signature, which would have an empty context."""
    released = memoryview(b"context")
    released.release()
    with pytest.raises(BatchError, match="item 1: contexts is a memoryview that was released") as caught:
        sign_many(signer, messages, [b"context", released])
    rows: Any = caught.value.results
    memory = bytes(rows.buffers()[1] if isinstance(rows, pa.Array) else rows)
    size = len(memory) // 2
    signer.public_key.verify(bytes(4), memory[:size], context=b"context")
    assert memory[size:] == bytes(size)


def test_rows_of_a_wrong_size_are_bad_items() -> None:
    """There is a result for each all the same."""
    key = MLKEMPrivateKey.generate("ML-KEM-512")
    with pytest.raises(BatchError) as caught:
        decapsulate_many(key, np.zeros((5, 767), np.uint8))
    assert len(caught.value.errors) == 5
    with pytest.raises(BatchError) as caught:
        encapsulate_many(np.zeros((5, 799), np.uint8), parameter_set="ML-KEM-512")
    ciphertexts: Any = caught.value.results[0]
    assert ciphertexts.tolist() == [[0] * 768] * 5


def test_empty_columns_have_empty_results(signer: MLDSAPrivateKey) -> None:
    """Empty columns of every kind have empty results."""
    assert sign_many(signer, np.zeros((3, 0), np.uint8)).shape == (3, 2420)
    empty = [
        np.zeros((0, 10), np.uint8),
        np.zeros((0, 0), np.uint8),
        pa.array([], pa.binary(10)),
        pa.array([], pa.binary()),
    ]
    for messages in [*empty, pa.chunked_array([], pa.binary(10)), pa.chunked_array([], pa.binary())]:
        assert verify_many(signer.public_key, messages, []) == []
        assert len(sign_many(signer, messages)) == 0


@pytest.mark.parametrize(
    "messages",
    [
        table_of(MESSAGES)[::2],
        table_of(MESSAGES)[:, :5],
        table_of(MESSAGES)[::-1],
        np.broadcast_to(table_of(MESSAGES[:1]), (COUNT, 10)),
        np.lib.stride_tricks.as_strided(table_of(MESSAGES), (COUNT * 10, 10), (1, 1)),
        np.array(["text"]),
        np.array(MESSAGES, object),
        np.zeros((2, 10)),
        np.zeros(10, np.uint8),
        np.zeros((2, 5, 2), np.uint8),
        pa.array(["text"]),
        pa.array([1]),
        pa.chunked_array([[1.0]]),
    ],
)
def test_other_arrays_and_columns_are_a_type_error(signer: MLDSAPrivateKey, messages: Any) -> None:
    """They are not contiguous, of other types, or of other dimensions."""
    with pytest.raises(TypeError):
        sign_many(signer, messages)


def test_signatures_of_several_sizes_do_not_fit_into_a_column() -> None:
    """A list holds them."""
    keys = [MLDSAPrivateKey.generate("ML-DSA-44"), MLDSAPrivateKey.generate("ML-DSA-65")]
    with pytest.raises(UnsupportedError, match="pass lists"):
        sign_many(keys, table_of(MESSAGES[:2]))


def test_array_that_shrinks_before_it_is_read_is_an_error(signer: MLDSAPrivateKey) -> None:
    """Its shape was read before the other inputs were."""
    messages = np.zeros((COUNT, 10), np.uint8)

    class Shrinking(list[bytes]):
        def __iter__(self) -> Iterator[bytes]:
            messages.resize((1, 10), refcheck=False)
            return super().__iter__()

    with pytest.raises(InvalidLengthError, match="messages: row 99 is outside the data, which has 10 bytes"):
        sign_many(signer, messages, Shrinking([b"context"] * COUNT))


def test_one_input_for_all_is_as_long_as_its_memory(signer: MLDSAPrivateKey) -> None:
    """The length that its class reports does not matter."""

    class Longer(bytes):
        def __len__(self) -> int:
            return 1 << 30

    signatures = sign_many(signer, Longer(b"message"), [b"", b"context"])
    assert verify_many(signer.public_key, b"message", signatures, [b"", b"context"]) == [True, True]
