"""The benchmark measures the right operations fairly, and its pages show its results."""

from __future__ import annotations

import copy
import json
import platform
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cluster
import composite
import engine
import matplotlib as mpl
import pytest
from adapters import OURS, load
from conftest import ROOT
from key_checks import CHECKS, refusals
from matplotlib.backends.backend_agg import FigureCanvasAgg
from operations import Pair, WrongResultError, check_dsa, check_kem
from page import fill, fill_page, regions
from peers import PAGES, to_json
from plots import COLOURS, DARK, DRAWINGS, INK, LONGEST, PAPER, SETTINGS
from results import (
    FOLDER,
    HEADLINES,
    IncompleteError,
    check_complete,
    documents,
    figure,
    file_name,
    machine,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.nightly

RUNS = documents(ROOT / FOLDER)


@pytest.fixture
def document() -> dict[str, Any]:
    """Return a copy of the results that the pages show in full."""
    return copy.deepcopy(shown(RUNS))


def test_package_with_a_wrong_secret_is_not_timed() -> None:
    """Decapsulation must recover the secret of the sender."""
    package = load(OURS)
    kem = replace(package.kem["ML-KEM-768"], decapsulate=lambda _key, _ciphertext: bytes(32))
    with pytest.raises(WrongResultError, match="qynauth_pqc does not recover a shared secret of ML-KEM-768"):
        check_kem(package, "ML-KEM-768", kem, Pair.of(kem.keys))


@pytest.mark.parametrize("verify", [lambda *_: True, lambda *_: False], ids=["accepts all", "accepts nothing"])
def test_package_that_verifies_wrongly_is_not_timed(verify: Callable[..., bool]) -> None:
    """It must accept its own signature, and refuse the signature of another message."""
    package = load(OURS)
    dsa = replace(package.dsa["ML-DSA-44"], verify=verify)
    with pytest.raises(WrongResultError, match="qynauth_pqc does not verify ML-DSA-44 rightly"):
        check_dsa(package, "ML-DSA-44", dsa, Pair.of(dsa.keys))


def test_checks_of_keys_are_observed() -> None:
    """This package makes every check; a package that takes every key makes none, and some are not judged."""
    ours = load(OURS)
    assert refusals([ours]) == {OURS: dict.fromkeys(CHECKS, True)}
    kem, dsa = ours.kem["ML-KEM-768"], ours.dsa["ML-DSA-65"]
    careless = replace(
        ours,
        kem={
            "ML-KEM-768": replace(
                kem, keys=replace(kem.keys, load_public=None), encapsulate=lambda _: (b"", b"ciphertext")
            )
        },
        dsa={"ML-DSA-65": replace(dsa, keys=replace(dsa.keys, expanded=None))},
    )
    assert refusals([careless])[OURS] == {"modulus": False, "hash": True}


def test_machine_is_described_without_its_name() -> None:
    """The description has processor, cores and Python, but neither a host name nor a path."""
    text = json.dumps(machine())
    assert platform.python_version() in text
    assert platform.node() not in text
    assert "/" not in text


@pytest.mark.parametrize("name", PAGES)
def test_page_shows_the_results(name: str) -> None:
    """The committed page equals the output for the committed results."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert fill_page(text, RUNS) == text


@pytest.mark.parametrize("program", [cluster, composite, engine], ids=["cluster", "composite", "engine"])
def test_page_shows_the_results_of_a_program(program: Any) -> None:
    """The results of bench/cluster.py, bench/composite.py and bench/engine.py are shown too."""
    text = (ROOT / program.PAGE).read_text(encoding="utf-8")
    found = json.loads((ROOT / program.RESULTS).read_text(encoding="utf-8"))
    assert fill(text, program.regions(found)) == text


STEADY = {"minimum": 9.0, "median": 10.0, "mean": 11.0, "round": 11.0, "calls": 2, "quantiles": [9.0, 12.0]}


@pytest.mark.parametrize(
    ("column", "wrong", "fault"),
    [
        pytest.param(composite.OURS, {"minimum": 11.0}, "set sign of composite cannot be", id="least above median"),
        pytest.param(composite.BY_HAND, {"round": 21.0}, "set sign of by hand cannot be", id="another process"),
        pytest.param(
            "ML-DSA", {"round": 13.0}, "set sign of ML-DSA takes 1.18x as long as composite", id="half, ML-DSA"
        ),
        pytest.param("classical", {"round": 13.0}, "set sign of classical takes 1.18x as long as by hand", id="half"),
    ],
)
def test_impossible_composite_is_refused(column: str, wrong: dict[str, float], fault: str) -> None:
    """A run with another process, or with a half that takes longer than the whole, is not written."""
    times = {"set sign": dict.fromkeys(composite.COLUMNS, STEADY)}
    composite.check_possible(times)
    times["set sign"][column] = STEADY | wrong
    with pytest.raises(IncompleteError, match=fault):
        composite.check_possible(times)


def test_cluster_on_a_busy_machine_is_refused() -> None:
    """A run is not written if its process waited for another one."""
    cluster.check_possible({"rates": {"process": 100}, "undisturbed": 114})
    with pytest.raises(IncompleteError, match="100 rows a second, and 121 in a second of processor time"):
        cluster.check_possible({"rates": {"process": 100}, "undisturbed": 121})


def counted(document: dict[str, Any]) -> int:
    """Return how many operations the summary counts."""
    _, _, after = regions([document])["summary"].partition(" is the fastest in ")
    return int(after.split()[2])


def test_operation_of_this_package_alone_is_not_counted(document: dict[str, Any]) -> None:
    """The fastest of the wheels is counted where there are two."""
    name = "ML-KEM-768 keygen"
    before = counted(document)
    document["times"][name] = {OURS: document["times"][name][OURS]}
    assert counted(document) == before - 1


@pytest.mark.parametrize("run", RUNS, ids=file_name)
def test_results_are_complete(run: dict[str, Any]) -> None:
    """The text of the committed results is read back unchanged."""
    check_complete(run)
    assert to_json(run) == (ROOT / FOLDER / file_name(run)).read_text(encoding="utf-8")


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, by WCAG 2.2: 1 to 21."""
    channels = [[int(each[at : at + 2], 16) / 255 for at in (1, 3, 5)] for each in (one, other)]
    linear = [[c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in each] for each in channels]
    dim, bright = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in linear)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("name", DRAWINGS)
