"""The commands of `qynauth-pqc keyring` for a ring as a whole, and for keys of other programs."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from qynauth_pqc.auth._command.keyring import (
    algorithm_argument,
    check_drafts,
    directory_argument,
    experimental_option,
    keyring,
    next_step,
    report,
    url_option,
)
from qynauth_pqc.auth._command.rings import open_ring, read_policy, ring_password_option
from qynauth_pqc.auth.jwks import fetch
from qynauth_pqc.extend import SecretInput
from qynauth_pqc.extend.command import (
    EXIT_INVALID,
    INPUT,
    LONGEST_FILE,
    announce,
    complain,
    json_option,
    named_file,
    new_password,
    open_password,
    password_option,
    printable,
    warn_of_readers,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["keyring"]


@keyring.command(name="import")
@directory_argument
@algorithm_argument
@click.option("--key", type=INPUT, required=True, callback=named_file, help="Private key: PEM or JWK.")
@password_option(
    "--key-password-file",
    "Password of an encrypted key, on the first line of FILE. The default is a prompt on the terminal.",
)
@click.option("--kid", metavar="KID", help="Name of the key, by default the kid in the JWK or else the thumbprint.")
@click.option("--active", is_flag=True, help="Let the key sign at once: every verifier knows it already.")
@click.option("--remote", is_flag=True, help="FILE is a public key: the private key stays in a KMS, for example.")
@experimental_option
@ring_password_option
@url_option
def import_(  # noqa: PLR0913 - click passes each option
    *,
    directory: str,
    algorithm: str,
    key: str,
    key_password_file: str | None,
    kid: str | None,
    active: bool,
    remote: bool,
    experimental: str | None,
    password_file: str | None,
    url: str | None,
) -> None:
    """Import the private key of another program, with its kid, as the next key of ALGORITHM.

    The file is not deleted: delete it when the ring signs. With --remote, the signing program needs a signer for the
    key.
    """
    if remote and key_password_file is not None:
        raise click.UsageError("a public key, for --remote, has no --key-password-file")
    with open_ring(directory, password_file, url) as ring, SecretInput(key, LONGEST_FILE) as data:
        check_drafts([algorithm], experimental or ring.experimental)
        with _key_password(key, key_password_file, data) as password:
            made = ring.import_key(
                algorithm, data, kid=kid, password=password, active=active, remote=remote, experimental=experimental
            )
        if not remote:
            warn_of_readers(key)
        report(directory, made, "is active" if active else f"is next; {next_step(made, ring)}")


def _key_password(
    path: str, password_file: str | None, data: bytearray
) -> AbstractContextManager[bytearray | bytes | None]:
    """Lend the password of a key, if it is encrypted or a password is there."""
    if password_file is None and b"ENCRYPTED" not in data:
        return nullcontext()
    return open_password(path, password_file, "--key-password-file")


@keyring.command()
@directory_argument
@ring_password_option
@click.option("--policy", type=INPUT, help="Compare with the policy in FILE.")
@click.option("--url", metavar="URL", help="Compare with the set that is published at URL.")
@json_option
@click.pass_context
def check(
    ctx: click.Context,
    *,
    directory: str,
    password_file: str | None,
    policy: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Compare the ring with its files and the clock, with a policy, and with the published set.

    Each problem is a line on standard error, and makes the exit code 1. The exit code is 2 if the ring cannot be read,
    or if its manifest is an older one. For cron, discard standard output.
    """
    read = None if policy is None else read_policy(policy)
    published = None if url is None else fetch(url)
    with open_ring(directory, password_file, warn=False) as ring:
        problems = ring.check(read, published)
        if as_json:
            click.echo(json.dumps({"counter": ring.counter, "keys": len(ring.keys), "problems": problems}))
        elif not problems:
            count = "1 key" if len(ring.keys) == 1 else f"{len(ring.keys)} keys"
            limit = "" if read else "; not compared with a policy: pass --policy"
            click.echo(f"{printable(directory)}: state {ring.counter}, {count}, no problem{limit}")
    for each in problems if not as_json else ():
        complain(f"problem: {each}")
    ctx.exit(EXIT_INVALID if problems else 0)


@keyring.command()
@directory_argument
@ring_password_option
@url_option
def prune(*, directory: str, password_file: str | None, url: str | None) -> None:
    """Forget all keys with only expired tokens, as `remove` forgets one."""
    with open_ring(directory, password_file, url) as ring:
        for key in ring.prune():
            report(directory, key, "is removed")


@keyring.command(name="set")
@directory_argument
@click.option("--max-age", metavar="SECONDS", type=float, help="How long verifiers may keep the published set.")
@click.option("--token-lifetime", metavar="SECONDS", type=float, help="The longest time that a token is valid.")
@ring_password_option
@url_option
def set_(
    *,
    directory: str,
    max_age: float | None,
    token_lifetime: float | None,
    password_file: str | None,
    url: str | None,
) -> None:
    """Change the durations of the ring. The next steps of keys wait for the longer of the old and the new durations."""
    if max_age is None and token_lifetime is None:
        raise click.UsageError("missing option '--max-age' or '--token-lifetime'.")
    with open_ring(directory, password_file, url) as ring:
        ring.configure(max_age=max_age, token_lifetime=token_lifetime)
        lifetimes = f"max age {ring.max_age:g} seconds, token lifetime {ring.token_lifetime:g} seconds"
        announce(f"{printable(directory)}: {lifetimes}")


@keyring.command()
@directory_argument
@ring_password_option
@url_option
@password_option(
    "--new-password-file", "New password, on the first line of FILE. The default is a prompt on the terminal."
)
def password(*, directory: str, password_file: str | None, url: str | None, new_password_file: str | None) -> None:
    """Change the password of the ring.

    Restart the programs that have it open, with the new password. Anyone with the old password and the files has the
    private keys: if the password leaked, also rotate and activate.
    """
    with open_ring(directory, password_file, url) as ring:
        lender = new_password(f"{directory} (new)", new_password_file, "--new-password-file", encrypt=True)
        with lender as chosen:
            assert chosen is not None  # noqa: S101 - an encrypted file always has one
            ring.change_password(chosen)
        announce(f"{printable(directory)}: the password is changed; restart programs that use the ring")


@keyring.command(name="catch-up")
@directory_argument
@ring_password_option
@click.option("--url", metavar="URL", required=True, help="Where the ring has published its set.")
def catch_up(*, directory: str, password_file: str | None, url: str) -> None:
    """Continue with an older copy of a ring, if the newest is lost.

    Keys are revoked if the set at URL names them as revoked or no longer has them. The numbers of states continue from
    the number in the set. Keys made after the copy are lost.
    """
    published = fetch(url)
    with open_ring(directory, password_file) as ring:
        for key in ring.catch_up(published):
            report(directory, key, "is revoked")
        announce(f"{printable(directory)}: the ring continues with state {ring.counter}")
