"""Makes a whole release in dist/: builds it, checks it, signs it, and verifies it as a user does.

`prepare` gets everything that is not in the repository. `release OPTIONS` needs no network after it; OPTIONS name the
key, as for `qynauth-pqc sign`. `rehearse` does the same for this machine's wheel alone, with a key that it makes.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import build_release
import check_release
import sign_release
from build_release import DIST, HERE, ROOT, TARGETS, run

WORK = ROOT / "target" / "make-release"
PACKAGES = WORK / "packages"
PROGRAMS = ROOT / "target" / "programs"
OFFLINE = {"CARGO_NET_OFFLINE": "true", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(PACKAGES)}


def prepare() -> None:
    """Download the crates, Rust's library for each target, the packages that ours needs, and ssh-keygen."""
    run("cargo", "fetch", "--locked")
    run("rustup", "--quiet", "target", "add", *TARGETS)
    shutil.rmtree(PACKAGES, ignore_errors=True)
    for python in check_release.interpreters():
        version = re.findall(r"3\.\d+", Path(python).name)[0]
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--only-binary=:all:",
            "--python-version",
            version,
        ]
        run(*command, "--dest", PACKAGES, *check_release.PINNED)
    if not (PROGRAMS / "ssh-keygen").exists():
        run("sh", "tests/support/programs.sh", PROGRAMS)


def environment(name: str) -> Path:
    """Install the wheel into a fresh environment, and return its command."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    [wheel] = [path for path in DIST.glob("*.whl") if check_release.is_of_here(path)]
    run(sys.executable, "-m", "venv", folder)
    for command in check_release.install(folder / "bin" / "pip", wheel):
        run(*command)
    return folder / "bin" / "qynauth-pqc"


def committed() -> str:
    """Return the commit that the working tree is at, or stop if a file differs from it."""
    hidden = [each for each in build_release.output("git", "ls-files", "-v").splitlines() if not each.startswith("H ")]
    if hidden or build_release.output("git", "status", "--porcelain", "--untracked-files=all"):
        sys.exit("the working tree differs from the commit")
    return build_release.output("git", "rev-parse", "HEAD").strip()


def build(targets: list[str]) -> str:
    """Make the sdist and the wheels, and check them; return the commit that they were made from."""
    commit = committed()
    build_release.check_settings()
    os.environ.update(OFFLINE)
    os.environ["PATH"] = os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])
    build_release.main()
    for target in targets:
        if target != HERE:
            build_release.main(target)
    if not check_release.main(short=False):
        sys.exit("not signed")
    if committed() != commit:
        sys.exit("another commit was made meanwhile")
    return commit


def finish(commit: str, program: Path, allowed_signers: Path, *options: str | Path) -> None:
    """Sign the built files, and verify them in another environment."""
    sign_release.sign(DIST, commit, program, *options)
    found = sign_release.faults(DIST, environment("verifier"), allowed_signers)
    if found:
        sys.exit("\n".join(["not valid:", *found]))
    print(f"signed and verified: {', '.join(path.name for path in build_release.artifacts(DIST))}")


def release(*options: str) -> None:
    """Make a release with the key that the options name, which must be the last one of allowed_signers."""
    if not sign_release.public_key(sign_release.ALLOWED_SIGNERS):
        sys.exit("allowed_signers has no key: docs/releasing.md says how it gets one")
    version = check_release.version()
    if not check_release.tagged(version):
        sys.exit(f"the commit has no tag v{version}")
    commit = build(TARGETS)
    finish(commit, environment("signer"), sign_release.ALLOWED_SIGNERS, *options)


def rehearse() -> None:
    """Make a release of this machine's wheel with a key that nobody keeps; delete the signatures and the provenance."""
    if any(DIST.glob("*.sig")):
        sys.exit("dist has the signatures of a release: move it away")
    commit = build([HERE])
    program = environment("signer")
    with tempfile.TemporaryDirectory() as folder:
        key, allowed = Path(folder) / "key", Path(folder) / "allowed_signers"
        run(program, "ssh", "keygen", key)
        public = Path(f"{key}.pub").read_text(encoding="utf-8")
        line = f'{sign_release.PRINCIPAL} namespaces="{sign_release.NAMESPACE}" {public}'
        allowed.write_text(line, encoding="utf-8")
        finish(commit, program, allowed, "--key", key)
    for made in (*DIST.glob("*.sig"), *DIST.glob("*.intoto.json")):
        made.unlink()


if __name__ == "__main__":
    {"prepare": prepare, "release": release, "rehearse": rehearse}[sys.argv[1]](*sys.argv[2:])
