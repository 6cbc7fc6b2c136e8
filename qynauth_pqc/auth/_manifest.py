"""The manifest of a key ring: which keys there are, in which state, under an HMAC whose key is the ring's password."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from qynauth_pqc._buffers import Closable, join_secret, readable, without_frames
from qynauth_pqc.auth.algorithms import algorithm_named
from qynauth_pqc.auth.errors import KeyRingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qynauth_pqc._buffers import Lent

VERSION: Final = 1
SALT_BYTES: Final = 16
KID: Final = r"[A-Za-z0-9_-]{43}"

_COST: Final = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26, "dklen": 32}  # of scrypt: 32 MiB; fixed by the version
_SEALED = re.compile(rb"qynauth-pqc key ring, version ([0-9]{1,9})\nsalt ([0-9a-f]{32})\nhmac ([0-9a-f]{64})\n")
_TIMES = ("published", "activated", "retired", "revoked")


class KeyState(StrEnum):
    """What a key of a ring does: wait in the published set, sign, only verify, or nothing any more."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class RingKey:
    """A key of a ring, without its private key.

    Attributes:
        kid: its thumbprint (RFC 7638), 43 characters.
        algorithm: the name of its algorithm, a key of `qynauth_pqc.auth.algorithms.ALGORITHMS`.
        state: its state.
        published: when it came into the published set, in UTC.
        activated: when it began to sign, or None.
        retired: when it stopped signing because another key took over, or None.
        revoked: when it was revoked, or None.
        jwk: its public JWK with kid, alg and use.
    """

    kid: str
    algorithm: str
    state: KeyState
    published: datetime
    activated: datetime | None
    retired: datetime | None
    revoked: datetime | None
    jwk: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of a manifest.

    Attributes:
        counter: 1 in a new ring, and one more after each change.
        max_age: how long verifiers may keep the published set, in seconds.
        skew: by how much clocks may differ, in seconds.
        token_lifetime: how long a token is valid at most, in seconds.
        experimental: the draft of hybrid keys, or None.
        keys: every key, in the order in which they were made.
        digests: SHA-256 of the private key files, in hexadecimal, by kid: of keys that sign or will.
    """

    counter: int
    max_age: float
    skew: float
    token_lifetime: float
    experimental: str | None
    keys: tuple[RingKey, ...]
    digests: Mapping[str, str]

    def find(self, algorithm: str, state: KeyState) -> RingKey | None:
        """Return the key of an algorithm that is next or active, if there is one."""
        return next((each for each in self.keys if (each.algorithm, each.state) == (algorithm, state)), None)

    def earliest(self, key: RingKey) -> datetime | None:
        """Return from when on a next key may be activated, or a retiring or revoked one removed; None for others."""
        published = key.published + timedelta(seconds=self.max_age + self.skew)
        rest = timedelta(seconds=self.token_lifetime + self.skew)
        if key.state is KeyState.RETIRING and key.retired is not None:
            return key.retired + rest
        if key.state is KeyState.REVOKED and key.revoked is not None:
            return key.revoked + rest + timedelta(seconds=self.max_age)
        return published if key.state is KeyState.NEXT else None


class Seal(Closable):
    """The key of the HMAC of one ring's manifests."""

    __slots__ = ("_key", "salt")

    def __init__(self, password: Lent, salt: bytes) -> None:
        """Derive the key from a password, which takes 32 MiB of memory for about a tenth of a second."""
        self.salt = salt
        self._key = without_frames(
            lambda: join_secret(hashlib.scrypt(readable(password.data, "password"), salt=salt, **_COST))
        )

    def write(self, manifest: Manifest) -> bytes:
        """Return the file of a manifest."""
        body = json.dumps(_members(manifest), indent=1).encode()
        return b"qynauth-pqc key ring, version %d\nsalt %s\nhmac %s\n%s" % (
            VERSION,
            self.salt.hex().encode(),
            self._tag(body).encode(),
            body,
        )

    def read(self, data: bytes, name: str) -> Manifest:
        """Return the manifest of a file.

        Args:
            data: the contents of the file.
            name: the name of the ring, for errors.

        Raises:
            KeyRingError: it is not what this ring's password has sealed.
        """
        found = _SEALED.match(data)
        body = data[found.end() :] if found else b""
        if salt_of(data, name) != self.salt or not found or not hmac.compare_digest(self._tag(body).encode(), found[3]):
            raise _damaged(name)
        try:
            return _manifest(json.loads(body))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise KeyRingError(f"{name}: the manifest has members that version {VERSION} does not have") from error

    def _tag(self, body: bytes) -> str:
        """Return the HMAC over everything in the file but itself."""
        return hmac.digest(self._key, b"%d\n%s\n%s" % (VERSION, self.salt, body), "sha256").hex()

    def close(self) -> None:
        """Wipe the key."""
        self._key.close()


def salt_of(data: bytes, name: str) -> bytes:
    """Return the salt in the file of a manifest, of the version that is known."""
    found = _SEALED.match(data)
    if found is None:
        raise _damaged(name)
    if int(found[1]) != VERSION:
        raise KeyRingError(f"{name}: expected a key ring of version {VERSION}, got version {int(found[1])}")
    return bytes.fromhex(found[2].decode())


def _damaged(name: str) -> KeyRingError:
    return KeyRingError(
        f"{name}: the password is wrong, or the manifest is damaged or was changed by others; check the password"
    )


def _members(manifest: Manifest) -> dict[str, object]:
    """Return a manifest as JSON has it."""
    names = ("counter", "max_age", "skew", "token_lifetime", "experimental")
    keys = []
    for each in manifest.keys:
        times = {name: time and time.isoformat() for name in _TIMES if (time := getattr(each, name))}
        fixed = {"kid": each.kid, "algorithm": each.algorithm, "state": each.state}
        keys.append({**fixed, **times, "sha256": manifest.digests.get(each.kid), "jwk": dict(each.jwk)})
    return {**{name: getattr(manifest, name) for name in names}, "keys": keys}


def _manifest(members: dict[str, Any]) -> Manifest:
    """Return the manifest of members whose HMAC was right."""
    keys = members.pop("keys")
    digests = {each["kid"]: each["sha256"] for each in keys if each["sha256"] is not None}
    loaded = tuple(_key(each, members["experimental"]) for each in keys)
    return Manifest(**members, keys=loaded, digests=MappingProxyType(digests))


def _key(members: dict[str, Any], experimental: str | None) -> RingKey:
    if not re.fullmatch(KID, members["kid"]):  # from which the name of its file is made
        raise ValueError("kid is not a thumbprint")
    times = {name: datetime.fromisoformat(members[name]) if name in members else None for name in _TIMES}
    return RingKey(
        kid=members["kid"],
        algorithm=algorithm_named(members["algorithm"], experimental).name,
        state=KeyState(members["state"]),
        jwk=MappingProxyType(members["jwk"]),
        **times,  # type: ignore[arg-type]
    )
