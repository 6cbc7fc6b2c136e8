"""A release is signed with its provenance; here small files stand in for wheels, and nobody keeps the key."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import build_release
import pytest
import sign_release
from conftest import ROOT
from openssh import ssh_keygen

from qynauth_pqc.dsse import SLSA_PROVENANCE, Statement, subject_of
from qynauth_pqc.ssh import AllowedSigners, RevokedKeys, SSHPrivateKey

WHEEL = "qynauth_pqc-1.2.3-cp311-abi3-linux_x86_64.whl"
COMMIT = build_release.output("git", "rev-parse", "HEAD").strip()
FORMULATION = [{"components": [{"type": "application", "name": "rustc", "version": "1"}]}]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the command line as a release installs it, with an ssh-keygen that knows the algorithm on the path."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "ssh-keygen").symlink_to(ssh_keygen())
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    program = programs / "qynauth-pqc"
    program.write_text(f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -m qynauth_pqc \"$@\"\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Return a folder with a release's files."""
    folder = tmp_path / "dist"
    folder.mkdir()
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        wheel.writestr(f"qynauth_pqc.dist-info/{build_release.SBOM}", json.dumps({"formulation": FORMULATION}))
    (folder / build_release.SUMS).write_text(build_release.sums(folder))
    return folder


def allow(tmp_path: Path, name: str) -> Path:
    """Make a key, and return a file that allows it to sign releases."""
    with SSHPrivateKey.generate() as key:
        key.save(tmp_path / name)
        line = f'{sign_release.PRINCIPAL} namespaces="{sign_release.NAMESPACE}" {key.public_key.to_line()}\n'
    allowed = tmp_path / f"{name}.allowed"
    allowed.write_text(line)
    return allowed


def test_signed_folder_is_valid_until_it_is_changed(tmp_path: Path, dist: Path, program: Path) -> None:
    """Ssh-keygen verifies the signatures, and the command line verifies them and the provenance."""
    allowed = allow(tmp_path, "key")
    sign_release.sign(dist, COMMIT, program, "--key", tmp_path / "key")
    assert sign_release.faults(dist, program, allowed) == []
    made = {f"{name}{end}" for name in (WHEEL, build_release.SUMS) for end in ("", ".sig", ".intoto.json")}
    assert {path.name for path in dist.iterdir()} == made
    assert build_release.sums(dist) == (dist / build_release.SUMS).read_text()
    refused = sign_release.faults(dist, program, allow(tmp_path, "other"))
    programs = ["qynauth-pqc", "ssh-keygen", "qynauth-pqc", "ssh-keygen", "qynauth-pqc"]
    assert [each.partition(":")[0] for each in refused] == programs
    for suffix in (".sig", ".intoto.json"):
        (dist / f"{WHEEL}{suffix}").write_bytes((dist / f"{build_release.SUMS}{suffix}").read_bytes())
    (dist / build_release.SUMS).write_bytes(b"changed")
    assert [each.partition(":")[0] for each in sign_release.faults(dist, program, allowed)] == programs


def test_provenance_names_the_commit_and_the_tools(dist: Path) -> None:
    """The tools are the ones in the SBOM of the wheel."""
    statement = Statement.parse(json.dumps(sign_release.statement(dist / WHEEL, COMMIT)).encode())
    assert (statement.predicate_type, statement.is_about(subject_of(dist / WHEEL))) == (SLSA_PROVENANCE, True)
    build: Any = statement.predicate["buildDefinition"]
    assert build["resolvedDependencies"][0]["digest"] == {"gitCommit": COMMIT}
    assert build["internalParameters"] == {"formulation": FORMULATION}


def test_key_of_a_release_is_the_last_allowed_one(tmp_path: Path) -> None:
    """An older key may stay for the releases that it signed."""
    files = [allow(tmp_path, name).read_text() for name in ("old", "new")]
    both = tmp_path / "both"
    both.write_text("# Keys\n" + "".join(files))
    assert sign_release.public_key(both) in files[1]


def test_files_of_keys_are_read() -> None:
    """They are in the repository before there is a key."""
    AllowedSigners.load(sign_release.ALLOWED_SIGNERS)
    RevokedKeys.load(sign_release.REVOKED_KEYS)


@pytest.mark.parametrize(
    "line",
    [
        'qynauth-pqc namespaces="git" {}',
        'qynauth-pqc namespaces="qynauth-pqc-release",valid-before="20250101Z" {}',
        'reviewer namespaces="qynauth-pqc-release" {}',
    ],
)
def test_key_that_may_not_sign_releases_is_refused(line: str, tmp_path: Path, dist: Path, program: Path) -> None:
    """The command line applies the options of a line as ssh-keygen does."""
    _, _, key = allow(tmp_path, "key").read_text().split(" ", 2)
    allowed = tmp_path / "allowed"
    allowed.write_text(line.format(key))
    sign_release.sign(dist, COMMIT, program, "--key", tmp_path / "key")
    refused = [each.partition(":")[0] for each in sign_release.faults(dist, program, allowed)]
    assert refused[:2] == ["qynauth-pqc", "ssh-keygen"]
