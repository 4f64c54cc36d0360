"""The entity index, filled right behind the append.

An entry names an entity by a 64-bit hash and says which facts of one round touch it. The more facts
in a round, the fewer entries, and they are inserted in the order of the index: so a round waits a
little for facts to come together, and a busy writer is not slowed by its index. The index is
complete up to the watermark; what is behind the watermark is found by reading the log itself. So
the index may lag, but it must never be ahead, and it never is: entries and watermark move in one
statement.
"""

from __future__ import annotations

import threading

import structlog

from kernel.eventstore.connections import Connections
from kernel.eventstore.errors import LogUnavailable

FACTS_AT_ONCE = 100_000
WORK_MEGABYTES = 64
"""What the positions of so many facts take, entity by entity."""
POLL_SECONDS = 0.6

_LAG = """
SELECT (SELECT position FROM index_watermark WHERE one), (SELECT position FROM head WHERE one)
"""

# Guarded by the watermark: of two indexers that start from the same one, the second finds it moved
# and adds nothing.
_FILL = """
WITH moved AS (
    UPDATE index_watermark SET position = %(upto)s WHERE one AND position = %(after)s RETURNING 1
),
filled AS (
    INSERT INTO entity_index (entity, last_position, positions)
    SELECT hash, max(position), array_agg(position)
    FROM (
        SELECT hashtextextended(unnest(string_to_array(entities, chr(10))), 0) AS hash, position
        FROM log
        WHERE position > %(after)s AND position <= %(upto)s AND EXISTS (SELECT FROM moved)
    ) AS touched
    GROUP BY hash ORDER BY hash
)
SELECT count(*) FROM moved
"""

log_ = structlog.get_logger(__name__)


class Indexer:
    """Moves the watermark of one ledger towards its head, by call or on a thread of its own."""

    def __init__(self, dsn: str, schema: str) -> None:
        self._connections = Connections(
            dsn, schema, limit=1, statement_timeout_seconds=60, work_megabytes=WORK_MEGABYTES
        )
        self._stop = threading.Event()
        self._moved = threading.Condition()
        self._watermark = 0
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)

    def advance(self, facts: int = FACTS_AT_ONCE) -> int:
        """Index up to ``facts`` more; how many are still not indexed. Raises LogUnavailable."""
        [(watermark, head)] = self._connections.fetch(_LAG)
        upto = min(watermark + facts, head)
        if upto > watermark:
            [(moved,)] = self._connections.fetch(_FILL, {"after": watermark, "upto": upto})
            if not moved:
                return int(head - watermark)
        with self._moved:
            self._watermark = upto
            self._moved.notify_all()
        return int(head - upto)

    def wait_until(self, position: int, *, timeout_seconds: float) -> bool:
        """Wait until facts up to the position are indexed; False when the time is over."""
        with self._moved:
            return self._moved.wait_for(lambda: self._watermark >= position, timeout_seconds)

    def start(self) -> None:
        """Follow the log until stopped; a database that is away is tried again and again."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, if it runs, and close the connection."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._connections.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                while self.advance() and not self._stop.is_set():
                    pass
            except LogUnavailable as error:
                log_.warning("indexer.unavailable", error=str(error))
            self._stop.wait(POLL_SECONDS)
