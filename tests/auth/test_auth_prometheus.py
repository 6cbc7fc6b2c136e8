"""The counter of tokens for Prometheus has its names, labels, values and exemplars."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from auth_fixtures import (
    AUDIENCE,
    ISSUER,
    PHASED_OUT,
    Verifying,
    policy_text,
    public_jwk,
    published,
    row,
    signing_key,
)
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics import exposition, parser

from qynauth_pqc.auth.algorithms import Mode
from qynauth_pqc.auth.errors import TokenError, Verdict
from qynauth_pqc.auth.events import Alarm, TokenEvent
from qynauth_pqc.auth.prometheus import TokenCounter
from qynauth_pqc.auth.verifier import TokenVerifier

KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
LATE = TokenEvent(Mode.CLASSICAL, "EdDSA", Verdict.PAST_DEADLINE, KID)


@pytest.fixture
def tokens() -> CollectorRegistry:
    """Return a registry for a counter of tokens alone."""
    return CollectorRegistry()


def counts_of(registry: CollectorRegistry) -> dict[str, float]:
    """Return the counts of tokens by "mode:algorithm:verdict", or "mode:algorithm" of issued ones, and of alarms."""
    samples = [sample for family in registry.collect() for sample in family.samples if sample.name.endswith("_total")]
    order = ("mode", "algorithm", "verdict", "alarm")
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
    verdicts = [Verdict.ACCEPTED, Verdict.PAST_DEADLINE]
    expected = [*Alarm, *PHASED_OUT, *(f"{each}:{verdict}" for each in PHASED_OUT for verdict in verdicts)]
    assert counts_of(tokens) == dict.fromkeys(expected, 0)


def test_tokens_are_counted_by_mode_algorithm_and_verdict(tokens: CollectorRegistry) -> None:
    """Issued tokens are counted separately; a token with an unknown key has no algorithm."""
    count = TokenCounter(tokens)
    before = counts_of(tokens)
    unknown = TokenEvent("unknown", "unknown", Verdict.MALFORMED, None)
    issued = TokenEvent(Mode.POST_QUANTUM, "ML-DSA-65", "issued", KID)
    alarm = issued._replace(verdict=Alarm.RING_AWAY)
    for event in (LATE, LATE, issued, alarm, unknown, LATE._replace(verdict=Verdict.ACCEPTED)):
        count(event)
    assert {name: value for name, value in counts_of(tokens).items() if value != before.get(name)} == {
        "classical:EdDSA:past_deadline": 2,
        "classical:EdDSA:accepted": 1,
        "post-quantum:ML-DSA-65": 1,
        "ring_away": 1,
        "unknown:unknown:malformed": 1,
    }


def test_observer_that_fails_decides_nothing(tokens: CollectorRegistry, caplog: pytest.LogCaptureFixture) -> None:
    """Its exceptions are counted, and logged less and less often; only what ends the program gets through."""
    count, failures = TokenCounter(tokens), [TokenError("no", Verdict.NOT_ALLOWED), KeyError(), OSError()]

    def fail(_event: TokenEvent) -> None:
        raise failures.pop() if failures else KeyboardInterrupt

    verifier = Verifying()
    verifier.verifier = TokenVerifier(verifier.verifier._source, ISSUER, AUDIENCE, verifier.keys, observe=fail)
    vars(verifier.verifier)["_clock"] = verifier.clock
    assert verifier.verifier.verify(verifier.token()).algorithm == "EdDSA"
    with pytest.raises(TokenError) as caught:
        verifier.verifier.verify("forged")
    assert caught.value.verdict is Verdict.MALFORMED
    assert verifier.verifier.verify(verifier.token()).algorithm == "EdDSA"
    assert counts_of(tokens)["observer_failed"] == 3
    with pytest.raises(KeyboardInterrupt):
        verifier.verifier.verify(verifier.token())
    assert all(each.startswith("an observer failed, ") for each in caplog.messages)
    assert count is not None


def test_alarms_about_sets_are_counted(tokens: CollectorRegistry) -> None:
    """They are counted once for each reason in a row, by each counter of the process that still exists."""
    count, verifying = TokenCounter(tokens), Verifying(policy_text(row("EdDSA")))
    own, other = published("EdDSA")["keys"], [public_jwk(signing_key("EdDSA", 1), "EdDSA")]
    for pause, keys in ((0, []), (299, own), (150, []), (10, []), (10, other)):
        verifying.jwks = {"keys": keys}
        verifying.clock.now += pause
        verifying.keys.fetch_if_due()
    counted = counts_of(tokens)
    assert (counted["set_refused"], counted["set_replaced"]) == (2, 1)
    assert count is not None


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
from qynauth_pqc.auth.prometheus import TokenCounter
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
