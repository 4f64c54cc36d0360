"""The log as a feed and as histories, for whoever follows or audits the bank."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator

from corebank.audit.v1 import audit_pb2

from adapters.rpc.reads import At
from kernel.common.facts import Fact
from kernel.common.refusals import InvalidInput
from kernel.eventstore.catalogue import EVENTS
from kernel.eventstore.log import Log
from kernel.projections.refusals import Unanswerable

BATCH = 500
POLL_SECONDS = 0.1
HISTORY_MAX = 1_000


def event_message(fact: Fact) -> audit_pb2.Event:
    """A fact as the log holds it."""
    name, data = EVENTS.encode(fact.event)
    return audit_pb2.Event(
        position=fact.position,
        name=name,
        principal=fact.principal,
        channel=fact.channel,
        method=fact.method,
        command_id=fact.command_id,
        ordinal=fact.ordinal,
        recorded_at=fact.recorded_at.isoformat(),
        booking_date=fact.booking_date.isoformat(),
        value_date=fact.value_date.isoformat(),
        entities=fact.event.entities,
        data_json=data.decode(),
    )


async def stream_events(
    log: Log, message: audit_pb2.StreamEventsRequest
) -> AsyncIterator[audit_pb2.StreamEventsResponse]:
    """Every matching event behind a position, in order, without gap or repeat, without end.

    After a pause a batch without events says how far the log was read.
    """
    if message.after_position < 0:
        raise InvalidInput(("after_position", "must not be negative"))
    entities, names = set(message.entities), set(message.names)
    until = message.until_position if message.HasField("until_position") else None
    position = message.after_position
    while until is None or position < until:
        limit = BATCH if until is None else min(BATCH, until - position)
        facts = await asyncio.to_thread(log.read, position, limit)
        if not facts:
            await asyncio.sleep(POLL_SECONDS)
            continue
        position = facts[-1].position
        events = [
            event_message(fact)
            for fact in facts
            if (not entities or not entities.isdisjoint(fact.event.entities))
            and (not names or EVENTS.name_of(fact.event) in names)
        ]
        yield audit_pb2.StreamEventsResponse(events=events, read_position=position)


def history(log: Log, message: audit_pb2.GetHistoryRequest, at: At) -> audit_pb2.GetHistoryResponse:
    """What happened to an entity, as known at a position; raises Unanswerable, InvalidInput."""
    kind, _, entity_id = message.entity.partition(":")
    if not kind or not entity_id:
        raise InvalidInput(("entity", "must look like 'account:A-1'"))
    head = log.head().position
    known_at = head if at.known_at is None else at.known_at
    if not 0 <= known_at <= head:
        raise Unanswerable(question="A log position that is not taken", asked=known_at, limit=head)
    facts = log.history({message.entity: message.after_position})[message.entity]
    if kind == "payment" and entity_id.isdigit() and message.after_position < int(entity_id):
        facts = [*log.facts_at([int(entity_id)]), *facts]
    latest = at.as_of or datetime.date.max
    facts = [f for f in facts if f.position <= known_at and f.value_date <= latest]
    more = facts[HISTORY_MAX - 1].position if len(facts) > HISTORY_MAX else 0
    return audit_pb2.GetHistoryResponse(
        events=[event_message(fact) for fact in facts[:HISTORY_MAX]],
        next_after_position=more,
        known_at=known_at,
    )
