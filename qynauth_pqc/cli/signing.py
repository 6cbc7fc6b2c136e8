"""The commands `qynauth-pqc sign` and `qynauth-pqc verify`, for files in every format of signatures."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from qynauth_pqc._program import without_keys
from qynauth_pqc.cli import app as options
from qynauth_pqc.cli import table
from qynauth_pqc.cli.files import FILE, INPUT, STDIO, NewFile, complain, display_name, printable, write_signatures
from qynauth_pqc.cli.keys import ALGORITHMS
from qynauth_pqc.errors import InvalidSignatureError, PQCError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType

    from qynauth_pqc.cli.app import Progress, Verify

_ALWAYS = {"messages", "signature_format", "key", "signer", "password_file", "out", "force", "as_json"}
"""The parameters that every format takes."""

_formats = table.present(table.SIGNATURES)
_messages = click.argument("messages", metavar="MESSAGE...", type=INPUT, nargs=-1, required=True)
_format = click.option(
    "--format",
    "signature_format",
    type=click.Choice(_formats),
    default="raw",
    show_default=True,
    help=f"Format of the signatures: {'; '.join(f'{each}, {table.SIGNATURE_HELP[each]}' for each in _formats)}.",
)
_namespace = click.option(
    "--namespace",
    metavar="NAME",
    default="file",
    show_default=True,
    help="Purpose of the signature, with --format ssh.",
)

_payload_type = click.option(
    "--payload-type", metavar="TYPE", help="Type of the message, with --format dsse: a media type or a URI."
)


@contextmanager
def _hashing(paths: Sequence[str]) -> Iterator[Progress]:
    """Show a bar on standard error while files are hashed, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _bytes: None
        return
    from qynauth_pqc.cli.show import hashing  # rich takes longer to import than most files to sign

    with hashing(paths) as progress:
        yield progress


@click.command()
@_messages
@_format
@click.option(
    "--key",
    type=INPUT,
    callback=options.named_file,
    help="Private key: PEM, DER, JWK, COSE_Key, raw, or of OpenSSH.",
)
@click.option("--signer", metavar="NAME[:TEXT]", help="Sign with a key elsewhere: NAME is a signer of another package.")
@options.algorithm_option(ALGORITHMS["signature"])
@options.password_file_option
@options.context_option
@options.context_hex_option
@click.option(
    "--deterministic", is_flag=True, help="Sign without fresh randomness: equal inputs have equal signatures."
)
@options.prehash_option
@_namespace
@click.option(
    "--certificate", type=INPUT, help="Certificate of the key, in PEM, and others after it, with --format cms."
)
@_payload_type
@click.option(
    "--predicate",
    type=INPUT,
    help="Sign a statement of how MESSAGE was built, with the SLSA provenance in FILE, in JSON, in place of "
    "--payload-type.",
)
@click.option(
    "-o",
    "--out",
    "--signature",
    "out",
    type=FILE,
    help="Write the signature to FILE, by default MESSAGE.sig, or the file that --format names.",
)
@options.force_option
@options.json_option
@click.pass_context
def sign(ctx: click.Context, /, **params: Any) -> None:
    """Sign each file MESSAGE.

    Each signature is written to MESSAGE.sig, or to the file that --format names. The signature of "-" is written to
    standard output. All signatures are written, or none, and never through a symbolic link, except to a device such as
    /dev/stdout.

    ML-DSA, composites, --prehash and the formats ssh and cms hash messages of any length in chunks. SLH-DSA signs
    files of any length too, but keeps a pipe in memory, at most 1 GiB. An envelope of dsse has at most 16 MiB.
    """
    chosen = _chosen(ctx, params)
    messages, as_json = params["messages"], params["as_json"]
    _check_one(messages, params["out"], "--out")
    _check_either(params, "key", "signer")
    paths = [params["out"] or (STDIO if each == STDIO else f"{each}{chosen.SUFFIX}") for each in messages]
    options.check_streams(output=paths[0], as_json=as_json)
    with chosen.signing(params) as (algorithm, sign_file), _hashing(messages) as progress:
        made = [NewFile("signature", to, sign_file(each, progress)) for each, to in zip(messages, paths, strict=True)]
    write_signatures(made, force=params["force"])
    for each in made:
        options.report(algorithm, {"signature": each}, as_json=as_json)


