"""A program that speaks for another implementation: one request and one answer a line, as JSON.

A request names an operation, a parameter set and its inputs; bytes are hexadecimal. The answer is one of

- `{"ok": {...}}`: the results,
- `{"refused": "..."}`: the implementation refused, in its own words,
- `{"absent": "..."}`: it has no interface for this.

| op | takes | returns |
|---|---|---|
| about | | version |
| generate | private, public: forms | private, public |
| reencode | form, key: a private one | key, in the same form |
| encapsulate | form, key; randomness if it is given | ciphertext, secret |
| decapsulate | form, key, ciphertext | secret |
| sign | form, key, message, context, deterministic | signature |
| verify | form, key, message, context, signature | valid |
| sign_digest, verify_digest | as above with prehash, without deterministic: HashML-DSA or HashSLH-DSA | as above |
| seal | form, key, info, message | sealed: the encapsulated secret and the ciphertext |
| open | form, key, info, sealed | message |
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Sequence
from typing import Any

__all__ = ["NotOffered", "Peer", "PeerError"]

TIMEOUT = 1800  # seconds, for all requests to one program


class NotOffered(Exception):  # noqa: N818 -- an answer, and an error only if nobody expected it
    """The other side refused, or has no interface; the text says which, and why."""


class PeerError(Exception):
    """The program itself is broken."""


class Peer:
    """One running program."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        # A program that hangs is killed, and then returns no answer.
        self._watch = threading.Timer(TIMEOUT, self._process.kill)
        self._watch.start()

    def ask(self, op: str, **fields: str | bytes | bool) -> dict[str, Any]:
        """Send one request and return the response, with bytes as bytes."""
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise PeerError(op)
        request = {key: value.hex() if isinstance(value, bytes) else value for key, value in fields.items()}
        process.stdin.write(json.dumps({"op": op, **request}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        try:
            [(kind, answer)] = json.loads(line).items()
        except ValueError as error:
            message = f"no answer to {op}, but {line!r}"
            raise PeerError(message) from error
        if kind != "ok":
            text = f"{kind}: {' '.join(answer.split())}"
            raise NotOffered(text)
        return {key: value if key in {"version", "valid"} else bytes.fromhex(value) for key, value in answer.items()}

    def close(self) -> None:
        """Close the input of the program, which ends it."""
        self._watch.cancel()
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=TIMEOUT)
        if self._process.stdout:
            self._process.stdout.close()
