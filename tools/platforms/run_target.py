"""Tests another platform, and writes its row of docs/results/platforms.md: `run_target.py TARGET [short]`.

A target is a script in targets/, which installs its tools, builds and tests. Its output is counted: the summaries of
cargo and pytest, the tests that pytest skips, and lines `platform: KIND: TEXT`, of the kinds of `Run.facts`. Nothing is
written if nothing was tested, for example because a package could not be installed, or with `short`, which runs a
selection.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs" / "results" / "platforms.md"
RESULTS = HERE / "results"

HEAD = """# Platforms

<!-- Made by `make platform`, never edited by hand. -->

`make check` runs on Linux on x86-64, with glibc and CPython. The table lists everything that was built and run on other
platforms. Everything else is untried. Each row is the last run of its target, a script in
[tools/platforms/targets](../../tools/platforms/targets):

```sh
make platform TARGET=s390x              # installs what it needs with apt-get, rustup and pip, tests, and writes its row
make platform TARGET=s390x JOBS=short   # a selection, and nothing is written
```

It runs as root on Debian 12, and `QYNAUTH_PQC_VECTORS` names the folder of the published test vectors. Under an
emulator results are exact, and times mean nothing. `cpython-3.12` needs a Python of that version on the machine. Debian
has no Python for musl, so targets compile one from Debian's sources.
"""


@dataclass
class Run:
    """The results of a run of a target."""

    when: str
    passed: int = 0
    ignored: int = 0
    failed: list[str] = field(default_factory=list)
    # Reports of the script: the tested parts, the tools, the programs that passed, and the parts not run, with reasons.
    facts: dict[str, list[str]] = field(
        default_factory=lambda: {"tested": [], "tools": [], "passed": [], "not run": []}
    )

    def read(self, line: str) -> None:
        """Count a line of the script's output."""
        if fact := re.fullmatch(r"platform: ([a-z ]+): (.+)", line):
            if fact[2] not in self.facts[fact[1]]:
                self.facts[fact[1]].append(fact[2])
        elif summary := re.match(r"test result: \w+\. (\d+) passed; \d+ failed; (\d+) ignored;", line):
            self.passed += int(summary[1])
            self.ignored += int(summary[2])
        elif name := re.fullmatch(r"test (.+) \.\.\. FAILED|FAILED (.+?)(?: - .*)?", line):
            self.failed.append(name[1] or name[2])
        elif skipped := re.match(r"SKIPPED \[\d+\] tests/(?:\w+/)*(\w+\.py)(?::\d+)?: (.+)", line):
            self.read(f"platform: not run: of `{skipped[1]}`: {skipped[2]}")
        elif re.match(r"=*( ?\d+ \w+,?)+ in [\d.]+s", line):
            self.passed += sum(map(int, re.findall(r"(\d+) passed", line)))
            self.ignored += sum(map(int, re.findall(r"(\d+) skipped", line)))

    def result(self) -> str:
        """Return the run's result for the page."""
        programs = "".join(f", {name} passed" for name in self.facts["passed"])
        ignored = f", {self.ignored:,} skipped" if self.ignored else ""
        failed = f", **failed: {', '.join(self.failed)}**" if self.failed else ""
        tests = f"{self.passed:,} tests passed" if self.passed else "no tests"
        return f"{tests}{ignored}{programs}{failed}"


def page(runs: dict[str, Run]) -> str:
    """Return docs/results/platforms.md."""
    lines = [HEAD, "| Target | Tested | With | When | Result |", "|---|---|---|---|---|"]
    for target, run in runs.items():
        cells = [target, "; ".join(run.facts["tested"]), ", ".join(run.facts["tools"]), run.when, run.result()]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Not run", ""]
    lines += [f"- {target}: {text}." for target, run in runs.items() for text in run.facts["not run"]]
    return "\n".join(lines) + "\n"


def recorded() -> dict[str, Run]:
    """Return the last run of each target."""
    return {file.stem: Run(**json.loads(file.read_text(encoding="utf-8"))) for file in sorted(RESULTS.glob("*.json"))}


def execute(command: Sequence[str], run: Run) -> None:
    """Run the script of a target, and print and count its output."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=pipe, stderr=subprocess.STDOUT) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            run.read(line.rstrip("\n"))
    if process.returncode and not run.failed:
        run.failed.append(f"exit status {process.returncode}")


def main(target: str = "", *selection: str) -> int:
    """Run a target."""
    script = HERE / "targets" / f"{target}.sh"
    if not script.is_file() or selection not in {(), ("short",)}:
        targets = " ".join(sorted(each.stem for each in script.parent.glob("*.sh")))
        print(f"usage: make platform TARGET=name [JOBS=short]; the names: {targets}", file=sys.stderr)
        return 2
    run = Run(datetime.now(tz=UTC).date().isoformat())
    execute(["sh", str(script), *selection], run)
    if not selection and (run.passed or run.facts["tested"]):
        (RESULTS / f"{target}.json").write_text(json.dumps(asdict(run), indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(page(recorded()), encoding="utf-8")
    print(f"{target}: {run.result()}")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
