"""On the site, every page has its place, every public name has its entry, and links survive the move."""

from __future__ import annotations

import ast
import importlib
import re

import api_pages
import pytest
from conftest import ROOT
from page_links import ROOT_PAGES, rewrite

import qynauth_pqc

PAGES = api_pages.pages(ROOT / "qynauth_pqc")
NAVIGATION = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("nav:")[2].partition("\n\n")[0]


def test_every_page_is_in_the_navigation_once() -> None:
    """A page is there by its name or its folder; the navigation names nothing else."""
    folders = {folder.name for folder in (ROOT / "docs").iterdir() if f"{folder.name}/" in NAVIGATION}
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    alone = {page for page in pages if page.partition("/")[0] not in folders}
    named = re.findall(r"(\S+\.md)$", NAVIGATION, re.MULTILINE)
    assert sorted(named) == sorted(alone | set(ROOT_PAGES.values()))


def test_every_public_name_is_in_the_reference() -> None:
    """Each export of a public module is on exactly one page, by a name that can be imported."""
    documented = [name for page in PAGES for name in page.names]
    objects = {id(value) for value in map(imported, documented)}
    modules = ["qynauth_pqc", *(f"qynauth_pqc.{name}" for name in api_pages.public_modules(ROOT / "qynauth_pqc"))]
    for module in map(importlib.import_module, modules):
        names = [name for name in module.__all__ if not name.startswith("__")]
        assert [name for name in names if id(getattr(module, name)) not in objects] == []
    assert len(documented) == len(set(documented))
    assert {f"qynauth_pqc.{name}" for name in qynauth_pqc.__all__ if name[0] != "_"} <= set(documented)


def test_each_page_of_the_reference_has_a_title() -> None:
    """Below the core, it is the beginning of the docstring of the module."""
    titles = {page.module: page.title for page in PAGES}
    assert len(set(titles.values())) == len(titles)
    for module, title in titles.items():
        docstring = importlib.import_module(f"qynauth_pqc.{module}").__doc__ or ""
        assert title
        assert module in api_pages.TITLES or docstring.startswith(title)


def imported(name: str) -> object:
    """Return the object with this name."""
    module, _, attribute = name.rpartition(".")
    found: object = getattr(importlib.import_module(module), attribute)
    return found


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        pytest.param("docs/a.md", "[b](b.md#c)", "[b](b.md#c)", id="page"),
        pytest.param("docs/a.md", "[batch.md](batch.md#c)", "[Batches](batch.md#c)", id="page by its file"),
        pytest.param("docs/a.md", "see [README](../README.md#extras)", "see [README](index.md#extras)", id="root"),
        pytest.param("README.md", "[b](docs/x/b.md)", "[b](x/b.md)", id="from the root"),
        pytest.param("docs/recipes/a.md", "[b](../b.md)", "[b](../b.md)", id="from a folder"),
        pytest.param("docs/a.md", "[a.rs](../crates/a.rs)", "`crates/a.rs`", id="file"),
        pytest.param("docs/a.md", "so ([test](../tests/a.py))", "so (test `tests/a.py`)", id="file in brackets"),
        pytest.param("docs/a.md", "a [test](../tests/a.py) is", "a test (`tests/a.py`) is", id="file behind a word"),
        pytest.param("docs/a.md", "[w](https://example.org)", "[w](https://example.org)", id="elsewhere"),
        pytest.param("docs/a.md", "```c\nx[i](../y)\n```", "```c\nx[i](../y)\n```", id="code"),
    ],
)
def test_links_lead_to_the_same_from_the_site(source: str, text: str, expected: str) -> None:
    """Links between pages stay links; files of the repository, which are not on the site, are named."""
    assert rewrite(text, source) == expected


@pytest.mark.parametrize("name", ["mlkem", "mldsa", "slhdsa", "xwing", "composite"])
def test_attributes_of_keys_are_in_the_reference(name: str) -> None:
    """The site leaves out an annotation without a text."""
    tree = ast.parse((ROOT / "qynauth_pqc" / f"{name}.py").read_text(encoding="utf-8"))
    for kind in (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Key")):
        for number, each in enumerate(kind.body):
            if isinstance(each, ast.AnnAssign) and ast.unparse(each.target) in {"public_key", "parameter_set"}:
                text = kind.body[number + 1]
                assert isinstance(text, ast.Expr), (kind.name, ast.unparse(each))
                assert isinstance(text.value, ast.Constant)
