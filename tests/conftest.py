"""Fixtures of all tests: the algorithms with the sizes of the standards, and the folders of the project."""

from __future__ import annotations

import gc
import gzip
import json
import os
import signal
import sys
import sysconfig
from base64 import b64decode
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import pytest
import vectors_table

from qynauth_pqc import (
    BatchError,
    NotApprovedError,
    PQCLibraryV2,
    SeedUnavailableError,
    UnsupportedError,
    fips_status,
)
from qynauth_pqc._keys.options import CODE_PATHS
from qynauth_pqc._keys.parameter_sets import ROWS
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc.native import IS_ACCELERATED

ROOT = Path(__file__).resolve().parent.parent
VECTORS_VARIABLE = "QYNAUTH_PQC_VECTORS"
IS_PYPY = sys.implementation.name == "pypy"
SECRETS_ARE_BUFFERS = IS_ACCELERATED or IS_PYPY or sys.version_info >= (3, 12)

BINDINGS = {"cffi": {"QYNAUTH_PQC_BINDING": "cffi"}} | ({"C": {}} if IS_ACCELERATED else {})
"""The bindings of this Python, and the variable that chooses each."""


class _NoBuild:
    """Skip, with the reason, tests that need a package which nobody builds for PyPy."""

    packages = frozenset({"distributed", "matplotlib", "nacl", "numpy", "pyarrow"})

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Skip the module or test that imports a package which no other finder has found."""
        if name in self.packages:
            pytest.skip(f"{name} has no build for PyPy", allow_module_level=True)


if IS_PYPY:
    sys.meta_path.append(_NoBuild())


def only_on_cpython(reason: str) -> pytest.MarkDecorator:
    """Return the mark of a test that is about CPython alone."""
    return pytest.mark.skipif(IS_PYPY, reason=reason)


def only_in_c(reason: str) -> pytest.MarkDecorator:
    """Return the mark of a test that applies to the binding in C, and not to the one on cffi alone."""
    return pytest.mark.skipif(not IS_ACCELERATED, reason=reason)


only_where_secrets_are_buffers = pytest.mark.skipif(
    not SECRETS_ARE_BUFFERS, reason="before CPython 3.12, only types in C are buffers"
)


def only_with_a_gil(reason: str) -> pytest.MarkDecorator:
    """Return the mark of a test that a free-threaded CPython cannot run."""
    return pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason=reason)


def settle() -> None:
    """Collect the garbage: PyPy counts no references, and takes a round for each link."""
    for _ in range(4 if IS_PYPY else 1):
        gc.collect()


class Options(TypedDict):
    """Options of a key."""

    code_path: str


def _choices() -> dict[str, Options]:
    """Return each code path of this machine by its name. A build with a FIPS module has the best one alone."""
    found: dict[str, Options] = {}
    for path in (path for path in reversed(CODE_PATHS) if path != "best"):
        with suppress(UnsupportedError):
            PQCLibraryV2(optimizations=path)
            found[path] = {"code_path": path}
    return found or {"best": {"code_path": "best"}}


CHOICES = _choices()


@dataclass(frozen=True)
class Sizes:
    """A parameter set and its sizes in bytes, written down from the standards and not from the library."""

    name: Any  # a literal that the classes take, which a type checker cannot follow
    public_key: int
    private_key: int
    seed: int
    output: int


MLKEM = [
    Sizes("ML-KEM-512", 800, 1632, 64, 768),
    Sizes("ML-KEM-768", 1184, 2400, 64, 1088),
    Sizes("ML-KEM-1024", 1568, 3168, 64, 1568),
]
MLDSA = [
    Sizes("ML-DSA-44", 1312, 2560, 32, 2420),
    Sizes("ML-DSA-65", 1952, 4032, 32, 3309),
    Sizes("ML-DSA-87", 2592, 4896, 32, 4627),
]
XWING = Sizes("X-Wing", 1216, 32, 32, 1120)
HYBRID = [Sizes("MLKEM768-P256", 1249, 32, 32, 1153), Sizes("MLKEM1024-P384", 1665, 32, 32, 1665)]
COMPOSITE = [  # composites have no seed; this is the longest signature
    Sizes("MLDSA44-Ed25519-SHA512", 1344, 64, 0, 2484),
    Sizes("MLDSA44-ECDSA-P256-SHA256", 1377, 83, 0, 2492),
    Sizes("MLDSA65-ECDSA-P256-SHA512", 2017, 83, 0, 3381),
    Sizes("MLDSA65-ECDSA-P384-SHA512", 2049, 96, 0, 3413),
    Sizes("MLDSA65-Ed25519-SHA512", 1984, 64, 0, 3373),
    Sizes("MLDSA87-ECDSA-P384-SHA512", 2689, 96, 0, 4731),
]

SLHDSA = [
    Sizes(f"SLH-DSA-{family}-{bits}{kind}", bits // 4, bits // 2, 3 * bits // 8, size)
    for family in ("SHA2", "SHAKE")
    for bits, sizes in ((128, (7856, 17088)), (192, (16224, 35664)), (256, (29792, 49856)))
    for kind, size in zip("sf", sizes, strict=True)
]


def private_class(name: str) -> Any:
    """Return the class of the private keys of a parameter set."""
    return PrivateKey._loadable[ROWS[name].algorithm][0]


@pytest.fixture(autouse=True)
def _quick_collector(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hide all earlier objects from the collector before a test that collects often."""
    if IS_PYPY or not request.node.nodeid.startswith(("tests/native/", "tests/validation/")):
        yield
        return
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(params=[pytest.param(sizes, id=sizes.name) for sizes in MLKEM])
def kem(request: pytest.FixtureRequest) -> Sizes:
    """Return each parameter set of ML-KEM."""
    sizes: Sizes = request.param
    return sizes


