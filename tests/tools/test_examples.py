"""The examples run unchanged, and do what they say."""

from __future__ import annotations

import subprocess
import sys

from conftest import ROOT

LOGIN = """\
client   logs in
client   the server has the session key and says 'welcome'
server   accepted: the client has the session key and says 'hello'
attacker replays the recorded signature
server   refused: signature is not valid
attacker signs with another key
server   refused: signature is not valid
attacker has the client sign an altered challenge
server   refused: signature is not valid
attacker has the client sign for another protocol
server   refused: signature is not valid
"""


def test_login_accepts_the_client_and_refuses_every_attack() -> None:
    """A server in another process lets the owner of the key in, once, and nobody else."""
    command = [sys.executable, str(ROOT / "examples" / "auth_login.py")]
    login = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert (login.returncode, login.stderr, login.stdout) == (0, "", LOGIN)
