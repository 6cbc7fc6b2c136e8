"""The file of allowed signers, allowed_signers (ssh-keygen(1), ALLOWED SIGNERS)."""

from __future__ import annotations

from binascii import b2a_base64

from qynauth_pqc.errors import FormatError, PQCError, UnsupportedError, expect
from qynauth_pqc.extend import read_public, without_own_frames
from qynauth_pqc.ssh._algorithms import ALGORITHMS, CERTIFICATES
from qynauth_pqc.ssh._times import parse_time, seconds_of, shown
from qynauth_pqc.ssh.certificates import SSHCertificate
from qynauth_pqc.ssh.errors import Rule, SSHVerificationError
from qynauth_pqc.ssh.keys import LONGEST_FILE, SSHPublicKey, contents_of, read_blob, split_line

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import NoReturn, Self

    from qynauth_pqc.extend import BytesLike, StrPath

__all__ = ["AllowedSigner", "AllowedSigners"]

_WHAT = "allowed signers"
_FLAG, _OPTIONS = "cert-authority", ("namespaces", "valid-after", "valid-before")
_CONTROLS = bytes([*range(32), 127])
_LONGEST_PATTERN = 1022
"""The longest pattern that ssh-keygen matches, in bytes; a list with a longer one matches nothing."""


class AllowedSigner:
    """One line of the file.

    Attributes:
        line: its number, from 1.
        principals: the patterns of the principals who have the key, as in the line.
        key: the key.
        cert_authority: whether the key is an authority's: it signs certificates, and itself allows no signature.
        namespaces: the patterns of the namespaces in which the key may sign; None for all.
        valid_after: the first second in which the key is valid, in Unix time; None for no start.
        valid_before: the last second in which the key is valid, in Unix time; None for no end.
    """

    __slots__ = ("cert_authority", "key", "line", "namespaces", "principals", "valid_after", "valid_before")

    def __init__(  # noqa: PLR0913 - the fields of a line
        self,
        line: int,
        principals: tuple[str, ...],
        key: SSHPublicKey,
        *,
        cert_authority: bool = False,
        namespaces: tuple[str, ...] | None = None,
        valid_after: int | None = None,
        valid_before: int | None = None,
    ) -> None:
        """Take the fields of a line."""
        self.line, self.principals, self.key = line, principals, key
        self.cert_authority, self.namespaces = cert_authority, namespaces
        self.valid_after, self.valid_before = valid_after, valid_before

    def __repr__(self) -> str:
        """Show the line and the principals."""
        return f"<{type(self).__name__}: line {self.line}, {','.join(self.principals)}>"

    def principals_in(self, certificate: SSHCertificate) -> tuple[str, ...]:
        """Return the principals of a certificate that the patterns of the line match, in the order of the patterns."""
        names = [each for each in certificate.principals if matches_list(each, self.principals)]
        patterns = map(str.encode, self.principals)
        return tuple(name for pattern in patterns for name in names if matches(_bytes_of(name), pattern))

    def _refusal(
        self, key: SSHPublicKey | SSHCertificate, principal: str | None, namespace: str | None, seconds: int
    ) -> tuple[Rule, str] | None:
        """Return the rule of the line that a signature with its key breaks, and the message about it."""
        certificate = key if isinstance(key, SSHCertificate) else None
        if self.cert_authority != (certificate is not None):
            reason = "for certificates (cert-authority)" if self.cert_authority else "not marked cert-authority"
            return Rule.CERT_AUTHORITY, f"its key is {reason}"
        if principal is not None and not matches_list(principal, self.principals):
            return Rule.PRINCIPAL, "its key is another principal's"
        if namespace is not None and self.namespaces is not None and not matches_list(namespace, self.namespaces):
            return Rule.NAMESPACES, "its key may not sign in this namespace"
        if self.valid_after is not None and seconds < self.valid_after:
            return Rule.VALID_AFTER, f"its key is not valid before {shown(self.valid_after)}, at {shown(seconds)}"
        if self.valid_before is not None and seconds > self.valid_before:
            return Rule.VALID_BEFORE, f"its key is not valid after {shown(self.valid_before)}, at {shown(seconds)}"
        return None if certificate is None else self._refusal_of(certificate, principal, seconds)

    def _refusal_of(self, certificate: SSHCertificate, principal: str | None, seconds: int) -> tuple[Rule, str] | None:
        """Return the rule that a certificate by the key breaks, and the message about it."""
        names = self.principals_in(certificate) if principal is None else certificate.principals
        if not names or (principal is not None and principal not in names):
            return Rule.PRINCIPAL, "the certificate does not name the principal"
        return certificate._refusal(seconds)


