"""The command line converts keys from one encoding into another."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from certificates import self_signed
from click.testing import Result
from command_line import call, folder, keygen, run, write_password
from conftest import MLDSA, MLKEM, Sizes
from cryptography.hazmat.primitives.serialization import Encoding

from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey, load_private_key
from qynauth_pqc.errors import PasswordError

__all__ = ["folder"]  # pytest uses it for every test here

SETS = [pytest.param(sizes, id=sizes.name) for sizes in (*MLKEM, *MLDSA)]


def convert(arguments: str) -> Result:
    """Run the command in this process."""
    return call("convert", *arguments.split())


def encodings(sizes: Sizes) -> list[str]:
    """Return the possible encodings of keys of a set."""
    return ["pem", "der", "jwk", "cose", "raw"] if sizes in MLDSA else ["pem", "der", "raw"]


@pytest.mark.parametrize("sizes", SETS)
def test_key_comes_back_the_same_through_every_encoding(sizes: Sizes) -> None:
    """A private and a public key pass from each encoding to the next, and end unchanged."""
    keygen(sizes.name, "--format", "raw")
    first = {name: Path(name).read_bytes() for name in ("key.private", "key.public")}
    for encoding in encodings(sizes):
        options = f"--key key.private --algorithm {sizes.name} --format {encoding} --force"
        assert convert(f"{options} --private key.private --public key.public").exit_code == 0
        assert stat.S_IMODE(Path("key.private").stat().st_mode) == 0o600
        public = f"--key key.public --algorithm {sizes.name} --public again"
        assert convert(f"{public} --format {encoding} --force").exit_code == 0
        assert Path("again").read_bytes() == Path("key.public").read_bytes()
    assert {name: Path(name).read_bytes() for name in first} == first


@pytest.mark.parametrize("sizes", SETS)
def test_forms_and_passwords_are_the_ones_that_are_asked_for(sizes: Sizes) -> None:
    """The options apply to the key that is read and the key that is written."""
    Path("old").write_bytes(b"correct horse\n")
    Path("new").write_bytes(b"battery staple\n")
    keygen(sizes.name, "--format", "pem", "--password-file", "old")
    options = "--key key.private --password-file old --private other --new-password-file new --format der --form both"
    expected = f"other: {sizes.name} private key (both, DER, encrypted), "
    assert convert(options).stdout.startswith(expected)
    key = load_private_key(Path("other").read_bytes(), b"battery staple")
    assert key.seed() == load_private_key(Path("key.private").read_bytes(), b"correct horse").seed()
    raw = "--key other --password-file new --private raw --form expanded --format raw --no-encryption"
    assert convert(raw).exit_code == 0
    assert Path("raw").read_bytes() == key.private_bytes()


def test_public_key_of_a_certificate_is_written(dsa: Sizes) -> None:
    """The key is written in the encoding of the option."""
    key = MLDSAPrivateKey.generate(dsa.name)
    Path("certificate").write_bytes(self_signed(key).public_bytes(Encoding.PEM))
    result = convert("--key certificate --public key.public --format pem")
    assert result.stdout == f"key.public: {dsa.name} public key, {len(key.public_key.to_spki())} bytes\n"
    assert Path("key.public").read_bytes() == key.public_key.to_spki()


def test_seed_of_xwing_determines_its_public_key() -> None:
    """A public key is recognised as one too."""
    keygen("X-Wing", "--format", "raw")
    raw = "--algorithm X-Wing --format raw"
    assert convert(f"--key key.private --public again {raw}").exit_code == 0
    assert convert(f"--key again --public third {raw}").exit_code == 0
    assert Path("third").read_bytes() == Path("again").read_bytes() == Path("key.public").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--key key.private", "missing option '--private' or '--public'"),
        ("--key - --public b", "secrets are read from and written to named files only"),
        ("--key key.private --private -", "secrets are read from and written to named files only"),
        ("--key key.private --public b --encrypt", "--encrypt, --new-password-file and --no-encryption need --private"),
        ("--key key.private --public - --json", "both need standard output; name a file for the output"),
        (
            "--key key.public --public b --format jwk",
            "--format jwk is for ML-DSA keys only (RFC 9964); use --format pem",
        ),
        (
            "--key key.private --private b --format raw --form both",
            "--format raw cannot hold both forms; use --format pem or der",
        ),
    ],
)
def test_wrong_usage_writes_nothing(folder: Path, arguments: str, message: str) -> None:
    """Nothing is written even if only the key shows the mistake."""
    keygen("ML-KEM-512", "--form", "expanded")
    result = convert(arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in " ".join(result.stderr.split())
    assert {each.name for each in folder.iterdir()} == {"key.private", "key.public", "message"}


@pytest.mark.parametrize("encoding", ["jwk", "cose"])
def test_key_without_a_seed_has_no_encoding_of_a_seed(encoding: str) -> None:
    """The error names an encoding that it has, and not a form that this encoding lacks."""
    keygen("ML-DSA-44", "--form", "expanded")
    result = convert(f"--key key.private --private b --format {encoding}")
    remedy = f"--format {encoding} holds the seed only; use --format pem --form expanded"
    assert (result.exit_code, result.output) == (2, f"error: key.private: unavailable: the key has no seed; {remedy}\n")
    assert convert("--key key.private --private b --format pem --form expanded").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "--key key.private --private b --format pem",
            "key.private: unavailable: the key has no seed; pass --form expanded",
        ),
        ("--key key.public --private b", "key.public: expected a private key, got a public key"),
        (
            "--key message --public b",
            "message: expected an ML-KEM, ML-DSA, X-Wing, Hybrid-KEM, composite or SLH-DSA public key in PEM, ",
        ),
        (
            "--key key.public --public b --algorithm ML-DSA-44",
            "key.public: expected an ML-DSA-44 key, got an ML-KEM",
        ),
        (
            "--key key.public --public b --password-file message",
            "key.public: a public key is not encrypted; omit",
        ),
        ("--key key.private --public key.public", "key.public: exists already; --force replaces it"),
        ("--key none --public b", "none: No such file or directory; check the path"),
    ],
)
def test_key_that_cannot_be_converted_is_an_error(folder: Path, arguments: str, message: str) -> None:
    """The error is one line, and nothing is written."""
    keygen("ML-KEM-512", "--form", "expanded")
    result = convert(arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert message in result.stderr
    assert {each.name for each in folder.iterdir()} == {"key.private", "key.public", "message"}


@pytest.mark.parametrize("encoding", ["jwk", "cose"])
def test_public_and_private_keys_are_distinguished_in_every_encoding(encoding: str) -> None:
    """The public half of a private key is written without another option."""
    keygen("ML-DSA-44", "--format", encoding)
    for key in ("key.private", "key.public"):
        assert convert(f"--key {key} --public {key}.raw --format raw").exit_code == 0
    assert Path("key.private.raw").read_bytes() == Path("key.public.raw").read_bytes()
    assert convert("--key key.public --private b").stderr.endswith(", got a public one\n")


def test_damaged_key_of_the_other_family_is_refused() -> None:
    """The checks of loading hold."""
    private = bytearray(MLKEMPrivateKey.generate("ML-KEM-512").private_bytes().view())
    private[-33] ^= 1
    Path("key").write_bytes(private)
    assert "does not match the hash" in convert("--key key --algorithm ML-KEM-512 --public b").stderr


def test_key_to_convert_may_come_from_a_pipe() -> None:
    """It is read once, private or public."""
    keygen("X-Wing")
    for key in ("key.private", "key.public"):
        result = run("convert", "--key", "/dev/stdin", "--public", key + ".out", stdin=Path(key).read_bytes())
        assert (result.returncode, result.stderr) == (0, b"")
        assert Path(key + ".out").read_bytes() == Path("key.public").read_bytes()


# Encryption


@pytest.fixture
def encrypted(folder: Path) -> Path:
    """Write an encrypted private key, and its password into the file `password`."""
    write_password()
    keygen("ML-DSA-44", "--password-file", "password")
    return folder / "key.private"


@pytest.mark.parametrize("encoding", ["pem", "der", "jwk", "cose", "raw"])
def test_encryption_is_never_dropped_in_silence(encrypted: Path, encoding: str) -> None:
    """The error names the three options; with the last of them, the key is written without encryption."""
    options = f"--key {encrypted.name} --password-file password --private copy --format {encoding}"
    result = convert(options)
    step = "pass --encrypt or --new-password-file, or --no-encryption to drop its encryption"
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"error: key.private: private key is encrypted; {step}\n"
    assert not Path("copy").exists()
    assert convert(f"{options} --no-encryption").exit_code == 0
    algorithm = " --algorithm ML-DSA-44" if encoding == "raw" else ""
    assert convert(f"--key copy{algorithm} --public public --format raw").exit_code == 0
    assert Path("public").stat().st_size == 1312


def test_encrypted_key_is_encrypted_again_with_a_new_password(encrypted: Path) -> None:
    """The old password no longer opens the copy."""
    Path("new").write_bytes(b"battery staple\n")
    options = f"--key {encrypted.name} --password-file password --private copy --new-password-file new"
    assert convert(options).exit_code == 0
    key = load_private_key(encrypted.read_bytes(), b"correct horse")
    assert load_private_key(Path("copy").read_bytes(), b"battery staple").seed() == key.seed()
    with pytest.raises(PasswordError):
        load_private_key(Path("copy").read_bytes(), b"correct horse")


def test_public_key_of_an_encrypted_key_needs_no_word_about_encryption(encrypted: Path) -> None:
    """It is no secret."""
    assert convert(f"--key {encrypted.name} --password-file password --public copy").exit_code == 0
    assert Path("copy").read_bytes() == Path("key.public").read_bytes()


def test_no_encryption_excludes_encryption(encrypted: Path) -> None:
    """A contradiction is wrong usage; for an unencrypted key, the option changes nothing."""
    options = f"--key {encrypted.name} --private copy --no-encryption"
    for other in ("--encrypt", "--new-password-file password"):
        result = convert(f"{options} {other}")
        assert (result.exit_code, "--no-encryption excludes --encrypt" in result.stderr) == (2, True)
    keygen("ML-DSA-44", "--force")
    assert convert(options).exit_code == 0
    assert Path("copy").read_bytes() == encrypted.read_bytes()
