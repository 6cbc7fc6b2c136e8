"""The `openssl` command that the variable OPENSSL names."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from interop.python.lines import PASSWORD, Absent, Request, Result, serve

OPENSSL = os.environ.get("OPENSSL", "openssl")
PASS = f"pass:{PASSWORD.decode()}"
OUTPUT_FORMATS = {"PKCS#8 seed": "seed-only", "PKCS#8 expanded": "priv-only", "PKCS#8 both": "seed-priv"}


class Refused(Exception):  # noqa: N818 -- an answer
    """The command failed, and said this."""


def run(*arguments: str) -> bytes:
    """Run the command and return its output."""
    result = subprocess.run([OPENSSL, *arguments], capture_output=True, check=False)
    if result.returncode != 0:
        raise Refused(result.stderr.decode())
    return result.stdout


@dataclass
class Files:
    """Files for one run of the command."""

    folder: Path

    def path(self, name: str) -> Path:
        """Return where a file of this name is."""
        return self.folder / name

    def write(self, name: str, data: bytes) -> str:
        """Write a file and return its path."""
        self.path(name).write_bytes(data)
        return str(self.path(name))

    def key(self, request: Request) -> list[str]:
        """Return the arguments of pkeyutl for a key; a seed becomes a file first."""
        form, key = request.form, request.key
        if form in {"expanded", "public key"}:
            raise Absent(form)
        if form == "seed":
            return ["-inkey", self.write("key", from_seed(request.set, key))]
        options = (
            ["-passin", PASS] if "encrypted" in form else ["-pubin"] if form.startswith(("SPKI", "public")) else []
        )
        return ["-inkey", self.write("key", key), *options]


@contextmanager
def temporary_files() -> Iterator[Files]:
    """Yield a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Files(Path(folder))


def written(name: str, form: str) -> list[str]:
    """Return the arguments that have a key written in a form."""
    if form in {"seed", "expanded", "public key"}:
        raise Absent(form)
    if form.endswith("JWK"):
        return ["-outform", "JWK"]
    if form.startswith("SPKI"):
        return ["-pubout", "-outform", "PEM" if form == "SPKI, PEM" else "DER"]
    if name.startswith("SLH"):
        return ["-outform", "PEM" if form == "PKCS#8, PEM" else "DER"]
    formats = f"{name[:6].lower()}.output_formats={OUTPUT_FORMATS[form.partition(',')[0]]}"
    return ["-outform", "PEM" if "PEM" in form else "DER", "-provparam", formats]


def from_seed(name: str, seed: bytes) -> bytes:
    """Make a key of a seed."""
    return run("genpkey", "-algorithm", name, "-pkeyopt", f"hexseed:{seed.hex()}", "-outform", "DER")


def write(name: str, key: bytes, form: str) -> bytes:
    """Write a key that genpkey made."""
    with temporary_files() as files:
        # In DER, pkey writes no encrypted keys.
        command = ["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", PASS] if "encrypted" in form else ["pkey"]
        return run(*command, "-in", files.write("key", key), "-inform", "DER", *written(name, form))


def about(_: Request) -> Result:
    """Return the name and version of this implementation."""
    return {"version": " ".join(run("version").decode().split()[:2])}


def generate(request: Request) -> Result:
    """Make a key pair."""
    key = run("genpkey", "-algorithm", request.set, "-outform", "DER")
    return {
        "private": write(request.set, key, request.private),
        "public": write(request.set, key, request.public),
    }


def encapsulate(request: Request) -> Result:
    """Make a secret and its ciphertext."""
    with temporary_files() as files:
        given = ["-pkeyopt", f"hexikme:{request.randomness.hex()}"] if request.randomness else []
        secret = files.path("secret")
        arguments = files.key(request)
        ciphertext = run("pkeyutl", "-encap", *arguments, *given, "-secret", str(secret))
        return {"ciphertext": ciphertext, "secret": secret.read_bytes()}


def decapsulate(request: Request) -> Result:
    """Recover a secret."""
    with temporary_files() as files:
        secret = files.path("secret")
        given = files.write("ciphertext", request.ciphertext)
        run("pkeyutl", "-decap", *files.key(request), "-in", given, "-secret", str(secret))
        return {"secret": secret.read_bytes()}


def signing(files: Files, request: Request) -> list[str]:
    """Return the arguments that signing and verifying share."""
    arguments = [*files.key(request), "-rawin", "-in", files.write("message", request.message)]
    context = ["-pkeyopt", f"hexcontext-string:{request.context.hex()}"] if request.context else []
    return [*arguments, *context]


def sign(request: Request) -> Result:
    """Sign."""
    with temporary_files() as files:
        arguments = signing(files, request)
        hedging = ["-pkeyopt", "deterministic:1"] if request.deterministic else []
        return {"signature": run("pkeyutl", "-sign", *arguments, *hedging)}


def verify(request: Request) -> Result:
    """Return whether a signature is valid."""
    with temporary_files() as files:
        arguments = signing(files, request)
        try:
            run("pkeyutl", "-verify", *arguments, "-sigfile", files.write("signature", request.signature))
        except Refused as refused:
            if "provider signature failure" not in str(refused):
                raise
            return {"valid": False}
    return {"valid": True}


serve(
    {
        "about": about,
        "generate": generate,
        "encapsulate": encapsulate,
        "decapsulate": decapsulate,
        "sign": sign,
        "verify": verify,
    }
)