def test_picture_is_readable_on_a_light_a_dark_and_a_narrow_page(name: str) -> None:
    """The file switches its ink and paper, bars and lines contrast with both, and a phone does not shrink it much."""
    text = (ROOT / FOLDER / name).read_text(encoding="utf-8")
    style = re.findall(r"@media \(prefers-color-scheme: dark\) \{(.*?)\}</style>", text)
    assert all(f"{each}: {dark} !important" in style[0] for dark in DARK.values() for each in ("fill", "stroke"))
    assert re.findall(r'<text[^>]*style="(?![^"]*fill: #1f2328)[^>]*>', text) == []
    assert set(re.findall(r"#[0-9a-f]{6}", text)) <= {*DARK, *DARK.values(), *COLOURS}
    assert contrast(INK, PAPER) > 7 < contrast(DARK[INK], DARK[PAPER])
    assert all(contrast(each, paper) >= 3 for each in COLOURS for paper in (PAPER, DARK[PAPER]))
    points = float(re.findall(r'<svg[^>]* width="([\d.]+)pt"', text)[0])
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", text)]
    assert min(sizes) * min(1, 358 / (points * 4 / 3)) * 4 / 3 >= 9  # CSS pixels, with margins of 16 on 390


def test_a_bar_is_broken_where_it_is_cut(document: dict[str, Any]) -> None:
    """The mark is within the bar, and its figures stand after it."""
    with mpl.rc_context(SETTINGS):
        drawn: Any = DRAWINGS["operations.svg"](document)
    for panel, operation in zip(drawn.axes, HEADLINES, strict=True):
        times = document["times"][operation]
        limit = LONGEST * figure(operation, times[OURS])
        cut = sum(figure(operation, each) > limit for each in times.values())
        ends = [bar.get_width() for bar in panel.patches]
        assert (cut > 0, sum(end == limit for end in ends), len(panel.lines)) == (True, cut, cut)
        assert all(0 < x < limit for line in panel.lines for x in line.get_xdata())
        assert max(panel.get_xticks()) <= max(ends) < min(text.get_position()[0] for text in panel.texts[:cut])


@pytest.mark.parametrize("name", DRAWINGS)
def test_picture_shows_all_that_it_draws(name: str, document: dict[str, Any]) -> None:
    """Every value is within the axes, and every legend and text within the figure."""
    with mpl.rc_context(SETTINGS):
        drawn: Any = DRAWINGS[name](document)
        canvas: Any = FigureCanvasAgg(drawn)
        canvas.draw()
    for panel in drawn.axes:
        low, high = sorted(panel.get_ylim())
        left, right = sorted(panel.get_xlim())
        for line in panel.lines:
            assert all(low <= value <= high for value in line.get_ydata())
            assert all(left <= value <= right for value in line.get_xdata())
        assert all(left <= bar.get_width() <= right for bar in panel.patches)
    shown_texts = [
        text for panel in drawn.axes if panel.axison for text in (panel.title, panel._right_title, *panel.texts)
    ]
    legends = [*drawn.legends, *(panel.get_legend() for panel in drawn.axes if panel.get_legend())]
    for artist in (*legends, *shown_texts):
        extent = artist.get_window_extent()
        assert drawn.bbox.x0 <= extent.x0 <= extent.x1 <= drawn.bbox.x1
        assert drawn.bbox.y0 <= extent.y0 <= extent.y1 <= drawn.bbox.y1
