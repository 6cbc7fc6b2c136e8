"""ML-DSA keys as COSE_Key (RFC 9964), the thumbprint of RFC 9679, and the RFC's COSE_Sign1."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import cbor2
import pytest
from conftest import Sizes
from hypothesis import given, settings
from hypothesis import strategies as st

from qynauth_pqc import (
    InvalidKeyError,
    InvalidLengthError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    PQCError,
    SecretBytes,
    SeedUnavailableError,
    UnsupportedError,
)
from qynauth_pqc._keys.akp import cose_module
from qynauth_pqc.cli.encodings import decode_public_key, kind_in

PROFILE = settings(derandomize=True, database=None, deadline=None, max_examples=500)
SETS = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
KTY, KID, ALG, KEY_OPS, PUB, PRIV = 1, 2, 3, 4, -1, -2
KEY = MLDSAPrivateKey.from_seed(bytes(range(32)), "ML-DSA-44")
PRIVATE = cbor2.loads(bytes(KEY.to_cose_key()))
PUBLIC = cbor2.loads(KEY.public_key.to_cose_key())


def example(vectors: Path, name: str) -> dict[str, str]:
    """Read an example of RFC 9964."""
    text = (vectors / "rfc9964" / f"{name.replace('-', '_')}.cose.json").read_text()
    found: dict[str, str] = json.loads(text)
    return found


@pytest.mark.parametrize("name", SETS)
def test_examples_load_and_encode_to_the_same_labels(vectors: Path, name: str) -> None:
    """Their maps are not in the order of deterministic CBOR, ours are; the kid of the RFC is the thumbprint."""
    case = example(vectors, name)
    encoded = bytes.fromhex(case["key"])
    key = MLDSAPrivateKey.from_cose_key(encoded)
    assert key.parameter_set == name
    assert key.seed() == bytes.fromhex(case["priv"])
    assert key.public_key.public_bytes() == bytes.fromhex(case["raw_public_key"])
    assert key.to_cose_key() == cbor2.dumps(cbor2.loads(encoded), canonical=True)
    assert key.public_key.cose_key_thumbprint() == cbor2.loads(encoded)[KID]


@pytest.mark.parametrize("name", SETS)
def test_example_of_cose_sign1_verifies_and_is_made_again(vectors: Path, name: str) -> None:
    """The signed message is the structure of RFC 9052, 4.4, with an empty context."""
    case = example(vectors, name)
    protected, unprotected, payload, signature = cbor2.loads(bytes.fromhex(case["sign1"])).value
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    key = MLDSAPrivateKey.from_cose_key(bytes.fromhex(case["key"]))
    assert (signed.hex(), signature.hex()) == (case["raw_to_be_signed"], case["raw_signature"])
    assert (cbor2.loads(protected)[1], unprotected) == (cbor2.loads(bytes.fromhex(case["key"]))[ALG], {})
    key.public_key.verify(signed, signature)
    assert key.sign(signed, deterministic=True) == signature


def test_key_survives_cose_key(dsa: Sizes) -> None:
    """It survives in every type that holds bytes."""
    key = MLDSAPrivateKey.generate(dsa.name)
    encoded, public = key.to_cose_key(), key.public_key.to_cose_key()
    assert type(encoded) is SecretBytes
    for data in (encoded, bytes(encoded), bytearray(encoded.view()), encoded.view()):
        assert MLDSAPrivateKey.from_cose_key(data).private_bytes() == key.private_bytes()
    assert MLDSAPublicKey.from_cose_key(public) == key.public_key
    assert cbor2.loads(bytes(encoded)) == cbor2.loads(public) | {PRIV: bytes(key.seed())}
    assert bytes(encoded) == cbor2.dumps(cbor2.loads(bytes(encoded)), canonical=True)


def test_private_key_is_wiped_when_it_is_closed() -> None:
    """Its view reads zeros then, as with every other secret."""
    encoded = KEY.to_cose_key()
    view = encoded.view()
    encoded.close()
    assert bytes(view) == bytes(len(view))


def test_kid_is_the_one_that_is_given() -> None:
    """Other types of a kid are refused."""
    assert PUBLIC[KID] == PRIVATE[KID] == KEY.public_key.cose_key_thumbprint()
    assert cbor2.loads(bytes(KEY.to_cose_key(b"signer")))[KID] == b"signer"
    assert cbor2.loads(KEY.public_key.to_cose_key(b"signer"))[KID] == b"signer"
    for key in (KEY, KEY.public_key):
        with pytest.raises(TypeError, match="kid must be bytes, not str"):
            key.to_cose_key("signer")  # type: ignore[arg-type]


def test_key_without_a_seed_is_no_cose_key() -> None:
    """RFC 9964 has no other form of a private key."""
    with pytest.raises(SeedUnavailableError):
        MLDSAPrivateKey.from_private_bytes(KEY.private_bytes()).to_cose_key()


def test_labels_without_a_use_are_skipped() -> None:
    """The label key_ops is obeyed."""
    more = {5: b"iv", "text": [1.5, {}], KEY_OPS: [1, "verify"]}
    assert MLDSAPublicKey.from_cose_key(cbor2.dumps(PUBLIC | more)) == KEY.public_key
    assert MLDSAPrivateKey.from_cose_key(cbor2.dumps(PRIVATE | more)).seed() == KEY.seed()


REFUSALS: list[tuple[dict[Any, Any], type[PQCError], str]] = [
    ({KTY: None}, InvalidKeyError, "COSE_Key has no kty"),
    ({KTY: 1}, UnsupportedError, "COSE_Key must have the key type AKP"),
    ({KTY: "AKP"}, InvalidKeyError, "kty of the COSE_Key is not an integer"),
    ({KTY: 7.0}, InvalidKeyError, "kty of the COSE_Key is not an integer"),
    ({ALG: None}, InvalidKeyError, "COSE_Key has no alg"),
    ({ALG: -8}, UnsupportedError, "must have the algorithm ML-DSA-44, ML-DSA-65, ML-DSA-87"),
    ({ALG: -49}, InvalidKeyError, "public key has the wrong length: expected 1952 bytes .* got 1312"),
    ({PUB: None}, InvalidKeyError, "COSE_Key has no pub"),
    ({PUB: "text"}, InvalidKeyError, "pub of the COSE_Key is not a byte string"),
    ({PUB: bytes(1311)}, InvalidKeyError, "expected 1312 bytes for ML-DSA-44, got 1311"),
    ({KEY_OPS: []}, InvalidKeyError, "COSE_Key may not (sign|verify)"),
    ({KEY_OPS: [True, 2.0, 3]}, InvalidKeyError, "COSE_Key may not (sign|verify)"),
    ({KEY_OPS: 1}, InvalidKeyError, "COSE_Key may not (sign|verify)"),
]


def changed(members: dict[Any, Any], changes: dict[Any, Any]) -> bytes:
    """Return a COSE_Key with other labels, without None values."""
    return cbor2.dumps({label: value for label, value in (members | changes).items() if value is not None})


@pytest.mark.parametrize(("changes", "error", "message"), REFUSALS)
def test_bad_labels_are_refused_with_the_reason(changes: dict[Any, Any], error: type[PQCError], message: str) -> None:
    """Public and private keys are tried."""
    with pytest.raises(error, match=message):
        MLDSAPublicKey.from_cose_key(changed(PUBLIC, changes))
    with pytest.raises(error, match=message):
        MLDSAPrivateKey.from_cose_key(changed(PRIVATE, changes))


@pytest.mark.parametrize("label", [1.0, True])
def test_label_that_python_takes_for_another_is_not_taken(label: object) -> None:
    """In CBOR, True and 1.0 are not the integer 1."""
    members = {label: 7, **{other: value for other, value in PUBLIC.items() if other != KTY}}
    with pytest.raises(InvalidKeyError, match="COSE_Key has no kty"):
        MLDSAPublicKey.from_cose_key(cbor2.dumps(members))


@pytest.mark.parametrize(
    ("priv", "error", "message"),
    [
        (bytes(31), InvalidLengthError, "expected 32 bytes for ML-DSA-44, got 31"),
        (bytes(32), InvalidKeyError, "private key does not match its public key"),
        ("A" * 43, InvalidKeyError, "priv of the COSE_Key is not a byte string"),
        (None, InvalidKeyError, "expected a private COSE_Key, got a public one"),
    ],
)
def test_bad_private_key_is_refused(priv: object, error: type[PQCError], message: str) -> None:
    """The error names the reason."""
    with pytest.raises(error, match=message):
        MLDSAPrivateKey.from_cose_key(changed(PRIVATE, {PRIV: priv}))


def test_private_key_is_no_public_key() -> None:
    """A public key must not carry priv (RFC 9964, section 3)."""
    with pytest.raises(InvalidKeyError, match="expected a public COSE_Key, got a private one"):
        MLDSAPublicKey.from_cose_key(KEY.to_cose_key())


WHOLE = bytes(KEY.to_cose_key())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x80",
        WHOLE[:-1],
        WHOLE + b"\x00",
        b"\xa6" + WHOLE[1:] + b"\x01\x07",  # a label twice
        b"\xc1" + WHOLE,
        b"\x81" * 500,
        b"\xa1\x01\xc5\x82\x1b\x00\x00\x00\x10\x00\x00\x00\x00\x01",  # a number that fits nowhere
        cbor2.dumps(PUBLIC, indefinite_containers=True),
        b"\xa1\x02\x5f\x41k\x41i\xff",  # a string of indefinite length
        b"\xa1\x02\xf7",  # undefined
        b"\xa1\x02\xf8\xff",  # a simple value that nobody has defined
        b"\xa1\x02\x1c",  # reserved
        b"\xbb" + b"\xff" * 8 + b"\x01\x02" * 1000,  # more members than there are bytes
        b"\x5b" + b"\xff" * 8,
        b"\xa1\x02" + b"\x81" * 7 + b"\x01",  # nine deep
        *(cbor2.dumps(PUBLIC | {99: cbor2.CBORTag(number, "1")}) for number in (0, 2, 28, 35, 256, 55799)),
        cbor2.dumps(PUBLIC | {KID: [{1: cbor2.CBORTag(35, "a")}]}),
    ],
)
def test_what_is_no_map_of_cbor_is_refused_and_dropped(data: bytes) -> None:
    """The library's errors would keep data that may be a private key."""
    for load in (MLDSAPrivateKey.from_cose_key, MLDSAPublicKey.from_cose_key):
        with pytest.raises(InvalidKeyError, match="COSE_Key is not a CBOR map") as refused:
            load(data)
        assert refused.value.__context__ is None


