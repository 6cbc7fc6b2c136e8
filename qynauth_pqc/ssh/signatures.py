"""Signatures of files and messages by keys of OpenSSH: SSHSIG (PROTOCOL.sshsig)."""

from __future__ import annotations

import hashlib
import time

from qynauth_pqc.composite import CompositePublicKey
from qynauth_pqc.errors import FormatError, InvalidLengthError, UnsupportedError, expect, short
from qynauth_pqc.extend import ANYONE, Anyone, input_memory, without_own_frames
from qynauth_pqc.ssh._algorithms import CERTIFICATES, USER_PRESENT, USER_VERIFIED
from qynauth_pqc.ssh._armor import LastSignature, armor, dearmor
from qynauth_pqc.ssh._wire import Reader, string
from qynauth_pqc.ssh.errors import Rule, SSHVerificationError
from qynauth_pqc.ssh.keys import SSHPublicKey

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import BinaryIO, Self

    from qynauth_pqc.batch import Verdicts
    from qynauth_pqc.extend import BytesLike
    from qynauth_pqc.ssh.allowed_signers import AllowedSigner, AllowedSigners
    from qynauth_pqc.ssh.certificates import SSHCertificate
    from qynauth_pqc.ssh.policy import SSHPolicy
    from qynauth_pqc.ssh.private_keys import SSHPrivateKey
    from qynauth_pqc.ssh.revocation import RevokedKeys

__all__ = ["SSHSignature", "VerifiedSignature", "sign", "verify", "verify_many"]


_LABEL, _NAME = "SSH SIGNATURE", "signature"
_MAGIC, _VERSION = b"SSHSIG", 1
_HASHES = {"sha512": hashlib.sha512, "sha256": hashlib.sha256}
_LONGEST = 65536


