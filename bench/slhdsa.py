#!/usr/bin/env python3
"""The cost of SLH-DSA, compared with OpenSSL 3.5 or newer: all sets, in turns in one process on one core.

Each figure is the smallest time of many calls. If the OpenSSL of the system is older, the program starts again with the
C library and the OpenSSL that tests/support/programs.sh puts into target/programs. The results go to the terminal,
to a JSON file and to docs/results/benchmarks.md, which keep the last run of each processor and code path; with --quick
only the `f` sets of category 1 are measured, and docs is not changed.
"""
# ruff: noqa: S607, T201 - it runs a script, and prints its results

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cffi import FFI
from measure import Plan, Timing, interleave, pinned
from operations import WrongResultError, accepts, message
from page import fill, markdown
from results import machine

from qynauth_pqc import SLHDSAParameterSet, SLHDSAPrivateKey, SLHDSAPublicKey
from qynauth_pqc.batch import verify_many
from qynauth_pqc.optimizations import code_path, enable_optimizations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
RESULTS = "docs/results/benchmarks/slhdsa.json"
PAGE = "docs/results/benchmarks.md"
PROGRAMS = ROOT / "target" / "programs" / "root" / "usr" / "lib"

OURS, UNCHECKED, PEER = "qynauth_pqc", "qynauth_pqc, fault_check=False", "OpenSSL"
OPERATIONS = ("keygen", "sign", "verify", "verify_many")
BATCH = 64
"""The signatures of one call of verify_many, all of one key."""

FULL = Plan(rounds=100, turn_ns=2_000_000, most_ns=2_000_000_000, messages=1)
QUICK = Plan(rounds=3, turn_ns=500_000, most_ns=50_000_000, messages=1)

LEAST = (3, 5)
ffi = FFI()
ffi.cdef("""
const char *OpenSSL_version(int);
void *EVP_PKEY_Q_keygen(void *, const char *, const char *, ...);
void *EVP_PKEY_new_raw_public_key_ex(void *, const char *, const char *, const unsigned char *, size_t);
int EVP_PKEY_get_raw_public_key(const void *, unsigned char *, size_t *);
void EVP_PKEY_free(void *);
void *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(void *);
int EVP_DigestSignInit_ex(void *, void **, const char *, void *, const char *, void *, const void *);
int EVP_DigestSign(void *, unsigned char *, size_t *, const unsigned char *, size_t);
int EVP_DigestVerifyInit_ex(void *, void **, const char *, void *, const char *, void *, const void *);
int EVP_DigestVerify(void *, const unsigned char *, size_t, const unsigned char *, size_t);
""")
NULL = ffi.NULL


