"""The public key algorithms of OpenSSH: one row each, for its names, its encoding and its verification."""

from __future__ import annotations

from importlib import import_module

from qynauth_pqc.composite import CompositeParameterSet, CompositePublicKey
from qynauth_pqc.errors import UnsupportedError, short
from qynauth_pqc.extend import extra, is_valid
from qynauth_pqc.ssh._wire import Reader, string

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

COMPOSITE = CompositeParameterSet.MLDSA44_ED25519

_RSA_BITS = range(2048, 16385)
"""The sizes of RSA keys, in bits. OpenSSH accepts 1024 too; NIST SP 800-131A disallows fewer than 2048."""

USER_PRESENT, USER_VERIFIED = 1, 4
"""The flags of a security key: its user touched it, or proved who they are."""


def optional(module: str, what: str) -> ModuleType:
    """Return a module of this package that needs an extra."""
    with extra("ssh", f"{what} need {{}}", "bcrypt", "cryptography"):
        return import_module(f"qynauth_pqc.ssh.{module}")


def classical_module() -> ModuleType:
    """Return the module for classical algorithms."""
    return optional("_classical", "classical keys")


def _fixed(size: int) -> Callable[[Reader, int], int]:
    """Return a function that checks a public key of this size and returns its bits, as the functions below."""

    def read(reader: Reader, bits: int) -> int:
        start, actual = reader.position, len(reader.string("public key"))
        if actual != size:
            reader.refuse(f"public key must have {size} bytes, not {actual}", start)
        return bits

    return read


