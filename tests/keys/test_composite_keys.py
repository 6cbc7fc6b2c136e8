"""Keys of composite signatures load or are refused, in files and batches, in locked memory, on every code path."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import Any

import composite_draft as draft
import pytest
from conftest import CHOICES, COMPOSITE, Options, Sizes
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from qynauth_pqc import (
    CompositeParameterSet,
    CompositePrivateKey,
    CompositePublicKey,
    InvalidKeyError,
    InvalidLengthError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    PasswordError,
    PQCError,
    SecretBytes,
    SeedUnavailableError,
    UnsupportedError,
    WrongAlgorithmError,
    derandomized,
    load_private_key,
    load_public_key,
)
from qynauth_pqc.batch import sign_many, verify_many

KEYS = {sizes.name: CompositePrivateKey.generate(sizes.name) for sizes in COMPOSITE}
ED25519 = [name for name in KEYS if draft.ROWS[name].curve is None]
CURVES = [name for name in KEYS if draft.ROWS[name].curve]
POINT = "classical half of the public key is not a point of its curve, or is one of low order"
CURVE = {name: draft.CURVES[row.curve] for name, row in draft.ROWS.items() if row.curve}
P_25519 = 2**255 - 19


def der(tag: int, *content: bytes) -> bytes:
    """Return the DER of a value."""
    joined = b"".join(content)
    size = len(joined)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + joined


def pkcs8(name: str, content: bytes, algorithm: bytes | None = None) -> bytes:
    """Return a private key in PKCS#8, with the content in its OCTET STRING."""
    return der(0x30, b"\x02\x01\x00", algorithm or draft.identifier(draft.ROWS[name]), der(4, content))


def spki(name: str, content: bytes, algorithm: bytes | None = None) -> bytes:
    """Return a public key in SubjectPublicKeyInfo, with the content in its BIT STRING."""
    return der(0x30, algorithm or draft.identifier(draft.ROWS[name]), der(3, b"\0", content))


def components(name: str) -> list[Any]:
    """Return the two keys that a composite key consists of, as keys of `cryptography`."""
    return list(draft.private_halves(draft.ROWS[name], bytes(KEYS[name].private_bytes())))


# Sizes and lengths


def test_sizes_are_those_of_the_draft(composite: Sizes) -> None:
    """The parameter set and the encodings have these sizes; the set equals its name."""
    key, found = KEYS[composite.name], CompositeParameterSet(composite.name)
    expected = composite.public_key, composite.private_key
    assert (found.public_key_bytes, found.private_key_bytes, found.signature_bytes) == (*expected, composite.output)
    assert (len(key.public_key.public_bytes()), len(key.private_bytes())) == expected
    assert str(key.parameter_set) == f"{found}" == found == composite.name
    assert found.id == 0x60000 + int(draft.ROWS[composite.name].oid.rpartition(".")[2])


def test_sets_are_the_six_of_the_draft_and_no_others() -> None:
    """The draft's names, in the order of its identifiers; others are refused with the names there are."""
    assert sorted(CompositeParameterSet, key=lambda each: each.id) == list(draft.ROWS)
    for name in ("MLDSA44-RSA2048-PSS-SHA256", "MLDSA87-Ed448-SHAKE256", "id-MLDSA44-Ed25519-SHA512", "ML-DSA-44"):
        with pytest.raises(UnsupportedError, match="MLDSA87-ECDSA-P384-SHA512"):
            CompositePrivateKey.generate(name)  # type: ignore[arg-type]


def test_keys_of_every_other_length_are_refused(composite: Sizes) -> None:
    """The error names both sizes."""
    makers: list[tuple[Any, int]] = [
        (CompositePrivateKey.from_private_bytes, composite.private_key),
        (CompositePublicKey.from_public_bytes, composite.public_key),
    ]
    for make, expected in makers:
        for size in {*range(expected + 200), 5000} - {expected}:
            with pytest.raises(InvalidKeyError, match=f"expected {expected} bytes for {composite.name}, got {size}$"):
                make(bytes(size), composite.name)


