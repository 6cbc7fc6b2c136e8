"""A verification returns the signer, or names the rule that failed."""

from __future__ import annotations

import io
import os
import pickle
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from security_keys import HOST, Key, SecurityKey
from ssh_fixtures import (
    ED25519,
    ED25519_LINE,
    KEY,
    LINE,
    MESSAGE,
    NAME,
    NOW,
    SIGNATURE,
    VENDOR_NAME,
    private_key,
    signature_blob,
    signature_fields,
)

from qynauth_pqc import InvalidLengthError, InvalidSignatureError, UnsupportedError
from qynauth_pqc.errors import FormatError
from qynauth_pqc.ssh import (
    ANYONE,
    AllowedSigners,
    RevokedKeys,
    Rule,
    SSHPolicy,
    SSHPolicyError,
    SSHPolicyRow,
    SSHPublicKey,
    SSHSignature,
    SSHVerificationError,
    sign,
    verify,
    verify_many,
)
from qynauth_pqc.ssh._times import parse_time

FILES = Path(__file__).parent / "files"
SIGNERS = AllowedSigners.parse(
    f'frodo,*@shire namespaces="git",valid-before="20270101Z" {LINE}\ngandalf {ED25519_LINE}'
)
DEVICE = SecurityKey()
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def check(**changed: Any) -> SSHVerificationError:
    """Return the error of a verification that differs from a good one."""
    arguments: dict[str, Any] = {
        "message": MESSAGE,
        "signature": SIGNATURE,
        "namespace": "git",
        "signers": SIGNERS,
        "when": NOW,
    }
    arguments |= {"principal": "frodo"}
    with pytest.raises(SSHVerificationError) as caught:
        verify(**(arguments | changed))
    return caught.value


def test_verification_says_who_signed() -> None:
    """It reports the line of the file, its principals and the key."""
    found = verify(MESSAGE, SIGNATURE, namespace="git", signers=SIGNERS, principal="sam@shire", when=NOW)
    assert found.signer is not None
    assert (found.signer.line, found.signer.principals) == (1, ("frodo", "*@shire"))
    assert (found.principal, found.public_key) == ("sam@shire", KEY.public_key)
    assert repr(found) == f"<VerifiedSignature: {NAME}, sam@shire>"
    assert repr(verify(MESSAGE, SIGNATURE, namespace="git", signers=ANYONE)) == f"<VerifiedSignature: {NAME}>"


@pytest.mark.parametrize("signers", [None, "anyone", "", [], False], ids=repr)
def test_any_signer_is_accepted_only_where_the_call_says_so(signers: Any) -> None:
    """A file of signers that a program failed to load is not everybody's signature."""
    with pytest.raises(TypeError, match="signers must be AllowedSigners or SSHPublicKey or Anyone, not "):
        verify(MESSAGE, SIGNATURE, namespace="git", signers=signers)
    with pytest.raises(TypeError, match="principal needs signers with principals"):
        verify(MESSAGE, SIGNATURE, namespace="git", signers=ANYONE, principal="frodo")


class _Growing(dict[bytes, SSHPublicKey]):
    """Keys to which another thread adds one just after a look at their number."""

    def __len__(self) -> int:
        size = super().__len__()
        self[ED25519.blob] = ED25519
        return size


def test_key_that_another_thread_adds_does_not_disturb_a_verification() -> None:
    """Threads may share the file of signers, which keeps the keys that it has found."""
    signers = AllowedSigners.parse(f"frodo {LINE}\ngandalf {ED25519_LINE}")
    signers._keys = _Growing({KEY.public_key.blob: KEY.public_key})
    assert verify(MESSAGE, SIGNATURE, namespace="git", signers=signers, principal="frodo").public_key == KEY.public_key


