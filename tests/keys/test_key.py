"""Keys of all families have their seeds, encodings, lengths and options, and behave as objects should."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from conftest import COMPOSITE, MLDSA, MLKEM, XWING, Sizes

from qynauth_pqc import (
    ClosedError,
    CompositePrivateKey,
    InvalidKeyError,
    InvalidLengthError,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    SeedUnavailableError,
    UnsupportedError,
    XWingPrivateKey,
)

PRIVATE: dict[str, Any] = {"ML-KEM": MLKEMPrivateKey, "ML-DSA": MLDSAPrivateKey, "X-Wing": XWingPrivateKey}
WITH_SEED = [*MLKEM, *MLDSA, XWING]
SEEDED = pytest.mark.parametrize("sizes", [pytest.param(each, id=each.name) for each in WITH_SEED])
ALL = pytest.mark.parametrize("sizes", [pytest.param(each, id=each.name) for each in (*WITH_SEED, *COMPOSITE)])
SEEDED_FAMILIES = pytest.mark.parametrize("kind", PRIVATE.values(), ids=PRIVATE)
FAMILIES = pytest.mark.parametrize("kind", [*PRIVATE.values(), CompositePrivateKey], ids=[*PRIVATE, "composite"])


def class_of(sizes: Sizes) -> Any:
    """Return the class of the private keys of a parameter set."""
    return PRIVATE.get(sizes.name[:6], CompositePrivateKey)


def check_pair(private_key: Any, public_key: Any) -> None:
    """Check that two keys work together."""
    if isinstance(private_key, (MLDSAPrivateKey, CompositePrivateKey)):
        public_key.verify(b"message", private_key.sign(b"message"))
    else:
        ciphertext, sent = public_key.encapsulate()
        assert private_key.decapsulate(ciphertext) == sent


@SEEDED
def test_sizes_match_the_standard(sizes: Sizes) -> None:
    """The parameter set and the encodings have these sizes; the set equals its name."""
    private_key = class_of(sizes).generate(sizes.name)
    found: Any = private_key.parameter_set
    expected = sizes.public_key, sizes.private_key, sizes.seed
    assert (found.public_key_bytes, found.private_key_bytes, found.seed_bytes) == expected
    output = found.signature_bytes if sizes in MLDSA else found.ciphertext_bytes
    assert output == sizes.output
    encodings = private_key.public_key.public_bytes(), private_key.private_bytes(), private_key.seed()
    assert tuple(map(len, encodings)) == expected
    assert str(found) == f"{found}" == found == sizes.name


@pytest.mark.parametrize("name", ["ML-KEM-768", "ML-DSA-65", "X-Wing", "MLDSA65-Ed25519-SHA512"])
def test_default_of_generate_is_a_middle_set(name: str) -> None:
    """It is the default without an argument and with None."""
    kind = PRIVATE.get(name[:6], CompositePrivateKey)
    assert kind.generate().parameter_set == kind.generate(None).parameter_set == name


@SEEDED
def test_key_from_its_seed_is_the_same_key(sizes: Sizes) -> None:
    """The seed determines the key pair and is kept."""
    private_key = class_of(sizes).generate(sizes.name)
    again = class_of(sizes).from_seed(private_key.seed(), sizes.name)
    assert again.private_bytes() == private_key.private_bytes()
    assert again.public_key == private_key.public_key
    assert again.seed() == private_key.seed()


@SEEDED
def test_key_from_its_private_bytes_works(sizes: Sizes) -> None:
    """It loads without naming the set and re-encodes to the same bytes; only X-Wing's expanded key is its seed."""
    private_key = class_of(sizes).generate(sizes.name)
    again = class_of(sizes).from_private_bytes(private_key.private_bytes())
    assert (again.parameter_set, again.public_key) == (sizes.name, private_key.public_key)
    assert again.private_bytes() == private_key.private_bytes()
    check_pair(again, private_key.public_key)
    if sizes is XWING:
        assert again.seed() == private_key.seed()
    else:
        with pytest.raises(SeedUnavailableError, match="the key has no seed"):
            again.seed()


@ALL
def test_public_key_from_its_bytes_is_equal_and_works(sizes: Sizes) -> None:
    """An encoded key loads without naming the set, and equals neither another key nor its own encoding."""
    private_key = class_of(sizes).generate(sizes.name)
    public_key = type(private_key.public_key).from_public_bytes(private_key.public_key.public_bytes())
    check_pair(private_key, public_key)
    assert public_key == private_key.public_key
    assert hash(public_key) == hash(private_key.public_key)
    assert public_key != class_of(sizes).generate(sizes.name).public_key
    assert public_key != public_key.public_bytes()


