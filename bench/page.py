"""The tables of a run: for the terminal, and for docs/results/benchmarks.md and the README, between marks in each."""

from __future__ import annotations

from itertools import groupby
from math import floor, log10
from typing import TYPE_CHECKING, Any

from adapters import DSA_SETS, KEM_SETS, OURS, XWING
from batch_sizes import LOOP
from key_checks import CHECKS
from operations import DSA_OPERATIONS, KEM_OPERATIONS, TITLES, XWING_OPERATIONS
from permutations import permutations
from results import (
    MANY_ROUNDS,
    fastest_peer,
    fastest_wheel,
    figure,
    file_name,
    is_loaded,
    is_steady,
    ratio,
    shown,
    slowdown,
    title,
    wheels,
)
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LAYERS = {"core": "core", "c": "C", "cffi": "cffi", "class": "class"}
"""The titles of the layers of bench/overhead.py, lowest first."""

UNSTEADY = "†"
"""The mark of a figure that rests on few rounds."""

AS_FAST = 0.02
"""The largest difference of two figures that the summary calls the same."""


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


def regions(runs: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the tables of all runs for docs/results/benchmarks.md and the README, by the names of their regions."""
    document = shown(runs)
    return {
        "summary": _summary(document),
        "machines": "\n\n".join(_machines(runs)),
        "machine": _machine(document),
        "packages": _packages(document),
        "checks": _checks(document),
        "times": "\n\n".join(_times(document)),
        "floor": _floor(document),
        "layers": _layers(document),
        "costs": _costs(document),
        "own threads": _own_threads(document),
        "threads": "\n\n".join(_threads(document)),
        "batch": "\n\n".join(_batches(document)),
    }


def fill_page(text: str, runs: Sequence[dict[str, Any]]) -> str:
    """Fill the regions that a page has."""
    return fill(text, {name: each for name, each in regions(runs).items() if f"<!-- begin {name} -->" in text})


def _summary(document: Mapping[str, Any]) -> str:
    """Return the list in the README: three operations compared with current packages, and the machine."""
    described, times = document["machine"], document["times"]
    fastest_of = {name: fastest_wheel(document, name) for name in times if times[name].keys() & set(wheels(document))}
    slower = {name: winner for name, winner in fastest_of.items() if winner != OURS}
    count = f"{len(fastest_of) - len(slower)} of {len(fastest_of)}"
    fastest = f"the fastest in {count} operations{_exceptions(document, slower)}"
    sentences = {
        "ML-KEM-768 handshake": "A handshake with fresh ML-KEM-768 keys takes",
        "ML-DSA-65 fresh verify": "Loading an ML-DSA-65 public key and verifying once takes",
        "ML-DSA-65 sign": "A signature with a loaded ML-DSA-65 key takes",
    }
    lines = [f"{sentence} {_against_peers(document, name)}." for name, sentence in sentences.items()]
    lines.append(f"Of the packages that install as a wheel, `{OURS}` is {fastest}.")
    where = f"{described['processor']}, {described['cores']} cores, code path {document['code_path']}"
    lines.append(f"Measured from Python on {where}, with our checks of keys.")
    return "\n".join(f"- {line}" for line in lines)


def _against_peers(document: Mapping[str, Any], operation: str) -> str:
    """Return the time of an operation, and how much slower cryptography and the packages to build are."""
    times = document["times"][operation]
    names = [name for name, each in document["packages"].items() if name == "cryptography" or not each["wheel"]]
    slower = [f"`{name}` is {compared(ratio(operation, times, name))}" for name in names if name in times]
    return f"{_microseconds(figure(operation, times[OURS]))} microseconds; {', '.join(slower)}"


def _machines(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a table for each family: for each machine and code path, the ratio of the fastest peer to this package."""
    heads = [
        f"[{each['machine']['processor']}](benchmarks/{file_name(each)}), {each['code_path']}, {each['date'][:10]}"
        for each in runs
    ]
    families = [
        ("ML-KEM: 512 / 768 / 1024", KEM_SETS, KEM_OPERATIONS),
        (XWING, [XWING], XWING_OPERATIONS),
        ("ML-DSA: 44 / 65 / 87", DSA_SETS, DSA_OPERATIONS),
    ]
    for family, sets, operations in families:
        rows = [
            [TITLES.get(name, name), *(" / ".join(_nearest(each, f"{one} {name}") for one in sets) for each in runs)]
            for name in operations
        ]
        if any(f"{sets[0]} {operations[0]}" in each["times"] for each in runs):
            yield markdown([family, *heads], rows)


def _nearest(document: Mapping[str, Any], operation: str) -> str:
    """Return the ratio of the fastest peer to this package."""
    times = document["times"].get(operation, {})
    peer = fastest_peer(times, operation)
    return slowdown(ratio(operation, times, peer)) if peer else "-"


def compared(ratio_to_ours: float) -> str:
    """Return how much slower or faster than this package another one is."""
    if round(abs(ratio_to_ours - 1), 2) <= AS_FAST:
        return "as fast"
    return f"{slowdown(ratio_to_ours)} slower" if ratio_to_ours > 1 else f"{slowdown(1 / ratio_to_ours)} faster"


def _exceptions(document: Mapping[str, Any], slower: Mapping[str, str]) -> str:
    if not slower:
        return ""
    named = [
        f"{name} (`{winner}` is {compared(ratio(name, document['times'][name], winner))})"
        for name, winner in slower.items()
    ]
    return f"; it is not in {', '.join(named)}"


def _machine(document: Mapping[str, Any]) -> str:
    described, clock = document["machine"], document["clock"]
    vectors = f" with {' and '.join(described['vectors'])}" if described["vectors"] else ""
    where = f"{described['cores']} cores, {described['system']}, Python {described['python']}"
    sentences = [
        f"{described['processor']}{vectors}, {where}; our code path is {document['code_path']}.",
        f"The run began on {document['date'][:10]}, with {document['load']:.1f} other processes on average.",
    ]
    if clock:
        sentences.append(f"The time stamp counter ticks at {clock['tsc_ghz']:.3f} GHz.")
    return " ".join(sentences)


def _packages(document: Mapping[str, Any]) -> str:
    rows = [
        [f"`{name}`", each["version"], each["about"], each["build"].replace("_", r"\_")]
        for name, each in document["packages"].items()
    ]
    rows += [[f"`{name}`", "", f"not measured: {reason}", ""] for name, reason in document["missing"].items()]
    return markdown(["Package", "Version", "Arithmetic", "Library and its options"], rows, left=4)


def _checks(document: Mapping[str, Any]) -> str:
    """Return the damaged keys that each package refuses."""
    words = {True: "refused", False: "accepted", None: "-"}
    rows = [[f"`{name}`", *(words[made.get(check)] for check in CHECKS)] for name, made in document["checks"].items()]
    heads = ["ML-KEM public: modulus", "ML-KEM private: hash", "ML-DSA private: range", "its `tr`", "its `t0`"]
    return markdown(["", *heads], rows)


def _times(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table for each parameter set: a row for each operation, a column for each package."""
    for parameter_set, names in groupby(document["times"], key=lambda name: name.partition(" ")[0]):
        operations = list(names)
        others = [
            name
            for name in document["packages"]
            if name != OURS and any(name in document["times"][operation] for operation in operations)
        ]
        rows = [
            [
                title(name).removeprefix(f"{parameter_set} "),
                *_own_cells(document, name),
                *(_cell(name, document["times"][name], package) for package in others),
            ]
            for name in operations
        ]
        heads = ["", f"`{OURS}`", "TSC kilocycles", "expanded form, KiB"]
        yield f"### {parameter_set}"
        yield markdown([*heads, *(f"`{name}`" for name in others)], rows)
        if any(UNSTEADY in cell for row in rows for cell in row):
            yield f"{UNSTEADY} The mean of fewer than {MANY_ROUNDS} rounds of signatures, so random variation shows."


def _own_cells(document: Mapping[str, Any], operation: str) -> list[str]:
    """Return the microseconds and cycles of this package, and the memory of the expanded form that it uses."""
    times = document["times"][operation][OURS]
    value, clock = figure(operation, times), document["clock"]
    cycles = _three_digits(value * clock["tsc_ghz"]) if clock else "-"
    memory = f"{document['memory'][operation] / 2**10:.1f}" if is_loaded(operation) else ""
    return [f"**{_microseconds(value)}**{_mark(operation, times)}", cycles, memory]


def _cell(operation: str, times: Mapping[str, Any], package: str) -> str:
    if package not in times:
        return "-"
    value = f"{_microseconds(figure(operation, times[package]))}{_mark(operation, times[package])}"
    return f"{value} ({slowdown(ratio(operation, times, package))})"


def _mark(operation: str, times: Mapping[str, Any]) -> str:
    return "" if is_steady(operation, times) else UNSTEADY


def _three_digits(value: float) -> str:
    decimals = 2 - floor(log10(value))
    return f"{round(value, decimals):,.{max(decimals, 0)}f}"


def _floor(document: Mapping[str, Any]) -> str:
    """Return the permutations of each operation, their time, and the time of the operation."""
    of_a_call = {int(states): time for states, time in document["permutation_ns"].items()}
    rows = []
    for name, needed in permutations().items():
        floor, value = needed.nanoseconds(of_a_call) / 1e3, figure(name, document["times"][name][OURS])
        counts = [f"{needed.chained:.1f}", f"{needed.independent:.1f}"]
        rows.append([title(name), *counts, f"{floor:.2f}", f"{value:.2f}", f"{floor / value:.0%}"])
    costs = ", ".join(f"{time:.0f} ns for {states}" for states, time in of_a_call.items())
    heads = ["", "chained", "independent", "permutations, us", "operation, us", "share"]
    path = document["code_path"]
    return f"A call of the permutation on the path {path}, by the number of states: {costs}.\n\n{markdown(heads, rows)}"


def _microseconds(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"  # noqa: PLR2004 - three digits are enough


def _layers(document: Mapping[str, Any]) -> str:
    """Return the medians of the layers, and the time that each adds to the one below it."""
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


def _own_threads(document: Mapping[str, Any]) -> str:
    rows = [
        [title(name), f"{each['1']:,}", f"{each['2']:,}", f"{each['ratio']:.2f}x"]
        for name, each in document["own_threads"].items()
    ]
    return markdown(["calls a second", "1 thread", "2 threads", "2 threads against 1"], rows)


def _batches(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table for each operation: a row for each size of the batch."""
    for operation, methods in document["batch"].items():
        loop = methods[LOOP]
        rows = [
            [f"{int(size):,}", *(f"{rates[size]:,} ({rates[size] / loop[size]:.2f}x)" for rates in methods.values())]
            for size in loop
        ]
        yield f"### {operation} in batches, items a second"
        yield markdown(["items", *methods], rows)


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Return a table with its first columns aligned to the left."""
    rule = ["---"] * left + ["--:"] * (len(heads) - left)
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in (heads, rule, *rows))


def terminal_tables(document: Mapping[str, Any]) -> Iterator[Table]:
    """Yield a table for each family: the figure of each operation and package, and its ratio to this package."""
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
