"""The manifest of a key ring: its keys and their states, under an HMAC that needs the ring's password."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.errors import KeyRingError
from qynauth_pqc.errors import InvalidLengthError
from qynauth_pqc.extend import Closable, input_memory, join_secret, size_of, without_frames

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qynauth_pqc.extend import BytesLike

THUMBPRINT: Final = r"[A-Za-z0-9_-]{43}"
LONGEST_KID: Final = 128
SALT_BYTES: Final = 16
_LONGEST_PASSWORD: Final = 1024
_VERSION: Final = 1
_COST: Final = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26, "dklen": 64}  # of scrypt, fixed by the version
_FILE = re.compile(rb"(qynauth-pqc key ring ([0-9]{1,9}), salt ([0-9a-f]{32}), )hmac ([0-9a-f]{64})\n(.*)", re.DOTALL)


class KeyState(StrEnum):
    """The state of a key of a ring: it waits in the published set, signs, only verifies, or is revoked."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class RingKey:
    """A key of a ring, without its private key.

    Attributes:
        kid: its thumbprint or, if it was imported, its earlier name.
        algorithm: the name of its algorithm in JWS.
        state: its state.
        published: when it entered the published set, in UTC.
        activated: when it began to sign, or None.
        retired: when the key after it began to sign, or None.
        revoked: when it was revoked, or None.
        thumbprint: its thumbprint (RFC 7638), 43 characters.
        jwk: its public JWK with kid, alg and use.
        sha256: the hash of its private key file, in hexadecimal; None if the file has been deleted, or the key is
            remote.
    """

    kid: str
    algorithm: str
    state: KeyState
    published: datetime
    activated: datetime | None
    retired: datetime | None
    revoked: datetime | None
    thumbprint: str
    jwk: Mapping[str, object] = field(repr=False)
    sha256: str | None = field(default=None, repr=False)

    @property
    def file(self) -> str | None:
        """The name of its private key file, or None. A new password of the ring changes the name."""
        return None if self.sha256 is None else f"{self.thumbprint}.{self.sha256[:16]}.pem"

    @property
    def remote(self) -> bool:
        """Whether it is next or active, and has its private key elsewhere."""
        return self.sha256 is None and self.state in (KeyState.NEXT, KeyState.ACTIVE)

    @property
    def changed(self) -> datetime:
        """When it entered its state."""
        return self.revoked or self.retired or self.activated or self.published


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of a manifest: a number that grows with each change, durations in seconds, and the keys.

    When a duration becomes shorter, earlier sets and tokens stay in use for the longer one: until `sets_until` and
    `tokens_until`. `algorithms` names those of keys in earlier states, so that no removed key is forgotten altogether.
    """

    counter: int
    max_age: float
    skew: float
    token_lifetime: float
    experimental: str | None
    keys: tuple[RingKey, ...]
    sets_until: datetime | None = None
    tokens_until: datetime | None = None
    algorithms: tuple[str, ...] = ()

    def has_had(self, algorithm: str) -> bool:
        """Return whether the ring has or had a key of an algorithm that was more than next."""
        return algorithm in self.had()

    def had(self) -> tuple[str, ...]:
        """Return the algorithms of all keys, now or earlier, that were more than next."""
        now = (each.algorithm for each in self.keys if each.state is not KeyState.NEXT)
        return tuple(sorted({*self.algorithms, *now}))

    def find(self, algorithm: str, state: KeyState) -> RingKey | None:
        """Return the key of an algorithm that is next or active, if there is one."""
        return next((each for each in self.keys if (each.algorithm, each.state) == (algorithm, state)), None)

    def earliest(self, key: RingKey) -> datetime | None:
        """Return the earliest time to activate a next key, or to remove a retiring or revoked one; None for others."""
        skew = timedelta(seconds=self.skew)
        if key.state is KeyState.NEXT:
            return self._sets_gone(key.published) + skew
        if key.revoked is not None:
            return self._tokens_gone(self._sets_gone(key.revoked)) + skew
        return None if key.retired is None else self._tokens_gone(key.retired) + skew

    def was_ahead(self, key: RingKey, now: datetime) -> bool:
        """Return whether a next key was published while the clock was ahead.

        If a key that is no longer next is from later than now too, it is now that the clock may be wrong.
        """
        latest = now + timedelta(seconds=self.skew)
        others = (each.changed for each in self.keys if each.state is not KeyState.NEXT)
        return key.state is KeyState.NEXT and key.published > latest >= max(others, default=now)

    def _sets_gone(self, since: datetime) -> datetime:
        """Return the time from which nobody uses a set that was fetched before a given time."""
        gone = since + timedelta(seconds=self.max_age)
        return gone if self.sets_until is None else max(gone, self.sets_until)

    def _tokens_gone(self, since: datetime) -> datetime:
        """Return the time when all tokens issued before a given time have expired."""
        gone = since + timedelta(seconds=self.token_lifetime)
        return gone if self.tokens_until is None else max(gone, self.tokens_until)


class Seal(Closable):
    """The secrets that a ring derives from its password: the key of the HMAC, and the password of its private keys.

    The files have a separate password because cryptography encrypts PEM with 2048 iterations of PBKDF2: guessing the
    ring's password there would be a thousand times cheaper than with scrypt.

    Attributes:
        file_password: 64 hexadecimal digits.
    """

    __slots__ = ("_key", "_salt", "file_password")

    def __init__(self, password: BytesLike, salt: bytes) -> None:
        """Derive both, which takes 32 MiB of memory for about a tenth of a second.

        Raises:
            InvalidLengthError: the password does not have 1 to 1024 bytes.
        """
        size = size_of(password, "password")
        if not 0 < size <= _LONGEST_PASSWORD:
            raise InvalidLengthError(f"expected a password of 1 to {_LONGEST_PASSWORD} bytes, got {size}")
        self._salt = salt
        self._key, self.file_password = _derive(password, salt)

    def write(self, manifest: Manifest) -> bytes:
        """Return the file of a manifest."""
        head = f"qynauth-pqc key ring {_VERSION}, salt {self._salt.hex()}, ".encode()
        body = json.dumps(manifest, default=_plain, indent=1).encode()
        return head + b"hmac %s\n" % self._tag(head, body) + body

    def read(self, data: bytes, name: str) -> Manifest:
        """Return the manifest of a file.

        Raises:
            KeyRingError: the manifest was not sealed with this ring's password. The message begins with the name.
        """
        head, _, salt, tag, body = _parse(data, name)
        if salt != self._salt.hex().encode():
            raise KeyRingError(f"{name}: the password of the ring was changed, or it is another ring; open it again")
        if not hmac.compare_digest(self._tag(head, body), tag):
            raise _damaged(name)
        try:
            return _manifest(json.loads(body))
        except (KeyError, TypeError, ValueError) as error:
            raise KeyRingError(f"{name}: the manifest does not have the members of version {_VERSION}") from error

    def _tag(self, head: bytes, body: bytes) -> bytes:
        return hmac.digest(self._key.view(), head + body, "sha256").hex().encode()

    def close(self) -> None:
        """Wipe both."""
        self._key.close()
        self.file_password.close()


def salt_of(data: bytes, name: str) -> bytes:
    """Return the salt in the file of a manifest."""
    return bytes.fromhex(_parse(data, name)[2].decode())


@without_frames
def _derive(password: BytesLike, salt: bytes) -> list[Any]:
    derived = hashlib.scrypt(input_memory(password, "password"), salt=salt, **_COST)
    return [join_secret(derived[:32]), join_secret(derived[32:].hex().encode())]


def _parse(data: bytes, name: str) -> tuple[bytes, ...]:
    """Return the head, the version, the salt, the tag and the JSON of a file."""
    found = _FILE.fullmatch(data)
    if found is None:
        raise _damaged(name)
    if int(found[2]) != _VERSION:
        raise KeyRingError(f"{name}: expected version {_VERSION} of key rings, got {int(found[2])}; update the package")
    return found.groups()


def _damaged(name: str) -> KeyRingError:
    return KeyRingError(f"{name}: wrong password, or the manifest is damaged or was changed; check the password")


def _plain(value: Any) -> object:
    """Return the representation of a value in JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, MappingProxyType):
        return dict(value)
    return {each.name: getattr(value, each.name) for each in fields(value)}


