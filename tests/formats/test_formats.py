"""Keys in PKCS#8 and SubjectPublicKeyInfo through the public API."""

from __future__ import annotations

import base64
import gc
import hashlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from conftest import MLDSA, MLKEM, Sizes, settle
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa
from encrypted_keys import AES_256_CBC, encrypt, octet_string, pbkdf2, pkcs8, scrypt

from qynauth_pqc import (
    InvalidKeyError,
    InvalidLengthError,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    PasswordError,
    SecretBytes,
    SeedUnavailableError,
    UnsupportedError,
    load_private_key,
    load_public_key,
)
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.native import ffi, lib

FORMS = ["seed", "expanded", "both"]
ENCODINGS = ["PEM", "DER"]
OIDS = {sizes.name: f"2.16.840.1.101.3.4.4.{number}" for number, sizes in enumerate(MLKEM, 1)}
OIDS |= {sizes.name: f"2.16.840.1.101.3.4.3.{number}" for number, sizes in enumerate(MLDSA, 17)}
SETS = [pytest.param(sizes.name, id=sizes.name) for sizes in (*MLKEM, *MLDSA)]


def generate(name: str, **options: bool) -> MLKEMPrivateKey | MLDSAPrivateKey:
    """Make a key of either family."""
    kind = MLKEMPrivateKey if name.startswith("ML-KEM") else MLDSAPrivateKey
    return kind.generate(name, **options)  # type: ignore[arg-type]


def example(vectors: Path, name: str, suffix: str) -> bytes:
    """Read an example of RFC 9935 or RFC 9881."""
    return (vectors / ("rfc9935" if "ML-KEM" in name else "rfc9881") / f"{name}{suffix}").read_bytes()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SETS)
def test_private_examples_load_and_encode_to_the_same_bytes(vectors: Path, name: str, form: str) -> None:
    """All three forms of all six sets load in PEM and, by way of DER, again."""
    pem = example(vectors, name, f"-{form}.priv")
    key = load_private_key(pem)
    assert key.parameter_set == name
    assert key.to_pkcs8(form=form) == pem
    assert load_private_key(key.to_pkcs8("DER", form)).to_pkcs8(form=form) == pem


@pytest.mark.parametrize("name", SETS)
def test_public_examples_load_and_encode_to_the_same_bytes(vectors: Path, name: str) -> None:
    """They are the public keys of the private ones."""
    pem = example(vectors, name, ".pub")
    key = load_public_key(pem)
    assert key.to_spki() == pem
    assert load_public_key(key.to_spki("DER")) == key
    assert load_private_key(example(vectors, name, "-seed.priv")).public_key == key


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bad-ML-KEM-512-1", "seed and expanded form of the private key do not match"),
        ("bad-ML-KEM-512-2", "private key does not match its public key"),
        ("bad-ML-KEM-512-3", "private key does not match the hash of its public key"),
        ("bad-ML-KEM-512-4", "seed and expanded form of the private key do not match"),
        ("bad-ML-DSA-44-1", "seed and expanded form of the private key do not match"),
        ("bad-ML-DSA-44-2", "private key does not match the hash of its public key"),
        ("bad-ML-DSA-44-3", "private key does not match its public key"),
    ],
)
def test_bad_examples_are_refused_with_the_reason(vectors: Path, name: str, reason: str) -> None:
    """The text names the failed check."""
    with pytest.raises(InvalidKeyError) as refused:
        load_private_key(example(vectors, name, ".priv"))
    assert str(refused.value) == reason


def test_every_bad_example_has_its_reason(vectors: Path) -> None:
    """A file that is added needs a line above."""
    files = [path.stem for folder in ("rfc9935", "rfc9881") for path in (vectors / folder).glob("bad-*")]
    cases = test_bad_examples_are_refused_with_the_reason.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert sorted(files) == sorted(name for name, _ in cases)


