"""The command line reads and writes keys in PEM and DER, with passwords."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import Result
from command_line import COMMAND, call, folder, keygen, run, write_password
from conftest import Sizes
from terminal import on_terminal

from qynauth_pqc import load_private_key, load_public_key

__all__ = ["folder"]  # pytest uses it for every test here

FORMATS = ["pem", "der"]


@pytest.fixture
def password_file(folder: Path) -> Path:
    """Return a file with a password on its first line."""
    return write_password(b"correct horse\r\nbattery staple\n", folder)


def sign_and_verify(*options: str) -> Result:
    """Sign with key.private and, if that worked, verify with key.public."""
    signed = call("sign", "--key", "key.private", *options, "--force", "message")
    return signed if signed.exit_code else call("verify", "--key", "key.public", "message")


@pytest.mark.parametrize("form", ["seed", "expanded", "both"])
@pytest.mark.parametrize("encoding", FORMATS)
def test_signature_made_with_encoded_keys_verifies(dsa: Sizes, encoding: str, form: str) -> None:
    """The files name their parameter set, also with a seed."""
    keygen(dsa.name, "--format", encoding, "--form", form)
    private = Path("key.private").read_bytes()
    assert load_private_key(private).to_pkcs8(encoding.upper(), form) == private
    assert load_public_key(Path("key.public").read_bytes()).parameter_set == dsa.name
    assert stat.S_IMODE(Path("key.private").stat().st_mode) == 0o600
    assert sign_and_verify().stdout == f"message: {dsa.name} signature is valid\n"


@pytest.mark.parametrize("encoding", FORMATS)
def test_secret_exchanged_with_encoded_keys_is_the_same(kem: Sizes, encoding: str) -> None:
    """Encapsulation and decapsulation read them as well."""
    keygen(kem.name, "--format", encoding)
    sent = call("encapsulate", "--key", "key.public", "--ciphertext", "ciphertext", "--secret", "sent")
    got = call("decapsulate", "--key", "key.private", "--ciphertext", "ciphertext", "--secret", "got")
    assert (sent.exit_code, got.exit_code) == (0, 0)
    assert Path("got").read_bytes() == Path("sent").read_bytes()


@pytest.mark.parametrize("encoding", FORMATS)
def test_password_comes_from_the_first_line_of_a_file(password_file: Path, encoding: str) -> None:
    """The end of the line is not part of it."""
    keygen("ML-DSA-44", "--format", encoding, "--password-file", "password")
    assert load_private_key(Path("key.private").read_bytes(), b"correct horse").parameter_set == "ML-DSA-44"
    assert sign_and_verify("--password-file", "password").exit_code == 0
    password_file.write_bytes(b"correct house\n")
    result = sign_and_verify("--password-file", "password")
    expected = "error: key.private: password is wrong or the encrypted private key is damaged\n"
    assert (result.exit_code, result.stderr) == (2, expected)


@pytest.mark.usefixtures("password_file")
@pytest.mark.parametrize("options", [[], ["--format", "raw"]])
def test_password_for_a_key_that_is_not_encrypted_is_refused(options: list[str]) -> None:
    """A caller with a password believes that the key is protected."""
    keygen("ML-DSA-44", *options)
    result = sign_and_verify("--algorithm", "ML-DSA-44", "--password-file", "password")
    expected = "error: key.private: private key is not encrypted; omit --password-file\n"
    assert (result.exit_code, result.stderr) == (2, expected)


@pytest.mark.parametrize("content", [b"", b"\nsecond\n", b"\r\n", b"x" * 1025, b"x" * 5000])
def test_password_file_without_a_password_is_refused(password_file: Path, content: bytes) -> None:
    """No key is written, in particular no unprotected one."""
    password_file.write_bytes(content)
    arguments = "keygen ML-KEM-512 --private key --public public --format pem --password-file password"
    result = call(*arguments.split())
    expected = "error: password: the first line must be a password of 1 to 1024 bytes\n"
    assert (result.exit_code, result.stderr, Path("key").exists()) == (2, expected, False)


def test_password_is_asked_for_on_the_terminal() -> None:
    """It is asked for twice for a new key, and never shown."""
    arguments = "keygen ML-DSA-44 --private key.private --public key.public --format pem --encrypt"
    code, shown = on_terminal([b"correct horse\n", b"correct horse\n"], COMMAND, *arguments.split())
    assert (code, b"horse" in shown) == (0, False)
    assert shown.startswith(b"Password of key.private: \r\nConfirm password: \r\n")
    code, shown = on_terminal([b"correct horse\n"], COMMAND, "sign", "--key", "key.private", "message")
    assert (code, b"horse" in shown) == (0, False)
    assert call("verify", "--key", "key.public", "message").exit_code == 0


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([b"one\n", b"two\n"], b"the passwords do not match; try again"),
        ([b"\n"], b"the password must not be empty; try again"),
        ([b"\xff\n"], b"the password is not UTF-8; use --password-file"),
    ],
)
def test_new_password_must_be_text_that_is_typed_twice(answers: list[bytes], message: bytes) -> None:
    """A typing error would make the key inaccessible."""
    arguments = "keygen ML-KEM-512 --private key.private --public key.public --format der --encrypt"
    code, shown = on_terminal(answers, COMMAND, *arguments.split())
    assert (code, message in shown, Path("key.private").exists()) == (2, True, False)


@pytest.mark.usefixtures("password_file")
def test_password_without_a_terminal_is_an_error_that_names_the_option() -> None:
    """A service must not wait for somebody to type."""
    keygen("ML-DSA-44", "--format", "pem", "--password-file", "password")
    arguments = [str(COMMAND), "sign", "--key", "key.private", "message"]
    result = subprocess.run(
        arguments, capture_output=True, check=False, start_new_session=True, stdin=subprocess.DEVNULL
    )
    assert result.returncode == 2
    assert result.stderr == b"error: key.private: no terminal for a password prompt; use --password-file\n"
    copy = ["--key", "key.private", "--password-file", "password", "--private", "copy", "--encrypt"]
    result = subprocess.run([str(COMMAND), "convert", *copy], capture_output=True, check=False, start_new_session=True)
    assert result.stderr == b"error: copy: no terminal for a password prompt; use --new-password-file\n"


@pytest.mark.parametrize(
    "options",
    [
        *("--format raw --form both", "--format raw --encrypt", "--format raw --password-file message"),
        "--format PKCS8",
    ],
)
def test_raw_keys_have_neither_password_nor_two_forms(folder: Path, options: str) -> None:
    """Wrong usage writes nothing."""
    result = call(*f"keygen ML-KEM-512 --private a --public b {options}".split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert [each.name for each in folder.iterdir()] == ["message"]


@pytest.mark.parametrize("encoding", FORMATS)
def test_key_of_another_family_or_set_is_named(encoding: str) -> None:
    """Both directions and both kinds of keys are tried."""
    keygen("ML-KEM-768", "--format", encoding)
    signed, verified = sign_and_verify(), call("verify", "--key", "key.public", "--signature", "message", "message")
    assert (
        signed.stderr
        == "error: key.private: expected an ML-DSA, composite or SLH-DSA key, got an ML-KEM-768 key; check --key\n"
    )
    assert (
        verified.stderr
        == "error: key.public: expected an ML-DSA, composite or SLH-DSA key, got an ML-KEM-768 key; check --key\n"
    )
    keygen("ML-DSA-65", "--format", encoding, "--force")
    other = sign_and_verify("--algorithm", "ML-DSA-87")
    assert (
        other.stderr
        == "error: key.private: expected an ML-DSA-87 key, got an ML-DSA-65 key; check --algorithm and --key\n"
    )
    assert (signed.exit_code, verified.exit_code, other.exit_code) == (2, 2, 2)


@pytest.mark.parametrize("change", [lambda pem: pem.replace(b"M", b"!", 1), lambda pem: pem[:200]])
def test_damaged_pem_is_one_line_without_a_byte_of_it(change: type) -> None:
    """It is not taken for a raw key of a strange length."""
    keygen("ML-DSA-44", "--format", "pem", "--form", "expanded")
    pem = Path("key.private").read_bytes()
    Path("key.private").write_bytes(change(pem))
    result = run("sign", "--key", "key.private", "message")
    assert (result.returncode, result.stdout, result.stderr.count(b"\n")) == (2, b"", 1)
    assert result.stderr.startswith(b"error: key.private: not a private key in PEM, or damaged; check --key")
    assert pem[100:120] not in result.stderr
