"""The log as a feed and as histories."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from corebank.audit.v1 import audit_pb2

from adapters.rpc import feeds
from adapters.rpc.questions import At
from kernel.common.refusals import InvalidInput
from kernel.eventstore.memory import MemoryLog
from kernel.projections.refusals import Unanswerable
from tests.support.bank import Bank, running_bank, transfer


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank with an open day, on a log in memory."""
    with running_bank(MemoryLog()) as bank:
        bank.open_day()
        yield bank


def stream(bank: Bank, **fields: object) -> list[audit_pb2.StreamEventsResponse]:
    """The messages of a feed up to the head."""
    message = audit_pb2.StreamEventsRequest(until_position=bank.log.head().position)
    for name, value in fields.items():
        if isinstance(value, list):
            getattr(message, name).extend(value)
        else:
            setattr(message, name, value)

    async def collect() -> list[audit_pb2.StreamEventsResponse]:
        return [reply async for reply in feeds.stream_events(bank.log, message)]

    return asyncio.run(collect())


def positions(replies: list[audit_pb2.StreamEventsResponse]) -> list[int]:
    """Positions of the events of a feed."""
    return [event.position for reply in replies for event in reply.events]


def test_a_feed_has_every_event_once_from_any_position(bank: Bank) -> None:
    """In order, resumable behind each position."""
    head = bank.log.head().position
    for after in (0, 3, head):
        assert positions(stream(bank, after_position=after)) == list(range(after + 1, head + 1))


def test_a_filtered_feed_says_how_far_it_has_read(bank: Bank) -> None:
    """So that the next one need not begin where the last match was."""
    last = stream(bank, entities=["bank:business-date"])[-1]
    assert positions([last]) == []
    assert last.read_position == bank.log.head().position
    only = stream(bank, names=["accounts.AccountOpened.v1"])
    assert {event.name for reply in only for event in reply.events} == {"accounts.AccountOpened.v1"}


def test_large_events_are_spread_over_messages(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message stays below its size; every position read is one to resume from."""
    monkeypatch.setattr(feeds, "BYTES_MAX", 400)
    replies = stream(bank)
    assert positions(replies) == list(range(1, bank.log.head().position + 1))
    assert len(replies) > 1
    for reply in replies:
        assert len(reply.events) == 1 or reply.ByteSize() < 500
        assert reply.read_position == reply.events[-1].position


def test_a_history_in_small_messages_is_the_whole_history(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page, nothing lost and nothing twice."""
    for _ in range(4):
        bank.done("Transfer", **transfer(5))
    whole = [fact.position for fact in feeds.known_history(bank.log, "account:A-1")]
    monkeypatch.setattr(feeds, "BYTES_MAX", 700)
    found: list[int] = []
    after, pages = 0, 0
    while pages == 0 or after:
        asked = audit_pb2.GetHistoryRequest(entity="account:A-1", after_position=after)
        reply = feeds.history(bank.log, asked, At())
        found += [event.position for event in reply.events]
        after, pages = reply.next_after_position, pages + 1
    assert (found, pages > 1) == (whole, True)


def test_a_feed_that_begins_behind_the_end_is_an_error(bank: Bank) -> None:
    """Its follower has seen another log: waiting would hide that."""
    with pytest.raises(Unanswerable):
        stream(bank, after_position=bank.log.head().position + 1)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"after_position": -1}, "after_position"),
        ({"names": ["payments.Transfered.v1"]}, "names[0]"),
        ({"entities": ["account:A-1", "acount:A-1"]}, "entities[1]"),
    ],
)
def test_a_filter_that_could_never_match_is_refused(
    bank: Bank, fields: dict[str, object], path: str
) -> None:
    """A misspelt filter would be an empty feed for ever."""
    with pytest.raises(InvalidInput) as caught:
        stream(bank, **fields)
    assert caught.value.violations[0][0] == path


@pytest.mark.parametrize(
    "entity",
    [
        "",
        "account",
        "account:",
        "account:\x00",
        "account:" + "x" * 65,
        "x:1",
        "payment:A",
        "payment:0",
        "payment:٣",
        "payment:" + "9" * 30,
    ],
)
def test_a_name_that_is_no_entity_is_refused(bank: Bank, entity: str) -> None:
    """Before it reaches the database."""
    with pytest.raises(InvalidInput):
        feeds.known_history(bank.log, entity)


def test_an_unknown_entity_is_an_error_and_not_an_empty_history(bank: Bank) -> None:
    """Also one that was not known yet, and a position that is no payment."""
    born = feeds.known_history(bank.log, "account:A-1")[0].position
    for entity, known_at in (("account:A-9", None), ("account:A-1", born - 1), ("payment:1", None)):
        with pytest.raises(feeds.EntityNotFound):
            feeds.known_history(bank.log, entity, known_at)


def test_a_payments_history_begins_with_the_payment(bank: Bank) -> None:
    """Then comes what happened to it."""
    made = bank.done("Transfer", **transfer(100))
    taken_back = bank.done("ReversePayment", payment_id=made, reason="wrong payee")
    history = feeds.known_history(bank.log, f"payment:{made}")
    assert [fact.position for fact in history] == [made, taken_back]
    assert [f.position for f in feeds.known_history(bank.log, f"payment:{made}", after=made)] == [
        taken_back
    ]
