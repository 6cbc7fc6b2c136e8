"""The wrappers in other languages: what the documentation shows of them is what they test."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

PAGE = ROOT / "docs" / "other-languages.md"
SECTIONS = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
SNIPPETS = {name: text for name, text in SECTIONS if "](../examples/" in text}


def without_indentation(text: str) -> str:
    """Return the lines without what stands around them, since a page shows the inside of a function."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


@pytest.mark.parametrize("language", SNIPPETS)
def test_snippet_is_part_of_the_example(language: str) -> None:
    """The file that the section links to has its lines, and the tests of the language run it."""
    section = SNIPPETS[language]
    [path] = re.findall(r"\]\(\.\./(examples/\S+\.\w+)\)", section)
    [snippet] = re.findall(r"^```\w+\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert without_indentation(snippet) in without_indentation((ROOT / path).read_text(encoding="utf-8"))
