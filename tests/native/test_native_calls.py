"""Operations in one crossing return the same results as through cffi, and lose no reference or memory on any path."""

from __future__ import annotations

import gc
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cffi
import pytest
from conftest import IS_PYPY, ROOT, only_in_c, only_on_cpython, only_with_a_gil, settle

from qynauth_pqc import (
    ClosedError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    SecretBytes,
    SharedSecret,
    XWingPrivateKey,
)
from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.signature import SignaturePrivateKey
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.mlkem import KEMPrivateKey
from qynauth_pqc.native import (
    IS_ACCELERATED,
    Handle,
    Memory,
    decapsulate,
    encapsulate,
    ffi,
    generate,
    lib,
    load_private_key,
    load_public_key,
    load_seed,
    new_memory,
    new_private_key,
    new_public_key,
    private_bytes_of,
    public_bytes_of,
    public_key_of,
    seed_of,
    sign,
    verify,
)

ROWS = loadable(PrivateKey)
KEMS = [pytest.param(*each, id=each[1]) for each in ROWS if issubclass(each[0], KEMPrivateKey)]
SLOW = [each for _, each in ROWS if each.first_items == 1]  # sets of SLH-DSA
SIGNATURES = [
    pytest.param(*each, id=each[1], marks=[pytest.mark.nightly] * (each[1] in SLOW))
    for each in ROWS
    if issubclass(each[0], SignaturePrivateKey)
]
MESSAGE, CONTEXT = b"message" * 10, b"context"
KEM, DSA = MLKEMPrivateKey.from_seed(bytes(64), "ML-KEM-512"), MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
KEEPS_GIL, RELEASES_GIL = True, False
XWING = XWingPrivateKey.from_seed(bytes(32))
PRIVATE, PUBLIC = KEM._use(), KEM.public_key._use()
SIGNER, VERIFIER = DSA._use(), DSA.public_key._use()
ENCODED, EXPANDED = KEM.public_key.public_bytes(), bytes(KEM.private_bytes())
IMPORTED = MLKEMPrivateKey.from_private_bytes(EXPANDED)._use()
CIPHERTEXT, SENT = KEM.public_key.encapsulate()
DSA_EXPANDED = bytes(DSA.private_bytes())
DSA_ENCODED = DSA.public_key.public_bytes()
SIGNATURE = DSA.sign(MESSAGE, context=CONTEXT)


class Subclass(bytes):
    """Bytes that report a length of 0."""

    __slots__ = ()

    def __len__(self) -> int:
        """Return a false length."""
        return 0


def references(arguments: Iterable[Any]) -> list[int]:
    """Return the number of references to each argument that was made for a call in C: frames of errors have some.

    The number of an immortal object, which is large since Python 3.12, may change.
    """
    if not IS_ACCELERATED:
        return []
    return [min(sys.getrefcount(each), 1 << 30) for each in arguments if not isinstance(each, (int, type))]


def by_cffi(handle: Handle, function: Any, *inputs: Any, secret: bool = False) -> bytes | int:
    """Return the buffer that a function of the C interface fills, or its status."""
    memory = new_memory(SharedSecret if secret else Memory)
    status = handle.call(function, *inputs, memory._slot)
    return status or bytes(memory)


def value(made: Any) -> Any:
    """Return a result in a form with comparable bytes."""
    return bytes(made) if isinstance(made, Memory) else made


@pytest.mark.parametrize("keeps_gil", [KEEPS_GIL, RELEASES_GIL])
@pytest.mark.parametrize(("kind", "chosen"), KEMS)
def test_kem_agrees_with_cffi(kind: Any, chosen: Any, keeps_gil: Any) -> None:
    """Keys, ciphertexts and secrets of each side are right for the other one; wrong ones have equal results."""
    handle = generate(chosen.id, 0, keeps_gil)
    assert isinstance(handle, Handle)
    private_key = kind._own(handle, chosen)
    public = private_key.public_key._use()
    ciphertext, sent = encapsulate(public, SharedSecret, keeps_gil)  # type: ignore[misc]
    other, other_sent = new_memory(Memory), new_memory(SharedSecret)
    assert public.call(lib.pqc_encapsulate, other._slot, other_sent._slot) == 0
    assert type(sent) is SharedSecret
    assert by_cffi(handle, lib.pqc_decapsulate, ciphertext, len(ciphertext), secret=True) == bytes(sent)
    assert value(decapsulate(handle, bytes(other), SharedSecret, keeps_gil)) == bytes(other_sent)
    for wrong in (bytes(len(ciphertext)), ciphertext[:-1], b""):
        expected = by_cffi(handle, lib.pqc_decapsulate, wrong, len(wrong), secret=True)
        assert value(decapsulate(handle, wrong, SharedSecret, keeps_gil)) == expected


