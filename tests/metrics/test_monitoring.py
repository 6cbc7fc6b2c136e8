"""The monitor's counts are exact, its states are kept apart, and its memory figures are about the process."""

from __future__ import annotations

import gc
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Sizes
from report_parts import counts, untimed

from qynauth_pqc import (
    FFIPerformanceMonitor,
    InvalidCiphertextError,
    InvalidKeyError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    MonitorError,
    PQCError,
)
from qynauth_pqc.native import ffi, lib


def test_calls_of_mlkem_are_counted_exactly(kem: Sizes) -> None:
    """They are counted by action and by algorithm; failed calls count too."""
    with FFIPerformanceMonitor() as monitor:
        private_key = MLKEMPrivateKey.generate(kem.name)
        public_key = MLKEMPublicKey.from_public_bytes(private_key.public_key.public_bytes())
        ciphertexts = [public_key.encapsulate()[0] for _ in range(5)]
        for ciphertext in ciphertexts[:3]:
            private_key.decapsulate(ciphertext)
        with pytest.raises(InvalidCiphertextError):
            private_key.decapsulate(b"short")
        with pytest.raises(InvalidKeyError):
            MLKEMPublicKey.from_public_bytes(b"\xff" * kem.public_key)
    report = monitor.get_performance_report()
    assert counts(report) == {
        "generate": (1, 0),
        "encapsulate": (5, 0),
        "decapsulate": (4, 1),
        "import": (2, 1),
    }
    assert report["decapsulate"]["by_algorithm"][kem.name]["errors_by_status"] == {"ciphertext_length": 1}
    assert report["import"]["errors_by_status"] == {"public_key_modulus": 1}


def test_calls_of_mldsa_are_counted_exactly(dsa: Sizes) -> None:
    """A bad signature counts as a separate error."""
    with FFIPerformanceMonitor() as monitor:
        private_key = MLDSAPrivateKey.generate(dsa.name)
        public_key = MLDSAPublicKey.from_public_bytes(private_key.public_key.public_bytes())
        signatures = [private_key.sign(b"message") for _ in range(3)]
        for signature in signatures:
            public_key.verify(b"message", signature)
            with pytest.raises(InvalidSignatureError):
                public_key.verify(b"another", signature)
    report = monitor.get_performance_report()
    assert counts(report) == {
        "generate": (1, 0),
        "sign": (3, 0),
        "verify": (6, 3),
        "import": (1, 0),
    }
    by_algorithm = report["verify"]["by_algorithm"]
    assert {name: each["errors_by_status"] for name, each in by_algorithm.items() if each["count"]} == {
        dsa.name: {"invalid_signature": 3}
    }
    assert by_algorithm[dsa.name]["timed"] == 3


def test_call_that_names_no_algorithm_is_counted_as_unknown() -> None:
    """A C program can do that."""
    with FFIPerformanceMonitor() as monitor:
        status = lib.mlkem_keypair_generate(1, 0, ffi.new("MlKemKeyPair **"))
    by_algorithm = monitor.get_performance_report()["generate"]["by_algorithm"]
    assert status == lib.PQC_STATUS_UNKNOWN_ALGORITHM
    assert by_algorithm["unknown"]["errors_by_status"] == {"unknown_algorithm": 1}
    assert "unknown" in str(monitor)


def test_calls_of_all_threads_are_counted() -> None:
    """None is lost and none is counted twice."""
    private_key = MLKEMPrivateKey.generate()
    public_key = private_key.public_key

    def work(_number: int) -> None:
        for _ in range(200):
            private_key.decapsulate(public_key.encapsulate()[0])

    with FFIPerformanceMonitor() as monitor, ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    report = monitor.get_performance_report()
    assert counts(report) == {"encapsulate": (1600, 0), "decapsulate": (1600, 0)}
    assert sum(count for _, count in report["decapsulate"]["histogram_ns"]) == 1600


def test_report_grows_while_running_and_is_frozen_after_stop() -> None:
    """Memory and time are frozen too: a frozen report equals itself."""
    monitor = FFIPerformanceMonitor()
    monitor.start_monitoring()
    MLKEMPrivateKey.generate()
    assert counts(monitor.get_performance_report()) == {"generate": (1, 0)}
    MLKEMPrivateKey.generate()
    monitor.stop_monitoring()
    frozen = monitor.get_performance_report()
    MLKEMPrivateKey.generate()
    monitor.stop_monitoring()
    assert counts(frozen) == {"generate": (2, 0)}
    assert monitor.get_performance_report() == frozen


def test_two_monitors_do_not_disturb_each_other() -> None:
    """Each has its own interval, and a new start begins at zero."""
    with FFIPerformanceMonitor() as outer:
        MLKEMPrivateKey.generate()
        with FFIPerformanceMonitor() as inner:
            MLDSAPrivateKey.generate()
        MLKEMPrivateKey.generate()
    assert counts(inner.get_performance_report()) == {"generate": (1, 0)}
    assert counts(outer.get_performance_report()) == {"generate": (3, 0)}
    inner.start_monitoring()
    assert counts(inner.get_performance_report()) == {}


