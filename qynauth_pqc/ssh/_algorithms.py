"""The public key algorithms of OpenSSH: one row each, for its names, its encoding and its verification."""

from __future__ import annotations

from qynauth_pqc.composite import CompositeParameterSet, CompositePublicKey
from qynauth_pqc.errors import InvalidSignatureError, UnsupportedError, short
from qynauth_pqc.extend import install_command
from qynauth_pqc.ssh._wire import Reader, string

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from types import ModuleType

    from qynauth_pqc.ssh._wire import Encoded

COMPOSITE = CompositeParameterSet.MLDSA44_ED25519

_RSA_BITS = range(2048, 16385)
"""The sizes of RSA keys, in bits. OpenSSH accepts 1024 too; NIST SP 800-131A disallows fewer than 2048."""


def classical_module() -> ModuleType:
    """Return the module for classical algorithms, which needs an extra."""
    try:
        from qynauth_pqc.ssh import _classical  # the package must import without the extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "cryptography":
            raise
        raise UnsupportedError(f"classical keys need cryptography: {install_command('ssh')}") from error
    return _classical


class Algorithm:
    """An algorithm of public keys.

    Attributes:
        name: its name in the key.
        kind: its name in the fingerprints of ssh-keygen.
        signatures: the names of its signatures.
    """

    __slots__ = ("kind", "name", "signatures")

    def __init__(self, name: str, kind: str, *signatures: str) -> None:
        """Take the names, and the names of its signatures if they differ from the name of the key."""
        self.name, self.kind, self.signatures = name, kind, signatures or (name,)

    def read(self, reader: Reader) -> Encoded:
        """Read the fields after the name in a public key."""
        raise NotImplementedError

    def bits(self, encoded: Encoded) -> int:
        """Return the size that ssh-keygen prints for a key."""
        raise NotImplementedError

    def load(self, encoded: Encoded) -> object:
        """Return the key that verifies.

        Raises:
            InvalidKeyError: the encoding is not a key.
        """
        return classical_module().load(self.name, encoded)

    def verify(self, key: object, name: str, signature: bytes, message: bytes) -> bool:
        """Return whether a signature of this name is valid."""
        return classical_module().verify(key, name, signature, message)  # type: ignore[no-any-return]


class _Composite(Algorithm):
    """MLDSA44-Ed25519-SHA512 (draft-miller-sshm-mldsa44-ed25519-composite-sigs)."""

    __slots__ = ("_bits",)

    def __init__(self, name: str, bits: int) -> None:
        super().__init__(name, "MLDSA44-ED25519")
        self._bits = bits

    def read(self, reader: Reader) -> bytes:
        start, encoded = reader.position, bytes(reader.string("public key"))
        if len(encoded) != COMPOSITE.public_key_bytes:
            reader.refuse(f"public key must have {COMPOSITE.public_key_bytes} bytes, not {len(encoded)}", start)
        return encoded

    def bits(self, _encoded: Encoded) -> int:
        return self._bits

    def load(self, encoded: Encoded) -> CompositePublicKey:
        return CompositePublicKey.from_public_bytes(encoded, COMPOSITE)  # type: ignore[arg-type]

    def verify(self, key: object, _name: str, signature: bytes, message: bytes) -> bool:
        try:
            key.verify(message, signature)  # type: ignore[attr-defined]
        except InvalidSignatureError:
            return False
        return True


class _Ed25519(Algorithm):
    """Ed25519 (RFC 8709)."""

    __slots__ = ()

    def read(self, reader: Reader) -> bytes:
        start, encoded = reader.position, bytes(reader.string("public key"))
        if len(encoded) != 32:  # noqa: PLR2004
            reader.refuse(f"public key must have 32 bytes, not {len(encoded)}", start)
        return encoded

    def bits(self, _encoded: Encoded) -> int:
        return 256