@pytest.mark.parametrize(("kind", "chosen"), SIGNATURES)
def test_signature_agrees_with_cffi(kind: Any, chosen: Any) -> None:
    """Deterministic signatures are equal, hedged ones are valid, and each refusal has the same status."""
    handle = generate(chosen.id, 0, RELEASES_GIL)
    assert isinstance(handle, Handle)
    public = kind._own(handle, chosen).public_key._use()
    for message, context in ((MESSAGE, b""), (b"", CONTEXT), (MESSAGE * 1000, bytes(255)), (MESSAGE, bytes(256))):
        given = (message, len(message), context, len(context))
        for flags in (lib.PQC_SIGN_DETERMINISTIC, 99):
            assert sign(handle, message, context, flags) == by_cffi(handle, lib.pqc_sign, *given, flags)
        hedged = sign(handle, message, context, 0)
        signature = hedged if isinstance(hedged, bytes) else bytes(chosen.signature_bytes)
        for each in (signature, signature[:-1], signature + b"\0", bytes(len(signature)), b""):
            expected = public.call(lib.pqc_verify, *given, each, len(each))
            assert verify(public, message, context, each) == expected
            assert (expected == 0) == (each is hedged)
        assert verify(public, message + b"\0", context, signature) != 0


def test_refused_key_generation_has_the_status_of_cffi() -> None:
    """The algorithm or a flag is unknown, or a number does not fit C."""
    for algorithm, flags in ((0, 0), (512, 1 << 31), (65, lib.PQC_KEY_AVX2 | lib.PQC_KEY_PORTABLE)):
        other = new_private_key()
        expected = lib.pqc_private_key_generate(algorithm, flags, other.slot)
        assert generate(algorithm, flags, KEEPS_GIL) == expected != 0
    for wrong in (-1, 1 << 32, 1 << 70):
        with pytest.raises(OverflowError):
            generate(wrong, 0, KEEPS_GIL)


@pytest.mark.parametrize("keeps_gil", [KEEPS_GIL, RELEASES_GIL])
@pytest.mark.parametrize(("kind", "chosen"), [pytest.param(*each, id=each[1]) for each in ROWS])
def test_public_key_agrees_with_cffi(kind: Any, chosen: Any, keeps_gil: Any) -> None:
    """It is taken from a private key or loaded; refusals have the same status."""
    private = kind.generate(chosen)._use()
    taken, public = public_key_of(private, RELEASES_GIL), new_public_key()
    assert private.call(lib.pqc_private_key_public_key, public.slot) == 0
    assert isinstance(taken, Handle)
    encoded = by_cffi(public, lib.pqc_public_key_bytes)
    assert public_bytes_of(taken, keeps_gil) == encoded == by_cffi(taken, lib.pqc_public_key_bytes)
    loads_as_cffi(load_public_key, lib.pqc_public_key_from_bytes, new_public_key, public_bytes_of, chosen.id, encoded)


