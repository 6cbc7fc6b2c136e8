"""Private keys of OpenSSH in the format openssh-key-v1 (PROTOCOL.key), and signing."""

from __future__ import annotations

import os

from qynauth_pqc.composite import CompositePrivateKey, CompositePublicKey
from qynauth_pqc.errors import (
    FormatError,
    InvalidKeyError,
    InvalidLengthError,
    InvalidSignatureError,
    PasswordError,
    UnsupportedError,
    expect,
    short,
)
from qynauth_pqc.extend import (
    Closable,
    SecretInput,
    input_memory,
    join_secret,
    path_of,
    size_of,
    wipe,
    without_frames,
    without_own_frames,
)
from qynauth_pqc.ssh._algorithms import COMPOSITE, COMPOSITE_NAMES, algorithm_named, classical_module, optional
from qynauth_pqc.ssh._armor import armor_secret, dearmor_secret
from qynauth_pqc.ssh._wire import Reader, string
from qynauth_pqc.ssh.keys import SSHPublicKey

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, NoReturn, Self, TypeVar

    from qynauth_pqc import SecretBytes
    from qynauth_pqc.extend import BytesLike, StrPath
    from qynauth_pqc.signer import Signer
    from qynauth_pqc.ssh import _classical

    K = TypeVar("K", bound="SSHPrivateKey")

__all__ = ["MAX_ROUNDS", "SSHPrivateKey"]

MAX_ROUNDS = 512
"""The default limit of rounds of bcrypt_pbkdf, some four seconds. `ssh-keygen` writes 24."""

_ROUNDS, _MOST_ROUNDS = 24, 2**32 - 1
_SALT_BYTES = range(16, 65)
_LONGEST = 65536
_LABEL = "OPENSSH PRIVATE KEY"
_MAGIC = b"openssh-key-v1\0"
_NAME = "private key"
_MISMATCH = "private and public key do not match"
_PLAIN_BLOCK, _CIPHER_BLOCK = 8, 16
_CIPHERS = {"aes256-ctr": 0, "aes256-gcm@openssh.com": 16}
"""The ciphers, and the sizes of their tags."""


def _encryption() -> ModuleType:
    return optional("_encryption", "encrypted private keys")


