#!/usr/bin/env python3
"""Measures a cluster of two workers that verifies a dataset, and derives the cost of a billion signatures.

The dataset has ML-DSA-65 keys and signatures and messages of 64 bytes, not compressed, so that its size is realistic.
One process that reads it and verifies with one thread is compared with clusters of one and two workers with
one thread each, in turns; the best of the turns counts. Without --quick, the results go to docs/results/benchmarks.md.
"""
# ruff: noqa: T201 - it prints what it finds

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from distributed import Client, LocalCluster
from page import fill, markdown
from results import IncompleteError, machine

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.batch import sign_many, verify_many
from qynauth_pqc.integrations.distributed import ROWS_AT_A_TIME, verify_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parent.parent
RESULTS = "docs/results/benchmarks/scaling.json"
PAGE = "docs/results/benchmarks.md"
PARAMETER_SET = "ML-DSA-65"
FILES = 8
SIGNERS, SIGNATURES_OF_EACH = 20, 50
MESSAGE_BYTES = 64
BILLION = 10**9
LONGEST_WAIT = 1.2
"""The most that one process may take, against the processor time that it used: an eighth is waiting for files."""

CORES = (16, 64, 256, 1024)
"""The clusters that the page computes the cost for, in cores."""


def write_dataset(folder: Path, rows: int) -> int:
    """Write a dataset, in which a thousand signatures come again and again, and return its size in bytes."""
    keys = [MLDSAPrivateKey.from_seed(bytes([number]) * 32, PARAMETER_SET) for number in range(SIGNERS)]  # type: ignore[arg-type]
    messages = [number.to_bytes(MESSAGE_BYTES, "little") for number in range(SIGNATURES_OF_EACH)]
    signed = [
        (key.public_key.public_bytes(), message, signature)
        for key in keys
        for message, signature in zip(messages, sign_many(key, messages), strict=True)
    ]
    public_keys, texts, signatures = zip(*signed, strict=True)
    types = (pa.binary(len(public_keys[0])), pa.binary(), pa.binary(len(signatures[0])))
    columns = [pa.array(each, kind) for each, kind in zip((public_keys, texts, signatures), types, strict=True)]
    once = pa.table(columns, names=["public_key", "message", "signature"])
    for number in range(FILES):
        chosen = once.take([row % len(once) for row in range(number * rows // FILES, (number + 1) * rows // FILES)])
        path = folder / f"{number}.parquet"
        pq.write_table(chosen, path, row_group_size=ROWS_AT_A_TIME, use_dictionary=False, compression="none")
    return sum(path.stat().st_size for path in folder.iterdir())


def verify_here(folder: Path) -> None:
    """Verify the dataset in this process with one thread."""
    for path in sorted(folder.iterdir()):
        for batch in pq.ParquetFile(path).iter_batches(ROWS_AT_A_TIME):
            public_keys, messages, signatures = batch.columns
            verdicts = verify_many(public_keys, messages, signatures, threads=1, parameter_set=PARAMETER_SET)
            if not verdicts.all_valid:
                msg = "a good signature was refused"
                raise AssertionError(msg)


def verify_on(client: Client, folder: Path, results: Path, rows: int) -> None:
    """Verify the dataset on a cluster."""
    options: Any = {"parameter_set": PARAMETER_SET, "rows_of_a_partition": ROWS_AT_A_TIME}
    report = verify_dataset(client, str(folder), str(results), **options)
    if (report.rows, report.valid) != (rows, rows):
        msg = f"{report.valid} of {rows} rows are valid"
        raise AssertionError(msg)


def seconds(work: Callable[..., object], *arguments: Any) -> float:
    """Return how long a call takes."""
    begin = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begin


def measure(rows: int, rounds: int) -> dict[str, Any]:
    """Measure one process and both clusters in turns, and a run that finds everything finished."""
    with ExitStack() as stack:
        folder, results = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2))
        size = write_dataset(folder, rows)
        clients = []
        for workers in (1, 2):
            cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0")
            clients.append(stack.enter_context(Client(stack.enter_context(cluster))))
            verify_on(clients[-1], folder, results / "imported" / str(workers), rows)
        times: dict[str, list[float]] = {"process": [], "1": [], "2": [], "finished": []}
        used = []
        for number in range(rounds):
            begin = time.thread_time()
            times["process"].append(seconds(verify_here, folder))
            used.append(time.thread_time() - begin)
            for name, client in zip("12", clients, strict=True):
                times[name].append(seconds(verify_on, client, folder, results / str(number) / name, rows))
            times["finished"].append(seconds(verify_on, clients[1], folder, results / str(number) / "2", rows))
    rates = {name: round(rows / min(found)) for name, found in times.items()}
    return {"rows": rows, "row_bytes": round(size / rows), "rates": rates, "undisturbed": round(rows / min(used))}


def check_possible(document: Mapping[str, Any]) -> None:
    """Check that the process had a core for itself.

    Raises:
        IncompleteError: it waited for another one.
    """
    undisturbed, reached = document["undisturbed"], document["rates"]["process"]
    if undisturbed > LONGEST_WAIT * reached:
        msg = f"one process verified {reached:,} rows a second, and {undisturbed:,} in a second of processor time"
        raise IncompleteError(msg)


def regions(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of a run for docs/results/benchmarks.md, by the names of their regions."""
    rates, described = document["rates"], document["machine"]
    names = {
        "process": "one process, one thread, without Dask",
        "1": "one worker",
        "2": "two workers",
        "finished": "a run that finds everything finished",
    }
    rows = [[title, f"{rates[name]:,}", f"{rates[name] / rates['process']:.2f}x"] for name, title in names.items()]
    where = f"{described['processor']}, {described['cores']} cores, Python {described['python']}"
    table = markdown(["", "rows a second", "against one process"], rows)
    return {"rates": f"{table}\n\nMeasured on {where}, {document['rows']:,} rows.", "cost": _cost(document)}


def _cost(document: Mapping[str, Any]) -> str:
    """Return what a billion signatures take, by the number of cores."""
    of_a_core = document["rates"]["2"] / 2
    core_hours = BILLION / of_a_core / 3600
    read = document["row_bytes"] * of_a_core / 2**20
    rows = [[f"{cores:,}", f"{core_hours / cores:.2g}", f"{read * cores:,.0f}"] for cores in CORES]
    total = document["row_bytes"] * BILLION / 2**40
    table = markdown(["cores in all", "hours", "MiB a second to read"], rows, left=0)
    return (
        f"A core verifies {of_a_core:,.0f} rows a second, so {BILLION:,} signatures take {core_hours:,.1f} core-hours, "
        f"and {total:.1f} TiB are read.\n\n{table}"
    )


def main() -> None:
    """Measure, print, and write docs."""
    parser = argparse.ArgumentParser(description="Measure the verification of a dataset on a local cluster.")
    parser.add_argument("--rows", type=int, default=80_000, help="rows of the dataset (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="measure little, to see that it works, and write nothing")
    arguments = parser.parse_args()
    rows, rounds = (2000, 1) if arguments.quick else (arguments.rows, 3)
    document = {"machine": machine(), **measure(rows, rounds)}
    print(json.dumps(document, indent=1))
    if not arguments.quick:
        check_possible(document)
        (ROOT / RESULTS).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        page = ROOT / PAGE
        page.write_text(fill(page.read_text(encoding="utf-8"), regions(document)), encoding="utf-8")


if __name__ == "__main__":
    main()
