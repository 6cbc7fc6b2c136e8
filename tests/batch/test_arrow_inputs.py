"""Columns of Arrow that contradict their buffers are refused, from a stream, a file or another library."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from qynauth_pqc import BatchError, InvalidLengthError, MLDSAPrivateKey, MLKEMPrivateKey
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, sign_many, verify_many

MESSAGES = [b"message %02d" % number for number in range(10)]
KEY = MLDSAPrivateKey.generate("ML-DSA-44")


def column(kind: pa.DataType, *contents: bytes | None, offset: int = 0, count: int = 10) -> pa.Array:
    """Return an array with these buffers: nulls, offsets if there are any, data. They are changed once it is made.

    pyarrow would check them before. It does not when it reads a stream.
    """
    buffers = [None if each is None else pa.allocate_buffer(1000, resizable=True) for each in contents]
    for buffer in filter(None, buffers):
        np.frombuffer(buffer, np.uint8)[:] = 0
    array = pa.Array.from_buffers(kind, count, buffers, -1 if contents[0] else 0, offset)
    for buffer, data in zip(buffers, contents, strict=True):
        if buffer is not None and data is not None:
            np.frombuffer(buffer, np.uint8)[: len(data)] = list(data)
            buffer.resize(len(data))
    return array


def offsets(*changes: tuple[int, int], width: int = 4, count: int = 11) -> bytes:
    """Return the offsets of ten items of ten bytes, with these ones changed."""
    made = np.arange(0, count * 10, 10, dtype=f"i{width}")
    for index, value in changes:
        made[index] = value
    return made.tobytes()


DATA, BINARY, LARGE, FIXED = b"".join(MESSAGES), pa.binary(), pa.large_binary(), pa.binary(10)

BROKEN = [
    pytest.param(column(BINARY, None, offsets((5, 2**31 - 1)), DATA), 4, id="offset-beyond"),
    pytest.param(column(LARGE, None, offsets((5, 2**62), width=8), DATA), 4, id="large-offset-beyond"),
    pytest.param(column(BINARY, None, offsets((5, 39)), DATA), 4, id="offset-below-the-one-before"),
    pytest.param(column(LARGE, None, offsets((5, -1), width=8), DATA), 4, id="large-offset-below-the-one-before"),
    pytest.param(column(BINARY, None, offsets((0, -10)), DATA), 0, id="negative-offset"),
    pytest.param(column(LARGE, None, offsets((0, -(2**63)), width=8), DATA), 0, id="large-negative-offset"),
    pytest.param(column(BINARY, None, offsets((10, 101)), DATA), 9, id="last-offset-beyond"),
    pytest.param(column(BINARY, None, offsets(), DATA[:-1]), 9, id="data-short"),
    pytest.param(column(BINARY, None, offsets()[:-1], DATA), 9, id="offsets-short"),
    pytest.param(column(LARGE, None, offsets(), DATA), 4, id="offsets-of-half-the-width"),
    pytest.param(column(BINARY, None, b"", DATA), 0, id="offsets-empty"),
    pytest.param(column(BINARY, None, offsets(), DATA, offset=4), 6, id="offsets-end-before-the-slice"),
    pytest.param(column(FIXED, None, DATA[:-1]), 9, id="fixed-data-short"),
    pytest.param(column(FIXED, None, DATA, offset=7), 3, id="fixed-data-ends-before-the-slice"),
    pytest.param(column(BINARY, b"\x01", offsets(), DATA), 8, id="nulls-short"),
    pytest.param(column(FIXED, b"\xff\xff", DATA * 2, offset=8), 8, id="fixed-nulls-end-before-the-slice"),
]


@pytest.mark.parametrize(("broken", "row"), BROKEN)
def test_column_that_its_buffers_do_not_hold_is_refused(broken: pa.Array, row: int) -> None:
    """The whole column is refused, by its first bad row, even if the row is in the last chunk."""
    with pytest.raises(InvalidLengthError, match=f"messages: row {row} "):
        sign_many(KEY, broken)
    chunked = pa.chunked_array([pa.array(MESSAGES[:3], broken.type), broken])
    with pytest.raises(InvalidLengthError, match=f"messages: row {row + 3} "):
        verify_many(KEY.public_key, chunked, [b""] * 13)


def test_every_column_of_a_batch_is_checked() -> None:
    """Each input of each function is checked and named in the error."""
    broken = column(BINARY, None, offsets((5, 2**30)), DATA)
    calls: dict[str, Callable[[], object]] = {
        "public keys": lambda: verify_many(broken, MESSAGES, MESSAGES),
        "messages": lambda: verify_many(KEY.public_key, broken, MESSAGES),
        "signatures": lambda: verify_many(KEY.public_key, MESSAGES, broken),
        "contexts": lambda: sign_many(KEY, MESSAGES, broken),
        "ciphertexts": lambda: decapsulate_many(MLKEMPrivateKey.generate("ML-KEM-512"), broken),
    }
    for name, call in calls.items():
        with pytest.raises(InvalidLengthError, match=f"^{name}: row 4 reaches from byte 40 to byte 1073741824 of"):
            call()
    with pytest.raises(InvalidLengthError, match="public keys: row 4 "):
        encapsulate_many(broken)


def test_only_offsets_in_use_are_checked() -> None:
    """Offsets outside a slice are not checked, and an empty array may have no buffers."""
    whole = column(BINARY, None, offsets((0, -1), (1, 99), (10, 2**30)), DATA)
    assert verify_many(KEY.public_key, whole[2:9], sign_many(KEY, MESSAGES[2:9])) == [True] * 7
    for kind in (BINARY, LARGE, FIXED):
        empty = column(kind, None, *[b""] * (1 if kind == FIXED else 2), count=0)
        assert len(sign_many(KEY, pa.chunked_array([empty, empty]))) == len(sign_many(KEY, empty)) == 0


def test_chunks_lie_where_they_are() -> None:
    """Sliced chunks of several buffers with nulls are read in each layout."""
    for kind in (BINARY, LARGE, FIXED):
        first = pa.array([None, *MESSAGES[:4], None], kind)[1:]
        chunked = pa.chunked_array([first, pa.array([], kind), pa.array(MESSAGES[4:], kind)])
        signatures = sign_many(KEY, [b"" if each is None else each for each in chunked.to_pylist()])
        with pytest.raises(Exception, match="item 4: messages is null") as caught:
            verify_many(KEY.public_key, chunked, signatures)
        assert caught.value.results == [True] * 4 + [None] + [True] * 6  # type: ignore[attr-defined]


@dataclass
class Foreign:
    """An array of another library: the export of `_export_to_c`, with some numbers changed."""

    array: pa.Array
    changes: dict[int, int]

    def __arrow_c_array__(self, _schema: object = None) -> tuple[object, object]:
        """Return the two capsules: a struct of Arrow begins with length, null_count and offset, of 64 bits each."""
        schema, array = self.array.__arrow_c_array__()
        address = ctypes.pythonapi.PyCapsule_GetPointer
        address.restype, address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        words = ctypes.cast(address(array, b"arrow_array"), ctypes.POINTER(ctypes.c_int64))
        for index, value in self.changes.items():
            words[index] = value
        return schema, array


LENGTH, OFFSET = 0, 2


def test_arrays_of_other_libraries_are_taken_and_checked() -> None:
    """Their offset is used; an impossible offset of an array, or decreasing offsets of items, are an error."""
    good = pa.array(MESSAGES, BINARY)
    signatures = sign_many(KEY, MESSAGES)
    assert verify_many(KEY.public_key, Foreign(good, {}), signatures) == [True] * 10
    assert verify_many(KEY.public_key, Foreign(good, {OFFSET: 3, LENGTH: 7}), signatures[3:]) == [True] * 7
    broken = column(BINARY, None, offsets((5, 2**30)), DATA)
    with pytest.raises(InvalidLengthError, match="messages: row 4 "):
        sign_many(KEY, Foreign(broken, {}))
    fixed = pa.array(MESSAGES, FIXED)
    with pytest.raises(InvalidLengthError, match="messages: row 0 "):
        sign_many(KEY, Foreign(fixed, {OFFSET: -1}))
    for changes in ({LENGTH: -1}, {LENGTH: 2**62, OFFSET: 2**62}):
        with pytest.raises(TypeError, match="messages is not an Arrow array but Foreign"):
            sign_many(KEY, Foreign(fixed, changes))


READ_STREAM = """
import sys
import pyarrow as pa
from qynauth_pqc import InvalidLengthError, MLDSAPrivateKey
from qynauth_pqc.batch import sign_many, verify_many

