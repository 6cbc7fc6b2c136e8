"""The command `qynauth-pqc validate` has the right exit code and output, and reads and writes the right files."""

from __future__ import annotations

import importlib
import json
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
import zlib
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command_line import call, folder, run, run_on_terminal
from quick_validation import one_slhdsa
from test_validation_regression import Library, accept_all

from qynauth_pqc import MLKEMPrivateKey
from qynauth_pqc.validation import monitoring as part_3
from qynauth_pqc.validation import optimization as part_5
from qynauth_pqc.validation import performance as part_2
from qynauth_pqc.validation import regression as part_1
from qynauth_pqc.validation.baseline import Baseline, BaselineError, compare
from qynauth_pqc.validation.memory import memory, repeated_operations
from qynauth_pqc.validation.run import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["folder", "one_slhdsa"]  # pytest uses them

OPERATIONS = [*part_2.timed_operations()]
MEDIANS = dict.fromkeys(OPERATIONS, 1e6)  # a second each, so that every computer is faster
NO_LIMIT = ("--limit", "1e6")  # for tests that are not about the limit, and must pass on every computer


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch, one_slhdsa: None) -> None:  # noqa: ARG001 - the fixture
    """Use fewer repetitions and algorithms, and ratios that no clock decides."""
    monkeypatch.setattr(part_2, "_BLOCKS", 1)
    monkeypatch.setattr(part_3, "_ROUNDS", 2)
    monkeypatch.setattr(part_5, "_TURNS", 2)
    monkeypatch.setattr(part_5, "_ratio", lambda _fast, _slow: 2.0)
    monkeypatch.setattr("qynauth_pqc.validation.memory.memory", partial(memory, rounds=50))


@pytest.mark.nightly  # `make validate` runs it as well
def test_installed_command_passes_and_writes_what_was_asked_for() -> None:
    """It prints a line for each part, writes a baseline and a picture, and no error."""
    importlib.import_module("matplotlib")  # it skips the test on PyPy
    result = run("validate", *NO_LIMIT, "--save", "new.json", "--plot", "times.png")
    assert (result.returncode, result.stderr) == (0, b"")
    lines = result.stdout.decode("ascii").splitlines()
    assert [line.partition(": ")[0] for line in lines[:5]] == [f"{n}. {title}" for n, title in enumerate(PARTS, 1)]
    assert [line.partition(": ")[2].split()[0] for line in lines[:5]] == ["PASSED"] * 5
    assert [name for name in OPERATIONS if not any(line.startswith(name) for line in lines)] == []
    assert lines[-1] == "All 5 parts passed."
    assert [*Baseline.from_json(Path("new.json").read_text()).medians_us] == OPERATIONS
    assert chunks_of_png(Path("times.png").read_bytes())[:1] == [b"IHDR"]


def chunks_of_png(data: bytes) -> list[bytes]:
    """Return the kinds of the chunks of a PNG file after checking their sums and, by unpacking them, the pixels."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, kinds, pixels = 8, [], b""
    while place < len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        body = data[place + 8 : place + 8 + size]
        assert zlib.crc32(kind + body) == struct.unpack_from(">I", data, place + 8 + size)[0]
        place, pixels = place + 12 + size, pixels + (body if kind == b"IDAT" else b"")
        kinds.append(kind)
    assert len(zlib.decompress(pixels)) > 100_000
    return kinds


@pytest.mark.usefixtures("_quick")
def test_json_has_every_part_and_figure() -> None:
    """Programs read the same figures."""
    Path("old.json").write_text(Baseline.of(MEDIANS).to_json())
    result = call("validate", *NO_LIMIT, "--json", "--baseline", "old.json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["passed"], result.stderr) == (0, True, "")
    assert [part["title"] for part in document["parts"]] == [*PARTS]
    assert [part["failures"] for part in document["parts"]] == [[]] * 5
    figures = document["parts"][1]["figures"]["operations"]
    assert [*figures] == [*document["baseline"]["figures"]["ratios"]] == OPERATIONS
    assert {*figures["ML-DSA-65 sign"]} == {"mean_us", "p50_us", "p99_us"}


def careless(done: Counter[tuple[str, str, str]]) -> None:
    """Do more than is written down."""
    MLKEMPrivateKey.generate("ML-KEM-512")
    part_3.work(done)


def leaking() -> dict[str, Callable[[], object]]:
    """Return operations; one of them keeps its keys."""
    kept: list[object] = []
    return {**repeated_operations(), "leak": lambda: kept.append(MLKEMPrivateKey.generate())}


FAULTS: dict[int, tuple[str, Callable[..., Any]]] = {
    1: ("regression.regression", partial(part_1.regression, Library(pqc_verify=accept_all))),
    3: ("monitoring.monitoring", partial(part_3.monitoring, careless)),
    4: ("memory.memory", lambda: memory(leaking(), rounds=50)),
    5: ("optimization._ratio", lambda _fast, _slow: 0.5),
}
if part_5.best_path() == "portable":
    del FAULTS[5]


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("number", FAULTS)
def test_part_that_fails_exits_1(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part has a real fault, and only its line says FAILED."""
    name, faulty = FAULTS[number]
    monkeypatch.setattr(f"qynauth_pqc.validation.{name}", faulty)
    result = call("validate", *NO_LIMIT)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "1 of 5 FAILED.")
    assert re.findall(r"^(\d)\. .*: FAILED ", result.stdout, re.MULTILINE) == [str(number)]


