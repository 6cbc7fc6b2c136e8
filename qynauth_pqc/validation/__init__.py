"""The validation of an installed library in five parts, which `qynauth-pqc validate` runs."""

from qynauth_pqc.validation.baseline import Baseline, BaselineError
from qynauth_pqc.validation.plot import MissingPlotExtraError, plot_times
from qynauth_pqc.validation.result import Result
from qynauth_pqc.validation.run import Validation, validate

__all__ = ["Baseline", "BaselineError", "MissingPlotExtraError", "Result", "Validation", "plot_times", "validate"]
