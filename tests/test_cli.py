"""The command line: round trips through files, exit codes, file modes, and what it prints where."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from qynauth_pqc import MLDSAPrivateKey, __version__
from qynauth_pqc.cli import demo as demonstration
from qynauth_pqc.cli.commands import app
from qynauth_pqc.cli.files import secret_input

if TYPE_CHECKING:
    from conftest import Sizes

COMMAND = Path(sysconfig.get_path("scripts")) / "qynauth-pqc"
NAMES = ["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
ESCAPE = b"\x1b"
PATTERN = b"\xa5secret\x5a"  # what a key file is filled with, and no message may hold


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a message in it."""
    monkeypatch.chdir(tmp_path)
    Path("message").write_bytes(b"message\n")
    return tmp_path


def run(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the installed command with its output in pipes."""
    return subprocess.run([COMMAND, *map(str, arguments)], input=stdin, capture_output=True, check=False)


def call(*arguments: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [*map(str, arguments)])


def keygen(algorithm: str, *options: str) -> None:
    """Make key.private and key.public."""
    assert call("keygen", algorithm, "--private", "key.private", "--public", "key.public", *options).exit_code == 0


def run_on_terminal(*arguments: str) -> tuple[int, bytes]:
    """Run the installed command on a terminal, and return its exit code and what the terminal received."""
    controller, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "80"}
    process = subprocess.Popen([COMMAND, *arguments], stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    received = b""
    try:
        while chunk := os.read(controller, 4096):
            received += chunk
    except OSError:  # how Linux says that nobody has the terminal open any more
        pass
    os.close(controller)
    return process.wait(), received


@pytest.mark.parametrize("form", ["seed", "expanded"])
def test_signature_made_with_files_verifies(dsa: Sizes, form: str) -> None:
    """The files of keygen and sign have the sizes of the standard, and verify accepts them."""
    keygen(dsa.name, "--form", form)
    assert call("sign", "--key", "key.private", "--algorithm", dsa.name, "message").exit_code == 0
    sizes = [Path(name).stat().st_size for name in ("key.private", "key.public", "message.sig")]
    assert sizes == [dsa.seed if form == "seed" else dsa.private_key, dsa.public_key, dsa.output]
    verified = call("verify", "--key", "key.public", "message")
    assert (verified.exit_code, verified.stdout) == (0, f"message: {dsa.name} signature is valid\n")


@pytest.mark.parametrize("form", ["seed", "expanded"])
def test_secret_exchanged_with_files_is_the_same(kem: Sizes, form: str) -> None:
    """The files of encapsulate have the sizes of the standard, and decapsulate finds the same secret."""
    keygen(kem.name, "--form", form)
    sent = call("encapsulate", "--key", "key.public", "--ciphertext", "ciphertext", "--secret", "sent")
    got = call(*f"decapsulate --key key.private --algorithm {kem.name} --ciphertext ciphertext --secret got".split())
    assert (sent.exit_code, got.exit_code) == (0, 0)
    assert Path("ciphertext").stat().st_size == kem.output
    assert Path("sent").stat().st_size == 32
    assert Path("got").read_bytes() == Path("sent").read_bytes()


def test_installed_command_signs_and_verifies_through_pipes() -> None:
    """Messages, public keys and signatures pass through standard input and output as raw bytes."""
    public = run("keygen", "ML-DSA-44", "--private", "key", "--public", "-")
    Path("public").write_bytes(public.stdout)
    signed = run("sign", "--key", "key", "--algorithm", "ML-DSA-44", "-", stdin=b"message\n")
    verified = run("verify", "--key", "public", "--signature", "-", "message", stdin=signed.stdout)
    assert (public.returncode, signed.returncode, verified.returncode) == (0, 0, 0)
    assert (len(public.stdout), len(signed.stdout)) == (1312, 2420)
    assert (public.stderr, signed.stderr, verified.stderr) == (b"", b"", b"")


def test_private_key_may_come_from_a_pipe(dsa: Sizes) -> None:
    """Another program may decrypt the key, so that it is never on the disk."""
    keygen(dsa.name, "--form", "expanded")
    signed = run("sign", "--key", "/dev/stdin", "-o", "signature", "message", stdin=Path("key.private").read_bytes())
    assert signed.returncode == 0
    assert call("verify", "--key", "key.public", "--signature", "signature", "message").exit_code == 0


def test_contents_of_a_private_key_file_are_wiped() -> None:
    """What was read is zeros as soon as the key is loaded."""
    with secret_input("message", 10) as contents:
        assert contents == b"message\n"
    assert contents == bytes(8)


def test_length_of_an_expanded_key_tells_its_set(kem: Sizes) -> None:
    """Only a seed needs --algorithm."""
    keygen(kem.name, "--form", "expanded")
    Path("ciphertext").write_bytes(bytes(kem.output))
    result = call("decapsulate", "--key", "key.private", "--ciphertext", "ciphertext", "--secret", "secret", "--json")
    assert json.loads(result.stdout)["algorithm"] == kem.name


def test_tampered_message_exits_1(dsa: Sizes) -> None:
    """A script can tell a bad signature from a bad command."""
    keygen(dsa.name)
    call("sign", "--key", "key.private", "--algorithm", dsa.name, "message")
    Path("message").write_bytes(b"Message\n")
    result = run("verify", "--key", "key.public", "message")
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr == b"error: signature is not valid\n"


def test_tampered_ciphertext_gives_another_secret(kem: Sizes) -> None:
    """Implicit rejection is no error."""
    keygen(kem.name)
    call("encapsulate", "--key", "key.public", "--ciphertext", "ciphertext", "--secret", "sent")
    ciphertext = bytearray(Path("ciphertext").read_bytes())
    ciphertext[0] ^= 1
    Path("ciphertext").write_bytes(ciphertext)
    result = call(*f"decapsulate --key key.private --algorithm {kem.name} --ciphertext ciphertext --secret got".split())
    assert result.exit_code == 0
    assert Path("got").read_bytes() != Path("sent").read_bytes()


@pytest.mark.parametrize(
    ("options", "expected"),
    [(["--context", "log in é"], 0), (["--context-hex", "6c6f6720696e20c3a9"], 0), (["--context", "log"], 1), ([], 1)],
)
def test_context_must_be_the_one_that_was_signed(options: list[str], expected: int) -> None:
    """Text is taken as UTF-8, and hexadecimal digits name the same bytes."""
    keygen("ML-DSA-44", "--form", "expanded")
    call("sign", "--key", "key.private", "--context", "log in é", "message")
    assert call("verify", "--key", "key.public", *options, "message").exit_code == expected


def test_deterministic_signatures_are_equal() -> None:
    """The same key and message give the same file, which the Python interface makes too."""
    keygen("ML-DSA-44")
    for name in ("one", "two"):
        call(*f"sign --key key.private --algorithm ml-dsa-44 --deterministic -o {name} message".split())
    with MLDSAPrivateKey.from_seed(Path("key.private").read_bytes(), "ML-DSA-44") as key:
        expected = key.sign(b"message\n", deterministic=True)
    assert [Path(name).read_bytes() for name in ("one", "two")] == [expected, expected]


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


@pytest.mark.parametrize("existing", ["key.private", "key.public"])
def test_existing_file_is_not_replaced(folder: Path, existing: str) -> None:
    """Where one file of two exists, neither is written."""
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
    keygen("ML-KEM-512", "--force")
    status = Path("key.private").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_size) == (0o600, 64)
    assert {each.name for each in folder.iterdir()} == {"key.private", "key.public", "message"}


def test_force_replaces_what_a_link_points_to() -> None:
    """A link stays a link, as it does when anything else writes to it."""
    Path("target").write_bytes(b"old")
    Path("key.private").symlink_to("target")
    keygen("ML-KEM-512", "--force")
    assert Path("key.private").is_symlink()
    assert Path("target").stat().st_size == 64


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ("--private same --public same", "same: two results cannot go into one file"),
        ("--private key --public /dev/null", "/dev/null: is not a regular file, so it is not replaced"),
        ("--private key --public none/key", "none/key: No such file or directory"),
        ("--private key --public .", ".: is not a regular file, so it is not replaced"),
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
        ("private", 2400, "an ML-DSA private key of 32, 2560, 4032 or 4896 bytes, got 2400 bytes, the size of an "),
        ("private", 64, "an ML-DSA private key of 32, 2560, 4032 or 4896 bytes, got 64 bytes, the size of an ML-KEM s"),
        ("private", 4897, "got more than 4896 bytes"),
        ("private", 0, "got 0 bytes"),
        ("private", 32, "a seed does not tell its parameter set: name it with --algorithm"),
        ("public", 1184, "an ML-DSA public key of 1312, 1952 or 2592 bytes, got 1184 bytes, the size of an ML-KEM-768"),
        ("public", 1953, "got 1953 bytes"),
    ],
)
def test_key_of_the_wrong_kind_is_named(key: str, size: int, message: str) -> None:
    """The message gives the sizes that would do and says what the file may be instead."""
    Path("key").write_bytes(bytes(size))
    Path("message.sig").write_bytes(b"")
    result = call("sign" if key == "private" else "verify", "--key", "key", "message")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: key: ")
    assert message in result.stderr


def test_expanded_key_of_another_set_is_refused() -> None:
    """An --algorithm that contradicts the file is an error, not a hint."""
    keygen("ML-DSA-87", "--form", "expanded")
    result = call("sign", "--key", "key.private", "--algorithm", "ML-DSA-44", "message")
    expected = (
        "expected an ML-DSA-44 private key of 32 or 2560 bytes, got 4896 bytes, the size of an ML-DSA-87 private key"
    )
    assert (result.exit_code, result.stderr) == (2, f"error: key.private: {expected}\n")


@pytest.mark.parametrize("size", [32, 33, 64, 1632, 2400, 2560, 3168, 4032, 4896, 10000])
@pytest.mark.parametrize("command", ["sign -o out message", "decapsulate --ciphertext message --secret out"])
def test_bad_key_is_one_line_without_a_byte_of_it(command: str, size: int) -> None:
    """What is in a key file appears neither raw nor in hexadecimal, and there is no traceback."""
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
    """The usage is shown on standard error, and nothing is written."""
    result = call(*arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: ")
    assert [each.name for each in folder.iterdir()] == ["message"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "--key", "none", "message"], "none: No such file or directory"),
        (["verify", "--key", ".", "message"], ".: Is a directory"),
        (["demo", "none"], "none: No such file or directory"),
        (["decapsulate", "--key", "none", "--ciphertext", "c", "--secret", "s"], "none: No such file or directory"),
    ],
)
def test_unreadable_file_exits_2(arguments: list[str], message: str) -> None:
    """The system's own words, in one line."""
    result = call(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"error: {message}\n")


def test_context_and_ciphertext_of_the_wrong_length_exit_2() -> None:
    """What the library refuses ends in one line as well."""
    keygen("ML-DSA-44", "--form", "expanded")
    signed = call("sign", "--key", "key.private", "--context", "x" * 256, "message")
    keygen("ML-KEM-512", "--form", "expanded", "--force")
    opened = call("decapsulate", "--key", "key.private", "--ciphertext", "message", "--secret", "secret")
    assert (signed.exit_code, opened.exit_code) == (2, 2)
    assert "expected at most 255 bytes, got 256" in signed.stderr
    assert "expected 768 bytes for ML-KEM-512, got 8" in opened.stderr


def test_json_of_file_commands_names_every_file(kem: Sizes) -> None:
    """The algorithm, and the path and size of all that was written."""
    made = call("keygen", kem.name, "--private", "a", "--public", "b", "--json")
    sent = call("encapsulate", "--key", "b", "--ciphertext", "c", "--secret", "s", "--json")
    assert json.loads(made.stdout) == {
        "algorithm": kem.name,
        "private_key": {"path": "a", "bytes": kem.seed},
        "public_key": {"path": "b", "bytes": kem.public_key},
    }
    assert json.loads(sent.stdout) == {
        "algorithm": kem.name,
        "ciphertext": {"path": "c", "bytes": kem.output},
        "shared_secret": {"path": "s", "bytes": 32},
    }


def test_json_of_signing_and_verifying_says_whether_it_is_valid(dsa: Sizes) -> None:
    """A bad signature is a result, told on standard output with exit code 1."""
    keygen(dsa.name, "--form", "expanded")
    signed = call("sign", "--key", "key.private", "message", "--json")
    good = call("verify", "--key", "key.public", "message", "--json")
    bad = call("verify", "--key", "key.public", "--context", "other", "message", "--json")
    expected = {"algorithm": dsa.name, "signature": {"path": "message.sig", "bytes": dsa.output}}
    assert json.loads(signed.stdout) == expected
    assert (good.exit_code, json.loads(good.stdout)) == (0, {"algorithm": dsa.name, "valid": True})
    assert (bad.exit_code, json.loads(bad.stdout), bad.stderr) == (1, {"algorithm": dsa.name, "valid": False}, "")


def test_demo_of_a_file_shows_every_set(root: Path) -> None:
    """The job is done on a file of this project, with one table for each family and no escape codes in a pipe."""
    result = run("demo", root / "pyproject.toml")
    assert (result.returncode, result.stderr) == (0, b"")
    lines = result.stdout.decode("ascii").splitlines()
    assert [line.split()[0] for line in lines if line.startswith(("ML-KEM-", "ML-DSA-"))] == NAMES
    assert [line for line in lines if line.startswith("FAILED")] == []
    assert lines[-1] == "All 18 checks hold."


@pytest.mark.parametrize("content", [b"", b"x", bytes(1 << 20)], ids=["empty", "one byte", "1 MiB"])
def test_demo_takes_any_file(content: bytes) -> None:
    """An empty file has tampered copies too, and a large one is timed less often."""
    Path("file").write_bytes(content)
    result = json.loads(call("demo", "file", "--json").stdout)
    assert (result["holds"], result["file_bytes"]) == (True, len(content))
    assert result["runs"] == (3 if len(content) >= 1 << 20 else 25)


def test_demo_without_a_file_tells_sizes_and_times_as_json(kem: Sizes) -> None:
    """Sizes are those of the standard, and every operation took some time."""
    result = json.loads(run("demo", "--json").stdout)
    trial = next(each for each in result["ml_kem"] if each["algorithm"] == kem.name)
    sizes = ("public_key", kem.public_key), ("private_key", kem.private_key), ("seed", kem.seed)
    assert trial["sizes"] == dict((*sizes, ("ciphertext", kem.output), ("secret", 32)))
    assert set(trial["microseconds"]) == {"keygen", "encaps", "decaps"}
    assert all(time > 0 for time in trial["microseconds"].values())


def test_demo_that_does_not_hold_exits_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """If verification accepted everything, the demonstration would say so and fail."""
    monkeypatch.setattr(demonstration, "_verifies", lambda *_arguments: True)
    result = call("demo")
    assert result.exit_code == 1
    assert "FAILED  a tampered signature is refused (not for ML-DSA-44, ML-DSA-65, ML-DSA-87)" in result.stdout
    assert result.stdout.endswith("6 of 18 FAILED.\n")


@pytest.mark.parametrize("arguments", [["demo"], ["info"]])
def test_terminal_gets_colour_within_its_width(arguments: list[str]) -> None:
    """Colour is for terminals, and the tables fit 80 columns, so no column name is cut."""
    code, received = run_on_terminal(*arguments)
    assert code == 0
    assert ESCAPE in received
    assert "…" not in received.decode()


def test_colour_cannot_be_forced_into_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that make other programs colourful change nothing."""
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.setenv(name, "1")
    results = [run("demo"), run("info"), run("--help"), run("nonsense")]
    assert not any(ESCAPE in result.stdout + result.stderr for result in results)


def test_binary_data_is_not_written_to_a_terminal() -> None:
    """A raw key would only upset the terminal."""
    code, received = run_on_terminal("keygen", "ML-KEM-512", "--private", "key", "--public", "-")
    assert (code, received) == (2, b"error: standard output: binary data is not written to a terminal\r\n")
    assert not Path("key").exists()


def test_info_tells_versions_and_algorithms() -> None:
    """The same facts for people and for programs."""
    text, parsed = call("info").stdout, json.loads(run("info", "--json").stdout)
    assert (parsed["library"], parsed["abi"], parsed["algorithms"]) == (__version__, 1, NAMES)
    assert parsed["code_path"] in {"avx2", "portable"}
    assert {line.split("  ")[0].replace(" ", "_") for line in text.splitlines()} == set(parsed)


def test_version_is_that_of_the_library() -> None:
    """--version is one line, and the module can be run like the command."""
    module = subprocess.run([sys.executable, "-m", "qynauth_pqc", "--version"], capture_output=True, check=True)
    assert (run("--version").stdout, module.stdout) == (f"qynauth-pqc {__version__}\n".encode(),) * 2


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_missing_extra_is_one_sentence(missing: str) -> None:
    """Without the extra, the command says what to install."""
    code = f"import sys; sys.modules[{missing!r}] = None; from qynauth_pqc.cli import main; main()"
    result = subprocess.run([sys.executable, "-c", code, "info"], capture_output=True, check=False)
    expected = b"error: the command line needs click and rich: pip install 'qynauth-pqc[cli]'\n"
    assert (result.returncode, result.stdout, result.stderr) == (2, b"", expected)


def test_package_imports_nothing_of_the_command_line() -> None:
    """Who imports the library does not pay for the command."""
    code = "import sys, qynauth_pqc; print([n for n in sys.modules if 'cli' in n.split('.')[-1] or n == 'rich'])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout == b"[]\n"


def test_full_output_is_one_line_on_standard_error() -> None:
    """A disk without space is an error, and Python adds nothing at its exit."""
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run([COMMAND, "info"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (result.returncode, result.stderr) == (2, b"error: No space left on device\n")


def test_closed_pipe_is_silent() -> None:
    """`qynauth-pqc info | head` ends like any other command."""
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run([COMMAND, "info"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (result.returncode, result.stderr) == (2, b"")
