"""Signatures of the standards, and nothing else in their files: `--format raw`."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from qynauth_pqc.cli import keys
from qynauth_pqc.cli.files import message_file, read_input, read_message
from qynauth_pqc.cli.signers import load_signer
from qynauth_pqc.errors import InvalidSignatureError, UnsupportedError
from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.prehash import hash_file, mu_of_file, sign_digest, verify_digest
from qynauth_pqc.signer import sign_checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qynauth_pqc.cli.signing import Progress, Sign, Verify
    from qynauth_pqc.signer import Signer

OPTIONS = frozenset({"algorithm", "context", "context_hex", "deterministic", "prehash"})
ADVICE = "check --key, --signature, --context and --prehash"


@contextmanager
def signing(params: Mapping[str, Any]) -> Iterator[tuple[str, Sign]]:
    """Lend what signs a file, and the name of its algorithm."""
    context = _context(params)
    if params["signer"] is not None:
        if params["prehash"] is not None or params["deterministic"]:
            raise UnsupportedError("--prehash and --deterministic need a key in this process; omit them, or pass --key")
        signer = load_signer(params["signer"])
        yield signer.public_key.parameter_set.value, partial(_sign_elsewhere, signer, context)
        return
    with keys.load_private_key("signature", params["key"], params["algorithm"], params["password_file"]) as key:
        keys.check_prehash(key.parameter_set, params["prehash"])
        yield key.parameter_set.value, partial(_sign, key, context, params)


def _sign_elsewhere(signer: Signer, context: bytes, path: str, progress: Progress) -> bytes:
    public_key = signer.public_key
    if isinstance(public_key, MLDSAPublicKey) and hasattr(signer, "sign_mu"):
        mu = _mu(public_key, path, context, progress)
        signature: bytes = signer.sign_mu(mu)
        public_key.verify_mu(mu, signature)
        return signature
    if context:
        raise UnsupportedError("this signer takes no context; omit --context and --context-hex")
    return sign_checked(signer, read_message(path))


def _sign(key: Any, context: bytes, params: Mapping[str, Any], path: str, progress: Progress) -> bytes:
    prehash, deterministic = params["prehash"], params["deterministic"]
    if prehash is not None:
        with message_file(path, progress) as file:
            return sign_digest(key, hash_file(prehash, file, None), context, deterministic=deterministic)
    if isinstance(key, MLDSAPrivateKey):
        return key.sign_mu(_mu(key.public_key, path, context, progress), deterministic=deterministic)
    signature: bytes = key.sign(read_message(path), context=context, deterministic=deterministic)
    return signature


def verifying(params: Mapping[str, Any]) -> tuple[str, Verify]:
    """Return the name of the algorithm, and what checks the signature of a file."""
    key = keys.load_public_key("signature", params["key"], params["algorithm"])
    keys.check_prehash(key.parameter_set, params["prehash"])
    return key.parameter_set.value, partial(_verify, key, _context(params), params["prehash"])


def _verify(key: Any, context: bytes, prehash: str | None, path: str, signature_path: str, progress: Progress) -> None:
    # A file longer than every signature is an invalid signature, like any wrong length.
    longest = keys.LONGEST_SIGNATURE
    signature = read_input(signature_path, longest, "the longest signature", InvalidSignatureError)
    if prehash is not None:
        with message_file(path, progress) as file:
            verify_digest(key, hash_file(prehash, file, None), signature, context)
    elif isinstance(key, MLDSAPublicKey):
        key.verify_mu(_mu(key, path, context, progress), signature)
    else:
        key.verify(read_message(path), signature, context=context)


def _context(params: Mapping[str, Any]) -> bytes:
    return params["context"] or params["context_hex"] or b""


def _mu(public_key: MLDSAPublicKey, path: str, context: bytes, progress: Progress) -> bytes:
    """Return what ML-DSA signs of a message of any length, which is hashed in chunks."""
    with message_file(path, progress) as file:
        return mu_of_file(public_key, file, context, None)