def _manifest(members: dict[str, Any]) -> Manifest:
    keys = tuple(_key(**each) for each in members["keys"])
    # a ring from before this member may have had keys of any algorithm, and removed them
    unknown = () if members["counter"] == 1 else ALGORITHMS
    names = tuple(map(str, members.get("algorithms", unknown)))
    return Manifest(**{**_with_times(members, "sets_until", "tokens_until"), "keys": keys, "algorithms": names})


def _key(*, state: str, jwk: dict[str, object], **members: Any) -> RingKey:
    times = _with_times(members, "published", "activated", "retired", "revoked")
    key = RingKey(state=KeyState(state), jwk=MappingProxyType(jwk), **times)
    has_digest = key.sha256 is None or re.fullmatch("[0-9a-f]{64}", key.sha256)
    if not (has_digest and re.fullmatch(THUMBPRINT, key.thumbprint) and is_kid(key.kid)):  # two of them name a file
        raise ValueError("kid, thumbprint or sha256 is none")
    return key


def is_kid(value: object) -> bool:
    """Return whether a value can name a key: printable text of 1 to 128 bytes in UTF-8, for a header."""
    return isinstance(value, str) and value.isprintable() and 0 < len(value.encode()) <= LONGEST_KID


def _with_times(members: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**members, **{name: members[name] and datetime.fromisoformat(members[name]) for name in names}}
