"""The command line: keys, signatures and secrets through files and pipes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import call, folder, keygen, run, run_on_terminal
from conftest import Sizes

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.formats._files import secret_input

__all__ = ["folder"]  # pytest uses it for every test here


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


def test_length_of_an_expanded_key_decides_its_set(kem: Sizes) -> None:
    """Only a seed needs --algorithm."""
    keygen(kem.name, "--form", "expanded")
    Path("ciphertext").write_bytes(bytes(kem.output))
    result = call("decapsulate", "--key", "key.private", "--ciphertext", "ciphertext", "--secret", "secret", "--json")
    assert json.loads(result.stdout)["algorithm"] == kem.name


def test_tampered_message_exits_1(dsa: Sizes) -> None:
    """A script can distinguish a bad signature from a bad command."""
    keygen(dsa.name)
    call("sign", "--key", "key.private", "--algorithm", dsa.name, "message")
    Path("message").write_bytes(b"Message\n")
    result = run("verify", "--key", "key.public", "message")
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr == b"error: signature is not valid\n"


def test_tampered_ciphertext_has_another_secret(kem: Sizes) -> None:
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
    """The same key and message make the same file, which the Python interface makes too."""
    keygen("ML-DSA-44")
    for name in ("one", "two"):
        call(*f"sign --key key.private --algorithm ml-dsa-44 --deterministic -o {name} message".split())
    with MLDSAPrivateKey.from_seed(Path("key.private").read_bytes(), "ML-DSA-44") as key:
        expected = key.sign(b"message\n", deterministic=True)
    assert [Path(name).read_bytes() for name in ("one", "two")] == [expected, expected]


def test_hashed_message_verifies_with_its_hash_function_only(dsa: Sizes) -> None:
    """A signature of a digest is no plain one, and the names may be written in lower case."""
    keygen(dsa.name)
    signed = call("sign", "--key", "key.private", "--algorithm", dsa.name, "--prehash", "sha-512", "message")
    assert (signed.exit_code, signed.stdout) == (0, f"message.sig: {dsa.name} signature, {dsa.output} bytes\n")
    for options, expected in (["--prehash", "SHA-512"], 0), (["--prehash", "SHA3-512"], 1), ([], 1):
        assert call("verify", "--key", "key.public", *options, "message").exit_code == expected


def test_hashed_message_may_come_through_a_pipe() -> None:
    """Nothing but its digest is kept of it."""
    keygen("ML-DSA-44")
    key = ("--key", "key.private", "--algorithm", "ML-DSA-44")
    signed = run("sign", *key, "--prehash", "SHAKE256", "-", stdin=b"message\n")
    Path("signature").write_bytes(signed.stdout)
    verify = ("verify", "--key", "key.public", "--prehash", "SHAKE256", "--signature", "signature")
    assert run(*verify, "message").returncode == run(*verify, "-", stdin=b"message\n").returncode == 0


def test_unknown_hash_function_is_wrong_usage() -> None:
    """The error lists the twelve."""
    result = call("sign", "--key", "key.private", "--prehash", "MD5", "message")
    assert result.exit_code == 2
    assert "SHA-224, SHA-256" in result.stderr


def test_hashing_shows_a_bar_on_a_terminal() -> None:
    """A large file takes a while."""
    keygen("ML-DSA-44")
    with Path("large").open("wb") as file:
        file.truncate(64 << 20)
    arguments = ["sign", "--key", "key.private", "--algorithm", "ML-DSA-44", "--prehash", "SHA-256", "large"]
    code, shown = run_on_terminal(*arguments)
    assert code == 0
    assert b"hashing" in shown
