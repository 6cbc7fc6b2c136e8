"""The command `qynauth-pqc fingerprint`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from qynauth_pqc._keys.paths import SecretInput
from qynauth_pqc.cli import app as options
from qynauth_pqc.cli import table
from qynauth_pqc.cli.encodings import encoding_of, openssh_keys
from qynauth_pqc.cli.files import INPUT, printable
from qynauth_pqc.cli.keys import ALGORITHMS, LONGEST_FILE, kind_of, naming, private_key_in, public_key_in
from qynauth_pqc.composite import CompositePublicKey
from qynauth_pqc.native import lib

if TYPE_CHECKING:
    from qynauth_pqc.formats import AnyPublicKey


@click.command()
@click.argument("key", type=INPUT, callback=options.named_file)
@options.algorithm_option(ALGORITHMS["any"])
@options.password_file_option
@options.json_option
def fingerprint(*, key: str, algorithm: str | None, password_file: str | None, as_json: bool) -> None:
    """Show the fingerprint of the key in the file KEY, private or public, or of the key in a certificate.

    It is SHA-256 of the public key as SubjectPublicKeyInfo in DER, in hexadecimal, as `openssl pkey -pubout -outform
    DER | sha256sum` prints it. If OpenSSH supports the key, its fingerprint by `ssh-keygen -l` follows, which hashes
    another encoding and therefore differs; a classical key of OpenSSH has only that fingerprint.
    """
    with SecretInput(key, LONGEST_FILE) as data:
        public_key, of_openssh = _public_keys(key, data, algorithm, password_file)
    found = {} if public_key is None else {public_key.parameter_set.value: public_key.fingerprint()}
    if of_openssh is not None:
        found[of_openssh.algorithm] = of_openssh.fingerprint()
    for name, shown in found.items():
        if as_json:
            click.echo(json.dumps({"algorithm": name, "fingerprint": shown}))
        else:
            click.echo(f"{shown}  {name}  {printable(key)}")


def _public_keys(
    path: str, data: bytearray, algorithm: str | None, password_file: str | None
) -> tuple[AnyPublicKey | None, Any]:
    """Return the public key in a file as a key of this library and as a key of OpenSSH, each None if unsupported."""
    is_public = kind_of(data, algorithm) == lib.PQC_KEY_KIND_PUBLIC
    if encoding_of(data) == "openssh":
        openssh = openssh_keys()
        with naming(path):
            if is_public:
                key = openssh.load_public_key(data)
            else:
                with openssh.load_private_key(data, path, password_file) as private_key:
                    key = private_key.public_key
        loaded = key._key()
        return loaded if isinstance(loaded, CompositePublicKey) else None, key
    if is_public:
        public_key: AnyPublicKey = public_key_in("any", path, data, algorithm)
    else:
        with private_key_in("any", path, data, algorithm, password_file) as private:
            public_key = private.public_key
    module = table.load(table.KEY_FILES, "openssh")
    return public_key, module and module.as_openssh(public_key)
