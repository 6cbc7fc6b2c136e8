"""`make install` installs the C library, which other programs find by pkg-config and by CMake in any folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT
from provider_programs import old

HEADER = ROOT / "include" / "pqc_ffi.h"
CONSUMER = ROOT / "tests" / "c" / "consumer.c"
VERSION = re.findall(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[0]
MAJOR = VERSION.split(".")[0]
LIBRARY = f"lib/libpqc_ffi.so.{VERSION}"
FILES = {
    "include/pqc_ffi.h",
    "include/pqc_ffi.hpp",
    "lib/cmake/pqc_ffi/pqc_ffi-config-version.cmake",
    "lib/cmake/pqc_ffi/pqc_ffi-config.cmake",
    "lib/libpqc_ffi.a",
    "lib/libpqc_ffi.so",
    f"lib/libpqc_ffi.so.{MAJOR}",
    LIBRARY,
    "lib/ossl-modules/qynauth.so",
    "lib/pkgconfig/pqc_ffi.pc",
    *(f"share/doc/pqc_ffi/{name}" for name in ("LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "api-conventions.md")),
    *(f"share/doc/pqc_ffi/reference/{prefix}.md" for prefix in ("ffi", "mldsa", "mlkem", "pqc")),
}


def make(target: str, destination: Path, *variables: str, prefix: str = "/opt/pqc") -> Path:
    """Install to, or uninstall from, a staging folder, and return where the files are."""
    command = ["make", "-s", target, f"PREFIX={prefix}", f"DESTDIR={destination}", *variables]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return destination / prefix.lstrip("/")


def output(*command: str | Path, **environment: str) -> str:
    """Return the output of a command; its standard error goes to the test's."""
    result = subprocess.run(command, env={**os.environ, **environment}, text=True, stdout=subprocess.PIPE, check=True)
    return result.stdout


