"""Facts that only an owner knows are in owner.toml; the workflows agree with the Makefile."""

from __future__ import annotations

import re
from pathlib import Path

import check_release
import owner
import pytest
from conftest import ROOT

from tools import nightly

KNOWN = {
    "repository": "https://forge.example/a/b",
    "documentation": "https://docs.example",
    "security": "security@example.com",
    "conduct": "conduct@example.com",
    "maintainers": ["A B <a@example.com>", "C <c@example.com>"],
    "registered": True,
    "code_owners": ["@a", "@c"],
}
README = "![plot](docs/a.svg) [page](docs/a.md#part) [part](#part) [other](https://other.example)"
PYTHONS = ("cpython", "cpython-3.12", "free-threaded", "pypy")
WORKFLOWS = {path.stem: path.read_text(encoding="utf-8") for path in ROOT.glob(".github/workflows/*.yml")}


def test_metadata_have_links_where_the_repository_is_known() -> None:
    """Links of the README lead to the files of the version, and images to their contents."""
    assert owner.metadata(KNOWN, "1.2.3", README) == {
        "long_description": "![plot](https://forge.example/a/b/raw/v1.2.3/docs/a.svg) "
        "[page](https://forge.example/a/b/blob/v1.2.3/docs/a.md#part) [part](#part) [other](https://other.example)",
        "long_description_content_type": "text/markdown",
        "project_urls": {
            "Documentation": "https://docs.example",
            "Source": "https://forge.example/a/b",
            "Issues": "https://forge.example/a/b/issues",
            "Changelog": "https://forge.example/a/b/blob/v1.2.3/CHANGELOG.md",
        },
        "author": "The qynauth_pqc developers",
        "author_email": "A B <a@example.com>, C <c@example.com>",
    }


def test_metadata_have_no_link_that_leads_nowhere() -> None:
    """Without a repository, links of the README to its files are text, and there are no links of the project."""
    unknown = {name: type(value)() for name, value in KNOWN.items()}
    assert owner.metadata(unknown, "1.2.3", README) == {
        "author": "The qynauth_pqc developers",
        "long_description": " page [part](#part) [other](https://other.example)",
        "long_description_content_type": "text/markdown",
        "project_urls": {},
    }


@pytest.mark.parametrize("name", sorted(KNOWN.keys() - {"registered"}))
def test_a_release_needs_every_value(name: str) -> None:
    """The check names a value that is missing, and fails for a commit with the tag of the version."""
    incomplete = KNOWN | {name: type(KNOWN[name])()}
    assert owner.missing(KNOWN | {"registered": False}) == []
    assert owner.missing(incomplete) == [name]
    assert check_release.owner_values(incomplete, tagged=True) == [f"owner.toml: {name} is not set"]
    assert check_release.owner_values(incomplete, tagged=False) == []


def test_workflows_call_targets_of_the_makefile() -> None:
    """A call is in a step, or in a row of a matrix."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    steps = {word for text in WORKFLOWS.values() for word in re.findall(r"\bmake ([a-z-]+)", text)}
    rows = [
        row for text in WORKFLOWS.values() for row in re.findall(r"^ {10}- ([a-z0-9-][\w =-]*)$", text, re.MULTILINE)
    ]
    called = {word for row in rows for word in row.split() if "=" not in word}
    assert {"wheel", "vectors", "platform"} <= steps <= targets
    assert {"check", "ct-aarch64", "nightly-tests"} <= called <= targets


def test_nightly_workflow_has_the_parts_of_make_nightly() -> None:
    """It omits the rehearsal of a release, which needs a newer ssh-keygen than the runners have, and the platforms."""
    rows = re.findall(r"^ {10}- ([a-z0-9-][\w =-]*)$", WORKFLOWS["nightly"], re.MULTILINE)
    parts = {each.removeprefix("make ") for each in nightly.PARTS if not re.search("platform|nightly-release", each)}
    assert set(rows) == parts


def test_nightly_workflow_tries_platforms_that_have_a_script() -> None:
    """It tries all but the Pythons of the other workflow, and two that need a Debian system."""
    [listed] = re.findall(r"platform: \[(.+)\]", WORKFLOWS["nightly"])
    scripts = {path.stem for path in Path(ROOT / "tools" / "platforms" / "targets").glob("*.sh")}
    assert set(listed.split(", ")) == scripts - {*PYTHONS, "wheel-aarch64-musl", "wheel-musl"}
