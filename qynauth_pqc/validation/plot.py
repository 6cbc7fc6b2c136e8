"""A picture of the times of the operations. Needs the extra `plot`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from qynauth_pqc._extras import install_command
from qynauth_pqc.errors import UnsupportedError, expect

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS = ("png", "svg")
"""The kinds of pictures, which are the suffixes of their files."""

_FAMILIES = {"ML-KEM": ("keygen", "encapsulate", "decapsulate"), "ML-DSA": ("keygen", "sign", "verify")}
_INCHES, _DOTS_PER_INCH = (12, 7), 110


class MissingPlotExtraError(ImportError):
    """matplotlib is not installed."""


def check_plot_extra() -> None:
    """Import matplotlib."""
    try:
        import_module("matplotlib")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        raise MissingPlotExtraError(f"a plot needs matplotlib: {install_command('plot')}") from error


def plot_times(times_ns: Mapping[str, Sequence[int]], kind: str) -> bytes:
    """Draw the distribution of the times of each operation: the share of calls that took at most a given time.

    No display is used and no state of matplotlib is changed.

    Args:
        times_ns: the times of each operation in nanoseconds, by names such as "ML-KEM-768 keygen".
        kind: "png" or "svg".

    Returns:
        The picture.

    Raises:
        MissingPlotExtraError: matplotlib is not installed.
        UnsupportedError: the kind is unknown.
    """
    expect(times_ns, Mapping, "times_ns")
    if kind not in FORMATS:
        raise UnsupportedError(f"unknown kind of picture: expected one of {', '.join(FORMATS)}")
    check_plot_extra()
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # it is in an extra
    from matplotlib.figure import Figure  # it is in an extra

    figure = Figure(figsize=_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(_FAMILIES), 3, sharey=True)
    for row, (family, operations) in zip(panels, _FAMILIES.items(), strict=True):
        for panel, operation in zip(row, operations, strict=True):
            _draw(panel, f"{family} {operation}", _series(times_ns, family, operation))
        row[0].set_ylabel("share of the calls")
    picture = io.BytesIO()
    figure.savefig(picture, format=kind, dpi=_DOTS_PER_INCH)
    return picture.getvalue()


def _series(times_ns: Mapping[str, Sequence[int]], family: str, operation: str) -> dict[str, list[float]]:
    """Return the sorted times in microseconds of an operation, by parameter set."""
    names = [name for name in times_ns if name.startswith(family) and name.endswith(f" {operation}")]
    return {name.partition(" ")[0]: sorted(time / 1000 for time in times_ns[name]) for name in names}


def _draw(panel: Any, title: str, series: Mapping[str, Sequence[float]]) -> None:
    for parameter_set, times in series.items():
        shares = [(number + 1) / len(times) for number in range(len(times))]
        panel.step(times, shares, where="post", label=parameter_set)
    panel.set_xscale("log")
    panel.set_title(title)
    panel.set_xlabel("microseconds")
    panel.grid(visible=True, which="both", alpha=0.25)
    panel.legend()
