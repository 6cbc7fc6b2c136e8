"""The counter of tokens for OpenTelemetry, in the extra `[otel]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qynauth_pqc
from qynauth_pqc.auth._series import ALARMS, ISSUED, VERIFIED
from qynauth_pqc.auth.events import count_alarms
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import extra

with extra("otel"):
    from opentelemetry.metrics import MeterProvider, get_meter_provider

if TYPE_CHECKING:
    from qynauth_pqc.auth.events import TokenEvent

__all__ = ["TokenCounter"]


class TokenCounter:
    """An observer that counts the tokens that a `TokenIssuer` issues and a `TokenVerifier` verifies.

    The instruments:

    - `qynauth_pqc.tokens.verified`: counter by `mode`, `algorithm` and `verdict`;
    - `qynauth_pqc.tokens.issued`: counter by `mode` and `algorithm`;
    - `qynauth_pqc.tokens.alarms`: counter by `alarm`.

    Classical and hybrid algorithms are reported from the start, with the verdicts "accepted" and "past_deadline".

    Args:
        meter_provider: the provider; None for the global one, which must be set before: earlier counts are lost.

    >>> from opentelemetry.sdk.metrics import MeterProvider
    >>> from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    >>> reader = InMemoryMetricReader()
    >>> count = TokenCounter(MeterProvider([reader]))  # TokenVerifier(..., observe=count)
    >>> metrics = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    >>> metrics[0].name, metrics[0].unit
    ('qynauth_pqc.tokens.issued', '{token}')
    """

    __slots__ = ("__weakref__", "_alarms", "_issued", "_verified")

    def __init__(self, meter_provider: MeterProvider | None = None) -> None:
        """Make the instruments."""
        provider = get_meter_provider() if meter_provider is None else meter_provider
        expect(provider, MeterProvider, "meter_provider")
        counter = provider.get_meter("qynauth_pqc", qynauth_pqc.__version__).create_counter
        self._issued = counter("qynauth_pqc.tokens.issued", "{token}", "Tokens that were issued.")
        self._verified = counter("qynauth_pqc.tokens.verified", "{token}", "Tokens that were verified, by the verdict.")
        self._alarms = counter("qynauth_pqc.tokens.alarms", "{alarm}", "Alarms of the kit.")
        for mode, algorithm in ISSUED:
            self._issued.add(0, {"mode": mode, "algorithm": algorithm})
        for mode, algorithm, verdict in VERIFIED:
            self._verified.add(0, {"mode": mode, "algorithm": algorithm, "verdict": verdict})
        for alarm in ALARMS:
            self._alarms.add(0, {"alarm": alarm.value})
        count_alarms(self)

    def __call__(self, event: TokenEvent) -> None:
        """Count a token, or an alarm."""
        if event.verdict in ALARMS:
            self._alarms.add(1, {"alarm": str(event.verdict)})
            return
        attributes = {"mode": event.mode, "algorithm": event.algorithm}
        if event.verdict == "issued":
            self._issued.add(1, attributes)
        else:
            self._verified.add(1, {**attributes, "verdict": event.verdict})