def test_every_example_is_one_that_is_tested(vectors: Path) -> None:
    """Keys are tested here, certificates in test_x509.py, RFC 9964 in test_jwk.py and test_cose_key.py."""
    suffixes = ["-seed.priv", "-expanded.priv", "-both.priv", ".pub", ".crt"]
    files = {path.name for folder in ("rfc9935", "rfc9881") for path in (vectors / folder).iterdir()}
    known = {f"{sizes.name}{suffix}" for sizes in (*MLKEM, *MLDSA) for suffix in suffixes}
    assert {name for name in files if not name.startswith("bad-")} == known
    keys = {f"{sizes.name.replace('-', '_')}.{kind}.json" for sizes in MLDSA for kind in ("jose", "cose")}
    assert {path.name for path in (vectors / "rfc9964").iterdir()} == keys


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SETS)
def test_key_survives_every_form(name: str, form: str, encoding: str) -> None:
    """The seed is known afterwards just where the form has it."""
    key = generate(name)
    loaded = load_private_key(key.to_pkcs8(encoding, form))
    assert type(loaded) is type(key)
    assert loaded.private_bytes() == key.private_bytes()
    if form == "expanded":
        for wanted in ("seed", "both"):
            with pytest.raises(SeedUnavailableError):
                loaded.to_pkcs8(form=wanted)
    else:
        assert loaded.seed() == key.seed()


def older_forms(name: str) -> tuple[MLKEMPrivateKey | MLDSAPrivateKey, dict[str, bytes]]:
    """Return a key, and the other private key fields that OpenSSL reads, by name."""
    key = generate(name)
    expanded, public = bytes(key.private_bytes()), key.public_key.public_bytes()
    forms = {"bare-seed": bytes(key.seed()), "bare-priv": expanded, "oqskeypair": octet_string(expanded + public)}
    return key, forms


@pytest.mark.parametrize("form", ["bare-seed", "bare-priv", "oqskeypair"])
@pytest.mark.parametrize("name", SETS)
def test_older_forms_are_read(name: str, form: str) -> None:
    """They may be encrypted; the seed is known if the file has it. New files have the forms of the RFCs."""
    key, forms = older_forms(name)
    file = pkcs8(OIDS[name], forms[form])
    encrypted = encrypt(file, pbkdf2(b"salt", 1), hashlib.pbkdf2_hmac("sha256", b"p", b"salt", 1, 32), bytes(16))
    for loaded in (load_private_key(file), load_private_key(encrypted, b"p")):
        assert loaded.private_bytes() == key.private_bytes()
        if form == "bare-seed":
            assert loaded.to_pkcs8() == key.to_pkcs8()
        else:
            assert loaded.to_pkcs8(form="expanded") == key.to_pkcs8(form="expanded")


@pytest.mark.parametrize("name", SETS)
def test_older_forms_are_checked_as_the_others(name: str) -> None:
    """The public key is of another key, or the expanded key does not match."""
    key, forms = older_forms(name)
    other = generate(name).public_key.public_bytes()
    with pytest.raises(InvalidKeyError, match="private key does not match its public key"):
        load_private_key(pkcs8(OIDS[name], octet_string(bytes(key.private_bytes()) + other)))
    damaged = bytearray(forms["bare-priv"])
    damaged[-40 if "KEM" in name else 70] ^= 1  # in H(ek) or tr
    with pytest.raises(InvalidKeyError, match="does not match the hash of its public key"):
        load_private_key(pkcs8(OIDS[name], bytes(damaged)))
    with pytest.raises(InvalidKeyError, match="private key is damaged"):
        load_private_key(pkcs8(OIDS[name], forms["bare-priv"][1:]))


def test_defaults_are_the_seed_in_pem() -> None:
    """The default is the smallest form, as text, in memory that is wiped."""
    key = generate("ML-DSA-44")
    encoded = key.to_pkcs8()
    assert type(encoded) is SecretBytes
    assert encoded == key.to_pkcs8("PEM", "seed")
    assert bytes(encoded).startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert key.public_key.to_spki().startswith(b"-----BEGIN PUBLIC KEY-----\n")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", ["ML-KEM-512", "ML-DSA-65"])
def test_encrypted_key_opens_with_its_password_only(name: str, encoding: str) -> None:
    """In each other case, the error names the problem."""
    key = generate(name)
    encrypted = key.to_pkcs8(encoding, "both", password=b"password")
    assert load_private_key(encrypted, b"password").private_bytes() == key.private_bytes()
    with pytest.raises(PasswordError, match="pass its password"):
        load_private_key(encrypted)
    with pytest.raises(PasswordError, match="password is wrong"):
        load_private_key(encrypted, bytearray(b"Password"))
    with pytest.raises(PasswordError, match="not encrypted"):
        load_private_key(key.to_pkcs8(), b"password")


