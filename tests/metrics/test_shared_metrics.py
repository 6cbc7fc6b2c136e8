"""Processes count in one file. Each test has new processes, since a process shares one file until it ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, only_on_cpython

from qynauth_pqc import SharedMetricsError
from qynauth_pqc.metrics.shared import is_shared, share_metrics
from qynauth_pqc.native import lib

MODULES = [ROOT, ROOT / "tests" / "support"]
"""The folders of the package and of the modules that the scripts import."""

BEGIN = """
import os, signal, sys
from qynauth_pqc import MLKEMPrivateKey, SharedMetricsError
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.metrics.shared import is_shared, share_metrics

def generate(times):
    return [MLKEMPrivateKey.generate("ML-KEM-512") for _ in range(times)]

def generated():
    return snapshot().operations["generate", "ML-KEM-512"].calls

def fork(work):
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return child
"""

WORKERS = """
share_metrics("metrics")
children = [fork(lambda: generate(10)) for _ in range(3)]
print([os.waitpid(child, 0)[1] for child in children], generated())
"""

KILLED = """
share_metrics("metrics")
reader, writer = os.pipe()
def work():
    generate(5)
    os.write(writer, b".")
    signal.pause()
child = fork(work)
os.read(reader, 1)
os.kill(child, signal.SIGKILL)
print(os.waitpid(child, 0)[1] == signal.SIGKILL, generated())
"""

SPAWNED = """
import gc, multiprocessing
def work(times):
    for _ in range(4): # PyPy counts no references to the keys of the last one
        gc.collect()
    share_metrics("metrics")
    keys = generate(times)
    return snapshot().live_handles
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        handles = pool.map(work, [4] * 5, chunksize=1)
    before = generated()
    share_metrics("metrics", create=False)
    print(handles, before, generated(), snapshot().live_handles)
"""

AGAIN = """
generate(1)
assert not is_shared()
share_metrics("metrics")
assert is_shared()
generate(2)
share_metrics("metrics")
child = fork(lambda: share_metrics("metrics"))
print(os.waitpid(child, 0)[1], generated())
try:
    share_metrics("other")
except SharedMetricsError as error:
    print(error)
generate(1)
print(generated())
"""

THREADS = """
import threading
barrier = threading.Barrier(8)
def work():
    barrier.wait()
    share_metrics("metrics")
    generate(3)
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(generated())
"""

KEPT = """
import gc, resource
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
share_metrics("metrics")
for _ in range(4):
    gc.collect()
generate(2)
print(generated(), peak() - before < 64 << 10)
"""

RELOADED = """
import gc, importlib
from qynauth_pqc.metrics import shared
key = MLKEMPrivateKey.generate("ML-KEM-512")
share_metrics("metrics")
del share_metrics
importlib.reload(shared)
gc.collect()
print(key.public_key.encapsulate()[0] != b"", generated())
"""

INTERRUPTED = """
import fcntl, gc
from interruptions import interrupt
def work():
    was_interrupted = interrupt(lambda: share_metrics("metrics"), len(codes))
    gc.collect()
    generate(1)
    try:
        with open("metrics", "a") as probe:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        share_metrics("metrics")
    except BlockingIOError: # it was interrupted just before it unlocked the file
        pass
    except SharedMetricsError as error:
        assert "an earlier call was interrupted" in str(error), error
    os._exit(was_interrupted)
codes = []
while not codes or codes[-1] == 1:
    codes.append(os.waitstatus_to_exitcode(os.waitpid(fork(work), 0)[1]))
