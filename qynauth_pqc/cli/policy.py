"""The command `qynauth-pqc policy`."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from qynauth_pqc.cli.app import EXIT_INVALID, Failure, json_option
from qynauth_pqc.cli.files import FILE, read_input
from qynauth_pqc.cli.keys import naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qynauth_pqc.auth.policy import MigrationPolicy

_EXTRA = {"joserfc", "cryptography", "cyclonedx"}


@contextmanager
def auth_extra() -> Iterator[None]:
    """Report that the extra `auth` is missing, which only some commands need."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in _EXTRA:
            raise
        raise Failure(f"this command needs {name}: pip install 'qynauth-pqc[auth]'") from error


def read_policy(path: str) -> MigrationPolicy:
    """Read a policy from a file or, for "-", from standard input."""
    with auth_extra():
        from qynauth_pqc.auth.errors import PolicyError  # noqa: PLC0415 - an extra, which only some commands need
        from qynauth_pqc.auth.policy import LONGEST_POLICY, MigrationPolicy  # noqa: PLC0415
    text = read_input(path, LONGEST_POLICY, "the limit for a policy", PolicyError)
    with naming(path):
        return MigrationPolicy.parse(text)


@click.group()
def policy() -> None:
    """Check the policy of a migration from classical to post-quantum tokens."""


@policy.command()
@click.argument("file", type=FILE)
@click.option("--strict", is_flag=True, help="Exit with 1 if there are warnings.")
@json_option
@click.pass_context
def check(ctx: click.Context, *, file: str, strict: bool, as_json: bool) -> None:
    """Explain the policy FILE in sentences.

    Warnings follow: of what never expires or has expired, of audiences that nobody signs for or that have no
    post-quantum algorithm, and of algorithms that are experimental. The exit code is 2 if the policy is not valid.
    """
    read = read_policy(file)
    sentences, warnings = read.sentences(), read.warnings(datetime.now(UTC))
    if as_json:
        click.echo(json.dumps({"sentences": sentences, "warnings": warnings}))
    else:
        click.echo("\n".join([*sentences, *(f"warning: {warning}" for warning in warnings)]))
    ctx.exit(EXIT_INVALID if strict and warnings else 0)
