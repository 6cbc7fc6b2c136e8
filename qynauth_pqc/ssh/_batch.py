"""Many signatures of one signer, parsed one after the other and checked in one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc import batch
from qynauth_pqc.batch import Verdicts
from qynauth_pqc.composite import CompositePublicKey
from qynauth_pqc.errors import InvalidLengthError, UnsupportedError, expect
from qynauth_pqc.native.inputs import input_memory
from qynauth_pqc.ssh._signature import SSHSignature, digest_of, signed_bytes
from qynauth_pqc.ssh.errors import SSHFormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.ssh.keys import SSHPublicKey


def verify_batch(
    public_key: SSHPublicKey,
    messages: Sequence[BytesLike],
    signatures: Sequence[BytesLike],
    namespace: str,
    threads: int | None,
) -> Verdicts:
    """Check many signatures, as `verify_many` does."""
    expect(messages, (list, tuple), "messages")
    expect(signatures, (list, tuple), "signatures")
    if len(messages) != len(signatures):
        raise InvalidLengthError(f"expected a message for each signature: got {len(messages)} for {len(signatures)}")
    known, valid = {public_key.blob: public_key}, Verdicts([False] * len(signatures))
    places, signed, raw, names = [], [], [], []
    for place, (message, text) in enumerate(zip(messages, signatures, strict=True)):
        try:
            parsed = SSHSignature._parse(bytes(input_memory(text, "signature")), known)
        except (SSHFormatError, UnsupportedError):
            continue
        if parsed.public_key is public_key and parsed.namespace == namespace:
            places.append(place)
            digest = digest_of(message, parsed.hash_algorithm)
            signed.append(signed_bytes(namespace.encode(), parsed.hash_algorithm, digest))
            raw.append(parsed._raw)
            names.append(parsed.algorithm)
    key = public_key._key()
    found: Iterable[bool]
    if isinstance(key, CompositePublicKey):
        found = batch.verify_many(key, signed, raw, threads=threads)
    else:
        found = map(public_key._is_valid, names, raw, signed)
    for place, each in zip(places, found, strict=True):
        valid[place] = each
    return valid
