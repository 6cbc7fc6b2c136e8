"""The command line passes keys, signatures and secrets through files and pipes."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import call, folder, keygen, run, run_on_terminal
from conftest import COMPOSITE, MLDSA, MLKEM, XWING, Sizes

from qynauth_pqc import MLDSAPrivateKey, load_private_key, load_public_key
from qynauth_pqc._keys import paths
from qynauth_pqc._keys.paths import SecretInput

__all__ = ["folder"]  # pytest uses it for every test here


@pytest.mark.parametrize("form", ["seed", "expanded"])
def test_signature_made_with_files_verifies(dsa: Sizes, form: str) -> None:
    """The files of keygen and sign have the sizes of the standard, and verify accepts them."""
    keygen(dsa.name, "--form", form, "--format", "raw")
    assert call("sign", "--key", "key.private", "--algorithm", dsa.name, "message").exit_code == 0
    sizes = [Path(name).stat().st_size for name in ("key.private", "key.public", "message.sig")]
    assert sizes == [dsa.seed if form == "seed" else dsa.private_key, dsa.public_key, dsa.output]
    verified = call("verify", "--key", "key.public", "--algorithm", dsa.name, "message")
    assert (verified.exit_code, verified.stdout) == (0, f"message: {dsa.name} signature is valid\n")


@pytest.mark.parametrize("form", ["seed", "expanded"])
def test_secret_exchanged_with_files_is_the_same(kem: Sizes, form: str) -> None:
    """The files of encapsulate have the sizes of the standard, and decapsulate finds the same secret."""
    keygen(kem.name, "--form", form, "--format", "raw")
    options = ("--ciphertext", "ciphertext", "--secret", "sent")
    sent = call("encapsulate", "--key", "key.public", "--algorithm", kem.name, *options)
    got = call(*f"decapsulate --key key.private --algorithm {kem.name} --ciphertext ciphertext --secret got".split())
    assert (sent.exit_code, got.exit_code) == (0, 0)
    assert Path("ciphertext").stat().st_size == kem.output
    assert Path("sent").stat().st_size == 32
    assert Path("got").read_bytes() == Path("sent").read_bytes()


def test_installed_command_signs_and_verifies_through_pipes() -> None:
    """Messages, public keys and signatures pass through standard input and output as raw bytes."""
    public = run("keygen", "ML-DSA-44", "--private", "key", "--public", "-", "--format", "raw")
    Path("public").write_bytes(public.stdout)
    signed = run("sign", "--key", "key", "--algorithm", "ML-DSA-44", "-", stdin=b"message\n")
    options = ("--key", "public", "--algorithm", "ML-DSA-44", "--signature", "-")
    verified = run("verify", *options, "message", stdin=signed.stdout)
    assert (public.returncode, signed.returncode, verified.returncode) == (0, 0, 0)
    assert (len(public.stdout), len(signed.stdout)) == (1312, 2420)
    assert (public.stderr, signed.stderr, verified.stderr) == (b"", b"", b"")


def test_private_key_may_come_from_a_pipe(dsa: Sizes) -> None:
    """Another program may decrypt the key, so that it is never on the disk."""
    keygen(dsa.name)
    signed = run("sign", "--key", "/dev/stdin", "-o", "signature", "message", stdin=Path("key.private").read_bytes())
    assert signed.returncode == 0
    assert call("verify", "--key", "key.public", "--signature", "signature", "message").exit_code == 0


def test_contents_of_a_private_key_file_are_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contents are zeros as soon as the key is loaded, and so is the longer memory that they were read into."""
    read, filled = paths._read_into, list[bytearray]()
    monkeypatch.setattr(paths, "_read_into", lambda memory, *file: filled.append(memory) or read(memory, *file))  # type: ignore[func-returns-value]
    with SecretInput("message", 10) as contents:
        assert contents == b"message\n"
        assert filled[0] == bytes(11)
    assert contents == bytes(8)


