"""Keys, signatures and certificates by the commands of OpenSSL, with the provider and with its own code."""

from __future__ import annotations

import subprocess
from itertools import pairwise
from pathlib import Path

import provider_fixtures
import pytest
from provider_programs import MODULE, SETS, Program, configuration

from qynauth_pqc import MLDSAPrivateKey, MLDSAPublicKey, MLKEMPrivateKey

ours, plain, preferred = provider_fixtures.ours, provider_fixtures.plain, provider_fixtures.preferred

KEMS = ("ML-KEM-512", "ML-KEM-768", "ML-KEM-1024")
FORMS = ("seed-only", "seed-priv", "priv-only")
MESSAGE = b"a message"


def generated(program: Program, folder: Path, algorithm: str, *options: str) -> Path:
    """Return the file of a fresh private key."""
    path = folder / "key.pem"
    program("genpkey", "-algorithm", algorithm, "-out", path, *options)
    return path


def public_half(program: Program, key: Path) -> Path:
    """Return the file of the public key of a private one."""
    path = key.with_name("pub.pem")
    program("pkey", "-in", key, "-pubout", "-out", path)
    return path


def signed(program: Program, key: Path) -> Path:
    """Return the file of a signature of the message."""
    path = key.with_name("sig")
    key.with_name("message").write_bytes(MESSAGE)
    program("pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", key.with_name("message"), "-out", path)
    return path


def verifies(program: Program, public: Path, signature: Path, message: bytes = MESSAGE) -> bool:
    """Return whether a program accepts the signature of a message."""
    signature.with_name("claimed").write_bytes(message)
    files: list[str | Path] = ["-inkey", public, "-in", signature.with_name("claimed"), "-sigfile", signature]
    done = program.run("pkeyutl", "-verify", "-pubin", "-rawin", *files)
    return done.code == 0


@pytest.mark.parametrize("algorithm", [*SETS, *KEMS])
def test_keys_are_the_same_to_the_library_and_to_the_provider(ours: Program, tmp_path: Path, algorithm: str) -> None:
    """The provider writes a private key as the library does, and the public key that the library derives."""
    path = generated(ours, tmp_path, algorithm)
    key = (MLDSAPrivateKey if algorithm in SETS else MLKEMPrivateKey).load(path)
    assert key.parameter_set == algorithm
    assert bytes(key.to_pkcs8()) == path.read_bytes()
    assert key.public_key.to_spki() == public_half(ours, path).read_bytes()


@pytest.mark.parametrize("algorithm", ["ML-DSA-44", "ML-KEM-768"])
def test_keys_in_der_are_read_and_written(ours: Program, tmp_path: Path, algorithm: str) -> None:
    """PEM is the same bytes in text."""
    path = generated(ours, tmp_path, algorithm)
    der, back = tmp_path / "key.der", tmp_path / "back.pem"
    ours("pkey", "-in", path, "-outform", "DER", "-out", der)
    ours("pkey", "-inform", "DER", "-in", der, "-out", back)
    assert back.read_bytes() == path.read_bytes()
    ours("pkey", "-in", path, "-pubout", "-outform", "DER", "-out", der)
    ours("pkey", "-pubin", "-inform", "DER", "-in", der, "-out", back)
    assert back.read_bytes() == public_half(ours, path).read_bytes()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("algorithm", ["ML-DSA-65", "ML-KEM-768"])
def test_every_form_of_a_private_key_of_openssl_is_read(
    ours: Program, plain: Program, tmp_path: Path, algorithm: str, form: str
) -> None:
    """A key is written as its seed, or in its expanded form if it was read without one, and OpenSSL reads it again."""
    family = algorithm[:6].lower()
    path = generated(plain, tmp_path, algorithm, "-provparam", f"{family}.output_formats={form}")
    ours("pkey", "-in", path, "-out", tmp_path / "ours.pem")
    plain(
        "pkey",
        "-in",
        tmp_path / "ours.pem",
        "-provparam",
        f"{family}.output_formats={form}",
        "-out",
        tmp_path / "back.pem",
    )
    assert (tmp_path / "back.pem").read_bytes() == path.read_bytes()
    chosen = ["-provparam", f"{family}.output_formats=seed-only,priv-only"]
    plain("pkey", "-in", path, *chosen, "-out", tmp_path / "chosen.pem")
    assert (tmp_path / "ours.pem").read_bytes() == (tmp_path / "chosen.pem").read_bytes()
    assert public_half(ours, path).read_bytes() == public_half(plain, path).read_bytes()


