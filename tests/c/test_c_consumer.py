"""A complete consumer in C passes under the sanitizers and under valgrind, and the headers serve C++."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = ROOT / "tests" / "c"
STATIC_LIBRARY = ROOT / "target" / "release" / "libpqc_ffi.a"
EXAMPLES = ROOT / "examples"
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"]
LIBRARIES = ["-lpthread", "-ldl", "-lm"]


def build(folder: Path, *flags: str, compiler: str = "cc", standard: str = "c99", source: str = "consumer.c") -> Path:
    """Compile and link a program."""
    program = folder / "program"
    command = [compiler, f"-std={standard}", *STRICT, *flags, f"-I{ROOT / 'include'}", str(SOURCES / source)]
    command += [str(STATIC_LIBRARY), *LIBRARIES, "-o", str(program)]
    result = subprocess.run(command, text=True, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    return program


def test_consumer_passes_under_the_sanitizers(tmp_path: Path) -> None:
    """The sanitizers find no invalid access, no leak and no undefined behaviour."""
    program = build(tmp_path, *SANITIZERS)
    result = subprocess.run([program], text=True, capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "ok\n", "")


@pytest.mark.nightly
def test_consumer_passes_under_valgrind(tmp_path: Path) -> None:
    """Valgrind finds no use of freed or undefined memory, and no lost block."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        pytest.skip("valgrind is not installed")
    command = [valgrind, "--quiet", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=all"]
    result = subprocess.run([*command, build(tmp_path)], text=True, capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "ok\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on the address space, and pages of a shorter file")
@pytest.mark.parametrize("source", ["signals.c", "no_memory.c"])
def test_threads_of_a_batch_neither_abort_the_process_nor_block_its_handlers(source: str, tmp_path: Path) -> None:
    """Handlers of SIGBUS run on all threads, and no memory for the threads is a status or a batch on one thread."""
    result = subprocess.run(
        [build(tmp_path, standard="c11", source=source)], text=True, capture_output=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "ok\n", "")


@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="its registers are x86-64 registers")
def test_functions_with_secrets_leave_nothing_in_vector_registers(tmp_path: Path) -> None:
    """Each code path and form of key is tried; the registers are full before each call."""
    program = build(tmp_path, standard="c11", source="registers.c")
    result = subprocess.run([program], text=True, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    assert result.stdout in {"ok, 16 registers\n", "ok, 40 registers\n"}


def test_header_serves_a_program_in_cpp(tmp_path: Path) -> None:
    """The program compiles as C++17 without a warning."""
    program = build(tmp_path, compiler="c++", standard="c++17", source="header.cpp")
    result = subprocess.run([program], text=True, capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "ok\n", "")


@pytest.mark.parametrize(("compiler", "source", "verdicts"), [("cc", "c/ignored.c", 1), ("c++", "cpp/ignored.cpp", 4)])
def test_compiler_refuses_to_ignore_a_verdict_of_the_wrappers(
    compiler: str, source: str, verdicts: int, tmp_path: Path
) -> None:
    """Every call of the file ignores a verdict, and the compiler reports each."""
    command = [compiler, *STRICT, f"-I{ROOT / 'include'}", "-c", str(EXAMPLES / source), "-o", str(tmp_path / "object")]
    result = subprocess.run(command, text=True, capture_output=True, check=False)
    assert (result.returncode, result.stderr.count("[-Werror=unused-result]")) == (1, verdicts)
