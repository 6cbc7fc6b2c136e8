"""A file that another program changes while an SLH-DSA key signs it is not taken for a fault."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from changing_memory import PAGES, changing
from command_line import call, folder, keygen

from qynauth_pqc import SLHDSAPrivateKey

SET = "SLH-DSA-SHA2-128f"

__all__ = ["folder"]


@pytest.mark.parametrize(
    ("is_restored", "added"), [(False, b""), (True, b"more"), (True, b"")], ids=["changed", "grown", "same"]
)
def test_command_distinguishes_a_changed_file_from_a_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch, added: bytes, *, is_restored: bool
) -> None:
    """The size and the time of the file decide; no signature is written."""
    keygen(SET)
    (folder / "log").write_bytes(PAGES)
    whole = SLHDSAPrivateKey.sign
    descriptor = os.open(folder / "log", os.O_RDWR)

    def changed(self: SLHDSAPrivateKey, message: Any, **options: Any) -> bytes:
        before = os.fstat(descriptor)
        try:
            with changing(message, 3, descriptor):
                return whole(self, message, **options)
        finally:
            os.pwrite(descriptor, added, len(PAGES))
            if is_restored:
                os.utime(descriptor, ns=(before.st_atime_ns, before.st_mtime_ns))

    monkeypatch.setattr(SLHDSAPrivateKey, "sign", changed)
    result = call("sign", "log", "--key", "key.private")
    is_fault = is_restored and not added
    expected = "check of a signature against faults failed" if is_fault else "log: the message or its digest changed"
    assert (result.exit_code, expected in result.stderr, (folder / "log.sig").exists()) == (2, True, False)
    os.close(descriptor)


def test_file_that_grows_while_it_is_signed_is_signed_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command maps the bytes that are there at the beginning."""
    keygen(SET)
    (folder / "log").write_bytes(PAGES)
    whole = SLHDSAPrivateKey.sign

    def growing(self: SLHDSAPrivateKey, message: Any, **options: Any) -> bytes:
        with (folder / "log").open("ab") as log:
            log.write(b"one more line")
        return whole(self, message, **options)

    monkeypatch.setattr(SLHDSAPrivateKey, "sign", growing)
    assert call("sign", "log", "--key", "key.private").exit_code == 0
    (folder / "log").write_bytes(PAGES)
    assert call("verify", "log", "--key", "key.public").exit_code == 0
