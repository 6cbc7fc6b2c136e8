"""Every public callable answers wrong types with a `TypeError` or an error of the package, and with no other."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import product
from pathlib import Path
from traceback import TracebackException
from typing import Any

import add_ons
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from right_arguments import DSA, SIGNATURE, report
from wrong_arguments import ADD_ONS, MODULES, OPTIONS, WRONG, cases, every_case

from qynauth_pqc import (
    DilithiumKeyPair,
    FFIPerformanceMonitor,
    KyberKeyPair,
    MonitorError,
    UnsupportedError,
    enable_optimizations,
    sign_file,
    verify_file,
)
from qynauth_pqc.metrics.shared import is_shared, share_metrics
from qynauth_pqc.validation import plot_times, validate


@pytest.fixture(autouse=True)
def _process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run in a folder with a file that holds no metrics, and restore the settings of the process."""
    monkeypatch.chdir(tmp_path)
    for each in ADD_ONS.values():
        for setting in each.settings:
            monkeypatch.setitem(*setting)
    Path("file").write_bytes(b"message")
    yield
    enable_optimizations("best", timing=True)


def test_sweep_finds_what_the_modules_export() -> None:
    """It finds functions, constructors, class methods, methods and static methods."""
    names = {case.name.removeprefix("qynauth_pqc.") for case in every_case()}
    known = {"MLDSAPrivateKey.from_seed", "SecretBytes.__eq__", "derandomized.sign_with", "KyberKeyPair"}
    assert known | {"FFIPerformanceMonitor.difference", "integrations.aio.sign_many"} <= names
    assert {"integrations.joserfc.AKPKey.import_key", "integrations.x509.signing_key"} <= names
    assert set().union(*(each.found for each in ADD_ONS.values())) <= names
    assert [*ADD_ONS] == add_ons.ADD_ONS
    assert len(names) > 80


@pytest.mark.parametrize("module", ["", *MODULES])
def test_one_wrong_argument_is_a_type_error_or_an_error_of_the_package(module: str) -> None:
    """Each parameter gets every wrong value in turn, while the others are right."""
    tries = ((case, each, value) for case in cases(module) for each in case.parameters for value in case.wrong(each))
    failures = [case.failure({each.name: value}) for case, each, value in tries]
    assert [each for each in failures if each] == []


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(st.data())
def test_several_wrong_arguments_are_so_too(data: st.DataObject) -> None:
    """The error may be about any of them."""
    case = data.draw(st.sampled_from([*every_case()]))
    wrong = {each.name: st.sampled_from(case.wrong(each)) for each in case.parameters}
    assert case.failure(data.draw(st.fixed_dictionaries({}, optional=wrong))) is None


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(st.data())
def test_difference_of_what_was_a_report_is_a_report_or_an_error(data: st.DataObject) -> None:
    """A figure anywhere in one of the two has another value, or is missing."""
    broken = copy.deepcopy(report())
    place: Any = broken
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(st.none() | st.integers() | st.floats() | st.text() | st.just([]) | st.just({}))
    for pair in ((broken, report()), (report(), broken)):
        with suppress(MonitorError):
            FFIPerformanceMonitor.difference(*pair)


def test_wrong_types_of_a_validation_are_refused_before_it_begins() -> None:
    """It would take seconds, as a picture does."""
    wrong: dict[str, Any] = {"limit_ms": "1", "factor": None, "baseline": {}}
    for name, value in wrong.items():
        with pytest.raises(TypeError, match=f"{name} must be"):
            validate(**{name: value})
    with pytest.raises(TypeError, match="times_ns must be Mapping, not list"):
        plot_times([], "png")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match="expected one of png, svg"):
        plot_times({}, "pdf")


@pytest.mark.parametrize("value", [value for value in WRONG if "str" not in value and value not in {"bytes", "path"}])
def test_shared_metrics_are_in_a_file_that_has_a_name(value: str) -> None:
    """Nothing is made, and nothing is shared."""
    with pytest.raises((TypeError, OSError, ValueError)):
        share_metrics(WRONG[value]())
    assert not is_shared()
    assert [each.name for each in Path().iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["locked_memory", "precompute", "deterministic", "timing", "warm_up", "overwrite"])
def test_word_for_a_flag_is_a_type_error(name: str) -> None:
    """A text such as "no" does not count as true, nor an empty one as false."""
    found = [case for case in every_case() if name in (parameter.name for parameter in case.parameters)]
    assert found
    for case, value in product(found, ("no", "")):
        with pytest.raises(TypeError, match=f"{name} must be bool, not str"):
            case.call({name: value})


@pytest.mark.parametrize("name", sorted({"threads", "count"}.union(*(each.numbers for each in ADD_ONS.values()))))
def test_bool_for_a_number_is_a_type_error(name: str) -> None:
    """True does not count as one."""
    found = [case for case in every_case() if name in (parameter.name for parameter in case.parameters)]
    assert found
    for case in found:
        with pytest.raises(TypeError):
            case.call({name: True})


def test_unknown_option_is_a_type_error_that_names_the_function() -> None:
    """No variable of the library holds its value, which may be a secret."""
    found = [case for case in every_case() if OPTIONS[0] in case.parameters]
    assert len(found) >= 20
    for case in found:
        name = case.name.rpartition(".")[2]
        with pytest.raises(TypeError, match=rf"{name}\(\) got an unexpected keyword argument 'passphrase'") as caught:
            case.call({"passphrase": b"SENTINEL"})
        shown = TracebackException.from_exception(caught.value, capture_locals=True)
        library = [str(each.locals) for each in shown.stack if "/qynauth_pqc/" in each.filename]
        assert "SENTINEL" not in "".join(library)


def test_empty_arguments_are_not_taken_for_none() -> None:
    """A false value is still wrong where None is a default."""
    with pytest.raises(TypeError, match=r"lib must be PQCLibraryV2, not str; .* as parameter_set="):
        KyberKeyPair("")  # type: ignore[arg-type]
    for kind in (KyberKeyPair, DilithiumKeyPair):
        with pytest.raises(UnsupportedError, match="unknown parameter set"):
            kind(parameter_set="")  # type: ignore[arg-type]


def test_number_for_a_path_is_no_descriptor() -> None:
    """`open` would read from it, and close it."""
    with Path("file").open("rb") as file:
        for function in (sign_file, partial(verify_file, signature=SIGNATURE)):
            with pytest.raises(TypeError):
                function((DSA if function is sign_file else DSA.public_key), file.fileno())  # type: ignore[arg-type]
        assert file.read() == b"message"
