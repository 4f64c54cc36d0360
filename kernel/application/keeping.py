"""Snapshots of states that are in use, written by a thread of their own.

The engine waits for none of it: what comes while a write is under way, or ``PAUSE_SECONDS`` behind
it, is put together for the next one, the newest of each state, and what would be too much is left
out. A busy state comes again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import structlog

from kernel.application.fold import Fold
from kernel.application.loading import snapshot_of
from kernel.eventstore.snapshots import SnapshotKey, Snapshots

WAITING_LIMIT = 10_000
PAUSE_SECONDS = 0.25

log_ = structlog.get_logger(__name__)


class Due(NamedTuple):
    """A state to be kept, as it was after the fact at ``position``."""

    key: SnapshotKey
    fold: Fold[Any]
    state: Any
    position: int


class Keeper:
    """Writes snapshots; at most ``WAITING_LIMIT`` states wait for it."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._lock = threading.Lock()
        self._waiting: dict[SnapshotKey, Due] = {}
        self._is_writing = False
        self._ending = threading.Event()
        self._writer: ThreadPoolExecutor | None = None

    def keep(self, states: Iterable[Due]) -> None:
        """Write these soon. Their facts must be in the log."""
        with self._lock:
            for due in states:
                if due.key in self._waiting or len(self._waiting) < WAITING_LIMIT:
                    self._waiting[due.key] = due
            if not self._waiting or self._is_writing:
                return
            self._is_writing = True
            if self._writer is None:
                self._writer = ThreadPoolExecutor(1, thread_name_prefix="snapshots")
            self._writer.submit(self._write)

    def close(self) -> None:
        """Write what waits, and end the thread."""
        if self._writer is not None:
            self._ending.set()
            self._writer.shutdown()
            self._ending.clear()
            self._writer = None

    def _write(self) -> None:
        while True:
            with self._lock:
                waiting, self._waiting = self._waiting, {}
                self._is_writing = bool(waiting)
            if not waiting:
                return
            try:
                self._snapshots.save(
                    {
                        key: snapshot_of(due.fold, due.state, due.position)
                        for key, due in waiting.items()
                    }
                )
            except Exception:
                log_.exception("snapshots.defect")
            self._ending.wait(PAUSE_SECONDS)