@pytest.mark.parametrize("name", [sizes.name for sizes in (*MLKEM, *MLDSA, XWING, *COMPOSITE)])
def test_keygen_writes_pem_without_options(name: str) -> None:
    """The files name their algorithm, and the library reads them without options."""
    keygen(name)
    private, public = (Path(each).read_bytes() for each in ("key.private", "key.public"))
    assert private.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert public.startswith(b"-----BEGIN PUBLIC KEY-----\n")
    key = load_private_key(private)
    assert (key.parameter_set, key.public_key) == (name, load_public_key(public))


@pytest.mark.parametrize("form", ["seed", "expanded"])
@pytest.mark.parametrize("command", ["sign --key key.private message", "verify --key key.public message"])
def test_raw_key_needs_its_algorithm(dsa: Sizes, form: str, command: str) -> None:
    """Private and public keys need it, even if the length would show it."""
    keygen(dsa.name, "--format", "raw", "--form", form)
    result = call(*command.split())
    expected = f"{command.split()[2]}: raw keys do not identify their algorithm; pass --algorithm"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"error: {expected}\n")


@pytest.mark.parametrize("encoding", ["pem", "der", "raw"])
def test_key_of_xwing_signs_nothing(encoding: str) -> None:
    """A seed of 32 bytes could be one of ML-DSA: it signs only if the caller says so."""
    keygen("X-Wing", "--format", encoding)
    result = call("sign", "--key", "key.private", "message")
    expected = {"raw": "error: key.private: raw keys do not identify their algorithm; pass --algorithm\n"}.get(
        encoding, "error: key.private: expected an ML-DSA, composite or SLH-DSA key, got an X-Wing key; check --key\n"
    )
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", expected)
    assert not Path("message.sig").exists()
    result = call("sign", "--key", "key.private", "--algorithm", "X-Wing", "message")
    assert (result.exit_code, "use one of ML-DSA-44, ML-DSA-65, ML-DSA-87" in result.stderr) == (2, True)


@pytest.mark.parametrize("made_for", ["ML-DSA-44", "X-Wing", "ML-KEM-512", "MLDSA65-Ed25519-SHA512"])
@pytest.mark.parametrize("encoding", ["pem", "der"])
def test_algorithm_that_contradicts_a_key_file_is_refused(made_for: str, encoding: str) -> None:
    """A file that names its algorithm is never read as a raw key of another."""
    keygen(made_for, "--format", encoding)
    for key in ("key.private", "key.public"):
        result = call("convert", "--key", key, "--algorithm", "ML-DSA-65", "--public", "out")
        text = f"expected an ML-DSA-65 key, got an {made_for} key; check --algorithm and --key"
        assert (result.exit_code, result.stderr) == (2, f"error: {key}: {text}\n")
        assert not Path("out").exists()


def test_tampered_message_exits_1(dsa: Sizes) -> None:
    """A script can distinguish a bad signature from a bad command."""
    keygen(dsa.name)
    call("sign", "--key", "key.private", "--algorithm", dsa.name, "message")
    Path("message").write_bytes(b"Message\n")
    result = run("verify", "--key", "key.public", "message")
    assert (result.returncode, result.stdout) == (1, b"")
    first = b"signature is not valid; message may have changed since it was signed; otherwise "
    step = b"check --key, --signature, --format, --context and --prehash"
    assert result.stderr == b"error: message.sig: " + first + step + b"\n"


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
    """The same key and message make the same file, as in the Python interface."""
    keygen("ML-DSA-44")
    for name in ("one", "two"):
        call(*f"sign --key key.private --algorithm ml-dsa-44 --deterministic -o {name} message".split())
    with load_private_key(Path("key.private").read_bytes()) as key:
        assert isinstance(key, MLDSAPrivateKey)
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
    """Only its digest is kept."""
    keygen("ML-DSA-44")
    key = ("--key", "key.private", "--algorithm", "ML-DSA-44")
    signed = run("sign", *key, "--prehash", "SHAKE256", "-", stdin=b"message\n")
    Path("signature").write_bytes(signed.stdout)
    verify = ("verify", "--key", "key.public", "--prehash", "SHAKE256", "--signature", "signature")
    assert run(*verify, "message").returncode == run(*verify, "-", stdin=b"message\n").returncode == 0


def test_unknown_hash_function_is_wrong_usage() -> None:
    """The error lists the known ones."""
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
