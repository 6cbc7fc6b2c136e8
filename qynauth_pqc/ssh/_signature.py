"""Signatures of OpenSSH as read, which are not checked, and the bytes that a key signs (PROTOCOL.sshsig)."""

from __future__ import annotations

import hashlib

from qynauth_pqc.errors import expect
from qynauth_pqc.extend import input_memory
from qynauth_pqc.ssh._armor import LastSignature, armor, dearmor
from qynauth_pqc.ssh._wire import Reader, string
from qynauth_pqc.ssh.errors import SSHFormatError
from qynauth_pqc.ssh.keys import SSHPublicKey

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import BinaryIO, Self

    from qynauth_pqc.extend import BytesLike

_LABEL, NAME = "SSH SIGNATURE", "signature"
_MAGIC, _VERSION = b"SSHSIG", 1
HASHES = {"sha512": hashlib.sha512, "sha256": hashlib.sha256}
_LONGEST = 65536


class SSHSignature:
    """An unchecked signature, with the key that made it.

    Attributes:
        public_key: the key in the signature.
        namespace: the purpose of the signature.
        hash_algorithm: the hash function of the message, "sha512" or "sha256".
        algorithm: the name of the signature: the name of the key, or `rsa-sha2-512` or `rsa-sha2-256`.
    """

    __slots__ = ("_raw", "algorithm", "hash_algorithm", "namespace", "public_key")

    public_key: SSHPublicKey
    namespace: str
    hash_algorithm: str
    algorithm: str
    _raw: bytes

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse: signatures come from `parse`."""
        raise TypeError(f"{cls.__name__} has no constructor; use parse")

    @classmethod
    def parse(cls, data: BytesLike) -> Self:
        """Read a signature, with its header and footer.

        Args:
            data: the text, at most 65536 bytes.

        Raises:
            SSHFormatError: it is not such a signature, or it has another version, an unknown hash function, a reserved
                field that is not empty, or a signature of another algorithm than its key.
            UnsupportedError: the key in it has an unsupported algorithm, as for certificates and security keys.
        """
        return cls._parse(bytes(input_memory(data, NAME)), {})

    @classmethod
    def _parse(cls, text: bytes, known: dict[bytes, SSHPublicKey]) -> Self:
        """Read a signature; a known key is not read again."""
        if len(text) > _LONGEST:
            raise SSHFormatError.at(NAME, f"text is longer than {_LONGEST} bytes", _LONGEST)
        [key] = known.values() if len(known) == 1 else [None]
        last = key._last_signature if key else None
        data = dearmor(text, _LABEL, last)
        if key and last and len(data) == last.size and data.startswith(last.head):
            found = object.__new__(cls)
            found.namespace, found.hash_algorithm, found.algorithm = last.fields
            found.public_key, found._raw = key, data[len(last.head) :]
        else:
            found = cls._read(data, known)
            if key is found.public_key:
                key._last_signature = LastSignature(
                    data, len(found._raw), (found.namespace, found.hash_algorithm, found.algorithm)
                )
        return found

    @classmethod
    def _read(cls, data: bytes, known: dict[bytes, SSHPublicKey]) -> Self:
        """Read the bytes inside the armor."""
        reader = Reader(data, NAME)
        if reader.fixed(len(_MAGIC), "magic") != _MAGIC:
            reader.refuse("expected the magic SSHSIG", 0)
        if reader.number(4, "version") != _VERSION:
            reader.refuse(f"version must be {_VERSION}", len(_MAGIC))
        blob = bytes(reader.string("public key"))
        key = known.get(blob) or SSHPublicKey._read(blob, "", "public key of the signature")
        namespace = reader.text("namespace")
        start = reader.position
        if reader.string("reserved field"):
            reader.refuse("reserved field must be empty", start)
        start, hash_algorithm = reader.position, reader.text("hash function")
        if hash_algorithm not in HASHES:
            reader.refuse(f"hash function must be {' or '.join(HASHES)}", start)
        inner = Reader(bytes(reader.string("signature")), "inner signature")
        reader.end()
        algorithm = inner.text("name of the algorithm")
        if algorithm not in key._algorithm.signatures:
            inner.refuse(f"not a signature of {key.algorithm}", 0)
        raw = bytes(inner.string("signature"))
        inner.end()
        found = object.__new__(cls)  # only now: a traceback shows no object without its attributes
        found.public_key, found.namespace, found.hash_algorithm = key, namespace, hash_algorithm
        found.algorithm, found._raw = algorithm, raw
        return found

    def to_bytes(self) -> bytes:
        """Return the signature with its header and footer, as `ssh-keygen` writes it."""
        inner = string(self.algorithm.encode()) + string(self._raw)
        return encode(self.public_key.blob, self.namespace.encode(), self.hash_algorithm, inner)

    def __repr__(self) -> str:
        """Show the algorithm and the namespace."""
        return f"<{type(self).__name__}: {self.algorithm}, {self.namespace!r}>"


def encode(blob: bytes, namespace: bytes, hash_algorithm: str, inner: bytes) -> bytes:
    """Return the text of a signature."""
    fields = blob, namespace, b"", hash_algorithm.encode(), inner
    return armor(_MAGIC + _VERSION.to_bytes(4, "big") + b"".join(map(string, fields)), _LABEL)


def checked_namespace(namespace: str) -> bytes:
    """Return a namespace as bytes."""
    expect(namespace, str, "namespace")
    if not namespace or not namespace.isprintable():
        raise SSHFormatError.at("namespace", "expected printable text", 0)
    return namespace.encode()


def signed_bytes(namespace: bytes, hash_algorithm: str, digest: bytes) -> bytes:
    """Return the bytes that the key signs (PROTOCOL.sshsig, 3)."""
    fields = namespace, b"", hash_algorithm.encode(), digest
    return _MAGIC + b"".join(map(string, fields))


def digest_of(message: BytesLike | BinaryIO, hash_algorithm: str) -> bytes:
    """Return the hash of a message; a file is read in chunks."""
    state = HASHES[hash_algorithm]()
    if hasattr(message, "readinto"):
        from qynauth_pqc.prehash import pass_file  # only for files

        pass_file(state, message, None)  # type: ignore[arg-type]
    else:
        state.update(input_memory(message, "message"))
    return state.digest()
