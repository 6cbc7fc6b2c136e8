"""Builds and tests the examples in six languages, and tries the output of each in every other.

    python3 tools/languages.py PREFIX

PREFIX is an installation of the library. The folder of each language has `build.sh PREFIX OUTDIR`, which makes the
program `OUTDIR/pqc-demo-LANGUAGE`, and `test.sh PREFIX`; `command_line.sh PROGRAM` tests the common interface of the
programs. The exit code is 1 if anything failed, or if a pair of languages that can run was not tried with all parameter
sets.
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ["c", "cpp", "go", "java", "node", "rust"]
KEM_SETS, DSA_SETS = ["512", "768", "1024"], ["44", "65", "87"]
# MLDSA65-Ed25519-SHA512, and MLDSA65-ECDSA-P256-SHA512, which has signatures of varying length.
ED25519, ECDSA_P256 = str(0x60000 + 48), str(0x60000 + 45)
# SLH-DSA-SHA2-128s, SLH-DSA-SHAKE-192f and SLH-DSA-SHA2-256f, with the bytes of their seeds.
SLHDSA_SEEDS = {"205020": 48, "205029": 72, "205025": 96}
SETS = [*KEM_SETS, *DSA_SETS, ED25519, ECDSA_P256, *SLHDSA_SEEDS]
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
JDK_LEAST = 22
CONTEXT = "context of äöü"
TIMEOUT = 600
JOBS = os.cpu_count() or 1


def jdk_home(least: int) -> Path | None:
    """Return the home of a Java of a version or newer."""
    on_path = shutil.which("javac")
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    homes += [Path(on_path).resolve().parent.parent] if on_path else []
    for home in [*homes, *Path("/usr/lib/jvm").glob("*")]:
        release = home / "release"
        found = re.search(r'^JAVA_VERSION="(\d+)', release.read_text() if release.exists() else "", re.MULTILINE)
        if found and int(found[1]) >= least:
            return home
    return None


def build_and_test(language: str, prefix: Path, work: Path) -> bool:
    """Build a program and run the tests of its language; print a line, and the output of failures."""
    started = time.monotonic()
    steps = [(f"{language}/build.sh", [prefix, work]), (f"{language}/test.sh", [prefix])]
    for path, arguments in [*steps, ("command_line.sh", [work / f"pqc-demo-{language}"])]:
        script, command = Path(path).name, [EXAMPLES / path, *arguments]
        with (work / f"{language}-{script}.log").open("w+") as log:
            try:
                code = subprocess.run(command, stdout=log, stderr=log, timeout=TIMEOUT, check=False).returncode
            except (OSError, subprocess.TimeoutExpired) as error:
                code = 1
                print(error, file=log, flush=True)
            if code != 0:
                log.seek(0)
                print(f"{language}: {script} FAILED\n{log.read()}", flush=True)
                return False
    print(f"{language}: built, tests passed ({time.monotonic() - started:.0f} s)", flush=True)
    return True


def private_key(number: str) -> bytes:
    """Return a new private key in the form of the programs: its seed, or both halves of a composite."""
    if number == ED25519:
        return secrets.token_bytes(32) + secrets.token_bytes(32)
    if number == ECDSA_P256:
        # ECPrivateKey without its public key; a scalar that starts with a zero byte is less than the order.
        scalar = bytes(1) + secrets.token_bytes(31)
        return (
            secrets.token_bytes(32)
            + bytes.fromhex("30310201010420")
            + scalar
            + bytes.fromhex("a00a06082a8648ce3d030107")
        )
    return secrets.token_bytes(SLHDSA_SEEDS.get(number, 64 if number in KEM_SETS else 32))


@dataclass(frozen=True)
class Matrix:
    """The results of the programs in one folder with each other's files."""

    programs: Path
    files: Path

    def run(self, language: str, *arguments: str | Path) -> int:
        """Run a program and return its exit code; show its error."""
        command = [str(self.programs / f"pqc-demo-{language}"), *map(str, arguments)]
        result = subprocess.run(command, cwd=self.files, capture_output=True, text=True, timeout=TIMEOUT, check=False)
        if result.returncode not in {0, 1} or result.stderr:
            print(f"{language} {arguments[0]} {arguments[1]}: {result.returncode} {result.stderr.strip()}", flush=True)
        return result.returncode

    def read(self, name: str) -> bytes | None:
        """Return the output file of a program, if it exists."""
        path = self.files / name
        return path.read_bytes() if path.exists() else None

    def prepare(self) -> None:
        """Write a private key for each parameter set, a message and another one."""
        for number in SETS:
            (self.files / f"{number}.private").write_bytes(private_key(number))
        (self.files / "message").write_bytes(secrets.token_bytes(10_000))
        (self.files / "another").write_bytes(b"")

    def make(self, language: str, number: str) -> bool:
        """Make a public key, and with it a ciphertext or a signature."""
        made, key = f"{number}.{language}", f"{number}.{language}.public"
        if self.run(language, "public", number, f"{number}.private", key) != 0:
            return False
        if number in KEM_SETS:
            return self.run(language, "encapsulate", number, key, made, f"{made}.secret") == 0
        return self.run(language, "sign", number, f"{number}.private", "message", CONTEXT, made) == 0

    def accept(self, maker: str, language: str, number: str) -> bool:
        """Return whether a language accepts an output, and its own only with the right message and context."""
        made, key = f"{number}.{maker}", f"{number}.{language}.public"
        if self.read(made) is None or self.read(key) != self.read(f"{made}.public"):
            return False
        if number in KEM_SETS:
            secret = f"{made}.by.{language}"
            code = self.run(language, "decapsulate", number, f"{number}.private", made, secret)
            return code == 0 and self.read(secret) == self.read(f"{made}.secret") is not None
        wrong = [("another", CONTEXT), ("message", "")] if maker == language else []
        right = self.run(language, "verify", number, key, "message", CONTEXT, made)
        return right == 0 and all(self.run(language, "verify", number, key, *each, made) == 1 for each in wrong)

    def cells(self, languages: list[str]) -> dict[tuple[str, str], int]:
        """Return for each pair, maker first, the number of parameter sets that work."""
        self.prepare()
        pairs = list(itertools.product(languages, repeat=2))
        with ThreadPoolExecutor(JOBS) as pool:
            list(pool.map(lambda each: self.make(*each), itertools.product(languages, SETS)))
            tried = [(maker, language, number) for maker, language in pairs for number in SETS]
            accepted = dict(zip(tried, pool.map(lambda each: self.accept(*each), tried), strict=True))
        return {
            (maker, language): sum(accepted[maker, language, number] for number in SETS) for maker, language in pairs
        }


