"""Which engine keys take, and what they keep of their expanded form."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest
from conftest import CHOICES, Sizes

from qynauth_pqc import (
    ClosedError,
    CompositePrivateKey,
    CompositePublicKey,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    PQCLibraryV2,
    UnsupportedError,
    XWingPrivateKey,
    XWingPublicKey,
    enable_optimizations,
    load_private_key,
    load_public_key,
    optimizations,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# Runs in a process of its own, because the variable is read once.
ENGINE_OF_THE_ENVIRONMENT = """
from qynauth_pqc import MLKEMPrivateKey, PQCLibraryV2, UnsupportedError, enable_optimizations, optimizations
for make in (MLKEMPrivateKey.generate, PQCLibraryV2, optimizations):
    try:
        made = make()
        print(made["engine"] if make is optimizations else made.engine)
    except UnsupportedError as error:
        print(error)
print(MLKEMPrivateKey.generate(engine="simd").engine, enable_optimizations(engine="libcrux")["engine"])
print(MLKEMPrivateKey.generate().engine)
"""


def in_environment(value: str | None) -> list[str]:
    """Return what the program above prints with this value of the variable."""
    environment = {name: text for name, text in os.environ.items() if name != "QYNAUTH_PQC_ENGINE"}
    environment |= {} if value is None else {"QYNAUTH_PQC_ENGINE": value}
    arguments = [sys.executable, "-c", ENGINE_OF_THE_ENVIRONMENT]
    return subprocess.run(arguments, check=True, capture_output=True, text=True, env=environment).stdout.splitlines()


@pytest.mark.parametrize("value", [None, "libcrux", "simd"])
def test_environment_names_the_engine_of_keys_that_ask_for_none(value: str | None) -> None:
    """An argument goes before it, and simd is what holds without it."""
    assert in_environment(value) == [*[value or "simd"] * 3, "simd libcrux", "libcrux"]


@pytest.mark.parametrize("value", ["", "SIMD", "fast"])
def test_bad_value_in_the_environment_is_an_error(value: str) -> None:
    """The message names the good ones; a key that names its engine is made all the same."""
    assert in_environment(value) == ["QYNAUTH_PQC_ENGINE must be libcrux or simd"] * 3 + ["simd libcrux", "libcrux"]


@pytest.mark.parametrize("choice", CHOICES)
def test_keys_know_their_engine_and_code_path_and_so_do_their_public_keys(choice: str) -> None:
    """However they were made."""
    options = CHOICES[choice]
    for kind in (MLKEMPrivateKey, MLDSAPrivateKey, XWingPrivateKey, CompositePrivateKey):
        key = kind.generate(**options)
        public = type(key.public_key).from_public_bytes(key.public_key.public_bytes(), key.parameter_set, **options)
        for each in (key, key.public_key, public):
            assert (each.engine, each.code_path) == (options["engine"], options["code_path"])


@pytest.mark.parametrize("engine", ["libcrux", "simd"])
def test_every_maker_of_keys_takes_an_engine(engine: str) -> None:
    """Seeds, encodings and files."""
    kem, dsa, hybrid = MLKEMPrivateKey.generate(), MLDSAPrivateKey.generate(), XWingPrivateKey.generate()
    both, pair = CompositePrivateKey.generate(), PQCLibraryV2(engine=engine)
    made = [
        MLKEMPrivateKey.from_seed(kem.seed(), "ML-KEM-768", engine=engine),
        MLKEMPrivateKey.from_private_bytes(kem.private_bytes(), engine=engine),
        MLKEMPublicKey.from_public_bytes(kem.public_key.public_bytes(), engine=engine),
        MLDSAPrivateKey.from_seed(dsa.seed(), "ML-DSA-65", engine=engine),
        MLDSAPrivateKey.from_private_bytes(dsa.private_bytes(), engine=engine),
        MLDSAPublicKey.from_public_bytes(dsa.public_key.public_bytes(), engine=engine),
        XWingPrivateKey.from_seed(hybrid.seed(), engine=engine),
        XWingPublicKey.from_public_bytes(hybrid.public_key.public_bytes(), engine=engine),
        CompositePrivateKey.from_private_bytes(both.private_bytes(), both.parameter_set, engine=engine),
        CompositePublicKey.from_public_bytes(both.public_key.public_bytes(), engine=engine),
        load_private_key(dsa.to_pkcs8(form="expanded"), engine=engine),
        load_public_key(kem.public_key.to_spki(), engine=engine),
        MLKEMPrivateKey.generate(**pair.key_options()),
    ]
    assert {key.engine for key in made} == {engine}


def test_keys_are_the_same_bytes_with_every_engine(kem: Sizes, dsa: Sizes) -> None:
    """What one encapsulates and signs, the other opens and verifies."""
    for this, that in (("libcrux", "simd"), ("simd", "libcrux")):
        sender, receiver = (MLKEMPrivateKey.from_seed(bytes(64), kem.name, engine=engine) for engine in (this, that))
        ciphertext, sent = sender.public_key.encapsulate()
        assert receiver.decapsulate(ciphertext) == sent
        signer, verifier = (MLDSAPrivateKey.from_seed(bytes(32), dsa.name, engine=engine) for engine in (this, that))
        assert signer.private_bytes() == verifier.private_bytes()
        verifier.public_key.verify(b"message", signer.sign(b"message"))


def test_unknown_engine_is_refused_and_the_known_ones_are_named() -> None:
    """By every maker of keys, the library and the settings."""
    for use in (
        lambda: MLKEMPrivateKey.generate(engine="openssl"),
        lambda: MLDSAPublicKey.from_public_bytes(bytes(1312), engine=""),
        lambda: PQCLibraryV2(engine="SIMD"),
        lambda: enable_optimizations(engine="fast"),
    ):
        with pytest.raises(UnsupportedError, match="expected one of libcrux, simd"):
            use()


def test_avx512_is_refused_by_libcrux() -> None:
    """Which has no such code path, whatever the processor has."""
    with pytest.raises(UnsupportedError, match="code path is unavailable"):
        MLKEMPrivateKey.generate(engine="libcrux", code_path="avx512")


def test_setting_holds_for_new_keys_and_old_ones_keep_their_engine() -> None:
    """Until it is changed back."""
    before = optimizations()["engine"]
    try:
        old = MLKEMPrivateKey.generate(engine="libcrux")
        assert enable_optimizations(engine="simd")["engine"] == "simd"
        assert (MLKEMPrivateKey.generate().engine, PQCLibraryV2().engine, old.engine) == ("simd", "simd", "libcrux")
    finally:
        enable_optimizations(engine=before)


def sizes_of(key: MLKEMPublicKey | MLDSAPrivateKey, use: Callable[[], object]) -> list[int]:
    """Return what a key takes when it is new, and after one, two and three uses."""
    sizes = [key.resident_bytes]
    for _ in range(3):
        use()
        sizes.append(key.resident_bytes)
    return sizes


@pytest.mark.parametrize("kind", [MLKEMPrivateKey, MLDSAPrivateKey])
def test_simd_key_grows_in_its_second_use_unless_its_options_say_otherwise(
    kind: type[MLKEMPrivateKey | MLDSAPrivateKey],
) -> None:
    """A key that is used once stays as small as its encoding."""
    found = []
    for precompute in (False, None, True):
        key = kind.generate(engine="simd", precompute=precompute)
        if isinstance(key, MLKEMPrivateKey):
            public = MLKEMPublicKey.from_public_bytes(
                key.public_key.public_bytes(), engine="simd", precompute=precompute
            )
            found.append(sizes_of(public, public.encapsulate))
        else:
            found.append(sizes_of(key, partial(key.sign, b"message")))
    small, large = found[0][0], found[2][0]
    assert large > small
    assert found == [[small] * 4, [small, small, large, large], [large] * 4]


@pytest.mark.parametrize("form", ["seed", "private_bytes"])
def test_loaded_signing_key_is_expanded_unless_its_options_say_otherwise(form: str) -> None:
    """Its check and its derivation expand most of what its first signature needs."""
    made = MLDSAPrivateKey.generate("ML-DSA-65", engine="simd", precompute=False)
    small = made.resident_bytes
    for precompute, is_expanded in ((False, False), (None, True), (True, True)):
        if form == "seed":
            key = MLDSAPrivateKey.from_seed(made.seed(), "ML-DSA-65", engine="simd", precompute=precompute)
        else:
            key = MLDSAPrivateKey.from_private_bytes(made.private_bytes(), engine="simd", precompute=precompute)
        sizes = sizes_of(key, partial(key.sign, b"message"))
        assert sizes == [sizes[0]] * 4
        assert (sizes[0] > small) == is_expanded
        assert key.sign(b"message", deterministic=True) == made.sign(b"message", deterministic=True)


def test_closed_key_reports_nothing() -> None:
    """As it does nothing."""
    key = MLDSAPrivateKey.generate()
    key.close()
    for what in ("engine", "code_path", "resident_bytes"):
        with pytest.raises(ClosedError):
            getattr(key, what)
