"""Mistakes in Python: the page on troubleshooting has the message that each one raises."""

from __future__ import annotations

import hmac
import json
import pickle
from collections.abc import Callable
from io import BytesIO, TextIOWrapper

import jwt
import pytest
from conftest import ROOT, only_on_cpython

from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
KEY = MLDSAPrivateKey.generate("ML-DSA-65")
SECRET = MLKEMPrivateKey.generate("ML-KEM-768").public_key.encapsulate()[1]
MISTAKES: dict[str, Callable[[], object]] = {
    "key: expected bytes or bytearray, but got 'SharedSecret'": lambda: hmac.new(SECRET, b"message", "sha256"),  # type: ignore[call-overload]
    "write() argument must be str, not SecretBytes": lambda: TextIOWrapper(BytesIO()).write(KEY.to_pkcs8()),  # type: ignore[arg-type]
    "'SecretBytes' object has no attribute 'decode'": lambda: KEY.to_pkcs8().decode(),  # type: ignore[attr-defined]
    "Object of type SharedSecret is not JSON serializable": lambda: json.dumps({"secret": SECRET}),
    "MLDSAPrivateKey cannot be pickled or copied": lambda: pickle.dumps(KEY),
    "'MLDSAPublicKey' object is not callable": KEY.public_key,  # type: ignore[dict-item]
    "Expected a string or bytes value": lambda: jwt.encode({"sub": "frodo"}, KEY),  # type: ignore[arg-type]
}
OF_CPYTHON = only_on_cpython("PyPy words it otherwise")


@pytest.mark.parametrize(
    "message", [pytest.param(each, marks=OF_CPYTHON if each.startswith("write()") else ()) for each in MISTAKES]
)
def test_message_of_a_mistake_is_on_the_page(message: str) -> None:
    """As Python, PyJWT or this library raises it."""
    with pytest.raises((AttributeError, TypeError)) as caught:
        MISTAKES[message]()
    assert message in str(caught.value)
    assert f"`{message}`" in PAGE