def test_item_as_deep_as_the_bound_is_read() -> None:
    """The bound is eight, with the map of the key."""
    deep = (
        cbor2.dumps(PUBLIC)[:1].replace(b"\xa4", b"\xa5")
        + cbor2.dumps(PUBLIC)[1:]
        + b"\x18\x63"
        + b"\x81" * 6
        + b"\x01"
    )
    assert MLDSAPublicKey.from_cose_key(deep) == KEY.public_key


def test_no_item_is_decoded_before_all_are_known() -> None:
    """cbor2 would take seconds to compile a regular expression, on the command line too."""
    pattern = "(?i)" + "[\0-\uffff]" * 1500
    data = cbor2.dumps(PUBLIC | {99: cbor2.CBORTag(35, pattern)})
    assert len(data) < 16384
    compiled = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("re.compile", lambda *args: compiled.append(args))
        for refuse in (MLDSAPublicKey.from_cose_key, cose_module().is_private, kind_in, decode_public_key):
            with pytest.raises(InvalidKeyError, match="COSE_Key is not a CBOR map of plain items"):
                refuse(bytearray(data))
    assert (pattern,) not in compiled


def test_input_beyond_the_bound_or_of_a_wrong_type_is_refused() -> None:
    """The error names both sizes."""
    with pytest.raises(InvalidKeyError, match=r"longer than 16384 bytes: got 16385$"):
        MLDSAPublicKey.from_cose_key(bytes(16385))
    with pytest.raises(TypeError, match="COSE_Key must be bytes"):
        MLDSAPublicKey.from_cose_key(PUBLIC)


