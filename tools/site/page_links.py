"""Links of the pages: in the repository they lead to files, and on the site to other pages."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

LINK = re.compile(
    r"(?P<before>\(?)\[(?P<text>[^\]]+)\]\((?!https?:|mailto:)(?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)"
)
ROOT_PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
"""The pages of the repository's root, and their names on the site."""


def slug(title: str, separator: str) -> str:
    """Return the anchor of a heading as the sites that host repositories make it."""
    return re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", separator)


def rewrite(text: str, source: str) -> str:
    """Return a page with its links as the site needs them.

    Args:
        text: the page in Markdown
        source: its path in the repository, such as "docs/batch.md" or "README.md"
    """
    folder = posixpath.dirname(source)
    parts = re.split(r"(^```.*?^```$|^~~~.*?^~~~$)", text, flags=re.DOTALL | re.MULTILINE)
    parts[::2] = [LINK.sub(lambda link: _replace(link, folder), part) for part in parts[::2]]  # others are code
    return "".join(parts)


def _replace(link: re.Match[str], folder: str) -> str:
    path = posixpath.normpath(posixpath.join(folder, link["target"]))
    anchor, before, text = link["anchor"] or "", link["before"], link["text"]
    name = text.strip("`")
    is_name = path == name or path.endswith(f"/{name}")
    if path in ROOT_PAGES or path.startswith("docs/"):
        target = ROOT_PAGES.get(path, path.removeprefix("docs/"))
        return f"{before}[{_title(path) if is_name else text}]({_from_docs(target, folder)}{anchor})"
    if is_name:
        return f"{before}`{path}`"
    return f"{before}{text} `{path}`" if before else f"{text} (`{path}`)"


def _title(path: str) -> str:
    """Return the first heading of a page, which the site shows instead of the name of its file."""
    heading, _, _ = (ROOT / path).read_text(encoding="utf-8").partition("\n")
    return heading.removeprefix("# ")


def _from_docs(path: str, folder: str) -> str:
    inside = folder.removeprefix("docs").removeprefix("/")
    return posixpath.relpath(path, inside or ".")
