"""Random files of allowed signers and signatures mean the same to ssh-keygen, but for a closed list of differences.

Nothing that ssh-keygen refuses is accepted.
"""

from __future__ import annotations

import random
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from mutations import INTERESTING, mutated
from openssh import ssh_keygen
from security_keys import PRESENT, VERIFIED, Key, SecurityKey, SecurityKeyP256
from ssh_fixtures import ED25519_LINE, LINE, MESSAGE, SIGNATURE

from qynauth_pqc import PQCError
from qynauth_pqc.ssh import AllowedSigners, SSHSignature, verify
from qynauth_pqc.ssh._armor import armor, dearmor
from qynauth_pqc.ssh._times import parse_time

pytestmark = pytest.mark.slow

GATE, NIGHTLY = 1_000, 10_000
"""How many random files are tried, each with a random signature."""

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
USER, AUTHORITY, DEVICE, DEVICE_P256 = Key(1), Key(2), SecurityKey(3), SecurityKeyP256(4)
FILES = Path(__file__).parent / "files"
RSA, ECDSA = ((FILES / f"{name}.pub").read_text().strip() for name in ("rsa", "ecdsa"))
BEFORE, AFTER = (int((NOW + timedelta(seconds=each)).timestamp()) for each in (-3600, 3600))


def signatures() -> dict[str, tuple[bytes, bool]]:
    """Return signatures, and whether this package refuses them and ssh-keygen does not."""

    def certified(key: Key = USER, flags: int = PRESENT, **fields: object) -> bytes:
        principals = (b"frodo", b"sam", "fr\u00e9do".encode())
        return key.sign(MESSAGE, flags, blob=key.certify(AUTHORITY, **({"principals": principals} | fields)))  # type: ignore[arg-type]

    return {
        "composite": (SIGNATURE, False),
        "rsa": ((FILES / "rsa.sig").read_bytes(), False),
        "ecdsa": ((FILES / "ecdsa.sig").read_bytes(), False),
        "ed25519": (USER.sign(MESSAGE), False),
        "security key": (DEVICE.sign(MESSAGE), False),
        "security key, P-256": (DEVICE_P256.sign(MESSAGE), False),
        "certificate": (certified(), False),
        "certificate of a security key": (certified(DEVICE), False),
        "certificate of a security key, P-256": (certified(DEVICE_P256), False),
        "certificate, verified": (certified(DEVICE, PRESENT | VERIFIED, critical=((b"verify-required", b""),)), False),
        "certificate, not yet": (certified(valid=(AFTER, 2**64 - 1)), False),
        "certificate, expired": (certified(valid=(0, BEFORE)), False),
        "certificate, in its time": (certified(valid=(BEFORE, AFTER)), False),
        "certificate, nobody": (certified(principals=()), False),
        "certificate, patterns": (certified(principals=(b"*", b"fr?do")), False),
        "certificate of another authority": (USER.sign(MESSAGE, blob=USER.certify(Key(5))), False),
        "certificate, forged": (certified(signature=USER.signature(b"")), False),
        "certificate, no chain": (certified(authority_blob=AUTHORITY.certify(Key(5))), False),
        "certificate, other namespace": (USER.sign(MESSAGE, blob=USER.certify(AUTHORITY), namespace=b"file"), False),
        "authority itself": (AUTHORITY.sign(MESSAGE), False),
        "not touched": (DEVICE.sign(MESSAGE, VERIFIED), True),
        "not touched, P-256": (DEVICE_P256.sign(MESSAGE, 0), True),
        "certificate, not touched": (certified(DEVICE, 0), True),
        "certificate, for hosts": (certified(kind=2), True),
        "certificate, unknown option": (certified(critical=((b"x@shire", b""),)), True),
        "certificate, option of logins": (certified(critical=((b"force-command", b""),)), True),
        "certificate, not verified": (certified(DEVICE, critical=((b"verify-required", b""),)), True),
        "certificate, empty principal": (certified(principals=(b"", b"frodo")), True),
        "certificate, key id with a NUL": (certified(key_id=b"x\0"), True),
        "certificate, reserved field": (certified(reserved=b"x"), True),
    }


SIGNATURES = signatures()


def unreadable(line: bytes) -> bool:
    """Return whether a line has control characters, or others that have no shape."""
    try:
        text = line.strip(b" \t\r").decode()
    except UnicodeDecodeError:
        return True
    return any(each < " " or each == "\x7f" for each in text.replace("\t", " ")) or not text.isprintable()


