"""The content of a message: in memory, or a file that is hashed in constant memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from qynauth_pqc.cms._syntax import DATA, OID, is_like_attributes
from qynauth_pqc.cms.errors import CMSVerificationError, Rule
from qynauth_pqc.extend import Hasher, input_memory
from qynauth_pqc.prehash import pass_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, BinaryIO

    from typing_extensions import TypeIs

    from qynauth_pqc.cms._syntax import EncapsulatedContentInfo
    from qynauth_pqc.extend import BytesLike


def is_file(content: object) -> TypeIs[BinaryIO]:
    return hasattr(content, "readinto")


def content_of(
    found: EncapsulatedContentInfo, detached: BytesLike | BinaryIO | None, content_type: OID
) -> BytesLike | BinaryIO:
    """Return the content of a message.

    Raises:
        CMSVerificationError: it has another type, or is both inside and passed, or neither.
    """
    if found.content_type != content_type:
        message = f"content has the type {found.content_type.dotted_string}, not {content_type.dotted_string}"
        raise CMSVerificationError(message, Rule.CONTENT_TYPE)
    content = found.content if detached is None else detached
    if content is None:
        raise CMSVerificationError("content is detached, and was not passed", Rule.CONTENT)
    if found.content is not None and detached is not None:
        raise CMSVerificationError("content was passed, and is in the message too", Rule.CONTENT)
    return content


def digests_of(content: BytesLike | BinaryIO, names: Iterable[str | None]) -> dict[str, bytes]:
    """Return digests of content by the names of the hash functions. A file is read to its end, once."""
    hashers = {name: Hasher(name) for name in names if name is not None}

    def update(data: Any) -> None:
        for each in hashers.values():
            each.update(data)

    if is_file(content):
        pass_file(SimpleNamespace(update=update), content, None)
    else:
        update(input_memory(content, "message"))
    return {name: each.digest() for name, each in hashers.items()}


def refusal_of_bare(content: bytes, content_type: OID) -> str:
    """Return the reason why content must not be signed without signed attributes, or nothing."""
    if content_type != DATA:
        return f"content has the type {content_type.dotted_string}, not id-data"
    return "content may be taken for signed attributes" if is_like_attributes(content) else ""
