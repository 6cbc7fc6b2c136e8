"""Runs the parts of `make nightly`, and records the last run of each, with its commit, in docs/results/nightly.md.

`nightly.py` runs each part that has not passed on this commit, so that the next call continues a run, and
`nightly.py WORD...` each part whose command has one of the words. A part that fails stops no other; the exit code is 1
then. `nightly.py --concerned` names the parts that changes since their recorded commit concern.
"""
# ruff: noqa: S607 - it runs make and git, and prints what it finds

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/results/nightly.md"
MARK = "<!-- The rest is written by `make nightly`. -->\n"

RUST = "Cargo.toml Cargo.lock .cargo crates"
ENGINE = "Cargo.toml crates/pqc-simd"
PYTHON = f"{RUST} include provider qynauth_pqc setup.py build_ffi.py pyproject.toml"
RELEASE = f"{PYTHON} MANIFEST.in owner.toml tools/release tests/support/programs.sh"
PLATFORM = "tests/c tools/platforms/*.* tools/platforms/excluded"
PAGES = "README.md :(glob)docs/*.md docs/artefacts docs/recipes mkdocs.yml tools/site"

PARTS = {
    "make ct-aarch64": f"{ENGINE} tools/ct",
    "make test-release": RUST,
    "make bench QUICK=1": f"{PYTHON} bench",
    "make nightly-release": RELEASE,
    "make miri": f"{ENGINE} Makefile",
    "make interop": f"{PYTHON} tests/interop tests/support tools/languages.py",
    "make instructions": f"{RUST} bench",
    "make languages FULL=1": f"{RUST} include examples tools/install tools/languages.py",
    "make test-fips": f"{PYTHON} fips tests tools/fips tools/site",
    "make ct FULL=1": f"{RUST} include provider tools/ct",
    "make nightly-tests": f"{PYTHON} {PAGES} .github Makefile bench examples monitoring tests "
    "tools/differential tools/fuzz",
    "make sanitize": f"{PYTHON} examples/cpp tests/batch tests/c tests/native tests/provider tools/sanitize",
    "make reproduce": RELEASE,
    "make fuzz": f"{PYTHON} tests tools/fuzz",
    "make ct-compilers": f"{RUST} tools/ct",
    **{
        f"make platform TARGET={name}": f"{RUST} include {PLATFORM} tools/platforms/targets/{name}.sh"
        for name in ("macos", "wasm", "i686", "musl", "windows", "aarch64", "s390x")
    },
    **{
        f"make platform TARGET={name}": f"{PYTHON} tests {PLATFORM} tools/platforms/targets/{name}.sh"
        for name in (
            "wheel-aarch64",
            "wheel-musl",
            "wheel-aarch64-musl",
            "cpython-3.12",
            "cpython",
            "free-threaded",
            "pypy",
        )
    },
    "make differential FULL=1": f"{RUST} tools/differential",
    "make prove FULL=1": f"{ENGINE} docs/results/proofs.md tools/prove",
}
"""The command of each part, the shortest first, and the paths, as git takes them, that its result depends on."""

WRITTEN = [":!docs/results", ":!tools/platforms/results"]
"""All but the files that parts write, as git takes it."""


@dataclass
class Run:
    """The last run of a part, as its row of the page."""

    commit: str
    date: str
    took: str
    result: str


def git(*arguments: str) -> str:
    """Return the output of a command of git."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def recorded() -> dict[str, Run]:
    """Return the last run of each part that ran."""
    _, rows = (ROOT / PAGE).read_text(encoding="utf-8").split(MARK)
    cells = re.findall(r"^\| `(.+)` \| (\w+) \| (.+) \| (.+) \| (.+) \|$", rows, re.MULTILINE)
    return {command: Run(*run) for command, *run in cells}


def record(runs: dict[str, Run]) -> None:
    """Write the rows of the page."""
    text, _ = (ROOT / PAGE).read_text(encoding="utf-8").split(MARK)
    never = Run("", "", "", "never run")
    rows = [f"| {' | '.join([f'`{command}`', *astuple(runs.get(command, never))])} |" for command in PARTS]
    table = ["", "| Part | Commit | Date | Took | Result |", "|---|---|---|---|---|", *rows]
    (ROOT / PAGE).write_text(text + MARK + "\n".join(table) + "\n", encoding="utf-8")


def reason(run: Run | None, *changes: str) -> str:
    """Say why a part is due after its last run: `changes` are what `git diff` compares with the run's commit."""
    if run is None:
        return "never run"
    if run.result != "passed":
        return f"failed on {run.commit}"
    try:
        paths = git("diff", "--name-only", run.commit, *changes).split()
    except subprocess.CalledProcessError:
        return f"{run.commit} is not in this clone"
    others = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"changed since {run.commit}: {paths[0]}{others}" if paths else ""


def concerned() -> dict[str, str]:
    """Return the parts that changes since their last run concern, each with the reason."""
    runs = recorded()
    reasons = {command: reason(runs.get(command), "--", *paths.split()) for command, paths in PARTS.items()}
    return {command: text for command, text in reasons.items() if text}


def chosen(words: list[str]) -> list[str]:
    """Return the parts that a call names, or else those that have not passed on this commit."""
    if words:
        return [command for command in PARTS if set(words) & set(command.split())]
    runs = recorded()
    return [command for command in PARTS if reason(runs.get(command), "HEAD", "--", ".", *WRITTEN)]


def run(command: str, commit: str) -> Run:
    """Run a part, and record it at once."""
    print(f"== {command}", flush=True)
    start = time.monotonic()
    status = subprocess.run(["sh", "-c", command], cwd=ROOT, check=False).returncode
    took = f"{(time.monotonic() - start) / 60:.1f} min"
    result = Run(commit, datetime.now(tz=UTC).date().isoformat(), took, "**failed**" if status else "passed")
    record({**recorded(), command: result})
    return result


def main(*arguments: str) -> int:
    """Run parts, or name those that changes concern."""
    if arguments == ("--concerned",):
        for command, text in concerned().items():
            print(f"{command}: {text}")
        return 0
    if git("status", "--porcelain", "--", ".", *WRITTEN):
        print(f"commit first, since {PAGE} names the commit that was tested", file=sys.stderr)
        return 2
    commands = chosen(list(arguments))
    if arguments and not commands:
        print("\n".join([f"no part has a word {' or '.join(arguments)}; the parts:", *PARTS]), file=sys.stderr)
        return 2
    commit = git("rev-parse", "--short=8", "HEAD").strip()
    runs = {command: run(command, commit) for command in commands}
    print(f"{len(runs)} of {len(PARTS)} parts ran on {commit}")
    for command, each in runs.items():
        print(f"{each.result.strip('*')} {each.took:>10}  {command}")
    return int(any(each.result != "passed" for each in runs.values()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
