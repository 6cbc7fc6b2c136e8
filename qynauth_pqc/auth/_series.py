"""The series of tokens that the exporters start with zeros."""

from __future__ import annotations

from typing import Final

from qynauth_pqc.auth.algorithms import ALGORITHMS, Mode
from qynauth_pqc.auth.errors import Verdict
from qynauth_pqc.auth.events import Alarm

ISSUED: Final = [(each.mode, each.name) for each in ALGORITHMS.values() if each.mode is not Mode.POST_QUANTUM]
"""Mode and algorithm of the classical and hybrid tokens, which a migration phases out.

A series that begins at 1 has no rate and no increase, so one classical token a day would never be seen.
"""

VERIFIED: Final = [(*labels, verdict) for labels in ISSUED for verdict in (Verdict.ACCEPTED, Verdict.PAST_DEADLINE)]
"""The same with the verdicts that show whether such tokens still arrive."""

ALARMS: Final = frozenset(Alarm)
"""The verdicts of events that are alarms, with a series of their own from the start."""
