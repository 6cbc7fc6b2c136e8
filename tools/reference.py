"""Writes docs/reference, a page per prefix of functions, from the header.

python tools/reference.py include/pqc_ffi.h docs/reference
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

TITLES = {
    "pqc": "keys and operations of every algorithm",
    "ffi": "buffers, metrics and the process",
    "mlkem": "the names of the first version for ML-KEM (FIPS 203)",
    "mldsa": "the names of the first version for ML-DSA (FIPS 204)",
}
NOTICE = "<!-- Generated from include/pqc_ffi.h by tools/reference.py with `make reference`. Do not edit by hand. -->"


@dataclass
class Item:
    """A declaration of the header with the comment above it."""

    name: str
    code: str
    text: str
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def family(self) -> str:
        """Return the prefix of the name, or "pqc" for a name with another one."""
        lower = self.name.lower()
        return next((family for family in TITLES if lower.startswith(family)), "pqc")


def split_comment(lines: list[str]) -> tuple[str, list[tuple[str, str, str]]]:
    """Return the prose of a comment, as Markdown, and its rows: (tag, name, meaning)."""
    text = "\n".join(lines)
    rows = re.findall(r"^@(param|return) +(\w+) *(.*(?:\n(?!@|\n).+)*)", text, re.MULTILINE)
    prose = re.sub(r"^@.*(?:\n(?!@|\n).+)*\n?", "", text, flags=re.MULTILINE)
    prose = re.sub(r"\n{3,}", "\n\n", prose.replace("# Safety\n", "**Safety.** ")).strip()
    return prose, [(tag, name, " ".join(meaning.split())) for tag, name, meaning in rows]


def items(header: str) -> list[Item]:
    """Return the constants, types and functions of the header, in its order."""
    found = []
    body = re.sub(r"^PQC_MUST_USE\s", "", header.split("#include", 1)[1], flags=re.MULTILINE)
    block, line = r"typedef \w+ \{\n(?: .*\n|\n)*\}.*\n", r"(?:(?:\w| ).*\n)+|#define .*\n"
    for comment, code in re.findall(rf"((?:^//.*\n)+)^({block}|{line})", body, re.MULTILINE):
        text, rows = split_comment([line[2:].removeprefix(" ") for line in comment.splitlines()])
        name = re.search(r"#define (\w+)|^\w[^(]*?(\w+)\(|\b(\w+);\n\Z", code)
        if name:
            found.append(Item(next(filter(None, name.groups())), code.rstrip(), text, rows))
    return found


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def section(item: Item) -> str:
    """Return the section of a function or a type."""
    parts = [f"### {item.name}", item.text, f"```c\n{item.code}\n```"]
    for tag, head in (("param", "Parameter"), ("return", "Status")):
        rows = [[f"`{name}`", meaning or "success"] for kind, name, meaning in item.rows if kind == tag]
        if rows:
            parts.append(table([head, "Meaning" if tag == "param" else "When"], rows))
    return "\n\n".join(parts)


def constants(chosen: list[Item]) -> str:
    """Return the table of constants."""
    rows = [[f"`{item.name}`", item.code.split()[2], item.text.replace("\n", " ")] for item in chosen]
    return table(["Constant", "Value", "Meaning"], rows)


def first_sentence(text: str) -> str:
    """Return the first sentence of a text, on one line."""
    return " ".join(re.split(r"(?<=\.)\s", text)[0].split())


def page(family: str, chosen: list[Item]) -> str:
    """Return the page of a family."""
    defines = [item for item in chosen if item.code.startswith("#define")]
    types = [item for item in chosen if item.code.startswith("typedef")]
    functions = [item for item in chosen if item not in defines and item not in types]
    index = "\n".join(f"- [{item.name}](#{item.name}): {first_sentence(item.text)}" for item in functions)
    parts = [
        f"# {family}: {TITLES[family]}",
        NOTICE,
        "The rules of every function: [conventions](../api-conventions.md) and the introduction of the header.",
    ]
    parts += [index, "## Functions", *map(section, functions)]
    parts += ["## Types", *map(section, types)] if types else []
    parts += ["## Constants", constants(defines)] if defines else []
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the pages."""
    header, folder = Path(sys.argv[1]), Path(sys.argv[2])
    found = items(header.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    for family in TITLES:
        chosen = [item for item in found if item.family == family]
        if chosen:
            path, text = folder / f"{family}.md", page(family, chosen)
            new = path.with_suffix(f".{os.getpid()}")  # another target may be reading the page
            new.write_text(text, encoding="utf-8")
            new.replace(path)


if __name__ == "__main__":
    main()
