"""The output of the command line is text, JSON or a table, and fits its streams."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from command_line import COMMAND, call, folder, keygen, run, run_on_terminal
from conftest import COMPOSITE, HYBRID, MLDSA, MLKEM, SLHDSA, XWING, Sizes

from qynauth_pqc import __version__
from qynauth_pqc._keys.options import CODE_PATHS
from qynauth_pqc.cli import demo as demonstration
from qynauth_pqc.cli.show import demo_text

__all__ = ["folder"]  # pytest uses it for every test here


NAMES = [sizes.name for sizes in (*MLKEM, *MLDSA, XWING, *HYBRID, *COMPOSITE, *SLHDSA)]
ESCAPE = b"\x1b"


def test_json_of_file_commands_names_every_file(kem: Sizes) -> None:
    """It has the algorithm, and the path and size of every written file."""
    made = call("keygen", kem.name, "--private", "a", "--public", "b", "--format", "raw", "--json")
    sent = call("encapsulate", "--key", "b", "--algorithm", kem.name, "--ciphertext", "c", "--secret", "s", "--json")
    assert json.loads(made.stdout) == {
        "algorithm": kem.name,
        "private_key": {"path": "a", "bytes": kem.seed},
        "public_key": {"path": "b", "bytes": kem.public_key},
    }
    assert json.loads(sent.stdout) == {
        "algorithm": kem.name,
        "ciphertext": {"path": "c", "bytes": kem.output},
        "shared_secret": {"path": "s", "bytes": 32},
    }


def test_json_of_signing_and_verifying_says_whether_it_is_valid(dsa: Sizes) -> None:
    """A bad signature is a result, reported on standard output with exit code 1."""
    keygen(dsa.name, "--form", "expanded")
    signed = call("sign", "--key", "key.private", "message", "--json")
    good = call("verify", "--key", "key.public", "message", "--json")
    bad = call("verify", "--key", "key.public", "--context", "other", "message", "--json")
    expected = {"algorithm": dsa.name, "signature": {"path": "message.sig", "bytes": dsa.output}}
    assert json.loads(signed.stdout) == expected
    verdict = {"message": "message", "valid": True, "algorithm": dsa.name}
    assert (good.exit_code, json.loads(good.stdout)) == (0, verdict)
    assert (bad.exit_code, json.loads(bad.stdout), bad.stderr) == (1, {"message": "message", "valid": False}, "")


@pytest.fixture
def _forced_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the variables that make other programs colourful."""
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.setenv(name, "1")


@pytest.mark.usefixtures("_forced_colour")
def test_demo_of_a_file_shows_every_set(root: Path) -> None:
    """It runs on a file of this project, with a table for each family and no escape codes in a pipe."""
    result = run("demo", root / "pyproject.toml")
    assert (result.returncode, result.stderr, ESCAPE in result.stdout) == (0, b"", False)
    lines = result.stdout.decode("ascii").splitlines()
    assert [
        line.split()[0]
        for line in lines
        if line.startswith(("ML-KEM-", "ML-DSA-", "X-Wing ", "MLKEM", "MLDSA", "SLH-DSA-"))
    ] == NAMES
    assert [line for line in lines if line.startswith("FAILED")] == []
    assert lines[-1] == "All 81 checks hold."


@pytest.mark.parametrize(
    ("microseconds", "shown"), [(5.4, "5.4"), (10_000, "10000.0"), (10_060, "10.1 ms"), (838_823.4, "838.8 ms")]
)
def test_demo_shows_long_times_in_ms(microseconds: float, shown: str) -> None:
    """A reader need not count the digits of a slow signature."""
    trial = demonstration.Trial("ML-KEM-512", {"seed": 64}, {"keygen": microseconds}, {})
    families = {name: [trial] for name in demonstration.FAMILIES}
    lines = demo_text(demonstration.Demo("file", 1, 25, families), "library").splitlines()
    assert [line.split()[2:] for line in lines if line.startswith("ML-KEM-512")] == [shown.split()] * len(families)


