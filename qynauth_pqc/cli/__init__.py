"""The command `qynauth-pqc`. It needs the extra `cli`: `pip install 'qynauth-pqc[cli]'`."""

import sys

__all__ = ["main"]

_EXTRA = {"click", "rich"}
_MISSING = "error: the command line needs click and rich: pip install 'qynauth-pqc[cli]'\n"


def main() -> None:
    """Run the command that the arguments of the process name, and exit.

    The exit code is 0 for success, 1 for a signature that is not valid, a demonstration that does not hold or a
    validation that fails, and 2 for wrong usage, bad input or a missing extra.
    """
    try:
        from qynauth_pqc.cli.commands import app  # noqa: PLC0415 - a missing extra is reported, not raised
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        sys.stderr.write(_MISSING)
        sys.exit(2)
    app()
