"""The validation of an installed library in five parts, which `qynauth-pqc validate` runs."""

from typing import TYPE_CHECKING

from qynauth_pqc.validation.baseline import Baseline, BaselineError
from qynauth_pqc.validation.plot import MissingPlotExtraError, plot_times
from qynauth_pqc.validation.result import Result

if TYPE_CHECKING:
    from qynauth_pqc.validation.run import Validation, validate

__all__ = ["Baseline", "BaselineError", "MissingPlotExtraError", "Result", "Validation", "plot_times", "validate"]


def __getattr__(name: str) -> object:
    """Import the parts at their first use, since they take long to import and all commands import this package."""
    if name in {"Validation", "validate"}:
        from qynauth_pqc.validation import run  # see above

        return getattr(run, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