@pytest.mark.parametrize(("kind", "chosen"), [pytest.param(*each, id=each[1]) for each in ROWS])
def test_private_key_agrees_with_cffi(kind: Any, chosen: Any) -> None:
    """It is encoded and loaded, also by its seed; refusals have the same status."""
    private = kind.generate(chosen)._use()
    for encode, function, load, from_c in (
        (private_bytes_of, lib.pqc_private_key_bytes, load_private_key, lib.pqc_private_key_from_bytes),
        (seed_of, lib.pqc_private_key_seed, load_seed, lib.pqc_private_key_from_seed),
    ):

        def encoded_by(key: Handle, keeps_gil: Any, encode: Any = encode) -> Any:
            made = encode(key, SecretBytes, keeps_gil)
            assert isinstance(made, (SecretBytes, int))
            return value(made)

        expected = by_cffi(private, function, secret=True)
        assert encoded_by(private, keeps_gil=True) == encoded_by(private, keeps_gil=False) == expected
        encoded = expected if isinstance(expected, bytes) else bytes(32)  # a composite has no seed
        loads_as_cffi(load, from_c, new_private_key, encoded_by, chosen.id, encoded)


def loads_as_cffi(load: Any, by_c: Any, new: Any, encode: Any, algorithm: int, encoded: Any) -> None:
    """Check that a key is loaded from inputs of each type, or refused with the status of the C interface."""
    damaged = bytes([encoded[0] ^ 255]) + encoded[1:]
    for data, flags in (
        (encoded, 0),
        (encoded[1:], 0),
        (b"", 0),
        (bytes([255]) * len(encoded), 0),
        (damaged, 0),
        (encoded, 1 << 31),
    ):
        other = new()
        expected = by_c(algorithm, flags, data, len(data), other.slot)
        for each, keeps_gil in ((data, KEEPS_GIL), (Subclass(data), RELEASES_GIL), (bytearray(data), KEEPS_GIL)):
            made = load(algorithm, flags, each, keeps_gil)
            assert (0 if isinstance(made, Handle) else made) == expected
            if isinstance(made, Handle):
                assert encode(made, keeps_gil) == encode(other, keeps_gil) == data
    for wrong in ("text", None):
        with pytest.raises(TypeError, match=r"key|seed"):
            load(algorithm, 0, wrong, KEEPS_GIL)


@pytest.mark.parametrize("convert", [bytearray, memoryview, Subclass])
def test_inputs_of_every_type_are_as_bytes(convert: Callable[[bytes], Any]) -> None:
    """Their length is the size of their memory, and the memory is free afterwards."""
    inputs = [convert(each) for each in (CIPHERTEXT, MESSAGE, CONTEXT, SIGNATURE)]
    ciphertext, message, context, signature = inputs
    before = references(inputs)
    for _ in range(2):
        assert value(decapsulate(PRIVATE, ciphertext, SharedSecret, KEEPS_GIL)) == bytes(SENT)
        signed = sign(SIGNER, message, context, 0)
        assert verify(VERIFIER, message, context, signature) == verify(VERIFIER, message, context, signed) == 0
    assert references(inputs) == before
    for each in inputs:
        if isinstance(each, bytearray):
            each.append(0)  # refused while somebody holds it


def closed() -> SecretBytes:
    """Return a secret that is closed."""
    secret = KEM.seed()
    secret.close()
    return secret


def released() -> memoryview:
    """Return a memoryview that is released."""
    view = memoryview(MESSAGE)
    view.release()
    return view


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "text": (lambda: "text", TypeError, "must be bytes, bytearray or memoryview, not str"),
    "None": (lambda: None, TypeError, "must be bytes, bytearray or memoryview, not NoneType"),
    "strided": (lambda: memoryview(MESSAGE)[::2], TypeError, "must be contiguous memory"),
    "released": (released, ClosedError, "is a memoryview that was released"),
    "closed": (closed, ClosedError, "SecretBytes is closed"),
}


@pytest.mark.parametrize("make", WRONG)
def test_wrong_input_is_an_error_and_the_others_are_free_again(make: str) -> None:
    """Each place is tried, and the message names it."""
    wrong, error, message = WRONG[make][0](), *WRONG[make][1:]
    right = [bytearray(MESSAGE), bytearray(CONTEXT), bytearray(SIGNATURE)]
    calls: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = [
        ("ciphertext", decapsulate, (PRIVATE, wrong, SharedSecret, KEEPS_GIL)),
        ("message", sign, (SIGNER, wrong, right[1], 0)),
        ("context", sign, (SIGNER, right[0], wrong, 0)),
        ("message", verify, (VERIFIER, wrong, *right[1:])),
        ("context", verify, (VERIFIER, right[0], wrong, right[2])),
        ("signature", verify, (VERIFIER, *right[:2], wrong)),
    ]
    for name, function, arguments in calls:
        before = references(arguments)
        with pytest.raises(error, match=message if make == "closed" else f"^{name} {message}"):
            function(*arguments)
        assert references(arguments) == before
        if IS_PYPY:  # which counts no references
            settle()
        for each in right:
            each.append(0)


