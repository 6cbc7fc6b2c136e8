"""The benchmark: it measures what is right and fairly, and its pages show what it found."""

from __future__ import annotations

import copy
import json
import platform
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import adapters
import batch_sizes
import cluster
import composite
import engine
import matplotlib as mpl
import pytest
from adapters import OURS, available, load
from adapters.built import defined
from conftest import MLDSA, MLKEM, ROOT
from costs import key_memory, own_threads, throughput
from key_checks import CHECKS, refusals
from matplotlib.backends.backend_agg import FigureCanvasAgg
from measure import QUANTILES, QUICK, Plan, Timing, interleave, summary
from operations import NAMES, Pair, WrongResultError, check_dsa, check_kem, message, timings
from page import UNSTEADY, compared, fill, fill_page, regions
from peers import PAGES, to_json
from plots import DRAWINGS, SETTINGS, pictures
from results import (
    FOLDER,
    IncompleteError,
    check_complete,
    documents,
    fastest_peer,
    fastest_wheel,
    figure,
    file_name,
    is_loaded,
    machine,
    shown,
)
from targets import missed, ratios

from qynauth_pqc import CompositeParameterSet, CompositePrivateKey

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = documents(ROOT / FOLDER)


@pytest.fixture
def document() -> dict[str, Any]:
    """A copy of the results that the pages show in full."""
    return copy.deepcopy(shown(RUNS))


def test_packages_of_this_environment_are_found() -> None:
    """Ours and cryptography are, and for each other one there is a reason."""
    found, missing = available()
    names = {package.name for package in found}
    assert {OURS, "cryptography"} <= names
    assert names | set(missing) == set(adapters.LOADERS)
    assert all(missing.values())


@pytest.mark.parametrize("name", [OURS, "cryptography"])
def test_every_operation_of_a_package_runs(name: str) -> None:
    """Of every set that it has, with checked keys; what is timed are real calls."""
    package = load(name)
    made = {
        f"{each.name} {operation}": timing
        for each in (*MLKEM, *MLDSA)
        for operation, timing in timings(package, each.name, 2).items()
    }
    lacking = [each for each in NAMES if each.startswith("ML-KEM-512") or each.endswith(", expanded")]
    lacking = lacking if name == "cryptography" else []
    assert list(made) == [each for each in NAMES if each not in lacking]
    for timing in made.values():
        timing.run(2)
        assert len(timing.nanoseconds) == 2


def test_package_with_a_wrong_secret_is_not_timed() -> None:
    """Decapsulation must recover the secret of the sender."""
    package = load(OURS)
    kem = replace(package.kem["ML-KEM-768"], decapsulate=lambda _key, _ciphertext: bytes(32))
    with pytest.raises(WrongResultError, match="qynauth_pqc does not recover a shared secret of ML-KEM-768"):
        check_kem(package, "ML-KEM-768", kem, Pair.of(kem.keys))


def test_package_whose_handshake_fails_is_not_timed() -> None:
    """What it sends must be the public key of the private key that it keeps."""
    package = load(OURS)
    kem = package.kem["ML-KEM-768"]
    pair, other = Pair.of(kem.keys), Pair.of(kem.keys)
    keys = replace(kem.keys, announce=lambda: (pair.raw_public, other.private))
    with pytest.raises(WrongResultError, match="does not recover a shared secret"):
        check_kem(package, "ML-KEM-768", replace(kem, keys=keys), pair)


def test_options_of_a_library_are_those_that_its_header_defines() -> None:
    """With their values, and not what is only mentioned."""
    header = '#undef  FAST\n#define FAST\n#define VERSION "1.2"\n/* #undef SLOW */\n#define OTHER 1\n'
    assert defined(header, ("VERSION", "SLOW", "FAST")) == ", VERSION=1.2, FAST"


@pytest.mark.parametrize("verify", [lambda *_: True, lambda *_: False], ids=["accepts all", "accepts nothing"])
def test_package_that_verifies_wrongly_is_not_timed(verify: Callable[..., bool]) -> None:
    """It must accept its own signature, and refuse the signature of another message."""
    package = load(OURS)
    dsa = replace(package.dsa["ML-DSA-44"], verify=verify)
    with pytest.raises(WrongResultError, match="qynauth_pqc does not verify ML-DSA-44 rightly"):
        check_dsa(package, "ML-DSA-44", dsa, Pair.of(dsa.keys))


