"""The commands of the page about received files verify files of every format, and refuse others."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from cms_fixtures import certificate
from command_line import call
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from openssl import openssl
from pages import ENVIRONMENT, TEXTS, blocks
from programs import run

from qynauth_pqc import MLDSAPrivateKey, cms, dsse, ssh

pytestmark = pytest.mark.slow

SCRIPTS = blocks(TEXTS["docs/recipes/verify-a-file.md"], "sh")
COMMANDS = "".join(each for each in SCRIPTS if "openssl" not in each).replace("\\\n", "")
[OPENSSL] = [each for each in SCRIPTS if "openssl" in each]
PROVENANCE = {
    "buildDefinition": {"buildType": "https://shire.example/make/v1", "externalParameters": {}},
    "runDetails": {"builder": {"id": "https://shire.example/builder"}},
}
SIGNED = {"raw": "letter.txt", "ssh": "notes.txt", "cms": "contract.txt", "dsse": "order.txt.dsse"}
"""The file that each format's command of the page names."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files of the page, as their authors made them."""
    author, frodo = MLDSAPrivateKey.generate("ML-DSA-65"), ssh.SSHPrivateKey.generate()
    root = certificate(author, name="root", ca=True, days=(-1, 3650))
    subject = x509.Name.from_rfc4514_string("CN=Frodo,O=The Shire")
    signer = cms.CMSSigner(author, certificate(author, author, name=subject, issuer_name="root", days=(-1, 3650)))
    author.public_key.save(tmp_path / "signer.pub")
    (tmp_path / "archive.zip").write_bytes(b"archive")
    statement = dsse.Statement([dsse.subject_of(tmp_path / "archive.zip")], dsse.SLSA_PROVENANCE, PROVENANCE)
    for name, content in {
        "letter.txt": b"letter",
        "letter.txt.sig": author.sign(b"letter", context=b"letters"),
        "notes.txt": b"notes",
        "notes.txt.sig": ssh.sign(frodo, b"notes", namespace="file"),
        "allowed_signers": f"frodo@shire.example {frodo.public_key.to_line()}\n".encode(),
        "contract.txt": b"contract",
        "contract.txt.p7s": cms.sign(b"contract", signer, detached=True),
        "root.pem": root.public_bytes(Encoding.PEM),
        "order.txt.dsse": dsse.sign(b"order", "text/plain", [author]),
        "archive.zip.intoto.json": statement.sign([author]),
    }.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_commands_of_the_page_verify_each_file(folder: Path) -> None:
    """They run in order; the message of the envelope is written."""
    shell = ["sh", "-e", "-c", COMMANDS]
    result = subprocess.run(shell, cwd=folder, env=ENVIRONMENT, text=True, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("signature is valid\n") == 6
    assert result.stdout.endswith("use it\n")
    assert (folder / "order.txt").read_bytes() == b"order"


@pytest.mark.parametrize("algorithm", ["ML-DSA-44", "ML-DSA-87", "SLH-DSA-SHA2-128f", "SLH-DSA-SHAKE-128f"])
def test_openssl_verifies_a_plain_signature_as_the_pages_say(
    algorithm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command of both pages accepts the file, and refuses a changed one; a context needs its option."""
    monkeypatch.chdir(tmp_path)
    Path("report.txt").write_text("report")
    call("keygen", algorithm, "--private", "signer.key", "--public", "signer.pub")
    call("sign", "report.txt", "--key", "signer.key")
    assert OPENSSL in blocks(TEXTS["docs/signing.md"], "sh")
    command = OPENSSL.strip().replace("openssl ", f"'{openssl()}' ")
    assert run("sh", "-c", command).out == "Signature Verified Successfully\n"
    call("sign", "report.txt", "--key", "signer.key", "--context", "letters", "--force")
    assert run("sh", "-c", command).code == 1
    assert run("sh", "-c", f"{command} -pkeyopt context-string:letters").code == 0
    Path("report.txt").write_text("changed")
    assert run("sh", "-c", f"{command} -pkeyopt context-string:letters").code == 1


@pytest.mark.parametrize("form", SIGNED)
def test_exit_code_says_whether_a_signature_is_not_valid_or_no_signature(
    form: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a plain signature has no structure: for it, other bytes are a signature that is not valid."""
    monkeypatch.chdir(folder)
    command = re.findall(rf"^qynauth-pqc (verify {SIGNED[form]} .*)$", COMMANDS, re.MULTILINE)[0]
    path = folder / {"raw": "letter.txt.sig", "ssh": "notes.txt.sig", "cms": "contract.txt.p7s"}.get(form, SIGNED[form])
    signed, codes = path.read_bytes(), []
    for content in (signed[:-200], signed + b"x", b"garbage", b"", None):
        path.unlink() if content is None else path.write_bytes(content)
        codes.append(call(*shlex.split(command)).exit_code)
    path.write_bytes(signed)
    other = folder / SIGNED[form]
    other.write_bytes(other.read_bytes().replace(b'"b3', b'"B3') if form == "dsse" else b"changed")
    assert (codes, call(*shlex.split(command)).exit_code) == ([1 if form == "raw" else 2] * 4 + [2], 1)