@pytest.fixture
def _without_slhdsa(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the family that takes most of the time; the tests above and below have it."""
    monkeypatch.delitem(demonstration.FAMILIES, "slh_dsa")


@pytest.mark.usefixtures("_without_slhdsa")
@pytest.mark.parametrize("content", [b"", b"x", bytes(1 << 20)], ids=["empty", "one byte", "1 MiB"])
def test_demo_takes_any_file(content: bytes) -> None:
    """An empty file has tampered copies too, and a large one is timed less often."""
    Path("file").write_bytes(content)
    result = json.loads(call("demo", "file", "--json").stdout)
    assert (result["holds"], result["file_bytes"]) == (True, len(content))
    assert result["runs"] == (3 if len(content) >= 1 << 20 else 25)


@cache
def demo_as_json() -> bytes:
    """Return the output of the demonstration without a file."""
    return run("demo", "--json").stdout


def test_demo_without_a_file_shows_sizes_and_times_as_json(kem: Sizes) -> None:
    """Sizes match the standard, and every operation took some time."""
    result = json.loads(demo_as_json())
    trial = next(each for each in result["ml_kem"] if each["algorithm"] == kem.name)
    sizes = ("public_key", kem.public_key), ("private_key", kem.private_key), ("seed", kem.seed)
    assert trial["sizes"] == dict((*sizes, ("ciphertext", kem.output), ("secret", 32)))
    assert set(trial["microseconds"]) == {"keygen", "encaps", "decaps"}
    assert all(time > 0 for time in trial["microseconds"].values())


def test_demo_shows_the_sizes_of_xwing() -> None:
    """The sizes match the draft; the private key is the seed."""
    (trial,) = json.loads(demo_as_json())["x_wing"]
    assert trial["sizes"] == {"public_key": 1216, "seed": 32, "ciphertext": 1120, "secret": 32}


def test_demo_shows_the_sizes_of_composites(composite: Sizes) -> None:
    """The sizes match the draft; there is no seed, and the signature has its longest size."""
    trial = next(each for each in json.loads(demo_as_json())["composite"] if each["algorithm"] == composite.name)
    assert trial["sizes"].pop("signature") <= composite.output
    assert trial["sizes"] == {"public_key": composite.public_key, "private_key": composite.private_key}


@pytest.mark.usefixtures("_without_slhdsa")
def test_demo_that_does_not_hold_exits_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """If verification accepted everything, the demonstration would report it and fail."""
    monkeypatch.setattr(demonstration, "is_valid", lambda *_arguments: True)
    result = call("demo")
    assert result.exit_code == 1
    assert "FAILED  a tampered signature is refused (not for ML-DSA-44, ML-DSA-65, ML-DSA-87)" in result.stdout
    assert result.stdout.endswith("18 of 45 FAILED.\n")


@pytest.mark.parametrize("arguments", [["demo"], ["info"]])
def test_terminal_gets_colour_within_its_width(arguments: list[str]) -> None:
    """Colour is for terminals, and the tables fit 80 columns, so no column name is cut."""
    code, received = run_on_terminal(*arguments)
    assert code == 0
    assert ESCAPE in received
    assert "…" not in received.decode()


@pytest.mark.usefixtures("_forced_colour")
def test_colour_cannot_be_forced_into_a_pipe() -> None:
    """Variables that make other programs colourful change nothing. `demo` is above."""
    results = [run("info"), run("--help"), run("nonsense")]
    assert not any(ESCAPE in result.stdout + result.stderr for result in results)


def test_binary_data_is_not_written_to_a_terminal() -> None:
    """A raw key would only disturb the terminal."""
    code, received = run_on_terminal("keygen", "ML-KEM-512", "--private", "key", "--public", "-")
    assert (code, received) == (
        2,
        b"error: standard output: a terminal takes no binary data; name a file or redirect it\r\n",
    )
    assert not Path("key").exists()


def test_info_shows_versions_and_algorithms() -> None:
    """Text and JSON show the same facts."""
    text, parsed = call("info").stdout, json.loads(run("info", "--json").stdout)
    assert (parsed["library"], parsed["abi"], sorted(parsed["algorithms"])) == (__version__, 2, sorted(NAMES))
    assert parsed["code_path"] in CODE_PATHS
    assert parsed["engine"] == "simd"
    named = [line.split("  ")[0].replace(" ", "_") for line in text.splitlines() if not line.startswith(" ")]
    assert named == list(parsed)
    assert " ".join(parsed["algorithms"]) in " ".join(text.split())


def test_version_matches_the_library() -> None:
    """--version is one line, and the module can be run like the command."""
    module = subprocess.run([sys.executable, "-m", "qynauth_pqc", "--version"], capture_output=True, check=True)
    assert (run("--version").stdout, module.stdout) == (f"qynauth-pqc {__version__}\n".encode(),) * 2


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_missing_extra_is_one_sentence(missing: str) -> None:
    """Without the extra, the command names the packages to install."""
    code = f"import sys; sys.modules[{missing!r}] = None; from qynauth_pqc.cli import main; main()"
    command = [sys.executable, "-c", code, "info"]
    result = subprocess.run(command, capture_output=True, check=False)
    expected = b"error: the command line needs click and rich: pip install 'click>=8.1' 'rich>=13'\n"
    assert (result.returncode, result.stdout, result.stderr) == (2, b"", expected)
    with Path("/dev/full").open("wb") as full:
        assert subprocess.run(command, stderr=full, check=False).returncode == 2


def test_package_imports_nothing_of_the_command_line() -> None:
    """Programs that import the library do not load the command."""
    code = "import sys, qynauth_pqc; print([n for n in sys.modules if 'cli' in n.split('.')[-1] or n == 'rich'])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout == b"[]\n"


@pytest.mark.parametrize("module", ["commands", "encryption", "signing"])
def test_commands_that_write_files_import_neither_rich_nor_the_validation(module: str) -> None:
    """Both take longer to import than most of these commands run."""
    code = f"import sys, qynauth_pqc.cli.{module}; print([n for n in sys.modules if n == 'rich' or 'validation' in n])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_options_of_the_validation_do_not_import_its_parts() -> None:
    """Only modules for options and timing are imported: the parts take long to import."""
    code = "import sys, qynauth_pqc.cli.validate; print([n for n in sys.modules if '_pqc.validation.' in n])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.rpartition(".")[2] for name in ast.literal_eval(result.stdout)}
    assert loaded == {"baseline", "performance", "plot", "result"}


def test_full_output_is_one_line_on_standard_error() -> None:
    """A disk without space is an error, and Python adds nothing at its exit."""
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run([COMMAND, "info"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (result.returncode, result.stderr) == (2, b"error: No space left on device; free some space\n")


def test_closed_pipe_is_silent() -> None:
    """`qynauth-pqc info | head` ends like any other command."""
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run([COMMAND, "info"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (result.returncode, result.stderr) == (2, b"")
