"""The package survives real faults: no randomness, no memory, small stacks, forks, shutdown.

Each test runs in a separate process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, only_on_cpython, only_with_a_gil

# The code of every child: keys without randomness, and each operation, split by whether it needs randomness.
OPERATIONS = """
import os, sys
from qynauth_pqc import *
KEMS = [MLKEMPrivateKey.from_seed(bytes(64), name) for name in MLKEMParameterSet]
DSAS = [MLDSAPrivateKey.from_seed(bytes(32), name) for name in MLDSAParameterSet]
SIGNED = [key.sign(b"m", deterministic=True) for key in DSAS]
HALVES = {
    64: bytes(32),
    83: bytes.fromhex("30310201010420" + 32 * "01" + "a00a06082a8648ce3d030107"),
    96: bytes.fromhex("303e0201010430" + 48 * "01" + "a00706052b81040022"),
}
COMPOSITES = [
    CompositePrivateKey.from_private_bytes(bytes(32) + HALVES[name.private_key_bytes], name)
    for name in CompositeParameterSet
]
DRAWING, HASHED, OTHER = [], [], []
for set_, key in zip(MLKEMParameterSet, KEMS):
    DRAWING += [lambda set_=set_: MLKEMPrivateKey.generate(set_).seed(), key.public_key.encapsulate]
    OTHER += [
        key.private_bytes,
        lambda key=key: MLKEMPrivateKey.from_private_bytes(key.private_bytes()),
        lambda key=key: MLKEMPublicKey.from_public_bytes(key.public_key.public_bytes()),
        lambda key=key, set_=set_: key.decapsulate(bytes(set_.ciphertext_bytes)),
    ]
for set_, key, signature in zip(MLDSAParameterSet, DSAS, SIGNED):
    DRAWING += [lambda set_=set_: MLDSAPrivateKey.generate(set_).seed(), lambda key=key: key.sign(b"m")]
    HASHED.append(lambda key=key: key.sign(b"m", prehash="SHA-512"))
    OTHER += [
        key.private_bytes,
        lambda key=key: MLDSAPrivateKey.from_private_bytes(key.private_bytes()),
        lambda key=key: MLDSAPublicKey.from_public_bytes(key.public_key.public_bytes()),
        lambda key=key, right=signature: key.sign(b"m", deterministic=True) == right or sys.exit("wrong signature"),
        lambda key=key, signature=signature: key.public_key.verify(b"m", signature),
    ]
for set_, key in zip(CompositeParameterSet, COMPOSITES):
    signature = key.sign(b"m", deterministic=True)
    DRAWING += [lambda set_=set_: CompositePrivateKey.generate(set_).private_bytes(), lambda key=key: key.sign(b"m")]
    OTHER += [
        key.private_bytes,
        lambda key=key, set_=set_: CompositePrivateKey.from_private_bytes(key.private_bytes(), set_),
        lambda key=key: CompositePublicKey.from_public_bytes(key.public_key.public_bytes()),
        lambda key=key, right=signature: key.sign(b"m", deterministic=True) == right or sys.exit("wrong signature"),
        lambda key=key, signature=signature: key.public_key.verify(b"m", signature),
    ]

def outcomes(operations):
    found = set()
    for operation in operations:
        try:
            operation()
            found.add("done")
        except Exception as error:
            found.add(type(error).__name__)
    return " ".join(sorted(found))
"""


def run(code: str, *options: str, **variables: str) -> str:
    """Run a child that must succeed and print nothing on stderr; return its output."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    child = subprocess.run(
        [sys.executable, *options, "-c", code], check=False, capture_output=True, text=True, env=environment
    )
    assert (child.returncode, child.stderr) == (0, "")
    return child.stdout


SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int randomness_errno; /* what getrandom fails with; 0 lets it work */
ssize_t getrandom(void *out, size_t size, unsigned flags) {
    if (randomness_errno == 0) return syscall(SYS_getrandom, out, size, flags);
    errno = randomness_errno;
    return -1;
}
int memory_is_exhausted; /* for the library alone: Python goes on allocating */
static int is_refused(void *caller) {
    Dl_info found;
    return memory_is_exhausted && dladdr(caller, &found) && strstr(found.dli_fname, "/libpqc_ffi.");
}
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_memalign(size_t, size_t);
void *malloc(size_t size) { return is_refused(__builtin_return_address(0)) ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) {
    return is_refused(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}
int posix_memalign(void **out, size_t alignment, size_t size) {
    *out = is_refused(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
    return *out ? 0 : ENOMEM;
}
"""

NO_RANDOMNESS = """
import ctypes, errno, hashlib, resource
broken = ctypes.c_int.in_dll(ctypes.CDLL(None), "randomness_errno")
"""

# The system call fails while it is in use: there is no second source.
CALL_FAILS = """
print(outcomes(DRAWING + HASHED + OTHER))
broken.value = errno.EIO
print(outcomes(DRAWING + HASHED), outcomes(OTHER))
broken.value = 0
print(outcomes(DRAWING + HASHED))
"""

# The kernel has no such call: the library reads /dev/urandom, and cannot open it without file descriptors.
CALL_AND_FILE_FAIL = """
broken.value = errno.ENOSYS
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
print(outcomes(OTHER))
print(outcomes(DRAWING + HASHED), outcomes(OTHER))
resource.setrlimit(resource.RLIMIT_NOFILE, limits)
print(outcomes(DRAWING + HASHED))
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a library that stands in front of the system's getrandom and the allocator."""
    folder = tmp_path_factory.mktemp("shim")
    if " " in str(folder):
        pytest.skip("LD_PRELOAD takes no path with a space")
    source, library = folder / "shim.c", folder / "shim.so"
    source.write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    return str(library)


@pytest.mark.parametrize("fault", [CALL_FAILS, CALL_AND_FILE_FAIL], ids=["call", "call and file"])
def test_missing_randomness_is_an_error_of_what_needs_it_only(shim: str, fault: str) -> None:
    """Nothing is made without randomness; everything works again when it is back."""
    printed = run(OPERATIONS + NO_RANDOMNESS + fault, LD_PRELOAD=shim)
    assert printed.splitlines() == ["done", "RandomnessError done", "done"]


# Each operation runs once before the fault, so that one-time allocations exist.
NO_MEMORY_FOR_THE_LIBRARY = """
import ctypes
exhausted = ctypes.c_int.in_dll(ctypes.CDLL(None), "memory_is_exhausted")
print(outcomes(DRAWING + OTHER))
exhausted.value = 1
print(outcomes(DRAWING + OTHER))
exhausted.value = 0
print(outcomes(DRAWING + OTHER))
"""


def test_refused_allocation_of_the_library_is_its_own_error(shim: str) -> None:
    """Calls without allocations work at that time, and all calls work afterwards."""
    printed = run(OPERATIONS + NO_MEMORY_FOR_THE_LIBRARY, LD_PRELOAD=shim)
    assert printed.splitlines() == ["done", "OutOfMemoryError done", "done"]


# The operations run once before the limit, so that the stack has grown: no program survives one that cannot. Hashing is
# left out, because hashlib calls a lack of memory a ValueError. Python or the library may be the one that is refused:
# both raise a MemoryError.
NO_MEMORY = """
import resource
outcomes(DRAWING + OTHER)
operations = [KIND.generate, *DRAWING, *OTHER]
pages = int(open("/proc/self/statm").read().split()[0])
limits = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (16 << 20), limits[1]))

def exhaust():  # a function, since its variables need no memory
    kept, failures = [], 0
    while failures < 200:
        for operation in operations:
            try:
                kept.append(operation())
            except MemoryError:
                failures += 1

exhaust()
print(outcomes(DRAWING + OTHER))
"""


@only_on_cpython("PyPy ends the process when its own heap has no memory")
@pytest.mark.parametrize("kind", ["MLKEMPrivateKey", "MLDSAPrivateKey", "CompositePrivateKey"])
def test_exhausted_memory_is_an_error_and_never_an_abort(kind: str) -> None:
    """The address space is limited; with memory again, everything works under the same limit."""
    assert run(OPERATIONS + NO_MEMORY.replace("KIND", kind)) == "done\n"


FORK = """
def drawn():
    values = []
    for operation in DRAWING + HASHED:
        result = operation()
        ciphertext = result[0] if isinstance(result, tuple) else result
        values.append(bytes(ciphertext).hex())
    return values

drawn()
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    with os.fdopen(writer, "w") as pipe:
        print(*drawn(), outcomes(OTHER), file=pipe)
    os._exit(0)
os.close(writer)
mine = drawn()
*theirs, state = open(reader).read().split()
print(len(theirs) == len(mine) == len(set(mine) | set(theirs)) // 2, state, outcomes(OTHER), os.waitpid(child, 0)[1])
"""


def test_parent_and_child_never_draw_the_same_and_keep_their_keys() -> None:
    """Keys, ciphertexts and signatures differ after a fork; earlier keys work on both sides."""
    assert run(OPERATIONS + FORK).split() == ["True", "done", "done", "0"]


EXIT_IN_THE_MIDDLE = """
for kind in (MLKEMPrivateKey, MLDSAPrivateKey):
    with kind.generate() as key, key.seed() as seed:
        before = bytes(seed)
        child = os.fork()
        if child == 0:
            with key.private_bytes() as private, private.view() as view:
                os._exit(len(view) % 100)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status == len(key.private_bytes()) % 100, seed == before)
print(outcomes(DRAWING + OTHER))
"""


def test_child_that_exits_inside_a_with_block_takes_nothing_from_its_parent() -> None:
    """`os._exit` runs no finaliser; the parent's key and secret are unchanged."""
    assert run(OPERATIONS + EXIT_IN_THE_MIDDLE).splitlines() == ["True True", "True True", "done"]


POOL = """
import multiprocessing
from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey

KEY = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")

def work(number):
    ciphertext, secret = MLKEMPrivateKey.generate().public_key.encapsulate()
    KEY.public_key.verify(b"m", signature := KEY.sign(b"m"))
    return ciphertext, signature, KEY.public_key

if __name__ == "__main__":
    import sys
    work(0)
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        results = pool.map(work, range(20), chunksize=1) + [work(0)]
    print(*(len(set(column)) for column in zip(*results)))
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing_workers_draw_their_own_randomness(tmp_path: Path, method: str) -> None:
    """All 21 ciphertexts and signatures differ, and the public key arrives unchanged."""
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    command = [sys.executable, str(script), method]
    child = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert (child.stdout.split(), child.stderr) == (["21", "21", "1"], "")


SMALL_STACK = """
import threading
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, sign_many, verify_many
BATCHES = []
for key, signature in zip(DSAS, SIGNED):
    BATCHES += [
        lambda key=key: sign_many(key, [b"m"] * 16, threads=1),
        lambda key=key, right=[signature] * 16: all(verify_many(key.public_key, b"m", right, threads=1)) or sys.exit(1),
        lambda key=key: type(key).generate_many(key.parameter_set, 16, threads=1),
    ]
for key in KEMS:
    BATCHES += [
        lambda key=key: decapsulate_many(key, encapsulate_many(key.public_key, 16, threads=1)[0], threads=1),
        lambda key=key: type(key).generate_many(key.parameter_set, 16, threads=1),
    ]
threading.stack_size(512 * 1024)
thread = threading.Thread(target=lambda: print(outcomes(DRAWING + HASHED + OTHER + BATCHES)))
thread.start()
thread.join()
"""


def test_every_operation_of_every_set_runs_on_a_stack_of_512_kib() -> None:
    """The build is a release build; imports of expanded keys and batches are included."""
    assert run(OPERATIONS + SMALL_STACK) == "done\n"


# The stack of the self test does not fit below the limit; the few bytes of the key do.
NO_THREAD = """
import resource
from qynauth_pqc import MLKEMPrivateKey
from qynauth_pqc.errors import OutOfMemoryError
limits = resource.getrlimit(resource.RLIMIT_AS)
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (256 << 10), limits[1]))
for _ in range(2):
    try:
        MLKEMPrivateKey.generate()
    except OutOfMemoryError:
        print("refused")
