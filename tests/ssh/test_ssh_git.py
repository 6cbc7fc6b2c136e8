"""The program for git and ssh-keygen sign and verify commits and tags in a real repository, each in turn."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from openssh import our_program, ssh_keygen, their_key
from programs import Done, link_changed, run
from ssh_fixtures import LINE, MESSAGE, VENDOR_NAME, private_key

from qynauth_pqc.ssh import RevokedKeys, SSHPrivateKey, SSHPublicKey

FRODO = "frodo@shire.example"
GIT_DATE = "2026-07-01T12:00:00+0000"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")]


class Repository:
    """A repository with one identity and signed commits and tags."""

    def __init__(self, folder: Path) -> None:
        """Make it, with our program."""
        self.folder, self.program = folder, our_program(folder)
        self.environment = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "TZ": "UTC"}
        self.environment |= {"GIT_AUTHOR_DATE": GIT_DATE, "GIT_COMMITTER_DATE": GIT_DATE}
        private_key(1, FRODO).save(folder / "id")
        (folder / "allowed").write_text(f'{FRODO} namespaces="git" {SSHPublicKey.load(folder / "id.pub").to_line()}\n')
        self.git("init", "-q")
        options = {
            "user.name": "Frodo",
            "user.email": FRODO,
            "gpg.format": "ssh",
            "user.signingkey": f"{folder}/id.pub",
        }
        options |= {"gpg.ssh.program": str(self.program), "gpg.ssh.allowedSignersFile": f"{folder}/allowed"}
        self.configure(options)

    def configure(self, options: dict[str, str]) -> None:
        """Set options of git."""
        for name, value in options.items():
            assert self.git("config", name, value).code == 0

    def git(self, *arguments: str, **variables: str) -> Done:
        """Run git."""
        return run("git", "-C", self.folder, *arguments, environment=self.environment | variables)

    def commit(self, message: str = "First") -> None:
        """Sign an empty commit."""
        done = self.git("commit", "-q", "-S", "--allow-empty", "-m", message)
        assert done.code == 0, done.error

    def status(self) -> str:
        """Return git's verdict on the signature of the last commit: its letter, signer and key."""
        return self.git("log", "-1", "--format=%G? %GS %GK").out.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Return a new repository."""
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "never")
    return Repository(tmp_path)


def fingerprint(repository: Repository) -> str:
    """Return the fingerprint of the key that signs."""
    return SSHPublicKey.load(repository.folder / "id.pub").fingerprint()


def test_commits_and_tags_are_signed_and_verified_by_each_program(repository: Repository) -> None:
    """Both programs accept the signatures of each, with the same lines."""
    for number, signs in enumerate((repository.program, ssh_keygen())):
        repository.configure({"gpg.ssh.program": str(signs)})
        repository.commit()
        assert repository.git("tag", "-s", f"v{number}", "-m", "tag").code == 0
        printed = []
        for verifies in (repository.program, ssh_keygen()):
            repository.configure({"gpg.ssh.program": str(verifies)})
            done = [repository.git("verify-commit", "HEAD"), repository.git("verify-tag", f"v{number}")]
            assert [each.code for each in done] == [0, 0]
            shown = repository.git("log", "--show-signature", "-1").out
            assert f'Good "git" signature for {FRODO} with MLDSA44-ED25519 key {fingerprint(repository)}' in shown
            printed.append((done, shown, repository.status()))
        assert printed[0] == printed[1]
        assert printed[0][2] == f"G {FRODO} {fingerprint(repository)}"


def test_changed_commit_is_bad(repository: Repository) -> None:
    """The commit has another message under the same signature."""
    repository.commit()
    signed = repository.git("cat-file", "commit", "HEAD").out
    (repository.folder / "forged").write_text(signed.replace("\n\nFirst", "\n\nForged"))
    forged = repository.git("hash-object", "-w", "-t", "commit", f"{repository.folder}/forged").out.strip()
    assert repository.git("verify-commit", "HEAD").code == 0
    assert repository.git("verify-commit", forged).code == 1
    assert repository.git("log", "-1", "--format=%G?", forged).out == "B\n"


def test_key_of_nobody_is_of_unknown_trust(repository: Repository) -> None:
    """The signature is good, and git does not know who made it."""
    repository.commit()
    (repository.folder / "allowed").write_text(f"{FRODO} {LINE}\n")
    assert repository.status() == f"U  {fingerprint(repository)}"


@pytest.mark.parametrize("kind", ["lines", "krl"])
def test_revoked_key_is_refused(repository: Repository, kind: str) -> None:
    """The revocation file holds public keys, or is a KRL."""
    repository.commit()
    path = repository.folder / "revoked"
    if kind == "krl":
        assert run(ssh_keygen(), "-k", "-q", "-f", path, repository.folder / "id.pub").code == 0
    else:
        shutil.copy(repository.folder / "id.pub", path)
    assert SSHPublicKey.load(repository.folder / "id.pub") in RevokedKeys.load(path)
    repository.configure({"gpg.ssh.revocationFile": str(path)})
    done = repository.git("verify-commit", "HEAD")
    assert done.code == 1
    assert "is revoked" in done.error


@pytest.mark.parametrize(
    ("damage", "reason"),
    [(b"SSHKRL\n\0", "KRL, byte 8"), (b"ssh-ed25519 nonsense\n", "revoked keys, line 1")],
)
def test_revocation_file_that_is_not_readable_refuses(repository: Repository, damage: bytes, reason: str) -> None:
    """It is never ignored."""
    repository.commit()
    (repository.folder / "revoked").write_bytes(damage)
    repository.configure({"gpg.ssh.revocationFile": f"{repository.folder}/revoked"})
    done = repository.git("verify-commit", "HEAD")
    assert done.code == 1
    assert reason in done.error


@pytest.mark.parametrize(
    ("option", "status"),
    [
        ('valid-before="20260701120000Z"', "G"),
        ('valid-before="20260701115959Z"', "U"),  # git asks again without the allowed signers
        ('valid-after="20260701120000Z"', "G"),
        ('valid-after="20260701120001Z"', "U"),
    ],
)
def test_time_of_the_commit_decides(repository: Repository, option: str, status: str) -> None:
    """Git passes the time of the committer, and not the time of the verification."""
    line = SSHPublicKey.load(repository.folder / "id.pub").to_line()
    (repository.folder / "allowed").write_text(f"{FRODO} {option} {line}\n")
    repository.commit()
    assert repository.status()[0] == status


def test_old_and_new_keys_verify_in_one_repository(repository: Repository) -> None:
    """One program signs a commit with an Ed25519 key and one with the new key."""
    old = their_key("ssh-ed25519", repository.folder / "old")
    with (repository.folder / "allowed").open("a") as allowed:
        allowed.write(
            f'{FRODO} namespaces="git",valid-before="20270101Z" {SSHPublicKey.load(f"{old}.pub").to_line()}\n'
        )
    for key, kind in ((old, "ED25519"), (repository.folder / "id", "MLDSA44-ED25519")):
        repository.configure({"user.signingkey": str(key)})
        repository.commit()
        assert f"with {kind} key" in repository.git("verify-commit", "HEAD").error


def test_policy_of_the_environment_is_obeyed(repository: Repository) -> None:
    """An Ed25519 signature is refused from a day on, even if the allowed signers accept it."""
    old = their_key("ssh-ed25519", repository.folder / "old")
    (repository.folder / "allowed").write_text(f"{FRODO} {SSHPublicKey.load(f'{old}.pub').to_line()}\n")
    repository.configure({"user.signingkey": str(old)})
    repository.commit()
    policy = repository.folder / "policy.toml"
    for until, code in (("2026-07-01T12:00:00Z", 1), ("2026-07-01T12:00:01Z", 0)):
        policy.write_text(f'[[accept]]\nalgorithm = "ssh-ed25519"\nuntil = {until}\n')
        assert repository.git("verify-commit", "HEAD", QYNAUTH_PQC_SSH_POLICY=str(policy)).code == code


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("{folder}/nonsense", "policy is not TOML"),
        ("{folder}/missing", "No such file"),
        ("good", "must be an absolute path"),
        ("", "must be an absolute path"),
    ],
)
def test_policy_that_cannot_be_used_refuses(repository: Repository, path: str, reason: str) -> None:
    """A policy in the working tree is refused too, as the commit may bring it; also if no signer has the key."""
    repository.commit()
    (repository.folder / "nonsense").write_text("nonsense")
    (repository.folder / "good").write_text('[[accept]]\nalgorithm = "ssh-mldsa44-ed25519"\n')
    variables = {"QYNAUTH_PQC_SSH_POLICY": path.format(folder=repository.folder)}
    for signers in (repository.folder / "allowed", "/dev/null"):
        repository.configure({"gpg.ssh.allowedSignersFile": str(signers)})
        done = repository.git("verify-commit", "HEAD", **variables)
        assert done.code == 1
        assert reason in done.error
        assert "Good" not in done.error


def test_key_of_the_experimental_name_signs_and_verifies(repository: Repository) -> None:
    """OpenSSH 10.6 does not know the name of 10.4 and 10.5 any more."""
    private_key(2, FRODO, VENDOR_NAME).save(repository.folder / "old")
    (repository.folder / "allowed").write_text(f"{FRODO} {(repository.folder / 'old.pub').read_text()}")
    repository.configure({"user.signingkey": f"{repository.folder}/old.pub"})
    repository.commit()
    assert repository.status().startswith(f"G {FRODO} ")
    repository.configure({"gpg.ssh.program": str(ssh_keygen())})
    assert repository.status().startswith("B") or repository.status().startswith("N")


def test_key_in_an_agent_is_refused_by_name(repository: Repository) -> None:
    """Git passes such a key in a separate file, and with -U since 2.40."""
    repository.configure({"user.signingkey": f"key::{LINE}"})
    done = repository.git("commit", "-S", "--allow-empty", "-m", "First")
    assert done.code != 0
    assert "keys in an agent are not supported" in done.error


def test_password_comes_from_askpass(repository: Repository) -> None:
    """There is no terminal, or SSH_ASKPASS_REQUIRE says so."""
    folder = repository.folder
    (folder / "id").write_bytes(bytes(SSHPrivateKey.load(folder / "id").to_bytes(b"password", rounds=1)))
    askpass = folder / "askpass"
    askpass.write_text("#!/bin/sh\necho password\n")
    askpass.chmod(0o755)
    arguments = ("commit", "-q", "-S", "--allow-empty", "-m", "First")
    done = repository.git(*arguments, SSH_ASKPASS=str(askpass), SSH_ASKPASS_REQUIRE="force")
    assert done.code == 0, done.error
    assert repository.status().startswith("G ")
    askpass.write_text("#!/bin/sh\necho wrong\n")
    assert repository.git(*arguments, SSH_ASKPASS=str(askpass), SSH_ASKPASS_REQUIRE="force").code != 0


# The program itself: its refusals and exit codes.

REFUSED = {
    "agent": ("-Y sign -n git -f id -U message", 255, "-U: keys in an agent are not supported"),
    "certificate": ("-Y sign -n git -f id-cert.pub message", 255, "signing with certificates is not supported"),
    "public key": ("-Y sign -n git -f public message", 255, "keys in an agent are not supported"),
    "another public key": ("-Y sign -n git -f other.pub message", 255, "is not the public key of"),
    "no key": ("-Y sign -n git -f none message", 255, "No such file"),
    "no message": ("-Y sign -n git -f id none", 255, "No such file"),
    "signature exists": ("-Y sign -n git -f id signed", 255, "File exists"),
    "hash": ("-Y sign -n git -f id -Ohashalg=md5 message", 255, "sha512 or sha256"),
    "no namespace": ("-Y sign -f id message", 1, "needs -n"),
    "empty namespace": ("-Y sign -n  -f id message", 1, "needs -n"),
    "operation": ("-Y match-principals -I frodo -f allowed", 1, "match-principals is not supported"),
    "no operation": ("-l -f id", 1, "not recognized"),
    "option of -O": ("-Y verify -n git -f allowed -I frodo -s sig -Overify=1", 255, "-Overify is not supported"),
    "time": ("-Y verify -n git -f allowed -I frodo -s sig -Overify-time=2026", 255, "must be a time"),
    "twice": ("-Y sign -n git -n file -f id message", 1, "-n is there twice"),
    "mixed": ("-Y sign -n git -f id - message", 1, "standard input"),
    "no principal": ("-Y verify -n git -f allowed -s sig", 1, "needs -I"),
    "file too many": ("-Y check-novalidate -n git -s sig message", 1, "more arguments"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_program_refuses_by_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is 1 for wrong arguments and 255 for other errors; nothing is written."""
    monkeypatch.chdir(tmp_path)
    private_key(1).save("id")
    private_key(2).save("other")
    Path("other").write_bytes(Path("id").read_bytes())
    Path("public").write_text(f"{LINE}\n")
    for each in ("message", "signed", "signed.sig"):
        Path(each).write_bytes(MESSAGE)
    before = {each: each.read_bytes() for each in tmp_path.iterdir()}
    arguments, code, reason = REFUSED[name]
    done = run(our_program(tmp_path), *arguments.split(" "))
    assert (done.code, done.out) == (code, "")
    assert re.search(re.escape(reason), done.error)
    assert "usage:" not in done.error  # git would say that OpenSSH is too old
    assert before.items() <= {each: each.read_bytes() for each in tmp_path.iterdir()}.items()
    assert len(list(tmp_path.iterdir())) == len(before) + 1


