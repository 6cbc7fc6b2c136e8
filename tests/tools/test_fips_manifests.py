"""The manifests of the variant for FIPS 140-3 compile the sources of two crates with another engine."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from conftest import ROOT


def manifest(path: str) -> dict[str, Any]:
    """Return a manifest of cargo."""
    return tomllib.loads((ROOT / path / "Cargo.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("ours", "theirs"), [("fips", "crates/pqc-ffi"), ("fips/core", "crates/pqc-core")])
def test_each_dependency_is_the_one_of_the_default_build(ours: str, theirs: str) -> None:
    """Only the paths differ, and the FIPS module takes the place of the classical algorithms of others."""

    def plain(dependencies: dict[str, Any]) -> dict[str, Any]:
        return {name: each for name, each in dependencies.items() if "path" not in each}

    variant, default = (plain(manifest(path)["dependencies"]) for path in (ours, theirs))
    assert variant.items() <= default.items()
    assert default.keys() - variant.keys() <= {"p256", "p384", "rfc6979", "sha2", "x25519-dalek"}


def test_workspace_is_the_one_of_the_default_build() -> None:
    """Version, edition, and lints are the same."""
    ours, theirs = (manifest(path)["workspace"] for path in ("fips", "."))
    assert ours["package"] == theirs["package"]
    assert ours["lints"]["clippy"] == theirs["lints"]["clippy"]
    features = ours["lints"]["rust"].pop("unexpected_cfgs")
    assert features["level"] == theirs["lints"]["rust"]["unexpected_cfgs"]["level"]
    assert ours["lints"]["rust"].items() <= theirs["lints"]["rust"].items()


def test_module_is_pinned_and_the_default_build_does_not_know_it() -> None:
    """Another version is another module. The lock file of the default build, and so its sdist, does not name it."""
    assert manifest("fips/module")["dependencies"]["aws-lc-fips-sys"] == "=0.14.4"
    lock = (ROOT / "fips" / "Cargo.lock").read_text(encoding="utf-8")
    assert re.findall(r'^name = "aws-lc-fips-sys"\nversion = "(.+)"$', lock, re.MULTILINE) == ["0.14.4"]
    assert "aws-lc" not in (ROOT / "Cargo.lock").read_text(encoding="utf-8")
