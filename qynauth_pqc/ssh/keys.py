"""Public keys of OpenSSH: their lines, their fingerprints, and verification."""

from __future__ import annotations

from binascii import b2a_base64

from qynauth_pqc.composite import CompositePublicKey
from qynauth_pqc.errors import FormatError, UnsupportedError, expect, short
from qynauth_pqc.extend import input_memory, read_public, without_own_frames
from qynauth_pqc.ssh._algorithms import COMPOSITE, COMPOSITE_NAMES, algorithm_named, read_key
from qynauth_pqc.ssh._armor import from_base64
from qynauth_pqc.ssh._wire import Reader, string

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self, TypeVar

    from qynauth_pqc.extend import BytesLike, StrPath
    from qynauth_pqc.ssh._algorithms import Algorithm
    from qynauth_pqc.ssh._armor import LastSignature

    T = TypeVar("T")

__all__ = ["SSHPublicKey"]

_LONGEST = 65536
"""The longest line that is read, in bytes."""

LONGEST_FILE = 1 << 26
"""The longest file of many keys that is read, in bytes."""


class SSHPublicKey:
    """A public key of OpenSSH: `ssh-mldsa44-ed25519`, or a classical key.

    `ssh-mldsa44-ed25519`, the composite MLDSA44-Ed25519-SHA512, has this name from OpenSSH 10.6 on, and the name
    `ssh-mldsa44-ed25519@openssh.com` in OpenSSH 10.4 and 10.5. The name is a part of the key: the same key under the
    other name has another fingerprint, and is another key to `ssh-keygen`.

    Classical keys, `ssh-ed25519`, `ecdsa-sha2-nistp256`, `-nistp384` and `-nistp521`, and `ssh-rsa` with 2048 bits or
    more, need the extra `[ssh]` to verify, as do security keys, `sk-ssh-ed25519@openssh.com` and
    `sk-ecdsa-sha2-nistp256@openssh.com`. Keys are equal if their encodings are; comments do not count.

    >>> from qynauth_pqc.ssh import SSHPrivateKey
    >>> line = SSHPrivateKey.generate("frodo@shire.example").public_key.to_line()
    >>> SSHPublicKey.from_line(line)
    <SSHPublicKey: ssh-mldsa44-ed25519>
    """

    __slots__ = ("_algorithm", "_bits", "_blob", "_comment", "_last_signature", "_loaded")

    _algorithm: Algorithm
    _bits: int
    _blob: bytes
    _comment: str
    _loaded: object
    _last_signature: LastSignature | None

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse: keys come from the class methods."""
        raise TypeError(f"{cls.__name__} has no constructor; use its class methods")

    @classmethod
    def _read(cls, blob: bytes, comment: str, what: str) -> Self:
        """Return the key with an encoding, which is checked, except for its point until the first use."""
        algorithm, bits = read_key(blob, what)
        key = object.__new__(cls)
        key._algorithm, key._bits = algorithm, bits
        key._blob, key._comment, key._loaded, key._last_signature = blob, comment, None, None
        return key

    @classmethod
    @without_own_frames
    def from_blob(cls, blob: BytesLike, comment: str = "") -> Self:
        """Load a key from its encoding in the protocol of SSH, which a line has in base64.

        Args:
            blob: the encoding: 1371 bytes for `ssh-mldsa44-ed25519`.
            comment: the comment.

        Raises:
            FormatError: the encoding does not follow its algorithm.
            InvalidKeyError: the key is not valid.
            UnsupportedError: its algorithm is not supported, as for certificates; or the key is classical, and
                `cryptography` is not installed.
        """
        key = cls._read(bytes(input_memory(blob, "public key")), _checked_comment(comment), "public key")
        key._key()
        return key

    @classmethod
    @without_own_frames
    def from_line(cls, line: str | bytes) -> Self:
        """Load a key from a line: the name of the algorithm, base64, and a comment if there is one.

        Args:
            line: the line, of at most 65536 bytes in UTF-8, with or without its end.

        Raises:
            FormatError: it is not such a line, or the encoding of the key does not follow its algorithm.
            InvalidKeyError: the key is not valid.
            UnsupportedError: see `from_blob`.
        """
        expect(line, (str, bytes), "line")
        data = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
        if len(data) > _LONGEST:
            raise FormatError.at("public key", f"line is longer than {_LONGEST} bytes", _LONGEST)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise FormatError.at("public key", "expected UTF-8", error.start) from None
        text = text.removesuffix("\n").removesuffix("\r")
        name, encoded, comment = split_line(text)
        blob = read_blob(text, name, encoded, "public key")
        algorithm_named(name, "public key")
        key = cls._read(blob, _checked_comment(comment, "public key"), "public key")
        key._key()
        return key

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Load a key from a file with one line, as `from_line` does.

        Raises:
            OSError: the file cannot be read.
            PQCError: see `from_line`.
        """
        return cls.from_line(read_public(path, _LONGEST, "from_line() takes the contents of the file"))

    @classmethod
    @without_own_frames
    def from_key(cls, key: CompositePublicKey, comment: str = "", algorithm: str = COMPOSITE_NAMES[0]) -> Self:
        """Return a key of this library as a key of OpenSSH.

        Args:
            key: a public key of MLDSA44-Ed25519-SHA512.
            comment: the comment.
            algorithm: `ssh-mldsa44-ed25519`, or with `@openssh.com` for OpenSSH 10.4 and 10.5.

        Raises:
            UnsupportedError: OpenSSH has no such algorithm, or the key has another one.
        """
        expect(key, CompositePublicKey, "key")
        expect(algorithm, str, "algorithm")
        if key.parameter_set != COMPOSITE or algorithm not in COMPOSITE_NAMES:
            expected = " or ".join(COMPOSITE_NAMES)
            raise UnsupportedError(f"expected {COMPOSITE} as {expected}, got {key.parameter_set}")
        return cls.from_blob(string(algorithm.encode()) + string(key.public_bytes()), comment)

    @property
    def algorithm(self) -> str:
        """The name of the algorithm in the key."""
        return self._algorithm.name

    @property
    def kind(self) -> str:
        """The name that `ssh-keygen` prints for the algorithm, such as "MLDSA44-ED25519", "ED25519" or "ECDSA-SK"."""
        return self._algorithm.kind

    @property
    def is_classical(self) -> bool:
        """Whether a quantum computer could forge signatures of the key: true but for `ssh-mldsa44-ed25519`."""
        return self._algorithm.is_classical

    @property
    def comment(self) -> str:
        """The comment, often empty."""
        return self._comment

    @property
    def blob(self) -> bytes:
        """The encoding in the protocol of SSH."""
        return self._blob

    def fingerprint(self, hash_algorithm: str = "SHA256") -> str:
        """Return the fingerprint, as `ssh-keygen -l` prints it.

        Args:
            hash_algorithm: "SHA256", for a fingerprint in base64, or "MD5", for one in hexadecimal.

        Raises:
            UnsupportedError: it is another hash function.
        """
        import hashlib  # it loads OpenSSL

        expect(hash_algorithm, str, "hash_algorithm")
        if hash_algorithm == "SHA256":
            digest = b2a_base64(hashlib.sha256(self._blob).digest(), newline=False)
            return f"SHA256:{digest.decode().rstrip('=')}"
        if hash_algorithm == "MD5":
            return f"MD5:{hashlib.md5(self._blob, usedforsecurity=False).digest().hex(':')}"
        raise UnsupportedError("expected the hash function SHA256 or MD5")

    def describe(self, hash_algorithm: str = "SHA256") -> str:
        """Return the line that `ssh-keygen -l` prints: size, fingerprint, comment and kind.

        Raises:
            UnsupportedError: see `fingerprint`.
        """
        comment = self._comment or "no comment"
        return f"{self._bits} {self.fingerprint(hash_algorithm)} {comment} ({self.kind})"

    def to_line(self) -> str:
        """Return the key as a line without its end, as in a `.pub` file."""
        text = f"{self.algorithm} {b2a_base64(self._blob, newline=False).decode()}"
        return f"{text} {self._comment}" if self._comment else text

    def _key(self) -> object:
        """Return the verifying key, which is loaded once."""
        if self._loaded is None:
            self._loaded = self._algorithm.load(self._blob)
        return self._loaded

    def _read_signature(self, data: bytes, what: str) -> tuple[str, bytes, bytes]:
        """Return the name, the signature and the fields after it in the encoding of a signature by this key."""
        reader = Reader(data, what)
        name = reader.text("name of the algorithm")
        if name not in self._algorithm.signatures:
            reader.refuse(f"not a signature of {self.algorithm}", 0)
        raw = bytes(reader.string("signature"))
        tail = bytes(reader.fixed(self._algorithm.tail_bytes, "flags and counter"))
        reader.end()
        return name, raw, tail

    def _is_valid(self, name: str, signature: bytes, message: bytes) -> bool:
        """Return whether a signature of this name, with the fields after it, is valid for a message."""
        return name in self._algorithm.signatures and self._algorithm.verify(self._key(), name, signature, message)

    def __eq__(self, other: object) -> bool:
        """Compare the encodings."""
        return self._blob == other._blob if isinstance(other, SSHPublicKey) else NotImplemented

    def __hash__(self) -> int:
        """Hash the encoding."""
        return hash(self._blob)

    def __repr__(self) -> str:
        """Show the algorithm."""
        return f"<{type(self).__name__}: {self.algorithm}>"

    def __reduce__(self) -> tuple[object, tuple[bytes, str]]:
        """Pickle the encoding and the comment."""
        return type(self).from_blob, (self._blob, self._comment)


