"""A command of others, for signed notes: written with the public names of `qynauth_pqc.extend.command` and click."""

from __future__ import annotations

from typing import Any

import click
import signed_notes
from signed_notes import LONGEST

from qynauth_pqc import InvalidKeyError, MLDSAPrivateKey
from qynauth_pqc.extend import SecretInput, command, join_secret

_KEY = b"note-key:"


@click.group(cls=command.App)
def notes() -> None:
    """Keep signed notes."""


@notes.command()
@click.argument("key", type=command.FILE, callback=command.named_file)
@command.encryption_options()
@command.force_option
@command.json_option
def keygen(*, key: str, encrypt: bool, password_file: str | None, force: bool, as_json: bool) -> None:
    """Make a key, in PKCS#8 if it has a password, and else in an encoding of notes."""
    with (
        command.new_password(key, password_file, "--password-file", encrypt=encrypt) as password,
        MLDSAPrivateKey.generate("ML-DSA-44") as made,
        made.seed() as seed,
        join_secret(_KEY, seed.view()) if password is None else made.to_pkcs8("PEM", "seed", password) as data,
    ):
        new = command.Output("key", key, data.view(), secret=True)
        command.finish(made.algorithm, {"key": new}, force=force, as_json=as_json)


def key_of(path: str, password_file: str | None) -> Any:
    """Return a key in the encoding of notes, or in any other."""
    with SecretInput(path, command.LONGEST_FILE) as data:
        if command.encoding_of(data):
            return command.private_key_in("signature", path, data, None, password_file)
        with command.naming(path):
            if not data.startswith(_KEY):
                raise InvalidKeyError("expected a key of notes")
            command.warn_of_readers(path)
            return MLDSAPrivateKey.from_seed(data.removeprefix(_KEY), "ML-DSA-44")


@notes.command()
@click.argument("text", type=command.INPUT)
@click.option("--key", type=command.INPUT, callback=command.named_file)
@click.option("--signer")
@click.option("--algorithm", type=command.AlgorithmName(lambda: ["ML-DSA-44"]))
@command.password_option("--password-file", "Password of the key.")
@click.option("--out", type=command.FILE, default=command.STDIO)
@command.force_option
def sign(**params: Any) -> None:
    """Sign TEXT."""
    text = command.read_input(params["text"], LONGEST, "the limit for a note")
    lender: Any = command.open_signer(params) if params["signer"] else key_of(params["key"], params["password_file"])
    with lender as signer:
        note = signed_notes.sign(text, signer.sign)
    command.write_outputs([command.Output("note", params["out"], note)], force=params["force"])


@notes.command()
@click.argument("note", type=command.INPUT)
@click.option("--key", type=command.INPUT, required=True)
@click.option("--algorithm", type=command.AlgorithmName(lambda: ["ML-DSA-44"]))
def check(**params: Any) -> None:
    """Check NOTE."""
    lengths: list[int] = []
    with command.message_file(params["note"], lengths.append) as file:
        note = file.read()
    key = command.verification_key(params)
    try:
        text = signed_notes.text_of(note, key)
    except ValueError:
        command.complain(f"error: {command.printable(params['note'])}: changed")
        click.get_current_context().exit(command.EXIT_INVALID)
    command.print_facts({"algorithm": key.parameter_set, "bytes": sum(lengths)})
    command.announce(text.decode())


if __name__ == "__main__":
    notes(prog_name="notes")
