"""Each check of `make release-check` accepts right inputs and refuses wrong ones.

The wheel of a release takes minutes and is made by `make wheel`; here small files stand in for it.
"""

from __future__ import annotations

import io
import json
import platform
import re
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import build_release
import check_release
import pytest
import reproduce
import sbom
from conftest import ROOT

import qynauth_pqc
from qynauth_pqc import __version__, _native

HEADER = (ROOT / "include" / "pqc_ffi.h").read_text(encoding="utf-8")
LIBRARY = Path(qynauth_pqc.__file__).parent / "lib" / "libpqc_ffi.so"
EXTENSION = Path(_native.__file__)
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
MACHINE = platform.machine()
SDIST = "qynauth_pqc-1.2.3.tar.gz"
WHEEL = f"qynauth_pqc-1.2.3-cp311-abi3-manylinux2014_{MACHINE}.manylinux_2_17_{MACHINE}.whl"


@pytest.fixture(scope="module")
def crates() -> dict[str, Any]:
    """Return the list of the crates."""
    content: dict[str, Any] = json.loads(sbom.text())
    return content


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Return a folder with a release's names and sums."""
    for name in (SDIST, WHEEL):
        (tmp_path / name).write_text(name)
    (tmp_path / build_release.SUMS).write_text(build_release.sums(tmp_path))
    return tmp_path


def test_version_of_the_workspace_matches_the_library() -> None:
    """The checks read the same number as setup.py."""
    assert check_release.version() == __version__


@pytest.mark.parametrize(
    ("text", "tagged", "faults"),
    [
        pytest.param("## [1.2.3] - Unreleased\n", False, 0, id="not yet"),
        pytest.param("## [1.2.3] - 2026-11-24\n", True, 0, id="released"),
        pytest.param("## [1.2.3] - Unreleased\n", True, 1, id="tag without a date"),
        pytest.param("## [1.2.2] - 2026-11-24\n", False, 1, id="older version"),
        pytest.param("# Changelog\n", False, 1, id="nothing"),
    ],
)
def test_changelog_must_begin_with_the_version(text: str, tagged: bool, faults: int) -> None:  # noqa: FBT001
    """The version needs a date once it has a tag."""
    assert len(check_release.changelog(text, "1.2.3", tagged=tagged)) == faults


def test_changelog_of_the_project_passes() -> None:
    """Its first section is the version's."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert check_release.changelog(text, __version__, tagged=False) == []


def test_checksums_match_sha256sum(dist: Path) -> None:
    """Each file has one line: the sum, two spaces, the name."""
    assert check_release.checksums(dist) == []
    lines = (dist / build_release.SUMS).read_text().splitlines()
    assert [line[64:] for line in lines] == [f"  {name}" for name in sorted((SDIST, WHEEL))]


@pytest.mark.parametrize("name", [SDIST, WHEEL, "another.whl", build_release.SUMS])
def test_checksums_see_every_change(dist: Path, name: str) -> None:
    """They see changes of a file and of the sums, and a new file."""
    (dist / name).write_text("changed")
    assert len(check_release.checksums(dist)) == 1


def test_names_belong_to_one_release(dist: Path) -> None:
    """They have the expected version, and no other."""
    assert check_release.names(dist, "1.2.3") == []
    assert len(check_release.names(dist, "1.2.4")) == 2


@pytest.mark.parametrize("target", build_release.TARGETS)
def test_wheel_of_a_target_may_be_added_once(dist: Path, target: str) -> None:
    """It does not replace the wheel of this machine."""
    tag = build_release.tag(target)
    other = dist / f"qynauth_pqc-1.2.3-cp311-abi3-{tag}.whl"
    other.touch()
    assert (check_release.names(dist, "1.2.3") == []) == (target != build_release.HERE)
    (dist / WHEEL).unlink()
    assert (check_release.names(dist, "1.2.3") == []) == (target == build_release.HERE)


@pytest.mark.parametrize("tag", ["cp310-abi3-manylinux_2_17", "cp311-abi3-manylinux_2_34", "cp311-abi3-linux"])
def test_wheel_for_fewer_systems_is_refused(dist: Path, tag: str) -> None:
    """It would need a newer Python, a newer glibc, or this machine."""
    (dist / WHEEL).rename(dist / f"qynauth_pqc-1.2.3-{tag}_{MACHINE}.whl")
    assert len(check_release.names(dist, "1.2.3")) == 1


def test_staged_sources_have_what_is_tracked_and_what_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One folder may have both."""
    monkeypatch.setattr(build_release, "WORK", tmp_path)
    monkeypatch.setattr(build_release, "run", lambda *_, **__: None)
    staged = build_release.stage()
    tracked = {name for name in build_release.output("git", "ls-files").splitlines() if (ROOT / name).is_file()}
    made = {".cargo/config.toml", "sboms/qynauth-pqc.cdx.json"}
    assert ".cargo/mutants.toml" in tracked
    assert {path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file()} == tracked | made


