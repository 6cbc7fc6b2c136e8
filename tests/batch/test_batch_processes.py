"""The threads of batches have the right number, belong to one process, and end with it."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import IS_PYPY, ROOT

from qynauth_pqc import MLKEMPrivateKey
from qynauth_pqc.batch import decapsulate_many, encapsulate_many
from qynauth_pqc.validation.memory import LIMIT_BYTES

VARIABLE = "QYNAUTH_PQC_THREADS"

START = """
import os, signal, sys, threading

def unknown():  # the threads that Python does not know
    return len(os.listdir("/proc/self/task")) - threading.active_count()

OTHERS = unknown()  # an emulator has some
threading.stack_size(512 * 1024)  # the default of musl is too little for signatures
from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey, UnsupportedError
from qynauth_pqc.batch import *

signal.alarm(600)  # a process that waits for threads that it does not have is killed
os.register_at_fork(after_in_child=lambda: signal.alarm(300))  # which a fork forgets
signer = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
messages = [b"%d" % number for number in range(100)]

def works(threads=None):
    return all(verify_many(signer.public_key, messages, sign_many(signer, messages, threads=threads), threads=threads))

def pool():  # the threads that this process has for batches, also in a pool that a larger one has replaced
    return unknown() - OTHERS

def keeps(threads):  # threads that were replaced end when the system lets them; others never end
    while pool() != threads:
        os.sched_yield()
    return threads
"""


def run(code: str, **variables: str) -> str:
    """Run a child that must succeed and print nothing on stderr; return its output."""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE} | variables
    ignored = "ignore:This process:DeprecationWarning"  # of a fork with several threads, since Python 3.12
    command = [sys.executable, "-W", ignored, "-c", START + code]
    child = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**environment, "PYTHONPATH": str(ROOT)}
    )
    assert (child.returncode, child.stderr) == (0, "")
    return child.stdout


def test_threads_are_made_when_they_are_needed_and_as_many_as_were_asked_for() -> None:
    """A small batch or one thread starts none; the calling thread counts; their number never falls."""
    code = "verify_many(signer.public_key, [b''] * 16, [b''] * 16, threads=4); print(pool(), end=' ')"
    asked_and_kept = [(1, 0), (3, 2), (2, 2), (5, 4)]
    steps = "; ".join(f"print(works({asked}), keeps({kept}), end=' ')" for asked, kept in asked_and_kept)
    printed = run(f"print(keeps(0), end=' '); {code}; {steps}")
    assert printed.split() == ["0", "0", "True", "0", "True", "2", "True", "2", "True", "4"]


@pytest.mark.parametrize(("value", "threads"), [("1", 0), ("3", 2), (" 4 ", 3)])
def test_the_environment_says_how_many_unless_a_call_does(value: str, threads: int) -> None:
    """The threads of a call override the environment."""
    assert run("print(works(), pool())", **{VARIABLE: value}).split() == ["True", str(threads)]
    # All in one chunk, of eight shares: the size of further chunks depends on the time of the first one.
    code = "print(len(MLDSAPrivateKey.generate_many('ML-DSA-44', 128, threads=6)), pool())"
    assert run(code, **{VARIABLE: value}).split() == ["128", "5"]


def test_without_the_variable_there_are_no_more_threads_than_processors() -> None:
    """The processors of the process count: with one, a batch stays on the calling thread."""
    code = "print(works(), pool() < len(os.sched_getaffinity(0)))"
    assert run(code).split() == ["True", "True"]
    pin = "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    assert run(f"{pin}; print(works(), pool())").split() == ["True", "0"]


@pytest.mark.parametrize("value", ["0", "257", "-1", "two", "", "1.5", "99999999999999999999"])
def test_a_bad_value_in_the_environment_is_an_error(value: str) -> None:
    """Every batch that names no number of threads reports the bad value."""
    code = """
try:
    works()
