"""Secrets own their memory, and outputs are written where their objects lie."""

from __future__ import annotations

import contextlib
import copy
import ctypes
import hashlib
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable

import pytest
from conftest import IS_PYPY, SECRETS_ARE_BUFFERS, only_in_c, only_where_secrets_are_buffers, settle

from qynauth_pqc import (
    ClosedError,
    MLKEMPrivateKey,
    SecretBytes,
    SharedSecret,
)
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.native import ffi, make_rows, slices_of
from qynauth_pqc.native.inputs import HeldInput
from qynauth_pqc.native.outputs import slots_for

SEED = bytes(range(64))


@pytest.fixture
def secret() -> SecretBytes:
    """Return a secret with a known value."""
    return MLKEMPrivateKey.from_seed(SEED, "ML-KEM-512").seed()


def test_secret_has_length_bytes_and_no_value_in_its_repr(secret: SecretBytes) -> None:
    """The length is visible, and the bytes only on request."""
    assert len(secret) == 64
    assert bytes(secret) == SEED
    assert repr(secret) == "<SecretBytes: 64 bytes>"
    assert str(secret) == repr(secret)


def test_secret_compares_with_bytes_like_objects_and_secrets(secret: SecretBytes) -> None:
    """Equality is by value, in constant time, and other types are never equal."""
    for same in (SEED, bytearray(SEED), memoryview(SEED), secret, MLKEMPrivateKey.from_seed(SEED, "ML-KEM-512").seed()):
        assert secret == same
        assert not secret != same  # noqa: SIM202 - the operator itself is under test
    for other in (SEED[:-1], SEED[:-1] + b"\x00", b"", "text", None, 0):
        assert secret != other


def test_memory_that_cannot_be_read_is_an_error_of_the_tree(secret: SecretBytes) -> None:
    """This holds for a comparison too."""
    released = memoryview(bytearray(64))
    released.release()
    for use in (lambda data: secret == data, lambda data: MLKEMPrivateKey.from_seed(data, "ML-KEM-512")):
        with pytest.raises(ClosedError, match="released"):
            use(released)
        with pytest.raises(TypeError, match="contiguous"):
            use(memoryview(bytes(128))[::2])


def test_secret_cannot_be_hashed_pickled_copied_or_made(secret: SecretBytes) -> None:
    """Each of these would leave a value that nobody wipes."""
    copies: list[Callable[[object], object]] = [hash, pickle.dumps, copy.copy, copy.deepcopy]
    for operation in copies:
        with pytest.raises(TypeError):
            operation(secret)
    for kind in (SecretBytes, SharedSecret):
        with pytest.raises(TypeError, match=f"{kind.__name__} has no constructor"):
            kind(SEED)


def test_closed_secret_refuses_every_use(secret: SecretBytes) -> None:
    """close() may be called again; nothing else may."""
    with secret:
        assert secret == SEED
    secret.close()
    assert repr(secret) == "<SecretBytes: closed>"
    for use in (secret.view, lambda: len(secret), lambda: bytes(secret), lambda: secret == SEED):
        with pytest.raises(ClosedError, match="SecretBytes is closed"):
            use()
    with pytest.raises(ClosedError):
        MLKEMPrivateKey.from_seed(secret, "ML-KEM-512")


def test_view_is_read_only_and_shows_the_memory_itself(secret: SecretBytes) -> None:
    """No copy is made, and the view cannot change the secret."""
    view = secret.view()
    assert view.readonly
    assert view == SEED
    assert ffi.cast("uintptr_t", ffi.from_buffer(view)) == ffi.cast("uintptr_t", secret._slot.data)
    with pytest.raises(TypeError):
        view[0] = 1


def test_view_reads_zeros_after_close(secret: SecretBytes) -> None:
    """close() wipes at once, also under a view."""
    view = secret.view()
    secret.close()
    assert view == bytes(64)


