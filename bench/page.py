"""The tables of a run: for the terminal, and for docs/benchmarks.md and the README, between marks in each."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from adapters import OURS
from batch_sizes import LOOP
from results import LOADED, against, fastest_wheel, figure, ratio, slowdown
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LAYERS = {"core": "core", "c": "C", "cffi": "cffi", "class": "class"}
"""What the layers of bench/overhead.py are called, lowest first."""


def fill(text: str, regions: Mapping[str, str]) -> str:
    """Put each region between its marks, `<!-- begin NAME -->` and `<!-- end NAME -->`, which the text must have."""
    for name, content in regions.items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
        head, found, rest = text.partition(begin)
        _, found_end, tail = rest.partition(end)
        if not (found and found_end):
            msg = f"the page has no marks of {name}"
            raise ValueError(msg)
        text = f"{head}{begin}{content.strip()}\n{end}{tail}"
    return text


def regions(document: Mapping[str, Any]) -> dict[str, str]:
    """Return what docs/benchmarks.md and the README show of a run, by the names of the regions."""
    return {
        "summary": _summary(document),
        "machine": _machine(document),
        "packages": _packages(document),
        "times": "\n\n".join(_times(document)),
        "layers": _layers(document),
        "costs": _costs(document),
        "threads": "\n\n".join(_threads(document)),
        "batch": "\n\n".join(_batches(document)),
    }


def fill_page(text: str, document: Mapping[str, Any]) -> str:
    """Fill those regions that a page has."""
    return fill(text, {name: each for name, each in regions(document).items() if f"<!-- begin {name} -->" in text})


def _summary(document: Mapping[str, Any]) -> str:
    described, times = document["machine"], document["times"]
    slower = {name: fastest_wheel(document, name) for name in times}
    slower = {name: winner for name, winner in slower.items() if winner != OURS}
    fastest = f"the fastest in {len(times) - len(slower)} of {len(times)} operations{_exceptions(document, slower)}"
    lines = [
        f"With loaded keys `cryptography` is {_slowdown(document, 'cryptography')}.",
        f"Of the packages that install as a wheel, `{OURS}` is {fastest}.",
    ]
    lines += [
        f"`{name}`, for which one builds a library, is {_slowdown(document, name)}."
        for name, each in document["packages"].items()
        if not each["wheel"]
    ]
    return "\n".join([*lines, f"Measured on {described['processor']}, {described['cores']} cores."])


def _slowdown(document: Mapping[str, Any], package: str) -> str:
    """Return the slowdown of a package against ours for the operations in the README."""
    slowdowns = []
    for parameter_set, operations in LOADED.items():
        ratios = against(document, package, [f"{parameter_set} {operation}" for operation in operations])
        each = ", ".join(f"{_compared(value)} ({name})" for name, value in zip(operations, ratios, strict=True))
        slowdowns.append(f"{each} for {parameter_set}")
    return " and ".join(slowdowns)


def _compared(ratio_to_ours: float) -> str:
    """Return how much slower or faster than ours a package is."""
    return f"{ratio_to_ours:.1f}x slower" if ratio_to_ours >= 1 else f"{1 / ratio_to_ours:.1f}x faster"


def _exceptions(document: Mapping[str, Any], slower: Mapping[str, str]) -> str:
    if not slower:
        return ""
    named = [
        f"{name} (`{winner}` is {_compared(ratio(name, document['times'][name], winner))})"
        for name, winner in slower.items()
    ]
    return f"; it is not in {', '.join(named)}"


def _machine(document: Mapping[str, Any]) -> str:
    described = document["machine"]
    vectors = f" with {' and '.join(described['vectors'])}" if described["vectors"] else ""
    return (
        f"{described['processor']}{vectors}, {described['cores']} cores, {described['system']}, Python "
        f"{described['python']}; our code path is {document['code_path']}. When the run began, "
        f"{document['load']:.1f} other processes were running on average."
    )


def _packages(document: Mapping[str, Any]) -> str:
    rows = [[f"`{name}`", each["version"], each["about"]] for name, each in document["packages"].items()]
    rows += [[f"`{name}`", "", f"not measured: {reason}"] for name, reason in document["missing"].items()]
    return markdown(["Package", "Version", "Arithmetic"], rows, left=3)


def _times(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table for each parameter set: a row for each package, a column for each operation."""
    for parameter_set, names in groupby(document["times"], key=lambda name: name.partition(" ")[0]):
        operations = list(names)
        packages = [name for name in document["packages"] if name in document["times"][operations[0]]]
        rows = [
            [f"`{package}`", *(_cell(name, document["times"][name], package) for name in operations)]
            for package in packages
        ]
        yield f"### {parameter_set}"
        yield markdown(["", *(name.partition(" ")[2] for name in operations)], rows)


