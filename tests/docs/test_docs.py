"""The documentation is right: its code runs, its commands exist, its tables and links are correct."""

from __future__ import annotations

import doctest
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import owner
import pytest
from conftest import IS_PYPY, ROOT
from pages import TEXTS, blocks, lacks_package, run_shell, table, write_files, write_program

import qynauth_pqc
from qynauth_pqc import load_private_key_file
from qynauth_pqc._keys.parameter_sets import ROWS
from qynauth_pqc.cli.commands import app
from qynauth_pqc.cli.table import COMMANDS as COMMANDS_TO_LOAD
from qynauth_pqc.errors import STATUS_ERRORS
from qynauth_pqc.native import ffi, lib

README = TEXTS["README.md"]
CONVENTIONS, BATCH, LANGUAGES, COMMAND_LINE, SIZES = (
    TEXTS[f"docs/{name}.md"] for name in ("api-conventions", "batch", "other-languages", "command-line", "sizes")
)
NAMES = [name for _, name, _ in pkgutil.walk_packages(qynauth_pqc.__path__, "qynauth_pqc.")]
NAMES = [name for name in NAMES if name.rpartition(".")[2] not in {"__main__", "_native"}]
COMMANDS = re.findall(r"^gcc .*$", LANGUAGES, re.MULTILINE)
REQUIREMENTS = [path for name in ("bench", "examples", "tests", "tools") for path in (ROOT / name).rglob("*.txt")]
REQUIREMENTS = [path for path in REQUIREMENTS if path.name == "requirements.txt"]

SLOW = {"docs/validation.md"}  # it validates twice
WITH_PYTHON = [
    pytest.param(name, marks=[pytest.mark.nightly] * (name in SLOW))
    for name, text in TEXTS.items()
    if blocks(text, "python") and not lacks_package(name)
]


@pytest.mark.parametrize("name", WITH_PYTHON)
def test_python_of_each_page_runs(name: str, tmp_path: Path) -> None:
    """The blocks of a page run in order, as one program in a folder with its files, with warnings as errors."""
    write_files(name, tmp_path)
    command = [sys.executable, "-W", "error", str(write_program(name, tmp_path))]
    patient = os.environ | {"DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "1h"}  # or a busy machine has Dask warn
    result = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=False, env=patient)
    if IS_PYPY and (missing := re.search(r"No module named '(\w+)'", result.stderr)):
        importlib.import_module(missing[1])  # this skips the test, if nobody builds the module for PyPy
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_examples_of_each_module_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The docstrings of the package show what happens, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0


def test_public_classes_have_an_example() -> None:
    """Every class that a user makes or receives has an example, except for exceptions."""
    classes = [getattr(qynauth_pqc, name) for name in qynauth_pqc.__all__ if name[0].isupper()]
    shown = [each for each in classes if not issubclass(each, Exception)]
    assert [each.__name__ for each in shown if ">>>" not in (each.__doc__ or "")] == []


@pytest.mark.parametrize("command", COMMANDS, ids=["static library", "installed package"])
@pytest.mark.parametrize(
    ("page", "output"),
    [
        pytest.param(LANGUAGES, "success: 1184 bytes\n", id="other languages"),
        pytest.param(BATCH, "success, 0 0\n", id="batch"),
    ],
)
def test_c_examples_compile_and_run(page: str, output: str, command: str, tmp_path: Path) -> None:
    """Both commands of the page on other languages compile them without a warning."""
    source, *_ = blocks(page, "c")
    (tmp_path / "app.c").write_text(source, encoding="utf-8")
    for name in ("include", "target"):
        (tmp_path / name).symlink_to(ROOT / name)
    strict = command.replace("gcc ", "gcc -std=c99 -Wall -Wextra -Wpedantic -Werror ")
    result = run_shell(f'eval "{strict}"\n./app' if " " in str(ROOT) else f"{strict}\n./app", tmp_path)
    assert (result.returncode, result.stderr, result.stdout) == (0, "", output)


def test_commands_of_the_page_on_the_command_line_work(tmp_path: Path) -> None:
    """They run in order; both sides of the key exchange end with the same secret, and the file is decrypted.

    Signatures in another format than the plain one are tested with the formats.
    """
    result = run_shell("".join(each for each in blocks(COMMAND_LINE, "sh") if "--format" not in each), tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "sent.secret").read_bytes() == (tmp_path / "received.secret").read_bytes()
    assert (tmp_path / "received.txt").read_text(encoding="utf-8") == "Dear reader\n"
    assert (tmp_path / "signer.key").stat().st_mode & 0o777 == 0o600


