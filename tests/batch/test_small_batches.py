"""Small batches in lists with one key, one call of small_batches.c each, return the same as general batches."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from conftest import only_on_cpython, only_with_a_gil, settle

from qynauth_pqc import BatchError, CompositePrivateKey, MLDSAPrivateKey, MLKEMPrivateKey, XWingPrivateKey
from qynauth_pqc._keys.parameter_sets import OFFERED
from qynauth_pqc._keys.slices import generate_small
from qynauth_pqc.batch import _small_batches, decapsulate_many, encapsulate_many, sign_many, verify_many
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.native import decapsulate_small, encapsulate_small, sign_small, verify_small

DSA, KEM = MLDSAPrivateKey.generate("ML-DSA-44"), MLKEMPrivateKey.generate("ML-KEM-512")
CLOSED, COMPOSITE = MLDSAPrivateKey.generate("ML-DSA-44"), CompositePrivateKey.generate("MLDSA44-ECDSA-P256-SHA256")
CLOSED.close()
MESSAGES = [b"", b"message", b"another"]
SIGNATURES = sign_many(DSA, MESSAGES)
CIPHERTEXTS, SENT = encapsulate_many(KEM.public_key, 3)
TOO_LONG = bytes(256)


class Subclass(bytes):
    """Bytes with methods that may do anything."""


def outcome(call: Callable[[], Any]) -> tuple[Any, dict[int, str]]:
    """Return the results of a batch, and the text of its errors."""
    try:
        return call(), {}
    except TypeError as error:
        return None, {0: str(error)}
    except BatchError as error:
        return error.results, {index: f"{type(each)}: {each}" for index, each in error.errors.items()}


def secrets_of(found: tuple[Any, dict[int, str]]) -> tuple[list[bytes | None], dict[int, str]]:
    """Return the secrets of a batch, None for an item that failed."""
    secrets, errors = found
    return [None if number in errors else bytes(secrets[number]) for number in range(len(secrets))], errors


@pytest.mark.parametrize(
    "contexts",
    [None, b"one", [b"", b"a", b"b"], (b"", TOO_LONG, b"b"), TOO_LONG],
    ids=["none", "one for all", "one for each", "one too long", "all too long"],
)
@pytest.mark.parametrize("messages", [b"one", MESSAGES], ids=["one", "each"])
def test_signatures_and_errors_are_those_of_any_other_batch(messages: Any, contexts: Any) -> None:
    """A progress function leads to the general implementation, which returns the same."""
    signatures = [SIGNATURES[0], b"forged", SIGNATURES[2]]
    calls: list[Callable[..., Any]] = [
        lambda **progress: sign_many(DSA, messages, contexts, deterministic=True, **progress),
        lambda **progress: verify_many(DSA.public_key, messages, signatures, contexts, **progress),
    ]
    for call in calls:
        assert outcome(call) == outcome(lambda call=call: call(progress=bool))  # type: ignore[misc]


@pytest.mark.parametrize("bad", [b"", bytes(767), bytes(769)], ids=len)
def test_secrets_and_errors_are_those_of_any_other_batch(bad: bytes) -> None:
    """Batches of decapsulations, with failed items too, return the same as general batches."""
    ciphertexts = [CIPHERTEXTS[0], bad, CIPHERTEXTS[2]]
    few = secrets_of(outcome(lambda: decapsulate_many(KEM, ciphertexts)))
    assert few == secrets_of(outcome(lambda: decapsulate_many(KEM, ciphertexts, progress=bool)))
    assert (few[0][2], list(few[1])) == (bytes(SENT[2]), [1])


@pytest.mark.parametrize("threads", [None, 1, 3])
@pytest.mark.parametrize("count", [1, 2, 65, 128, 129])
def test_every_number_of_items_has_its_results(count: int, threads: int | None) -> None:
    """Every size up to the largest small batch, and beyond, has its results."""
    for key in (KEM, *([XWingPrivateKey.generate()] if "X-Wing" in OFFERED else [])):
        ciphertexts, sent = encapsulate_many(key.public_key, count, threads)
        assert (len(set(ciphertexts)), len(sent)) == (count, count)
        assert decapsulate_many(key, tuple(ciphertexts), threads) == sent
    signatures = sign_many(DSA, [b"message"] * count, b"context", threads)
    assert verify_many(DSA.public_key, b"message", signatures, b"context", threads) == [True] * count
    keys = MLKEMPrivateKey.generate_many("ML-KEM-512", count, threads=threads)
    assert len({key.public_key.public_bytes() for key in keys}) == count


REFUSED: dict[str, Callable[[], object]] = {
    "no item": lambda: _small_batches.sign(DSA, [], None, None, deterministic=False),
    "129 items": lambda: _small_batches.sign(DSA, MESSAGES * 43, None, None, deterministic=False),
    "129 secrets": lambda: _small_batches.encapsulate(KEM.public_key, 129, None),
    "129 keys": lambda: generate_small(MLKEMPrivateKey, KEM.parameter_set, 129, None, 0),
    "one signature": lambda: _small_batches.verify(DSA.public_key, MESSAGES, SIGNATURES[0], None, None),
    "one message": lambda: _small_batches.sign(DSA, b"message", b"context", None, deterministic=False),
    "another number of items": lambda: _small_batches.verify(DSA.public_key, MESSAGES, SIGNATURES[1:], None, None),
    "an item that can change": lambda: _small_batches.sign(DSA, [b"", bytearray(1)], None, None, deterministic=False),
    "an item of a subclass": lambda: _small_batches.decapsulate(KEM, [Subclass(CIPHERTEXTS[0])], None),
    "no list": lambda: _small_batches.decapsulate(KEM, iter(CIPHERTEXTS), None),
    "text": lambda: _small_batches.sign(DSA, ["text"], None, None, deterministic=False),
    "a closed key": lambda: _small_batches.sign(CLOSED, MESSAGES, None, None, deterministic=False),
    "a key for each": lambda: _small_batches.sign([DSA] * 3, MESSAGES, None, None, deterministic=False),
    "the other half": lambda: _small_batches.verify(DSA, MESSAGES, SIGNATURES, None, None),
    "another kind": lambda: _small_batches.decapsulate(DSA, CIPHERTEXTS, None),
    "signatures that vary": lambda: _small_batches.sign(COMPOSITE, MESSAGES, None, None, deterministic=False),
    "no choice": lambda: _small_batches.sign(DSA, MESSAGES, None, None, deterministic=1),
    "no count": lambda: _small_batches.encapsulate(KEM.public_key, None, None),
    "a count that is no number": lambda: _small_batches.encapsulate(KEM.public_key, 1.0, None),
    "no thread": lambda: _small_batches.decapsulate(KEM, CIPHERTEXTS, 0),
    "257 threads": lambda: _small_batches.verify(DSA.public_key, MESSAGES, SIGNATURES, None, 257),
    "threads beyond any number": lambda: _small_batches.verify(DSA.public_key, MESSAGES, SIGNATURES, None, 1 << 70),
    "threads that are no number": lambda: generate_small(MLKEMPrivateKey, KEM.parameter_set, 1, 1.0, 0),
    "no handle": lambda: encapsulate_small(None, 768, 1, None),
    "a handle of the other half": lambda: encapsulate_small(KEM._handle, 768, 1, None),
    "another handle of the other half": lambda: decapsulate_small(KEM.public_key._handle, CIPHERTEXTS, None),
    "no size": lambda: encapsulate_small(KEM.public_key._handle, "768", 1, None),  # type: ignore[arg-type]
    "no arguments": verify_small,  # type: ignore[dict-item]
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_other_batches_are_refused_before_anything_is_done(call: Callable[[], object]) -> None:
    """Nothing is counted, made or kept."""
    settle()
    before = snapshot()
    assert call() is None
    after = snapshot()
    assert (before.live_buffers, before.live_handles) == (after.live_buffers, after.live_handles)
    assert before.operations == after.operations


@only_on_cpython("counts references of CPython")
def test_a_small_batch_keeps_no_input_and_no_result() -> None:
    """After a success, failed items or a refusal, each object has the references that it had before."""
    messages, contexts = [b"message %d" % number for number in range(3)], [b"context", TOO_LONG, b""]
    constants = [None, True] if sys.version_info < (3, 12) else []  # have no count of references since then
    inputs = [*messages, *contexts[:1], *SIGNATURES, *CIPHERTEXTS, messages, SIGNATURES, CIPHERTEXTS, *constants]
    gc.collect()
    live, before = snapshot().live_buffers, [sys.getrefcount(each) for each in inputs]
    for _ in range(50):
        outcome(lambda: verify_many(DSA.public_key, messages, SIGNATURES, contexts))
        outcome(lambda: sign_many(DSA, messages, contexts))
        outcome(lambda: sign_many(DSA, [*messages, bytearray()]))
        outcome(lambda: decapsulate_many(KEM, [*CIPHERTEXTS, b""]))
        outcome(lambda: decapsulate_many(KEM, CIPHERTEXTS))
        outcome(lambda: encapsulate_many(KEM.public_key, 3))
    gc.collect()
    after = [sys.getrefcount(each) for each in inputs]
    assert max(now - then for now, then in zip(after, before, strict=True)) < 25
    assert snapshot().live_buffers == live


@pytest.mark.parametrize("locked", [False, True], ids=["heap", "locked"])
def test_secrets_are_in_the_memory_of_the_key(*, locked: bool) -> None:
    """Secrets are in locked memory if the key is."""
    key = MLKEMPrivateKey.generate("ML-KEM-512", locked_memory=locked)
    ciphertexts, sent = encapsulate_many(key.public_key, 2)
    received = decapsulate_many(key, ciphertexts)
    assert (received, *(bool(each._memory._slot.reserved) for each in (received, sent))) == (sent, locked, locked)


SIGNER, VERIFIER = DSA._use(), DSA.public_key._use()
FEW: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "encapsulate": (encapsulate_small, (KEM.public_key._use(), 768, 3, None)),
    "decapsulate": (decapsulate_small, (KEM._use(), CIPHERTEXTS, None)),
    "decapsulate, one refused": (decapsulate_small, (KEM._use(), [CIPHERTEXTS[0], b""], None)),
    "sign": (sign_small, (SIGNER, 2420, MESSAGES, b"", True, None)),
    "sign, all refused": (sign_small, (SIGNER, 2420, MESSAGES, TOO_LONG, True, None)),
    "verify": (verify_small, (VERIFIER, MESSAGES, SIGNATURES, b"", None)),
    "verify, one refused": (verify_small, (VERIFIER, MESSAGES, SIGNATURES, [b"", TOO_LONG, b""], None)),
}


@only_on_cpython("makes the allocator of CPython fail")
@only_with_a_gil("without a GIL, CPython frees memory twice when it has none for a list (its issue 152125)")
@pytest.mark.parametrize("call", FEW)
def test_call_without_memory_keeps_nothing(call: str) -> None:
    """Each allocation of Python fails in turn: the batch is left to the general implementation, or raises."""
    testcapi: Any = pytest.importorskip("_testcapi", reason="needs the test modules of CPython")
    function, arguments = FEW[call]
    counted = [each for each in arguments if not isinstance(each, (int, bytes, type(None)))]
    gc.collect()
    before, start, failed = [sys.getrefcount(each) for each in counted], snapshot(), 0
    for number in range(40):
        testcapi.set_nomemory(number, number + 1)
        try:
            failed += function(*arguments) is None
        except MemoryError:
            failed += 1
        finally:
            testcapi.remove_mem_hooks()
    end = snapshot()
    assert failed > 0
    assert [sys.getrefcount(each) for each in counted] == before
    assert (end.live_buffers, end.live_handles) == (start.live_buffers, start.live_handles)


LOOKS_AT_EVERYTHING = """
import gc, os, threading
from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.batch import sign_many, verify_many
key, messages, stop = MLDSAPrivateKey.generate("ML-DSA-44"), [b"message"] * 128, threading.Event()
signatures = sign_many(key, messages)
def verify():
    while not stop.is_set():
        verify_many(key.public_key, messages, signatures, threads=1)
thread = threading.Thread(target=verify, daemon=True)
thread.start()
for _ in range(10):
    if not (child := os.fork()):
        for each in gc.get_objects():
            if type(each) is list:
                each[:1]
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
thread.join()
"""


def test_other_threads_and_children_see_no_unfinished_list() -> None:
    """A child of a fork would keep an unfinished result of the parent for ever."""
    subprocess.run([sys.executable, "-c", LOOKS_AT_EVERYTHING], check=True)
