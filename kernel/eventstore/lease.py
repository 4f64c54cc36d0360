"""The writer's lease: which of several processes on one ledger writes.

It only saves wasted work; safety rests on the head of the log. The lease is a session-level
advisory lock, so it ends by itself when the holder's connection ends, for whatever reason.
"""

from __future__ import annotations

import contextlib

import psycopg

PROBE_TIMEOUT_MS = 2_000


class Lease:
    """An advisory lock on a connection of its own, named by the ledger's schema."""

    def __init__(self, dsn: str, schema: str) -> None:
        self._dsn = dsn
        self._name = f"corebank writer {schema}"
        self._connection: psycopg.Connection | None = None

    def hold(self) -> bool:
        """Take the lease or make sure that it is still held; False when another process has it.

        A database that does not answer means False, too: whoever cannot ask does not hold.
        """
        try:
            if self._connection is not None:
                self._connection.execute("SELECT 1")
                return True
            return self._take()
        except psycopg.Error:
            self.release()
            return False

    def _take(self) -> bool:
        connection = psycopg.connect(
            self._dsn,
            autocommit=True,
            connect_timeout=2,
            keepalives_idle=2,
            keepalives_interval=1,
            keepalives_count=3,
            tcp_user_timeout=PROBE_TIMEOUT_MS,
            options=f"-c statement_timeout={PROBE_TIMEOUT_MS}",
        )
        row = connection.execute(
            "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [self._name]
        ).fetchone()
        if row is not None and row[0]:
            self._connection = connection
            return True
        connection.close()
        return False

    def release(self) -> None:
        """Give the lease up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()
