"""Reports have times that are true bounds, can be printed and subtracted, and show nothing secret."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from typing import Any

import pytest
from conftest import Sizes
from report_parts import TIMES

from qynauth_pqc import (
    CompositePrivateKey,
    FFIPerformanceMonitor,
    InvalidSignatureError,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    MonitorError,
    XWingPrivateKey,
    enable_optimizations,
)
from qynauth_pqc.ffi_performance_monitor import ActionFigures, Report
from qynauth_pqc.metrics._report_table import _LESS_NEEDED, ALL_COLUMNS, fitting_rows
from qynauth_pqc.metrics._reports import QYNAUTH_NAMES, Actions, MemoryFigures, SelfTestFigures, each_figures, figures
from qynauth_pqc.metrics._snapshot import ACTIONS, BOUNDS_NS, Counts, percentiles


def test_report_has_every_action_of_the_library() -> None:
    """Actions have their names in C, Prometheus and OpenTelemetry, and QynAuth's for ML-KEM and ML-DSA."""
    with FFIPerformanceMonitor() as monitor:
        MLKEMPrivateKey.generate()
        XWingPrivateKey.generate()
    report: Any = monitor.get_performance_report()
    assert {*Actions.__annotations__} == {*ACTIONS, *QYNAUTH_NAMES}
    assert {*report} == {*Report.__annotations__}
    assert {*report["memory"]} == {*MemoryFigures.__annotations__}
    assert {*report["self_tests"]} == {*SelfTestFigures.__annotations__}
    assert {*report["sign"]} == {*ActionFigures.__annotations__}
    every: list[Any] = [report, json.loads(monitor.to_json()), monitor.difference(report, report)]
    for each in every:
        assert (each["generate"]["count"], each["kyber_keygen"]["count"]) == ((2, 1) if each != every[2] else (0, 0))
        for name, (action, family) in QYNAUTH_NAMES.items():
            algorithms = each[action]["by_algorithm"].items()
            assert each[name]["by_algorithm"] == {
                key: value for key, value in algorithms if key.startswith(f"{family}-")
            }
            assert len(each[name]["by_algorithm"]) == 3


def test_report_is_quick_to_make() -> None:
    """What was not called costs next to nothing, so that a monitor may report each second."""
    frames = Counter[str]()
    with FFIPerformanceMonitor() as monitor:
        private_key = MLDSAPrivateKey.generate()
        private_key.public_key.verify(b"message", private_key.sign(b"message"))
        MLKEMPrivateKey.generate().public_key.encapsulate()
    sys.setprofile(lambda frame, event, _: frames.update([frame.f_code.co_name] if event == "call" else ()))
    try:
        monitor.get_performance_report()
    finally:
        sys.setprofile(None)
    assert frames.total() < 500


def test_times_lie_within_those_measured_outside() -> None:
    """Each time inside is at most the time outside, and so is each percentile, within the promised 5 %."""
    private_key, outside = MLDSAPrivateKey.generate(), []
    with FFIPerformanceMonitor() as monitor:
        for _ in range(101):
            start = time.perf_counter()
            private_key.sign(b"message")
            outside.append((time.perf_counter() - start) * 1000)
    sign: Any = monitor.get_performance_report()["sign"]
    outside.sort()
    assert 0 < sign["p50_time_ms"] <= 1.05 * outside[50]
    assert 0 < sign["p90_time_ms"] <= 1.05 * outside[90]
    assert 0 < sign["min_time_ms"] <= outside[0]
    assert 0 < sign["max_time_ms"] <= 1.07 * outside[-1]
    assert 0 < sign["avg_time_ms"] <= sum(outside) / len(outside)


def test_times_are_in_order() -> None:
    """They increase from shortest to longest, for all actions and algorithms."""
    with FFIPerformanceMonitor() as monitor:
        for _ in range(20):
            MLKEMPrivateKey.generate().public_key.encapsulate()
            MLDSAPrivateKey.generate("ML-DSA-44").sign(b"message")
    timed: list[Any] = [each for _, _, each in each_figures(monitor.get_performance_report()) if each["timed"]]
    assert len(timed) == 7
    for each in timed:
        assert [each[name] for name in TIMES] == sorted(each[name] for name in TIMES)
        assert each["min_time_ms"] <= each["avg_time_ms"] <= each["max_time_ms"]


