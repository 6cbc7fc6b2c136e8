"""Sources of `qynauth-pqc metrics`: a service that shares its metrics, or a sample of work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.signature import SignaturePrivateKey
from qynauth_pqc.cli.demo import public_copy
from qynauth_pqc.cli.files import printable
from qynauth_pqc.errors import SharedMetricsError
from qynauth_pqc.ffi_performance_monitor import FFIPerformanceMonitor
from qynauth_pqc.metrics._reports import totals
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.metrics.shared import share_metrics
from qynauth_pqc.mlkem import KEMPrivateKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from qynauth_pqc._keys.parameter_sets import ParameterSet
    from qynauth_pqc.metrics._reports import Report, Totals

SAMPLES = 50
"""The number of times that a sample calls each operation of each algorithm, except for those that sign slowly."""


@dataclass(frozen=True, slots=True)
class Source:
    """The metrics to show, by a name."""

    name: str
    report: Callable[[], Report | Totals]
    go_on: Callable[[], None]


def shared_source(path: str) -> Source:
    """Return the source of the processes that share their metrics in a file."""
    name, file = printable(path), Path(path)
    if not file.exists() or file.stat().st_size == 0:
        what = "the file is empty" if file.exists() else "there is no such file"
        raise SharedMetricsError(f"{name}: {what}; start a process that shares its metrics there")
    share_metrics(path, create=False)
    return Source(f"metrics shared in {name}", lambda: totals(snapshot()), lambda: None)


def sample_source() -> Source:
    """Return a source that has done a sample of work in this process."""
    monitor = FFIPerformanceMonitor()
    monitor.start_monitoring()
    for _ in range(SAMPLES):
        _work()
    return Source(f"a sample of {SAMPLES} rounds in this process", monitor.get_performance_report, _work)


def in_sample(chosen: ParameterSet) -> bool:
    """Return whether a set is quick enough for a sample."""
    return chosen.first_items >= SAMPLES


def _work() -> None:
    """Call each operation of each algorithm of a sample once."""
    for kem_class, kem in loadable(KEMPrivateKey):
        with kem_class.generate(kem) as private_key:
            ciphertext, sent = public_copy(private_key).encapsulate()
            with sent, private_key.decapsulate(ciphertext):
                pass
    for dsa_class, dsa in loadable(SignaturePrivateKey):
        if in_sample(dsa):
            with dsa_class.generate(dsa) as signer:
                public_copy(signer).verify(b"sample", signer.sign(b"sample"))
