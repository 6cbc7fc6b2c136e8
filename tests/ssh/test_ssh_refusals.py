"""Malformed keys and signatures are refused, with the rule and the position."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import pytest
from ssh_fixtures import (
    BLOB,
    KEY,
    LINE,
    MESSAGE,
    NAME,
    SIGNATURE,
    composite,
    line,
    private_key,
    signature_blob,
    signature_fields,
)
from ssh_refusals import refused

from qynauth_pqc import InvalidKeyError, PQCError, UnsupportedError
from qynauth_pqc.ssh import (
    ANYONE,
    AllowedSigners,
    RevokedKeys,
    SSHPrivateKey,
    SSHPublicKey,
    SSHSignature,
    verify,
)
from qynauth_pqc.ssh._armor import armor
from qynauth_pqc.ssh._wire import string

LINES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "expected the name"),
    "name alone": (NAME, "expected the name"),
    "trailing data": (line(NAME, BLOB[-1344:], b""), "4 bytes of trailing data"),
    "short key": (line(NAME, BLOB[-1343:]), "must have 1344 bytes, not 1343"),
    "cut": (f"{NAME} {b64encode(BLOB[:-1]).decode()}", "goes beyond the end"),
    "another name": (LINE.replace(NAME, "ssh-ed25519", 1), "not a key of ssh-ed25519"),
    "other name of the algorithm": (LINE.replace(NAME, f"{NAME}@openssh.com", 1), f"not a key of {NAME}@openssh.com"),
    "longer name in the key": (f"ssh-rsa {line('ssh-rsa2').split()[1]}", "not a key of ssh-rsa"),
    "base64 with a space": (LINE.replace("AAAA", "AA AA", 1), "base64"),
    "base64 after its end": (line("ssh-ed25519", bytes(32)) + "A===", "base64"),
    "base64 with bits": (line("ssh-dss").replace("c3M=", "c3N="), "base64 is not canonical"),
    "not base64": (f"{NAME} ????", "expected base64"),
    "not UTF-8": (b"\xff", "expected UTF-8"),
    "comment": (f"{LINE}\x1b[1m", "comment must be printable"),
    "two lines": (f"{LINE}\n{LINE}\n", "comment must be printable"),
    "too long": ("x" * 65537, "longer than 65536"),
    "Ed25519 size": (line("ssh-ed25519", bytes(31)), "32 bytes, not 31"),
    "other curve": (line("ecdsa-sha2-nistp256", b"nistp384", b"\4" + bytes(64)), "curve must be nistp256"),
    "compressed point": (line("ecdsa-sha2-nistp256", b"nistp256", b"\2" + bytes(32)), "65 bytes and not be compressed"),
    "other prefix of a point": (line("ecdsa-sha2-nistp256", b"nistp256", b"\2" + bytes(64)), "not be compressed"),
    "RSA exponent": (line("ssh-rsa", b"\2", b"\xff" * 256), "exponent must be odd"),
    "RSA exponent of 65 bits": (line("ssh-rsa", b"\1" + bytes(7) + b"\1", b"\0" + b"\xff" * 256), "of at most 64 bits"),
    "RSA exponent 1": (line("ssh-rsa", b"\1", b"\0" + b"\xff" * 256), "exponent must be odd, from 3"),
    "RSA zero": (line("ssh-rsa", b"\0", b"\0" + b"\xff" * 256), "positive mpint"),
    "RSA negative": (line("ssh-rsa", b"\3", b"\xff" * 256), "positive mpint"),
    "RSA zeros": (line("ssh-rsa", b"\0\3", b"\xff" * 256), "positive mpint"),
    "RSA even": (line("ssh-rsa", b"\3", b"\0" + b"\xff" * 255 + b"\xfe"), "modulus must be odd"),
    "RSA empty": (line("ssh-rsa", b"", b""), "positive mpint"),
}


@pytest.mark.parametrize("name", LINES)
def test_line_is_refused(name: str) -> None:
    """The lines are of public keys."""
    text, rule = LINES[name]
    refused(SSHPublicKey.from_line, text if isinstance(text, bytes) else text.encode(), rule)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("webauthn-sk-ecdsa-sha2-nistp256@openssh.com", "unknown"),
        ("ssh-dss-cert-v01@openssh.com", "certificate"),
        ("ssh-dss", "unknown"),
    ],
)
def test_unsupported_algorithm_is_refused_by_name(name: str, reason: str) -> None:
    """It is named in a line and in a signature."""
    with pytest.raises(UnsupportedError, match=f"{name} is .*{reason}"):
        SSHPublicKey.from_line(line(name, bytes(32)))
    fields = signature_fields()
    fields[0] = string(name.encode()) + string(bytes(32))
    with pytest.raises(UnsupportedError, match=f"{name} is .*{reason}"):
        SSHSignature.parse(signature_blob(*fields))


@pytest.mark.parametrize("bits", [1024, 2047, 16385])
def test_rsa_keys_of_other_sizes_verify_nothing(bits: int) -> None:
    """They are refused by their size, and a line with one does not stop a file from being read."""
    other = line("ssh-rsa", b"\3", ((1 << bits) - 1).to_bytes(bits // 8 + 1, "big"))
    with pytest.raises(UnsupportedError, match=f"RSA with {bits} bits"):
        SSHPublicKey.from_line(other)
    signers = AllowedSigners.parse(f"frodo {other}\nfrodo {LINE}")
    assert [each.key for each in signers] == [KEY.public_key]
    assert f"line 1: RSA with {bits} bits" in str(signers.errors()[0])
    assert KEY.public_key not in RevokedKeys.parse(other)


def test_long_name_is_cut_in_an_error() -> None:
    """An input does not decide how long an error is."""
    for read, data in (
        (SSHPublicKey.from_line, line("x" * 1000)),
        (SSHPublicKey.from_line, "x" * 1000 + f" {LINE.split()[1]}"),
    ):
        with pytest.raises(PQCError) as caught:
            read(data)
        assert 20 < len(str(caught.value)) < 400


def test_point_that_is_none_is_refused() -> None:
    """For ECDSA, cryptography refuses it."""
    with pytest.raises(InvalidKeyError, match="not a public key of ecdsa-sha2-nistp256"):
        SSHPublicKey.from_line(line("ecdsa-sha2-nistp256", b"nistp256", b"\4" + bytes(64)))


@pytest.mark.parametrize("encoded", [b"\1" + bytes(31), bytes(32), b"\2" + bytes(31), b"\xff" * 32])
def test_key_of_ed25519_with_which_anybody_signs_is_refused(encoded: bytes) -> None:
    """Under the first, R = 1 and S = 0 sign any message; the last two are no points."""
    with pytest.raises(InvalidKeyError, match="not a public key of ssh-ed25519"):
        SSHPublicKey.from_line(line("ssh-ed25519", encoded))


FIELDS = signature_fields()
KEY_FIELD, NAMESPACE, RESERVED, HASH, INNER = range(5)


def changed(place: int, value: bytes) -> bytes:
    """Return the good signature with another string in it."""
    return signature_blob(*(value if each == place else field for each, field in enumerate(FIELDS)))


SIGNATURES = {
    "empty": (b"", "expected the header"),
    "no header": (SIGNATURE[1:], "expected the header"),
    "text before": (b"\n" + SIGNATURE, "expected the header"),
    "other label": (SIGNATURE.replace(b"SSH SIGNATURE", b"PGP SIGNATURE"), "expected the header"),
    "no footer": (SIGNATURE[:-30], "footer"),
    "text after": (SIGNATURE + SIGNATURE, "trailing data"),
    "two line ends": (SIGNATURE + b"\n", "trailing data"),
    "header alone": (b"-----BEGIN SSH SIGNATURE-----", "end of the line"),
    "no base64": (b"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n", "expected base64 and the footer"),
    "empty base64": (b"-----BEGIN SSH SIGNATURE-----\n\n-----END SSH SIGNATURE-----\n", "magic"),
    "space in base64": (SIGNATURE.replace(b"\n", b" \n", 2).replace(b"- \n", b"-\n"), "base64"),
    "bare CR": (SIGNATURE.replace(b"U1NI", b"U1N\rI"), "lines of base64"),
    "header in base64": (SIGNATURE.replace(b"\n", b"\nVersion: 1\n\n", 1), "base64"),
    "too long": (SIGNATURE.replace(b"\n", b"\n" * 65536, 1), "longer than 65536"),
    "magic": (signature_blob(*FIELDS, magic=b"SSHSIH"), "magic SSHSIG"),
    "version 0": (signature_blob(*FIELDS, version=0), "version must be 1"),
    "version 2": (signature_blob(*FIELDS, version=2), "version must be 1"),
    "trailing data": (signature_blob(*FIELDS, b""), "4 bytes of trailing data"),
    "field missing": (signature_blob(*FIELDS[:-1]), "goes beyond the end"),
    "key with trailing data": (changed(KEY_FIELD, BLOB + b"\0"), "1 bytes of trailing data"),
    "empty namespace": (changed(NAMESPACE, b""), "namespace must be printable"),
    "namespace with a zero": (changed(NAMESPACE, b"git\0"), "namespace must be printable"),
    "reserved field": (changed(RESERVED, b"x"), "reserved field must be empty"),
    "hash function": (changed(HASH, b"sha1"), "sha512 or sha256"),
    "other algorithm": (changed(INNER, string(b"ssh-ed25519") + string(bytes(64))), f"not a signature of {NAME}"),
    "inner trailing data": (changed(INNER, FIELDS[INNER] + b"\0"), "1 bytes of trailing data"),
    "inner empty": (changed(INNER, b""), "goes beyond the end"),
    "RSA with SHA-1": (
        signature_blob(
            string(b"ssh-rsa") + string(b"\3") + string(b"\0" + b"\xff" * 256),
            *FIELDS[1:INNER],
            string(b"ssh-rsa") + string(bytes(256)),
        ),
        "not a signature of ssh-rsa",
    ),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature_is_refused(name: str) -> None:
    """It is refused before its key is looked at, even after a good signature of the key was verified."""
    data, rule = SIGNATURES[name]
    refused(SSHSignature.parse, data, rule)
    verify(MESSAGE, SIGNATURE, namespace="git", signers=KEY.public_key)
    refused(lambda each: verify(MESSAGE, each, namespace="git", signers=KEY.public_key), data, rule)


@pytest.mark.parametrize(
    "change", [lambda raw: raw + b"\0", lambda raw: raw[:-1], lambda _: b"", lambda raw: raw[::-1]]
)
def test_inner_signature_of_another_length_is_invalid(change: Callable[[bytes], bytes]) -> None:
    """Its length is the algorithm's."""
    raw = SSHSignature.parse(SIGNATURE)._raw
    data = changed(INNER, string(NAME.encode()) + string(change(raw)))
    verify(MESSAGE, SIGNATURE, namespace="git", signers=KEY.public_key)
    for signers in (ANYONE, KEY.public_key):
        refused(lambda each: verify(MESSAGE, each, namespace="git", signers=signers), data, "not valid", PQCError)  # noqa: B023