print(codes[-1], len(codes) > 100)
"""


def run(script: str, folder: Path, **variables: str) -> list[str]:
    """Run a script in a separate process and return the lines that it printed."""
    program = folder / "script.py"
    program.write_text(BEGIN + script)
    command = [sys.executable, "-W", "error", str(program)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, MODULES)), **variables}
    child = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    assert (child.returncode, child.stderr) == (0, "")
    return child.stdout.splitlines()


def test_forked_workers_share_the_counts_of_their_parent(tmp_path: Path) -> None:
    """The parent opens the file once, and reads the counts of three workers."""
    assert run(WORKERS, tmp_path) == ["[0, 0, 0] 30"]


def test_spawned_workers_share_the_counts_and_keep_their_handles(tmp_path: Path) -> None:
    """Each opens the file, and so does a reader; live handles belong to each process."""
    assert run(SPAWNED, tmp_path) == ["[4, 4, 4, 4, 4] 0 20 0"]


def test_counts_of_a_killed_worker_stay(tmp_path: Path) -> None:
    """SIGKILL leaves a process no time to pass anything on."""
    assert run(KILLED, tmp_path) == ["True 5"]


def test_counts_go_on_when_a_process_opens_the_file_later(tmp_path: Path) -> None:
    """The file holds the counts."""
    assert run(WORKERS, tmp_path) == ["[0, 0, 0] 30"]
    assert run(WORKERS, tmp_path) == ["[0, 0, 0] 60"]


def test_process_shares_one_file_once(tmp_path: Path) -> None:
    """Earlier counts are left out, the same file again changes nothing, and another file is refused."""
    refusal = "other: memory for shared metrics cannot be used: this process shares its metrics in another file already"
    assert run(AGAIN, tmp_path) == ["0 2", refusal, "3"]


def test_threads_may_share_the_same_file_at_once(tmp_path: Path) -> None:
    """All calls succeed, and every later operation is counted."""
    assert run(THREADS, tmp_path) == ["24"]


def test_counts_take_and_keep_little_memory(tmp_path: Path) -> None:
    """C counts in the file after a collection, and the process grows by less than 64 MiB."""
    assert run(KEPT, tmp_path) == ["2 True"]


def test_counts_have_memory_when_the_module_that_shared_it_is_gone(tmp_path: Path) -> None:
    """C counts until the process ends, even after a reload or a subinterpreter."""
    assert run(RELOADED, tmp_path) == ["True 0"]


@only_on_cpython("no event tells a trace function of PyPy about each instruction")
def test_interrupted_call_leaves_memory_for_the_counts(tmp_path: Path) -> None:
    """An exception after any instruction frees no memory in which C counts."""
    assert run(INTERRUPTED, tmp_path) == ["0 True"]


def test_file_is_no_larger_than_promised() -> None:
    """The size does not depend on the number of algorithms."""
    assert lib.ffi_shared_metrics_bytes() <= 4_000_000


def test_new_file_is_private_and_has_its_whole_space(tmp_path: Path) -> None:
    """It has mode 0600 under any umask, and no hole that a full disk could turn into a signal."""
    run('os.umask(0); share_metrics("metrics")', tmp_path)
    made = (tmp_path / "metrics").stat()
    assert (made.st_mode & 0o777, made.st_size) == (0o600, lib.ffi_shared_metrics_bytes())
    assert made.st_blocks * 512 >= made.st_size


@pytest.mark.parametrize("size", [1, lib.ffi_shared_metrics_bytes() - 1, lib.ffi_shared_metrics_bytes() + 1])
def test_file_of_another_size_is_refused_and_untouched(tmp_path: Path, size: int) -> None:
    """It may be someone's data, or of a version that is still running."""
    other = tmp_path / "other"
    other.write_bytes(b"x" * size)
    expected = f"not shared metrics of this version; name a new file: expected {lib.ffi_shared_metrics_bytes()} bytes"
    with pytest.raises(SharedMetricsError, match=f"{expected}, got {size}"):
        share_metrics(other)
    assert other.read_bytes() == b"x" * size
    assert not is_shared()


def test_file_of_the_right_size_and_another_content_is_refused_and_untouched(tmp_path: Path) -> None:
    """The library knows its own by the first bytes."""
    other = tmp_path / "other"
    other.write_bytes(b"x" * lib.ffi_shared_metrics_bytes())
    with pytest.raises(SharedMetricsError, match="the file is of another version"):
        share_metrics(other)
    assert set(other.read_bytes()) == {ord("x")}
    assert not is_shared()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A folder, a device, a pipe, and a missing file for a reader are refused."""
    os.mkfifo(tmp_path / "pipe")
    for special in (Path(os.devnull), tmp_path / "pipe"):
        with pytest.raises(SharedMetricsError, match="regular file"):
            share_metrics(special)
    with pytest.raises(IsADirectoryError):
        share_metrics(tmp_path)
    for path, create in ((tmp_path / "none" / "metrics", True), (tmp_path / "metrics", False)):
        with pytest.raises(FileNotFoundError):
            share_metrics(path, create=create)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


FULL_DISK = """
#include <errno.h>
#include <unistd.h>
int posix_fallocate64(int descriptor, long offset, long size) {
    return ftruncate(descriptor, offset + size / 2) ? errno : ENOSPC;
}
int posix_fallocate(int, long, long) __attribute__((alias("posix_fallocate64"))); /* PyPy's name of it */
"""

NO_SPACE = """
try:
    share_metrics("metrics")
except OSError as error:
    print(error.strerror, os.path.getsize("metrics"))