@pytest.mark.parametrize("manifest", [*ROOT.glob("crates/*/Cargo.toml")], ids=lambda path: path.parent.name)
def test_manifest_loses_the_crates_of_its_tests_alone(manifest: Path) -> None:
    """An sdist has no tests, so it needs no crates for them."""
    text = manifest.read_text(encoding="utf-8")
    expected = tomllib.loads(text)
    for table in (expected, *expected.get("target", {}).values()):
        table.pop("dev-dependencies", None)
    expected["target"] = {target: table for target, table in expected.get("target", {}).items() if table}
    assert {"target": {}} | tomllib.loads(build_release.FOR_TESTS.sub("", text)) == expected


def test_sdist_must_have_every_crate_and_neither_library_nor_tests(tmp_path: Path) -> None:
    """The sources of one crate are missing, and a compiled library and tests are there."""
    names = [
        ".cargo/config.toml",
        "sboms/qynauth-pqc.cdx.json",
        "Cargo.lock",
        "include/pqc_ffi.h",
        "vendor/a-1/Cargo.toml",
    ]
    with tarfile.open(tmp_path / SDIST, "w:gz") as archive:
        for name in [*names, "crates/a/src/tests.rs", "crates/a/tests/b.rs", "qynauth_pqc/lib/libpqc_ffi.so"]:
            archive.addfile(tarfile.TarInfo(f"qynauth_pqc-1.2.3/{name}"))
    faults = check_release.sdist_content(tmp_path / SDIST, ["a-1", "b-2"])
    assert [fault.partition(": ")[2] for fault in faults] == [
        "without vendor/b-2/Cargo.toml",
        "with crates/a/src/tests.rs",
        "with crates/a/tests/b.rs",
        "with qynauth_pqc/lib/libpqc_ffi.so",
    ]


MADE_WITH = sbom.with_tools("{}", {"rustc": "1", "ziglang": "2"}, {"RUSTFLAGS": "-C3"})


def small_wheel(
    folder: Path, version: str = __version__, header: str = HEADER, crates: str = MADE_WITH, extension: Path = EXTENSION
) -> Path:
    """Write the parts of a wheel that the checks read, with the library and the extension of the tests."""
    path, info = folder / WHEEL, "qynauth_pqc.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.4\nName: qynauth-pqc\nVersion: {version}\n")
        archive.writestr(f"{info}/sboms/qynauth-pqc.cdx.json", crates)
        archive.writestr("qynauth_pqc/include/pqc_ffi.h", header)
        archive.write(LIBRARY, "qynauth_pqc/lib/libpqc_ffi.so")
        archive.write(extension, "qynauth_pqc/_native.abi3.so")
    return path


def wheel_faults(wheel: Path, version: str = __version__, header: str = HEADER) -> list[str]:
    """Return the names of the faults, except for paths in a library, which an in-place build may have."""
    faults = check_release.wheel_content(wheel, version, header, "{}")
    names = [re.split(": ", fault)[1] for fault in faults]
    return [name for name in names if not name.startswith("paths")]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"version": "9.9.9"}, ["version of the metadata"], id="version"),
        pytest.param({"header": HEADER + "\n"}, ["header"], id="header"),
        pytest.param({"crates": MADE_WITH.replace("{", '{"a": 1,', 1)}, ["SBOM in .dist-info/sboms"], id="SBOM"),
        pytest.param({"crates": "{}"}, ["tools and settings in the SBOM"], id="tools"),
        pytest.param({"extension": LIBRARY}, ["extension without the packaged library"], id="extension"),
    ],
)
def test_wheel_of_other_parts_is_refused(tmp_path: Path, change: dict[str, Any], fault: list[str]) -> None:
    """It has another version, header or list of crates, or an extension that needs no library."""
    assert wheel_faults(small_wheel(tmp_path, **change)) == fault


