"""The command `qynauth-pqc policy`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from qynauth_pqc.auth._checks import in_order, ring_failures, set_failures
from qynauth_pqc.auth._command.rings import open_ring, read_policy, ring_password_option
from qynauth_pqc.auth.jwks import fetch
from qynauth_pqc.extend.command import EXIT_INVALID, INPUT, json_option

if TYPE_CHECKING:
    from qynauth_pqc.auth._checks import Failure
    from qynauth_pqc.auth.policy import MigrationPolicy


@click.group()
def policy() -> None:
    """Check the policy of a migration from classical to post-quantum tokens."""


@policy.command()
@click.argument("file", type=INPUT)
@click.option(
    "--keyring",
    type=INPUT,
    metavar="DIRECTORY",
    help="Warn of algorithms without an active key in the ring in DIRECTORY, and exit with 1.",
)
@ring_password_option
@click.option("--url", metavar="URL", help="Warn of algorithms for which the set published at URL has no key.")
@click.option("--strict", is_flag=True, help="Exit with 1 if there are warnings.")
@json_option
@click.pass_context
def check(  # noqa: PLR0913 - click passes each option
    ctx: click.Context,
    *,
    file: str,
    keyring: str | None,
    password_file: str | None,
    url: str | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Explain the policy FILE in sentences.

    Warnings follow: of rules that never expire or have expired, of audiences without a signer or a post-quantum
    algorithm, and of experimental algorithms. With a ring or a URL, they also list the tokens that will fail for lack
    of a key, from the earliest time on; the exit code is 1 if the ring lacks one, and 2 if the policy is not valid.
    """
    if password_file and not keyring:
        raise click.UsageError("--password-file needs --keyring.")
    read, now = read_policy(file), datetime.now(UTC)
    lacking = _ring_failures(read, keyring, password_file, now) if keyring else []
    failures = in_order([*lacking, *(set_failures(read, fetch(url), now) if url else ())])
    sentences, warnings = read.sentences(), [*(each.what for each in failures), *read.warnings(now)]
    if as_json:
        first = next((each.since.isoformat() for each in failures if each.since), None)
        click.echo(json.dumps({"sentences": sentences, "warnings": warnings, "first_failure": first}))
    else:
        click.echo("\n".join([*sentences, *(f"warning: {warning}" for warning in warnings)]))
    ctx.exit(EXIT_INVALID if lacking or (strict and warnings) else 0)


def _ring_failures(policy: MigrationPolicy, directory: str, password_file: str | None, now: datetime) -> list[Failure]:
    with open_ring(directory, password_file) as ring:
        return ring_failures(policy, ring, now)