@only_in_c("anybody can write into memory of cffi")
def test_nothing_that_is_handed_out_can_write(secret: SecretBytes) -> None:
    """Neither the view, its exporter, the secret as a buffer, nor a slice can write."""
    view = secret.view()
    for memory in (secret, view.obj, view[8:].obj, memoryview(secret).obj):
        assert memoryview(memory).readonly
        with pytest.raises((BufferError, TypeError), match=r"writable|read-write"):
            ffi.from_buffer(memory, require_writable=True)
        with pytest.raises((BufferError, TypeError), match=r"writable|read-write"):
            (ctypes.c_char * 64).from_buffer(memory)
    assert secret == SEED


def test_exported_buffer_cannot_change_the_secret(secret: SecretBytes) -> None:
    """It is read-only on CPython, and a copy on PyPy."""
    with contextlib.suppress(BufferError, TypeError):
        ffi.buffer(ffi.from_buffer(secret, require_writable=True))[:] = bytes(64)
    assert secret == SEED


@only_where_secrets_are_buffers
def test_secret_is_a_buffer(secret: SecretBytes) -> None:
    """Every reader of buffers can use it, until it is closed."""
    assert hashlib.sha256(secret).digest() == hashlib.sha256(SEED).digest()
    assert b"".join([secret]) == SEED
    secret.close()
    for use in (memoryview, hashlib.sha256, ffi.from_buffer):
        with pytest.raises(ClosedError, match="SecretBytes is closed"):
            use(secret)


@only_in_c("an exported buffer is a copy")
def test_close_wipes_when_the_last_user_is_gone(secret: SecretBytes) -> None:
    """Current users keep the bytes, nobody gets them any more, and a view is no user."""
    view, first, last = secret.view(), memoryview(secret), ffi.from_buffer(secret)
    secret.close()
    for use in (memoryview, bytes, lambda secret: MLKEMPrivateKey.from_seed(secret, "ML-KEM-512")):
        with pytest.raises(ClosedError):
            use(secret)
    first.release()
    assert (bytes(view), ffi.buffer(last)[:]) == (SEED, SEED)
    ffi.release(last)
    assert bytes(view) == bytes(64)


def test_users_of_many_threads_are_all_counted(secret: SecretBytes) -> None:
    """A lost count would leave the secret unwiped, or wipe it while it is used."""

    def use() -> None:
        begin.wait()
        for _ in range(1_000 if IS_PYPY else 100_000 if SECRETS_ARE_BUFFERS else 10_000):
            if SECRETS_ARE_BUFFERS and not IS_PYPY:  # where each one is a copy that waits for the collector
                memoryview(secret).release()
            with HeldInput(secret, "seed"):
                pass

    begin = threading.Barrier(4)
    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    view = secret.view()
    secret.close()
    assert view == bytes(64)


def test_close_during_a_call_leaves_it_the_real_bytes(secret: SecretBytes) -> None:
    """The secret is closed in the middle of the call, which still reads its bytes."""
    view = secret.view()
    with HeldInput(secret, "seed") as (pointer, size):
        secret.close()
        assert ffi.buffer(pointer, size)[:] == SEED
    assert bytes(view) == bytes(64)


SLOTS = """
import sys
from qynauth_pqc import MLKEMPrivateKey
from qynauth_pqc.native import new_private_key
for count in (-1, 0, 2**60, 2**61, sys.maxsize):
    try:
        new_private_key(count)
    except ValueError as error:
        print(str(error).startswith("expected 1 to"))
"""


def test_handles_have_a_number_of_slots_that_memory_can_have() -> None:
    """The size of the object in bytes would wrap around."""
    run = subprocess.run([sys.executable, "-c", SLOTS], check=True, capture_output=True, text=True)
    assert run.stdout == "True\n" * 5


def test_close_on_another_thread_never_yields_the_key_of_zeros() -> None:
    """A seed that is closed while keys are made of it makes its own key or an error."""
    own = MLKEMPrivateKey.from_seed(SEED, "ML-KEM-512")
    expected = own.public_key.public_bytes()
    for _ in range(300):
        seed, now = own.seed(), threading.Event()
        closing = threading.Thread(target=lambda seed=seed, now=now: (now.wait(), seed.close()))
        closing.start()
        now.set()
        with contextlib.suppress(ClosedError):
            while True:
                assert MLKEMPrivateKey.from_seed(seed, "ML-KEM-512").public_key.public_bytes() == expected
        closing.join()


