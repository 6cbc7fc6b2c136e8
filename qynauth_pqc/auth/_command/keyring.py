"""The command `qynauth-pqc keyring`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from qynauth_pqc.auth._command.rings import AUTH_EXTRA, open_ring, ring_password_option
from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.extend.command import (
    FILE,
    INPUT,
    STDIO,
    AlgorithmName,
    Output,
    announce,
    complain,
    force_option,
    json_option,
    new_password,
    print_facts,
    printable,
    write_outputs,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qynauth_pqc.auth.keyring import KeyRing, RingKey

_SINCE = {"next": "published", "active": "activated", "retiring": "retired", "revoked": "revoked"}


_ALGORITHM = AlgorithmName(lambda: ALGORITHMS)

directory_argument = click.argument("directory", type=INPUT)
_kid = click.argument("kid")
_kids = {"ignore_unknown_options": True, "help_option_names": ["--help"]}  # a kid may begin like an option, even -h
algorithm_argument = click.argument("algorithm", type=_ALGORITHM)
experimental_option = click.option("--experimental", metavar="DRAFT", help="Allow the hybrid algorithms of DRAFT.")
url_option = click.option(
    "--url", metavar="URL", help="Refuse if the set that is published at URL is newer than the ring."
)


@click.group()
def keyring() -> None:
    """Keep the keys of an issuer of tokens, and replace them without an outage.

    DIRECTORY holds the ring: encrypted private keys, and their states. ALGORITHM is EdDSA, Ed25519,
    ES256, ES384, RS256, PS256, ML-DSA-44, ML-DSA-65, ML-DSA-87 or, with --experimental, a hybrid such as
    ML-DSA-65-Ed25519.
    """


@keyring.command()
@directory_argument
@click.argument("algorithms", metavar="[ALGORITHM]...", nargs=-1, type=_ALGORITHM)
@click.option(
    "--max-age",
    metavar="SECONDS",
    type=float,
    default=300,
    show_default=True,
    help="How long verifiers may keep the published set.",
)
@click.option(
    "--skew", metavar="SECONDS", type=float, default=60, show_default=True, help="Largest difference between clocks."
)
@click.option(
    "--token-lifetime",
    metavar="SECONDS",
    type=float,
    default=600,
    show_default=True,
    help="The longest time that a token is valid.",
)
@experimental_option
@ring_password_option
def create(directory: str, algorithms: tuple[str, ...], password_file: str | None, **options: Any) -> None:
    """Make a ring with an active key for each ALGORITHM; without any, make an empty ring for keys to import."""
    with AUTH_EXTRA:
        from qynauth_pqc.auth.keyring import KeyRing  # an extra that only some commands need
    check_drafts(algorithms, options["experimental"])
    lender: Any = new_password(directory, password_file, "--password-file", encrypt=True)
    with lender as password, KeyRing.create(directory, password, algorithms, **options) as ring:
        for key in ring.keys:
            report(directory, key, "is active")
        if not ring.keys:
            announce(f"{printable(directory)}: the ring is empty; import a key, or rotate")


@keyring.command()
@directory_argument
@ring_password_option
@json_option
def show(*, directory: str, password_file: str | None, as_json: bool) -> None:
    """Show the keys, their states, and the possible next steps and their times."""
    with open_ring(directory, password_file) as ring:
        settings = {name: getattr(ring, name) for name in ("max_age", "skew", "token_lifetime", "experimental")}
        if as_json:
            keys = [_members(key, ring.earliest(key.kid)) for key in ring.keys]
            click.echo(json.dumps({"counter": ring.counter, **settings, "keys": keys}))
            return
        print_facts({name: _written(value) for name, value in settings.items() if value is not None})
        for key in ring.keys:
            since = f"{getattr(key, _SINCE[key.state]):%Y-%m-%dT%H:%M:%SZ}"
            click.echo(f"\n{key.kid}\n  {key.algorithm}, {key.state.value} since {since}; {next_step(key, ring)}")
            if key.remote:
                click.echo("  private key elsewhere")
            if key.thumbprint != key.kid:
                click.echo(f"  thumbprint {key.thumbprint}")


@keyring.command()
@directory_argument
@algorithm_argument
@experimental_option
@ring_password_option
@url_option
def rotate(
    *, directory: str, algorithm: str, experimental: str | None, password_file: str | None, url: str | None
) -> None:
    """Make and publish the next key of ALGORITHM, which may be new to the ring."""
    with open_ring(directory, password_file, url) as ring:
        check_drafts([algorithm], experimental or ring.experimental)
        key = ring.rotate(algorithm, experimental=experimental)
        report(directory, key, f"is next; {next_step(key, ring)}")


@keyring.command()
@directory_argument
@algorithm_argument
@ring_password_option
@url_option
def activate(*, directory: str, algorithm: str, password_file: str | None, url: str | None) -> None:
    """Let the next key of ALGORITHM sign.

    It must have been published for max-age plus skew, so that every verifier knows it.
    """
    with open_ring(directory, password_file, url) as ring:
        report(directory, ring.activate(algorithm), "is active")


@keyring.command(context_settings=_kids)
@directory_argument
@_kid
@ring_password_option
@url_option
def revoke(*, directory: str, kid: str, password_file: str | None, url: str | None) -> None:
    """Take the key KID out of the published set, and delete its private key.

    Verifiers notice within max-age. If the key was active, nothing signs with its algorithm until the next one is
    active.
    """
    with open_ring(directory, password_file, url) as ring:
        key = ring.revoke(kid)
        report(directory, key, f"is revoked; {next_step(key, ring)}")
        states = {each.state.value for each in ring.keys if each.algorithm == key.algorithm}
        if "active" not in states:
            steps = "activate the next key" if "next" in states else "rotate, and activate the new key"
            complain(f"warning: nothing signs with {key.algorithm} now; {steps}")


@keyring.command(context_settings=_kids)
@directory_argument
@_kid
@ring_password_option
@url_option
def remove(*, directory: str, kid: str, password_file: str | None, url: str | None) -> None:
    """Forget the key KID, which is retiring or revoked, when its last token has expired."""
    with open_ring(directory, password_file, url) as ring:
        ring.remove(kid)
        announce(f"{printable(directory)}: key {kid} is removed")


@keyring.command()
@directory_argument
@ring_password_option
@url_option
@click.option("--output", type=FILE, default=STDIO, help="Write the set to FILE, by default standard output.")
@force_option
def jwks(*, directory: str, password_file: str | None, url: str | None, output: str, force: bool) -> None:
    """Print the JWK Set to publish."""
    with open_ring(directory, password_file, url) as ring:
        text = json.dumps(ring.jwks(), indent=2)
    if output == STDIO:
        click.echo(text)
    else:
        write_outputs([Output("JWK Set", output, text.encode() + b"\n")], force=force)


def check_drafts(algorithms: Sequence[str], experimental: str | None) -> None:
    """Refuse a hybrid algorithm without its draft, in the words of the command line."""
    drafts = {ALGORITHMS[each].experimental for each in algorithms} - {None}
    if drafts and experimental is None:
        raise click.UsageError(f"hybrid algorithms are experimental; pass --experimental {drafts.pop()}")


def report(directory: str, key: RingKey, what: str) -> None:
    """Print the new state of a key."""
    announce(f"{printable(directory)}: {key.algorithm} key {key.kid} {what}")


def next_step(key: RingKey, ring: KeyRing) -> str:
    """Return the next step that is possible for a key, and its time."""
    earliest = ring.earliest(key.kid)
    if earliest is None:
        waiting = any((each.algorithm, each.state) == (key.algorithm, "next") for each in ring.keys)
        return "its next key waits" if waiting else "rotate at any time"
    when = "now" if earliest <= datetime.now(UTC) else f"from {_in_seconds(earliest)}"
    return f"{'activate' if key.state == 'next' else 'remove'} {when}"


def _written(setting: float | str) -> str:
    return setting if isinstance(setting, str) else f"{setting:g} seconds"


def _in_seconds(time: datetime) -> str:
    """Return a time in seconds, rounded up."""
    return f"{time + timedelta(microseconds=999_999):%Y-%m-%dT%H:%M:%SZ}"


def _members(key: RingKey, earliest: datetime | None) -> dict[str, object]:
    """Return a key as members of JSON."""
    times = {name: getattr(key, name) for name in _SINCE.values()}
    shown = {name: time and time.isoformat() for name, time in {**times, "earliest_next_step": earliest}.items()}
    facts = {name: getattr(key, name) for name in ("kid", "thumbprint", "algorithm", "state", "remote")}
    return {**facts, **shown}