def empty() -> Handle:
    """Return a Handle after its key went to another owner."""
    handle = generate(512, 0, KEEPS_GIL)
    assert isinstance(handle, Handle)
    handle.split()
    return handle


@pytest.mark.parametrize("handle", [None, 0, KEM, PUBLIC.pointer, VERIFIER, new_private_key(), empty()], ids=repr)
def test_what_is_no_handle_of_a_private_key_is_refused(handle: Any) -> None:
    """It is refused even if C would accept it."""
    calls: list[tuple[Callable[..., Any], tuple[Any, ...], str]] = [
        (decapsulate, (handle, CIPHERTEXT, SharedSecret, KEEPS_GIL), "Private"),
        (sign, (handle, MESSAGE, b"", 0), "Private"),
        (public_key_of, (handle, RELEASES_GIL), "Private"),
        (private_bytes_of, (handle, SecretBytes, KEEPS_GIL), "Private"),
        (seed_of, (handle, SecretBytes, KEEPS_GIL), "Private"),
        (public_bytes_of, (PRIVATE, KEEPS_GIL), "Public"),
        (encapsulate, (PRIVATE, SharedSecret, KEEPS_GIL), "Public"),
        (verify, (SIGNER, MESSAGE, b"", SIGNATURE), "Public"),
    ]
    for function, arguments, kind in calls:
        with pytest.raises(TypeError, match=rf"^expected a Handle of a Pqc{kind}Key \*$"):
            function(*arguments)


def test_secret_is_of_a_type_of_memory() -> None:
    """Only such objects have memory that is wiped."""
    for kind in (bytes, object, None, Handle):
        for call in (
            lambda kind=kind: encapsulate(PUBLIC, kind, KEEPS_GIL),
            lambda kind=kind: decapsulate(PRIVATE, CIPHERTEXT, kind, KEEPS_GIL),
            lambda kind=kind: private_bytes_of(PRIVATE, kind, KEEPS_GIL),
            lambda kind=kind: seed_of(PRIVATE, kind, KEEPS_GIL),
        ):
            with pytest.raises(TypeError, match=r"^expected a type of Memory$"):
                call()


CALLS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "generate": (generate, (512, 0, KEEPS_GIL)),
    "generate, refused": (generate, (513, 0, KEEPS_GIL)),
    "public_key_of": (public_key_of, (PRIVATE, RELEASES_GIL)),
    "load_public_key": (load_public_key, (512, 0, ENCODED, KEEPS_GIL)),
    "load_public_key, refused": (load_public_key, (512, 0, bytearray(ENCODED[1:]), KEEPS_GIL)),
    "load_private_key": (load_private_key, (512, 0, bytearray(EXPANDED), RELEASES_GIL)),
    "load_private_key, refused": (load_private_key, (512, 0, EXPANDED[1:], KEEPS_GIL)),
    "load_seed": (load_seed, (512, 0, bytearray(64), KEEPS_GIL)),
    "load_seed, refused": (load_seed, (512, 0, bytearray(63), RELEASES_GIL)),
    "public_bytes_of": (public_bytes_of, (PUBLIC, KEEPS_GIL)),
    "private_bytes_of": (private_bytes_of, (PRIVATE, SecretBytes, KEEPS_GIL)),
    "seed_of": (seed_of, (PRIVATE, SecretBytes, RELEASES_GIL)),
    "seed_of, refused": (seed_of, (IMPORTED, SecretBytes, KEEPS_GIL)),
    "encapsulate": (encapsulate, (PUBLIC, SharedSecret, KEEPS_GIL)),
    "encapsulate, refused": (encapsulate, (VERIFIER, SharedSecret, KEEPS_GIL)),
    "decapsulate": (decapsulate, (PRIVATE, CIPHERTEXT, SharedSecret, RELEASES_GIL)),
    "decapsulate, refused": (decapsulate, (PRIVATE, bytearray(1), SharedSecret, KEEPS_GIL)),
    "sign": (sign, (SIGNER, MESSAGE, bytearray(CONTEXT), 0)),
    "sign, refused": (sign, (SIGNER, MESSAGE, bytearray(256), 0)),
    "verify": (verify, (VERIFIER, bytearray(MESSAGE), CONTEXT, SIGNATURE)),
    "verify, refused": (verify, (VERIFIER, MESSAGE, memoryview(CONTEXT), bytearray(SIGNATURE[1:]))),
}