key = MLDSAPrivateKey.generate("ML-DSA-44")
messages = pa.ipc.open_stream(sys.stdin.buffer.read()).read_next_batch()["message"]
try:
    if sys.argv[1] == "sign":
        sign_many(key, messages, threads=1)
    else:
        verify_many(key.public_key, messages, sign_many(key, [b""] * len(messages)), threads=1)
except InvalidLengthError as error:
    print(error)
"""


@pytest.mark.parametrize("operation", ["sign", "verify"])
@pytest.mark.parametrize(("kind", "width", "wrong"), [(BINARY, 4, 2**31 - 1), (LARGE, 8, 2**45)])
def test_stream_with_one_wrong_offset_is_refused(operation: str, kind: pa.DataType, width: int, wrong: int) -> None:
    """Of a thousand items, the middle one would end far outside the memory of the process."""
    sink = pa.BufferOutputStream()
    table = pa.table({"message": pa.array(MESSAGES * 100, kind)})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    stream, right = sink.getvalue().to_pybytes(), offsets(width=width, count=1001)
    assert stream.count(right) == 1
    broken = stream.replace(right, offsets((500, wrong), width=width, count=1001))
    child = subprocess.run(
        [sys.executable, "-c", READ_STREAM, operation], input=broken, capture_output=True, check=False
    )
    assert (child.returncode, child.stderr) == (0, b"")
    assert child.stdout.decode() == f"messages: row 499 reaches from byte 4990 to byte {wrong} of 10000 bytes of data\n"


def test_mapped_file_with_one_wrong_offset_is_refused(tmp_path: Path) -> None:
    """A file that is mapped is read in place."""
    path = tmp_path / "messages.arrow"
    table = pa.table({"message": pa.array(MESSAGES, BINARY)})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    path.write_bytes(path.read_bytes().replace(offsets(), offsets((3, 2**30))))
    with pa.memory_map(str(path)) as mapped, pytest.raises(InvalidLengthError, match="messages: row 2 "):
        sign_many(KEY, pa.ipc.open_file(mapped).read_all()["message"])


ROWS = [b"short", b"a message that no view holds itself", b"", b"short", b"x" * 12, b"y" * 13]
SIGNATURES = sign_many(KEY, ROWS)


def view(size: int, buffer: int, offset: int) -> bytes:
    """Return a view of binary_view that is not inline."""
    return np.array([size, 0, buffer, offset], np.int32).tobytes()


def views(*rows: bytes, data: bytes = bytes(50)) -> pa.Array:
    """Return a column of binary_view with these views, and one buffer of data."""
    return column(pa.binary_view(), None, b"".join(rows), data, count=len(rows))


def dictionary(indices: list[int], values: pa.Array) -> pa.Array:
    """Return a dictionary-encoded column with unchecked indices."""
    kind = pa.dictionary(pa.int32(), values.type)
    buffer = pa.py_buffer(np.array(indices, np.int32).tobytes())
    return pa.DictionaryArray.from_buffers(kind, len(indices), [None, buffer], values)


COLUMNS = {
    "binary": pa.array(ROWS),
    "large_binary": pa.array(ROWS, pa.large_binary()),
    "binary_view": pa.array(ROWS, pa.binary_view()),
    "binary_view, slice": pa.array([b"z" * 20, *ROWS, b"z" * 20], pa.binary_view())[1:-1],
    "dictionary": pa.array(ROWS).dictionary_encode(),
    "dictionary, slice": pa.array([b"z", *ROWS], pa.large_binary()).dictionary_encode()[1:],
    "dictionary of views": pa.DictionaryArray.from_arrays(
        pa.array(range(6), pa.uint8()), pa.array(ROWS, pa.binary_view())
    ),
    "chunks of binary": pa.chunked_array([ROWS[:2], [], ROWS[2:]], pa.binary()),
    "chunks of binary_view": pa.chunked_array([ROWS[:2], [], ROWS[2:]], pa.binary_view()),
    "chunks of dictionary": pa.chunked_array(
        [pa.array(ROWS[:4]).dictionary_encode(), pa.array(ROWS[4:]).dictionary_encode()]
    ),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_column_of_every_layout_is_read(column: pa.Array) -> None:
    """Every layout serves for messages, and for their signatures."""
    assert verify_many(KEY.public_key, column, SIGNATURES).all_valid
    signatures = pa.array(SIGNATURES, pa.binary(2420))
    assert verify_many(KEY.public_key, column, pa.chunked_array([signatures[:1], signatures[1:]])).all_valid
    assert verify_many(KEY.public_key, column, signatures.dictionary_encode()).all_valid
    assert verify_many(KEY.public_key, column, pa.array(SIGNATURES, pa.binary_view())).all_valid
    assert sign_many(KEY, column, deterministic=True).to_pylist() == sign_many(KEY, ROWS, deterministic=True)


def polars_column() -> object:
    """Return a column of polars."""
    return pytest.importorskip("polars").Series(ROWS)


def pandas_column() -> object:
    """Return a column of pandas with a type of Arrow."""
    pandas = pytest.importorskip("pandas")
    return pandas.Series(ROWS, dtype=pandas.ArrowDtype(pa.binary()))


def pandas_objects() -> object:
    """Return a column of pandas with objects of Python."""
    return pytest.importorskip("pandas").Series(ROWS)


def duckdb_column() -> object:
    """Return a column of a result of DuckDB."""
    rows = ", ".join(f"unhex('{row.hex()}')" for row in ROWS)
    return pytest.importorskip("duckdb").sql(f"select unnest([{rows}]) as message").to_arrow_table()["message"]


@pytest.mark.parametrize("make", [polars_column, pandas_column, pandas_objects, duckdb_column])
def test_column_of_another_library_is_read(make: Callable[[], Any]) -> None:
    """Columns of other libraries are read in their layouts."""
    assert verify_many(KEY.public_key, make(), SIGNATURES).all_valid


@pytest.mark.parametrize("kind", [pa.binary_view(), pa.dictionary(pa.int8(), pa.binary())])
def test_null_of_every_layout_is_the_error_of_its_item(kind: pa.DataType) -> None:
    """A null is an error of its item under any view or index."""
    with pytest.raises(BatchError) as caught:
        verify_many(KEY.public_key, pa.array([None, *ROWS[1:]], kind), SIGNATURES)
    assert [*caught.value.errors] == [0]
    assert caught.value.results == [None, True, True, True, True, True]
    with pytest.raises(BatchError) as caught:
        sign_many(KEY, pa.array([None, None], kind))
    assert [*caught.value.errors] == [0, 1]


@pytest.mark.parametrize("kind", [pa.binary(), LARGE, FIXED, pa.binary_view()])
def test_nulls_need_no_value_in_the_dictionary(kind: pa.DataType) -> None:
    """A dictionary without values serves a column of nulls."""
    with pytest.raises(BatchError) as caught:
        sign_many(KEY, pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int32()), pa.array([], kind)))
    assert [*caught.value.errors] == [0, 1]


def test_null_in_a_dictionary_is_null() -> None:
    """Each item that refers to a null in the dictionary is null."""
    values = pa.array([b"short", None])
    with pytest.raises(BatchError) as caught:
        sign_many(KEY, dictionary([0, 1, 0, 1], values))
    assert [*caught.value.errors] == [1, 3]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (views(view(20, 0, 0), view(20, 0, 31)), "row 1 reaches from byte 31 to byte 51 of 50 bytes of data"),
        (views(view(20, 0, -1)), "row 0 reaches from byte -1 to byte 19 of 50 bytes"),
        (views(view(-1, 0, 0)), "row 0 reaches from byte 4 to byte 3 of 16 bytes"),
        (views(view(2**31 - 1, 0, 2**31 - 1)), "row 0 reaches from byte 2147483647 to byte 4294967294 of 50 bytes"),
        (views(view(20, 1, 0)), "row 0 is in buffer 1 of 1"),
        (views(view(20, -1, 0)), "row 0 is in buffer -1 of 1"),
        (views(view(20, -2, 0)), "row 0 is in buffer -2 of 1"),
        (column(pa.binary_view(), None, bytes(16 * 9), b""), "row 9 is outside the views"),
        (dictionary([0, 1, 2], pa.array([b"a", b"b"])), "row 2 is in value 2 of 2"),
        (dictionary([0, -1], pa.array([b"a", b"b"])), "row 1 is in value -1 of 2"),
        (dictionary([0], pa.array([], pa.binary())), "row 0 is in value 0 of 0"),
        (
            dictionary([0], column(BINARY, None, offsets((5, 39)), DATA)),
            "the dictionary: row 4 reaches from byte 40 to",
        ),
    ],
)
def test_layout_whose_parts_disagree_is_refused(broken: pa.Array, message: str) -> None:
    """Parts of a layout that disagree are refused before an item is read."""
    with pytest.raises(InvalidLengthError, match=message):
        sign_many(KEY, broken)


class Disagreeing:
    """An array of Arrow under the schema of another."""

    def __init__(self, array: pa.Array, kind: pa.DataType) -> None:
        """Take the array, and the type that is said to be its."""
        self._array, self._kind = array, kind

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Return the two capsules, which do not belong to each other."""
        return pa.array([], self._kind).__arrow_c_array__(requested_schema)[0], self._array.__arrow_c_array__()[1]


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (pa.array(MESSAGES, LARGE), BINARY),
        (pa.array(MESSAGES, FIXED), BINARY),
        (pa.array(MESSAGES, BINARY), FIXED),
        (pa.array(MESSAGES, BINARY), pa.binary_view()),
        (pa.array(MESSAGES), pa.dictionary(pa.int32(), BINARY)),
    ],
)
def test_schema_of_another_layout_is_refused(array: pa.Array, kind: pa.DataType) -> None:
    """The buffers or the offsets show a wrong schema; a wrong width cannot be seen."""
    with pytest.raises((InvalidLengthError, TypeError)):
        sign_many(KEY, Disagreeing(array, kind))
