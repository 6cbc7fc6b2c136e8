"""JWK of the key type AKP (RFC 9964): to and from values of JSON. It handles names and bytes, not keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from qynauth_pqc._keys.base64 import from_base64url, to_base64url
from qynauth_pqc._keys.strict_json import decode as json_of
from qynauth_pqc.errors import InvalidKeyError, UnsupportedError
from qynauth_pqc.native.inputs import input_memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.native.secret_bytes import SecretBytes

LONGEST = 65536
"""The longest JSON text that is read, in characters: a JWK may hold a chain of certificates next to the key."""


def encode(name: str, public: bytes, secret: SecretBytes | None, kid: str | None) -> dict[str, str]:
    """Return the members of a JWK. It is private if there is a secret: a seed, or the private key of a composite."""
    if kid is not None and not isinstance(kid, str):
        raise TypeError(f"kid must be str, not {type(kid).__name__}")
    private = {} if secret is None else {"priv": to_base64url(secret.view())}
    return {"kid": thumbprint(name, public) if kid is None else kid, **_required(name, public), **private}


def thumbprint(name: str, public: bytes) -> str:
    """Return the thumbprint of a key of the type AKP."""
    return thumbprint_of(_required(name, public))


def thumbprint_of(required: Mapping[str, object]) -> str:
    """Return the thumbprint of a key from the members that its type requires (RFC 7638, section 3, by SHA-256)."""
    text = json.dumps(required, sort_keys=True, separators=(",", ":"))
    return to_base64url(hashlib.sha256(text.encode("ascii")).digest())


def decode(jwk: Mapping[str, object] | str | BytesLike, *, private: bool) -> tuple[str, bytes, bytes]:
    """Return the algorithm, pub and priv of a JWK; priv is empty if a public key is wanted."""
    members = parse(jwk)
    if _text(members, "kty") != "AKP":
        raise UnsupportedError("JWK must have the key type AKP (RFC 9964)")
    if private != ("priv" in members):
        raise InvalidKeyError(
            "expected a private JWK, got a public one" if private else "expected a public JWK, got a private one"
        )
    check_purpose(members, "sign" if private else "verify")
    return _text(members, "alg"), bytes_of(members, "pub"), bytes_of(members, "priv") if private else b""


def _required(name: str, public: bytes) -> dict[str, str]:
    return {"kty": "AKP", "alg": str(name), "pub": to_base64url(public)}


def parse(
    jwk: Mapping[str, object] | str | BytesLike, what: str = "JWK", longest: int = LONGEST
) -> Mapping[str, object]:
    """Return the members of a JWK or a JWK Set without checking them.

    Args:
        jwk: the members, or a JSON text with them, as str or in UTF-8.
        what: the name of the input, for an error.
        longest: the longest text that is read, in characters.

    Raises:
        InvalidKeyError: the text is longer, or not one JSON object in UTF-8 with unique names of members. The message
            has none of the text, which may hold a private key.
        TypeError: it is neither a mapping nor a text.
    """
    if isinstance(jwk, Mapping):
        return jwk
    text: str = jwk if isinstance(jwk, str) else _decoded(str, input_memory(jwk, what), "utf-8") or ""
    if len(text) > longest:
        raise InvalidKeyError(f"{what} is longer than {longest} characters: got {len(text)}")
    members = _decoded(json_of, text)
    if not isinstance(members, dict):
        raise InvalidKeyError(f"{what} is not a JSON object in UTF-8 with unique member names")
    return members


def _decoded(decode: Callable[..., Any], *text: Any) -> Any:
    """Return what a text stands for, or None for a bad text.

    An error of Python for bad text holds the text, which may be a private key. So the error is dropped, and is not even
    the context of another error.
    """
    try:
        return decode(*text)
    except (ValueError, RecursionError):
        return None


def check_purpose(members: Mapping[str, object], operation: str) -> None:
    """Refuse a key for another purpose (RFC 7517, sections 4.2 and 4.3).

    Args:
        members: the members of the JWK.
        operation: "sign" or "verify".

    Raises:
        InvalidKeyError: "use" is there and not "sig", or "key_ops" is there and lacks the operation.
    """
    if members.get("use", "sig") != "sig":
        raise InvalidKeyError("JWK is not for signatures; its use must be sig")
    operations = members.get("key_ops", [operation])
    if not isinstance(operations, (list, tuple)) or operation not in operations:
        raise InvalidKeyError(f"JWK may not {operation}; its key_ops forbid it")


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise InvalidKeyError(f"JWK has no {name}" if value is None else f"{name} of the JWK is not a string")
    return value


def bytes_of(members: Mapping[str, object], name: str) -> bytes:
    """Return the bytes of a member of a JWK, which are in base64url without padding (RFC 7515, section 2).

    Raises:
        InvalidKeyError: there is no such member, or it is not such a text.
    """
    text = _text(members, name)
    data: bytes | None = _decoded(from_base64url, text.encode("ascii", "replace"))
    if data is None:
        raise InvalidKeyError(f"{name} of the JWK is not base64url without padding (RFC 7515, section 2)")
    return data
