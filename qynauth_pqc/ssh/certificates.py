"""Certificates of keys of OpenSSH (PROTOCOL.certkeys)."""

from __future__ import annotations

from binascii import b2a_base64

from qynauth_pqc.errors import short
from qynauth_pqc.ssh._algorithms import CERTIFICATES, USER_PRESENT
from qynauth_pqc.ssh._times import shown
from qynauth_pqc.ssh._wire import Reader, string
from qynauth_pqc.ssh.errors import Rule, SSHVerificationError
from qynauth_pqc.ssh.keys import SSHPublicKey

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Self

__all__ = ["SSHCertificate"]

_WHAT = "certificate"
_USER, _HOST = 1, 2
_MOST_PRINCIPALS = 256
"""How many principals ssh-keygen reads."""


class SSHCertificate:
    """A certificate, in which an authority names the principals of a key. `verify` checks it.

    Attributes:
        public_key: the key that the certificate is for.
        authority: the key that signed the certificate.
        signature_algorithm: the name of the authority's signature.
        serial: the number that the authority chose; 0 for none.
        key_id: the name that the authority chose.
        principals: the names of the signers, each of which is taken literally.
        valid_after: the first second in which the certificate is valid, in Unix time.
        valid_before: the first second in which it is no longer valid, in Unix time.
        critical_options: the names of the options that a verifier must know.
        is_user: whether it is for users, and not for hosts.
    """

    __slots__ = (
        "_blob",
        "_signature",
        "_signed_bytes",
        "authority",
        "critical_options",
        "is_user",
        "key_id",
        "principals",
        "public_key",
        "serial",
        "signature_algorithm",
        "valid_after",
        "valid_before",
    )

    public_key: SSHPublicKey
    authority: SSHPublicKey
    signature_algorithm: str
    serial: int
    key_id: str
    principals: tuple[str, ...]
    valid_after: int
    valid_before: int
    critical_options: tuple[str, ...]
    is_user: bool
    _blob: bytes
    _signature: tuple[bytes, bytes]
    _signed_bytes: int

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse: certificates are in signatures."""
        raise TypeError(f"{cls.__name__} has no constructor; SSHSignature.parse reads the certificate of a signature")

    @classmethod
    def _read(cls, blob: bytes) -> Self:
        """Return the certificate with this encoding."""
        reader = Reader(blob, _WHAT)
        algorithm = CERTIFICATES[reader.text("name of the algorithm")]
        reader.string("nonce")
        start = reader.position
        algorithm.read(reader, algorithm.bits)
        public_key = SSHPublicKey._read(string(algorithm.name.encode()) + blob[start : reader.position], "", _WHAT)
        serial, start = reader.number(8, "serial number"), reader.position
        kind = reader.number(4, "kind")
        if kind not in (_USER, _HOST):
            reader.refuse("expected a certificate for users or hosts", start)
        key_id = reader.text("key id", may_be_empty=True)
        principals = Reader(bytes(reader.string("principals")), "principals of the certificate")
        names = []
        while not principals.is_done():
            names.append(principals.text("principal"))
            if len(names) > _MOST_PRINCIPALS:
                principals.refuse(f"more than {_MOST_PRINCIPALS} principals")
        after, before = reader.number(8, "start"), reader.number(8, "end")
        critical, _ = (_options(bytes(reader.string(each)), each) for each in ("critical options", "extensions"))
        start = reader.position
        if reader.string("reserved field"):
            reader.refuse("reserved field must be empty", start)
        # A certificate as the key of the authority has no known algorithm here: there are no chains.
        authority = SSHPublicKey._read(bytes(reader.string("authority")), "", "authority of the certificate")
        size = reader.position
        name, *signature = authority._read_signature(bytes(reader.string("signature")), "signature of the certificate")
        reader.end()
        found = object.__new__(cls)
        found.public_key, found.authority, found.signature_algorithm = public_key, authority, name
        found.serial, found.key_id, found.principals, found.is_user = serial, key_id, tuple(names), kind == _USER
        found.valid_after, found.valid_before, found.critical_options = after, before, critical
        found._blob, found._signature, found._signed_bytes = blob, (signature[0], signature[1]), size
        return found

    def _check(self) -> None:
        """Refuse a certificate that is not for users or not signed by its authority, or has an unknown option."""
        raw, tail = self._signature
        if not self.authority._is_valid(self.signature_algorithm, raw + tail, self._blob[: self._signed_bytes]):
            raise _refused("is not signed by the authority inside it")
        if tail and not tail[0] & USER_PRESENT:
            raise _refused("was signed by a security key that nobody touched")
        if not self.is_user:
            raise _refused("is for hosts")
        for name in self.critical_options:
            if name != "verify-required":
                raise _refused(f"has the critical option {short(name)}, which is not supported")

    def _refusal(self, seconds: int) -> tuple[Rule, str] | None:
        """Return the rule that the certificate breaks at a time, and the message about it."""
        if seconds < self.valid_after:
            text = f"the certificate is not valid before {shown(self.valid_after)}, at {shown(seconds)}"
            return Rule.VALID_AFTER, text
        if seconds >= self.valid_before:
            text = f"the certificate is not valid from {shown(self.valid_before)} on, at {shown(seconds)}"
            return Rule.VALID_BEFORE, text
        return None

    def to_line(self) -> str:
        """Return the certificate as a line without its end, as in a `-cert.pub` file."""
        return f"{self.public_key._algorithm.certificate} {b2a_base64(self._blob, newline=False).decode()}"

    def __repr__(self) -> str:
        """Show the key id and the serial number."""
        return f"<{type(self).__name__}: {short(self.key_id)!r}, serial {self.serial}>"


def _refused(reason: str) -> SSHVerificationError:
    return SSHVerificationError(f"the certificate {reason}", Rule.CERTIFICATE)


def _options(data: bytes, name: str) -> tuple[str, ...]:
    """Return the names of options, each of which is followed by its value."""
    reader, names = Reader(data, f"{name} of the certificate"), []
    while not reader.is_done():
        names.append(reader.text("name"))
        reader.string("value")
    return tuple(names)
