"""Security keys and certificates verify under the conditions of their authority, and never under fewer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from security_keys import FOREVER, KINDS, PRESENT, VERIFIED, Key, SecurityKey, SecurityKeyP256
from ssh_fixtures import KEY, LINE, MESSAGE, NAME

from qynauth_pqc import InvalidKeyError, PQCError, UnsupportedError
from qynauth_pqc.errors import FormatError
from qynauth_pqc.ssh import (
    ANYONE,
    AllowedSigners,
    RevokedKeys,
    Rule,
    SSHCertificate,
    SSHPolicy,
    SSHPolicyRow,
    SSHPrivateKey,
    SSHPublicKey,
    SSHSignature,
    SSHVerificationError,
    VerifiedSignature,
    sign,
    verify,
    verify_many,
)
from qynauth_pqc.ssh._armor import armor
from qynauth_pqc.ssh._wire import string

NOW = datetime.fromtimestamp(1_000_000, UTC)
KEYS = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
AUTHORITY, USER = Key(2), Key(1)
SIGNERS = AllowedSigners.parse(f"frodo,sam cert-authority {AUTHORITY.line}")


def check(data: bytes, **changed: Any) -> VerifiedSignature:
    """Verify a signature by frodo under the authority."""
    arguments: dict[str, Any] = {"namespace": "git", "signers": SIGNERS, "principal": "frodo", "when": NOW}
    return verify(MESSAGE, data, **(arguments | changed))


def rule_of(call: Callable[[], object]) -> Rule:
    """Return the rule that a verification breaks."""
    with pytest.raises(SSHVerificationError) as caught:
        call()
    return caught.value.rule


def certified(key: Key = USER, **fields: Any) -> bytes:
    """Return a signature with a certificate that has these fields."""
    return key.sign(MESSAGE, blob=key.certify(AUTHORITY, **fields))


@KEYS
def test_security_key_verifies_what_its_user_touched(kind: type[SecurityKey]) -> None:
    """A signature without touch, for another application or under another algorithm is refused."""
    key = kind()
    signers = AllowedSigners.parse(f"frodo {key.line}")
    signed = key.sign(MESSAGE)
    found = check(signed, signers=signers)
    assert (found.public_key.algorithm, found.signature.is_classical) == (key.name, True)
    assert found.signature.to_bytes() == signed
    assert rule_of(lambda: check(key.sign(MESSAGE, flags=VERIFIED), signers=signers)) == Rule.USER_PRESENCE
    key.signs_for = b"https://shire.example"
    assert rule_of(lambda: check(key.sign(MESSAGE), signers=signers)) == Rule.SIGNATURE
    other = SSHPublicKey.from_line(kind(application=b"ssh:other").line)
    assert rule_of(lambda: check(kind().sign(MESSAGE), signers=other, principal=None)) == Rule.KEY


@KEYS
def test_flags_and_counter_of_a_security_key_are_signed(kind: type[SecurityKey]) -> None:
    """Another flag or counter is another message; a missing or further byte is another format."""
    key = kind()
    parsed = SSHSignature.parse(key.sign(MESSAGE))
    tail = parsed._tail
    assert len(tail) == 5
    for changed in (bytes([tail[0] | VERIFIED]) + tail[1:], tail[:4] + bytes([tail[4] ^ 1])):
        parsed._tail = changed
        assert rule_of(lambda: verify(MESSAGE, parsed, namespace="git", signers=ANYONE)) == Rule.SIGNATURE
    for changed in (tail[:-1], tail + b"\0", b""):
        parsed._tail = changed
        with pytest.raises(FormatError):
            SSHSignature.parse(parsed.to_bytes())


@KEYS
def test_many_signatures_of_a_security_key_need_touch_each(kind: type[SecurityKey]) -> None:
    """A key in a certificate is not the key alone."""
    key = kind()
    signatures = [key.sign(MESSAGE), key.sign(MESSAGE, flags=0), certified(key), key.sign(b"other"), key.sign(MESSAGE)]
    found = verify_many(SSHPublicKey.from_line(key.line), [MESSAGE] * 5, signatures, namespace="git")
    assert list(found) == [True, False, False, False, True]


def test_certificate_shows_its_fields() -> None:
    """The principal is one of those in the certificate, and the line is the authority's."""
    found = check(certified(valid=(1_000_000, 1_000_001), critical=()))
    certificate = found.signature.certificate
    assert isinstance(certificate, SSHCertificate)
    assert (certificate.key_id, certificate.serial, certificate.principals) == ("frodo's key", 7, ("frodo",))
    assert (certificate.valid_after, certificate.valid_before, certificate.is_user) == (1_000_000, 1_000_001, True)
    assert (certificate.public_key, certificate.authority.blob) == (found.public_key, AUTHORITY.blob)
    assert (certificate.signature_algorithm, certificate.critical_options) == ("ssh-ed25519", ())
    assert repr(certificate) == '<SSHCertificate: "frodo\'s key", serial 7>'
    assert found.signer is not None
    assert found.signer.cert_authority
    with pytest.raises(TypeError, match=r"SSHSignature\.parse"):
        SSHCertificate()