except UnsupportedError as error:
    print(error)
print(works(2))
"""
    printed = run(code, **{VARIABLE: value}).splitlines()
    assert printed == ["number of threads must be 1 to 256, in the call and in QYNAUTH_PQC_THREADS", "True"]


PARALLEL = """
from qynauth_pqc import FaultDetectedError, SLHDSAPrivateKey

def key(**options):
    return SLHDSAPrivateKey.from_seed(bytes(range(48)), "SLH-DSA-SHA2-128f", **options)

def signed(key, **how):
    return key.sign(b"m", deterministic=True, **how)

def divides():
    for fault_check in (True, False):
        parallel = key(parallel=True, fault_check=fault_check)
        for how in ({}, {"prehash": "SHA-256"}):
            assert signed(parallel, **how) == signed(key(), **how)
    with key().private_bytes() as encoded:
        damaged = bytes(encoded.view()[:-1]) + bytes([encoded.view()[-1] ^ 1])
    try:
        signed(SLHDSAPrivateKey.from_private_bytes(damaged, "SLH-DSA-SHA2-128f", parallel=True))
    except FaultDetectedError:
        return pool()
"""


@pytest.mark.parametrize(("value", "threads"), [("1", 0), ("2", 1), ("7", 6)])
def test_a_signature_on_several_threads_is_the_same(value: str, threads: int) -> None:
    """It is so for digests, without the check and in a child; a wrong PK.root is found. A batch has its own threads."""
    code = """
assert len(sign_many(key(parallel=True), [b"m"], threads=1)) == 1 and pool() == 0
print(divides(), end=" ", flush=True)
child = os.fork()
if child == 0:
    print(pool(), divides(), flush=True)
    os._exit(0)
print(os.waitpid(child, 0)[1], divides())
"""
    printed = run(PARALLEL + code, **{VARIABLE: value})
    assert [int(number) for number in printed.split()] == [threads, 0, threads, 0, threads]


def test_a_bad_value_in_the_environment_is_an_error_of_a_signature_on_several_threads() -> None:
    """A signature on one thread raises no error."""
    code = """
signed(key())
try:
    signed(key(parallel=True))
except UnsupportedError as error:
    print(error)
"""
    printed = run(PARALLEL + code, **{VARIABLE: "0"})
    assert printed == "number of threads must be 1 to 256, in the call and in QYNAUTH_PQC_THREADS\n"


FORK = """
print(BEFORE, end=" ", flush=True)
child = os.fork()
if child == 0:
    print(pool(), works(3), pool(), flush=True)
    grandchild = os.fork()
    if grandchild == 0:
        print(works(3), pool(), flush=True)
        os._exit(0)
    os._exit(os.waitpid(grandchild, 0)[1])
print(os.waitpid(child, 0)[1], works(3), pool())
"""


@pytest.mark.parametrize("before", ["works(3)", "works(1)"], ids=["after a batch", "before the first"])
def test_children_have_threads_of_their_own(before: str) -> None:
    """A child, and its child, wait for no thread that only the parent has; the parent's go on."""
    assert run(FORK.replace("BEFORE", before)).split() == ["True", "0", "True", "2", "True", "2", "0", "True", "2"]


