#!/usr/bin/env python3
"""Logs in as fast as the service allows while its keys rotate: `load.py URL`.

People with their own keys log in, in one mode after the other. Each token is verified by the service and by a
verifier that fetches the published keys, as a relying party does. At the same time another process, the operator,
replaces every signing key as soon as the ring allows it. A mode takes the given seconds, and longer until it has signed
with two keys. A login that fails, or a valid token that is refused, ends the program with status 1.

With --faults, the verifier gets the keys from a server that fails every other time, and verifies a token again while it
has no usable keys; everything else stays a failure. Each person waits until the token is verified.

The operator removes old keys too, and the accounts `load-...` stay. The ring that run.sh makes allows a rotation after
half a minute. To have many in a short run, make a ring with `qynauth-pqc keyring create --max-age 1 --skew 0.5` before
the service starts.
"""
# ruff: noqa: T201 - it prints its measurements

from __future__ import annotations

import argparse
import base64
import hashlib
import math
import multiprocessing
import re
import secrets
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from threading import Event
from typing import TYPE_CHECKING, Any

import httpx
from faults import TIMEOUT, FaultyKeys, faulty_keys

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.auth.errors import AuthError, RotationError, TokenError, Verdict
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.auth.keyring import KeyRing, KeyState
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.verifier import TokenVerifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.synchronize import Event as ProcessEvent

HERE = Path(__file__).resolve().parent
PATIENCE = 60.0
"""How long a mode may take to sign with a second key once the ring allows it, in seconds."""


class Service:
    """The service over HTTP. A connection for each request, as for people, so that all workers take part."""

    def __init__(self, url: str) -> None:
        """Remember the URL."""
        self.url = url
        self._http = httpx.Client(base_url=url, limits=httpx.Limits(max_keepalive_connections=0), timeout=PATIENCE)

    def post(self, path: str, **members: object) -> dict[str, Any]:
        """Send an object and return the response, which must have status 200."""
        answer = self._http.post(path, json=members)
        if answer.status_code != httpx.codes.OK:
            raise ConnectionError(f"{path}: status {answer.status_code}, {answer.text}")
        return dict(answer.json())

    def modes(self) -> dict[str, str]:
        """Return an audience for each mode that signs now."""
        audiences = self._http.get("/api/state").raise_for_status().json()["audiences"]
        return {each["signs"]["mode"]: each["audience"] for each in audiences if each["signs"]}

    def max_age(self) -> int:
        """Return for how many seconds others may keep the keys of the service."""
        header = self._http.get("/jwks.json").raise_for_status().headers["Cache-Control"]
        return int(re.findall(r"max-age=(\d+)", header)[0])


class Person:
    """A person with a key, who uses the protocol that the README describes."""

    def __init__(self, service: Service, origin: str) -> None:
        """Make a key, and register with it."""
        self._service, self._origin = service, origin
        self._key = MLDSAPrivateKey.generate("ML-DSA-65")
        self.account = f"load-{secrets.token_hex(8)}"
        public_key = self._key.public_key.public_bytes()
        self._key_id = base64url(hashlib.sha256(public_key).digest())
        self._prove("register", public_key=base64url(public_key))

    def log_in(self, audience: str) -> dict[str, Any]:
        """Log in, and return the token with its parts."""
        return self._prove("login", audience, key_id=self._key_id, audience=audience)

    def _prove(self, purpose: str, *lines: str, **members: object) -> dict[str, Any]:
        begun = self._service.post(f"/api/{purpose}/begin", account=self.account)
        nonce = {"nonce": begun["nonce"], "expires": begun["expires"]}
        who = [self._origin, self.account, self._key_id]
        transcript = "\n".join(["qynauth-auth-service-v1", purpose, *who, *lines, *map(str, nonce.values())])
        signature = self._key.sign(transcript.encode(), context=f"qynauth auth_service {purpose} v1".encode())
        sent = {"account": self.account, **nonce, **members, "signature": base64url(signature)}
        return self._service.post(f"/api/{purpose}/finish", **sent)


