"""The SDK of OpenTelemetry collects the counts of tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from auth_fixtures import PHASED_OUT
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Sum
from otel_reader import Reader, documented, grown

from qynauth_pqc.auth.algorithms import Mode
from qynauth_pqc.auth.errors import Verdict
from qynauth_pqc.auth.events import Alarm, TokenEvent
from qynauth_pqc.auth.opentelemetry import TokenCounter

TOKENS = {
    "qynauth_pqc.tokens.alarms": "{alarm}",
    "qynauth_pqc.tokens.issued": "{token}",
    "qynauth_pqc.tokens.verified": "{token}",
}


@pytest.fixture
def tokens() -> Iterator[tuple[Reader, TokenCounter]]:
    """Yield a counter of tokens, and a reader of its counts."""
    memory = InMemoryMetricReader()
    provider = MeterProvider([memory], shutdown_on_exit=False)
    yield Reader(memory), TokenCounter(provider)
    provider.shutdown()


def test_tokens_have_counters_that_begin_with_zeros(tokens: tuple[Reader, TokenCounter]) -> None:
    """Each algorithm that a migration phases out has one."""
    metrics = tokens[0].metrics()
    assert {name: unit for name, (unit, _) in metrics.items()} == TOKENS
    assert all(isinstance(data, Sum) and data.is_monotonic for _, data in metrics.values())
    assert tokens[0].values() == {
        "qynauth_pqc.tokens.alarms": dict.fromkeys(Alarm, 0),
        "qynauth_pqc.tokens.issued": dict.fromkeys(PHASED_OUT, 0),
        "qynauth_pqc.tokens.verified": dict.fromkeys(
            [f"{each}:{verdict}" for each in PHASED_OUT for verdict in ("accepted", "past_deadline")], 0
        ),
    }


def test_documentation_names_the_counters() -> None:
    """It states the unit too."""
    assert {name: unit for name, unit in documented("counter").items() if ".tokens." in name} == TOKENS


def test_tokens_are_counted_by_mode_algorithm_and_verdict(tokens: tuple[Reader, TokenCounter]) -> None:
    """They are not counted by kid, so that keys do not multiply the series."""
    reader, count = tokens
    before = reader.values()
    late = TokenEvent(Mode.CLASSICAL, "EdDSA", Verdict.PAST_DEADLINE, "kid")
    issued = TokenEvent(Mode.POST_QUANTUM, "ML-DSA-65", "issued", "kid")
    for event in (late, late._replace(kid="another"), issued, TokenEvent("unknown", "unknown", "malformed", None)):
        count(event)
    count(TokenEvent(Mode.POST_QUANTUM, "ML-DSA-65", Alarm.OLD_ALGORITHM, None))
    after = reader.values()
    assert grown(after, before, "qynauth_pqc.tokens.alarms") == {"old_algorithm": 1}
    assert grown(after, before, "qynauth_pqc.tokens.issued") == {"post-quantum:ML-DSA-65": 1}
    assert grown(after, before, "qynauth_pqc.tokens.verified") == {
        "classical:EdDSA:past_deadline": 2,
        "unknown:unknown:malformed": 1,
    }
