"""The sizes and identifiers in the tables of the documentation match the library."""

from __future__ import annotations

import pytest
from pages import TEXTS, table

from qynauth_pqc import CompositeParameterSet, CompositePrivateKey, MLDSAPrivateKey, MLKEMPrivateKey
from qynauth_pqc._keys.parameter_sets import ROWS


def test_sizes_of_encoded_keys_are_those_of_the_library() -> None:
    """The sizes are for DER, for each form of a private key."""
    keys = MLKEMPrivateKey.generate("ML-KEM-768"), MLDSAPrivateKey.generate("ML-DSA-65")
    for form in ("seed", "expanded", "both"):
        [row] = [row for row in table(TEXTS["docs/key-formats.md"]) if row[0].partition("`")[0] == form]
        assert row[2] == " / ".join(str(len(key.to_pkcs8(form=form, encoding="DER"))) for key in keys)


def test_sizes_of_hybrids_are_those_of_the_library() -> None:
    """The rows of their page are compared."""
    rows = [row for row in table(TEXTS["docs/xwing.md"]) if row[1].isdigit()]
    columns = ["seed", "public_key", "ciphertext", "shared_secret"]
    hybrids = {row[0]: [int(size) for size in row[1:]] for row in rows if row[0] in ROWS}
    assert hybrids == {
        name: [getattr(ROWS[name], f"{column}_bytes") for column in columns]
        for name in ("MLKEM768-P256", "MLKEM1024-P384")
    }
    sizes = {row[0].replace(" ", "_"): row[1] for row in rows if row[0] not in ROWS}
    assert len(sizes) == 4
    assert {name: getattr(ROWS["X-Wing"], f"{name}_bytes") for name in sizes} == {n: int(s) for n, s in sizes.items()}


@pytest.mark.parametrize("composite", CompositeParameterSet)
def test_row_of_a_composite_has_its_sizes_and_its_object_identifier(composite: CompositeParameterSet) -> None:
    """The identifier is the one in the keys, and ends in the number that ends the id."""
    [row] = [row for row in table(TEXTS["docs/composite.md"]) if row[0] == composite]
    assert row[3:] == [str(composite.public_key_bytes), str(composite.signature_bytes)]
    last = composite.id & 0xFFFF
    assert row[1] == f"1.3.6.1.5.5.7.6.{last}"
    encoded = CompositePrivateKey.generate(composite).public_key.to_spki("DER")
    assert bytes([6, 8, 43, 6, 1, 5, 5, 7, 6, last]) in encoded[:20]