BROKEN: dict[Rule, Callable[[], dict[str, Any]]] = {
    Rule.NAMESPACE: lambda: {"namespace": "file"},
    Rule.ALGORITHM: lambda: {"policy": SSHPolicy([SSHPolicyRow("ssh-ed25519")])},
    Rule.SIGNATURE: lambda: {"message": MESSAGE + b"!"},
    Rule.USER_PRESENCE: lambda: {"signature": DEVICE.sign(MESSAGE, flags=0)},
    Rule.CERTIFICATE: lambda: {"signature": DEVICE.sign(MESSAGE, blob=DEVICE.certify(Key(), kind=HOST))},
    Rule.REVOKED: lambda: {"revoked": RevokedKeys.parse(LINE)},
    Rule.KEY: lambda: {"signers": AllowedSigners.parse(f"frodo {ED25519_LINE}")},
    Rule.CERT_AUTHORITY: lambda: {"signers": AllowedSigners.parse(f"frodo cert-authority {LINE}")},
    Rule.PRINCIPAL: lambda: {"principal": "sauron"},
    Rule.NAMESPACES: lambda: {"signature": sign(KEY, MESSAGE, namespace="file"), "namespace": "file"},
    Rule.VALID_AFTER: lambda: {"signers": AllowedSigners.parse(f'frodo valid-after="20260702Z" {LINE}')},
    Rule.VALID_BEFORE: lambda: {"when": LATER + timedelta(seconds=1)},
}


@pytest.mark.parametrize("rule", list(Rule))
def test_verification_says_which_rule_failed(rule: Rule) -> None:
    """One rule fails at a time; each error is an invalid signature too."""
    error = check(**BROKEN[rule]())
    assert error.rule == rule
    assert isinstance(error, InvalidSignatureError)
    assert pickle.loads(pickle.dumps(error)).rule == rule  # noqa: S301 - of this test


def test_first_rule_that_failed_is_reported() -> None:
    """The rules are checked in their order; all later ones are broken too."""
    broken: dict[str, Any] = {}
    for rule in (Rule.PRINCIPAL, Rule.KEY, Rule.REVOKED, Rule.SIGNATURE, Rule.ALGORITHM, Rule.NAMESPACE):
        broken |= BROKEN[rule]()
        assert check(**broken).rule == rule


def test_time_of_the_line_includes_its_first_and_its_last_second() -> None:
    """ssh-keygen includes them too."""
    last = LATER + timedelta(microseconds=999_999)
    verify(MESSAGE, SIGNATURE, namespace="git", signers=SIGNERS, principal="frodo", when=last)
    signers = AllowedSigners.parse(f'frodo valid-after="{NOW:%Y%m%d%H%M%S}Z" {LINE}')
    verify(MESSAGE, SIGNATURE, namespace="git", signers=signers, when=NOW)
    assert check(signers=signers, when=NOW - timedelta(microseconds=1)).rule == Rule.VALID_AFTER


def test_another_trusted_key_is_no_signer() -> None:
    """A key that the caller did not trust is refused, though its signature is valid."""
    assert check(signers=private_key(1).public_key, principal=None).rule == Rule.KEY
    assert check(signers=private_key(0, algorithm=VENDOR_NAME).public_key, principal=None).rule == Rule.KEY


@pytest.mark.parametrize("hash_algorithm", ["sha256", "sha512"])
def test_file_is_signed_as_its_contents(hash_algorithm: str) -> None:
    """It is signed in chunks, here in many."""
    message = bytes(range(256)) * 10_000
    signature = sign(KEY, io.BytesIO(message), namespace="file", hash_algorithm=hash_algorithm)
    for each in (message, io.BytesIO(message), memoryview(message)):
        verify(each, signature, namespace="file", signers=KEY.public_key)


