"""The command line reads keys in JWK, COSE_Key and certificates, and keys of X-Wing."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import cbor2
import pytest
from certificates import certificate, self_signed
from click.testing import Result
from command_line import call, folder, keygen, run, write_password
from conftest import Sizes
from cryptography.hazmat.primitives.serialization import Encoding

from qynauth_pqc import MLDSAPrivateKey, MLDSAPublicKey, MLKEMPrivateKey, XWingPrivateKey, load_private_key
from qynauth_pqc.integrations.x509 import signing_key, subject_key

__all__ = ["folder"]  # pytest uses it for every test here

KEMS = "ML-KEM, X-Wing or Hybrid-KEM"
COMPLETE = "check that the file is complete"

LOADERS: dict[str, tuple[Any, Any]] = {
    "jwk": (MLDSAPrivateKey.from_jwk, MLDSAPublicKey.from_jwk),
    "cose": (MLDSAPrivateKey.from_cose_key, MLDSAPublicKey.from_cose_key),
}


def sign_and_verify(*options: str) -> Result:
    """Sign with key.private and, if that worked, verify with key.public."""
    signed = call("sign", "--key", "key.private", *options, "--force", "message")
    return signed if signed.exit_code else call("verify", "--key", "key.public", "message")


def exchange() -> tuple[Result, Result]:
    """Encapsulate for key.public and decapsulate with key.private, raw keys of X-Wing or not."""
    arguments = "encapsulate --key key.public --algorithm x-wing --ciphertext ciphertext --secret sent --force"
    sent = call(*arguments.split())
    arguments = "decapsulate --key key.private --algorithm x-wing --ciphertext ciphertext --secret got --force"
    return sent, call(*arguments.split())


def generated(algorithm: str) -> MLDSAPrivateKey:
    """Make key.private and key.public, and return the private key."""
    keygen(algorithm)
    key = load_private_key(Path("key.private").read_bytes())
    assert isinstance(key, MLDSAPrivateKey)
    return key


# JWK and COSE_Key


@pytest.mark.parametrize("encoding", LOADERS)
def test_signature_made_with_such_keys_verifies(dsa: Sizes, encoding: str) -> None:
    """The library reads the files; secret files are for their owner only."""
    keygen(dsa.name, "--format", encoding)
    load_private, load_public = LOADERS[encoding]
    private = load_private(Path("key.private").read_bytes())
    assert load_public(Path("key.public").read_bytes()) == private.public_key
    assert stat.S_IMODE(Path("key.private").stat().st_mode) == 0o600
    assert sign_and_verify().stdout == f"message: {dsa.name} signature is valid\n"
    assert sign_and_verify("--algorithm", dsa.name).exit_code == 0


@pytest.mark.parametrize(("encoding", "words"), [("jwk", "seed, JWK"), ("cose", "seed, COSE")])
def test_keygen_says_what_it_wrote(encoding: str, words: str) -> None:
    """It reports names and sizes in words; a JWK is one line of text."""
    arguments = f"keygen ML-DSA-44 --private key.private --public key.public --format {encoding}"
    private, public = call(*arguments.split()).stdout.splitlines()
    assert private.startswith(f"key.private: ML-DSA-44 private key ({words}), ")
    assert public.startswith("key.public: ML-DSA-44 public key, ")
    if encoding == "jwk":
        assert Path("key.public").read_text().count("\n") == 1
        assert list(json.loads(Path("key.private").read_text())) == ["kid", "kty", "alg", "pub", "priv"]


def test_examples_sign(vectors: Path) -> None:
    """The keys of RFC 9964 sign unchanged."""
    for encoding in ("jose", "cose"):
        example = json.loads((vectors / "rfc9964" / f"ML_DSA_65.{encoding}.json").read_text())
        key = json.dumps(example["jwk"]).encode() if encoding == "jose" else bytes.fromhex(example["key"])
        Path("key.private").write_bytes(key)
        assert call("convert", "--key", "key.private", "--public", "key.public", "--format", "raw").exit_code == 0
        assert Path("key.public").read_bytes() == bytes.fromhex(example["raw_public_key"])
        assert call("sign", "--key", "key.private", "--force", "message").exit_code == 0
        assert call("verify", "--key", "key.public", "--algorithm", "ML-DSA-65", "message").exit_code == 0
        Path("key.public").unlink()


@pytest.mark.parametrize(
    ("algorithm", "options", "message"),
    [
        ("ML-KEM-768", "--format jwk", "--format jwk is for ML-DSA keys only (RFC 9964); use --format pem"),
        ("ML-KEM-768", "--format cose", "--format cose is for ML-DSA keys only (RFC 9964); use --format pem"),
        ("ML-DSA-44", "--format jwk --form expanded", "--format jwk holds the seed only; omit --form expanded"),
        ("ML-DSA-44", "--format cose --form both", "--format cose cannot hold both forms; use --format pem or der"),
        (
            "ML-DSA-44",
            "--format jwk --password-file message",
            "--format jwk cannot be encrypted; use --format pem or der",
        ),
        ("X-Wing", "--format jwk", "--format jwk is for ML-DSA keys only (RFC 9964); use --format pem"),
        (
            "MLDSA44-ECDSA-P256-SHA256",
            "--format jwk",
            "--format jwk is for ML-DSA keys only (RFC 9964); use --format pem",
        ),
        (
            "MLDSA44-ECDSA-P256-SHA256",
            "--form both",
            "an MLDSA44-ECDSA-P256-SHA256 private key has the form expanded only; omit --form both",
        ),
        (
            "MLDSA44-ECDSA-P256-SHA256",
            "--form both --format raw",
            "an MLDSA44-ECDSA-P256-SHA256 private key has the form expanded only; omit --form both",
        ),
        ("X-Wing", "--form both --format raw", "an X-Wing private key has the form seed only; omit --form both"),
        ("X-Wing", "--form expanded", "an X-Wing private key has the form seed only; omit --form expanded"),
        ("X-Wing", "--encrypt --format raw", "--format raw cannot be encrypted; use --format pem or der"),
    ],
)
def test_encoding_that_a_key_has_not_is_wrong_usage(folder: Path, algorithm: str, options: str, message: str) -> None:
    """Nothing is written."""
    result = call(*f"keygen {algorithm} --private a --public b {options}".split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")
    assert [each.name for each in folder.iterdir()] == ["message"]


@pytest.mark.parametrize("encoding", LOADERS)
def test_key_of_another_kind_or_set_is_named(encoding: str) -> None:
    """A public key is no private one, nor the reverse, and a signature key exchanges no secret."""
    keygen("ML-DSA-65", "--format", encoding)
    name = {"jwk": "JWK", "cose": "COSE_Key"}[encoding]
    results = [
        (call("sign", "--key", "key.public", "message"), f"key.public: expected a private {name}, got a public one"),
        (
            sign_and_verify("--algorithm", "ML-DSA-87"),
            "key.private: expected an ML-DSA-87 key, got an ML-DSA-65 key; check --algorithm and --key",
        ),
        (
            call("verify", "--key", "key.private", "--signature", "message", "message"),
            f"key.private: expected a public {name}, got a private one",
        ),
        (
            call("encapsulate", "--key", "key.public", "--ciphertext", "c", "--secret", "s"),
            "key.public: expected an ML-KEM, X-Wing or Hybrid-KEM key, got an ML-DSA-65 key; check --key",
        ),
        (
            sign_and_verify("--password-file", "message"),
            "key.private: private key is not encrypted; omit --password-file",
        ),
    ]
    assert [(result.exit_code, result.stderr) for result, _ in results] == [
        (2, f"error: {text}\n") for _, text in results
    ]


@pytest.mark.parametrize("encoding", LOADERS)
def test_damaged_key_is_one_line_without_a_byte_of_it(encoding: str) -> None:
    """It is not taken for a raw key of a strange length, nor shown."""
    keygen("ML-DSA-44", "--format", encoding)
    whole = Path("key.private").read_bytes()
    Path("key.private").write_bytes(whole[:-3])
    result = run("sign", "--key", "key.private", "message")
    assert (result.returncode, result.stdout, result.stderr.count(b"\n")) == (2, b"", 1)
    expected = {"jwk": b"JWK is not a JSON object", "cose": b"COSE_Key is not a CBOR map"}[encoding]
    assert result.stderr.startswith(b"error: key.private: " + expected)
    assert not any(whole[at : at + 8] in result.stderr for at in range(len(whole) - 8))


@pytest.mark.parametrize("start", [b"{", b" {", b"\xa5", b"\x30\x82", b"\x30"])
def test_raw_key_that_begins_like_another_encoding_is_a_raw_key(start: bytes) -> None:
    """Every string of the right length is a public key and a seed."""
    key = MLDSAPrivateKey.from_seed(start.ljust(32, b"x"), "ML-DSA-44")
    Path("key.private").write_bytes(bytes(key.seed()))
    Path("key.public").write_bytes(key.public_key.public_bytes())
    raw = ("--algorithm", "ML-DSA-44")
    assert call("sign", "--key", "key.private", *raw, "message").exit_code == 0
    assert call("verify", "--key", "key.public", *raw, "message").exit_code == 0
    Path("key.public").write_bytes(start.ljust(1312, b"x"))
    assert call("verify", "--key", "key.public", *raw, "message").exit_code == 1
    unnamed = call("verify", "--key", "key.public", "message")
    assert unnamed.stderr.endswith("raw keys do not identify their algorithm; pass --algorithm\n")


def test_key_that_is_as_long_as_a_raw_one_is_read_as_what_it_is() -> None:
    """JWK and COSE_Key of exactly 1952 bytes are keys of ML-DSA-44, also if they are called raw keys of ML-DSA-65."""
    keygen("ML-DSA-44")
    public = load_private_key(Path("key.private").read_bytes()).public_key
    assert isinstance(public, MLDSAPublicKey)
    jwk = json.dumps(public.to_jwk()).encode().ljust(1952)
    for encoded in (jwk, public.to_cose_key(bytes(1952 - len(public.to_cose_key(bytes(300))) + 300))):
        assert len(encoded) == 1952
        Path("key.public").write_bytes(encoded)
        assert sign_and_verify().stdout == "message: ML-DSA-44 signature is valid\n"
        result = call("verify", "--key", "key.public", "--algorithm", "ML-DSA-65", "message")
        assert (result.exit_code, "expected an ML-DSA-65 key, got an ML-DSA-44 key" in result.stderr) == (2, True)


# Certificates


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_certificate_is_read_for_its_public_key(dsa: Sizes, encoding: Encoding) -> None:
    """A certificate serves to verify, and with an ML-KEM key to encapsulate."""
    signer = generated(dsa.name)
    Path("key.public").write_bytes(self_signed(signer).public_bytes(encoding))
    assert sign_and_verify().stdout == f"message: {dsa.name} signature is valid\n"
    receiver = MLKEMPrivateKey.generate("ML-KEM-768")
    issued = certificate(subject_key(receiver.public_key), signing_key(signer))
    Path("key.public").write_bytes(issued.public_bytes(encoding))
    assert call("encapsulate", "--key", "key.public", "--ciphertext", "c", "--secret", "s").exit_code == 0
    assert receiver.decapsulate(Path("c").read_bytes()) == Path("s").read_bytes()


def test_certificate_of_mlkem_512_encapsulates(vectors: Path) -> None:
    """`cryptography` does not know the key of this example of RFC 9935."""
    path = vectors / "rfc9935" / "ML-KEM-512.crt"
    result = call("encapsulate", "--key", path, "--ciphertext", "ciphertext", "--secret", "secret")
    assert result.stdout.startswith("ciphertext: ML-KEM-512 ciphertext, 768 bytes\n")


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_certificate_is_neither_private_nor_whole_if_it_is_cut(encoding: Encoding) -> None:
    """Each error names the file."""
    whole = self_signed(MLDSAPrivateKey.generate("ML-DSA-44")).public_bytes(encoding)
    Path("key").write_bytes(whole)
    assert (
        call("sign", "--key", "key", "message").stderr
        == "error: key: expected a private key, got a certificate; check --key\n"
    )
    Path("key").write_bytes(whole[:-40])
    result = call("verify", "--key", "key", "--signature", "message", "message")
    assert (result.exit_code, result.stderr) == (2, f"error: key: not a certificate in PEM or DER; {COMPLETE}\n")


@pytest.mark.parametrize(
    ("module", "encoding", "message"),
    [
        ("cbor2", "cose", "COSE_Key needs cbor2: pip install 'cbor2>=6.1'"),
        ("cryptography", "certificate", "reading a certificate needs cryptography: pip install 'cryptography>=50'"),
    ],
)
def test_missing_extra_is_named(module: str, encoding: str, message: str) -> None:
    """Other parts of the command line work without the extra."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    encoded = {"cose": key.public_key.to_cose_key(), "certificate": self_signed(key).public_bytes(Encoding.PEM)}
    Path("key.public").write_bytes(encoded[encoding])
    code = f"import sys; sys.modules[{module!r}] = None; from qynauth_pqc.cli import main; main()"
    command = [sys.executable, "-c", code, "verify", "--key", "key.public", "--signature", "message", "message"]
    result = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (result.returncode, result.stderr) == (2, f"error: key.public: {message}\n")
    Path("key.public").write_bytes(key.public_key.public_bytes())
    Path("message").write_bytes(key.sign(b""))
    command[-1:] = ["--algorithm", "ML-DSA-44", "/dev/null"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_first_of_two_certificates_is_the_one() -> None:
    """Chains in PEM begin with the owner's certificate."""
    signer = generated("ML-DSA-44")
    chain = [self_signed(each).public_bytes(Encoding.PEM) for each in (signer, MLDSAPrivateKey.generate("ML-DSA-44"))]
    Path("key.public").write_bytes(b"".join(chain))
    assert sign_and_verify().stdout == "message: ML-DSA-44 signature is valid\n"


# X-Wing


@pytest.mark.parametrize("encoding", ["pem", "der"])
def test_encoded_keys_of_xwing_name_their_algorithm(encoding: str) -> None:
    """Encrypted or not, no --algorithm is needed."""
    write_password()
    keygen("X-Wing", "--format", encoding, "--password-file", "password")
    sent = call("encapsulate", "--key", "key.public", "--ciphertext", "c", "--secret", "sent")
    options = ("--key", "key.private", "--password-file", "password", "--ciphertext", "c")
    got = call("decapsulate", *options, "--secret", "got")
    assert (sent.exit_code, got.exit_code) == (0, 0)
    assert Path("got").read_bytes() == Path("sent").read_bytes()


def test_secret_exchanged_with_raw_keys_of_xwing_is_the_same() -> None:
    """The private key is the seed, so that the algorithm must be named; its name may be in any case."""
    keygen("x-wing", "--format", "raw")
    assert (Path("key.private").stat().st_size, Path("key.public").stat().st_size) == (32, 1216)
    sent, got = exchange()
    assert sent.stdout.splitlines() == [
        "ciphertext: X-Wing ciphertext, 1120 bytes",
        "sent: X-Wing shared secret, 32 bytes",
    ]
    assert got.stdout == "got: X-Wing shared secret, 32 bytes\n"
    assert Path("got").read_bytes() == Path("sent").read_bytes()
    key = XWingPrivateKey.from_seed(Path("key.private").read_bytes())
    assert key.public_key.public_bytes() == Path("key.public").read_bytes()
    assert key.decapsulate(Path("ciphertext").read_bytes()) == Path("got").read_bytes()


def test_vectors_of_xwing_decapsulate(vectors: Path) -> None:
    """The keys and ciphertexts of the draft serve as files."""
    for case in json.loads((vectors / "xwing" / "test-vectors.json").read_text()):
        for name, field in (("key.private", "sk"), ("key.public", "pk"), ("ciphertext", "ct")):
            Path(name).write_bytes(bytes.fromhex(case[field]))
        arguments = "decapsulate --key key.private --algorithm X-Wing --ciphertext ciphertext --secret got --force"
        assert call(*arguments.split()).exit_code == 0
        assert Path("got").read_bytes() == bytes.fromhex(case["ss"])
        assert [result.exit_code for result in exchange()] == [0, 0]
        assert Path("got").read_bytes() == Path("sent").read_bytes()


@pytest.mark.parametrize("start", [b"\x00", b"\xa1", b"{", b"\x30\x82"], ids=["raw", "cose", "jwk", "der"])
def test_keys_and_ciphertexts_of_xwing_are_recognised(start: bytes) -> None:
    """Their lengths show them, in messages too, though a raw key may begin like another encoding."""
    keygen("X-Wing", "--format", "raw")
    public = Path("key.public")
    public.write_bytes(start + public.read_bytes()[len(start) :])
    outputs = ("--ciphertext", "message", "--secret", "s")
    results = [
        call("decapsulate", "--key", "key.private", *outputs),
        call("decapsulate", "--key", "key.private", "--algorithm", "X-Wing", *outputs),
        call("verify", "--key", "key.public", "--algorithm", "ML-DSA-44", "--signature", "message", "message"),
        call("decapsulate", "--key", "key.public", "--algorithm", "X-Wing", *outputs),
        call("encapsulate", "--key", "message", *outputs),
    ]
    size = "1216 bytes, the size of an X-Wing public key"
    assert [result.stderr.removeprefix("error: ").strip() for result in results] == [
        "key.private: raw keys do not identify their algorithm; pass --algorithm",
        "message: ciphertext has the wrong length: expected 1120 bytes for X-Wing, got 8",
        f"key.public: expected an ML-DSA-44 public key of 1312 bytes, got {size}; check --key",
        f"key.public: expected an X-Wing private key of 32 bytes, got {size}; check --key",
        f"message: expected an {KEMS} public key in PEM or DER or a certificate, got 8 bytes; check --key",
    ]


def test_cose_keys_of_the_command_line_are_deterministic_cbor() -> None:
    """Another reader finds the labels in their order."""
    keygen("ML-DSA-44", "--format", "cose")
    assert list(cbor2.loads(Path("key.private").read_bytes())) == [1, 2, 3, -1, -2]
