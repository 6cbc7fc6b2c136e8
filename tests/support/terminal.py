"""Programs that ask questions on their terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
from pathlib import Path

SECONDS = 300  # a command that asks nothing and does not end for this time has failed


def on_terminal(answers: list[bytes], *command: str | Path) -> tuple[int, bytes]:
    """Run a program with its own terminal, type an answer to each question, and return the exit code and the output."""
    terminal, its_side = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", *command], stdin=its_side, stdout=its_side, stderr=its_side
    )
    os.close(its_side)
    shown = b""
    try:
        while select.select([terminal], [], [], SECONDS)[0] and (chunk := os.read(terminal, 4096)):
            shown += chunk
            # Not at the line's end after an answer: the next question drops input.
            if shown.endswith(b": ") and answers:
                os.write(terminal, answers.pop(0))
    except OSError:  # the error of Linux when no process has the terminal open any more
        pass
    os.close(terminal)
    return process.wait(SECONDS), shown
