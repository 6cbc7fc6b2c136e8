"""Each part of the validation passes, and fails when its subject is broken."""

from __future__ import annotations

import mmap
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from conftest import CHOICES, MLKEM
from quick_validation import one_slhdsa

from qynauth_pqc import MLKEMPrivateKey, PQCError, enable_optimizations, optimizations
from qynauth_pqc.validation import validate
from qynauth_pqc.validation.memory import memory, repeated_operations
from qynauth_pqc.validation.monitoring import monitoring, work
from qynauth_pqc.validation.optimization import _ratio, best_path, optimization
from qynauth_pqc.validation.performance import measure, median_us, performance, timed_operations
from qynauth_pqc.validation.run import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["one_slhdsa"]  # pytest uses it

ROUNDS = 40


def test_all_operations_are_measured_and_judged() -> None:
    """Operations of all sets; every computer keeps one limit, and none keeps the other."""
    times = measure()
    assert set(times) == set(timed_operations())
    assert {len(series) for series in times.values()} == {500}
    assert performance(times, limit_ms=1e6).passed
    assert len(performance(times, limit_ms=1e-6).failures) == len(times) == 18


def test_figures_are_mean_median_and_99th_percentile() -> None:
    """Only the median is judged, and reaching the limit is a failure."""
    times = {"a": [*range(1000, 101_000, 1000)], "b": [1_000_000, 1_000_000, 5]}
    result = performance(times)
    figures: Any = result.figures
    assert figures["operations"]["a"] == {"mean_us": 50.5, "p50_us": 50.5, "p99_us": 99.0}
    assert result.failures == ("b: the median of 1000.0 us reaches 1 ms",)
    assert performance(times, limit_ms=1.001).passed
    assert median_us(lambda: None, 3) > 0


def test_counts_of_many_threads_are_exact() -> None:
    """The monitor reports the calls of eight threads, and the twelve slow sets once."""
    result = monitoring()
    assert result.failures == ()
    assert result.figures["calls"] == result.figures["counted"] == 8 * 20 * 66 + 12 * 4


@pytest.mark.usefixtures("one_slhdsa")
def test_call_that_a_thread_does_not_report_fails_the_monitoring_part() -> None:
    """One more call in each round is one count too many."""
    key = MLKEMPrivateKey.generate("ML-KEM-512")
    ciphertext, _ = key.public_key.encapsulate()

    def careless(done: Counter[tuple[str, str, str]]) -> None:
        key.decapsulate(ciphertext)
        work(done)

    assert monitoring(careless).failures == ("decapsulate ML-KEM-512 ok: counted 480, done 320",)


@pytest.mark.usefixtures("one_slhdsa")
def test_status_that_is_reported_wrongly_fails_the_monitoring_part() -> None:
    """The sums are right, the statuses are not."""

    def confused(done: Counter[tuple[str, str, str]]) -> None:
        work(done)
        done["verify", "ML-DSA-44", "ok"] += done.pop(("verify", "ML-DSA-44", "invalid_signature"))

    assert monitoring(confused).failures == (
        "verify ML-DSA-44 invalid_signature: counted 160, done 0",
        "verify ML-DSA-44 ok: counted 160, done 320",
    )


@pytest.mark.usefixtures("one_slhdsa")
def test_call_that_is_not_timed_fails_the_monitoring_part() -> None:
    """Untimed calls are missing in the histograms, but not in the counts."""

    def untimed(done: Counter[tuple[str, str, str]]) -> None:
        enable_optimizations(timing=False)
        work(done)
        enable_optimizations(timing=True)

    failures = monitoring(untimed).failures
    assert failures[0].startswith("generate: ")
    assert {failure.partition(" calls ")[2] for failure in failures} == {"are in the histogram"}


def test_operations_leave_no_memory_behind() -> None:
    """There is no growth and no additional handle or buffer, even if this process has some."""
    held = MLKEMPrivateKey.generate(), MLKEMPrivateKey.generate().seed()
    result = memory()
    assert result.failures == ()
    assert result.figures["operations"] == 2000 * len(repeated_operations())
    assert len(held) == 2


