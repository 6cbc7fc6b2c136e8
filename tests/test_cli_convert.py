"""The command line: keys from one encoding into another."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from certificates import self_signed
from click.testing import Result
from command_line import call, folder, keygen
from conftest import MLDSA, MLKEM, Sizes
from cryptography.hazmat.primitives.serialization import Encoding

from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey, load_private_key

__all__ = ["folder"]  # pytest uses it for every test here

SETS = [pytest.param(sizes, id=sizes.name) for sizes in (*MLKEM, *MLDSA)]


def convert(arguments: str) -> Result:
    """Run the command in this process."""
    return call("convert", *arguments.split())


def encodings(sizes: Sizes) -> list[str]:
    """Return what keys of a set can be written in."""
    return ["pem", "der", "jwk", "cose", "raw"] if sizes in MLDSA else ["pem", "der", "raw"]


@pytest.mark.parametrize("sizes", SETS)
def test_key_comes_back_the_same_through_every_encoding(sizes: Sizes) -> None:
    """From each to each next one, private and public, and at the end as it was."""
    keygen(sizes.name)
    first = {name: Path(name).read_bytes() for name in ("key.private", "key.public")}
    for encoding in encodings(sizes):
        options = f"--key key.private --algorithm {sizes.name} --format {encoding} --force"
        assert convert(f"{options} --private key.private --public key.public").exit_code == 0
        assert stat.S_IMODE(Path("key.private").stat().st_mode) == 0o600
        assert convert(f"--key key.public --public again --format {encoding} --force").exit_code == 0
        assert Path("again").read_bytes() == Path("key.public").read_bytes()
    assert {name: Path(name).read_bytes() for name in first} == first


@pytest.mark.parametrize("sizes", SETS)
def test_forms_and_passwords_are_the_ones_that_are_asked_for(sizes: Sizes) -> None:
    """Of the key that is read and of the one that is written."""
    Path("old").write_bytes(b"correct horse\n")
    Path("new").write_bytes(b"battery staple\n")
    keygen(sizes.name, "--format", "pem", "--password-file", "old")
    options = "--key key.private --password-file old --private other --new-password-file new --format der --form both"
    expected = f"other: {sizes.name} private key (both, DER, encrypted), "
    assert convert(options).stdout.startswith(expected)
    key = load_private_key(Path("other").read_bytes(), b"battery staple")
    assert key.seed() == load_private_key(Path("key.private").read_bytes(), b"correct horse").seed()
    assert convert("--key other --password-file new --private raw --form expanded").exit_code == 0
    assert Path("raw").read_bytes() == key.private_bytes()


def test_public_key_of_a_certificate_is_written(dsa: Sizes) -> None:
    """In the encoding that is asked for."""
    key = MLDSAPrivateKey.generate(dsa.name)
    Path("certificate").write_bytes(self_signed(key).public_bytes(Encoding.PEM))
    result = convert("--key certificate --public key.public --format pem")
    assert result.stdout == f"key.public: {dsa.name} public key, {len(key.public_key.to_spki())} bytes\n"
    assert Path("key.public").read_bytes() == key.public_key.to_spki()


def test_seed_of_xwing_determines_its_public_key() -> None:
    """And the public key itself is found to be one."""
    keygen("X-Wing")
    assert convert("--key key.private --algorithm X-Wing --public again").exit_code == 0
    assert convert("--key again --public third --algorithm X-Wing").exit_code == 0
    assert Path("third").read_bytes() == Path("again").read_bytes() == Path("key.public").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--key key.private", "Missing option '--private' or '--public'."),
        ("--key - --public b", "secrets are only read from and written to named files."),
        ("--key key.private --private -", "secrets are only read from and written to named files."),
        ("--key key.private --public b --encrypt", "--encrypt and --new-password-file need --private."),
        ("--key key.private --public - --json", "both need standard output."),
        ("--key key.public --public b --format jwk", "--format jwk is for keys of ML-DSA (RFC 9964)."),
        ("--key key.private --private b --format raw --form both", "--form both need --format pem or der."),
    ],
)
def test_wrong_usage_writes_nothing(folder: Path, arguments: str, message: str) -> None:
    """Also where only the key shows that it is wrong."""
    keygen("ML-KEM-512", "--form", "expanded")
    result = convert(arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in " ".join(result.stderr.split())
    assert {each.name for each in folder.iterdir()} == {"key.private", "key.public", "message"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--key key.private --private b --format pem", "no seed is known: the key was loaded from its expanded form"),
        ("--key key.public --private b", "key.public: expected an ML-KEM, ML-DSA or X-Wing private key of 32, 64, "),
        ("--key message --public b", "message: expected an ML-KEM, ML-DSA or X-Wing public key of 800, 1184, 1216, "),
        (
            "--key key.public --public b --algorithm ML-DSA-44",
            "key.public: expected an ML-DSA-44 key, got one of ML-KEM",
        ),
        (
            "--key key.public --public b --password-file message",
            "key.public: there is a password, but this is no priv",
        ),
        ("--key key.private --public key.public", "key.public: exists already; --force replaces it"),
        ("--key none --public b", "none: No such file or directory"),
    ],
)
def test_key_that_cannot_be_converted_is_an_error(folder: Path, arguments: str, message: str) -> None:
    """In one line, with nothing written."""
    keygen("ML-KEM-512", "--form", "expanded")
    result = convert(arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert message in result.stderr
    assert {each.name for each in folder.iterdir()} == {"key.private", "key.public", "message"}


@pytest.mark.parametrize("encoding", ["jwk", "cose"])
def test_public_and_private_keys_are_distinguished_in_every_encoding(encoding: str) -> None:
    """The public half of a private key is written without being asked for more."""
    keygen("ML-DSA-44", "--format", encoding)
    for key in ("key.private", "key.public"):
        assert convert(f"--key {key} --public {key}.raw").exit_code == 0
    assert Path("key.private.raw").read_bytes() == Path("key.public.raw").read_bytes()
    assert convert("--key key.public --private b").stderr.endswith("is a public key: it has no priv\n")


def test_damaged_key_of_the_other_family_is_refused() -> None:
    """The checks of loading hold."""
    private = bytearray(MLKEMPrivateKey.generate("ML-KEM-512").private_bytes().view())
    private[-33] ^= 1
    Path("key").write_bytes(private)
    assert "does not match the hash" in convert("--key key --public b").stderr
