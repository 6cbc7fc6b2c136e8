"""The protocol: a person proves possession of a key, to register it and later to log in with it.

    client                                               server
      | -- account -----------------------------------------> |
      | <- nonce, expiry ------------------------------------ |  authentic for this account and purpose
      | -- signature of purpose, origin, account, key id, --> |  notes that the nonce is used, then verifies
      |    audience, nonce and expiry

Registration and login each have a context, and neither is empty: no such signature is valid for a JWT (RFC 9964 uses
the empty context), and no signature of a JWT lets anyone log in.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from qynauth_pqc import InvalidSignatureError, MLDSAPrivateKey, MLDSAPublicKey

if TYPE_CHECKING:
    from .accounts import Accounts

DOMAIN = "qynauth-auth-service-v1"
CONTEXTS = {name: f"qynauth auth_service {name} v1".encode() for name in ("register", "login")}

PARAMETER_SET: Final = "ML-DSA-65"
PUBLIC_KEY_BYTES = 1952
NONCE_SECONDS = 60
MAC_CHARACTERS = 43
ACCOUNT = re.compile(r"[a-z0-9._-]{1,64}")


class Refused(Exception):  # noqa: N818 - a refusal is what the protocol answers
    """A request is refused.

    Attributes:
        status: the status of the response in HTTP.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        """Keep the message and the status."""
        super().__init__(message)
        self.status = status


class Nonce(NamedTuple):
    """The server's challenge for one registration or login: an unpredictable text, and the time when it expires."""

    value: str
    expires: int


class Proof(NamedTuple):
    """The message of a client to log in or, without an audience and with a new key, to register."""

    account: str
    key_id: str
    nonce: Nonce
    signature: bytes
    audience: str | None = None

    def transcript(self, purpose: str, origin: str) -> bytes:
        """Return the signed bytes. No line holds a newline, so no two proofs share a transcript."""
        middle = [self.account, self.key_id, *([] if self.audience is None else [self.audience])]
        return "\n".join([DOMAIN, purpose, origin, *middle, self.nonce.value, str(self.nonce.expires)]).encode()


class Login:
    """The server's side."""

    def __init__(self, accounts: Accounts, origin: str) -> None:
        """Serve the accounts for one origin."""
        self._accounts = accounts
        self._origin = origin
        self._secret = accounts.nonce_secret()
        with MLDSAPrivateKey.generate(PARAMETER_SET) as nobody:
            self._nobodys_key = nobody.public_key.public_bytes()

    def begin(self, purpose: str, account: str) -> Nonce:
        """Return a new nonce, for an account that exists or not. It is not kept before it is used."""
        if not ACCOUNT.fullmatch(account):
            raise Refused("account: expected 1 to 64 of the characters a-z, 0-9, '.', '_' and '-'")
        return self._nonce(purpose, account, base64url(secrets.token_bytes(32)), int(time.time()) + NONCE_SECONDS)

    def key_id(self, account: str) -> str:
        """Return the id of the key of an account; for a name without an account, an id that looks the same."""
        return self._accounts.key_id(account)

    def register(self, proof: Proof, public_key: bytes) -> None:
        """Add an account, or find that it has this key already, for example after a lost response.

        Only a proof for another key shows that the name is taken, which cannot be hidden.
        """
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
        """Use the nonce, and verify the signature. Every failure has the same answer."""
        value, expires = proof.nonce
        own = self._nonce(purpose, proof.account, value[:-MAC_CHARACTERS], expires).value
        good = hmac.compare_digest(own.encode(), value.encode()) and self._accounts.use_nonce(value, expires)
        try:
            key = MLDSAPublicKey.from_public_bytes(public_key, PARAMETER_SET)
            key.verify(proof.transcript(purpose, self._origin), proof.signature, context=CONTEXTS[purpose])
        except InvalidSignatureError:
            good = False
        if not good:
            raise Refused("the proof is not valid, or was used already, or came too late", 401)

    def _nonce(self, purpose: str, account: str, random: str, expires: int) -> Nonce:
        """Return the nonce that begins with a random text. No line that is authenticated holds a newline."""
        lines = "\n".join([purpose, account, str(expires), random])
        return Nonce(random + base64url(hmac.digest(self._secret, lines.encode(), hashlib.sha256)), expires)


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