@pytest.mark.parametrize("difference", [-1, 1])
@SEEDED
def test_seeds_and_keys_of_a_wrong_length_are_refused(sizes: Sizes, difference: int) -> None:
    """Each error has its class and names both sizes."""
    kind = class_of(sizes)
    for make, expected, error in (
        (kind.from_seed, sizes.seed, InvalidLengthError),
        (kind.from_private_bytes, sizes.private_key, InvalidKeyError),
        (kind._public_class.from_public_bytes, sizes.public_key, InvalidKeyError),
    ):
        with pytest.raises(error, match=f"expected {expected} bytes for {sizes.name}, got {expected + difference}$"):
            make(bytes(expected + difference), sizes.name)


@SEEDED_FAMILIES
@pytest.mark.parametrize("length", [0, 1, 33, 65])
def test_seed_of_another_length_is_refused(kind: Any, length: int) -> None:
    """Lengths near and far are refused."""
    with pytest.raises(InvalidLengthError, match=f"got {length}$"):
        kind.from_seed(bytes(length), kind._default_set)


def test_key_of_no_known_length_is_refused_with_all_sizes() -> None:
    """Without a named set the error lists the right sizes."""
    with pytest.raises(InvalidKeyError, match=r"800 \(ML-KEM-512\), 1184 \(ML-KEM-768\), 1568 .*got 7$"):
        MLKEMPublicKey.from_public_bytes(bytes(7))


@FAMILIES
def test_unknown_parameter_sets_are_refused(kind: Any) -> None:
    """The set is a name of another family, a name of no family, or a number; the error lists the names."""
    others = {"ML-KEM-768", "ML-DSA-65", "X-Wing", "MLDSA65-Ed25519-SHA512"} - {str(kind._default_set)}
    for name in (*others, "Kyber768", ""):
        with pytest.raises(UnsupportedError, match=", ".join(kind._sets)):
            kind.generate(name)
    with pytest.raises(TypeError, match="not int"):
        kind.generate(768)


@ALL
def test_closed_keys_refuse_every_use(sizes: Sizes) -> None:
    """They are closed by close() and by a with block; public keys taken before stay usable."""
    with class_of(sizes).generate(sizes.name) as private_key:
        public_key = private_key.public_key
    private_key.close()
    operation = private_key.sign if hasattr(private_key, "sign") else private_key.decapsulate
    uses = [private_key.seed, private_key.private_bytes, lambda: private_key.public_key, lambda: operation(b"")]
    for use in uses:
        with pytest.raises(ClosedError, match=f"{type(private_key).__name__} is closed"):
            use()
    assert len(public_key.public_bytes()) == sizes.public_key
    public_key.close()
    check = (lambda: public_key.verify(b"", b"")) if hasattr(public_key, "verify") else public_key.encapsulate
    for use in (public_key.public_bytes, lambda: public_key.engine, check):
        with pytest.raises(ClosedError, match=f"{type(public_key).__name__} is closed"):
            use()


@ALL
def test_public_keys_pickle_and_copy_and_private_keys_refuse(sizes: Sizes) -> None:
    """Every protocol of pickle is tried; a copy of a private key would be one more to wipe."""
    private_key = class_of(sizes).generate(sizes.name)
    public_key = private_key.public_key
    copies = [pickle.loads(pickle.dumps(public_key, each)) for each in range(pickle.HIGHEST_PROTOCOL + 1)]  # noqa: S301 - our own
    assert {*copies, copy.copy(public_key), copy.deepcopy(public_key)} == {public_key}
    for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled or copied"):
            duplicate(private_key)


@FAMILIES
def test_keys_are_made_by_the_class_methods_only(kind: Any) -> None:
    """There is no key without a handle."""
    for each in (kind, kind._public_class):
        with pytest.raises(TypeError, match="class methods"):
            each()


@ALL
def test_repr_shows_the_algorithm_and_no_byte(sizes: Sizes) -> None:
    """A log shows the class, the set and whether the key is closed."""
    private_key = class_of(sizes).generate(sizes.name)
    for key in (private_key.public_key, private_key):
        assert repr(key) == f"<{type(key).__name__}: {sizes.name}>"
        key.close()
        assert repr(key) == f"<{type(key).__name__}: {sizes.name}, closed>"