class OpenSSL:
    """A parameter set by the EVP interface of OpenSSL: a key pair, and another of a public key of ours."""

    def __init__(self, library: Any, parameter_set: SLHDSAParameterSet, public: bytes) -> None:
        """Make a key, and load a public key."""
        self._c, self._name, self._length = library, parameter_set.value.encode(), parameter_set.signature_bytes
        self.key = self.keygen()
        self.loaded = self._owned(library.EVP_PKEY_new_raw_public_key_ex(NULL, self._name, NULL, public, len(public)))

    def _owned(self, key: Any) -> Any:
        if not key:
            message = "OpenSSL made no key"
            raise WrongResultError(message)
        return ffi.gc(key, self._c.EVP_PKEY_free)

    def keygen(self) -> Any:
        """Make a key pair."""
        return self._owned(self._c.EVP_PKEY_Q_keygen(NULL, NULL, self._name))

    def public_bytes(self) -> bytes:
        """Return the encoded public key."""
        length = ffi.new("size_t *", 64)
        out = ffi.new("unsigned char[]", length[0])
        self._c.EVP_PKEY_get_raw_public_key(self.key, out, length)
        return bytes(ffi.buffer(out, length[0]))

    def sign(self, text: bytes) -> bytes:
        """Sign a message with the own key."""
        context, length = self._c.EVP_MD_CTX_new(), ffi.new("size_t *", self._length)
        signature = ffi.new("unsigned char[]", self._length)
        is_done = (
            self._c.EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, self.key, NULL) == 1
            and self._c.EVP_DigestSign(context, signature, length, text, len(text)) == 1
        )
        self._c.EVP_MD_CTX_free(context)
        return bytes(ffi.buffer(signature, length[0])) if is_done else b""

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Return whether a signature is valid under the loaded key."""
        context = self._c.EVP_MD_CTX_new()
        is_valid: bool = (
            self._c.EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, self.loaded, NULL) == 1
            and self._c.EVP_DigestVerify(context, signature, len(signature), text, len(text)) == 1
        )
        self._c.EVP_MD_CTX_free(context)
        return is_valid


def version(library: Any) -> str:
    """Return the version of OpenSSL, such as 3.6.5."""
    text: Any = ffi.string(library.OpenSSL_version(0))
    return str(text.decode().split()[1])


def openssl() -> Any:
    """Return the library of a new enough OpenSSL; start again with the one of target/programs if that is needed."""
    library = ffi.dlopen("libcrypto.so.3")
    if tuple(int(number) for number in version(library).split(".")[:2]) >= LEAST:
        return library
    if not PROGRAMS.exists():
        subprocess.run(["sh", "tests/support/programs.sh", "target/programs"], cwd=ROOT, check=True)
    [loader] = PROGRAMS.glob("*/ld-linux*.so.*")
    program = [str(loader), "--library-path", str(loader.parent), "--argv0", sys.executable]
    os.execv(loader, [*program, str(Path(sys.executable).resolve()), *sys.argv])  # noqa: S606 - itself
    return None


def timings(parameter_set: SLHDSAParameterSet, library: Any) -> dict[str, list[Timing]]:
    """Return the timings of a parameter set, by operation, after each side has accepted the signatures of the other."""
    key = SLHDSAPrivateKey.generate(parameter_set)
    public, text = key.public_key, message(0)
    unchecked = SLHDSAPrivateKey.from_private_bytes(key.private_bytes(), parameter_set, fault_check=False)
    peer = OpenSSL(library, parameter_set, public.public_bytes())
    theirs = SLHDSAPublicKey.from_public_bytes(peer.public_bytes(), parameter_set)
    signature = key.sign(text)
    for verify, made in (
        (peer.verify, signature),
        (peer.verify, unchecked.sign(text)),
        (theirs.verify, peer.sign(text)),
    ):
        if not accepts(verify, text, made) or accepts(verify, message(1), made):
            msg = f"{parameter_set.value} and OpenSSL do not agree"
            raise WrongResultError(msg)
    many = [text] * BATCH, [signature] * BATCH
    return {
        "keygen": [
            Timing(OURS, lambda: SLHDSAPrivateKey.generate(parameter_set), [()]),
            Timing(PEER, peer.keygen, [()]),
        ],
        "sign": [
            Timing(OURS, key.sign, [(text,)]),
            Timing(UNCHECKED, unchecked.sign, [(text,)]),
            Timing(PEER, peer.sign, [(text,)]),
        ],
        "verify": [
            Timing(OURS, public.verify, [(text, signature)]),
            Timing(PEER, peer.verify, [(text, signature)]),
        ],
        "verify_many": [
            Timing(OURS, lambda: verify_many(public, *many, threads=1), [()]),
            Timing(PEER, peer.verify, [(text, signature)]),
        ],
    }


def measure(sets: Sequence[SLHDSAParameterSet], plan: Plan, library: Any) -> dict[str, dict[str, float]]:
    """Return the microseconds of each operation and set, by package; for verify_many, of one signature."""
    found = {}
    with pinned():
        for parameter_set in sets:
            for operation, ready in timings(parameter_set, library).items():
                interleave(ready, plan)
                times = {each.package: each.summary()["minimum"] for each in ready}
                if operation == "verify_many":
                    times[OURS] = round(times[OURS] / BATCH, 3)
                found[f"{parameter_set.value} {operation}"] = times
    return found


def cell(times: Mapping[str, float], package: str = OURS) -> str:
    """Return a time in milliseconds, and how much slower OpenSSL is."""
    return f"{times[package] / 1e3:.3g} ({times[PEER] / times[package]:.1f}x)"


def table(run: Mapping[str, Any]) -> str:
    """Return the table of a run."""
    rows = []
    for parameter_set in SLHDSAParameterSet:
        times = {name: run["times"].get(f"{parameter_set.value} {name}") for name in OPERATIONS}
        if times["sign"]:
            cells = [cell(times["keygen"]), cell(times["sign"]), cell(times["sign"], UNCHECKED)]
            rows.append([parameter_set.value, *cells, cell(times["verify"]), cell(times["verify_many"])])
    heads = ["Milliseconds", "keygen", "sign", "sign, `fault_check=False`", "verify", "`verify_many`, each of 64"]
    described = f"{run['machine']['processor']}, code path {run['code path']}, OpenSSL {run['openssl']}, {run['date']}"
    return f"{markdown(heads, rows)}\n\nMeasured on {described}."


def main() -> None:
    """Measure, print, and write docs."""
    parser = argparse.ArgumentParser(description="Measure SLH-DSA and OpenSSL's.")
    parser.add_argument("--quick", action="store_true", help="measure little, to see that everything works")
    parser.add_argument("--code-path", default="best", help="the code path of our keys (default: %(default)s)")
    arguments = parser.parse_args()
    library = openssl()
    enable_optimizations(arguments.code_path)
    fast = [SLHDSAParameterSet.SLH_DSA_SHA2_128F, SLHDSAParameterSet.SLH_DSA_SHAKE_128F]
    sets, plan = (fast, QUICK) if arguments.quick else (list(SLHDSAParameterSet), FULL)
    run: dict[str, Any] = {
        "machine": machine(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "code path": code_path(),
        "openssl": version(library),
        "times": measure(sets, plan, library),
    }
    print(table(run))
    if not arguments.quick:
        path, page = ROOT / RESULTS, ROOT / PAGE
        runs = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        runs[f"{run['machine']['processor']}, {run['code path']}"] = run
        path.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
        tables = "\n\n".join(map(table, runs.values()))
        page.write_text(fill(page.read_text(encoding="utf-8"), {"slhdsa": tables}), encoding="utf-8")


if __name__ == "__main__":
    main()