@pytest.mark.parametrize("ending", [b"\r\n", b"\n"])
def test_lines_of_any_length_are_read(ending: bytes) -> None:
    """PROTOCOL.sshsig recommends 76 characters, and ssh-keygen writes 70."""
    body = b"".join(SIGNATURE.split(b"\n")[1:-2])
    for size in (76, 64, len(body)):
        lines = [SIGNATURE.split(b"\n")[0], *(body[start : start + size] for start in range(0, len(body), size))]
        text = ending.join([*lines, b"-----END SSH SIGNATURE-----"])
        for last in (b"", ending):
            assert SSHSignature.parse(text + last).to_bytes() == SIGNATURE


def container(
    part: bytes,
    *,
    magic: bytes = b"openssh-key-v1\0",
    encryption: tuple[bytes, bytes, bytes] = (b"none", b"none", b""),
    count: int = 1,
    public: bytes = BLOB,
    after: bytes = b"",
) -> bytes:
    """Return the text of a private key."""
    data = magic + b"".join(map(string, encryption)) + count.to_bytes(4, "big") + string(public) + string(part) + after
    return armor(data, "OPENSSH PRIVATE KEY")


def part(
    *,
    checks: bytes = bytes(8),
    public: bytes = BLOB,
    secret: bytes = bytes(64),
    comment: bytes = b"sam",
    padding: bytes | None = None,
) -> bytes:
    """Return the private part of a private key."""
    data = checks + public + string(secret) + string(comment)
    return data + (bytes(range(1, 1 + -len(data) % 8)) if padding is None else padding)


