"""Signs the files of a release, and verifies the signatures: for each file an SSHSIG and its provenance.

The provenance is an in-toto statement (SLSA provenance v1) in a DSSE envelope. Both are made by the command line of
the package, and are verified by it; the SSHSIG is verified by ssh-keygen too.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import build_release

if TYPE_CHECKING:
    from collections.abc import Iterator

    Command = list[str | Path]

ROOT = build_release.ROOT
ALLOWED_SIGNERS, REVOKED_KEYS = ROOT / "allowed_signers", ROOT / "revoked_keys"
PRINCIPAL, NAMESPACE = "qynauth-pqc", "qynauth-pqc-release"
STATEMENT, PROVENANCE = "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
# Names, since the project has no address; docs/releasing.md explains them.
BUILD_TYPE, BUILDER = "urn:qynauth-pqc:make-release:1", "urn:qynauth-pqc:maintainer"


def sha256(path: Path) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def formulation(path: Path) -> dict[str, Any]:
    """Return the tools and settings in the SBOM of a wheel, and nothing of another file."""
    if path.suffix != ".whl":
        return {}
    with zipfile.ZipFile(path) as wheel:
        [name] = [each for each in wheel.namelist() if each.endswith(f".dist-info/{build_release.SBOM}")]
        return {"formulation": json.loads(wheel.read(name))["formulation"]}


def statement(path: Path, commit: str) -> dict[str, Any]:
    """Return the provenance of a file that was made from a commit."""
    source = {"name": "qynauth_pqc", "digest": {"gitCommit": commit}}
    locks = [ROOT / "Cargo.lock", Path(__file__).parent / "requirements.txt"]
    predicate = {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"tags": build_release.output("git", "tag", "--points-at", commit).split()},
            "internalParameters": formulation(path),
            "resolvedDependencies": [
                source,
                *({"name": str(each.relative_to(ROOT)), "digest": {"sha256": sha256(each)}} for each in locks),
            ],
        },
        "runDetails": {"builder": {"id": BUILDER}},
    }
    subject = [{"name": path.name, "digest": {"sha256": sha256(path)}}]
    return {"_type": STATEMENT, "subject": subject, "predicateType": PROVENANCE, "predicate": predicate}


def sign(folder: Path, commit: str, program: Path, *options: str | Path) -> None:
    """Sign each file, made from `commit`, by `program`, which is qynauth-pqc; `options` of its `sign` name the key."""
    files = build_release.artifacts(folder)
    with tempfile.TemporaryDirectory() as made:
        statements = [Path(made) / path.name for path in files]
        for path, to in zip(files, statements, strict=True):
            to.write_text(json.dumps(statement(path, commit)), encoding="utf-8")
        command: Command = [program, "sign", *options, "--force", "--format"]
        build_release.run(*command, "ssh", "--namespace", NAMESPACE, *files)
        build_release.run(*command, "dsse", "--payload-type", PAYLOAD_TYPE, *statements)
        for path, each in zip(files, statements, strict=True):
            shutil.move(f"{each}.dsse", f"{path}.intoto.json")


def public_key(allowed_signers: Path) -> str:
    """Return the key that signs: the last one of the file. The other options of its line are left to the command."""
    lines = allowed_signers.read_text(encoding="utf-8").splitlines()
    found = [re.search(r"\sssh-mldsa44-ed25519 .*", line) for line in lines if line.startswith(f"{PRINCIPAL} ")]
    keys = [each[0].lstrip() for each in found if each]
    return f"{keys[-1]}\n" if keys else ""


def commands(folder: Path, program: Path, key: Path, allowed_signers: Path) -> Iterator[tuple[Command, Path | None]]:
    """Yield the commands that a user types, each with its redirected input."""
    files = build_release.artifacts(folder)
    theirs: Command = ["ssh-keygen", "-Y", "verify", "-f", allowed_signers, "-r", REVOKED_KEYS]
    theirs += ["-I", PRINCIPAL, "-n", NAMESPACE, "-s"]
    ours: Command = [program, "verify", "--format"]
    signers: Command = ["--allowed-signers", allowed_signers, "--principal", PRINCIPAL]
    yield [*ours, "ssh", "--namespace", NAMESPACE, *signers, *files], None
    for path in files:
        yield [*theirs, f"{path}.sig"], path
        yield [*ours, "dsse", "--key", key, "--provenance", path, f"{path}.intoto.json"], None


def faults(folder: Path, program: Path, allowed_signers: Path) -> list[str]:
    """Verify each file by ssh-keygen and by `program`, qynauth-pqc, and return the refusals of both."""
    found = []
    with tempfile.TemporaryDirectory() as made:
        key = Path(made) / "release.pub"
        key.write_text(public_key(allowed_signers), encoding="utf-8")
        for command, redirected in commands(folder, program, key, allowed_signers):
            content = redirected.read_bytes() if redirected else b""
            done = subprocess.run(command, input=content, capture_output=True, check=False)
            if done.returncode:
                found.append(f"{Path(command[0]).name}: {(done.stderr or done.stdout).decode().strip()}")
    return found