resource.setrlimit(resource.RLIMIT_AS, limits)
MLKEMPrivateKey.generate()
print("made")
"""


def test_self_test_without_a_thread_is_an_error_and_is_repeated() -> None:
    """The system has no memory for the stack of its thread."""
    assert run(NO_THREAD).split() == ["refused", "refused", "made"]


SHUTDOWN = """
import threading
key, signer = MLKEMPrivateKey.generate(), MLDSAPrivateKey.generate()
public_key, secret, view = key.public_key, key.seed(), signer.private_bytes().view()
library, pair = PQCLibraryV2(), KyberKeyPair()
cycle = [key, secret, view]
cycle.append(cycle)
sys.keeps_to_the_end = [signer, cycle, MLKEMPrivateKey.generate(locked_memory=True)]
started = threading.Event()

def work():
    started.set()
    while True:
        signer.sign(b"message")
        public_key.encapsulate()[1].view()

for _ in range(2):
    threading.Thread(target=work, daemon=True).start()
started.wait()
"""


@pytest.mark.parametrize("options", [(), ("-X", "dev")], ids=["plain", "development mode"])
def test_interpreter_ends_in_silence_with_live_objects_and_threads_in_calls(options: tuple[str, ...]) -> None:
    """Objects are in cycles and outlive the modules; it is repeated ten times, since it is a race."""
    for _ in range(10):
        assert run(OPERATIONS + SHUTDOWN, *options) == ""


IN_INTERPRETER = """
import os
try:
    from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey
    key, signer = MLKEMPrivateKey.generate(), MLDSAPrivateKey.generate()
    ciphertext, sent = key.public_key.encapsulate()
    signer.public_key.verify(b"m", signer.sign(b"m"))
    MLKEMPrivateKey.from_seed(bytes(64), "ML-KEM-768")
    word = b"works " if key.decapsulate(ciphertext) == sent else b"wrong "
