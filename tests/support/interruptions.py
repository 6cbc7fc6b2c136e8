"""Exceptions between two instructions of Python, such as a handler of a signal raises there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import qynauth_pqc

PACKAGE = str(Path(qynauth_pqc.__file__).parent)


class InterruptError(Exception):
    """The error that the handler raises."""


def interrupt(operation: Callable[[], object], number: int) -> bool:
    """Perform an operation, interrupt it at an instruction of the package, and return whether it had so many."""
    left = number

    def enter(frame: FrameType, _event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return count

    def count(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal left
        if event == "opcode":
            left -= 1
            if left < 0:
                raise InterruptError
        return count

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        operation()
    except InterruptError:
        return True
    finally:
        sys.settrace(before)
    return False