OTHER = private_key(1).public_key.blob
ENCRYPTED = (b"aes256-ctr", b"bcrypt", string(bytes(16)) + (1).to_bytes(4, "big"))
PRIVATE: dict[str, tuple[bytes, str]] = {
    "magic": (container(part(), magic=b"openssh-key-v2\0"), "magic"),
    "two keys": (container(part(), count=2), "expected one key"),
    "no key": (container(part(), count=0), "expected one key"),
    "trailing data": (container(part(), after=b"\0"), "trailing data"),
    "options without a cipher": (container(part(), encryption=(b"none", b"none", b"x")), "do not match"),
    "cipher without a derivation": (container(part(), encryption=(b"aes256-ctr", b"none", b"")), "do not match"),
    "derivation without a cipher": (container(part(), encryption=(b"none", b"bcrypt", b"")), "do not match"),
    "no blocks": (container(part(padding=b"\1")), "not made of blocks"),
    "empty part": (container(b""), "not made of blocks"),
    "checks": (container(part(checks=bytes(7) + b"\1")), "checks differ"),
    "padding": (container(part(padding=bytes(-len(part(padding=b"")) % 8))), "expected padding"),
    "a block of padding": (
        container(part(padding=bytes(range(1, 9 + -len(part(padding=b"")) % 8)))),
        "expected padding",
    ),
    "a block of padding alone": (container(part(comment=b"frodo", padding=bytes(range(1, 9)))), "expected padding"),
    "no salt": (container(bytes(16), encryption=(*ENCRYPTED[:2], string(b"") + b"\0\0\0\1")), "salt of 16 to 64"),
    "no rounds": (container(bytes(16), encryption=(*ENCRYPTED[:2], string(bytes(16)) + bytes(4))), "and rounds"),
    "options": (container(bytes(16), encryption=(*ENCRYPTED[:2], ENCRYPTED[2] + b"\0")), "trailing data"),
    "tag missing": (container(bytes(16), encryption=(b"aes256-gcm@openssh.com", *ENCRYPTED[1:])), "tag of 16 bytes"),
    "tag too many": (container(bytes(16), encryption=ENCRYPTED, after=bytes(16)), "trailing data"),
    "PEM": (bytes(composite().to_pkcs8()), "OPENSSH PRIVATE KEY"),
    "public line": (LINE.encode(), "expected the header"),
    "base64": (container(part()).replace(b"A", b"\xff", 1), "base64|header"),
    "too long": (b"-" * 65537, "longer than 65536"),
}


