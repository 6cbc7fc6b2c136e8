"""The statements of a published set about its key ring: the number of the state, and the revoked keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from qynauth_pqc.auth._manifest import THUMBPRINT, KeyState
from qynauth_pqc.auth._revoked import REVOKED
from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.errors import InvalidKeyError, expect
from qynauth_pqc.extend import LONGEST_JWK_SET, parse_jwk, read_jwk_set
from qynauth_pqc.formats import to_jwks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qynauth_pqc.auth._manifest import Manifest

MOST_STATES = 1 << 40
"""The highest number of a state from which `KeyRing.catch_up` continues."""

_COUNTER = "qynauth_counter"


class JWKSet(TypedDict):
    """The set that a ring publishes.

    Attributes:
        keys: the JWKs of the keys.
        qynauth_revoked: the kids of the keys that are revoked.
        qynauth_counter: the number of the state of the ring.
    """

    keys: list[dict[str, object]]
    qynauth_revoked: list[str]
    qynauth_counter: int


class Published(NamedTuple):
    """A published set.

    Attributes:
        keys: the JWKs in it by their kid.
        revoked: the kids of revoked keys.
        counter: the number of the state of the ring that published it, or None if another program published it.
    """

    keys: Mapping[str, Mapping[str, object]]
    revoked: frozenset[str]
    counter: int | None


def publish(manifest: Manifest) -> JWKSet:
    """Return the set to publish."""
    keys = to_jwks(each.jwk for each in manifest.keys if each.state is not KeyState.REVOKED)
    revoked = [each.kid for each in manifest.keys if each.state is KeyState.REVOKED]
    return {"keys": keys["keys"], "qynauth_revoked": revoked, "qynauth_counter": manifest.counter}


def read_published(data: Mapping[str, object] | str | bytes) -> Published:
    """Read a published set.

    Raises:
        JWKSError: it is no JWK Set, or its members of this package are malformed.
    """
    expect(data, (Mapping, str, bytes), "published")
    try:
        members = parse_jwk(data, "JWK Set", LONGEST_JWK_SET)
        keys = {kid: jwk for jwk in read_jwk_set(members) if isinstance(kid := jwk.get("kid"), str)}
    except InvalidKeyError as error:
        raise JWKSError(f"the published set is unusable: {error}") from error
    revoked, counter = members.get(REVOKED, []), members.get(_COUNTER)
    if not isinstance(revoked, list) or not all(isinstance(each, str) for each in revoked):
        raise JWKSError(f"the published set is unusable: expected a list of kids as {REVOKED}")
    if counter is not None and not (type(counter) is int and 0 < counter < 1 << 53):
        raise JWKSError(f"the published set is unusable: expected a number from 1 as {_COUNTER}")
    return Published(keys, frozenset(revoked), counter)


def setbacks(published: Published, manifest: Manifest) -> Iterator[str]:
    """Yield the signs that a ring is an older copy of the ring that published a set, or has another history."""
    number = published.counter or 0
    if number > manifest.counter:
        yield f"the published set has the state number {number}, and the ring only {manifest.counter}"
    for each in manifest.keys:
        if each.kid in published.revoked and each.state is not KeyState.REVOKED:
            yield f"the published set names the key {each.kid} as revoked, and in the ring it is {each.state}"
    if number >= manifest.counter:
        for kid in sorted(published.keys.keys() - {each.kid for each in manifest.keys}):
            if re.fullmatch(THUMBPRINT, kid):  # the set may have other keys that no ring has made
                yield f"the published set has the key {kid}, which the ring does not know"
