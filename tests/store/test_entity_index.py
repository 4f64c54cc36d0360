"""The entity index and its watermark: it may lag, it is never ahead, and no history is short."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from kernel.eventstore.indexer import Indexer
from kernel.eventstore.log import EMPTY
from kernel.eventstore.postgres import PostgresLog
from tests.store.samples import CODEC, Paid, batch

PAYMENTS = [Paid(payer="A", payee=f"B{n % 3}", amount_minor=n + 1) for n in range(12)]
OF_B0 = [1, 4, 7, 10]


@pytest.fixture
def log(postgres_url: str, schema_name: str) -> Iterator[PostgresLog]:
    log = PostgresLog(postgres_url, schema_name, codec=CODEC)
    log.append(batch(EMPTY, PAYMENTS), EMPTY, timeout_seconds=10)
    yield log
    log.close()


@pytest.fixture
def indexer(postgres_url: str, schema_name: str) -> Iterator[Indexer]:
    indexer = Indexer(postgres_url, schema_name)
    yield indexer
    indexer.stop()


@pytest.fixture
def connection(postgres_url: str, schema_name: str) -> Iterator[psycopg.Connection]:
    options = f"-c search_path={schema_name}"
    with psycopg.connect(postgres_url, options=options, autocommit=True) as connection:
        yield connection


def watermark(connection: psycopg.Connection) -> int:
    [(position,)] = connection.execute("SELECT position FROM index_watermark").fetchall()
    return int(position)


def entries(connection: psycopg.Connection) -> list[tuple[str, int]]:
    """What the index says, entry by entry; a hash is undone by the fact that it leads to."""
    return connection.execute(
        "SELECT e, p FROM entity_index i, unnest(i.positions) p JOIN log l ON l.position = p,"
        " unnest(string_to_array(l.entities, chr(10))) e WHERE hashtextextended(e, 0) = i.entity"
    ).fetchall()


def positions(log: PostgresLog, entity: str, after: int = 0) -> list[int]:
    return [fact.position for fact in log.history({entity: after})[entity]]


def test_history_is_complete_at_every_watermark(
    log: PostgresLog, indexer: Indexer, connection: psycopg.Connection
) -> None:
    for indexed in range(len(PAYMENTS) + 1):
        assert watermark(connection) == indexed
        for after in range(len(PAYMENTS) + 1):
            found = log.history({"account:A": after, "account:B0": after, "account:B9": after})
            assert {entity: [f.position for f in facts] for entity, facts in found.items()} == {
                "account:A": list(range(after + 1, 13)),
                "account:B0": [position for position in OF_B0 if position > after],
                "account:B9": [],
            }
        left = indexer.advance(1)
        assert left == max(len(PAYMENTS) - indexed - 1, 0)


def test_up_to_the_watermark_history_comes_from_the_index_and_behind_it_from_the_log(
    log: PostgresLog, indexer: Indexer, connection: psycopg.Connection
) -> None:
    """Damage shows which source is used: an entry is deleted below, and one added above."""
    indexer.advance(6)
    connection.execute(
        "UPDATE entity_index SET positions = '{1}' WHERE entity = hashtextextended('account:B0', 0)"
    )
    assert positions(log, "account:B0") == [1, 7, 10]
    connection.execute(
        "INSERT INTO entity_index VALUES (hashtextextended('account:B0', 0), 10, '{10}')"
    )
    assert positions(log, "account:B0") == [1, 7, 10]


def test_the_index_is_never_ahead_of_the_log(
    log: PostgresLog, indexer: Indexer, connection: psycopg.Connection
) -> None:
    assert indexer.advance(1_000_000) == 0
    assert watermark(connection) == log.head().position == len(PAYMENTS)
    assert indexer.advance() == 0
    assert watermark(connection) == len(PAYMENTS)
    assert max(position for _, position in entries(connection)) == len(PAYMENTS)


def test_facts_that_are_not_committed_are_not_indexed(
    log: PostgresLog, indexer: Indexer, connection: psycopg.Connection
) -> None:
    with connection.transaction():
        connection.execute("UPDATE head SET position = 13, batch = 2")
        connection.execute(
            "INSERT INTO log SELECT 13, principal, channel, method, 'late', ordinal, fingerprint,"
            " name, recorded_at, booking_date, value_date, entities, data"
            " FROM log WHERE position = 1"
        )
        assert indexer.advance() == 0
    assert watermark(connection) == 12
    assert positions(log, "account:B0") == [*OF_B0, 13]
    assert indexer.advance() == 0
    assert watermark(connection) == 13
    assert positions(log, "account:B0") == [*OF_B0, 13]


def test_two_indexers_at_once_do_no_harm(
    log: PostgresLog, postgres_url: str, schema_name: str, connection: psycopg.Connection
) -> None:
    pair = [Indexer(postgres_url, schema_name) for _ in range(2)]

    def work(indexer: Indexer) -> None:
        while indexer.advance(1):
            pass
        indexer.stop()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, pair))
    expected = [(e, n) for n, paid in enumerate(PAYMENTS, 1) for e in paid.entities]
    assert sorted(entries(connection)) == sorted(expected)
    assert watermark(connection) == len(PAYMENTS)


def test_an_indexer_that_comes_too_late_does_not_move_the_watermark_back(
    log: PostgresLog, indexer: Indexer, postgres_url: str, connection: psycopg.Connection
) -> None:
    """It has seen watermark 0 and waits for the row, while another one moves it to 6."""
    options = f"-c search_path={connection.execute('SHOW search_path').fetchall()[0][0]}"
    with psycopg.connect(postgres_url, options=options) as other, ThreadPoolExecutor(1) as threads:
        other.execute("UPDATE index_watermark SET position = 6")
        late = threads.submit(indexer.advance, 3)
        while not connection.execute(
            "SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))",
            [other.info.backend_pid],
        ).fetchall():
            assert not late.done()
        other.commit()
        assert late.result() == 12
    assert watermark(connection) == 6
    assert entries(connection) == []


def test_while_writer_indexers_and_readers_run_nothing_is_missed_and_nothing_comes_twice(
    log: PostgresLog, postgres_url: str, schema_name: str, connection: psycopg.Connection
) -> None:
    """Every history is a prefix without a hole, and holds all that was written before the look."""
    batches, stop = 60, threading.Event()

    def write() -> None:
        for _ in range(batches):
            head = log.head()
            log.append(batch(head, PAYMENTS), head, timeout_seconds=10)
        stop.set()

    def index() -> None:
        indexer = Indexer(postgres_url, schema_name)
        while not stop.is_set():
            indexer.advance(17)  # a round ends in the middle of a batch
        indexer.stop()

    def read() -> int:
        reader, looks = PostgresLog(postgres_url, schema_name, codec=CODEC, page_facts=50), 0
        while not stop.is_set():
            written = reader.head().position
            found = positions(reader, "account:B0")
            assert found == [at for at in range(1, found[-1] + 1) if at % 3 == 1]
            assert found[-1] > written - 3
            looks += 1
        reader.close()
        return looks

    def watch() -> int:
        """In one look of the server: how far the watermark, and what is indexed, are ahead."""
        options, looks = f"-c search_path={schema_name}", 0
        with psycopg.connect(postgres_url, options=options, autocommit=True) as watching:
            while not stop.is_set():
                [(head, indexed, last)] = watching.execute(
                    "SELECT (SELECT position FROM head), (SELECT position FROM index_watermark),"
                    " (SELECT coalesce(max(last_position), 0) FROM entity_index)"
                ).fetchall()
                assert last == indexed <= head
                looks += 1
        return looks

    with ThreadPoolExecutor(6) as threads:
        looking = [threads.submit(read), threads.submit(read), threads.submit(watch)]
        working = [threads.submit(write), threads.submit(index), threads.submit(index)]
        try:
            for one in working:
                one.result()
        finally:
            stop.set()
        assert all(one.result() > 0 for one in looking)
    indexer = Indexer(postgres_url, schema_name)
    while indexer.advance():
        pass
    indexer.stop()
    written = PAYMENTS * (batches + 1)
    expected = [(entity, n) for n, paid in enumerate(written, 1) for entity in paid.entities]
    assert sorted(entries(connection)) == sorted(expected)


def test_the_index_can_be_thrown_away_and_filled_again(
    log: PostgresLog, indexer: Indexer, connection: psycopg.Connection
) -> None:
    indexer.advance()
    before = sorted(entries(connection))
    connection.execute("TRUNCATE entity_index")
    connection.execute("UPDATE index_watermark SET position = 0")
    assert positions(log, "account:B0") == OF_B0
    indexer.advance()
    assert sorted(entries(connection)) == before


def test_an_indexer_on_its_own_thread_follows_the_log(
    log: PostgresLog, indexer: Indexer, connection: psycopg.Connection
) -> None:
    indexer.start()
    head = log.head()
    head = log.append(batch(head, PAYMENTS), head, timeout_seconds=10)
    assert indexer.wait_until(head.position, timeout_seconds=30)
    assert watermark(connection) == head.position
