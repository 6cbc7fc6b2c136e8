"""The base of the commands of `qynauth-pqc`: errors, options, and writing and reporting results."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from qynauth_pqc._keys.refusals import suggestion
from qynauth_pqc._program import discard_output, internal_error, missing_extra, without_keys
from qynauth_pqc.cli import table
from qynauth_pqc.cli.encodings import ENCODINGS
from qynauth_pqc.cli.files import FILE, INPUT, STDIO, NewFile, complain, printable, write_files
from qynauth_pqc.cli.keys import ALGORITHMS
from qynauth_pqc.errors import PQCError
from qynauth_pqc.prehash import PREHASHES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TypeAlias, TypeVar

    from click.shell_completion import CompletionItem

    F = TypeVar("F", bound=Callable[..., Any])

Progress: TypeAlias = Callable[[int], object]
"""A function that is called with the number of bytes of each chunk that is hashed."""
Sign: TypeAlias = Callable[[str, Progress], bytes]
"""Return the signature of a file, and report the bytes that are hashed."""
Verify: TypeAlias = Callable[[str, str, Progress], dict[str, Any]]
"""Check a file and the file of its signature, and return the algorithm and, if known, the signers, for JSON."""

EXIT_INVALID = 1
"""The exit code if a signature is not valid, a file is not authentic, or a check fails."""
EXIT_ERROR, _EXIT_INTERRUPTED = 2, 130


class App(click.Group):
    """A group of commands that report every error in the same form and end with one exit code.

    `modules` names the modules of further commands, which are imported when they are needed: importing all of them
    takes longer than most commands run. A command whose package is not there is none.
    """

    def __init__(self, *arguments: Any, modules: Mapping[str, str] | None = None, **options: Any) -> None:
        """Make the group."""
        super().__init__(*arguments, **options)
        self._modules = modules or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted([*super().list_commands(ctx), *table.present(self._modules)])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a name."""
        module = table.load(self._modules, cmd_name)
        return super().get_command(ctx, cmd_name) if module is None else getattr(module, cmd_name)

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> click.Context:
        """Parse the arguments before the name of the command."""
        arguments = [*args]
        with _reported(arguments):
            ctx = super().make_context(info_name, args, *more, **extra)
        ctx.obj = arguments
        return ctx

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        with _reported(ctx.obj):
            return super().invoke(ctx)


class Failure(click.ClickException):
    """An error that the command line reports, with further lines after it."""

    exit_code = EXIT_ERROR

    def __init__(self, message: str, *more: str) -> None:
        """Keep the message for one line."""
        super().__init__(" ".join(message.split()))
        self._more = more

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click's signature
        """Print the error on standard error."""
        complain("\n".join((f"error: {self.message}", *self._more)))


@contextmanager
def _reported(arguments: list[str]) -> Iterator[None]:
    """Turn the errors of a command into failures."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise click.exceptions.Exit(_EXIT_INTERRUPTED) from error
    except click.exceptions.NoArgsIsHelpError as error:
        complain(error.format_message())
        raise click.exceptions.Exit(EXIT_ERROR) from error
    except click.UsageError as error:
        message = without_keys(error.format_message(), arguments).rstrip(".")
        ctx = error.ctx
        usage = [ctx.get_usage(), f"Try '{ctx.command_path} --help' for help."] if ctx else []
        raise Failure(message[:1].lower() + message[1:], *usage) from error
    except (PQCError, OSError, MemoryError) as error:
        if isinstance(error, OSError) and not error.filename:
            discard_output(sys.stdout)
        if isinstance(error, BrokenPipeError):
            raise click.exceptions.Exit(EXIT_ERROR) from error
        raise Failure(without_keys(explain(error), arguments), *getattr(error, "__notes__", ())) from error
    except (click.ClickException, click.exceptions.Exit):
        raise
    except ModuleNotFoundError as error:
        raise Failure(missing_extra(error) or internal_error(error)) from error
    except Exception as error:  # after a traceback, Python would exit with 1, which means "not valid"
        raise Failure(internal_error(error)) from error


_NEXT_STEPS = {
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EISDIR: "name a file",
    errno.EACCES: "check its owner and mode",
    errno.ELOOP: "check its links",
    errno.ENOSPC: "free some space",
    errno.EADDRINUSE: "use another port",
}


def explain(error: BaseException) -> str:
    """Return an error in one sentence: the failure and, after a semicolon, the remedy."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error) or "out of memory; use a smaller file"
    if error.errno == errno.EBADF and not error.filename:
        return "standard input or output is closed; name a file, or redirect it"
    name = f"{printable(error.filename)}: " if error.filename else ""
    step = _NEXT_STEPS.get(error.errno or 0)
    return f"{name}{error.strerror}; {step}" if step and "; " not in error.strerror else f"{name}{error.strerror}"