def test_key_of_a_component_is_not_a_key_of_the_composite(composite: Sizes) -> None:
    """Neither half alone loads, nor do the two in the other order."""
    row, key = draft.ROWS[composite.name], KEYS[composite.name]
    private, public = bytes(key.private_bytes()), key.public_key.public_bytes()
    for changed in (private[:32], private[32:], private[32:] + private[:32] + b"\0"):
        with pytest.raises(InvalidKeyError):
            CompositePrivateKey.from_private_bytes(changed, composite.name)
    for changed in (public[: row.public_key_size], public[row.public_key_size :]):
        with pytest.raises(InvalidKeyError):
            CompositePublicKey.from_public_bytes(changed, composite.name)


def test_private_key_is_loaded_only_where_its_set_is_named() -> None:
    """Two sets each have keys of 64, 83 and 96 bytes, and none has others."""
    for key in KEYS.values():
        with pytest.raises(TypeError, match=f"{key.parameter_set}.*; pass parameter_set=$"):
            CompositePrivateKey.from_private_bytes(key.private_bytes())
    with pytest.raises(InvalidKeyError, match="got 65"):
        CompositePrivateKey.from_private_bytes(bytes(65))


# The contents of the encodings


@pytest.mark.parametrize("name", CURVES)
def test_every_byte_around_the_number_of_an_ec_private_key_is_checked(name: Any) -> None:
    """The key has one encoding: version 1, the curve of the algorithm, and no public key."""
    private = bytes(KEYS[name].private_bytes())
    for position in {*range(32, 39), *range(len(private) - (12 if "P256" in name else 9), len(private))}:
        changed = bytearray(private)
        changed[position] ^= 1
        with pytest.raises(InvalidKeyError, match="DER"):
            CompositePrivateKey.from_private_bytes(changed, name)


@pytest.mark.parametrize("name", CURVES)
def test_number_of_an_ec_private_key_out_of_range_is_refused(name: Any) -> None:
    """Zero, the order and larger numbers are refused; 1 and the order minus 1 work."""
    private, size = bytes(KEYS[name].private_bytes()), CURVE[name].key_size // 8
    order = CURVE[name].group_order
    for number, is_valid in (0, False), (1, True), (order - 1, True), (order, False), (2 ** (8 * size) - 1, False):
        encoded = private[:39] + number.to_bytes(size, "big") + private[39 + size :]
        if is_valid:
            key = CompositePrivateKey.from_private_bytes(encoded, name)
            assert key.public_key.public_bytes() == draft.public_key(draft.ROWS[name], encoded)
            key.public_key.verify(b"", key.sign(b""))
        else:
            with pytest.raises(InvalidKeyError, match="range"):
                CompositePrivateKey.from_private_bytes(encoded, name)


@pytest.mark.parametrize("name", CURVES)
def test_points_that_are_not_on_the_curve_or_not_uncompressed_are_refused(name: Any) -> None:
    """The compressed and the hybrid form, and coordinates above the modulus, are refused."""
    public, first = KEYS[name].public_key.public_bytes(), draft.ROWS[name].public_key_size
    size = CURVE[name].key_size // 8
    point = public[first:]
    wrong = [bytes([tag]) + point[1:] for tag in (0, 2, 3, 5, 6, 7)]
    wrong += [point[:-1] + bytes([point[-1] ^ 1]), b"\x04" + bytes(2 * size), b"\x04" + b"\xff" * 2 * size]
    wrong += [b"\x04" + point[1 + size :] + point[1 : 1 + size]]
    for changed in wrong:
        with pytest.raises(InvalidKeyError, match=POINT):
            CompositePublicKey.from_public_bytes(public[:first] + changed, name)
        with pytest.raises(InvalidKeyError, match=POINT):
            load_public_key(spki(name, public[:first] + changed))


# The curves are y^2 = x^3 - 3x + b modulo p.
P = {"P-256": 2**256 - 2**224 + 2**192 + 2**96 - 1, "P-384": 2**384 - 2**128 - 2**96 + 2**32 - 1}
B = {
    "P-256": 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    "P-384": 0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
}


