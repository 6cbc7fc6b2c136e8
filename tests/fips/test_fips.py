"""The variant for FIPS 140-3 offers the operations that its module approves, refuses others, and names the module.

`make test-fips` runs this on it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import exchange
import pytest
from conftest import COMPOSITE, HYBRID, MLDSA, MLKEM, SLHDSA, XWING, Sizes, private_class

import qynauth_pqc
from qynauth_pqc import (
    BatchError,
    KEMPrivateKey,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    NotApprovedError,
    PasswordError,
    PQCLibraryV2,
    SeedUnavailableError,
    UnsupportedError,
    XWingPublicKey,
    c_config,
    derandomized,
    fips_status,
    load_private_key,
    optimizations,
)
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, sign_many, verify_many
from qynauth_pqc.integrations import openssl

PACKAGE = Path(qynauth_pqc.__file__).parent
STATUS = fips_status()
DEFAULT_PYTHON = os.environ.get("QYNAUTH_PQC_DEFAULT_PYTHON")
OFFERED = [pytest.param(sizes.name, id=sizes.name) for sizes in [*MLKEM, *MLDSA, *COMPOSITE]]
REFUSED = [pytest.param(sizes, id=sizes.name) for sizes in [XWING, *HYBRID, *SLHDSA]]

on_the_variant = pytest.mark.skipif(STATUS is None, reason="this build has no FIPS module: make test-fips")
with_default_build = pytest.mark.skipif(DEFAULT_PYTHON is None, reason="QYNAUTH_PQC_DEFAULT_PYTHON is not set")


def test_default_build_has_no_module_and_offers_everything() -> None:
    """The engine says which build this is."""
    is_variant = optimizations()["engine"] == "aws-lc-fips"
    assert (STATUS is not None) is is_variant
    assert len(PQCLibraryV2().algorithms()) == len(OFFERED) + (0 if is_variant else len(REFUSED))


@on_the_variant
def test_variant_has_no_provider_for_openssl() -> None:
    """A provider would compute what the module approves next to what it refuses."""
    with pytest.raises(UnsupportedError, match="this build of the package has no provider"):
        openssl.module()
    assert "providerdir" not in c_config.answers()


@on_the_variant
def test_status_names_the_module_exactly() -> None:
    """The module reports its own version; no certificate covers it."""
    assert STATUS is not None
    assert STATUS["version"] == "AWS-LC FIPS 4.2.0"
    assert STATUS["certificate"].startswith("none")
    assert [STATUS["approved_mode"], STATUS["integrity_test"], STATUS["self_tests"]] == [True] * 3
    assert STATUS["environment"]


@on_the_variant
@pytest.mark.parametrize("name", OFFERED)
def test_every_offered_operation_is_approved(name: str) -> None:
    """An operation that the service indicator does not approve would raise NotApprovedError."""
    kind = private_class(name)
    key = kind.generate(name)
    exchange.check(kind, name, {field: bytes.fromhex(value) for field, value in exchange.made(key).items()})


@on_the_variant
@pytest.mark.parametrize("sizes", REFUSED)
def test_other_algorithms_are_refused_before_they_begin(sizes: Sizes) -> None:
    """Keys are neither generated nor loaded, and the list of algorithms leaves them out."""
    kind = private_class(sizes.name)
    with pytest.raises(NotApprovedError, match="does not approve"):
        kind.generate(sizes.name)
    with pytest.raises(NotApprovedError):
        kind.from_seed(bytes(sizes.seed), sizes.name)
    with pytest.raises(NotApprovedError):
        kind.from_private_bytes(bytes(sizes.private_key), sizes.name)
    assert sizes.name not in PQCLibraryV2().algorithms()


@on_the_variant
def test_operations_that_the_module_lacks_are_refused() -> None:
    """They are the caller's randomness, deterministic signatures, HashML-DSA, M', and encryption with a password."""
    signer, kem = MLDSAPrivateKey.generate("ML-DSA-65"), MLKEMPrivateKey.generate("ML-KEM-768")
    signature = signer.sign(b"message")
    refused: list[Callable[[], Any]] = [
        lambda: signer.sign(b"message", deterministic=True),
        lambda: signer.sign_mu(bytes(64), deterministic=True),
        lambda: signer.sign(b"message", prehash="SHA-512"),
        lambda: signer.public_key.verify(b"message", signature, prehash="SHA-512"),
        lambda: derandomized.sign_with(signer, b"message", bytes(32)),
        lambda: derandomized.sign_internal(signer, b"message", bytes(32)),
        lambda: derandomized.verify_internal(signer.public_key, b"message", signature),
        lambda: derandomized.encapsulate_with(kem.public_key, bytes(32)),
        lambda: signer.to_pkcs8(password=b"thirteen byte"),
        lambda: XWingPublicKey.from_public_bytes(bytes(1216)),
    ]
    for each in refused:
        with pytest.raises(NotApprovedError):
            each()


@on_the_variant
def test_passwords_that_the_module_approves_encrypt_keys() -> None:
    """The module derives the key and encrypts; a wrong password has its error."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    encrypted = key.to_pkcs8(password=b"fourteen bytes")
    assert load_private_key(encrypted, b"fourteen bytes").public_key == key.public_key
    with pytest.raises(PasswordError):
        load_private_key(encrypted, b"fifteen bytes..")


@on_the_variant
def test_the_only_code_path_is_the_best() -> None:
    """The module chooses its instructions itself."""
    assert MLKEMPrivateKey.generate("ML-KEM-512", code_path="best").code_path == "best"
    for path in ("portable", "avx2", "avx512"):
        with pytest.raises(UnsupportedError, match="code path is unavailable"):
            MLKEMPrivateKey.generate("ML-KEM-512", code_path=path)