def test_figures_of_known_times_are_right() -> None:
    """Of 1000 calls, 500, 400, 90, 9 and 1 took 1, 2, 4, 8 and 16 us: the percentiles are at the steps."""
    calls = {1024: 500, 2048: 400, 4096: 90, 8192: 9, 16384: 1}
    buckets = tuple(calls.get(lower, 0) for lower, _ in BOUNDS_NS)
    made: Any = figures(Counts({"ok": 1000, "panic": 1}, 1_800_000, buckets), 2.0)
    assert [made[name] for name in TIMES] == pytest.approx(
        [0.001024, 0.001024, 0.002048, 0.004096, 0.008192, 0.017408], rel=0.05
    )
    assert (made["avg_time_ms"], made["ops_per_second"], made["count"], made["errors"]) == (0.0018, 500.5, 1001, 1)
    assert made["histogram_ns"] == [[lower, count] for lower, count in calls.items()]


def test_percentile_of_no_calls_is_an_error() -> None:
    """Zero would look like a measured time."""
    with pytest.raises(ValueError, match="no call in the histogram"):
        percentiles((0,) * len(BOUNDS_NS), [0.5])


@pytest.mark.parametrize("bucket", [0, len(BOUNDS_NS) - 1], ids=["first", "last"])
def test_extreme_times_have_figures_too(bucket: int) -> None:
    """No time is negative, and the last bucket, which has no end, has a number of JSON."""
    buckets = tuple(int(number == bucket) for number in range(len(BOUNDS_NS)))
    made: Any = figures(Counts({"ok": 1}, BOUNDS_NS[bucket][0], buckets), 1.0)
    times = [made[name] for name in TIMES]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] < 200_000


def test_nothing_measured_is_none_and_said_in_the_table() -> None:
    """No calls, untimed calls and failed calls are distinguished."""
    monitor = FFIPerformanceMonitor()
    enable_optimizations(timing=False)
    try:
        with monitor:
            MLKEMPrivateKey.generate()
    finally:
        enable_optimizations(timing=True)
    report: Any = monitor.get_performance_report()
    lines = str(monitor).splitlines()
    for key, count in (("generate", 1), ("encapsulate", 0)):
        assert (report[key]["count"], [report[key][name] for name in [*TIMES, "avg_time_ms"]]) == (count, [None] * 7)
    assert [line.split() for line in lines if line.startswith("encapsulate")] == [["encapsulate", "no", "calls"]]
    [keygen] = [line.split() for line in lines if line.startswith("generate")]
    assert keygen[:-1] == ["generate", "1", "0", "untimed", "-", "-", "-", "-", "-", "-"]


def test_table_shows_sets_errors_and_memory(dsa: Sizes) -> None:
    """Each action has a row, and below it a row for each algorithm used."""
    with FFIPerformanceMonitor() as monitor:
        key = MLDSAPrivateKey.generate(dsa.name)
        with pytest.raises(InvalidSignatureError):
            key.public_key.verify(b"message", bytes(dsa.output))
    lines = str(monitor).splitlines()
    assert lines[0].startswith("stopped after ")
    assert [line.split()[0] for line in lines if line.split()[0] in ACTIONS] == [*ACTIONS]
    assert [line.split()[:3] for line in lines if line.startswith("  ML-")] == [
        [dsa.name, "1", "0"],
        [dsa.name, "1", "1"],
    ]
    assert f"errors: verify {dsa.name}: 1 invalid_signature" in lines
    assert [line.split(":")[0] for line in lines[-2:]] == ["memory", "live"]