def test_private_keys_are_encrypted_where_encryption_is_requested(
    ours: Program, plain: Program, tmp_path: Path
) -> None:
    """The library, the provider and OpenSSL's own code open the key with its password, and with no other."""
    path, encrypted = generated(ours, tmp_path, "ML-DSA-65"), tmp_path / "encrypted.pem"
    ours("pkey", "-in", path, "-aes256", "-passout", "pass:secret", "-out", encrypted)
    assert encrypted.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert MLDSAPrivateKey.load(encrypted, b"secret").seed() == MLDSAPrivateKey.load(path).seed()
    for program in (ours, plain):
        expected = program("pkey", "-in", path)
        assert program("pkey", "-in", encrypted, "-passin", "pass:secret") == expected
        assert program.run("pkey", "-in", encrypted, "-passin", "pass:other").code != 0


@pytest.mark.parametrize("command", ["pkey", "genpkey"])
@pytest.mark.parametrize("cipher", ["-aes128", "-aes192", "-des3", "-aria256", "-aes-256-ctr"])
def test_no_key_is_written_with_a_cipher_that_we_lack(ours: Program, tmp_path: Path, command: str, cipher: str) -> None:
    """A plain key in place of an encrypted one would be the worst outcome."""
    source = ["-in", generated(ours, tmp_path, "ML-DSA-44")] if command == "pkey" else ["-algorithm", "ML-DSA-44"]
    done = ours.run(command, *source, cipher, "-pass" if command == "genpkey" else "-passout", "pass:secret")
    assert (done.code != 0, done.out) == (True, ""), done
    assert "AES-256-CBC alone" in done.error


@pytest.mark.parametrize("algorithm", ["ML-DSA-44", "RSA"])
def test_openssl_itself_ignores_the_cipher_of_genpkey_in_der(ours: Program, tmp_path: Path, algorithm: str) -> None:
    """It writes the key of any algorithm as it is, and asks no provider to encrypt it; `pkey` refuses the options."""
    path = tmp_path / "key.der"
    options: list[str | Path] = ["-outform", "DER", "-aes128", "-out", path]
    ours("genpkey", "-algorithm", algorithm, *options, "-pass", "pass:secret")
    plain_key = ours("pkey", "-inform", "DER", "-in", path)
    assert plain_key.startswith("-----BEGIN PRIVATE KEY-----\n")
    path.unlink()
    done = ours.run("pkey", *options, "-passout", "pass:secret", stdin=plain_key.encode())
    assert (done.code, path.exists()) == (1, False)
    assert "Cipher options are supported only for PEM output" in done.error


@pytest.mark.parametrize("structure", ["pkey", "pkcs8"])
def test_no_key_is_written_with_an_empty_password(ours: Program, tmp_path: Path, structure: str) -> None:
    """The library takes an empty password for none."""
    path = generated(ours, tmp_path, "ML-DSA-44")
    if structure == "pkcs8":
        written = ours("pkcs8", "-topk8", "-in", path, "-passout", "pass:")  # OpenSSL's own encryption
        assert written.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
        return
    done = ours.run("pkey", "-in", path, "-aes256", "-passout", "pass:")
    assert (done.code != 0, done.out) == (True, "")


@pytest.mark.parametrize("algorithm", SETS)
def test_signatures_of_each_side_verify_on_the_other(
    ours: Program, plain: Program, preferred: Program, tmp_path: Path, algorithm: str
) -> None:
    """Also with OpenSSL's own code for keys of the provider, and the reverse; another message does not."""
    path = generated(ours, tmp_path, algorithm)
    public = public_half(ours, path)
    for signer, verifier in pairwise((ours, plain, preferred, ours)):
        signature = signed(signer, path)
        assert verifies(verifier, public, signature)
        assert not verifies(verifier, public, signature, b"another message")
    MLDSAPublicKey.load(public).verify(MESSAGE, signature.read_bytes())


