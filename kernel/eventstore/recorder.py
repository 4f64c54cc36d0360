"""The eventsourcing library's DCB recorder, over the tables of our log.

It shows that the log keeps the library's contract (append under a condition, read by types and
tags, subscribe), and lets the library's own tools read a ledger: a type is a stored name, tags are
entities. The engine does not write through it: it appends through ``PostgresLog``.
What is appended here gets a neutral envelope: principal ``dcb``, today's date of the database.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from eventsourcing.dcb.api import (
    DCBAppendCondition,
    DCBEvent,
    DCBQuery,
    DCBQueryItem,
    DCBReadResponse,
    DCBRecorder,
    DCBSequencedEvent,
    DCBSubscription,
)
from eventsourcing.persistence import IntegrityError, OperationalError, ProgrammingError

from kernel.common.facts import Event, Fact
from kernel.eventstore.connections import Connections, DeadlineConnection
from kernel.eventstore.errors import LogError
from kernel.eventstore.log import Head
from kernel.eventstore.postgres import head_move
from kernel.eventstore.rows import COPY_LOG, envelope_data, lines

PRINCIPAL = "dcb"
POLL_SECONDS = 0.05
SUBSCRIPTION_PAGE = 500

_LOCK_HEAD = "SELECT position, batch, now() FROM head WHERE one FOR UPDATE"

_BORDER = """
border AS (
    SELECT (SELECT position FROM index_watermark WHERE one) AS indexed,
           (SELECT position FROM head WHERE one) AS head
)
"""


class PostgresDCBRecorder(DCBRecorder):
    """Events with types and tags in one ledger's schema."""

    def __init__(self, dsn: str, schema: str, *, timeout_seconds: float = 10) -> None:
        self._timeout_seconds = timeout_seconds
        self._connections = Connections(
            dsn, schema, limit=16, statement_timeout_seconds=timeout_seconds
        )

    def close(self) -> None:
        """Close the connections; a later call makes new ones."""
        self._connections.close()

    def read(
        self,
        query: DCBQuery | None = None,
        *,
        after: int | None = None,
        limit: int | None = None,
    ) -> DCBReadResponse:
        """Matching events behind ``after``, ascending; see DCBRecorder. Raises OperationalError.

        ``head`` of the response is the end of the log, or of the page when a limit is given.
        """
        sql, parameters = select(query, after=after, limit=limit)
        try:
            rows = self._connections.fetch(sql, parameters)
        except LogError as error:
            raise OperationalError(str(error)) from error
        events = [
            DCBSequencedEvent(DCBEvent(type=name, data=data, tags=tags), position)
            for _, position, name, data, tags in rows
            if position is not None
        ]
        if limit is None:
            head = (rows[0][0] if rows else 0) or None
        else:
            head = events[-1].position if events else None
        return Page(events, head)

    def append(
        self, events: Sequence[DCBEvent], condition: DCBAppendCondition | None = None
    ) -> int:
        """Append all or nothing, unless the condition fails; the last position.

        Raises IntegrityError when an event matches the condition, ProgrammingError for no events
        or a tag that is empty or no line, OperationalError when the database does not answer.
        """
        if not events:
            raise ProgrammingError("there is nothing to append")
        if any("\n" in tag or not tag for event in events for tag in event.tags):
            raise ProgrammingError("a tag is empty or holds a line break")
        try:
            with self._connections.transaction(timeout_seconds=self._timeout_seconds) as connection:
                [row] = connection.execute(_LOCK_HEAD).fetchall()
                if condition is not None and self._matches(connection, condition):
                    raise IntegrityError(condition)
                head, recorded_at = Head(row[0], row[1]), row[2]
                new = Head(head.position + len(events), head.batch + 1)
                connection.ask(head_move(head, new))
                envelopes = [
                    envelope(position, recorded_at)
                    for position in range(head.position + 1, new.position + 1)
                ]
                data = envelope_data(
                    envelopes,
                    [event.type for event in events],
                    [lines(event.tags) for event in events],
                    [event.data for event in events],
                )
                connection.ask(COPY_LOG)
                connection.give(data)
        except LogError as error:
            raise OperationalError(str(error)) from error
        return new.position

    def subscribe(
        self, query: DCBQuery | None = None, *, after: int | None = None
    ) -> PollingSubscription:
        """Matching events behind ``after``, without end; see DCBRecorder."""
        return PollingSubscription(self, query, after)

    def _matches(self, connection: DeadlineConnection, condition: DCBAppendCondition) -> bool:
        sql, parameters = select(condition.fail_if_events_match, after=condition.after, limit=1)
        rows = connection.execute(sql.encode(), parameters).fetchall()
        return any(position is not None for _, position, *_ in rows)


