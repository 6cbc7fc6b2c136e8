"""Makes the folder of published test vectors that `QYNAUTH_PQC_VECTORS` names, from public repositories.

`make_vectors.py FOLDER` fetches the files that sources.toml lists with git, packs them, and compares each with its
checksum. A file that is there already and right is left alone.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOURCES = Path(__file__).with_name("sources.toml")


def copied(original: bytes) -> bytes:
    """Return a file as it is."""
    return original


def compact(content: dict[str, Any]) -> bytes:
    """Return JSON without spaces."""
    return json.dumps(content, separators=(",", ":")).encode()


def with_answers(prompt: bytes, results: bytes, step: int = 1) -> dict[str, Any]:
    """Return the questions of ACVP, each `step`-th of a group, with their answers as `expected`."""
    content: dict[str, Any] = json.loads(gzip.decompress(prompt))
    groups = json.loads(gzip.decompress(results))["testGroups"]
    answers = {test.pop("tcId"): test for group in groups for test in group["tests"]}
    for group in content["testGroups"]:
        group["tests"] = [test | {"expected": answers[test["tcId"]]} for test in group["tests"][::step]]
    return content


def acvp(prompt: bytes, results: bytes) -> bytes:
    """Return a set of ACVP, with the number of its tests in place of the identifiers of the session."""
    content = with_answers(prompt, results)
    number = sum(len(group["tests"]) for group in content["testGroups"])
    kept = {name: value for name, value in content.items() if name not in {"vsId", "isSample"}}
    return compact(kept | {"numberOfTests": number})


def acvp_half(prompt: bytes, results: bytes) -> bytes:
    """Return every second test of each group of ACVP."""
    return compact(with_answers(prompt, results, step=2))


def wycheproof(original: bytes) -> bytes:
    """Return a set of Wycheproof without its prose."""
    content = {name: value for name, value in json.loads(original).items() if name not in {"schema", "header", "notes"}}
    for group in content["testGroups"]:
        group.pop("source", None)
        for test in group["tests"]:
            test.pop("comment", None)
    return compact(content)


PACKINGS: dict[str, Callable[..., bytes]] = {
    "copy": copied,
    "acvp": acvp,
    "acvp-half": acvp_half,
    "wycheproof": wycheproof,
}


def checksum(path: Path) -> str:
    """Return the SHA-256 of the content of a file, which gzip may have compressed, or nothing if it cannot be read."""
    try:
        content = path.read_bytes()
        return hashlib.sha256(gzip.decompress(content) if path.suffix == ".gz" else content).hexdigest()
    except (OSError, EOFError, zlib.error):
        return ""


def sources(table: Path = SOURCES) -> list[dict[str, Any]]:
    """Return the repositories, each with its files."""
    listed: list[dict[str, Any]] = tomllib.loads(table.read_text(encoding="utf-8"))["source"]
    return listed


def wrong(folder: Path, source: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Return the files of a repository that the folder lacks or has differently: checksum, name and original paths."""
    return [
        (expected, name, paths) for expected, name, *paths in source["files"] if checksum(folder / name) != expected
    ]


def originals(source: dict[str, Any], wanted: list[list[str]]) -> Iterator[list[bytes]]:
    """Fetch the commit of a repository without its files, and then the files that are wanted."""
    with tempfile.TemporaryDirectory() as clone:
        git = ["git", "-C", clone]
        commands = [
            ["init", "--quiet", "--bare"],
            ["remote", "add", "origin", source["repository"]],
            ["fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", source["commit"]],
        ]
        for command in commands:
            subprocess.run([*git, *command], check=True)
        for paths in wanted:
            yield [subprocess.check_output([*git, "cat-file", "blob", f"{source['commit']}:{path}"]) for path in paths]


def make(folder: Path, source: dict[str, Any]) -> list[str]:
    """Make the files of a repository that the folder lacks, and return the problems that left some missing."""
    missing, problems = wrong(folder, source), []
    if not missing:
        return []
    print(f"{source['repository']}: {len(missing)} files, {source['licence']}", flush=True)
    found = originals(source, [paths for _, _, paths in missing])
    try:
        for (expected, name, _), content in zip(missing, found, strict=True):
            packed = PACKINGS[source["packing"]](*content)
            if hashlib.sha256(packed).hexdigest() != expected:
                problems.append(f"{name}: another checksum")
                continue
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(gzip.compress(packed, mtime=0) if target.suffix == ".gz" else packed)
    except subprocess.CalledProcessError as error:
        problems.append(f"{source['repository']}: git ended with status {error.returncode}, and said why above")
    return problems


def main(folder: Path, table: Path = SOURCES) -> list[str]:
    """Make the files that the folder lacks, and return the problems that left some missing."""
    return [problem for source in sources(table) for problem in make(folder, source)]


if __name__ == "__main__":
    sys.exit("\n".join(main(Path(sys.argv[1]))) or None)
