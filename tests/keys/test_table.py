"""The table of algorithms in C shows what the classes of keys say about their families."""

from __future__ import annotations

from qynauth_pqc import CompositeParameterSet
from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.parameter_sets import FAMILIES, ROWS
from qynauth_pqc._keys.private_key import PrivateKey


def test_family_is_of_one_class() -> None:
    """The sets of a class have the family that its name begins with, and no other class has it."""
    families = {(kind, each.family) for kind, each in loadable(PrivateKey)}
    assert len({kind for kind, _ in families}) == len({family for _, family in families}) == len(families)
    for kind, family in families:
        assert kind.__name__.upper() == f"{family.replace('-', '')}PrivateKey".upper()


def test_composites_alone_have_a_hash_function_which_their_names_end_with() -> None:
    """MLDSA65-Ed25519-SHA512 hashes each message by SHA-512."""
    for name, row in ROWS.items():
        assert (row.pre_hash != 0) == (FAMILIES[name] == "composite"), name
    for each in CompositeParameterSet:
        assert each.prehash is not None
        assert each.endswith(f"-{each.prehash.replace('-', '')}")


def test_forms_of_private_keys_are_those_of_their_class() -> None:
    """The seed, the expanded form, or all three forms; the default of `to_pkcs8` is the first."""
    forms = {1: ("seed",), 2: ("expanded",), 3: ("seed", "expanded", "both")}
    for kind, each in loadable(PrivateKey):
        assert forms[ROWS[each].private_key_forms] == kind._forms, each