class _ECDSA(Algorithm):
    """ECDSA (RFC 5656)."""

    __slots__ = ("_bits",)

    def __init__(self, bits: int) -> None:
        super().__init__(f"ecdsa-sha2-nistp{bits}", "ECDSA")
        self._bits = bits

    def read(self, reader: Reader) -> bytes:
        start, curve = reader.position, self.name.rpartition("-")[2]
        if reader.string("curve") != curve.encode():
            reader.refuse(f"curve must be {curve}", start)
        start, point = reader.position, bytes(reader.string("point"))
        size = 1 + 2 * -(-self._bits // 8)
        if len(point) != size or point[0] != 4:  # noqa: PLR2004 - SEC 1, 2.3.3
            reader.refuse(f"point must have {size} bytes and not be compressed", start)
        return point

    def bits(self, _encoded: Encoded) -> int:
        return self._bits


class _RSA(Algorithm):
    """RSA (RFC 4253, 6.6) with SHA-2 (RFC 8332)."""

    __slots__ = ()

    def read(self, reader: Reader) -> tuple[int, int]:
        start, exponent = reader.position, reader.mpint("exponent")
        if exponent < 3 or not exponent & 1 or exponent.bit_length() > 64:  # noqa: PLR2004
            reader.refuse("exponent must be odd, from 3 and of at most 64 bits", start)
        start, modulus = reader.position, reader.mpint("modulus")
        if not modulus & 1:
            reader.refuse("modulus must be odd", start)
        if modulus.bit_length() not in _RSA_BITS:
            expected = f"expected {_RSA_BITS.start} to {_RSA_BITS.stop - 1}"
            raise UnsupportedError(f"RSA with {modulus.bit_length()} bits is not supported: {expected}")
        return exponent, modulus

    def bits(self, encoded: Encoded) -> int:
        return encoded[1].bit_length()


COMPOSITE_NAMES = ("ssh-mldsa44-ed25519", "ssh-mldsa44-ed25519@openssh.com")
"""The composite's registered name (IANA), in OpenSSH from 10.6 on, and its name in OpenSSH 10.4 and 10.5."""

ALGORITHMS: dict[str, Algorithm] = {
    each.name: each
    for each in (
        *map(_Composite, COMPOSITE_NAMES, (512, 256)),
        _Ed25519("ssh-ed25519", "ED25519"),
        *(_ECDSA(bits) for bits in (256, 384, 521)),
        _RSA("ssh-rsa", "RSA", "rsa-sha2-512", "rsa-sha2-256"),
    )
}
"""The algorithms by the names of their keys, the preferred ones first."""

SIGNATURES: tuple[str, ...] = tuple(name for each in ALGORITHMS.values() for name in each.signatures)
"""The names of all signatures."""


def algorithm_named(name: str, what: str) -> Algorithm:
    """Return the algorithm of a key.

    Args:
        name: its name in the key.
        what: the name of the source, for errors.

    Raises:
        UnsupportedError: it is not among `ALGORITHMS`.
    """
    found = ALGORITHMS.get(name)
    if found is None:
        reason = "is unknown"
        if name.startswith("sk-"):
            reason = "is for a security key, which is not supported"
        elif "-cert" in name:
            reason = "is a certificate, which is not supported"
        raise UnsupportedError(f"{what}: {short(name)} {reason}: expected one of {', '.join(ALGORITHMS)}")
    return found


def read_key(blob: bytes, what: str) -> tuple[Algorithm, Encoded]:
    """Return the algorithm of a public key and its encoding.

    Raises:
        SSHFormatError: the encoding does not follow its algorithm.
        UnsupportedError: its algorithm is unknown.
    """
    reader = Reader(blob, what)
    algorithm = algorithm_named(reader.text("name of the algorithm"), what)
    encoded = algorithm.read(reader)
    reader.end()
    return algorithm, encoded


def renamed(blob: bytes) -> tuple[bytes, ...]:
    """Return the encodings of a public key under each name of its algorithm."""
    names = [string(name.encode()) for name in COMPOSITE_NAMES]
    for name in names:
        if blob.startswith(name):
            return tuple(other + blob[len(name) :] for other in names)
    return (blob,)
