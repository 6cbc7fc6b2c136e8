"""The program `qynauth-pqc`, and its commands for keys. Imports click, so only `qynauth_pqc.cli` imports it."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

import qynauth_pqc
from qynauth_pqc._keys.paths import SecretInput
from qynauth_pqc.cli import app as options
from qynauth_pqc.cli import encodings, keys, table
from qynauth_pqc.cli.files import FILE, INPUT, NewFile, display_name, keep, printable, read_input
from qynauth_pqc.cli.passwords import new_password
from qynauth_pqc.composite import CompositePublicKey
from qynauth_pqc.errors import InvalidCiphertextError, PasswordError, SeedUnavailableError
from qynauth_pqc.native import lib

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qynauth_pqc.formats import AnyPrivateKey, AnyPublicKey
    from qynauth_pqc.mlkem import KEMPublicKey
    from qynauth_pqc.native.secret_bytes import SecretBytes


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
    form = encodings.check_choice(algorithm, form, encoding, encrypted=encrypted)
    with (
        new_password(private, password_file, "--password-file", encrypt=encrypt) as password,
        keys.generate(algorithm) as key,
        encodings.encode_private_key(key, form, encoding, password) as secret,
    ):
        files = {
            "private_key": encodings.private_file(private, form, encoding, secret.view(), encrypted=encrypted),
            "public_key": NewFile("public key", public, encodings.encode_public_key(key.public_key, encoding)),
        }
        options.finish(algorithm, files, force=force, as_json=as_json)


@app.command()
@click.option(
    "--key",
    type=FILE,
    required=True,
    callback=options.named_file,
    help="Private or public key to convert: PEM, DER, JWK, COSE_Key, raw, or of OpenSSH; or a certificate.",
)
@options.algorithm_option(keys.ALGORITHMS["any"])
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
        data = stack.enter_context(SecretInput(key, keys.LONGEST_FILE))
        kind = keys.kind_of(data, algorithm)
        if not private or os.path.realpath(private) != os.path.realpath(key):
            keep(key, click.get_current_context())  # a private key, and nothing else, may be replaced by its new form
        if private and kind == lib.PQC_KEY_KIND_ENCRYPTED and not (encrypted or no_encryption):
            raise PasswordError(f"{display_name(key)}: {_DROPPED}")
        if private or kind != lib.PQC_KEY_KIND_PUBLIC:
            private_key: AnyPrivateKey = keys.private_key_in("any", key, data, algorithm, password_file)
            stack.enter_context(private_key)
            public_key: AnyPublicKey = private_key.public_key
        elif password_file is not None:
            raise PasswordError(f"{display_name(key)}: a public key is not encrypted; omit --password-file")
        else:
            public_key = keys.public_key_in("any", key, data, algorithm)
        name = public_key._parameter_set
        form = encodings.check_choice(name, form, encoding, encrypted=encrypted)
        if private:
            password = new_password(private, new_password_file, "--new-password-file", encrypt=encrypt)
            secret = stack.enter_context(_encoded(private_key, form, encoding, stack.enter_context(password), key))
            files["private_key"] = encodings.private_file(private, form, encoding, secret.view(), encrypted=encrypted)
        if public:
            files["public_key"] = NewFile("public key", public, encodings.encode_public_key(public_key, encoding))
        options.finish(name, files, force=force, as_json=as_json)


_DROPPED = "private key is encrypted; pass --encrypt or --new-password-file, or --no-encryption to drop its encryption"


def _check_usage(private: str | None, public: str | None, *, encrypted: bool, no_encryption: bool) -> None:
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
        return encodings.encode_private_key(key, form, encoding, password)
    except SeedUnavailableError as error:
        remedy = "pass --form expanded"
        if encoding in {"jwk", "cose"}:
            remedy = f"--format {encoding} holds the seed only; use --format pem --form expanded"
        raise SeedUnavailableError(f"{display_name(path)}: {error}; {remedy}") from error


@app.command()
@click.argument("key", type=INPUT, callback=options.named_file)
@options.algorithm_option(keys.ALGORITHMS["any"])
@options.password_file_option
@options.json_option
def fingerprint(*, key: str, algorithm: str | None, password_file: str | None, as_json: bool) -> None:
    """Show the fingerprint of the key in the file KEY, private or public, or of the key in a certificate.

    It is SHA-256 of the public key as SubjectPublicKeyInfo in DER, in hexadecimal, as `openssl pkey -pubout -outform
    DER | sha256sum` prints it. If OpenSSH supports the key, its fingerprint by `ssh-keygen -l` follows, which hashes
    another encoding and therefore differs; a classical key of OpenSSH has only that fingerprint.
    """
    with SecretInput(key, keys.LONGEST_FILE) as data:
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
    is_public = keys.kind_of(data, algorithm) == lib.PQC_KEY_KIND_PUBLIC
    if encodings.encoding_of(data) == "openssh":
        openssh = encodings.openssh_keys()
        with keys.naming(path):
            if is_public:
                key = openssh.load_public_key(data)
            else:
                with openssh.load_private_key(data, path, password_file) as private_key:
                    key = private_key.public_key
        loaded = key._key()
        return loaded if isinstance(loaded, CompositePublicKey) else None, key
    if is_public:
        public_key: AnyPublicKey = keys.public_key_in("any", path, data, algorithm)
    else:
        with keys.private_key_in("any", path, data, algorithm, password_file) as private:
            public_key = private.public_key
    module = table.load(table.KEY_FILES, "openssh")
    return public_key, module and module.as_openssh(public_key)


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
        longest = keys.LONGEST_CIPHERTEXT
        received = read_input(ciphertext, longest, "the longest ciphertext", InvalidCiphertextError)
        with keys.naming(ciphertext):
            shared = private_key.decapsulate(received)
    with shared:
        files = {"shared_secret": NewFile("shared secret", secret, shared.view(), secret=True)}
        options.finish(private_key._parameter_set, files, force=force, as_json=as_json)
