"""The settings of the process have their effects."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import pytest

from qynauth_pqc import MLKEMPrivateKey, PQCLibraryV2, UnsupportedError, enable_optimizations, optimizations
from qynauth_pqc.metrics._snapshot import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

BEST, ENGINE = optimizations()["code_path"], "simd"


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    """Leave the settings as they are from the start."""
    yield
    enable_optimizations("best", timing=True)


def test_settings_are_returned_and_stay() -> None:
    """Each setting is changed separately."""
    assert enable_optimizations("portable") == {"code_path": "portable", "engine": ENGINE, "timing": True}
    assert enable_optimizations(timing=False) == {"code_path": "portable", "engine": ENGINE, "timing": False}
    assert enable_optimizations() == optimizations() == {"code_path": "portable", "engine": ENGINE, "timing": False}
    assert enable_optimizations("best", timing=True, warm_up=True) == {
        "code_path": BEST,
        "engine": ENGINE,
        "timing": True,
    }


def test_library_follows_the_process_unless_it_has_its_own_options() -> None:
    """The property shows the path of new keys."""
    enable_optimizations("portable")
    assert PQCLibraryV2().code_path == "portable"
    assert PQCLibraryV2(optimizations="best").code_path == "best"


@pytest.mark.parametrize(
    ("code_path", "message"),
    [
        ("fast", "expected one of best, avx512, avx2, neon-sha3, neon, portable"),
        ("avx2" if platform.machine() == "aarch64" else "neon", "code path is unavailable"),
    ],
)
def test_code_path_that_is_not_to_be_had_changes_nothing(code_path: str, message: str) -> None:
    """Neither the path nor any other setting changes."""
    with pytest.raises(UnsupportedError, match=message):
        enable_optimizations(code_path, timing=False)
    assert optimizations() == {"code_path": BEST, "engine": ENGINE, "timing": True}


def test_operations_are_counted_without_being_timed() -> None:
    """Only timing can be turned off."""
    before = snapshot().operations["generate", "ML-KEM-768"]
    MLKEMPrivateKey.generate()
    enable_optimizations(timing=False)
    MLKEMPrivateKey.generate()
    done = snapshot().operations["generate", "ML-KEM-768"] - before
    assert (done.calls, done.timed) == (2, 1)
