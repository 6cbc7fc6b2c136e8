"""Part 3: the counts are exact, also with many threads at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.signature import SignaturePrivateKey
from qynauth_pqc.errors import InvalidCiphertextError, InvalidSignatureError
from qynauth_pqc.ffi_performance_monitor import FFIPerformanceMonitor
from qynauth_pqc.metrics._reports import each_figures
from qynauth_pqc.mlkem import KEMPrivateKey
from qynauth_pqc.optimizations import optimizations
from qynauth_pqc.validation.result import Checks, Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from qynauth_pqc.metrics._reports import Report

    Tally: TypeAlias = Counter[tuple[str, str, str]]

TITLE = "Performance Monitoring Module"
_THREADS, _ROUNDS = 8, 20


def work(done: Tally) -> None:
    """Do every operation of every algorithm except slow signing, with success and with errors, and record each call."""
    for kem_class, kem in loadable(KEMPrivateKey):
        private_key = kem_class.generate(kem)
        ciphertext, _ = private_key.public_key.encapsulate()
        private_key.decapsulate(ciphertext)
        private_key.decapsulate(bytes(32) + ciphertext[32:])  # implicit rejection, which counts as a success
        try:
            private_key.decapsulate(b"")
        except InvalidCiphertextError:
            done["decapsulate", kem, "ciphertext_length"] += 1
        for action in ("generate", "encapsulate", "decapsulate", "decapsulate"):
            done[action, kem, "ok"] += 1
    _sign(done, are_slow=False)


def _sign(done: Tally, *, are_slow: bool) -> None:
    """Sign and verify with the slow sets, or with the others: the batches of slow sets begin with few items."""
    for dsa_class, dsa in loadable(SignaturePrivateKey):
        if (dsa.first_items < _ROUNDS) is not are_slow:
            continue
        signer = dsa_class.generate(dsa)
        signature = signer.sign(b"message")
        signer.public_key.verify(b"message", signature)
        try:
            signer.public_key.verify(b"another", signature)
        except InvalidSignatureError:
            done["verify", dsa, "invalid_signature"] += 1
        for action in ("generate", "sign", "verify"):
            done[action, dsa, "ok"] += 1


def monitoring(work: Callable[[Tally], object] = work) -> Result:
    """Compare the calls of eight threads with the report of a monitor. This thread makes slow signatures once.

    Nothing else in the process may use the library, nor any process that shares its counts.
    """
    start = Barrier(_THREADS)

    def thread(_number: int) -> Tally:
        done: Tally = Counter()
        start.wait()
        for _ in range(_ROUNDS):
            work(done)
        return done

    monitor = FFIPerformanceMonitor()
    with monitor, ThreadPoolExecutor(_THREADS) as pool:
        done = sum(pool.map(thread, range(_THREADS)), Counter[tuple[str, str, str]]())
        _sign(done, are_slow=True)
    report, checks = monitor.get_performance_report(), Checks()
    counted = _counted(report)
    for key in sorted({*counted, *done}):
        found, expected = counted[key], done[key]
        checks.that(found == expected, f"{' '.join(key)}: counted {found}, done {expected}")
    for action, algorithm, figures in each_figures(report) if optimizations()["timing"] else ():
        timed, succeeded = figures["timed"], figures["count"] - figures["errors"]
        name = f"{action} {algorithm}".rstrip()
        checks.that(timed == succeeded, f"{name}: {timed} of {succeeded} calls are in the histogram")
    calls, errors = done.total(), sum(count for (*_, status), count in done.items() if status != "ok")
    summary = f"{calls} calls from {_THREADS} threads, {errors} of them errors, {len(counted)} counts compared"
    numbers = {"threads": _THREADS, "calls": calls, "errors": errors, "counted": counted.total()}
    return Result(TITLE, summary, tuple(checks.failures), numbers)


def _counted(report: Report) -> Tally:
    counted: Tally = Counter()
    for action, algorithm, figures in each_figures(report):
        if algorithm:
            counted[action, algorithm, "ok"] = figures["count"] - figures["errors"]
            for status, count in figures["errors_by_status"].items():
                counted[action, algorithm, status] = count
    return +counted
