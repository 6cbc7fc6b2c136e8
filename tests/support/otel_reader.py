"""Reading the metrics in tests, by the SDK's in-memory reader."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conftest import ROOT
from opentelemetry.sdk.metrics.export import Gauge, InMemoryMetricReader, NumberDataPoint, Sum

import qynauth_pqc

Values = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Reader:
    """The in-memory reader of a provider that this package instruments."""

    reader: InMemoryMetricReader

    def metrics(self) -> dict[str, tuple[str, Sum | Gauge]]:
        """Collect, and return unit and data of each metric by its name."""
        collected = self.reader.get_metrics_data()
        assert collected is not None
        [[scope]] = [each.scope_metrics for each in collected.resource_metrics]
        assert (scope.scope.name, scope.scope.version) == ("qynauth_pqc", qynauth_pqc.__version__)
        found = {}
        for metric in scope.metrics:
            assert isinstance(metric.data, (Sum, Gauge))
            found[metric.name] = (metric.unit or "", metric.data)
        return found

    def values(self) -> Values:
        """Collect, and return the values by the name of the metric and the attributes."""
        return {name: by_attributes(data.data_points) for name, (_, data) in self.metrics().items()}


def by_attributes(points: object) -> dict[str, float]:
    """Return values by "action:algorithm:status" and the like."""
    assert isinstance(points, (list, tuple))
    values = {}
    for point in points:
        assert isinstance(point, NumberDataPoint)
        values[":".join(str(value) for value in (point.attributes or {}).values())] = point.value
    return values


def grown(after: Values, before: Values, name: str) -> dict[str, float]:
    """Return by how much the values of a metric have grown, without zeros."""
    earlier = before.get(name, {})
    differences = {each: value - earlier.get(each, 0) for each, value in after.get(name, {}).items()}
    return {each: difference for each, difference in differences.items() if difference}


def documented(kind: str) -> dict[str, str]:
    """Return the units of the instruments that the page lists, "counter" or "gauge", by their names."""
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(qynauth_pqc\.[\w.]+)` \| (\w+) \| `?([\w{}]+)`? \|", page, re.MULTILINE)
    return {name: unit for name, each, unit in rows if each == kind}
