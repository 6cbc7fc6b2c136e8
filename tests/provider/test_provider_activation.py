"""The configuration of the provider, and Python's `ssl` with it in the same process."""

from __future__ import annotations

import os
import re
import ssl
import sys
from pathlib import Path

import provider_fixtures
import pytest
from programs import Done, run
from provider_fixtures import Signer
from provider_programs import MODULE, Program, handshake, server

from qynauth_pqc.errors import UnsupportedError
from qynauth_pqc.integrations.openssl import CLASSICAL_GROUPS, GROUPS, configuration

ours, plain, classical = provider_fixtures.ours, provider_fixtures.plain, provider_fixtures.classical
module, rsa = provider_fixtures.module, provider_fixtures.rsa

pytestmark = [
    pytest.mark.skipif(not MODULE.exists(), reason="this build has no provider"),
    pytest.mark.skipif(ssl.OPENSSL_VERSION_INFO[0] != 3, reason="Python has no shared OpenSSL 3"),
]

CLIENT = """
import socket, sys
{before}
from qynauth_pqc.integrations.openssl import activate
activate({arguments})
import ssl
context = ssl.create_default_context(cafile=sys.argv[2])
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as raw:
    with context.wrap_socket(raw, server_hostname="localhost") as connection:
        print(connection.version())
"""


def client(port: int, signer: Signer, arguments: str = "", before: str = "", own: str | Path = os.devnull) -> Done:
    """Connect from Python, whose environment configures nothing but for the file `own`."""
    code = CLIENT.format(arguments=arguments, before=before)
    environment = {"OPENSSL_CONF": str(own), "PYTHONPATH": os.pathsep.join(sys.path)}
    return run(sys.executable, "-c", code, str(port), signer.certificate, environment=environment)


def test_activation_works_without_the_environment(plain: Program, classical: Signer) -> None:
    """And without it the handshake fails: the server has no other group."""
    with server(plain, *classical, "-groups", "X25519MLKEM768") as port:
        done = client(port, classical)
        assert (done.code, done.out) == (0, "TLSv1.3\n"), done.error
        without = client(
            port,
            classical,
            before="import types; sys.modules['qynauth_pqc.integrations.openssl'] = "
            "types.SimpleNamespace(activate=lambda: None)",
        )
        assert "HANDSHAKE_FAILURE" in without.error.upper()


SERVICE = """
import asyncio, ssl, sys
from urllib.request import urlopen
from qynauth_pqc.integrations.openssl import activate
activate(require=True)

async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.0 200 OK\\r\\n\\r\\nhello")
    writer.close()

async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        url = f"https://localhost:{server.sockets[0].getsockname()[1]}/"
        trusted = ssl.create_default_context(cafile=sys.argv[1])
        with await asyncio.to_thread(urlopen, url, context=trusted) as response:
            print(response.read().decode())

asyncio.run(main())
"""


