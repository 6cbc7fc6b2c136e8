"""The command `qynauth-pqc cbom`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from qynauth_pqc.auth._command.rings import AUTH_EXTRA, open_ring, read_policy, ring_password_option
from qynauth_pqc.errors import InvalidKeyError
from qynauth_pqc.extend.command import (
    FILE,
    INPUT,
    LONGEST_FILE,
    STDIO,
    Output,
    force_option,
    naming,
    read_input,
    write_outputs,
)

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


@click.command()
@click.option("--keyring", type=INPUT, metavar="DIRECTORY", help="Include the keys of the ring in DIRECTORY.")
@ring_password_option
@click.option("--policy", type=INPUT, help="Include the algorithms of the policy in FILE.")
@click.option(
    "--certificate",
    "certificates",
    type=INPUT,
    multiple=True,
    help="Include the certificates in FILE, in PEM or DER. May be repeated.",
)
@click.option("-o", "--output", type=FILE, default=STDIO, help="Write to FILE. The default is standard output.")
@force_option
def cbom(
    *,
    keyring: str | None,
    password_file: str | None,
    policy: str | None,
    certificates: tuple[str, ...],
    output: str,
    force: bool,
) -> None:
    """Write a cryptographic bill of materials (CBOM).

    It lists the algorithms, the public keys and the certificates of a service as CycloneDX 1.6 in JSON, for inventories
    and auditors. It holds no bytes of a key, and no secret.
    """
    if password_file and not keyring:
        raise click.UsageError("--password-file needs --keyring.")
    if not (keyring or policy or certificates):
        raise click.UsageError("missing option '--keyring', '--policy' or '--certificate'.")
    with AUTH_EXTRA:
        from qynauth_pqc.auth.cbom import cbom as make  # needs an extra that other commands do not
    with ExitStack() as stack:
        ring = stack.enter_context(open_ring(keyring, password_file)) if keyring else None
        found = [each for path in certificates for each in _certificates(path)]
        text = make(ring, read_policy(policy) if policy else None, found)
    if output == STDIO:
        click.echo(text, nl=False)
    else:
        write_outputs([Output("CBOM", output, text.encode())], force=force)


def _certificates(path: str) -> list[Certificate]:
    """Return the certificates of a file, one in DER or a chain in PEM."""
    from cryptography import x509  # as above

    from qynauth_pqc.integrations.x509 import UNREADABLE  # as above

    data = read_input(path, LONGEST_FILE, "the limit for certificates", InvalidKeyError)
    with naming(path):
        try:
            if b"-----BEGIN" in data:
                return x509.load_pem_x509_certificates(data)
            return [x509.load_der_x509_certificate(data)]
        except UNREADABLE as error:
            raise InvalidKeyError("expected a certificate in PEM or DER") from error