class AllowedSigners:
    """The lines of an allowed_signers file. A line that cannot be read allows nothing, as for `ssh-keygen`.

    >>> from qynauth_pqc.ssh import SSHPrivateKey
    >>> line = SSHPrivateKey.generate().public_key.to_line()
    >>> signers = AllowedSigners.parse(f'frodo@shire.example namespaces="git" {line}')
    >>> [each.principals for each in signers]
    [('frodo@shire.example',)]
    """

    __slots__ = ("_by_key", "_found", "_keys", "_lines")

    _by_key: dict[bytes, list[int]]
    _found: dict[int, AllowedSigner | PQCError]
    _keys: dict[bytes, SSHPublicKey]
    _lines: list[bytes]

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse: they come from the class methods."""
        raise TypeError(f"{cls.__name__} has no constructor; use its class methods")

    @classmethod
    @without_own_frames
    def parse(cls, text: str | BytesLike) -> Self:
        """Take the contents of a file. Its lines are read when they are needed.

        A line with an unknown or repeated option, an unsupported or malformed key, a control character or bytes that
        are not UTF-8 allows nothing, and `errors` returns why. Times without a Z are in local time.

        Args:
            text: the lines, in UTF-8, at most 67108864 bytes.

        Raises:
            FormatError: the text is longer.
        """
        signers = object.__new__(cls)
        signers._lines = contents_of(text, _WHAT).split(b"\n")
        signers._by_key, signers._found, signers._keys = {}, {}, {}
        for number, line in enumerate(signers._lines, 1):
            for word in line.split():
                if word.startswith(b"AAAA"):  # as the base64 of every key does: the size of a name is below 2^8
                    signers._by_key.setdefault(word, []).append(number)
        return signers

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Read a file, as `parse` does.

        Raises:
            OSError: the file cannot be read.
            FormatError: see `parse`.
        """
        return cls.parse(read_public(path, LONGEST_FILE, "parse() takes the contents of the file"))

    def __iter__(self) -> Iterator[AllowedSigner]:
        """Return the lines that can be read, in their order."""
        for number in range(1, len(self._lines) + 1):
            found = self._read(number)
            if isinstance(found, AllowedSigner):
                yield found

    def __len__(self) -> int:
        """Return the number of lines that can be read."""
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        """Show the number of lines that can be read."""
        return f"<{type(self).__name__}: {len(self)} lines>"

    @without_own_frames
    def errors(self, principal: str | None = None) -> tuple[PQCError, ...]:
        """Return why lines cannot be read: a `FormatError` or an `UnsupportedError` with the number of each line.

        Args:
            principal: report only lines that name this principal, or no principal at all; None for every line.
        """
        expect(principal, (str, type(None)), "principal")
        found = [self._read(number) for number in range(1, len(self._lines) + 1) if self._names(number, principal)]
        return tuple(each for each in found if isinstance(each, PQCError))

    def _names(self, number: int, principal: str | None) -> bool:
        """Return whether a line names a principal, as far as it can be read."""
        if principal is None:
            return True
        try:
            principals, _ = _read_principals(self._lines[number - 1])
        except FormatError:
            return True
        return matches_list(principal, principals)

    def _read(self, number: int) -> AllowedSigner | PQCError | None:
        """Return the contents of a line, the error about them, or None for a comment or an empty line."""
        line = self._lines[number - 1].strip(b" \t\r")
        if not line or line.startswith(b"#"):
            return None
        if number not in self._found:
            try:
                self._found[number] = _read_signer(line, number)
            except FormatError as error:
                self._found[number] = FormatError.at(_WHAT, error.rule, number, "line")
            except UnsupportedError as error:
                self._found[number] = UnsupportedError(f"{_WHAT}, line {number}: {error}")
        return self._found[number]

    @without_own_frames
    def find(
        self,
        key: SSHPublicKey | SSHCertificate,
        *,
        principal: str | None = None,
        namespace: str | None = None,
        when: datetime | None = None,
    ) -> AllowedSigner:
        """Return the first line that allows a signature with a key, or with the certificate of one.

        Args:
            key: the key that signed, or its certificate, whose signature is checked too.
            principal: the expected signer; None for anyone.
            namespace: the namespace of the signature; None if it does not matter.
            when: the time of the signature, with a time zone; None for now.

        Raises:
            SSHVerificationError: no line allows it; its rule is the one that the first line with the key breaks, or
                `Rule.KEY` if no line has the key.
        """
        expect(key, (SSHPublicKey, SSHCertificate), "key")
        expect(principal, (str, type(None)), "principal")
        expect(namespace, (str, type(None)), "namespace")
        if isinstance(key, SSHCertificate):
            key._check()
        return self._find(key, principal, namespace, seconds_of(when))

    def _find(
        self, key: SSHPublicKey | SSHCertificate, principal: str | None, namespace: str | None, seconds: int
    ) -> AllowedSigner:
        """Return the first line for a key or a certificate that is checked already."""
        first: SSHVerificationError | None = None
        trusted = key.authority if isinstance(key, SSHCertificate) else key
        for number in self._by_key.get(b2a_base64(trusted.blob, newline=False), ()):
            found = self._read(number)
            if isinstance(found, AllowedSigner) and found.key == trusted:
                refusal = found._refusal(key, principal, namespace, seconds)
                if refusal is None:
                    self._keys[trusted.blob] = found.key
                    return found
                message = f"line {number} of the allowed signers: {refusal[1]}"
                first = first or SSHVerificationError(message, refusal[0])
        kind = "authority" if isinstance(key, SSHCertificate) else "key"
        raise first or SSHVerificationError(f"no allowed signer has the {kind} {trusted.fingerprint()}", Rule.KEY)


