"""The metrics for Prometheus have their names, labels and values, from one process and from several."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import COMPOSITE, HYBRID, IS_PYPY, MLDSA, MLKEM, SLHDSA, XWING, settle
from prefork_client import Values, key, running, values_of
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
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
from qynauth_pqc.auth.algorithms import ALGORITHMS, Mode
from qynauth_pqc.auth.errors import Verdict
from qynauth_pqc.auth.events import TokenEvent
from qynauth_pqc.integrations.prometheus import PQCCollector, TokenCounter
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


KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
LATE = TokenEvent(Mode.CLASSICAL, "EdDSA", Verdict.PAST_DEADLINE, KID)


@pytest.fixture
def tokens() -> CollectorRegistry:
    """Return a registry for a counter of tokens alone."""
    return CollectorRegistry()


def counts_of(registry: CollectorRegistry) -> dict[str, float]:
    """Return the counts of tokens by "mode:algorithm:verdict", or "mode:algorithm" of issued ones."""
    samples = [sample for family in registry.collect() for sample in family.samples if sample.name.endswith("_total")]
    order = ("mode", "algorithm", "verdict")
    return {":".join(each.labels[label] for label in order if label in each.labels): each.value for each in samples}


def exemplars(registry: CollectorRegistry) -> dict[str, dict[str, str]]:
    """Return the exemplars by "algorithm:verdict", through the OpenMetrics format."""
    text = exposition.generate_latest(registry).decode()  # type: ignore[no-untyped-call]
    families = list(parser.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]
    samples = [sample for family in families for sample in family.samples if sample.exemplar]
    return {f"{each.labels['algorithm']}:{each.labels.get('verdict')}": each.exemplar.labels for each in samples}


def test_series_of_classical_and_hybrid_tokens_are_there_before_the_first_one(tokens: CollectorRegistry) -> None:
    """They have the names of the kit, so that an increase sees the first."""
    TokenCounter(tokens)
    ending = [f"{each.mode}:{each.name}" for each in ALGORITHMS.values() if each.mode is not Mode.POST_QUANTUM]
    verdicts = [Verdict.ACCEPTED, Verdict.PAST_DEADLINE]
    assert counts_of(tokens) == dict.fromkeys([*ending, *(f"{a}:{b}" for a in ending for b in verdicts)], 0)


def test_tokens_are_counted_by_mode_algorithm_and_verdict(tokens: CollectorRegistry) -> None:
    """Issued tokens are counted separately; a token with an unknown key has no algorithm."""
    count = TokenCounter(tokens)
    before = counts_of(tokens)
    unknown = TokenEvent("unknown", "unknown", Verdict.MALFORMED, None)
    issued = TokenEvent(Mode.POST_QUANTUM, "ML-DSA-65", "issued", KID)
    for event in (LATE, LATE, issued, unknown, LATE._replace(verdict=Verdict.ACCEPTED)):
        count(event)
    assert {name: value for name, value in counts_of(tokens).items() if value != before.get(name)} == {
        "classical:EdDSA:past_deadline": 2,
        "classical:EdDSA:accepted": 1,
        "post-quantum:ML-DSA-65": 1,
        "unknown:unknown:malformed": 1,
    }


def test_kid_of_the_last_token_is_the_exemplar_and_no_label(tokens: CollectorRegistry) -> None:
    """OpenMetrics has one in each series; tokens without a known key have none."""
    count = TokenCounter(tokens)
    for number in range(1000):
        count(LATE._replace(kid=f"key-{number}"))
    count(TokenEvent("unknown", "unknown", Verdict.UNKNOWN_KEY, None))
    count(TokenEvent(Mode.HYBRID, "ML-DSA-44-ES256", "issued", KID))
    assert exemplars(tokens) == {"EdDSA:past_deadline": {"kid": "key-999"}, "ML-DSA-44-ES256:None": {"kid": KID}}
    assert "key-999" not in generate_latest(tokens).decode()


@pytest.mark.parametrize(
    ("kid", "shown"),
    [
        pytest.param(KID, True, id="thumbprint"),
        pytest.param("https://login.example/keys:a+b=~.", True, id="URL"),
        pytest.param("k" * 125, True, id="longest"),
        pytest.param("", False, id="empty"),
        pytest.param('a"b', False, id="quotation mark"),
        pytest.param("a}b", False, id="brace"),
        pytest.param("\u212a", False, id="no ASCII"),
        pytest.param("k" * 126, False, id="too long"),
        pytest.param("\ud800", False, id="surrogate"),
        pytest.param("a\nb", False, id="line break"),
        pytest.param("a\0b", False, id="NUL"),
    ],
)
def test_kid_of_any_text_is_counted_and_scraped(kid: str, shown: bool, tokens: CollectorRegistry) -> None:  # noqa: FBT001 - a parameter of pytest
    """A key set of others may hold any kid."""
    TokenCounter(tokens)(LATE._replace(kid=kid))
    assert counts_of(tokens)["classical:EdDSA:past_deadline"] == 1
    assert exemplars(tokens) == ({"EdDSA:past_deadline": {"kid": kid}} if shown else {})


def test_second_counter_in_a_registry_is_an_error(tokens: CollectorRegistry) -> None:
    """prometheus_client raises it and keeps the first counter."""
    TokenCounter(tokens)(LATE)
    with pytest.raises(ValueError, match="Duplicated timeseries"):
        TokenCounter(tokens)
    assert counts_of(tokens)["classical:EdDSA:past_deadline"] == 1


WORKER = """
from prometheus_client import CollectorRegistry
from qynauth_pqc.auth.events import TokenEvent
from qynauth_pqc.integrations.prometheus import TokenCounter
count = TokenCounter(CollectorRegistry())
for _ in range(int(input())):
    count(TokenEvent("classical", "ES256", "past_deadline", "kid"))
print("counted", flush=True)
input()
"""


def test_counts_of_two_processes_are_added_up(tmp_path: Path, tokens: CollectorRegistry) -> None:
    """prometheus_client adds them in its multiprocess mode, while both live and after they ended."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    command = [sys.executable, "-c", WORKER]
    MultiProcessCollector(tokens, str(tmp_path))  # type: ignore[no-untyped-call]
    workers = [
        subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for worker, number in zip(workers, (3, 4), strict=True):
        assert worker.stdin
        assert worker.stdout
        worker.stdin.write(f"{number}\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == "counted\n"
    alive = counts_of(tokens)
    for worker in workers:
        worker.communicate("\n")
    assert [worker.returncode for worker in workers] == [0, 0]
    assert alive == counts_of(tokens)
    assert {name: value for name, value in alive.items() if value} == {"classical:ES256:past_deadline": 7}
    assert alive["hybrid:ML-DSA-65-Ed25519:past_deadline"] == 0