BROKEN: dict[str, tuple[dict[str, Any], Rule]] = {
    "for hosts": ({"kind": 2}, Rule.CERTIFICATE),
    "no principals": ({"principals": ()}, Rule.PRINCIPAL),
    "another principal": ({"principals": (b"sam",)}, Rule.PRINCIPAL),
    "a pattern as a principal": ({"principals": (b"*", b"fr?do")}, Rule.PRINCIPAL),
    "not yet valid": ({"valid": (1_000_001, FOREVER)}, Rule.VALID_AFTER),
    "expired": ({"valid": (0, 1_000_000)}, Rule.VALID_BEFORE),
    "unknown option": ({"critical": ((b"x@shire.example", b""),)}, Rule.CERTIFICATE),
    "option of logins": ({"critical": ((b"force-command", string(b"true")),)}, Rule.CERTIFICATE),
    "addresses": ({"critical": ((b"source-address", string(b"::1")),)}, Rule.CERTIFICATE),
    "user not verified": ({"critical": ((b"verify-required", b""),)}, Rule.CERTIFICATE),
    "signature of another authority": ({"authority_blob": Key(3).blob}, Rule.CERTIFICATE),
    "signature of the user": ({"signature": USER.signature(b"")}, Rule.CERTIFICATE),
}


@pytest.mark.parametrize("name", BROKEN)
def test_certificate_is_refused_by_its_rule(name: str) -> None:
    """One rule fails at a time; the principal is in the line, but a certificate counts only for its own."""
    fields, rule = BROKEN[name]
    check(certified())
    assert rule_of(lambda: check(certified(**fields))) == rule
    if rule == Rule.CERTIFICATE:
        assert rule_of(lambda: check(certified(**fields), signers=ANYONE, principal=None)) == rule
        certificate = SSHSignature.parse(certified(**fields)).certificate
        if name != "user not verified":  # only a signature shows it
            assert rule_of(lambda: SIGNERS.find(certificate)) == rule  # type: ignore[arg-type]
    else:
        check(certified(**fields), signers=ANYONE, principal=None)


