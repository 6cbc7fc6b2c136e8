"""The files in monitoring, and what the tests of their metrics share."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from conftest import ROOT

FOLDER = ROOT / "monitoring"
RULES, RULES_TEST = FOLDER / "prometheus-rules.yml", FOLDER / "prometheus-rules-test.yml"
DASHBOARD = json.loads((FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8"))
ROWS = [panel for panel in DASHBOARD["panels"] if panel["type"] == "row"]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = [(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]]
TOKEN_TARGETS = [target for target in TARGETS if "qynauth_pqc_tokens_" in target[1]]
VARIABLES = [each["query"]["query"] for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))
TOKENS = "qynauth_pqc_tokens_"
"""The beginning of the names of the metrics that auth has."""

CONFIGURATION = """
global: {{scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}}
rule_files: [{rules}]
scrape_configs:
  - job_name: app
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def metrics_in(text: str, *, tokens: bool = False) -> set[str]:
    """Return the names of metrics in a text, of the core or of tokens."""
    return {each for each in re.findall(r"\bqynauth_pqc_\w+", text) if each.startswith(TOKENS) == tokens}


def documented(*, tokens: bool = False) -> set[tuple[str, str]]:
    """Return the names and types of metrics in the tables of the documentation, of the core or of tokens."""
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(qynauth_pqc_\w+)` \| (\w+) \|", page, re.MULTILINE)
    return {row for row in rows if row[0].startswith(TOKENS) == tokens}


@cache
def exported(program: str) -> str:
    """Return the metrics that a program prints, which gets the name of a file for shared metrics."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-c", program, str(Path(folder, "metrics"))]
        environment = {**os.environ, "PROMETHEUS_DISABLE_CREATED_SERIES": "True"}  # times that no panel needs
        return subprocess.run(command, capture_output=True, check=True, text=True, env=environment).stdout


def samples(program: str) -> set[str]:
    """Return the names of the samples that a program prints."""
    return set(re.findall(r"^(qynauth_pqc\w*)", exported(program), re.MULTILINE))


def check_metrics(program: str) -> None:
    """Check the names, units and help texts that a program prints against the conventions."""
    command = ["promtool", "check", "metrics"]
    result = subprocess.run(command, input=exported(program), text=True, capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


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