def test_commands_of_the_page_on_composites_work(tmp_path: Path) -> None:
    """The commands run in order; the last one verifies the signature of the one before."""
    result = run_shell("".join(blocks(TEXTS["docs/composite.md"], "sh")), tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


def test_commands_of_the_page_on_key_files_work(tmp_path: Path) -> None:
    """The commands run in order, in an empty folder with a password; the last key equals the first."""
    (tmp_path / "password.txt").touch(mode=0o600)
    (tmp_path / "password.txt").write_text("correct horse\n", encoding="utf-8")
    result = run_shell("".join(blocks(TEXTS["docs/key-formats.md"], "sh")), tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    first, last = (load_private_key_file(tmp_path / name, b"correct horse") for name in ("signer.key", "imported.key"))
    assert first.seed() == last.seed()


def test_readme_begins_with_its_purpose_its_readers_and_its_trust() -> None:
    """The first ten lines say what the library is for, for whom, and that nobody has audited it; 12 links lead on."""
    begin = " ".join(README.splitlines()[:10])
    for words in (
        "Post-quantum cryptography for",
        "It is for developers who",
        "for trusting it",
        "no audit yet",
        "docs/limitations.md",
    ):
        assert words in begin
    assert len(re.findall(r"(?<!!)\[[^\]]*\]\([^)]+\)", README)) <= 12


def test_guide_has_at_most_60000_words() -> None:
    """The guide is the README and docs, without results of runs and the generated reference."""
    apart = ("docs/results/", "docs/reference/")
    guide = [name for name in TEXTS if name == "README.md" or (name.startswith("docs/") and not name.startswith(apart))]
    assert sum(len(TEXTS[name].split()) for name in guide) <= 60_000


@pytest.mark.parametrize("name", TEXTS)
def test_links_of_each_page_lead_somewhere(name: str) -> None:
    """Relative links name existing files; the text after a # is a heading of that page."""
    page = ROOT / name
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", TEXTS[name]):
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), target
        assert not anchor or anchor in headings(linked.read_text(encoding="utf-8")), target


def headings(text: str) -> set[str]:
    """Return the anchors of a page's headings."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def test_make_targets_of_the_pages_exist() -> None:
    """In code, a target of the Makefile follows "make" and any variables."""
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    code = "\n".join(
        span for text in TEXTS.values() for span in [*re.findall(r"`([^`\n]+)`", text), *blocks(text, "sh")]
    )
    named = set(re.findall(r"(?:^|\s)make(?: [A-Z]+=\S+)* ([a-z][a-z0-9-]*)", code, re.MULTILINE))
    assert {"demo", "test", "check", "header"} <= named
    assert named <= targets


def test_pages_name_the_least_cargo_that_the_dependencies_accept() -> None:
    """The lock file decides: a crate may demand a newer compiler than its users say."""
    host = re.findall("host: (.*)", subprocess.run(["rustc", "-vV"], text=True, capture_output=True, check=True).stdout)
    command = ["cargo", "metadata", "--locked", "--format-version=1", "--filter-platform", host[0]]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True).stdout)
    used = {node["id"] for node in metadata["resolve"]["nodes"]}
    demands = [package["rust_version"] for package in metadata["packages"] if package["id"] in used]
    least = max(tuple(map(int, demand.split(".")[:2])) for demand in demands if demand)
    named = {match for text in TEXTS.values() for match in re.findall(r"(?:cargo|than|say) (1\.\d+)\b", text)}
    assert named == {".".join(map(str, least))}


def test_page_on_sizes_has_every_algorithm() -> None:
    """The numbers equal the library's table."""
    columns = ["public_key", "private_key", "seed", "ciphertext", "signature", "shared_secret"]
    expected = {
        name: [row.security_category, *(getattr(row, f"{column}_bytes") for column in columns)]
        for name, row in ROWS.items()
    }
    found = {row[0]: [int(cell or 0) for cell in row[1:]] for row in table(SIZES) if row[1].isdigit()}
    assert found == expected


def test_pages_install_what_exists() -> None:
    """The package and its extras come from a checkout, never by a name that a stranger may own on an index."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = re.findall(r"pip install (?:\S+ )?'?\.(\[[^\]]*\])?", "\n".join(TEXTS.values()))
    assert {extra for each in named for extra in each.strip("[]").split(",") if extra} <= set(extras)
    paths = [*(ROOT / "qynauth_pqc").rglob("*.py"), *(ROOT / "tools").glob("*/*.sh"), ROOT / "Makefile"]
    paths += [*(ROOT / "tools").glob("*/*/*.sh"), *(ROOT / ".github").rglob("*.yml")]
    code = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    # A file is no name, and a version that is installed is not taken from an index.
    by_name = re.compile(r"pip3? install [^\n`]*?\bqynauth[-_]pqc(?!\S*(?:\.tar\.gz|==\$\(VERSION\)))", re.IGNORECASE)
    found = {name for name, text in (TEXTS | code).items() if by_name.search(text)}
    assert found == ({"README.md", "docs/getting-started.md"} if owner.values()["registered"] else set())
    assert not any("qynauth" in path.read_text(encoding="utf-8") for path in REQUIREMENTS)
    recipes = [text for name, text in TEXTS.items() if name.startswith("docs/recipes/")]
    assert all("Prerequisites: the [library](../getting-started.md#install)" in text for text in recipes)


def test_page_on_the_command_line_has_every_command() -> None:
    """The table has every command, in any order, also those of artefacts and auth."""
    cells = [row[0].replace("`", "") for row in table(COMMAND_LINE.partition("\n## ")[0])[2:]]
    assert sorted(", ".join(cells).split(", ")) == sorted({*app.list_commands(click.Context(app)), *COMMANDS_TO_LOAD})


def test_conventions_list_every_status() -> None:
    """Each has its number, text and exception, in the order of the header."""
    expected = [
        [str(code), name, ffi.string(lib.ffi_status_message(code)).decode(), exception(name)]
        for code, name in sorted(ffi.typeof("PqcStatus").elements.items())
    ]
    assert [row for row in table(CONVENTIONS) if row[0].isdigit()] == expected


def exception(status: str) -> str:
    """Return the name of a status's exception, nothing for success."""
    return STATUS_ERRORS[status].__name__ if status in STATUS_ERRORS else ""