def split_line(line: str) -> tuple[str, str, str]:
    """Return the name, the base64 and the comment of a line; missing ones are empty."""
    name, _, rest = line.replace("\t", " ").lstrip(" ").partition(" ")
    text, _, comment = rest.lstrip(" ").partition(" ")
    return name, text, comment.strip(" ")


def read_blob(line: str, name: str, text: str, what: str) -> bytes:
    """Return the encoding of the key in a line, which must begin with the name in the line."""
    if not text or not name.isprintable():
        raise FormatError.at(what, "expected the name of an algorithm, a space and base64", 0)
    start = line.index(text, len(name))
    blob = from_base64(text.encode("utf-8", "replace"), what, start)
    if not blob.startswith(string(name.encode())):
        raise FormatError.at(what, f"the base64 is not a key of {short(name)}", start)
    return blob


def contents_of(text: str | BytesLike, what: str) -> bytes:
    """Return the contents of a file of keys, unless they are longer than `LONGEST_FILE`."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(input_memory(text, "text"))
    if len(data) > LONGEST_FILE:
        raise FormatError.at(what, f"file is longer than {LONGEST_FILE} bytes", LONGEST_FILE)
    return data


def read_lines(data: bytes, what: str, read: Callable[[str, int], T]) -> list[T]:
    """Return the results of a function for each line and its number, but for comments and empty lines.

    Raises:
        FormatError: a line is not UTF-8, or the function refuses it; the position is its number.
    """
    found = []
    for number, raw in enumerate(data.split(b"\n"), 1):
        line = raw.strip(b" \t\r")
        if not line or line.startswith(b"#"):
            continue
        try:
            found.append(read(line.decode(), number))
        except UnicodeDecodeError:
            raise FormatError.at(what, "expected UTF-8", number, "line") from None
        except FormatError as error:
            raise FormatError.at(what, error.rule, number, "line") from None
    return found


def _checked_comment(comment: str, what: str = "comment") -> str:
    """Return a comment that fits in a line."""
    expect(comment, str, "comment")
    if not comment.isprintable() or comment != comment.strip(" "):
        raise FormatError.at(what, "comment must be printable, without spaces around it", 0)
    return comment
