"""The promises of docs/versioning.md hold where a test can tell: public names stay, and the pages agree on versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import check_release
import pytest
import python_names
from conftest import ROOT

PAGE = python_names.PAGE.read_text(encoding="utf-8")
FILES = python_names.baseline()
BASELINE = set[str]().union(*FILES.values())
TABLE = "| Name | Since | Removed in |\n|---|---|---|\n| `{}` | {} | {} | `new` |\n"


def test_public_names_of_the_baseline_are_there() -> None:
    """A name, member, parameter, command or option disappears only after its deprecation."""
    ended = python_names.removed(PAGE, check_release.version())
    assert python_names.missing(BASELINE, python_names.names(), ended) == []


def test_baseline_has_every_public_name() -> None:
    """A name that is not in it could disappear again without notice: `make python-names` adds it."""
    assert sorted(python_names.names() - BASELINE) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_names_of_an_add_on_are_in_its_folder(path: Path) -> None:
    """A copy of the tree without an add-on has neither."""
    assert {python_names.home(name) for name in FILES[path]} == {path}


def test_baseline_has_names_of_every_kind() -> None:
    """It has classes, members, parameters, modules of integrations, and the command line."""
    assert {
        "qynauth_pqc.MLKEMPrivateKey",
        "qynauth_pqc.MLKEMPrivateKey.load",
        "qynauth_pqc.MLKEMPrivateKey.load(path)",
        "qynauth_pqc.MLDSAParameterSet.ML_DSA_65",
        "qynauth_pqc.sign_file(context)",
        "qynauth_pqc.SharedSecret.close",
        "qynauth_pqc.integrations.distributed.Columns(context)",
        "qynauth_pqc.integrations.pyjwt.register",
        "qynauth-pqc sign --key",
        "qynauth-pqc-config --cflags",
    } <= BASELINE


@pytest.mark.parametrize("name", ["a.C", "a.C.member", "a.f(parameter)", "program word --option"])
def test_a_name_that_disappears_is_reported(name: str) -> None:
    """Names of every kind are, even if a name with the same first letters stays."""
    found = {"a", "a.Class", "a.f", "a.f(parameter2)", "program word"}
    assert python_names.missing(found | {name}, found, []) == [name]
    assert python_names.missing(found, found | {name}, []) == []


def test_a_name_that_ends_takes_its_members_and_parameters_along() -> None:
    """The deprecation of a class covers its methods; other names that begin alike are reported."""
    gone = {"a.C", "a.C(x)", "a.C.member", "a.C.member(y)", "a.Class", "program word --o", "program word --other"}
    assert python_names.missing(gone, set(), ["a.C", "program word --o"]) == ["a.Class", "program word --other"]


@pytest.mark.parametrize(
    ("since", "until", "version", "ended"),
    [
        pytest.param("1.2.0", "2.0.0", "2.0.0", True, id="removed"),
        pytest.param("1.2.0", "2.0.0", "10.1.0", True, id="removed long ago"),
        pytest.param("1.2.0", "2.0.0", "1.9.0", False, id="still deprecated"),
        pytest.param("2.0.0", "2.0.0", "2.0.0", False, id="never deprecated"),
        pytest.param("1.2.0", "1.3.0", "1.3.0", False, id="removed by a minor version"),
    ],
)
def test_a_deprecation_ends_with_a_major_version(since: str, until: str, version: str, *, ended: bool) -> None:
    """A name that was not deprecated before, or that a minor version removes, is reported."""
    assert python_names.removed(TABLE.format("a.C", since, until), version) == (["a.C"] if ended else [])


def test_page_names_the_versions_that_the_build_asks_for() -> None:
    """They are the least Python of the metadata and the least rustc of the workspace."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]
    assert f"| CPython | {project['requires-python'].removeprefix('>=')} and newer |" in PAGE
    assert f"| rustc, to build | {workspace['package']['rust-version']} and newer |" in PAGE
    assert re.search(r"^\| Name \| Since \| Removed in \| Instead \|$", PAGE, re.MULTILINE)
