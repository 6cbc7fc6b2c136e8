"""Checks the site of `make docs`: the reference and the search are complete, and nothing is loaded from elsewhere.

The search must find the page of a task first; node runs it, and without node this is left out.

python tools/site/check_site.py target/site
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import api_pages

ROOT = Path(__file__).parents[2]
SEARCH = Path(__file__).with_name("search.cjs")
FIRST = {
    "verify a file": "recipes/verify-a-file.html",
    "verify a signature": "signing.html",
    "encrypt a file": "recipes/encrypt-a-file.html",
    "sign a commit": "artefacts/ssh.html",
}
RETURNED = re.compile(r"Returns:</span>.*?</ul>", re.DOTALL)
LOADED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^>]*>")


def missing_names(inventory: bytes, expected: list[str]) -> list[str]:
    """Return the names that an inventory of Sphinx's format lacks; mkdocstrings lists the documented names in it."""
    header_lines = 4
    lines = zlib.decompress(inventory.split(b"\n", header_lines)[header_lines]).decode("utf-8").splitlines()
    return sorted(set(expected) - {line.split(" ", 1)[0] for line in lines})


def unsearchable_pages(index: str, pages: list[str]) -> list[str]:
    """Return the pages that the index of the search lacks."""
    return sorted(
        set(pages) - {entry["location"].partition("#")[0] for entry in json.loads(index)["docs"]} - {"404.html"}
    )


def misplaced_pages(site: Path) -> list[str]:
    """Return the queries that do not find their page first, a sentence each."""
    if not (node := shutil.which("node")):
        return []
    command = [node, str(SEARCH), str(site), *FIRST]
    found = subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    pairs = zip(FIRST.items(), found, strict=True)
    return [f'"{query}" finds {first!r} before {page}' for (query, page), first in pairs if first != page]


def foreign_assets(html: str) -> list[str]:
    """Return the elements of a page that load something from another host."""
    return [element for element in LOADED.findall(html) if 'rel="canonical"' not in element]


def divided_results(html: str) -> int:
    """Return how many results are listed as several, as when each line of a sentence is taken for one."""
    return sum(found.count("<li") > 1 for found in RETURNED.findall(html))


def problems(site: Path) -> list[str]:
    """Return the faults of a site, a sentence each."""
    pages = {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    names = [name for page in api_pages.pages(ROOT / api_pages.PACKAGE) for name in page.names]
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    found = [f"{name} is not in the reference" for name in missing_names((site / "objects.inv").read_bytes(), names)]
    found += [f"{page} is not in the search" for page in unsearchable_pages(index, list(pages))]
    found += misplaced_pages(site)
    found += [f"{page} lists one result as several" for page, html in pages.items() if divided_results(html)]
    return found + [f"{page} loads {element}" for page, html in pages.items() for element in foreign_assets(html)]


def main() -> None:
    """Print the faults, and exit with 1 if there are any."""
    site = Path(sys.argv[1])
    found = problems(site)
    print("\n".join(found) if found else f"{site}: {sum(1 for _ in site.rglob('*.html'))} pages, start with index.html")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
