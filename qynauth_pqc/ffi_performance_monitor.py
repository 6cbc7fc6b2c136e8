"""The monitor: the operations of the library between two moments, their times, and the memory it holds.

A report is a dict of dicts, lists, strings, numbers and None, which `json.dumps` takes. An unknown figure is None, such
as a time when there were no calls.

`process_id`, `started_at` (seconds since 1970), `seconds`: the interval.

`generate`, `import`, `encapsulate`, `decapsulate`, `sign`, `verify`: the actions, named as for Prometheus,
OpenTelemetry and C, each a dict with

- `count`: calls that ended, also with an error.
- `errors` and `errors_by_status`: failed calls. A bad signature is an error, a tampered ciphertext is not.
- `timed`: the calls that were timed: they succeeded while timing was on.
- `avg_time_ms`: their mean in milliseconds.
- `p50_time_ms`, `p90_time_ms`, `p99_time_ms`, `p99_9_time_ms`: the percentiles of the times, within 5 %.
- `min_time_ms` and `max_time_ms`: bounds of all times, each within 7 % of a time.
- `ops_per_second`: `count` divided by the length of the interval.
- `total_time_ns`: the sum of the times in nanoseconds.
- `histogram_ns`: a list of pairs, the least time in nanoseconds that a bucket counts and its count, without empty
  buckets.
- `by_algorithm`: the same figures for each algorithm, and for "unknown" if calls failed before they named an algorithm.

`kyber_keygen`, `kyber_encap`, `kyber_decap`, `dilithium_keygen`, `dilithium_sign`, `dilithium_verify`: the figures of
ML-KEM and ML-DSA alone, under the names that QynAuth uses.

`memory`: a dict with

- `rss_bytes`: the resident memory of the process; `rss_growth_bytes`: its growth in the interval.
- `rss_peak_bytes`: the most that the process ever had; None where the system does not report it.
- `live_handles` and `live_buffers`: keys and buffers that are not freed.
- `bytes_wiped`: the bytes wiped in the interval, which include readings for reports.

`self_tests`: a dict with `count` and `total_time_ns` of the self tests that the process ran in the interval, one for
each parameter set and code path before its first use. No time of an action includes them.
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qynauth_pqc.errors import MonitorError
from qynauth_pqc.metrics import _reports
from qynauth_pqc.metrics._report_table import text_table
from qynauth_pqc.metrics._reports import ActionFigures, Figures, MemoryFigures, Report, SelfTestFigures
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.metrics.shared import is_shared

if TYPE_CHECKING:
    from typing import Self

    from qynauth_pqc.metrics._snapshot import Snapshot

__all__ = ["ActionFigures", "FFIPerformanceMonitor", "Figures", "MemoryFigures", "Report", "SelfTestFigures"]


@dataclass(frozen=True, slots=True)
class _Reading:
    """All figures at one moment. The peak is None where the system does not report it."""

    process_id: int
    time: float
    metrics: Snapshot
    clock: float
    rss: int
    peak: int | None
    shared: bool

    @classmethod
    def now(cls) -> _Reading:
        import psutil  # takes long to import, and only a monitor needs it

        rss = psutil.Process().memory_info().rss
        return cls(os.getpid(), time.time(), snapshot(), time.perf_counter(), rss, _peak(rss), is_shared())


def _peak(rss: int) -> int | None:
    """Return the most memory that this process ever had, in bytes. `getrusage` would count its parent's before exec."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    return max(rss, int(found[1]) * 1024) if found else None


class FFIPerformanceMonitor:
    """The operations of the library in an interval, counted and timed, and its memory.

    The library counts in any case, so a monitor costs the operations nothing, and monitors do not disturb each other. A
    monitor sees the calls of all threads, and of all processes that share their metrics. Share them before the start,
    since sharing replaces the counts. Calls in progress at the start or at the end may be counted or not.

    >>> from qynauth_pqc import FFIPerformanceMonitor, MLKEMPrivateKey
    >>> with FFIPerformanceMonitor() as monitor:
    ...     ciphertext, secret = MLKEMPrivateKey.generate().public_key.encapsulate()
    >>> report = monitor.get_performance_report()
    >>> report["encapsulate"]["count"], report["encapsulate"]["errors"], report["sign"]["avg_time_ms"]
    (1, 0, None)
    >>> report["encapsulate"]["by_algorithm"]["ML-KEM-768"]["count"]
    1
    """

    __slots__ = ("_interval",)

    _interval: tuple[_Reading, _Reading | None] | None  # its start and its end

    def __init__(self) -> None:
        """Make a monitor that is not started."""
        self._interval = None

    def start_monitoring(self) -> None:
        """Begin an interval. After `stop_monitoring`, begin a new one and forget the old one.

        Raises:
            MonitorError: the monitor is running.
        """
        if self._interval and not self._interval[1]:
            raise MonitorError("the monitor is running; stop it before you start it again")
        self._interval = _Reading.now(), None

    def stop_monitoring(self) -> None:
        """End the interval: reports are frozen from now on. A second call does nothing.

        Raises:
            MonitorError: the monitor was never started.
        """
        start, end = self._started()
        if not end:
            self._interval = start, _Reading.now()

    def _started(self) -> tuple[_Reading, _Reading | None]:
        if self._interval is None:
            raise MonitorError("the monitor was not started; call start_monitoring() or use it in a with statement")
        return self._interval

    def __enter__(self) -> Self:
        """Start the monitor."""
        self.start_monitoring()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop the monitor."""
        self.stop_monitoring()

    def get_performance_report(self) -> Report:
        """Return the figures from the start until now or until the stop.

        Returns:
            The report; the documentation of this module describes it.

        Raises:
            MonitorError: the monitor was never started, or the metrics were shared after the start.
        """
        start, stop = self._started()
        end = stop or _Reading.now()
        if end.shared and not start.shared:
            raise MonitorError("metrics were shared after the monitor was started; start the monitor again")
        seconds = end.clock - start.clock
        return {
            "process_id": end.process_id,
            "started_at": start.time,
            "seconds": seconds,
            **_reports.action_figures(end.metrics, start.metrics, seconds),
            "memory": {
                "rss_bytes": end.rss,
                "rss_growth_bytes": end.rss - start.rss,
                "rss_peak_bytes": end.peak,
                "live_handles": end.metrics.live_handles,
                "live_buffers": end.metrics.live_buffers,
                "bytes_wiped": end.metrics.bytes_wiped - start.metrics.bytes_wiped,
            },
            "self_tests": {
                "count": end.metrics.self_tests - start.metrics.self_tests,
                "total_time_ns": end.metrics.self_test_ns - start.metrics.self_test_ns,
            },
        }

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the report as JSON, on one line or indented by a number of spaces."""
        return json.dumps(self.get_performance_report(), indent=indent)

    @staticmethod
    def difference(later: Report, earlier: Report) -> Report:
        """Return the figures between two reports of the same interval, even after a round trip through JSON.

        Raises:
            MonitorError: the reports are of two intervals, or in the wrong order.
        """
        return _reports.difference(later, earlier)

    def __str__(self) -> str:
        """Return the report as a table: calls, errors and times for each action and each algorithm used."""
        if self._interval is None:
            return "not started"
        report = self.get_performance_report()
        state = "stopped after" if self._interval[1] else "running for"
        return f"{state} {report['seconds']:.3f} s\n{text_table(report)}"

    def __repr__(self) -> str:
        """Return the class and the state."""
        state = "not started" if self._interval is None else "stopped" if self._interval[1] else "running"
        return f"<{type(self).__name__}: {state}>"
