"""One ledger, running: its log, engine, read models and what keeps them going.

A cell is one schema. Several processes may run the same cell: one writes, by lease; all read.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine as SqlEngine

from adapters.follower_process import FollowerProcess
from adapters.settings import Follow
from cython_ext import huge_pages
from kernel.application.clock import Clock, SystemClock
from kernel.application.engine import Engine
from kernel.application.folds import FOLDS
from kernel.application.states import States
from kernel.application.writer import WriterWatch
from kernel.eventstore.indexer import Indexer
from kernel.eventstore.lease import Lease
from kernel.eventstore.postgres import PostgresLog
from kernel.eventstore.snapshots import PostgresSnapshots
from kernel.projections.follower import Follower
from kernel.projections.progress import Progress

SWITCH_SECONDS = 0.0001
"""How soon a thread that waits for the interpreter gets it, so that the reply of a commit is not
kept waiting while the engine decides. Python's own 5 ms cost a third of the throughput."""

GARBAGE_AFTER_OBJECTS = 200_000
"""More than all commands under way hold of what can be in a cycle: nearly all memory is given back
by reference counts, so a search for cycles is to follow growth, not every swing of the queue."""


def tune_process() -> None:
    """Settings of the interpreter for a process that runs a cell."""
    huge_pages.use()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER_OBJECTS, 20, 100)


class Cell:
    """The parts of one ledger in this process."""

    def __init__(
        self,
        url: str,
        schema: str,
        sql: SqlEngine,
        *,
        clock: Clock | None = None,
        follow: Follow = Follow.THREAD,
    ) -> None:
        self.clock = clock or SystemClock()
        self.url, self.schema, self.sql = url, schema, sql
        self.log = PostgresLog(url, schema)
        self.snapshots = PostgresSnapshots(url, schema)
        self.follower = _follower(follow, url, schema, sql, self.log)
        self.indexer = Indexer(url, schema) if follow is Follow.THREAD else None
        states = States(self.log, FOLDS, self.snapshots)
        self.engine = Engine(self.log, states, self.clock, on_commit=self._committed)
        self.watch = WriterWatch(self.engine, Lease(url, schema))

    def _committed(self, position: int) -> None:
        self.follower.wake()

    def start(self) -> None:
        """Take the lease if it is free, and begin to serve and to project."""
        self.engine.start(writing=False)
        self.watch.start()
        if self.indexer is not None:
            self.indexer.start()
        self.follower.start()

    def stop(self) -> None:
        """Serve what has queued, then stop every part and close the connections."""
        self.engine.stop()
        self.watch.stop()
        self.follower.stop()
        if self.indexer is not None:
            self.indexer.stop()
        self.snapshots.close()
        self.log.close()


def _follower(follow: Follow, url: str, schema: str, sql: SqlEngine, log: PostgresLog) -> Progress:
    """What keeps the read models up, or only knows how far another server has brought them."""
    match follow:
        case Follow.PROCESS:
            return FollowerProcess(url, schema, sql, log)
        case Follow.THREAD:
            return Follower(sql, log)
        case Follow.ELSEWHERE:
            return Progress(sql, log)


@contextmanager
def running(cell: Cell) -> Iterator[Cell]:
    """Start the cell; stop it whatever happens."""
    tune_process()
    cell.start()
    try:
        yield cell
    finally:
        cell.stop()
