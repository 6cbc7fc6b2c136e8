"""The commands `sign` and `verify` take several files, formats, keys of OpenSSH, and signers of other packages."""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
from pathlib import Path

import pytest
from command_line import COMMAND, call, folder, keygen, run, run_on_terminal, write_password
from conftest import IS_PYPY
from elsewhere import Elsewhere

from qynauth_pqc import load_public_key_file
from qynauth_pqc.ssh import SSHPrivateKey, SSHPublicKey, verify

__all__ = ["folder"]  # pytest uses it for every test here

COMPOSITE = "MLDSA44-Ed25519-SHA512"
SSH = ("--format", "ssh", "--namespace", "file@shire.example")
MEMORY = 1 << (28 if IS_PYPY else 27)  # PyPy collects late; a file is longer than this in any case
"""The memory that a command may allocate."""


@pytest.fixture
def ssh_keygen_key() -> SSHPublicKey:
    """Return the public key of a key pair of OpenSSH in id and id.pub."""
    assert call("ssh", "keygen", "id").exit_code == 0
    return SSHPublicKey.load("id.pub")


OFFERS_SIGNERS = {
    "shire_signers.py": """\
from elsewhere import Elsewhere, MuElsewhere

made = {}


def open_signer(text):
    kind = MuElsewhere if text.startswith("ML-DSA") else Elsewhere
    return made.setdefault(text, kind(text))
""",
    "shire-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: shire\nVersion: 1\n",
    "shire-1.dist-info/entry_points.txt": "[qynauth_pqc.signers]\nfar = shire_signers:open_signer\n",
}
"""A package that offers signers."""


