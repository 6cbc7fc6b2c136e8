"""Verifying a dataset of signatures that is too large for one machine, on a Dask cluster.

Needs the extra `dask`. The dataset is Parquet, a row for each signature; its columns
go from the files through Arrow to `qynauth_pqc.batch` without a Python object for each item. docs/scaling.md has an
example and its cost.

The work is cut into partitions, rows of one file. The results of a finished partition are written to a separate Parquet
file in a folder of results. If a worker, the scheduler or the waiting program is stopped, only the partitions in
progress are lost: the next run skips finished partitions, if their input is the same.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from qynauth_pqc._extras import extra
from qynauth_pqc._keys.signature import SignaturePublicKey
from qynauth_pqc.batch import verify_many
from qynauth_pqc.batch._keys import named_set
from qynauth_pqc.errors import BatchError, PQCError, expect

with extra("dask"):
    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq
    from distributed import Client, as_completed
    from pyarrow import fs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["Columns", "DatasetError", "Report", "verify_dataset"]

ROWS_OF_A_PARTITION = 100_000
ROWS_AT_A_TIME = 8192
"""The rows that a worker keeps in memory: with ML-DSA-87 and short messages some 60 MB."""

_FORMAT = "qynauth_pqc verified partition 1"
_MARK = b"qynauth_pqc"
_NOT_THERE = "a worker finished it, and its results are not in the folder: do all workers reach the same one?"


class DatasetError(PQCError):
    """A dataset cannot be verified, or some of its partitions failed.

    Attributes:
        failures: the error of each failed partition, by its file and first row. All others are finished.
    """

    def __init__(self, message: str, failures: Mapping[str, str] | None = None) -> None:
        """Keep the failures."""
        super().__init__(message)
        self.failures = dict(failures or {})


@dataclass(frozen=True)
class Columns:
    """The names of the columns of a dataset, each binary or fixed_size_binary except the parameter set and the id.

    Attributes:
        public_key: the public keys, of any signature algorithm.
        message: the messages, of any length.
        signature: the signatures. Signatures of composites with ECDSA vary in length: they need a column of binary.
        context: the contexts, 0 to 255 bytes each, or None if all are empty.
        id: the name of a row in the report, next to its file and number; of any type.
        parameter_set: the name of the parameter set of each key, as text, such as "ML-DSA-65"; or None if
            `verify_dataset` names one for all rows.
    """

    public_key: str = "public_key"
    message: str = "message"
    signature: str = "signature"
    context: str | None = None
    id: str | None = None
    parameter_set: str | None = None

    def names(self) -> list[str]:
        """Return the names of the columns that are used."""
        return [name for name in asdict(self).values() if name is not None]


@dataclass(frozen=True)
class Report:
    """The result of the verification of a dataset.

    Attributes:
        rows: how many rows the dataset has. All of them were verified.
        valid: how many of them have a valid signature.
        partitions: how many partitions there are.
        reused: how many of them an earlier run had finished.
        results: the files of their results.
    """

    rows: int
    valid: int
    partitions: int
    reused: int
    results: tuple[str, ...] = field(repr=False)
    filesystem: fs.FileSystem = field(repr=False)

    def bad_rows(self) -> pa.Table:
        """Return the rows that are not valid.

        Returns:
            A table with the columns `file`, `row` (its number in the file, from 0), `id` if there is one, `problem`.
        """
        if not self.results:
            return _no_rows(None).empty_table()
        return ds.dataset(list(self.results), format="parquet", filesystem=self.filesystem).to_table()


@dataclass(frozen=True)
class _Partition:
    """Row groups of one file that are verified together."""

    file: str
    row_groups: tuple[int, ...]
    first_row: int
    rows: int
    version: tuple[int, int]
    fingerprint: str

    @property
    def name(self) -> str:
        return f"{hashlib.sha256(self.file.encode()).hexdigest()[:16]}-{self.first_row:012}.parquet"

    def __str__(self) -> str:
        return f"{self.file} from row {self.first_row}"


@dataclass(frozen=True)
class _Job:
    """The properties of all partitions, which are sent to the workers."""

    columns: Columns
    parameter_set: str | None
    inputs: fs.FileSystem
    outputs: fs.FileSystem
    folder: str


def verify_dataset(  # noqa: PLR0913 - the options of a dataset
    client: Client,
    dataset: str | Sequence[str],
    results: str,
    *,
    parameter_set: str | None = None,
    columns: Columns | None = None,
    rows_of_a_partition: int = ROWS_OF_A_PARTITION,
    progress: Callable[[int], object] | None = None,
) -> Report:
    """Verify every signature of a dataset on a Dask cluster.

    A row with a null, or with a malformed key, parameter set, context or signature, is a bad row, like a row with an
    invalid signature. A worker that dies costs only time. Each task uses one thread, so start each worker with as many
    threads as it has cores.

    Args:
        client: the client of the cluster. All workers must have this package, and reach the dataset and the results.
        dataset: a folder of Parquet files, or the files: paths, or a URI of a filesystem that Arrow knows.
        results: the folder of the results, made if it does not exist: a path or a URI.
        parameter_set: the name of the parameter set of all keys; None if a column names the set of each key.
        columns: the names of the columns.
        rows_of_a_partition: the least number of rows of a partition, except for the last of a file; it takes whole row
            groups.
        progress: called with the number of rows of each partition when it is finished.

    Returns:
        The report.

    Raises:
        DatasetError: there is no such dataset or column, or some partitions failed; the others are finished.
        TypeError: the parameter set is named neither for all rows nor by a column, or in both ways.
        UnsupportedError: the parameter set for all rows is unknown.
    """
    expect(client, Client, "client")
    expect(dataset, (str, list, tuple), "dataset")
    expect(results, str, "results")
    expect(columns, (Columns, type(None)), "columns")
    expect(rows_of_a_partition, int, "rows_of_a_partition")
    chosen = Columns() if columns is None else columns
    if (parameter_set is None) == (chosen.parameter_set is None):
        raise TypeError("encoded keys do not show their parameter sets; pass parameter_set=, or name a column of them")
    if parameter_set is not None:
        named_set(SignaturePublicKey, parameter_set)  # refuses an unknown name
    job, files = _open(dataset, results, chosen, parameter_set)
    partitions = [each for file in files for each in _partitions(job, file, rows_of_a_partition)]
    finished = {each: valid for each in partitions if (valid := _finished(job, each)) is not None}
    report = progress or (lambda _rows: None)
    for each in finished:
        report(each.rows)
    reused, failures = len(finished), dict[str, str]()
    for each, outcome in _run(client, job, [each for each in partitions if each not in finished]):
        if isinstance(outcome, int):
            finished[each] = outcome
            report(each.rows)
        else:
            failures[str(each)] = outcome
    if failures:
        first, why = next(iter(failures.items()))
        raise DatasetError(f"{len(failures)} of {len(partitions)} partitions failed; {first}: {why}", failures)
    _remove_unfinished(job, partitions)
    paths = tuple(_path(job, each) for each in partitions)
    rows, valid = sum(each.rows for each in partitions), sum(finished.values())
    return Report(rows, valid, len(partitions), reused, paths, job.outputs)


def _open(
    dataset: str | Sequence[str], results: str, columns: Columns, parameter_set: str | None
) -> tuple[_Job, list[str]]:
    """Open a dataset, check that it has the columns, and make the folder of the results."""
    sources = _absolute(dataset) if isinstance(dataset, str) else [_absolute(each) for each in dataset]
    try:
        found = ds.dataset(sources, format="parquet")
    except (OSError, UnicodeEncodeError, pa.ArrowException) as error:
        raise DatasetError(f"the dataset cannot be read: {error}") from error
    names = found.schema.names
    for name in columns.names():
        if name not in names:
            raise DatasetError(f"the dataset has no column {name}; it has {', '.join(names) or 'none'}")
    if columns.parameter_set is not None:
        kind = found.schema.field(columns.parameter_set).type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            raise DatasetError(f"the column {columns.parameter_set} has {kind}, not the names of parameter sets")
    outputs, folder = fs.FileSystem.from_uri(_absolute(results))
    outputs.create_dir(folder, recursive=True)
    return _Job(columns, parameter_set, found.filesystem, outputs, folder), found.files


def _absolute(path: str) -> str:
    """Return a path that does not depend on the directory in which a worker was started, as URIs do not."""
    expect(path, str, "the path of a dataset")
    return path if "://" in path else str(Path(path).absolute())


def _partitions(job: _Job, file: str, rows_of_a_partition: int) -> Iterator[_Partition]:
    """Cut a file into partitions: whole row groups, until there are enough rows."""
    with job.inputs.open_input_file(file) as source:
        metadata = pq.read_metadata(source)
    version = _version(job, file)
    known = [_FORMAT, asdict(job.columns), job.parameter_set, file, version, metadata.to_dict()]
    fingerprint = hashlib.sha256(json.dumps(known, default=str).encode())
    sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    first_rows = [0, *accumulate(sizes)]
    begin = 0
    for end in range(1, len(sizes) + 1):
        rows = first_rows[end] - first_rows[begin]
        if rows >= rows_of_a_partition or (end == len(sizes) and rows):
            groups = tuple(range(begin, end))
            of_partition = fingerprint.copy()
            of_partition.update(repr(groups).encode())
            yield _Partition(file, groups, first_rows[begin], rows, version, of_partition.hexdigest())
            begin = end


def _version(job: _Job, file: str) -> tuple[int, int]:
    """Return the size of a file and the time of its last change, in nanoseconds."""
    info = job.inputs.get_file_info(file)
    return info.size, info.mtime_ns


def _path(job: _Job, partition: _Partition) -> str:
    return f"{job.folder}/{partition.name}"


def _finished(job: _Job, partition: _Partition) -> int | None:
    """Return the number of valid rows of a partition, if it is finished and its input has not changed."""
    try:
        with job.outputs.open_input_file(_path(job, partition)) as source:
            known = json.loads(pq.read_schema(source).metadata[_MARK])
        same = (known["fingerprint"], known["rows"]) == (partition.fingerprint, partition.rows)
        return int(known["valid"]) if same else None
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        return None


def _run(client: Client, job: _Job, partitions: Sequence[_Partition]) -> Iterator[tuple[_Partition, int | str]]:
    """Yield the outcome of each partition as soon as it is finished: the number of valid rows, or the error.

    Only the folder of results counts, so the workers send nothing back.
    """
    futures = {client.submit(_verify_partition, job, each, pure=False): each for each in partitions}
    try:
        # Without a loop it would use the loop of the newest client in this process, which may be another client.
        for future in as_completed(futures, loop=client.loop):
            partition = futures[future]
            if future.status == "finished":
                valid = _finished(job, partition)
                yield partition, _NOT_THERE if valid is None else valid
            else:
                error = future.exception()
                yield partition, f"{type(error).__name__}: {error}"
            future.release()
    finally:
        client.cancel(list(futures))


def _verify_partition(job: _Job, partition: _Partition) -> None:
    """Verify a partition, on a worker, and write the bad rows."""
    with job.inputs.open_input_file(partition.file) as source:
        reader = pq.ParquetFile(source)
        id_type = reader.schema_arrow.field(job.columns.id).type if job.columns.id else None
        schema, tables, row = _no_rows(id_type), [], partition.first_row
        groups = reader.iter_batches(ROWS_AT_A_TIME, row_groups=partition.row_groups, columns=job.columns.names())
        for batch in groups:
            problems = _problems(job, batch)
            bad_rows = {
                "file": [partition.file] * len(problems),
                "row": [row + index for index in problems],
                "problem": list(problems.values()),
            }
            if job.columns.id:
                bad_rows["id"] = batch.column(job.columns.id).take(pa.array(problems, pa.int64()))
            tables.append(pa.table({name: bad_rows[name] for name in schema.names}, schema=schema))
            row += len(batch)
    if _version(job, partition.file) != partition.version:
        raise DatasetError(f"{partition.file} was changed while it was verified")
    bad = pa.concat_tables([schema.empty_table(), *tables])
    known = {"fingerprint": partition.fingerprint, "rows": partition.rows, "valid": partition.rows - len(bad)}
    unfinished = f"{job.folder}/.{partition.name}.{uuid4().hex}"  # renamed when it is complete
    with job.outputs.open_output_stream(unfinished) as sink:
        pq.write_table(bad.replace_schema_metadata({_MARK: json.dumps(known)}), sink)
    job.outputs.move(unfinished, _path(job, partition))


def _no_rows(id_type: Any) -> Any:
    fields = [("file", pa.string()), ("row", pa.int64()), ("id", id_type), ("problem", pa.string())]
    return pa.schema([each for each in fields if each[1] is not None])


def _problems(job: _Job, batch: pa.RecordBatch) -> dict[int, str]:
    """Return the problem of each invalid row of a batch, by its position."""
    columns = job.columns
    contexts = batch.column(columns.context) if columns.context else None
    keys, messages, signatures = (
        batch.column(name) for name in (columns.public_key, columns.message, columns.signature)
    )
    parameter_set: str | list[str] | None = job.parameter_set
    if columns.parameter_set:
        parameter_set = [name or "" for name in batch.column(columns.parameter_set).to_pylist()]  # "" for a null
    results: Iterable[object]
    errors: Mapping[int, Exception] = {}
    try:
        results = verify_many(keys, messages, signatures, contexts, threads=1, parameter_set=parameter_set)
    except BatchError as error:
        results, errors = error.results, error.errors
    return {
        index: str(errors[index]) if index in errors else "signature is not valid"
        for index, valid in enumerate(results)
        if not valid
    }


def _remove_unfinished(job: _Job, partitions: Sequence[_Partition]) -> None:
    names = {f".{each.name}" for each in partitions}
    for info in job.outputs.get_file_info(fs.FileSelector(job.folder)):
        if info.base_name.rpartition(".")[0] in names:
            job.outputs.delete_file(info.path)