@pytest.mark.usefixtures("_quick")
def test_median_over_the_limit_exits_1() -> None:
    """The limit can be set, and every operation takes more than a nanosecond."""
    result = call("validate", "--limit", "0.000001")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "1 of 5 FAILED.")
    assert "the median of" in result.stdout
    assert "and 8 more" in result.stdout


@pytest.mark.usefixtures("_quick")
def test_operation_that_became_slower_exits_1() -> None:
    """One figure of the baseline is a nanosecond; its ratio is in the table, and only its line fails."""
    Path("old.json").write_text(Baseline.of(MEDIANS | {"ML-KEM-768 keygen": 0.001}).to_json())
    result = call("validate", *NO_LIMIT, "--baseline", "old.json", "--factor", "2")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "1 of 6 FAILED.")
    assert re.findall(r"^ +(.*) is [0-9.]+ x slower than in the baseline$", result.stdout, re.MULTILINE) == [
        "ML-KEM-768 keygen"
    ]
    assert "now/baseline" in result.stdout


def test_comparison_fails_for_what_grew_beyond_the_factor_or_vanished() -> None:
    """New operations do not fail, nor do those exactly at the limit."""
    old = Baseline.of({"a": 10.0, "b": 10.0, "c": 10.0})
    assert compare(old, {"a": 50.0, "b": 1.0, "c": 10.0, "new": 1.0}).passed
    result = compare(old, {"a": 50.1, "b": 10.0})
    assert result.failures == ("c is no longer measured", "a is 5.01 x slower than in the baseline")
    assert compare(old, {"a": 50.1, "b": 10.0, "c": 1.0}, factor=6).figures == {
        "factor": 6,
        "ratios": {"a": 5.01, "b": 1.0, "c": 0.1},
    }
    assert not compare(old, {}).passed


def test_baseline_is_the_same_after_it_was_written() -> None:
    """It has a version, and names the library, the code path and the machine."""
    made = Baseline.of(MEDIANS)
    assert Baseline.from_json(made.to_json()) == made
    assert json.loads(made.to_json())["version"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        b"\xff\xfe\xff",
        Baseline.of({}).to_json(),
        Baseline.of({"a": 0.0}).to_json(),
        Baseline.of({"a": float("inf")}).to_json(),
        Baseline.of({"a": float("nan")}).to_json(),
        Baseline.of({"a": 1.0}).to_json().replace("1.0", '"fast"'),
        Baseline.of({"a": 1.0}).to_json().replace("validation baseline", "something else"),
        Baseline.of({"a": 1.0}).to_json().replace('"version": 1', '"version": 2'),
    ],
    ids=range(12),
)
def test_file_that_is_no_baseline_is_refused_before_the_work(text: str | bytes) -> None:
    """It is one line of usage and exit code 2, and in Python one kind of error."""
    Path("bad.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    result = call("validate", "--baseline", "bad.json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: invalid value for '--baseline': bad.json: ")
    assert "write " in result.stderr
    with pytest.raises(BaselineError, match=r"^(not a baseline|expected a baseline of version)"):
        Baseline.from_json(text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--plot", "times.pdf"], "error: invalid value for '--plot': the name must end with .png or .svg"),
        (["--plot", "-"], "error: invalid value for '--plot': expected a named file"),
        (["--save", "-"], "error: invalid value for '--save': expected a named file"),
        (["--save", "message"], "error: message: exists already; --force replaces it"),
        (["--save", "nowhere/file"], "error: nowhere/file: its directory does not exist; make it first"),
        (["--plot", "new.svg", "--save", "new.svg"], "error: new.svg: named twice; write each result to its own file"),
        (["--baseline", "missing"], "error: missing: No such file or directory; check the path"),
        (["--limit", "0"], "invalid value for '--limit'"),
        (["--factor", "0.5"], "invalid value for '--factor'"),
    ],
)
def test_wrong_usage_exits_2_before_the_work(arguments: list[str], message: str) -> None:
    """Nobody waits for a validation with a result that cannot be written."""
    result = call("validate", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.usefixtures("_quick")
def test_plot_is_an_svg_with_every_parameter_set() -> None:
    """An existing file is replaced on request."""
    Path("times.svg").write_text("old")
    assert call("validate", *NO_LIMIT, "--plot", "times.svg", "--force").exit_code == 0
    picture = Path("times.svg").read_text(encoding="utf-8")
    assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - it is our own
    shown = {
        title for title in ("ML-KEM-512", "ML-DSA-87", "ML-KEM keygen", "ML-DSA sign") if f"<!-- {title} -->" in picture
    }
    assert shown == {"ML-KEM-512", "ML-DSA-87", "ML-KEM keygen", "ML-DSA sign"}


def test_plot_without_its_extra_is_one_sentence() -> None:
    """It names the extra, before the work; without --plot, matplotlib is not missed."""
    code = "import sys; sys.modules['matplotlib'] = None; from qynauth_pqc.cli import main; main()"
    command = [sys.executable, "-c", code, "validate", "--plot", "times.svg"]
    result = subprocess.run(command, capture_output=True, check=False)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.startswith(b"error: a plot needs matplotlib: pip install 'matplotlib>=3.8'\n")
    assert subprocess.run([*command[:4], "--help"], capture_output=True, check=False).returncode == 0


@pytest.mark.nightly
def test_terminal_gets_a_bar_and_colour() -> None:
    """The bar is on a terminal only: the piped runs above have nothing on standard error."""
    code, received = run_on_terminal("validate", *NO_LIMIT)
    assert code == 0
    assert "━".encode() in received
    assert [title for title in PARTS if received.count(title.encode()) < 2] == []
    assert b"\x1b[32mPASSED" in received
