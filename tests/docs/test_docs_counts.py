"""The numbers in the documentation: what counts something is compared with a count of it."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from conftest import MLDSA, MLKEM, ROOT
from header import functions
from pages import TEXTS, table

from qynauth_pqc import CompositeParameterSet, CompositePrivateKey, MLDSAPrivateKey, MLKEMPrivateKey
from qynauth_pqc._keys.parameter_sets import ROWS
from qynauth_pqc.native import lib
from qynauth_pqc.prehash import PREHASHES
from qynauth_pqc.validation.run import PARTS

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
WORDS += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
N = rf"\b(\d[\d,]*|{'|'.join(WORDS)})"


def rust(path: str, constant: str) -> int:
    """Return the value of a constant in the sources of a crate."""
    source = (ROOT / "crates" / path).read_text(encoding="utf-8")
    return int(re.findall(rf"const {constant}: usize = (\d+);", source)[0])


SIGNATURES = rust("pqc-core/src/engine/items.rs", "SIGNATURE_CHUNK")
KEMS = rust("pqc-core/src/engine/items.rs", "KEM_CHUNK")
PEERS = re.findall(r"^\| [^|]+ \| [^|]+ \| \d+ \| \d+ \|$", TEXTS["docs/interop.md"], re.MULTILINE)
DESIGN = [name for name in functions() if name.startswith(("mlkem_", "mldsa_"))]
COUNTS = {
    "all N (?:parameter )?sets": len(MLKEM) + len(MLDSA),
    "N hash functions": len(PREHASHES),
    "N names (?:of the design|`mlkem)": len(DESIGN),
    "PASSED N functions": len(functions()),
    "functions, N algorithms": len(ROWS),
    "N other implementations": len(PEERS),
    "N languages": sum(folder.is_dir() and folder.name != "auth_service" for folder in (ROOT / "examples").iterdir()),
    "(?:in|All|the) N parts": len(PARTS),
    r"N (?:items )?(?:\(signatures\)|items of ML-DSA or)": SIGNATURES,
    r"(?:\(signatures\)|of ML-DSA) or N (?:of a KEM|\(KEM)": KEMS,
    "There are N shards": rust("pqc-ffi/src/counters.rs", "SHARDS"),
    "a cell of a pool of N": rust("pqc-ffi/src/counters.rs", "POOL"),
    r"N bytes \(`PQC_MAXENCODEDKEYBYTES": lib.PQC_MAXENCODEDKEYBYTES,
    r"ceiling is N \(`PQC_DEFAULT_KDF_COST": lib.PQC_DEFAULT_KDF_COST,
}


def value(number: str) -> int:
    """Return the number that digits or a word stand for."""
    return WORDS.index(number) if number in WORDS else int(number.replace(",", ""))


@pytest.mark.parametrize("pattern", COUNTS)
def test_pages_count_right(pattern: str) -> None:
    """Wherever a page says how many there are, and at least one page does; generated pages aside."""
    texts = [text for name, text in TEXTS.items() if name not in {"docs/interop.md", "docs/proofs.md"}]
    found = re.findall(pattern.replace("N", N, 1), " ".join(" ".join(texts).split()))
    assert {value(number) for number in found} == {COUNTS[pattern]}


def test_counts_of_the_proofs_are_those_of_their_rows() -> None:
    """The table that ends the page counts the rows of the others by label."""
    rows, _, counts = TEXTS["docs/proofs.md"].partition("## Counts")
    statements = table(re.sub(r"\\\|", "", rows.partition("## ML-KEM")[2]))
    labels = Counter(row[1].partition(":")[0] for row in statements)
    expected = {label: labels[label] for label in ("PROVED", "EXHAUSTED-IN-PART", "TESTED")}
    assert {row[0]: int(row[1]) for row in table(counts)[2:]} == expected


def test_sizes_of_encoded_keys_are_those_of_the_library() -> None:
    """In DER, for each form of a private key."""
    keys = MLKEMPrivateKey.generate("ML-KEM-768"), MLDSAPrivateKey.generate("ML-DSA-65")
    for form in ("seed", "expanded", "both"):
        [row] = [row for row in table(TEXTS["docs/key-formats.md"]) if row[0].partition("`")[0] == form]
        assert row[2] == " / ".join(str(len(key.to_pkcs8(form=form, encoding="DER"))) for key in keys)


def test_sizes_of_x_wing_are_those_of_the_library() -> None:
    """The rows of its page."""
    sizes = {row[0].replace(" ", "_"): row[1] for row in table(TEXTS["docs/xwing.md"]) if row[1].isdigit()}
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


def test_page_on_composites_counts_the_algorithms_of_the_draft() -> None:
    """Those that are here and those that are not."""
    [count, total] = re.findall(rf"{N} of its {N} algorithms", " ".join(TEXTS["docs/limitations.md"].split()))[0]
    [others] = re.findall(rf"draft has {N} more", TEXTS["docs/composite.md"])
    assert value(count) == len(CompositeParameterSet)
    assert value(total) == value(count) + value(others)


def test_cases_of_the_vectors_add_up() -> None:
    """NIST's and Wycheproof's, in the first row of the table and below it."""
    checks = TEXTS["docs/checks.md"]
    [parts] = re.findall(r"ACVP vectors \(([\d,]+)\) and Wycheproof's \(([\d,]+)\)", checks)
    assert sum(map(value, parts)) == value(re.findall(r"all ([\d,]+) cases pass", checks)[0])


def test_mutants_of_each_row_add_up() -> None:
    """Each mutant was noticed, refused by the compiler, or survived."""
    rows = [[int(cell) for cell in row[1:]] for row in table(TEXTS["docs/mutants.md"]) if row[1].isdigit()]
    assert rows
    assert [first for first, *rest in rows if first != sum(rest)] == []


def test_lines_of_the_prover_are_about_as_many_as_assurance_says() -> None:
    """Within a tenth."""
    [said] = re.findall(r"about ([\d,]+) lines of Rust", TEXTS["docs/assurance.md"])
    files = [*(ROOT / "crates/pqc-simd/src/proofs").rglob("*.rs"), *(ROOT / "tools/prove").rglob("*.rs")]
    counted = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files if "target" not in path.parts)
    assert counted == pytest.approx(value(said), rel=0.1)


def test_summary_of_the_benchmarks_is_the_same_on_both_pages() -> None:
    """`make bench` writes both."""
    summaries = {
        re.findall(r"<!-- begin summary -->.*<!-- end summary -->", TEXTS[name], re.DOTALL)[0]
        for name in ("README.md", "docs/benchmarks.md")
    }
    assert len(summaries) == 1


def test_speed_against_libcrux_is_what_was_measured() -> None:
    """The least and the greatest ratio of medians, with AVX2 or AVX-512, for what both engines were measured at."""
    measured = json.loads((ROOT / "docs" / "benchmarks" / "engine.json").read_text(encoding="utf-8"))["times"].values()
    both = [{path: time["median"] for path, time in times.items()} for times in measured if "libcrux" in times]
    ratios = [times["libcrux"] / times[path] for times in both for path in ("avx2", "avx512")]
    text = " ".join(" ".join(TEXTS.values()).split())
    said = re.findall(r"([\d.]+ to [\d.]+x) (?:slower than our own|faster than libcrux)", text)
    assert set(said) == {f"{min(ratios):.1f} to {max(ratios):.0f}x"}