def test_monitor_that_was_not_started_says_so() -> None:
    """Its error is a RuntimeError too; printing the monitor raises none."""
    monitor = FFIPerformanceMonitor()
    for method in (monitor.get_performance_report, monitor.to_json, monitor.stop_monitoring):
        with pytest.raises(MonitorError, match="was not started; call start_monitoring") as caught:
            method()
        assert isinstance(caught.value, PQCError)
        assert isinstance(caught.value, RuntimeError)
    assert (str(monitor), repr(monitor)) == ("not started", "<FFIPerformanceMonitor: not started>")


def test_monitor_that_runs_cannot_be_started() -> None:
    """Its interval would be lost. After an error in a with statement it is stopped."""
    monitor = FFIPerformanceMonitor()
    with pytest.raises(MonitorError, match="is running"), monitor:
        monitor.start_monitoring()
    assert repr(monitor) == "<FFIPerformanceMonitor: stopped>"


def test_memory_figures_are_about_this_process() -> None:
    """Memory that Python takes shows up as growth, and a key as a handle."""
    gc.collect()
    with FFIPerformanceMonitor() as monitor:
        before = monitor.get_performance_report()["memory"]
        held = bytes(64 << 20).replace(b"\0", b"\1")
        key = MLKEMPrivateKey.generate()
        during = monitor.get_performance_report()["memory"]
        key.close()
        del key
        after = monitor.get_performance_report()["memory"]
    assert during["rss_growth_bytes"] - before["rss_growth_bytes"] > len(held) // 2
    at_start = [memory["rss_bytes"] - memory["rss_growth_bytes"] for memory in (before, during, after)]
    assert 0 < at_start[0] == at_start[1] == at_start[2]
    assert (during["rss_peak_bytes"] or 0) >= during["rss_bytes"]
    assert (during["live_handles"], after["live_handles"]) == (before["live_handles"] + 1, before["live_handles"])


def test_wiped_bytes_come_from_keys_and_readings() -> None:
    """Each reading wipes the same number of bytes; the rest is the key's."""
    gc.collect()
    key = MLKEMPrivateKey.generate("ML-KEM-768")
    with FFIPerformanceMonitor() as monitor:
        wiped = [monitor.get_performance_report()["memory"]["bytes_wiped"] for _ in range(2)]
        key.close()
        del key
        wiped.append(monitor.get_performance_report()["memory"]["bytes_wiped"])
    assert (wiped[2] - wiped[1]) - (wiped[1] - wiped[0]) >= 2400


def test_implicit_rejection_looks_like_any_decapsulation(kem: Sizes) -> None:
    """The report does not distinguish a tampered ciphertext from a good one."""
    key = MLKEMPrivateKey.generate(kem.name)
    good, _ = key.public_key.encapsulate()
    reports = []
    for ciphertext in (good, bytes([good[0] ^ 1]) + good[1:]):
        with FFIPerformanceMonitor() as monitor:
            key.decapsulate(ciphertext)
        reports.append(monitor.get_performance_report())
    assert untimed(reports[0]) == untimed(reports[1])
    assert counts(reports[1]) == {"decapsulate": (1, 0)}


def test_forked_process_has_its_own_counts() -> None:
    """Inherited counts stay, and later counts of both are separate."""
    code = (
        "import os; from qynauth_pqc import *; monitor = FFIPerformanceMonitor(); monitor.start_monitoring()\n"
        "MLKEMPrivateKey.generate()\n"
        "child = os.fork() == 0\n"
        "if child: MLKEMPrivateKey.generate()\n"
        "else: os.wait()\n"
        "report = monitor.get_performance_report()\n"
        "print(report['generate']['count'], report['process_id'] == os.getpid(), flush=True)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "2 True\n1 True\n"


def test_metrics_that_are_shared_too_late_are_an_error(tmp_path: Path) -> None:
    """No report has negative counts; a monitor that is started then works."""
    code = (
        "from qynauth_pqc import *; from qynauth_pqc.metrics.shared import share_metrics\n"
        "monitor = FFIPerformanceMonitor(); MLKEMPrivateKey.generate(); monitor.start_monitoring()\n"
        "share_metrics('metrics')\n"
        "try: monitor.get_performance_report()\n"
        "except MonitorError as error: print(error)\n"
        "monitor.stop_monitoring(); monitor.start_monitoring(); MLKEMPrivateKey.generate()\n"
        "print(monitor.get_performance_report()['generate']['count'])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout == "metrics were shared after the monitor was started; start the monitor again\n1\n"


def test_psutil_is_imported_on_first_use() -> None:
    """Neither the package nor the monitor's module imports it."""
    code = (
        "import sys, qynauth_pqc; a = 'qynauth_pqc.ffi_performance_monitor' in sys.modules\n"
        "monitor = qynauth_pqc.FFIPerformanceMonitor(); b = 'psutil' in sys.modules\n"
        "monitor.start_monitoring(); print(a, b, 'psutil' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False False True\n"
