"""Unchecked envelopes: the protocol of DSSE 1.0.2, and its JSON."""

from __future__ import annotations

from qynauth_pqc.dsse._json import LONGEST, member, of_type, read_object, to_base64
from qynauth_pqc.dsse._schemes import Scheme, scheme_of
from qynauth_pqc.errors import FormatError, expect, short
from qynauth_pqc.extend import from_base64, input_memory, without_own_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Sequence

    from qynauth_pqc.extend import BytesLike
    from qynauth_pqc.signer import Signer

_NAME = "envelope"
MOST_SIGNATURES = 64
"""The most signatures that are read, since each is tried with each key."""


class Signature:
    """An unchecked signature of an envelope.

    Attributes:
        raw: the bytes of the signature.
        keyid: the signer's name of its key: an unsigned hint. It may be empty.
    """

    __slots__ = ("keyid", "raw")

    @without_own_frames
    def __init__(self, raw: bytes, keyid: str = "") -> None:
        """Take a signature and the name of its key.

        Raises:
            FormatError: the name is not Unicode.
        """
        expect(raw, bytes, "raw")
        expect(keyid, str, "keyid")
        _utf8(keyid, "keyid")
        self.raw, self.keyid = raw, keyid

    def __eq__(self, other: object) -> bool:
        """Compare the signatures and the names of the keys."""
        return isinstance(other, Signature) and (self.raw, self.keyid) == (other.raw, other.keyid)

    def __hash__(self) -> int:
        """Hash the same."""
        return hash((self.raw, self.keyid))

    def __repr__(self) -> str:
        """Show the size."""
        return f"<{type(self).__name__}: {len(self.raw)} bytes>"


class Envelope:
    """A payload, its type and its unchecked signatures: `verify` checks them.

    Attributes:
        payload: the payload.
        payload_type: the type of the payload: a media type or a URI.
        signatures: the signatures.

    >>> from qynauth_pqc import CompositePrivateKey, MLDSAPrivateKey
    >>> envelope = Envelope(b"payload", "application/vnd.example+json")
    >>> Envelope.parse(envelope.sign(MLDSAPrivateKey.generate()).to_bytes()).sign(CompositePrivateKey.generate())
    <Envelope: 'application/vnd.example+json', 7 bytes, 2 signatures>
    """

    __slots__ = ("payload", "payload_type", "signatures")

    @without_own_frames
    def __init__(self, payload: BytesLike, payload_type: str, signatures: Sequence[Signature] = ()) -> None:
        """Take a payload, its type and its signatures.

        Raises:
            FormatError: the type is empty or not printable, or there are more than 64 signatures.
        """
        self.payload = bytes(input_memory(payload, "payload"))
        self.payload_type = checked_type(payload_type)
        expect(signatures, (list, tuple), "signatures")
        for each in signatures:
            expect(each, Signature, "a signature")
        self.signatures = tuple(signatures)
        _check_count(len(self.signatures))

    @classmethod
    def parse(cls, data: BytesLike) -> Envelope:
        """Read an envelope from JSON. Do not trust its payload: nothing has been verified.

        Members that DSSE does not define are skipped, as DSSE demands.

        Args:
            data: one JSON object in UTF-8, of at most 16777216 bytes, with at most 64 signatures.

        Raises:
            FormatError: it is not such an envelope, has a member twice, or trailing data.
        """
        text = bytes(input_memory(data, _NAME))
        payload, payload_type, rows = _compact(text) or _members(text)
        decoded = _decoded(payload)
        signatures = tuple([Signature(_decoded(raw, number), keyid) for number, (raw, keyid) in enumerate(rows)])
        found = object.__new__(cls)  # only now: a traceback shows no object without its attributes
        found.payload, found.payload_type, found.signatures = decoded, payload_type, signatures
        return found

    def pae(self) -> bytes:
        """Return the pre-authentication encoding, as the function `pae` does."""
        return pae(self.payload_type, self.payload)

    @without_own_frames
    def sign(self, signer: Signer, *, scheme: str = Scheme.PAE, keyid: str | None = None) -> Envelope:
        """Return the envelope with one more signature. Existing signatures are not checked.

        Args:
            signer: a private key of ML-DSA, SLH-DSA or a composite, or another signer.
            scheme: the signed message, a member of `Scheme` or its name.
            keyid: the name of the key, an unsigned hint; by default its fingerprint, or its name in securesystemslib.

        Raises:
            FormatError: there are 64 signatures already.
            UnsupportedError: the scheme is unknown, or has no such keys.
            InvalidSignatureError: the signature was made elsewhere, and does not verify with the key.
            PQCError: see `sign` of the signer.
        """
        from qynauth_pqc.signer import public_key_of, sign_checked  # programs that verify do not need it

        chosen, public_key = scheme_of(scheme), public_key_of(signer)
        raw = sign_checked(signer, chosen.message(public_key.parameter_set.value, self.pae()))
        made = Signature(raw, chosen.keyid(public_key) if keyid is None else keyid)
        return Envelope(self.payload, self.payload_type, (*self.signatures, made))

    def to_bytes(self) -> bytes:
        """Return the envelope in JSON, with standard base64.

        Raises:
            FormatError: it is longer than `parse` reads.
        """
        import json  # programs that verify do not need it

        rows = [{"keyid": each.keyid, "sig": to_base64(each.raw)} for each in self.signatures]
        members = {"payload": to_base64(self.payload), "payloadType": self.payload_type, "signatures": rows}
        data = json.dumps(members, separators=(",", ":")).encode("ascii")
        if len(data) > LONGEST:
            raise FormatError.at(_NAME, f"text is longer than {LONGEST} bytes", f"byte {LONGEST}")
        return data

    def __repr__(self) -> str:
        """Show the type, the size of the payload, and how many signatures there are."""
        count = f"{len(self.signatures)} signature{'s' if len(self.signatures) != 1 else ''}"
        return f"<{type(self).__name__}: {short(self.payload_type)!r}, {len(self.payload)} bytes, {count}>"