def test_file_without_bytes_yet_is_not_at_its_end() -> None:
    """A good signature of an incomplete message is not accepted."""
    end, start = os.pipe()
    os.set_blocking(end, False)
    with os.fdopen(end, "rb") as file, os.fdopen(start, "wb", buffering=0) as writer:
        for call in (
            lambda: verify(file, SIGNATURE, namespace="git", signers=ANYONE),
            lambda: sign(KEY, file, namespace="git"),
        ):
            writer.write(MESSAGE)
            with pytest.raises(BlockingIOError, match="no more bytes yet"):
                call()


class _Waiting(io.RawIOBase):
    """A file that has no bytes yet."""

    def readinto(self, _memory: object) -> None:
        """Return None, as a file in non-blocking mode does."""

    def readable(self) -> bool:
        """Return True."""
        return True

    writable = seekable = readable

    def seek(self, offset: int, _whence: int = 0) -> int:
        """Return the position."""
        return offset


@pytest.mark.parametrize("buffered", [io.BufferedReader, io.BufferedRandom])
def test_buffered_file_without_bytes_is_not_at_its_end(buffered: type[io.BufferedReader | io.BufferedRandom]) -> None:
    """Files for reading, and for reading and writing, tell it apart from the end."""
    with pytest.raises(BlockingIOError, match="no more bytes yet"):
        sign(KEY, buffered(_Waiting()), namespace="git")


def test_wrong_trust_is_no_trust() -> None:
    """Anything but signers, a key or None raises an error, and accepts nothing."""
    for changed in ({"signers": LINE}, {"revoked": {KEY.public_key}}, {"policy": NAME}, {"when": datetime(2026, 1, 1)}):  # noqa: DTZ001
        with pytest.raises(TypeError):
            verify(**({"message": MESSAGE, "signature": SIGNATURE, "namespace": "git", "signers": None} | changed))
    with pytest.raises(TypeError, match="principal needs"):
        verify(MESSAGE, SIGNATURE, namespace="git", signers=KEY.public_key, principal="frodo")


@pytest.mark.parametrize("namespace", ["", "git\n", "\0", "\ud800"])
def test_namespace_must_be_printable(namespace: str) -> None:
    """It must not be empty (PROTOCOL.sshsig, 2)."""
    with pytest.raises(FormatError):
        sign(KEY, MESSAGE, namespace=namespace)
    with pytest.raises(FormatError):
        verify(MESSAGE, SIGNATURE, namespace=namespace, signers=ANYONE)


def test_unknown_hash_function_is_refused() -> None:
    """SSHSIG has two."""
    with pytest.raises(UnsupportedError, match="sha512 or sha256"):
        sign(KEY, MESSAGE, namespace="git", hash_algorithm="sha1")


# Many signatures.


def forged() -> list[bytes]:
    """Return the good signature with another namespace, and with another key, in its unsigned fields."""
    key, *fields = signature_fields()
    other = private_key(1).public_key.blob
    return [signature_blob(key, b"file", *fields[1:]), signature_blob(other, *fields)]


def test_verify_many_agrees_with_verify() -> None:
    """Good signatures, another message, namespace, key and hash function, and no signature are tried."""
    signatures = [sign(KEY, MESSAGE, namespace="git", hash_algorithm=each) for each in ("sha512", "sha256")]
    signatures += [sign(KEY, b"other", namespace="git"), sign(KEY, MESSAGE, namespace="file")]
    signatures += [sign(private_key(1), MESSAGE, namespace="git"), b"nonsense", SIGNATURE[:-1], SIGNATURE, *forged()]
    found = verify_many(KEY.public_key, [MESSAGE] * len(signatures), signatures, namespace="git", threads=1)
    assert list(found) == [True, True, False, False, False, False, True, True, False, False]
    assert not found.all_valid
    for each in ([SIGNATURE], [b"nonsense"]):
        with pytest.raises(UnsupportedError, match="threads must be 1 to 256"):
            verify_many(KEY.public_key, [MESSAGE], each, namespace="git", threads=0)
    assert list(verify_many(KEY.public_key, [MESSAGE], [b"nonsense"], namespace="git")) == [False]
    with pytest.raises(InvalidLengthError, match="got 1 for 2"):
        verify_many(KEY.public_key, [MESSAGE], signatures[:2], namespace="git")


