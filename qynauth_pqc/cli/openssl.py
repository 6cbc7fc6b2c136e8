"""The commands `qynauth-pqc openssl config` and `qynauth-pqc openssl check`."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from qynauth_pqc.cli.app import EXIT_INVALID, App, json_option
from qynauth_pqc.cli.files import FILE, complain
from qynauth_pqc.cli.show import facts_text
from qynauth_pqc.errors import UnsupportedError
from qynauth_pqc.integrations._tls_hello import KEY_SHARE, extensions
from qynauth_pqc.integrations.openssl import (
    CLASSICAL_GROUPS,
    GROUPS,
    POST_QUANTUM_GROUPS,
    configuration,
    is_active,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_REQUEST = "[req]\ndistinguished_name = name\n[name]\n"


@click.group(cls=App)
def openssl() -> None:
    """Use the provider for OpenSSL: post-quantum TLS in programs as they are."""


@openssl.command()
@click.option(
    "--groups",
    metavar="NAME:NAME...",
    default=":".join(GROUPS),
    show_default=True,
    help="The groups of TLS 1.3, the preferred one first. Before OpenSSL 3.5, a client sends a share of it alone.",
)
@click.option("--require", is_flag=True, help=f"Leave out the groups for other peers, {':'.join(CLASSICAL_GROUPS)}.")
@click.option("--prefer", is_flag=True, help="Prefer the provider to algorithms that OpenSSL has itself, from 3.5 on.")
@click.option("--system", "for_system", is_flag=True, help="Refuse a module that anybody but root can write to.")
@click.option("--module", type=FILE, help="The module, by default the one of this package.")
def config(*, groups: str, require: bool, prefer: bool, for_system: bool, module: str | None) -> None:
    """Print a configuration for OPENSSL_CONF.

    It includes the configuration of the `openssl` on the path, and activates the provider. A module or a library that
    others can write to, or any folder on the way to them, is refused.
    """
    names, provider = groups.split(":"), Path(module) if module else None
    text = configuration(names, require=require, prefer=prefer, provider=provider, for_system=for_system)
    click.echo(text, nl=False)


@openssl.command()
@json_option
@click.pass_context
def check(ctx: click.Context, *, as_json: bool) -> None:
    """Make a handshake, and show whether it is post-quantum.

    The client is Python's `ssl`, the server the `openssl` on the path. Both read the configuration that this process
    has, such as OPENSSL_CONF. The exit code is 1 if their key exchange is classical.
    """
    program = shutil.which("openssl")
    if program is None:
        raise UnsupportedError("there is no `openssl` on the path to make a handshake with")
    group = _negotiated(program)
    facts = {"python": _of_python(), "openssl": _of_program(program), "group": group}
    click.echo(json.dumps(facts) if as_json else facts_text(facts))
    if group not in POST_QUANTUM_GROUPS:
        complain("the key exchange is not post-quantum; set OPENSSL_CONF to the file that `openssl config` printed")
        ctx.exit(EXIT_INVALID)


def _of_python() -> str:
    try:
        return _described(ssl.OPENSSL_VERSION, is_active=is_active())
    except UnsupportedError as error:
        return f"{ssl.OPENSSL_VERSION}: {error}"


def _of_program(program: str) -> str:
    is_listed = "  qynauth\n" in _run(program, "list", "-providers").stdout
    return _described(f"{_run(program, 'version').stdout.strip()} ({program})", is_active=is_listed)


def _described(version: str, *, is_active: bool) -> str:
    return f"{version}, {'with' if is_active else 'without'} the provider"


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - openssl


def _negotiated(program: str) -> str:
    """Return the group of a handshake on the loopback, or why there is none."""
    with _server(program) as port:
        try:
            code_point = _group(_handshake(port))
        except ssl.SSLError as error:
            return f"no handshake: {error}"
    names = {number: name for name, number in {**POST_QUANTUM_GROUPS, **CLASSICAL_GROUPS}.items()}
    return names.get(code_point, f"0x{code_point:04x}")


@contextmanager
def _server(program: str) -> Iterator[int]:
    """Run a server until the end of the block, with a certificate for it, and return its port."""
    with TemporaryDirectory() as folder:
        key, certificate, request = (str(Path(folder, name)) for name in ("key.pem", "cert.pem", "req.cnf"))
        Path(request).write_text(_REQUEST, encoding="utf-8")
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost"]
        made = _run(program, "req", "-x509", "-config", request, *kind, "-keyout", key, "-out", certificate)
        if made.returncode != 0:
            raise UnsupportedError(f"`openssl req` made no certificate: {made.stderr.strip()}")
        command = [program, "s_server", "-accept", "127.0.0.1:0", "-tls1_3", "-cert", certificate, "-key", key]
        with subprocess.Popen(  # noqa: S603 - openssl, which ends with its input
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as server:
            try:
                ready = next((line for line in server.stdout or () if line.startswith(b"ACCEPT ")), None)
                if ready is None:
                    raise UnsupportedError("`openssl s_server` ended before it listened")
                yield int(ready.rpartition(b":")[2])
            finally:
                server.kill()


def _handshake(port: int) -> bytes:
    """Return what a server sends until a client of Python's `ssl` has ended its handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the group is of interest, and nobody's secrets
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client, received = context.wrap_bio(incoming, outgoing), b""
    with socket.create_connection(("127.0.0.1", port)) as transport:
        while True:
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                transport.sendall(outgoing.read())
                received += (block := transport.recv(65536))
                incoming.write(block) if block else incoming.write_eof()
            else:
                return received


def _group(received: bytes) -> int:
    """Return the group in the first ServerHello (RFC 8446, 4.2.8). A HelloRetryRequest names the same."""
    share = extensions(received).get(KEY_SHARE)
    if share is None:
        raise UnsupportedError("the server has sent no key share")
    return int.from_bytes(share[:2], "big")