def _refuse(rule: str) -> NoReturn:
    raise FormatError.at(_WHAT, rule, 0)


def _read_signer(line: bytes, number: int) -> AllowedSigner:
    """Return the contents of a line, which has no spaces around it."""
    principals, rest = _read_principals(line)
    # A line whose key has no options begins with the name of an algorithm, which no option has.
    size = 0 if rest.partition(" ")[0] in {*ALGORITHMS, *CERTIFICATES} else _size_of_options(rest)
    options = _read_options(rest[:size])
    name, text, comment = split_line(rest[size:])
    blob = read_blob(rest[size:], name, text, "key")
    key = SSHPublicKey._read(blob, comment if comment.isprintable() else "", "key")
    after, before = (_time(options, each) for each in ("valid-after", "valid-before"))
    if after is not None and before is not None and before <= after:
        _refuse("valid-before must be later than valid-after")
    return AllowedSigner(
        number,
        principals,
        key,
        cert_authority=_FLAG in options,
        namespaces=tuple(options["namespaces"].split(",")) if "namespaces" in options else None,
        valid_after=after,
        valid_before=before,
    )


def _read_principals(line: bytes) -> tuple[tuple[str, ...], str]:
    """Return the patterns at the start of a line, of which one part may be in quotes, and the rest of it."""
    stripped = line.strip(b" \t\r").replace(b"\t", b" ")
    try:
        text = stripped.decode()
    except UnicodeDecodeError:
        _refuse("expected UTF-8")
    if len(stripped.translate(None, _CONTROLS)) != len(stripped):
        _refuse("expected no control characters")
    names, _, rest = text.partition(" ")
    if '"' in names:
        before, _, after = text.partition('"')
        quoted, quote, rest = after.partition('"')
        if not quote:
            _refuse("expected a closing quote after the principals")
        names = before + quoted
    patterns = tuple(filter(None, names.split(",")))
    if not names.isprintable() or not patterns:
        _refuse("principals must be printable patterns with commas between them")
    return patterns, rest.lstrip(" ")