@pytest.mark.parametrize("name", ["ed25519", "ecdsa", "rsa"])
def test_verify_many_takes_classical_keys(name: str) -> None:
    """It verifies them one after the other."""
    key, signature = SSHPublicKey.load(FILES / f"{name}.pub"), (FILES / f"{name}.sig").read_bytes()
    assert list(verify_many(key, [MESSAGE, b"other"], [signature] * 2, namespace="git")) == [True, False]
    assert list(verify_many(KEY.public_key, [MESSAGE], [signature], namespace="git")) == [False]
    assert list(verify_many(key, [], [], namespace="git")) == []


def test_ecdsa_signature_with_trailing_data_is_invalid() -> None:
    """Its two numbers are all that is in it."""
    parsed = SSHSignature.parse((FILES / "ecdsa.sig").read_bytes())
    verify(MESSAGE, parsed, namespace="git", signers=ANYONE)
    parsed._raw += bytes(1)
    assert check(signature=parsed, signers=ANYONE, principal=None).rule == Rule.SIGNATURE


# The policy.

POLICY = f"""
[[accept]]
algorithm = "{NAME}"
since = 2026-07-01T12:00:00Z
[[accept]]
algorithm = "rsa-sha2-512"
until = 2026-07-01T12:00:00Z
"""


def test_policy_accepts_from_a_moment_and_until_one() -> None:
    """The first moment is in the time, and the last one is not."""
    policy, before = SSHPolicy.parse(POLICY), NOW - timedelta(seconds=1)
    rsa = (FILES / "rsa.sig").read_bytes()
    for signature, when, accepted in (
        (SIGNATURE, NOW, True),
        (SIGNATURE, before, False),
        (rsa, NOW, False),
        (rsa, before, True),
    ):
        if accepted:
            verify(MESSAGE, signature, namespace="git", signers=ANYONE, policy=policy, when=when)
        else:
            assert (
                check(signature=signature, policy=policy, when=when, signers=ANYONE, principal=None).rule
                == Rule.ALGORITHM
            )


BAD_POLICIES = {
    "not TOML": "[[accept",
    "empty": "",
    "no rows": "accept = []",
    "no tables": 'accept = ["ssh-ed25519"]',
    "other member": POLICY + "deny = 1",
    "other table": "[[deny]]\n" + POLICY,
    "no algorithm": "[[accept]]",
    "unknown algorithm": '[[accept]]\nalgorithm = "ssh-rsa"',
    "number": "[[accept]]\nalgorithm = 1",
    "twice": '[[accept]]\nalgorithm = "ssh-ed25519"\n' * 2,
    "no zone": '[[accept]]\nalgorithm = "ssh-ed25519"\nuntil = 2026-07-01T12:00:00',
    "day": '[[accept]]\nalgorithm = "ssh-ed25519"\nuntil = 2026-07-01',
    "text": '[[accept]]\nalgorithm = "ssh-ed25519"\nuntil = "2026-07-01T12:00:00Z"',
    "since after until": POLICY.replace("since", "until = 2026-07-01T12:00:00Z\nsince"),
    "too long": f"{POLICY}{'#' * 65536}",
    "too long, in UTF-8": POLICY + "#" + "\u20ac" * 22000,
    "surrogate": f"{POLICY}#\ud800",
}


def test_policy_that_is_costly_to_read_is_refused() -> None:
    """Tomllib would take twenty seconds for the first."""
    for text in ("a" + ".a" * 32000 + " = 1", "a = " + "1" * 65000):
        with pytest.raises(
            SSHPolicyError, match="expected keys with fewer than 4 dots, and numbers with fewer than 100"
        ):
            SSHPolicy.parse(text)


