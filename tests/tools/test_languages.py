"""The documentation shows the code that the wrappers in other languages test."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

PAGE = ROOT / "docs" / "other-languages.md"
SECTIONS = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
HEADER = (ROOT / "include" / "pqc_ffi.h").read_text(encoding="utf-8")
JAVA = "java/src/main/java/qynauth/pqc"
SNIPPETS = {name: text for name, text in SECTIONS if "](../examples/" in text}


def without_indentation(text: str) -> str:
    """Return the lines without indentation, since a page shows the inside of a function."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


@pytest.mark.parametrize("language", SNIPPETS)
def test_snippet_is_part_of_the_example(language: str) -> None:
    """The file that the section links to has its lines, and the tests of the language run it."""
    section = SNIPPETS[language]
    [path] = re.findall(r"\]\(\.\./(examples/\S+\.\w+)\)", section)
    # Above it, C has a separate program, which the tests of the pages compile.
    *_, snippet = re.findall(r"^```(?!sh|cmake)\w+\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert without_indentation(snippet) in without_indentation((ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("language", "imported"), [("Go", "example.com/qynauth/pqc"), ("Node", "../pqc.js")])
def test_snippet_begins_with_its_imports(language: str, imported: str) -> None:
    """A reader sees where its names come from."""
    [imports] = re.findall(r"^```(?:go|js)\n(.*?)\n\n", SNIPPETS[language], re.DOTALL | re.MULTILINE)
    assert {line.split()[0] for line in imports.splitlines()} == {"import"}
    assert f'"{imported}"' in imports


@pytest.mark.parametrize(
    ("file", "constant"), [("node/pqc.js", r"(\w+): (\d+)"), (f"{JAVA}/Status.java", r"(\w+)\((\d+)\)")]
)
def test_statuses_match_the_header(file: str, constant: str) -> None:
    """Go takes them from the header itself; these two write them down."""
    source = (ROOT / "examples" / file).read_text(encoding="utf-8")
    written = dict(re.findall(rf"^ +{constant},$", source, re.MULTILINE))
    numbers = dict(re.findall(r"PQC_STATUS_(\w+) = (\d+),", HEADER))
    assert len(written) == 11
    assert written == {name: numbers[name] for name in written}


@pytest.mark.parametrize("file", ["node/native.js", f"{JAVA}/Native.java"])
def test_version_of_the_interface_matches_the_header(file: str) -> None:
    """A wrapper refuses a library with another version."""
    source = (ROOT / "examples" / file).read_text(encoding="utf-8")
    written = re.findall(r"\bABI_VERSION = (\d+);", source)
    assert written == re.findall(r"#define PQC_ABI_VERSION (\d+)", HEADER)
