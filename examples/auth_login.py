#!/usr/bin/env python3
"""A login without passwords: two processes, a client and a server, agree on a key, and the client proves its identity.

    client                                            server, knows the client's ML-DSA-65 public key
      | -- ek, a new ML-KEM-768 public key -----------> |
      | <- ciphertext of a shared secret, challenge --- |
      | -- signature of H(ek, ciphertext, challenge) -> |
      | <- greeting, encrypted with the session key --- |
      | -- answer, encrypted with the session key ----> |

The signature covers everything that was exchanged. An old answer does not match a new challenge. Someone in the middle
must replace `ek` or the ciphertext, and has no signature for the values that the server saw.

The client does not authenticate the server: a real login signs the other direction too, or runs inside TLS.

Needs the package `cryptography` for HKDF and ChaCha20-Poly1305.
"""
# ruff: noqa: T201 - it prints its steps

from __future__ import annotations

import hashlib
import multiprocessing
import secrets
import sys
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from qynauth_pqc import (
    InvalidSignatureError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    SharedSecret,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

# The purposes of signatures and keys. A signature made for another protocol, or for version 2, is not valid here.
CONTEXT = b"qynauth login v1"

# A nonce must not be used twice with a key. Each key here encrypts one message, so it may be constant.
NONCE = bytes(12)

REFUSED = b""


def say(who: str, what: str) -> None:
    """Print a line at once, since two processes share the output."""
    print(f"{who:9}{what}", flush=True)


def transcript(ek: bytes, ciphertext: bytes, challenge: bytes) -> bytes:
    """Return the hash of all exchanged messages. The lengths are fixed, so no two exchanges hash the same bytes."""
    return hashlib.sha256(ek + ciphertext + challenge).digest()


def session_ciphers(shared_secret: SharedSecret, exchanged: bytes) -> tuple[ChaCha20Poly1305, ChaCha20Poly1305]:
    """Derive a key for each direction, and wipe the shared secret, which is never used as a key itself."""
    with shared_secret:
        keys = HKDF(SHA256(), length=64, salt=exchanged, info=CONTEXT).derive(shared_secret.view())
    return ChaCha20Poly1305(keys[:32]), ChaCha20Poly1305(keys[32:])


def serve(connection: Connection, client_public_key: bytes) -> None:
    """Answer logins until the other side hangs up."""
    client = MLDSAPublicKey.from_public_bytes(client_public_key, "ML-DSA-65")
    while True:
        try:
            ek = connection.recv_bytes()
        except EOFError:
            return
        answer_login(connection, client, ek)


def answer_login(connection: Connection, client: MLDSAPublicKey, ek: bytes) -> None:
    """Challenge the sender of `ek`, and continue only if the answer is the client's."""
    ciphertext, shared_secret = MLKEMPublicKey.from_public_bytes(ek, "ML-KEM-768").encapsulate()
    challenge = secrets.token_bytes(32)
    connection.send_bytes(ciphertext)
    connection.send_bytes(challenge)
    exchanged = transcript(ek, ciphertext, challenge)
    try:
        client.verify(exchanged, connection.recv_bytes(), context=CONTEXT)
    except InvalidSignatureError as error:
        say("server", f"refused: {error}")
        connection.send_bytes(REFUSED)
        return
    to_server, to_client = session_ciphers(shared_secret, exchanged)
    connection.send_bytes(to_client.encrypt(NONCE, b"welcome", exchanged))
    # Only the owner of `ek` can have the session key; decrypt() raises InvalidTag for anyone else.
    answer = to_server.decrypt(NONCE, connection.recv_bytes(), exchanged)
    say("server", f"accepted: the client has the session key and says {answer.decode()!r}")
    connection.send_bytes(b"done")


def log_in(connection: Connection, identity: MLDSAPrivateKey) -> tuple[bytes, bytes]:
    """Log in, and return what an eavesdropper could record: `ek` and the signature."""
    with MLKEMPrivateKey.generate("ML-KEM-768") as ephemeral:
        ek = ephemeral.public_key.public_bytes()
        connection.send_bytes(ek)
        ciphertext, challenge = connection.recv_bytes(), connection.recv_bytes()
        exchanged = transcript(ek, ciphertext, challenge)
        to_server, to_client = session_ciphers(ephemeral.decapsulate(ciphertext), exchanged)
    signature = identity.sign(exchanged, context=CONTEXT)
    connection.send_bytes(signature)
    greeting = to_client.decrypt(NONCE, connection.recv_bytes(), exchanged)
    say("client", f"the server has the session key and says {greeting.decode()!r}")
    connection.send_bytes(to_server.encrypt(NONCE, b"hello", exchanged))
    connection.recv_bytes()
    return ek, signature


def attack(connection: Connection, ek: bytes, sign: Callable[[bytes, bytes], bytes]) -> None:
    """Answer a challenge with the output of `sign` for it and the ciphertext, and stop if the server accepts that."""
    connection.send_bytes(ek)
    connection.send_bytes(sign(connection.recv_bytes(), connection.recv_bytes()))
    if connection.recv_bytes() != REFUSED:
        sys.exit("the server let an attacker in")


def main() -> None:
    """Run the server in a separate process, log in, and then try to log in like an attacker."""
    identity, stranger = MLDSAPrivateKey.generate("ML-DSA-65"), MLDSAPrivateKey.generate("ML-DSA-65")
    start = multiprocessing.get_context("spawn")
    connection, server_end = start.Pipe()
    server = start.Process(target=serve, args=(server_end, identity.public_key.public_bytes()), daemon=True)
    server.start()
    server_end.close()

    say("client", "logs in")
    ek, signature = log_in(connection, identity)
    say("attacker", "replays the recorded signature")
    attack(connection, ek, lambda _ciphertext, _challenge: signature)
    say("attacker", "signs with another key")
    attack(connection, ek, lambda ct, challenge: stranger.sign(transcript(ek, ct, challenge), context=CONTEXT))
    say("attacker", "has the client sign an altered challenge")
    attack(connection, ek, lambda ct, _challenge: identity.sign(transcript(ek, ct, bytes(32)), context=CONTEXT))
    say("attacker", "has the client sign for another protocol")
    attack(connection, ek, lambda ct, challenge: identity.sign(transcript(ek, ct, challenge), context=b"documents"))

    connection.close()
    server.join()
    sys.exit(server.exitcode)


if __name__ == "__main__":
    main()