def test_encryption_is_the_one_that_is_promised() -> None:
    """Another library repeats PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256 of 600,000 iterations."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    encrypted = bytes(key.to_pkcs8("DER", password=b"password"))
    plain = bytes(key.to_pkcs8("DER"))
    salt = encrypted[encrypted.index(b"\x04\x10") + 2 :][:16]
    vector = encrypted[encrypted.rindex(b"\x04\x10", 0, 120) + 2 :][:16]
    derived = hashlib.pbkdf2_hmac("sha256", b"password", salt, 600_000, 32)
    assert encrypt(plain, pbkdf2(salt, 600_000), derived, vector) == encrypted


def test_salt_is_new_each_time() -> None:
    """Two files of one key and password have nothing in common."""
    key = MLKEMPrivateKey.generate("ML-KEM-512")
    first, second = (bytes(key.to_pkcs8("DER", password=b"password")) for _ in range(2))
    assert first[-64:] != second[-64:]


def test_key_encrypted_with_scrypt_opens() -> None:
    """OpenSSL wrote the key with -scrypt."""
    key = MLKEMPrivateKey.generate()
    derived = hashlib.scrypt(b"password", salt=b"salt", n=16384, r=8, p=1, maxmem=64 << 20, dklen=32)
    encrypted = encrypt(bytes(key.to_pkcs8("DER")), scrypt(b"salt", 16384, 8, 1), derived, bytes(16))
    assert load_private_key(encrypted, b"password").seed() == key.seed()


@pytest.mark.parametrize(
    ("derivation", "cipher", "message"),
    [
        pytest.param(pbkdf2(b"salt", 2_500_001), AES_256_CBC, "the cost is 2500001, the limit 2500000", id="PBKDF2"),
        pytest.param(
            pbkdf2(b"salt", 1_250_001, prf="1.2.840.113549.2.11"), AES_256_CBC, "cost is 2500002", id="SHA-512"
        ),
        pytest.param(scrypt(b"salt", 1 << 17, 8, 2), AES_256_CBC, "the cost is 4194400, the limit", id="scrypt"),
        pytest.param(scrypt(b"salt", 1 << 63, 65535, 65535), AES_256_CBC, "cost is 18446744073709551615", id="2**63"),
        pytest.param(pbkdf2(b"salt", 1, prf="1.2.840.113549.2.7"), AES_256_CBC, "use PBES2", id="SHA-1"),
        pytest.param(pbkdf2(b"salt", 1), "2.16.840.1.101.3.4.1.2", "use PBES2", id="AES-128"),
        pytest.param(pbkdf2(b"salt", 0), AES_256_CBC, "use PBES2", id="0 iterations"),
        pytest.param(scrypt(b"salt", 0, 8, 1), AES_256_CBC, "use PBES2", id="N = 0"),
        pytest.param(scrypt(b"salt", 1, 8, 1), AES_256_CBC, "use PBES2", id="N = 1"),
        pytest.param(scrypt(b"salt", 24, 8, 1), AES_256_CBC, "use PBES2", id="N = 24"),
        pytest.param(scrypt(b"salt", 16, 0, 1), AES_256_CBC, "use PBES2", id="r = 0"),
        pytest.param(scrypt(b"salt", 16, 8, 0), AES_256_CBC, "use PBES2", id="p = 0"),
    ],
)
def test_encryption_that_is_not_read_is_refused(derivation: bytes, cipher: str, message: str) -> None:
    """It is refused at once, before any of the work, with the reason."""
    encrypted = encrypt(bytes(54), derivation, bytes(32), bytes(16), cipher)
    with pytest.raises(UnsupportedError, match=message):
        load_private_key(encrypted, b"password")


def test_ceiling_of_the_cost_is_the_callers() -> None:
    """It is exact, and may be as high as any int."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    encrypted = key.to_pkcs8(password=b"password")
    with pytest.raises(UnsupportedError, match=r"the cost is 600000, the limit 599999; .*max_kdf_cost=600000"):
        load_private_key(encrypted, b"password", max_kdf_cost=599_999)
    for ceiling in (600_000, 2**70):
        assert load_private_key(encrypted, b"password", max_kdf_cost=ceiling).seed() == key.seed()
    for number in (0, -1, -(10**5000)):
        with pytest.raises(UnsupportedError, match="max_kdf_cost must be at least 1"):
            load_private_key(encrypted, b"password", max_kdf_cost=number)
    for other in (True, 1e6, "600000"):
        with pytest.raises(TypeError, match="max_kdf_cost must be int or None"):
            load_private_key(encrypted, b"password", max_kdf_cost=other)  # type: ignore[arg-type]