@pytest.mark.parametrize(
    ("leak", "expected"),
    [
        (lambda kept: kept.append(MLKEMPrivateKey.generate("ML-KEM-512")), "+40 live handles"),
        (lambda kept: kept.append(MLKEMPrivateKey.generate("ML-KEM-512").seed()), "+40 live buffers"),
    ],
    ids=["keys", "secrets"],
)
def test_kept_object_fails_the_memory_part(leak: Callable[[list[object]], object], expected: str) -> None:
    """In each of 40 rounds a key or a secret is kept, and counted exactly."""
    kept: list[object] = []
    assert expected in memory({**repeated_operations(), "leak": lambda: leak(kept)}, rounds=ROUNDS).failures


def test_object_that_is_freed_too_much_fails_the_memory_part() -> None:
    """Fewer live handles than before are as wrong as more."""
    held = [MLKEMPrivateKey.generate("ML-KEM-512") for _ in range(ROUNDS)]
    result = memory({"keygen": lambda: MLKEMPrivateKey.generate("ML-KEM-512"), "free": held.pop}, rounds=ROUNDS)
    assert result.failures == ("-40 live handles",)


def test_growing_memory_fails_the_memory_part() -> None:
    """A page in each of 2,000 rounds is 4 MiB in the second half, without a handle or a buffer."""
    kept: list[mmap.mmap] = []

    def leak() -> None:
        kept.append(mmap.mmap(-1, mmap.PAGESIZE))  # free memory of the heap would hide a smaller leak
        kept[-1][0] = 1

    operations = {"keygen": lambda: MLKEMPrivateKey.generate("ML-KEM-512"), "leak": leak}
    [failure] = memory(operations, rounds=2000).failures
    assert failure.startswith("resident memory grew by ")


@pytest.mark.usefixtures("one_slhdsa")
def test_best_path_that_is_slower_fails_the_optimization_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is slower over all operations, even if one of them is faster."""
    ratios = [*[1.0] * 17, 2.0]
    monkeypatch.setattr("qynauth_pqc.validation.optimization._ratio", lambda _fast, _slow: ratios.pop())
    assert optimization().passed
    if best_path() != "portable":
        ratios = [*[0.5] * 17, 2.0]
        assert optimization().failures == (f"{best_path()} is 1.85 x slower than portable",)


def test_ratio_is_the_ratio_of_the_medians() -> None:
    """It shows how much faster the fast path is."""
    assert _ratio([1, 2, 300], [5, 6, 7]) == 3


@pytest.mark.usefixtures("one_slhdsa")
def test_machine_with_one_path_has_nothing_to_compare() -> None:
    """It says so and passes."""
    result = optimization("portable")
    assert (result.passed, result.summary) == (True, "the best path of this machine is portable: nothing to time")


def test_best_path_is_found_whatever_the_process_is_set_to() -> None:
    """The setting of the process stays."""
    best = optimizations()["code_path"]
    try:
        enable_optimizations("portable")
        assert (best_path(), optimizations()["code_path"]) == (best, "portable")
    finally:
        enable_optimizations("best")


@pytest.mark.usefixtures("one_slhdsa")
def test_paths_that_differ_fail_the_optimization_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing keys finds a wrong path, not its speed."""

    def other_key(kind: Any, key: Any, path: Any) -> Any:
        return kind.generate(key.parameter_set, code_path=path)

    monkeypatch.setattr("qynauth_pqc.validation.optimization._on_path", other_key)
    others = [path for path in CHOICES if path != "portable"]
    expected = {f"{each.name}: {path} and portable differ" for each in MLKEM for path in others}
    assert expected <= set(optimization().failures)


@pytest.mark.usefixtures("one_slhdsa")
def test_part_that_ends_with_an_error_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other parts still run, each announced before it begins."""

    def broken() -> None:
        msg = "no memory"
        raise PQCError(msg)

    for part in ("memory.memory", "optimization.optimization"):
        monkeypatch.setattr(f"qynauth_pqc.validation.{part}", broken)
    announced: list[str] = []
    done = validate(limit_ms=1e6, announce=announced.append)
    assert tuple(announced) == PARTS
    assert [part.passed for part in done.parts] == [True, True, True, False, False]
    assert done.parts[3].failures == ("PQCError: no memory",)
    assert not done.passed