@click.command()
@_messages
@_format
@click.option(
    "--key",
    type=INPUT,
    help="Public key: PEM, DER, JWK, COSE_Key, raw, or of OpenSSH; or a certificate.",
)
@click.option("--trust", type=INPUT, help="Certificates of authorities to trust, in PEM, in place of --key for cms.")
@click.option(
    "--purpose",
    type=click.Choice(["email", "code", "document", "any"]),
    help="Purpose for which the signer's certificate must be valid, by its extended key usage, or any; required with "
    "--trust.",
)
@click.option(
    "--subject",
    metavar="NAME",
    help="Who must have signed, required with --trust: a whole distinguished name, as CN=Frodo,O=The Shire; email:, "
    "dns: or uri: and a name of the certificate; or the word anyone.",
)
@click.option("--issuer", metavar="NAME", help="The issuer that the certificate must name, with --trust.")
@click.option("--allowed-signers", type=INPUT, help="Lines of principals and keys, in place of --key for ssh.")
@click.option("--principal", metavar="NAME", help="Who must have signed, required with --allowed-signers.")
@options.algorithm_option(ALGORITHMS["signature"])
@click.option("--signature", type=INPUT, help="Signature, by default MESSAGE.sig, or the file that --format names.")
@options.context_option
@options.context_hex_option
@options.prehash_option
@_namespace
@_payload_type
@click.option("--payload", type=FILE, help="Write the message in a valid envelope of dsse to FILE.")
@options.force_option
@click.option(
    "--provenance",
    type=INPUT,
    help="Demand that the envelope of dsse holds a statement of how FILE was built: SLSA provenance.",
)
@options.json_option
@click.pass_context
def verify(ctx: click.Context, /, **params: Any) -> None:
    """Check the signature of each file MESSAGE.

    The public key may be in a certificate; only --trust checks the validity of certificates. MESSAGE is the
    envelope itself with --format dsse.

    The exit code is 0 if all signatures are valid, 2 if an input is bad, and otherwise 1.
    """
    chosen = _chosen(ctx, params)
    messages, signature, as_json = params["messages"], params["signature"], params["as_json"]
    _check_one(messages, signature or params["payload"] or params["provenance"], "--signature, --payload, --provenance")
    _check_either(params, "key", *(chosen.OPTIONS & {"trust", "allowed_signers"}))
    if chosen.HOLDS_MESSAGE:
        paths = [*messages]
        options.check_streams(inputs=(messages[0], params["key"]), output=params["payload"] or "", as_json=as_json)
    elif signature is None and STDIO in messages:
        raise click.UsageError("missing option '--signature', which a MESSAGE of '-' requires.")
    else:
        paths = [signature or f"{each}{chosen.SUFFIX}" for each in messages]
        options.check_streams(inputs=(messages[0], params["key"], paths[0]))
    verify_file = chosen.verifying(params)
    with _hashing(messages) as progress:  # the progress bar must be gone before anything is printed
        found = [_verdict(verify_file, each, path, progress) for each, path in zip(messages, paths, strict=True)]
    code = 0
    for message, path, verdict in zip(messages, paths, found, strict=True):
        if isinstance(verdict, dict):
            lines = [f"{printable(message)}: {verdict['algorithm']} signature is valid"]
            for signer in verdict.get("signers", ()):
                lines += [f"  {name.replace('_', ' ')}: {value}" for name, value in signer.items()]
            if unsigned := verdict.get("unsigned_attributes"):
                lines.append(f"  not covered by the signature: attributes {', '.join(unsigned)}")
            if params["payload"] != STDIO:
                click.echo(json.dumps({"message": message, "valid": True, **verdict}) if as_json else "\n".join(lines))
        elif not isinstance(verdict, InvalidSignatureError):
            complain(f"error: {without_keys(options.explain(verdict), ctx.obj)}")
            code = options.EXIT_ERROR
        else:
            name, code = display_name(path), max(code, options.EXIT_INVALID)
            if as_json:
                click.echo(json.dumps({"message": message, "valid": False}))
            else:
                reason = without_keys(str(verdict), ctx.obj).removeprefix(f"{name}: ")
                step = _next_step(chosen, message, reason, getattr(verdict, "rule", "signature"))
                complain(f"error: {name}: {reason}; {step}")
    ctx.exit(code)


def _next_step(chosen: ModuleType, message: str, reason: str, rule: str) -> str:
    """Return what to check after a signature that is not valid: first of all the message, if that can be the reason."""
    rules = {"key"} if chosen.HOLDS_MESSAGE else {"signature", "message-digest"}
    if rule not in rules or "expected" in reason:
        return str(chosen.ADVICE)
    return f"{display_name(message)} may have changed since it was signed; otherwise {chosen.ADVICE}"


def _verdict(verify_file: Verify, message: str, path: str, progress: Progress) -> dict[str, Any] | PQCError | OSError:
    """Return the algorithm and the signers of a valid signature, or the reason why it is not known to be valid."""
    try:
        return verify_file(message, path, progress)
    except (PQCError, OSError) as error:
        return error


def _chosen(ctx: click.Context, params: Mapping[str, Any]) -> ModuleType:
    """Return the chosen format, after checking that it takes each option."""
    name = params["signature_format"]
    try:
        chosen = table.load(table.SIGNATURES, name)
    except ModuleNotFoundError as error:  # its package needs an extra, and the message ends in the command
        package, command = (error.name or "").partition(".")[0], str(error).rpartition(": ")[2]
        raise UnsupportedError(f"--format {name} needs {package}: {command}") from error
    assert chosen is not None  # noqa: S101 - the option offers no others
    for option in ctx.command.params:
        source = ctx.get_parameter_source(option.name or "")
        if option.name not in _ALWAYS | chosen.OPTIONS and source is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option.opts[0]} is not for --format {name}; omit it.")
    return chosen


def _check_either(params: Mapping[str, Any], *names: str) -> None:
    """Check that exactly one of these options is there, one or two in number."""
    if sum(params[each] is not None for each in names) != 1:
        shown = [f"--{each.replace('_', '-')}" for each in names]
        raise click.UsageError(f"pass either {' or '.join(shown)}." if shown[1:] else f"missing option '{shown[0]}'.")


def _check_one(messages: tuple[str, ...], path: str | None, option: str) -> None:
    """Refuse a single file for signatures, or standard input, with several messages."""
    if len(messages) > 1 and (path is not None or STDIO in messages):
        raise click.UsageError(f"{option} and a MESSAGE of '-' go with one MESSAGE; omit them, or pass it alone.")
