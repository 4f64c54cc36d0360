"""Several writers and readers on one ledger at once, on PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest

from kernel.eventstore.errors import HeadMoved, LogUnavailable
from kernel.eventstore.log import EMPTY, Batch, Head
from kernel.eventstore.postgres import PostgresLog
from tests.store.samples import CODEC, Opened, batch, refusal

CLIENTS = 8
BATCHES_EACH = 12
FACTS_EACH = 3


def write_against_others(log: PostgresLog, writer: str) -> int:
    """Append some batches, starting again from the head whenever fenced; how often that was."""
    fenced = 0
    for number in range(BATCHES_EACH):
        events = [Opened(account_id=f"{writer}-{number}-{n}") for n in range(FACTS_EACH)]
        while True:
            head = log.head()
            try:
                log.append(batch(head, events, writer=writer), head, timeout_seconds=30)
                break
            except HeadMoved:
                fenced += 1
    return fenced


def test_of_two_writers_on_one_head_one_wins_and_the_other_reloads_and_goes_on(
    postgres_url: str, schema_name: str
) -> None:
    """The rows of the first are written but not committed when the second comes."""
    first = PostgresLog(postgres_url, schema_name, codec=CODEC)
    second = PostgresLog(postgres_url, schema_name, codec=CODEC)
    with (
        psycopg.connect(postgres_url, options=f"-c search_path={schema_name}") as blocker,
        ThreadPoolExecutor(2) as threads,
    ):
        blocker.execute("SELECT * FROM head FOR UPDATE")
        appends: list[Future[object]] = [
            threads.submit(
                log.append, batch(EMPTY, [Opened(account_id=name)]), EMPTY, timeout_seconds=30
            )
            for log, name in ((first, "A"), (second, "B"))
        ]
        blocker.rollback()
        errors = [append.exception() for append in appends]
    assert sorted(type(error).__name__ for error in errors) == ["HeadMoved", "NoneType"]
    loser, name = (first, "A") if errors[0] is not None else (second, "B")
    head = loser.head()
    loser.append(batch(head, [Opened(account_id=name)]), head, timeout_seconds=10)
    assert {f.event.entities for f in first.read()} == {("account:A",), ("account:B",)}
    first.close()
    second.close()


def test_many_writers_leave_no_gap_and_no_double(postgres_url: str, schema_name: str) -> None:
    logs = [PostgresLog(postgres_url, schema_name, codec=CODEC) for _ in range(3)]
    with ThreadPoolExecutor(len(logs)) as threads:
        fenced = sum(threads.map(write_against_others, logs, ["w1", "w2", "w3"]))
    facts = logs[0].read(limit=10_000)
    assert [fact.position for fact in facts] == list(range(1, 3 * BATCHES_EACH * FACTS_EACH + 1))
    assert len({fact.event.entities for fact in facts}) == len(facts)
    assert logs[0].head().batch == 3 * BATCHES_EACH
    assert fenced > 0, "the writers never met, so nothing was shown"
    for log in logs:
        log.close()


def test_a_tailing_reader_beside_eight_writers_misses_nothing_and_sees_nothing_twice(
    postgres_url: str, schema_name: str
) -> None:
    log = PostgresLog(postgres_url, schema_name, codec=CODEC)
    total = CLIENTS * BATCHES_EACH * FACTS_EACH
    seen: list[int] = []

    def tail() -> None:
        while len(seen) < total:
            seen.extend(fact.position for fact in log.read(seen[-1] if seen else 0, limit=7))

    reader = threading.Thread(target=tail, daemon=True)
    reader.start()
    writers = [PostgresLog(postgres_url, schema_name, codec=CODEC) for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(write_against_others, writers, [f"w{n}" for n in range(CLIENTS)]))
    reader.join(30)
    assert seen == list(range(1, total + 1))
    for one in [log, *writers]:
        one.close()


def test_a_batch_of_refusals_fences_a_writer_of_facts(postgres_url: str, schema_name: str) -> None:
    log = PostgresLog(postgres_url, schema_name, codec=CODEC)
    log.append(Batch(refusals=(refusal("no"),)), EMPTY, timeout_seconds=10)
    with pytest.raises(HeadMoved):
        log.append(batch(EMPTY, [Opened(account_id="A")]), EMPTY, timeout_seconds=10)
    log.close()


def test_behind_the_head_the_primary_key_still_guards_a_position(
    postgres_url: str, schema_name: str
) -> None:
    """Damage: somebody sets the head back by hand."""
    log = PostgresLog(postgres_url, schema_name, codec=CODEC)
    log.append(batch(EMPTY, [Opened(account_id="A")]), EMPTY, timeout_seconds=10)
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"UPDATE {schema_name}.head SET position = 0, batch = 0".encode())
    with pytest.raises(HeadMoved, match="position behind 0 is taken"):
        log.append(batch(EMPTY, [Opened(account_id="B")], writer="w"), EMPTY, timeout_seconds=10)
    assert len(log.read()) == 1
    log.close()


def test_a_writer_whose_rows_another_one_waits_for_under_the_head_is_fenced(
    postgres_url: str, schema_name: str
) -> None:
    """Each waits for the other, until PostgreSQL ends one of them: here the one of ours."""
    log = PostgresLog(postgres_url, schema_name, codec=CODEC)
    with (
        psycopg.connect(postgres_url, options=f"-c search_path={schema_name}") as other,
        ThreadPoolExecutor(1) as threads,
    ):
        other.execute("SET deadlock_timeout = '60s'")
        other.execute("SELECT * FROM head FOR UPDATE")
        rows_given = threading.Event()
        append = threads.submit(
            log.append,
            batch(EMPTY, [Opened(account_id="A")]),
            EMPTY,
            timeout_seconds=30,
            turn=rows_given.set,
        )
        assert rows_given.wait(10)
        other.execute(
            "INSERT INTO log (position, principal, channel, method, command_id, ordinal,"
            " fingerprint, name, recorded_at, booking_date, value_date, entities, data)"
            " VALUES (1, 'p', '', '', 'c', 0, '', '', now(), now(), now(), '', '')"
        )
        other.execute("UPDATE head SET position = 1, batch = 1")
        other.commit()
        with pytest.raises(HeadMoved, match="holds the head"):
            append.result(30)
    assert log.head() == Head(1, 1)
    log.close()


def test_a_writer_that_waits_for_the_head_gives_up_at_its_deadline(
    postgres_url: str, schema_name: str
) -> None:
    log = PostgresLog(postgres_url, schema_name, codec=CODEC)
    with psycopg.connect(postgres_url, options=f"-c search_path={schema_name}") as blocker:
        blocker.execute("SELECT * FROM head FOR UPDATE")
        with pytest.raises(LogUnavailable):
            log.append(batch(EMPTY, [Opened(account_id="A")]), EMPTY, timeout_seconds=0.3)
    assert log.append(batch(EMPTY, []), EMPTY, timeout_seconds=10).batch == 1
    assert log.read() == []
    log.close()
