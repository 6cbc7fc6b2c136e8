"""The matrix as text: docs/interop.md, and the output of `make interop`."""

from __future__ import annotations

from collections.abc import Sequence

from interop import ours
from interop.cells import rows
from interop.matrix import NOT_OFFERED, PASSED, Column

__all__ = ["page", "sections"]

HEAD = """# Interoperability

<!-- Made by `make interop`, never edited by hand. -->

This library against independent implementations: keys in every form, ciphertexts and signatures, in both directions.
Every cell was tried.

- `passed`: both sides agree.
- `not offered`: the other side has no such thing. Where there is something to call, it was called, and refused in the
  words that [offers.py](../tests/interop/offers.py) expects; else the program that speaks for it says that there is
  none.
- A dash: there is no such thing in this library.

```sh
make interop             # installs the implementations, tries every cell and writes this page; takes minutes
make interop JOBS=short  # five parameter sets, and nothing is written
```

It needs npm, Go 1.26, Maven and a JDK 24 or newer. Only the JDK may be missing, and then this page stays as it is.
Where the `openssl` of the path is older than 3.5, one is built from source, with a C compiler and Perl.

What is tried in a row is in [cells.py](../tests/interop/cells.py). In short:

- `read`: the other side uses a private key of ours (it decapsulates, or what it signs is valid) or a public key (it
  encapsulates, or verifies).
- `write`: a key of the other side loads here, belongs to its other half, and encodes to the same bytes here, but for
  PEM, whose lines may differ, and for encrypted keys.
- `seed`, `expanded` and `public key` are raw bytes. `PKCS#8` and `SPKI` are DER where nothing else is said.
- `JWK`: of the key type AKP, of ML-DSA (RFC 9964) and of SLH-DSA (draft-ietf-cose-sphincs-plus-06); compared are kty,
  alg, pub and priv.
- `implicit rejection`: a tampered ciphertext decapsulates to the same secret on both sides.
- `randomness given` and `deterministically`: the same bytes come out. `context`: with one that is not empty.
- `digest`: HashML-DSA (FIPS 204, 5.4) with SHA-512, or HashSLH-DSA (FIPS 205, 10.2.2) with the hash function that RFC
  9909 pairs with the set; with a context.
- SLH-DSA, and composite signatures, of draft-ietf-lamps-pq-composite-sigs-19, have a table of their own where the other
  side has them. Of SLH-DSA, the sets that sign slowly have fewer rows: what they do not try is the same for every set.
- `HPKE`: base mode of RFC 9180 with HKDF-SHA256 and AES-128-GCM.
"""


def _cell(column: Column, name: str, row: str) -> str:
    """Return a cell's text."""
    return column.outcome(name, row).word if row in rows(name) else "-"


def section(column: Column, sets: Sequence[str]) -> str:
    """Return the table of one implementation."""
    lines = [f"| | {' | '.join(sets)} | Not offered because |", "|---" * (len(sets) + 2) + "|"]
    found = dict.fromkeys(row for name in sets for row in rows(name))
    # Rows about keys come first, though some sets have fewer forms than others.
    for row in sorted(found, key=lambda row: not row.startswith(("key pair", "read ", "write "))):
        reasons = {column.outcome(name, row).why: None for name in sets if _cell(column, name, row) == NOT_OFFERED}
        cells = " | ".join(_cell(column, name, row) for name in sets)
        lines.append(f"| {row} | {cells} | {', '.join(reasons)} |")
    return "\n".join(lines)


def sections(column: Column, sets: Sequence[str]) -> str:
    """Return the tables of one implementation: of SLH-DSA and of composites if it has them, and of the rest."""
    families = {"a set of SLH-DSA": ours.SLHDSA_SETS, "a composite": ours.COMPOSITE_SETS}
    parts = [section(column, [name for name in sets if name not in {*ours.SLHDSA_SETS, *ours.COMPOSITE_SETS}])]
    for family, members in families.items():
        names = [name for name in sets if name in members]
        cells = [column.outcome(name, row) for name in names for row in rows(name)]
        if any(cell.word != NOT_OFFERED for cell in cells):
            parts.append(section(column, names))
        elif cells:
            reasons = dict.fromkeys(cell.why for cell in cells)
            parts.append(f"Every row with {family} is `{NOT_OFFERED}`: {', '.join(reasons)}.")
    return "\n\n".join(parts)


def page(columns: Sequence[Column]) -> str:
    """Return docs/interop.md."""
    lines = [HEAD, "| Implementation | Version | Passed | Not offered |", "|---|---|--:|--:|"]
    for column in columns:
        name, passed, missing = column.implementation.name, column.count(PASSED), column.count(NOT_OFFERED)
        lines.append(f"| {name} | {column.version} | {passed} | {missing} |")
    for column in columns:
        note = column.implementation.note
        lines += ["", f"## {column.implementation.name}", ""]
        lines += [f"It {note}.", ""] if note else []
        lines.append(sections(column, ours.SETS))
    return "\n".join(lines) + "\n"
