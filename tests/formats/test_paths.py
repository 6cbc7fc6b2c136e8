"""Functions that take a path refuse a key, a message or something else in its place."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from add_ons import found
from path_contents import CONTENTS, KEY

from qynauth_pqc import PQCError, load_private_key_file, load_public_key_file
from qynauth_pqc.metrics.shared import share_metrics
from qynauth_pqc.prehash import sign_file, verify_file

SIGNATURE = KEY.sign(b"message")

FUNCTIONS: dict[str, tuple[Callable[[object], object], str]] = {
    "load_private_key_file": (load_private_key_file, "load_private_key()"),  # type: ignore[dict-item]
    "load_public_key_file": (load_public_key_file, "load_public_key()"),  # type: ignore[dict-item]
    "sign_file": (lambda path: sign_file(KEY, path), "sign()"),  # type: ignore[arg-type]
    "verify_file": (lambda path: verify_file(KEY.public_key, path, SIGNATURE), "verify()"),  # type: ignore[arg-type]
    "private key, save": (KEY.save, ""),  # type: ignore[dict-item]
    "public key, save": (KEY.public_key.save, ""),  # type: ignore[dict-item]
    "share_metrics": (lambda path: share_metrics(path, create=False), ""),  # type: ignore[arg-type]
    **{name: function for each in found("paths").values() for name, function in each.FUNCTIONS.items()},
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_content_in_the_place_of_a_path_is_refused(
    function: tuple[Callable[[object], object], str], content: tuple[object, str]
) -> None:
    """The error names the function that takes it, and neither the error nor a frame of it shows the content."""
    (call, instead), (given, shown) = function, content
    with pytest.raises(TypeError, match=r"^path must ") as caught:
        call(given)
    assert instead in str(caught.value)
    assert not str(caught.value).endswith("; ")
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack[2:]
    assert shown not in str(caught.value) + str([frame.locals for frame in frames])


@pytest.mark.parametrize("path", ["missing/" + "a" * 300, "missing/\x1b[2J", "missing/\x00", "missing/\ud800"])
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_long_or_odd_path_is_not_repeated(function: tuple[Callable[[object], object], str], path: str) -> None:
    """It may be a message, or hold control characters for a terminal."""
    with pytest.raises((OSError, ValueError)) as caught:
        function[0](path)
    assert not isinstance(caught.value, (PQCError, UnicodeError))
    shown = "".join(traceback.format_exception(caught.value, chain=True)[-1:])
    assert "missing" not in shown
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_path_that_is_one_is_named(function: tuple[Callable[[object], object], str], tmp_path: Path) -> None:
    """A file that is not there is the system's error, with its name."""
    missing = tmp_path / "no" / "file.pem"
    with pytest.raises(FileNotFoundError) as caught:
        function[0](missing)
    assert caught.value.filename == str(missing)
