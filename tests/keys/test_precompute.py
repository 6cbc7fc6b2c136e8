"""The expanded forms that keys keep, and their reports."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from conftest import CHOICES

from qynauth_pqc import (
    ClosedError,
    CompositePrivateKey,
    CompositePublicKey,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    PQCLibraryV2,
    XWingPrivateKey,
    XWingPublicKey,
    load_private_key,
    load_public_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("choice", CHOICES)
def test_keys_know_their_code_path_and_so_do_their_public_keys(choice: str) -> None:
    """Every way to make a key is tried."""
    options = CHOICES[choice]
    for kind in (MLKEMPrivateKey, MLDSAPrivateKey, XWingPrivateKey, CompositePrivateKey):
        key = kind.generate(**options)
        public = type(key.public_key).from_public_bytes(key.public_key.public_bytes(), key.parameter_set, **options)  # type: ignore[arg-type]
        for each in (key, key.public_key, public):
            assert (each.engine, each.code_path) == ("simd", options["code_path"])


def test_every_maker_of_keys_takes_a_code_path() -> None:
    """Seeds, encodings and files take it."""
    kem, dsa, hybrid = MLKEMPrivateKey.generate(), MLDSAPrivateKey.generate(), XWingPrivateKey.generate()
    both, pair = CompositePrivateKey.generate(), PQCLibraryV2(optimizations="portable")
    made = [
        MLKEMPrivateKey.from_seed(kem.seed(), "ML-KEM-768", code_path="portable"),
        MLKEMPrivateKey.from_private_bytes(kem.private_bytes(), code_path="portable"),
        MLKEMPublicKey.from_public_bytes(kem.public_key.public_bytes(), code_path="portable"),
        MLDSAPrivateKey.from_seed(dsa.seed(), "ML-DSA-65", code_path="portable"),
        MLDSAPrivateKey.from_private_bytes(dsa.private_bytes(), code_path="portable"),
        MLDSAPublicKey.from_public_bytes(dsa.public_key.public_bytes(), code_path="portable"),
        XWingPrivateKey.from_seed(hybrid.seed(), code_path="portable"),
        XWingPublicKey.from_public_bytes(hybrid.public_key.public_bytes(), code_path="portable"),
        CompositePrivateKey.from_private_bytes(both.private_bytes(), both.parameter_set, code_path="portable"),
        CompositePublicKey.from_public_bytes(both.public_key.public_bytes(), code_path="portable"),
        load_private_key(dsa.to_pkcs8(form="expanded"), code_path="portable"),
        load_public_key(kem.public_key.to_spki(), code_path="portable"),
        MLKEMPrivateKey.generate(**pair.key_options()),
    ]
    assert {key.code_path for key in made} == {"portable"}


def sizes_of(key: MLKEMPublicKey | MLDSAPrivateKey, use: Callable[[], object]) -> list[int]:
    """Return the memory of a key when it is new, and after one, two and three uses."""
    sizes = [key.resident_bytes]
    for _ in range(3):
        use()
        sizes.append(key.resident_bytes)
    return sizes


@pytest.mark.parametrize("kind", [MLKEMPrivateKey, MLDSAPrivateKey])
def test_key_grows_in_its_second_use_unless_its_options_say_otherwise(
    kind: type[MLKEMPrivateKey | MLDSAPrivateKey],
) -> None:
    """A key that is used once stays as small as its encoding."""
    found = []
    for precompute in (False, None, True):
        key = kind.generate(precompute=precompute)
        if isinstance(key, MLKEMPrivateKey):
            public = MLKEMPublicKey.from_public_bytes(key.public_key.public_bytes(), precompute=precompute)
            found.append(sizes_of(public, public.encapsulate))
        else:
            found.append(sizes_of(key, partial(key.sign, b"message")))
    small, large = found[0][0], found[2][0]
    assert large > small
    assert found == [[small] * 4, [small, small, large, large], [large] * 4]


@pytest.mark.parametrize("form", ["seed", "private_bytes"])
def test_loaded_signing_key_is_expanded_unless_its_options_say_otherwise(form: str) -> None:
    """Checking and deriving it expand most of the values of its first signature."""
    made = MLDSAPrivateKey.generate("ML-DSA-65", precompute=False)
    small = made.resident_bytes
    for precompute, is_expanded in ((False, False), (None, True), (True, True)):
        if form == "seed":
            key = MLDSAPrivateKey.from_seed(made.seed(), "ML-DSA-65", precompute=precompute)
        else:
            key = MLDSAPrivateKey.from_private_bytes(made.private_bytes(), precompute=precompute)
        sizes = sizes_of(key, partial(key.sign, b"message"))
        assert sizes == [sizes[0]] * 4
        assert (sizes[0] > small) == is_expanded
        assert key.sign(b"message", deterministic=True) == made.sign(b"message", deterministic=True)


def test_closed_key_reports_nothing() -> None:
    """Its queries raise an error."""
    key = MLDSAPrivateKey.generate()
    key.close()
    for what in ("engine", "code_path", "resident_bytes"):
        with pytest.raises(ClosedError):
            getattr(key, what)
