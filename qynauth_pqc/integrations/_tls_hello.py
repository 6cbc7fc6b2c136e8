"""The first message of each side of a TLS handshake: a ClientHello or a ServerHello (RFC 8446, 4.1)."""

from __future__ import annotations

import ssl
from contextlib import suppress
from io import SEEK_CUR, BytesIO

__all__ = ["KEY_SHARE", "SUPPORTED_GROUPS", "SUPPORTED_VERSIONS", "client_hello", "extensions"]

SUPPORTED_GROUPS, SUPPORTED_VERSIONS, KEY_SHARE = 10, 43, 51
_CLIENT_HELLO = b"\1"


def client_hello() -> bytes:
    """Return what a client of Python's `ssl` sends first, with the settings that a new context has.

    Raises:
        ssl.SSLError: OpenSSL refuses the settings, and the client sends nothing.
    """
    outgoing = ssl.MemoryBIO()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def extensions(sent: bytes) -> dict[int, bytes]:
    """Return the extensions of the message that begins what a peer sent, by their types."""
    stream = BytesIO(sent)

    def vector(of_length: int) -> bytes:
        return stream.read(int.from_bytes(stream.read(of_length)))

    stream.seek(5)  # the header of the record
    is_client = stream.read(1) == _CLIENT_HELLO
    stream.seek(3 + 2 + 32, SEEK_CUR)  # the length, the version, the random value
    vector(1)  # the session
    if is_client:
        vector(2)  # the cipher suites
        vector(1)  # the compressions
    else:
        stream.seek(2 + 1, SEEK_CUR)  # one of each
    found, stream = {}, BytesIO(vector(2))
    while kind := stream.read(2):
        found[int.from_bytes(kind)] = vector(2)
    return found
