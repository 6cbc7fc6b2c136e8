"""The documentation shows the code that the wrappers in other languages test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from tools import languages

PAGE = ROOT / "docs" / "other-languages.md"
SECTIONS = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
HEADER = (ROOT / "include" / "pqc_ffi.h").read_text(encoding="utf-8")
JAVA = "java/src/main/java/qynauth/pqc"
SNIPPETS = {name: text for name, text in SECTIONS if "](../examples/" in text}

# The commands that the matrix uses. A real program would compute all values that are no constants.
PROGRAM = """#!/bin/sh
case $1 in
public) cp "$3" "$4" ;;
sign) printf signature >"$6" ;;
verify) [ "$(cat "$6")" = signature ] && [ -s "$4" ] && [ "$5" = "context of äöü" ] ;;
encapsulate) printf secret >"$4" && cp "$4" "$5" ;;
decapsulate) cp "$4" "$5" ;;
esac
"""


def without_indentation(text: str) -> str:
    """Return the lines without indentation, since a page shows the inside of a function."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


@pytest.mark.parametrize("language", SNIPPETS)
def test_snippet_is_part_of_the_example(language: str) -> None:
    """The file that the section links to has its lines, and the tests of the language run it."""
    section = SNIPPETS[language]
    [path] = re.findall(r"\]\(\.\./(examples/\S+\.\w+)\)", section)
    # Above it, C has a separate program, which the tests of the pages compile.
    *_, snippet = re.findall(r"^```(?!sh|cmake)\w+\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert without_indentation(snippet) in without_indentation((ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("language", "imported"), [("Go", "example.com/qynauth/pqc"), ("Node", "../pqc.js")])
def test_snippet_begins_with_its_imports(language: str, imported: str) -> None:
    """A reader sees where its names come from."""
    [imports] = re.findall(r"^```(?:go|js)\n(.*?)\n\n", SNIPPETS[language], re.DOTALL | re.MULTILINE)
    assert {line.split()[0] for line in imports.splitlines()} == {"import"}
    assert f'"{imported}"' in imports


@pytest.mark.parametrize(
    ("file", "constant"), [("node/pqc.js", r"(\w+): (\d+)"), (f"{JAVA}/Status.java", r"(\w+)\((\d+)\)")]
)
def test_statuses_match_the_header(file: str, constant: str) -> None:
    """Go takes them from the header itself; these two write them down."""
    source = (ROOT / "examples" / file).read_text(encoding="utf-8")
    written = dict(re.findall(rf"^ +{constant},$", source, re.MULTILINE))
    numbers = dict(re.findall(r"PQC_STATUS_(\w+) = (\d+),", HEADER))
    assert len(written) == 11
    assert written == {name: numbers[name] for name in written}


@pytest.mark.parametrize("file", ["node/native.js", f"{JAVA}/Native.java"])
def test_version_of_the_interface_matches_the_header(file: str) -> None:
    """A wrapper refuses a library with another version."""
    source = (ROOT / "examples" / file).read_text(encoding="utf-8")
    written = re.findall(r"\bABI_VERSION = (\d+);", source)
    assert written == re.findall(r"#define PQC_ABI_VERSION (\d+)", HEADER)


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """Write six languages, one shell script each; the ciphertext is the secret and the signature a constant."""
    for language in languages.LANGUAGES:
        folder = tmp_path / "examples" / language
        folder.mkdir(parents=True)
        build = f'#!/bin/sh\ncp "$(dirname "$0")/program" "$2/pqc-demo-{language}"\n'
        for name, text in (("build.sh", build), ("test.sh", "#!/bin/sh\n"), ("program", PROGRAM)):
            (folder / name).write_text(text, encoding="utf-8")
            (folder / name).chmod(0o755)
    command_line = tmp_path / "examples" / "command_line.sh"
    command_line.write_text("#!/bin/sh\n", encoding="utf-8")
    command_line.chmod(0o755)
    return tmp_path / "examples"


def matrix(examples: Path) -> subprocess.CompletedProcess[str]:
    """Run the whole program over these languages, on a machine that has all of them."""
    (examples / "jdk").mkdir()
    (examples / "jdk" / "release").write_text('JAVA_VERSION="25.0.1"\n', encoding="utf-8")
    command = [sys.executable, str(ROOT / "tools" / "languages.py"), str(examples), str(examples)]
    environment = {**os.environ, "JAVA_HOME": str(examples / "jdk")}
    return subprocess.run(command, env=environment, text=True, capture_output=True, check=False)


def test_matrix_passes_if_every_pair_works(examples: Path) -> None:
    """All 36 cells pass."""
    result = matrix(examples)
    assert (result.returncode, result.stdout.count("11 of 11"), result.stderr) == (0, 36, "")
    assert "languages: 42 passed, 0 failed, 0 skipped" in result.stdout


@pytest.mark.parametrize(
    ("right", "wrong", "cell"),
    [
        ("printf signature", "printf other", "3 of 11"),
        ('[ "$5" = "context of äöü" ]', "true", "3 of 11"),
        ('cp "$4" "$5"', 'printf other >"$5"', "8 of 11"),
        ('public) cp "$3" "$4"', 'public) printf "$0" >"$4"', "0 of 11"),
    ],
    ids=["signs wrongly", "accepts every context", "decapsulates wrongly", "has another public key"],
)
def test_matrix_fails_if_one_language_is_wrong(examples: Path, right: str, wrong: str, cell: str) -> None:
    """Its cells say with how many parameter sets the pair works."""
    program = examples / "go" / "program"
    assert right in PROGRAM
    program.write_text(PROGRAM.replace(right, wrong), encoding="utf-8")
    result = matrix(examples)
    assert (result.returncode, cell in result.stdout) == (1, True)
