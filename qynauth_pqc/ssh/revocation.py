"""Revoked keys: a list of public keys, or a KRL of ssh-keygen (PROTOCOL.krl)."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from qynauth_pqc.errors import UnsupportedError, expect, short
from qynauth_pqc.extend import read_public, without_own_frames
from qynauth_pqc.ssh._algorithms import read_key, renamed
from qynauth_pqc.ssh._wire import Reader
from qynauth_pqc.ssh.certificates import SSHCertificate
from qynauth_pqc.ssh.keys import LONGEST_FILE, SSHPublicKey, contents_of, read_blob, read_lines, split_line

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Self

    from qynauth_pqc.extend import BytesLike, StrPath

__all__ = ["RevokedKeys"]

_WHAT = "revoked keys"
_KRL, _KRL_VERSION = b"SSHKRL\n\0", 1
_CERTIFICATES, _KEYS, _SHA1, _SIGNATURE, _SHA256, _EXTENSION = 1, 2, 3, 4, 5, 255
_SERIAL_LIST, _SERIAL_RANGE, _SERIAL_BITMAP, _KEY_ID, _CERTIFICATE_EXTENSION = 0x20, 0x21, 0x22, 0x23, 0x39
_SERIALS = 2**64
_DIGEST_BYTES = {_SHA1: 20, _SHA256: 32}


class _RevokedCertificates:
    """The revoked certificates of an authority."""

    __slots__ = ("bitmaps", "key_ids", "ranges", "serials")

    def __init__(self) -> None:
        self.key_ids: set[str] = set()
        self.serials: set[int] = set()
        self.ranges: list[tuple[int, int]] = []
        self.bitmaps: list[tuple[int, int]] = []

    def has(self, certificate: SSHCertificate) -> bool:
        """Return whether a certificate is revoked, by its key id or its serial number."""
        serial = certificate.serial
        return (
            certificate.key_id in self.key_ids
            or serial in self.serials
            or any(first <= serial <= last for first, last in self.ranges)
            or any(serial >= first and bits >> (serial - first) & 1 for first, bits in self.bitmaps)
        )


class RevokedKeys:
    """Revoked keys. Anything unknown in the file is an error, and never ignored.

    A key of `ssh-mldsa44-ed25519` is revoked under both of its names.

    >>> from qynauth_pqc.ssh import SSHPrivateKey
    >>> key = SSHPrivateKey.generate().public_key
    >>> key in RevokedKeys.parse(key.to_line())
    True
    """

    __slots__ = ("_certificates", "_digests", "_keys")

    _certificates: dict[bytes, _RevokedCertificates]
    _digests: set[bytes]
    _keys: set[bytes]

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse: they come from the class methods."""
        raise TypeError(f"{cls.__name__} has no constructor; use its class methods")

    @classmethod
    @without_own_frames
    def parse(cls, text: str | BytesLike) -> Self:
        """Read the contents of a file: lines of public keys, or a KRL.

        Args:
            text: at most 67108864 bytes.

        Raises:
            FormatError: a line is no public key, or it is not such a KRL.
            UnsupportedError: a line is a certificate, where the key inside it or a KRL is expected; or a KRL has a
                signature, which OpenSSH does not read either, or a critical extension.
        """
        data = contents_of(text, _WHAT)
        revoked = object.__new__(cls)
        revoked._keys, revoked._digests, revoked._certificates = set(), set(), {}
        if data.startswith(_KRL):
            revoked._read_krl(Reader(data, "KRL", len(_KRL)))
        else:
            revoked._keys.update(read_lines(data, _WHAT, _read_key))
        return revoked

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Read a file, as `parse` does.

        Raises:
            OSError: the file cannot be read.
            PQCError: see `parse`.
        """
        return cls.parse(read_public(path, LONGEST_FILE, "parse() takes the contents of the file"))

    @without_own_frames
    def __contains__(self, key: object) -> bool:
        """Return whether a key is revoked; or a certificate, by its key, its authority, its serial number or key id."""
        if isinstance(key, SSHCertificate):
            authorities = [b"", *renamed(key.authority.blob)]
            listed = any(self._certificates[each].has(key) for each in authorities if each in self._certificates)
            return listed or key.public_key in self or key.authority in self
        expect(key, (SSHPublicKey, SSHCertificate), "key")
        return any(
            blob in self._keys
            or hashlib.sha256(blob).digest() in self._digests
            or hashlib.sha1(blob, usedforsecurity=False).digest() in self._digests
            for blob in renamed(key.blob)  # type: ignore[attr-defined]
        )

    def __repr__(self) -> str:
        """Show the number of keys, and of fingerprints of keys."""
        return f"<{type(self).__name__}: {len(self._keys)} keys, {len(self._digests)} fingerprints>"

    def _read_krl(self, reader: Reader) -> None:
        position = reader.position
        if reader.number(4, "version of the format") != _KRL_VERSION:
            reader.refuse(f"version of the format must be {_KRL_VERSION}", position)
        reader.number(8, "version of the KRL")
        reader.number(8, "date")
        position = reader.position
        if reader.number(8, "flags") or reader.string("reserved"):
            reader.refuse("flags and the reserved field must be empty", position)
        reader.string("comment")
        while not reader.is_done():
            position, kind = reader.position, reader.number(1, "type of a section")
            section = Reader(bytes(reader.string("section")), f"section at byte {position} of the KRL")
            if kind == _KEYS:
                while not section.is_done() or not section.position:
                    self._keys.add(_checked(bytes(section.string("key")), "key in the KRL"))
            elif kind in _DIGEST_BYTES:
                self._read_digests(section, _DIGEST_BYTES[kind])
            elif kind == _CERTIFICATES:
                self._read_certificates(section)
            elif kind == _EXTENSION:
                _check_extension(section)
            elif kind == _SIGNATURE:
                raise UnsupportedError(f"KRL, byte {position}: signatures of a KRL are not supported")
            else:
                reader.refuse(f"section of the unknown type {kind}", position)

    def _read_certificates(self, section: Reader) -> None:
        """Read the revoked certificates of one authority, or of all of them if the key is empty."""
        authority = bytes(section.string("key of the authority"))
        if authority:
            _checked(authority, "key of an authority in the KRL")
        section.string("reserved")
        revoked = self._certificates.setdefault(authority, _RevokedCertificates())
        while not section.is_done():
            position, kind = section.position, section.number(1, "type of a section")
            inner = Reader(bytes(section.string("section")), f"section at byte {position} of the certificates")
            if kind == _CERTIFICATE_EXTENSION:
                _check_extension(inner)
            elif kind in (_SERIAL_LIST, _SERIAL_RANGE, _SERIAL_BITMAP):
                _read_serials(revoked, kind, inner)
            elif kind == _KEY_ID:
                while not inner.is_done() or not inner.position:
                    revoked.key_ids.add(inner.text("key id", may_be_empty=True))
            else:
                section.refuse(f"section of the unknown type {kind}", position)
            inner.end()

    def _read_digests(self, section: Reader, size: int) -> None:
        last = b""
        while not section.is_done() or not last:
            position, digest = section.position, bytes(section.string("fingerprint"))
            if len(digest) != size or digest <= last:
                section.refuse(f"fingerprints must have {size} bytes and be in order", position)
            self._digests.add(digest)
            last = digest


def _read_serials(revoked: _RevokedCertificates, kind: int, section: Reader) -> None:
    """Read a list, a range or a bitmap of serial numbers."""
    first = section.number(8, "serial number")
    if kind == _SERIAL_LIST:
        found = {first}
        while not section.is_done():
            found.add(section.number(8, "serial number"))
        revoked.serials |= found
        is_good = 0 not in found
    elif kind == _SERIAL_RANGE:
        last = section.number(8, "serial number")
        revoked.ranges.append((first, last))
        is_good = 0 < first <= last
    else:
        bits = section.mpint("bitmap")
        revoked.bitmaps.append((first, bits))
        is_good = first + bits.bit_length() <= _SERIALS and (first > 0 or not bits & 1)
    if not is_good:
        section.refuse("serial numbers must be from 1 to 2^64 - 1, and a range must not be empty")


def _read_key(line: str, number: int) -> bytes:
    """Return the encoding of the key in a line."""
    name, text, _ = split_line(line)
    return _checked(read_blob(line, name, text, _WHAT), f"{_WHAT}, line {number}")


def _checked(blob: bytes, what: str) -> bytes:
    """Return the encoding of a key, which must be canonical if its algorithm is supported."""
    name = Reader(blob, what).text("name of the algorithm")
    if "-cert" in name:
        raise UnsupportedError(f"{what}: {short(name)} is a certificate, which is not supported")
    with suppress(UnsupportedError):  # its signatures are never accepted
        read_key(blob, what)
    return blob


def _check_extension(section: Reader) -> None:
    """Refuse a critical extension: none is known."""
    name = section.text("name of the extension")
    is_critical = section.number(1, "flag of the extension")
    section.string("extension")
    section.end()
    if is_critical:
        raise UnsupportedError(f"KRL has the critical extension {short(name)}, which is unknown")
