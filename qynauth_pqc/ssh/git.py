"""The program that git calls instead of ssh-keygen: `git config gpg.ssh.program qynauth-pqc-git`.

It has the options, the output and the exit codes of `ssh-keygen -Y`: 0 for success, 1 for wrong arguments, and 255 for
other errors. It signs with keys in files. `-U` and keys in an agent are refused by name.

The environment variable QYNAUTH_PQC_SSH_POLICY holds the absolute path of a policy for `SSHPolicy.load`. Each
verification obeys it.
"""

from __future__ import annotations

import errno
import os
import sys

from qynauth_pqc.errors import PasswordError, PQCError, UnsupportedError
from qynauth_pqc.extend import open_path, open_streams, read_public, write_error, write_output

TYPE_CHECKING = False  # git starts this program for each commit
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qynauth_pqc.ssh.allowed_signers import AllowedSigners
    from qynauth_pqc.ssh.policy import SSHPolicy
    from qynauth_pqc.ssh.private_keys import SSHPrivateKey

POLICY_VARIABLE = "QYNAUTH_PQC_SSH_POLICY"

_HELP = f"""\
usage: qynauth-pqc-git -Y sign -n NAMESPACE -f KEY [-O hashalg=HASH] [FILE...]
       qynauth-pqc-git -Y verify -n NAMESPACE -f ALLOWED_SIGNERS -I PRINCIPAL -s SIGNATURE [-r REVOKED_KEYS] < FILE
       qynauth-pqc-git -Y find-principals -f ALLOWED_SIGNERS -s SIGNATURE
       qynauth-pqc-git -Y check-novalidate -n NAMESPACE -s SIGNATURE < FILE

The program that git calls instead of ssh-keygen: git config gpg.ssh.program qynauth-pqc-git
It signs with keys of OpenSSH in files, and verifies with their public keys; qynauth-pqc ssh keygen makes a
post-quantum key. check-novalidate does not say who signed.

  -q                  print no results
  -O verify-time=TIME take this time of the signature, YYYYMMDD[HHMM[SS]][Z], instead of now
  -O print-pubkey     print the key that signed

The environment variable {POLICY_VARIABLE} holds the absolute path of a policy of algorithms.
Exit codes: 0 success, 1 wrong arguments, 255 an invalid signature or another error, as of ssh-keygen.
"""
_FAILED, _INTERRUPTED = 255, 130
_LONGEST_SIGNATURE = 65536
_CERTIFICATE = "-cert.pub"

_NEEDS = {
    "sign": {"-n": "namespace", "-f": "key"},
    "verify": {
        "-n": "namespace",
        "-s": "signature file",
        "-f": "allowed signers file",
        "-I": "principal",
    },
    "find-principals": {"-s": "signature file", "-f": "allowed signers file"},
    "check-novalidate": {"-n": "namespace", "-s": "signature file"},
}
"""The operations of -Y, and the options that each must have."""