INTENDED: dict[str, Callable[[bytes], bool]] = {
    "control characters, or bytes that are not UTF-8": unreadable,
    "a time that does not exist": lambda line: any(
        parse_time(each.decode("latin-1")) is None for each in re.findall(rb'(?i)valid-[a-z]+="([^"]*)"', line)
    ),
    "a negated or too long pattern of an authority, which find-principals of ssh-keygen ignores": lambda line: (
        b"cert-authority" in line.lower() and re.match(rb"\s*\S*?(!|[^,\s]{1023})", line) is not None
    ),
    "a certificate in the place of a key": lambda line: b"-cert" in line,
    "an empty pattern, where find-principals of ssh-keygen stops": lambda line: bool(
        re.search(rb'(^\s*"?|,),|,["\s]', line)
    ),
}
"""The lines that ssh-keygen reads differently. This is the whole list: a case without such a line must be the same."""

KEYS = [LINE, ED25519_LINE, RSA, ECDSA, *(each.line for each in (USER, DEVICE, DEVICE_P256, AUTHORITY))]
PRINCIPALS = ["frodo", "*", "fr?do", "frodo,sam", "!sam,*", "!frodo,*", "sam", '"frodo"', 'fr"od"', '"sam, frodo"']
PRINCIPALS += ["frodo,", ",frodo", "frodo,,sam", "fr??do", "fr\u00e9do", "!!frodo", "f*o,!*m", "x" * 1022 + ",frodo"]
PRINCIPALS += ["frodo," + "x" * 1023, "FRODO", "#frodo", "frodo\x07", "sam,*"]
OPTIONS = ['namespaces="git"', 'NAMESPACES="g*"', 'namespaces="file"', 'namespaces="!git,*"', 'namespaces=""']
OPTIONS += ["cert-authority"] * 6 + ["Cert-Authority,cert-authority", "verify-required", "", ",", 'namespaces="g\\"x"']
OPTIONS += ['valid-after="20260701"', 'valid-after="202607011300"', 'valid-before="202607011300Z"', "namespaces=git"]
OPTIONS += ['valid-before="20260701130000"', 'valid-before="20260230"', 'valid-after="2026"', 'valid-before="20270101"']
OPTIONS += ['valid-after="20260701115959z"', 'valid-before="20260701120000UTC"', 'namespaces="git', 'x="a b"']


def key_of(name: str) -> str:
    """Return the line of the key that a verifier must trust for a signature."""
    if "certificate" in name or "authority" in name:
        return AUTHORITY.line
    found = {"composite": LINE, "rsa": RSA, "ecdsa": ECDSA, "ed25519": USER.line}
    return found.get(name, (DEVICE_P256 if "P-256" in name else DEVICE).line)


def random_line(source: random.Random, name: str) -> str:
    """Return a line, mostly one that is well formed, and mostly with the key of a signature."""
    key = key_of(name) if source.random() < 0.7 else source.choice(KEYS)
    options = ",".join(source.choices(OPTIONS, k=source.choice((0, 0, 0, 0, 1, 1, 2, 3))))
    if "certificate" in name and source.random() < 0.7:
        options = ",".join(filter(None, ["cert-authority", options]))
    if source.random() < 0.05:
        key = source.choice([key[:-3], key.replace(" ", "  "), "ssh-dss AAAAB3NzaC1kc3M=", f"ssh-ed25519 {key}", ""])
    spaces = [source.choice((" ", " ", " ", "\t", "  ")) for _ in range(2)]
    comment = source.choice(("", "", " frodo", " a # b", " \u00a0", " \x1b[1m", "\r", " x\0y"))
    before = source.choice(("", "", "", " ", "\t"))
    principals = source.choice(("frodo,sam", source.choice(PRINCIPALS)))
    return f"{before}{principals}{spaces[0]}{options}{spaces[1] if options else ''}{key}{comment}"


class Case(NamedTuple):
    """A file of allowed signers, a signature, and the arguments of the programs."""

    lines: list[bytes]
    signature: bytes
    name: str
    principal: str
    namespace: str
    when: datetime

    def theirs(self, lines: Sequence[bytes]) -> tuple[bool, list[str] | None]:
        """Return whether ssh-keygen accepts the signature, and the principals that it finds."""
        Path("allowed").write_bytes(b"\n".join(lines) + b"\n")
        Path("signature").write_bytes(self.signature)
        common = ["-f", "allowed", "-s", "signature", f"-Overify-time={self.when:%Y%m%d%H%M%S}Z"]
        operations = (["verify", "-n", self.namespace, "-I", self.principal], ["find-principals"])
        checked, found = (
            subprocess.run([ssh_keygen(), "-Y", *each, *common], input=MESSAGE, capture_output=True, check=False)
            for each in operations
        )
        names = found.stdout.decode(errors="surrogateescape").split("\n")[:-1]
        return checked.returncode == 0, names if found.returncode == 0 else None

    def ours(self, lines: Sequence[bytes]) -> tuple[bool, list[str] | None]:
        """Return the same of this package."""
        signers = AllowedSigners.parse(b"\n".join(lines) + b"\n")
        accepted, found = False, None
        with suppress(PQCError):
            verify(
                MESSAGE,
                self.signature,
                namespace=self.namespace,
                signers=signers,
                principal=self.principal,
                when=self.when,
            )
            accepted = True
        with suppress(PQCError):
            parsed = SSHSignature.parse(self.signature)
            line = signers.find(parsed.certificate or parsed.public_key, when=self.when)
            found = [*(line.principals_in(parsed.certificate) if parsed.certificate else line.principals)]
        return accepted, found


