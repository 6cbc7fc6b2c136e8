"""Inputs are any contiguous bytes, and secrets own their memory."""

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
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from conftest import IS_PYPY, SECRETS_ARE_BUFFERS, only_in_c, only_where_secrets_are_buffers, settle

from qynauth_pqc import (
    ClosedError,
    InvalidKeyError,
    InvalidLengthError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    PQCError,
    SecretBytes,
    SharedSecret,
    load_private_key,
)
from qynauth_pqc.batch import sign_many
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.native import IS_ACCELERATED, ffi, make_rows, slices_of
from qynauth_pqc.native.inputs import HeldInput
from qynauth_pqc.native.outputs import slots_for

SEED = bytes(range(64))

# Memory of the formats B, b and c, and of them as ctypes says it, and in two dimensions.
SINGLE_BYTES: list[Callable[[bytes], Any]] = [
    lambda data: memoryview(data).cast("c"),
    lambda data: memoryview(array("b", data)),
    lambda data: memoryview((ctypes.c_ubyte * len(data)).from_buffer_copy(data)),
    lambda data: memoryview((ctypes.c_char * len(data)).from_buffer_copy(data)),
    lambda data: memoryview(data).cast("B", (1, len(data))),
]


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


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, *SINGLE_BYTES])
def test_every_kind_of_contiguous_memory_is_an_input(kind: Callable[[bytes], bytes]) -> None:
    """Signatures and messages of each type verify alike, and lengths count bytes."""
    private_key = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
    message = bytes(range(8))
    signature = private_key.sign(kind(message), deterministic=True)
    assert signature == private_key.sign(message, deterministic=True)
    private_key.public_key.verify(kind(message), kind(signature))


def test_secrets_are_inputs(secret: SecretBytes) -> None:
    """The outputs of the package are inputs too."""
    assert MLKEMPrivateKey.from_seed(secret, "ML-KEM-512").seed() == secret


