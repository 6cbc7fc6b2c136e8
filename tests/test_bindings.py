"""PQCLibraryV2, KyberKeyPair and DilithiumKeyPair work, and their texts and defaults are right."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from conftest import COMPOSITE, HYBRID, MLDSA, MLKEM, ROOT, SLHDSA, XWING, Sizes

import qynauth_pqc
from qynauth_pqc import (
    ClosedError,
    DilithiumKeyPair,
    InvalidCiphertextError,
    InvalidKeyError,
    InvalidLengthError,
    KyberKeyPair,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    PQCLibraryV2,
    UnsupportedError,
)
from qynauth_pqc._keys.options import CODE_PATHS


def test_library_has_version_abi_code_path_and_algorithms() -> None:
    """The version comes from Cargo.toml, the only place that states it."""
    library = PQCLibraryV2()
    manifest = (ROOT / "Cargo.toml").read_text()
    version = re.search(r'^version = "(.+)"$', manifest, re.MULTILINE)
    assert version
    assert library.version == qynauth_pqc.__version__ == version[1]
    assert library.abi_version == 2
    assert library.code_path in CODE_PATHS
    assert library.engine == "simd"
    assert library.algorithms() == tuple(sizes.name for sizes in (*MLKEM, *MLDSA, XWING, *HYBRID, *COMPOSITE, *SLHDSA))
    assert repr(library) == f"<PQCLibraryV2: {library.version}, {library.engine}, {library.code_path}>"


def test_library_has_no_batches_of_its_own() -> None:
    """`qynauth_pqc.batch` has them."""
    assert [name for name in dir(PQCLibraryV2) if "batch" in name or "many" in name] == []


def test_completion_shows_the_public_names() -> None:
    """It shows no others: neither modules nor internal imports."""
    assert dir(qynauth_pqc) == sorted(qynauth_pqc.__all__)
    assert all(hasattr(qynauth_pqc, name) for name in dir(qynauth_pqc))


def test_kyber_key_pair_exchanges_a_secret(kem: Sizes) -> None:
    """The exchange is between two pairs, and within one."""
    library = PQCLibraryV2()
    alice, bob = KyberKeyPair(library, kem.name), KyberKeyPair(library, kem.name)
    ciphertext, sent = alice.encapsulate(bob.public_key)
    assert bob.decapsulate(ciphertext) == sent
    assert alice.decapsulate(ciphertext) != sent
    own_ciphertext, own = alice.encapsulate()
    assert alice.decapsulate(own_ciphertext) == own
    assert (len(alice.public_key), len(alice.private_key)) == (kem.public_key, kem.private_key)


def test_dilithium_key_pair_signs_and_verifies(dsa: Sizes) -> None:
    """It signs with and without a context, and verifies with its own key and with another."""
    signer, other = DilithiumKeyPair(parameter_set=dsa.name), DilithiumKeyPair(parameter_set=dsa.name)
    signature = signer.sign(b"message", context=b"context")
    assert signer.verify(b"message", signature, context=b"context") is True
    assert signer.verify(b"message", signature) is False
    assert signer.verify(b"message", signature[:-1], context=b"context") is False
    assert signer.verify(b"message", b"", context=b"context") is False
    assert other.verify(b"message", signature, context=b"context") is False
    assert other.verify(b"message", signature, context=b"context", public_key=signer.public_key) is True
    assert (len(signer.public_key), len(signer.private_key)) == (dsa.public_key, dsa.private_key)


@pytest.mark.parametrize(("pair", "sets"), [(KyberKeyPair, MLKEM), (DilithiumKeyPair, MLDSA)])
def test_texts_of_a_key_pair_state_its_own_sizes(pair: type[Any], sets: tuple[Sizes, ...]) -> None:
    """They state the sizes of all its parameter sets."""
    stated = [
        [tuple(map(int, sizes)) for sizes in re.findall(r"(\d+), (\d+) or (\d+) (?:secret )?bytes", text)]
        for text in (pair.__doc__ or "", pair.private_key.__doc__, pair.public_key.__doc__)
    ]
    private, public = tuple(each.private_key for each in sets), tuple(each.public_key for each in sets)
    assert stated == [[private], [private], [public]]
    assert all(f'"{each.name}"' in (pair.__doc__ or "") for each in sets)


def test_default_sets_are_the_middle_ones() -> None:
    """The defaults are ML-KEM-768 and ML-DSA-65."""
    assert repr(KyberKeyPair()) == "<KyberKeyPair: ML-KEM-768>"
    assert repr(DilithiumKeyPair()) == "<DilithiumKeyPair: ML-DSA-65>"


def test_key_pairs_load_a_private_key_of_any_set(kem: Sizes, dsa: Sizes) -> None:
    """The length of the key decides its set; public and private key are the same again."""
    kyber = KyberKeyPair(parameter_set=kem.name)
    dilithium = DilithiumKeyPair(parameter_set=dsa.name)
    assert KyberKeyPair(private_key=kyber.private_key).public_key == kyber.public_key
    assert DilithiumKeyPair(private_key=dilithium.private_key).public_key == dilithium.public_key
    with pytest.raises(InvalidKeyError, match=r"got 3$"):
        KyberKeyPair(private_key=b"key")
    with pytest.raises(InvalidKeyError, match=r"got 3$"):
        DilithiumKeyPair(private_key=b"key")


def test_public_keys_are_accepted_as_objects_and_refused_from_another_set() -> None:
    """Bytes of another set are a key of the wrong length."""
    kyber, dilithium = KyberKeyPair(), DilithiumKeyPair()
    receiver, signer = MLKEMPrivateKey.generate(), MLDSAPrivateKey.generate()
    ciphertext, sent = kyber.encapsulate(receiver.public_key)
    assert receiver.decapsulate(ciphertext) == sent
    assert dilithium.verify(b"message", signer.sign(b"message"), public_key=signer.public_key) is True
    with pytest.raises(InvalidKeyError, match="expected 1184 bytes for ML-KEM-768, got 800"):
        kyber.encapsulate(KyberKeyPair(parameter_set="ML-KEM-512").public_key)


def test_bad_arguments_are_errors_and_not_false() -> None:
    """Only a bad signature makes verify False."""
    kyber, dilithium = KyberKeyPair(), DilithiumKeyPair()
    with pytest.raises(InvalidCiphertextError, match="expected 1088 bytes for ML-KEM-768, got 4"):
        kyber.decapsulate(b"text")
    with pytest.raises(InvalidLengthError, match="256"):
        dilithium.verify(b"message", dilithium.sign(b"message"), context=bytes(256))
    with pytest.raises(TypeError, match="signature must be bytes"):
        dilithium.verify(b"message", "signature")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError):
        KyberKeyPair(parameter_set="ML-DSA-65")  # type: ignore[arg-type]


def test_closed_key_pairs_refuse_every_use() -> None:
    """They are closed by close() and by a with block."""
    with KyberKeyPair() as kyber, DilithiumKeyPair() as dilithium:
        pass
    kyber.close()
    uses: list[Callable[[], object]] = [
        kyber.encapsulate,
        lambda: kyber.decapsulate(bytes(1088)),
        lambda: kyber.public_key,
        lambda: dilithium.sign(b""),
        lambda: dilithium.verify(b"", b""),
        lambda: dilithium.private_key,
    ]
    for use in uses:
        with pytest.raises(ClosedError):
            use()


@pytest.mark.parametrize("options", [{"optimizations": "x"}, {"code_path": "x"}, {"precompute": 1}, {"engine": "simd"}])
def test_library_that_could_not_be_made_has_a_repr(options: dict[str, Any]) -> None:
    """A traceback with local variables shows it, and would fail itself."""
    made = object.__new__(PQCLibraryV2)
    with pytest.raises((UnsupportedError, TypeError)) as caught:
        made.__init__(**options)  # type: ignore[misc]
    assert repr(made).endswith(", no path>")
    assert traceback.TracebackException.from_exception(caught.value, capture_locals=True)
