"""The next step of the migration, which the page shows for each audience."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from qynauth_pqc.auth.algorithms import Mode
from qynauth_pqc.auth.keyring import KeyState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from qynauth_pqc.auth.keyring import KeyRing
    from qynauth_pqc.auth.policy import PolicyRow


class Step(NamedTuple):
    """The next step of an audience.

    Attributes:
        step: "rotate" or "activate" by the operator; "sign" or "deadline" by the calendar; or "plan", if a classical
            algorithm has no deadline.
        algorithm: its algorithm.
        when: the earliest time, if it is known.
    """

    step: str
    algorithm: str
    when: datetime | None = None

    def shown(self) -> dict[str, object]:
        """Return its form in JSON."""
        return {**self._asdict(), "when": self.when and int(self.when.timestamp())}


def next_step(rows: Sequence[PolicyRow], ring: KeyRing, now: datetime) -> Step | None:
    """Return the next step of an audience, or None if nothing classical is left.

    Args:
        rows: the rows of the audience.
        ring: the keys of the issuer.
        now: the time.
    """
    signer = max((row for row in rows if row.may_sign(now)), key=lambda row: row.sign_from or now, default=None)
    if signer and (step := _missing_key(signer, ring)):
        return step
    return min(_dated(rows, ring, now), key=lambda pair: pair[0], default=(now, _plan(rows, now)))[1]


def _dated(rows: Sequence[PolicyRow], ring: KeyRing, now: datetime) -> Iterator[tuple[datetime, Step]]:
    """Yield the steps that have a date, with the date by which each must be done."""
    for row in rows:
        if row.sign_from and row.sign_from > now:
            yield row.sign_from, _missing_key(row, ring) or Step("sign", row.algorithm.name, row.sign_from)
    for row in rows:
        if row.until and not row.is_past(now):
            yield row.until, Step("deadline", row.algorithm.name, row.until)


def _missing_key(row: PolicyRow, ring: KeyRing) -> Step | None:
    """Return the step that is needed before the ring can sign for a row, or None if it can."""
    states = {key.state: key.kid for key in ring.keys if key.algorithm == row.algorithm.name}
    if KeyState.ACTIVE in states:
        return None
    if KeyState.NEXT in states:
        return Step("activate", row.algorithm.name, ring.earliest(states[KeyState.NEXT]))
    return Step("rotate", row.algorithm.name)


def _plan(rows: Sequence[PolicyRow], now: datetime) -> Step | None:
    classical = (row.algorithm for row in rows if row.algorithm.mode is Mode.CLASSICAL and not row.is_past(now))
    return next((Step("plan", algorithm.name) for algorithm in classical), None)