def _read_ecdsa(reader: Reader, bits: int) -> int:
    start = reader.position
    if reader.string("curve") != f"nistp{bits}".encode():
        reader.refuse(f"curve must be nistp{bits}", start)
    start, point = reader.position, reader.string("point")
    size = 1 + 2 * -(-bits // 8)
    if len(point) != size or point[0] != 4:  # noqa: PLR2004 - SEC 1, 2.3.3
        reader.refuse(f"point must have {size} bytes and not be compressed", start)
    return bits


def _with_application(read: Callable[[Reader, int], int]) -> Callable[[Reader, int], int]:
    """Return a function that checks a public key of a security key (PROTOCOL.u2f): another key, and an application."""

    def read_both(reader: Reader, bits: int) -> int:
        size = read(reader, bits)
        reader.text("application")
        return size

    return read_both


def _read_rsa(reader: Reader, _bits: int) -> int:
    start, exponent = reader.position, reader.mpint("exponent")
    if exponent < 3 or not exponent & 1 or exponent.bit_length() > 64:  # noqa: PLR2004
        reader.refuse("exponent must be odd, from 3 and of at most 64 bits", start)
    start, modulus = reader.position, reader.mpint("modulus")
    if not modulus & 1:
        reader.refuse("modulus must be odd", start)
    bits = modulus.bit_length()
    if bits not in _RSA_BITS:
        expected = f"expected {_RSA_BITS.start} to {_RSA_BITS.stop - 1}"
        raise UnsupportedError(f"RSA with {bits} bits is not supported: {expected}")
    return bits


class Algorithm:
    """An algorithm of public keys.

    Attributes:
        name: its name in the key.
        kind: its name in the fingerprints of ssh-keygen.
        bits: the size of its keys, which ssh-keygen prints.
        read: checks the fields after the name in a public key, and returns the size of the key.
        signatures: the names of its signatures.
        certificate: its name in certificates.
        tail_bytes: the size of the fields after a signature: 0, or 5 for the flags and the counter of a security key.
    """

    __slots__ = ("bits", "certificate", "kind", "name", "read", "signatures", "tail_bytes")

    def __init__(
        self, name: str, kind: str, bits: int, read: Callable[[Reader, int], int], signatures: tuple[str, ...] = ()
    ) -> None:
        self.name, self.kind, self.signatures = name, kind, signatures or (name,)
        self.bits, self.read, self.tail_bytes = bits, read, 0
        self.certificate = f"{name.removesuffix(_VENDOR)}-cert-v01{_VENDOR}"
        if name == COMPOSITE_NAMES[0]:
            self.certificate = f"{name}-cert"

    @property
    def is_classical(self) -> bool:
        """Whether a quantum computer could forge its signatures."""
        return self.name not in COMPOSITE_NAMES

    def load(self, blob: bytes) -> object:
        """Return the key that verifies, if the encoding is a key."""
        if self.name in COMPOSITE_NAMES:
            return CompositePublicKey.from_public_bytes(blob[-COMPOSITE.public_key_bytes :], COMPOSITE)
        return classical_module().load(self.name, blob)

    def verify(self, key: object, name: str, signature: bytes, message: bytes) -> bool:
        """Return whether a signature of this name is valid."""
        if isinstance(key, CompositePublicKey):
            return is_valid(key, message, signature)
        return classical_module().verify(key, name, signature, message)  # type: ignore[no-any-return]


class _SecurityKey(Algorithm):
    """An algorithm whose private keys are in a device, which signs with flags and a counter (PROTOCOL.u2f)."""

    __slots__ = ()

    def __init__(self, name: str, inner: Algorithm) -> None:
        super().__init__(name, f"{inner.kind}-SK", inner.bits, _with_application(inner.read))
        self.tail_bytes = 5

    def load(self, blob: bytes) -> object:
        from hashlib import sha256  # it loads OpenSSL

        reader = Reader(blob, "public key")
        name = reader.text("name of the algorithm")
        start, inner = reader.position, ALGORITHMS[_INNER[name]]
        inner.read(reader, inner.bits)
        key = inner.load(string(inner.name.encode()) + blob[start : reader.position])
        return inner, key, sha256(reader.string("application")).digest()

    def verify(self, key: object, name: str, signature: bytes, message: bytes) -> bool:  # noqa: ARG002 - one name
        from hashlib import sha256  # as above

        inner, loaded, application = key  # type: ignore[misc]
        raw, tail = signature[: -self.tail_bytes], signature[-self.tail_bytes :]
        return inner.verify(loaded, inner.name, raw, application + tail + sha256(message).digest())  # type: ignore[has-type, no-any-return]


_VENDOR = "@openssh.com"

COMPOSITE_NAMES = ("ssh-mldsa44-ed25519", f"ssh-mldsa44-ed25519{_VENDOR}")
"""The composite's registered name (IANA), in OpenSSH from 10.6 on, and its name in OpenSSH 10.4 and 10.5."""

_INNER = {f"sk-ssh-ed25519{_VENDOR}": "ssh-ed25519", f"sk-ecdsa-sha2-nistp256{_VENDOR}": "ecdsa-sha2-nistp256"}
"""The algorithms of security keys, and the algorithms of their signatures."""

ALGORITHMS: dict[str, Algorithm] = {
    each.name: each
    for each in (
        # draft-miller-sshm-mldsa44-ed25519-composite-sigs
        Algorithm(COMPOSITE_NAMES[0], "MLDSA44-ED25519", 512, _fixed(COMPOSITE.public_key_bytes)),
        Algorithm(COMPOSITE_NAMES[1], "MLDSA44-ED25519", 256, _fixed(COMPOSITE.public_key_bytes)),
        Algorithm("ssh-ed25519", "ED25519", 256, _fixed(32)),  # RFC 8709
        *(Algorithm(f"ecdsa-sha2-nistp{bits}", "ECDSA", bits, _read_ecdsa) for bits in (256, 384, 521)),  # RFC 5656
        # RFC 4253, 6.6; SHA-2 by RFC 8332
        Algorithm("ssh-rsa", "RSA", 0, _read_rsa, ("rsa-sha2-512", "rsa-sha2-256")),
    )
}
"""The algorithms by the names of their keys, the preferred ones first."""
ALGORITHMS |= {name: _SecurityKey(name, ALGORITHMS[inner]) for name, inner in _INNER.items()}

CERTIFICATES: dict[str, Algorithm] = {each.certificate: each for each in ALGORITHMS.values()}
"""The algorithms by their names in certificates."""

SIGNATURES: tuple[str, ...] = tuple(name for each in ALGORITHMS.values() for name in each.signatures)
"""The names of all signatures."""


def algorithm_named(name: str, what: str) -> Algorithm:
    """Return the algorithm of a key by its name in the key."""
    found = ALGORITHMS.get(name)
    if found is None:
        reason = "is unknown"
        if "-cert" in name:
            reason = "is a certificate, which is not supported here"
        raise UnsupportedError(f"{what}: {short(name)} {reason}: expected one of {', '.join(ALGORITHMS)}")
    return found


def read_key(blob: bytes, what: str) -> tuple[Algorithm, int]:
    """Return the algorithm of a public key, and the size that ssh-keygen prints for the key."""
    reader = Reader(blob, what)
    algorithm = algorithm_named(reader.text("name of the algorithm"), what)
    bits = algorithm.read(reader, algorithm.bits)
    reader.end()
    return algorithm, bits


def renamed(blob: bytes) -> tuple[bytes, ...]:
    """Return the encodings of a public key under each name of its algorithm."""
    names = [string(name.encode()) for name in COMPOSITE_NAMES]
    for name in names:
        if blob.startswith(name):
            return tuple(other + blob[len(name) :] for other in names)
    return (blob,)
