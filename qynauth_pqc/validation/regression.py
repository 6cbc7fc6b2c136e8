"""Part 1: every function of the header is called, with good and with bad input, with all parameter sets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc.errors import PQCError
from qynauth_pqc.mldsa import MLDSAParameterSet
from qynauth_pqc.mlkem import MLKEMParameterSet
from qynauth_pqc.validation.functions import FUNCTIONS, SIZES
from qynauth_pqc.validation.material import KNOWN, material
from qynauth_pqc.validation.process import check_process
from qynauth_pqc.validation.relations import check_relations
from qynauth_pqc.validation.result import Checks, Result

if TYPE_CHECKING:
    from qynauth_pqc.validation.arguments import Refusal
    from qynauth_pqc.validation.functions import Function
    from qynauth_pqc.validation.material import Material
    from qynauth_pqc.validation.outputs import Slot

TITLE = "FFI Regression Test"


class _Recorder:
    """The functions of the header, with a count of the calls of each."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._library, name)
        if not callable(found):
            return found

        def call(*arguments: Any) -> Any:
            self.calls[name] += 1
            return found(*arguments)

        return call


def header_functions() -> set[str]:
    """Return the names of the functions that the extension took from the header, not from build_ffi.c."""
    names = (name for name in dir(lib) if name[0].islower() and not name.startswith("python_"))
    return {name for name in names if callable(getattr(lib, name))}


def regression(library: Any = lib) -> Result:
    """Call every function of the header.

    Args:
        library: what has the functions, `qynauth_pqc._ffi.lib` or something in front of it.

    Returns:
        A result that fails for each answer that was not the expected one, and for each function that was not called.
    """
    recorder, checks = _Recorder(library), Checks()
    names = [*(each.value for each in (*MLKEMParameterSet, *MLDSAParameterSet)), "X-Wing"]
    for name in names:
        _check_set(name, recorder, checks)
    check_process(recorder, checks)
    for missing in sorted(header_functions() - set(recorder.calls)):
        checks.that(holds=False, otherwise=f"{missing} was not called: give it a row in validation/functions.py")
    calls, functions = sum(recorder.calls.values()), len(recorder.calls)
    summary = f"{functions} functions, {len(names)} parameter sets, {calls} calls, {checks.done} checks"
    figures = {"functions": functions, "parameter_sets": len(names), "calls": calls, "checks": checks.done}
    return Result(TITLE, summary, tuple(checks.failures), figures)


def _check_set(name: str, library: Any, checks: Checks) -> None:
    try:
        with material(library, name) as made:
            _check_functions(made, library, checks)
    except PQCError as error:
        checks.that(holds=False, otherwise=f"{name}: {error}")


def _check_functions(made: Material, library: Any, checks: Checks) -> None:
    checks.that(made.digest() == KNOWN[made.name], f"{made.name}: the known answers have changed")
    for function in FUNCTIONS[made.family]:
        _check_success(function, made, library, checks)
        _check_refusals(function, made, library, checks)
    for name, of_what in SIZES[made.family].items():
        size = getattr(library, name)
        checks.that(size(made.number) == len(made.data[of_what]), f"{name}({made.number}) is not that of a {of_what}")
        checks.that(size(0) == size(made.number + 1) == 0, f"{name} knows sets that are none")
    check_relations(made, library, checks)


def _check_success(function: Function, made: Material, library: Any, checks: Checks) -> None:
    slots = [each.slot(made) for each in function.outputs]
    inputs = [each.values(made) for each in function.inputs]
    status = _call(library, function, [*inputs, *(slot.arguments() for slot in slots)])
    what = f"{made.name}: {function.name}"
    _check_status(f"{what} answered good input", status, lib.PQC_STATUS_OK, checks)
    checks.that(status or all(slot.is_right() for slot in slots), f"{what} gave another result than known")
    _free(slots, library)


def _check_refusals(function: Function, made: Material, library: Any, checks: Checks) -> None:
    """Make each call in which one parameter is wrong."""
    outputs = [each.slot(made) for each in function.outputs]
    refusals = [each.refusals(made) for each in function.inputs] + [slot.refusals() for slot in outputs]
    for place, of_parameter in enumerate(refusals):
        for refusal in of_parameter:
            _check_refusal(function, made, place, refusal, library, checks)


def _check_refusal(
    function: Function, made: Material, place: int, refusal: Refusal, library: Any, checks: Checks
) -> None:
    what, values, expected = refusal
    slots = [each.slot(made) for each in function.outputs]
    arguments = [*(each.values(made) for each in function.inputs), *(slot.arguments() for slot in slots)]
    arguments[place] = values
    status = _call(library, function, arguments)
    _check_status(f"{made.name}: {function.name} answered {what}", status, expected, checks)
    used = [slot for number, slot in enumerate(slots, len(function.inputs)) if number != place]
    emptied = all(slot.is_empty() for slot in used)
    checks.that(not status or emptied, f"{made.name}: {function.name} left an output filled after {what}")
    _free(used, library)


def _call(library: Any, function: Function, arguments: list[tuple[Any, ...]]) -> int:
    status: int = getattr(library, function.name)(*(value for values in arguments for value in values))
    return status


def _check_status(what: str, status: int, expected: int, checks: Checks) -> None:
    checks.that(status == expected, f"{what} with {_name(status)} instead of {_name(expected)}")


def _name(status: int) -> str:
    return ffi.typeof("PqcStatus").elements.get(status, str(status))  # type: ignore[no-any-return]


def _free(slots: list[Slot], library: Any) -> None:
    for slot in slots:
        slot.free(library)
