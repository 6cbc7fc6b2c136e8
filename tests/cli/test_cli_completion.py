"""A shell completes commands, options, algorithms and the names of files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from command_checks import completed
from pages import ENVIRONMENT, TEXTS, blocks


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["keygen", "ml-kem"], ["plain,ML-KEM-512", "plain,ML-KEM-768", "plain,ML-KEM-1024"]),
        (["sign", "--algorithm", "ML-DSA"], ["plain,ML-DSA-44", "plain,ML-DSA-65", "plain,ML-DSA-87"]),
        (["encapsulate", "--algorithm", "X"], ["plain,X-Wing"]),
        (["sign", "--prehash", "shake"], ["plain,SHAKE128", "plain,SHAKE256"]),
        (["ver"], ["plain,verify"]),
        (["sign", "--preh"], ["plain,--prehash"]),
        (["verify", "--key", "si"], ["file,si"]),
        (["sign", "let"], ["file,let"]),
    ],
)
def test_words_are_completed(words: list[str], offered: list[str]) -> None:
    """Algorithms and hash functions are, in any letter case, where a command takes them."""
    assert completed(*words) == offered


def test_line_of_the_page_completes_in_bash(tmp_path: Path) -> None:
    """The line of the start-up file defines a completion that offers the algorithm."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    [lines] = blocks(TEXTS["docs/command-line.md"], "bash")
    line = next(each for each in lines.splitlines() if "bash_source" in each)
    ask = "COMP_WORDS=(qynauth-pqc keygen ML-DSA-8); COMP_CWORD=2; _qynauth_pqc_completion qynauth-pqc"
    script = f'{line}\ncomplete -p qynauth-pqc\n{ask}\necho "${{COMPREPLY[@]}}"'
    command = [bash, "--norc", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "_qynauth_pqc_completion" in done.stdout
    assert done.stdout.endswith("ML-DSA-87\n")
