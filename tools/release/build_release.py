"""Makes the files of a release, in dist/: the sdist, the wheel that is built from it, and SHA256SUMS.

With a target of Rust as argument, it adds the wheel of that target. If an existing sdist is not of the current
sources, dist/ is emptied first.

The sdist holds the sources of every crate (vendor/) and the list of them (sboms/). The wheel is built from the sdist
with no index, no network for cargo and an empty cache of crates, so that nothing can be missing from the sdist.

The same commit and the same tools make the same bytes, in any folder and at any time: reproduce.py tries it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
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
SBOM = "sboms/qynauth-pqc.cdx.json"
CHANGES_CODE = re.compile(
    r"CARGO(_(TARGET_DIR|ENCODED_RUSTFLAGS|BUILD_\w+|PROFILE_\w+|UNSTABLE_\w+))?|RUSTC\w*|(CPP|C|LD)FLAGS"
    r"|DIST_EXTRA_CONFIG|SETUPTOOLS_RUST_\w+"
)
"""Variables of the environment that would change the libraries."""
FOR_TESTS = re.compile(r"^\[(target\..+\.)?dev-dependencies\]\n(?!\[)(.*\n(?!\[))*", re.MULTILINE)
"""The crates that only tests use, in a Cargo.toml."""


def run(*command: str | Path, cwd: Path = ROOT, environment: Mapping[str, str] | None = None) -> None:
    """Run a command and print how long it took; show its output if it fails."""
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
    """Return the output of a command."""
    return subprocess.check_output(command, cwd=ROOT, text=True)


def check_settings(root: Path = ROOT) -> None:
    """Stop if a folder above the checkout has settings of cargo: cargo would follow them, and other bytes result."""
    for folder in root.parents:
        for path in (folder / ".cargo" / "config.toml", folder / ".cargo" / "config"):
            if path.exists():
                sys.exit(f"{path}: cargo would follow these settings here; build in a checkout elsewhere")


def stage() -> Path:
    """Copy the tracked files, and add the crates, their list and the setting that makes cargo use them."""
    folder = WORK / "source"
    shutil.rmtree(folder, ignore_errors=True)
    for name in output("git", "ls-files", "-z").split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for crate in folder.glob("crates/*/Cargo.toml"):  # an sdist has no tests
        crate.write_text(FOR_TESTS.sub("", crate.read_text(encoding="utf-8")), encoding="utf-8")
    run("cargo", "metadata", "--format-version=1", cwd=folder)  # writes the lock file without their crates
    run("cargo", "vendor", "--locked", "--versioned-dirs", "vendor", cwd=folder)
    for name, text in {
        ".cargo/config.toml": '[source.crates-io]\nreplace-with = "vendor"\n\n[source.vendor]\ndirectory = "vendor"\n',
        SBOM: sbom.text(),
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with (folder / "MANIFEST.in").open("a", encoding="utf-8") as manifest:
        manifest.write("include .cargo/config.toml\ngraft sboms\ngraft vendor\n")
    return folder


def pack(sdist: Path, seconds: int) -> None:
    """Write an sdist again without the traces of the machine, its user and the time."""
    with tarfile.open(sdist) as archive:
        files = [(member, archive.extractfile(member)) for member in archive]
        content = [(member, file.read() if file else b"") for member, file in files]
    with (
        sdist.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=seconds) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for old, data in sorted(content, key=lambda each: each[0].name):
            new = tarfile.TarInfo(old.name)
            new.type, new.size, new.mtime = old.type, old.size, seconds
            new.mode = 0o755 if old.isdir() or old.mode & 0o100 else 0o644
            archive.addfile(new, io.BytesIO(data))


def unpack(sdist: Path) -> Path:
    """Unpack the sdist, and keep of an earlier one only the crates of vendor/ that cargo has compiled.

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


