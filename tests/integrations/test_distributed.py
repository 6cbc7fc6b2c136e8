"""Every row of a dataset on a Dask cluster is verified once, even if workers fail."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import COMPOSITE, private_class
from distributed import Client, LocalCluster

from qynauth_pqc import CompositePrivateKey, MLDSAPrivateKey, UnsupportedError
from qynauth_pqc.integrations.distributed import Columns, DatasetError, verify_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES, ROWS, GROUP = 4, 2000, 250
PARTITIONS = FILES * ROWS // GROUP
COLUMNS = Columns(context="context", id="account")
FORGED, NULL, SHORT_KEY, LONG_CONTEXT = 3, 777, 1234, 1999  # rows of the second file that are bad
SETTINGS: Any = {"parameter_set": "ML-DSA-44", "columns": COLUMNS, "rows_of_a_partition": GROUP}
NAMED = Columns(parameter_set="algorithm")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Yield a cluster of two processes, which restarts a killed worker."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as connected,
    ):
        yield connected


def table(number: int) -> pa.Table:
    """Return the rows of a file: few signatures, many times; keys and signatures of a fixed size."""
    key = MLDSAPrivateKey.from_seed(bytes([number]) * 32, "ML-DSA-44")
    signed = [key.sign(b"message %d" % each, context=b"login") for each in range(10)]
    rows = range(ROWS)
    return pa.table(
        {
            "public_key": pa.array([key.public_key.public_bytes()] * ROWS, pa.binary(1312)),
            "message": pa.array([b"message %d" % (row % 10) for row in rows], pa.binary()),
            "signature": pa.array([signed[row % 10] for row in rows], pa.binary(2420)),
            "context": pa.array([b"login"] * ROWS, pa.binary()),
            "account": pa.array([f"{number}-{row}" for row in rows]),
        }
    )


def spoiled(good: pa.Table) -> pa.Table:
    """Return a table with four bad rows."""
    columns = {name: good[name].to_pylist() for name in good.column_names}
    columns["message"][FORGED] = b"another message"
    columns["signature"][NULL] = None
    columns["public_key"][SHORT_KEY] = b"short"
    columns["context"][LONG_CONTEXT] = bytes(256)
    types = {"account": pa.string()}
    return pa.table({name: pa.array(values, types.get(name, pa.binary())) for name, values in columns.items()})


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Return a folder with four files; the second has bad rows."""
    folder = tmp_path / "dataset"
    folder.mkdir()
    for number in range(FILES):
        made = table(number)
        pq.write_table(spoiled(made) if number == 1 else made, folder / f"{number}.parquet", row_group_size=GROUP)
    return folder


def problems(report: Any) -> dict[str, str]:
    """Return the problem of each bad row, by its id."""
    found = report.bad_rows().to_pylist()
    assert {(row["file"].rpartition("/")[2], f"1-{row['row']}") for row in found} == {
        ("1.parquet", row["id"]) for row in found
    }
    return {row["id"]: row["problem"] for row in found}


def check(report: Any) -> None:
    """Check that all rows were verified, and the bad ones found."""
    assert (report.rows, report.valid, report.partitions) == (FILES * ROWS, FILES * ROWS - 4, PARTITIONS)
    assert problems(report) == {
        f"1-{FORGED}": "signature is not valid",
        f"1-{NULL}": "signatures is null",
        f"1-{SHORT_KEY}": "public key has the wrong length: expected 1312 bytes for ML-DSA-44, got 5",
        f"1-{LONG_CONTEXT}": "context is longer than 255 bytes: expected at most 255 bytes, got 256",
    }


def test_every_row_is_verified_and_bad_ones_are_named(client: Client, dataset: Path, tmp_path: Path) -> None:
    """Bad rows of each kind have file, number and id; the others are valid."""
    done: list[int] = []
    report = verify_dataset(client, str(dataset), str(tmp_path / "results"), progress=done.append, **SETTINGS)
    check(report)
    assert (report.reused, done) == (0, [GROUP] * PARTITIONS)


def pids_of_workers(dask_scheduler: Any) -> list[int]:
    """Return the process of each worker that the scheduler takes to be alive."""
    return [worker.pid for worker in dask_scheduler.workers.values()]


def test_nothing_is_lost_when_a_worker_is_killed(client: Client, dataset: Path, tmp_path: Path) -> None:
    """A worker is killed by the system while it works: its partitions are done again, and no file of it remains."""
    results = tmp_path / "results"
    killed: list[int] = []

    def kill(_rows: int) -> None:
        if not killed:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    check(verify_dataset(client, str(dataset), str(results), progress=kill, **SETTINGS))
    while killed[0] in client.run_on_scheduler(pids_of_workers):
        time.sleep(0.05)
    client.wait_for_workers(2)
    assert killed[0] not in client.run(os.getpid).values()
    assert len([*results.iterdir()]) == PARTITIONS


