"""A process has one library: the packaged library, shared with C code, and no other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

import qynauth_pqc
from qynauth_pqc import _native, c_config
from qynauth_pqc.native import lib

LIBRARY = Path(qynauth_pqc.__file__).resolve().parent / "lib" / "libpqc_ffi.so"
OLDER = 'const char *ffi_version(void) { return "0.0.9"; }\nunsigned ffi_abi_version(void) { return 9; }\n'
IMPORT = "from qynauth_pqc import MLKEMPrivateKey as Key\nprint(len(Key.generate('ML-KEM-768').seed()))\n"
LOAD = "import ctypes, os, sys\nother = ctypes.CDLL({name!r}, os.RTLD_NOW | os.{scope})\n"

IN_C = """
#include "pqc_ffi.h"
int use_library(void)
{
    PqcPrivateKey *key = NULL;
    PqcStatus status = pqc_private_key_generate(PQC_ALGORITHM_MLKEM768, 0, &key);
    pqc_private_key_free(key);
    return status == PQC_STATUS_OK ? (int)ffi_enable_optimizations(PQC_OPTIMIZE_TIMING_OFF) : (int)status;
}
"""
USE = """
from qynauth_pqc import FFIPerformanceMonitor, optimizations
with FFIPerformanceMonitor() as monitor:
    assert optimizations()["timing"] and other.use_library() == 0
print(monitor.get_performance_report()["generate"]["count"], optimizations()["timing"])
"""


def compiled(source: str, library: Path, *options: str) -> str:
    """Make a shared library of a source in C, and return its path."""
    command = ["cc", "-shared", "-fPIC", "-xc", "-", "-xnone", *options, "-o", str(library)]
    subprocess.run(command, input=source, text=True, check=True)
    return str(library)


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a separate process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run([sys.executable, "-c", code], env=environment, text=True, capture_output=True, check=False)


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an older library that has every function, but most of them only return 77."""
    names = re.findall(r"^\w[\w *]*\b(\w+)\(", (ROOT / "include" / "pqc_ffi.h").read_text(), re.MULTILINE)
    stubs = "".join(f"int {name}(void) {{ return 77; }}\n" for name in names if name not in OLDER)
    return compiled(OLDER + stubs, tmp_path_factory.mktemp("older") / LIBRARY.name)


def dynamic_section(library: str | Path) -> str:
    """Return the dynamic section of a library, which the loader reads."""
    return subprocess.run(["readelf", "-d", library], text=True, capture_output=True, check=True).stdout


def test_extension_names_the_library_next_to_it() -> None:
    """Its path comes before LD_LIBRARY_PATH, and all functions are bound when it is loaded."""
    section = dynamic_section(_native.__file__)
    assert f"(NEEDED)             Shared library: [{LIBRARY.name}]" in section
    assert re.search(r"\(RPATH\) +Library rpath: \[\$ORIGIN/lib[:\]]", section)
    assert "(RUNPATH)" not in section
    assert re.search(r"\(FLAGS_1\) .*\bNOW\b", section)
    assert "(SONAME)" not in dynamic_section(LIBRARY)


def test_older_library_in_the_search_path_is_not_taken(older: str) -> None:
    """LD_LIBRARY_PATH comes after the path in the extension."""
    result = run(IMPORT, LD_LIBRARY_PATH=str(Path(older).parent))
    assert (result.returncode, result.stdout) == (0, "64\n"), result.stderr


def test_older_library_of_another_module_is_not_taken(older: str) -> None:
    """Two versions live in one process if the older one is loaded privately, by its path."""
    result = run(LOAD.format(name=older, scope="RTLD_LOCAL") + IMPORT)
    assert (result.returncode, result.stdout) == (0, "64\n"), result.stderr


def test_library_that_is_loaded_later_is_not_taken(older: str) -> None:
    """Functions that were never called are bound already."""
    result = run("import qynauth_pqc\n" + LOAD.format(name=older, scope="RTLD_GLOBAL") + IMPORT)
    assert (result.returncode, result.stdout) == (0, "64\n"), result.stderr


@pytest.mark.parametrize("how", ["preloaded", "global", "by name"])
def test_older_library_that_comes_before_is_refused(older: str, how: str) -> None:
    """The error names both versions and both files."""
    if how == "preloaded" and " " in older:
        pytest.skip("LD_PRELOAD takes no path with a space")
    name = LIBRARY.name if how == "by name" else older
    load = "" if how == "preloaded" else LOAD.format(name=name, scope="RTLD_GLOBAL")
    variable = {"preloaded": "LD_PRELOAD", "by name": "LD_LIBRARY_PATH"}.get(how)
    path = older if how == "preloaded" else str(Path(older).parent)
    result = run(load + IMPORT, **({variable: path} if variable else {}))
    expected = (
        f"ImportError: qynauth_pqc was built with libpqc_ffi {qynauth_pqc.__version__} (ABI {lib.PQC_ABI_VERSION}), "
        f"but this process has 0.0.9 (ABI 9) in {older}; its own is {LIBRARY}: keep {older} out of this process"
    )
    assert expected in result.stderr


def test_older_library_without_some_functions_is_refused(tmp_path: Path) -> None:
    """The loader fails before there is a version to compare; the error says why."""
    incomplete = compiled(OLDER, tmp_path / LIBRARY.name)
    load = LOAD.format(name=LIBRARY.name, scope="RTLD_LOCAL")
    result = run(load + IMPORT, LD_LIBRARY_PATH=str(tmp_path))
    expected = f"; instead of {LIBRARY}, this process has libpqc_ffi 0.0.9 (ABI 9) in {incomplete}: keep {incomplete}"
    assert re.search("ImportError: .*undefined symbol: .*" + re.escape(expected), result.stderr), result.stderr


@pytest.mark.parametrize("order", ["preloaded", "before", "after"])
def test_c_code_shares_metrics_and_settings_with_python(order: str, tmp_path: Path) -> None:
    """The C code links the packaged library; either may load it first."""
    include, libs = (c_config.answers()[name][0] for name in ("cflags", "libs"))
    module = compiled(IN_C, tmp_path / "module.so", *include, *libs)
    load, variables = LOAD.format(name=module, scope="RTLD_LOCAL"), {}
    if order == "preloaded":
        variables = {"LD_PRELOAD": str(LIBRARY)}
    result = run(("import qynauth_pqc\n" + load if order == "after" else load) + USE, **variables)
    assert (result.returncode, result.stdout) == (0, "1 False\n"), result.stderr
