"""`make nightly` runs all its parts, records them, and knows which parts changes concern."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from conftest import DEFAULT_BUILD, ROOT, SLOW

from tools import nightly

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def git(folder: Path, *arguments: str) -> None:
    """Run git as an author."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with three parts, one of which fails."""
    (tmp_path / "docs" / "results").mkdir(parents=True)
    (tmp_path / nightly.PAGE).write_text(f"# Nightly runs\n\n{nightly.MARK}", encoding="utf-8")
    (tmp_path / "engine").write_text("first", encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--message", "first")
    monkeypatch.setattr(nightly, "ROOT", tmp_path)
    monkeypatch.setattr(nightly, "PARTS", {"exit 3": "other", "test -e engine": "engine", "test -e docs": "other"})
    return tmp_path


def results() -> list[str]:
    """Return the recorded results."""
    return [each.result for each in nightly.recorded().values()]


def test_part_that_fails_stops_no_other(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Every part runs; the failed one decides the exit code, and the summary names it."""
    assert nightly.main() == 1
    assert results() == ["**failed**", "passed", "passed"]
    assert "| `test -e docs` | " in (project / nightly.PAGE).read_text(encoding="utf-8")
    assert re.search(r"^failed +0\.0 min  exit 3$", capfd.readouterr().out, re.MULTILINE)


@pytest.mark.usefixtures("project")
def test_next_run_on_the_commit_continues(capfd: pytest.CaptureFixture[str]) -> None:
    """Parts that passed do not run again, unless a word names them."""
    assert nightly.main("engine") == 0
    assert results() == ["passed"]
    assert nightly.main() == 1
    assert "2 of 3 parts ran" in capfd.readouterr().out
    assert nightly.main("engine", "docs") == 0
    assert "2 of 3 parts ran" in capfd.readouterr().out
    assert nightly.main("unknown") == 2


def test_run_of_changed_files_is_refused(project: Path) -> None:
    """The page would name a commit that was not tested."""
    (project / "engine").write_text("second", encoding="utf-8")
    assert nightly.main() == 2
    assert results() == []


def test_parts_that_changes_concern_are_named(project: Path) -> None:
    """A part is due if it failed, never ran, or a path that it names has changed; after a commit, all run again."""
    assert list(nightly.concerned()) == list(nightly.PARTS)
    assert nightly.main() == 1
    git(project, "commit", "--all", "--message", "the page")
    assert nightly.chosen([]) == ["exit 3"]
    (project / "engine").write_text("second", encoding="utf-8")
    assert list(nightly.concerned()) == ["exit 3", "test -e engine"]
    assert re.fullmatch(r"changed since \w+: engine", nightly.concerned()["test -e engine"])
    git(project, "commit", "--all", "--message", "second")
    assert nightly.chosen([]) == ["exit 3", "test -e engine", "test -e docs"]


def test_run_of_an_unknown_commit_counts_as_none(project: Path) -> None:
    """It was on a branch, or the clone is shallow."""
    nightly.record({"test -e engine": nightly.Run("0123456789abcdef", "2026-01-01", "1.0 min", "passed")})
    assert nightly.concerned()["test -e engine"] == "0123456789abcdef is not in this clone"
    assert (project / nightly.PAGE).exists()


@pytest.mark.parametrize("command", nightly.PARTS)
def test_part_has_a_target_and_paths_that_exist(command: str) -> None:
    """A path that was renamed would concern no part any more."""
    assert set(re.findall(r"make ([\w-]+)", command)) <= set(TARGETS)
    for path in nightly.PARTS[command].split():
        assert nightly.git("ls-files", "--", path), path


def test_every_platform_is_a_part() -> None:
    """A platform without a part would leave every check."""
    scripts = {f"make platform TARGET={each.stem}" for each in (ROOT / "tools/platforms/targets").glob("*.sh")}
    assert scripts == {each for each in nightly.PARTS if each.startswith("make platform")}


def test_page_has_a_row_for_each_part() -> None:
    """Its rows are those that the tool writes."""
    rows = re.findall(
        r"^\| `(make .+?)` \|", (ROOT / nightly.PAGE).read_text("utf-8").split(nightly.MARK)[1], re.MULTILINE
    )
    assert rows == list(nightly.PARTS)


@pytest.mark.parametrize("prefix", [*SLOW, *DEFAULT_BUILD])
def test_lists_of_conftest_name_tests_that_exist(prefix: str) -> None:
    """A test that was renamed would run where it cannot pass, or where it takes too long."""
    file, _, test = prefix.partition("::")
    sources = [
        path for path in (ROOT / "tests").rglob("test_*.py") if str(path.relative_to(ROOT / "tests")).startswith(file)
    ]
    name = test.partition("[")[0]
    assert any(f"def {name}" in path.read_text(encoding="utf-8") for path in sources)