@on_the_variant
def test_seeds_are_the_ones_that_the_module_keeps() -> None:
    """The module returns the seed of a generated key of ML-DSA, and of none of ML-KEM."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    again = MLDSAPrivateKey.from_seed(bytes(key.seed()), "ML-DSA-44")
    assert again.public_key == key.public_key
    with pytest.raises(SeedUnavailableError):
        MLKEMPrivateKey.generate("ML-KEM-512").seed()


@on_the_variant
def test_a_child_of_fork_draws_other_keys() -> None:
    """The module's random number generator does not repeat itself in a child."""
    MLKEMPrivateKey.generate("ML-KEM-512")  # the generator has its state before the fork
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, MLKEMPrivateKey.generate("ML-KEM-512").public_key.public_bytes())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        theirs = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    assert len(theirs) == 800
    assert theirs != MLKEMPrivateKey.generate("ML-KEM-512").public_key.public_bytes()


# The start of the seed of the self test of ML-DSA key generation, in the part of the module that is hashed.
MARK = b"\x4b\xe7\xa0\x1a\x99\xa5\xe5\xbc\xfe\x3c\x06\x78\x5d\x8e\x4e\xc6"


@on_the_variant
def test_a_changed_byte_ends_the_process_before_it_computes(tmp_path: Path) -> None:
    """The integrity test of the module ends the process when it is loaded."""
    copy = tmp_path / "qynauth_pqc"
    shutil.copytree(PACKAGE, copy)
    library = next((copy / "lib").glob("libpqc_ffi.so"))
    content = bytearray(library.read_bytes())
    place = content.index(MARK)
    content[place] ^= 1
    library.write_bytes(content)
    command = [sys.executable, "-c", "import qynauth_pqc; print(qynauth_pqc.__file__)"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (result.returncode, result.stdout) == (-signal.SIGABRT, b"")
    assert b"integrity" in result.stderr.lower()


@on_the_variant
def test_wheel_needs_no_compiler_and_runs_the_first_example(root: Path, tmp_path: Path) -> None:
    """The environment is fresh, and neither a compiler nor Go, CMake or cargo is on the path."""
    [wheel] = (root / "target" / "fips" / "wheel").glob("*.whl")
    example = (root / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    venv.create(tmp_path / "new", with_pip=True)
    for arguments in (["-m", "pip", "install", "--quiet", str(wheel)], ["-c", example]):
        command = [str(tmp_path / "new" / "bin" / "python"), *arguments]
        subprocess.run(command, env={**os.environ, "PATH": str(tmp_path)}, check=True)


@on_the_variant
@with_default_build
def test_import_that_finds_both_distributions_fails(tmp_path: Path) -> None:
    """Each has replaced files of the other; either alone is imported."""
    site, code = tmp_path / "site-packages", "from importlib import metadata as m; print(m.distribution({!r})._path)"
    shutil.copytree(PACKAGE, site / "qynauth_pqc")
    importing = [sys.executable, "-c", "import qynauth_pqc; print(qynauth_pqc.__file__)"]
    environment = {**os.environ, "PYTHONPATH": str(site)}
    for python, name in ((sys.executable, "qynauth-pqc-fips"), (str(DEFAULT_PYTHON), "qynauth-pqc")):
        run = subprocess.run(importing, env=environment, capture_output=True, text=True, check=True)
        assert run.stdout.startswith(str(site))
        folder = subprocess.run([python, "-c", code.format(name)], capture_output=True, text=True, check=True).stdout
        shutil.copytree(folder.strip(), site / Path(folder.strip()).name)
    run = subprocess.run(importing, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (1, "")
    assert "ImportError: qynauth-pqc and qynauth-pqc-fips are both installed here: uninstall both" in run.stderr


@on_the_variant
@pytest.mark.parametrize("threads", [None, 1, 3])
@pytest.mark.parametrize("name", OFFERED)
def test_batches_agree_with_single_calls(name: str, threads: int | None) -> None:
    """A bad item among the others has its error."""
    key = private_class(name).generate(name)
    if isinstance(key, KEMPrivateKey):
        ciphertexts, sent = encapsulate_many(key.public_key, 65, threads)
        assert [key.decapsulate(each) for each in ciphertexts] == [*sent]
        assert decapsulate_many(key, ciphertexts, threads) == sent
        with pytest.raises(BatchError) as failed:
            decapsulate_many(key, [*ciphertexts, b"short"], threads)
        assert [*failed.value.errors] == [65]
        return
    messages = [bytes([number]) for number in range(65)]
    signatures = sign_many(key, messages, b"context", threads)
    assert len({bytes(each) for each in signatures}) == 65
    for message, signature in zip(messages, signatures, strict=True):
        key.public_key.verify(message, bytes(signature), context=b"context")
    swapped = [*signatures[:64], signatures[0]]
    assert verify_many(key.public_key, messages, swapped, b"context", threads) == [True] * 64 + [False]


@on_the_variant
@with_default_build
@pytest.mark.parametrize("is_reader", [True, False], ids=["read", "make"])
def test_keys_and_results_are_exchanged_with_the_default_build(is_reader: bool) -> None:  # noqa: FBT001 - a parameter
    """Each build reads the keys, ciphertexts and signatures of the other."""
    names = [str(each.values[0]) for each in OFFERED]
    pythons = [str(DEFAULT_PYTHON), sys.executable]
    maker, reader = pythons if is_reader else pythons[::-1]
    made = subprocess.run([maker, exchange.__file__, "make", *names], capture_output=True, check=True).stdout
    assert [*json.loads(made)] == names
    read = subprocess.run([reader, exchange.__file__, "read"], input=made, capture_output=True, check=True).stdout
    assert read.decode().split() == names
