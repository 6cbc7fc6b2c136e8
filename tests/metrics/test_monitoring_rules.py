"""The metrics that the dashboard and the alerts name are exported, and Prometheus reads them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import ROOT
from prefork_client import Server, running
from prometheus_server import Prometheus, needs_prometheus, scraping

from qynauth_pqc.auth.algorithms import Mode
from qynauth_pqc.auth.errors import Verdict
from qynauth_pqc.metrics._snapshot import STATUSES

FOLDER = ROOT / "monitoring"
RULES, RULES_TEST = FOLDER / "prometheus-rules.yml", FOLDER / "prometheus-rules-test.yml"
DASHBOARD = json.loads((FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8"))
ROWS = [panel for panel in DASHBOARD["panels"] if panel["type"] == "row"]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = [(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]]
TOKEN_TARGETS = [target for target in TARGETS if "qynauth_pqc_tokens_" in target[1]]
VARIABLES = [each["query"]["query"] for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))

EXPORT = """
import sys
from prometheus_client import CollectorRegistry, generate_latest
from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.auth.prometheus import TokenCounter
from qynauth_pqc.integrations.prometheus import PQCCollector
from qynauth_pqc.metrics.shared import share_metrics
share_metrics(sys.argv[1])
MLDSAPrivateKey.generate("ML-DSA-44")
registry = CollectorRegistry()
registry.register(PQCCollector())
TokenCounter(registry)
print(generate_latest(registry).decode(), end="")
"""


@cache
def exported() -> str:
    """Return the metrics of a process that shares its metrics, after a call."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-c", EXPORT, str(Path(folder, "metrics"))]
        environment = {**os.environ, "PROMETHEUS_DISABLE_CREATED_SERIES": "True"}  # times that no panel needs
        return subprocess.run(command, capture_output=True, check=True, text=True, env=environment).stdout


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.name)
def test_metrics_that_a_file_names_are_exported(file: Path) -> None:
    """They are exported under exactly these names."""
    samples = set(re.findall(r"^(qynauth_pqc\w*)", exported(), re.MULTILINE))
    named = set(re.findall(r"\bqynauth_pqc_\w+", file.read_text(encoding="utf-8")))
    assert set() < named <= samples


def test_dashboard_shows_every_metric() -> None:
    """The dashboard leaves out no exported metric."""
    samples = set(re.findall(r"^(qynauth_pqc\w*)", exported(), re.MULTILINE))
    assert set(re.findall(r"\bqynauth_pqc_\w+", json.dumps(DASHBOARD))) == samples


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


def test_row_of_the_migration_has_all_panels_of_tokens() -> None:
    """They are below its heading, with no others."""
    [row] = ROWS
    below = {panel["title"] for panel in PANELS if panel["gridPos"]["y"] > row["gridPos"]["y"]}
    assert row["title"] == "How much is still classical"
    assert below == {title for title, _ in TOKEN_TARGETS}


@pytest.mark.parametrize("file", [RULES, FOLDER / "grafana-dashboard.json"], ids=lambda file: file.name)
def test_modes_and_verdicts_that_a_file_names_exist(file: Path) -> None:
    """A query of another spelling would find nothing and look as if all were well."""
    pairs = re.findall(r'\b(mode|verdict)!?=~?\\?"([\w|-]+)\\?"', file.read_text(encoding="utf-8"))
    named = {(label, name) for label, names in pairs for name in names.split("|")}
    assert set() < named <= {("mode", mode) for mode in Mode} | {("verdict", verdict) for verdict in Verdict}


def test_runbooks_that_alerts_name_are_headings_of_the_documentation() -> None:
    """A person who is woken by an alert finds what to do."""
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    headings = [each.lower().replace(" ", "-") for each in re.findall(r"^#+ (.*)$", page, re.MULTILINE)]
    named = set(re.findall(r'runbook: "docs/monitoring\.md#([\w-]+)"', RULES.read_text(encoding="utf-8")))
    assert set() < named <= set(headings)


def test_documentation_names_every_metric_and_alert() -> None:
    """Each has one row of a table, and no row names another."""
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    kinds = re.findall(r"^# TYPE (\w+) (\w+)$", exported(), re.MULTILINE)
    expected = {(name, "info" if name == "qynauth_pqc_info" else kind) for name, kind in kinds}
    assert set(re.findall(r"^\| `(qynauth_pqc_\w+)` \| (\w+) \|", page, re.MULTILINE)) == expected
    assert re.findall(r"^\| `(Qynauth\w+)` \|", page, re.MULTILINE) == ALERTS


@needs_prometheus
def test_promtool_accepts_the_exported_metrics() -> None:
    """It also checks names, units and help texts against the conventions."""
    result = subprocess.run(
        ["promtool", "check", "metrics"], input=exported(), text=True, capture_output=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@needs_prometheus
def test_promtool_accepts_the_rules_and_their_tests() -> None:
    """The right values raise each alert, and no others do."""
    for action, file in (("check", RULES), ("test", RULES_TEST)):
        command = ["promtool", action, "rules", str(file)]
        result = subprocess.run(command, text=True, capture_output=True, check=False)
        assert (result.returncode, result.stderr) == (0, ""), result.stdout
    raised = re.findall(r"alertname: (\w+)\n *eval_time: \w+\n *exp_alerts", RULES_TEST.read_text(encoding="utf-8"))
    assert set(raised) == set(ALERTS)


CONFIGURATION = """
global: {{scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}}
rule_files: [{rules}]
scrape_configs:
  - job_name: app
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


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


def filled(expression: str) -> str:
    """Return an expression of the dashboard with its variables filled in."""
    values = {
        "job": ".*",
        "instance": ".*",
        "action": "encapsulate",
        "algorithm": "ML-KEM-768",
        "__rate_interval": "10m",
    }
    return re.sub(r"\$(\w+)", lambda match: values[match[1]], expression)


def choices(prometheus: Prometheus, variable: str) -> list[str]:
    """Return the choices of Grafana for a variable: the values of a label of the matching series."""
    [(matched, label)] = re.findall(r"^label_values\((.*), (\w+)\)$", variable)
    found: list[str] = prometheus.get(f"label/{label}/values", **{"match[]": filled(matched)})
    return found
