"""The command `qynauth-pqc`. It needs the extra `cli`."""

import sys
import warnings

from qynauth_pqc._program import missing_extra, open_streams, write_error

__all__ = ["main"]


def main() -> None:
    """Run the command that the arguments of the process name, and exit.

    The exit code is 0 for success, 1 for a signature that is not valid, a file that is not authentic or a check that
    fails, and 2 for wrong usage, bad input or a missing extra.
    """
    open_streams()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # names have letters of any script
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # they are for programmers: this command reports what matters
    try:
        from qynauth_pqc.cli.commands import app  # a missing extra is reported, not raised
    except ModuleNotFoundError as error:
        message = missing_extra(error)
        if not message:
            raise
        write_error(f"error: {message}")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    app()
