"""Connections to the ledger's schema on which no wait outlasts its deadline.

Deadlines are seconds of ``time.monotonic``. They reach down to every wait for the socket, so a
network that swallows packets blocks nobody; and to the server's own time-outs, so that a statement
whose client has gone does not hold its locks. Connections are made when needed and thrown away
after any doubt, so a database that comes back is found again without help.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Iterator
from typing import Any, TypeVar

import psycopg
from psycopg import generators, waiting
from psycopg.abc import PQGen
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGresult

from kernel.eventstore import messages
from kernel.eventstore.errors import LogUnavailable, OutcomeUnknown
from kernel.eventstore.rows import Row

T = TypeVar("T")

_WAKE_SECONDS = 0.1  # how often a wait looks up, so that Ctrl-C is heard

_SESSION = """
SELECT set_config('search_path', quote_ident(%s), false),
       set_config('statement_timeout', %s::text, false),
       set_config('enable_seqscan', 'off', false),
       set_config('jit', 'off', false),
       set_config('plan_cache_mode', 'force_custom_plan', false),
       set_config('tcp_keepalives_idle', '5', false),
       set_config('tcp_keepalives_interval', '2', false),
       set_config('tcp_keepalives_count', '3', false)
"""
# A young log has no statistics: without the two plan settings a plan made for an empty table would
# go on scanning a full one. The keep-alives let the server drop a client that has vanished.


class DeadlineConnection(psycopg.Connection[Row]):
    """A connection in autocommit mode; after ``deadline`` every wait on it fails."""

    deadline: float = math.inf

    def ask(self, statements: str) -> list[PGresult]:
        """The results of statements in one message; see ``messages.ask``."""
        return self.wait(messages.ask(self.pgconn, statements.encode()))

    def give(self, data: bytes) -> None:
        """All the data of the COPY that waits for it; see ``messages.give``."""
        self.wait(messages.give(self.pgconn, data))

    def wait(
        self, gen: PQGen[T], interval: float = _WAKE_SECONDS, timeout: float | None = None
    ) -> T:
        """As psycopg's, bounded by the deadline."""
        left = max(self.deadline - time.monotonic(), 0.0)
        if left == math.inf:
            return super().wait(gen, interval, timeout)
        return super().wait(gen, interval, left if timeout is None else min(left, timeout))


def connect(
    dsn: str,
    schema: str,
    deadline: float,
    *,
    statement_timeout_seconds: float,
    work_megabytes: int | None = None,
) -> DeadlineConnection:
    """A new connection with the schema as its search path; raises psycopg.OperationalError."""
    conninfo = make_conninfo(dsn, keepalives_idle=5, keepalives_interval=2, keepalives_count=3)
    seconds = max(deadline - time.monotonic(), 0.0)
    pgconn = waiting.wait_conn(
        generators.connect(conninfo), interval=_WAKE_SECONDS, timeout=seconds
    )
    connection = DeadlineConnection(pgconn)
    connection.deadline = deadline
    try:
        connection.set_autocommit(True)
        connection.execute(_SESSION, [schema, int(statement_timeout_seconds * 1000)])
        if work_megabytes is not None:
            connection.execute("SELECT set_config('work_mem', %s, false)", [f"{work_megabytes}MB"])
    except BaseException:
        connection.close()
        raise
    return connection