class _UsageError(Exception):
    """The arguments are wrong.

    Attributes:
        code: the exit code.
    """

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class _Options:
    """The arguments: the operation, its options, the options of -O, and the files."""

    __slots__ = ("details", "files", "is_quiet", "operation", "values")

    def __init__(self, arguments: Sequence[str]) -> None:
        from getopt import GetoptError, getopt  # in the function that needs it

        try:
            found, self.files = getopt([*arguments], "Y:n:f:s:I:r:O:qvU")
        except GetoptError as error:
            raise _UsageError(str(error)) from None
        self.values: dict[str, str] = {}
        self.details: dict[str, str] = {}
        for name, value in found:
            if name == "-O":
                detail, _, text = value.partition("=")
                self.details[detail] = text
            elif name in self.values and name not in ("-q", "-v"):
                raise _UsageError(f"{name} is there twice")
            else:
                self.values[name] = value
        if any("-----BEGIN " in each for each in (*self.values.values(), *self.files)):
            raise _UsageError("expected the name of a file, got PEM")
        self.operation, self.is_quiet = self.values.get("-Y", ""), "-q" in self.values
        if self.operation not in _NEEDS:
            raise _UsageError(f"-Y {self.operation} is not supported: expected {', '.join(_NEEDS)}; see --help")
        for name, meaning in _NEEDS[self.operation].items():
            if not self.values.get(name):
                raise _UsageError(f"{self.operation} needs {name} with the {meaning}")
        self._check_details()

    def _check_details(self) -> None:
        is_sign = self.operation == "sign"
        known = ("hashalg",) if is_sign else ("verify-time", "print-pubkey")
        for name in self.details:
            if name not in known:
                raise _UsageError(f"-O{name} is not supported: expected {', '.join(known)}", _FAILED)
        if self.files and not is_sign:
            raise _UsageError("more arguments than expected")

    @property
    def when(self) -> datetime | None:
        """The time that -Overify-time names."""
        if "verify-time" not in self.details:
            return None
        from datetime import UTC, datetime  # only verification needs it

        from qynauth_pqc.ssh._times import LAST, parse_time  # as above

        seconds = parse_time(self.details["verify-time"])
        if seconds is None or seconds > LAST:
            raise _UsageError("-Overify-time must be a time, YYYYMMDD[HHMM[SS]][Z]", _FAILED)
        return datetime.fromtimestamp(seconds, UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        arguments: the arguments; None for the arguments of the process.

    Returns:
        The exit code.
    """
    open_streams()
    words = sys.argv[1:] if arguments is None else [*arguments]
    try:
        if words in (["--help"], ["-h"]):
            write_output(_HELP.encode("ascii"))
            return 0
        options = _Options(words)
        return _OPERATIONS[options.operation](options)
    except _UsageError as error:
        write_error(f"qynauth-pqc-git: {error}")
        return error.code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - after a traceback, Python would exit with 1: wrong arguments
        write_error(error)
        return _FAILED


def _sign(options: _Options) -> int:
    """Sign files, or the standard input."""
    from qynauth_pqc.ssh.signatures import sign  # each operation imports what it needs

    files = [each for each in options.files if each != "-"]
    if len(files) < len(options.files) > 1:
        raise _UsageError("expected files, or - for the standard input")
    namespace, hash_algorithm = options.values["-n"], options.details.get("hashalg", "sha512")
    try:
        if "-U" in options.values:
            raise UnsupportedError("-U: keys in an agent are not supported; name the file of a private key")
        with _private_key(options.values["-f"]) as key:
            if not files:
                write_output(sign(key, sys.stdin.buffer, namespace=namespace, hash_algorithm=hash_algorithm))
            for name in files:
                with open_path(name) as file:
                    signature = sign(key, file, namespace=namespace, hash_algorithm=hash_algorithm)
                _write_new(f"{name}.sig", signature)
    except (PQCError, OSError) as error:
        write_error(f"Signing failed: {error}")
        return _FAILED
    return 0


def _private_key(path: str) -> SSHPrivateKey:
    """Return the private key of a file, or of the file next to its public key."""
    from qynauth_pqc.ssh.keys import SSHPublicKey  # as above
    from qynauth_pqc.ssh.private_keys import SSHPrivateKey  # as above

    if path.endswith(_CERTIFICATE):
        raise UnsupportedError(f"{path}: signing with certificates is not supported")
    private = path.removesuffix(".pub")
    try:
        key = SSHPrivateKey.load(private)
    except PasswordError:
        key = SSHPrivateKey.load(private, _password(private))
    except PQCError as error:
        try:  # git writes the public key of an agent's key to a file
            public_key = SSHPublicKey.load(private)
        except PQCError:
            raise error from None
        message = f"{private} is a public key of {public_key.algorithm}: keys in an agent are not supported"
        raise UnsupportedError(message) from None
    if private != path and SSHPublicKey.load(path) != key.public_key:
        key.close()
        raise UnsupportedError(f"{path} is not the public key of {private}")
    return key


def _password(path: str) -> bytes:
    """Ask for a password on the terminal, or by the program in SSH_ASKPASS."""
    prompt = f"Enter passphrase for {path!r}: "
    program, when = os.environ.get("SSH_ASKPASS"), os.environ.get("SSH_ASKPASS_REQUIRE")
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
        has_terminal = True
    except OSError:
        has_terminal = False
    if program and when != "never" and (not has_terminal or when in ("force", "prefer")):
        import subprocess  # only for encrypted keys

        asked = subprocess.run([program, prompt], stdout=subprocess.PIPE, check=False)  # noqa: S603 - the user's program
        if asked.returncode:
            raise PasswordError(f"{program} returned no password")
        return asked.stdout.removesuffix(b"\n")
    if not has_terminal:
        raise PasswordError(
            f"{path} is encrypted, and there is neither a terminal nor SSH_ASKPASS to ask for a password"
        )
    from getpass import getpass  # as above

    try:
        return getpass(prompt).encode("utf-8", "surrogateescape")
    except EOFError:
        raise PasswordError("no password was entered") from None
    except UnicodeError:  # it would show a byte
        raise PasswordError("the password is not UTF-8; enter it by SSH_ASKPASS") from None


def _verify(options: _Options) -> int:
    """Check the signature of the standard input, and with `verify` also its signer."""
    from qynauth_pqc.extend import ANYONE  # as above
    from qynauth_pqc.ssh.allowed_signers import AllowedSigners  # as above
    from qynauth_pqc.ssh.keys import SSHPublicKey  # as above
    from qynauth_pqc.ssh.signatures import verify  # as above

    namespace, when = options.values["-n"], options.when
    names_signer = options.operation == "verify"
    principal = options.values["-I"] if names_signer else None
    try:
        revoked = None
        if names_signer and "-r" in options.values:
            from qynauth_pqc.ssh.revocation import RevokedKeys  # as above

            revoked = RevokedKeys.load(options.values["-r"])
        signers = AllowedSigners.load(options.values["-f"]) if names_signer else ANYONE
        if isinstance(signers, AllowedSigners):
            _report(signers, principal)
        verified = verify(
            sys.stdin.buffer,
            read_public(options.values["-s"], _LONGEST_SIGNATURE),
            namespace=namespace,
            signers=signers,
            principal=principal,
            revoked=revoked,
            policy=_policy(),
            when=when,
        )
    except (PQCError, OSError) as error:
        write_error(error)
        if not options.is_quiet:
            write_output(b"Could not verify signature.\n")
        return _FAILED
    key, certificate = verified.public_key, verified.signature.certificate
    if not options.is_quiet:
        who = f" for {principal}" if names_signer else ""
        kind = f"{key.kind}-CERT" if certificate else key.kind
        _print(f'Good "{namespace}" signature{who} with {kind} key {key.fingerprint()}')
        if verified.signature.is_classical:
            write_error(f"{kind} is classical: a quantum computer could forge this signature")
    if "print-pubkey" in options.details:
        _print((certificate or SSHPublicKey.from_blob(key.blob)).to_line())  # without the comment of a line
    return 0


def _find_principals(options: _Options) -> int:
    """Print the principals of the first line with the key of a signature."""
    from qynauth_pqc.ssh.allowed_signers import AllowedSigners  # as above
    from qynauth_pqc.ssh.signatures import SSHSignature  # as above

    when = options.when
    try:
        signature = SSHSignature.parse(read_public(options.values["-s"], _LONGEST_SIGNATURE))
        signers, certificate = AllowedSigners.load(options.values["-f"]), signature.certificate
        _report(signers, None)
        found = signers.find(certificate or signature.public_key, when=when)
    except (PQCError, OSError) as error:
        write_error(f"{error}\nNo principal matched.")
        return _FAILED
    _print("\n".join(found.principals_in(certificate) if certificate else found.principals))
    return 0


def _report(signers: AllowedSigners, principal: str | None) -> None:
    """Print why lines allow nothing."""
    for each in signers.errors(principal):
        write_error(each)


_OPERATIONS = {
    "sign": _sign,
    "verify": _verify,
    "find-principals": _find_principals,
    "check-novalidate": _verify,
}


def _policy() -> SSHPolicy | None:
    """Return the policy that the environment names."""
    path = os.environ.get(POLICY_VARIABLE)
    if path is None:
        return None
    from qynauth_pqc.ssh.policy import SSHPolicy, SSHPolicyError  # as above

    if not os.path.isabs(path):  # noqa: PTH117 - pathlib would be imported only for this
        # Git starts this program in the working tree, so that a commit could bring the policy that accepts it.
        raise SSHPolicyError(f"{POLICY_VARIABLE} must be an absolute path")
    return SSHPolicy.load(path)


def _write_new(path: str, data: bytes) -> None:
    """Write a file that does not exist yet, whole or not at all; a link to a device is written to as it is."""
    from qynauth_pqc.extend import NewFile, write_device, write_files  # standard input needs no file

    if os.path.islink(path):  # noqa: PTH114 - pathlib would be imported only for this
        refusal = OSError(errno.ELOOP, "a symbolic link; remove it", path)
        if not os.path.exists(path) or os.path.isfile(path):  # noqa: PTH110, PTH113 - as above
            raise refusal
        write_device(path, data, refusal)
        return
    try:
        write_files([NewFile(path, data, secret=False)], overwrite=False)
    except FileExistsError:  # no option replaces it
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None


def _print(text: str) -> None:
    write_output(f"{text}\n".encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    sys.exit(main())