def need(tool: str) -> None:
    """Skip a test if its tool is missing."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")


def files(folder: Path) -> set[str]:
    """Return the names of all files and links below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or path.is_file()}


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an installation for /opt/pqc that is somewhere else, as in a package that was unpacked by hand."""
    return make("install", tmp_path_factory.mktemp("destination"))


def test_installation_has_every_file(prefix: Path) -> None:
    """It has the libraries, the header, files for pkg-config and CMake, and a page for each prefix of functions."""
    assert files(prefix) == FILES
    assert (prefix / "include" / "pqc_ffi.h").read_bytes() == HEADER.read_bytes()


def test_library_exports_the_contract_with_symbol_versions(prefix: Path) -> None:
    """It exports every function of the header under the version of the major release, and only that."""
    symbols = {line.split()[-1] for line in output("nm", "-D", "--defined-only", prefix / LIBRARY).splitlines()}
    declared = re.findall(r"^\w[\w *]*\b(\w+)\(", HEADER.read_text(), re.MULTILINE)
    assert symbols == {f"PQC_FFI_{MAJOR}", *(f"{name}@@PQC_FFI_{MAJOR}" for name in declared)}


def test_library_has_a_soname_that_the_links_lead_to(prefix: Path) -> None:
    """The loader looks for the major version, the linker for no version."""
    assert f"soname: [libpqc_ffi.so.{MAJOR}]" in output("readelf", "-d", prefix / LIBRARY)
    links = [(prefix / "lib" / name).readlink() for name in ("libpqc_ffi.so", f"libpqc_ffi.so.{MAJOR}")]
    assert links == [Path(f"libpqc_ffi.so.{MAJOR}"), Path(f"libpqc_ffi.so.{VERSION}")]


def test_openssl_loads_the_provider_from_any_folder(prefix: Path) -> None:
    """The module finds the library by a path that begins at its own folder."""
    folder = prefix / "lib" / "ossl-modules"
    assert "Library rpath: [$ORIGIN/..]" in output("readelf", "-d", folder / "qynauth.so")
    shown = old()("list", "-providers", "-provider-path", folder, "-provider", "qynauth")
    assert f"name: qynauth_pqc\n    version: {VERSION}\n" in shown


@pytest.mark.parametrize(
    ("options", "flags"),
    [([], []), (["--static"], ["-static"]), (["--static"], ["-Wl,-Bstatic", "-lpqc_ffi", "-Wl,-Bdynamic"])],
    ids=["shared", "static program", "static library"],
)
def test_program_builds_by_pkg_config(prefix: Path, tmp_path: Path, options: list[str], flags: list[str]) -> None:
    """It links the shared library, is static, or has only this library static; it runs without a warning."""
    need("pkg-config")
    search = str(prefix / "lib" / "pkgconfig")
    found = shlex.split(output("pkg-config", *options, "--cflags", "--libs", "pqc_ffi", PKG_CONFIG_PATH=search))
    program = tmp_path / "program"
    # A program that is not static takes the static library where its name stands before the shared one's.
    output("cc", "-std=c99", "-Wall", "-Werror", CONSUMER, *found[:2], *flags, *found[2:], "-o", program)
    assert output(program, LD_LIBRARY_PATH=str(prefix / "lib")) == "ok\n"
    needed = "libpqc_ffi.so" in output("readelf", "-d", program)
    assert needed == (options == [])


def test_pkg_config_file_follows_the_folder(prefix: Path) -> None:
    """It names the folder that it is in, and the version."""
    need("pkg-config")
    search = str(prefix / "lib" / "pkgconfig")
    [libdir] = shlex.split(output("pkg-config", "--variable=libdir", "pqc_ffi", PKG_CONFIG_PATH=search))
    assert Path(libdir).resolve() == (prefix / "lib").resolve()
    assert output("pkg-config", "--modversion", "pqc_ffi", PKG_CONFIG_PATH=search).strip() == VERSION


def test_static_links_name_what_rust_needs(prefix: Path) -> None:
    """They name the system's libraries; newer systems have all of them in one."""
    need("pkg-config")
    search = str(prefix / "lib" / "pkgconfig")
    libraries = output("pkg-config", "--static", "--libs-only-l", "pqc_ffi", PKG_CONFIG_PATH=search).split()
    needed = ["pthread", "dl", "m"]
    assert libraries == ["-lpqc_ffi", *(f"-l{name}" for name in needed)]
    config = (prefix / "lib" / "cmake" / "pqc_ffi" / "pqc_ffi-config.cmake").read_text()
    assert f'INTERFACE_LINK_LIBRARIES "{";".join(needed)}"' in config


def cmake(prefix: Path, folder: Path, target: str, wanted: str) -> subprocess.CompletedProcess[str]:
    """Configure the consumer."""
    need("cmake")
    options = [f"-DCMAKE_PREFIX_PATH={prefix}", f"-DTARGET={target}", f"-DWANTED={wanted}"]
    command = ["cmake", "-S", str(CONSUMER.parent / "cmake"), "-B", str(folder), *options]
    return subprocess.run(command, text=True, capture_output=True, check=False)


@pytest.mark.parametrize("target", ["pqc_ffi::pqc_ffi", "pqc_ffi::static"])
def test_program_builds_by_cmake(prefix: Path, tmp_path: Path, target: str) -> None:
    """find_package defines a target for the shared and for the static library; the program runs."""
    configured = cmake(prefix, tmp_path, target, VERSION)
    assert configured.returncode == 0, configured.stderr
    output("cmake", "--build", tmp_path)
    assert output(tmp_path / "consumer") == "ok\n"
    assert (f"[libpqc_ffi.so.{MAJOR}]" in output("readelf", "-d", tmp_path / "consumer")) == (
        target == "pqc_ffi::pqc_ffi"
    )


@pytest.mark.parametrize(
    ("wanted", "accepted"),
    [
        *(("", True), (MAJOR, True), (f"{VERSION};EXACT", True), (f"{MAJOR}.999", False), (str(int(MAJOR) + 1), False)),
        *((f"{MAJOR}.0...{VERSION}", True), (f"{MAJOR}.0...<{VERSION}", False), (f"{MAJOR}.0...{MAJOR}.0.9", False)),
    ],
)
def test_cmake_accepts_earlier_versions_of_the_same_major_one(
    prefix: Path, tmp_path: Path, wanted: str, *, accepted: bool
) -> None:
    """It refuses a newer minor, another major version, and a range that ends before; the message has both versions."""
    configured = cmake(prefix, tmp_path, "pqc_ffi::pqc_ffi", wanted)
    assert (configured.returncode == 0) == accepted
    assert accepted or f"version: {VERSION}" in configured.stderr


