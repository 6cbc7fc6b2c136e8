"""The binary interface: abidiff compares the header with the baseline, and an incompatible change fails."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

HEADER = (ROOT / "include" / "pqc_ffi.h").read_text(encoding="utf-8")
RULES = (ROOT / "docs" / "abi.md").read_text(encoding="utf-8")
DECAPSULATE = re.findall(r"^PqcStatus pqc_decapsulate\(.*?\);\n", HEADER, re.DOTALL | re.MULTILINE)[0]

INCOMPATIBLE = {
    "a function is removed": (DECAPSULATE, ""),
    "a function is renamed": ("PqcStatus pqc_decapsulate(", "PqcStatus pqc_decaps("),
    "a parameter is removed": ("uint32_t flags, MlKemKeyPair **key_pair", "MlKemKeyPair **key_pair"),
    "a parameter is added": (
        "uint32_t flags, MlKemKeyPair **key_pair",
        "uint32_t flags, int x, MlKemKeyPair **key_pair",
    ),
    "a parameter has a wider type": (
        "uint32_t flags, MlKemKeyPair **key_pair",
        "uint64_t flags, MlKemKeyPair **key_pair",
    ),
    "a handle has another type": (
        "const PqcPrivateKey *private_key, FFIBuffer *seed",
        "const PqcPublicKey *private_key, FFIBuffer *seed",
    ),
    "a function returns another type": ("uint32_t ffi_abi_version(", "uint64_t ffi_abi_version("),
    "a field is added to a fixed struct": ("    size_t reserved;", "    size_t reserved;\n    size_t more;"),
    "fields change places": ("    uint8_t *data;\n", "    size_t first;\n    uint8_t *data;\n"),
    "a field has another type": ("    size_t len;", "    uint32_t len;"),
    "a status has another number": ("PQC_STATUS_CIPHERTEXT_LENGTH = 23", "PQC_STATUS_CIPHERTEXT_LENGTH = 33"),
    "a status is removed": ("    PQC_STATUS_CIPHERTEXT_LENGTH = 23,\n", ""),
    "a constant has another value": ("#define PQC_KEY_AVX2 2\n", "#define PQC_KEY_AVX2 16\n"),
    "a constant is removed": ("#define PQC_KEY_AVX2 2\n", ""),
    "a struct that grows gets a field in front": ("    size_t size;\n", "    uint64_t more;\n    size_t size;\n"),
    "the metrics have fewer buckets": ("#define FFI_METRICS_BUCKETS 528\n", "#define FFI_METRICS_BUCKETS 500\n"),
    "an action has another number": ("PQC_ACTION_SIGN = 4", "PQC_ACTION_SIGN = 9"),
}
COMPATIBLE = {
    "nothing": ("", ""),
    "a function is added": ("uint32_t ffi_abi_version(void);", "uint32_t ffi_abi_version(void);\nint ffi_more(void);"),
    "a status is added": ("    PQC_STATUS_PANIC = 99,", "    PQC_STATUS_PANIC = 99,\n    PQC_STATUS_MORE = 100,"),
    "a constant is added": ("#define PQC_KEY_AVX2 2\n", "#define PQC_KEY_AVX2 2\n#define PQC_KEY_MORE 512\n"),
    "a parameter has another name": (
        "uint32_t flags, MlKemKeyPair **key_pair",
        "uint32_t flags, MlKemKeyPair **out",
    ),
    "an action is added": ("    PQC_ACTION_VERIFY = 5,", "    PQC_ACTION_VERIFY = 5,\n    PQC_ACTION_MORE = 6,"),
    "a struct that grows gets a field at its end": ("} FFIMetrics;", "    uint64_t more;\n} FFIMetrics;"),
}


def check(header: Path) -> subprocess.CompletedProcess[str]:
    """Compare a header with the baseline."""
    if shutil.which("abidiff") is None:
        pytest.skip("abidiff is not installed: apt-get install abigail-tools")
    command = ["sh", "tools/abi/abi.sh", "check", str(header)]
    result = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    if "there is no baseline" in result.stderr:
        pytest.skip(result.stderr.strip())
    return result


def variant(folder: Path, old: str, new: str) -> Path:
    """Write the header with one change."""
    assert old in HEADER
    path = folder / "pqc_ffi.h"
    path.write_text(HEADER.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("change", COMPATIBLE.values(), ids=COMPATIBLE.keys())
def test_compatible_change_passes(tmp_path: Path, change: tuple[str, str]) -> None:
    """The header passes unchanged, and with each addition that the rules allow in a minor release."""
    result = check(variant(tmp_path, *change))
    assert result.returncode == 0, f"{result.stdout}{result.stderr}\nIf a break is meant: docs/abi.md"


@pytest.mark.parametrize("change", INCOMPATIBLE.values(), ids=INCOMPATIBLE.keys())
def test_incompatible_change_fails(tmp_path: Path, change: tuple[str, str]) -> None:
    """The variant compiles, and abidiff (not its absence or a usage error) finds the change: its bit 4 is set."""
    result = check(variant(tmp_path, *change))
    assert result.returncode & 0b111 == 0b100, result.stdout + result.stderr


def test_structs_carry_a_size_or_never_change() -> None:
    """A struct of the header begins with `size`, or is in the list of structs that never grow."""
    structs = re.findall(r"^typedef struct \{\n(.*?)^\} (\w+);", HEADER, re.DOTALL | re.MULTILINE)
    fields = {name: re.findall(r"^    (\w.*);", body, re.MULTILINE) for body, name in structs}
    fixed = re.findall(r"`(\w+)`", re.findall(r"^Fixed structs: (.*?)\.$", RULES, re.DOTALL | re.MULTILINE)[0])
    assert {name for name, names in fields.items() if names[0] != "size_t size"} == set(fixed)
