"""Makes what a release consists of, in dist/: the sdist, the wheel that is built from it, and SHA256SUMS.

With a target of Rust as argument, it adds the wheel of that target. If the sdist that is there is not of today's
sources, nothing of dist/ stays.

The sdist holds the sources of every crate (vendor/) and the list of them (sboms/). The wheel is built from the sdist
with no index, no network for cargo and an empty cache of crates, so that nothing can be missing from the sdist.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import sbom

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = Path(__file__).resolve().parent
DIST = ROOT / "dist"
WORK = ROOT / "target" / "dist"
GLIBC, MUSL = "2.17", "1.2"
HERE = f"{platform.machine()}-unknown-linux-gnu"
TARGETS = [f"{machine}-unknown-linux-{libc}" for libc in ("gnu", "musl") for machine in ("x86_64", "aarch64")]
SUMS = "SHA256SUMS"


def run(*command: str | Path, cwd: Path = ROOT, environment: Mapping[str, str] | None = None) -> None:
    """Run a command and say how long it took; show what it printed if it fails."""
    started = time.monotonic()
    result = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    name = " ".join(Path(part).name for part in command[:4])
    if result.returncode != 0:
        sys.exit(f"{result.stdout}\nfailed: {name}")
    print(f"{time.monotonic() - started:6.1f} s  {name}", flush=True)


def output(*command: str) -> str:
    """Return what a command prints."""
    return subprocess.check_output(command, cwd=ROOT, text=True)


def stage() -> Path:
    """Copy the tracked files, and add the crates, their list and the setting that makes cargo use them."""
    folder = WORK / "source"
    shutil.rmtree(folder, ignore_errors=True)
    for name in output("git", "ls-files", "-z").split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    run("cargo", "vendor", "--locked", "--versioned-dirs", "vendor", cwd=folder)
    for name, text in {
        ".cargo/config.toml": '[source.crates-io]\nreplace-with = "vendor"\n\n[source.vendor]\ndirectory = "vendor"\n',
        "sboms/qynauth-pqc.cdx.json": sbom.text(),
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with (folder / "MANIFEST.in").open("a", encoding="utf-8") as manifest:
        manifest.write("include .cargo/config.toml\ngraft sboms\ngraft vendor\n")
    return folder


def unpack(sdist: Path) -> Path:
    """Unpack the sdist, keeping of an earlier one only the crates of vendor/ that cargo has compiled.

    Our own crates are compiled again: cargo compares the times of files, and an sdist has none.
    """
    folder = WORK / sdist.name.removesuffix(".tar.gz")
    for path in folder.iterdir() if folder.is_dir() else []:
        if path.is_dir() and path.name != "target":
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()
    for path in (folder / "target").glob("*/release/.fingerprint/pqc-*"):
        shutil.rmtree(path)
    with tarfile.open(sdist) as archive:
        archive.extractall(WORK, filter="data")
    return folder


def tag(target: str) -> str:
    """Return the tag of the platform of a target's wheel."""
    policy = f"musllinux_{MUSL}" if target.endswith("musl") else f"manylinux_{GLIBC}"
    return f"{policy.replace('.', '_')}_{target.partition('-')[0]}"


def wheel(source: Path, folder: Path, target: str) -> Path:
    """Build a wheel offline, against an old glibc or musl, without the paths of this machine in it."""
    zig = str(TOOLS / "zigcc")
    machine = target.partition("-")[0]
    musl = target.endswith("musl")
    flags = f"--remap-path-prefix={source}/="
    if musl:
        flags += " -Ctarget-feature=-crt-static"  # or the libraries would hold a libc of their own
    with tempfile.TemporaryDirectory() as empty:
        offline = {"CARGO_HOME": empty, "CARGO_NET_OFFLINE": "true", "RUSTFLAGS": flags}
        linker = f"CARGO_TARGET_{target.upper().replace('-', '_')}_LINKER"
        libc = "linux-musl" if musl else f"linux-gnu.{GLIBC}"
        compiler = {"TARGET": f"{machine}-{libc}", linker: zig, "CC": zig}
        compiler |= {"LDSHARED": f"{zig} -shared", "CARGO_BUILD_TARGET": target}
        # auditwheel knows musl by this, and not by the name that zig gives its library.
        compiler |= {"_PYTHON_HOST_PLATFORM": tag(target) if musl else f"linux-{machine}"}
        command = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-build-isolation", "--no-deps"]
        run(*command, "--wheel-dir", folder, source, environment={**offline, **compiler})
    return next(folder.glob("*.whl"))


def contents(sdist: Path) -> dict[str, bytes]:
    """Return the files of an sdist, which are the same where its bytes are not."""
    with tarfile.open(sdist) as archive:
        return {member.name: file.read() for member in archive if (file := archive.extractfile(member))}


def sums(folder: Path) -> str:
    """Return the sums of a folder's files, in the form of sha256sum."""
    files = sorted(path for path in folder.iterdir() if path.name != SUMS)
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


def main(target: str = "") -> None:
    """Make a release's files, or add the wheel of a target."""
    # The files in the wheel carry the time of the commit.
    os.environ["SOURCE_DATE_EPOCH"] = output("git", "log", "-1", "--format=%ct").strip()
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    os.environ.pop("CARGO_TARGET_DIR", None)
    if target:
        run("rustup", "--quiet", "target", "add", target)
    sources, plain, checked = WORK / "sdist", WORK / "plain", WORK / "checked"
    for folder in (sources, plain, checked):
        shutil.rmtree(folder, ignore_errors=True)
    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", sources, stage())
    [sdist] = sources.iterdir()
    if not target or [contents(path) for path in DIST.glob("*.tar.gz")] != [contents(sdist)]:
        shutil.rmtree(DIST, ignore_errors=True)
        shutil.copytree(sources, DIST)
    built = wheel(unpack(sdist), plain, target or HERE)
    # zig names musl libc.so, which any musl takes for itself, and auditwheel does not.
    of_musl = ["--exclude", "libc.so"] if target.endswith("musl") else []
    run("auditwheel", "repair", "--plat", "auto", *of_musl, "--wheel-dir", checked, built)
    [finished] = checked.glob(f"*{tag(target or HERE)}*.whl")
    run("abi3audit", "--strict", finished)
    run("check-wheel-contents", finished)
    finished.replace(DIST / finished.name)
    (DIST / SUMS).write_text(sums(DIST), encoding="utf-8")
    print((DIST / SUMS).read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
