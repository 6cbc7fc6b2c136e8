"""Keys and signatures pass to and from ssh-keygen, with each option that git uses."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest
from openssh import TYPES, our_program, ssh_keygen, their_key
from programs import run
from security_keys import KINDS, PRESENT, VERIFIED
from ssh_fixtures import COMPOSITE, MESSAGE, NOW, composite

from qynauth_pqc.ssh import SSHPrivateKey, SSHPublicKey, SSHSignature, sign, verify

pytestmark = pytest.mark.slow

ALGORITHM = pytest.mark.parametrize("algorithm", list(TYPES))
CIPHER = pytest.mark.parametrize("cipher", ["aes256-ctr", "aes256-gcm@openssh.com"])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder with a message in it; times without a zone are in UTC."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    Path("message").write_bytes(MESSAGE)
    return tmp_path


def assert_accepted(namespace: str) -> None:
    """Check that ssh-keygen accepts the signature of the message by frodo."""
    arguments = ["-f", "allowed", "-I", "frodo", "-n", namespace, "-s", "signature"]
    checked = run(ssh_keygen(), "-Y", "verify", *arguments, stdin=MESSAGE)
    assert checked.code == 0, checked.error


@ALGORITHM
def test_their_public_key_is_read_with_its_fingerprints(algorithm: str) -> None:
    """The line and the output of -l are the same."""
    their_key(algorithm, Path("key"))
    key = SSHPublicKey.load("key.pub")
    assert key.to_line() == Path("key.pub").read_text().strip()
    for hash_algorithm in ("SHA256", "MD5"):
        printed = run(ssh_keygen(), "-l", "-E", hash_algorithm, "-f", "key.pub")
        assert printed.out.strip() == key.describe(hash_algorithm)


@ALGORITHM
@pytest.mark.parametrize("hash_algorithm", ["sha256", "sha512"])
def test_signatures_are_valid_both_ways(algorithm: str, hash_algorithm: str) -> None:
    """Their key file signs on both sides, and each verifies the other's signature."""
    their_key(algorithm, Path("key"))
    key = SSHPrivateKey.load("key")
    signed = run(ssh_keygen(), "-Y", "sign", "-f", "key", "-n", "git", "-O", f"hashalg={hash_algorithm}", "message")
    assert signed.code == 0, signed.error
    theirs = Path("message.sig").read_bytes()
    assert SSHSignature.parse(theirs).to_bytes() == theirs
    assert verify(MESSAGE, theirs, namespace="git", signers=key.public_key).signature.hash_algorithm == hash_algorithm
    Path("signature").write_bytes(sign(key, MESSAGE, namespace="git", hash_algorithm=hash_algorithm))
    Path("allowed").write_text(f"frodo {key.public_key.to_line()}\n")
    assert_accepted("git")


def test_our_key_file_is_read_by_ssh_keygen() -> None:
    """The file is plain, with its comment."""
    SSHPrivateKey.from_signer(composite(), "frodo baggins").save("key")
    assert run(ssh_keygen(), "-y", "-f", "key").out == Path("key.pub").read_text()


@CIPHER
def test_our_encrypted_key_file_is_read_by_ssh_keygen(cipher: str) -> None:
    """It is read with the right password only."""
    key = SSHPrivateKey.from_signer(composite(), "frodo")
    Path("key").write_bytes(bytes(key.to_bytes(b"password", rounds=1, cipher=cipher)))
    Path("key").chmod(0o600)
    assert run(ssh_keygen(), "-y", "-P", "password", "-f", "key").out == f"{key.public_key.to_line()}\n"
    assert run(ssh_keygen(), "-y", "-P", "other", "-f", "key").code != 0


@CIPHER
@ALGORITHM
def test_their_encrypted_key_file_is_read(cipher: str, algorithm: str) -> None:
    """Each algorithm and cipher is tried."""
    their_key(algorithm, Path("key"), "password", "-a", "1", "-Z", cipher)
    assert SSHPrivateKey.load("key", b"password").public_key == SSHPublicKey.load("key.pub")


