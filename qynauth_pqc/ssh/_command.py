"""The command `qynauth-pqc ssh`."""

from __future__ import annotations

import json

import click

from qynauth_pqc.cli.app import encryption_options, finish, force_option, json_option, named_file
from qynauth_pqc.cli.files import FILE, INPUT, NewFile, read_input
from qynauth_pqc.cli.keys import naming
from qynauth_pqc.cli.passwords import new_password
from qynauth_pqc.errors import InvalidKeyError
from qynauth_pqc.ssh import SSHPrivateKey, SSHPublicKey

_LONGEST_LINE = 65536


@click.group()
def ssh() -> None:
    """Make keys of OpenSSH, and show their fingerprints.

    The program qynauth-pqc-git signs and verifies with them, for git and for files.
    """


@ssh.command()
@click.argument("file", type=FILE, callback=named_file)
@click.option("--comment", metavar="TEXT", default="", help="Comment of the key: usually the address of its owner.")
@encryption_options()
@force_option
@json_option
def keygen(*, file: str, comment: str, encrypt: bool, password_file: str | None, force: bool, as_json: bool) -> None:
    """Make a key pair of ssh-mldsa44-ed25519, in FILE and FILE.pub.

    Encrypting the private key needs the extra ssh.
    """
    with (
        new_password(file, password_file, "--password-file", encrypt=encrypt) as password,
        SSHPrivateKey.generate(comment) as key,
        key.to_bytes(password) as text,
    ):
        encrypted = ", encrypted" if password is not None else ""
        files = {
            "private_key": NewFile(f"private key (OpenSSH{encrypted})", file, text.view(), secret=True),
            "public_key": NewFile("public key (OpenSSH)", f"{file}.pub", f"{key.public_key.to_line()}\n".encode()),
        }
        finish(key.public_key.algorithm, files, force=force, as_json=as_json)


@ssh.command()
@click.argument("files", type=INPUT, metavar="FILE...", nargs=-1, required=True)
@json_option
def fingerprint(*, files: tuple[str, ...], as_json: bool) -> None:
    """Show the fingerprints of public keys as ssh-keygen -l does: size, SHA-256, comment and kind.

    They hash the key as OpenSSH encodes it. `qynauth-pqc fingerprint` shows them too and, for keys in any encoding, the
    fingerprint of SubjectPublicKeyInfo, which differs.
    """
    keys = {}
    for path in files:
        line = read_input(path, _LONGEST_LINE, "the limit for a public key of OpenSSH", InvalidKeyError)
        with naming(path):
            keys[path] = SSHPublicKey.from_line(line)
    if as_json:
        members = ("algorithm", "comment")
        found = [
            {"path": path, "fingerprint": key.fingerprint(), **{each: getattr(key, each) for each in members}}
            for path, key in keys.items()
        ]
        click.echo(json.dumps(found))
    else:
        click.echo("\n".join(key.describe() for key in keys.values()))