def test_view_keeps_the_memory_alive() -> None:
    """The memory is freed with the last view, not with the secret."""
    settle()
    start = snapshot().live_buffers
    part = MLKEMPrivateKey.from_seed(SEED, "ML-KEM-512").seed().view()[8:16]
    settle()
    assert (bytes(part), snapshot().live_buffers) == (SEED[8:16], start + 1)
    del part
    settle()
    assert snapshot().live_buffers == start


def test_secret_can_be_referred_to_weakly(secret: SecretBytes) -> None:
    """A cache may do so, for example."""
    assert weakref.ref(secret)() is secret


def test_secrets_are_compared_without_an_import(secret: SecretBytes) -> None:
    """An interpreter that ends, or one out of memory, can import nothing; and hmac would load OpenSSL."""
    code = (
        "import sys, builtins\n"
        "from qynauth_pqc import MLDSAPrivateKey\n"
        "seed = MLDSAPrivateKey.generate('ML-DSA-44').seed()\n"
        "builtins.__import__ = None\n"
        "assert seed == bytes(seed) and seed != bytes(32)\n"
        "assert 'hmac' not in sys.modules and '_hashlib' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert secret == bytes(secret)


WHERE_BYTES_STAY = only_in_c("on cffi alone, bytes can move, and are made from what C has written")


@WHERE_BYTES_STAY
def test_slices_are_where_the_bytes_of_a_tuple_lie() -> None:
    """Empty and shared objects have slices; objects of another type than bytes have none."""
    items = (b"", b"a", b"first", bytes(5000), b"first")
    slices = slices_of(items)
    assert [ffi.buffer(each.data, each.len)[:] for each in slices] == [*items]
    assert slices[2].data == slices[4].data == ffi.from_buffer(items[2])
    assert len(slices_of(())) == 0
    for other in (bytearray(b"a"), memoryview(b"a"), "a", None, type("Bytes", (bytes,), {})(b"a")):
        assert slices_of((b"a", other)) is None
    for wrong in ([b"a"], b"a", None):
        with pytest.raises(TypeError):
            slices_of(wrong)  # type: ignore[arg-type]


@WHERE_BYTES_STAY
def test_slots_are_in_new_bytes_of_their_sizes() -> None:
    """They are in the requested places of the list; the objects hold the written bytes."""
    kept = object()
    rows: list[object] = [kept] * 5
    slots = slots_for((3, 0, 5000), 3)
    make_rows(rows, 1, slots, 3)
    for slot, byte in zip(slots, b"abc", strict=True):
        ffi.buffer(slot.data, slot.len)[:] = bytes([byte]) * slot.len
    assert rows == [kept, b"aaa", b"", b"c" * 5000, kept]
    assert (sys.getrefcount(rows[1]), sys.getrefcount(rows[3])) == (2, 2)  # the list and the call
    make_rows(rows, 1, slots, 1)
    assert rows[2:] == [b"", b"c" * 5000, kept]


@WHERE_BYTES_STAY
def test_slots_are_refused_in_what_is_no_list_of_that_many_items() -> None:
    """The function in C looks before it writes."""
    rows, slots = [None, None], slots_for((1, 1), 2)
    for begin in (1, 3, sys.maxsize, -1):
        with pytest.raises(MemoryError):
            make_rows(rows, begin, slots, 2)
    with pytest.raises(TypeError):
        make_rows((None, None), 0, slots, 2)  # type: ignore[arg-type]
    assert rows == [None, None]
    with pytest.raises(MemoryError):
        make_rows(rows, 0, slots_for((2**62, 1), 2), 2)
    make_rows(rows, 0, slots, 2)


@WHERE_BYTES_STAY
def test_slots_are_refused_in_a_list_that_becomes_shorter() -> None:
    """Replacing an item may remove items from the list, and their objects."""

    class Last:
        def __del__(self) -> None:
            rows.clear()

    rows: list[object] = [Last(), None]
    with pytest.raises(MemoryError):
        make_rows(rows, 0, slots_for((1, 1), 2), 2)
