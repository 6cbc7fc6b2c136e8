"""The command `qynauth-pqc convert`."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from qynauth_pqc._keys.paths import SecretInput
from qynauth_pqc.cli import app as options
from qynauth_pqc.cli.encodings import check_choice, encode_private_key, encode_public_key, private_file
from qynauth_pqc.cli.files import FILE, NewFile, display_name, keep
from qynauth_pqc.cli.keys import ALGORITHMS, LONGEST_FILE, kind_of, private_key_in, public_key_in
from qynauth_pqc.cli.passwords import new_password
from qynauth_pqc.errors import PasswordError, SeedUnavailableError
from qynauth_pqc.native import lib

if TYPE_CHECKING:
    from qynauth_pqc.formats import AnyPrivateKey, AnyPublicKey
    from qynauth_pqc.native.secret_bytes import SecretBytes


@click.command()
@click.option(
    "--key",
    type=FILE,
    required=True,
    callback=options.named_file,
    help="Private or public key to convert: PEM, DER, JWK, COSE_Key, raw, or of OpenSSH; or a certificate.",
)
@options.algorithm_option(ALGORITHMS["any"])
@options.password_file_option
@click.option("--private", type=FILE, callback=options.named_file, help="Write the private key to FILE.")
@click.option("--public", type=FILE, help="Write the public key to FILE.")
@options.format_option
@options.form_option
@options.encryption_options("--new-password-file")
@click.option(
    "--no-encryption", is_flag=True, help="Write the private key without encryption although --key is encrypted."
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
    encoding: str,
    form: str | None,
    encrypt: bool,
    new_password_file: str | None,
    no_encryption: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write a key in another encoding.

    From a private key, --private and --public write either key or both. From a public key or a certificate, --public
    writes the public key. The signature of a certificate is not checked.

    If the private key is encrypted, its new file must be encrypted too, by --encrypt or --new-password-file, unless
    --no-encryption says otherwise.
    """
    encrypted = encrypt or new_password_file is not None
    _check_usage(private, public, encrypted=encrypted, no_encryption=no_encryption)
    options.check_streams(output=public or "", as_json=as_json)
    files = {}
    with ExitStack() as stack:
        data = stack.enter_context(SecretInput(key, LONGEST_FILE))
        kind = kind_of(data, algorithm)
        if not private or os.path.realpath(private) != os.path.realpath(key):
            keep(key, click.get_current_context())  # a private key, and nothing else, may be replaced by its new form
        if private and kind == lib.PQC_KEY_KIND_ENCRYPTED and not (encrypted or no_encryption):
            raise PasswordError(f"{display_name(key)}: {_DROPPED}")
        if private or kind != lib.PQC_KEY_KIND_PUBLIC:
            private_key: AnyPrivateKey = private_key_in("any", key, data, algorithm, password_file)
            stack.enter_context(private_key)
            public_key: AnyPublicKey = private_key.public_key
        elif password_file is not None:
            raise PasswordError(f"{display_name(key)}: a public key is not encrypted; omit --password-file")
        else:
            public_key = public_key_in("any", key, data, algorithm)
        name = public_key._parameter_set
        form = check_choice(name, form, encoding, encrypted=encrypted)
        if private:
            password = new_password(private, new_password_file, "--new-password-file", encrypt=encrypt)
            secret = stack.enter_context(_encoded(private_key, form, encoding, stack.enter_context(password), key))
            files["private_key"] = private_file(private, form, encoding, secret.view(), encrypted=encrypted)
        if public:
            files["public_key"] = NewFile("public key", public, encode_public_key(public_key, encoding))
        options.finish(name, files, force=force, as_json=as_json)


_DROPPED = "private key is encrypted; pass --encrypt or --new-password-file, or --no-encryption to drop its encryption"


def _check_usage(private: str | None, public: str | None, *, encrypted: bool, no_encryption: bool) -> None:
    """Refuse options that contradict each other."""
    if not (private or public):
        raise click.UsageError("missing option '--private' or '--public'.")
    if (encrypted or no_encryption) and not private:
        raise click.UsageError("--encrypt, --new-password-file and --no-encryption need --private.")
    if encrypted and no_encryption:
        raise click.UsageError("--no-encryption excludes --encrypt and --new-password-file; pass one of them.")


def _encoded(
    key: AnyPrivateKey, form: str, encoding: str, password: bytearray | bytes | None, path: str
) -> SecretBytes:
    """Return the encoded private key of a file; its seed may be unknown."""
    try:
        return encode_private_key(key, form, encoding, password)
    except SeedUnavailableError as error:
        remedy = "pass --form expanded"
        if encoding in {"jwk", "cose"}:
            remedy = f"--format {encoding} holds the seed only; use --format pem --form expanded"
        raise SeedUnavailableError(f"{display_name(path)}: {error}; {remedy}") from error