"""


def test_file_without_space_is_an_error_and_left_empty(tmp_path: Path) -> None:
    """The next attempt begins again. A full file system may leave a fragment of the file, as ext4 does."""
    source, shim = tmp_path / "shim.c", tmp_path / "shim.so"
    source.write_text(FULL_DISK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, source], check=True)
    assert run(NO_SPACE, tmp_path, LD_PRELOAD="./shim.so") == ["No space left on device 0"]


def test_error_without_a_number_leaves_the_file_empty_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler of a signal raises the error, which reaches the caller unchanged."""

    def interrupted(descriptor: int, offset: int, size: int) -> None:
        os.ftruncate(descriptor, offset + size)
        raise TimeoutError("of a handler")

    monkeypatch.setattr(os, "posix_fallocate", interrupted)
    with pytest.raises(TimeoutError, match="of a handler"):
        share_metrics(tmp_path / "metrics")
    assert (tmp_path / "metrics").stat().st_size == 0


def damaged(folder: Path, offset: int, garbage: bytes) -> Path:
    """Return a file of metrics with a value that is no count."""
    run('share_metrics("metrics"); generate(1)', folder)
    path = folder / "metrics"
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(garbage)
    return path


# The file: a word, an owner of each cell, and the cells of statuses, three numbers and buckets. The first one is used.
WORDS = lib.FFI_METRICS_STATUSES + 3 + lib.FFI_METRICS_BUCKETS
OWNERS, CELL = 8, -(-WORDS * 8 // 128) * 128
FIRST = lib.ffi_shared_metrics_bytes() % CELL
TIMES = FIRST + lib.FFI_METRICS_STATUSES * 8


@pytest.mark.parametrize(
    ("offset", "garbage"),
    [
        pytest.param(OWNERS, b"\xff" * (lib.ffi_shared_metrics_bytes() - OWNERS), id="all"),
        pytest.param(OWNERS, b"\xff" * 4, id="owner"),
        pytest.param(FIRST, b"\xff" * 8, id="count"),
        pytest.param(TIMES, b"\xff" * 8, id="sum-of-times"),
        pytest.param(TIMES + 3 * 8, b"\xff" * 8, id="bucket"),
        pytest.param(lib.ffi_shared_metrics_bytes() // 2, b"\xff" * 4096, id="page"),
    ],
)
def test_file_with_garbage_is_refused_and_named(tmp_path: Path, offset: int, garbage: bytes) -> None:
    """It holds no counts; it is not changed, and the process keeps separate counts."""
    path = damaged(tmp_path, offset, garbage)
    before = path.read_bytes()
    expected = f"{path}: memory for shared metrics cannot be used: the file is of another version or damaged"
    with pytest.raises(SharedMetricsError, match=re.escape(expected)):
        share_metrics(path)
    assert path.read_bytes() == before
    assert not is_shared()


DAMAGED_LATER = """
import logging
from prometheus_client import CollectorRegistry, Counter, generate_latest
from qynauth_pqc.ffi_performance_monitor import FFIPerformanceMonitor
from qynauth_pqc.integrations.prometheus import PQCCollector
logging.basicConfig(stream=sys.stdout, format="%(message)s")
registry = CollectorRegistry()
Counter("mine", "A metric of the program.", registry=registry)
registry.register(PQCCollector())
share_metrics("metrics")
generate(1)
print(b'readable{file="metrics"} 1.0' in generate_latest(registry))
with open("metrics", "r+b") as file:
    file.seek(128)
    file.write(bytes([255]) * (os.path.getsize("metrics") - 128))
scraped = generate_latest(registry)
print(b'readable{file="metrics"} 0.0' in scraped, b"mine_total" in scraped, b"operations_total{" in scraped)
for read in (snapshot, FFIPerformanceMonitor().start_monitoring):
    try:
        read()
    except SharedMetricsError as error:
        print(error)
generate(1)
"""


def test_file_that_is_damaged_later_takes_no_exporter_down(tmp_path: Path) -> None:
    """Other exports of the process stay, the damage is shown, and a reader learns the file."""
    error = "memory for shared metrics cannot be used: metrics is damaged; remove it while no process uses it"
    assert run(DAMAGED_LATER, tmp_path) == ["True", error, "True True False", error, error]


def test_holes_of_a_file_are_filled(tmp_path: Path) -> None:
    """A full disk would kill the process that first counts in one."""
    path = tmp_path / "metrics"
    with path.open("wb") as file:
        file.truncate(lib.ffi_shared_metrics_bytes())
    assert path.stat().st_blocks == 0
    assert run("share_metrics('metrics')\ngenerate(2)\nprint(is_shared())", tmp_path) == ["True"]
    assert path.stat().st_blocks * 512 >= lib.ffi_shared_metrics_bytes()
