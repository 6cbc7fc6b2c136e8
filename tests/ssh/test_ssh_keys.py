"""Public and private keys of OpenSSH are read and written without OpenSSH: tests/ssh/files has files that it wrote."""

from __future__ import annotations

import copy
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from ssh_fixtures import COMPOSITE, KEY, LINE, MESSAGE, NAME, VENDOR_NAME, composite, private_key

from qynauth_pqc import (
    ClosedError,
    CompositePrivateKey,
    InvalidKeyError,
    InvalidLengthError,
    MLDSAPrivateKey,
    PasswordError,
    UnsupportedError,
)
from qynauth_pqc._keys.paths import wipe
from qynauth_pqc.errors import FormatError
from qynauth_pqc.ssh import SSHPrivateKey, SSHPublicKey, _armor, _encryption, private_keys, sign, verify

FILES = Path(__file__).parent / "files"
LABEL = "OPENSSH PRIVATE KEY"
THEIRS = ["openssh-10.5", "openssh-10.6", "ed25519", "ecdsa", "rsa"]


@pytest.mark.parametrize("name", THEIRS)
def test_files_of_openssh_are_read(name: str) -> None:
    """The files are a public line, a private key, and a signature."""
    key = SSHPrivateKey.load(FILES / name)
    assert key.public_key.to_line() == (FILES / f"{name}.pub").read_text().strip()
    verify(MESSAGE, (FILES / f"{name}.sig").read_bytes(), namespace="git", signers=key.public_key)
    verify(MESSAGE, sign(key, MESSAGE, namespace="git"), namespace="git", signers=key.public_key)


@pytest.mark.parametrize("name", ["openssh-10.5", "openssh-10.6"])
def test_private_key_is_written_as_openssh_wrote_it(name: str) -> None:
    """All bytes are the same, except for the random check."""
    key = SSHPrivateKey.load(FILES / name)
    assert key.public_key.describe() == (FILES / f"{name}.fingerprint").read_text().strip()
    containers = []
    for text in ((FILES / name).read_bytes(), bytes(key.to_bytes())):
        data = _armor.dearmor_secret(bytearray(text), LABEL)
        checks = len(b"openssh-key-v1\0") + 2 * len("....none") + 12 + len(key.public_key.blob) + 4
        containers.append(data[:checks] + data[checks + 8 :])
    assert containers[0] == containers[1]


@pytest.mark.parametrize("cipher", ["aes256-ctr", "aes256-gcm"])
def test_encrypted_files_of_openssh_are_read(cipher: str) -> None:
    """They are read with the right password only."""
    path = FILES / f"openssh-10.6.{cipher}"
    assert SSHPrivateKey.load(path, b"password").public_key == SSHPublicKey.load(FILES / "openssh-10.6.pub")
    for password in (None, b"other", b""):
        with pytest.raises(PasswordError):
            SSHPrivateKey.load(path, password)


def test_tag_of_an_encrypted_file_is_checked() -> None:
    """A byte of the tag or of the comment before it is changed; no other check would notice."""
    data = _armor.dearmor(bytes(KEY.to_bytes(b"password", rounds=1, cipher="aes256-gcm@openssh.com")), LABEL)
    for place in (-1, -16, -17 - len("frodo")):
        damaged = bytearray(data)
        damaged[place] ^= 1
        with pytest.raises(PasswordError):
            SSHPrivateKey.from_bytes(_armor.armor(bytes(damaged), LABEL), b"password")


@pytest.mark.parametrize("cipher", ["aes256-ctr", "aes256-gcm@openssh.com"])
@pytest.mark.parametrize("algorithm", [NAME, VENDOR_NAME])
def test_private_key_round_trips(cipher: str, algorithm: str) -> None:
    """It is plain or encrypted, under both names."""
    key = private_key(3, "frodo baggins", algorithm)
    for password in (None, b"password"):
        with key.to_bytes(password, rounds=1, cipher=cipher) as text:
            loaded = SSHPrivateKey.from_bytes(text, password)
        assert loaded.public_key.to_line() == key.public_key.to_line()
        assert isinstance(loaded._signer, CompositePrivateKey)
        assert loaded._signer.private_bytes() == composite(3).private_bytes()