def base64url(data: bytes) -> str:
    """Encode bytes without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Mode:
    """The logins of one mode.

    Attributes:
        audience: the audience of its tokens.
        seconds: the time of each login.
        kids: the keys that signed.
        problems: the logins that failed, and the tokens that were refused.
        token: the length of a token in bytes.
        duration: the time of all logins, in seconds.
    """

    audience: str
    seconds: list[float] = field(default_factory=list)
    kids: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    token: int = 0
    duration: float = 0.0

    def row(self, name: str) -> str:
        """Return its line of the table, with times in milliseconds."""
        times = [1000 * each for each in self.seconds]
        cuts = quantiles(times, n=100) if len(times) > 1 else [math.nan] * 99
        rate, keys = len(times) / self.duration, len(self.kids)
        return f"{name:12} {len(times):8} {rate:9.1f} {cuts[49]:8.1f} {cuts[98]:8.1f} {self.token:6} {keys:5}"


HEADER = f"{'mode':12} {'logins':>8} {'logins/s':>9} {'p50 ms':>8} {'p99 ms':>8} {'bytes':>6} {'keys':>5}"


class Load:
    """The people and the verifier of their tokens."""

    def __init__(
        self, service: Service, people: list[Person], policy: MigrationPolicy, faults: FaultyKeys | None
    ) -> None:
        """Take the people, and the server of keys if it is not the service."""
        self._service, self._people, self._policy, self._faults = service, people, policy, faults
        self._max_age = service.max_age()
        draft = policy.experimental
        if faults:
            self._keys = JWKSCache.from_url(faults.url, timeout=TIMEOUT, max_age=0.5, experimental=draft)
        else:
            url = f"{service.url}/jwks.json"
            self._keys = JWKSCache.from_url(url, timeout=PATIENCE, max_age=self._max_age, experimental=draft)

    def run(self, audience: str, seconds: float) -> Mode:
        """Let everybody log in again and again for some seconds, and until two keys have signed."""
        mode, stop, start = Mode(audience), Event(), time.monotonic()
        most = seconds + 2 * self._max_age + PATIENCE
        verifier = TokenVerifier(self._policy, self._policy.rows[0].issuer, audience, self._keys)
        with ThreadPoolExecutor(1) as checks, ThreadPoolExecutor(len(self._people)) as people:
            loops = [people.submit(self._loop, each, mode, verifier, checks, stop) for each in self._people]
            while not mode.problems and time.monotonic() < start + (seconds if self._is_enough(mode) else most):
                stop.wait(0.05)
            stop.set()
            for loop in loops:
                loop.result()
            mode.duration = time.monotonic() - start
        if len(mode.kids) == 1:
            mode.problems.append("the operator has not replaced the key")
        return mode

    def _is_enough(self, mode: Mode) -> bool:
        return len(mode.kids) > 1 and (self._faults is None or self._faults.had_all())

    def _loop(
        self, person: Person, mode: Mode, verifier: TokenVerifier, checks: ThreadPoolExecutor, stop: Event
    ) -> None:
        while not stop.is_set():
            start = time.perf_counter()
            try:
                answer = person.log_in(mode.audience)
            except (httpx.HTTPError, ConnectionError) as error:
                mode.problems.append(f"login lost: {error}")
                return
            mode.seconds.append(time.perf_counter() - start)
            mode.kids.add(answer["header"]["kid"])
            mode.token = len(answer["token"])
            checked = checks.submit(self._check, person, answer["token"], verifier, mode)
            if self._faults:
                checked.result()  # on a slow machine, tokens that wait for the faults would outlive their keys

    def _check(self, person: Person, token: str, verifier: TokenVerifier, mode: Mode) -> None:
        """Verify a token here and at the service."""
        try:
            here = self._verify(token, verifier)
            there = self._service.post("/api/verify", token=token, audience=mode.audience)["claims"]["sub"]
        except (AuthError, httpx.HTTPError, ConnectionError) as error:
            mode.problems.append(f"token refused: {error}")
        else:
            mode.problems += [] if here == there == person.account else ["token of somebody else"]

    def _verify(self, token: str, verifier: TokenVerifier) -> object:
        """Return the subject of a token; a verifier without keys answers 503, and its client tries again."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return verifier.verify(token).claims["sub"]
            except TokenError as error:
                if not self._faults or error.verdict is not Verdict.KEYS_UNAVAILABLE or time.monotonic() > end:
                    raise
                time.sleep(0.05)