def test_wheel_with_an_older_library_is_refused(tmp_path: Path) -> None:
    """The library itself reports the version and the ABI."""
    header = re.sub(r"(PQC_ABI_VERSION) \d+", r"\1 999", HEADER)
    wheel = small_wheel(tmp_path, version="9.9.9", header=header)
    assert wheel_faults(wheel, "9.9.9", header) == ["version of the library", "ABI of the library"]


@pytest.mark.parametrize("path", ["/home/someone/lib.rs", "/checkout/lib.rs"])
def test_paths_of_the_machine_that_built_a_library_are_found(path: str) -> None:
    """Those in the sources of a crate, and paths of another folder with the same end, are none."""
    paths = check_release.build_paths(Path("/checkout"))
    assert paths.search(f"\0{path}".encode())
    assert not paths.search(b"\0vendor/sec1-0.8.1/checkout/src/point.rs /src/lib.rs")


def test_wheel_with_paths_of_its_machine_is_refused(tmp_path: Path) -> None:
    """The paths are in any of its libraries."""
    wheel = small_wheel(tmp_path)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("qynauth_pqc/other.so", "\0libc.so.6\0/home/someone/project/lib.rs")
    [fault] = [each for each in check_release.wheel_content(wheel, __version__, HEADER, "{}") if "paths" in each]
    assert fault == f"{WHEEL}: paths of the machine that built it"


@pytest.mark.parametrize("step", ["fetch", "deny"])
def test_crates_that_cannot_be_fetched_or_are_not_allowed_are_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Each of the two commands of cargo counts."""
    cargo = tmp_path / "cargo"
    cargo.write_text(f'#!/bin/sh\n[ "$1" != {step} ] || {{ echo no {step} >&2; exit 1; }}\n')
    cargo.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert check_release.licences() == [f"no {step}"]


def test_wheel_with_a_library_for_another_c_library_is_refused(tmp_path: Path) -> None:
    """It has one for musl among those for glibc, or is a wheel for musl with glibc."""
    wheel = small_wheel(tmp_path)
    of_musl = wheel.rename(tmp_path / WHEEL.replace("manylinux", "musllinux"))
    assert wheel_faults(of_musl) == ["libraries for its C library"]
    wheel = small_wheel(tmp_path)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("qynauth_pqc/other.so", "\0libc.so\0")
    assert wheel_faults(wheel) == ["libraries for its C library"]


def test_sdist_depends_on_its_files_alone(tmp_path: Path) -> None:
    """It does not depend on when, by whom and in which order they were packed."""
    for name, time, order in (("a", 1, "xy"), ("b", 2, "yx")):
        with tarfile.open(tmp_path / name, "w:gz") as archive:
            for each in order:
                entry = tarfile.TarInfo(f"folder/{each}")
                entry.size, entry.mtime, entry.mode, entry.uid, entry.uname = 1, time, 0o600 + time, time, name
                archive.addfile(entry, io.BytesIO(each.encode()))
        build_release.pack(tmp_path / name, 1_700_000_000)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with tarfile.open(tmp_path / "a") as archive:
        found = [(each.name, each.mode, each.mtime, each.uname, each.size) for each in archive]
    assert found == [("folder/x", 0o644, 1_700_000_000, "", 1), ("folder/y", 0o644, 1_700_000_000, "", 1)]


@pytest.mark.parametrize("name", ["config", "config.toml"])
def test_settings_above_the_checkout_stop_a_release(tmp_path: Path, name: str) -> None:
    """Cargo would follow them. Those in the checkout are of the commit."""
    root = tmp_path / "folder" / "checkout"
    for folder in (root, tmp_path):
        build_release.check_settings(root)
        (folder / ".cargo").mkdir(parents=True)
        (folder / ".cargo" / name).touch()
    with pytest.raises(SystemExit, match=f"{name}: cargo would follow these settings"):
        build_release.check_settings(root)


def test_two_builds_differ_by_name(tmp_path: Path) -> None:
    """The difference names the file, and the files in it; the same bytes are no difference."""
    for name, content, time in (("one", b"1", 1990), ("two", b"2", 1991)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "same").write_bytes(b"same")
        with zipfile.ZipFile(folder / WHEEL, "w") as archive:
            archive.writestr(zipfile.ZipInfo("same"), "same")
            archive.writestr(zipfile.ZipInfo("content"), content)
            archive.writestr(zipfile.ZipInfo("time", (time, 1, 1, 0, 0, 0)), "")
    (tmp_path / "two" / "more").touch()
    found = reproduce.differences(tmp_path / "one", tmp_path / "two")
    assert found == ["more: made only once", f"{WHEEL}: content, time"]
    assert reproduce.differences(tmp_path / "one", tmp_path / "one") == []


def test_sbom_of_a_wheel_names_its_tools(crates: dict[str, Any]) -> None:
    """The crates are the same."""
    text = sbom.with_tools(json.dumps(crates), {"rustc": "1"}, {"RUSTFLAGS": "-C3"})
    content = json.loads(text)
    [made_with] = content.pop("formulation")
    assert content == crates
    assert made_with["components"] == [{"type": "application", "name": "rustc", "version": "1"}]
    assert made_with["properties"] == [{"name": "qynauth-pqc:RUSTFLAGS", "value": "-C3"}]


def test_sbom_has_the_version_and_the_library(crates: dict[str, Any]) -> None:
    """Its subject is the package, which depends on pqc-ffi."""
    assert crates["metadata"]["component"]["purl"] == f"pkg:pypi/qynauth-pqc@{__version__}"
    depends = {each["ref"]: each.get("dependsOn", []) for each in crates["dependencies"]}
    assert depends[f"qynauth-pqc@{__version__}"] == [f"pqc-ffi@{__version__}"]
    assert set(depends) == {each["bom-ref"] for each in crates["components"]} | {f"qynauth-pqc@{__version__}"}


def test_sbom_distinguishes_linked_crates_from_build_crates(crates: dict[str, Any]) -> None:
    """The arithmetic is linked; macro crates are not; crates only for tests are missing."""
    scopes = {each["name"]: each["scope"] for each in crates["components"]}
    assert {scopes[name] for name in ("pqc-ffi", "pqc-core", "pqc-simd", "p256", "libc")} == {"required"}
    assert {scopes[name] for name in ("syn", "quote", "curve25519-dalek-derive")} == {"excluded"}
    assert "serde_json" not in scopes


def test_sbom_has_a_licence_and_a_sum_for_each_crate(crates: dict[str, Any]) -> None:
    """The sum comes from Cargo.lock; the project's own crates have none."""
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    for each in crates["components"]:
        assert each["licenses"][0]["expression"]
        sums = [one["content"] for one in each.get("hashes", [])]
        assert (sums == []) is each["name"].startswith("pqc-")
        assert all(f'name = "{each["name"]}"\nversion = "{each["version"]}"' in lock and one in lock for one in sums)


