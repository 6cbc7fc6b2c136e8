"""`make platform` records its targets, and the page shows the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import run_target
from conftest import ROOT
from run_target import HERE, PAGE, Run, page, recorded

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = """platform: tested: tests of the crates
platform: passed: consumer.c
platform: passed: consumer.c
test result: ok. 1018 passed; 0 failed; 2 ignored; 0 measured; 1 filtered out; finished in 1.40s
test a_key_is_kept ... ok
test a_key_is_lost ... FAILED
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
SKIPPED [2] tests/test_key.py:90: no keys here
SKIPPED [1] tests/keys/test_key.py:94: no keys here
FAILED tests/test_key.py::test_key_is_kept[a long name] - AssertionError
=========== 1 failed, 30 passed, 4 skipped in 1.93s ===========
"""


def test_page_is_made_of_the_last_runs() -> None:
    """Nothing in it was written by hand."""
    assert PAGE.read_text(encoding="utf-8") == page(recorded())


def test_summaries_of_cargo_and_pytest_are_counted() -> None:
    """Failed tests are named, and repeated lines of a script count once."""
    run = Run("2026-01-01")
    for line in OUTPUT.splitlines():
        run.read(line)
    assert run.facts["not run"] == ["of `test_key.py`: no keys here"]
    assert run.failed == ["a_key_is_lost", "tests/test_key.py::test_key_is_kept[a long name]"]
    assert run.result() == f"1,049 tests passed, 6 skipped, consumer.c passed, **failed: {', '.join(run.failed)}**"


def test_script_that_fails_is_recorded_as_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is recorded even if it names no test."""
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "other.sh").write_text("echo platform: tested: nothing; exit 3\n", encoding="utf-8")
    monkeypatch.setattr(run_target, "HERE", tmp_path)
    monkeypatch.setattr(run_target, "RESULTS", tmp_path)
    monkeypatch.setattr(run_target, "PAGE", tmp_path / "page.md")
    assert run_target.main("other") == 1
    assert "| nothing |  | " in (text := (tmp_path / "page.md").read_text(encoding="utf-8"))
    assert "**failed: exit status 3**" in text


def test_excluded_tests_exist_and_have_a_reason() -> None:
    """Each row names targets that have a script, and a test with the modules that it is in."""
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "crates").rglob("*.rs")}
    for row in (HERE / "excluded").read_text(encoding="utf-8").splitlines()[1:]:
        targets, test, reason = row.split(maxsplit=2)
        assert all((HERE / "targets" / f"{target}.sh").is_file() for target in targets.split(","))
        *modules, name = test.split("::")
        place = "/".join(["", *modules[:-1]])  # without `tests`
        ends = (f"{place}.rs", f"{place}/mod.rs", f"{place}/tests.rs") if modules else (".rs",)
        assert [path for path, text in sources.items() if f"fn {name}(" in text and path.as_posix().endswith(ends)]
        assert reason
