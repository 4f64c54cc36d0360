"""What a log promises, over memory and over PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from kernel.eventstore.errors import CommandKeyTaken, HeadMoved, UncataloguedEvent
from kernel.eventstore.log import EMPTY, Batch, CommandKey, Head, Log
from kernel.eventstore.memory import MemoryLog
from kernel.eventstore.postgres import PostgresLog
from kernel.eventstore.repeats import NEIGHBOURS
from tests.store.samples import CODEC, Opened, Paid, Uncatalogued, batch, fact, refusal

OPENED_A, OPENED_B = Opened(account_id="A", name="王芳"), Opened(account_id="B")
PAID = Paid(payer="A", payee="B", amount_minor=500)


@pytest.fixture(params=["memory", "postgres"])
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    if request.param == "memory":
        yield MemoryLog()
        return
    dsn = request.getfixturevalue("postgres_url")
    postgres = PostgresLog(dsn, request.getfixturevalue("schema_name"), codec=CODEC)
    yield postgres
    postgres.close()


def append(log: Log, written: Batch, expected: Head) -> Head:
    return log.append(written, expected, timeout_seconds=10)


def test_an_empty_log_ends_at_zero(log: Log) -> None:
    assert log.head() == Head(0, 0)
    assert log.read() == []
    assert log.history({"account:A": 0}) == {"account:A": []}
    assert log.facts_at([1]) == []
    assert log.answers([CommandKey("teller-1", "command-1")]) == {}


def test_what_is_appended_is_read_back_exactly(log: Log) -> None:
    written = batch(EMPTY, [OPENED_A, OPENED_B, PAID])
    head = append(log, written, EMPTY)
    assert head == log.head() == Head(3, 1)
    assert log.read() == list(written.facts)


def test_reading_goes_on_behind_a_position_page_by_page(log: Log) -> None:
    append(log, batch(EMPTY, [OPENED_A, OPENED_B, PAID]), EMPTY)
    assert [f.position for f in log.read(limit=2)] == [1, 2]
    assert [f.position for f in log.read(after=2, limit=2)] == [3]
    assert log.read(after=3) == []


def test_a_batch_on_a_stale_head_is_fenced_and_leaves_nothing(log: Log) -> None:
    head = append(log, batch(EMPTY, [OPENED_A]), EMPTY)
    with pytest.raises(HeadMoved):
        append(log, batch(EMPTY, [OPENED_B]), EMPTY)
    assert log.head() == head
    assert [f.event for f in log.read()] == [OPENED_A]


def test_an_append_takes_its_turn_behind_one_that_it_builds_on(log: Log) -> None:
    """The rows of the second are on their way before the first is committed; the order is kept."""
    second_waits = threading.Event()

    def second() -> Head:
        def turn() -> None:
            second_waits.set()
            first_done.result(10)

        second_batch = batch(Head(2, 1), [PAID])
        return log.append(second_batch, Head(2, 1), timeout_seconds=10, turn=turn)

    def first_turn() -> None:
        assert second_waits.wait(10)
        assert log.head() == EMPTY
        assert log.read() == []

    first_done = Future[Head]()
    with ThreadPoolExecutor(1) as threads:
        second_done = threads.submit(second)
        first = batch(EMPTY, [OPENED_A, OPENED_B])
        first_done.set_result(log.append(first, EMPTY, timeout_seconds=10, turn=first_turn))
        assert second_done.result(10) == Head(3, 2)
    assert [f.event for f in log.read()] == [OPENED_A, OPENED_B, PAID]


def test_an_append_whose_turn_never_comes_leaves_nothing(log: Log) -> None:
    def turn() -> None:
        raise LookupError("the first one failed")

    with pytest.raises(LookupError):
        log.append(batch(Head(2, 1), [PAID]), Head(2, 1), timeout_seconds=10, turn=turn)
    assert (log.read(), log.head()) == ([], EMPTY)
    assert append(log, batch(EMPTY, [OPENED_A]), EMPTY) == Head(1, 1)


def test_a_batch_of_refusals_only_moves_the_head_so_that_it_fences_too(log: Log) -> None:
    head = append(log, Batch(refusals=(refusal("too-much"),)), EMPTY)
    assert head == log.head() == Head(0, 1)
    with pytest.raises(HeadMoved):
        append(log, batch(EMPTY, [OPENED_A]), EMPTY)


def test_a_position_that_leaves_a_gap_is_not_accepted(log: Log) -> None:
    with pytest.raises(ValueError, match="the next one is 1"):
        append(log, Batch(facts=(fact(2, OPENED_A),)), EMPTY)
    assert log.head() == EMPTY


def test_a_command_has_one_answer_and_a_second_one_is_not_written(log: Log) -> None:
    head = append(log, Batch(facts=(fact(1, OPENED_A, command_id="open"),)), EMPTY)
    with pytest.raises(CommandKeyTaken):
        append(log, Batch(facts=(fact(2, OPENED_B, command_id="open"),)), head)
    assert log.head() == head
    assert [f.event for f in log.read()] == [OPENED_A]


def test_a_command_is_refused_once(log: Log) -> None:
    head = append(log, Batch(refusals=(refusal("too-much"),)), EMPTY)
    with pytest.raises(CommandKeyTaken):
        append(log, Batch(facts=(fact(1, OPENED_A),), refusals=(refusal("too-much"),)), head)
    assert (log.head(), log.read()) == (head, [])


def test_a_command_is_not_refused_after_it_was_accepted_nor_the_other_way_round(log: Log) -> None:
    done = Batch(facts=(fact(1, OPENED_A, command_id="open"),), refusals=(refusal("too-much"),))
    head = append(log, done, EMPTY)
    with pytest.raises(CommandKeyTaken):
        append(log, Batch(refusals=(refusal("open"),)), head)
    with pytest.raises(CommandKeyTaken):
        append(log, Batch(facts=(fact(2, OPENED_B, command_id="too-much"),)), head)
    assert (log.head(), len(log.read())) == (head, 1)


@pytest.mark.parametrize("refused", [5, NEIGHBOURS - 1, NEIGHBOURS, NEIGHBOURS + 5])
def test_a_refused_command_is_found_among_few_and_many_of_its_neighbours(
    log: Log, refused: int
) -> None:
    refusals = tuple(refusal(f"command-{number:05}") for number in range(refused))
    head = append(log, Batch(refusals=refusals), EMPTY)
    first, last = "command-", "command-99999"
    for between in (refusals[0].command_id, refusals[-1].command_id):
        ids = enumerate([first, between, last], 1)
        with pytest.raises(CommandKeyTaken):
            append(log, Batch(facts=tuple(fact(n, PAID, command_id=i) for n, i in ids)), head)
    assert (log.head(), log.read()) == (head, [])
    ids = enumerate([first, "command-00000-other", last], 1)
    append(log, Batch(facts=tuple(fact(n, PAID, command_id=i) for n, i in ids)), head)
    assert len(log.read()) == 3


def test_answers_come_from_facts_and_from_refusals(log: Log) -> None:
    first = fact(1, OPENED_A, command_id="open-both")
    second = fact(2, OPENED_B, command_id="open-both", ordinal=1)
    no = refusal("too-much")
    append(log, Batch(facts=(first, second, fact(3, PAID)), refusals=(no,)), EMPTY)
    opened, refused = CommandKey("teller-1", "open-both"), no.key
    unknown, foreign = CommandKey("teller-1", "never"), CommandKey("teller-2", "open-both")
    found = log.answers([opened, refused, unknown, foreign, opened])
    assert found == {opened: (first, second), refused: no}
    given = found[refused]
    assert not isinstance(given, tuple)
    assert list(given.figures.items()) == list(no.figures.items())


def test_history_gives_each_entity_its_own_facts_behind_its_position(log: Log) -> None:
    head = append(log, batch(EMPTY, [OPENED_A, OPENED_B]), EMPTY)
    append(log, batch(head, [PAID, Paid(payer="B", payee="A", amount_minor=1)]), head)
    found = log.history({"account:A": 0, "account:B": 3, "account:C": 0})
    assert {entity: [f.position for f in facts] for entity, facts in found.items()} == {
        "account:A": [1, 3, 4],
        "account:B": [4],
        "account:C": [],
    }


def test_an_entity_named_twice_by_one_event_has_it_once_in_its_history(log: Log) -> None:
    append(log, batch(EMPTY, [Paid(payer="A", payee="A", amount_minor=1)]), EMPTY)
    assert [f.position for f in log.history({"account:A": 0})["account:A"]] == [1]


def test_facts_are_found_by_position_in_order(log: Log) -> None:
    append(log, batch(EMPTY, [OPENED_A, OPENED_B, PAID]), EMPTY)
    assert [f.position for f in log.facts_at([3, 1, 99, 3, 0])] == [1, 3]


def test_an_event_without_a_stored_name_is_not_written(postgres_url: str, schema_name: str) -> None:
    log = PostgresLog(postgres_url, schema_name, codec=CODEC)
    with pytest.raises(UncataloguedEvent, match="Uncatalogued"):
        append(log, Batch(facts=(fact(1, Uncatalogued()),)), EMPTY)
    assert log.head() == EMPTY
    log.close()
