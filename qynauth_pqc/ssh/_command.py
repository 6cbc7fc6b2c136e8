"""Keys and signatures of OpenSSH in the command `qynauth-pqc`: the group `ssh`, key files, and `--format ssh`."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from qynauth_pqc.composite import CompositePrivateKey, CompositePublicKey
from qynauth_pqc.errors import FormatError, InvalidKeyError, PasswordError, UnsupportedError
from qynauth_pqc.extend import SecretInput, command
from qynauth_pqc.ssh import AllowedSigners, SSHPrivateKey, SSHPublicKey, sign, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qynauth_pqc.extend.command import Progress, Sign, Verify
    from qynauth_pqc.formats import AnyPublicKey

OPTIONS = frozenset({"namespace", "signature", "allowed_signers", "principal"})
ADVICE = "check --key or --allowed-signers, --principal, --signature and --namespace"
SUFFIX, HOLDS_MESSAGE = ".sig", False
_LONGEST = 65536
"""The longest line of a public key and the longest signature, in bytes."""


@click.group()
def ssh() -> None:
    """Make keys of OpenSSH, and show their fingerprints.

    The program qynauth-pqc-git signs and verifies with them, for git and for files.
    """


@ssh.command()
@click.argument("file", type=command.FILE, callback=command.named_file)
@click.option("--comment", metavar="TEXT", default="", help="Comment of the key: usually the address of its owner.")
@command.encryption_options()
@command.force_option
@command.json_option
def keygen(*, file: str, comment: str, encrypt: bool, password_file: str | None, force: bool, as_json: bool) -> None:
    """Make a key pair of ssh-mldsa44-ed25519, in FILE and FILE.pub.

    Encrypting the private key needs the extra ssh.
    """
    with (
        command.new_password(file, password_file, "--password-file", encrypt=encrypt) as password,
        SSHPrivateKey.generate(comment) as key,
        key.to_bytes(password) as text,
    ):
        encrypted = ", encrypted" if password is not None else ""
        files = {
            "private_key": command.Output(f"private key (OpenSSH{encrypted})", file, text.view(), secret=True),
            "public_key": command.Output(
                "public key (OpenSSH)", f"{file}.pub", f"{key.public_key.to_line()}\n".encode()
            ),
        }
        command.finish(key.public_key.algorithm, files, force=force, as_json=as_json)


@ssh.command()
@click.argument("files", type=command.INPUT, metavar="FILE...", nargs=-1, required=True)
@command.json_option
def fingerprint(*, files: tuple[str, ...], as_json: bool) -> None:
    """Show the fingerprints of public keys as ssh-keygen -l does: size, SHA-256, comment and kind.

    They hash the key as OpenSSH encodes it. `qynauth-pqc fingerprint` shows them too and, for keys in any encoding, the
    fingerprint of SubjectPublicKeyInfo, which differs.
    """
    found = {}
    for path in files:
        line = command.read_input(path, _LONGEST, "the limit for a public key of OpenSSH", InvalidKeyError)
        with command.naming(path):
            found[path] = SSHPublicKey.from_line(line)
    if as_json:
        rows = [
            {"path": path, "fingerprint": key.fingerprint(), "algorithm": key.algorithm, "comment": key.comment}
            for path, key in found.items()
        ]
        click.echo(json.dumps(rows))
    else:
        click.echo("\n".join(key.describe() for key in found.values()))


def load_private_key(data: bytearray, path: str, password_file: str | None) -> SSHPrivateKey:
    """Load a private key, with its password if it is encrypted."""
    if password_file is None:
        with suppress(PasswordError):
            return SSHPrivateKey.from_bytes(data)
    with command.open_password(path, password_file) as password:
        return SSHPrivateKey.from_bytes(data, password)


def load_public_key(data: bytes | bytearray) -> SSHPublicKey:
    return SSHPublicKey.from_line(bytes(data))


def composite_key(key: SSHPrivateKey | SSHPublicKey) -> Any:
    """Return the key of this library in a key of OpenSSH."""
    public, found = (key.public_key, key._signer) if isinstance(key, SSHPrivateKey) else (key, key._key())
    if isinstance(found, (CompositePrivateKey, CompositePublicKey)):
        return found
    limits = "is for --format ssh only; everything else takes ssh-mldsa44-ed25519"
    raise UnsupportedError(f"a key of {public.algorithm} {limits}")


def as_openssh(key: AnyPublicKey) -> SSHPublicKey | None:
    """Return a key of this library as a key of OpenSSH, if it has such keys."""
    try:
        return SSHPublicKey.from_key(key) if isinstance(key, CompositePublicKey) else None
    except UnsupportedError:
        return None


@contextmanager
def signing(params: Mapping[str, Any]) -> Iterator[tuple[str, Sign]]:
    """Lend a function that signs a file, and the name of its algorithm."""
    with _private_key(params) as key:

        def sign_file(path: str, progress: Progress) -> bytes:
            with command.message_file(path, progress) as file:
                return sign(key, file, namespace=params["namespace"])

        yield key.public_key.algorithm, sign_file


def _private_key(params: Mapping[str, Any]) -> SSHPrivateKey:
    path = params["key"]
    if params["signer"] is not None:
        signer = command.load_signer(params["signer"])
        _checked(signer.public_key)
        return SSHPrivateKey.from_signer(signer)
    with SecretInput(path, command.LONGEST_FILE) as data:
        if command.encoding_of(data) != "openssh":
            key = command.private_key_in("signature", path, data, None, params["password_file"])
            _checked(key.public_key)
            return SSHPrivateKey.from_signer(key)
        with command.naming(path):
            key = load_private_key(data, path, params["password_file"])
    command.warn_of_readers(path)
    return key


def verifying(params: Mapping[str, Any]) -> Verify:
    """Return a function that checks the signature of a file and returns the name of its algorithm."""
    path, principal = params["allowed_signers"], params["principal"]
    if (path is None) != (principal is None):
        raise click.UsageError("pass --allowed-signers and --principal, or neither.")
    if principal == "":  # from an unset variable of the shell, for example; a pattern may match it
        raise click.BadParameter("expected a name.", param_hint="--principal")
    if path is not None:
        with command.naming(path):
            allowed = AllowedSigners.load(path)
        for each in allowed.errors(principal):
            command.complain(f"warning: {command.printable(path)}: {each}")
        signers: AllowedSigners | SSHPublicKey = allowed
    else:
        signers = _public_key(params["key"])

    def verify_file(path: str, signature_path: str, progress: Progress) -> dict[str, Any]:
        text = command.read_input(signature_path, _LONGEST, "the longest signature of OpenSSH", FormatError)
        with command.naming(signature_path), command.message_file(path, progress) as file:
            found = verify(file, text, namespace=params["namespace"], signers=signers, principal=principal)
        algorithm, is_classical = found.signature.algorithm, found.signature.is_classical
        if is_classical:
            reason = "is classical: a quantum computer could forge this signature"
            command.complain(f"warning: {command.printable(path)}: {algorithm} {reason}")
        return {"algorithm": algorithm, "classical": is_classical}

    return verify_file


def _public_key(path: str) -> SSHPublicKey:
    limit = "the limit for a public key or a certificate"
    data = command.read_input(path, command.LONGEST_FILE, limit, InvalidKeyError)
    if command.encoding_of(data) == "openssh":
        with command.naming(path):
            return load_public_key(data)
    return _checked(command.public_key_in("signature", path, data, None))


def _checked(key: Any) -> SSHPublicKey:
    """Return a key of this library as a key of OpenSSH, or report that OpenSSH has no such keys."""
    found = as_openssh(key)
    if found is None:
        raise UnsupportedError(
            f"--format ssh is for keys of MLDSA44-Ed25519-SHA512 and of OpenSSH, not {key.parameter_set}"
        )
    return found
