"""The commands `sign` and `verify` take several files, long files, and signers of other packages."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command_line import COMMAND, call, folder, keygen, run, run_on_terminal
from elsewhere import Elsewhere
from signing_commands import (
    COMPOSITE,
    MEMORY,
    SMALL,
    check_large_file_is_signed,
    check_signature_of_another_key_is_not_written,
    check_usage_is_refused,
    little_memory,
    signers,
)

from qynauth_pqc.cli.keys import load_signer

__all__ = ["folder", "signers"]  # pytest uses the folder for every test here


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


LARGE = {
    "ML-DSA": ("ML-DSA-44", ()),
    "composite": (COMPOSITE, ()),
    "SLH-DSA": ("SLH-DSA-SHA2-128f", ()),
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
    check_large_file_is_signed(name, options, size)


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
    """They get the message in the raw format."""
    assert call("sign", "--signer", f"far:{name}", "message").exit_code == 0
    signers[name].public_key.save("key.public")
    assert call("verify", "--key", "key.public", "message").exit_code == 0
    assert signers[name].received == [b"message\n"]


def test_entry_point_that_returns_no_signer_is_refused(signers: dict[str, Any]) -> None:
    """The error names its type, before anything is signed."""
    signers["ML-DSA-44"] = object()
    with pytest.raises(TypeError, match=r"or another signer, not object$"):
        load_signer("far:ML-DSA-44")


def test_signature_of_a_signer_with_another_key_is_not_written(signers: dict[str, Elsewhere]) -> None:
    """Nobody could verify it."""
    check_signature_of_another_key_is_not_written(signers)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sign", "message"], "pass either --key or --signer"),
        (["sign", "message", "--key", "key.private", "--signer", "far:x"], "pass either --key or --signer"),
        (["sign", "message", "--signer", "near"], "no signer 'near' is installed; there are: far"),
        (["sign", "message", "--signer", f"far:{COMPOSITE}", "--context", "x"], "this signer takes no context"),
        (["sign", "message", "--signer", "far:ML-DSA-44", "--deterministic"], "need a key in this process"),
        (["verify", "message"], "missing option '--key'"),
        (["sign", "message", "-", "--key", "key.private"], "go with one MESSAGE"),
        (["sign", "message", "message", "-o", "out", "--key", "key.private"], "go with one MESSAGE"),
        (["verify", "message", "message", "--signature", "out", "--key", "key.public"], "go with one MESSAGE"),
        (["sign", "message", "message", "--key", "key.private"], "named twice"),
    ],
)
@pytest.mark.usefixtures("signers")
def test_wrong_usage_says_what_to_do(arguments: list[str], said: str) -> None:
    """Wrong usage leads to exit code 2, and nothing is written."""
    check_usage_is_refused(arguments, said)