def test_platforms_are_those_that_wheels_are_built_for() -> None:
    """deny.toml, and so the SBOM, has three systems on two processors, which cibuildwheel knows."""
    platforms = sbom.platforms((ROOT / "deny.toml").read_text(encoding="utf-8"))
    assert {name.partition("-")[0] for name in platforms} == {"x86_64", "aarch64"}
    assert {re.sub(r"^\w+?-(\w+-\w+).*", r"\1", name) for name in platforms} == {
        "unknown-linux",
        "apple-darwin",
        "pc-windows",
    }
    assert {name for name in platforms if "linux" in name} == set(build_release.TARGETS)
    assert len(platforms) == 8
    assert '[tool.cibuildwheel]\nbuild = "cp311-* pp311-*"' in PYPROJECT


def pinned(name: str) -> dict[str, str]:
    """Return the packages of a list that `make release-pins` writes, with the text after each name."""
    text = (ROOT / "tools" / "release" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w-]+)(==.*(?:\n .*)*)", text, re.MULTILINE))


def test_packages_of_a_release_are_pinned() -> None:
    """Each has a version and hashes: the tools, and the dependencies of the tools and of the package."""
    tools, packages = pinned("requirements.txt"), pinned("packages.txt")
    for each in (*tools.values(), *packages.values()):
        assert re.match(r"==[\w.]+ (; .+ )?\\\n +--hash=sha256:", each)
    wanted = (ROOT / "tools" / "release" / "requirements.in").read_text(encoding="utf-8")
    named = re.findall(r"^([\w-]+)(?:\[.+\])?(==.+)$", wanted, re.MULTILINE)
    assert [(name, version) for name, version in named if not tools[name].startswith(f"{version} ")] == []
    project = tomllib.loads(PYPROJECT)["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][each] for each in ("cli", "ssh"))]
    assert {each.partition(">")[0] for group in groups for each in group} <= packages.keys()