def test_signer_elsewhere_signs_what_ssh_keygen_accepts() -> None:
    """A signer has an algorithm, a public key and a method that signs, and need be no key of this library."""

    class Elsewhere:
        algorithm, public_key = COMPOSITE, composite().public_key

        def sign(self, message: object) -> bytes:
            return composite().sign(message)  # type: ignore[arg-type]

    key = SSHPrivateKey.from_signer(Elsewhere())
    Path("signature").write_bytes(sign(key, MESSAGE, namespace="file"))
    Path("allowed").write_text(f"frodo {key.public_key.to_line()}\n")
    assert_accepted("file")


# Each line is tried by both programs, with the arguments that git passes.
LINES = {
    "plain": "frodo {key}",
    "one of several": "sam,frodo,merry {key}",
    "pattern": "*@shire.example,fr?do {key}",
    "negated": "!frodo,* {key}",
    "negated another": "!sam,* {key}",
    "another": "sam {key}",
    "quoted": '"frodo" {key}',
    "comment and empty line": "# frodo\n\n  \nfrodo {key} a comment",
    "second line": "frodo {other}\nfrodo {key}",
    "tabs": 'frodo\tnamespaces="git"\t{key}',
    "namespace": 'frodo namespaces="file,git" {key}',
    "namespace pattern": 'frodo namespaces="g*" {key}',
    "another namespace": 'frodo namespaces="file" {key}',
    "negated namespace": 'frodo namespaces="!git,*" {key}',
    "upper case": 'frodo NAMESPACES="git" {key}',
    "valid after": 'frodo valid-after="20260701120000Z" {key}',
    "not yet valid": 'frodo valid-after="20260701120001Z" {key}',
    "valid before": 'frodo valid-before="20260701120000Z" {key}',
    "expired": 'frodo valid-before="20260701115959Z" {key}',
    "local time": 'frodo valid-after="202607011200",valid-before="20260702" {key}',
    "all options": 'frodo namespaces="git",valid-after="20260101Z",valid-before="20270101" {key}',
    "authority": "frodo cert-authority {key}",
    "authority twice": "frodo cert-authority,cert-authority {key}\nfrodo {key}",
    "empty pattern": "frodo,! {key}",
    "no namespace": 'frodo namespaces="" {key}',
    "quotes inside": 'fr"odo"{key}',
    "a long pattern": f"frodo,{'x' * 1023} {{key}}",
    "bytes of a pattern": "fr?do,!fr\u00e9?o {key}",
    "unknown option": 'frodo verify-required,namespaces="git" {key}',
    "second option of a name": 'frodo namespaces="git",namespaces="git" {key}',
    "no time": 'frodo valid-after="2026" {key}',
    "no day": 'frodo valid-after="20260732" {key}',
    "no quote": "frodo namespaces=git {key}",
    "wrong order of times": 'frodo valid-after="20270101",valid-before="20260101" {key}',
    "no key": 'frodo namespaces="git"',
    "revoked": "frodo {key}",
}


@pytest.mark.parametrize("name", LINES)
def test_lines_of_allowed_signers_mean_the_same(name: str, folder: Path) -> None:
    """The exit codes and the output for git are the same, of find-principals and verify."""
    their_key("ssh-ed25519", Path("other"))
    key = SSHPrivateKey.from_signer(composite(), "key")
    values = {"key": key.public_key.to_line(), "other": SSHPublicKey.load("other.pub").to_line()}
    Path("allowed").write_text(LINES[name].format(**values) + "\n")
    Path("signature").write_bytes(sign(key, MESSAGE, namespace="git"))
    Path("revoked").write_text(values["key" if name == "revoked" else "other"] + "\n")
    time = f"-Overify-time={NOW:%Y%m%d%H%M%S}Z"
    find = ["-Y", "find-principals", "-f", "allowed", "-s", "signature", time]
    check = ["-Y", "verify", *["-n", "git", "-f", "allowed", "-I", "frodo", "-s", "signature", "-r", "revoked"], time]
    for arguments in (find, check):
        theirs, ours = (run(each, *arguments, stdin=MESSAGE) for each in (ssh_keygen(), our_program(folder)))
        assert (ours.code, ours.out) == (theirs.code, theirs.out), ours.error


