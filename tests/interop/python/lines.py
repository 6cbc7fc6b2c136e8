"""The loop of a peer: tests/interop/peer.py describes its input and output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

__all__ = ["PASSWORD", "Absent", "Operations", "Request", "Result", "serve"]

PASSWORD = b"correct horse"


class Absent(Exception):  # noqa: N818 -- an answer
    """The implementation has no interface for the request."""


@dataclass
class Request:
    """A request, with the fields of its operation."""

    op: str = ""
    set: str = ""
    form: str = ""
    private: str = ""
    public: str = ""
    prehash: str = ""
    deterministic: bool = False
    key: bytes = b""
    randomness: bytes = b""
    ciphertext: bytes = b""
    message: bytes = b""
    context: bytes = b""
    signature: bytes = b""
    info: bytes = b""
    sealed: bytes = b""


Result: TypeAlias = dict[str, bytes | str | bool]
Operations: TypeAlias = dict[str, Callable[[Request], Result]]


def _request(values: dict[str, Any]) -> Request:
    """Decode the fields that are bytes."""
    is_bytes = {field.name for field in fields(Request) if isinstance(field.default, bytes)}
    decoded: dict[str, Any] = {name: bytes.fromhex(value) for name, value in values.items() if name in is_bytes}
    return Request(**{**values, **decoded})


def _absent(request: Request) -> Result:
    """Stand for an operation that the implementation does not have."""
    raise Absent(request.op)


def _answer(operations: Operations, request: Request) -> dict[str, Any]:
    """Carry out one request."""
    try:
        result = operations.get(request.op, _absent)(request)
    except Absent as absent:
        return {"absent": str(absent)}
    except Exception as error:  # noqa: BLE001 -- whatever the implementation says is the answer
        return {"refused": f"{type(error).__name__}: {error}"}
    return {"ok": {name: value.hex() if isinstance(value, bytes) else value for name, value in result.items()}}


def serve(operations: Operations) -> None:
    """Answer requests until the input ends."""
    for line in sys.stdin:
        print(json.dumps(_answer(operations, _request(json.loads(line)))), flush=True)