def test_asyncio_serves_urllib_after_an_activation(classical: Signer) -> None:
    """In one process, with no group but the post-quantum ones."""
    environment = {"OPENSSL_CONF": os.devnull, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = run(sys.executable, "-c", SERVICE, *classical, environment=environment)
    assert (done.code, done.out) == (0, "hello\n"), done.error


def test_a_classical_server_is_refused_where_post_quantum_groups_are_required(
    plain: Program, classical: Signer
) -> None:
    """Otherwise a server without them is accepted."""
    with server(plain, *classical, "-groups", "x25519") as port:
        assert client(port, classical).code == 0
        assert client(port, classical, "require=True").code == 1


def test_tls_1_2_is_refused_where_post_quantum_groups_are_required(
    ours: Program, plain: Program, rsa: Signer, tmp_path: Path
) -> None:
    """Its key exchange with a certificate of RSA needs no group."""
    path = tmp_path / "openssl.cnf"
    with server(plain, *rsa, "-tls1_2") as port:
        for require in (False, True):
            assert client(port, rsa, f"require={require}").code == int(require)
            path.write_text(configuration(require=require), encoding="utf-8")
            program = Program(ours.path, {"OPENSSL_CONF": str(path)})
            assert handshake(program, port, rsa.certificate).code == int(require)


@pytest.mark.parametrize("more", ["", "; import gc; gc.freeze()"])
def test_activation_after_a_context_is_refused(plain: Program, classical: Signer, more: str) -> None:
    """The context would have classical groups alone."""
    with server(plain, *classical, "-groups", "X25519MLKEM768") as port:
        done = client(port, classical, before=f"import ssl; context = ssl.create_default_context(){more}")
    assert done.code == 1
    assert "UnsupportedError: a context of `ssl` exists already" in done.error


@pytest.mark.parametrize("arguments", ["", "prefer=True"])
def test_activation_is_refused_where_approved_algorithms_alone_are_selected(classical: Signer, arguments: str) -> None:
    """The handshakes would be classical, and a preference would end the selection."""
    before = "import _ssl, ctypes\nctypes.CDLL(_ssl.__file__).EVP_default_properties_enable_fips(None, 1)"
    done = client(0, classical, arguments, before)
    assert done.code == 1
    assert "UnsupportedError: OpenSSL selects approved algorithms alone" in done.error


@pytest.mark.parametrize("require", [False, True])
def test_configuration_serves_programs(
    ours: Program, plain: Program, classical: Signer, tmp_path: Path, *, require: bool
) -> None:
    """The file alone, with no other variable: it names the module by its path."""
    assert ours
    path = tmp_path / "openssl.cnf"
    path.write_text(configuration(require=require), encoding="utf-8")
    program = Program(ours.path, {"OPENSSL_CONF": str(path)})
    for groups, code in ((GROUPS, 0), (CLASSICAL_GROUPS, int(require))):
        for group in groups:
            with server(plain, *classical, "-groups", group) as port:
                assert handshake(program, port, classical.certificate).code == code, group


def test_a_module_that_does_not_load_is_an_error_of_the_activation(
    plain: Program, classical: Signer, module: Path
) -> None:
    """Programs would say nothing, and agree on a classical group."""
    module.write_bytes(b"not a module")
    patch = f"import pathlib, qynauth_pqc.integrations.openssl as o\no._MODULE = pathlib.Path({str(module)!r})"
    with server(plain, *classical, "-groups", "x25519") as port:
        done = client(port, classical, before=patch)
    assert done.code == 1
    assert "UnsupportedError: OpenSSL does not load the provider" in done.error


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where an `openssl`, the first on the path, has its configuration."""
    program = tmp_path / "openssl"
    program.write_text(f"#!/bin/sh\necho 'OPENSSLDIR: \"{tmp_path}\"'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("OPENSSL_CONF", str(tmp_path / "ours.cnf"))  # which a user has set before
    return tmp_path / "openssl.cnf"


def test_settings_of_the_system_stay(system: Path) -> None:
    """The sections that the system's own configuration names, in any of its files, are the ones that get our lines."""
    more = system.with_name("more.cnf")
    more.write_text("[init]\nssl_conf = $name # a remark\nproviders=all\n")
    system.write_text(
        f"openssl_conf = init\nname = tls\n.include {more}\n[all]\nother = o\n[tls]\n"
        "system_default = d\n[d]\nMinProtocol = TLSv1.3\n"
    )
    text = configuration()
    assert f".include {system}\n" in text
    assert "[default]\nconfig_diagnostics = 1\nopenssl_conf = init\n[init]\nproviders = all\nssl_conf = tls\n" in text
    assert "[d]\nGroups = X25519MLKEM768:" in text


@pytest.mark.parametrize(
    ("sections", "loaded"),
    [
        pytest.param("", {"default", "qynauth"}, id="no file"),
        pytest.param("[all]\ndefault = d\n[d]\nactivate = 1\n", {"default", "qynauth"}, id="default"),
        pytest.param("[all]\ndefault = d\nbase = b\n[d]\n[b]\n", {"default", "qynauth"}, id="none"),
        pytest.param("[all]\nbase = b\n[b]\nactivate = 1\n", {"base", "qynauth"}, id="another"),
        pytest.param(
            "[all]\nbase = b\ndefault = d\n[b]\nactivate = yes\n[d]\n", {"base", "qynauth"}, id="not the default"
        ),
    ],
)
def test_other_providers_stay_as_the_system_has_them(
    ours: Program, system: Path, sections: str, loaded: set[str]
) -> None:
    """OpenSSL loads its default provider by itself if no other is active, and not because ours is."""
    if sections:
        system.write_text(f"openssl_conf = init\n[init]\nproviders = all\n{sections}")
    path = system.with_name("ours.cnf")
    path.write_text(configuration(), encoding="utf-8")
    shown = Program(ours.path, {"OPENSSL_CONF": str(path)})("list", "-providers")
    assert set(re.findall(r"^  (\S+)$", shown, re.MULTILINE)) == loaded


@pytest.mark.parametrize("setting", ["default_properties = fips={}", "fips_mode = {}"])
def test_a_preference_leaves_the_properties_of_the_system(plain: Program, system: Path, setting: str) -> None:
    """Where approved algorithms alone may be selected, the provider is not, nor is anything else."""
    path, more = system.with_name("ours.cnf"), system.with_name("more.cnf")
    system.write_text(f"openssl_conf = init\n[init]\nalg_section = algorithms\n[algorithms]\n.include {more}\n")
    more.write_text(setting.format("no"))
    path.write_text(configuration(prefer=True), encoding="utf-8")
    more.write_text(setting.format("yes"))
    with pytest.raises(UnsupportedError, match="approved algorithms alone"):
        configuration(prefer=True)
    program = Program(plain.path, {"OPENSSL_CONF": str(path)})
    assert program.run("genpkey", "-algorithm", "ML-DSA-44").code != 0
    more.write_text("")
    path.write_text(configuration(prefer=True), encoding="utf-8")
    assert program.run("genpkey", "-algorithm", "ML-DSA-44").code == 0


def test_activation_keeps_the_settings_of_the_process(plain: Program, classical: Signer, tmp_path: Path) -> None:
    """The file in OPENSSL_CONF was loaded before: its settings of TLS stay, and nothing in it is done twice."""
    own = tmp_path / "own.cnf"
    own.write_text(
        "openssl_conf = init\n[init]\nssl_conf = tls\noid_section = oids\n[oids]\nqynauthTest = 1.2.3.4.5.6.7\n"
        "[tls]\nsystem_default = d\n[d]\nMaxProtocol = TLSv1.2\n"
    )
    with server(plain, *classical) as port:
        assert client(port, classical).out == "TLSv1.3\n"
        done = client(port, classical, own=own)
    assert (done.code, done.out) == (0, "TLSv1.2\n"), done.error


def test_activation_is_logged(plain: Program, classical: Signer) -> None:
    """In one line, with the version of OpenSSL and the groups."""
    with server(plain, *classical) as port:
        done = client(port, classical, "['MLKEM768']", "import logging; logging.basicConfig(level=logging.INFO)")
    expected = f"INFO:qynauth_pqc:{ssl.OPENSSL_VERSION} has the provider, for the groups MLKEM768:x25519"
    assert done.error.startswith(expected), done.error
    assert len(done.error.splitlines()) == 1


@pytest.mark.parametrize(
    ("sections", "problem", "required"),
    [
        pytest.param(
            "alg_section = a\n[a]\ndefault_properties = provider=default\n",
            "a client prefers the group 0x001d to X25519MLKEM768",
            "a client prefers the group 0x",
            id="another provider",
        ),
        pytest.param(
            "ssl_conf = s\n[s]\nsystem_default = d\n[d]\nMaxProtocol = TLSv1.2\n",
            "a client does not offer TLS 1.3",
            "no handshake is possible: ",
            id="TLS 1.2",
        ),
        pytest.param(
            "ssl_conf = s\n[s]\nsystem_default = d\n[d]\nMinProtocol = TLSv1.3\nMaxProtocol = TLSv1.1\n",
            "no handshake is possible: ",
            "no handshake is possible: ",
            id="none",
        ),
    ],
)
def test_activation_notices_settings_that_keep_handshakes_classical(
    tmp_path: Path, sections: str, problem: str, required: str
) -> None:
    """It is refused if post-quantum groups are required; otherwise the line says what a client does."""
    own = tmp_path / "own.cnf"
    own.write_text(f"openssl_conf = init\n[init]\n{sections}")
    activated = [
        run(
            sys.executable,
            "-c",
            f"import logging; logging.basicConfig(level=logging.INFO)\n"
            f"from qynauth_pqc.integrations.openssl import activate; activate(require={require})",
            environment={"OPENSSL_CONF": str(own), "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for require in (False, True)
    ]
    assert [done.code for done in activated] == [0, 1], activated
    assert activated[0].error.startswith(f"WARNING:qynauth_pqc:{ssl.OPENSSL_VERSION} has the provider, but {problem}")
    assert f"UnsupportedError: the handshakes would not be post-quantum: {required}" in activated[1].error


@pytest.mark.parametrize("place", ["module", "library", "folder", "folder above"])
@pytest.mark.parametrize("mode", [0o020, 0o002])
def test_files_that_others_can_write_are_refused(module: Path, place: str, mode: int) -> None:
    """Anyone who can write to them could run code in every program that uses the configuration."""
    library = module.parent.parent / "libpqc_ffi.so"
    path = {"module": module, "library": library, "folder": module.parent, "folder above": library.parent}[place]
    assert configuration(provider=module)
    path.chmod(path.stat().st_mode | mode)
    with pytest.raises(PermissionError, match="can write to"):
        configuration(provider=module)


def test_folders_for_processors_that_others_can_write_are_refused(module: Path) -> None:
    """The loader looks into them before it finds the library."""
    folder = module.parent.parent / "glibc-hwcaps" / "x86-64-v3"
    folder.mkdir(parents=True, mode=0o755)
    assert configuration(provider=module)
    folder.chmod(0o777)
    with pytest.raises(PermissionError, match=r"can write to it: .*x86-64-v3'$"):
        configuration(provider=module)


@pytest.mark.parametrize("for_system", [True, False])
def test_configuration_that_others_can_write_is_not_included(system: Path, for_system: bool) -> None:  # noqa: FBT001
    """Its owner could name any module for the programs."""
    system.write_text("[default]\n", encoding="utf-8")
    system.chmod(0o666)
    with pytest.raises(PermissionError, match=r"can write to it: .*openssl\.cnf'$"):
        configuration(for_system=for_system)


def test_links_that_others_can_change_are_refused(module: Path, tmp_path: Path) -> None:
    """The loader follows them to the library, wherever they lead now."""
    library, place = module.parent.parent / "libpqc_ffi.so", tmp_path / "place"
    place.mkdir()
    real = library.rename(tmp_path / "libpqc_ffi.so.0")
    (place / "first").symlink_to(real)
    library.symlink_to(place / ".." / "place" / "first")
    assert configuration(provider=module)
    place.chmod(0o777)
    with pytest.raises(PermissionError, match=r"can write to it: .*place'$"):
        configuration(provider=module)


def test_a_group_is_one_that_is_known() -> None:
    """OpenSSL would ignore a list with another name, and no line of the configuration can be added by it."""
    for group in ("x25519\n[a]", "", "a:b", "a b", "X25519MLKEM769"):
        with pytest.raises(UnsupportedError, match="unknown group"):
            configuration([group])
    for groups in ([], ["X25519MLKEM768", "x25519"]):
        with pytest.raises(
            UnsupportedError, match=r"not a post-quantum group: .*; the groups are X25519MLKEM768.*1024$"
        ):
            configuration(groups, require=True)


@pytest.mark.parametrize("name", ["a$b/q.so", "a#b/q.so", "a\nb/q.so", 'a"b/q.so', "a\\b/q.so", "q.so "])
def test_a_path_that_openssl_would_read_otherwise_is_refused(tmp_path: Path, name: str) -> None:
    """It would expand a variable, end the value, or name a file that was not checked."""
    with pytest.raises(UnsupportedError, match="may not contain a character of the path"):
        configuration(provider=tmp_path / name)


def test_activation_writes_no_file(plain: Program, classical: Signer) -> None:
    """Others could replace it before OpenSSL reads it."""
    before = (
        "import sys\n"
        "def hook(event, arguments):\n"
        "    if event == 'open' and isinstance(arguments[0], str) and arguments[2] & 3:\n"
        "        raise RuntimeError(arguments[0])\n"
        "sys.dont_write_bytecode = True\n"
        "sys.addaudithook(hook)"
    )
    with server(plain, *classical, "-groups", "X25519MLKEM768") as port:
        done = client(port, classical, before=before)
    assert (done.code, done.out) == (0, "TLSv1.3\n"), done.error
