"""The provider's own copy of OpenSSL's interface says what the headers say, of the oldest version and of a new one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import provider_fixtures
import pytest
from conftest import ROOT
from openssl import built
from programs import FOLDER

headers = provider_fixtures.headers
pytestmark = pytest.mark.usefixtures("headers")

OWN = ROOT / "provider" / "abi.h"
HEADERS = ("core.h", "core_dispatch.h", "core_names.h", "core_object.h", "params.h", "tls1.h")
NEW = FOLDER / "root" / "usr" / "include"
VERSIONS = {"the system's": [], "a new one": [f"-I{NEW}", *(f"-I{folder}" for folder in NEW.glob("*-linux-*"))]}
MACRO = re.compile(r"^#define (\w+) (.+)$", re.MULTILINE)
LATER = (
    "SIGALG",
    "_MESSAGE_",
    "CONTEXT_STRING",
    "DETERMINISTIC",
    "PARAM_MU",
    "TEST_ENTROPY",
    "SECURITY_CATEGORY",
    "IKME",
    "ML_KEM",
    "PARAM_SIGNATURE",
)
"""What an OpenSSL before 3.5 may lack."""
OLDER = "#include <openssl/opensslv.h>\n#if OPENSSL_VERSION_NUMBER < 0x30500000L\n#error older\n#endif\n"


def compiled(source: str, *options: str) -> str:
    """Compile C, and return what the compiler says."""
    command = [
        "cc",
        "-std=c11",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-xc",
        "-",
        "-fsyntax-only",
        f"-I{OWN.parent}",
        *options,
    ]
    return subprocess.run(command, input=source, text=True, capture_output=True, check=False).stderr


def source(own: str) -> str:
    """Return C that has the real headers first: every type is defined twice, and every value is compared."""
    return "".join(f"#include <openssl/{header}>\n" for header in HEADERS) + MACRO.sub(_compared, own)


def _compared(definition: re.Match[str]) -> str:
    name, value = definition[1], definition[2]
    is_same = f"!__builtin_strcmp({name}, {value})" if value.startswith('"') else f"{name} == {value}"
    return f'#ifdef {name}\n_Static_assert({is_same}, "{name}");\n#else\n{definition[0]}\n#endif'


@pytest.fixture(params=[*VERSIONS, *(pytest.param(each, marks=pytest.mark.nightly) for each in ("3.4", "4.0"))])
def options(request: pytest.FixtureRequest) -> list[str]:
    """Return the options for the headers of a version."""
    if request.param not in VERSIONS:
        return [f"-I{built(request.param) / 'include'}"]
    options = VERSIONS[request.param]
    if "a new one" in request.param and not (NEW / "openssl" / "core.h").exists():
        pytest.skip("no headers: sh tests/support/programs.sh target/programs unpacks them")
    return options


def test_numbers_names_and_types_are_the_same(options: list[str]) -> None:
    """A macro with another value, or a type of another function, does not compile."""
    assert compiled(source(OWN.read_text(encoding="utf-8")), *options) == ""


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("OSSL_FUNC_KEM_DECAPSULATE 5", "OSSL_FUNC_KEM_DECAPSULATE 6"),
        ('"tls-group-id"', '"tls-group"'),
        ("void *cbarg", "int cbarg"),
    ],
)
def test_a_difference_is_found(options: list[str], name: str, wrong: str) -> None:
    """In a number, in a name, and in the type of a function."""
    text = OWN.read_text(encoding="utf-8")
    assert name in text
    assert "error" in compiled(source(text.replace(name, wrong)), *options)


def test_real_headers_know_every_name(options: list[str]) -> None:
    """A name that the headers lack is one that came after 3.0, and the headers are older than 3.5."""
    names = [match[1] for match in MACRO.finditer(OWN.read_text(encoding="utf-8"))]
    checks = "".join(f"#ifndef {name}\n#warning lacks {name}\n#endif\n" for name in names)
    lacking = re.findall(r"lacks (\w+)", compiled(source("") + checks, *options))
    is_older = "older" in compiled(OLDER, *options)
    assert [name for name in lacking if not (is_older and any(part in name for part in LATER))] == []


def test_structs_have_the_same_layout(options: list[str], tmp_path: Path) -> None:
    """Each field is in the same place."""
    layouts = []
    for define in ([], ["-DREAL"]):
        subprocess.run(
            ["cc", *define, *options, "tests/provider/layout.c", "-o", tmp_path / "layout"], cwd=ROOT, check=True
        )
        layouts.append(subprocess.run([tmp_path / "layout"], capture_output=True, text=True, check=True).stdout)
    assert layouts[0] == layouts[1]