class Connections:
    """At most ``limit`` connections at once, each used by one thread at a time.

    A single statement takes ``statement_timeout_seconds`` at most, making the connection included;
    it sorts and groups in ``work_megabytes``, or in as many as the server says, before it takes to
    the disk.
    """

    def __init__(
        self,
        dsn: str,
        schema: str,
        *,
        limit: int,
        connect_timeout_seconds: float = 5,
        statement_timeout_seconds: float = 10,
        work_megabytes: int | None = None,
    ) -> None:
        self._dsn = dsn
        self._schema = schema
        self._connect_timeout_seconds = connect_timeout_seconds
        self._statement_timeout_seconds = statement_timeout_seconds
        self._work_megabytes = work_megabytes
        self._slots = threading.BoundedSemaphore(limit)
        self._idle: list[DeadlineConnection] = []

    def close(self) -> None:
        """Close what is idle; what is in use is closed by its user's next failure."""
        while self._idle:
            with contextlib.suppress(IndexError):
                self._idle.pop().close()

    def fetch(self, sql: str, parameters: Any = None) -> list[Row]:
        """All rows of one statement, in binary form. Raises LogUnavailable.

        A connection that died while idle is replaced and the statement runs again: it must only
        read, or guard itself against running twice.
        """
        deadline = time.monotonic() + self._statement_timeout_seconds
        with self._slot(deadline):
            while True:
                connection, is_fresh = self._take(deadline)
                try:
                    rows = connection.execute(sql.encode(), parameters, binary=True).fetchall()
                except psycopg.Error as error:
                    connection.close()
                    if is_fresh or time.monotonic() >= deadline:
                        raise LogUnavailable(_said(error)) from error
                    continue
                self._idle.append(connection)
                return rows

    @contextlib.contextmanager
    def transaction(
        self, *, timeout_seconds: float, first: str = ""
    ) -> Iterator[DeadlineConnection]:
        """A transaction around the block, committed at its end.

        ``first`` begins it, in one message with BEGIN. It may be a COPY FROM STDIN: then the block
        must begin by giving its data, or raise.
        An error of the block rolls back and is raised; a database error in it as LogUnavailable.
        Raises OutcomeUnknown when COMMIT was sent and no reply came.
        """
        deadline = time.monotonic() + timeout_seconds
        with self._slot(deadline):
            connection = self._begin(deadline, first)
            try:
                yield connection
            except psycopg.Error as error:
                self._roll_back(connection)
                raise LogUnavailable(_said(error)) from error
            except BaseException:
                self._roll_back(connection)
                raise
            self._commit(connection)

    @contextlib.contextmanager
    def _slot(self, deadline: float) -> Iterator[None]:
        if not self._slots.acquire(timeout=max(deadline - time.monotonic(), 0.0)):
            raise LogUnavailable("every connection is in use")
        try:
            yield
        finally:
            self._slots.release()

    def _take(self, deadline: float) -> tuple[DeadlineConnection, bool]:
        """An idle connection, or a fresh one and True. Raises LogUnavailable."""
        try:
            connection = self._idle.pop()
        except IndexError:
            limit = min(deadline, time.monotonic() + self._connect_timeout_seconds)
            try:
                connection = connect(
                    self._dsn,
                    self._schema,
                    limit,
                    statement_timeout_seconds=self._statement_timeout_seconds,
                    work_megabytes=self._work_megabytes,
                )
            except psycopg.Error as error:
                raise LogUnavailable(_said(error)) from error
            connection.deadline = deadline
            return connection, True
        connection.deadline = deadline
        return connection, False

    def _begin(self, deadline: float, first: str) -> DeadlineConnection:
        """A connection in a transaction; BEGIN also shows whether an idle one is still alive."""
        while True:
            connection, is_fresh = self._take(deadline)
            milliseconds = _milliseconds(deadline)
            begin = (
                f"BEGIN; SET LOCAL statement_timeout = {milliseconds};"
                f" SET LOCAL idle_in_transaction_session_timeout = {milliseconds}; {first}"
            )
            try:
                connection.ask(begin)
            except psycopg.Error as error:
                connection.close()
                if is_fresh or time.monotonic() >= deadline:
                    raise LogUnavailable(_said(error)) from error
                continue
            return connection

    def _commit(self, connection: DeadlineConnection) -> None:
        """Send COMMIT. From there on any failure leaves open whether it was done."""
        if time.monotonic() >= connection.deadline:
            connection.close()
            raise LogUnavailable("the deadline passed before the commit")
        try:
            [result] = connection.ask("COMMIT")
        except psycopg.Error as error:
            connection.close()
            raise OutcomeUnknown(_said(error)) from error
        self._idle.append(connection)
        if result.command_status != b"COMMIT":
            raise LogUnavailable(f"the transaction ended with {result.command_status!r}")

    def _roll_back(self, connection: DeadlineConnection) -> None:
        """Nothing of the transaction remains: rolled back, or its connection is gone."""
        if connection.info.transaction_status is TransactionStatus.ACTIVE:
            with contextlib.suppress(psycopg.Error):  # a COPY that waits for its data
                connection.wait(generators.copy_end(connection.pgconn, b"given up"))
        if connection.info.transaction_status in (
            TransactionStatus.INTRANS,
            TransactionStatus.INERROR,
        ):
            with contextlib.suppress(psycopg.Error):
                connection.execute(b"ROLLBACK", prepare=False)
                self._idle.append(connection)
                return
        connection.close()


def _milliseconds(deadline: float) -> int:
    """What is left, for a time-out of the server, where 0 would mean none."""
    return max(int((deadline - time.monotonic()) * 1000), 1)


def _said(error: psycopg.Error) -> str:
    return str(error) or type(error).__name__