def test_second_run_takes_what_is_finished(client: Client, dataset: Path, tmp_path: Path) -> None:
    """Paths and URIs name the same results; a missing or damaged file of results is made again."""
    results = tmp_path / "results"
    verify_dataset(client, dataset.as_uri(), results.as_uri(), **SETTINGS)
    first, second, *_ = sorted(results.iterdir())
    first.unlink()
    second.write_bytes(second.read_bytes()[:-10])
    report = verify_dataset(client, str(dataset), str(results), **SETTINGS)
    check(report)
    assert report.reused == PARTITIONS - 2


def test_changed_file_is_verified_again(client: Client, dataset: Path, tmp_path: Path) -> None:
    """Results of the previous file do not count."""
    results = str(tmp_path / "results")
    verify_dataset(client, str(dataset), results, **SETTINGS)
    pq.write_table(table(1), dataset / "1.parquet", row_group_size=GROUP)
    report = verify_dataset(client, str(dataset), results, **SETTINGS)
    assert report.reused == (FILES - 1) * ROWS // GROUP
    assert (report.valid, problems(report)) == (FILES * ROWS, {})


@contextmanager
def workers_in(client: Client, folder: Path) -> Iterator[None]:
    """Let the workers run in another folder than this process."""
    before = client.run(os.getcwd)
    client.run(os.chdir, str(folder))
    try:
        yield
    finally:
        client.run(os.chdir, next(iter(before.values())))


