"""The commands of the page on CMS run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from openssl import openssl
from pages import TEXTS, blocks, run_shell, write_program

from qynauth_pqc import cms

pytestmark = pytest.mark.slow


def test_commands_of_the_page_on_cms_work(tmp_path: Path) -> None:
    """The files of the page's Python are read by openssl, and the library verifies its signature."""
    subprocess.run([sys.executable, str(write_program("docs/artefacts/cms.md", tmp_path))], cwd=tmp_path, check=True)
    script = "".join(blocks(TEXTS["docs/artefacts/cms.md"], "sh")).replace("openssl ", f"'{openssl()}' ")
    result = run_shell(script, tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "letter.txt").read_bytes() == b"Dear reader"
    authority = x509.load_pem_x509_certificate((tmp_path / "sam.pem").read_bytes())
    content = (tmp_path / "archive.tar").read_bytes()
    made, anchors = (tmp_path / "archive.sam").read_bytes(), cms.TrustAnchors([authority])
    assert cms.verify(made, content, signers=anchors, purpose="document", subject="CN=Sam").signers
