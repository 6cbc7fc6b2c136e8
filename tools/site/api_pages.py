"""The pages of the Python reference: one for each public module, with the names that it exports."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "qynauth_pqc"

# The core, in the order of the site. Other modules come after it, under the beginning of their docstring.
TITLES = {
    "mlkem": "ML-KEM keys",
    "mldsa": "ML-DSA keys",
    "slhdsa": "SLH-DSA keys",
    "xwing": "X-Wing keys",
    "hybrid": "Keys of the hybrids with ECDH",
    "composite": "Composite keys",
    "_keys.signature": "Signature keys of any family",
    "formats": "Key files and JWK Sets",
    "options": "Key options",
    "optimizations": "Engine and code path of the process",
    "fips": "The FIPS module",
    "native.secret_bytes": "Secrets",
    "prehash": "Signing files",
    "mu": "Hashing for an external mu",
    "pqc_bindings": "KyberKeyPair and DilithiumKeyPair",
    "batch": "Batches",
    "integrations.aio": "Batches in asyncio and trio",
    "integrations.distributed": "Datasets on a cluster",
    "integrations.pyjwt": "Tokens with PyJWT",
    "integrations.joserfc": "Tokens with joserfc",
    "integrations.jose_composite": "Composite keys as JWK (experimental)",
    "integrations.jose_slhdsa": "SLH-DSA keys as JWK and COSE_Key (experimental)",
    "signer": "Signers",
    "extend": "Names for add-ons (provisional)",
    "extend.command": "Names for commands of add-ons (provisional)",
    "integrations.x509": "Certificates",
    "integrations.x509_paths": "Certificate paths",
    "ffi_performance_monitor": "Monitoring",
    "integrations.prometheus": "Prometheus",
    "integrations.opentelemetry": "OpenTelemetry",
    "metrics.shared": "Metrics of several processes",
    "validation": "Validation",
    "errors": "Errors",
    "derandomized": "Chosen randomness, for tests",
}
NOT_LIBRARY = {"cli", "c_config", "integrations", "metrics", "native"}  # commands, and packages that export nothing


@dataclass(frozen=True)
class Page:
    """A page of the reference."""

    module: str
    title: str
    names: tuple[str, ...]

    @property
    def path(self) -> str:
        """Return the path of the page below docs."""
        return f"api/{self.module.lstrip('_')}.md"

    @property
    def text(self) -> str:
        """Return the page in Markdown: an instruction for each name, which mkdocstrings replaces."""
        homes = dict.fromkeys(name.rpartition(".")[0] for name in self.names)
        imports = " and ".join(f"`{home}`" for home in homes)
        names = "\n".join(f"::: {name}\n" for name in self.names)
        return f"# {self.title}\n\nImport from {imports}.\n\n{names}"


def pages(package: Path) -> list[Page]:
    """Return the pages, from the sources of the package."""
    root = package / "__init__.py"
    exported, origins = exports(root), imported_from(root)
    modules = public_modules(package)
    found = {module: exports(path) for module, path in modules.items()}
    for name in exported:
        if not name.startswith("_"):
            others = (names for module, names in found.items() if module != origins[name])
            for names in others:  # a module may re-export names of another
                names[:] = [other for other in names if other != name]
            found[origins[name]] = list(dict.fromkeys([*found.get(origins[name], []), name]))
    order = [*(module for module in TITLES if module in found), *sorted(found.keys() - TITLES.keys())]
    return [_page(module, TITLES.get(module) or _title(modules[module]), found[module], exported) for module in order]


def _title(path: Path) -> str:
    """Return the beginning of the docstring of a module, up to the first punctuation."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return re.split(r"[:,(]|\.(?:\s|$)", docstring)[0].strip()


def _page(module: str, title: str, names: list[str], exported: list[str]) -> Page:
    """Return a page with each name where programs import it from: the package if it has the name."""
    full = [f"{PACKAGE}.{name}" if name in exported else f"{PACKAGE}.{module}.{name}" for name in names]
    return Page(module, title, tuple(full))


def public_modules(package: Path) -> dict[str, Path]:
    """Return the files of the modules and packages in the reference, by name."""
    return {name: path for name, path in importable(package).items() if name not in NOT_LIBRARY}


def importable(package: Path) -> dict[str, Path]:
    """Return the files of the modules and packages that a program imports, by name."""
    paths = [*package.glob("[!_]*.py"), *package.glob("[!_]*/__init__.py")]
    paths += [path for path in package.glob("[!_]*/[!_]*.py") if _has_own_exports(path)]
    names = (path.relative_to(package).with_suffix("").as_posix().removesuffix("/__init__") for path in paths)
    return dict(sorted(zip((name.replace("/", ".") for name in names), paths, strict=True)))


def _has_own_exports(path: Path) -> bool:
    """Return whether a module exports names, and its package none of them."""
    names = exports(path)
    return bool(names) and set(names).isdisjoint(exports(path.with_name("__init__.py")))


def exports(path: Path) -> list[str]:
    """Return the names in `__all__` of a module, without importing it."""
    lists = re.findall(r"^__all__\b[^=]*= (\[[^\]]*\])$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [name for each in lists for name in ast.literal_eval(each)]


def imported_from(path: Path) -> dict[str, str]:
    """Return the modules of the package from which a module imports names."""
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    imports = [(node.module or "", node.names) for node in tree if isinstance(node, ast.ImportFrom)]
    return {alias.name: module.removeprefix(f"{PACKAGE}.") for module, names in imports for alias in names}
