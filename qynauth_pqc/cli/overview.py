"""The commands `qynauth-pqc demo` and `qynauth-pqc info`."""

from __future__ import annotations

import json
from pathlib import Path

import click

import qynauth_pqc
from qynauth_pqc.cli import app as options
from qynauth_pqc.cli import demo as demonstration
from qynauth_pqc.cli.files import INPUT, read_input
from qynauth_pqc.cli.info import facts
from qynauth_pqc.cli.show import demo_text, facts_text, with_progress

_LONGEST_DEMO = 1 << 30


@click.command()
@click.argument("file", type=INPUT, required=False)
@options.json_option
@click.pass_context
def demo(ctx: click.Context, *, file: str | None, as_json: bool) -> None:
    """Sign FILE and exchange secrets with every algorithm.

    For each parameter set: make keys, then sign FILE, check the signature and refuse tampered copies, or
    exchange a secret. Sizes and times are shown. The default FILE is a source file of this package. No file is left
    behind. The exit code is 1 if a check fails.
    """
    path = file or str(Path(qynauth_pqc.__file__).with_name("mldsa.py"))
    message = read_input(path, _LONGEST_DEMO, "the limit for a demonstration")
    done = [*with_progress(demonstration.trials(message))]
    families = demonstration.by_family(done)
    result = demonstration.Demo(path, len(message), demonstration.runs_for(len(message)), families)
    library = "qynauth-pqc {library} (engine {engine}, {code_path} code path)".format_map(facts())
    click.echo(json.dumps(result.as_dict()) if as_json else demo_text(result, library))
    ctx.exit(0 if all(result.checks()) else options.EXIT_INVALID)


@click.command()
@options.json_option
def info(*, as_json: bool) -> None:
    """Show versions, processor, engine, code path and algorithms."""
    click.echo(json.dumps(facts()) if as_json else facts_text(facts()))
