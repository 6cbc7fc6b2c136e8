"""Classical keys by `cryptography`: Ed25519, ECDSA, and RSA with SHA-2."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_public_key

from qynauth_pqc.errors import FormatError, InvalidKeyError
from qynauth_pqc.extend import check_ed25519_public
from qynauth_pqc.ssh._wire import Reader, string

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    PublicKey: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey
    PrivateKey: TypeAlias = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_CURVES: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {  # RFC 5656, 6.2.1
    "ecdsa-sha2-nistp256": (ec.SECP256R1(), hashes.SHA256()),
    "ecdsa-sha2-nistp384": (ec.SECP384R1(), hashes.SHA384()),
    "ecdsa-sha2-nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_RSA_HASHES: dict[str, hashes.HashAlgorithm] = {"rsa-sha2-256": hashes.SHA256(), "rsa-sha2-512": hashes.SHA512()}
_RSA_SIGNS_WITH = "rsa-sha2-512"


def load(name: str, blob: bytes) -> PublicKey:
    """Return the key with this encoding."""
    try:
        if name == "ssh-ed25519":
            check_ed25519_public(blob[-32:])
        return load_ssh_public_key(b"%b %b" % (name.encode(), b2a_base64(blob, newline=False)))  # type: ignore[return-value]
    except ValueError:
        raise InvalidKeyError(f"not a public key of {name}") from None


def verify(key: PublicKey, name: str, signature: bytes, message: bytes) -> bool:
    """Return whether a signature is valid.

    RSA signatures are as long as the modulus (RFC 8332, 3), and ECDSA signatures have no unneeded zeros.
    """
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), _RSA_HASHES[name])
        elif isinstance(key, ec.EllipticCurvePublicKey):
            reader = Reader(signature, "signature")
            r, s = reader.mpint("r"), reader.mpint("s")
            reader.end()
            key.verify(encode_dss_signature(r, s), message, ec.ECDSA(_CURVES[name][1]))
        else:
            key.verify(signature, message)
    except (InvalidSignature, FormatError):
        return False
    return True


class Signer:
    """A signer with a classical private key.

    Attributes:
        signature_name: the name of its signatures.
        public_blob: the encoding of its public key.
    """

    __slots__ = ("_key", "public_blob", "signature_name")

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        name, encoded = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split(b" ")
        self.public_blob = a2b_base64(encoded)
        self.signature_name = _RSA_SIGNS_WITH if isinstance(key, rsa.RSAPrivateKey) else name.decode()

    def sign(self, message: bytes) -> bytes:
        key = self._key
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(message, padding.PKCS1v15(), _RSA_HASHES[_RSA_SIGNS_WITH])
        if isinstance(key, ec.EllipticCurvePrivateKey):
            numbers = decode_dss_signature(key.sign(message, ec.ECDSA(_CURVES[self.signature_name][1])))
            return b"".join(string(each.to_bytes(each.bit_length() // 8 + 1, "big")) for each in numbers)
        return key.sign(message)


def read_signer(name: str, reader: Reader) -> tuple[Signer, bytes]:
    """Return the signer of a private key, from the fields after its name in a file, and the public key in the file."""
    head = string(name.encode())
    if name in _CURVES:
        point = string(reader.string("curve")) + string(reader.string("point"))
        secret = reader.mpint("private key")
        return _signer(name, lambda: ec.derive_private_key(secret, _CURVES[name][0])), head + point
    if name == "ssh-rsa":
        numbers = [reader.mpint(each) for each in ("n", "e", "d", "iqmp", "p", "q")]
        signer = _signer(name, lambda: _rsa(*numbers))
        return signer, signer.public_blob  # from the n and e of the file
    public, both = reader.string("public key"), reader.string("private key")
    if both[32:] != public:
        raise InvalidKeyError("private and public key do not match")
    return _signer(name, lambda: ed25519.Ed25519PrivateKey.from_private_bytes(both[:32])), head + string(public)


def _signer(name: str, load_key: Callable[[], PrivateKey]) -> Signer:
    try:
        return Signer(load_key())
    except (ValueError, ZeroDivisionError):
        raise InvalidKeyError(f"not a private key of {name}") from None


def _rsa(n: int, e: int, d: int, iqmp: int, p: int, q: int) -> rsa.RSAPrivateKey:
    public = rsa.RSAPublicNumbers(e, n)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), iqmp, public).private_key()