def test_options_hold_for_what_is_loaded() -> None:
    """The notes of the buffers show the kind of memory."""
    loaded = MLDSAPrivateKey.from_cose_key(WHOLE, code_path="portable", locked_memory=True)
    assert loaded.seed()._locked
    with pytest.raises(UnsupportedError, match="unknown code path"):
        MLDSAPublicKey.from_cose_key(KEY.public_key.to_cose_key(), code_path="fast")


def test_missing_extra_is_an_error_that_names_it() -> None:
    """The package itself, and JWK, do without cbor2."""
    code = (
        "import sys; sys.modules['cbor2'] = None; import qynauth_pqc as q\n"
        "key = q.MLDSAPrivateKey.generate(); key.to_jwk()\n"
        "try: key.to_cose_key()\n"
        "except q.UnsupportedError as error: print(error)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "COSE_Key needs cbor2: pip install 'cbor2>=6.1'\n"


LABELS = st.sampled_from([KTY, KID, ALG, KEY_OPS, PUB, PRIV]) | st.integers(-9, 9) | st.text(max_size=3) | st.floats()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals(),
    st.lists,
    max_leaves=4,
)
KNOWN = st.sampled_from([7, -48, -49, -50, PRIVATE[PUB], PRIVATE[PRIV]])


@PROFILE
@given(st.dictionaries(LABELS, VALUES | KNOWN), st.booleans())
def test_no_map_raises_anything_outside_the_tree(members: dict[Any, Any], whole: bool) -> None:  # noqa: FBT001
    """The map is near a key or arbitrary; a loaded key is encoded to the same key."""
    data = cbor2.dumps(PRIVATE | members if whole else members)
    for kind in (MLDSAPrivateKey, MLDSAPublicKey):
        try:
            key = kind.from_cose_key(data)
        except PQCError:
            continue
        assert cbor2.loads(bytes(key.to_cose_key()))[PUB] == (PRIVATE | members)[PUB]


@PROFILE
@given(st.binary(max_size=80), st.integers(0, len(WHOLE)), st.integers(0, 40))
def test_no_bytes_raise_anything_outside_the_tree(data: bytes, position: int, length: int) -> None:
    """The bytes are arbitrary, or near a key."""
    for each in (data, WHOLE[:position] + data + WHOLE[position + length :]):
        for kind in (MLDSAPrivateKey, MLDSAPublicKey):
            with suppress(PQCError):
                assert kind.from_cose_key(each).parameter_set == "ML-DSA-44"
