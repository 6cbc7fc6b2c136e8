#!/usr/bin/env python3
"""The cost of messages of CMS: verifying a small message of a known key, compared with its signature alone, in turns.

Each figure is the smallest time of many calls on one core. The results go to the terminal.
"""
# ruff: noqa: T201 - it prints its results

from __future__ import annotations

import argparse
from functools import partial
from time import perf_counter_ns
from typing import TYPE_CHECKING

from cryptography.hazmat import asn1
from measure import pinned

from qynauth_pqc import CompositePrivateKey, MLDSAParameterSet, MLDSAPrivateKey, SignaturePrivateKey, SLHDSAPrivateKey
from qynauth_pqc.cms import CMSSigner, sign, verify
from qynauth_pqc.cms import _syntax as syntax

if TYPE_CHECKING:
    from collections.abc import Callable

CONTENT = b"content"


def microseconds(calls: int, *functions: Callable[[], object]) -> list[float]:
    """Return the time of a call of each function."""
    best = [float("inf")] * len(functions)
    for _ in range(calls):
        for place, function in enumerate(functions):
            begin = perf_counter_ns()
            function()
            best[place] = min(best[place], perf_counter_ns() - begin)
    return [each / 1e3 for each in best]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few calls")
    calls = 100 if parser.parse_args().quick else 20_000
    keys: list[SignaturePrivateKey] = [MLDSAPrivateKey.generate(each) for each in MLDSAParameterSet]
    keys += [CompositePrivateKey.generate("MLDSA65-Ed25519-SHA512"), SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f")]
    with pinned():
        for key in keys:
            public, message = key.public_key, sign(CONTENT, CMSSigner(key))
            [info] = syntax.parse(message).signer_infos.as_list()
            signed = asn1.encode_der(info.signed_attributes)

            whole = partial(verify, message, signers=public)
            message_us, signature_us = microseconds(calls, whole, partial(public.verify, signed, info.signature))
            over = f"{message_us - signature_us:5.1f} us over the signature's {signature_us:6.1f} us"
            print(f"{key.algorithm:24} {message_us:6.1f} us, {over}")


if __name__ == "__main__":
    main()