def compiler(source: Path, target: str) -> dict[str, str]:
    """Return the settings that compile for a target and an old glibc or musl, without the paths of this machine."""
    zig = str(TOOLS / "zigcc")
    machine = target.partition("-")[0]
    musl = target.endswith("musl")
    flags = f"--remap-path-prefix={source}/="
    if musl:
        flags += " -Ctarget-feature=-crt-static"  # otherwise each library would contain a libc
    libc = "linux-musl" if musl else f"linux-gnu.{GLIBC}"
    return {
        "RUSTFLAGS": flags,
        "CARGO_BUILD_TARGET": target,
        f"CARGO_TARGET_{target.upper().replace('-', '_')}_LINKER": zig,
        "TARGET": f"{machine}-{libc}",
        "CC": zig,
        "LDSHARED": f"{zig} -shared",
        # auditwheel recognises musl by this, and not by zig's name for its library.
        "_PYTHON_HOST_PLATFORM": tag(target) if musl else f"linux-{machine}",
    }


def wheel(source: Path, folder: Path, target: str) -> Path:
    """Build a wheel offline; its SBOM says with which tools and settings."""
    settings = compiler(source, target)
    written = {name: text.replace(str(source), "SOURCE").replace(f"{TOOLS}/", "") for name, text in settings.items()}
    written |= {"CFLAGS": sysconfig.get_config_var("CFLAGS"), "SOURCE_DATE_EPOCH": os.environ["SOURCE_DATE_EPOCH"]}
    crates = source / SBOM
    crates.write_text(sbom.with_tools(crates.read_text(encoding="utf-8"), sbom.tools(), written), encoding="utf-8")
    with tempfile.TemporaryDirectory() as empty:
        offline = {"CARGO_HOME": empty, "CARGO_NET_OFFLINE": "true"}
        command = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-build-isolation", "--no-deps"]
        run(*command, "--wheel-dir", folder, source, environment={**offline, **settings})
    return next(folder.glob("*.whl"))


def artifacts(folder: Path) -> list[Path]:
    """Return the files of a release, without their signatures and provenance."""
    return sorted(path for path in folder.iterdir() if not path.name.endswith((".sig", ".intoto.json")))


def sums(folder: Path) -> str:
    """Return the sums of a folder's files, in the form of sha256sum."""
    files = [path for path in artifacts(folder) if path.name != SUMS]
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


def main(target: str = "") -> None:
    """Make a release's files, or add the wheel of a target."""
    # The files in the wheel carry the time of the commit.
    os.environ["SOURCE_DATE_EPOCH"] = seconds = output("git", "log", "-1", "--format=%ct").strip()
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for name in filter(CHANGES_CODE.fullmatch, [*os.environ]):
        del os.environ[name]
    os.umask(0o022)  # the modes of files are in the wheel
    if target:
        run("rustup", "--quiet", "target", "add", target)
    sources, plain, checked = WORK / "sdist", WORK / "plain", WORK / "checked"
    for folder in (sources, plain, checked):
        shutil.rmtree(folder, ignore_errors=True)
    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", sources, stage())
    [sdist] = sources.iterdir()
    pack(sdist, int(seconds))
    if not target or [path.read_bytes() for path in DIST.glob("*.tar.gz")] != [sdist.read_bytes()]:
        shutil.rmtree(DIST, ignore_errors=True)
        shutil.copytree(sources, DIST)
    built = wheel(unpack(sdist), plain, target or HERE)
    # zig names musl libc.so, which any musl takes for itself, and auditwheel does not.
    of_musl = ["--exclude", "libc.so"] if target.endswith("musl") else []
    run("auditwheel", "repair", "--plat", "auto", *of_musl, "--wheel-dir", checked, built)
    [finished] = checked.glob(f"*{tag(target or HERE)}*.whl")
    run("abi3audit", "--strict", finished)
    # The provider is no module of Python: its folder has the name that OpenSSL gives it.
    run("check-wheel-contents", "--ignore", "W004", finished)
    finished.replace(DIST / finished.name)
    (DIST / SUMS).write_text(sums(DIST), encoding="utf-8")
    print((DIST / SUMS).read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