def pae(payload_type: str, payload: BytesLike) -> bytes:
    """Return the pre-authentication encoding, which is signed (DSSE 1.0.2, protocol).

    Raises:
        FormatError: the type is not Unicode.

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    expect(payload_type, str, "payload_type")
    encoded, body = _utf8(payload_type, "payloadType"), input_memory(payload, "payload")
    return b"DSSEv1 %d %b %d %b" % (len(encoded), encoded, len(body), body)


@without_own_frames
def sign(payload: BytesLike, payload_type: str, signers: Sequence[Signer], *, scheme: str = Scheme.PAE) -> bytes:
    """Sign a payload.

    Args:
        payload: the payload for the envelope, at most 12 MB.
        payload_type: its type: a specific media type, or a URI. The verifier must expect the same.
        signers: one or more private keys of ML-DSA, SLH-DSA or composites, or other signers, in a list or a tuple.
        scheme: the signed message, a member of `Scheme` or its name.

    Returns:
        The envelope, in JSON.

    Raises:
        FormatError: the type is empty or not printable, there are no signers or more than 64, or the envelope
            becomes longer than 16777216 bytes.
        UnsupportedError: the scheme is unknown, or has no such keys.
        PQCError: see `sign` of the signer.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> key = MLDSAPrivateKey.generate("ML-DSA-65")
    >>> from qynauth_pqc.dsse import verify
    >>> envelope = sign(b"payload", "application/vnd.example+json", [key])
    >>> verify(envelope, payload_type="application/vnd.example+json", keys=[key.public_key])
    <VerifiedEnvelope: 'application/vnd.example+json', 7 bytes, 1 key>
    """
    expect(signers, (list, tuple), "signers")
    envelope = Envelope(payload, payload_type)
    if not signers:
        raise FormatError.at(_NAME, "expected at least one signer", "signatures")
    for each in signers:
        envelope = envelope.sign(each, scheme=scheme)
    return envelope.to_bytes()


def checked_type(payload_type: str) -> str:
    """Return the type of a payload that a caller passes."""
    expect(payload_type, str, "payload_type")
    if not payload_type or not payload_type.isprintable():
        raise FormatError.at(_NAME, "expected printable text", "payloadType")
    return payload_type


def _check_count(count: int) -> None:
    if count > MOST_SIGNATURES:
        raise FormatError.at(_NAME, f"more than {MOST_SIGNATURES} signatures", "signatures")


def _compact(text: bytes) -> tuple[bytes, str, list[tuple[bytes, str]]] | None:
    """Return the result of `_members` for an envelope with one signature in the form of `to_bytes`, or None for others.

    It uses no parser of JSON, which would take as long as the verification by ML-DSA.
    """
    end = text.find(_BEFORE_SIGNATURE)
    start = end + len(_BEFORE_SIGNATURE)
    if end < 0 or not text.endswith(_END, start) or b"\\" in text or len(text) > LONGEST:
        return None
    parts, raw = text[:end].split(b'"', 2 * len(_BETWEEN)), text[start : -len(_END)]
    if len(parts) != 2 * len(_BETWEEN) or parts[::2] != _BETWEEN or b'"' in raw:
        return None
    first, payload, second, encoded_type, third, fourth, encoded_keyid = parts[1::2]
    if [first, second, third, fourth] != _NAMES or not encoded_type.isascii() or not encoded_keyid.isascii():
        return None
    payload_type, keyid = str(encoded_type, "ascii"), str(encoded_keyid, "ascii")
    return (payload, payload_type, [(raw, keyid)]) if payload_type.isprintable() and keyid.isprintable() else None


_NAMES = [b"payload", b"payloadType", b"signatures", b"keyid"]
_BETWEEN = [b"{", b":", b",", b":", b",", b":[{", b":"]
_BEFORE_SIGNATURE, _END = b'","sig":"', b'"}]}'


def _members(text: bytes) -> tuple[bytes, str, list[tuple[bytes, str]]]:
    """Return the payload and its type, and each signature and the name of its key, all as values of JSON."""
    members = read_object(text, _NAME)
    payload, payload_type = member(members, "payload", str, _NAME), member(members, "payloadType", str, _NAME)
    _utf8(payload_type, "payloadType")
    rows = member(members, "signatures", list, _NAME)
    _check_count(len(rows))
    signatures = []
    for number, row in enumerate(rows):
        where = f"signatures[{number}]"
        fields = of_type(row, dict, _NAME, where)
        keyid = member(fields, "keyid", str, _NAME, f"{where}.") if "keyid" in fields else ""
        _utf8(keyid, f"{where}.keyid")
        signatures.append((_bytes_of(member(fields, "sig", str, _NAME, f"{where}.")), keyid))
    return _bytes_of(payload), payload_type, signatures


def _bytes_of(text: str) -> bytes:
    """Return base64 as bytes, without checks."""
    return text.encode("utf-8", "surrogatepass")


def _decoded(text: bytes, number: int | None = None) -> bytes:
    """Return the decoded base64 of the payload, or of the signature with this number."""
    try:
        return from_base64(text, url_safe=None)
    except ValueError as error:
        where = "payload" if number is None else f"signatures[{number}].sig"
        raise FormatError.at(_NAME, str(error), where) from None


def _utf8(text: str, where: str) -> bytes:
    """Return text in UTF-8, which cannot encode half a surrogate pair."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise FormatError.at(_NAME, "expected text in Unicode", where) from None
