"""The command `qynauth-pqc convert`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from qynauth_pqc.cli import app as options
from qynauth_pqc.cli.encodings import check_choice, encode_private_key, encode_public_key, private_file
from qynauth_pqc.cli.files import NewFile
from qynauth_pqc.cli.keys import ALGORITHMS, is_private, load_private_key, load_public_key
from qynauth_pqc.cli.passwords import new_password
from qynauth_pqc.errors import InvalidKeyError, PasswordError

if TYPE_CHECKING:
    from qynauth_pqc.cli.encodings import PrivateKey, PublicKey


@click.command()
@click.option(
    "--key",
    metavar="FILE",
    required=True,
    callback=options.named_file,
    help="The key, private or public, or a certificate.",
)
@options.algorithm_option(ALGORITHMS["any"])
@options.password_file_option
@click.option(
    "--private",
    metavar="FILE",
    callback=lambda ctx, parameter, value: value and options.named_file(ctx, parameter, value),
    help="Where the private key goes.",
)
@click.option("--public", metavar="FILE", help="Where the public key goes.")
@options.form_option
@options.format_option
@options.encrypt_option
@click.option(
    "--new-password-file",
    metavar="FILE",
    callback=lambda ctx, parameter, value: value and options.named_file(ctx, parameter, value),
    help="The same, with the password on the first line of a file.",
)
@options.force_option
@options.json_option
def convert(  # noqa: PLR0913 - one parameter per option
    *,
    key: str,
    algorithm: str | None,
    password_file: str | None,
    private: str | None,
    public: str | None,
    form: str,
    encoding: str,
    encrypt: bool,
    new_password_file: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write a key in another encoding.

    A private key is written as such, as its public key, or both. A public key, also from a certificate, is written
    as a public key. The signature of a certificate is not checked.
    """
    if not (private or public):
        raise click.UsageError("Missing option '--private' or '--public'.")
    encrypted = encrypt or new_password_file is not None
    if encrypted and not private:
        raise click.UsageError("--encrypt and --new-password-file need --private.")
    options.check_streams(output=public or "", as_json=as_json)
    files = {}
    with ExitStack() as stack:
        if private or is_private(key):
            private_key: PrivateKey = load_private_key("any", key, algorithm, password_file)
            stack.enter_context(private_key)
            public_key: PublicKey = private_key.public_key
        else:
            public_key = _load_public_key(key, algorithm, password_file)
        name = public_key._parameter_set
        check_choice(name, form, encoding, encrypted=encrypted)
        if private:
            password = stack.enter_context(new_password(private, new_password_file, encrypt=encrypt))
            secret = stack.enter_context(encode_private_key(private_key, form, encoding, password))
            files["private_key"] = private_file(private, form, encoding, secret.view(), encrypted=encrypted)
        if public:
            files["public_key"] = NewFile("public key", public, encode_public_key(public_key, encoding))
        options.finish(name, files, force=force, as_json=as_json)


def _load_public_key(path: str, algorithm: str | None, password_file: str | None) -> PublicKey:
    """Load a public key, for which an option that is meant for a private one must be right all the same."""
    if password_file is not None:
        raise PasswordError(f"{path}: there is a password, but this is no private key")
    key: PublicKey = load_public_key("any", path)
    if algorithm not in {None, key._parameter_set}:
        raise InvalidKeyError(f"{path}: expected an {algorithm} key, got one of {key._parameter_set}")
    return key