@pytest.fixture
def signers(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> dict[str, Elsewhere]:
    """Return the signers that an installed package has made, by the text that requested each."""
    package = tmp_path_factory.mktemp("installed")
    (package / "shire-1.dist-info").mkdir()
    for name, text in OFFERS_SIGNERS.items():
        (package / name).write_text(text)
    monkeypatch.syspath_prepend(package)
    made: dict[str, Elsewhere] = importlib.import_module("shire_signers").made
    made.clear()
    return made


def test_several_files_are_signed_and_verified_at_once() -> None:
    """Each file has a line of text, or an object in JSON."""
    keygen("ML-DSA-44")
    for name in ("one", "two"):
        Path(name).write_text(name)
    signed = call("sign", "--key", "key.private", "one", "two")
    assert signed.stdout == "".join(f"{name}.sig: ML-DSA-44 signature, 2420 bytes\n" for name in ("one", "two"))
    verified = call("verify", "--key", "key.public", "one", "two", "--json")
    assert [json.loads(line) for line in verified.stdout.splitlines()] == [
        {"message": name, "algorithm": "ML-DSA-44", "valid": True} for name in ("one", "two")
    ]


@pytest.mark.parametrize(
    ("changed", "code"), [({"two": b"other"}, 1), ({"two": None}, 2), ({"one": None, "two": b"other"}, 2), ({}, 0)]
)
def test_exit_code_of_several_files_is_that_of_the_worst(changed: dict[str, bytes | None], code: int) -> None:
    """All of the files are checked."""
    keygen("ML-DSA-44")
    names = ("one", "two", "three")
    for name in names:
        Path(name).write_text(name)
    assert call("sign", "--key", "key.private", *names).exit_code == 0
    for name, data in changed.items():
        Path(name).unlink() if data is None else Path(name).write_bytes(data)
    result = call("verify", "--key", "key.public", *names)
    assert result.exit_code == code
    assert result.stdout == "".join(f"{n}: ML-DSA-44 signature is valid\n" for n in names if n not in changed)
    assert len(result.stderr.splitlines()) == len(changed)


def test_no_signature_is_written_if_one_file_cannot_be_signed() -> None:
    """Either all signatures are written or none."""
    keygen("ML-DSA-44")
    assert call("sign", "--key", "key.private", "message", "absent").exit_code == 2
    assert not Path("message.sig").exists()


@pytest.mark.parametrize("name", ["ML-DSA-44", COMPOSITE])
def test_large_files_show_one_bar_on_a_terminal(name: str) -> None:
    """One bar covers all files."""
    keygen(name)
    with Path("large").open("wb") as file:
        file.truncate(64 << 20)
    code, shown = run_on_terminal("sign", "--key", "key.private", "large", "message")
    assert code == 0
    assert b"hashing 2 files" in shown


def little_memory() -> None:
    """Limit the memory of this process."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


# PyPy begins with as much memory as the cache of the processor has.
SMALL = {**os.environ, "PYPY_GC_NURSERY": "1M"}


LARGE = {
    "ML-DSA": ("ML-DSA-44", ()),
    "composite": (COMPOSITE, ()),
    "SLH-DSA": ("SLH-DSA-SHA2-128f", ()),
    "ssh": (COMPOSITE, SSH),
    "cms": ("ML-DSA-44", ("--format", "cms")),
}


@pytest.mark.parametrize(
    ("name", "options", "size"),
    [
        *(pytest.param(*LARGE[each], MEMORY + 1, id=each) for each in ("ML-DSA", "composite")),
        *(pytest.param(*LARGE[each], 1 << 30, id=f"{each}, 1 GiB", marks=pytest.mark.nightly) for each in LARGE),
    ],
)
def test_file_that_is_longer_than_the_memory_is_signed(name: str, options: tuple[str, ...], size: int) -> None:
    """A gigabyte takes as much as a megabyte."""
    keygen(name)
    with Path("large").open("wb") as file:
        file.truncate(size)

    for command, key in (("sign", "key.private"), ("verify", "key.public")):
        arguments = [str(COMMAND), command, "large", "--key", key, *options]
        done = subprocess.run(arguments, capture_output=True, check=False, preexec_fn=little_memory, env=SMALL)
        assert (done.returncode, done.stderr) == (0, b"")


def test_pipe_that_is_longer_than_the_memory_is_signed_by_a_composite() -> None:
    """It is hashed in chunks and not kept."""
    keygen(COMPOSITE)
    for command in ("sign - --key key.private -o signature", "verify - --key key.public --signature signature"):
        with subprocess.Popen(["head", "-c", str(MEMORY + 1), "/dev/zero"], stdout=subprocess.PIPE) as zeros:
            done = subprocess.run(
                [COMMAND, *command.split()],
                stdin=zeros.stdout,
                capture_output=True,
                check=False,
                preexec_fn=little_memory,
                env=SMALL,
            )
        assert (done.returncode, done.stderr, zeros.returncode) == (0, b"", 0)


@pytest.mark.parametrize("name", [COMPOSITE, "SLH-DSA-SHA2-128f"])
def test_file_and_pipe_of_a_message_have_the_same_signature(name: str) -> None:
    """So has an empty one. With SLH-DSA, the file is mapped and the pipe read."""
    keygen(name)
    for message in (b"message\n", b""):
        Path("message").write_bytes(message)
        for arguments in (["message"], ["-", "-o", "piped"]):
            made = run("sign", "--key", "key.private", "--deterministic", "--force", *arguments, stdin=message)
            assert (made.returncode, made.stderr) == (0, b"")
        assert Path("piped").read_bytes() == Path("message.sig").read_bytes()
        assert run("verify", "--key", "key.public", "-", "--signature", "piped", stdin=message).returncode == 0


def test_ssh_format_is_read_by_the_package_and_the_program_for_git(ssh_keygen_key: SSHPublicKey) -> None:
    """The signature has the form that ssh-keygen writes."""
    assert call("sign", "--key", "id", *SSH, "message").exit_code == 0
    text = Path("message.sig").read_bytes()
    verify(b"message\n", text, namespace="file@shire.example", signers=ssh_keygen_key)
    program = [str(COMMAND.with_name("qynauth-pqc-git")), "-Y", "check-novalidate", "-n", "file@shire.example"]
    done = subprocess.run([*program, "-s", "message.sig"], input=b"message\n", capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("key", ["id.pub", "key.public"])
@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ([], 0, ""),
        (["--namespace", "file"], 1, "for the namespace 'file@shire.example', not 'file'"),
        (["--key", "other.pub"], 1, "signed by another key"),
        (["--signature", "message"], 2, "expected the header -----BEGIN SSH SIGNATURE-----"),
    ],
)
@pytest.mark.usefixtures("ssh_keygen_key")
def test_ssh_format_names_what_is_wrong(key: str, change: list[str], code: int, said: str) -> None:
    """The key may be in either encoding; a file that is no signature is bad input."""
    assert call("ssh", "keygen", "other").exit_code == 0
    assert call("convert", "--key", "id", "--public", "key.public").exit_code == 0
    call("sign", "--key", "id", *SSH, "message")
    result = call("verify", "--key", key, *SSH, "message", *change)
    assert result.exit_code == code
    assert said in result.stderr


@pytest.mark.parametrize(
    ("line", "principal", "code", "said"),
    [
        ("*@shire", "frodo@shire", 0, ""),
        ('*@shire namespaces="file@shire.example"', "frodo@shire", 0, ""),
        ("*@shire", "gandalf", 1, "principal"),
        ("*", "", 2, "expected a name"),
        ('*@shire namespaces="git"', "frodo@shire", 1, "namespace"),
        ('*@shire valid-before="20200101Z"', "frodo@shire", 1, "not valid after 2020"),
        ('*@shire nonsense="1"', "frodo@shire", 2, "signers: allowed signers, line 1"),
    ],
)
@pytest.mark.usefixtures("ssh_keygen_key")
def test_ssh_format_takes_allowed_signers(line: str, principal: str, code: int, said: str) -> None:
    """The line of the key decides, as for `ssh-keygen -Y verify`."""
    Path("signers").write_text(f"{line} {Path('id.pub').read_text()}", encoding="ascii")
    assert call("sign", "--key", "id", *SSH, "message").exit_code == 0
    result = call("verify", "--allowed-signers", "signers", "--principal", principal, *SSH, "message")
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


@pytest.mark.usefixtures("ssh_keygen_key")
def test_key_of_openssh_is_a_key_like_any_other() -> None:
    """It signs in the raw format and is converted, also with a password."""
    assert call("sign", "--key", "id", "message").exit_code == 0
    assert call("verify", "--key", "id.pub", "message").stdout == f"message: {COMPOSITE} signature is valid\n"
    password = str(write_password())
    assert call("ssh", "keygen", "locked", "--password-file", password).exit_code == 0
    arguments = ["--key", "locked", "--password-file", password]
    assert call("convert", *arguments, "--private", "k", "--public", "p", "--no-encryption").exit_code == 0
    assert call("sign", *arguments, *SSH, "message", "--force").exit_code == 0
    assert call("verify", "--key", "p", *SSH, "message").exit_code == 0
    assert run("sign", "--key", "locked", "message", "--force").returncode == 2  # no terminal to ask on


def test_classical_key_of_openssh_signs_in_its_format_alone(root: Path) -> None:
    """It has only the fingerprint of OpenSSH."""
    key = root / "tests/ssh/files/ed25519"
    public = SSHPublicKey.load(f"{key}.pub")
    private = SSHPrivateKey.load(key)
    assert private.public_key == public
    assert call("sign", "--key", key, *SSH, "message").exit_code == 0
    assert call("verify", "--key", f"{key}.pub", *SSH, "message").exit_code == 0
    for arguments in (["sign", "--key", key, "message"], ["verify", "--key", f"{key}.pub", "message"]):
        result = call(*arguments)
        assert (result.exit_code, "a key of ssh-ed25519 is for --format ssh only" in result.stderr) == (2, True)
    for path in (key, f"{key}.pub"):
        assert call("fingerprint", path).stdout == f"{public.fingerprint()}  ssh-ed25519  {path}\n"


@pytest.mark.parametrize("path", ["id", "id.pub", "key.public"])
def test_fingerprint_shows_both_forms(ssh_keygen_key: SSHPublicKey, path: str) -> None:
    """It shows the forms of the library and of OpenSSH, or one for a set that OpenSSH lacks."""
    assert call("convert", "--key", "id", "--public", "key.public").exit_code == 0
    key = load_public_key_file("key.public")
    ours = f"{key.fingerprint()}  {COMPOSITE}  {path}\n"
    assert call("fingerprint", path).stdout == ours + f"{ssh_keygen_key.fingerprint()}  ssh-mldsa44-ed25519  {path}\n"
    objects = [json.loads(line) for line in call("fingerprint", path, "--json").stdout.splitlines()]
    assert objects[1] == {"algorithm": "ssh-mldsa44-ed25519", "fingerprint": ssh_keygen_key.fingerprint()}
    keygen("MLDSA65-Ed25519-SHA512", "--force")
    assert len(call("fingerprint", "key.private").stdout.splitlines()) == 1


@pytest.mark.parametrize("options", [(), ("--context", "letters")])
def test_signer_of_mldsa_receives_mu_alone(signers: dict[str, Elsewhere], options: tuple[str, ...]) -> None:
    """The signer gets 64 bytes for any message and context."""
    done = call("sign", "--signer", "far:ML-DSA-44", *options, "message")
    assert (done.exit_code, done.stderr) == (0, "")
    signer = signers["ML-DSA-44"]
    assert [len(each) for each in signer.received] == [64]
    signer.public_key.save("key.public")
    assert call("verify", "--key", "key.public", *options, "message").exit_code == 0


@pytest.mark.parametrize("name", [COMPOSITE, "SLH-DSA-SHAKE-128f"])
def test_other_signers_receive_what_they_sign(signers: dict[str, Elsewhere], name: str) -> None:
    """They get the message in the raw format, and its hash with the namespace in the format ssh."""
    assert call("sign", "--signer", f"far:{name}", "message").exit_code == 0
    signers[name].public_key.save("key.public")
    assert call("verify", "--key", "key.public", "message").exit_code == 0
    assert signers[name].received == [b"message\n"]
    if name == COMPOSITE:
        assert call("sign", "--signer", f"far:{name}", *SSH, "--force", "message").exit_code == 0
        assert call("verify", "--key", "key.public", *SSH, "message").exit_code == 0
        assert signers[name].received[1].startswith(b"SSHSIG\0\0\0\x12file@shire.example")


@pytest.mark.parametrize(
    "options", [(), SSH, ("--format", "cms"), ("--format", "dsse", "--payload-type", "text/plain")]
)
def test_signature_of_a_signer_with_another_key_is_not_written(
    signers: dict[str, Elsewhere], options: tuple[str, ...]
) -> None:
    """Nobody could verify it."""
    signers[COMPOSITE] = Elsewhere(COMPOSITE)
    signers[COMPOSITE].public_key = Elsewhere(COMPOSITE).public_key
    result = call("sign", "--signer", f"far:{COMPOSITE}", *options, "message")
    assert (result.exit_code, [*Path().glob("message.*")]) == (2, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sign", "message"], "pass either --key or --signer"),
        (["sign", "message", "--key", "key.private", "--signer", "far:x"], "pass either --key or --signer"),
        (["sign", "message", "--signer", "near"], "no signer 'near' is installed; there are: far"),
        (["sign", "message", "--signer", f"far:{COMPOSITE}", "--context", "x"], "this signer takes no context"),
        (["sign", "message", "--signer", "far:ML-DSA-44", "--deterministic"], "need a key in this process"),
        (["sign", "message", "--signer", "far:ML-DSA-44", *SSH], f"--format ssh is for keys of {COMPOSITE}"),
        (["sign", "message", "--key", "key.private", *SSH], f"--format ssh is for keys of {COMPOSITE}"),
        (["verify", "message", "--key", "key.public", *SSH], f"--format ssh is for keys of {COMPOSITE}"),
        (["sign", "message", "--key", "key.private", *SSH, "--context", "x"], "--context is not for --format ssh"),
        (["sign", "message", "--key", "key.private", "--namespace", "x"], "--namespace is not for --format raw"),
        (["verify", "message"], "missing option '--key'"),
        (["verify", "message", *SSH], "pass either --key or --allowed-signers"),
        (["verify", "message", *SSH, "--allowed-signers", "x"], "pass --allowed-signers and --principal, or neither"),
        (["verify", "message", *SSH, "--key", "key.public", "--principal", "x"], "and --principal, or neither"),
        (
            ["verify", "message", "--allowed-signers", "x", "--principal", "x"],
            "--allowed-signers is not for --format raw",
        ),
        (["sign", "message", "-", "--key", "key.private"], "go with one MESSAGE"),
        (["sign", "message", "message", "-o", "out", "--key", "key.private"], "go with one MESSAGE"),
        (["verify", "message", "message", "--signature", "out", "--key", "key.public"], "go with one MESSAGE"),
        (["sign", "message", "message", "--key", "key.private"], "named twice"),
    ],
)
@pytest.mark.usefixtures("signers")
def test_wrong_usage_says_what_to_do(arguments: list[str], said: str) -> None:
    """Wrong usage leads to exit code 2, and nothing is written."""
    keygen("ML-DSA-44")
    result = call(*arguments)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert not Path("message.sig").exists()
