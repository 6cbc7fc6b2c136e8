"""The header is generated, complete, and read by every compiler."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import IS_PYPY, ROOT
from header import HEADER, functions

import build_ffi
import qynauth_pqc
from qynauth_pqc import _native
from qynauth_pqc.native import lib

PACKAGE = Path(qynauth_pqc.__file__).parent
FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{HEADER.parent}"]
COMPILERS = pytest.mark.parametrize(
    "compiler", [["cc", "-std=c99", "-xc"], ["c++", "-std=c++17", "-xc++"]], ids=["C99", "C++17"]
)


def test_generated_files_match_the_rust_code(tmp_path: Path) -> None:
    """`make header` would change nothing."""
    subprocess.run(["make", "-s", "header", f"OUTPUT={tmp_path}"], cwd=ROOT, check=True, capture_output=True)
    written = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    changed = [str(path) for path in written if (tmp_path / path).read_text() != (ROOT / path).read_text()]
    assert (len(written), changed) == (3, []), "run `make header`"


def test_reference_has_every_declaration_of_the_header(tmp_path: Path) -> None:
    """`make reference` writes a section for each function and type, a row for each constant, parameter and status."""
    command = ["make", "-s", "reference", f"REFERENCE={tmp_path}", f"PYTHON={sys.executable}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    header = HEADER.read_text()
    pages = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    types = set(re.findall(r"^(?:typedef (?:struct )?\w+|\}) (\w+);", header, re.MULTILINE))
    assert set(re.findall(r"^### (\w+)$", pages, re.MULTILINE)) == functions() | types
    constants = re.findall(r"^#define (\w+) (\d+)$", header, re.MULTILINE)
    assert set(constants) <= set(re.findall(r"^\| `(\w+)` \| (\d+) \|", pages, re.MULTILINE))
    assert len(re.findall(r"^\| `", pages, re.MULTILINE)) == len(constants) + len(re.findall("// @", header))


@COMPILERS
def test_header_compiles_without_a_warning(compiler: list[str]) -> None:
    """The header compiles as C99 and as C++17, pedantically."""
    source = '#include "pqc_ffi.h"\nint main(void) { return (int)ffi_abi_version() - PQC_ABI_VERSION; }\n'
    command = [*compiler, *FLAGS, "-fsyntax-only", "-"]
    result = subprocess.run(command, input=source, text=True, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


VERDICT = "pqc_verify(NULL, NULL, 0, NULL, 0, NULL, 0)"


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        pytest.param(f"{VERDICT};", 1, id="ignored"),
        pytest.param(f"if ({VERDICT}) return 1;", 0, id="looked at"),
        pytest.param(f"PqcStatus ignored = {VERDICT}; (void)ignored;", 0, id="discarded as documented"),
    ],
)
@COMPILERS
def test_compiler_refuses_to_ignore_a_verdict(
    compiler: list[str], statement: str, verdict: int, tmp_path: Path
) -> None:
    """GCC looks at it after the syntax, so this compiles."""
    source = f'#include "pqc_ffi.h"\nint main(void) {{ {statement} return 0; }}\n'
    command = [*compiler, *FLAGS, "-c", "-o", str(tmp_path / "object"), "-"]
    result = subprocess.run(command, input=source, text=True, capture_output=True, check=False)
    assert (result.returncode, "[-Werror=unused-result]" in result.stderr) == (verdict, verdict == 1)


def test_every_status_is_one_that_must_be_used() -> None:
    """Every function that returns a status has the attribute."""
    header = HEADER.read_text()
    attributed = re.findall(r"^PQC_MUST_USE\sPqcStatus (\w+)\(", header, re.MULTILINE)
    assert attributed == re.findall(r"\bPqcStatus (\w+)\(", header)


def test_every_status_fits_in_an_enum_of_cpp() -> None:
    """A PqcStatus holds 0 to 127 there, also a status of a later library."""
    statuses = re.findall(r"^    PQC_STATUS_\w+ = (\d+),$", HEADER.read_text(), re.MULTILINE)
    assert 64 <= max(map(int, statuses)) < 128


def test_extension_knows_every_function_of_the_header() -> None:
    """Nothing is lost between the header and the cdef."""
    assert functions() == {name for name in dir(lib) if name.startswith(("ffi_", "pqc_", "mlkem_", "mldsa_"))}


def test_libraries_export_the_contract_and_nothing_else() -> None:
    """The extension exports its initialiser, the shared library the functions of the header."""
    assert exported(Path(_native.__file__)) == {"_cffi_pypyinit__native" if IS_PYPY else "PyInit__native"}
    assert exported(PACKAGE / "lib" / "libpqc_ffi.so") == functions()


def exported(library: Path) -> set[str]:
    """Return the names that a shared library defines for others."""
    command = ["nm", "-D", "--defined-only", str(library)]
    lines = subprocess.run(command, text=True, capture_output=True, check=True).stdout.splitlines()
    return {line.split()[-1] for line in lines}


def test_injected_panic_is_in_no_release() -> None:
    """The fault for tests is neither in the header nor in the build for users."""
    assert "inject" not in HEADER.read_text()
    assert not hasattr(lib, "ffi_inject_panic")


def test_package_ships_the_header() -> None:
    """Users of other languages find the header next to the library."""
    assert (PACKAGE / "include" / "pqc_ffi.h").read_text() == HEADER.read_text()


def test_cdef_drops_what_cffi_cannot_parse() -> None:
    """C++ spans, preprocessor lines and the attribute of a status go, numeric constants stay."""
    span = '#ifdef __cplusplus\nextern "C" {\n#endif // __cplusplus\n'
    source = f'#ifndef H\n{span}#define N 12\n#define S "s"\n// f\nPQC_MUST_USE int f(void);\n#endif\n'
    lines = [line.strip() for line in build_ffi.cdef(source).splitlines()]
    assert [line for line in lines if line] == ["#define N 12", "// f", "int f(void);"]
