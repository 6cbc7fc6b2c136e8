"""The command `qynauth-pqc fingerprint`."""

from __future__ import annotations

import json

import click

from qynauth_pqc.cli import app as options
from qynauth_pqc.cli.files import FILE
from qynauth_pqc.cli.keys import ALGORITHMS, LONGEST_FILE, kind_of, private_key_in, public_key_in
from qynauth_pqc.formats._inputs import SecretInput
from qynauth_pqc.native import lib


@click.command()
@click.argument("key", type=FILE, callback=options.named_file)
@options.algorithm_option(ALGORITHMS["any"])
@options.password_file_option
@options.json_option
def fingerprint(*, key: str, algorithm: str | None, password_file: str | None, as_json: bool) -> None:
    """Show the fingerprint of the key in the file KEY, private or public, or of the key in a certificate.

    That is SHA-256 of its public key as SubjectPublicKeyInfo in DER, in hexadecimal: what `openssl pkey -pubout
    -outform DER | sha256sum` prints.
    """
    with SecretInput(key, LONGEST_FILE) as data:
        if kind_of(data, algorithm) == lib.PQC_KEY_KIND_PUBLIC:
            public_key = public_key_in("any", key, data, algorithm)
        else:
            with private_key_in("any", key, data, algorithm, password_file) as private_key:
                public_key = private_key.public_key
    name, shown = public_key.parameter_set.value, public_key.fingerprint()
    if as_json:
        click.echo(json.dumps({"algorithm": name, "fingerprint": shown}))
    else:
        click.echo(f"{shown}  {name}  {click.format_filename(key)}")