def blocks(page: str, language: str) -> list[str]:
    """Return the code of a page that is in one language."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_commands_of_the_page_build_its_program(prefix: Path, tmp_path: Path) -> None:
    """The commands use pkg-config, a static program and CMake; `eval` lets them use paths with a space."""
    need("pkg-config")
    need("cmake")
    (tmp_path / "app.c").write_text(blocks("docs/other-languages.md", "c")[0], encoding="utf-8")
    (tmp_path / "CMakeLists.txt").write_text(blocks("docs/other-languages.md", "cmake")[0], encoding="utf-8")
    [script] = [block for block in blocks("docs/other-languages.md", "sh") if block.startswith("export")]
    export, *compile_commands = script.splitlines()
    quoted = shlex.quote(str(prefix))
    configure = f"cmake -DCMAKE_PREFIX_PATH={quoted} -B build . >&2 && cmake --build build >&2 && ./build/app"
    for command in (*(f'eval "{line}" && ./app' for line in compile_commands), configure):
        script = f"cd {shlex.quote(str(tmp_path))}\n{export.replace('/usr/local', quoted)}\n{command}"
        assert output("sh", "-e", "-c", script, LD_LIBRARY_PATH=str(prefix / "lib")) == "success: 1184 bytes\n"


def test_page_lists_what_is_installed() -> None:
    """Every row names a file or a folder that is there, and every file is below one."""
    page = (ROOT / "docs" / "other-languages.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert LIBRARY in rows
    assert {name for name in FILES if not name.startswith((*rows, "lib/libpqc_ffi.so"))} == set()
    assert [row for row in rows if not any(name.startswith(row) for name in FILES)] == []


def test_libdir_may_be_deeper(tmp_path: Path) -> None:
    """The libdir may be deeper, as on Debian; pkg-config and CMake files count the folders."""
    need("pkg-config")
    prefix = make("install", tmp_path / "destination", "LIBDIR=lib/x86_64-linux-gnu", prefix="/usr")
    search = str(prefix / "lib" / "x86_64-linux-gnu" / "pkgconfig")
    [include] = shlex.split(output("pkg-config", "--variable=includedir", "pqc_ffi", PKG_CONFIG_PATH=search))
    assert Path(include).resolve() == (prefix / "include").resolve()
    assert cmake(prefix, tmp_path / "build", "pqc_ffi::pqc_ffi", VERSION).returncode == 0


@pytest.mark.parametrize("variable", ["LIBDIR=/usr/lib", "PREFIX=usr"])
def test_folder_of_the_wrong_kind_is_refused(tmp_path: Path, variable: str) -> None:
    """An absolute libdir would be taken below the prefix, and a relative prefix below the current folder."""
    with pytest.raises(subprocess.CalledProcessError) as caught:
        make("install", tmp_path, variable)
    assert variable.partition("=")[2].encode() in caught.value.stderr
    assert files(tmp_path) == set()


def test_uninstall_leaves_the_files_of_others(tmp_path: Path) -> None:
    """It removes all installed files, and the folders that are empty then."""
    prefix = make("install", tmp_path)
    (prefix / "lib" / "libother.so").touch()
    make("uninstall", tmp_path)
    assert files(tmp_path) == {"opt/pqc/lib/libother.so"}
    assert sorted(path.name for path in prefix.rglob("*")) == ["lib", "libother.so"]


def test_relative_prefix_is_refused() -> None:
    """It would be relative to another folder than the caller's."""
    command = ["sh", "tools/install/run.sh", "install"]
    result = subprocess.run(command, cwd=ROOT, env={**os.environ, "PREFIX": "here"}, capture_output=True, check=False)
    assert (result.returncode, b"absolute" in result.stderr) == (2, True)
