"""The protocol: a person proves to have a key, to register it and later to log in with it.

    client                                               server
      | -- account -----------------------------------------> |
      | <- nonce, expiry ------------------------------------ |  kept for this account and purpose
      | -- signature of purpose, origin, account, key id, --> |  takes the nonce, then verifies
      |    audience, nonce and expiry

The nonce is taken before the signature is verified, so that each nonce permits one attempt. Nobody can use up the nonce
of another person: only the client that asked for it knows its 32 random bytes.

Registration and login have a context each, and neither is empty: no such signature is one of a JWT (RFC 9964 signs
those with the empty context), and no signature of a JWT lets anyone log in.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from typing import TYPE_CHECKING, NamedTuple

from qynauth_pqc import InvalidSignatureError, MLDSAPrivateKey, MLDSAPublicKey

from .accounts import Nonce

if TYPE_CHECKING:
    from .accounts import Accounts

DOMAIN = "qynauth-auth-service-v1"
CONTEXTS = {name: f"qynauth auth_service {name} v1".encode() for name in ("register", "login")}

PARAMETER_SET = "ML-DSA-65"
PUBLIC_KEY_BYTES = 1952
NONCE_SECONDS = 60
ACCOUNT = re.compile(r"[a-z0-9._-]{1,64}")


class Refused(Exception):  # noqa: N818 - a refusal is what the protocol answers
    """A request is refused.

    Attributes:
        status: the status of the response in HTTP.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        """Keep what the client is told."""
        super().__init__(message)
        self.status = status


class Proof(NamedTuple):
    """What a client sends in order to log in or, without an audience and with a new key, to register."""

    account: str
    key_id: str
    nonce: Nonce
    signature: bytes
    audience: str | None = None

    def transcript(self, purpose: str, origin: str) -> bytes:
        """Return what the signature is over. No line holds a newline, so no two proofs share a transcript."""
        middle = [self.account, self.key_id, *([] if self.audience is None else [self.audience])]
        return "\n".join([DOMAIN, purpose, origin, *middle, self.nonce.value, str(self.nonce.expires)]).encode()


class Login:
    """The server's side."""

    def __init__(self, accounts: Accounts, origin: str) -> None:
        """Serve the accounts for one origin."""
        self._accounts = accounts
        self.origin = origin
        with MLDSAPrivateKey.generate(PARAMETER_SET) as nobody:
            self._nobodys_key = nobody.public_key.public_bytes()

    def begin(self, purpose: str, account: str) -> Nonce:
        """Return a new nonce, for an account that exists or not: neither the answer nor its time shows which."""
        if not ACCOUNT.fullmatch(account):
            raise Refused("account: expected 1 to 64 of the characters a-z, 0-9, '.', '_' and '-'")
        now = time.time()
        nonce = Nonce(base64url(secrets.token_bytes(32)), int(now) + NONCE_SECONDS)
        self._accounts.add_nonce(purpose, account, nonce, now)
        return nonce

    def key_id(self, account: str) -> str:
        """Return the id of the key of an account, and for a name without one something that looks the same."""
        return self._accounts.key_id(account)

    def register(self, proof: Proof, public_key: bytes) -> None:
        """Add an account. That its name is taken is known only after a proof for another key, and cannot be hidden."""
        if len(public_key) != PUBLIC_KEY_BYTES:
            raise Refused(f"public_key: expected {PUBLIC_KEY_BYTES} bytes, got {len(public_key)}")
        self._check("register", proof, public_key)
        if not self._accounts.add(proof.account, proof.key_id, public_key):
            raise Refused("the account is taken", 409)

    def log_in(self, proof: Proof) -> None:
        """Check a login. Nobody has the private key of an account that does not exist."""
        known = self._accounts.public_key(proof.account, proof.key_id)
        self._check("login", proof, known or self._nobodys_key)

    def _check(self, purpose: str, proof: Proof, public_key: bytes) -> None:
        """Take the nonce, and verify the signature. One answer for all that can be wrong."""
        taken = self._accounts.take_nonce(purpose, proof.account, proof.nonce, time.time())
        try:
            key = MLDSAPublicKey.from_public_bytes(public_key, PARAMETER_SET)
            key.verify(proof.transcript(purpose, self.origin), proof.signature, context=CONTEXTS[purpose])
        except InvalidSignatureError:
            taken = False
        if not taken:
            raise Refused("the proof is not valid, or was used already, or came too late", 401)


def key_id_of(public_key: bytes) -> str:
    """Return the id of a public key."""
    return base64url(hashlib.sha256(public_key).digest())


def base64url(data: bytes) -> str:
    """Encode bytes without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Decode bytes without padding.

    Raises:
        ValueError: they are not encoded so.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
