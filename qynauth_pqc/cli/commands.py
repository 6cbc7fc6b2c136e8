"""The program `qynauth-pqc`, and its commands for keys. Imports click, so only `qynauth_pqc.cli` imports it."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import click

import qynauth_pqc
from qynauth_pqc.cli import app as options
from qynauth_pqc.cli import keys, table
from qynauth_pqc.cli.encodings import check_choice, encode_private_key, encode_public_key, private_file
from qynauth_pqc.cli.files import FILE, INPUT, NewFile, read_input
from qynauth_pqc.cli.passwords import new_password
from qynauth_pqc.errors import InvalidCiphertextError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qynauth_pqc.mlkem import KEMPublicKey


@click.group(cls=options.App, modules=table.COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(qynauth_pqc.__version__, message="qynauth-pqc %(version)s")
def app() -> None:
    """Post-quantum keys, signatures and key exchange: ML-KEM, ML-DSA, SLH-DSA and hybrids.

    Keys are written as PEM, or as --format says. PEM, DER, JWK, COSE_Key and keys of OpenSSH are recognised on reading;
    for a raw key, pass --algorithm. A certificate may take the place of a public key. Files of private keys and secrets
    are readable by their owner only, and --encrypt encrypts a private key. "-" is standard input or output, except for
    secrets. Files that exist are replaced with --force only.

    Exit codes: 0 success; 1 a signature is not valid, an encrypted file is not authentic, or a check failed; 2 wrong
    usage or bad input; 130 Ctrl-C.
    """


def _listed(purpose: str, names: Iterable[str]) -> str:
    """Return names for a help text, in lines that fit a terminal."""
    lines = wrap(", ".join(names), 60, break_on_hyphens=False)
    return "\n".join([f"for {purpose}", *(f"  {line}" for line in lines)]).replace("\n", "\n    ")


@app.command(
    help=f"""Make a key pair.

    \b
    ALGORITHM is one of
    {_listed("key exchange", keys.ALGORITHMS["KEM"])}
    {_listed("signatures", keys.ALGORITHMS["signature"])}
    """
)
@click.argument("algorithm", type=options.AlgorithmName(lambda: keys.ALGORITHMS["any"]))
@click.option("--private", type=FILE, required=True, callback=options.named_file, help="Write the private key to FILE.")
@click.option("--public", type=FILE, required=True, help="Write the public key to FILE.")
@options.format_option
@options.form_option
@options.encryption_options()
@options.force_option
@options.json_option
def keygen(  # noqa: PLR0913 - one parameter per option
    *,
    algorithm: str,
    private: str,
    public: str,
    form: str | None,
    encoding: str,
    encrypt: bool,
    password_file: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make a key pair."""
    options.check_streams(output=public, as_json=as_json)
    encrypted = encrypt or password_file is not None
    form = check_choice(algorithm, form, encoding, encrypted=encrypted)
    with (
        new_password(private, password_file, "--password-file", encrypt=encrypt) as password,
        keys.generate(algorithm) as key,
        encode_private_key(key, form, encoding, password) as secret,
    ):
        files = {
            "private_key": private_file(private, form, encoding, secret.view(), encrypted=encrypted),
            "public_key": NewFile("public key", public, encode_public_key(key.public_key, encoding)),
        }
        options.finish(algorithm, files, force=force, as_json=as_json)


@app.command()
@options.public_key_option
@options.algorithm_option(keys.ALGORITHMS["KEM"])
@click.option("--ciphertext", type=FILE, required=True, help="Write the ciphertext to FILE.")
@options.secret_option
@options.force_option
@options.json_option
def encapsulate(*, key: str, algorithm: str | None, ciphertext: str, secret: str, force: bool, as_json: bool) -> None:
    """Make a shared secret for the owner of a key.

    Keep the shared secret, and send the ciphertext to the owner of the private key, of ML-KEM or a hybrid.
    """
    options.check_streams(output=ciphertext, as_json=as_json)
    public_key: KEMPublicKey = keys.load_public_key("KEM", key, algorithm)
    sent, shared = public_key.encapsulate()
    with shared:
        files = {
            "ciphertext": NewFile("ciphertext", ciphertext, sent),
            "shared_secret": NewFile("shared secret", secret, shared.view(), secret=True),
        }
        options.finish(public_key._parameter_set, files, force=force, as_json=as_json)


def _read_ciphertext(path: str) -> bytes:
    return read_input(path, keys.LONGEST_CIPHERTEXT, "the longest ciphertext", InvalidCiphertextError)


@app.command()
@options.private_key_option
@options.algorithm_option(keys.ALGORITHMS["KEM"])
@options.password_file_option
@click.option("--ciphertext", type=INPUT, required=True, help="Ciphertext that was received.")
@options.secret_option
@options.force_option
@options.json_option
def decapsulate(  # noqa: PLR0913 - one parameter per option
    *,
    key: str,
    algorithm: str | None,
    password_file: str | None,
    ciphertext: str,
    secret: str,
    force: bool,
    as_json: bool,
) -> None:
    """Recover the shared secret of a ciphertext with a key of ML-KEM or a hybrid.

    A ciphertext that was made for another key or tampered with is not an error: it yields a different secret.
    """
    with keys.load_private_key("KEM", key, algorithm, password_file) as private_key:
        received = _read_ciphertext(ciphertext)
        with keys.naming(ciphertext):
            shared = private_key.decapsulate(received)
    with shared:
        files = {"shared_secret": NewFile("shared secret", secret, shared.view(), secret=True)}
        options.finish(private_key._parameter_set, files, force=force, as_json=as_json)
