"""The accounts and the used nonces, in SQLite, for all threads of all workers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 60.0
"""How long a request waits for the database, in seconds. Then it fails with sqlite3.OperationalError."""

KEPT = 60
"""How long a used nonce is kept after its expiry, in seconds, in case the clock is set back.

A nonce is good again if the clock jumps ahead by two minutes, somebody logs in, and it jumps back within the nonce's
minute.
"""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (account TEXT PRIMARY KEY, key_id TEXT NOT NULL, public_key BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS used_nonces (nonce TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS used_nonces_by_expiry ON used_nonces (expires);
CREATE TABLE IF NOT EXISTS secret (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS nonce_secret (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL) STRICT;
"""


class Accounts:
    """The database. Each request uses a separate connection, which later requests reuse."""

    def __init__(self, path: Path) -> None:
        """Name the database."""
        self._path = path
        self._idle: list[sqlite3.Connection] = []

    def prepare(self) -> None:
        """Make the tables, and a new secret for nonces. No worker may run, since it has read the old secret.

        Without a sync of the disk for each login, a loss of power can make the database forget that nonces were used.
        With the new secret, no earlier nonce is valid.
        """
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
            connection.execute("INSERT OR IGNORE INTO secret VALUES (1, ?)", [secrets.token_bytes(32)])
            connection.execute("INSERT OR REPLACE INTO nonce_secret VALUES (1, ?)", [secrets.token_bytes(32)])

    def nonce_secret(self) -> bytes:
        """Return the secret that authenticates the nonces since the service was started."""
        with self._connection() as connection:
            row: tuple[bytes] = connection.execute("SELECT value FROM nonce_secret").fetchone()
            return row[0]

    def use_nonce(self, nonce: str, expires: int) -> bool:
        """Record the use of a nonce, and return whether it is good: once, over all threads and workers.

        Nothing that may still be good is forgotten, since the clock is read while no other connection can write.
        """
        with self._connection() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            now = time.time()
            connection.execute("DELETE FROM used_nonces WHERE expires <= ?", [now - KEPT])
            if expires <= now:
                return False
            query = "INSERT INTO used_nonces VALUES (?, ?) ON CONFLICT DO NOTHING"
            return connection.execute(query, [nonce, expires]).rowcount == 1

    def add(self, account: str, key_id: str, public_key: bytes) -> bool:
        """Add an account with its key, unless the name is taken, and return whether the account has this key."""
        with self._connection() as connection:
            query = "INSERT INTO accounts VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            connection.execute(query, [account, key_id, public_key])
        return self.public_key(account, key_id) is not None

    def public_key(self, account: str, key_id: str) -> bytes | None:
        """Return a key, or None if there is no such account with this key."""
        with self._connection() as connection:
            query = "SELECT public_key FROM accounts WHERE account = ? AND key_id = ?"
            row: tuple[bytes] | None = connection.execute(query, [account, key_id]).fetchone()
            return row[0] if row else None

    def key_id(self, account: str) -> str:
        """Return the key id of an account; for a name without an account, a fixed id that looks like one."""
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
            connection = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA synchronous = NORMAL")
        try:
            yield connection
        finally:
            self._idle.append(connection)