def envelope(position: int, recorded_at: datetime.datetime) -> Fact:
    """The envelope of an event that came without one."""
    return Fact(
        position=position,
        principal=PRINCIPAL,
        channel=PRINCIPAL,
        method=PRINCIPAL,
        command_id=str(position),
        ordinal=0,
        fingerprint=b"",
        recorded_at=recorded_at,
        booking_date=recorded_at.date(),
        value_date=recorded_at.date(),
        event=Event(),
    )


class Page(DCBReadResponse):
    """A read's events, and its head."""

    def __init__(self, events: Sequence[DCBSequencedEvent], head: int | None) -> None:
        self._events: Iterator[DCBSequencedEvent] = iter(events)
        self._head = head

    @property
    def head(self) -> int | None:
        """See DCBRecorder.read."""
        return self._head

    def __next__(self) -> DCBSequencedEvent:
        return next(self._events)


class PollingSubscription(DCBSubscription[PostgresDCBRecorder]):
    """Reads a page, gives it event by event, waits a little when there is nothing new.

    Positions are gapless and become visible in order, so reading behind the last one is enough.
    """

    def __init__(
        self, recorder: PostgresDCBRecorder, query: DCBQuery | None, after: int | None
    ) -> None:
        super().__init__(recorder, query, after)
        self._events: Iterator[DCBSequencedEvent] = iter(())
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the iteration, also for a thread that waits in it."""
        super().stop()
        self._stopped.set()

    def __next__(self) -> DCBSequencedEvent:
        while not self._stopped.is_set():
            for event in self._events:
                self._last_position = event.position
                return event
            page = list(
                self._recorder.read(self._query, after=self._last_position, limit=SUBSCRIPTION_PAGE)
            )
            self._events = iter(page)
            if not page:
                self._stopped.wait(POLL_SECONDS)
        raise StopIteration


def select(
    query: DCBQuery | None, *, after: int | None, limit: int | None
) -> tuple[str, dict[str, Any]]:
    """SQL and parameters for one look: the head beside every event, or beside nulls if none match.

    A query item with tags goes through the entity index up to the watermark and reads the tail
    behind it; one without tags reads the log.
    """
    parameters: dict[str, Any] = {"after": after or 0, "limit": limit}
    items = query.items if query is not None and query.items else [DCBQueryItem()]
    arms = [arm for n, item in enumerate(items) for arm in _arms(n, item, parameters)]
    sql = f"""
        WITH {_BORDER},
        matching AS ({" UNION ".join(arms)} ORDER BY position LIMIT %(limit)s)
        SELECT border.head, l.position, l.name, l.data, string_to_array(l.entities, chr(10))
        FROM border
        LEFT JOIN (matching JOIN log l ON l.position = matching.position) ON true
        ORDER BY l.position
    """
    return sql, parameters


def _arms(n: int, item: DCBQueryItem, parameters: dict[str, Any]) -> list[str]:
    """The places where one query item finds positions."""
    conditions = ["l.position > %(after)s"]
    if item.types:
        parameters[f"types{n}"] = list(item.types)
        conditions.append(f"l.name = ANY(%(types{n})s)")
    if not item.tags:
        return [f"SELECT l.position FROM log l WHERE {' AND '.join(conditions)}"]
    parameters[f"tags{n}"] = list(item.tags)
    parameters[f"tag{n}"] = item.tags[0]
    where = " AND ".join(
        [*conditions, f"string_to_array(l.entities, chr(10)) @> %(tags{n})s::text[]"]
    )
    indexed = f"""
        SELECT l.position
        FROM entity_index i CROSS JOIN unnest(i.positions) AS p(position)
        JOIN log l ON l.position = p.position
        WHERE i.entity = hashtextextended(%(tag{n})s, 0)
          AND i.last_position > %(after)s AND p.position <= (SELECT indexed FROM border) AND {where}
    """
    tail = f"""
        SELECT l.position FROM log l
        WHERE l.position > (SELECT indexed FROM border)
          AND l.position <= (SELECT head FROM border) AND {where}
    """
    return [indexed, tail]
