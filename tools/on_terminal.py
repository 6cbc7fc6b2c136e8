"""Runs a command as a newcomer would: on a terminal, with a bare environment, and with nobody there to type.

`on_terminal.py COMMAND ...` leaves HOME, PATH and our own variables; with `--install` first, also those of installers,
for proxies, certificates and indexes, and against the search for a newer pip. The lines are printed without colours. It
fails if the command fails, or asks for a password.
"""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import termios
from contextlib import suppress

KEPT = re.compile("HOME|PATH|OPENSSL|QYNAUTH_PQC_.*")
OF_INSTALLERS = re.compile(r"(?i).*(proxy|cert|ca_bundle|cainfo|index|find_links|registr|pip_version).*")
QUESTION = re.compile(rb"(?i)pass(word|phrase)[^\r\n]*: ?$")
ESCAPE = re.compile(rb"\x1b\[[0-?]*[@-~]")
SILENCE = 5  # seconds after a question; a line that continues was none


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run a command, print its output, and return its exit code."""
    process, terminal = pty.fork()
    if not process:
        os.execvpe(command[0], command, environment)  # noqa: S606 - without a shell
    termios.tcsetwinsize(terminal, (24, 80))
    line = b""
    with suppress(OSError):  # of Linux, when no process has the terminal open any more; others end the file
        while chunk := os.read(terminal, 65536):
            *lines, line = (line + chunk).split(b"\n")
            for each in lines:
                shown(each)
            if QUESTION.search(line) and not select.select([terminal], [], [], SILENCE)[0]:
                shown(line)
                print("asked for a password", file=sys.stderr)
                os.close(terminal)  # which ends the command
                return 1
    if line:
        shown(line)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def shown(line: bytes) -> None:
    """Print a line as a terminal shows it at last: without colours, and without what was overwritten."""
    text = ESCAPE.sub(b"", line).rstrip(b"\r").rpartition(b"\r")[2]
    sys.stdout.buffer.write(text + b"\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run the command of the arguments."""
    install = arguments[:1] == ["--install"]
    environment = {
        name: value
        for name, value in os.environ.items()
        if KEPT.fullmatch(name) or (install and OF_INSTALLERS.fullmatch(name))
    }
    return run(arguments[install:], environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
