"""The command line takes composite keys."""

from __future__ import annotations

from pathlib import Path

import composite_draft as draft
import pytest
from command_line import call, folder, keygen, run, write_password
from conftest import Sizes

from qynauth_pqc import CompositePrivateKey, load_private_key

__all__ = ["folder"]  # pytest uses it for every test here


@pytest.mark.parametrize("encoding", ["pem", "der", "raw"])
def test_signature_made_with_files_verifies(composite: Sizes, encoding: str) -> None:
    """The files name the algorithm unless they are raw, and the signature follows the draft."""
    keygen(composite.name, "--format", encoding)
    raw = ["--algorithm", composite.name.lower()] if encoding == "raw" else []
    signed = call("sign", "--key", "key.private", *raw, "--context", "login", "message")
    signature = Path("message.sig").read_bytes()
    assert signed.stdout == f"message.sig: {composite.name} signature, {len(signature)} bytes\n"
    verified = call("verify", "--key", "key.public", *raw, "--context", "login", "message")
    assert (verified.exit_code, verified.stdout) == (0, f"message: {composite.name} signature is valid\n")
    raw_public = call("convert", "--key", "key.public", *raw, "--public", "raw", "--format", "raw")
    assert raw_public.exit_code == 0
    assert draft.verify(draft.ROWS[composite.name], Path("raw").read_bytes(), b"message\n", b"login", signature)


def test_raw_keys_have_the_sizes_of_the_draft_and_need_their_algorithm(composite: Sizes) -> None:
    """Two algorithms may even have the same size."""
    keygen(composite.name, "--format", "raw")
    assert [Path(f"key.{each}").stat().st_size for each in ("private", "public")] == [
        composite.private_key,
        composite.public_key,
    ]
    for command in "sign --key key.private message", "verify --key key.public --signature message message":
        result = call(*command.split())
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.endswith(": raw keys do not identify their algorithm; pass --algorithm\n")


def test_raw_private_key_named_as_another_composite_of_its_size_signs_nothing() -> None:
    """The key names at most its curve, so its public key would be another one."""
    keygen("MLDSA44-ECDSA-P256-SHA256", "--format", "raw")
    wrong = call("sign", "--key", "key.private", "--algorithm", "MLDSA87-ECDSA-P384-SHA512", "message")
    assert (wrong.exit_code, "expected an MLDSA87-ECDSA-P384-SHA512 private key of 96 bytes" in wrong.stderr) == (
        2,
        True,
    )
    other = ("--algorithm", "MLDSA65-ECDSA-P256-SHA512")
    assert call("sign", "--key", "key.private", *other, "message").exit_code == 0
    result = call("verify", "--key", "key.public", "--algorithm", "MLDSA44-ECDSA-P256-SHA256", "message")
    assert (result.exit_code, result.stdout) == (1, "")


def test_tampered_message_and_signature_exit_1(composite: Sizes) -> None:
    """A longer and an empty signature exit with 1 too, as with ML-DSA."""
    keygen(composite.name)
    call("sign", "--key", "key.private", "message")
    signature = Path("message.sig").read_bytes()
    assert call("verify", "--key", "key.public", "message").exit_code == 0
    for changed in (signature + b"\0", signature[:-1], b"", bytes(len(signature)), bytes(4731)):
        Path("message.sig").write_bytes(changed)
        result = call("verify", "--key", "key.public", "message")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("error: message.sig: signature is not valid")
    Path("message.sig").write_bytes(signature)
    Path("message").write_bytes(b"Message\n")
    assert call("verify", "--key", "key.public", "message").exit_code == 1


def test_encrypted_key_signs_with_its_password_and_is_converted() -> None:
    """Its form need not be named."""
    write_password()
    keygen("MLDSA65-Ed25519-SHA512", "--password-file", "password")
    key = load_private_key(Path("key.private").read_bytes(), b"correct horse")
    assert call("sign", "--key", "key.private", "--password-file", "password", "message").exit_code == 0
    options = "--password-file password --private copy --no-encryption --format der"
    assert call("convert", "--key", "key.private", *options.split()).exit_code == 0
    assert Path("copy").read_bytes() == key.to_pkcs8("DER")
    assert call("verify", "--key", "key.public", "message").exit_code == 0


def test_deterministic_signatures_through_pipes_are_equal(composite: Sizes) -> None:
    """They equal the signatures of the Python interface."""
    keygen(composite.name)
    options = ("sign", "--key", "key.private", "--deterministic", "-o", "-", "-")
    signed = [run(*options, stdin=b"message\n") for _ in range(2)]
    key = load_private_key(Path("key.private").read_bytes())
    assert isinstance(key, CompositePrivateKey)
    assert [each.stdout for each in signed] == [key.sign(b"message\n", deterministic=True)] * 2


def test_vectors_of_the_draft_verify(composite_vector: dict[str, bytes]) -> None:
    """The keys, certificates and signatures of the draft verify as files."""
    for name, content in composite_vector.items():
        Path(name).write_bytes(content)
    assert call("verify", "--key", "x5c", "--signature", "s", "m").exit_code == 0
    context = ("--context-hex", composite_vector["ctx"].hex())
    assert call("verify", "--key", "x5c", *context, "--signature", "sWithContext", "m").exit_code == 0
    assert call("verify", "--key", "x5c", "--signature", "sWithContext", "m").exit_code == 1
    assert call("convert", "--key", "sk_pkcs8", "--public", "public", "--format", "raw").exit_code == 0
    assert Path("public").read_bytes() == Path("pk").read_bytes()


@pytest.mark.parametrize("command", ["sign --key key.private", "verify --key key.public --signature message"])
def test_hash_function_of_mldsa_is_refused(command: str) -> None:
    """It is refused before the message is hashed; so is a composite key for key exchange."""
    keygen("MLDSA44-Ed25519-SHA512")
    result = call(*command.split(), "--prehash", "SHA-512", "message")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--prehash is for ML-DSA or SLH-DSA keys only" in result.stderr
    result = call("encapsulate", "--key", "key.public", "--ciphertext", "c", "--secret", "s")
    expected = "expected an ML-KEM, X-Wing or Hybrid-KEM key, got an MLDSA44-Ed25519-SHA512 key"
    assert result.stderr == f"error: key.public: {expected}; check --key\n"