@pytest.mark.parametrize("algorithm", SETS)
def test_certificates_and_requests_are_made_and_verified(
    ours: Program, plain: Program, tmp_path: Path, algorithm: str
) -> None:
    """OpenSSL 3.0 with the provider makes a chain that OpenSSL's own code verifies, and the reverse."""
    for maker, verifier in ((ours, plain), (plain, ours)):
        key = generated(maker, tmp_path, algorithm)
        ca, request, leaf = tmp_path / "ca.pem", tmp_path / "leaf.csr", tmp_path / "leaf.pem"
        maker("req", "-x509", "-new", "-key", key, "-subj", "/CN=ca", "-config", "/etc/ssl/openssl.cnf", "-out", ca)
        maker("req", "-new", "-key", key, "-subj", "/CN=leaf", "-config", "/etc/ssl/openssl.cnf", "-out", request)
        verifier("req", "-in", request, "-verify", "-noout", "-config", "/etc/ssl/openssl.cnf")
        maker("x509", "-req", "-in", request, "-CA", ca, "-CAkey", key, "-CAcreateserial", "-out", leaf)
        assert verifier("verify", "-CAfile", ca, leaf) == f"{leaf}: OK\n"
        broken = leaf.read_text().replace("A", "B", 400)
        leaf.write_text(broken)
        assert verifier.run("verify", "-CAfile", ca, leaf).code != 0


def test_a_digest_is_refused(ours: Program, tmp_path: Path) -> None:
    """ML-DSA signs the message itself: a signature of a digest would be one of another message."""
    path = generated(ours, tmp_path, "ML-DSA-44")
    (tmp_path / "message").write_bytes(MESSAGE)
    done = ours.run("dgst", "-sha256", "-sign", path, tmp_path / "message")
    assert (done.code != 0, done.out) == (True, "")
    assert "name no digest" in done.error


@pytest.mark.parametrize("algorithm", ["ML-DSA-44", "ML-KEM-768"])
@pytest.mark.parametrize("cut", [1, 30, 1000])
def test_damaged_keys_are_refused(ours: Program, tmp_path: Path, algorithm: str, cut: int) -> None:
    """Public and private keys that are shorter than they say."""
    path = generated(ours, tmp_path, algorithm)
    der = tmp_path / "key.der"
    for options in ((), ("-pubout",)):
        ours("pkey", "-in", path, *options, "-outform", "DER", "-out", der)
        der.write_bytes(der.read_bytes()[:-cut])
        assert ours.run("pkey", "-inform", "DER", "-in", der, *(("-pubin",) if options else ())).code != 0


def test_keys_in_locked_memory_are_not_exported(ours: Program, tmp_path: Path) -> None:
    """`pkey -text` asks for the private bytes; writing the key to a file, and signing, do not export it."""
    path = generated(ours, tmp_path, "ML-DSA-44")
    locked = ours.with_provider(configuration(tmp_path / "locked", settings="locked-memory = yes"))
    assert locked("pkey", "-in", path) == path.read_text()
    assert verifies(ours, public_half(ours, path), signed(locked, path))


def test_a_setting_that_means_nothing_is_an_error(ours: Program, tmp_path: Path) -> None:
    """The provider is not loaded, and nothing of it works."""
    wrong = ours.with_provider(configuration(tmp_path / "wrong", settings="locked-memory = perhaps"))
    done = wrong.run("genpkey", "-algorithm", "ML-DSA-44")
    assert (done.code != 0, done.out) == (True, "")


def test_fips_never_selects_the_provider(ours: Program, tmp_path: Path) -> None:
    """The provider has no property `fips`."""
    approved = ours.with_provider(configuration(tmp_path / "fips", properties="fips=yes"))
    assert approved.run("genpkey", "-algorithm", "ML-DSA-44").code != 0
    assert ours.run("genpkey", "-algorithm", "ML-DSA-44", "-propquery", "fips=yes").code != 0
    assert ours.run("genpkey", "-algorithm", "ML-DSA-44", "-propquery", "provider=qynauth").code == 0


def test_the_module_exports_one_name_and_stays_loaded() -> None:
    """And it finds the library next to it before any other."""
    names = subprocess.run(["nm", "-D", "--defined-only", MODULE], capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in names.splitlines()] == ["OSSL_provider_init"]
    section = subprocess.run(["readelf", "-d", MODULE], capture_output=True, text=True, check=True).stdout
    assert "NODELETE" in section
    assert "Library rpath: [$ORIGIN/..]" in section
    assert "libcrypto" not in section
