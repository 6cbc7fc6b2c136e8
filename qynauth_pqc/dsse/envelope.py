"""Envelopes: DSSE 1.0.2, its protocol and its JSON."""

from __future__ import annotations

import sys

from qynauth_pqc import SignaturePublicKey
from qynauth_pqc.dsse._envelope import Envelope, Signature, checked_type, pae, sign
from qynauth_pqc.dsse._schemes import Scheme, scheme_of
from qynauth_pqc.dsse.errors import DSSEVerificationError, Rule
from qynauth_pqc.errors import FormatError, UnsupportedError, expect, short
from qynauth_pqc.extend import is_valid, without_own_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeAlias

    from qynauth_pqc.dsse._classical import ClassicalKey
    from qynauth_pqc.dsse.statements import Statement
    from qynauth_pqc.extend import BytesLike

    PublicKey: TypeAlias = SignaturePublicKey | ClassicalKey
    Trusted: TypeAlias = tuple[PublicKey, str, Callable[[Any, bytes, bytes], bool], object]
    """A key, its algorithm, a function that checks a signature with it, and a value that is equal for equal keys."""

__all__ = ["Envelope", "Signature", "VerifiedEnvelope", "pae", "sign", "verify"]


class VerifiedEnvelope:
    """A payload that enough trusted keys have signed.

    Attributes:
        payload: the payload.
        payload_type: its type, as the caller expects it.
        keys: the keys that have signed, as the caller passed them, each once.
    """

    __slots__ = ("keys", "payload", "payload_type")

    def __init__(self, payload: bytes, payload_type: str, keys: tuple[PublicKey, ...]) -> None:
        """Take the verified fields."""
        self.payload, self.payload_type, self.keys = payload, payload_type, keys

    def statement(self, predicate_type: str, artifact: Mapping[str, object] | None) -> Statement:
        """Return the in-toto Statement in the payload, if it is about an artifact.

        Args:
            predicate_type: the required type of the predicate, such as `SLSA_PROVENANCE`.
            artifact: the result of `subject_of` for the file: a subject must have its digest; names are not compared.
                None for any artifact: then the caller compares `subjects`.

        Raises:
            DSSEVerificationError: the predicate is of another type, or no subject has the digest.
            FormatError: the payload is not of the type `IN_TOTO`, or not a Statement of version 1.
        """
        from qynauth_pqc.dsse.statements import IN_TOTO, Statement  # only for statements

        expect(predicate_type, str, "predicate_type")
        if self.payload_type != IN_TOTO:
            raise FormatError.at("envelope", f"expected the type {IN_TOTO}", "payloadType")
        found = Statement.parse(self.payload)
        if found.predicate_type != predicate_type:
            text = f"predicate is of the type {short(found.predicate_type)!r}, not {short(predicate_type)!r}"
            raise DSSEVerificationError(text, Rule.PREDICATE_TYPE)
        if artifact is not None and not found.is_about(artifact):
            raise DSSEVerificationError("artifact is no subject of the statement", Rule.SUBJECT)
        return found

    def __repr__(self) -> str:
        """Show the type, the size of the payload, and how many keys have signed."""
        count = f"{len(self.keys)} key{'s' if len(self.keys) != 1 else ''}"
        return f"<{type(self).__name__}: {short(self.payload_type)!r}, {len(self.payload)} bytes, {count}>"


@without_own_frames
def verify(
    envelope: BytesLike | Envelope,
    *,
    payload_type: str,
    keys: Sequence[PublicKey],
    threshold: int = 1,
    scheme: str = Scheme.PAE,
) -> VerifiedEnvelope:
    """Check that enough keys have signed an envelope, and return its payload.

    Each signature is tried with each key; the names of keys in the envelope are ignored. Signatures of other keys do
    not matter.

    Args:
        envelope: the envelope in JSON, or the result of `Envelope.parse`.
        payload_type: the type that the payload must have.
        keys: the trusted keys, in a list or a tuple: public keys of this package, and keys of `cryptography` for
            Ed25519, or for ECDSA on P-256, P-384 or P-521 with SHA-256, SHA-384 or SHA-512.
        threshold: how many different keys must have signed. Equal keys count as one.
        scheme: the message that they must have signed, a member of `Scheme` or its name.

    Returns:
        The payload and the keys that have signed it.

    Raises:
        DSSEVerificationError: a rule failed, and `rule` is the first one.
        FormatError: see `Envelope.parse`; or the expected type is empty or not printable.
        UnsupportedError: the threshold is not 1 to the number of different keys, the scheme is unknown, or it does not
            have the algorithm of a key.
        InvalidKeyError: anyone can sign for a key of Ed25519.
    """
    chosen, trusted = scheme_of(scheme), _trusted_keys(keys, threshold)
    parsed = envelope if isinstance(envelope, Envelope) else Envelope.parse(envelope)
    if parsed.payload_type != checked_type(payload_type):
        text = f"payload is of the type {short(parsed.payload_type)!r}, not {short(payload_type)!r}"
        raise DSSEVerificationError(text, Rule.PAYLOAD_TYPE)
    encoded = parsed.pae()
    messages = {
        algorithm: chosen.message(algorithm, encoded) for algorithm in dict.fromkeys(each[1] for each in trusted)
    }
    found: list[PublicKey] = []
    for signature in parsed.signatures:
        for number, (key, algorithm, is_signature, _) in enumerate(trusted):
            if is_signature(key, messages[algorithm], signature.raw):
                found.append(key)
                del trusted[number]  # no key counts twice
                break
    if not found:
        text = f"none of the {len(parsed.signatures)} signatures is valid for a trusted key"
        raise DSSEVerificationError(text, Rule.KEY)
    if len(found) < threshold:
        text = f"expected {threshold} different trusted keys, {len(found)} signed"
        raise DSSEVerificationError(text, Rule.THRESHOLD)
    return VerifiedEnvelope(parsed.payload, parsed.payload_type, tuple(found))


def _trusted_keys(keys: Sequence[PublicKey], threshold: int) -> list[Trusted]:
    """Return the different keys among these, in their order: each counts once."""
    expect(keys, (list, tuple), "keys")
    expect(threshold, int, "threshold")
    found = [_trusted(each) for each in keys]
    if len(found) > 1:
        different: dict[object, Trusted] = {}
        for each in found:
            different.setdefault(each[3], each)
        found = [*different.values()]
    if not 1 <= threshold <= len(found):
        raise UnsupportedError(f"threshold must be 1 to {len(found)}, the number of different keys; got {threshold}")
    return found


def _trusted(key: PublicKey) -> Trusted:
    if isinstance(key, SignaturePublicKey):
        return key, key.parameter_set.value, is_valid, key
    if "cryptography" in sys.modules:  # only a caller with such a key has loaded it
        from qynauth_pqc.dsse import _classical  # only for classical keys

        if identity := _classical.identity(key):
            return key, identity[0], _classical.is_valid, identity
    raise TypeError(f"a key must be a public key for signatures, not {type(key).__name__}")
