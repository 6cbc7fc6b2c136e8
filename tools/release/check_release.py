"""Says whether dist/ may be published: one line for each check, and exit code 1 if one fails.

`short` leaves out the checks that need the files of `make wheel`.
"""

from __future__ import annotations

import ctypes
import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import build_release
import owner
import sbom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = build_release.ROOT
# The expected version, and the programs that must not be found.
CHECK = """
import ctypes, pathlib, shutil, sys, qynauth_pqc
_, expected, *absent = sys.argv
print(f"Python {sys.version.split()[0]}, version {qynauth_pqc.__version__}, without {', '.join(absent)}")
folder = pathlib.Path(qynauth_pqc.__file__).parent
files = ["py.typed", "_native.pyi", "batch/_types.pyi", "native/__init__.pyi", "include/pqc_ffi.hpp"]
files += ["lib/cmake/pqc_ffi/pqc_ffi-config.cmake", "lib/pkgconfig/pqc_ffi.pc"]
ctypes.CDLL(folder / "lib/ossl-modules/qynauth.so")  # with the library in the folder above
wrong = [f"{name} is here" for name in absent if shutil.which(name)]
wrong += [f"{name} is missing" for name in files if not (folder / name).is_file()]
sys.exit(wrong or qynauth_pqc.__version__ != expected)
"""
PROGRAM = 'PATH=$1; cc -std=c99 "$2" $(bin/qynauth-pqc-config --cflags --libs) -o program; ./program'
"""Builds a program in C against the library of the package, and runs it."""

PINNED = ("--require-hashes", "--requirement", Path(__file__).with_name("packages.txt"))
"""Options of pip for the packages that ours needs, with its extras for the command line and for OpenSSH."""

COMPILERS = ("cc", "c++", "gcc", "g++", "clang", "rustc", "cargo")


