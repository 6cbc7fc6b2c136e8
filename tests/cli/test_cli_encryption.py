"""The command line encrypts files by HPKE, shows fingerprints, and signs messages of any length."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import COMMAND, call, folder, keygen, run
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from qynauth_pqc import MLDSAPrivateKey, XWingPrivateKey, XWingPublicKey, load_private_key_file

__all__ = ["folder"]


def test_file_that_is_encrypted_is_decrypted() -> None:
    """The new file is for its owner only, and has the name without the suffix."""
    keygen("X-Wing")
    assert call("encrypt", "message", "--key", "key.public", "--info", "backup").exit_code == 0
    assert Path("message.hpke").stat().st_size == 8 + 1120 + 16
    assert call("decrypt", "message.hpke", "--key", "key.private", "--info", "backup").exit_code == 2  # it exists
    done = call("decrypt", "message.hpke", "--key", "key.private", "--info", "backup", "-o", "again", "--json")
    assert json.loads(done.stdout) == {"algorithm": "X-Wing", "file": {"path": "again", "bytes": 8}}
    assert Path("again").read_bytes() == b"message\n"
    assert Path("again").stat().st_mode & 0o077 == 0


def test_file_passes_through_pipes_and_has_no_prefix() -> None:
    """HPKE of `cryptography` writes and reads the same form."""
    keygen("X-Wing")
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    sealed = run("encrypt", "-", "--key", "key.public", stdin=b"piped").stdout
    assert suite.decrypt(sealed, XWingPrivateKey.load("key.private").to_cryptography(), info=b"") == b"piped"
    theirs = suite.encrypt(b"theirs", XWingPublicKey.load("key.public").to_cryptography(), info=b"info")
    assert run("decrypt", "-", "--key", "key.private", "--info", "info", stdin=theirs).stdout == b"theirs"


@pytest.mark.parametrize("change", ["byte", "info", "key", "short", "empty"])
def test_file_that_is_not_authentic_exits_1(change: str) -> None:
    """Nothing is written."""
    keygen("X-Wing")
    call("encrypt", "message", "--key", "key.public", "-o", "sealed")
    sealed = bytearray(Path("sealed").read_bytes())
    if change == "key":
        assert call("keygen", "X-Wing", "--private", "key.private", "--public", "other", "--force").exit_code == 0
    sealed[-1] ^= change == "byte"
    Path("sealed").write_bytes(sealed[: {"short": 1000, "empty": 0}.get(change)])
    result = call(
        "decrypt", "sealed", "--key", "key.private", "-o", "out", *(["--info", "x"] if change == "info" else [])
    )
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: sealed: not authentic: ")
    assert not Path("out").exists()


def test_encryption_needs_xwing_and_a_name() -> None:
    """Other keys have another HPKE or none."""
    keygen("ML-KEM-768")
    result = call("encrypt", "message", "--key", "key.public")
    text = "error: key.public: expected an X-Wing key, got an ML-KEM-768 key; check --key\n"
    assert (result.exit_code, result.stderr) == (2, text)
    result = call("decrypt", "message", "--key", "key.private")
    assert (result.exit_code, "missing option '--out'" in result.stderr) == (2, True)


@pytest.mark.parametrize("algorithm", ["ML-DSA-44", "X-Wing", "MLDSA65-Ed25519-SHA512"])
def test_fingerprint_is_that_of_the_public_key(algorithm: str) -> None:
    """Both keys have it, in Python and on the command line: the hash of the output of `convert`."""
    keygen(algorithm)
    call("convert", "--key", "key.public", "--public", "der", "--format", "der")
    expected = hashlib.sha256(Path("der").read_bytes()).hexdigest()
    key = load_private_key_file("key.private")
    assert key.fingerprint() == key.public_key.fingerprint() == expected
    for name in ("key.private", "key.public", "der"):
        assert call("fingerprint", name).stdout == f"{expected}  {algorithm}  {name}\n"
    shown = json.loads(call("fingerprint", "key.public", "--json").stdout)
    assert shown == {"algorithm": algorithm, "fingerprint": expected}


def test_fingerprint_is_that_of_another_library() -> None:
    """`cryptography` encodes the same."""
    key = MLDSAPrivateKey.generate("ML-DSA-65").public_key
    theirs = load_pem_public_key(key.to_spki()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key.fingerprint() == hashlib.sha256(theirs).hexdigest()


SPARSE = "import sys; file = open('long', 'wb'); file.truncate(int(sys.argv[1]))"


def test_message_of_any_length_is_signed_and_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is signed by the mu of the whole message, also from a pipe and with a context."""
    monkeypatch.setattr("qynauth_pqc.cli.files._LONGEST_MESSAGE", 8)
    subprocess.run([sys.executable, "-c", SPARSE, str(5 << 20)], check=True)
    keygen("ML-DSA-44")
    assert call("sign", "long", "--key", "key.private", "--context", "backup").exit_code == 0
    key = load_private_key_file("key.private").public_key
    key.verify(bytes(5 << 20), Path("long.sig").read_bytes(), context=b"backup")  # type: ignore[union-attr]
    assert call("verify", "long", "--key", "key.public", "--context", "backup").exit_code == 0
    piped = ["verify", "-", "--key", "key.public", "--context", "backup", "--signature", "long.sig"]
    with Path("long").open("rb") as file:
        assert subprocess.run([COMMAND, *piped], stdin=file, check=False).returncode == 0
    with Path("long").open("ab") as file:
        file.write(b"x")
    assert call("verify", "long", "--key", "key.public", "--context", "backup").exit_code == 1


@pytest.mark.nightly
def test_message_of_more_than_a_gibibyte_is_signed_and_verified() -> None:
    """A message of more than a GiB needs no option."""
    subprocess.run([sys.executable, "-c", SPARSE, str((1 << 30) + 1)], check=True)
    keygen("ML-DSA-44")
    assert call("sign", "long", "--key", "key.private").exit_code == 0
    assert call("verify", "long", "--key", "key.public").exit_code == 0
