"""The log as a feed and as histories, for whoever follows or audits the bank.

Bounds: one message holds ``BATCH`` events of a feed, or ``HISTORY_MAX`` of a history, or fewer:
``BYTES_MAX`` of event data unless a single event is larger. An event of a bulk transfer can be.
"""

from __future__ import annotations

import asyncio
import datetime
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from corebank.audit.v1 import audit_pb2

from adapters.rpc.convert import require_known
from adapters.rpc.questions import At, known_position
from kernel.application.folds import FOLDS, PAYMENT
from kernel.common.facts import Fact
from kernel.common.refusals import InvalidInput, Kind, Refusal
from kernel.eventstore.catalogue import CATALOGUE, EVENTS
from kernel.eventstore.log import Log
from kernel.projections.refusals import Unanswerable

BATCH = 500
BYTES_MAX = 1024 * 1024
POLL_SECONDS = 0.1
HISTORY_MAX = 1_000
KINDS = tuple(dict.fromkeys(fold.kind for fold in FOLDS))
ENTITY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PAYMENT_ID = re.compile(r"[1-9][0-9]{0,17}")


class EntityNotFound(Refusal):
    """Nothing happened to such an entity up to the position asked."""

    code = "ENTITY_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "{entity} is not known at position {known_at}."


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

    A message without events says how far the log was read. Raises InvalidInput, and Unanswerable
    when it is to begin behind the end of the log: the follower knows another log than this one.
    """
    _require_filters(message)
    position: int = message.after_position
    head = (await asyncio.to_thread(log.head)).position
    if position > head:
        raise Unanswerable(question="A feed behind the end of the log", asked=position, limit=head)
    entities, names = set(message.entities), set(message.names)
    until = message.until_position if message.HasField("until_position") else None
    while until is None or position < until:
        limit = BATCH if until is None else min(BATCH, until - position)
        facts = await asyncio.to_thread(log.read, position, limit)
        if not facts:
            await asyncio.sleep(POLL_SECONDS)
            continue
        position = facts[-1].position
        matching = (
            fact
            for fact in facts
            if (not entities or not entities.isdisjoint(fact.event.entities))
            and (not names or EVENTS.name_of(fact.event) in names)
        )
        said = None
        for events in _by_size(map(event_message, matching)):
            said = events[-1].position
            yield audit_pb2.StreamEventsResponse(events=events, read_position=said)
        if said != position:
            yield audit_pb2.StreamEventsResponse(read_position=position)


def _require_filters(message: audit_pb2.StreamEventsRequest) -> None:
    require_known(message)
    if message.after_position < 0:
        raise InvalidInput(("after_position", "must not be negative"))
    for i, entity in enumerate(message.entities):
        require_entity(f"entities[{i}]", entity)
    for i, name in enumerate(message.names):
        if name not in CATALOGUE:
            raise InvalidInput((f"names[{i}]", f"{name!r:.60} is the name of no event"))


def _by_size(events: Iterable[audit_pb2.Event]) -> Iterator[list[audit_pb2.Event]]:
    """The events in lists, none empty, each of ``BYTES_MAX`` or of one event."""
    part: list[audit_pb2.Event] = []
    size = 0
    for event in events:
        if part and size + event.ByteSize() > BYTES_MAX:
            yield part
            part, size = [], 0
        part.append(event)
        size += event.ByteSize()
    if part:
        yield part


def history(log: Log, message: audit_pb2.GetHistoryRequest, at: At) -> audit_pb2.GetHistoryResponse:
    """What happened to an entity, in pages; raises Unanswerable, EntityNotFound, InvalidInput."""
    if message.after_position < 0:
        raise InvalidInput(("after_position", "must not be negative"))
    known_at = known_position(log, at)
    facts = known_history(log, message.entity, known_at, at.as_of, message.after_position)
    events = next(_by_size(map(event_message, facts[:HISTORY_MAX])), [])
    return audit_pb2.GetHistoryResponse(
        events=events,
        next_after_position=events[-1].position if len(events) < len(facts) else 0,
        known_at=known_at,
    )


def require_entity(field: str, entity: str) -> tuple[str, str]:
    """Kind and id of an entity's name; raises InvalidInput for what names none."""
    kind, _, entity_id = entity.partition(":")
    shape = PAYMENT_ID if kind == PAYMENT.kind else ENTITY_ID
    if kind not in KINDS or not shape.fullmatch(entity_id):
        kinds = ", ".join(KINDS)
        raise InvalidInput((field, f"must look like 'account:A-1' or 'payment:17'; kinds: {kinds}"))
    return kind, entity_id


def known_history(
    log: Log,
    entity: str,
    known_at: int | None = None,
    as_of: datetime.date | None = None,
    after: int = 0,
) -> list[Fact]:
    """Facts of an entity behind a position, up to the known one and to a value date.

    A payment's history begins with the fact at its own position. Raises Unanswerable for a
    position that is not taken, EntityNotFound, InvalidInput for a name that is no entity.
    """
    kind, entity_id = require_entity("entity", entity)
    known_at = known_position(log, At(known_at=known_at))
    facts = log.history({entity: 0})[entity]
    if kind == PAYMENT.kind:
        facts = [*_birth(log, int(entity_id)), *facts]
    facts = [fact for fact in facts if fact.position <= known_at]
    if not facts:
        raise EntityNotFound(entity=entity, known_at=known_at)
    latest = as_of or datetime.date.max
    return [fact for fact in facts if fact.position > after and fact.value_date <= latest]


def _birth(log: Log, payment_id: int) -> list[Fact]:
    """The fact that made a payment; none when the position is no payment."""
    made = log.facts_at([payment_id])
    return [fact for fact in made if PAYMENT.evolve(PAYMENT.initial, fact) != PAYMENT.initial]


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