def test_file_that_changes_meanwhile_fails(
    client: Client, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verified data are gone then: a path leads the workers to a later state of the dataset."""
    shutil.copytree(dataset, tmp_path / "later" / "dataset")
    os.utime(tmp_path / "later" / "dataset" / "3.parquet", ns=(0, 0))
    monkeypatch.chdir(tmp_path)
    with (
        workers_in(client, tmp_path / "later"),
        pytest.raises(DatasetError, match=r"3\.parquet was changed while it was verified"),
    ):
        verify_dataset(client, "/proc/self/cwd/dataset", str(tmp_path / "results"), **SETTINGS)


def test_interrupted_run_is_resumed(client: Client, dataset: Path, tmp_path: Path) -> None:
    """Partitions finished before Ctrl-C are not repeated, and half-written files of a worker are removed."""
    results = tmp_path / "results"

    def interrupt(_rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verify_dataset(client, str(dataset), str(results), progress=interrupt, **SETTINGS)
    finished = next(path for path in results.iterdir() if not path.name.startswith("."))
    (results / f".{finished.name}.half").write_bytes(b"half")
    report = verify_dataset(client, str(dataset), str(results), **SETTINGS)
    check(report)
    assert report.reused >= 1
    assert not (results / f".{finished.name}.half").exists()


def test_failed_partitions_are_named_and_the_others_finished(client: Client, dataset: Path, tmp_path: Path) -> None:
    """A file has a damaged page: all else is done, and the next run retries it."""
    results, damaged = str(tmp_path / "results"), dataset / "2.parquet"
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:4] + bytes(1000) + whole[1004:])
    with pytest.raises(DatasetError, match=r"1 of 32 partitions failed; .*2\.parquet from row 0: ") as raised:
        verify_dataset(client, str(dataset), results, **SETTINGS)
    assert list(raised.value.failures) == [f"{damaged} from row 0"]
    damaged.write_bytes(whole)
    check(verify_dataset(client, str(dataset), results, **SETTINGS))


def test_second_client_of_the_process_disturbs_nothing(client: Client, dataset: Path, tmp_path: Path) -> None:
    """Dask takes the newest client if none is named."""
    with LocalCluster(n_workers=1, dashboard_address=":0") as cluster, Client(cluster):
        check(verify_dataset(client, str(dataset), str(tmp_path / "results"), **SETTINGS))


def test_results_that_workers_keep_for_themselves_are_missed(
    client: Client, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path may be another folder for the workers than here: nothing counts as finished then."""
    (tmp_path / "elsewhere" / "results").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with (
        workers_in(client, tmp_path / "elsewhere"),
        pytest.raises(DatasetError, match="do all workers reach the same one"),
    ):
        verify_dataset(client, str(dataset), "/proc/self/cwd/results", **SETTINGS)


def test_relative_paths_match_the_caller(
    client: Client, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folders in which workers were started do not matter."""
    monkeypatch.chdir(tmp_path)
    files = [f"dataset/{number}.parquet" for number in range(FILES)]
    check(verify_dataset(client, files, "results", **SETTINGS))
    assert verify_dataset(client, str(dataset), str(tmp_path / "results"), **SETTINGS).reused == PARTITIONS


def test_rows_of_composites_are_verified(client: Client, tmp_path: Path) -> None:
    """They are next to rows of ML-DSA, in columns with rows of varying length."""
    names = ["ML-DSA-44", *(sizes.name for sizes in COMPOSITE)]
    keys = [private_class(name).generate(name) for name in names]
    signatures = [key.sign(b"message") for key in keys]
    signatures[-1] += b"\0"
    columns = {
        "algorithm": pa.array(names),
        "public_key": pa.array([key.public_key.public_bytes() for key in keys], pa.binary()),
        "message": pa.array([b"message"] * len(keys), pa.binary()),
        "signature": pa.array(signatures, pa.binary()),
    }
    (tmp_path / "dataset").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "dataset" / "0.parquet")
    report = verify_dataset(client, str(tmp_path / "dataset"), str(tmp_path / "results"), columns=NAMED)
    assert (report.rows, report.valid) == (len(keys), len(keys) - 1)


def test_key_whose_signatures_vary_is_a_bad_row_where_all_are_of_one_size(client: Client, tmp_path: Path) -> None:
    """The other rows of its partition are verified."""
    good, other = MLDSAPrivateKey.generate("ML-DSA-44"), CompositePrivateKey.generate("MLDSA44-ECDSA-P256-SHA256")
    signature = good.sign(b"message")
    columns = {
        "algorithm": pa.array([good.parameter_set.value, other.parameter_set.value]),
        "public_key": pa.array([key.public_key.public_bytes() for key in (good, other)], pa.binary()),
        "message": pa.array([b"message"] * 2, pa.binary()),
        "signature": pa.array([signature] * 2, pa.binary(len(signature))),
    }
    (tmp_path / "dataset").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "dataset" / "0.parquet")
    report = verify_dataset(client, str(tmp_path / "dataset"), str(tmp_path / "results"), columns=NAMED)
    assert (report.rows, report.valid) == (2, 1)
    [problem] = report.bad_rows()["problem"].to_pylist()
    assert problem.startswith("signatures of MLDSA44-ECDSA-P256-SHA256 vary in length")


def test_parameter_sets_are_named_for_all_rows_or_by_a_column(client: Client, tmp_path: Path) -> None:
    """An unknown or null name is a bad row; an unknown name for all rows is refused."""
    key, results = MLDSAPrivateKey.generate("ML-DSA-44"), str(tmp_path / "results")
    columns = {
        "algorithm": pa.array(["ML-DSA-44", "ML-DSA-65", None, "none"]),
        "public_key": pa.array([key.public_key.public_bytes()] * 4, pa.binary()),
        "message": pa.array([b"message"] * 4, pa.binary()),
        "signature": pa.array([key.sign(b"message")] * 4, pa.binary()),
    }
    file = str(tmp_path / "0.parquet")
    pq.write_table(pa.table(columns), file)
    both: dict[str, Any] = {"columns": NAMED, "parameter_set": "ML-DSA-44"}
    for wrong in ({}, both):
        with pytest.raises(TypeError, match="pass parameter_set=, or name a column of them"):
            verify_dataset(client, file, results, **wrong)
    with pytest.raises(UnsupportedError, match="unknown parameter set"):
        verify_dataset(client, file, results, parameter_set="ML-DSA-66")
    with pytest.raises(DatasetError, match="the column message has binary, not the names of parameter sets"):
        verify_dataset(client, file, results, columns=Columns(parameter_set="message"))
    assert verify_dataset(client, file, results, parameter_set="ML-DSA-44").valid == 4
    report = verify_dataset(client, file, results, columns=NAMED)
    assert (report.valid, report.reused) == (1, 0)
    wrong_size, *unknown = report.bad_rows()["problem"].to_pylist()
    assert wrong_size.endswith("expected 1952 bytes for ML-DSA-65, got 1312")
    assert [each.partition(":")[0] for each in unknown] == ["unknown parameter set"] * 2


def test_missing_column_and_dataset_are_refused(client: Client, dataset: Path, tmp_path: Path) -> None:
    """They are refused before anything is written, and the error lists the columns."""
    expected = "no column nonce; it has public_key, message, signature, context, account"
    with pytest.raises(DatasetError, match=expected):
        verify_dataset(
            client, str(dataset), str(tmp_path / "results"), columns=Columns(context="nonce", parameter_set="nonce")
        )
    with pytest.raises(DatasetError, match="the dataset cannot be read: "):
        verify_dataset(client, str(tmp_path / "nowhere"), str(tmp_path / "results"), parameter_set="ML-DSA-44")
    assert not (tmp_path / "results").exists()


def test_empty_dataset_has_an_empty_report(client: Client, tmp_path: Path) -> None:
    """The report has no rows, no partitions and no bad rows."""
    pq.write_table(table(0).slice(0, 0), tmp_path / "0.parquet")
    report = verify_dataset(client, str(tmp_path / "0.parquet"), str(tmp_path / "results"), **SETTINGS)
    assert (report.rows, report.valid, report.partitions, report.bad_rows().num_rows) == (0, 0, 0, 0)
