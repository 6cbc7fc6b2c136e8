"""Each mistake on the command line is one error that names its file or option and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import call, run, write_password
from encrypted_keys import encrypt, pbkdf2

MISTAKES = {
    "sign": "missing argument 'MESSAGE...'",
    "sign message": "pass either --key or --signer",
    "verify message": "missing option '--key'",
    "sign --key absent message": "absent: No such file or directory; check the path",
    "sign --key . message": ".: Is a directory; name a file",
    "sign --key message message": "message: expected an ML-DSA, composite or SLH-DSA private key in PEM, ",
    "sign --key dsa.pub message": "dsa.pub: expected a private key, got a public key; check --key",
    "sign --key kem.key message": "kem.key: expected an ML-DSA, composite or SLH-DSA key, got an ML-KEM-768 key",
    "sign --key dsa.key --password-file message message": "dsa.key: private key is not encrypted; omit --password-file",
    "sign --key locked --password-file empty message": "empty: the first line must be a password of 1 to 1024 bytes",
    "sign --key locked --password-file message message": "locked: password is wrong or the encrypted private key is ",
    "sign --key dsa.key --algorithm X-Wing message": "invalid value for '--algorithm': 'X-Wing' is for other commands;",
    "sign --key dsa.key --algorithm ML-DSA-44 message": "dsa.key: expected an ML-DSA-44 key, got an ML-DSA-65 key; ",
    "sign --key dsa.key --out message message": "message: also an input of this command; write the result to another ",
    "sign --key dsa.key --out dsa.pub message": "dsa.pub: exists already; --force replaces it",
    "sign --key dsa.key --context-hex 6 message": "invalid value for '--context-hex': expected an even number of ",
    "sign --key raw message": "raw: raw keys do not identify their algorithm; pass --algorithm",
    "sign --key cut message": "cut: not a private key in PEM, or damaged; check --key",
    "verify --key dsa.key --signature message message": "dsa.key: expected a public key, got a private key; check --",
    "verify --key dsa.pub --signature message message": "message: signature is not valid: expected 3309 bytes for "
    "ML-DSA-65, got 8; check --key, ",
    "verify --key dsa.pub changed": "changed.sig: signature is not valid; changed may have changed since it was "
    "signed; otherwise check --key, ",
    "encrypt --key dsa.pub message": "dsa.pub: expected an X-Wing key, got an ML-DSA-65 key; check --key",
    "decrypt --key kem.key message --out b": "kem.key: expected an X-Wing key, got an ML-KEM-768 key; check --key",
    "encapsulate --key dsa.pub --ciphertext c --secret s": "dsa.pub: expected an ML-KEM, X-Wing or Hybrid-KEM key, ",
    "decapsulate --key kem.key --ciphertext empty --secret s": "empty: ciphertext has the wrong length: expected 1088 ",
    "decapsulate --key kem.key --ciphertext c --secret -": "invalid value for '--secret': secrets are read from and ",
    "convert --key dsa.key": "missing option '--private' or '--public'",
    "convert --key locked --private out": "locked: private key is encrypted; pass --encrypt or --new-password-file, ",
    "convert --key kem.pub --public out --format jwk": "--format jwk is for ML-DSA keys only (RFC 9964); use --for",
    "keygen MLKEM768-P256 --private a --public b": "an MLKEM768-P256 key has no object identifier; use --format raw, ",
    "keygen MLKEM768-P256 --private a --public b --format jwk": "an MLKEM768-P256 key has no object identifier; use ",
    "keygen MLKEM768-P256 --private a --public b --format raw --encrypt": "an MLKEM768-P256 key has no object ",
    "convert --key mixed.pub --algorithm MLKEM768-P256 --public out": "an MLKEM768-P256 key has no object identifier; ",
    "keygen mldsa65 --private a --public b": "invalid value for 'ALGORITHM': 'mldsa65' is unknown; did you mean "
    "ML-DSA-65; use one of",
    "keygen dilithium3 --private a --public b": "invalid value for 'ALGORITHM': 'dilithium3' is unknown; it is now "
    "ML-DSA-65, and old keys do not carry over; use one of ",
    "sign --key dsa.key --prehash sha512 message": "invalid value for '--prehash': 'sha512' is unknown; did you mean "
    "SHA-512; use one of ",
    "keygen RSA --private a --public b": "invalid value for 'ALGORITHM': 'RSA' is unknown; use one of ML-KEM-512, ",
    "keygen X-Wing --private a --public a": "a: named twice; write each result to its own file",
    "keygen MLDSA65-Ed25519-SHA512 --form seed --private a --public b": "an MLDSA65-Ed25519-SHA512 private ",
    "sign --key both.key --prehash SHA-512 message": "--prehash is for ML-DSA or SLH-DSA keys only, and the key ",
    "keygen X-Wing --private absent/a --public b": "absent/a: No such file or directory; check the path",
    "metrics --file absent": "absent: there is no such file; start a process that shares its metrics there",
    "metrics --file empty": "empty: the file is empty; start a process that shares its metrics there",
    "validate --baseline message": "invalid value for '--baseline': message: not a baseline of qynauth-pqc validate; ",
    "frobnicate": "no such command 'frobnicate'",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write key files, right and wrong, and a password."""
    made = tmp_path_factory.mktemp("files")
    (made / "message").write_bytes(b"message\n")
    write_password(folder=made)
    (made / "empty").write_bytes(b"")
    for algorithm, name in ("ML-DSA-65", "dsa"), ("ML-KEM-768", "kem"), ("MLDSA65-Ed25519-SHA512", "both"):
        run("keygen", algorithm, "--private", made / f"{name}.key", "--public", made / f"{name}.pub")
    mixed = ("--private", made / "mixed.key", "--public", made / "mixed.pub", "--format", "raw")
    run("keygen", "MLKEM768-P256", *mixed)
    key = ("convert", "--key", made / "dsa.key", "--private")
    run(*key, made / "locked", "--new-password-file", made / "password")
    run(*key, made / "raw", "--format", "raw")
    (made / "changed").write_bytes(b"signed")
    run("sign", made / "changed", "--key", made / "dsa.key")
    (made / "changed").write_bytes(b"changed")
    (made / "cut").write_bytes((made / "dsa.key").read_bytes()[:60])
    return made


