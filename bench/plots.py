"""The pictures of a run, as SVG that depends only on the results."""

from __future__ import annotations

import io
from itertools import cycle
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from adapters import OURS
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from measure import QUANTILES
from results import HEADLINES, figure, ratio, slowdown, title

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SETTINGS: Any = {"svg.hashsalt": "qynauth_pqc", "svg.fonttype": "none", "font.size": 9}
"""Identifiers that do not change from run to run, and text as text."""

COLOURS = ["#d1495b", "#e6a64b", "#2e4057", "#5b8e7d", "#8d6a9f", "#6c757d", "#4a90c2", "#a3a380", "#7f4f24", "#00a6a6"]
LONGEST = 12
"""The highest ratio to ours that a bar shows."""

LEGEND_COLUMNS = 5


def pictures(document: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the pictures of a run by the names of their files."""
    with mpl.rc_context(SETTINGS):
        return {name: _svg(draw(document)) for name, draw in DRAWINGS.items()}


def _svg(drawn: Figure) -> bytes:
    picture = io.BytesIO()
    FigureCanvasSVG(drawn)
    drawn.savefig(picture, format="svg", metadata={"Date": None})
    return picture.getvalue()


def _colours(document: Mapping[str, Any]) -> dict[str, str]:
    return dict(zip(document["packages"], cycle(COLOURS), strict=False))


def _panels(rows: int, columns: int, height: float) -> tuple[Figure, list[Any]]:
    drawn = Figure(figsize=(11, height), layout="constrained")
    return drawn, list(drawn.subplots(rows, columns, squeeze=False).flat)


def _operations(document: Mapping[str, Any]) -> Figure:
    """Draw a bar for each package, for each of the operations in the README."""
    drawn, panels = _panels(2, 3, 5.6)
    colours = _colours(document)
    for panel, operation in zip(panels, HEADLINES, strict=True):
        times = document["times"][operation]
        values = {name: figure(operation, each) for name, each in times.items()}
        limit = LONGEST * values[OURS]
        for name, value in sorted(values.items(), key=itemgetter(1), reverse=True):
            panel.barh(name, min(value, limit), color=colours[name])
            text = f" {value:,.1f}" if name == OURS else f" {value:,.1f} ({slowdown(ratio(operation, times, name))})"
            inside = value > limit / 2
            panel.text(
                min(value, limit), name, f"{text} ", va="center", ha="right" if inside else "left",
                color="white" if inside else "black", fontsize=8,
            )  # fmt: skip
        panel.set_xlim(0, min(limit, 1.35 * max(values.values())))
        panel.set_title(title(operation), fontsize=10)
        panel.spines[["top", "right"]].set_visible(False)
    drawn.supxlabel(f"microseconds a call; in brackets, the ratio to ours; bars end at {LONGEST}x ours", fontsize=9)
    return drawn


def _latency(document: Mapping[str, Any]) -> Figure:
    """Draw the share of calls that took at most a given time."""
    drawn, panels = _panels(2, 3, 6)
    colours = _colours(document)
    shares = [number / QUANTILES for number in range(1, QUANTILES)]
    for panel, operation in zip(panels, HEADLINES, strict=True):
        for name, times in document["times"][operation].items():
            panel.plot(times["quantiles"], shares, color=colours[name], label=name, linewidth=1.4)
        panel.set_xscale("log")
        panel.set_title(title(operation), fontsize=10)
        panel.grid(visible=True, alpha=0.25)
    _legend(drawn, document, colours)
    drawn.supxlabel("microseconds", fontsize=9)
    drawn.supylabel("share of the calls", fontsize=9)
    return drawn


def _threads(document: Mapping[str, Any]) -> Figure:
    """Draw the calls in a second over the number of threads."""
    drawn, panels = _panels(1, len(document["threads"]), 3.2)
    colours = _colours(document)
    for panel, (operation, rates) in zip(panels, document["threads"].items(), strict=True):
        for name, each in rates.items():
            _line(panel, each, colours[name], name)
        _finish(panel)
        panel.set_xticks([int(key) for key in next(iter(rates.values()))])
        panel.set_title(operation, fontsize=9)
    _legend(drawn, document, colours)
    drawn.supxlabel("threads", fontsize=9)
    drawn.supylabel("calls a second", fontsize=9)
    return drawn


def _batches(document: Mapping[str, Any]) -> Figure:
    """Draw the items in a second over the size of the batch."""
    drawn, panels = _panels(2, 3, 5.6)
    for spare in panels[len(document["batch"]) :]:
        spare.set_axis_off()
    for panel, (operation, methods) in zip(panels, document["batch"].items(), strict=False):
        for (method, rates), colour in zip(methods.items(), COLOURS, strict=False):
            _line(panel, rates, colour, method)
        _finish(panel)
        panel.set_xscale("log")
        panel.set_title(operation, fontsize=9)
        panel.legend(fontsize=8, frameon=False)
    drawn.supxlabel("items of the batch", fontsize=9)
    drawn.supylabel("items a second", fontsize=9)
    return drawn


def _line(panel: Any, rates: Mapping[str, float], colour: str, label: str) -> None:
    numbers = [int(number) for number in rates]
    panel.plot(numbers, [*rates.values()], color=colour, label=label, marker="o", markersize=3, linewidth=1.4)


def _finish(panel: Any) -> None:
    """Begin the axis at 0, after all lines are drawn: once a limit is set, the axis no longer grows."""
    panel.set_ylim(bottom=0)
    panel.yaxis.set_major_formatter("{x:,.0f}")
    panel.grid(visible=True, alpha=0.25)


def _legend(drawn: Figure, document: Mapping[str, Any], colours: Mapping[str, str]) -> None:
    lines = [mpl.lines.Line2D([], [], color=colours[name], label=name) for name in document["packages"]]
    drawn.legend(handles=lines, loc="outside upper center", ncols=LEGEND_COLUMNS, fontsize=8, frameon=False)


DRAWINGS: dict[str, Callable[[Mapping[str, Any]], Figure]] = {
    "operations.svg": _operations,
    "latency.svg": _latency,
    "threads.svg": _threads,
    "batch.svg": _batches,
}
"""The function that draws each picture."""
