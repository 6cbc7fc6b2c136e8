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

INK, PAPER = "#1f2328", "#ffffff"
"""The colours of text and lines, and of the background, on a light page."""

DARK = {INK: "#e6edf3", PAPER: "#0d1117"}
"""The colours in their place on a dark page."""

SETTINGS: Any = {
    "svg.hashsalt": "qynauth_pqc",  # identifiers do not change from run to run
    "svg.fonttype": "none",  # text stays text
    "font.size": 10,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor", "xtick.color"), INK),
    **dict.fromkeys(("ytick.color", "grid.color"), INK),
}

COLOURS = ["#d1495b", "#b7791f", "#4a74c4", "#3d8f6c", "#9a6fb0", "#6f7a86", "#1f8fc4", "#8a8a3a", "#a9673a", "#0f9191"]
"""Each is distinct from a light and from a dark background."""

LONGEST = 12
"""The highest ratio to ours that a bar shows."""

WIDTH = 4.6
"""The width of a picture in inches: on a narrow screen, its text is almost as large as the text around it."""

LABEL = 1.85
"""The length of the longest bar with its figures, over that of the bar."""

LEGEND_COLUMNS = 3


def pictures(document: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the pictures of a run by the names of their files."""
    with mpl.rc_context(SETTINGS):
        return {name: _svg(draw(document)) for name, draw in DRAWINGS.items()}


def _svg(drawn: Figure) -> bytes:
    picture = io.BytesIO()
    FigureCanvasSVG(drawn)
    drawn.savefig(picture, format="svg", metadata={"Date": None})
    rules = "".join(
        f'[style*="{name}: {light}"] {{ {name}: {dark} !important }} '
        for light, dark in DARK.items()
        for name in ("fill", "stroke")
    )
    style = f"<style>@media (prefers-color-scheme: dark) {{ {rules}}}</style>\n </defs>"
    return picture.getvalue().replace(b"</defs>", style.encode("ascii"), 1)


def _colours(document: Mapping[str, Any]) -> dict[str, str]:
    return dict(zip(document["packages"], cycle(COLOURS), strict=False))


def _panels(count: int, height: float) -> tuple[Figure, list[Any]]:
    """Return a figure with panels below each other, each of a height in inches."""
    drawn = Figure(figsize=(WIDTH, count * height + 0.8), layout="constrained")
    return drawn, list(drawn.subplots(count, 1, squeeze=False).flat)


def _operations(document: Mapping[str, Any]) -> Figure:
    """Draw a bar for each package, for each of the operations in the README."""
    drawn, panels = _panels(len(HEADLINES), 2.2)
    colours = _colours(document)
    for panel, operation in zip(panels, HEADLINES, strict=True):
        times = document["times"][operation]
        values = {name: figure(operation, each) for name, each in times.items()}
        limit = LONGEST * values[OURS]
        ordered = sorted(values.items(), key=itemgetter(1), reverse=True)
        for row, (name, value) in enumerate(ordered):
            panel.barh(row, min(value, limit), color=colours[name])
            if value > limit:
                panel.plot([0.93 * limit, 0.96 * limit], [row - 0.5, row + 0.5], color=PAPER, linewidth=3)
            text = f"{value:,.1f}" if name == OURS else f"{value:,.1f} ({slowdown(ratio(operation, times, name))})"
            panel.text(min(value, limit) + 0.02 * limit, row, text, va="center", fontsize=9)
        longest = min(limit, max(values.values()))
        panel.set_xlim(0, LABEL * longest)
        panel.set_xticks([tick for tick in panel.get_xticks() if tick <= longest])
        panel.spines["bottom"].set_bounds(0, longest)
        panel.set_yticks(range(len(ordered)), [name for name, _ in ordered])
        panel.set_title(title(operation), fontsize=10, loc="right")
        panel.spines[["top", "right"]].set_visible(False)
    drawn.supxlabel(
        f"microseconds a call (ratio to ours);\na bar with a break is longer than {LONGEST}x ours", fontsize=10
    )
    return drawn


def _latency(document: Mapping[str, Any]) -> Figure:
    """Draw the share of calls that took at most a given time."""
    drawn, panels = _panels(len(HEADLINES), 1.9)
    colours = _colours(document)
    shares = [number / QUANTILES for number in range(1, QUANTILES)]
    for panel, operation in zip(panels, HEADLINES, strict=True):
        for name, times in document["times"][operation].items():
            panel.plot(times["quantiles"], shares, color=colours[name], label=name, linewidth=1.4)
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter("{x:,.0f}")
        panel.set_title(title(operation), fontsize=10)
        panel.grid(visible=True, alpha=0.25)
    _legend(drawn, document, colours)
    drawn.supxlabel("microseconds", fontsize=10)
    drawn.supylabel("share of the calls", fontsize=10)
    return drawn


def _threads(document: Mapping[str, Any]) -> Figure:
    """Draw the calls in a second over the number of threads."""
    drawn, panels = _panels(len(document["threads"]), 1.9)
    colours = _colours(document)
    for panel, (operation, rates) in zip(panels, document["threads"].items(), strict=True):
        for name, each in rates.items():
            _line(panel, each, colours[name], name)
        _finish(panel)
        panel.set_xticks([int(key) for key in next(iter(rates.values()))])
        panel.set_title(operation, fontsize=10)
    _legend(drawn, document, colours)
    drawn.supxlabel("threads", fontsize=10)
    drawn.supylabel("calls a second", fontsize=10)
    return drawn


def _batches(document: Mapping[str, Any]) -> Figure:
    """Draw the items in a second over the size of the batch."""
    drawn, panels = _panels(len(document["batch"]), 1.9)
    for panel, (operation, methods) in zip(panels, document["batch"].items(), strict=True):
        for (method, rates), colour in zip(methods.items(), COLOURS, strict=False):
            _line(panel, rates, colour, method)
        _finish(panel)
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter("{x:,.0f}")
        panel.set_title(operation, fontsize=10)
        panel.legend(fontsize=9, frameon=False)
    drawn.supxlabel("items of the batch", fontsize=10)
    drawn.supylabel("items a second", fontsize=10)
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
    drawn.legend(
        handles=lines, loc="outside upper center", ncols=LEGEND_COLUMNS, fontsize=9, frameon=False, columnspacing=1
    )


DRAWINGS: dict[str, Callable[[Mapping[str, Any]], Figure]] = {
    "operations.svg": _operations,
    "latency.svg": _latency,
    "threads.svg": _threads,
    "batch.svg": _batches,
}
"""The function that draws each picture."""