@pytest.mark.parametrize("name", BAD_POLICIES)
def test_bad_policy_is_refused(name: str) -> None:
    """A policy with a mistake accepts nothing."""
    with pytest.raises(SSHPolicyError):
        SSHPolicy.parse(BAD_POLICIES[name])
    with pytest.raises(SSHPolicyError):
        SSHPolicy.parse(b"\xff")


# Times and other contents of a file of signers.


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20260701120000Z", int(NOW.timestamp())),
        ("202607011200utc", int(NOW.timestamp())),
        ("20260701", int(NOW.timestamp()) - 7 * 3600),
        ("202607011200", int(NOW.timestamp()) + 5 * 3600),
        ("19700101Z", None),
        ("20260230Z", None),
        ("20260701240000Z", None),
        ("2026", None),
        ("2026070112Z", None),
        ("20260701Z0", None),
        ("\u0662\u0660\u0662\u0666\u0660\u0667\u0660\u0661Z", None),
        ("", None),
        ("Z", None),
    ],
)
def test_times_are_read(text: str, seconds: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in UTC, or in local time, which is five hours behind it here."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "EST+5")
        time.tzset()
        found = parse_time(text)
    time.tzset()
    assert found == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("202607011300", 1782903600), ("202612011300", 1796126400), ("202603290230", 1774747800)],
    ids=["summer", "winter", "skipped"],
)
def test_local_times_are_those_of_ssh_keygen(text: str, seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock skips the hour from 2 to 3 on 29 March: ssh-keygen of OpenSSH 10.6 takes 3:30 for 2:30."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        found = parse_time(text)
    time.tzset()
    assert found == seconds


def test_first_line_that_allows_a_key_is_found() -> None:
    """Each line with the key is tried. If none allows it, the rule is the one that the first line breaks."""
    lines = [f"sam {LINE}", f'frodo namespaces="file,a\\"b" {LINE}', f"frodo {LINE}", f"* {LINE}"]
    signers = AllowedSigners.parse("\n".join(lines))
    for namespace, line in (("file", 2), ('a"b', 2), ("git", 3)):
        assert signers.find(KEY.public_key, principal="frodo", namespace=namespace).line == line
    assert check(signers=AllowedSigners.parse("\n".join(lines[:2]))).rule == Rule.PRINCIPAL
    assert check(signers=AllowedSigners.parse("\n".join(lines[1::-1]))).rule == Rule.NAMESPACES


def test_lines_of_unsupported_keys_accept_nothing() -> None:
    """A file may have them next to others."""
    signers = AllowedSigners.parse(f"sam ssh-dss AAAAB3NzaC1kc3M=\nfrodo {LINE}\n")
    assert signers.find(KEY.public_key).line == 2
    assert repr(signers) == "<AllowedSigners: 1 lines>"
    with pytest.raises(SSHVerificationError) as caught:
        signers.find(ED25519)
    assert caught.value.rule == Rule.KEY


def test_revoked_key_is_revoked_under_both_names() -> None:
    """It is the same key."""
    other = private_key(0, algorithm=VENDOR_NAME).public_key
    assert other in RevokedKeys.parse(LINE)
    assert KEY.public_key in RevokedKeys.parse(other.to_line())
    assert ED25519 not in RevokedKeys.parse(f"# none\n\n{LINE}\n")
    with pytest.raises(TypeError):
        assert LINE in RevokedKeys.parse(LINE)


def test_signature_shows_what_it_says() -> None:
    """It shows its fields before anything is checked."""
    parsed = SSHSignature.parse(SIGNATURE)
    assert (parsed.public_key, parsed.namespace, parsed.hash_algorithm) == (KEY.public_key, "git", "sha512")
    assert repr(parsed) == f"<SSHSignature: {NAME}, 'git'>"
    assert parsed.to_bytes() == SIGNATURE
    verify(MESSAGE, parsed, namespace="git", signers=KEY.public_key)
