"""Hooks of `mkdocs.yml`: generated pages, pages in the root of the repository, and links."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import api_pages
import page_links
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
GENERATED = {page.path: page.text for page in api_pages.pages(ROOT / api_pages.PACKAGE)}
FOUND_LAST = {"api/derandomized.md", "changelog.md"}  # and all results and pages for maintainers
IN_ROOT = {name: path for path, name in page_links.ROOT_PAGES.items()}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Anchor headings as in the repository, and fill the folders of the navigation."""
    config.mdx_configs["toc"] = {**config.mdx_configs.get("toc", {}), "slugify": page_links.slug}
    config.nav = fill(config.nav, Path(config.docs_dir))
    return config


def fill(entries: list[Any], docs: Path) -> list[Any]:
    """Return entries of the navigation with all pages of a folder in place of its name, which ends in a slash."""
    filled: list[Any] = []
    for entry in entries:
        if isinstance(entry, dict):
            [(title, below)] = entry.items()
            filled += [{title: below if isinstance(below, str) else fill(below, docs)}]
        elif entry.endswith("/"):
            generated = [path for path in GENERATED if path.startswith(entry)]
            filled += generated or sorted(path.relative_to(docs).as_posix() for path in (docs / entry).glob("*.md"))
        else:
            filled += [entry]
    return filled


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages of the Python reference and of the repository's root."""
    for path, source in IN_ROOT.items():
        files.append(File.generated(config, path, content=(ROOT / source).read_text(encoding="utf-8")))
    for path, text in GENERATED.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite the links of a page, and weigh it for the search: tasks first, then the reference, then maintenance."""
    del config, files
    path = page.file.src_uri
    is_last = path in FOUND_LAST or any(section.title in {"Results", "Maintenance"} for section in page.ancestors)
    page.meta["search"] = {"boost": 0.2 if is_last else 0.6 if path in GENERATED else 1}
    return markdown if path in GENERATED else page_links.rewrite(markdown, IN_ROOT.get(path, f"docs/{path}"))
