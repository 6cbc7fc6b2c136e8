"""The command line protects its files, and reports errors by one line and an exit code."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from pathlib import Path

import pytest
from command_checks import check_input_is_not_replaced
from command_line import COMMAND, call, folder, keygen, run, write_password

__all__ = ["folder"]  # pytest uses it for every test here


PATTERN = b"\xa5secret\x5a"  # the contents of a key file, which no message may hold


def test_secrets_are_for_their_owner_only() -> None:
    """Files with secrets have mode 0600; the umask decides about the others."""
    for arguments in (
        "keygen ML-KEM-768 --private key.private --public key.public",
        "encapsulate --key key.public --ciphertext ciphertext --secret secret",
    ):
        subprocess.run([COMMAND, *arguments.split()], check=True, capture_output=True, umask=0o022)
    names = ("key.private", "secret", "key.public", "ciphertext")
    modes = [stat.S_IMODE(Path(name).stat().st_mode) for name in names]
    assert modes == [0o600, 0o600, 0o644, 0o644]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("old\nmessage: ML-DSA-44 signature is valid", r"old\nmessage: ML-DSA-44 signature is valid"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\u202eevil", r"\u202eevil"),
        ("B\u00fcro a", "B\u00fcro a"),
    ],
)
def test_name_of_a_file_adds_no_line_to_a_report(name: str, shown: str) -> None:
    """Nor does it control the terminal: a message that was signed once may have any name."""
    keygen("ML-DSA-44")
    Path(name).write_bytes(b"message\n")
    signed = run("sign", name, "--key", "key.private").stdout.decode()
    assert signed == f"{shown}.sig: ML-DSA-44 signature, 2420 bytes\n"
    verify = ("verify", name, "--key", "key.public")
    assert run(*verify).stdout.decode() == f"{shown}: ML-DSA-44 signature is valid\n"
    assert json.loads(run(*verify, "--json").stdout)["message"] == name
    Path(name).write_bytes(b"other\n")
    error = run(*verify).stderr.decode()
    assert error.startswith(f"error: {shown}.sig: signature is not valid; {shown} may have changed")
    assert error.count("\n") == 1


@pytest.mark.parametrize("existing", ["key.private", "key.public"])
def test_existing_file_is_not_replaced(folder: Path, existing: str) -> None:
    """If one of two files exists, neither is written."""
    Path(existing).write_bytes(b"old")
    result = run("keygen", "ML-KEM-512", "--private", "key.private", "--public", "key.public")
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr == f"error: {existing}: exists already; --force replaces it\n".encode()
    assert Path(existing).read_bytes() == b"old"
    assert {each.name for each in folder.iterdir()} == {existing, "message"}


def test_force_replaces_files_and_their_mode(folder: Path) -> None:
    """A key that replaces a file anyone could read is for its owner only, and nothing else is left behind."""
    Path("key.private").write_bytes(b"old")
    Path("key.private").chmod(0o666)
    keygen("ML-KEM-512", "--force", "--format", "raw")
    status = Path("key.private").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_size) == (0o600, 64)
    assert {each.name for each in folder.iterdir()} == {"key.private", "key.public", "message"}


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ("sign message --key dsa.private --out dsa.private", "dsa.private"),
        ("sign message --key dsa.private --out ./message", "./message"),
        ("sign message message.sig --key dsa.private", "message.sig"),
        ("keygen ML-DSA-44 --private password --public new --password-file password", "password"),
        ("keygen ML-DSA-44 --private link --public new --password-file password", "link"),
        ("encapsulate --key kem.public --ciphertext kem.public --secret new", "kem.public"),
        ("decapsulate --key kem.private --ciphertext ciphertext --secret kem.private", "kem.private"),
        ("encrypt message --key kem.public --out message", "message"),
        ("convert --key dsa.private --public dsa.private", "dsa.private"),
        ("convert --key dsa.public --public dsa.public", "dsa.public"),
        ("convert --key both --public both", "both"),
        ("validate --baseline baseline --save ./baseline", "./baseline"),
        ("convert --key dsa.private --private password --new-password-file password", "password"),
    ],
)
def test_force_replaces_no_input(folder: Path, arguments: str, path: str) -> None:
    """The command would destroy a key, a password or a message."""
    check_input_is_not_replaced(folder, arguments, path)


def test_convert_replaces_a_private_key_by_its_new_form() -> None:
    """It encrypts the key in its place, however the path is spelled."""
    keygen("ML-DSA-44")
    files = "--key", "key.private", "--private", "./key.private"
    assert call("convert", *files, "--new-password-file", write_password(), "--force").exit_code == 0
    assert Path("key.private").read_text().startswith("-----BEGIN ENCRYPTED")


def test_redirected_input_is_not_replaced() -> None:
    """The file that standard input is redirected from is an input too."""
    keygen("ML-DSA-44")
    command = [COMMAND, "sign", "-", "--key", "key.private", "--out", "message", "--force"]
    with Path("message").open("rb") as message:
        result = subprocess.run([*map(str, command)], stdin=message, capture_output=True, check=False)
    assert (result.returncode, Path("message").read_bytes()) == (2, b"message\n")
    assert result.stderr.startswith(b"error: message: also an input of this command")


def test_force_replaces_what_a_link_points_to() -> None:
    """A link stays a link, as it does when anything else writes to it."""
    Path("target").write_bytes(b"old")
    Path("key.private").symlink_to("target")
    keygen("ML-KEM-512", "--force", "--format", "raw")
    assert Path("key.private").is_symlink()
    assert Path("target").stat().st_size == 64


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ("--private same --public same", "same: named twice; write each result to its own file"),
        ("--private key --public /dev/null", "/dev/null: not a regular file; name another file"),
        ("--private key --public none/key", "none/key: No such file or directory; check the path"),
        ("--private key --public .", ".: not a regular file; name another file"),
    ],
)
def test_output_that_cannot_be_written_leaves_nothing(folder: Path, files: str, message: str) -> None:
    """The private key is not left behind without its public key."""
    result = call("keygen", "ML-DSA-44", *files.split(), "--force")
    assert (result.exit_code, result.stderr) == (2, f"error: {message}\n")
    assert [each.name for each in folder.iterdir()] == ["message"]


@pytest.mark.parametrize(
    ("key", "size", "message"),
    [
        (
            "private",
            2400,
            "expected an ML-DSA-65 private key of 32 or 4032 bytes, got 2400 bytes, the size of an ML-KEM-",
        ),
        ("private", 64, "expected an ML-DSA-65 private key of 32 or 4032 bytes, got 64 bytes, the size of an ML-KEM s"),
        ("private", 70000, "got more than 65536 bytes"),
        ("private", 0, "got 0 bytes"),
        ("public", 1184, "expected an ML-DSA-65 public key of 1952 bytes, got 1184 bytes, the size of an ML-KEM-768"),
        ("public", 1953, "got 1953 bytes"),
    ],
)
def test_key_of_the_wrong_kind_is_named(key: str, size: int, message: str) -> None:
    """The message names the sizes that would do and the kinds of files that have this size."""
    Path("key").write_bytes(bytes(size))
    Path("message.sig").write_bytes(b"")
    command = ("sign" if key == "private" else "verify", "--key", "key", "message")
    named, unnamed = call(*command, "--algorithm", "ML-DSA-65"), call(*command)
    assert (named.exit_code, named.stdout, unnamed.exit_code, unnamed.stdout) == (2, "", 2, "")
    assert named.stderr.startswith("error: key: ")
    assert message in named.stderr
    assert unnamed.stderr.startswith(
        ("error: key: raw keys do not identify", "error: key: expected an ML-DSA, composite or SLH-DSA p")
    )


@pytest.mark.parametrize(
    ("size", "kinds"),
    [
        (0, []),
        (
            32,
            [
                *("an X-Wing seed", "a Hybrid-KEM seed", "an ML-DSA seed", "an ML-KEM shared secret"),
                *("an X-Wing shared secret", "a Hybrid-KEM shared secret", "an SLH-DSA public key"),
            ],
        ),
        (64, ["an ML-KEM seed", "an SLH-DSA public key", "a composite private key", "an SLH-DSA private key"]),
        (1568, ["an ML-KEM-1024 public key", "an ML-KEM-1024 ciphertext"]),
        (2400, ["an ML-KEM-768 private key"]),
        (2484, ["an MLDSA44-Ed25519-SHA512 signature"]),
        (2492, []),
        (7856, ["an SLH-DSA signature"]),
    ],
)
def test_error_names_every_kind_of_raw_file_with_a_size(size: int, kinds: list[str]) -> None:
    """Sets that share a size have the name of their family; a signature that varies in length is of no size."""
    Path("key").write_bytes(bytes(size))
    found = f"{size} bytes, the size of {' or '.join(kinds)}" if kinds else f"{size} bytes"
    result = call("verify", "--key", "key", "message", "--algorithm", "ML-DSA-65")
    expected = f"error: key: expected an ML-DSA-65 public key of 1952 bytes, got {found}; check --key\n"
    assert (result.exit_code, result.stderr) == (2, expected)


@pytest.mark.parametrize("first", [b"\0", b"\xa1", b"{", b"\x30\x82"], ids=["raw", "COSE_Key", "JWK", "certificate"])
def test_expanded_key_of_another_set_is_refused(first: bytes) -> None:
    """An --algorithm that contradicts the file is an error; the first byte of a raw key is random and says nothing."""
    keygen("ML-DSA-87", "--form", "expanded", "--format", "raw")
    Path("key.private").write_bytes(first + Path("key.private").read_bytes()[len(first) :])
    result = call("sign", "--key", "key.private", "--algorithm", "ML-DSA-44", "message")
    found = "4896 bytes, the size of an ML-DSA-87 private key"
    expected = f"expected an ML-DSA-44 private key of 32 or 2560 bytes, got {found}; check --key"
    assert (result.exit_code, result.stderr) == (2, f"error: key.private: {expected}\n")


@pytest.mark.parametrize("size", [32, 33, 64, 1632, 2400, 2560, 3168, 4032, 4896, 10000])
@pytest.mark.parametrize("command", ["sign -o out message", "decapsulate --ciphertext message --secret out"])
def test_bad_key_is_one_line_without_a_byte_of_it(command: str, size: int) -> None:
    """The contents of a key file appear neither raw nor in hexadecimal, and there is no traceback."""
    Path("key").write_bytes((PATTERN * size)[:size])
    result = run(*command.split(), "--key", "key")
    assert (result.returncode, result.stdout) == (2, b"")
    assert (result.stderr[:7], result.stderr.count(b"\n")) == (b"error: ", 1)
    shown = result.stderr.lower()
    assert not any(each in shown for each in (b"traceback", PATTERN[:4], PATTERN[:4].hex().encode(), b"\\xa5"))
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        "keygen ML-KEM-769 --private a --public b",
        "keygen ML-KEM-768 --private - --public b",
        "keygen ML-KEM-768 --private a --public - --json",
        "sign --key message --context a --context-hex 62 message",
        "sign --key message --context-hex 6 message",
        "verify --key - --signature message -",
        "verify --key message -",
        "decapsulate --key - --ciphertext message --secret a",
        "nonsense",
    ],
)
def test_wrong_usage_exits_2(folder: Path, arguments: str) -> None:
    """The error and then the usage are shown on standard error, and nothing is written."""
    result = call(*arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    error, *usage = result.stderr.splitlines()
    assert re.fullmatch(r"error: [a-z-].*[^.]", error)
    assert re.fullmatch(r"Usage: .*\nTry '.* --help' for help\.", "\n".join(usage))
    assert [each.name for each in folder.iterdir()] == ["message"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "--key", "none", "message"], "none: No such file or directory; check the path"),
        (["verify", "--key", ".", "message"], ".: Is a directory; name a file"),
        (["demo", "none"], "none: No such file or directory; check the path"),
        (
            ["decapsulate", "--key", "none", "--ciphertext", "c", "--secret", "s"],
            "none: No such file or directory; check the path",
        ),
    ],
)
def test_unreadable_file_exits_2(arguments: list[str], message: str) -> None:
    """One line has the system's message and what to do."""
    result = call(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"error: {message}\n")


def test_context_and_ciphertext_of_the_wrong_length_exit_2() -> None:
    """An error of the library is one line as well."""
    keygen("ML-DSA-44", "--form", "expanded")
    signed = call("sign", "--key", "key.private", "--context", "x" * 256, "message")
    keygen("ML-KEM-512", "--form", "expanded", "--force")
    opened = call("decapsulate", "--key", "key.private", "--ciphertext", "message", "--secret", "secret")
    assert (signed.exit_code, opened.exit_code) == (2, 2)
    assert "expected at most 255 bytes, got 256" in signed.stderr
    assert "expected 768 bytes for ML-KEM-512, got 8" in opened.stderr
