"""A call with too few or too many arguments is answered in the words of the caller."""

from __future__ import annotations

import inspect
import pickle
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import qynauth_pqc
from qynauth_pqc import (
    CompositePrivateKey,
    DilithiumKeyPair,
    MLDSAParameterSet,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    SLHDSAPrivateKey,
)
from qynauth_pqc._keys.key import Key, loadable
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.public_key import PublicKey
from qynauth_pqc.native.inputs import without_frames

SIGNERS: list[Any] = [
    MLDSAPrivateKey.generate("ML-DSA-44"),
    CompositePrivateKey.generate("MLDSA44-Ed25519-SHA512"),
    SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f"),
]


def keys() -> Iterator[Key]:
    """Yield a private and a public key of each class."""
    for kind in dict.fromkeys(kind for kind, _ in loadable(PrivateKey)):
        yield (private := kind.generate())
        yield private.public_key


@pytest.mark.parametrize("key", [pytest.param(each, id=type(each).__name__) for each in keys()])
def test_missing_and_surplus_arguments_name_the_class_of_the_key(key: Any) -> None:
    """No error shows the base class that defines the method, such as `PrehashPublicKey` or `SeededPrivateKey`."""
    name = type(key).__name__
    methods = [each for each, _ in inspect.getmembers(key, inspect.ismethod) if not each.startswith("_")]
    for method in methods:
        with pytest.raises(TypeError) as caught:
            getattr(key, method)(*[b"x"] * 9)
        assert str(caught.value).startswith(name), method
        with pytest.raises(TypeError) as caught:
            getattr(key, method)(not_an_option=1)
        assert re.match(
            rf"{name}\.{method}\(\) (got an unexpected|missing)|'not_an_option' is no option", str(caught.value)
        )
    assert {"public_bytes", "from_public_bytes"} <= {*methods} or {"seed", "generate", "load"} <= {*methods}


@pytest.mark.parametrize("key", [pytest.param(each, id=type(each).__name__) for each in SIGNERS])
def test_context_in_third_place_is_answered_with_its_name(key: Any) -> None:
    """Other libraries take it by position."""
    public = key.public_key
    signing, verifying = (
        rf"^{type(each).__name__} takes the context by name, .*: {call}, context=\.\.\.\)$"
        for each, call in ((key, r"sign\(message"), (public, r"verify\(message, signature"))
    )
    for options in ({}, {"context": b"login"}, {} if isinstance(key, CompositePrivateKey) else {"prehash": "SHA-512"}):
        with pytest.raises(TypeError, match=signing):
            key.sign(b"message", b"login", **options)
        with pytest.raises(TypeError, match=verifying):
            public.verify(b"message", key.sign(b"message"), b"login", **options)


def test_key_pair_answers_a_context_by_position_too() -> None:
    """It neither signs nor verifies."""
    pair: Any = DilithiumKeyPair()
    calls: list[Callable[[], object]] = [
        lambda: pair.sign(b"message", b"login"),
        lambda: pair.verify(b"message", b"signature", b"login"),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"^DilithiumKeyPair takes the context by name"):
            call()


def test_class_keeps_what_its_nearest_base_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that a base class has replaced by another attribute does not come back."""
    monkeypatch.setattr(PublicKey, "_loadable", dict(PublicKey._loadable))
    middle = type("Middle", (MLDSAPublicKey,), {"__slots__": (), "fingerprint": None})
    kind: Any = type("Kind", (middle,), {"__slots__": (), "_sets": MLDSAParameterSet})
    assert (kind.fingerprint, kind.verify.__qualname__) == (None, "Kind.verify")


def test_methods_have_no_wrapper_that_a_copy_would_lose() -> None:
    """The copies of inherited methods are `without_frames` again if the methods are, and have no other wrapper."""
    expected = without_frames(repr)
    bases = {base for each in keys() for base in type(each).__mro__}
    for method in [each for base in bases for each in vars(base).values()]:
        function = getattr(method, "__func__", method)
        if hasattr(function, "__wrapped__"):
            assert function.__code__ is expected.__code__
            assert inspect.getclosurevars(function).nonlocals["keep_others"] is False


def test_methods_are_found_under_the_names_that_errors_show() -> None:
    """A program can send `MLDSAPublicKey.verify` to another process, for example."""
    assert pickle.loads(pickle.dumps(MLDSAPublicKey.verify)) is MLDSAPublicKey.verify  # noqa: S301 - our own
    assert MLDSAPublicKey.verify.__doc__
    assert qynauth_pqc.MLDSAPrivateKey.from_seed.__doc__
