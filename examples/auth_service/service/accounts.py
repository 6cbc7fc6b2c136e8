"""The accounts and the nonces, in SQLite, for all threads of all workers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_NONCES = 64
"""The most nonces of an account for a purpose. One more takes the place of the oldest: to refuse it would let anyone
lock a person out for a minute at a time."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (account TEXT PRIMARY KEY, key_id TEXT NOT NULL, public_key BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS nonces (
    nonce TEXT PRIMARY KEY, purpose TEXT NOT NULL, account TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS nonces_by_expiry ON nonces (expires);
CREATE INDEX IF NOT EXISTS nonces_by_account ON nonces (account, purpose);
CREATE TABLE IF NOT EXISTS secret (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL) STRICT;
"""


class Nonce(NamedTuple):
    """What the server chose for one registration or login: 32 random bytes in base64url, and when they expire."""

    value: str
    expires: int


class Accounts:
    """The database. Each request uses a connection of its own, which later ones use again."""

    def __init__(self, path: Path) -> None:
        """Name the database."""
        self._path = path
        self._idle: list[sqlite3.Connection] = []

    def prepare(self) -> None:
        """Make the tables, and forget all nonces. No worker may run.

        Without a sync of the disk for each login, a loss of power can bring nonces back that were used in the last
        moments. None outlives this call.
        """
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
            connection.execute("INSERT OR IGNORE INTO secret VALUES (1, ?)", [secrets.token_bytes(32)])
            connection.execute("DELETE FROM nonces")

    def add_nonce(self, purpose: str, account: str, nonce: Nonce, now: float) -> None:
        """Keep a nonce for an account, existing or not, and forget all that have expired."""
        with self._connection() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM nonces WHERE expires <= ?", [now])
            connection.execute(
                "DELETE FROM nonces WHERE nonce IN (SELECT nonce FROM nonces WHERE account = ? AND purpose = ? "
                "ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
                [account, purpose, MOST_NONCES - 1],
            )
            connection.execute("INSERT INTO nonces VALUES (?, ?, ?, ?)", [nonce.value, purpose, account, nonce.expires])

    def take_nonce(self, purpose: str, account: str, nonce: Nonce, now: float) -> bool:
        """Consume a nonce, and return whether it was there: true once, whichever threads and workers ask."""
        with self._connection() as connection:
            taken = connection.execute(
                "DELETE FROM nonces WHERE nonce = ? AND purpose = ? AND account = ? AND expires = ? AND expires > ? "
                "RETURNING nonce",
                [nonce.value, purpose, account, nonce.expires, now],
            )
            return len(taken.fetchall()) == 1

    def add(self, account: str, key_id: str, public_key: bytes) -> bool:
        """Add an account with its key, and return whether the name was free."""
        with self._connection() as connection:
            added = connection.execute(
                "INSERT INTO accounts VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING account",
                [account, key_id, public_key],
            )
            return len(added.fetchall()) == 1

    def public_key(self, account: str, key_id: str) -> bytes | None:
        """Return a key, or None if there is no such account with this key."""
        with self._connection() as connection:
            query = "SELECT public_key FROM accounts WHERE account = ? AND key_id = ?"
            row: tuple[bytes] | None = connection.execute(query, [account, key_id]).fetchone()
            return row[0] if row else None

    def key_id(self, account: str) -> str:
        """Return the key id of an account; for a name without one, always the same that nobody can tell from one."""
        with self._connection() as connection:
            query = "SELECT value, (SELECT key_id FROM accounts WHERE account = ?) FROM secret"
            secret, found = connection.execute(query, [account]).fetchone()
        decoy = hmac.digest(secret, account.encode(), hashlib.sha256)
        return found or base64.urlsafe_b64encode(decoy).rstrip(b"=").decode()

    def close(self) -> None:
        """Close the connections, which are all idle when a worker ends."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to one thread. The list's methods are atomic."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA synchronous = NORMAL")
        try:
            yield connection
        finally:
            self._idle.append(connection)