def cases(count: int) -> Iterator[Case]:
    """Return cases, the same in each run. In every third one, bytes of the file are changed."""
    source = random.Random(60)  # noqa: S311 - the same in each run
    for _ in range(count):
        name = source.choice(list(SIGNATURES))
        lines = "\n".join(random_line(source, name) for _ in range(source.randint(1, 4))).encode()
        if not source.randrange(3):
            lines = mutated(lines, source, INTERESTING)
        principal = source.choice(("frodo", "frodo", "frodo", "sam", "merry", "fr\u00e9do", "!frodo", "*"))
        when = NOW + timedelta(seconds=source.choice((0, 0, -1, 1, -3600, 3600, 7200, -7200, 86400 * 400)))
        yield Case(
            lines.split(b"\n"), SIGNATURES[name][0], name, principal, source.choice(("git", "git", "file")), when
        )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, in a zone with daylight saving time."""
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


def check(count: int) -> None:
    """Compare both programs on so many cases."""
    accepted = differing = 0
    for case in cases(count):
        theirs, ours = case.theirs(case.lines), case.ours(case.lines)
        assert theirs[0] or not ours[0], f"accepts more: {case}"
        accepted += ours[0]
        if ours == theirs or SIGNATURES[case.name][1]:
            assert not (ours[0] and SIGNATURES[case.name][1]), case
            continue
        differing += 1
        rest = [each for each in case.lines if not any(is_intended(each) for is_intended in INTENDED.values())]
        assert len(rest) < len(case.lines), f"{ours} and {theirs}: {case}"
        assert case.ours(rest) == case.theirs(rest), case
    assert accepted > count // 20
    assert differing


def test_random_files_mean_the_same() -> None:
    """Files of one to four lines are tried, with all kinds of keys and certificates."""
    check(GATE)


@pytest.mark.nightly
def test_many_random_files_mean_the_same() -> None:
    """The same test runs for minutes."""
    check(NIGHTLY)


@pytest.mark.parametrize("name", [each for each, (_, is_refused) in SIGNATURES.items() if is_refused])
def test_intended_difference_of_a_signature_is_one(name: str) -> None:
    """ssh-keygen accepts it, and this package does not, under the same line."""
    key = AUTHORITY if "certificate" in name else DEVICE_P256 if "P-256" in name else DEVICE
    lines = [f"frodo {'cert-authority ' if key is AUTHORITY else ''}{key.line}".encode()]
    case = Case(lines, SIGNATURES[name][0], name, "frodo", "git", NOW)
    theirs, ours = case.theirs(lines)[0], case.ours(lines)[0]
    assert (theirs, ours) == ("hosts" not in name, False)


def changed_signatures(count: int) -> Iterator[tuple[str, bytes]]:
    """Return signatures with changed bytes inside their armor, the same in each run."""
    source = random.Random(61)  # noqa: S311 - the same in each run
    names = [each for each in SIGNATURES if "composite" not in each]
    for _ in range(count):
        name = source.choice(names)
        yield name, armor(mutated(dearmor(SIGNATURES[name][0], "SSH SIGNATURE"), source, INTERESTING), "SSH SIGNATURE")


def check_changed_signatures(count: int) -> None:
    """Check that no changed signature is accepted where ssh-keygen refuses it."""
    lines = [f"frodo {each}".encode() for each in KEYS[:-1]] + [f"frodo cert-authority {AUTHORITY.line}".encode()]
    for name, signature in changed_signatures(count):
        case = Case(lines, signature, name, "frodo", "git", NOW)
        assert not case.ours(lines)[0] or case.theirs(lines)[0], case


def test_changed_signature_is_not_accepted_alone() -> None:
    """Most changes break the signature itself."""
    check_changed_signatures(GATE)


@pytest.mark.nightly
def test_many_changed_signatures_are_not_accepted_alone() -> None:
    """The same test runs for minutes."""
    check_changed_signatures(NIGHTLY)
