"""Statements about artifacts: in-toto Statement v1, v0.1 for reading, and the required fields of SLSA provenance v1.

A predicate is a plain dictionary of JSON values: the only package of models for them, in-toto-attestation, was last
released in 2023, and turns every number of a predicate into a floating-point number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from qynauth_pqc.dsse._envelope import sign
from qynauth_pqc.dsse._json import member, of_type, read_object
from qynauth_pqc.dsse._schemes import Scheme
from qynauth_pqc.errors import FormatError, expect, short
from qynauth_pqc.extend import input_memory, open_path, path_of, without_own_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Sequence

    from qynauth_pqc.extend import BytesLike, StrPath
    from qynauth_pqc.signer import Signer

__all__ = ["IN_TOTO", "SLSA_PROVENANCE", "Statement", "subject_of"]

IN_TOTO = "application/vnd.in-toto+json"
"""The type of a payload that is a statement."""
SLSA_PROVENANCE = "https://slsa.dev/provenance/v1"
"""The type of a predicate about the build of an artifact."""

_NAME = "statement"
_TYPE = "https://in-toto.io/Statement/v1"
_TYPES = (_TYPE, "https://in-toto.io/Statement/v0.1")
"""The versions that are read. Their members are the same; in v0.1 each subject must have a name."""
_DIGEST = "sha256"
_HEXADECIMAL = frozenset("0123456789abcdef")
_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64, "sha3_256": 32, "sha3_384": 48, "sha3_512": 64}
"""Sizes of the digests that are checked, in bytes. Other digests are not checked: they are names of any kind."""


class Statement:
    """A statement about artifacts: in-toto Statement v1. `parse` also reads v0.1.

    Attributes:
        subjects: the artifacts, each a dictionary with `digest` and mostly `name`.
        predicate_type: the URI of the kind of the predicate.
        predicate: the predicate, as values of JSON.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> from qynauth_pqc.dsse import verify
    >>> key = MLDSAPrivateKey.generate()
    >>> artifact = {"name": "letter.txt", "digest": {"sha256": hashlib.sha256(b"Dear reader").hexdigest()}}
    >>> envelope = Statement([artifact], "https://example.com/review/v1", {"approved": True}).sign([key])
    >>> verified = verify(envelope, payload_type=IN_TOTO, keys=[key.public_key])
    >>> verified.statement("https://example.com/review/v1", artifact).predicate
    {'approved': True}
    """

    __slots__ = ("_encoded", "predicate", "predicate_type", "subjects")

    subjects: tuple[dict[str, object], ...]
    predicate_type: str
    predicate: dict[str, object]
    _encoded: bytes

    @without_own_frames
    def __init__(
        self, subjects: Sequence[Mapping[str, object]], predicate_type: str, predicate: Mapping[str, object]
    ) -> None:
        """Take the artifacts and the predicate.

        Args:
            subjects: the artifacts, in a list or a tuple: dictionaries as `subject_of` returns them.
            predicate_type: the URI of the kind of the predicate, such as `SLSA_PROVENANCE`.
            predicate: the predicate: a dictionary that `json.dumps` writes.

        Raises:
            FormatError: there are no subjects, one has no digest, a number is NaN or infinite, or a field is
                missing or of a wrong type; with the type `SLSA_PROVENANCE`, also a required field of the predicate.
            TypeError: the predicate holds a value that `json.dumps` does not write.
        """
        expect(subjects, (list, tuple), "subjects")
        expect(predicate_type, str, "predicate_type")
        for each in subjects:
            expect(each, Mapping, "a subject")
        expect(predicate, Mapping, "predicate")
        rows = [dict(each) for each in subjects]
        members = {"_type": _TYPE, "subject": rows, "predicateType": predicate_type, "predicate": dict(predicate)}
        try:
            text = json.dumps(members, allow_nan=False, separators=(",", ":"))
        except (RecursionError, ValueError):
            raise FormatError.at(_NAME, "expected what JSON can hold", "predicate") from None
        self._read(text.encode("ascii"))

    @classmethod
    @without_own_frames
    def parse(cls, data: BytesLike) -> Statement:
        """Read a statement from JSON. Members that the format does not define are skipped, as the format demands.

        Args:
            data: one JSON object in UTF-8, of at most 16777216 bytes.

        Raises:
            FormatError: it is no Statement of version 1 or 0.1, has a member twice, or trailing data; see `Statement`.
        """
        found = object.__new__(cls)
        found._read(bytes(input_memory(data, _NAME)))
        return found

    def _read(self, data: bytes) -> None:
        members = read_object(data, _NAME)
        version = member(members, "_type", str, _NAME)
        if version not in _TYPES:
            raise FormatError.at(_NAME, f"expected {' or '.join(_TYPES)}", "_type")
        rows = member(members, "subject", list, _NAME)
        self.subjects = tuple(_subject(row, f"subject[{number}]") for number, row in enumerate(rows))
        if not self.subjects:
            raise FormatError.at(_NAME, "expected at least one subject", "subject")
        if version != _TYPE:
            for number, row in enumerate(self.subjects):
                member(row, "name", str, _NAME, f"subject[{number}].")
        self.predicate_type = _uri(members, "predicateType", "")
        self.predicate = {}
        if members.get("predicate") is not None:
            self.predicate = member(members, "predicate", dict, _NAME)
        if self.predicate_type == SLSA_PROVENANCE:
            _check_provenance(self.predicate)
        self._encoded = data

    def to_bytes(self) -> bytes:
        """Return the statement in JSON."""
        return self._encoded

    @without_own_frames
    def sign(self, signers: Sequence[Signer], *, scheme: str = Scheme.PAE) -> bytes:
        """Return an envelope of the type `IN_TOTO` with the statement, as the function `sign` makes it."""
        return sign(self._encoded, IN_TOTO, signers, scheme=scheme)

    def is_about(self, artifact: Mapping[str, object]) -> bool:
        """Return whether an artifact is a subject, by its digest alone, as in-toto compares them.

        Args:
            artifact: the result of `subject_of`, or another dictionary with `digest`. All common digests with a subject
                must be equal, and at least one must be common; so it should have digests of secure hash functions only.

        Raises:
            FormatError: the artifact has no digest, or a malformed one.
        """
        expect(artifact, Mapping, "artifact")
        digest = _subject(dict(artifact), "artifact")["digest"]
        return any(_match(digest, each["digest"]) for each in self.subjects)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        """Show the type of the predicate and the number of subjects."""
        count = f"{len(self.subjects)} subject{'s' if len(self.subjects) != 1 else ''}"
        return f"<{type(self).__name__}: {short(self.predicate_type)!r}, {count}>"


def subject_of(path: StrPath, name: str | None = None) -> dict[str, object]:
    """Return a file as a subject: its name and its SHA-256. It is read in constant memory.

    Args:
        path: the file.
        name: the name of the artifact; by default the last part of the path.

    Raises:
        OSError: the file cannot be read.
    """
    expect(name, (str, type(None)), "name")
    with open_path(path) as file:
        digest = hashlib.file_digest(file, _DIGEST).hexdigest()
    return {"name": path_of(path).rpartition("/")[2] if name is None else name, "digest": {_DIGEST: digest}}


def _match(wanted: Mapping[str, str], present: Mapping[str, str]) -> bool:
    common = wanted.keys() & present.keys()
    return bool(common) and all(wanted[name] == present[name] for name in common)


def _uri(members: dict[str, object], name: str, where: str) -> str:
    """Return a member that is a URI. Only its scheme is checked (RFC 3986, section 3)."""
    text = member(members, name, str, _NAME, where)
    if not text.isprintable() or text.find(":") <= 0:
        raise FormatError.at(_NAME, "expected a URI", where + name)
    return text


def _subject(row: object, where: str) -> dict[str, object]:
    """Return a subject after checking its digests."""
    members = of_type(row, dict, _NAME, where)
    digest = member(members, "digest", dict, _NAME, f"{where}.")
    if not digest:
        raise FormatError.at(_NAME, "expected at least one digest", f"{where}.digest")
    for name, value in digest.items():
        size = _DIGEST_BYTES.get(name)
        if not isinstance(value, str) or not value:
            raise FormatError.at(_NAME, "expected digests that are text", f"{where}.digest")
        if size is not None and (len(value) != 2 * size or not _HEXADECIMAL.issuperset(value)):
            raise FormatError.at(
                _NAME, f"expected {2 * size} hexadecimal digits in lower case", f"{where}.digest.{name}"
            )
    for name in ("name", "uri"):
        if members.get(name) is not None:
            member(members, name, str, _NAME, f"{where}.")
    return members


def _check_provenance(predicate: dict[str, object]) -> None:
    """Check the fields that SLSA requires (SLSA 1.0, provenance)."""
    definition = member(predicate, "buildDefinition", dict, _NAME, "predicate.")
    _uri(definition, "buildType", "predicate.buildDefinition.")
    member(definition, "externalParameters", dict, _NAME, "predicate.buildDefinition.")
    details = member(predicate, "runDetails", dict, _NAME, "predicate.")
    builder = member(details, "builder", dict, _NAME, "predicate.runDetails.")
    _uri(builder, "id", "predicate.runDetails.builder.")
