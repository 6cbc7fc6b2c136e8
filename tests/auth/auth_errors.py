"""The arguments of exceptions of the migration kit with more than a text."""

from __future__ import annotations

from datetime import UTC, datetime

from qynauth_pqc.auth import Verdict

ARGUMENTS = {
    "RotationError": ("text", datetime(2026, 7, 1, tzinfo=UTC)),
    "TokenError": ("text", Verdict.EXPIRED),
    "_MissingTokenError": ("text", Verdict.MALFORMED),
}