def _size_of_options(text: str) -> int:
    """Return the size of the options at the start of a text: they end at the first space that is not in quotes."""
    place, is_quoted = 0, False
    while place < len(text) and (is_quoted or text[place] != " "):
        if text.startswith('\\"', place):
            place += 1
        elif text[place] == '"':
            is_quoted = not is_quoted
        place += 1
    if is_quoted:
        _refuse("expected a closing quote after the options")
    return place


def _read_options(text: str) -> dict[str, str]:
    """Return the values of the options, with commas between them."""
    options: dict[str, str] = {}
    place = 0
    while place < len(text):
        if text[place : place + len(_FLAG)].lower() == _FLAG:
            options[_FLAG] = ""
            place += len(_FLAG)
        else:
            name = next((each for each in _OPTIONS if text[place : place + len(each) + 1].lower() == f"{each}="), None)
            if name is not None:
                if name in options:
                    _refuse(f"a second {name}")
                options[name], place = _unquoted(text, place + len(name) + 1, name)
        if place == len(text):
            break
        if text[place] != "," or place + 1 == len(text):
            _refuse("expected the name of a supported algorithm, or known options with commas between them")
        place += 1
    return options


def _unquoted(text: str, start: int, name: str) -> tuple[str, int]:
    """Return a value in quotes, where a backslash may escape a quote, and the place after it."""
    if not text.startswith('"', start):
        _refuse(f'{name} must be followed by ="')
    end = text.find('"', start + 1)
    while end > start + 1 and text[end - 1] == "\\":
        end = text.find('"', end + 1)
    if end < 0:
        _refuse(f"{name} has no closing quote")
    return text[start + 1 : end].replace('\\"', '"'), end + 1


def _time(options: dict[str, str], name: str) -> int | None:
    if name not in options:
        return None
    seconds = parse_time(options[name])
    if seconds is None:
        _refuse(f"{name} must be a time, YYYYMMDD[HHMM[SS]][Z]")
    return seconds


_ANY = ord("?")

# Patterns (ssh_config, PATTERNS) match bytes, in a time bounded by the product of their sizes.


def _bytes_of(text: str) -> bytes:
    """Return a name as ssh-keygen sees it: a byte of an argument that is not UTF-8 is that byte."""
    return text.encode("utf-8", "surrogateescape")


def matches(text: bytes, pattern: bytes) -> bool:
    """Return whether a text matches a pattern, where * stands for any bytes and ? for one."""
    place = start = 0
    star = -1
    for_star = 0
    while place < len(text):
        if pattern.startswith(b"*", start):
            star, for_star = start, place
            start += 1
        elif start < len(pattern) and pattern[start] in (_ANY, text[place]):
            start, place = start + 1, place + 1
        elif star >= 0:
            for_star += 1
            start, place = star + 1, for_star
        else:
            return False
    return not pattern[start:].strip(b"*")


def matches_list(text: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a text matches one of these patterns, and no pattern that begins with an exclamation mark."""
    found = False
    try:
        data = _bytes_of(text)
    except UnicodeEncodeError:  # no argument of a program is such a text
        return False
    for each in patterns:
        pattern = each.removeprefix("!").encode()
        if len(pattern) > _LONGEST_PATTERN:
            return False
        if matches(data, pattern):
            if each.startswith("!"):
                return False
            found = True
    return found
