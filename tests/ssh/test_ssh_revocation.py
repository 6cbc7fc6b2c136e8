"""A malformed list of revoked keys is refused, and a listed fingerprint revokes a key under both names."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
from ssh_fixtures import BLOB, ED25519, KEY, VENDOR_NAME, line, private_key
from ssh_refusals import refused

from qynauth_pqc import PQCError, UnsupportedError
from qynauth_pqc.errors import FormatError
from qynauth_pqc.ssh import RevokedKeys
from qynauth_pqc.ssh._wire import string

VENDOR_KEY = private_key(algorithm=VENDOR_NAME)


def krl(*sections: tuple[int, bytes], version: int = 1, flags: int = 0, reserved: bytes = b"") -> bytes:
    """Return a KRL with these sections."""
    head = b"SSHKRL\n\0" + version.to_bytes(4, "big") + bytes(16) + flags.to_bytes(8, "big") + string(reserved)
    return head + string(b"") + b"".join(bytes([kind]) + string(data) for kind, data in sections)


CERTIFICATES = string(ED25519.blob) + string(b"")
KRLS = {
    "version": (krl(version=2), "must be 1", FormatError),
    "flags": (krl(flags=1), "must be empty", FormatError),
    "reserved": (krl(reserved=b"x"), "must be empty", FormatError),
    "cut": (krl()[:-1], "beyond the end", FormatError),
    "cut section": (krl((2, string(BLOB)))[:-1], "beyond the end", FormatError),
    "unknown section": (krl((6, b"")), "unknown type 6", FormatError),
    "no key": (krl((2, b"")), "beyond the end", FormatError),
    "no fingerprint": (krl((5, b"")), "beyond the end", FormatError),
    "short fingerprint": (krl((5, string(bytes(31)))), "32 bytes", FormatError),
    "fingerprint twice": (krl((3, string(b"\1" * 20) * 2)), "in order", FormatError),
    "signature": (krl((4, b"")), "signatures of a KRL", UnsupportedError),
    "critical extension": (
        krl((255, string(b"x@y") + b"\1" + string(b""))),
        "critical extension x@y",
        UnsupportedError,
    ),
    "extension": (krl((255, string(b"x@y") + b"\0" + string(b"") + b"\0")), "trailing data", FormatError),
    "certificates": (krl((1, CERTIFICATES + b"\x30" + string(b""))), "unknown type 48", FormatError),
    "critical extension of certificates": (
        krl((1, CERTIFICATES + b"\x39" + string(string(b"x@y") + b"\1" + string(b"")))),
        "critical extension",
        UnsupportedError,
    ),
    "serial number 0": (krl((1, CERTIFICATES + b"\x20" + string(bytes(8)))), "from 1 to", FormatError),
    "serial number 0 in a list": (
        krl((1, CERTIFICATES + b"\x20" + string(bytes(7) + b"\1" + bytes(8)))),
        "from 1 to",
        FormatError,
    ),
    "empty range": (
        krl((1, CERTIFICATES + b"\x21" + string(bytes(7) + b"\2" + bytes(7) + b"\1"))),
        "must not be empty",
        FormatError,
    ),
    "range from 0": (krl((1, CERTIFICATES + b"\x21" + string(bytes(15) + b"\1"))), "from 1 to", FormatError),
    "bitmap from 0": (krl((1, CERTIFICATES + b"\x22" + string(bytes(8) + string(b"\1")))), "from 1 to", FormatError),
    "bitmap beyond 2^64": (
        krl((1, CERTIFICATES + b"\x22" + string(b"\xff" * 8 + string(b"\3")))),
        "from 1 to 2",
        FormatError,
    ),
    "empty bitmap": (krl((1, CERTIFICATES + b"\x22" + string(bytes(8) + string(b"")))), "mpint", FormatError),
    "no serial numbers": (krl((1, CERTIFICATES + b"\x20" + string(b""))), "beyond the end", FormatError),
    "cut serial number": (krl((1, CERTIFICATES + b"\x20" + string(bytes(9)))), "beyond the end", FormatError),
    "data after a range": (
        krl((1, CERTIFICATES + b"\x21" + string(bytes(7) + b"\1" + bytes(7) + b"\2\0"))),
        "trailing data",
        FormatError,
    ),
    "no key id": (krl((1, CERTIFICATES + b"\x23" + string(b""))), "beyond the end", FormatError),
    "key id with a NUL": (krl((1, CERTIFICATES + b"\x23" + string(string(b"x\0")))), "printable", FormatError),
    "certificate as an authority": (
        krl((1, string(string(b"ssh-rsa-cert-v01@openssh.com")) + string(b""))),
        "certificate",
        UnsupportedError,
    ),
    "line": (b"# revoked\nnonsense\n", "line 2: expected the name", FormatError),
    "line of another key": (b"ssh-ed25519 " + b64encode(BLOB), "line 1: .*not a key of", FormatError),
    "certificate": (line("ssh-ed25519-cert-v01@openssh.com", b"").encode(), "certificate", UnsupportedError),
    "not UTF-8": (b"\xff", "expected UTF-8", FormatError),
    "another encoding of a key": (
        line("ssh-rsa", b"\0\3", b"\0" + b"\xff" * 256).encode(),
        "positive mpint",
        FormatError,
    ),
    "key in the KRL": (krl((2, string(BLOB + b"\0"))), "trailing data", FormatError),
    "certificate in the KRL": (
        krl((2, string(string(b"ssh-rsa-cert-v01@openssh.com")))),
        "certificate",
        UnsupportedError,
    ),
}


@pytest.mark.parametrize("name", KRLS)
def test_revocation_list_is_refused(name: str) -> None:
    """Nothing in it is ignored."""
    data, rule, kind = KRLS[name]
    refused(RevokedKeys.parse, data, rule, kind)


def test_good_revocation_list_is_built_by_this_test() -> None:
    """It has sections about certificates and an extension that is not critical."""
    serials = b"\x20" + string(bytes(7) + b"\1")
    data = krl((255, string(b"x@y") + b"\0" + string(b"")), (1, CERTIFICATES + serials), (2, string(BLOB)))
    assert KEY.public_key in RevokedKeys.parse(data)
    assert ED25519 not in RevokedKeys.parse(data)


@pytest.mark.parametrize(("kind", "name"), [(3, "sha1"), (5, "sha256")])
def test_fingerprint_in_a_krl_revokes_a_key_under_both_names(kind: int, name: str) -> None:
    """A fingerprint covers one name."""
    for listed, other in ((KEY, VENDOR_KEY), (VENDOR_KEY, KEY)):
        revoked = RevokedKeys.parse(krl((kind, string(hashlib.new(name, listed.public_key.blob).digest()))))
        assert listed.public_key in revoked
        assert other.public_key in revoked
        assert private_key(1).public_key not in revoked


def test_long_name_is_cut_in_an_error() -> None:
    """An input does not decide how long an error is."""
    with pytest.raises(PQCError) as caught:
        RevokedKeys.parse(krl((255, string(b"x" * 1000) + b"\1" + string(b""))))
    assert 20 < len(str(caught.value)) < 400