def version(root: Path = ROOT) -> str:
    """Return the version of the workspace."""
    found = re.search(r'^version = "(.+)"$', (root / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def changelog(text: str, expected: str, *, tagged: bool) -> list[str]:
    """The changelog's first section is the version's, with a date if the commit has the version's tag."""
    heading = re.search(r"^## \[(.+)\] - (.+)$", text, re.MULTILINE)
    if not heading or heading[1] != expected:
        return [f"CHANGELOG.md: the first section is {heading[1] if heading else 'missing'}, not {expected}"]
    if tagged and not re.fullmatch(r"\d{4}-\d\d-\d\d", heading[2]):
        return [f"CHANGELOG.md: {expected} has a tag and no date"]
    return []


def owner_values(known: dict[str, Any], *, tagged: bool) -> list[str]:
    """Every value that only an owner knows is filled in, if the commit has the version's tag."""
    return [f"owner.toml: {name} is not set" for name in owner.missing(known) if tagged]


def tagged(expected: str) -> bool:
    """Return whether the commit has the tag of the version."""
    return f"v{expected}" in build_release.output("git", "tag", "--points-at", "HEAD").split()


def licences(root: Path = ROOT) -> list[str]:
    """Every crate has a licence, a source and a version that deny.toml allows."""
    fetch = ["cargo", "fetch", "--quiet", "--locked"]  # the crates of all platforms, of which some may be missing
    for command in (fetch, ["cargo", "deny", "--offline", "check", "licenses", "bans", "sources"]):
        result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if result.returncode:
            return [result.stderr.strip()]
    return []


def checksums(folder: Path) -> list[str]:
    """SHA256SUMS covers all files that are there, and no others."""
    written = folder / build_release.SUMS
    same = written.is_file() and written.read_text(encoding="utf-8") == build_release.sums(folder)
    return [] if same else [f"{written.name}: missing, or not of the files that are there"]


def names(folder: Path, expected: str) -> list[str]:
    """There is one sdist of the version, and a wheel for every Python from 3.11 of this machine, and of any target."""
    sdists, wheels = [path.name for path in folder.glob("*.tar.gz")], [path.name for path in folder.glob("*.whl")]
    faults = [] if sdists == [f"qynauth_pqc-{expected}.tar.gz"] else [f"sdists: {sdists}"]
    tags = "|".join(map(build_release.tag, build_release.TARGETS))
    name = re.compile(rf"qynauth_pqc-{re.escape(expected)}-cp311-abi3-(?:.+\.)?({tags})(?:\..+)?\.whl")
    found = [match and match[1] for match in map(name.fullmatch, wheels)]
    right = None not in found and len(set(found)) == len(found) and build_release.tag(build_release.HERE) in found
    return faults + ([] if right else [f"wheels: {wheels}"])


def build_paths(root: Path) -> re.Pattern[bytes]:
    """Return the pattern of paths that begin as on a machine of developers, or with the checkout in `root`."""
    return re.compile(rb"/(root|home|tmp|Users)/|(?<![\w.-])" + re.escape(os.fsencode(root)) + rb"/\w")


def is_of_here(path: Path) -> bool:
    """Return whether a wheel is for this machine, so that it can be loaded and used."""
    return build_release.tag(build_release.HERE) in path.name


def are_for(libraries: list[bytes], wheel: str) -> bool:
    """Return whether all libraries of a wheel need the C library in its name; auditwheel checks only one."""
    return all((b"\0libc.so.6\0" in library) == ("musllinux" not in wheel) for library in libraries)


def uses_packaged_library(extension: Path) -> bool:
    """Return whether an extension needs the library of its package, and its loader looks for it there first."""
    command = ["readelf", "--dynamic", "--wide", str(extension)]
    section = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return "[libpqc_ffi.so]" in section and bool(re.search(r"\(RPATH\) .*\[\$ORIGIN/lib[:\]]", section))


def wheel_content(path: Path, expected: str, header: str, crates: str) -> list[str]:
    """The version and the header are the same in the metadata, the library and the tree; the SBOM is today's."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
        info, package = next(Path(folder).glob("*.dist-info")), Path(folder) / "qynauth_pqc"
        metadata = email.message_from_string((info / "METADATA").read_text(encoding="utf-8"))
        lists = [json.loads(each.read_text(encoding="utf-8")) for each in (info / "sboms").glob("*.cdx.json")]
        made_with = [each.pop("formulation", "") for each in lists]
        libraries = [each.read_bytes() for each in package.rglob("*.so")]
        facts = {
            f"version of the metadata: {metadata['Version']}": metadata["Version"] == expected,
            "header": (package / "include" / "pqc_ffi.h").read_text(encoding="utf-8") == header,
            "SBOM in .dist-info/sboms": lists == [json.loads(crates)],
            "tools and settings in the SBOM": all(each in str(made_with) for each in ("rustc", "ziglang", "RUSTFLAGS")),
            "paths of the machine that built it": not build_paths(ROOT).search(b"".join(libraries)),
            "libraries for its C library": are_for(libraries, path.name),
            "extension without the packaged library": uses_packaged_library(package / "_native.abi3.so"),
        }
        if is_of_here(path):
            library = ctypes.CDLL(str(package / "lib" / "libpqc_ffi.so"))
            library.ffi_version.restype = ctypes.c_char_p
            abi = re.search(r"^#define PQC_ABI_VERSION (\d+)$", header, re.MULTILINE)
            facts |= {
                f"version of the library: {library.ffi_version()!r}": library.ffi_version() == expected.encode(),
                f"ABI of the library: {library.ffi_abi_version()}": abi and library.ffi_abi_version() == int(abi[1]),
            }
    return [f"{path.name}: {fact}" for fact, holds in facts.items() if not holds]


def sdist_content(path: Path, crates: list[str]) -> list[str]:
    """The sdist has the sources of every crate that is linked or used to build, its list, no library and no tests."""
    with tarfile.open(path) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {f"vendor/{crate}/Cargo.toml" for crate in crates}
    wanted |= {".cargo/config.toml", "sboms/qynauth-pqc.cdx.json", "Cargo.lock", "include/pqc_ffi.h"}
    unwanted = re.compile(r"(?!vendor/).*(\.(so|a|dll)|/(\w*tests\.rs|(tests|proofs)/.*))")
    missing = [f"{path.name}: without {name}" for name in sorted(wanted - inside)]
    return missing + [f"{path.name}: with {name}" for name in sorted(inside - wanted) if unwanted.fullmatch(name)]


def interpreters() -> Iterator[str]:
    """Find a Python of each version from 3.11 on: on the path, or among a version manager's."""
    managed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in range(11, 20):
        name = f"python3.{minor}"
        for path in [shutil.which(name), *map(str, managed.glob(f"3.{minor}.*/bin/{name}"))]:
            probe = [path, "-c", "import ensurepip"] if path else ["false"]
            if path and subprocess.run(probe, capture_output=True, check=False).returncode == 0:
                yield path
                break


def first_example(page: str) -> str:
    """Return the first block of Python of a page."""
    first, *_ = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return str(first)


def install(pip: Path, path: Path) -> list[list[str | Path]]:
    """Return the commands that install the pinned packages, then a wheel, to which they must be enough."""
    command: list[str | Path] = [pip, "install", "--quiet", "--only-binary=:all:"]
    return [[*command, *PINNED], [*command, "--no-index", f"{path}[cli,ssh]"]]


def installed(path: Path, python: str, expected: str) -> list[str]:
    """The wheel installs without a compiler; the example of the README, `validate` and a program in C work with it."""
    example = first_example((ROOT / "README.md").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        binaries = Path(folder) / "bin"
        alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PATH": str(binaries)}
        commands: list[list[str | Path]] = [
            [python, "-m", "venv", folder],
            *install(binaries / "pip", path),
            [binaries / "python", "-c", CHECK, expected, *COMPILERS],
            [binaries / "python", "-W", "error", "-c", example],
            [binaries / "qynauth-pqc", "validate"],
            ["/bin/sh", "-e", "-c", PROGRAM, "sh", os.environ["PATH"], ROOT / "tests" / "c" / "consumer.c"],
        ]
        for command in commands:
            result = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, check=False)
            if result.returncode:
                return [f"{python}: {Path(command[0]).name}: {result.stderr}{result.stdout}"]
            for line in result.stdout.splitlines()[-1:]:
                print(f"          {line}")
    return []


def check(name: str, run: Callable[[], list[str]]) -> bool:
    """Run a check, and print its outcome and its time."""
    started = time.monotonic()
    faults = run()
    print(f"{time.monotonic() - started:6.1f} s  {'FAILED' if faults else 'ok':6}  {name}", flush=True)
    for fault in faults:
        print(f"          {fault}")
    return not faults


def checks(expected: str, *, short: bool) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """Yield the name and the function of each check."""
    crates, dist = sbom.text(), build_release.DIST
    text, header = ((ROOT / name).read_text(encoding="utf-8") for name in ("CHANGELOG.md", "include/pqc_ffi.h"))
    yield "changelog", partial(changelog, text, expected, tagged=tagged(expected))
    known = owner.values()
    unknown = ", ".join(owner.missing(known)) or "nothing"
    yield f"owner.toml, where {unknown} is missing", partial(owner_values, known, tagged=tagged(expected))
    yield "licences, bans and sources of the crates", licences
    yield "SBOM", partial(sbom.faults, sbom.with_tools(crates, sbom.tools(), {"RUSTFLAGS": ""}))
    if short:
        return
    yield "checksums", partial(checksums, dist)
    yield "names", partial(names, dist, expected)
    vendored = ["-".join(each) for each in re.findall(r'"bom-ref": "(?!pqc-|qynauth)(.+)@(.+)"', crates)]
    for path in dist.glob("*.tar.gz"):
        yield "sdist", partial(sdist_content, path, vendored)
    for path in dist.glob("*.whl"):
        yield "wheel", partial(wheel_content, path, expected, header, crates)
        for python in interpreters() if is_of_here(path) else ():
            yield "wheel in use", partial(installed, path, python, expected)


def main(*, short: bool) -> bool:
    """Run the checks, all of them even if one fails."""
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    failed = [name for name, run in checks(version(), short=short) if not check(name, run)]
    return not failed


if __name__ == "__main__":
    sys.exit(not main(short=sys.argv[1:] == ["short"]))