@pytest.mark.parametrize("command", MISTAKES)
def test_mistake_is_one_error_with_what_to_do(files: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """It begins with the prefix, names the file or the option, and nothing is written."""
    monkeypatch.chdir(files)
    before = {each.name: each.read_bytes() for each in files.iterdir()}
    result = call(*command.split())
    assert (result.exit_code, result.stdout) == (1 if "not valid" in MISTAKES[command] else 2, "")
    assert result.stderr.startswith(f"error: {MISTAKES[command]}")
    assert result.stderr.lower().count("error:") == 1
    assert {each.name: each.read_bytes() for each in files.iterdir()} == before


def test_key_that_is_slow_to_open_is_left_to_python(tmp_path: Path) -> None:
    """No option of the command line raises the limit."""
    write_password(b"correct horse", tmp_path)
    (tmp_path / "slow").write_bytes(encrypt(bytes(32), pbkdf2(bytes(16), 3_000_000), bytes(32), bytes(16)))
    result = call("sign", tmp_path / "password", "--key", tmp_path / "slow", "--password-file", tmp_path / "password")
    assert result.exit_code == 2
    assert result.stderr.endswith("the limit 2500000; open it in Python with max_kdf_cost=3000000 to allow it\n")


@pytest.mark.parametrize("command", ["", "keygen", "sign", "verify", "encapsulate", "decapsulate", "convert"])
def test_help_names_the_options_of_the_errors(command: str) -> None:
    """An option that an error recommends is an option of the command."""
    result = call(*command.split(), "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    options = {"keygen": "--format --encrypt --password-file", "convert": "--no-encryption --new-password-file --form"}
    expected = options.get(command, "--algorithm" if command else "--format --algorithm --encrypt --force")
    assert all(option in result.stdout for option in expected.split())
