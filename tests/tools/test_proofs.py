"""The page on the proofs, which `make prove` writes, is of the engine and the proofs that are here."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

INPUTS = (
    "crates/pqc-simd",
    "tools/prove/Cargo.lock",
    "tools/prove/Cargo.toml",
    "tools/prove/reached.txt",
    "tools/prove/src",
)


def test_page_is_of_these_sources(root: Path) -> None:
    """The page has the digest of their files: a change needs another run, which takes minutes."""
    found = {path.relative_to(root) for each in INPUTS for path in [root / each, *(root / each).rglob("*")]}
    paths = sorted(path.as_posix() for path in found if (root / path).is_file())
    lines = "".join(f"{sha256((root / path).read_bytes()).hexdigest()}  {path}\n" for path in paths)
    page = (root / "docs" / "results" / "proofs.md").read_text(encoding="utf-8")
    assert sha256(lines.encode()).hexdigest() in page, "run `make prove`, and copy the page that it writes"
