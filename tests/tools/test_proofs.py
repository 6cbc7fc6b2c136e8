"""The page on the proofs, which `make prove` writes, is of the engine and the proofs that are here."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

INPUTS = ("Cargo.toml", "Cargo.lock", "crates/pqc-simd", "tools/prove")
KECCAK = "crates/pqc-simd/src/keccak/f1600.rs"


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    """Return the page."""
    return (root / "docs/results/proofs.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def digest(root: Path, page: str) -> Callable[[Path], str]:
    """Return a function that returns the digest of a tree with the compiler that the page names."""
    [compiler] = re.findall(r"`(rustc .+?)`", page)  # `make prove` compares it with the one in use
    package: list[str | Path] = ["--manifest-path", root / "tools/prove/Cargo.toml", "--package", "pqc-prove-audit"]
    command: list[str | Path] = [
        "cargo",
        "run",
        "--quiet",
        "--locked",
        *package,
        "--target-dir",
        root / "tools/prove/target/audit",
    ]

    def digest(tree: Path) -> str:
        done = subprocess.run([*command, "--", "digest", tree, compiler], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return digest


@pytest.fixture(scope="module")
def original(root: Path, digest: Callable[[Path], str]) -> str:
    """Return the digest of this tree."""
    return digest(root)


def test_page_is_of_these_sources(page: str, original: str) -> None:
    """A change needs another run, which takes minutes."""
    assert f"`{original}`" in page, "run `make prove`, and copy the page that it writes"


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> Path:
    """Return a copy of the files that the digest is of."""
    for each in INPUTS:
        to = tmp_path / each
        to.parent.mkdir(parents=True, exist_ok=True)
        if (root / each).is_dir():
            shutil.copytree(root / each, to, ignore=shutil.ignore_patterns("target"))
        else:
            shutil.copy(root / each, to)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "edit", "changes"),
    [
        pytest.param(KECCAK, (r"^//! ", "//! Other words. "), False, id="documentation"),
        pytest.param(KECCAK, (r"$", "\n// Other words.\n"), False, id="comment"),
        pytest.param(KECCAK, (r"\[u64; 24\]", "[u64; 23]"), True, id="number"),
        pytest.param(KECCAK, (r"#\[inline\(always\)\]", ""), True, id="attribute"),
        pytest.param("tools/prove/proofs/keccak.rs", (r"\buse\b", "pub use"), True, id="proof"),
        pytest.param("tools/prove/Cargo.toml", (r"^#", "# Other words.\n#"), False, id="comment-in-toml"),
        pytest.param(
            "tools/prove/Cargo.toml", (r"overflow-checks = true", "overflow-checks = false"), True, id="profile"
        ),
        pytest.param("tools/prove/run.sh", (r"--cfg model", "--cfg modell"), True, id="flag"),
        pytest.param(
            "tools/prove/Cargo.lock", (r'(?s)(name = "zeroize".*?checksum = ")..', r"\g<1>zz"), True, id="crate"
        ),
        pytest.param(
            "tools/prove/Cargo.lock",
            (r'(?s)(name = "rustc-demangle".*?checksum = ")..', r"\g<1>zz"),
            False,
            id="other-crate",
        ),
        pytest.param("Cargo.toml", (r'version = "', 'version = "9'), False, id="version"),
    ],
)
def test_digest_is_of_all_that_is_built_but_no_comment(
    digest: Callable[[Path], str], original: str, tree: Path, file: str, edit: tuple[str, str], *, changes: bool
) -> None:
    """Each edit of a copy changes the digest, unless a build would be the same."""
    text = (tree / file).read_text(encoding="utf-8")
    edited = re.sub(*edit, text, count=1)
    assert edited != text
    (tree / file).write_text(edited, encoding="utf-8")
    assert (digest(tree) != original) is changes