@pytest.mark.parametrize("value", ["pass-word", 1234567, None, [1], memoryview(bytes(8))[::2]], ids=repr)
def test_other_inputs_are_type_errors_that_do_not_show_the_value(value: object) -> None:
    """A secret passed as text by mistake must not end in a log."""
    private_key = MLKEMPrivateKey.generate("ML-KEM-512")
    signer = MLDSAPrivateKey.generate("ML-DSA-44")
    calls: list[Callable[[], object]] = [
        lambda: MLKEMPrivateKey.from_seed(value, "ML-KEM-512"),  # type: ignore[arg-type]
        lambda: MLDSAPrivateKey.from_private_bytes(value),  # type: ignore[arg-type]
        lambda: private_key.decapsulate(value),  # type: ignore[arg-type]
        lambda: signer.sign(value),  # type: ignore[arg-type]
        lambda: signer.sign(b"", context=value),  # type: ignore[arg-type]
        lambda: signer.public_key.verify(b"", value),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(TypeError, match="must be") as caught:
            call()
        assert not any(text in str(caught.value) for text in ("pass-word", "1234567"))


class LongBytes(bytes):
    """Bytes that say they are longer than they are."""

    def __len__(self) -> int:
        """Return a length that the memory does not have."""
        return bytes.__len__(self) + 4096


class LongByteArray(bytearray):
    """A bytearray that says the same."""

    def __len__(self) -> int:
        """Return a length that the memory does not have."""
        return bytearray.__len__(self) + 4096


class ShortBytes(bytes):
    """Bytes that say they are empty."""

    def __len__(self) -> int:
        """Return a length that the memory does not have."""
        return 0


@pytest.mark.parametrize("kind", [LongBytes, LongByteArray, ShortBytes])
def test_length_of_an_input_is_the_size_of_its_memory(kind: Callable[[bytes], bytes]) -> None:
    """A subclass may report another length: no byte beyond the memory is read, and none is left out."""
    key = MLDSAPrivateKey.from_seed(kind(bytes(32)), "ML-DSA-44")
    public, private = key.public_key.public_bytes(), bytes(key.private_bytes())
    assert MLDSAPublicKey.from_public_bytes(kind(public)).public_bytes() == public
    assert MLDSAPrivateKey.from_private_bytes(kind(private)).private_bytes() == private
    signature = key.sign(kind(b"message"), context=kind(b"context"), deterministic=True)
    assert signature == key.sign(b"message", context=b"context", deterministic=True)
    assert sign_many(key, [kind(b"message")] * 2, kind(b"context"), deterministic=True) == [signature] * 2
    key.public_key.verify(b"message", kind(signature), context=b"context")
    assert key.private_bytes() == kind(private)
    hasher = key.public_key.mu_hasher(context=kind(b"context"))
    hasher.update(kind(b"message"))
    assert hasher.finalize() == mu_of(key, b"message", b"context")
    with pytest.raises(InvalidKeyError, match="got 1311"):
        MLDSAPublicKey.from_public_bytes(kind(public[1:]))


def mu_of(key: MLDSAPrivateKey, message: bytes, context: bytes) -> bytes:
    """Return the mu of a message in bytes."""
    hasher = key.public_key.mu_hasher(context=context)
    hasher.update(message)
    return hasher.finalize()


def test_subclass_with_a_buffer_of_its_own_is_what_that_buffer_holds() -> None:
    """The buffer may differ at each request, which PEP 688 allows since Python 3.12."""

    class Changing(bytes):
        asked = 0

        def __buffer__(self, flags: int) -> memoryview:
            self.asked += 1
            return memoryview(bytes(31 + self.asked))

    seed = Changing(32)
    for _ in range(4):
        with contextlib.suppress(InvalidLengthError):
            assert MLDSAPrivateKey.from_seed(seed, "ML-DSA-44").seed() == bytes(32)


@pytest.mark.parametrize("form", ["H", "I", "Q", "f", "d"])
def test_memory_of_larger_items_is_a_type_error(form: Any) -> None:
    """Its bytes depend on the machine, and the bytes of objects would be their addresses."""
    objects = memoryview((ctypes.py_object * 4)())
    signer = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
    for data in (memoryview(array(form, [0] * 8)), memoryview(bytes(64)).cast(form), objects):
        for use in (signer.sign, lambda data: MLKEMPrivateKey.from_seed(data, "ML-KEM-512")):
            with pytest.raises(TypeError, match="must be contiguous memory of single bytes"):
                use(data)


def refused(use: Callable[[Any], object], data: object) -> Exception:
    """Return the error of a use, with its traceback."""
    with pytest.raises((PQCError, TypeError)) as caught:
        use(data)
    return caught.value


def test_error_that_is_kept_does_not_delay_the_wipe(secret: SecretBytes) -> None:
    """Its traceback holds the frames of the call, and they hold nothing any more."""
    signer = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
    encrypted, view = bytes(signer.to_pkcs8(password=b"password")), secret.view()
    uses: list[Callable[[Any], object]] = [
        lambda data: MLDSAPrivateKey.from_seed(data, "ML-DSA-44"),
        MLDSAPrivateKey.from_private_bytes,
        MLDSAPrivateKey.from_jwk,
        MLDSAPrivateKey.from_cose_key,
        load_private_key,
        lambda data: load_private_key(encrypted, data),
        lambda data: signer.sign(data, context=bytes(256)),
        lambda data: signer.public_key.verify(data, data),
        lambda data: signer.sign(data, context=bytes(256), prehash="SHA-512"),
        lambda data: sign_many(signer, [data], 1),  # type: ignore[call-overload]
        MLKEMPrivateKey.generate("ML-KEM-512").decapsulate,
    ]
    errors = [refused(use, secret) for use in uses]
    assert bytes(view) == SEED
    secret.close()
    assert bytes(view) == bytes(64)
    assert all(error.__traceback__ for error in errors)


CYCLE = """
import gc
from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey, PQCError
def fail(use, data):
    try:
        use(data)
    except (PQCError, TypeError) as error:
        cycle = error
seed = MLDSAPrivateKey.generate("ML-DSA-44").seed()
signer = MLDSAPrivateKey.generate("ML-DSA-44")
for data in (memoryview(bytes(2560)), seed):
    for use in (
        MLDSAPrivateKey.from_private_bytes,
        lambda data: MLKEMPrivateKey.from_seed(data, "ML-KEM-512"),
        MLKEMPrivateKey.generate("ML-KEM-512").decapsulate,
        lambda data: signer.public_key.verify(data, data),
        lambda data: signer.sign(data, context=bytes(256)),
        lambda data: signer.sign(data, context="text"),
        lambda data: signer.sign(data, context=bytes(256), prehash="SHA-512"),
    ):
        fail(use, data)
        gc.collect()
"""


def test_error_in_a_cycle_does_not_crash_the_collector() -> None:
    """No error keeps a memoryview held by C, which CPython before 3.12 cannot collect (gh-77894)."""
    subprocess.run([sys.executable, "-c", CYCLE], check=True)


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


class Exporting(bytes):
    """Bytes that export other memory, which CPython asks for from 3.12 on."""

    export: Callable[[], memoryview]

    def __buffer__(self, _flags: int) -> memoryview:
        """Return the other memory."""
        return self.export()


def exporting(export: Callable[[], memoryview]) -> Exporting:
    """Return bytes that export what a function returns."""
    made = Exporting()
    made.export = export
    return made


exports_memory = pytest.mark.skipif(sys.version_info < (3, 12), reason="Python classes export no buffers before 3.12")


@exports_memory
@pytest.mark.parametrize("memory", [memoryview(bytes(8)).cast("Q"), memoryview(bytes(8))[::2]], ids=["words", "gaps"])
@pytest.mark.parametrize("prehash", [None, "SHA-512"])
def test_memory_that_a_subclass_exports_is_checked(memory: memoryview, prehash: Any) -> None:
    """With both bindings, it must be contiguous memory of single bytes, as any memoryview."""
    message = r"^message must be contiguous memory of single bytes \(format B, b or c\)$"
    with pytest.raises(TypeError, match=message):
        MLDSAPrivateKey.generate("ML-DSA-44").sign(exporting(lambda: memory), prehash=prehash)


@exports_memory
def test_key_that_an_input_closes_is_used_or_refused() -> None:
    """The binding in C has taken the key before the input, and the binding on cffi takes it afterwards."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    public_key = key.public_key

    def export() -> memoryview:
        key.close()
        return memoryview(b"exported")

    if IS_ACCELERATED:
        public_key.verify(b"exported", key.sign(exporting(export)))
    with pytest.raises(ClosedError, match=r"is closed$"):
        key.sign(exporting(export))
