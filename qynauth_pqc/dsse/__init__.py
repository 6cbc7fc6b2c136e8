"""Signed envelopes (DSSE 1.0.2), and statements about artifacts in them: in-toto Statement v1, SLSA provenance v1.

`sign` and `verify` make and check an envelope with any number of signatures, of ML-DSA, SLH-DSA and composites;
classical signatures are checked too. A `Statement` is put into an envelope, and read from a verified one. For keys and
signers of the Python package securesystemslib, and so of TUF, see `qynauth_pqc.dsse.securesystemslib`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from qynauth_pqc.dsse._schemes import Scheme
    from qynauth_pqc.dsse.envelope import Envelope, Signature, VerifiedEnvelope, pae, sign, verify
    from qynauth_pqc.dsse.errors import DSSEVerificationError, Rule
    from qynauth_pqc.dsse.statements import IN_TOTO, SLSA_PROVENANCE, Statement, subject_of

__all__ = ["IN_TOTO", "SLSA_PROVENANCE", "DSSEVerificationError", "Envelope", "Rule"]
__all__ += ["Scheme", "Signature", "Statement", "VerifiedEnvelope", "pae", "sign", "subject_of", "verify"]

_MODULES = {
    "_schemes": ("Scheme",),
    "envelope": ("Envelope", "Signature", "VerifiedEnvelope", "pae", "sign", "verify"),
    "errors": ("DSSEVerificationError", "Rule"),
    "statements": ("IN_TOTO", "SLSA_PROVENANCE", "Statement", "subject_of"),
}

__dir__ = __all__.copy


def __getattr__(name: str) -> object:
    """Import a module at its first use: programs that verify envelopes need no statements."""
    for module, names in _MODULES.items():
        if name in names:
            from importlib import import_module  # only needed here

            return getattr(import_module(f"qynauth_pqc.dsse.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
