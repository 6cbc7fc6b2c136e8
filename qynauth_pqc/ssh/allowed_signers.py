"""The file of allowed signers, allowed_signers (ssh-keygen(1), ALLOWED SIGNERS)."""

from __future__ import annotations

from qynauth_pqc.errors import FormatError, UnsupportedError, expect
from qynauth_pqc.extend import read_public, without_own_frames
from qynauth_pqc.ssh._times import parse_time, seconds_of, shown
from qynauth_pqc.ssh.errors import Rule, SSHVerificationError
from qynauth_pqc.ssh.keys import LONGEST_FILE, SSHPublicKey, contents_of, read_line, read_lines

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from typing import NoReturn, Self

    from qynauth_pqc.extend import BytesLike, StrPath

__all__ = ["AllowedSigner", "AllowedSigners"]

_WHAT = "allowed signers"
_FLAG, _OPTIONS = "cert-authority", ("namespaces", "valid-after", "valid-before")


class AllowedSigner:
    """One line of the file.

    Attributes:
        line: its number, from 1.
        principals: the patterns of the principals who have the key, as in the line.
        key: the key; None if its algorithm is not supported, so that it verifies nothing.
        cert_authority: whether the key is for certificates, so that it verifies nothing here either.
        namespaces: the patterns of the namespaces in which the key may sign; None for all.
        valid_after: the first second in which the key is valid, in Unix time; None for no start.
        valid_before: the last second in which the key is valid, in Unix time; None for no end.
    """

    __slots__ = ("cert_authority", "key", "line", "namespaces", "principals", "valid_after", "valid_before")

    def __init__(  # noqa: PLR0913 - the fields of a line
        self,
        line: int,
        principals: tuple[str, ...],
        key: SSHPublicKey | None,
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

    def _refusal(self, principal: str | None, namespace: str | None, seconds: int) -> tuple[Rule, str] | None:
        """Return the rule of the line that a signature with its key breaks, and the message about it."""
        if self.cert_authority:
            return Rule.CERT_AUTHORITY, "its key is for certificates (cert-authority), which are not supported"
        if principal is not None and not matches_list(principal, self.principals):
            return Rule.PRINCIPAL, "its key is another principal's"
        if namespace is not None and self.namespaces is not None and not matches_list(namespace, self.namespaces):
            return Rule.NAMESPACES, "its key may not sign in this namespace"
        if self.valid_after is not None and seconds < self.valid_after:
            return Rule.VALID_AFTER, f"its key is not valid before {shown(self.valid_after)}, at {shown(seconds)}"
        if self.valid_before is not None and seconds > self.valid_before:
            return Rule.VALID_BEFORE, f"its key is not valid after {shown(self.valid_before)}, at {shown(seconds)}"
        return None


class AllowedSigners:
    """The lines of an allowed_signers file. All of them are read and checked before one is used.

    >>> from qynauth_pqc.ssh import SSHPrivateKey
    >>> line = SSHPrivateKey.generate().public_key.to_line()
    >>> signers = AllowedSigners.parse(f'frodo@shire.example namespaces="git" {line}')
    >>> [each.principals for each in signers]
    [('frodo@shire.example',)]
    """

    __slots__ = ("_by_key", "_keys", "_lines")

    _by_key: dict[bytes, list[AllowedSigner]]
    _keys: dict[bytes, SSHPublicKey]
    _lines: list[AllowedSigner]

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse: they come from the class methods."""
        raise TypeError(f"{cls.__name__} has no constructor; use its class methods")

    @classmethod
    @without_own_frames
    def parse(cls, text: str | BytesLike) -> Self:
        """Read the contents of a file.

        Keys of security keys and lines with `cert-authority` are read, and accept no signature. Times without a Z are
        in local time.

        Args:
            text: the lines, in UTF-8, at most 67108864 bytes.

        Raises:
            FormatError: a line is malformed, has an unknown or repeated option, or has a key with a wrong encoding;
                the position is its number.
        """
        signers = object.__new__(cls)
        signers._lines = read_lines(contents_of(text, _WHAT), _WHAT, _read_signer)
        signers._by_key, signers._keys = {}, {}
        for each in signers._lines:
            if each.key is not None:
                signers._keys.setdefault(each.key.blob, each.key)
                signers._by_key.setdefault(each.key.blob, []).append(each)
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
        """Return the lines, in their order."""
        return iter(self._lines)

    def __len__(self) -> int:
        """Return the number of lines, without comments and empty ones."""
        return len(self._lines)

    def __repr__(self) -> str:
        """Show the number of lines."""
        return f"<{type(self).__name__}: {len(self)} lines>"

    @without_own_frames
    def find(
        self,
        key: SSHPublicKey,
        *,
        principal: str | None = None,
        namespace: str | None = None,
        when: datetime | None = None,
    ) -> AllowedSigner:
        """Return the first line that allows a signature with a key.

        Args:
            key: the key that signed.
            principal: the expected signer; None for anyone.
            namespace: the namespace of the signature; None if it does not matter.
            when: the time of the signature, with a time zone; None for now.

        Raises:
            SSHVerificationError: no line allows it; its rule is the one that the first line with the key breaks, or
                `Rule.KEY` if no line has the key.
        """
        expect(key, SSHPublicKey, "key")
        expect(principal, (str, type(None)), "principal")
        expect(namespace, (str, type(None)), "namespace")
        return self._find(key, principal, namespace, seconds_of(when))

    def _find(self, key: SSHPublicKey, principal: str | None, namespace: str | None, seconds: int) -> AllowedSigner:
        first: SSHVerificationError | None = None
        for each in self._by_key.get(key.blob, ()):
            refusal = each._refusal(principal, namespace, seconds)
            if refusal is None:
                return each
            message = f"line {each.line} of the allowed signers: {refusal[1]}"
            first = first or SSHVerificationError(message, refusal[0])
        raise first or SSHVerificationError(f"no allowed signer has the key {key.fingerprint()}", Rule.KEY)


def _refuse(rule: str) -> NoReturn:
    raise FormatError.at(_WHAT, rule, 0)


def _read_signer(line: str, number: int) -> AllowedSigner:
    """Return the contents of a line, which has no spaces around it."""
    principals, rest = _read_principals(line)
    options, text = _read_options(rest)
    try:
        key = SSHPublicKey._read(*read_line(text, _WHAT), _WHAT)
    except UnsupportedError:  # the line is well formed, but its key verifies nothing here
        key = None
    after, before = (_time(options, each) for each in ("valid-after", "valid-before"))
    if after is not None and before is not None and before <= after:
        _refuse("valid-before must be later than valid-after")
    namespaces = _patterns(options["namespaces"], "namespaces") if "namespaces" in options else None
    return AllowedSigner(
        number,
        principals,
        key,
        cert_authority=_FLAG in options,
        namespaces=namespaces,
        valid_after=after,
        valid_before=before,
    )


def _read_principals(line: str) -> tuple[tuple[str, ...], str]:
    """Return the patterns at the start of a line, which may be in quotes, and the rest of it."""
    line = line.replace("\t", " ")
    if line.startswith('"'):
        text, quote, rest = line[1:].partition('"')
        if not quote or not rest.startswith(" "):
            _refuse("expected a quote and a space after the principals")
    else:
        text, _, rest = line.partition(" ")
    if '"' in text or not rest:
        _refuse("expected principals, options and a key")
    return _patterns(text, "principals"), rest.strip(" ")


def _patterns(text: str, name: str) -> tuple[str, ...]:
    patterns = tuple(text.split(","))
    if not text.isprintable() or not all(each.removeprefix("!") for each in patterns):
        _refuse(f"{name} must be patterns, none of them empty, with commas between them")
    return patterns


def _read_options(text: str) -> tuple[dict[str, str], str]:
    """Return the options at the start of a text, if there are any, and the rest of it."""
    options: dict[str, str] = {}
    while True:
        name = next((each for each in (_FLAG, *_OPTIONS) if text[: len(each)].lower() == each), None)
        if name is None:
            if options:
                _refuse("unknown option")
            return options, text
        if name in options:
            _refuse(f"a second {name}")
        text = text[len(name) :]
        options[name] = ""
        if name != _FLAG:
            if not text.startswith('="'):
                _refuse(f'{name} must be followed by ="')
            options[name], text = _unquoted(text[2:], name)
        if text.startswith(","):
            text = text[1:]
        elif text.startswith(" "):
            return options, text.strip(" ")
        else:
            _refuse(f"expected a comma or a space after {name}")


def _unquoted(text: str, name: str) -> tuple[str, str]:
    """Return the text before the closing quote, where a backslash may escape a quote, and the text after it."""
    end = text.find('"')
    while end > 0 and text[end - 1] == "\\":
        end = text.find('"', end + 1)
    if end < 0:
        _refuse(f"{name} has no closing quote")
    return text[:end].replace('\\"', '"'), text[end + 1 :]


def _time(options: dict[str, str], name: str) -> int | None:
    if name not in options:
        return None
    seconds = parse_time(options[name])
    if seconds is None:
        _refuse(f"{name} must be a time, YYYYMMDD[HHMM[SS]][Z]")
    return seconds


# Patterns (ssh_config, PATTERNS), in a time bounded by the product of their sizes.


def matches(text: str, pattern: str) -> bool:
    """Return whether a text matches a pattern, where * stands for any characters and ? for one."""
    place = start = 0
    star = -1
    for_star = 0
    while place < len(text):
        if start < len(pattern) and pattern[start] == "*":
            star, for_star = start, place
            start += 1
        elif start < len(pattern) and pattern[start] in ("?", text[place]):
            start, place = start + 1, place + 1
        elif star >= 0:
            for_star += 1
            start, place = star + 1, for_star
        else:
            return False
    return not pattern[start:].strip("*")


def matches_list(text: str, patterns: Iterable[str]) -> bool:
    """Return whether a text matches one of these patterns, and no pattern that begins with an exclamation mark."""
    found = False
    for pattern in patterns:
        if matches(text, pattern.removeprefix("!")):
            if pattern.startswith("!"):
                return False
            found = True
    return found
