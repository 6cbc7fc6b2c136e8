"""The counter of tokens for Prometheus, in the extra `[prometheus]`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qynauth_pqc.auth._series import ALARMS, ISSUED, VERIFIED
from qynauth_pqc.auth.events import count_alarms
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import extra

with extra("prometheus"):
    from prometheus_client import REGISTRY, CollectorRegistry, Counter

if TYPE_CHECKING:
    from qynauth_pqc.auth.events import TokenEvent

__all__ = ["TokenCounter"]

# A kid that every reader of exemplars accepts; OpenMetrics allows 128 characters, and "kid" takes 3 of them.
_PLAIN_KID = re.compile(r"[\w:./+=~-]{1,125}", re.ASCII)


class TokenCounter:
    """An observer that counts the tokens that a `TokenIssuer` issues and a `TokenVerifier` verifies.

    The metrics:

    - `qynauth_pqc_tokens_verified_total`: by `mode`, `algorithm` and `verdict`;
    - `qynauth_pqc_tokens_issued_total`: by `mode` and `algorithm`;
    - `qynauth_pqc_tokens_alarms_total`: by `alarm`.

    Classical and hybrid algorithms have series from the start, with the verdicts "accepted" and "past_deadline", so
    that a rate sees the first of their tokens. In the OpenMetrics format each series has the kid of its last token as
    exemplar, if it is at most 125 letters, digits and `_:./+=~-` of ASCII.

    These are counters of prometheus_client, which its multiprocess mode adds up over processes, without exemplars.

    Args:
        registry: the registry of the counters, once a process.

    Raises:
        ValueError: the registry has these counters.

    >>> from prometheus_client import CollectorRegistry
    >>> registry = CollectorRegistry()  # most programs use prometheus_client.REGISTRY
    >>> count = TokenCounter(registry)  # TokenVerifier(..., observe=count)
    >>> labels = {"mode": "classical", "algorithm": "EdDSA", "verdict": "past_deadline"}
    >>> registry.get_sample_value("qynauth_pqc_tokens_verified_total", labels)
    0.0
    """

    __slots__ = ("__weakref__", "_alarms", "_issued", "_verified")

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Register the counters."""
        expect(registry, CollectorRegistry, "registry")
        labels = ["mode", "algorithm"]
        self._issued = Counter("qynauth_pqc_tokens_issued", "Tokens that were issued.", labels, registry=registry)
        self._verified = Counter(
            "qynauth_pqc_tokens_verified",
            "Tokens that were verified, by the verdict.",
            [*labels, "verdict"],
            registry=registry,
        )
        self._alarms = Counter("qynauth_pqc_tokens_alarms", "Alarms of the kit.", ["alarm"], registry=registry)
        for alarm in ALARMS:
            self._alarms.labels(alarm)
        for pair in ISSUED:
            self._issued.labels(*pair)
        for triple in VERIFIED:
            self._verified.labels(*triple)
        count_alarms(self)

    def __call__(self, event: TokenEvent) -> None:
        """Count a token, or an alarm."""
        if event.verdict in ALARMS:
            self._alarms.labels(event.verdict).inc()
            return
        labels = (event.mode, event.algorithm)
        issued = event.verdict == "issued"
        series = self._issued.labels(*labels) if issued else self._verified.labels(*labels, event.verdict)
        series.inc(exemplar=_exemplar(event.kid))


def _exemplar(kid: str | None) -> dict[str, str] | None:
    """Return the kid as exemplar, or None if it is unknown or unusual: a key set may hold any text."""
    return {"kid": kid} if kid and _PLAIN_KID.fullmatch(kid) else None
