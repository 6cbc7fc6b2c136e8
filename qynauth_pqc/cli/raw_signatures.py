"""Signatures of the standards, and nothing else in their files: `--format raw`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from qynauth_pqc._keys.digests import Hasher, sign_digest, verify_digest
from qynauth_pqc._keys.signature import SignaturePrivateKey
from qynauth_pqc.cli import keys
from qynauth_pqc.cli.files import message_file, read_input, whole_message
from qynauth_pqc.errors import InvalidSignatureError, UnsupportedError
from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.prehash import chosen_hash, mu_of_file, pass_file
from qynauth_pqc.signer import sign_checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qynauth_pqc.cli.app import Progress, Sign, Verify
    from qynauth_pqc.signer import Signer

OPTIONS = frozenset({"algorithm", "context", "context_hex", "deterministic", "prehash", "signature"})
ADVICE = "check --key, --signature, --format, --context and --prehash"
SUFFIX, HOLDS_MESSAGE = ".sig", False


@contextmanager
def signing(params: Mapping[str, Any]) -> Iterator[tuple[str, Sign]]:
    """Lend a function that signs a file, and the name of its algorithm."""
    context, prehash, deterministic = _context(params), params["prehash"], params["deterministic"]
    with keys.open_signer(params) as signer:
        if isinstance(signer, SignaturePrivateKey):
            keys.check_prehash(signer.algorithm, prehash)
        elif prehash is not None or deterministic:
            raise UnsupportedError("--prehash and --deterministic need a key in this process; omit them, or pass --key")

        def sign(path: str, progress: Progress) -> bytes:
            if not isinstance(signer, SignaturePrivateKey):
                return _sign_elsewhere(signer, context, path, progress)
            if (hash_name := chosen_hash(signer, prehash)) is not None:
                with message_file(path, progress) as file:
                    return sign_digest(
                        signer, pass_file(Hasher(hash_name), file, None), context, deterministic=deterministic
                    )
            if isinstance(signer, MLDSAPrivateKey):
                return signer.sign_mu(_mu(signer.public_key, path, context, progress), deterministic=deterministic)
            with whole_message(path) as message:
                made = signer.sign(message, context=context, deterministic=deterministic)
            progress(len(message))
            return made

        yield signer.algorithm, sign


def _sign_elsewhere(signer: Signer, context: bytes, path: str, progress: Progress) -> bytes:
    public_key = signer.public_key
    if isinstance(public_key, MLDSAPublicKey) and hasattr(signer, "sign_mu"):
        mu = _mu(public_key, path, context, progress)
        signature: bytes = signer.sign_mu(mu)
        public_key.verify_mu(mu, signature)
        return signature
    if context:
        raise UnsupportedError("this signer takes no context; omit --context and --context-hex")
    with whole_message(path) as message:
        signature = sign_checked(signer, message)
    progress(len(message))
    return signature


def verifying(params: Mapping[str, Any]) -> Verify:
    """Return a function that checks the signature of a file and returns the name of its algorithm."""
    key, context, prehash = keys.verification_key(params), _context(params), params["prehash"]
    keys.check_prehash(key.parameter_set, prehash)

    def verify(path: str, signature_path: str, progress: Progress) -> dict[str, Any]:
        # A file longer than every signature is an invalid signature, like any wrong length.
        longest = keys.LONGEST_SIGNATURE
        signature = read_input(signature_path, longest, "the longest signature", InvalidSignatureError)
        if (hash_name := chosen_hash(key, prehash)) is not None:
            with message_file(path, progress) as file:
                verify_digest(key, pass_file(Hasher(hash_name), file, None), signature, context)
        elif isinstance(key, MLDSAPublicKey):
            key.verify_mu(_mu(key, path, context, progress), signature)
        else:
            with whole_message(path) as message:
                key.verify(message, signature, context=context)
            progress(len(message))
        return {"algorithm": str(key.parameter_set)}

    return verify


def _context(params: Mapping[str, Any]) -> bytes:
    return params["context"] or params["context_hex"] or b""


def _mu(public_key: MLDSAPublicKey, path: str, context: bytes, progress: Progress) -> bytes:
    """Return the mu of a message of any length, which is hashed in chunks."""
    with message_file(path, progress) as file:
        return mu_of_file(public_key, file, context, None)