def table(cells: dict[tuple[str, str], int], absent: set[str]) -> str:
    """Return the matrix as text."""
    width = len("not here") + 2
    lines = ["", "Signatures and ciphertexts of the row, accepted by the column:", "", " " * width]
    lines[-1] += "".join(language.ljust(width) for language in LANGUAGES)
    for maker in LANGUAGES:
        row = maker.ljust(width)
        for language in LANGUAGES:
            here = f"{cells[maker, language]} of {len(SETS)}" if (maker, language) in cells else "EMPTY"
            row += ("not here" if {maker, language} & absent else here).ljust(width)
        lines.append(row)
    return "\n".join(line.rstrip() for line in lines)


def main(prefix: Path) -> int:
    """Build, test, and print the matrix."""
    # This version has the final foreign function interface.
    absent = set() if jdk_home(JDK_LEAST) else {"java"}
    if absent:
        print(f"java: not here, no JDK {JDK_LEAST} or newer in JAVA_HOME, PATH or /usr/lib/jvm", flush=True)
    wanted = [language for language in LANGUAGES if language not in absent]
    with tempfile.TemporaryDirectory() as folder:
        work, files = Path(folder), Path(folder) / "files"
        files.mkdir()
        with ThreadPoolExecutor(JOBS) as pool:
            worked = list(pool.map(lambda each: build_and_test(each, prefix, work), wanted))
        built = [language for language in wanted if (work / f"pqc-demo-{language}").exists()]
        cells = Matrix(work, files).cells(built)
    print(table(cells, absent))
    passed = worked.count(True) + sum(accepted == len(SETS) for accepted in cells.values())
    failed = len(wanted) + len(wanted) ** 2 - passed
    print(f"\nlanguages: {passed} passed, {failed} failed, {len(absent)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv[1:]) != 1:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve()))
