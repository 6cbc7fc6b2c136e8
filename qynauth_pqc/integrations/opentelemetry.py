"""The metrics for OpenTelemetry, in the extra `[otel]`."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from qynauth_pqc._extras import extra
from qynauth_pqc.errors import expect
from qynauth_pqc.metrics._snapshot import percentiles, snapshot
from qynauth_pqc.native import __version__

with extra("otel"):
    from opentelemetry.metrics import MeterProvider, Observation, get_meter_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.metrics import CallbackOptions

    from qynauth_pqc.metrics._snapshot import Counts, Snapshot

__all__ = ["instrument"]

_PERCENTILES = (0.5, 0.9, 0.99, 0.999)


def instrument(meter_provider: MeterProvider | None = None, *, window: float = 60.0) -> None:
    """Make the metrics instruments of OpenTelemetry. Call it once for each provider.

    The instruments, which are read at each collection:

    - `qynauth_pqc.operations`: counter of calls that ended, by `action` and `algorithm`. A decapsulation that ended in
      implicit rejection is a call like any other;
    - `qynauth_pqc.operation.errors`: counter of calls that failed, by `action`, `algorithm` and `status`;
    - `qynauth_pqc.operation.time`: counter of the seconds of successful calls while timing was on;
    - `qynauth_pqc.operation.percentile`: gauge in seconds, within 5 %, by `action`, `algorithm` and `percentile`,
      "50", "90", "99" or "99.9", of the successful calls of the last `window` seconds; nothing if there
      were none;
    - `qynauth_pqc.live_handles`, `qynauth_pqc.live_buffers`: gauges of handles and buffers that this process has not
      freed;
    - `qynauth_pqc.wiped_bytes`: counter of bytes of secrets that were overwritten;
    - `qynauth_pqc.self_tests`, `qynauth_pqc.self_test.time`: counters of the self tests that this process ran before it
      first used a parameter set, and of their seconds. No time of an operation includes them.

    `action` is a name such as "encapsulate". `algorithm` is a name such as "ML-KEM-768", or "" for calls that failed
    before they named an algorithm. After `share_metrics`, operations are counted over all processes that share the
    file: let only one process report, or the sum counts every call several times.

    Args:
        meter_provider: the provider; None for the global one.
        window: the least time that percentiles cover, in seconds: back to an earlier collection, or to this call.

    >>> from opentelemetry.sdk.metrics import MeterProvider
    >>> from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> reader = InMemoryMetricReader()
    >>> instrument(MeterProvider([reader]))
    >>> key = MLKEMPrivateKey.generate()
    >>> metrics = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    >>> metrics[0].name, metrics[0].unit
    ('qynauth_pqc.operations', '{operation}')
    """
    provider = get_meter_provider() if meter_provider is None else meter_provider
    expect(provider, MeterProvider, "meter_provider")
    expect(window, (int, float), "window")
    meter = provider.get_meter("qynauth_pqc", __version__)
    recent = _Recent(window)
    counter, gauge = meter.create_observable_counter, meter.create_observable_gauge
    counter("qynauth_pqc.operations", [_calls], "{operation}", "Operations that ended.")
    counter("qynauth_pqc.operation.errors", [_errors], "{operation}", "Operations that failed.")
    counter("qynauth_pqc.operation.time", [_seconds], "s", "Time that successful operations took.")
    gauge("qynauth_pqc.operation.percentile", [recent.percentiles], "s", "Time that a share of calls did not exceed.")
    gauge("qynauth_pqc.live_handles", _own("live_handles"), "{handle}", "Handles of keys that were not freed.")
    gauge("qynauth_pqc.live_buffers", _own("live_buffers"), "{buffer}", "Buffers of secrets that were not freed.")
    counter("qynauth_pqc.wiped_bytes", _own("bytes_wiped"), "By", "Bytes of secrets that were overwritten.")
    counter("qynauth_pqc.self_tests", _own("self_tests"), "{test}", "Self tests before first uses of parameter sets.")
    counter("qynauth_pqc.self_test.time", _own("self_test_ns"), "s", "Time that self tests took.")


def _called(now: Snapshot) -> Iterable[tuple[dict[str, str], Counts]]:
    """Return the attributes and the counts of each operation that was called."""
    for (action, algorithm), counts in now.operations.items():
        if counts.calls:
            yield {"action": action, "algorithm": algorithm}, counts


def _calls(_options: CallbackOptions) -> Iterable[Observation]:
    return [Observation(counts.calls, attributes) for attributes, counts in _called(snapshot())]


def _errors(_options: CallbackOptions) -> Iterable[Observation]:
    for attributes, counts in _called(snapshot()):
        for status, count in counts.by_status.items():
            if status != "ok":
                yield Observation(count, {**attributes, "status": status})


def _seconds(_options: CallbackOptions) -> Iterable[Observation]:
    return [Observation(counts.total_ns / 1e9, attributes) for attributes, counts in _called(snapshot())]


def _own(name: str) -> list[Callable[[CallbackOptions], Iterable[Observation]]]:
    """Return the callbacks of an instrument for a figure of this process; times are in seconds."""

    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        figure = getattr(snapshot(), name)
        return [Observation(figure / 1e9 if name.endswith("_ns") else figure)]

    return [observe]


class _Recent:
    """Percentiles of the last calls: over the whole life of the process, they would soon stop changing."""

    def __init__(self, window: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._window = window
        self._clock = clock
        self._lock = threading.Lock()  # each reader collects on its own thread
        self._past: deque[tuple[float, Snapshot]] = deque([(clock(), snapshot())])

    def percentiles(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Return the percentiles of every operation that was called in the window."""
        now = snapshot()
        before = self._replace(now)
        for attributes, counts in _called(now):
            buckets = (counts - before.operations[attributes["action"], attributes["algorithm"]]).buckets
            times = percentiles(buckets, _PERCENTILES) if any(buckets) else []
            for share, nanoseconds in zip(_PERCENTILES, times, strict=False):
                yield Observation(nanoseconds / 1e9, {**attributes, "percentile": f"{share * 100:g}"})

    def _replace(self, now: Snapshot) -> Snapshot:
        """Return the snapshot at the start of the window; forget earlier ones and keep this one for later."""
        moment = self._clock()
        with self._lock:
            while len(self._past) > 1 and self._past[1][0] <= moment - self._window:
                self._past.popleft()
            before = self._past[0][1]
            if moment - self._past[-1][0] >= self._window / 10:  # otherwise many collections would fill the memory
                self._past.append((moment, now))
            return before