@only_in_c("without the accelerator, these functions are in Python")
@pytest.mark.parametrize("function", sorted({function for function, _ in CALLS.values()}, key=repr))
def test_wrong_number_of_arguments_is_an_error(function: Callable[..., Any]) -> None:
    """Otherwise C would read missing arguments."""
    for count in (0, 1, 5):
        with pytest.raises(TypeError, match=r"^expected [234] arguments$"):
            function(*[PRIVATE] * count)


@contextmanager
def nothing_is_kept(arguments: tuple[Any, ...]) -> Iterator[None]:
    """Check that calls keep no reference to their arguments, and that their results are freed."""
    gc.collect()
    before, start = references(arguments), snapshot()
    yield
    assert references(arguments) == before
    end = snapshot()
    assert (end.live_handles, end.live_buffers) == (start.live_handles, start.live_buffers)


@only_on_cpython("counts references and blocks of CPython")
@pytest.mark.parametrize("call", CALLS)
def test_call_keeps_nothing(call: str) -> None:
    """It keeps no argument, no dropped result and no block of memory, with any outcome."""
    function, arguments = CALLS[call]
    function(*arguments)
    with nothing_is_kept(arguments):
        blocks = sys.getallocatedblocks()
        for _ in range(200):
            function(*arguments)
        assert sys.getallocatedblocks() - blocks < 100


@only_in_c("the instructions of Python take memory too")
@pytest.mark.parametrize("call", CALLS)
def test_call_without_memory_keeps_nothing(call: str) -> None:
    """Each allocation of Python fails in turn."""
    testcapi: Any = pytest.importorskip("_testcapi", reason="needs the test modules of CPython")
    function, arguments = CALLS[call]
    failed = 0
    with nothing_is_kept(arguments):
        for number in range(20):
            testcapi.set_nomemory(number, number + 1)
            try:
                function(*arguments)
            except MemoryError:
                failed += 1
            finally:
                testcapi.remove_mem_hooks()
    assert failed or call in {"sign, refused", "verify", "verify, refused"}  # these take no options


@only_in_c("cffi alone counts the uses of a handle, not the references to it")
def test_temporary_handle_lives_as_long_as_the_call() -> None:
    """The call has the only reference."""
    for _ in range(10):
        private_key = MLKEMPrivateKey.generate("ML-KEM-512")
        ciphertext, sent = private_key.public_key.encapsulate()
        handles = [private_key._use()]
        private_key.close()
        assert value(decapsulate(handles.pop(), ciphertext, SharedSecret, RELEASES_GIL)) == bytes(sent)