def test_standard_input_is_signed_to_standard_output(tmp_path: Path) -> None:
    """ssh-keygen does so without a file or with a hyphen; print-pubkey prints the key."""
    private_key(1, "frodo").save(tmp_path / "id")
    program = our_program(tmp_path)
    for last in ((), ("-",)):
        signed = run(program, "-Y", "sign", "-n", "git", "-f", tmp_path / "id", *last, stdin=MESSAGE)
        (tmp_path / "signature").write_text(signed.out)
        check = ["-Y", "check-novalidate", "-n", "git", "-s", str(tmp_path / "signature"), "-Oprint-pubkey"]
        theirs, ours = (run(each, *check, stdin=MESSAGE) for each in (ssh_keygen(), program))
        assert (ours.code, ours.out) == (theirs.code, theirs.out)
        assert ours.code == 0


def test_signature_that_cannot_be_written_leaves_no_file(tmp_path: Path) -> None:
    """The system refuses to make any file longer, as if the disk were full."""
    private_key(1).save(tmp_path / "id")
    (tmp_path / "message").write_bytes(MESSAGE)
    arguments = ("-Y", "sign", "-n", "git", "-f", tmp_path / "id", tmp_path / "message")
    done = run("sh", "-c", 'ulimit -f 0; exec "$0" "$@"', our_program(tmp_path), *arguments)
    assert done.code == 255
    assert "File too large" in done.error
    assert not (tmp_path / "message.sig").exists()


