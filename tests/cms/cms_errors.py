"""The arguments of exceptions of CMS with more than a text."""

from __future__ import annotations

from qynauth_pqc.cms import Rule

ARGUMENTS = {"CMSVerificationError": ("text", Rule.SIGNATURE, 1)}