@pytest.mark.parametrize(
    ("width", "last_missing"), [(130, None), (104, "p99.9 ms"), (80, "max ms"), (70, "p50 ms"), (10, "errors")]
)
def test_table_for_a_terminal_lacks_columns_and_no_figure(width: int, last_missing: str | None) -> None:
    """It fits any number of calls and any times."""
    with FFIPerformanceMonitor() as monitor:
        CompositePrivateKey.generate("MLDSA87-ECDSA-P384-SHA512")
    report = monitor.get_performance_report()
    for _, _, each in each_figures(report):
        figures_of_set: Any = each
        figures_of_set["count"] *= 1_234_567
        if each["timed"]:
            figures_of_set |= dict.fromkeys([*TIMES, "ops_per_second"], 123_456.789)
    titles, *lines = fitting_rows(report, width, algorithms=True)
    assert [title for title in ALL_COLUMNS if title not in titles] == sorted(
        _LESS_NEEDED[: _LESS_NEEDED.index(last_missing) + 1] if last_missing else (), key=[*ALL_COLUMNS].index
    )
    fits = sum(max(map(len, column)) + 1 for column in zip(titles, *lines, strict=True)) - 1 <= width
    assert fits == (width > 10)
    assert "123457" in next(line for line in lines if "MLDSA87-ECDSA-P384-SHA512" in line[0])


def test_json_is_the_report() -> None:
    """A round trip through JSON loses nothing."""
    with FFIPerformanceMonitor() as monitor:
        MLKEMPrivateKey.generate()
    assert json.loads(monitor.to_json()) == monitor.get_performance_report()
    assert monitor.to_json(indent=2).startswith('{\n  "process_id": ')


def test_difference_is_what_happened_between_two_reports() -> None:
    """Counts and histograms subtract; the percentiles cover the calls between."""
    with FFIPerformanceMonitor() as monitor:
        key = MLKEMPrivateKey.generate()
        earlier = json.loads(monitor.to_json())
        with FFIPerformanceMonitor() as between:
            for _ in range(10):
                key.public_key.encapsulate()
    later, expected = monitor.get_performance_report(), between.get_performance_report()
    change = monitor.difference(later, earlier)
    assert (change["seconds"], change["started_at"]) == (
        later["seconds"] - earlier["seconds"],
        earlier["started_at"] + earlier["seconds"],
    )
    without_rate = [
        [{name: value for name, value in each.items() if not name.startswith(("ops", "by"))} for _, _, each in all_of]
        for all_of in (each_figures(change), each_figures(expected))
    ]
    assert without_rate[0] == without_rate[1]
    assert change["encapsulate"]["ops_per_second"] == 10 / change["seconds"]


def test_difference_of_memory_subtracts_its_figures() -> None:
    """Current values stay, and growth is subtracted."""
    with FFIPerformanceMonitor() as monitor:
        earlier = monitor.get_performance_report()
        MLKEMPrivateKey.generate().close()
    later = monitor.get_performance_report()
    memory, change = later["memory"], monitor.difference(later, earlier)["memory"]
    assert change == memory | {
        "rss_growth_bytes": memory["rss_bytes"] - earlier["memory"]["rss_bytes"],
        "bytes_wiped": memory["bytes_wiped"] - earlier["memory"]["bytes_wiped"],
    }


def test_difference_needs_two_reports_of_one_interval() -> None:
    """They must be in the right order: counts never shrink."""
    with FFIPerformanceMonitor() as monitor:
        early = monitor.get_performance_report()
    late = monitor.get_performance_report()
    with FFIPerformanceMonitor() as monitor:
        other = monitor.get_performance_report()
    for later, earlier in ((early, late), (other, early), (late | {"process_id": 0}, early)):
        with pytest.raises(MonitorError, match="a later and an earlier report of the same monitor"):
            FFIPerformanceMonitor.difference(later, earlier)


def test_output_holds_no_byte_of_keys_or_messages() -> None:
    """Eight of their bytes in a row, as hexadecimal digits or a list, would be no accident."""
    message, seed = os.urandom(32), os.urandom(32)
    with FFIPerformanceMonitor() as monitor:
        key = MLDSAPrivateKey.from_seed(seed, "ML-DSA-65")
        signature = key.sign(message)
        with pytest.raises(InvalidSignatureError):
            key.public_key.verify(b"another", signature)
    output = str(monitor) + repr(monitor) + monitor.to_json()
    for data in (message, seed, signature[:32]):
        chunks = [data[at : at + 8] for at in range(len(data) - 7)]
        assert [each for each in chunks if each.hex() in output or str(list(each)) in output] == []
