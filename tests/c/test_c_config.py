"""`qynauth-pqc-config` builds C programs against the library inside the package."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import ROOT

import qynauth_pqc
from qynauth_pqc.c_config import main

CONSUMER = ROOT / "tests" / "c" / "consumer.c"
PACKAGE = Path(qynauth_pqc.__file__).resolve().parent
COMMAND = Path(sysconfig.get_path("scripts")) / "qynauth-pqc-config"


def output(*command: str | Path) -> str:
    """Return the output of a command; its standard error goes to the test's."""
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True).stdout


@pytest.mark.parametrize(
    "config", [[COMMAND], [sys.executable, "-m", "qynauth_pqc.c_config"]], ids=["command", "module"]
)
def test_program_builds_by_the_options(config: list[str | Path], tmp_path: Path) -> None:
    """The program compiles without a warning, and runs without further settings."""
    options = shlex.split(output(*config, "--cflags", "--libs"))
    output("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", CONSUMER, *options, "-o", tmp_path / "program")
    assert output(tmp_path / "program") == "ok\n"


def test_program_builds_by_cmake(tmp_path: Path) -> None:
    """find_package finds the library in the folder that --cmakedir prints; the program does not name that folder."""
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    folder = shlex.split(output(COMMAND, "--cmakedir"))[0]
    options = [f"-Dpqc_ffi_DIR={folder}", "-DTARGET=pqc_ffi::pqc_ffi", f"-DWANTED={qynauth_pqc.__version__}"]
    output("cmake", "-S", CONSUMER.parent / "cmake", "-B", tmp_path, *options)
    output("cmake", "--build", tmp_path)
    assert output(tmp_path / "consumer") == "ok\n"
    assert "[libpqc_ffi.so]" in output("readelf", "-d", tmp_path / "consumer")


@pytest.mark.parametrize(("option", "file"), [("--includedir", "pqc_ffi.h"), ("--libdir", "libpqc_ffi.so")])
def test_folders_hold_what_they_are_for(option: str, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The folders inside the package hold the header and the library."""
    main([option])
    folder = Path(shlex.split(capsys.readouterr().out)[0])
    assert (folder / file).is_file()
    assert folder.parent == PACKAGE


@pytest.mark.skipif(qynauth_pqc.fips_status() is not None, reason="the variant has no provider")
def test_provider_is_in_the_folder_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The module finds the library in the folder above, wherever the package is."""
    main(["--providerdir"])
    folder = Path(shlex.split(capsys.readouterr().out)[0])
    assert folder == PACKAGE / "lib" / "ossl-modules"
    dynamic = output("readelf", "-d", folder / "qynauth.so")
    assert "[$ORIGIN/..]" in dynamic
    assert "[libpqc_ffi.so]" in dynamic


def test_options_are_quoted_for_a_shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder with a space in its name stays one word; options are printed in the order given."""
    monkeypatch.setattr("qynauth_pqc.c_config._PACKAGE", Path("/a folder"))
    main(["--libdir", "--cflags"])
    assert capsys.readouterr().out == "'/a folder/lib' '-I/a folder/include'\n"


def test_version_matches_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints the version of the package, as other commands of this kind do."""
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"{qynauth_pqc.__version__}\n"


def test_no_option_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to print."""
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "pass at least one" in capsys.readouterr().err


def test_command_needs_no_extra() -> None:
    """The command loads neither click nor rich."""
    script = "import sys, qynauth_pqc.c_config; sys.exit(bool({'click', 'rich'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_program_builds_by_pkg_config(tmp_path: Path) -> None:
    """The program finds the library by a run path; the file has no absolute path, so the package can be moved."""
    if shutil.which("pkg-config") is None:
        pytest.skip("pkg-config is not installed")
    folder = Path(shlex.split(output(COMMAND, "--pkgconfigdir"))[0])
    assert str(PACKAGE) not in (folder / "pqc_ffi.pc").read_text(encoding="utf-8")
    query = ["env", f"PKG_CONFIG_PATH={folder}", "pkg-config"]
    assert output(*query, "--modversion", "pqc_ffi").strip() == qynauth_pqc.__version__
    options = shlex.split(output(*query, "--cflags", "--libs", "pqc_ffi"))
    output("cc", "-std=c99", CONSUMER, *options, "-o", tmp_path / "program")
    assert output(tmp_path / "program") == "ok\n"
