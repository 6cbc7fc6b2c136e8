#!/usr/bin/env python3
"""The cost of envelopes of DSSE: verifying one with one signature, compared with the signature alone.

The two are timed in turns, and each figure is the smallest processor time of many rounds on one core. The results go
to the terminal.
"""
# ruff: noqa: T201 - it prints its results

from __future__ import annotations

import argparse

from measure import pinned
from ssh import microseconds

from qynauth_pqc import CompositePrivateKey, MLDSAParameterSet, MLDSAPrivateKey, SLHDSAPrivateKey
from qynauth_pqc.dsse import IN_TOTO, Envelope, Scheme, sign, verify

PAYLOAD = b'{"_type": "https://in-toto.io/Statement/v1"}'
CALLS = 20


def compare(key: MLDSAPrivateKey | CompositePrivateKey | SLHDSAPrivateKey, rounds: int) -> None:
    """Print the time to verify an envelope and its signature."""
    public = key.public_key
    for scheme in Scheme if isinstance(key, MLDSAPrivateKey) else [Scheme.PAE]:
        data = sign(PAYLOAD, IN_TOTO, [key], scheme=scheme)
        envelope = Envelope.parse(data)
        message, signature = scheme.message(key.algorithm, envelope.pae()), envelope.signatures[0].raw
        works = (
            lambda message=message, signature=signature: [public.verify(message, signature) for _ in range(CALLS)],
            lambda data=data, scheme=scheme: [
                verify(data, payload_type=IN_TOTO, keys=[public], scheme=scheme) for _ in range(CALLS)
            ],
        )
        best = [float("inf")] * 2
        for _ in range(rounds):
            best = [min(before, microseconds(1, CALLS, work)) for before, work in zip(best, works, strict=True)]
        alone, whole = best
        more = f"{whole - alone:5.1f} us more"
        print(f"{key.algorithm:24} {scheme:16} {alone:7.1f} us alone {whole:7.1f} us in an envelope, {more}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds")
    rounds = 20 if parser.parse_args().quick else 2000
    with pinned():
        for name in MLDSAParameterSet:
            compare(MLDSAPrivateKey.generate(name), rounds)
        compare(CompositePrivateKey.generate("MLDSA44-Ed25519-SHA512"), rounds)
        compare(SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f"), rounds)


if __name__ == "__main__":
    main()
