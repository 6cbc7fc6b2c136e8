"""The recipe of post-quantum TLS works, with nginx, curl and Python's `ssl` of the machine."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from pages import TEXTS, blocks, commands, run_shell, write_files
from provider_programs import MODULE, free_port, tool

PAGE = "docs/recipes/openssl.md"

pytestmark = [
    pytest.mark.skipif(not MODULE.exists(), reason="this build has no provider"),
    pytest.mark.skipif(
        not (3, 0) <= ssl.OPENSSL_VERSION_INFO < (3, 5), reason="Python has no shared OpenSSL 3.0 to 3.4"
    ),
]


def test_commands_of_the_recipe_do_what_their_comments_say(tmp_path: Path) -> None:
    """They run in order, with a free port instead of 8443 and the nginx of the path."""
    assert tool("curl")
    write_files(PAGE, tmp_path)
    port, file = str(free_port()), tmp_path / "nginx.conf"
    for each in (file, tmp_path / "fetch.py"):
        each.write_text(each.read_text(encoding="utf-8").replace("8443", port), encoding="utf-8")
    [script] = blocks(TEXTS[PAGE], "sh")
    script = script.replace("8443", port).replace("/usr/sbin/nginx", tool("nginx"))
    stop = script.splitlines()[-1]
    assert stop.endswith("-s stop")
    result = run_shell(f"trap '{stop} 2>/dev/null || :' EXIT\n{script}", tmp_path)
    assert result.returncode == 0, result.stderr
    expected = [comment.split() for _, comment in commands(TEXTS[PAGE].replace("\\\n", "")) if comment]
    assert [line.split() for line in result.stdout.splitlines()[2:]] == expected


def test_program_of_the_recipe_activates_the_provider(tmp_path: Path) -> None:
    """It needs no variable."""
    write_files(PAGE, tmp_path)
    with (tmp_path / "activated.py").open("a", encoding="utf-8") as program:
        program.write("from qynauth_pqc.integrations.openssl import is_active\nassert is_active()\n")
    result = run_shell("OPENSSL_CONF= python -W error activated.py", tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