@pytest.mark.parametrize(
    "arguments",
    [
        "-Y nothing -n git",
        "-Y sign -f key message",
        "-Y sign -n git message",
        "-Y sign -n git -f none message",
        "-Y sign -n git -f key none",
        "-Y sign -n git -f key -Ohashalg=md5 message",
        "-Y sign -n git -f key -Oother=1 message",
        "-Y verify -n git -f allowed -s signature",
        "-Y verify -n git -f allowed -I frodo",
        "-Y verify -n git -f none -I frodo -s signature",
        "-Y verify -n git -f allowed -I frodo -s none",
        "-Y verify -n git -f allowed -I frodo -s message",
        "-Y verify -n git -f allowed -I frodo -s signature -r none",
        "-Y verify -n file -f allowed -I frodo -s signature",
        "-Y verify -q -n git -f allowed -I sam -s signature",
        "-Y verify -q -n git -f allowed -I frodo -s signature",
        "-Y find-principals -f allowed",
        "-Y find-principals -f allowed -s none",
        "-Y find-principals -f none -s signature",
        "-Y check-novalidate -n git",
        "-Y check-novalidate -n git -s signature",
        "-Y check-novalidate -n file -s signature",
    ],
)
def test_exit_codes_are_those_of_ssh_keygen(arguments: str, folder: Path) -> None:
    """The output for git is the same too."""
    key = SSHPrivateKey.from_signer(composite(), "key")
    key.save("key")
    Path("allowed").write_text(f"frodo {key.public_key.to_line()}\n")
    Path("signature").write_bytes(sign(key, MESSAGE, namespace="git"))
    theirs, ours = (run(each, *arguments.split(), stdin=MESSAGE) for each in (ssh_keygen(), our_program(folder)))
    assert (ours.code, ours.out) == (theirs.code, theirs.out), (ours.error, theirs.error)


def test_bad_line_is_reported_and_the_rest_counts(folder: Path) -> None:
    """ssh-keygen reports the lines before the good one."""
    key = SSHPrivateKey.from_signer(composite(), "key")
    Path("allowed").write_text(f"frodo new-option {key.public_key.to_line()}\nfrodo {key.public_key.to_line()}\n")
    Path("signature").write_bytes(sign(key, MESSAGE, namespace="git"))
    for operation in (["find-principals"], ["verify", "-n", "git", "-I", "frodo"]):
        arguments = ["-Y", *operation, "-f", "allowed", "-s", "signature"]
        theirs, ours = (run(each, *arguments, stdin=MESSAGE) for each in (ssh_keygen(), our_program(folder)))
        assert (ours.code, ours.out) == (theirs.code, theirs.out) == (0, ours.out)
        assert "allowed signers, line 1: " in ours.error
        assert "allowed:1: " in theirs.error


@pytest.mark.parametrize("revoked", ["key", "other"])
@pytest.mark.parametrize("specification", ["{line}", "sha256: {line}", "sha1: {line}", "hash: {sha256}"])
def test_revocation_lists_of_ssh_keygen_mean_the_same(revoked: str, specification: str, folder: Path) -> None:
    """A KRL holds keys, or their fingerprints."""
    their_key("ssh-mldsa44-ed25519", Path("key"))
    their_key("ssh-ed25519", Path("other"))
    listed = SSHPublicKey.load(f"{revoked}.pub")
    Path("specification").write_text(specification.format(line=listed.to_line(), sha256=listed.fingerprint()) + "\n")
    assert run(ssh_keygen(), "-k", "-q", "-f", "krl", "specification").code == 0
    key = SSHPrivateKey.load("key")
    Path("allowed").write_text(f"frodo {key.public_key.to_line()}\n")
    Path("signature").write_bytes(sign(key, MESSAGE, namespace="git"))
    check = ["-Y", "verify", *["-n", "git", "-f", "allowed", "-I", "frodo", "-s", "signature", "-r", "krl"]]
    theirs, ours = (run(each, *check, stdin=MESSAGE) for each in (ssh_keygen(), our_program(folder)))
    assert (ours.code, ours.out) == (theirs.code, theirs.out)
    assert ours.code == (255 if revoked == "key" else 0)


