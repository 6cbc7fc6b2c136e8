"""The commands `qynauth-pqc demo` and `qynauth-pqc info`."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import cffi
import click

import qynauth_pqc
from qynauth_pqc.cli import app as options
from qynauth_pqc.cli.demo import demonstrate
from qynauth_pqc.cli.files import INPUT, read_input
from qynauth_pqc.cli.keys import ALGORITHMS
from qynauth_pqc.cli.show import demo_text, facts_text, with_progress
from qynauth_pqc.pqc_bindings import PQCLibraryV2

_LONGEST_DEMO = 1 << 30

# Extensions that implementations of ML-KEM, ML-DSA and SHA-3 use, as Linux names them on x86 and on Arm.
_FEATURES = (
    *("ssse3", "avx", "avx2", "bmi1", "bmi2", "adx"),
    *("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512vbmi", "avx512_vbmi2"),
    *("asimd", "sha3", "sve", "sve2"),
)


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
    result = demonstrate(path, message, with_progress)
    library = "qynauth-pqc {library} (engine {engine}, {code_path} code path)".format_map(facts())
    click.echo(json.dumps(result.as_dict()) if as_json else demo_text(result, library))
    ctx.exit(0 if all(result.checks()) else options.EXIT_INVALID)


@click.command()
@options.json_option
def info(*, as_json: bool) -> None:
    """Show versions, processor, engine, code path and algorithms."""
    click.echo(json.dumps(facts()) if as_json else facts_text(facts()))


def facts() -> dict[str, str | int | list[str]]:
    """Return the versions, the engine, its code path, the processor and the algorithms, by name."""
    library = PQCLibraryV2()
    return {
        "library": library.version,
        "abi": library.abi_version,
        "python": platform.python_version(),
        "cffi": cffi.__version__,
        "system": platform.system(),
        "machine": platform.machine(),
        "cpu_features": _cpu_features(Path("/proc/cpuinfo")),
        "engine": library.engine,
        "code_path": library.code_path,
        "algorithms": ALGORITHMS["any"],
    }


def _cpu_features(cpuinfo: Path) -> list[str]:
    """Return the extensions of the processor, or none where the system does not list them."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    listed = next((line.split() for line in lines if line.startswith(("flags", "Features"))), [])
    return [name for name in _FEATURES if name in listed]