def operate(ring: Path, password: bytes, stop: ProcessEvent) -> None:
    """Replace all signing keys as often as the ring allows it, and remove old keys as soon as it does."""
    with KeyRing.open(ring, password) as opened:
        while not stop.is_set():
            signing = [key.algorithm for key in opened.keys if key.state is KeyState.ACTIVE]
            for algorithm in signing:
                with suppress(RotationError):  # there is a next key, of an earlier run
                    opened.rotate(algorithm)
            for algorithm in signing:
                activate(opened, algorithm, stop)
            for key in opened.keys:
                earliest = opened.earliest(key.kid)
                if key.state is KeyState.RETIRING and earliest and earliest <= datetime.now(UTC):
                    opened.remove(key.kid)


def activate(ring: KeyRing, algorithm: str, stop: ProcessEvent) -> None:
    """Activate the next key of an algorithm when all verifiers have it."""
    while not stop.is_set():
        try:
            ring.activate(algorithm)
        except RotationError as error:
            if error.earliest is None:
                raise
            stop.wait((error.earliest - datetime.now(UTC)).total_seconds())
        else:
            return


@contextmanager
def operator(ring: Path, password: bytes) -> Iterator[None]:
    """Run the operator in another process until the end of the block."""
    start = multiprocessing.get_context("spawn")
    stop = start.Event()
    process = start.Process(target=operate, args=(ring, password, stop))
    process.start()
    try:
        yield
    finally:
        stop.set()
        process.join()
    if process.exitcode != 0:
        sys.exit("the operator failed")


def main() -> None:
    """Measure each mode, and print a line for each."""
    parser = argparse.ArgumentParser(description="Log in as fast as the service allows while its keys rotate.")
    parser.add_argument("url", help="where the service runs")
    parser.add_argument("--origin", help="the origin that the service is configured for (default: the URL)")
    parser.add_argument("--state", type=Path, default=HERE / "state", help="its folder of the ring and ring.password")
    parser.add_argument("--policy", type=Path, default=HERE / "policy.toml", help="the policy of the verifier")
    parser.add_argument("--people", type=int, default=8, help="how many log in at once (default: 8)")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long, in each mode (default: 10)")
    parser.add_argument("--faults", action="store_true", help="let a server of keys fail, be slow and lie")
    given = parser.parse_args()
    try:
        password = (given.state / "ring.password").read_bytes().rstrip(b"\n")
    except OSError as error:
        parser.error(f"--state: expected the folder in which the service keeps its ring and ring.password: {error}")
    service = Service(given.url.rstrip("/"))
    people = [Person(service, given.origin or service.url) for _ in range(given.people)]
    problems = []
    with (
        faulty_keys(f"{service.url}/jwks.json") if given.faults else nullcontext() as faults,
        operator(given.state / "ring", password),
    ):
        load = Load(service, people, MigrationPolicy.load(given.policy), faults)
        print(HEADER, flush=True)
        for name, audience in service.modes().items():
            mode = load.run(audience, given.seconds)
            print(mode.row(name), flush=True)
            problems += [f"{name}: {problem}" for problem in mode.problems]
            if problems:
                break
    if faults:
        print(f"answers of the server of keys: {', '.join(f'{each} {n}' for each, n in faults.served.items())}")
    print(f"logins lost, tokens refused, and other problems: {len(problems)}")
    sys.exit("\n".join(problems) or None)


if __name__ == "__main__":
    main()
