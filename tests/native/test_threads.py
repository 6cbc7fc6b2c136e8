"""Many threads use keys while one thread closes them.

`QYNAUTH_PQC_LONG=1` closes a thousand sets of keys instead of twenty.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier, Event

import pytest
from conftest import CHOICES, IS_PYPY, MLKEM, settle

from qynauth_pqc import (
    ClosedError,
    CompositePrivateKey,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    SecretBytes,
    SLHDSAParameterSet,
    SLHDSAPrivateKey,
    load_private_key,
)
from qynauth_pqc._keys.signature import is_valid
from qynauth_pqc.batch import sign_many, verify_many
from qynauth_pqc.metrics._snapshot import snapshot

THREADS = 16
ROUNDS = 100
PAIRS = 1000 if os.environ.get("QYNAUTH_PQC_LONG") else 20


def test_threads_share_a_key_and_agree() -> None:
    """Every operation of every thread on shared keys is right, also the first use of the public key."""
    private_key, signer = MLKEMPrivateKey.generate(), MLDSAPrivateKey.generate()
    both = CompositePrivateKey.generate("MLDSA44-ECDSA-P256-SHA256")
    start = Barrier(THREADS)

    def work(number: int) -> int:
        start.wait()
        message = number.to_bytes(4, "big")
        for _ in range(ROUNDS):
            ciphertext, sent = private_key.public_key.encapsulate()
            assert private_key.decapsulate(ciphertext) == sent
            signer.public_key.verify(message, signer.sign(message))
            both.public_key.verify(message, both.sign(message))
        return number

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(work, range(THREADS))) == list(range(THREADS))


def use_until_closed(operation: Callable[[], bool], used: Barrier) -> None:
    """Make a call, wait until all threads have made one, and make further ones until one finds the key closed."""
    try:
        assert operation()
    finally:
        used.wait()
    with suppress(ClosedError):
        while True:
            assert operation()


def run_alone(work: Callable[[], None]) -> None:
    """Call a function in a new process, and raise its error, or that the process crashed."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(work).result()


def close_keys_in_use() -> None:
    """Close three keys as soon as every thread has used the key that it keeps using."""
    private_key, signer, both = (
        MLKEMPrivateKey.generate(),
        MLDSAPrivateKey.generate(),
        CompositePrivateKey.generate(),
    )
    ciphertext, sent = private_key.public_key.encapsulate()
    signer_public, both_public = signer.public_key, both.public_key
    operations = [
        lambda: private_key.decapsulate(ciphertext) == sent,
        lambda: is_valid(signer_public, b"message", signer.sign(b"message")),
        lambda: is_valid(both_public, b"message", both.sign(b"message")),
    ]
    used = Barrier(THREADS + 1)
    with ThreadPoolExecutor(THREADS) as pool:
        users = [pool.submit(use_until_closed, operations[number % 3], used) for number in range(THREADS)]
        used.wait()
        private_key.close()
        signer.close()
        both.close()
    for user in users:
        user.result()


def close_many_keys() -> None:
    """Close keys in use, one set of them after the other."""
    for _ in range(PAIRS):
        close_keys_in_use()


def test_closing_a_key_beside_its_use_is_an_error_and_never_a_crash() -> None:
    """A call in flight keeps the key alive, and a later one finds it closed; a crash would end the process."""
    run_alone(close_many_keys)


def test_what_one_thread_ends_is_freed_while_the_thread_that_made_it_waits() -> None:
    """A closed key and a dropped secret are freed at once: neither waits until its maker runs again."""
    made, freed = Event(), Event()

    def make() -> None:
        try:
            with MLKEMPrivateKey.generate() as key:
                owned.extend([MLKEMPrivateKey.generate(), key.private_bytes()])
        finally:
            made.set()
        freed.wait()

    owned: list[MLKEMPrivateKey | SecretBytes] = []
    with ThreadPoolExecutor(1) as pool:
        pool.submit(make)
        made.wait()
        try:
            settle()
            before = snapshot()
            owned[0].close()
            del owned[1]
            if IS_PYPY:
                settle()
            after = snapshot()
        finally:
            freed.set()
    assert (before.live_handles - after.live_handles, before.live_buffers - after.live_buffers) == (1, 1)


def use_mlkem() -> None:
    """Make, load and use a key of every parameter set on every path, from the first use in the process on."""
    for options in CHOICES.values():
        for sizes in MLKEM:
            private_key = MLKEMPrivateKey.generate(sizes.name, **options)
            loaded = MLKEMPrivateKey.from_private_bytes(private_key.private_bytes(), sizes.name, **options)
            ciphertext, sent = loaded.public_key.encapsulate()
            assert private_key.decapsulate(ciphertext) == loaded.decapsulate(ciphertext) == sent


def use_slhdsa() -> None:
    """Make, load and use a key of the quick parameter sets on every path: the others take the same code."""
    for options in CHOICES.values():
        for name in [each for each in SLHDSAParameterSet if each.endswith("f")]:
            with SLHDSAPrivateKey.generate(name, **options).to_pkcs8() as encoded:
                key = load_private_key(encoded.view(), **options)
            assert isinstance(key, SLHDSAPrivateKey)
            key.public_key.verify(b"message", key.sign(b"message", prehash="SHAKE256"), prehash="SHAKE256")


def use_slhdsa_in_batches() -> None:
    """Sign and verify in batches, with the same sets on the same paths."""
    for options in CHOICES.values():
        for name in [each for each in SLHDSAParameterSet if each.endswith("f")]:
            key = SLHDSAPrivateKey.generate(name, **options)
            signed = sign_many(key, [b"message"], threads=1) * 9
            assert verify_many(key.public_key, [b"message"] * 9, signed, threads=1).all_valid


def use_in_a_small_thread(use: Callable[[], None]) -> None:
    """Use keys in a thread with a small stack."""
    threading.stack_size(128 << 10)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(use).result()


@pytest.mark.parametrize("use", [use_mlkem, use_slhdsa, use_slhdsa_in_batches])
def test_family_runs_in_a_small_thread(use: Callable[[], None]) -> None:
    """128 KiB are the default of musl. The size includes Python's own frames."""
    run_alone(partial(use_in_a_small_thread, use))


def test_environment_does_not_shrink_the_stacks_of_a_batch() -> None:
    """A program in Rust may set RUST_MIN_STACK for its own threads."""
    program = "from qynauth_pqc import MLDSAPrivateKey as Key; Key.generate_many('ML-DSA-87', 200, threads=4)"
    environment = {**os.environ, "RUST_MIN_STACK": "65536"}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0
