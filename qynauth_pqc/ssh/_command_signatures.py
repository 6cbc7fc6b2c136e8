"""Signatures as `ssh-keygen -Y` makes and reads them: `--format ssh`."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from qynauth_pqc import ssh
from qynauth_pqc.cli import keys
from qynauth_pqc.cli.encodings import encoding_of
from qynauth_pqc.cli.files import message_file, read_input, warn_of_readers
from qynauth_pqc.cli.signers import load_signer
from qynauth_pqc.errors import InvalidKeyError, UnsupportedError
from qynauth_pqc.extend import SecretInput
from qynauth_pqc.ssh import AllowedSigners, SSHFormatError, SSHPrivateKey, SSHPublicKey
from qynauth_pqc.ssh import _command_keys as openssh

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qynauth_pqc.cli.app import Progress, Sign, Verify

OPTIONS = frozenset({"namespace", "signature", "allowed_signers", "principal"})
ADVICE = "check --key or --allowed-signers, --principal, --signature and --namespace"
SUFFIX, HOLDS_MESSAGE = ".sig", False
_LONGEST_SIGNATURE = 65536


@contextmanager
def signing(params: Mapping[str, Any]) -> Iterator[tuple[str, Sign]]:
    """Lend a function that signs a file, and the name of its algorithm."""
    with _private_key(params) as key:
        yield key.public_key.algorithm, partial(_sign, key, params["namespace"])


def _private_key(params: Mapping[str, Any]) -> SSHPrivateKey:
    path = params["key"]
    if params["signer"] is not None:
        signer = load_signer(params["signer"])
        _checked(signer.public_key)
        return SSHPrivateKey.from_signer(signer)
    with SecretInput(path, keys.LONGEST_FILE) as data:
        if encoding_of(data) != "openssh":
            key = keys.private_key_in("signature", path, data, None, params["password_file"])
            _checked(key.public_key)
            return SSHPrivateKey.from_signer(key)
        with keys.naming(path):
            key = openssh.load_private_key(data, path, params["password_file"])
    warn_of_readers(path)
    return key


def _sign(key: SSHPrivateKey, namespace: str, path: str, progress: Progress) -> bytes:
    with message_file(path, progress) as file:
        return ssh.sign(key, file, namespace=namespace)


def verifying(params: Mapping[str, Any]) -> Verify:
    """Return a function that checks the signature of a file and returns the name of its algorithm."""
    path, principal = params["allowed_signers"], params["principal"]
    if (path is None) != (principal is None):
        raise click.UsageError("pass --allowed-signers and --principal, or neither.")
    if principal == "":  # from an unset variable of the shell, for example; a pattern may match it
        raise click.BadParameter("expected a name.", param_hint="--principal")
    if path is not None:
        with keys.naming(path):
            return partial(_verify, AllowedSigners.load(path), principal, params["namespace"])
    path = params["key"]
    data = read_input(path, keys.LONGEST_FILE, "the limit for a public key or a certificate", InvalidKeyError)
    if encoding_of(data) == "openssh":
        with keys.naming(path):
            key = openssh.load_public_key(data)
    else:
        key = _checked(keys.public_key_in("signature", path, data, None))
    return partial(_verify, key, None, params["namespace"])


def _verify(
    signers: AllowedSigners | SSHPublicKey,
    principal: str | None,
    namespace: str,
    path: str,
    signature_path: str,
    progress: Progress,
) -> dict[str, Any]:
    text = read_input(signature_path, _LONGEST_SIGNATURE, "the longest signature of OpenSSH", SSHFormatError)
    with keys.naming(signature_path), message_file(path, progress) as file:
        found = ssh.verify(file, text, namespace=namespace, signers=signers, principal=principal)
    return {"algorithm": found.signature.algorithm}


def _checked(key: Any) -> SSHPublicKey:
    """Return a key of this library as a key of OpenSSH, or report that OpenSSH has no such keys."""
    found = openssh.as_openssh(key)
    if found is None:
        raise UnsupportedError(
            f"--format ssh is for keys of MLDSA44-Ed25519-SHA512 and of OpenSSH, not {key.parameter_set}"
        )
    return found