@pytest.mark.parametrize("name", PRIVATE)
def test_private_key_is_refused(name: str) -> None:
    """Its format is wrong."""
    data, rule = PRIVATE[name]
    refused(lambda each: SSHPrivateKey.from_bytes(each, b"password" if b"YmNyeXB0" in each else None), data, rule)


@pytest.mark.parametrize(
    "data", [container(part(secret=b"\1" * 64)), container(part(), public=OTHER), container(part(public=OTHER))]
)
def test_private_key_of_another_public_key_is_refused(data: bytes) -> None:
    """The public half is there twice, and follows from the private one."""
    refused(SSHPrivateKey.from_bytes, data, "do not match", InvalidKeyError)


def test_name_inside_a_private_key_is_not_shown() -> None:
    """It may be bytes of the private key, after a wrong length."""
    with pytest.raises(InvalidKeyError) as caught:
        SSHPrivateKey.from_bytes(container(part(public=string(b"SENTINEL"))))
    assert "SENTINEL" not in str(caught.value)


def test_good_private_key_is_built_by_this_test() -> None:
    """So each refusal is for its single fault."""
    assert SSHPrivateKey.from_bytes(container(part())).public_key == KEY.public_key


@pytest.mark.parametrize(
    "encryption", [(b"aes128-ctr", b"bcrypt"), (b"aes256-cbc", b"bcrypt"), (b"aes256-ctr", b"scrypt")]
)
def test_unsupported_encryption_is_refused_by_name(encryption: tuple[bytes, bytes]) -> None:
    """Two ciphers and one derivation are supported."""
    data = container(bytes(16), encryption=(*encryption, ENCRYPTED[2]))
    with pytest.raises(UnsupportedError, match=f"got {encryption[1].decode()} with {encryption[0].decode()}"):
        SSHPrivateKey.from_bytes(data, b"password")
