"""The metrics for Prometheus, in the extra `[prometheus]`."""

from __future__ import annotations

import logging
import os
from itertools import accumulate
from typing import TYPE_CHECKING

from qynauth_pqc._extras import extra
from qynauth_pqc.errors import SharedMetricsError
from qynauth_pqc.metrics._snapshot import BOUNDS_NS, snapshot
from qynauth_pqc.metrics.shared import is_shared, shared_file
from qynauth_pqc.native import __version__, engine
from qynauth_pqc.optimizations import code_path

with extra("prometheus"):
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
    from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric

    from qynauth_pqc.metrics._snapshot import Snapshot

__all__ = ["PQCCollector"]

_LOGGER = logging.getLogger(__name__)

# The last bucket of the library below each bound of an exported one: 2 us, 4 us ... 17 ms.
_UPPER_NS = [upper for _, upper in BOUNDS_NS]
_LAST_BELOW = {str(bound / 1e9): _UPPER_NS.index(bound) for bound in (1 << exponent for exponent in range(11, 25))}


class PQCCollector(Collector):
    """A collector that exports the counts of the library at each scrape. Register one, once a process.

    The metrics:

    - `qynauth_pqc_operation_duration_seconds`: histogram of the calls that succeeded while timing was on, by
      `action` and `algorithm`;
    - `qynauth_pqc_operations_total`: calls by `action`, `algorithm` and `status`. A decapsulation that ended in
      implicit rejection is "ok", like any other;
    - `qynauth_pqc_live_handles` and `qynauth_pqc_live_buffers`: handles and buffers that are not freed yet;
    - `qynauth_pqc_wiped_bytes_total`: bytes of secrets that were overwritten;
    - `qynauth_pqc_shared_metrics_readable`, after `share_metrics`: by `file`, 1, or 0 if the file is damaged; then all
      metrics except this and the next one are missing;
    - `qynauth_pqc_info`: `version`, `code_path` and `engine`, value 1.

    `action` is a name such as "encapsulate". `algorithm` is a name such as "ML-KEM-768", or "" for calls that failed
    before they named an algorithm. After `share_metrics`, operations are counted over all processes that share the
    file. Handles, buffers and wiped bytes belong to the process that answers the scrape, and have its number as `pid`.

    >>> from prometheus_client import CollectorRegistry
    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> registry = CollectorRegistry()  # most programs use prometheus_client.REGISTRY
    >>> registry.register(PQCCollector())
    >>> key = MLKEMPrivateKey.generate("ML-KEM-768")
    >>> labels = {"action": "generate", "algorithm": "ML-KEM-768", "status": "ok"}
    >>> registry.get_sample_value("qynauth_pqc_operations_total", labels) >= 1
    True
    """

    def collect(self) -> Iterable[Metric]:
        """Return all metrics with their values now; without the metrics of a damaged shared file."""
        try:
            now = snapshot()
        except SharedMetricsError as error:
            # An error would take all metrics of the process out of the scrape, also other libraries' metrics.
            _LOGGER.error("%s", error)  # noqa: TRY400 - the traceback adds nothing
            return [_readable(0), _info()]
        return [_durations(now), _operations(now), *_own(now), *([_readable(1)] if is_shared() else []), _info()]

    def describe(self) -> Iterable[Metric]:
        """Return all metrics, for a registry that asks for their names."""
        return self.collect()


def _durations(now: Snapshot) -> Metric:
    family = HistogramMetricFamily(
        "qynauth_pqc_operation_duration_seconds",
        "Duration of the operations that succeeded.",
        labels=["action", "algorithm"],
        unit="seconds",
    )
    for labels, counts in now.operations.items():
        if counts.timed:
            below = list(accumulate(counts.buckets))
            buckets = [*((bound, below[last]) for bound, last in _LAST_BELOW.items()), ("+Inf", below[-1])]
            family.add_metric(labels, buckets, counts.total_ns / 1e9)
    return family


def _operations(now: Snapshot) -> Metric:
    family = CounterMetricFamily(
        "qynauth_pqc_operations_total",
        "Operations that ended, by their status.",
        labels=["action", "algorithm", "status"],
    )
    for (action, algorithm), counts in now.operations.items():
        # With zeros for usual statuses, so that a rate sees the first calls too.
        usual = ["ok"] if algorithm else []
        if algorithm and action == "verify":
            usual.append("invalid_signature")
        for status, count in (dict.fromkeys(usual, 0) | counts.by_status).items():
            family.add_metric([action, algorithm, status], count)
    return family


def _own(now: Snapshot) -> list[Metric]:
    """Return the metrics of this process alone."""
    labels = {"pid": str(os.getpid())} if is_shared() else {}
    tests = "Self tests that ran before a parameter set was first used."
    families: list[Metric] = []
    for kind, name, text, unit, value in (
        (GaugeMetricFamily, "live_handles", "Handles of keys that were not freed.", "", now.live_handles),
        (GaugeMetricFamily, "live_buffers", "Buffers of secrets that were not freed.", "", now.live_buffers),
        (CounterMetricFamily, "wiped_bytes_total", "Bytes of secrets that were overwritten.", "bytes", now.bytes_wiped),
        (CounterMetricFamily, "self_tests_total", tests, "", now.self_tests),
        (CounterMetricFamily, "self_test_seconds_total", "Time of the self tests.", "seconds", now.self_test_ns / 1e9),
    ):
        family = kind(f"qynauth_pqc_{name}", text, labels=[*labels], unit=unit)
        family.add_metric([*labels.values()], value)
        families.append(family)
    return families


def _readable(value: int) -> Metric:
    """Return the metric that shows whether the shared file is readable."""
    family = GaugeMetricFamily(
        "qynauth_pqc_shared_metrics_readable", "Whether the file of shared metrics is whole.", labels=["file"]
    )
    family.add_metric([shared_file() or ""], value)
    return family


def _info() -> Metric:
    return InfoMetricFamily(
        "qynauth_pqc",
        "Version and engine of the library, and code path of new keys.",
        {"version": __version__, "code_path": code_path(), "engine": engine()},
    )
