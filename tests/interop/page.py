"""The matrix as text: docs/results/interop.md, and the output of `make interop`."""

from __future__ import annotations

from collections.abc import Sequence

from interop import ours
from interop.cells import rows
from interop.matrix import NOT_OFFERED, PASSED, Column

__all__ = ["page", "sections"]

HEAD = """# Interoperability

<!-- Made by `make interop`, never edited by hand. -->

The tables show keys in every form, ciphertexts and signatures that pass between this library and independent
implementations, in both directions. Every cell was tried.

- `passed`: both sides agree.
- `not offered`: the other side lacks the feature. A call that exists was made, and failed with the message that
  [offers.py](../../tests/interop/offers.py) expects. Otherwise the program for that side reports that there is no call.
- A dash: this library lacks the feature.

```sh
make interop             # installs the implementations, tries every cell and writes this page; takes minutes
make interop JOBS=short  # five parameter sets, and nothing is written
```

It needs npm, Go 1.26, Maven and a JDK 24 or newer. Only the JDK may be missing, and then this page stays as it is.
If the `openssl` of the path is older than 3.5, it is built from source, with a C compiler and Perl.

[cells.py](../../tests/interop/cells.py) defines the rows. In short:

- `read`: the other side uses our private key (it decapsulates, or makes a valid signature) or our public key (it
  encapsulates, or verifies).
- `write`: a key of the other side loads here, belongs to its other half, and encodes to the same bytes here. The
  lines of PEM may differ, and so may encrypted keys.
- `seed`, `expanded` and `public key` are raw bytes. `PKCS#8` and `SPKI` are DER unless the row says otherwise.
- `JWK`: of the key type AKP, for ML-DSA (RFC 9964) and SLH-DSA (draft-ietf-cose-sphincs-plus-06). The comparison
  covers kty, alg, pub and priv.
- `implicit rejection`: a tampered ciphertext decapsulates to the same secret on both sides.
- `randomness given` and `deterministically`: both sides make the same bytes. `context`: with a non-empty context.
- `digest`: HashML-DSA (FIPS 204, 5.4) with SHA-512, or HashSLH-DSA (FIPS 205, 10.2.2) with the hash function that RFC
  9909 pairs with the set; with a context.
- SLH-DSA, and composite signatures of draft-ietf-lamps-pq-composite-sigs-19, have separate tables if the other
  side has them. The slow sets of SLH-DSA have fewer rows: the omitted rows are the same for every set.
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
    """Return docs/results/interop.md."""
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