except ImportError as error:
    word = b"ImportError "
os.write(1, word)
"""

# The module is private, and its name and arguments depend on the version.
if sys.version_info >= (3, 13):
    MODULE, LEGACY, ISOLATED = "_interpreters", "'legacy'", "'isolated'"
else:
    MODULE, LEGACY, ISOLATED = "_xxsubinterpreters", "isolated=False", "isolated=True"


def run_in_two_subinterpreters(config: str) -> str:
    """Use the package in the main interpreter, in two subinterpreters of one kind, and in the main one again.

    The order matters: CPython 3.12.1 aborts when the main interpreter is the second to import any module, its own
    `_datetime` too, that a subinterpreter was refused.
    """
    pytest.importorskip(MODULE)
    return run(f"""
import {MODULE} as interpreters
code = {IN_INTERPRETER!r}
exec(code)
for _ in range(2):
    new = interpreters.create({config})
    interpreters.run_string(new, code)
    interpreters.destroy(new)
exec(code)
""")


@only_with_a_gil("without a GIL, CPython loads no cffi module in a subinterpreter")
def test_legacy_subinterpreters_work() -> None:
    """They share the GIL of the main interpreter, in any version of Python."""
    assert run_in_two_subinterpreters(LEGACY) == "works works works works "


@pytest.mark.skipif(sys.version_info < (3, 12), reason="every subinterpreter shares the GIL before Python 3.12")
def test_isolated_subinterpreters_are_refused_with_an_import_error() -> None:
    """They have their own GIL, in Python 3.12 and later; the main interpreter continues to work."""
    assert run_in_two_subinterpreters(ISOLATED) == "works ImportError ImportError works "
