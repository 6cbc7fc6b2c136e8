"""The SDK of OpenTelemetry collects the metrics."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import IS_PYPY, settle
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Sum
from otel_reader import Reader, Values, documented, grown

from qynauth_pqc import InvalidKeyError, InvalidSignatureError, MLDSAPrivateKey, MLKEMPrivateKey, MLKEMPublicKey
from qynauth_pqc.integrations.opentelemetry import _Recent, instrument
from qynauth_pqc.metrics._snapshot import percentiles as times_of
from qynauth_pqc.metrics._snapshot import snapshot

COUNTERS = {
    "qynauth_pqc.operations": "{operation}",
    "qynauth_pqc.operation.errors": "{operation}",
    "qynauth_pqc.operation.time": "s",
    "qynauth_pqc.wiped_bytes": "By",
    "qynauth_pqc.self_tests": "{test}",
    "qynauth_pqc.self_test.time": "s",
}
GAUGES = {
    "qynauth_pqc.operation.percentile": "s",
    "qynauth_pqc.live_handles": "{handle}",
    "qynauth_pqc.live_buffers": "{buffer}",
}


@pytest.fixture(params=[0.0])
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    """Yield a reader with percentiles since the previous collection, or over the window of the test."""
    memory = InMemoryMetricReader()
    provider = MeterProvider([memory], shutdown_on_exit=False)
    instrument(provider, window=request.param)
    yield Reader(memory)
    provider.shutdown()


def fail_twice() -> None:
    """Verify a bad signature with ML-DSA-44 after a good one, and load too short a public key of ML-KEM-512."""
    signer = MLDSAPrivateKey.generate("ML-DSA-44")
    signer.public_key.verify(b"message", signer.sign(b"message"))
    with pytest.raises(InvalidSignatureError):
        signer.public_key.verify(b"message", bytes(2420))
    with pytest.raises(InvalidKeyError):
        MLKEMPublicKey.from_public_bytes(bytes(5), "ML-KEM-512")


def test_instruments_have_names_units_and_kinds(reader: Reader) -> None:
    """Counters are monotonic sums."""
    fail_twice()
    metrics = reader.metrics()
    assert {name: unit for name, (unit, _) in metrics.items()} == COUNTERS | GAUGES
    sums = {name: data for name, (_, data) in metrics.items() if isinstance(data, Sum)}
    assert {name: data.is_monotonic for name, data in sums.items()} == dict.fromkeys(COUNTERS, True)


def test_documentation_names_every_instrument() -> None:
    """It states the kind and the unit too."""
    assert {name: unit for name, unit in documented("counter").items() if ".tokens." not in name} == COUNTERS
    assert documented("gauge") == GAUGES


def test_calls_and_errors_are_counted_by_action_algorithm_and_status(reader: Reader) -> None:
    """All calls are counted, and errors by their status."""
    before = reader.values()
    fail_twice()
    after = reader.values()
    assert grown(after, before, "qynauth_pqc.operations") == {
        "generate:ML-DSA-44": 1,
        "sign:ML-DSA-44": 1,
        "verify:ML-DSA-44": 2,
        "import:ML-KEM-512": 1,
    }
    assert grown(after, before, "qynauth_pqc.operation.errors") == {
        "verify:ML-DSA-44:invalid_signature": 1,
        "import:ML-KEM-512:public_key_length": 1,
    }


def test_seconds_match_the_library(reader: Reader) -> None:
    """The library counts nanoseconds, and the instruments seconds."""
    MLKEMPrivateKey.generate("ML-KEM-1024")
    expected = snapshot().operations["generate", "ML-KEM-1024"].total_ns / 1e9
    seconds = reader.values()["qynauth_pqc.operation.time"]["generate:ML-KEM-1024"]
    assert 0 < seconds == pytest.approx(expected, rel=1e-9)


def test_implicit_rejection_is_a_call_like_any_other(reader: Reader) -> None:
    """It counts as one more decapsulation and no error."""
    private_key = MLKEMPrivateKey.generate("ML-KEM-768")
    ciphertext, secret = private_key.public_key.encapsulate()
    before = reader.values()
    assert private_key.decapsulate(bytes([ciphertext[0] ^ 1]) + ciphertext[1:]) != secret
    after = reader.values()
    assert grown(after, before, "qynauth_pqc.operations") == {"decapsulate:ML-KEM-768": 1}
    assert grown(after, before, "qynauth_pqc.operation.errors") == {}


def percentiles(values: Values) -> dict[str, float]:
    """Return the percentiles of signing with ML-DSA-65."""
    found = values.get("qynauth_pqc.operation.percentile", {})
    return {name.removeprefix("sign:ML-DSA-65:"): value for name, value in found.items() if "sign:ML-DSA-65" in name}


def sign(times: int) -> tuple[int, ...]:
    """Sign with ML-DSA-65, and return the buckets of these calls."""
    signer = MLDSAPrivateKey.generate("ML-DSA-65")
    before = snapshot().operations["sign", "ML-DSA-65"]
    for _ in range(times):
        signer.sign(b"message")
    return (snapshot().operations["sign", "ML-DSA-65"] - before).buckets


def expected(buckets: tuple[int, ...]) -> dict[str, float]:
    """Return the percentiles in seconds by the name that the attribute has."""
    shares = {"50": 0.5, "90": 0.9, "99": 0.99, "99.9": 0.999}
    return {name: time / 1e9 for name, time in zip(shares, times_of(buckets, shares.values()), strict=True)}


def test_percentiles_are_of_the_calls_since_the_collection_before(reader: Reader) -> None:
    """The window is 0; without a call there is no percentile."""
    for times in (30, 1, 100):
        buckets = sign(times)
        assert percentiles(reader.values()) == expected(buckets)
        assert percentiles(reader.values()) == {}


@pytest.mark.parametrize("reader", [3600.0], indirect=True)
def test_percentiles_look_back_for_the_window(reader: Reader) -> None:
    """With a window of an hour, every collection covers the calls since the start."""
    first = sign(20)
    assert percentiles(reader.values()) == expected(first)
    both = tuple(a + b for a, b in zip(first, sign(50), strict=True))
    assert [percentiles(reader.values()) for _ in range(3)] == [expected(both)] * 3


def test_window_moves_on_and_keeps_few_snapshots() -> None:
    """With a collection each second, calls stay in the percentiles for the window and at most a tenth more."""
    moments = itertools.count()
    recent = _Recent(60, clock=lambda: next(moments))
    for _ in range(100):
        list(recent.percentiles(CallbackOptions()))
    sign(1)
    seen = [any(is_signing(each) for each in recent.percentiles(CallbackOptions())) for _ in range(100)]
    assert seen == sorted(seen, reverse=True)
    assert 60 <= sum(seen) <= 66
    assert len(recent._past) <= 12


def is_signing(observation: Observation) -> bool:
    """Return whether a percentile is of signing with ML-DSA-65."""
    attributes = observation.attributes or {}
    return (attributes["action"], attributes["algorithm"]) == ("sign", "ML-DSA-65")


def test_live_objects_and_wiped_bytes_follow_what_happens(reader: Reader) -> None:
    """A key and its seed come and go."""
    settle()
    before = reader.values()
    with MLKEMPrivateKey.generate("ML-KEM-512") as private_key:
        seed = private_key.seed()
        during = reader.values()
    del seed
    if IS_PYPY:
        settle()
    after = reader.values()
    for name in ("qynauth_pqc.live_handles", "qynauth_pqc.live_buffers"):
        assert grown(during, before, name) == {"": 1}
        assert grown(after, before, name) == {}
    assert grown(after, during, "qynauth_pqc.wiped_bytes")[""] >= 64 + 1632


def test_self_tests_and_their_time_in_seconds_are_reported(reader: Reader) -> None:
    """They have run before the first use of a parameter set."""
    MLKEMPrivateKey.generate("ML-KEM-512")
    values, now = reader.values(), snapshot()
    assert now.self_tests > 0
    assert values["qynauth_pqc.self_tests"] == {"": now.self_tests}
    assert values["qynauth_pqc.self_test.time"] == {"": pytest.approx(now.self_test_ns / 1e9)}


def test_readers_on_many_threads_get_whole_percentiles() -> None:
    """Concurrent collections disturb neither each other nor the counts."""
    memories = [InMemoryMetricReader() for _ in range(4)]
    provider = MeterProvider(memories, shutdown_on_exit=False)
    instrument(provider, window=3600)
    buckets = sign(20)
    results: list[dict[str, float]] = []

    def collect(memory: InMemoryMetricReader) -> None:
        results.extend(percentiles(Reader(memory).values()) for _ in range(20))

    threads = [threading.Thread(target=collect, args=(memory,)) for memory in memories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    provider.shutdown()
    assert results == [expected(buckets)] * 80


GLOBAL = """
from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from qynauth_pqc.integrations.opentelemetry import instrument
instrument()
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
[scope] = reader.get_metrics_data().resource_metrics[0].scope_metrics
print(*sorted(metric.name for metric in scope.metrics))
"""


def test_global_provider_is_the_default(tmp_path: Path) -> None:
    """It may be set later, as the SDK does. Before the first call there are no operations."""
    command = [sys.executable, "-c", GLOBAL]
    child = subprocess.run(command, text=True, capture_output=True, check=False, cwd=tmp_path)
    of_process = ["live_buffers", "live_handles", "self_test.time", "self_tests", "wiped_bytes"]
    assert (child.stdout.split(), child.stderr) == ([f"qynauth_pqc.{name}" for name in of_process], "")
