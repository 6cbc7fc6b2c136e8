"""The live view of the command `metrics` follows a service on a terminal, and leaves the terminal as it was."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from command_line import COMMAND, folder
from metrics_service import Service, service

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc.cli.metrics import SAMPLES, in_sample

__all__ = ["folder", "service"]  # pytest uses them here

SECONDS = 300  # a terminal that shows nothing new for this time has failed
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
ENTER_SCREEN, LEAVE_SCREEN, SHOW_CURSOR = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"


class Terminal:
    """A terminal with the command on it."""

    def __init__(self, columns: int, lines: int, stdin: int | None, *arguments: str) -> None:
        """Make a terminal of a size, and start the command on it, by default with its keyboard."""
        self.controller, self._terminal = pty.openpty()
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.settings_before = self.settings()
        environment = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            [COMMAND, "metrics", *arguments],
            stdin=self._terminal if stdin is None else stdin,
            stdout=self._terminal,
            stderr=self._terminal,
            env=environment | {"TERM": "xterm-256color"},
        )
        self.received = b""

    def shows(self, pattern: str) -> str:
        """Read until a whole line, without its colours, matches, and return it."""
        end = time.monotonic() + SECONDS
        while True:
            text = CONTROL.sub(b"", self.received).decode(errors="ignore")
            if found := re.search(rf"^.*{pattern}.*(?=\r)", text, re.MULTILINE):
                return found[0]
            assert select.select([self.controller], [], [], max(0, end - time.monotonic()))[0], pattern
            self.received += os.read(self.controller, 4096)

    def end(self) -> tuple[int, bytes]:
        """Wait for the command to end, and return its exit code and its output since the last reading."""
        code, rest = self.process.wait(SECONDS), b""
        while select.select([self.controller], [], [], 0)[0]:
            rest += os.read(self.controller, 4096)
        return code, rest

    def settings(self) -> list[object]:
        """Return the settings of the terminal, such as whether it echoes."""
        return termios.tcgetattr(self._terminal)

    def close(self) -> None:
        """End the command and the terminal."""
        self.process.kill()
        self.process.wait()
        os.close(self._terminal)
        os.close(self.controller)


@contextmanager
def on_terminal(*arguments: str, columns: int = 80, lines: int = 24, stdin: int | None = None) -> Iterator[Terminal]:
    """Run the command on a terminal.

    Yields:
        The terminal.
    """
    terminal = Terminal(columns, lines, stdin, *arguments)
    try:
        yield terminal
    finally:
        terminal.close()


def test_view_follows_a_service_until_q(service: Service) -> None:
    """Counts and the rate move; then the terminal is as it was."""
    with on_terminal("--file", "metrics") as terminal:
        assert terminal.shows("metrics shared in").split() == ["metrics", "shared", "in", "metrics", "q", "quits"]
        assert terminal.shows("decapsulate").split()[:3] == ["decapsulate", "3", "0"]
        service.decapsulate(1000)
        assert float(terminal.shows("decapsulate +1003").split()[-1]) > 0
        os.write(terminal.controller, b"xq")
        code, rest = terminal.end()
    assert code == 0
    assert terminal.received.startswith(ENTER_SCREEN)
    assert LEAVE_SCREEN in rest
    assert SHOW_CURSOR in rest


def test_view_takes_keys_unseen_and_restores_the_terminal() -> None:
    """A key is not echoed and needs no Enter, until the end."""
    with on_terminal() as terminal:
        terminal.shows("generate")
        during = terminal.settings()
        os.write(terminal.controller, b"Q")
        assert terminal.end()[0] == 0
        assert terminal.settings() == terminal.settings_before
    local_modes = [settings[3] for settings in (terminal.settings_before, during)]
    assert [bool(int(str(modes)) & termios.ECHO) for modes in local_modes] == [True, False]


def test_interrupt_ends_the_view_with_130_and_restores_the_terminal() -> None:
    """Ctrl-C is as good as q."""
    with on_terminal() as terminal:
        terminal.shows("generate")
        terminal.process.send_signal(signal.SIGINT)
        code, rest = terminal.end()
        assert terminal.settings() == terminal.settings_before
    assert code == 130
    assert LEAVE_SCREEN in rest
    assert b"Traceback" not in rest


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("lines", [24, 80])
def test_view_fits_the_terminal(columns: int, lines: int) -> None:
    """A narrow terminal has fewer columns, a low one no algorithms, and no figure is cut."""
    with on_terminal(columns=columns, lines=lines) as terminal:
        terminal.shows("wiped: ")
        text = CONTROL.sub(b"", terminal.received).decode(errors="ignore")  # a chunk may end inside a character
    assert ("p99.9" in text, "ML-DSA-87" in text) == (columns == 120, lines == 80)
    assert "import" in text
    assert "…" not in text


def test_view_without_a_keyboard_goes_on_until_it_is_interrupted() -> None:
    """The end of standard input, which is no terminal, does not count as a key."""
    with on_terminal(stdin=subprocess.DEVNULL) as terminal:
        count = sum(in_sample(each) for _, each in loadable(PrivateKey))
        terminal.shows(f"generate +{SAMPLES * count}")
        terminal.shows(f"generate +{(SAMPLES + 2) * count}")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end()[0] == 130


def test_format_on_a_terminal_is_printed_once() -> None:
    """With a format, the command prints without a screen and ends."""
    with on_terminal("--format", "text", columns=120) as terminal:
        terminal.shows("wiped: ")
        assert terminal.end()[0] == 0
    assert ENTER_SCREEN not in terminal.received