def test_key_encrypted_at_the_usual_highest_cost_opens() -> None:
    """The recommended scrypt cost, in 128 MiB, is below the default ceiling."""
    key = MLKEMPrivateKey.generate()
    derived = hashlib.scrypt(b"password", salt=b"salt", n=1 << 17, r=8, p=1, maxmem=256 << 20, dklen=32)
    encrypted = encrypt(bytes(key.to_pkcs8("DER")), scrypt(b"salt", 1 << 17, 8, 1), derived, bytes(16))
    assert load_private_key(encrypted, b"password").seed() == key.seed()


def test_key_encrypted_by_cryptography_opens() -> None:
    """The encryption is its best for PKCS#8, in both encodings."""
    key = mldsa.MLDSA65PrivateKey.generate()
    encryption = serialization.BestAvailableEncryption(b"password")
    for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
        encrypted = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, encryption)
        assert load_private_key(encrypted, b"password").seed() == key.private_bytes_raw()


def test_decrypted_key_never_leaves_the_library() -> None:
    """No buffer ever holds it: its wiping would be counted."""
    encrypted = bytes(generate("ML-DSA-44").to_pkcs8(password=b"password"))
    before, after = ffi.new("FFIMetrics *"), ffi.new("FFIMetrics *")
    gc.collect()
    lib.ffi_get_performance_metrics(before, ffi.sizeof("FFIMetrics"))
    key = load_private_key(encrypted, b"password", locked_memory=True)
    lib.ffi_get_performance_metrics(after, ffi.sizeof("FFIMetrics"))
    assert (key.parameter_set, after.bytes_wiped) == ("ML-DSA-44", before.bytes_wiped)


def test_options_hold_for_what_is_loaded() -> None:
    """The notes of the buffers show the kind of memory, also during encryption."""
    key = generate("ML-KEM-512")
    for encoded, password in ((key.to_pkcs8(), None), (key.to_pkcs8(password=b"p"), b"p")):
        loaded = load_private_key(encoded, password, code_path="portable", locked_memory=True)
        assert [secret._locked for secret in (loaded.seed(), loaded.to_pkcs8(form="both"))] == [True] * 2
    ciphertext, sent = load_public_key(key.public_key.to_spki(), locked_memory=True).encapsulate()  # type: ignore[union-attr]
    assert sent._locked
    assert key.decapsulate(ciphertext) == sent  # type: ignore[union-attr]


GARBAGE = "is neither PEM nor DER of {structure}; load a raw key by {raw}"
CERTIFICATE = "got a certificate: use qynauth_pqc.integrations.x509.public_key() for its public key"
NOT_KEYS = [
    pytest.param(b"", "is empty: expected {structure} in PEM or DER", id="empty"),
    pytest.param(b"0", GARBAGE, id="text"),
    pytest.param(b"\x30\x00", GARBAGE, id="DER"),
    pytest.param(bytes(32), GARBAGE, id="raw seed"),
    pytest.param(b"-----BEGIN CERTIFICATE-----\n", CERTIFICATE, id="certificate"),
    pytest.param(b"-----BEGIN CERTIFICATE REQUEST-----\n", "got a certificate request: use", id="request"),
    pytest.param(b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "key of OpenSSH: use SSHPrivateKey.load", id="OpenSSH"),
    pytest.param(b"-----BEGIN EC PRIVATE KEY-----\n", "expected PEM with the label {label}, got another", id="label"),
    pytest.param(b'{"kty": "AKP"}', "got a JWK: use from_jwk()", id="JWK"),
]


@pytest.mark.parametrize(("data", "message"), NOT_KEYS)
def test_what_is_no_key_is_refused_for_what_it_is(data: bytes, message: str) -> None:
    """The error names an empty file, garbage, or the kind of a file that lies next to keys."""
    private = {"structure": "PKCS#8", "raw": "from_seed() or from_private_bytes()"}
    private["label"] = "PRIVATE KEY or ENCRYPTED PRIVATE KEY"
    public = {"structure": "SubjectPublicKeyInfo", "raw": "from_public_bytes()", "label": "PUBLIC KEY"}
    with pytest.raises(InvalidKeyError, match=re.escape(message.format(**private))):
        load_private_key(data)
    with pytest.raises(InvalidKeyError, match=re.escape(message.format(**public))):
        load_public_key(data)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_key_of_the_other_kind_is_refused_with_the_function_that_reads_it(encoding: str) -> None:
    """A public key is no private one, and the reverse, encrypted or not."""
    key = generate("ML-DSA-44")
    with pytest.raises(InvalidKeyError, match=r"got a public key: use load_public_key\(\) or load_public_"):
        load_private_key(key.public_key.to_spki(encoding))
    for private in (key.to_pkcs8(encoding), key.to_pkcs8(encoding, password=b"password")):
        with pytest.raises(InvalidKeyError, match=r"^expected a public key, got a private key: use load_private_key"):
            load_public_key(private)


