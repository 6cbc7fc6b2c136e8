"""The commands are those of one fixed table, without the packages that are not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from qynauth_pqc import CompositePrivateKey, UnsupportedError, ssh
from qynauth_pqc.cli import encodings, table
from qynauth_pqc.cli.app import App
from qynauth_pqc.cli.commands import app

ENTRY_POINTS = "[qynauth_pqc.signers]\nsign = another:command\nkeyring = another:command\n"


def test_commands_of_an_absent_package_are_not_there() -> None:
    """They are not listed, and naming one is naming an unknown command."""
    group = App("qynauth-pqc", modules={"sign": "cli.signing", "notes": "notes._command"})
    context = click.Context(group)
    assert group.list_commands(context) == ["sign"]
    assert group.get_command(context, "notes") is None
    assert group.get_command(context, "sign") is app.get_command(context, "sign")


def test_keys_of_openssh_without_the_package_are_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the package; all other keys are read."""
    line = CompositePrivateKey.generate("MLDSA44-Ed25519-SHA512").public_key
    ssh_line = ssh.SSHPublicKey.from_key(line).to_line().encode()
    assert encodings.decode_public_key(ssh_line) == line
    monkeypatch.setitem(table.KEY_FILES, "openssh", "absent._command_keys")
    with pytest.raises(UnsupportedError, match=r"qynauth_pqc\.ssh, which reads OpenSSH keys, is absent"):
        encodings.decode_public_key(ssh_line)
    assert encodings.decode_public_key(line.to_spki("PEM")) == line


def test_entry_points_replace_no_command(tmp_path: Path) -> None:
    """A package with the name of a command offers a signer of that name alone, and is not imported before its use."""
    (tmp_path / "another.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    installed = tmp_path / "another-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: another\nVersion: 1\n", encoding="utf-8")
    (installed / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    for arguments in (["--help"], ["sign", "--help"], ["keyring", "--help"]):
        command = [sys.executable, "-m", "qynauth_pqc", *arguments]
        plain = subprocess.run(command, capture_output=True, check=True)
        beside = subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONPATH": path})
        assert beside.stdout == plain.stdout
    signing = [sys.executable, "-m", "qynauth_pqc", "sign", "--signer", "sign", str(installed / "METADATA")]
    done = subprocess.run(signing, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path})
    assert "imported" in done.stderr