@pytest.mark.parametrize("parameter_set", ["MLDSA44-Ed25519-SHA512", "MLDSA65-ECDSA-P384-SHA512"])
def test_composite_is_measured_next_to_its_halves(parameter_set: str) -> None:
    """Real calls, whose signatures are accepted by both sides; the table has a row for each operation."""
    made = composite.timings(CompositeParameterSet(parameter_set), 2)
    assert tuple(made) == composite.OPERATIONS
    assert {tuple(each.package for each in ready) for ready in made.values()} == {tuple(composite.COLUMNS)}
    for timing in (each for ready in made.values() for each in ready):
        timing.run(2)
    times = {f"{parameter_set} {name}": {each.package: each.summary() for each in made[name]} for name in made}
    table = composite.regions({"machine": machine(), "times": times})["composite"]
    assert table.count(f"| {parameter_set} ") == 3


def test_composite_that_is_joined_wrongly_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both halves must sign what ours sign."""
    key = CompositePrivateKey.generate("MLDSA44-Ed25519-SHA512")
    monkeypatch.setattr(composite, "PREFIX", b"CompositeAlgorithmSignatures2024")
    with pytest.raises(WrongResultError, match="MLDSA44-Ed25519-SHA512 and both halves by hand do not agree"):
        composite.check(key, composite.ByHand(key))


def test_statistics_match_the_calls() -> None:
    """In microseconds; a disturbed round moves the mean, but not the median of the means of rounds."""
    found = summary([1000, 2000, 3000, 10_000], [1500, 2000, 90_000])
    assert (found["median"], found["minimum"], found["mean"], found["calls"]) == (2.5, 1.0, 4.0, 4)
    assert found["round"] == 2.0
    assert (figure("ML-DSA-65 fresh sign, seed", found), figure("ML-DSA-65 verify", found)) == (2.0, 2.5)
    assert found["quantiles"] == sorted(found["quantiles"])
    assert len(found["quantiles"]) == QUANTILES - 1


def test_packages_take_turns() -> None:
    """Each begins a round in its turn, in which every message comes as often as the others."""
    calls: list[tuple[str, int]] = []
    timed = [Timing(name, lambda name, number: calls.append((name, number)), [(name, 0), (name, 1)]) for name in "ab"]
    interleave(timed, Plan(rounds=4, turn_ns=1, most_ns=10**18, messages=2))
    assert "".join(name for name, _ in calls[6:]) == "aabbbbaaaabbbbaa"  # six calls come before
    turns = [calls[first : first + 2] for first in range(6, len(calls), 2)]
    assert {tuple(sorted(number for _, number in turn)) for turn in turns} == {(0, 1)}
    assert [len(timing.rounds) for timing in timed] == [4, 4]


def test_slow_package_stops_early() -> None:
    """After its time, but not before it has made a call with each of the arguments."""
    slow = Timing("slow", lambda _number: sum(range(10_000)), [(0,), (1,), (2,)])
    interleave([slow], Plan(rounds=50, turn_ns=1, most_ns=1, messages=3))
    assert len(slow.nanoseconds) == 3


def test_quick_plan_measures_every_message() -> None:
    """So that the smoke test has all statistics."""
    assert QUICK.rounds > QUICK.messages > 1


def test_threads_are_counted_together() -> None:
    """Two threads make calls, and all of them are counted over no more time than passes."""
    calls: list[None] = []
    begin = perf_counter()
    rate = throughput(Timing("nothing", lambda: calls.append(None), [()]), 2, 0.01)
    assert rate * (perf_counter() - begin) >= len(calls) >= 2


def test_checks_of_keys_are_observed() -> None:
    """We make every check; a package that takes every key makes none, and one without such keys is not judged."""
    ours = load(OURS)
    assert refusals([ours]) == {OURS: dict.fromkeys(CHECKS, True)}
    kem, dsa = ours.kem["ML-KEM-768"], ours.dsa["ML-DSA-65"]
    careless = replace(
        ours,
        kem={
            "ML-KEM-768": replace(
                kem, keys=replace(kem.keys, load_public=None), encapsulate=lambda _: (b"", b"ciphertext")
            )
        },
        dsa={"ML-DSA-65": replace(dsa, keys=replace(dsa.keys, expanded=None))},
    )
    assert refusals([careless])[OURS] == {"modulus": False, "hash": True}


def test_loaded_keys_keep_memory() -> None:
    """An expanded form for each operation with a loaded key, of every set."""
    found = key_memory()
    assert list(found) == [name for name in NAMES if is_loaded(name)]
    assert min(found.values()) > 0


def test_every_operation_is_measured_with_two_threads() -> None:
    """Next to one thread, with rates above 0."""
    found = own_threads(1, 0.001)
    assert list(found) == NAMES
    assert min(rate for rates in found.values() for rate in rates.values()) > 0


def test_batches_of_every_operation_are_compared_with_a_loop() -> None:
    """By size, with rates above 0."""
    found = batch_sizes.rates((1, 4), 1, 0.0)
    assert [name.partition(" ")[2] for name in found] == ["keygen", "encapsulate", "decapsulate", "sign", "verify"]
    for methods in found.values():
        assert list(methods) == ["loop", "1 thread", "2 threads"]
        assert min(rate for rates in methods.values() for rate in rates.values()) > 0


def test_messages_differ_and_have_64_bytes() -> None:
    """The same for every package."""
    assert len({message(number) for number in range(100)}) == 100
    assert {len(message(number)) for number in range(100)} == {64}


def test_machine_is_described_without_its_name() -> None:
    """Processor, cores and Python; neither a host name nor a path."""
    text = json.dumps(machine())
    assert platform.python_version() in text
    assert platform.node() not in text
    assert "/" not in text


@pytest.mark.parametrize("name", PAGES)
def test_page_shows_the_results(name: str) -> None:
    """The committed page is what the command would write of the committed results."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert fill_page(text, RUNS) == text


