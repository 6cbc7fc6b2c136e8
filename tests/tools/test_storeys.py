"""The core passes its tests without artefacts and auth, and each of the two passes its own without the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import venv
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from add_ons import ADD_ONS
from conftest import ROOT
from pages import TEXTS, lacks_package

AUTH = {"qynauth_pqc/auth", "tests/auth", "examples/auth_service"}
ARTEFACTS = {
    "tests/artefacts",
    *(f"{folder}/{name}" for name in ADD_ONS if name != "auth" for folder in ("qynauth_pqc", "tests")),
}
WITHOUT = {"core": ARTEFACTS | AUTH, "artefacts": AUTH, "auth": ARTEFACTS}
"""The folders that each copy of the tree lacks, by the upper storey that it has."""

WHOLE = [
    *(f"--ignore=tests/{name}" for name in ("c", "fips", "tools")),
    "--deselect=tests/docs/test_docs.py::test_links_of_each_page_lead_somewhere",
]
"""Options to leave out the tests of the whole tree: in C, of tools, and of links to files of every storey."""

IMPORT = """
import importlib, pkgutil, qynauth_pqc
for each in pkgutil.walk_packages(qynauth_pqc.__path__, "qynauth_pqc."):
    if not each.name.endswith("__main__"):
        print(importlib.import_module(each.name).__file__)
"""

PROGRAM = """#!{python}
from {module} import {name}
if __name__ == "__main__":
    raise SystemExit({name}())
"""


class Copy:
    """A copy of the tree without some folders, installed in an environment with all other packages of this one."""

    def __init__(self, folder: Path, without: set[str]) -> None:
        """Copy the files of the repository and the libraries that are built."""
        self.folder, self.environment = folder, folder / ".venv"
        named = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        built = [each for name in ("_native*", "lib", "include") for each in (ROOT / "qynauth_pqc").glob(name)]
        for path in [*(ROOT / name for name in named.split("\0") if name), *built]:
            target = folder / path.relative_to(ROOT)
            if path.exists() and not any(target.is_relative_to(folder / each) for each in without):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copytree(path, target) if path.is_dir() else shutil.copy2(path, target)
        (folder / "target").symlink_to(ROOT / "target")
        self._install()

    def _install(self) -> None:
        """Put the copy and the packages of this environment on the path, and write the commands of all."""
        venv.create(self.environment)
        python = self.environment / "bin" / "python"
        [site] = self.environment.glob("lib/*/site-packages")
        # A path in this file is not searched for files like it, so an editable installation does not count.
        (site / "copy.pth").write_text(f"{self.folder}\n{sysconfig.get_path('purelib')}\n", encoding="utf-8")
        for each in entry_points(group="console_scripts"):
            script = self.environment / "bin" / each.name
            script.write_text(PROGRAM.format(python=python, module=each.module, name=each.attr), encoding="utf-8")
            script.chmod(0o755)

    def run(self, *arguments: str) -> str:
        """Run Python in the environment, and return the output."""
        path = os.pathsep.join([str(self.environment / "bin"), os.environ["PATH"]])
        environment = {**os.environ, "PATH": path, "PYTHONPATH": ""}
        command = [str(self.environment / "bin" / "python"), *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
        return done.stdout

    def test(self, *options: str) -> str:
        """Run the tests of the copy, and return the output."""
        return self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *WHOLE, *options)


def test_whole_tree_tests_every_page() -> None:
    """Only a copy leaves out the Python of pages, for a package that it lacks."""
    assert [name for name in TEXTS if lacks_package(name)] == []


@pytest.fixture(scope="module", params=WITHOUT)
def copy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Return a copy of the core with one of the upper storeys, or without both."""
    return Copy(tmp_path_factory.mktemp("copy") / "project", WITHOUT[request.param])


def test_every_module_is_imported(copy: Copy) -> None:
    """No module needs a package of another storey."""
    files = copy.run("-W", "error", "-c", IMPORT).split()
    assert len(files) > 80
    assert all(each.startswith(str(copy.folder)) for each in files)


def test_every_test_is_collected(copy: Copy) -> None:
    """No test needs a package, or the fixtures, of another storey."""
    collected = copy.test("--collect-only", "-m", "slow or not slow")
    assert "\ntests/cli/" in collected


@pytest.mark.nightly
def test_all_tests_pass(copy: Copy) -> None:
    """The tests of the storeys that are there pass, also the slow ones."""
    assert " passed" in copy.test("-m", "not nightly").splitlines()[-1]
