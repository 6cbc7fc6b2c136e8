"""What the commands of `qynauth-pqc` share: errors, options, and the writing and reporting of results."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import click

from qynauth_pqc.cli.encodings import ENCODINGS
from qynauth_pqc.cli.files import STDIO, NewFile, write_files
from qynauth_pqc.errors import PQCError
from qynauth_pqc.prehash import PREHASHES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])

EXIT_INVALID, _EXIT_ERROR, _EXIT_INTERRUPTED = 1, 2, 130


class App(click.Group):
    """A group whose commands end every error in one line and one exit code."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(_EXIT_INTERRUPTED)
        except (PQCError, OSError, MemoryError) as error:
            if isinstance(error, OSError) and not error.filename:
                _discard_output()
            if isinstance(error, BrokenPipeError):
                ctx.exit(_EXIT_ERROR)
            raise Failure(_explain(error)) from error


class Failure(click.ClickException):
    """An error that is not one of usage."""

    exit_code = _EXIT_ERROR

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click's signature
        """Print one line on standard error."""
        click.echo(f"error: {' '.join(self.message.split())}", err=True)


def _discard_output() -> None:
    """Discard the rest of the output, or Python would try again, and complain, when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explain(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or "out of memory"


def named_file(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Return the path of a secret, which is never a standard stream."""
    if value == STDIO:
        raise click.BadParameter("secrets are only read from and written to named files.")
    return value


def _parse_context(ctx: click.Context, parameter: click.Parameter, value: str | None) -> bytes | None:
    """Return a context as bytes, after checking that there is at most one."""
    if value is None:
        return None
    if ctx.meta.setdefault("context", parameter) is not parameter:
        raise click.UsageError("--context and --context-hex exclude each other.", ctx)
    if parameter.name == "context":
        return value.encode("utf-8", "surrogateescape")
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        raise click.BadParameter("not an even number of hexadecimal digits.") from error


def _parse_prehash(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Return the name of a hash function in the standard's spelling."""
    if value is None or value.upper() in PREHASHES:
        return value and value.upper()
    raise click.BadParameter(f"{value!r} is not one of {', '.join(PREHASHES)}.")


def check_streams(*, inputs: tuple[str, ...] = (), output: str = "", as_json: bool = False) -> None:
    """Refuse to use one standard stream for two things."""
    if inputs.count(STDIO) > 1:
        raise click.UsageError("only one input can be '-', standard input.")
    if as_json and output == STDIO:
        raise click.UsageError("--json and an output of '-' both need standard output.")


def finish(algorithm: str, files: Mapping[str, NewFile], *, force: bool, as_json: bool) -> None:
    """Write the results of a command and report them, unless a result itself went to standard output."""
    write_files([*files.values()], force=force)
    if as_json:
        written = {name: {"path": file.path, "bytes": len(file.data)} for name, file in files.items()}
        click.echo(json.dumps({"algorithm": algorithm, **written}))
    elif all(file.path != STDIO for file in files.values()):
        for file in files.values():
            path = click.format_filename(file.path)
            click.echo(f"{path}: {algorithm} {file.what}, {len(file.data)} bytes")


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
force_option = click.option("--force", is_flag=True, help="Replace files that exist.")
private_key_option = click.option(
    "--key", metavar="FILE", required=True, callback=named_file, help="Private key: PEM, DER, JWK, COSE_Key, or raw."
)
public_key_option = click.option(
    "--key", metavar="FILE", required=True, help="Public key: PEM, DER, JWK, COSE_Key, a certificate, or raw."
)
password_file_option = click.option(
    "--password-file",
    metavar="FILE",
    callback=lambda ctx, parameter, value: value and named_file(ctx, parameter, value),
    help="Password of the private key, on the first line. Without it, you are asked.",
)
form_option = click.option(
    "--form",
    type=click.Choice(["seed", "expanded", "both"]),
    default="seed",
    show_default=True,
    help="What the private key file holds; both in PEM and DER only, seed in JWK and COSE_Key only.",
)
format_option = click.option(
    "--format",
    "encoding",
    type=click.Choice(ENCODINGS),
    default="raw",
    show_default=True,
    help="How the files are encoded: raw bytes; PKCS#8 and SubjectPublicKeyInfo; for ML-DSA also JWK or COSE_Key.",
)
encrypt_option = click.option(
    "--encrypt", is_flag=True, help="Encrypt the private key with a password, which you are asked for."
)
secret_option = click.option(
    "--secret", metavar="FILE", required=True, callback=named_file, help="Where the shared secret goes."
)
context_option = click.option(
    "--context", metavar="TEXT", callback=_parse_context, help="What the signature is for, UTF-8."
)
context_hex_option = click.option(
    "--context-hex", metavar="HEX", callback=_parse_context, help="The same in hexadecimal."
)


prehash_option = click.option(
    "--prehash",
    metavar="NAME",
    callback=_parse_prehash,
    help="Hash MESSAGE in constant memory and sign the digest (HashML-DSA), by SHA-512, SHAKE256 and so on.",
)


def known_algorithm(names: Iterable[str]) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Return a callback that accepts the names of these parameter sets, in upper or lower case."""
    known = {name.upper(): name for name in map(str, names)}

    def check(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        if value is None or value.upper() in known:
            return value and known[value.upper()]
        raise click.BadParameter(f"{value!r} is not one of {', '.join(known.values())}.")

    return check


def algorithm_option(names: Iterable[str]) -> Callable[[F], F]:
    """Return the option that names the parameter set of a private key."""
    return click.option(
        "--algorithm",
        metavar="NAME",
        callback=known_algorithm(names),
        help=f"{', '.join(names)}; needed if the private key is a raw seed.",
    )