class SSHSignature:
    """An unchecked signature, with the key that made it.

    Attributes:
        public_key: the key in the signature.
        namespace: the purpose of the signature.
        hash_algorithm: the hash function of the message, "sha512" or "sha256".
        algorithm: the name of the signature: the name of the key, or `rsa-sha2-512` or `rsa-sha2-256`.
        certificate: the certificate of the key; None if the signature has only the key.
    """

    __slots__ = ("_raw", "_tail", "algorithm", "certificate", "hash_algorithm", "namespace", "public_key")

    public_key: SSHPublicKey
    namespace: str
    hash_algorithm: str
    algorithm: str
    certificate: SSHCertificate | None
    _raw: bytes
    _tail: bytes

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse: signatures come from `parse`."""
        raise TypeError(f"{cls.__name__} has no constructor; use parse")

    @classmethod
    def parse(cls, data: BytesLike) -> Self:
        """Read a signature, with its header and footer.

        Args:
            data: the text, at most 65536 bytes.

        Raises:
            FormatError: it is not such a signature, or it has another version, an unknown hash function, a reserved
                field that is not empty, or a signature of another algorithm than its key.
            UnsupportedError: the key in it has an unsupported algorithm, or its certificate has an authority with one.
        """
        return cls._parse(bytes(input_memory(data, _NAME)), {})

    @classmethod
    def _parse(cls, text: bytes, known: dict[bytes, SSHPublicKey]) -> Self:
        """Read a signature; a known key is not read again."""
        if len(text) > _LONGEST:
            raise FormatError.at(_NAME, f"text is longer than {_LONGEST} bytes", _LONGEST)
        keys = [*known.values()]  # at once: another thread may add one
        key = keys[0] if len(keys) == 1 else None
        last = key._last_signature if key else None
        data = dearmor(text, _LABEL, last)
        if key and last and len(data) == last.size and data.startswith(last.head):
            found = object.__new__(cls)
            found.namespace, found.hash_algorithm, found.algorithm = last.fields
            found.public_key, found._raw = key, data[len(last.head) :]
            found.certificate, found._tail = None, b""
        else:
            found = cls._read(data, known)
            if key is found.public_key and not found._tail:
                key._last_signature = LastSignature(
                    data, len(found._raw), (found.namespace, found.hash_algorithm, found.algorithm)
                )
        return found

    @classmethod
    def _read(cls, data: bytes, known: dict[bytes, SSHPublicKey]) -> Self:
        """Read the bytes inside the armor."""
        reader = Reader(data, _NAME)
        if reader.fixed(len(_MAGIC), "magic") != _MAGIC:
            reader.refuse("expected the magic SSHSIG", 0)
        if reader.number(4, "version") != _VERSION:
            reader.refuse(f"version must be {_VERSION}", len(_MAGIC))
        blob = bytes(reader.string("public key"))
        certificate = _certificate(blob)
        key = certificate.public_key if certificate else known.get(blob)
        key = key or SSHPublicKey._read(blob, "", "public key of the signature")
        namespace = reader.text("namespace")
        start = reader.position
        if reader.string("reserved field"):
            reader.refuse("reserved field must be empty", start)
        start, hash_algorithm = reader.position, reader.text("hash function")
        if hash_algorithm not in _HASHES:
            reader.refuse(f"hash function must be {' or '.join(_HASHES)}", start)
        inner = bytes(reader.string("signature"))
        reader.end()
        algorithm, raw, tail = key._read_signature(inner, "inner signature")
        found = object.__new__(cls)  # only now: a traceback shows no object without its attributes
        found.public_key, found.namespace, found.hash_algorithm = key, namespace, hash_algorithm
        found.algorithm, found._raw, found._tail, found.certificate = algorithm, raw, tail, certificate
        return found

    def to_bytes(self) -> bytes:
        """Return the signature with its header and footer, as `ssh-keygen` writes it."""
        inner = string(self.algorithm.encode()) + string(self._raw) + self._tail
        return _encode(self._blob(), self.namespace.encode(), self.hash_algorithm, inner)

    @property
    def is_classical(self) -> bool:
        """Whether a quantum computer could forge the signature, or the certificate of its key."""
        certificate = self.certificate
        return self.public_key.is_classical or (certificate is not None and certificate.authority.is_classical)

    def _blob(self) -> bytes:
        """Return the encoding of the key, or of its certificate."""
        return self.certificate._blob if self.certificate else self.public_key.blob

    def _is_valid(self, signed: bytes) -> bool:
        """Return whether the key inside made the signature of these bytes."""
        return self.public_key._is_valid(self.algorithm, self._raw + self._tail, signed)

    def _has(self, flag: int) -> bool:
        """Return whether a security key set a flag; other keys have none of them, and need none."""
        return not self._tail or bool(self._tail[0] & flag)

    def __repr__(self) -> str:
        """Show the algorithm and the namespace."""
        return f"<{type(self).__name__}: {self.algorithm}, {self.namespace!r}>"


class VerifiedSignature:
    """A valid signature, and its signer.

    Attributes:
        signature: the signature.
        signer: the line of the allowed signers that allows it; None if the caller trusted a key, or anyone.
        principal: the signer that the caller expected; None for anyone.
    """

    __slots__ = ("principal", "signature", "signer")

    def __init__(self, signature: SSHSignature, signer: AllowedSigner | None, principal: str | None) -> None:
        """Take the signature and its signer."""
        self.signature, self.signer, self.principal = signature, signer, principal

    @property
    def public_key(self) -> SSHPublicKey:
        """The key that signed."""
        return self.signature.public_key

    def __repr__(self) -> str:
        """Show the algorithm and the signer."""
        who = self.principal or (",".join(self.signer.principals) if self.signer else "")
        return f"<{type(self).__name__}: {self.signature.algorithm}{f', {who}' if who else ''}>"


@without_own_frames
def sign(
    private_key: SSHPrivateKey, message: BytesLike | BinaryIO, *, namespace: str, hash_algorithm: str = "sha512"
) -> bytes:
    """Sign a message.

    Args:
        private_key: the private key.
        message: the message, or a binary file that is read to its end in constant memory.
        namespace: the purpose of the signature, such as "git" or "file": printable, and not empty. The verifier must
            expect the same.
        hash_algorithm: the hash function of the message, "sha512" or "sha256".

    Returns:
        The signature, with its header and footer: about 5.4 KB with `ssh-mldsa44-ed25519`.

    Raises:
        ClosedError: the key is closed.
        InvalidSignatureError: the signature was made elsewhere, and does not verify with the key.
        UnsupportedError: the hash function is unknown.
        FormatError: the namespace is empty or not printable.
        OSError: the file cannot be read, or is in non-blocking mode and has no bytes yet.

    >>> from qynauth_pqc.ssh import SSHPrivateKey
    >>> private_key = SSHPrivateKey.generate()
    >>> signature = sign(private_key, b"message", namespace="file")
    >>> verify(b"message", signature, namespace="file", signers=private_key.public_key)
    <VerifiedSignature: ssh-mldsa44-ed25519>
    """
    from qynauth_pqc.ssh.private_keys import SSHPrivateKey  # programs that verify do not need it

    expect(private_key, SSHPrivateKey, "private_key")
    expect(hash_algorithm, str, "hash_algorithm")
    if hash_algorithm not in _HASHES:
        raise UnsupportedError(f"expected the hash function {' or '.join(_HASHES)}")
    checked = _checked_namespace(namespace)
    inner = private_key._sign(signed_bytes(checked, hash_algorithm, message))
    return _encode(private_key.public_key.blob, checked, hash_algorithm, inner)


@without_own_frames
def verify(  # noqa: PLR0913 - the conditions on a signature
    message: BytesLike | BinaryIO,
    signature: BytesLike | SSHSignature,
    *,
    namespace: str,
    signers: AllowedSigners | SSHPublicKey | Anyone,
    principal: str | None = None,
    revoked: RevokedKeys | None = None,
    policy: SSHPolicy | None = None,
    when: datetime | None = None,
) -> VerifiedSignature:
    """Check a signature and its signer.

    Args:
        message: the message, or a binary file that is read to its end in constant memory.
        signature: the text of the signature, or the result of `SSHSignature.parse`.
        namespace: the required namespace of the signature.
        signers: the allowed signers, or one key; or `ANYONE`, to check only the signature and accept any key.
        principal: the required signer, with allowed signers; None for any of them.
        revoked: keys and certificates that are refused.
        policy: the accepted algorithms; None for all supported ones.
        when: the time of the signature, with a time zone; None for now.

    Returns:
        The signature and its signer.

    Raises:
        SSHVerificationError: a rule failed, and `rule` is the first one.
        FormatError: see `SSHSignature.parse`; or the namespace is empty or not printable.
        InvalidKeyError: the key inside is not valid.
        UnsupportedError: see `SSHSignature.parse`; or the key is classical, and `cryptography` is not installed.
        OSError: the file cannot be read, or is in non-blocking mode and has no bytes yet.
    """
    _check_trust(signers, principal, revoked, policy)
    if isinstance(signature, SSHSignature):
        parsed = signature
    else:
        known = {signers.blob: signers} if isinstance(signers, SSHPublicKey) else getattr(signers, "_keys", {})
        parsed = SSHSignature._parse(bytes(input_memory(signature, _NAME)), known)
    seconds = int(time.time())
    if when is not None:
        from qynauth_pqc.ssh._times import seconds_of  # it imports datetime

        seconds = seconds_of(when)
    _check(parsed, message, namespace, policy, seconds)
    if revoked is not None and (parsed.certificate or parsed.public_key) in revoked:
        what = "certificate of the key" if parsed.certificate else "key"
        raise SSHVerificationError(f"{what} {parsed.public_key.fingerprint()} is revoked", Rule.REVOKED)
    signer = None
    if isinstance(signers, SSHPublicKey):
        if parsed.certificate or signers != parsed.public_key:
            raise SSHVerificationError(f"signed by another key: {parsed.public_key.fingerprint()}", Rule.KEY)
    elif signers is not ANYONE:
        signer = signers._find(parsed.certificate or parsed.public_key, principal, namespace, seconds)
    return VerifiedSignature(parsed, signer, principal)


@without_own_frames
def verify_many(
    public_key: SSHPublicKey,
    messages: Sequence[BytesLike],
    signatures: Sequence[BytesLike],
    *,
    namespace: str,
    threads: int | None = None,
) -> Verdicts:
    """Check many signatures of one signer, on several threads if the key is of `ssh-mldsa44-ed25519`.

    Args:
        public_key: the key of the signer.
        messages: a message for each signature, in a list or a tuple.
        signatures: the texts of the signatures, in a list or a tuple.
        namespace: the required namespace of the signatures.
        threads: how many threads work, 1 to 256; by default the value of the environment variable QYNAUTH_PQC_THREADS,
            or else the number of processors.

    Returns:
        For each signature, whether it is valid, and made by this key in this namespace. A malformed one is not valid.
        The list cannot be used as a condition; use its `all_valid`.

    Raises:
        InvalidLengthError: there are not as many messages as signatures.
        InvalidKeyError: the key is not valid.
        UnsupportedError: `threads` is not 1 to 256, or the key is classical, and `cryptography` is not installed.
    """
    from qynauth_pqc import batch  # few programs need it

    expect(public_key, SSHPublicKey, "public_key")
    purpose = _checked_namespace(namespace)
    expect(messages, (list, tuple), "messages")
    expect(signatures, (list, tuple), "signatures")
    if len(messages) != len(signatures):
        raise InvalidLengthError(f"expected a message for each signature: got {len(messages)} for {len(signatures)}")
    known, valid = {public_key.blob: public_key}, batch.Verdicts([False] * len(signatures))
    read: list[tuple[int, SSHSignature, bytes]] = []
    for place, (message, text) in enumerate(zip(messages, signatures, strict=True)):
        try:
            parsed = SSHSignature._parse(bytes(input_memory(text, _NAME)), known)
        except (FormatError, UnsupportedError):
            continue
        if parsed.public_key is public_key and parsed.namespace == namespace:
            read.append((place, parsed, signed_bytes(purpose, parsed.hash_algorithm, message)))
    key = public_key._key()
    found: Iterable[bool]
    if isinstance(key, CompositePublicKey):
        raw = [parsed._raw for _, parsed, _ in read]
        found = batch.verify_many(key, [signed for *_, signed in read], raw, threads=threads)
    else:
        found = (parsed._is_valid(signed) and parsed._has(USER_PRESENT) for _, parsed, signed in read)
    for (place, *_), each in zip(read, found, strict=True):
        valid[place] = each
    return valid


def _check_trust(signers: object, principal: object, revoked: object, policy: object) -> None:
    """Check the types of the conditions on a signature: a wrong type must not accept it."""
    expect(principal, (str, type(None)), "principal")
    if signers is not ANYONE and not isinstance(signers, SSHPublicKey):
        from qynauth_pqc.ssh.allowed_signers import AllowedSigners  # programs that sign do not need it

        expect(signers, (AllowedSigners, SSHPublicKey, Anyone), "signers")
    elif principal is not None:
        raise TypeError("principal needs signers with principals: AllowedSigners")
    if revoked is not None:
        from qynauth_pqc.ssh.revocation import RevokedKeys  # as above

        expect(revoked, RevokedKeys, "revoked")
    if policy is not None:
        from qynauth_pqc.ssh.policy import SSHPolicy  # as above

        expect(policy, SSHPolicy, "policy")


def _check(
    signature: SSHSignature, message: BytesLike | BinaryIO, namespace: str, policy: SSHPolicy | None, seconds: int
) -> None:
    """Check the rules about the signature itself."""
    checked = _checked_namespace(namespace)
    if signature.namespace != namespace:
        text = f"signature is for the namespace {short(signature.namespace)!r}, not {short(namespace)!r}"
        raise SSHVerificationError(text, Rule.NAMESPACE)
    certificate = signature.certificate
    if policy is not None:
        policy._check(signature.algorithm, seconds)
        if certificate:
            policy._check(certificate.signature_algorithm, seconds)
    if not signature._is_valid(signed_bytes(checked, signature.hash_algorithm, message)):
        raise SSHVerificationError("signature is not valid for this message and the key inside it", Rule.SIGNATURE)
    if not signature._has(USER_PRESENT):
        raise SSHVerificationError("nobody touched the security key that signed", Rule.USER_PRESENCE)
    if certificate:
        certificate._check()
        is_verified = bool(signature._tail) and signature._has(USER_VERIFIED)
        if "verify-required" in certificate.critical_options and not is_verified:
            text = "the certificate requires that a security key has verified its user, and this signature lacks that"
            raise SSHVerificationError(text, Rule.CERTIFICATE)


def _certificate(blob: bytes) -> SSHCertificate | None:
    """Return the certificate with this encoding; None for an encoding of something else."""
    if Reader(blob, "public key of the signature").text("name of the algorithm") not in CERTIFICATES:
        return None
    from qynauth_pqc.ssh.certificates import SSHCertificate  # few signatures need it

    return SSHCertificate._read(blob)


def _encode(blob: bytes, namespace: bytes, hash_algorithm: str, inner: bytes) -> bytes:
    fields = blob, namespace, b"", hash_algorithm.encode(), inner
    return armor(_MAGIC + _VERSION.to_bytes(4, "big") + b"".join(map(string, fields)), _LABEL)


def _checked_namespace(namespace: str) -> bytes:
    expect(namespace, str, "namespace")
    if not namespace or not namespace.isprintable():
        raise FormatError.at("namespace", "expected printable text", 0)
    return namespace.encode()


def signed_bytes(namespace: bytes, hash_algorithm: str, message: BytesLike | BinaryIO) -> bytes:
    """Return the bytes that the key signs for a message (PROTOCOL.sshsig, 3). A file is read in chunks."""
    state = _HASHES[hash_algorithm]()
    if hasattr(message, "readinto"):
        from qynauth_pqc.prehash import pass_file  # only for files

        pass_file(state, message, None)  # type: ignore[arg-type]
    else:
        state.update(input_memory(message, "message"))
    return _MAGIC + b"".join(map(string, (namespace, b"", hash_algorithm.encode(), state.digest())))