def _cell(operation: str, times: Mapping[str, Any], package: str) -> str:
    if package not in times:
        return "-"
    found = times[package]
    three = " / ".join(_microseconds(found[name]) for name in ("median", "minimum", "mean"))
    return f"{three} ({slowdown(ratio(operation, times, package))})"


def _microseconds(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"  # noqa: PLR2004 - three digits are enough


def _layers(document: Mapping[str, Any]) -> str:
    """Return the medians of the layers, and what each adds to the one below it."""
    upper = list(LAYERS)[1:]
    rows = [
        [
            name,
            *(f"{each['median'][layer]:.2f}" for layer in LAYERS),
            *(f"{each['added'][layer]:.2f}" for layer in upper),
        ]
        for name, each in document["layers"]["results"].items()
        if name != "import"
    ]
    heads = ["", *LAYERS.values(), *(f"{LAYERS[layer]} adds" for layer in upper)]
    return markdown(heads, rows)


def _costs(document: Mapping[str, Any]) -> str:
    rows = [
        [
            f"`{name}`",
            f"{each['import_ms']:.1f}",
            f"{each['memory']['import']:.1f}",
            f"{each['memory']['operations']:.2f}",
            f"{each['memory']['count']:,}",
        ]
        for name, each in document["costs"].items()
    ]
    return markdown(["", "import, ms", "memory after import, MiB", "growth, MiB", "operations"], rows)


def _threads(document: Mapping[str, Any]) -> Iterator[str]:
    for operation, rates in document["threads"].items():
        counts = list(next(iter(rates.values())))
        rows = [
            [f"`{name}`", *(f"{each[key]:,.0f}" for key in counts), f"{each['2'] / each['1']:.2f}x"]
            for name, each in rates.items()
        ]
        heads = [f"{key} thread{'s' if key != '1' else ''}" for key in counts]
        yield f"### {operation}, calls a second"
        yield markdown(["", *heads, "2 threads against 1"], rows)


def _batches(document: Mapping[str, Any]) -> Iterator[str]:
    for operation, methods in document["batch"].items():
        loop = methods[LOOP]
        rows = [
            [method, *(f"{rate:,} ({rate / loop[size]:.2f}x)" for size, rate in rates.items())]
            for method, rates in methods.items()
        ]
        yield f"### {operation} in batches, items a second"
        yield markdown(["", *(f"{int(size):,}" for size in loop)], rows)


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Return a table whose first columns are aligned to the left."""
    rule = ["---"] * left + ["--:"] * (len(heads) - left)
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in (heads, rule, *rows))


def terminal_tables(document: Mapping[str, Any]) -> Iterator[Table]:
    """Yield a table for each family: the figure of each operation and package, and its ratio to ours."""
    for family in ("ML-KEM", "ML-DSA"):
        operations = {name: times for name, times in document["times"].items() if name.startswith(family)}
        packages = [name for name in document["packages"] if any(name in times for times in operations.values())]
        table = Table("microseconds (ratio to ours)", title=family, box=None, header_style="cyan")
        for package in packages:
            table.add_column(package, justify="right")
        for name, times in operations.items():
            best = min(figure(name, each) for each in times.values())
            table.add_row(name, *(_terminal_cell(name, times, package, best) for package in packages))
        yield table


def _terminal_cell(operation: str, times: Mapping[str, Any], package: str, best: float) -> str:
    if package not in times:
        return "-"
    value = figure(operation, times[package])
    text = f"{_microseconds(value)} ({slowdown(ratio(operation, times, package))})"
    return f"[bold green]{text}[/]" if value == best else text