def named_file(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Return the path of a secret, which is never a standard stream, or None."""
    if value == STDIO:
        raise click.BadParameter("secrets are read from and written to named files only.")
    return value


def _parse_context(ctx: click.Context, parameter: click.Parameter, value: str | None) -> bytes | None:
    """Return a context as bytes, after checking that there is at most one."""
    if value is None:
        return None
    if ctx.meta.setdefault("context", parameter) is not parameter:
        raise click.UsageError("--context and --context-hex exclude each other; pass one of them.", ctx)
    if parameter.name == "context":
        return value.encode("utf-8", "surrogateescape")
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        raise click.BadParameter("expected an even number of hexadecimal digits.") from error


class _Name(click.ParamType):  # type: ignore[type-arg]  # generic in new versions of click only
    """One of some names, in upper or lower case, which a shell completes."""

    name = "name"

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        """Take a function that returns the names, which is called when they are needed."""
        self._names = names

    def convert(self, value: str, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        """Return a name as the standards write it."""
        known = {name.upper(): name for name in map(str, self._names())}
        if value.upper() not in known:
            raise click.BadParameter(f"{self._refusal(value)}; use one of {', '.join(known.values())}.")
        return known[value.upper()]

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Let the shell complete the names."""
        from click.shell_completion import CompletionItem  # only shells need it

        begun = incomplete.upper()
        return [CompletionItem(name) for name in map(str, self._names()) if name.upper().startswith(begun)]

    def _refusal(self, value: str) -> str:
        return "; ".join(filter(None, (f"{value!r} is unknown", suggestion(value, self._names()))))


class AlgorithmName(_Name):
    """The type of options and arguments that name an algorithm."""

    def _refusal(self, value: str) -> str:
        if value.upper() in map(str.upper, ALGORITHMS["any"]):
            return f"{value!r} is for other commands"
        return super()._refusal(value)


def check_streams(*, inputs: tuple[str, ...] = (), output: str = "", as_json: bool = False) -> None:
    """Refuse to use one standard stream for two purposes."""
    if inputs.count(STDIO) > 1:
        raise click.UsageError("only one input can be '-', standard input; name files for the others.")
    if as_json and output == STDIO:
        raise click.UsageError("--json and an output of '-' both need standard output; name a file for the output.")


def finish(algorithm: str, files: Mapping[str, NewFile], *, force: bool, as_json: bool) -> None:
    """Write the results of a command and report them, unless a result itself went to standard output."""
    write_files([*files.values()], force=force)
    report(algorithm, files, as_json=as_json)


def report(algorithm: str, files: Mapping[str, NewFile], *, as_json: bool) -> None:
    """Report the results of a command, unless one of them went to standard output."""
    if as_json:
        written = {name: {"path": file.path, "bytes": len(file.data)} for name, file in files.items()}
        announce(json.dumps({"algorithm": algorithm, **written}))
    elif all(file.path != STDIO for file in files.values()):
        for file in files.values():
            path = printable(file.path)
            announce(f"{path}: {algorithm} {file.what}, {len(file.data)} bytes")


def announce(text: str) -> None:
    """Print the result of a command that has written its files; if that fails, the error says so."""
    try:
        click.echo(text)
    except OSError as error:
        error.add_note("The command has done its work and written its files; only this report is missing.")
        raise


def password_option(name: str, text: str) -> Callable[[F], F]:
    """Return an option for a file with a password, with its help text."""
    return click.option(name, type=INPUT, callback=named_file, help=text)


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
"""The option `--json`, as the argument `as_json`."""
force_option = click.option("--force", is_flag=True, help="Replace files that exist, but no input.")
"""The option `--force`, as the argument `force`."""
private_key_option = click.option(
    "--key", type=INPUT, required=True, callback=named_file, help="Private key: PEM, DER or raw."
)
public_key_option = click.option(
    "--key", type=INPUT, required=True, help="Public key: PEM, DER or raw; or a certificate."
)
password_file_option = password_option(
    "--password-file",
    "Password of the private key, on the first line of FILE. The default is a prompt on the terminal.",
)
form_option = click.option(
    "--form",
    type=click.Choice(["seed", "expanded", "both"]),
    help="Form of the private key, by default the seed. PEM and DER hold any, raw holds seed or expanded, JWK and "
    "COSE_Key hold seed. X-Wing has the seed only, a composite and SLH-DSA the expanded form only, their default.",
)
format_option = click.option(
    "--format",
    "encoding",
    type=click.Choice(ENCODINGS),
    default="pem",
    show_default=True,
    help="Encoding of the key files: pem or der (PKCS#8 and SubjectPublicKeyInfo), which alone can be encrypted; jwk "
    "or cose (ML-DSA only); or raw bytes, which do not identify their algorithm.",
)
secret_option = click.option(
    "--secret", type=FILE, required=True, callback=named_file, help="Write the shared secret to FILE."
)
context_option = click.option(
    "--context", metavar="TEXT", callback=_parse_context, help="Context of the signature, in UTF-8, 0 to 255 bytes."
)
context_hex_option = click.option(
    "--context-hex", metavar="HEX", callback=_parse_context, help="Context of the signature, in hexadecimal."
)
prehash_option = click.option(
    "--prehash",
    metavar="NAME",
    type=_Name(lambda: PREHASHES),
    help="Hash MESSAGE by this function, such as SHA-512 (HashML-DSA, HashSLH-DSA).",
)


def encryption_options(name: str = "--password-file") -> Callable[[F], F]:
    """Return the options that encrypt a new private key, with the name of the option for the password file."""
    typed = click.option(
        "--encrypt", is_flag=True, help="Encrypt the private key with a password from a prompt on the terminal."
    )
    from_file = password_option(name, "Encrypt the private key with the password on the first line of FILE.")
    return lambda command: typed(from_file(command))


def algorithm_option(names: Iterable[str]) -> Callable[[F], F]:
    """Return the option that names the parameter set of a key."""
    return click.option(
        "--algorithm",
        metavar="NAME",
        type=AlgorithmName(lambda: names),
        help=f"Algorithm of the key, required for a raw key: {', '.join(names)}.",
    )