@pytest.fixture(params=[pytest.param(sizes, id=sizes.name) for sizes in MLDSA])
def dsa(request: pytest.FixtureRequest) -> Sizes:
    """Return each parameter set of ML-DSA."""
    sizes: Sizes = request.param
    return sizes


@pytest.fixture(params=[pytest.param(sizes, id=sizes.name) for sizes in COMPOSITE])
def composite(request: pytest.FixtureRequest) -> Sizes:
    """Return each algorithm of composite signatures."""
    sizes: Sizes = request.param
    return sizes


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Return the folder of the published test vectors, which are not part of the project."""
    folder = os.environ.get(VECTORS_VARIABLE)
    if folder is None:
        pytest.skip(
            f"the published test vectors are not here: run `make vectors`, and set {VECTORS_VARIABLE} to its folder"
        )
    return Path(folder)


@pytest.fixture
def composite_vector(vectors: Path, composite: Sizes) -> dict[str, bytes]:
    """Return the fields of the draft's vector of a composite algorithm, with the message and context of all vectors."""
    found = json.loads(gzip.decompress((vectors / "composite" / "testvectors.json.gz").read_bytes()))
    [test] = [each for each in found["tests"] if each.pop("tcId") == f"id-{composite.name}"]
    return {name: b64decode(text) for name, text in {**test, "m": found["m"], "ctx": found["ctx"]}.items()}


def pytest_configure() -> None:
    """Run the children of tests as a terminal does: Ctrl-C ends them, and their output is buffered.

    Shells start background jobs, and so the children of tests, with Ctrl-C ignored.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONUNBUFFERED", None)


SLOW = (
    "batch/test_batch_processes",
    "c/test_abi",
    "c/test_header.py::test_generated_files_match",
    "c/test_install",
    "c/test_one_library",
    "cli/test_cli_live",
    "cli/test_cli_metrics",
    "docs/",
    "integrations/test_distributed",
    "metrics/test_monitoring_rules",
    "native/test_faults",
    "native/test_interrupted",
    "native/test_memory",
    "native/test_ownership",
    "test_hypothesis",
    "test_types",
    "test_wrong_types",
    "tools/",
    "validation/",
)
"""Prefixes of the names of tests that are marked slow: they take most of the time, or serve developers alone.

The tests of artefacts and auth have the mark in their files.
"""


DEFAULT_BUILD = (
    "batch/test_batch.py::test_unknown_parameter_sets_are_refused",
    "formats/test_cryptography_keys.py::test_error_without_the_extra_says_how_to_install_it[XWing",
    "formats/test_formats.py::test_bad_examples_are_refused_with_the_reason[bad-ML-DSA-44-3",
    "keys/test_key_options.py::test_expanded_form_of_a_",
    "keys/test_key_options.py::test_locked_memory_beyond_the_limit",
    "keys/test_precompute.py::test_key_grows_in_its_second_use",
    "keys/test_precompute.py::test_keys_know_their_code_path",
    "keys/test_shared_lengths.py::test_set_of_a_shared_length_must_be_named",
    "test_bindings.py::test_library_has_version",
    "test_composite.py::test_r_of_low_order_is_refused",
    "test_next_steps.py::test_message_has_a_next_step[decapsulate_many]",
    "test_next_steps.py::test_message_has_a_next_step[sign_many",
    "test_optimizations.py",
    "test_prehash.py::test_file_of_one_gibibyte",
)
"""Prefixes of tests that the variant for FIPS 140-3 skips: docs/fips.md describes the differences."""


def _is_lacked(error: BaseException | None) -> bool:
    """Return whether an error, or its cause, is that the FIPS module of this build lacks an operation."""
    if error is None or fips_status() is None:
        return False
    errors = [error, *(error.errors.values() if isinstance(error, BatchError) else ())]
    if any(isinstance(each, (NotApprovedError, SeedUnavailableError)) for each in errors):
        return True
    is_of_a_path = isinstance(error, UnsupportedError) and "code path is unavailable" in str(error)
    return is_of_a_path or _is_lacked(error.__cause__ or error.__context__)


def _skip_what_is_lacked(report: Any, call: pytest.CallInfo[Any]) -> None:
    """Skip a test of an operation that the FIPS module of this build lacks; tests/fips checks which ones it lacks."""
    if call.excinfo and not report.nodeid.startswith("tests/fips/") and _is_lacked(call.excinfo.value):
        report.outcome = "skipped"
        report.longrepr = (report.nodeid.split("::")[0], 0, "Skipped: the FIPS module lacks it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Skip a test of an operation that the FIPS module lacks."""
    report = yield
    _skip_what_is_lacked(report, call)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Skip a module that needs an operation that the FIPS module lacks."""
    report = yield
    _skip_what_is_lacked(report, report.call)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that `make test` leaves to `make test-all`."""
    for item in items:
        if item.nodeid.removeprefix("tests/").startswith(SLOW):
            item.add_marker(pytest.mark.slow)
        if fips_status() and item.nodeid.removeprefix("tests/").startswith(DEFAULT_BUILD):
            item.add_marker(pytest.mark.skip(reason="of the engine of the default build"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of known answers."""
    for line in vectors_table.lines():
        terminalreporter.write_line(line)
