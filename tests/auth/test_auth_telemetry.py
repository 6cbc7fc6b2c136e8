"""The metrics of real tokens reach Prometheus from the process that issues and verifies them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import pytest
from conftest import ROOT
from monitoring_files import (
    CONFIGURATION,
    DASHBOARD,
    FOLDER,
    PANELS,
    ROWS,
    RULES,
    TOKEN_TARGETS,
    check_metrics,
    documented,
    exported,
    filled,
    metrics_in,
    samples,
)
from prometheus_client.openmetrics import parser
from prometheus_server import needs_prometheus, scraping

from qynauth_pqc.auth.algorithms import Mode
from qynauth_pqc.auth.errors import Verdict

VERIFIED, ISSUED = "qynauth_pqc_tokens_verified_total", "qynauth_pqc_tokens_issued_total"
DATES = ("2026-03-01T00:00:00Z", "2026-09-01T00:00:00Z", "2027-03-01T00:00:00Z")
VERDICTS = [["accepted", "accepted"], ["accepted", "expired"], ["accepted", "past_deadline"]]
COUNTS = {
    ("classical", "EdDSA", "accepted"): 2,
    ("classical", "EdDSA", "expired"): 1,
    ("classical", "EdDSA", "past_deadline"): 1,
    ("hybrid", "ML-DSA-65-Ed25519", "accepted"): 1,
    ("post-quantum", "ML-DSA-65", "accepted"): 1,
}
EXPORT = """
from prometheus_client import CollectorRegistry, generate_latest
from qynauth_pqc.auth.prometheus import TokenCounter
registry = CollectorRegistry()
TokenCounter(registry)
print(generate_latest(registry).decode(), end="")
"""


@dataclass(frozen=True)
class Service:
    """A running token_service.py."""

    port: int
    kid: str
    dates: IO[str]
    answers: IO[str]

    def verdicts(self, dates: Sequence[str] = DATES) -> list[list[str]]:
        """Let it go through a migration, and return the verdicts of the new and of the first token at each date."""
        self.dates.writelines(f"{date}\n" for date in dates)
        self.dates.flush()
        return [self.answers.readline().split() for _ in dates]


@pytest.fixture
def algorithms() -> list[str]:
    """Return the algorithms of the service's keys; none for all three of its policy."""
    return []


@pytest.fixture
def service(tmp_path: Path, algorithms: list[str]) -> Iterator[Service]:
    """Yield a service of three algorithms."""
    program = str(ROOT / "tests" / "auth" / "token_service.py")
    command = [sys.executable, "-W", "error", program, str(tmp_path), *algorithms]
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        port, kid = process.stdout.readline().split()
        yield Service(int(port), kid, process.stdin, process.stdout)
        process.stdin.close()
        assert process.wait() == 0


def test_exemplars_name_the_keys_of_real_tokens(service: Service) -> None:
    """A scraper that asks for OpenMetrics gets them; tokens count under the algorithm of their key."""
    assert service.verdicts() == VERDICTS
    url, headers = f"http://127.0.0.1:{service.port}/metrics", {"Accept": "application/openmetrics-text"}
    text = httpx.get(url, headers=headers, timeout=300).text
    families = list(parser.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]
    samples = [sample for family in families for sample in family.samples if sample.name == VERIFIED and sample.value]
    assert {(each.labels["mode"], each.labels["algorithm"], each.labels["verdict"]) for each in samples} == set(COUNTS)
    kids = {each.exemplar.labels["kid"] for each in samples if each.labels["mode"] == "classical"}
    assert kids == {service.kid}


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.name)
def test_metrics_of_tokens_that_a_file_names_are_exported(file: Path) -> None:
    """They are exported under exactly these names."""
    assert set() < metrics_in(file.read_text(encoding="utf-8"), tokens=True) <= samples(EXPORT)


def test_dashboard_and_documentation_have_every_metric_of_tokens() -> None:
    """They leave out none, and the documentation has the types."""
    assert metrics_in(json.dumps(DASHBOARD), tokens=True) == samples(EXPORT)
    assert documented(tokens=True) == set(re.findall(r"^# TYPE (\w+) (\w+)$", exported(EXPORT), re.MULTILINE))


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


@needs_prometheus
def test_promtool_accepts_the_exported_metrics() -> None:
    """It also checks names, units and help texts against the conventions."""
    check_metrics(EXPORT)


@needs_prometheus
def test_prometheus_counts_a_migration_and_raises_the_alert(service: Service, tmp_path: Path) -> None:
    """Each panel of the row has a result, and one classical token after its deadline is enough for the alert."""
    with scraping(CONFIGURATION.format(rules=RULES, port=service.port), tmp_path) as prometheus:
        prometheus.wait(f'{VERIFIED}{{algorithm="EdDSA", verdict="past_deadline"}} == 0')
        assert service.verdicts() == VERDICTS
        prometheus.wait(f'{VERIFIED}{{algorithm="EdDSA", verdict="past_deadline"}} == 1')
        counted = {
            (each["mode"], each["algorithm"], each["verdict"]): n for each, n in prometheus.query(f"{VERIFIED} > 0")
        }
        assert counted == COUNTS
        assert [n for _, n in prometheus.query(f"{ISSUED} > 0")] == [1, 1, 1]
        for title, expression in TOKEN_TARGETS:
            assert prometheus.wait(filled(expression)), title
        [(labels, _)] = prometheus.wait('ALERTS{alertname="QynauthPQCPastDeadline"}')
    assert (labels["alertstate"], labels["mode"], labels["algorithm"]) == ("firing", "classical", "EdDSA")


@needs_prometheus
@pytest.mark.parametrize("algorithms", [["EdDSA"]])
def test_prometheus_raises_the_alert_of_a_missing_key(service: Service, tmp_path: Path) -> None:
    """The service goes on with its old key, and one such token is enough for the alert."""
    with scraping(CONFIGURATION.format(rules=RULES, port=service.port), tmp_path) as prometheus:
        prometheus.wait('qynauth_pqc_tokens_alarms_total{alarm="old_algorithm"} == 0')
        assert service.verdicts(DATES[:2]) == VERDICTS[:2]
        prometheus.wait('qynauth_pqc_tokens_alarms_total{alarm="old_algorithm"} == 1')
        assert prometheus.query(f'{ISSUED}{{algorithm="EdDSA"}}')[0][1] == 2
        [(labels, _)] = prometheus.wait('ALERTS{alertname="QynauthPQCIssuerDegraded"}')
    assert (labels["alertstate"], labels["alarm"], labels["severity"]) == ("firing", "old_algorithm", "critical")
