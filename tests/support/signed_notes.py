"""A package of others: notes that are signed, written with the public names of qynauth_pqc and its `extend` alone.

A note is a line of JSON with a signature in base64url, and then the text.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from qynauth_pqc import MLDSAPrivateKey, MLDSAPublicKey, SecretBytes, SignaturePublicKey
from qynauth_pqc.extend import (
    BytesLike,
    Closable,
    NewFile,
    SecretInput,
    StrPath,
    decode_json,
    from_base64url,
    input_memory,
    is_valid,
    join_secret,
    no_condition,
    read_public,
    to_base64url,
    without_frames,
    without_own_frames,
    write_files,
)

LONGEST = 8192


@without_own_frames
def sign(text: BytesLike, sign_message: Callable[[bytes], bytes]) -> bytes:
    """Return a note."""
    message = bytes(input_memory(text, "text"))
    return json.dumps({"signature": to_base64url(sign_message(message))}).encode() + b"\n" + message


@without_frames
def save(path: StrPath, key: MLDSAPrivateKey, text: BytesLike, *, overwrite: bool = False) -> None:
    """Write a note and the seed of its key next to it, or neither."""
    with key.seed() as seed:
        files = [NewFile(path, sign(text, key.sign), secret=False), NewFile(f"{path}.seed", seed, secret=True)]
        write_files(files, overwrite=overwrite, hint="overwrite=True")


def load(path: StrPath, key: SignaturePublicKey) -> bytes:
    """Return the text of a note in a file."""
    return text_of(read_public(path, LONGEST, "verify() takes the note"), key)


def text_of(note: bytes, key: SignaturePublicKey) -> bytes:
    """Return the text of a note."""
    head, _, text = note.partition(b"\n")
    if not is_valid(key, text, from_base64url(decode_json(head.decode())["signature"].encode())):
        raise ValueError("signature is not valid")
    return text


@no_condition
async def verify(note: bytes, key: MLDSAPublicKey) -> bool:
    """Return whether a note is signed."""
    head, _, text = note.partition(b"\n")
    return is_valid(key, text, from_base64url(decode_json(head.decode())["signature"].encode()))


class Labelled(Closable):
    """A secret after its label."""

    def __init__(self, path: StrPath) -> None:
        """Read the secret from a file."""
        with SecretInput(path, LONGEST) as data:
            self.secret: SecretBytes = join_secret(b"label:", memoryview(bytes(data)))

    def close(self) -> None:
        """Wipe it."""
        self.secret.close()
