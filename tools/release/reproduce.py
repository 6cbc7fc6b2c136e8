"""Makes the files of a release twice, in two folders, and says which differ: exit code 1 if one does.

Each folder is a clone of the commit, with its own tools. The second build comes minutes after the first one and
differs in what a build could depend on: the length of its path, the mode of new files, the time zone, the language,
and the cache of zig.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import build_release

if TYPE_CHECKING:
    from pathlib import Path

WORK = build_release.ROOT / "target" / "reproduce"


def build(commit: str, folder: Path, umask: int, environment: dict[str, str]) -> Path:
    """Make the sdist and all wheels in a clone, and return where they are."""
    clone: list[str | Path] = ["git", "clone", "--quiet", "--no-checkout", "--no-hardlinks", build_release.ROOT, folder]
    checkout: list[str | Path] = ["git", "-C", folder, "checkout", "--quiet", "--detach", commit]
    make: list[str | Path] = ["make", "--no-print-directory", "-C", folder, "wheel"]
    others = [[*make, f"TARGET={each}"] for each in build_release.TARGETS if each != build_release.HERE]
    for command in (clone, checkout, make, *others):
        subprocess.run(command, env={**os.environ, **environment}, umask=umask, check=True)
    return folder / build_release.DIST.name


def members(path: Path) -> dict[str, tuple[object, ...]]:
    """Return the metadata and the content of each file in a wheel or an sdist."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return {
                each.filename: (each.date_time, each.external_attr, each.compress_type, wheel.read(each))
                for each in wheel.infolist()
            }
    if path.suffix == ".gz":
        with tarfile.open(path) as sdist:
            return {
                each.name: (each.mtime, each.mode, each.uid, each.gid, file.read() if file else b"")
                for each, file in [(each, sdist.extractfile(each)) for each in sdist]
            }
    return {}


def differences(first: Path, second: Path) -> list[str]:
    """Name each file of two folders that differs and, of a wheel or an sdist, the files in it that do."""
    found = []
    for name in sorted({path.name for folder in (first, second) for path in folder.iterdir()}):
        one, other = first / name, second / name
        if not (one.is_file() and other.is_file()):
            found.append(f"{name}: made only once")
        elif one.read_bytes() != other.read_bytes():
            left, right = members(one), members(other)
            inner = sorted(key for key in left.keys() | right.keys() if left.get(key) != right.get(key))
            found.append(f"{name}: {', '.join(inner) or 'the order or the compression of what it holds'}")
    return found


def main() -> list[str]:
    """Build twice and compare."""
    build_release.check_settings(WORK / "first")
    shutil.rmtree(WORK, ignore_errors=True)
    commit = build_release.output("git", "rev-parse", "HEAD").strip()
    first = build(commit, WORK / "first", 0o022, {"TZ": "UTC", "LC_ALL": "C"})
    other = {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "ZIG_GLOBAL_CACHE_DIR": str(WORK / "zig")}
    return differences(first, build(commit, WORK / "second" / "and-deeper", 0o077, other))


if __name__ == "__main__":
    found = main()
    print("\n".join(f"DIFFERS  {each}" for each in found) or "reproduce: the same bytes twice")
    sys.exit(bool(found))