SHORT: dict[str, Callable[[], object]] = {
    "generate": lambda: MLKEMPrivateKey.generate("ML-KEM-512"),
    "public_key": lambda: MLKEMPrivateKey.generate("ML-KEM-512").public_key,
    "from_public_bytes": lambda: MLKEMPublicKey.from_public_bytes(ENCODED),
    "from_public_bytes of a bytearray": lambda: MLKEMPublicKey.from_public_bytes(bytearray(ENCODED)),
    "from_private_bytes": lambda: MLKEMPrivateKey.from_private_bytes(EXPANDED),
    "from_seed": lambda: MLKEMPrivateKey.from_seed(bytes(64), "ML-KEM-512"),
    "public_bytes": KEM.public_key.public_bytes,
    "private_bytes": KEM.private_bytes,
    "seed": KEM.seed,
    "encapsulate": KEM.public_key.encapsulate,
    "decapsulate": lambda: KEM.decapsulate(CIPHERTEXT),
}
LONG: dict[str, Callable[[], object]] = {
    "generate": lambda: MLDSAPrivateKey.generate("ML-DSA-44"),
    "from_public_bytes": lambda: MLDSAPublicKey.from_public_bytes(DSA_ENCODED),
    "from_private_bytes": lambda: MLDSAPrivateKey.from_private_bytes(DSA_EXPANDED),
    "from_seed": lambda: MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44"),
    "public_bytes": DSA.public_key.public_bytes,
    "seed": DSA.seed,
    "sign": lambda: DSA.sign(MESSAGE),
    "verify": lambda: DSA.public_key.verify(MESSAGE, SIGNATURE, context=CONTEXT),
    "generate X-Wing": XWingPrivateKey.generate,
    "encapsulate with X-Wing": XWING.public_key.encapsulate,
    "decapsulate with X-Wing": lambda: XWING.decapsulate(bytes(1120)),
}


@contextmanager
def thread_that_waits_for_the_gil() -> Iterator[threading.Event]:
    """Start a thread that sets an event as soon as this thread releases the GIL by itself."""
    interval, begin, has_run = sys.getswitchinterval(), threading.Lock(), threading.Event()
    begin.acquire()

    def run() -> None:
        with begin:
            has_run.set()

    thread = threading.Thread(target=run)
    thread.start()
    sys.setswitchinterval(1000)
    try:
        begin.release()
        yield has_run
    finally:
        sys.setswitchinterval(interval)
        thread.join()


@only_in_c("cffi releases the GIL in every call")
@only_with_a_gil("there is no GIL to keep")
@pytest.mark.parametrize("operation", SHORT)
def test_short_operation_keeps_the_gil(operation: str) -> None:
    """Releasing and reacquiring it would take longer than the operation."""
    with thread_that_waits_for_the_gil() as has_run:
        for _ in range(20_000):
            SHORT[operation]()
        assert not has_run.is_set()


@pytest.mark.parametrize("operation", LONG)
def test_long_operation_lets_the_gil_go(operation: str) -> None:
    """Another thread runs during the operation."""
    with thread_that_waits_for_the_gil() as has_run:
        calls = (LONG[operation]() for _ in range(100_000))
        assert any(has_run.is_set() for _ in calls)


PRIVATE_NAMES = re.compile(r"\b(?:_cffi_\w+|_Py_\w+|ob_\w+|Py_SET_\w+)")
CFFI_EXPORT = "((PyObject *(*)(char *, struct _cffi_ctypedescr *))_cffi_exports[10])"


def test_what_is_private_elsewhere_is_named_in_one_file() -> None:
    """Names of cffi and CPython in it may change without notice."""
    found = {
        path.name: set(PRIVATE_NAMES.findall(path.read_text())) for path in (ROOT / "qynauth_pqc/native").glob("*.c")
    }
    assert found.pop("private.c") == {
        "_cffi_ctypedescr",
        "_cffi_from_c_pointer",
        "_Py_UNOWNED_TID",
        "ob_tid",
        "Py_SET_REFCNT",
    }
    assert not any(found.values()), found


def test_what_is_private_in_cffi_is_as_it_was() -> None:
    """It is the function that makes a pointer of a type, and the form of that type."""
    header = Path(cffi.__file__).with_name("_cffi_include.h").read_text().replace("\\\n", " ")
    [defined] = [line for line in header.splitlines() if line.startswith("#define _cffi_from_c_pointer")]
    assert " ".join(defined.split()[2:]) == CFFI_EXPORT
    handle = new_private_key()
    assert ffi.typeof(handle.pointer) is ffi.typeof("PqcPrivateKey *")
    assert ffi.typeof(handle.slot) is ffi.typeof("PqcPrivateKey **")
    assert ffi.typeof(new_memory(Memory)._slot) is ffi.typeof("FFIBuffer *")