@pytest.mark.parametrize("name", CURVES)
def test_coordinate_that_is_not_reduced_is_refused(name: Any) -> None:
    """Such a point would have a second encoding."""
    curve, size = str(draft.ROWS[name].curve), CURVE[name].key_size // 8
    p, prefix = P[curve], KEYS[name].public_key.public_bytes()[: -2 * size]
    squares = ((x, (x**3 - 3 * x + B[curve]) % p) for x in range(200))
    points = ((x, pow(square, (p + 1) // 4, p), square) for x, square in squares)
    for x, y, _ in islice((point for point in points if point[1] ** 2 % p == point[2]), 5):
        rest = y.to_bytes(size, "big")
        assert CompositePublicKey.from_public_bytes(prefix + x.to_bytes(size, "big") + rest, name)
        with pytest.raises(InvalidKeyError, match=POINT):
            CompositePublicKey.from_public_bytes(prefix + (x + p).to_bytes(size, "big") + rest, name)


ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03",
)
LOW_ORDER = [
    *(number.to_bytes(32, "little") for number in (0, 1, P_25519 - 1, 1 << 255)),
    *(bytes.fromhex(ORDER_8[0] + last) for last in ("05", "85")),
    *(bytes.fromhex(ORDER_8[1] + last) for last in ("7a", "fa")),
]
NOT_CANONICAL = [((P_25519 + k) | sign << 255).to_bytes(32, "little") for k in range(19) for sign in (0, 1)]
NOT_CANONICAL += [(number | 1 << 255).to_bytes(32, "little") for number in (1, P_25519 - 1)]


@pytest.mark.parametrize("name", ED25519)
def test_points_of_low_order_and_in_another_encoding_are_refused(name: Any) -> None:
    """Under a point of low order, one Ed25519 signature fits many messages."""
    public, first = KEYS[name].public_key.public_bytes(), draft.ROWS[name].public_key_size
    assert len({*LOW_ORDER, *NOT_CANONICAL}) == 8 + 40
    not_on_the_curve = [(2).to_bytes(32, "little"), (2 | 1 << 255).to_bytes(32, "little")]
    for changed in (*LOW_ORDER, *NOT_CANONICAL, *not_on_the_curve):
        with pytest.raises(InvalidKeyError, match=POINT):
            CompositePublicKey.from_public_bytes(public[:first] + changed, name)


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(st.sampled_from(sorted(KEYS)), st.integers(0, 4095), st.integers(1, 255), st.sampled_from(["private", "public"]))
def test_changed_byte_makes_another_key_or_none(name: Any, position: int, difference: int, half: str) -> None:
    """A loaded key is encoded to the same bytes, and verifies its own signatures."""
    key = KEYS[name]
    changed = bytearray(key.private_bytes().view() if half == "private" else key.public_key.public_bytes())
    changed[position % len(changed)] ^= difference
    with suppress(InvalidKeyError):
        if half == "private":
            other = CompositePrivateKey.from_private_bytes(changed, name)
            assert other.private_bytes() == changed
            assert other.public_key.public_bytes() == draft.public_key(draft.ROWS[name], bytes(changed))
            assert other.public_key != key.public_key
        else:
            public_key = CompositePublicKey.from_public_bytes(changed, name)
            assert public_key.public_bytes() == changed
            with pytest.raises(InvalidSignatureError):
                public_key.verify(b"message", key.sign(b"message"))


# PKCS#8 and SubjectPublicKeyInfo


def test_encodings_are_those_of_the_draft(composite: Sizes) -> None:
    """The bytes are in an OCTET STRING and a BIT STRING, with an identifier without parameters."""
    key = KEYS[composite.name]
    assert key.to_pkcs8("DER") == pkcs8(composite.name, bytes(key.private_bytes()))
    assert key.public_key.to_spki("DER") == spki(composite.name, key.public_key.public_bytes())


@pytest.mark.parametrize("encoding", ["PEM", "DER"])
def test_encrypted_key_opens_with_its_password(composite: Sizes, encoding: str) -> None:
    """It opens like a key of any family."""
    key = KEYS[composite.name]
    encrypted = key.to_pkcs8(encoding, password=b"password")
    assert isinstance(encrypted, SecretBytes)
    assert load_private_key(encrypted, b"password").private_bytes() == key.private_bytes()
    assert load_public_key(key.public_key.to_spki(encoding)) == key.public_key
    with pytest.raises(PasswordError):
        load_private_key(encrypted, b"Password")


@pytest.mark.parametrize("form", ["seed", "both"])
def test_form_that_the_draft_does_not_have_is_refused(form: str) -> None:
    """The message names the existing form."""
    for name, key in KEYS.items():
        with pytest.raises(WrongAlgorithmError, match=f'{name} has the form "expanded" only'):
            key.to_pkcs8(form=form)


def test_key_of_a_component_is_refused_as_a_composite_and_the_reverse(composite: Sizes) -> None:
    """A component must not be used alone: no loader mistakes one for the other."""
    for component in components(composite.name):
        private = component.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        public = component.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if isinstance(component, (ed25519.Ed25519PrivateKey, ec.EllipticCurvePrivateKey)):
            with pytest.raises(UnsupportedError, match="algorithm"):
                load_private_key(private)
            with pytest.raises(UnsupportedError, match="algorithm"):
                load_public_key(public)
        else:
            assert isinstance(load_private_key(private), MLDSAPrivateKey)
            assert isinstance(load_public_key(public), MLDSAPublicKey)
    with pytest.raises((UnsupportedAlgorithm, ValueError)):
        load_der_private_key(KEYS[composite.name].to_pkcs8("DER").view(), None)
    with pytest.raises((UnsupportedAlgorithm, ValueError)):
        load_der_public_key(KEYS[composite.name].public_key.to_spki("DER"))


def test_content_of_another_key_under_the_identifier_of_a_composite_is_refused(composite: Sizes) -> None:
    """It is a half, PKCS#8 of a half, a CHOICE of ML-DSA, or another composite."""
    private = bytes(KEYS[composite.name].private_bytes())
    for content in (
        private[:32],
        private[32:],
        der(0x80, private),
        der(4, private),
        *(each.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) for each in components(composite.name)),
        *(bytes(key.private_bytes()) for name, key in KEYS.items() if len(key.private_bytes()) != len(private)),
        private + b"\0",
        b"",
    ):
        with pytest.raises(InvalidKeyError):
            load_private_key(pkcs8(composite.name, content))


def test_identifier_with_parameters_is_refused(composite: Sizes) -> None:
    """They must be absent, and NULL is not."""
    key, null = KEYS[composite.name], draft.identifier(draft.ROWS[composite.name], b"\5\0")
    with pytest.raises(InvalidKeyError, match="PKCS#8"):
        load_private_key(pkcs8(composite.name, bytes(key.private_bytes()), null))
    with pytest.raises(InvalidKeyError, match="SubjectPublicKeyInfo"):
        load_public_key(spki(composite.name, key.public_key.public_bytes(), null))


def test_private_key_of_a_composite_is_no_key_of_a_component(composite: Sizes) -> None:
    """It is refused under the identifier of ML-DSA, with and without its CHOICE."""
    last = {44: 17, 65: 18, 87: 19}[draft.ROWS[composite.name].parameter_set]
    algorithm = der(0x30, der(6, bytes.fromhex("6086480165030403") + bytes([last])))
    private = bytes(KEYS[composite.name].private_bytes())
    cases: list[tuple[bytes, type[PQCError], str]] = [
        (private, InvalidKeyError, "private key is damaged"),
        (der(0x80, private), InvalidLengthError, "seed has the wrong length"),
        (der(4, private), InvalidKeyError, "private key has the wrong length"),
    ]
    for content, error, message in cases:
        with pytest.raises(error, match=message):
            load_private_key(pkcs8(composite.name, content, algorithm))


# Features that a composite lacks


def test_composite_has_no_seed(composite: Sizes) -> None:
    """No seed makes a composite either."""
    with pytest.raises(SeedUnavailableError, match="the key has no seed"):
        KEYS[composite.name].seed()
    assert not hasattr(CompositePrivateKey, "from_seed")


@pytest.mark.parametrize(
    "use",
    [
        lambda key: key.sign(b"", prehash="SHA-512"),
        lambda key: key.public_key.verify(b"", b"", prehash="SHA-512"),
        lambda key: derandomized.sign_internal(key, b"", bytes(32)),
        lambda key: derandomized.sign_mu_with(key, bytes(64), bytes(32)),
        lambda key: derandomized.verify_internal(key.public_key, b"", b""),
    ],
    ids=["prehash", "verify prehash", "internal", "mu", "verify internal"],
)
def test_operations_of_other_keys_are_refused(composite: Sizes, use: Any) -> None:
    """Hash, mu and the internal interface of ML-DSA are refused: its half is no separate signing key."""
    with pytest.raises(TypeError):
        use(KEYS[composite.name])


def test_composite_has_no_methods_for_mu_or_encapsulation() -> None:
    """Its keys do not inherit them either."""
    names = {"sign_mu", "verify_mu", "mu_hasher", "encapsulate"}
    assert not names & {*dir(CompositePrivateKey), *dir(CompositePublicKey)}


# Options, memory and batches


@pytest.mark.parametrize("options", CHOICES.values(), ids=CHOICES)
def test_keys_take_the_options_of_their_mldsa(composite: Sizes, options: Options) -> None:
    """Every class method takes them; a signature of one code path verifies on each."""
    key = CompositePrivateKey.generate(composite.name, **options)
    private, public = key.private_bytes(), key.public_key.public_bytes()
    made = [
        key,
        CompositePrivateKey.from_private_bytes(private, composite.name, **options),
        CompositePublicKey.from_public_bytes(public, composite.name, **options),
        load_private_key(key.to_pkcs8(), **options),
        load_public_key(key.public_key.to_spki(), **options),
    ]
    assert {each.code_path for each in made} == {options["code_path"]}
    for other in CHOICES.values():
        CompositePublicKey.from_public_bytes(public, composite.name, **other).verify(b"", key.sign(b""))


def test_locked_memory_makes_the_same_key(composite: Sizes) -> None:
    """Its public key works after the pair is closed."""
    private = KEYS[composite.name].private_bytes()
    with CompositePrivateKey.from_private_bytes(private, composite.name, locked_memory=True) as key:
        public_key, signature = key.public_key, key.sign(b"message")
        assert key.private_bytes() == private
    public_key.verify(b"message", signature)
    assert public_key == KEYS[composite.name].public_key


def test_batches_take_keys_of_composites(composite: Sizes) -> None:
    """Each signature has its own length; a bad one is False and raises no error."""
    keys = [each for each in CompositePrivateKey.generate_many(composite.name, 2) for _ in range(20)]
    messages = [b"message %d" % number for number in range(len(keys))]
    for private_keys in keys, keys[:1] * len(keys), keys[0]:
        signatures = sign_many(private_keys, messages, b"context")
        used = private_keys if isinstance(private_keys, list) else keys[:1] * len(keys)
        used[0].public_key.verify(messages[0], signatures[0], context=b"context")
        signatures[7] = signatures[8]
        valid = verify_many([key.public_key for key in used], messages, signatures, b"context")
        assert valid == [number != 7 for number in range(len(keys))]


def test_batch_mixes_composites_with_keys_of_mldsa() -> None:
    """The keys are loaded or encoded; a deterministic batch equals single calls."""
    keys: list[Any] = [*KEYS.values(), *(MLDSAPrivateKey.generate(f"ML-DSA-{each}") for each in (44, 65, 87))]  # type: ignore[arg-type]
    messages = [b"message"] * len(keys)
    signatures = sign_many(keys, messages, deterministic=True)
    assert signatures == [key.sign(b"message", deterministic=True) for key in keys]
    public_keys = [key.public_key for key in keys]
    assert verify_many(public_keys, messages, signatures) == [True] * len(keys)
    encoded, sets = [each.public_bytes() for each in public_keys], [each.parameter_set for each in public_keys]
    assert verify_many(encoded, messages, signatures, parameter_set=sets) == [True] * len(keys)
    assert verify_many(public_keys, messages, signatures[::-1]) == [n == len(keys) // 2 for n in range(len(keys))]


def test_keys_of_other_families_are_not_equal() -> None:
    """Keys of two sets are not equal either."""
    public_keys = [key.public_key for key in KEYS.values()]
    assert len({*public_keys, MLDSAPrivateKey.generate().public_key, MLKEMPrivateKey.generate().public_key}) == 8
    with pytest.raises(InvalidSignatureError):
        public_keys[0].verify(b"", MLDSAPrivateKey.generate("ML-DSA-44").sign(b""))