def test_runs_of_machines_and_code_paths_have_files_of_their_own(document: dict[str, Any]) -> None:
    """A committed run is in the file of its processor and code path; another one would not overwrite it."""
    assert {file_name(run) for run in RUNS} <= {path.name for path in (ROOT / FOLDER).glob("*.json")}
    name = file_name(document)
    document["code_path"] = "portable"
    assert file_name(document) != name
    document["machine"]["processor"] = "AMD EPYC(TM) 9B45 (family 26, model 2, stepping 1)"
    assert file_name(document) == "amd-epyc-9b45-26-2-1-portable.json"


def test_newest_machine_is_shown_with_its_fastest_path(document: dict[str, Any]) -> None:
    """Whichever of its paths was measured last; the runs of all machines are compared."""
    path = {
        name: {**document, "code_path": name, "date": f"2099-01-0{day}"} for day, name in ((1, "avx2"), (2, "portable"))
    }
    older = {**document, "machine": {**document["machine"], "processor": "older"}, "date": "2000-01-01"}
    runs = [path["portable"], path["avx2"], older]
    assert shown(runs) is path["avx2"]
    assert all(f"-{name}.json), {name}, 2099-01-0" in regions(runs)["machines"] for name in path)
    assert "[older](benchmarks/older-avx512.json), avx512, 2000-01-01" in regions(runs)["machines"]


@pytest.mark.parametrize("program", [cluster, composite, engine], ids=["cluster", "composite", "engine"])
def test_page_shows_the_results_of_a_program(program: Any) -> None:
    """As above, with what bench/cluster.py, bench/composite.py and bench/engine.py found."""
    text = (ROOT / program.PAGE).read_text(encoding="utf-8")
    found = json.loads((ROOT / program.RESULTS).read_text(encoding="utf-8"))
    assert fill(text, program.regions(found)) == text


DIVAN = """\
Timer precision: 20 ns
mldsa            fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ libcrux_65                  │               │               │               │         │
│  ╰─ sign       600 ms        │ 685.6 ms      │ 608 ms        │ 611.2 ms      │ 20      │ 20
│                6.666 Kitem/s │ 5.832 Kitem/s │ 6.577 Kitem/s │ 6.541 Kitem/s │         │
╰─ verify_hot                  │               │               │               │         │
   ╰─ MlDsa65                  │               │               │               │         │
      ├─ avx2    6.5 µs        │ 21.4 µs       │ 6.6 µs        │ 6.65 µs       │ 100     │ 3200
      ╰─ portable               950 ns        │ 25.1 µs       │ 1.1 µs        │ 1.12 µs       │ 100     │ 3200
"""


def test_times_of_the_engine_are_read() -> None:
    """4,000 signatures are one round, and what is used again and again is called by its bare name."""
    assert engine.collect(DIVAN, "ML-DSA") == {
        "ML-DSA-65 sign": {"libcrux": {"fastest": 150.0, "median": 152.0}},
        "ML-DSA-65 verify": {
            "avx2": {"fastest": 6.5, "median": 6.6},
            "portable": {"fastest": 0.95, "median": 1.1},
        },
    }