IN_NEW_PID_NAMESPACES = """
import ctypes
libc, NEWUSER, NEWPID, PDEATHSIG = ctypes.CDLL(None), 0x10000000, 0x20000000, 1

def in_child(work):
    child = os.fork()
    if child == 0:
        libc.prctl(PDEATHSIG, signal.SIGKILL)  # the first process of a namespace ignores SIGALRM
        work()
        os._exit(0)
    os.waitpid(child, 0)

def unshared(*kinds):
    if all(map(libc.unshare, kinds)):
        print("refused", flush=True)
        os._exit(0)

def last():
    print(os.getpid(), works(3), end=" ", flush=True)

def first():
    print(os.getpid(), works(3), signed(key(parallel=True)) == signed(key()), end=" ", flush=True)
    unshared(NEWPID)
    in_child(last)

signal.alarm(60)
unshared(NEWPID, NEWUSER | NEWPID)  # root may, and others may where namespaces of users are allowed
in_child(first)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has namespaces of process IDs")
def test_a_child_with_the_process_id_of_its_parent_has_threads_of_its_own() -> None:
    """The first process of a PID namespace has the ID 1, and so has its child in a new one."""
    printed = run(PARALLEL + IN_NEW_PID_NAMESPACES, **{VARIABLE: "3"})
    if "refused" in printed:
        pytest.skip("this user may create no PID namespace")
    assert printed.split() == ["1", "True", "True", "1", "True"]


FORKS_IN_THE_MIDDLE = """
stop, worked = False, threading.Semaphore(0)

def work(threads):
    while not stop:
        works(threads)
        worked.release()

threads = [threading.Thread(target=work, args=[number]) for number in (2, 3, 4, 5)]
[thread.start() for thread in threads]
states = []
for _ in range(40):
    worked.acquire()
    child = os.fork()
    if child == 0:
        os._exit(0 if works(3) else 1)
    states.append(os.waitpid(child, 0)[1])
stop = True
[thread.join() for thread in threads]
print(set(states))
"""


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forks_in_the_middle_of_batches_leave_working_children() -> None:
    """The process forks forty times, while four threads enlarge and use the pool."""
    assert run("import warnings; warnings.simplefilter('ignore')" + FORKS_IN_THE_MIDDLE) == "{0}\n"


def test_the_process_ends_in_silence_during_batches() -> None:
    """Daemon threads are in calls at the end; it is repeated, since it is a race."""
    code = """
for number in (2, 3):
    threading.Thread(target=lambda: [works(number) for _ in range(1000)], daemon=True).start()
works(2)
"""
    for _ in range(5):
        assert run(code) == ""


def test_many_threads_at_once_have_their_own_results() -> None:
    """Eight threads share keys and pool."""
    key = MLKEMPrivateKey.generate("ML-KEM-512")

    def work(number: int) -> bool:
        ciphertexts, sent = encapsulate_many(key.public_key, 300, number % 4 + 1)
        return decapsulate_many(key, ciphertexts, number % 3 + 1) == sent

    with ThreadPoolExecutor(8) as executor:
        assert all(executor.map(work, range(8 if IS_PYPY else 48)))  # PyPy takes long to pass its GIL on


LEAK = """
from qynauth_pqc.errors import BatchError
from qynauth_pqc.validation.memory import growth

signal.alarm(0)  # nothing waits for a thread here, and PyPy needs minutes
receiver = MLKEMPrivateKey.generate("ML-KEM-512")
signatures = sign_many(signer, messages)

def fail():
    try:
        verify_many(signer.public_key, messages, signatures, [b"", bytes(256)] * 50)
    except BatchError as error:
        error.results.clear()

def exchange():
    ciphertexts, sent = encapsulate_many(receiver.public_key, 100)
    received = decapsulate_many(receiver, ciphertexts)
    [item.view() for item in received]
    received.close()

batches = {
    "verify": lambda: verify_many(signer.public_key, messages, [*signatures[:50], *[b"forged"] * 50]),
    "sign": lambda: sign_many(signer, messages),
    "fail": fail,
    "exchange": exchange,
    "generate": lambda: MLKEMPrivateKey.generate_many("ML-KEM-512", 100),
}
print(growth(batches["NAME"], 1000))
"""


@pytest.mark.parametrize("name", ["verify", "sign", "fail", "exchange", "generate"])
def test_a_hundred_thousand_items_leave_no_memory_behind(name: str) -> None:
    """The process grows by less than 1 MiB over the second half of them."""
    assert int(run(LEAK.replace("NAME", name))) < LIMIT_BYTES
