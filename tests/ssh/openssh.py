"""The ssh-keygen of OpenSSH that tests compare with, and the program for git.

It is the one of SSH_KEYGEN or PATH if that knows `ssh-mldsa44-ed25519`, from OpenSSH 10.6 on; or one that
`sh tests/support/programs.sh target/programs` has unpacked. Where there is none, tests are skipped, or fail if the
environment variable QYNAUTH_PQC_REQUIRE_PROGRAMS is set.
"""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import ROOT
from programs import FOLDER, run

TYPES = {
    "ssh-mldsa44-ed25519": ("mldsa44-ed25519",),
    "ssh-ed25519": ("ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa", "-b", "256"),
    "ecdsa-sha2-nistp384": ("ecdsa", "-b", "384"),
    "ecdsa-sha2-nistp521": ("ecdsa", "-b", "521"),
    "ssh-rsa": ("rsa", "-b", "2048"),
}
"""The algorithms, and how ssh-keygen is asked for a key."""


@cache
def ssh_keygen() -> Path:
    """Return an ssh-keygen that knows the algorithm, or skip the test."""
    found = [os.environ.get("SSH_KEYGEN"), shutil.which("ssh-keygen"), FOLDER / "ssh-keygen"]
    for candidate in [Path(each) for each in found if each and Path(each).exists()]:
        if _is_new(candidate):
            return candidate
    message = (
        "no ssh-keygen of OpenSSH 10.6 or newer: sh tests/support/programs.sh target/programs unpacks one of Debian"
    )
    if os.environ.get("QYNAUTH_PQC_REQUIRE_PROGRAMS"):
        pytest.fail(message)
    pytest.skip(message)


def _is_new(program: Path) -> bool:
    with TemporaryDirectory() as folder:
        key = Path(folder) / "key"
        made = run(program, "-q", "-t", "mldsa44-ed25519", "-N", "", "-f", key)
        return made.code == 0 and key.with_suffix(".pub").read_text().startswith("ssh-mldsa44-ed25519 ")


def their_key(algorithm: str, path: Path, password: str = "", *options: str) -> Path:
    """Have ssh-keygen make a private key in a file, and the public key in one next to it."""
    made = run(ssh_keygen(), "-q", "-t", *TYPES[algorithm], "-N", password, "-C", "frodo", *options, "-f", path)
    assert made.code == 0, made.error
    return path


def our_program(folder: Path) -> Path:
    """Return the program for git of this package, as git can call it."""
    program = folder / "qynauth-pqc-git"
    program.write_text(f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -m qynauth_pqc.ssh.git \"$@\"\n")
    program.chmod(0o755)
    return program