def test_certificate_is_refused_in_both_encodings(vectors: Path) -> None:
    """It is recognised in DER too, which has no label."""
    pem = example(vectors, "ML-DSA-44", ".crt")
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    for data in (pem, der):
        with pytest.raises(InvalidKeyError, match="expected a private key, got a certificate: use"):
            load_private_key(data)
        with pytest.raises(InvalidKeyError, match="expected a public key, got a certificate: use"):
            load_public_key(data)


def test_damaged_pem_is_refused_as_such() -> None:
    """Its label is right, but not its contents."""
    key = generate("ML-DSA-44")
    with pytest.raises(InvalidKeyError, match=r"^private key is damaged: expected PKCS#8 in one block"):
        load_private_key(bytes(key.to_pkcs8())[:-40])
    with pytest.raises(InvalidKeyError, match=r"^public key is damaged: expected SubjectPublicKeyInfo"):
        load_public_key(key.public_key.to_spki()[:-40])


def test_input_beyond_the_bound_is_refused() -> None:
    """The error names both sizes."""
    with pytest.raises(InvalidKeyError, match=r"longer than 16384 bytes: got 16385$"):
        load_private_key(bytes(16385))


def test_unknown_names_and_empty_passwords_are_refused(kem: Sizes) -> None:
    """An empty password must not leave a key unencrypted by mistake."""
    key = MLKEMPrivateKey.generate(kem.name)
    with pytest.raises(UnsupportedError, match="form: expected one of seed, expanded, both"):
        key.to_pkcs8(form="raw")
    with pytest.raises(UnsupportedError, match="encoding: expected one of PEM, DER"):
        key.public_key.to_spki("pem")
    for use in (lambda: key.to_pkcs8(password=b""), lambda: load_private_key(key.to_pkcs8(), b"")):
        with pytest.raises(InvalidLengthError, match="password must not be empty"):
            use()
    with pytest.raises(TypeError, match="password must be bytes"):
        key.to_pkcs8("PEM", "seed", "password")  # type: ignore[arg-type]


def test_imports_are_counted_with_their_set(dsa: Sizes) -> None:
    """A key that is decrypted first is counted once."""
    key = MLDSAPrivateKey.generate(dsa.name)
    encoded, encrypted, public = key.to_pkcs8(), key.to_pkcs8(password=b"p"), key.public_key.to_spki()
    before = snapshot().operations["import", dsa.name]
    load_private_key(encoded)
    load_private_key(encrypted, b"p")
    load_public_key(public)
    assert (snapshot().operations["import", dsa.name] - before).calls == 3


@contextmanager
def change_after(function: str, data: bytearray, changed: bytes) -> Iterator[None]:
    """Change data when a function of the package returns, as another thread may."""

    def watch(frame: FrameType, event: str, _argument: object) -> None:
        if (event, frame.f_code.co_name) == ("return", function):
            data[:] = changed

    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(None)


def test_password_that_becomes_empty_meanwhile_is_not_none() -> None:
    """A key is written unencrypted by request only."""
    key, password = MLDSAPrivateKey.generate("ML-DSA-44"), bytearray(b"password")
    with (
        change_after("number_of", password, b""),
        pytest.raises(InvalidLengthError, match="password must not be empty"),
    ):
        key.to_pkcs8(password=password)


def test_public_key_is_of_the_set_that_was_loaded() -> None:
    """The data may become another key after the call began: it is read once."""
    first, second = (MLDSAPrivateKey.generate(name).public_key for name in ("ML-DSA-44", "ML-DSA-87"))
    data = bytearray(first.to_spki())
    with change_after("key_flags", data, second.to_spki()):
        loaded = load_public_key(data)
    assert (loaded, loaded.parameter_set) == (second, "ML-DSA-87")


def test_loaded_key_is_freed_when_it_is_closed() -> None:
    """The query of its parameter set keeps no use of it."""
    private_pem, public_pem = (key := MLKEMPrivateKey.generate("ML-KEM-512")).to_pkcs8(), key.public_key.to_spki()
    settle()
    before = snapshot().live_handles
    for loaded in (load_private_key(private_pem), load_public_key(public_pem)):
        loaded.close()
    assert snapshot().live_handles == before