@pytest.mark.parametrize("target", ["message", "absent"])
def test_signature_is_written_through_no_link(tmp_path: Path, target: str) -> None:
    """The link is named; only a device behind it is opened as it is."""
    private_key(1).save(tmp_path / "id")
    (tmp_path / "message").write_bytes(MESSAGE)
    signature = tmp_path / "message.sig"
    signature.symlink_to(target)
    arguments = ("-Y", "sign", "-n", "git", "-f", tmp_path / "id", tmp_path / "message")
    done = run(our_program(tmp_path), *arguments)
    assert (done.code, "a symbolic link" in done.error, str(signature) in done.error) == (255, True, True), done.error
    assert ((tmp_path / "message").read_bytes(), (tmp_path / "absent").exists()) == (MESSAGE, False)
    signature.unlink()
    signature.symlink_to("/dev/stdout")
    done = run(our_program(tmp_path), *arguments)
    assert (done.code, done.out.startswith("-----BEGIN SSH SIGNATURE-----")) == (0, True), done.error
    assert signature.is_symlink()


def test_link_that_changes_before_it_is_opened_leaves_the_file(tmp_path: Path) -> None:
    """It led to a pipe when it was checked."""
    private_key(1).save(tmp_path / "id")
    (tmp_path / "message").write_bytes(MESSAGE)
    os.mkfifo(tmp_path / "pipe")
    signature = tmp_path / "message.sig"
    signature.symlink_to("pipe")
    arguments = ["-Y", "sign", "-n", "git", "-f", str(tmp_path / "id"), str(tmp_path / "message")]
    program = f"from qynauth_pqc.ssh.git import main; sys.exit(main({arguments}))"
    done = run(sys.executable, "-c", link_changed(signature, "message") + program)
    assert (done.code, "a symbolic link" in done.error, str(signature) in done.error) == (255, True, True), done.error
    assert (tmp_path / "message").read_bytes() == MESSAGE


