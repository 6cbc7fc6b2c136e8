"""A complete consumer in C, under the sanitizers and under valgrind."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = ROOT / "tests" / "c" / "consumer.c"
STATIC_LIBRARY = ROOT / "target" / "release" / "libpqc_ffi.a"
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"]
LIBRARIES = ["-lpthread", "-ldl", "-lm"]


def build(folder: Path, *flags: str) -> Path:
    """Compile and link the consumer."""
    program = folder / "consumer"
    include = f"-I{ROOT / 'include'}"
    command = ["cc", *STRICT, *flags, include, str(SOURCE), str(STATIC_LIBRARY), *LIBRARIES, "-o", str(program)]
    result = subprocess.run(command, text=True, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    return program


def test_consumer_passes_under_the_sanitizers(tmp_path: Path) -> None:
    """No invalid access, no leak, no undefined behaviour."""
    program = build(tmp_path, "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    result = subprocess.run([program], text=True, capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "ok\n", "")


def test_consumer_passes_under_valgrind(tmp_path: Path) -> None:
    """No use of memory that is freed or undefined, and no block lost."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        pytest.skip("valgrind is not installed")
    command = [valgrind, "--quiet", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=all"]
    result = subprocess.run([*command, build(tmp_path)], text=True, capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "ok\n", "")
