"""The log as a feed and as histories, for whoever follows or audits the bank."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator
from typing import Any

from corebank.audit.v1 import audit_pb2

from adapters.rpc.reads import At
from kernel.application.folds import FOLDS
from kernel.common.facts import Fact
from kernel.common.refusals import InvalidInput
from kernel.eventstore.catalogue import EVENTS
from kernel.eventstore.log import Log
from kernel.projections.refusals import Unanswerable

BATCH = 500
POLL_SECONDS = 0.1
HISTORY_MAX = 1_000
KINDS = tuple(dict.fromkeys(fold.kind for fold in FOLDS))


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
    """What happened to an entity, in pages; raises Unanswerable, InvalidInput."""
    known_at = log.head().position if at.known_at is None else at.known_at
    facts = known_history(log, message.entity, known_at, at.as_of, message.after_position)
    more = facts[HISTORY_MAX - 1].position if len(facts) > HISTORY_MAX else 0
    return audit_pb2.GetHistoryResponse(
        events=[event_message(fact) for fact in facts[:HISTORY_MAX]],
        next_after_position=more,
        known_at=known_at,
    )


def known_history(
    log: Log,
    entity: str,
    known_at: int | None = None,
    as_of: datetime.date | None = None,
    after: int = 0,
) -> list[Fact]:
    """Facts of an entity behind a position, up to the known one and to a value date.

    A payment's history begins with the fact at its own position. Raises Unanswerable for a
    position that is not taken, InvalidInput for a name that is no entity.
    """
    kind, _, entity_id = entity.partition(":")
    if kind not in KINDS or not entity_id:
        raise InvalidInput(
            ("entity", f"must look like 'account:A-1'; kinds are {', '.join(KINDS)}")
        )
    head = log.head().position
    known_at = head if known_at is None else known_at
    if not 0 <= known_at <= head:
        raise Unanswerable(question="A log position that is not taken", asked=known_at, limit=head)
    facts = log.history({entity: after})[entity]
    if kind == "payment" and entity_id.isdigit() and after < int(entity_id):
        facts = [*log.facts_at([int(entity_id)]), *facts]
    latest = as_of or datetime.date.max
    return [fact for fact in facts if fact.position <= known_at and fact.value_date <= latest]


def fold_of(
    log: Log, entity: str, known_at: int | None = None, as_of: datetime.date | None = None
) -> dict[str, Any]:
    """The states folded from an entity's known history, by the name of the fold."""
    facts = known_history(log, entity, known_at, as_of)
    states: dict[str, Any] = {}
    for fold in FOLDS:
        if fold.kind == entity.partition(":")[0]:
            state = fold.initial
            for fact in facts:
                state = fold.evolve(state, fact)
            states[fold.name] = state
    return states


def event_dict(fact: Fact) -> dict[str, Any]:
    """A fact as plain values, for a terminal."""
    name, data = EVENTS.encode(fact.event)
    return {
        "position": fact.position,
        "name": name,
        "principal": fact.principal,
        "command_id": fact.command_id,
        "recorded_at": fact.recorded_at.isoformat(),
        "booking_date": fact.booking_date.isoformat(),
        "value_date": fact.value_date.isoformat(),
        "data": data.decode(),
    }
