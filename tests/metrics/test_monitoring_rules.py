"""The metrics that the dashboard and the alerts name are exported, and Prometheus reads them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from monitoring_files import (
    ALERTS,
    CONFIGURATION,
    DASHBOARD,
    FOLDER,
    RULES,
    RULES_TEST,
    TARGETS,
    TOKEN_TARGETS,
    VARIABLES,
    check_metrics,
    documented,
    exported,
    filled,
    metrics_in,
    samples,
)
from prefork_client import Server, running
from prometheus_server import Prometheus, needs_prometheus, scraping

from qynauth_pqc.metrics._snapshot import STATUSES

EXPORT = """
import sys
from prometheus_client import CollectorRegistry, generate_latest
from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.integrations.prometheus import PQCCollector
from qynauth_pqc.metrics.shared import share_metrics
share_metrics(sys.argv[1])
MLDSAPrivateKey.generate("ML-DSA-44")
registry = CollectorRegistry()
registry.register(PQCCollector())
print(generate_latest(registry).decode(), end="")
"""


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.name)
def test_metrics_that_a_file_names_are_exported(file: Path) -> None:
    """They are exported under exactly these names."""
    assert set() < metrics_in(file.read_text(encoding="utf-8")) <= samples(EXPORT)


def test_dashboard_shows_every_metric() -> None:
    """The dashboard leaves out no exported metric."""
    assert metrics_in(json.dumps(DASHBOARD)) == samples(EXPORT)


def test_dashboard_has_distinct_panels_without_overlap() -> None:
    """Numbers are unique, as Grafana demands, and no panel covers another."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert all(x < 24 for x, _ in cells)


def test_statuses_that_alerts_name_exist() -> None:
    """They are spelled like the labels."""
    for names in re.findall(r'status=~"([\w|]+)"', RULES.read_text(encoding="utf-8")):
        assert set(names.split("|")) <= set(STATUSES.values())


def test_runbooks_that_alerts_name_are_headings_of_the_documentation() -> None:
    """A person who is woken by an alert finds what to do."""
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    headings = [each.lower().replace(" ", "-") for each in re.findall(r"^#+ (.*)$", page, re.MULTILINE)]
    named = set(re.findall(r'runbook: "docs/monitoring\.md#([\w-]+)"', RULES.read_text(encoding="utf-8")))
    assert set() < named <= set(headings)


def test_documentation_names_every_metric_and_alert() -> None:
    """Each has one row of a table, and no row names another."""
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    kinds = re.findall(r"^# TYPE (\w+) (\w+)$", exported(EXPORT), re.MULTILINE)
    expected = {(name, "info" if name == "qynauth_pqc_info" else kind) for name, kind in kinds}
    assert documented() == expected
    assert re.findall(r"^\| `(Qynauth\w+)` \|", page, re.MULTILINE) == ALERTS


@needs_prometheus
def test_promtool_accepts_the_exported_metrics() -> None:
    """It also checks names, units and help texts against the conventions."""
    check_metrics(EXPORT)


@needs_prometheus
def test_promtool_accepts_the_rules_and_their_tests() -> None:
    """The right values raise each alert, and no others do."""
    for action, file in (("check", RULES), ("test", RULES_TEST)):
        command = ["promtool", action, "rules", str(file)]
        result = subprocess.run(command, text=True, capture_output=True, check=False)
        assert (result.returncode, result.stderr) == (0, ""), result.stdout
    raised = re.findall(r"alertname: (\w+)\n *eval_time: \w+\n *exp_alerts", RULES_TEST.read_text(encoding="utf-8"))
    assert set(raised) == set(ALERTS)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Yield a server of two workers that answer scrapes."""
    with running("fork", 2, tmp_path) as server:
        yield server


@pytest.fixture
def prometheus(server: Server, tmp_path: Path) -> Iterator[Prometheus]:
    """Yield a Prometheus that scrapes the server."""
    with scraping(CONFIGURATION.format(rules=RULES, port=server.port), tmp_path) as prometheus:
        yield prometheus


@needs_prometheus
def test_prometheus_scrapes_and_every_panel_and_alert_works(server: Server, prometheus: Prometheus) -> None:
    """The counts cover all workers, each expression has a result, and an alert follows the end of the server."""
    name = 'qynauth_pqc_operations_total{action="encapsulate", algorithm="ML-KEM-768"}'
    prometheus.wait(f"{name} == 0")
    for _ in range(30):
        server.get("/work")
    [(labels, _)] = prometheus.wait(f"{name} == 30")
    assert labels["status"] == "ok"
    for variable in VARIABLES:
        assert choices(prometheus, variable), variable
    for title, expression in TARGETS:
        if (title, expression) not in TOKEN_TARGETS:  # test_auth_telemetry.py has tokens
            assert prometheus.wait(filled(expression)), title
    for worker in server.workers:
        server.kill(worker)
    prometheus.wait("up == 0")
    prometheus.wait('ALERTS{alertname="QynauthPQCNotScraped"}')
    [group] = prometheus.get("rules")["groups"]
    assert [(rule["name"], rule["health"]) for rule in group["rules"]] == [(alert, "ok") for alert in ALERTS]


def choices(prometheus: Prometheus, variable: str) -> list[str]:
    """Return the choices of Grafana for a variable: the values of a label of the matching series."""
    [(matched, label)] = re.findall(r"^label_values\((.*), (\w+)\)$", variable)
    found: list[str] = prometheus.get(f"label/{label}/values", **{"match[]": filled(matched)})
    return found
