"""The metrics for Prometheus have their names, labels and values, from one process and from several."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import COMPOSITE, HYBRID, IS_PYPY, MLDSA, MLKEM, SLHDSA, XWING, settle
from prefork_client import Values, key, running, values_of
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics import exposition, parser

import qynauth_pqc
from qynauth_pqc import (
    InvalidKeyError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    enable_optimizations,
    optimizations,
)
from qynauth_pqc.integrations.prometheus import PQCCollector
from qynauth_pqc.metrics._snapshot import ACTIONS, BOUNDS_NS, STATUSES, snapshot

NAMES = {
    "qynauth_pqc_operation_duration_seconds": "histogram",
    "qynauth_pqc_operations": "counter",
    "qynauth_pqc_live_handles": "gauge",
    "qynauth_pqc_live_buffers": "gauge",
    "qynauth_pqc_wiped_bytes": "counter",
    "qynauth_pqc_self_tests": "counter",
    "qynauth_pqc_self_test_seconds": "counter",
    "qynauth_pqc": "info",
}


@pytest.fixture
def registry() -> CollectorRegistry:
    """Return a registry with our collector."""
    registry = CollectorRegistry()
    registry.register(PQCCollector())
    return registry


def scrape(registry: CollectorRegistry) -> Values:
    """Return all values by name and labels, through the text format."""
    return values_of(generate_latest(registry).decode())


def changes(registry: CollectorRegistry, before: Values) -> dict[str, int]:
    """Return how much each count of operations has grown since a scrape."""
    grown = {
        ":".join(dict(labels)[label] for label in ("action", "algorithm", "status")): int(
            value - before.get((name, labels), 0)
        )
        for (name, labels), value in scrape(registry).items()
        if name == "qynauth_pqc_operations_total"
    }
    return {name: count for name, count in grown.items() if count}


def test_metrics_have_their_names_and_types(registry: CollectorRegistry) -> None:
    """Dashboards and alerts use these metrics; the collector describes all that it collects."""
    assert {metric.name: metric.type for metric in registry.collect()} == NAMES
    assert {metric.name for metric in PQCCollector().describe()} == set(NAMES)
    with pytest.raises(ValueError, match="Duplicated timeseries"):
        registry.register(PQCCollector())


def test_output_is_valid_openmetrics(registry: CollectorRegistry) -> None:
    """The strict parser reads it after at least one call of each kind."""
    MLKEMPrivateKey.generate("ML-KEM-512")
    text = exposition.generate_latest(registry).decode()  # type: ignore[no-untyped-call]
    families = list(parser.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]
    assert {family.name: family.type for family in families} == NAMES
    assert {family.name: family.unit for family in families if family.unit} == {
        "qynauth_pqc_operation_duration_seconds": "seconds",
        "qynauth_pqc_wiped_bytes": "bytes",
        "qynauth_pqc_self_test_seconds": "seconds",
    }


def test_calls_are_counted_by_action_algorithm_and_status(registry: CollectorRegistry) -> None:
    """The calls are successes, a bad signature, and a key of the wrong length."""
    before = scrape(registry)
    signer = MLDSAPrivateKey.generate("ML-DSA-44")
    for _ in range(3):
        signer.public_key.verify(b"message", signer.sign(b"message"))
    with pytest.raises(InvalidSignatureError):
        signer.public_key.verify(b"message", bytes(2420))
    with pytest.raises(InvalidKeyError):
        MLKEMPublicKey.from_public_bytes(bytes(5), "ML-KEM-1024")
    assert changes(registry, before) == {
        "generate:ML-DSA-44:ok": 1,
        "sign:ML-DSA-44:ok": 3,
        "verify:ML-DSA-44:ok": 3,
        "verify:ML-DSA-44:invalid_signature": 1,
        "import:ML-KEM-1024:public_key_length": 1,
    }


def test_implicit_rejection_looks_like_any_decapsulation(registry: CollectorRegistry) -> None:
    """The same one count, and no other series than before."""
    private_key = MLKEMPrivateKey.generate("ML-KEM-768")
    ciphertext, secret = private_key.public_key.encapsulate()
    private_key.decapsulate(ciphertext)
    before = scrape(registry)
    tampered = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    assert private_key.decapsulate(tampered) != secret
    assert changes(registry, before) == {"decapsulate:ML-KEM-768:ok": 1}
    assert scrape(registry).keys() == before.keys()


def test_histogram_has_at_most_15_exact_buckets(registry: CollectorRegistry) -> None:
    """Each bound is an edge of a bucket of the library, so that every count is exact."""
    signer = MLDSAPrivateKey.generate("ML-DSA-87")
    for _ in range(50):
        signer.sign(b"message")
    counts = snapshot().operations["sign", "ML-DSA-87"]
    labels = {"action": "sign", "algorithm": "ML-DSA-87"}
    name = "operation_duration_seconds"
    values = scrape(registry)
    buckets = {
        float(dict(found)["le"]): value
        for (each, found), value in values.items()
        if each == f"qynauth_pqc_{name}_bucket" and labels.items() <= dict(found).items()
    }
    bounds = {upper for _, upper in BOUNDS_NS}
    assert len(buckets) == 15
    assert {round(bound * 1e9) for bound in buckets if bound != float("inf")} <= bounds
    for bound, count in buckets.items():
        within = (number for (_, upper), number in zip(BOUNDS_NS, counts.buckets, strict=True) if upper <= bound * 1e9)
        assert count == sum(within)
    assert values[key(f"{name}_count", **labels)] == buckets[float("inf")] == counts.timed
    assert values[key(f"{name}_sum", **labels)] == pytest.approx(counts.total_ns / 1e9, rel=1e-9)


def test_calls_without_timing_are_counted_and_not_in_the_histogram(registry: CollectorRegistry) -> None:
    """The histogram is of calls that were timed."""
    labels = {"action": "generate", "algorithm": "ML-KEM-512"}
    MLKEMPrivateKey.generate("ML-KEM-512")
    before = scrape(registry)
    timing = optimizations()["timing"]
    enable_optimizations(timing=False)
    try:
        MLKEMPrivateKey.generate("ML-KEM-512")
    finally:
        enable_optimizations(timing=timing)
    assert changes(registry, before) == {"generate:ML-KEM-512:ok": 1}
    name = key("operation_duration_seconds_count", **labels)
    assert scrape(registry)[name] == before[name]


FRESH = """
from prometheus_client import CollectorRegistry, generate_latest
from qynauth_pqc.integrations.prometheus import PQCCollector
registry = CollectorRegistry()
registry.register(PQCCollector())
print(generate_latest(registry).decode())
"""


def test_usual_outcomes_are_there_before_the_first_call() -> None:
    """A rate sees the first call of a new process: a series that begins at 1 has no rate."""
    child = subprocess.run([sys.executable, "-c", FRESH], text=True, capture_output=True, check=True)
    values = values_of(child.stdout)
    counts = {labels: value for (name, labels), value in values.items() if name == "qynauth_pqc_operations_total"}
    kems, signers = [*MLKEM, XWING, *HYBRID], [*MLDSA, *COMPOSITE, *SLHDSA]
    having = {"encapsulate": kems, "decapsulate": kems, "sign": signers, "verify": signers}
    pairs = [(action, each.name) for action in ACTIONS for each in having.get(action, [*kems, *signers])]
    expected = [(*pair, "ok") for pair in pairs]
    expected += [(*pair, "invalid_signature") for pair in pairs if pair[0] == "verify"]
    assert counts == {frozenset(zip(("action", "algorithm", "status"), each, strict=True)): 0 for each in expected}


def test_self_tests_and_their_time_in_seconds_are_exported(registry: CollectorRegistry) -> None:
    """They have run before the first use of a parameter set."""
    MLKEMPrivateKey.generate("ML-KEM-512")
    values, now = scrape(registry), snapshot()
    assert now.self_tests > 0
    assert values[key("self_tests_total")] == now.self_tests
    assert values[key("self_test_seconds_total")] == pytest.approx(now.self_test_ns / 1e9)


def test_live_objects_and_wiped_bytes_are_exported(registry: CollectorRegistry) -> None:
    """There is no process number, since this process shares its counts with no other."""
    settle()
    before = scrape(registry)
    with MLKEMPrivateKey.generate("ML-KEM-512") as private_key:
        seeds = [private_key.seed(), private_key.seed()]
        during = scrape(registry)
    del seeds
    if IS_PYPY:
        settle()
    after = scrape(registry)
    names = ("live_handles", "live_buffers", "wiped_bytes_total")
    assert [during[key(name)] - before[key(name)] for name in names[:2]] == [1, 2]
    assert [after[key(name)] - before[key(name)] for name in names[:2]] == [0, 0]
    assert after[key(names[2])] - during[key(names[2])] >= 2 * 64 + 1632


def test_info_names_the_version_and_the_code_path(registry: CollectorRegistry) -> None:
    """They are the same as in the package."""
    settings = optimizations()
    labels = {"version": qynauth_pqc.__version__, "code_path": settings["code_path"], "engine": settings["engine"]}
    assert scrape(registry)[key("info", **labels)] == 1


def test_labels_hold_known_names_only(registry: CollectorRegistry) -> None:
    """Nothing that comes from an input can become a label."""
    known = {
        "action": set(ACTIONS),
        "algorithm": {sizes.name for sizes in (*MLKEM, *MLDSA, XWING, *HYBRID, *COMPOSITE, *SLHDSA)} | {""},
        "status": set(STATUSES.values()),
    }
    for name, labels in scrape(registry):
        if re.match("qynauth_pqc_operation", name):
            assert {value for label, value in labels if label != "le" and value not in known[label]} == set()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_any_worker_answers_for_all(method: str, tmp_path: Path) -> None:
    """Three workers serve and one of them is killed; every scrape over HTTP returns the exact sums."""
    with running(method, 3, tmp_path) as server:
        served = {int(server.get("/work")) for _ in range(20)}
        assert served <= set(server.workers)
        server.kill(server.workers[0])
        scrapes = [values_of(server.get("/metrics")) for _ in range(10)]
    expected = {
        ("generate", "ML-KEM-768", "ok"): 3,
        ("generate", "ML-DSA-44", "ok"): 3,
        ("sign", "ML-DSA-44", "ok"): 3,
        ("verify", "ML-DSA-44", "invalid_signature"): 20,
        ("encapsulate", "ML-KEM-768", "ok"): 20,
        ("decapsulate", "ML-KEM-768", "ok"): 20,
    }
    assert [counted(values) for values in scrapes] == [expected] * 10
    for values in scrapes:
        [(_, labels)] = [each for each in values if each[0] == "qynauth_pqc_live_handles"]
        [(label, number)] = labels
        assert label == "pid"
        assert int(number) in server.workers[1:]


def counted(values: Values) -> dict[tuple[str, str, str], int]:
    """Return the counts of operations that are not 0."""
    labels = [(dict(found), value) for (name, found), value in values.items() if name == "qynauth_pqc_operations_total"]
    return {(each["action"], each["algorithm"], each["status"]): int(value) for each, value in labels if value}
