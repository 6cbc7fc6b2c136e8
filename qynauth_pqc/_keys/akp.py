"""ML-DSA keys as JWK and COSE_Key, with the key type AKP (Algorithm Key Pair) of RFC 9964."""

from __future__ import annotations

from qynauth_pqc._extras import extra
from qynauth_pqc._keys.key import Key
from qynauth_pqc._keys.parameter_sets import exact_member
from qynauth_pqc._keys.private_key import PrivateKey, SeededPrivateKey
from qynauth_pqc._keys.public_key import PublicKey
from qynauth_pqc.native import lib, status_error
from qynauth_pqc.native.inputs import without_frames
from qynauth_pqc.native.secret_bytes import SecretBytes, join_secret

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType
    from typing import Any, Self, Unpack

    from qynauth_pqc._keys.key import Name  # noqa: F401 - in the bases of classes, as text
    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.options import KeyOptions


def cose_module() -> ModuleType:
    """Return the module for COSE_Key, which needs an extra."""
    with extra("cose", "COSE_Key needs {}", "cbor2"):
        from qynauth_pqc._keys import cose_key  # the package must import without the extra
    return cose_key


def _jose() -> ModuleType:
    """Return the module for JWK: it imports json and hashlib, which few programs need."""
    from qynauth_pqc._keys import jwk  # see above

    return jwk


class _AKPKey(Key["Name"]):
    """A key that RFC 9964 covers. A private key is encoded as its seed, in no other form."""

    __slots__ = ()

    _is_private: bool

    @classmethod
    @without_frames
    def from_jwk(cls, jwk: Mapping[str, object] | str | BytesLike, **options: Unpack[KeyOptions]) -> Self:
        """Load a key from JWK (RFC 9964, section 3): a private key from one with priv, a public key from one without.

        Members that RFC 9964 does not define are skipped, but "use" and "key_ops" must allow signing or verifying.

        Args:
            jwk: the members, or a JSON text with them of at most 65536 characters.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The key; the seed of a private key is known.

        Raises:
            InvalidKeyError: it is no JWK, lacks a member or is a key of the other kind; pub or priv is not base64url;
                or pub has a wrong length or belongs to another priv.
            InvalidLengthError: priv is not a seed of 32 bytes.
            UnsupportedError: the key type is not AKP, or its algorithm is not ML-DSA.
        """
        cls._flags(options, "from_jwk")
        return cls._from_members(_jose().decode(jwk, private=cls._is_private), options)

    @classmethod
    @without_frames
    def from_cose_key(cls, data: BytesLike, **options: Unpack[KeyOptions]) -> Self:
        """Load a key from COSE_Key (RFC 9964, section 3), as `from_jwk` does. Needs the extra `[cose]`.

        Labels that RFC 9964 does not define are skipped, but key_ops must allow signing or verifying.

        Args:
            data: one CBOR map, at most 16384 bytes.
            **options: see `qynauth_pqc.options.KeyOptions`.

        Returns:
            The key; the seed of a private key is known.

        Raises:
            InvalidKeyError: it is no COSE_Key, lacks a label or is a key of the other kind; or pub has a wrong length
                or belongs to another priv.
            InvalidLengthError: priv is not a seed of 32 bytes.
            UnsupportedError: the key type is not AKP, or its algorithm is not ML-DSA; or cbor2 is not installed.
        """
        cls._flags(options, "from_cose_key")
        return cls._from_members(cose_module().decode(data, private=cls._is_private), options)

    @classmethod
    def _from_members(cls, members: tuple[str, bytes, bytes], options: KeyOptions) -> Self:
        """Make a key from the algorithm, pub and priv that a JWK or COSE_Key holds."""
        name, public, seed = members
        kind: Any = cls
        chosen = exact_member(cls._sets, name)
        if not cls._is_private:
            return kind.from_public_bytes(public, chosen, **options)  # type: ignore[no-any-return]
        key = kind.from_seed(seed, chosen, **options)
        check_pair(key, public)
        return key  # type: ignore[no-any-return]


class AKPPublicKey(_AKPKey["Name"], PublicKey["Name"]):
    """A public key that RFC 9964 covers."""

    __slots__ = ()

    _is_private = False

    def to_jwk(self, kid: str | None = None) -> dict[str, str]:
        """Return the key as JWK (RFC 9964, section 3): kty "AKP", alg, pub and kid.

        Args:
            kid: the name of the key; by default its thumbprint.

        Returns:
            A new dict; `json.dumps` turns it into text.
        """
        return _jose().encode(self._parameter_set, self.public_bytes(), None, kid)  # type: ignore[no-any-return]

    def jwk_thumbprint(self) -> str:
        """Return the thumbprint of the key as JWK (RFC 7638, by SHA-256): 43 characters of base64url."""
        return _jose().thumbprint(self._parameter_set, self.public_bytes())  # type: ignore[no-any-return]

    def to_cose_key(self, kid: bytes | None = None) -> bytes:
        """Return the key as COSE_Key (RFC 9964, section 3), in deterministic CBOR. Needs the extra `[cose]`.

        Args:
            kid: the name of the key; by default its thumbprint.

        Returns:
            A map of kty, kid, alg and pub.

        Raises:
            UnsupportedError: cbor2 is not installed.
        """
        return cose_module().encode(self._parameter_set, self.public_bytes(), None, kid)  # type: ignore[no-any-return]

    def cose_key_thumbprint(self) -> bytes:
        """Return the thumbprint of the key as COSE_Key (RFC 9679, by SHA-256), 32 bytes. Needs the extra `[cose]`."""
        return cose_module().thumbprint(self._parameter_set, self.public_bytes())  # type: ignore[no-any-return]


class AKPPrivateKey(_AKPKey["Name"], SeededPrivateKey["Name"]):
    """A private key that RFC 9964 covers."""

    __slots__ = ()

    _is_private = True

    def to_jwk(self, kid: str | None = None) -> dict[str, str]:
        """Return the key as JWK (RFC 9964, section 3): kty "AKP", alg, pub, priv and kid.

        "priv" is the seed, in a `str`, which Python never wipes.

        Args:
            kid: the name of the key; by default its thumbprint.

        Returns:
            A new dict; `json.dumps` turns it into text.

        Raises:
            SeedUnavailableError: the key was loaded from its expanded form, which RFC 9964 does not define.
        """
        with self.seed() as seed:
            return _jose().encode(self._parameter_set, self.public_key.public_bytes(), seed, kid)  # type: ignore[no-any-return]

    def to_cose_key(self, kid: bytes | None = None) -> SecretBytes:
        """Return the key as COSE_Key (RFC 9964, section 3), in deterministic CBOR. Needs the extra `[cose]`.

        Args:
            kid: the name of the key; by default its thumbprint.

        Returns:
            A map of kty, kid, alg, pub and priv, which is the seed, in memory that is wiped.

        Raises:
            SeedUnavailableError: the key was loaded from its expanded form, which RFC 9964 does not define.
            UnsupportedError: cbor2 is not installed.
        """
        with self.seed() as seed:
            start = cose_module().encode(self._parameter_set, self.public_key.public_bytes(), len(seed), kid)
            return join_secret(start, seed.view())


def check_pair(key: PrivateKey, public: bytes) -> None:
    """Refuse a private key if its JWK or COSE_Key holds another public key."""
    if key.public_key != key._public_class.from_public_bytes(public, key.parameter_set):
        raise status_error(lib.PQC_STATUS_KEY_PAIR_MISMATCH)