def test_cost_of_a_billion_signatures_follows_from_the_rate() -> None:
    """Two workers that verify 20,000 rows a second together: 10,000 a core, so 100,000 seconds of a core."""
    rates = {"process": 11_000, "1": 10_500, "2": 20_000, "finished": 10**6}
    made = {"machine": machine(), "rows": 1000, "row_bytes": 2**20 // 10, "rates": rates}
    cost = cluster.regions(made)["cost"]
    assert "A core verifies 10,000 rows a second, so 1,000,000,000 signatures take 27.8 core-hours" in cost
    assert "| 16 | 1.74 | 16,000 |" in cost


def test_pages_have_every_region() -> None:
    """Nothing that is made for a page is left out of it."""
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert [name for name in regions(RUNS) if f"<!-- begin {name} -->" not in text] == []


def test_region_replaces_what_is_between_its_marks() -> None:
    """And nothing else; a page without the marks is refused."""
    page = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
    assert fill(page, {"x": "new"}) == "a\n<!-- begin x -->\nnew\n<!-- end x -->\nb\n"
    with pytest.raises(ValueError, match="no marks of y"):
        fill(page, {"y": "new"})


@pytest.mark.parametrize("run", RUNS, ids=file_name)
def test_results_are_complete(run: dict[str, Any]) -> None:
    """The committed results, whose text is read back as it was written."""
    check_complete(run)
    assert to_json(run) == (ROOT / FOLDER / file_name(run)).read_text(encoding="utf-8")


def spoil_loaded(times: dict[str, Any]) -> None:
    """Let a loaded key take longer than a fresh one."""
    for name, took in (("fresh decapsulate, seed", 10), ("fresh decapsulate, expanded", 10), ("decapsulate", 12)):
        times[f"ML-KEM-768 {name}"][OURS] = summary([took * 1000] * 20, [took * 1000] * 20)


FAULTS: dict[str, tuple[Callable[[Any], object], str]] = {
    "operation": (lambda found: found["times"].pop("ML-DSA-87 sign"), "ML-DSA-87 sign is missing"),
    "order": (lambda found: found["times"]["ML-KEM-768 keygen"][OURS].update(minimum=1e9), "ML-KEM-768 keygen of"),
    "costs": (lambda found: found["costs"].pop(OURS), f"the costs of {OURS} are missing"),
    "rate": (lambda found: found["threads"]["ML-DSA-65 sign"][OURS].update({"2": 0}), "has no rate"),
    "batch": (lambda found: found["batch"]["ML-DSA-65 verify"]["loop"].update({"1": 0}), "by loop has no rate"),
    "memory": (lambda found: found["memory"].pop("ML-KEM-512 encapsulate"), "the memory of ML-KEM-512 encapsulate is"),
    "two threads": (lambda found: found["own_threads"].pop("ML-KEM-768 handshake"), "not measured with two threads"),
    "checks": (lambda found: found["checks"][OURS].update(tr=False), "did not refuse a key with a wrong tr"),
    "loaded": (lambda found: spoil_loaded(found["times"]), "ML-KEM-768 decapsulate of qynauth_pqc takes 1.20x as long"),
    "liboqs": (
        lambda found: found.update(code_path="avx2", packages={OURS: {"build": "liboqs, OQS_USE_SHA3_AVX512VL=1"}}),
        f"the library of {OURS} was built with AVX-512",
    ),
    "wolfSSL": (
        lambda found: found.update(code_path="avx2", packages={OURS: {"build": "wolfSSL, USE_INTEL_SPEEDUP"}}),
        f"the library of {OURS} was built with AVX-512",
    ),
    "layers": (lambda found: found["layers"]["results"].pop("ML-DSA-65 sign"), "the layers of ML-DSA-65 sign"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_incomplete_results_are_refused(fault: str, document: dict[str, Any]) -> None:
    """What is missing or cannot be is named."""
    spoil, expected = FAULTS[fault]
    spoil(document)
    with pytest.raises(IncompleteError, match=expected):
        check_complete(document)


def test_few_rounds_decide_no_fault_and_are_marked(document: dict[str, Any]) -> None:
    """A loaded key took longer by chance; the figure of a signature has a mark and a footnote."""
    times = document["times"]
    spoil_loaded(times)
    times["ML-KEM-768 decapsulate"][OURS]["rounds"] = 19
    page = regions([document])["times"]
    times["ML-DSA-65 sign"][OURS]["rounds"] = 19
    check_complete(document)
    marked = regions([document])["times"]
    assert marked.count(UNSTEADY) == page.count(UNSTEADY) + 1 + (UNSTEADY not in page)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0.98, "as fast"), (1.02, "as fast"), (1.19, "1.19x slower"), (15.6, "16x slower"), (0.5, "2.00x faster")],
)
def test_summary_compares_in_words(ratio: float, text: str) -> None:
    """What differs by no more than the noise is called the same."""
    assert compared(ratio) == text