@pytest.mark.parametrize("algorithm", [*TYPES, *KINDS])
def test_certificates_of_ssh_keygen_are_verified_and_revoked(algorithm: str, folder: Path) -> None:
    """Its authority signs for each kind of key; a revocation list names the serial number, the key id or a key."""
    their_key("ssh-mldsa44-ed25519" if algorithm == "ssh-rsa" else "ssh-ed25519", Path("ca"))
    if algorithm in KINDS:
        device = KINDS[algorithm]()
        Path("key.pub").write_text(f"{device.line} frodo\n")
    else:
        their_key(algorithm, Path("key"))
    made = run(ssh_keygen(), "-q", "-s", "ca", "-I", "frodo's key", "-n", "frodo,sam", "-z", "7", "key.pub")
    assert made.code == 0, made.error
    if algorithm in KINDS:
        blob = b64decode(Path("key-cert.pub").read_text().split()[1])
        Path("message.sig").write_bytes(device.sign(MESSAGE, blob=blob))
    else:
        assert run(ssh_keygen(), "-Y", "sign", "-f", "key-cert.pub", "-n", "git", "message").code == 0
    Path("allowed").write_text(f"frodo,merry cert-authority {Path('ca.pub').read_text()}")
    verify = ["-Y", "verify", "-n", "git", "-f", "allowed", "-s", "message.sig"]
    both = ssh_keygen(), our_program(folder)
    for arguments in (
        [*verify, "-I", "frodo", "-Oprint-pubkey"],
        [*verify, "-I", "sam"],
        [*verify, "-I", "merry"],
        ["-Y", "find-principals", "-f", "allowed", "-s", "message.sig"],
        ["-Y", "check-novalidate", "-n", "git", "-s", "message.sig", "-Oprint-pubkey"],
    ):
        theirs, ours = (run(each, *arguments, stdin=MESSAGE) for each in both)
        assert (ours.code, ours.out) == (theirs.code, theirs.out), (ours.error, theirs.error)
        if ours.code == 0 and "find-principals" not in arguments:
            assert "is classical: a quantum computer could forge this signature" in ours.error
    for specification, code in {
        "serial: 7": 255,
        "serial: 8": 0,
        "serial: 3-9": 255,
        "serial: 1\nserial: 3\nserial: 4\nserial: 6\nserial: 7\nserial: 9": 255,
        "serial: 1\nserial: 3\nserial: 4\nserial: 6\nserial: 8\nserial: 9": 0,
        "id: frodo's key": 255,
        "id: frodo": 0,
        Path("key.pub").read_text().strip(): 255,
        Path("ca.pub").read_text().strip(): 255,
    }.items():
        Path("specification").write_text(f"{specification}\n")
        assert run(ssh_keygen(), "-k", "-q", "-s", "ca.pub", "-f", "krl", "specification").code == 0
        theirs, ours = (run(each, *verify, "-I", "frodo", "-r", "krl", stdin=MESSAGE) for each in both)
        assert (ours.code, ours.out) == (theirs.code, theirs.out), (specification, ours.error, theirs.error)
        assert ours.code == code, specification


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flags", [0, PRESENT, VERIFIED, PRESENT | VERIFIED])
def test_security_keys_are_verified_as_by_ssh_keygen(kind: str, flags: int, folder: Path) -> None:
    """It does not ask whether the user touched the key, and this package does."""
    device = KINDS[kind]()
    Path("signature").write_bytes(device.sign(MESSAGE, flags))
    Path("allowed").write_text(f"frodo {device.line}\n")
    arguments = ["-Y", "verify", "-n", "git", "-f", "allowed", "-I", "frodo", "-s", "signature"]
    theirs, ours = (run(each, *arguments, stdin=MESSAGE) for each in (ssh_keygen(), our_program(folder)))
    assert theirs.code == 0, theirs.error
    assert (ours.code, ours.out == theirs.out) == ((0, True) if flags & PRESENT else (255, False)), ours.error
    assert ("nobody touched the security key" in ours.error) == (not flags & PRESENT)
