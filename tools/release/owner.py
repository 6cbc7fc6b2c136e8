"""The values of owner.toml, and the package's metadata that follow from them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?!https?:|mailto:|#)(?P<path>[^)]+)\)")


def values(root: Path = ROOT) -> dict[str, Any]:
    """Return the values by name; an unknown one is empty."""
    return tomllib.loads((root / "owner.toml").read_text(encoding="utf-8"))


def missing(known: dict[str, Any]) -> list[str]:
    """Return the names of the values that are unknown; that the name is not registered is known."""
    return [name for name, value in known.items() if not value and value is not False]


def description(readme: str, repository: str, version: str) -> str:
    """Return the README for a package index: its links lead to the repository or, without one, are text."""

    def replace(link: re.Match[str]) -> str:
        if not repository:
            return "" if link["image"] else link["text"]
        kind = "raw" if link["image"] else "blob"
        return f"{link['image']}[{link['text']}]({repository}/{kind}/v{version}/{link['path']})"

    return LINK.sub(replace, readme)


def metadata(known: dict[str, Any], version: str, readme: str) -> dict[str, Any]:
    """Return the arguments of setup() that follow from the values: description, project links and authors."""
    repository = known["repository"]
    urls = {"Documentation": known["documentation"], "Source": repository}
    if repository:
        urls |= {"Issues": f"{repository}/issues", "Changelog": f"{repository}/blob/v{version}/CHANGELOG.md"}
    addresses = {"author_email": ", ".join(known["maintainers"])} if known["maintainers"] else {}
    return addresses | {
        "author": "The qynauth_pqc developers",
        "long_description": description(readme, repository, version),
        "long_description_content_type": "text/markdown",
        "project_urls": {name: url for name, url in urls.items() if url},
    }