def test_program_imports_no_classical_cryptography(tmp_path: Path) -> None:
    """Git starts it for each commit: signing with the new key needs no slow import."""
    private_key(1).save(tmp_path / "id")
    (tmp_path / "message").write_bytes(MESSAGE)
    names = "['typing', 'dataclasses', 'cryptography', 'bcrypt', 'datetime', 'subprocess', 'pathlib']"
    arguments = ["-Y", "sign", "-n", "git", "-f", str(tmp_path / "id"), str(tmp_path / "message")]
    program = f"import sys; before = set(sys.modules); from qynauth_pqc.ssh.git import main; main({arguments})"
    program += f"; print([each for each in {names} if each in set(sys.modules) - before])"
    done = run(sys.executable, "-c", program)
    assert (done.code, done.out) == (0, "[]\n"), done.error


def test_help_says_what_the_program_is(repository: Repository) -> None:
    """Its exit code is 0, and an operation that is missing or unknown leads to it."""
    shown = run(repository.program, "--help")
    assert (shown.code, shown.error) == (0, "")
    assert "git calls instead of ssh-keygen" in shown.out
    for operation in ("sign", "verify", "find-principals", "check-novalidate"):
        assert f"-Y {operation} " in shown.out
    wrong = run(repository.program, "-Y", "other")
    assert (wrong.code, "see --help" in wrong.error) == (1, True)
