"""The log on PostgreSQL: one ledger is one schema.

The row of ``head`` is the lock: every append moves it from the expected head, in one transaction
with its rows and behind them, so the rows of the next append can be on their way meanwhile. Two
transactions that write one position, or one command key, exclude each other already then.
Facts are read through a connection of the reader's own, never through the writer's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from psycopg.errors import DeadlockDetected, UniqueViolation

from kernel.common.facts import Fact
from kernel.eventstore.catalogue import EVENTS
from kernel.eventstore.codec import Codec
from kernel.eventstore.connections import Connections, DeadlineConnection
from kernel.eventstore.errors import CommandKeyTaken, HeadMoved, LogUnavailable
from kernel.eventstore.log import (
    APPENDS,
    Answer,
    Batch,
    CommandKey,
    Head,
    at_once,
    require_consecutive,
)
from kernel.eventstore.messages import rows_of_each
from kernel.eventstore.repeats import any_in, are_all, refused_between, require_unrefused
from kernel.eventstore.rows import (
    COPY_LOG,
    COPY_REFUSALS,
    READ_COLUMN_COUNT,
    READ_COLUMNS,
    REFUSAL_COLUMNS,
    STORED_COLUMNS,
    Row,
    Stored,
    fact_of,
    log_data,
    refusal_data,
    refusal_of,
)

READERS = 8
PAGE_FACTS = 50_000
"""As much of a history as one statement reads, well within its time-out."""

_HEAD = "SELECT position, batch FROM head WHERE one"

# A second writer waits here for the row and then finds it changed, so a look into the refusals
# behind it is never older than the head.
_MOVE_HEAD = """
UPDATE head SET position = {}, batch = {} WHERE one AND position = {} AND batch = {}
RETURNING position
"""

_READ = f"SELECT {READ_COLUMNS} FROM log l WHERE l.position > %s ORDER BY l.position LIMIT %s"

_STORED = f"""
SELECT {STORED_COLUMNS} FROM log WHERE position > %s AND position <= %s ORDER BY position
"""

_FACTS_AT = f"SELECT {READ_COLUMNS} FROM log l WHERE l.position = ANY(%s) ORDER BY l.position"

# Up to the watermark by the index (whose hash may name a wrong fact, so the fact is asked too); the
# short tail from there to the head by reading it. Both arms and their border come from one
# snapshot, so nothing is missed and nothing is counted twice. The lateral joins with their OFFSET 0
# look up what was asked, row by row: joined freely, the planner would rather walk the whole log.
_HISTORY = f"""
WITH asked AS (SELECT * FROM unnest(%(entities)s::text[], %(after)s::bigint[]) AS a(entity, after)),
border AS (
    SELECT (SELECT position FROM index_watermark WHERE one) AS indexed,
           (SELECT position FROM head WHERE one) AS head
),
touched AS (
    SELECT a.entity, p.position
    FROM asked a
    CROSS JOIN LATERAL (
        SELECT i.positions FROM entity_index i
        WHERE i.entity = hashtextextended(a.entity, 0) AND i.last_position > a.after OFFSET 0
    ) AS i
    CROSS JOIN unnest(i.positions) AS p(position)
    WHERE p.position > a.after AND p.position <= (SELECT indexed FROM border)
    UNION ALL
    SELECT a.entity, t.position
    FROM log t CROSS JOIN unnest(string_to_array(t.entities, chr(10))) AS e(entity)
    JOIN asked a ON a.entity = e.entity AND t.position > a.after
    WHERE t.position > (SELECT indexed FROM border) AND t.position <= (SELECT head FROM border)
)
SELECT touched.entity, touched.position, l.*
FROM (SELECT * FROM touched ORDER BY position LIMIT %(limit)s) AS touched
LEFT JOIN LATERAL (
    SELECT {READ_COLUMNS} FROM log l
    WHERE l.position = touched.position
      AND touched.entity = ANY(string_to_array(l.entities, chr(10))) OFFSET 0
) AS l ON true
"""

_ANSWERS = f"""
SELECT {READ_COLUMNS}, {", ".join(f"r.{name.strip()}" for name in REFUSAL_COLUMNS.split(","))}
FROM unnest(%s::text[], %s::text[]) AS k(principal, command_id)
LEFT JOIN log l ON l.principal = k.principal AND l.command_id = k.command_id
LEFT JOIN refusals r ON r.principal = k.principal AND r.command_id = k.command_id
WHERE l.position IS NOT NULL OR r.principal IS NOT NULL
ORDER BY l.position
"""


class PackedBatch(Batch, frozen=True, kw_only=True):
    """A batch with its rows as binary COPY streams, and the look for commands refused before."""

    facts_data: bytes
    refusals_data: bytes
    look: str


class PostgresLog:
    """The log in one schema. Connects when it is first used; any thread may call it."""

    def __init__(
        self,
        dsn: str,
        schema: str,
        *,
        connect_timeout_seconds: float = 5,
        codec: Codec = EVENTS,
        page_facts: int = PAGE_FACTS,
    ) -> None:
        self._codec = codec
        self._page_facts = page_facts
        self._writers = Connections(
            dsn, schema, limit=APPENDS, connect_timeout_seconds=connect_timeout_seconds
        )
        self._readers = Connections(
            dsn, schema, limit=READERS, connect_timeout_seconds=connect_timeout_seconds
        )

    def close(self) -> None:
        """Close the connections; a later call makes new ones."""
        self._writers.close()
        self._readers.close()

    def head(self) -> Head:
        """See Log.head; LogUnavailable also when the schema has no log."""
        rows = self._readers.fetch(_HEAD)
        if not rows:
            raise LogUnavailable("the row of table head is missing")
        return Head(*rows[0])

    def packed(self, batch: Batch) -> PackedBatch:
        """See Log.packed: the rows as the bytes that COPY takes."""
        if isinstance(batch, PackedBatch):
            return batch
        return PackedBatch(
            facts=batch.facts,
            refusals=batch.refusals,
            facts_data=log_data(batch.facts, self._codec, batch.entities),
            refusals_data=refusal_data(batch.refusals),
            look=refused_between(batch.facts),
        )

    def append(
        self,
        batch: Batch,
        expected: Head,
        *,
        timeout_seconds: float,
        turn: Callable[[], None] = at_once,
    ) -> Head:
        """See Log.append."""
        require_consecutive(batch, expected)
        packed = self.packed(batch)
        new = Head(expected.position + len(batch.facts), expected.batch + 1)
        first = COPY_LOG if batch.facts else ""
        with self._writers.transaction(timeout_seconds=timeout_seconds, first=first) as connection:
            try:
                if batch.facts:
                    connection.give(packed.facts_data)
                turn()
                self._require_new(connection, packed, expected, new)
                if batch.refusals:
                    connection.ask(COPY_REFUSALS)
                    connection.give(packed.refusals_data)
            except UniqueViolation as error:
                if error.diag.constraint_name == "log_position":
                    raise HeadMoved(f"a position behind {expected.position} is taken") from error
                raise CommandKeyTaken(error.diag.message_detail or "") from error
            except DeadlockDetected as error:
                raise HeadMoved("another writer holds the head and waits for rows") from error
        return new

    def _require_new(
        self, connection: DeadlineConnection, batch: PackedBatch, expected: Head, new: Head
    ) -> None:
        """Move the head; none of the commands was answered before. HeadMoved, CommandKeyTaken."""
        looks = [head_move(expected, new), batch.look]
        looks += [any_in("log", batch.refusals)] if batch.refusals else []
        moved, refused, *accepted = rows_of_each(connection.ask(";".join(looks)))
        if not moved:
            raise HeadMoved(f"the log does not end at {expected}")
        if any(accepted):
            raise CommandKeyTaken("a refused command of the batch was accepted before")
        if not are_all(refused):
            [refused] = rows_of_each(connection.ask(any_in("refusals", batch.facts)))
        require_unrefused(batch.facts, refused)

    def read(self, after: int = 0, limit: int = 1000) -> list[Fact]:
        """See Log.read."""
        return self._facts(_READ, [after, limit])

    def stored(self, after: int, upto: int) -> Stored:
        """What is stored behind position ``after``, up to ``upto``. Raises LogUnavailable."""
        rows = self._readers.fetch(_STORED, [after, upto])
        return Stored(*(zip(*rows, strict=True) if rows else [()] * len(Stored._fields)))

    def facts_at(self, positions: Sequence[int]) -> list[Fact]:
        """See Log.facts_at."""
        return self._facts(_FACTS_AT, [list(positions)])

    def history(self, after: Mapping[str, int]) -> dict[str, list[Fact]]:
        """See Log.history."""
        found: dict[str, list[Fact]] = {entity: [] for entity in after}
        for page in self.history_pages(after):
            for entity, facts in page.items():
                found[entity] += facts
        return found

    def history_pages(self, after: Mapping[str, int]) -> Iterator[dict[str, list[Fact]]]:
        """See Log.history_pages."""
        limit = max(self._page_facts, 2 * len(after))
        while True:
            asked = {"entities": list(after), "after": list(after.values()), "limit": limit}
            rows = self._readers.fetch(_HISTORY, asked)
            end = rows[-1][1] if len(rows) == limit else None
            yield self._by_entity(rows, end)
            if end is None:
                return
            after = {entity: max(position, end - 1) for entity, position in after.items()}

    def _by_entity(self, rows: Sequence[Row], end: int | None) -> dict[str, list[Fact]]:
        """The facts of the rows below ``end``, where a page may have been cut within a fact."""
        found: dict[str, list[Fact]] = {}
        fact: Fact | None = None
        for row in rows:
            if row[1] == end:
                break
            if row[2] is None:
                continue  # the hash of another entity
            if fact is None or fact.position != row[1]:
                fact = fact_of(row[2:], self._codec)
            found.setdefault(row[0], []).append(fact)
        return found

    def answers(self, keys: Sequence[CommandKey]) -> dict[CommandKey, Answer]:
        """See Log.answers."""
        unique = list(dict.fromkeys(keys))
        asked = [[key.principal for key in unique], [key.command_id for key in unique]]
        rows = self._readers.fetch(_ANSWERS, asked)
        facts: dict[CommandKey, list[Fact]] = {}
        found: dict[CommandKey, Answer] = {}
        for row in rows:
            if row[0] is None:
                refusal = refusal_of(row[READ_COLUMN_COUNT:])
                found[refusal.key] = refusal
            else:
                fact = fact_of(row, self._codec)
                facts.setdefault(CommandKey(fact.principal, fact.command_id), []).append(fact)
        return found | {key: tuple(given) for key, given in facts.items()}

    def _facts(self, sql: str, parameters: Sequence[object]) -> list[Fact]:
        rows = self._readers.fetch(sql, parameters)
        return [fact_of(row, self._codec) for row in rows]


def head_move(expected: Head, new: Head) -> str:
    """The statement that takes the lock of the log.

    It gives no row when the log does not end where expected.
    """
    return _MOVE_HEAD.format(new.position, new.batch, expected.position, expected.batch)
