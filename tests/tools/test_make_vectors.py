"""`make vectors` makes the folder of published test vectors, which the gate uses, from git repositories."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import make_vectors
import pytest
from conftest import ROOT

ACVP = {"vsId": 1, "algorithm": "A", "isSample": True}
PROMPT = ACVP | {"testGroups": [{"tgId": 1, "tests": [{"tcId": number, "seed": f"0{number}"} for number in (1, 2, 3)]}]}
RESULTS = ACVP | {"testGroups": [{"tgId": 1, "tests": [{"tcId": number, "pk": f"A{number}"} for number in (3, 2, 1)]}]}
WYCHEPROOF = {
    "algorithm": "W",
    "schema": "s",
    "notes": {"a": "prose"},
    "testGroups": [{"source": "x", "tests": [{"tcId": 1, "comment": "prose", "result": "valid"}]}],
}


def answered(number: int) -> dict[str, object]:
    """Return a question of ACVP with its answer."""
    return {"tcId": number, "seed": f"0{number}", "expected": {"pk": f"A{number}"}}


MADE = {
    "copy/key.priv": b"-----BEGIN",
    "acvp/all.json.gz": make_vectors.compact(
        {
            "algorithm": "A",
            "testGroups": [{"tgId": 1, "tests": [answered(1), answered(2), answered(3)]}],
            "numberOfTests": 3,
        }
    ),
    "acvp/half.json.gz": make_vectors.compact(
        ACVP | {"testGroups": [{"tgId": 1, "tests": [answered(1), answered(3)]}]}
    ),
    "wycheproof/set.json.gz": b'{"algorithm":"W","testGroups":[{"tests":[{"tcId":1,"result":"valid"}]}]}',
}
PACKINGS = dict(zip(MADE, ("copy", "acvp", "acvp-half", "wycheproof"), strict=True))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one original file of each kind."""
    folder = tmp_path / "repository"
    folder.mkdir()
    for name, content in {
        "key.priv": b"-----BEGIN",
        "prompt.json.gz": gzip.compress(json.dumps(PROMPT).encode()),
        "results.json.gz": gzip.compress(json.dumps(RESULTS).encode()),
        "set.json": json.dumps(WYCHEPROOF).encode(),
    }.items():
        (folder / name).write_bytes(content)
    for command in (
        ["init", "--quiet"],
        ["config", "uploadpack.allowFilter", "true"],
        ["add", "."],
        [
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@example.com",
            "-c",
            "commit.gpgSign=false",
            "commit",
            "--quiet",
            "--message=vectors",
        ],
    ):
        subprocess.run(["git", "-C", folder, *command], check=True)
    return folder


def table(repository: Path, made: dict[str, bytes]) -> Path:
    """Return a table of sources that names one repository, with the checksums of the files to make."""
    commit = subprocess.check_output(["git", "-C", repository, "rev-parse", "HEAD"], text=True).strip()
    both = ["prompt.json.gz", "results.json.gz"]
    paths = dict(zip(made, (["key.priv"], both, both, ["set.json"]), strict=True))
    files = {name: [hashlib.sha256(content).hexdigest(), name, *paths[name]] for name, content in made.items()}
    text = "".join(
        f'[[source]]\nrepository = "{repository.as_uri()}"\ncommit = "{commit}"\nlicence = "any"\n'
        f'packing = "{PACKINGS[name]}"\nfiles = [{json.dumps(file)}]\n'
        for name, file in files.items()
    )
    (repository / "sources.toml").write_text(text, encoding="utf-8")
    return repository / "sources.toml"


def test_files_are_made_from_a_commit_in_their_packings(repository: Path, tmp_path: Path) -> None:
    """They are copies, sets of ACVP with answers, every second test of them, and sets of Wycheproof without prose."""
    faults = make_vectors.main(tmp_path / "vectors", table(repository, MADE))
    made = {name: (tmp_path / "vectors" / name).read_bytes() for name in MADE}
    assert {name: gzip.decompress(raw) if name.endswith(".gz") else raw for name, raw in made.items()} == MADE
    assert faults == []


def test_right_files_are_left_alone_and_others_made_again(repository: Path, tmp_path: Path) -> None:
    """With all files there, the repository is not read; a file that has changed is made from it again."""
    listed, folder = table(repository, MADE), tmp_path / "vectors"
    make_vectors.main(folder, listed)
    (folder / "copy" / "key.priv").write_bytes(b"other")
    make_vectors.main(folder, listed)
    assert (folder / "copy" / "key.priv").read_bytes() == MADE["copy/key.priv"]
    kept = listed.rename(tmp_path / "sources.toml")
    (repository / ".git").rename(tmp_path / "elsewhere")
    assert make_vectors.main(folder, kept) == []


def test_a_file_with_another_checksum_is_named(repository: Path, tmp_path: Path) -> None:
    """The program ends with the names of the files that a repository has differently."""
    faults = make_vectors.main(tmp_path / "vectors", table(repository, MADE | {"copy/key.priv": b"expected"}))
    assert faults == ["copy/key.priv: another checksum"]


def test_a_repository_that_cannot_be_fetched_is_named(repository: Path, tmp_path: Path) -> None:
    """The program goes on with the other repositories, and ends with the name of this one."""
    listed = table(repository, MADE)
    gone = tmp_path / "gone"
    text = listed.read_text(encoding="utf-8")
    listed.write_text(text.replace(repository.as_uri(), gone.as_uri(), 1), encoding="utf-8")
    faults = make_vectors.main(tmp_path / "vectors", listed)
    assert faults == [f"{gone.as_uri()}: git ended with status 128, and said why above"]
    names = {str(path.relative_to(tmp_path / "vectors")) for path in (tmp_path / "vectors").glob("*/*")}
    assert names == MADE.keys() - {"copy/key.priv"}


def test_vectors_of_the_gate_are_those_of_the_public_sources(vectors: Path) -> None:
    """The folders that the tests use have every file of the table, with its content, and no other file of vectors."""
    listed = make_vectors.sources()
    assert [name for source in listed for _, name, _ in make_vectors.wrong(vectors, source)] == []
    names = {name for source in listed for _, name, *_ in source["files"]}
    found = {path for folder in {name.partition("/")[0] for name in names} for path in (vectors / folder).iterdir()}
    assert {str(path.relative_to(vectors)) for path in found} == names


def test_gate_without_vectors_says_how_to_make_them(tmp_path: Path) -> None:
    """It ends at once. Here it finds no program with which it could go on."""
    bash, dirname = shutil.which("bash"), shutil.which("dirname")
    assert bash
    assert dirname
    (tmp_path / "dirname").symlink_to(dirname)
    folder = tmp_path / "no folder"
    environment = {"PATH": str(tmp_path), "QYNAUTH_PQC_VECTORS": str(folder)}
    done = subprocess.run([bash, ROOT / ".ci" / "run"], env=environment, text=True, capture_output=True, check=False)
    message = f"no test vectors at {folder}; fetch them with: make vectors FOLDER='{folder}'\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", message)
