"""ML-DSA keys for securesystemslib, and so for TUF and in-toto: needs the extra `tuf`.

The schemes are defined by TAP 21: `ml-dsa-44/1`, `ml-dsa-65/1` and `ml-dsa-87/1`. They sign "tuf", the byte 1 and
SHA-512 of the data, with an empty context, so a signature is not a plain signature of the data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qynauth_pqc.dsse._schemes import KEY_TYPE, SCHEMES, default_keyid, tap21
from qynauth_pqc.errors import InvalidSignatureError, UnsupportedError, expect
from qynauth_pqc.extend import extra, without_frames, without_own_frames
from qynauth_pqc.formats import load_public_key
from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey

with extra("tuf"):
    from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
    from securesystemslib.signer import KEY_FOR_TYPE_AND_SCHEME, SIGNER_FOR_URI_SCHEME, Key, Signature, Signer, SSlibKey

if TYPE_CHECKING:
    from typing import Self

    from securesystemslib.signer import SecretsHandler

    from qynauth_pqc.signer import Signer as AnySigner

__all__ = ["MLDSAKey", "MLDSASigner", "register", "unregister"]

_HEXADECIMAL = re.compile("(?:[0-9a-fA-F]{2})*")


class MLDSAKey(Key):
    """A public key of securesystemslib; this library verifies with it.

    securesystemslib has a class for these keys, too, which verifies with `cryptography`; both read the same metadata.

    Attributes:
        public_key: the public key.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> key = MLDSAKey.from_public_key(MLDSAPrivateKey.generate("ML-DSA-65").public_key)
    >>> key.keytype, key.scheme
    ('ml-dsa', 'ml-dsa-65/1')
    """

    def __init__(
        self,
        keyid: str,
        keytype: str,
        scheme: str,
        keyval: dict[str, object],
        unrecognized_fields: dict[str, object] | None = None,
    ) -> None:
        """Take the fields of a key in metadata.

        Raises:
            ValueError: the fields are not of an ML-DSA key of this scheme.
        """
        super().__init__(keyid, keytype, scheme, keyval, unrecognized_fields)
        pem = keyval.get("public")
        if keytype != KEY_TYPE or not isinstance(pem, str):
            raise ValueError(f"expected a key of the type {KEY_TYPE}, with its public key in PEM")
        public_key = load_public_key(pem.encode("utf-8", "surrogatepass"))
        if not isinstance(public_key, MLDSAPublicKey) or SCHEMES[public_key.parameter_set] != scheme:
            raise ValueError(f"the public key is not of the scheme {scheme[:64]}")
        self.public_key = public_key

    @classmethod
    @without_own_frames
    def from_public_key(cls, public_key: MLDSAPublicKey, keyid: str | None = None) -> Self:
        """Return the key of securesystemslib for a public key.

        Args:
            public_key: the public key.
            keyid: the name of the key in metadata; by default as securesystemslib computes it.
        """
        expect(public_key, MLDSAPublicKey, "public_key")
        expect(keyid, (str, type(None)), "keyid")
        keyval: dict[str, object] = {"public": public_key.to_spki().decode("ascii")}
        name = default_keyid(public_key) if keyid is None else keyid
        return cls(name, KEY_TYPE, SCHEMES[public_key.parameter_set], keyval)

    @classmethod
    def from_dict(cls, keyid: str, key_dict: dict[str, object]) -> Self:
        """Return a key from metadata, and remove its members from them, as securesystemslib does."""
        expect(key_dict, dict, "key_dict")
        keytype, scheme, keyval = cls._from_dict(key_dict)
        return cls(keyid, keytype, scheme, keyval, key_dict)

    def to_dict(self) -> dict[str, object]:
        """Return the key as metadata."""
        return self._to_dict()

    def verify_signature(self, signature: Signature, data: bytes) -> None:
        """Check a signature. Returns nothing if it is valid.

        Raises:
            securesystemslib.exceptions.UnverifiedSignatureError: the signature is not valid.
            securesystemslib.exceptions.VerificationError: the signature is of another key, or not in hexadecimal
                digits.
        """
        expect(signature, Signature, "signature")
        digits = signature.signature
        if signature.keyid != self.keyid or not isinstance(digits, str) or not _HEXADECIMAL.fullmatch(digits):
            raise VerificationError(f"expected a signature of {self.keyid}, in hexadecimal digits")
        try:
            self.public_key.verify(tap21(data), bytes.fromhex(digits))
        except InvalidSignatureError:
            raise UnverifiedSignatureError(f"Failed to verify signature by {self.keyid}") from None


class MLDSASigner(Signer):
    """A signer of securesystemslib that signs with an ML-DSA key of this library.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> signer = MLDSASigner(MLDSAPrivateKey.generate("ML-DSA-65"))
    >>> signer.public_key.verify_signature(signer.sign(b"metadata"), b"metadata")
    """

    URI_SCHEME = "qynauth-pqc"
    """The scheme of the URIs for `from_priv_key_uri`."""

    @without_own_frames
    def __init__(self, private_key: AnySigner, public_key: Key | None = None) -> None:
        """Take a private key.

        Args:
            private_key: an `MLDSAPrivateKey`, or another signer with an ML-DSA key.
            public_key: the public key with its name, as in metadata; by default `MLDSAKey.from_public_key`.

        Raises:
            ValueError: the public key is of another private key.
        """
        public = getattr(private_key, "public_key", None)
        if not isinstance(public, MLDSAPublicKey) or not hasattr(private_key, "sign"):
            raise TypeError(f"private_key must be a signer with an ML-DSA key, not {type(private_key).__name__}")
        expect(public_key, (Key, type(None)), "public_key")
        own = MLDSAKey.from_public_key(public, None if public_key is None else public_key.keyid)
        if public_key is not None and MLDSAKey.from_dict(own.keyid, public_key.to_dict()).public_key != public:
            raise ValueError("private and public key do not match")
        self._private_key, self._public_key = private_key, own if public_key is None else public_key

    @property
    def public_key(self) -> Key:
        """The public key, as in metadata."""
        return self._public_key

    def sign(self, payload: bytes) -> Signature:
        """Return a signature."""
        return Signature(self._public_key.keyid, self._private_key.sign(tap21(payload)).hex())

    @classmethod
    @without_frames
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> Self:
        """Return the signer of a private key in a file, as `Signer.from_priv_key_uri` does after `register()`.

        Args:
            priv_key_uri: "qynauth-pqc:" and the path of a file with PKCS#8 in PEM or DER, or, if it is encrypted,
                "qynauth-pqc:encrypted:" and the path.
            public_key: the public key, as in metadata.
            secrets_handler: called with "passphrase" for the password of an encrypted key.

        Raises:
            ValueError: the URI is another one, there is no handler for a password, or the keys do not match.
            OSError: the file cannot be read.
            PQCError: see `load_private_key_file`.
        """
        expect(priv_key_uri, str, "priv_key_uri")
        scheme, colon, path = priv_key_uri.partition(":")
        if scheme != cls.URI_SCHEME or not colon:
            raise ValueError(f"expected a URI with the scheme {cls.URI_SCHEME}")
        password = None
        if path.startswith(_ENCRYPTED):
            path = path.removeprefix(_ENCRYPTED)
            if secrets_handler is None:
                raise ValueError("an encrypted key needs a handler of secrets, for its password")
            password = secrets_handler("passphrase").encode()
        return cls(MLDSAPrivateKey.load(path, password), public_key)


_ENCRYPTED = "encrypted:"


def register() -> None:
    """Let securesystemslib read ML-DSA keys as `MLDSAKey`, and take URIs for `MLDSASigner`, for the whole process.

    A second call does nothing. Metadata that were read earlier keep their keys.

    Raises:
        UnsupportedError: securesystemslib has a third class for these keys.
    """
    for scheme in SCHEMES.values():
        present = KEY_FOR_TYPE_AND_SCHEME.get((KEY_TYPE, scheme), SSlibKey)
        if present not in (SSlibKey, MLDSAKey):
            raise UnsupportedError(f"securesystemslib has another class for keys of {scheme}: {present.__name__}")
    KEY_FOR_TYPE_AND_SCHEME.update({(KEY_TYPE, scheme): MLDSAKey for scheme in SCHEMES.values()})
    SIGNER_FOR_URI_SCHEME[MLDSASigner.URI_SCHEME] = MLDSASigner


def unregister() -> None:
    """Undo `register()`. A second call does nothing, and registrations by others stay."""
    for scheme in SCHEMES.values():
        if KEY_FOR_TYPE_AND_SCHEME.get((KEY_TYPE, scheme)) is MLDSAKey:
            KEY_FOR_TYPE_AND_SCHEME[KEY_TYPE, scheme] = SSlibKey
    if SIGNER_FOR_URI_SCHEME.get(MLDSASigner.URI_SCHEME) is MLDSASigner:
        del SIGNER_FOR_URI_SCHEME[MLDSASigner.URI_SCHEME]