def test_fastest_wheel_is_found(document: dict[str, Any]) -> None:
    """A package that its user has to build does not count."""
    times = document["times"]["ML-KEM-768 keygen"]
    times["built"] = copy.deepcopy(times[OURS]) | {"median": 0.001}
    document["packages"]["built"] = {"wheel": False}
    times["cryptography"]["median"] = 0.01
    assert fastest_wheel(document, "ML-KEM-768 keygen") == "cryptography"


def test_pictures_are_the_same_for_the_same_results(document: dict[str, Any]) -> None:
    """Byte for byte, so that a change of a picture is a change of the results; text stays text."""
    first, second = pictures(document), pictures(document)
    assert first == second
    assert {name for name in first if not (ROOT / "docs" / "benchmarks" / name).exists()} == set()
    assert b"ML-KEM-768 ephemeral handshake" in first["operations.svg"]


def test_targets_are_against_the_fastest_peer(document: dict[str, Any]) -> None:
    """Neither our own columns nor slower packages count; an operation that no other package has cannot miss one."""
    times = document["times"]["ML-KEM-768 encapsulate"]
    ours = times[OURS]["median"]
    document["times"]["ML-KEM-768 encapsulate"] = {
        OURS: times[OURS],
        "near": {**times[OURS], "median": ours * 1.5},
        "far": {**times[OURS], "median": ours * 9},
    }
    assert fastest_peer(document["times"]["ML-KEM-768 encapsulate"], "ML-KEM-768 encapsulate") == "near"
    assert "ML-KEM-768 encapsulate: near is 1.50x, target 2.0x" in missed(document)
    for name in ratios():
        document["times"][name] = {OURS: document["times"][name][OURS]}
    assert [each for each in missed(document) if "target 2.0x" in each] == []


def test_targets_of_threads_and_batches(document: dict[str, Any]) -> None:
    """What is just reached is not missed, and each target can be."""
    document["times"] = {name: {OURS: times[OURS]} for name, times in document["times"].items()}
    document["own_threads"] = {"verify": {"1": 100, "2": 98, "ratio": 0.98}}
    reached = {"loop": {"1": 10**6, "4": 10, "10": 10}, "1 thread": {"1": 25 * 10**4, "4": 10, "10": 15}}
    document["batch"] = {"ML-KEM-768 keygen": {**reached, "2 threads": {"1": 1, "4": 1, "10": 24}}}
    assert missed(document) == []
    document["own_threads"]["verify"]["ratio"] = 0.96
    document["batch"] = {
        "ML-KEM-768 keygen": {**reached, "1 thread": {"1": 10**5, "4": 9, "10": 14}, "2 threads": {"10": 20}}
    }
    assert missed(document) == [
        "verify: two threads make 0.96x the calls of one",
        "ML-KEM-768 keygen: a batch of 4 is 0.90x a loop",
        "ML-KEM-768 keygen: a batch of one takes 9.0 us more than a call, target 3.0",
        "ML-KEM-768 keygen: two threads do 1.43x the batch of one, target 1.6x",
        "ML-KEM-768 keygen: a batch is 1.40x a loop, target 1.5x",
    ]


@pytest.mark.parametrize("name", DRAWINGS)
def test_picture_shows_all_that_it_draws(name: str, document: dict[str, Any]) -> None:
    """Every value lies within the axes, and every legend and every text within the figure."""
    with mpl.rc_context(SETTINGS):
        drawn: Any = DRAWINGS[name](document)
        canvas: Any = FigureCanvasAgg(drawn)
        canvas.draw()
    for panel in drawn.axes:
        low, high = sorted(panel.get_ylim())
        left, right = sorted(panel.get_xlim())
        for line in panel.lines:
            assert all(low <= value <= high for value in line.get_ydata())
            assert all(left <= value <= right for value in line.get_xdata())
        assert all(left <= bar.get_width() <= right for bar in panel.patches)
    shown_texts = [text for panel in drawn.axes if panel.axison for text in (panel.title, *panel.texts)]
    legends = [*drawn.legends, *(panel.get_legend() for panel in drawn.axes if panel.get_legend())]
    for artist in (*legends, *shown_texts):
        extent = artist.get_window_extent()
        assert drawn.bbox.x0 <= extent.x0 <= extent.x1 <= drawn.bbox.x1
        assert drawn.bbox.y0 <= extent.y0 <= extent.y1 <= drawn.bbox.y1