MALFORMED: dict[str, tuple[dict[str, Any], type[PQCError]]] = {
    "no kind": ({"kind": 3}, FormatError),
    "empty principal": ({"principals": (b"frodo", b"")}, FormatError),
    "257 principals": ({"principals": (b"frodo",) * 257}, FormatError),
    "principal with a NUL": ({"principals": (b"frodo\0",)}, FormatError),
    "key id with a NUL": ({"key_id": b"x\0"}, FormatError),
    "reserved field": ({"reserved": b"x"}, FormatError),
    "empty option": ({"critical": ((b"", b""),)}, FormatError),
    "signature of another algorithm": ({"signature": SecurityKey().signature(b"")}, FormatError),
    "authority of an unknown algorithm": ({"authority_blob": string(b"ssh-dss")}, UnsupportedError),
    "certificate as an authority": ({"authority_blob": AUTHORITY.certify(Key(3))}, UnsupportedError),
    "authority with which anybody signs": (
        {"authority_blob": string(b"ssh-ed25519") + string(b"\1" + bytes(31))},
        InvalidKeyError,
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_certificate_is_refused(name: str) -> None:
    """An authority that is a certificate would be a chain, which OpenSSH does not have."""
    fields, kind = MALFORMED[name]
    with pytest.raises(kind):
        check(certified(**fields))


def test_signature_with_a_certificate_is_not_one_by_its_key() -> None:
    """The line of the key, the key alone, and an authority's own signature allow nothing."""
    for signers in (AllowedSigners.parse(f"frodo {USER.line}"), AllowedSigners.parse(f"frodo {AUTHORITY.line}")):
        with pytest.raises(SSHVerificationError):
            check(certified(), signers=signers)
    for key in (USER, AUTHORITY):
        trusted = SSHPublicKey.from_line(key.line)
        assert rule_of(lambda: check(certified(), signers=trusted, principal=None)) == Rule.KEY  # noqa: B023
    assert rule_of(lambda: check(AUTHORITY.sign(MESSAGE))) == Rule.CERT_AUTHORITY
    assert rule_of(lambda: check(certified(), principal="sam")) == Rule.PRINCIPAL
    assert rule_of(lambda: check(certified(principals=(b"merry",)), principal="merry")) == Rule.PRINCIPAL


def test_principals_in_a_certificate_must_match_the_line() -> None:
    """An authority that may name the Shire's people does not name others; a negated pattern excludes."""
    signers = AllowedSigners.parse(f"*@shire,!sauron@shire cert-authority {AUTHORITY.line}")
    parsed = SSHSignature.parse(certified(principals=(b"frodo@shire", b"sauron@shire", b"gandalf")))
    assert parsed.certificate is not None
    line = signers.find(parsed.certificate)
    assert line.principals_in(parsed.certificate) == ("frodo@shire",)
    for principal in ("sauron@shire", "gandalf"):
        with pytest.raises(SSHVerificationError):
            signers.find(parsed.certificate, principal=principal)


def test_verification_of_the_user_is_required_by_a_certificate() -> None:
    """Only a security key can say so."""
    key = SecurityKey()
    blob = key.certify(AUTHORITY, critical=((b"verify-required", b""),))
    check(key.sign(MESSAGE, PRESENT | VERIFIED, blob=blob))
    assert rule_of(lambda: check(key.sign(MESSAGE, blob=blob))) == Rule.CERTIFICATE


def test_authority_with_a_security_key_touched_it() -> None:
    """It signs the certificate like anything else."""
    authority = SecurityKeyP256(2)
    signers = AllowedSigners.parse(f"frodo cert-authority {authority.line}")
    check(USER.sign(MESSAGE, blob=USER.certify(authority)), signers=signers)
    untouched = USER.sign(MESSAGE, blob=USER.certify(authority, flags=VERIFIED))
    assert rule_of(lambda: check(untouched, signers=signers)) == Rule.CERTIFICATE


def test_policy_must_accept_the_algorithm_of_the_authority_too() -> None:
    """It says which algorithms are classical."""
    rows = {each: SSHPolicyRow(each) for each in (NAME, "ssh-ed25519", SecurityKey.name)}
    assert [each.is_classical for each in rows.values()] == [False, True, True]
    assert repr(rows[SecurityKey.name]) == f"<SSHPolicyRow: {SecurityKey.name}, classical>"
    signed = certified(SecurityKey())
    check(signed, policy=SSHPolicy([rows[SecurityKey.name], rows["ssh-ed25519"]]))
    for each in (SecurityKey.name, "ssh-ed25519"):
        with pytest.raises(SSHVerificationError, match=r"\(classical\) is not in the policy") as caught:
            check(signed, policy=SSHPolicy([rows[each]]))
        assert caught.value.rule == Rule.ALGORITHM


def test_signature_is_classical_if_its_key_or_its_authority_is() -> None:
    """Who forges a certificate needs no key of the user."""
    assert not SSHSignature.parse(sign(KEY, MESSAGE, namespace="git")).is_classical
    assert SSHSignature.parse(certified()).is_classical
    assert SSHPublicKey.from_line(USER.line).is_classical
    assert not SSHPublicKey.from_line(LINE).is_classical


def krl(*subsections: bytes, authority: bytes = AUTHORITY.blob) -> RevokedKeys:
    """Return a list of revoked certificates."""
    section = string(authority) + string(b"") + b"".join(subsections)
    return RevokedKeys.parse(b"SSHKRL\n\0\0\0\0\1" + bytes(32) + b"\1" + string(section))


REVOKED: dict[str, tuple[Callable[[], RevokedKeys], bool]] = {
    "serial": (lambda: krl(b"\x20" + string(bytes(7) + b"\6" + bytes(7) + b"\7")), True),
    "other serials": (lambda: krl(b"\x20" + string(bytes(7) + b"\6" + bytes(7) + b"\x08")), False),
    "range": (lambda: krl(b"\x21" + string(bytes(7) + b"\7" + b"\xff" * 8)), True),
    "range that ends": (lambda: krl(b"\x21" + string(bytes(7) + b"\1" + bytes(7) + b"\7")), True),
    "range before": (lambda: krl(b"\x21" + string(bytes(7) + b"\1" + bytes(7) + b"\6")), False),
    "range after": (lambda: krl(b"\x21" + string(bytes(7) + b"\x08" + b"\xff" * 8)), False),
    "bitmap": (lambda: krl(b"\x22" + string(bytes(7) + b"\5" + string(b"\5"))), True),
    "bitmap with a hole": (lambda: krl(b"\x22" + string(bytes(7) + b"\5" + string(b"\x0b"))), False),
    "key id": (lambda: krl(b"\x23" + string(string(b"other") + string(b"frodo's key"))), True),
    "other key id": (lambda: krl(b"\x23" + string(string(b"frodo"))), False),
    "any authority": (lambda: krl(b"\x20" + string(bytes(7) + b"\7"), authority=b""), True),
    "another authority": (lambda: krl(b"\x20" + string(bytes(7) + b"\7"), authority=Key(3).blob), False),
    "the key": (lambda: RevokedKeys.parse(USER.line), True),
    "the authority": (lambda: RevokedKeys.parse(AUTHORITY.line), True),
    "another key": (lambda: RevokedKeys.parse(Key(3).line), False),
}


@pytest.mark.parametrize("name", REVOKED)
def test_certificate_is_revoked_by_serial_number_key_id_and_keys(name: str) -> None:
    """The same certificate without a serial number, 0, is in no range."""
    make, is_revoked = REVOKED[name]
    if is_revoked:
        with pytest.raises(SSHVerificationError, match=r"certificate of the key SHA256:.* is revoked") as caught:
            check(certified(), revoked=make())
        assert caught.value.rule == Rule.REVOKED
    else:
        check(certified(), revoked=make())
    is_by_serial = "key" not in name and name != "the authority"
    if is_by_serial:
        check(certified(serial=0), revoked=make())


def test_authority_of_the_composite_is_revoked_under_both_names() -> None:
    """Its certificates are revoked by serial number under either."""
    other = SSHPrivateKey.from_signer(KEY._signer, "", f"{NAME}@openssh.com").public_key  # type: ignore[arg-type]
    signature = string(NAME.encode()) + string(bytes(2484))
    blob = USER.certify(AUTHORITY, authority_blob=KEY.public_key.blob, signature=signature)
    certificate = SSHSignature.parse(USER.sign(MESSAGE, blob=blob)).certificate
    for authority in (KEY.public_key.blob, other.blob):
        assert certificate in krl(b"\x20" + string(bytes(7) + b"\7"), authority=authority)


def test_private_key_of_a_security_key_is_refused_by_name() -> None:
    """It is a handle of the device."""
    key = SecurityKey()
    part = bytes(8) + key.blob + b"\1" + string(b"handle") + string(b"") + string(b"frodo")
    part += bytes(range(1, 1 + -len(part) % 8))
    data = b"openssh-key-v1\0" + string(b"none") * 2 + string(b"") + b"\0\0\0\1" + string(key.blob) + string(part)
    with pytest.raises(UnsupportedError, match=f"{key.name} is for a security key"):
        SSHPrivateKey.from_bytes(armor(data, "OPENSSH PRIVATE KEY"))