class SSHPrivateKey(Closable):
    """A private key of OpenSSH, which signs. It can be neither copied nor pickled.

    >>> key = SSHPrivateKey.generate("frodo@shire.example")
    >>> key.save("id_mldsa44_ed25519")
    >>> SSHPrivateKey.load("id_mldsa44_ed25519").public_key == key.public_key
    True
    """

    __slots__ = ("_public_key", "_signer")

    _signer: Signer | _classical.Signer
    _public_key: SSHPublicKey

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse: keys come from the class methods."""
        raise TypeError(f"{cls.__name__} has no constructor; use its class methods")

    @classmethod
    def _own(cls, signer: Signer | _classical.Signer, public_key: SSHPublicKey) -> Self:
        key = object.__new__(cls)
        key._signer, key._public_key = signer, public_key
        return key

    @classmethod
    def generate(cls, comment: str = "", algorithm: str = COMPOSITE_NAMES[0]) -> Self:
        """Make a key pair from the system's randomness.

        Args:
            comment: the comment of the public key, usually its owner and host.
            algorithm: `ssh-mldsa44-ed25519`, or with `@openssh.com` for OpenSSH 10.4 and 10.5.

        Raises:
            UnsupportedError: the algorithm is another.
        """
        return cls.from_signer(CompositePrivateKey.generate(COMPOSITE), comment, algorithm)

    @classmethod
    @without_own_frames
    def from_signer(cls, signer: Signer, comment: str = "", algorithm: str = COMPOSITE_NAMES[0]) -> Self:
        """Return a key that leaves the signing to a signer.

        Args:
            signer: a `CompositePrivateKey`, which `close()` closes, or another signer of MLDSA44-Ed25519-SHA512.
            comment: the comment of the public key.
            algorithm: the name of the algorithm in the key, as for `generate`.

        Raises:
            UnsupportedError: OpenSSH has no such algorithm, or the signer has another one.
        """
        if not isinstance(getattr(signer, "public_key", None), CompositePublicKey) or not hasattr(signer, "sign"):
            raise TypeError(f"signer must be a signer of {COMPOSITE}, not {type(signer).__name__}")
        return cls._own(signer, SSHPublicKey.from_key(signer.public_key, comment, algorithm))  # type: ignore[arg-type]

    @classmethod
    @without_frames
    def from_bytes(cls, data: BytesLike, password: BytesLike | None = None, *, max_rounds: int = MAX_ROUNDS) -> Self:
        """Load a private key in the format openssh-key-v1, with its header and footer.

        It is a key of `ssh-mldsa44-ed25519` or, with the extra `[ssh]`, a classical one; not encrypted, or with the
        extra encrypted by aes256-ctr or aes256-gcm@openssh.com and bcrypt_pbkdf.

        Args:
            data: the text, at most 65536 bytes.
            password: the password of an encrypted key; None for one that is not encrypted.
            max_rounds: the most rounds of bcrypt_pbkdf, about 8 ms each.

        Raises:
            PasswordError: the key is encrypted and the password is missing or wrong; or the key is not encrypted.
            FormatError: it is not such a text.
            InvalidKeyError: the key is not valid, or its private and its public half do not match.
            UnsupportedError: the algorithm or the encryption is not supported, has more rounds than `max_rounds`, or
                needs the extra `[ssh]`.
        """
        expect(max_rounds, int, "max_rounds")
        text = bytearray(input_memory(data, _NAME))
        container = bytearray()
        part: Any = container
        try:
            if len(text) > _LONGEST:
                raise FormatError.at(_NAME, f"text is longer than {_LONGEST} bytes", _LONGEST)
            container = dearmor_secret(text, _LABEL)
            public, part = _open(Reader(memoryview(container), _NAME), password, max_rounds)
            block = _PLAIN_BLOCK if password is None else _CIPHER_BLOCK
            return _private(cls, public, Reader(memoryview(part), "private part of the private key"), block)
        finally:
            wipe(text, container, part)

    @classmethod
    @without_frames
    def load(cls, path: StrPath, password: BytesLike | None = None, *, max_rounds: int = MAX_ROUNDS) -> Self:
        """Load a private key from a file, as `from_bytes` does. The contents of the file are wiped from memory.

        Raises:
            OSError: the file cannot be read.
            PQCError: see `from_bytes`.
        """
        with SecretInput(path, _LONGEST, "from_bytes() takes the contents of the file") as data:
            return cls.from_bytes(data, password, max_rounds=max_rounds)

    @property
    def public_key(self) -> SSHPublicKey:
        """The public key, with the comment."""
        return self._public_key

    def _sign(self, message: bytes) -> bytes:
        """Return the encoding of a signature: its name and the signature itself."""
        signer = self._signer
        name = getattr(signer, "signature_name", self._public_key.algorithm)
        signature = signer.sign(message)
        is_own = isinstance(signer, CompositePrivateKey)
        if not is_own and not self._public_key._is_valid(name, signature, message):
            raise InvalidSignatureError("the signer has made no signature of its public key")
        return string(name.encode()) + string(signature)

    @without_frames
    def to_bytes(
        self, password: BytesLike | None = None, *, rounds: int = _ROUNDS, cipher: str = "aes256-ctr"
    ) -> SecretBytes:
        """Return the key in the format openssh-key-v1, which `ssh-keygen` reads.

        Args:
            password: encrypts the key, which needs the extra `[ssh]`; None for no encryption.
            rounds: the rounds of bcrypt_pbkdf, about 8 ms each.
            cipher: "aes256-ctr" or "aes256-gcm@openssh.com".

        Returns:
            The text, in memory that is wiped.

        Raises:
            UnsupportedError: the key is classical or kept elsewhere, the cipher is unknown, or the extra is not
                installed.
            InvalidLengthError: the password is empty, or `rounds` is not 1 to 4294967295.
        """
        expect(cipher, str, "cipher")
        expect(rounds, int, "rounds")
        if not 1 <= rounds <= _MOST_ROUNDS:
            raise InvalidLengthError(f"rounds must be 1 to {_MOST_ROUNDS}")
        signer = self._signer
        if not isinstance(signer, CompositePrivateKey):
            raise UnsupportedError(f"only keys of {COMPOSITE} in this process can be written")
        return _write(signer, self._public_key, password, rounds, cipher)

    @without_frames
    def save(self, path: StrPath, password: BytesLike | None = None, *, overwrite: bool = False) -> None:
        """Write the key to a file with mode 0600, and the public key to a file with `.pub` after its name.

        Both files are written whole, or none is.

        Args:
            path: the file of the private key.
            password: encrypts the key, as `to_bytes` does; None for no encryption.
            overwrite: replace files that exist.

        Raises:
            FileExistsError: a file exists, and `overwrite` is false.
            OSError: a file cannot be written.
            PQCError: see `to_bytes`.
        """
        from qynauth_pqc.extend import NewFile, write_files  # programs that sign do not need it

        expect(overwrite, bool, "overwrite")
        name = path_of(path)
        line = f"{self._public_key.to_line()}\n".encode()
        with self.to_bytes(password) as text:
            files = [NewFile(name, text, secret=True), NewFile(f"{name}.pub", line, secret=False)]
            write_files(files, overwrite=overwrite, hint="overwrite=True")

    def close(self) -> None:
        """Close the key, if it is in this process; it is wiped when the last call that uses it returns."""
        if isinstance(self._signer, CompositePrivateKey):
            self._signer.close()

    def __repr__(self) -> str:
        """Show the algorithm, never a byte of the key."""
        return f"<{type(self).__name__}: {self._public_key.algorithm}>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        """Refuse."""
        raise TypeError(f"{type(self).__name__} cannot be pickled or copied: a copy would never be wiped")


# The format: name, cipher, key derivation, number of keys, public key, and the private part, which may be encrypted.


def _open(reader: Reader, password: BytesLike | None, max_rounds: int) -> tuple[bytes, bytearray | memoryview]:
    """Return the public key and the private part, decrypted."""
    if reader.fixed(len(_MAGIC), "magic") != _MAGIC:
        reader.refuse("expected the magic openssh-key-v1", 0)
    cipher, kdf = reader.text("cipher"), reader.text("key derivation")
    start, options = reader.position, bytes(reader.string("options of the key derivation"))
    position = reader.position
    if reader.number(4, "number of keys") != 1:
        reader.refuse("expected one key", position)
    public = bytes(reader.string("public key"))
    is_plain = cipher == "none"
    if is_plain != (kdf == "none") or (is_plain and options):
        reader.refuse("cipher, key derivation and its options do not match", start)
    if is_plain and password is not None:
        raise PasswordError("private key is not encrypted: expected no password")
    position, part = reader.position, reader.string("private part")
    if len(part) % (_PLAIN_BLOCK if is_plain else _CIPHER_BLOCK) or not part:
        reader.refuse(f"private part of {len(part)} bytes is not made of blocks", position)
    if is_plain:
        reader.end()
        return public, part  # type: ignore[return-value]
    return public, _decrypted(reader, (cipher, kdf, options), bytes(part), password, max_rounds)


def _decrypted(
    reader: Reader, encryption: tuple[str, str, bytes], text: bytes, password: BytesLike | None, max_rounds: int
) -> bytearray:
    cipher, kdf, options = encryption
    if kdf != "bcrypt" or cipher not in _CIPHERS:
        raise UnsupportedError(f"expected bcrypt with {' or '.join(_CIPHERS)}, got {short(kdf)} with {short(cipher)}")
    tag = bytes(reader.fixed(_CIPHERS[cipher], "tag"))
    reader.end()
    of_kdf = Reader(options, "options of the key derivation")
    salt, rounds = bytes(of_kdf.string("salt")), of_kdf.number(4, "rounds")
    of_kdf.end()
    if len(salt) not in _SALT_BYTES or not rounds:
        of_kdf.refuse(f"expected a salt of {_SALT_BYTES.start} to {_SALT_BYTES.stop - 1} bytes, and rounds", 0)
    if password is None:
        raise PasswordError("private key is encrypted: expected a password")
    if not size_of(password):
        raise PasswordError("password is wrong: it is empty")
    if rounds > max_rounds:
        limit = f"the limit is {max_rounds}; pass max_rounds={rounds} to allow them"
        raise UnsupportedError(f"private key has {rounds} rounds of bcrypt_pbkdf, {limit}")
    part: bytearray = _encryption().decrypt(cipher, password, salt, rounds, text, tag)
    if part[:4] != part[4:8]:
        wipe(part)
        raise PasswordError("password is wrong, or the private key is damaged")
    return part


def _private(kind: type[K], public: bytes, reader: Reader, block: int) -> K:
    """Return the key in the decrypted private part."""
    if reader.fixed(4, "check") != reader.fixed(4, "check"):
        reader.refuse("the two checks differ", 0)
    name = reader.text("name of the algorithm")
    if not public.startswith(string(name.encode())):  # the name may be private key bytes, so it is not shown
        raise InvalidKeyError(_MISMATCH)
    algorithm = algorithm_named(name, "private key")
    if algorithm.tail_bytes:
        raise UnsupportedError(f"private key: {name} is for a security key, which signs with ssh-keygen alone")
    signer: Signer | _classical.Signer
    if name in COMPOSITE_NAMES:
        inner = string(name.encode()) + string(reader.string("public key"))
        signer = CompositePrivateKey.from_private_bytes(reader.string("private key"), COMPOSITE)
        derived = string(name.encode()) + string(signer.public_key.public_bytes())
    else:
        signer, inner = classical_module().read_signer(algorithm.name, reader)
        derived = signer.public_blob  # type: ignore[union-attr]
    if not public == inner == derived:
        raise InvalidKeyError(_MISMATCH)
    try:
        comment = str(reader.string("comment"), "utf-8")
    except UnicodeDecodeError:
        comment = ""
    rest = reader.rest()
    if len(rest) >= block or rest != bytes(range(1, len(rest) + 1)):
        reader.refuse("expected padding of the bytes 1, 2, 3 and so on, of less than a block")
    return kind._own(signer, SSHPublicKey.from_blob(public, comment.strip(" ") if comment.isprintable() else ""))


def _write(
    key: CompositePrivateKey, public: SSHPublicKey, password: BytesLike | None, rounds: int, cipher: str
) -> SecretBytes:
    is_plain = password is None
    if password is not None and not size_of(password):
        raise InvalidLengthError("password must not be empty; use None for no encryption")
    if cipher not in _CIPHERS:
        raise UnsupportedError(f"unknown cipher: expected {' or '.join(_CIPHERS)}")
    block = _PLAIN_BLOCK if is_plain else _CIPHER_BLOCK
    with key.private_bytes() as secret:
        start = os.urandom(4) * 2 + public.blob + len(secret).to_bytes(4, "big")
        end = string(public.comment.encode())
        end += bytes(range(1, 1 + -(len(start) + len(secret) + len(end)) % block))
        part = join_secret(start, secret.view(), end)
    with part:
        if is_plain:
            head, tag, text = string(b"none") * 2 + string(b""), b"", part.view()
        else:
            salt = os.urandom(_SALT_BYTES.start)
            head = string(cipher.encode()) + string(b"bcrypt") + string(string(salt) + rounds.to_bytes(4, "big"))
            text, tag = _encryption().encrypt(cipher, password, salt, rounds, part.view())
        before = _MAGIC + head + (1).to_bytes(4, "big") + string(public.blob) + len(text).to_bytes(4, "big")
        with join_secret(before, text, tag) as container:
            return armor_secret(container.view(), _LABEL)
