"""The commands `qynauth-pqc encrypt` and `qynauth-pqc decrypt`: files under X-Wing, by HPKE of `cryptography`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qynauth_pqc._extras import extra
from qynauth_pqc.cli import app as options
from qynauth_pqc.cli import keys
from qynauth_pqc.cli.files import FILE, INPUT, STDIO, NewFile, complain, display_name, read_input
from qynauth_pqc.xwing import XWingParameterSet

if TYPE_CHECKING:
    from typing import Any

_XWING = XWingParameterSet.X_WING
_LONGEST = 1 << 30
_ADDED = _XWING.ciphertext_bytes + 16  # the encapsulated key, and the tag of AES-GCM
_SUFFIX = ".hpke"

_info = click.option(
    "--info", metavar="TEXT", default="", help="Purpose of the file, in UTF-8; decryption needs the same text."
)


def _suite() -> Any:
    """Return the suite of HPKE, which needs an extra."""
    with extra("x509", "HPKE needs {} 50 or newer", "cryptography"):
        from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite  # an extra
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@click.command()
@click.argument("file", type=INPUT)
@options.public_key_option
@options.algorithm_option([_XWING])
@_info
@click.option("-o", "--out", type=FILE, help=f"Write the encrypted file to FILE, by default the name with {_SUFFIX}.")
@options.force_option
@options.json_option
def encrypt(  # noqa: PLR0913 - one parameter per option
    *, file: str, key: str, algorithm: str | None, info: str, out: str | None, force: bool, as_json: bool
) -> None:
    """Encrypt FILE for the owner of an X-Wing key.

    The result is single-shot HPKE (RFC 9180): the encapsulated key, 1120 bytes, and the file under AES-256-GCM with a
    tag of 16 bytes. FILE may have up to 1 GiB. Anyone can encrypt: sign the result to say who did.
    """
    path = out or (STDIO if file == STDIO else f"{file}{_SUFFIX}")
    options.check_streams(inputs=(file, key), output=path, as_json=as_json)
    suite = _suite()
    public_key = keys.load_public_key("X-Wing", key, algorithm or _XWING)
    plain = read_input(file, _LONGEST, "the limit for a file to encrypt")
    sealed = suite.encrypt(plain, public_key.to_cryptography(), info=info.encode("utf-8", "surrogateescape"))
    options.finish(_XWING, {"encrypted": NewFile("encrypted file", path, sealed)}, force=force, as_json=as_json)


@click.command()
@click.argument("file", type=INPUT)
@options.private_key_option
@options.algorithm_option([_XWING])
@options.password_file_option
@_info
@click.option("-o", "--out", type=FILE, help=f"Write the file to FILE, by default the name without {_SUFFIX}.")
@options.force_option
@options.json_option
def decrypt(  # noqa: PLR0913 - one parameter per option
    *,
    file: str,
    key: str,
    algorithm: str | None,
    password_file: str | None,
    info: str,
    out: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Decrypt FILE, made by `encrypt` or another HPKE program, with an X-Wing key.

    Nothing is written before the whole file is known to be authentic. The exit code is 1 if it is not: it was altered,
    or encrypted for another key or with another --info. The new file is readable by its owner only.
    """
    path = out or (STDIO if file == STDIO else file.removesuffix(_SUFFIX))
    if path == file != STDIO:
        raise click.UsageError(f"missing option '--out', which a FILE without {_SUFFIX} requires.")
    options.check_streams(output=path, as_json=as_json)
    suite = _suite()
    from cryptography.exceptions import InvalidTag  # the extra is there

    with keys.load_private_key("X-Wing", key, algorithm or _XWING, password_file) as private_key:
        sealed = read_input(file, _LONGEST + _ADDED, "the limit for an encrypted file")
        try:
            plain = suite.decrypt(sealed, private_key.to_cryptography(), info=info.encode("utf-8", "surrogateescape"))
        except InvalidTag:
            name = display_name(file)
            complain(f"error: {name}: not authentic: it was altered, or is for another key; check --key and --info")
            click.get_current_context().exit(options.EXIT_INVALID)
    options.finish(_XWING, {"file": NewFile("file", path, plain, secret=True)}, force=force, as_json=as_json)