def test_saved_files_are_private_and_replace_nothing(tmp_path: Path) -> None:
    """Either both files are written or none."""
    path = tmp_path / "id"
    KEY.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (tmp_path / "id.pub").read_text() == f"{LINE}\n"
    with pytest.raises(FileExistsError, match="overwrite=True"):
        private_key(1).save(path)
    private_key(1).save(path, overwrite=True)
    assert SSHPrivateKey.load(path).public_key == private_key(1).public_key
    path.unlink()
    with pytest.raises(FileExistsError):
        KEY.save(path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["id.pub"]


def test_rounds_are_bounded_before_they_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file cannot keep the reader busy for an hour."""
    text = bytes(KEY.to_bytes(b"password", rounds=3))

    def never(*_arguments: object) -> None:
        pytest.fail("derived")

    monkeypatch.setattr(_encryption, "_derive", never)
    with pytest.raises(UnsupportedError, match="3 rounds of bcrypt_pbkdf, the limit is 2; pass max_rounds=3"):
        SSHPrivateKey.from_bytes(text, b"password", max_rounds=2)
    with pytest.raises(pytest.fail.Exception, match="derived"):
        SSHPrivateKey.from_bytes(text, b"password", max_rounds=3)


def test_secrets_are_wiped_after_loading_and_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each buffer of the private key, in text or bytes, is zeros when the call returns."""
    seen: list[bytearray] = []

    def watched(*memory: bytearray) -> None:
        seen.extend(each for each in memory if each)
        wipe(*memory)

    text = bytes(KEY.to_bytes())
    for module in (private_keys, _armor):
        monkeypatch.setattr(module, "wipe", watched)
    SSHPrivateKey.from_bytes(text)
    assert min(map(len, seen)) > 64  # the private key is not copied out of its buffer
    assert len(seen) == 6
    KEY.to_bytes()
    assert len(seen) == 7  # the digits of base64; the other buffers are SecretBytes, which wipe themselves
    assert not any(map(any, seen))


def test_decoding_and_encoding_of_secrets_is_that_of_base64() -> None:
    """The loops for secrets have the result of binascii, for each length."""
    for size in range(1, 220):
        data = bytes(range(size))
        assert _armor.armor_secret(bytearray(data), "X") == _armor.armor(data, "X")
        assert _armor.dearmor_secret(bytearray(_armor.armor(data, "X")), "X") == data


def test_keys_compare_by_their_encoding() -> None:
    """The comment does not matter, and the name of the algorithm does."""
    other = SSHPublicKey.from_line(LINE.replace(" frodo", " sam"))
    assert other == KEY.public_key
    assert hash(other) == hash(KEY.public_key)
    assert private_key(0, algorithm=VENDOR_NAME).public_key != KEY.public_key
    assert KEY.public_key != LINE
    loaded = pickle.loads(pickle.dumps(KEY.public_key))  # noqa: S301 - of this test
    assert loaded.to_line() == LINE


@pytest.mark.parametrize("copying", [pickle.dumps, copy.copy, copy.deepcopy])
def test_private_key_is_neither_copied_nor_pickled(copying: Callable[[object], object]) -> None:
    """A copy would never be wiped."""
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        copying(KEY)


def test_nothing_shows_a_secret() -> None:
    """The text of a key names only its algorithm."""
    assert repr(KEY) == f"<SSHPrivateKey: {NAME}>"
    assert repr(KEY.public_key) == f"<SSHPublicKey: {NAME}>"


def test_closed_key_does_not_sign() -> None:
    """The end of a with statement closes it."""
    with private_key(1) as key:
        sign(key, MESSAGE, namespace="git")
    with pytest.raises(ClosedError):
        sign(key, MESSAGE, namespace="git")
    with pytest.raises(ClosedError):
        key.to_bytes()


@pytest.mark.parametrize("comment", [" frodo", "frodo ", "frodo\n", "\ud800"])
def test_comment_must_fit_in_a_line(comment: str) -> None:
    """Otherwise it would be read differently, or form another line."""
    with pytest.raises(FormatError, match="comment must be printable, without spaces around it"):
        SSHPrivateKey.generate(comment)


def test_generated_keys_differ() -> None:
    """They are from the system's randomness, and have the registered name."""
    keys = {SSHPrivateKey.generate().public_key for _ in range(2)}
    assert len(keys) == 2
    assert {each.algorithm for each in keys} == {NAME}


def test_other_algorithms_are_refused() -> None:
    """OpenSSH has one composite, and no plain ML-DSA."""
    for signer in (MLDSAPrivateKey.generate("ML-DSA-44"), SimpleNamespace(public_key=composite().public_key)):
        with pytest.raises(TypeError, match="signer of MLDSA44-Ed25519-SHA512"):
            SSHPrivateKey.from_signer(signer)
    with pytest.raises(UnsupportedError, match="expected MLDSA44-Ed25519-SHA512"):
        SSHPrivateKey.from_signer(CompositePrivateKey.generate("MLDSA65-Ed25519-SHA512"))
    with pytest.raises(UnsupportedError):
        SSHPrivateKey.generate(algorithm="ssh-ed25519")
    with pytest.raises(UnsupportedError, match="SHA256 or MD5"):
        KEY.public_key.fingerprint("SHA1")


def test_wrong_arguments_of_encryption_are_refused() -> None:
    """An empty password, no rounds, another cipher, and a key kept elsewhere are refused."""
    with pytest.raises(InvalidLengthError, match="must not be empty"):
        KEY.to_bytes(b"")
    with pytest.raises(InvalidLengthError, match="1 to 4294967295"):
        KEY.to_bytes(b"password", rounds=0)
    with pytest.raises(UnsupportedError, match="unknown cipher"):
        KEY.to_bytes(b"password", cipher="aes128-ctr")
    with pytest.raises(UnsupportedError, match="in this process"):
        SSHPrivateKey.load(FILES / "ed25519").to_bytes()
    with pytest.raises(PasswordError, match="not encrypted"):
        SSHPrivateKey.load(FILES / "ed25519", b"password")


@pytest.mark.parametrize(
    ("package", "name", "reason"),
    [
        ("bcrypt", "openssh-10.6.aes256-ctr", "encrypted private keys need bcrypt"),
        ("cryptography", "openssh-10.6.aes256-ctr", "encrypted private keys need cryptography"),
        ("cryptography", "ed25519", "classical keys need cryptography"),
    ],
)
def test_missing_package_names_the_extra(package: str, name: str, reason: str) -> None:
    """It runs in a separate process; an unencrypted composite key needs no extra."""
    program = f"""import sys
sys.modules[{package!r}] = None
from qynauth_pqc.ssh import SSHPrivateKey
SSHPrivateKey.load({str(FILES / "openssh-10.6")!r})
SSHPrivateKey.load({str(FILES / name)!r}, {"aes" in name} and b"password" or None)"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.endswith(f"UnsupportedError: {reason}: pip install 'bcrypt>=4.2' 'cryptography>=50'\n")


@pytest.mark.parametrize(("name", "place"), [("ecdsa", 30), ("ecdsa", 60), ("ed25519", 20), ("ed25519", 100)])
def test_each_public_half_of_a_classical_key_is_compared(name: str, place: int) -> None:
    """The private part has it too, for Ed25519 twice."""
    data = bytearray(_armor.dearmor((FILES / name).read_bytes(), LABEL))
    blob = SSHPublicKey.load(FILES / f"{name}.pub").blob
    data[data.rindex(blob[:30]) + place] ^= 1
    with pytest.raises(InvalidKeyError, match="do not match"):
        SSHPrivateKey.from_bytes(_armor.armor(bytes(data), LABEL))


def test_low_order_point_is_refused_when_a_line_is_read() -> None:
    """A key of the composite refuses it too."""
    blob = KEY.public_key.blob[:-32] + bytes([1]) + bytes(31)
    with pytest.raises(InvalidKeyError):
        SSHPublicKey.from_blob(blob)


def test_signer_has_its_algorithm() -> None:
    """A signer elsewhere must have it too."""
    assert (composite().algorithm, MLDSAPrivateKey.generate("ML-DSA-44").algorithm) == (COMPOSITE, "ML-DSA-44")
