"""Exchanges keys, ciphertexts and signatures between two builds, each of which runs this in its own interpreter.

`exchange.py make` writes them as JSON, and `exchange.py read` checks them.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from qynauth_pqc import KEMPrivateKey
from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.private_key import PrivateKey

MESSAGE, CONTEXT = b"message", b"context"


def made(key: Any) -> dict[str, str]:
    """Return the encodings of a key, and the outputs of it and its public key, in hexadecimal digits."""
    public_key = key.public_key
    fields = {
        "private": bytes(key.private_bytes()),
        "public": public_key.public_bytes(),
        "der": public_key.to_spki("DER"),
    }
    if isinstance(key, KEMPrivateKey):
        ciphertext, secret = public_key.encapsulate()
        fields |= {"ciphertext": ciphertext, "secret": bytes(secret)}
    else:
        fields |= {"signature": key.sign(MESSAGE, context=CONTEXT), "plain": key.sign(MESSAGE)}
    return {name: value.hex() for name, value in fields.items()}


def check(kind: Any, name: str, fields: dict[str, bytes]) -> None:
    """Check what another build has made."""
    key = kind.from_private_bytes(fields["private"], name)
    assert key.public_key.public_bytes() == fields["public"]
    public_key = kind._public_class.from_public_bytes(fields["public"], name)
    assert public_key.to_spki("DER") == fields["der"]
    if isinstance(key, KEMPrivateKey):
        assert bytes(key.decapsulate(fields["ciphertext"])) == fields["secret"]
        ciphertext, secret = public_key.encapsulate()
        assert key.decapsulate(ciphertext) == secret
    else:
        public_key.verify(MESSAGE, fields["signature"], context=CONTEXT)
        public_key.verify(MESSAGE, fields["plain"])
        public_key.verify(MESSAGE, key.sign(MESSAGE, context=CONTEXT), context=CONTEXT)


if __name__ == "__main__":
    classes = {str(chosen): kind for kind, chosen in loadable(PrivateKey)}
    if sys.argv[1] == "make":
        names = sys.argv[2:] or classes
        json.dump({name: made(classes[name].generate(name)) for name in names}, sys.stdout)
    else:
        for name, digits in json.load(sys.stdin).items():
            check(classes[name], name, {field: bytes.fromhex(value) for field, value in digits.items()})
            sys.stdout.write(f"{name}\n")
