"""The library's contract for DCB recorders: ours beside the library's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import pytest
from eventsourcing.dcb.api import (
    DCBAppendCondition,
    DCBEvent,
    DCBQuery,
    DCBQueryItem,
    DCBRecorder,
    DCBSequencedEvent,
)
from eventsourcing.dcb.popo import InMemoryDCBRecorder
from eventsourcing.dcb.postgres_tt import PostgresDCBRecorderTT
from eventsourcing.dcb.tests import DCBRecorderTestCase
from eventsourcing.persistence import IntegrityError, OperationalError, ProgrammingError
from eventsourcing.postgres import PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from kernel.eventstore.indexer import Indexer
from kernel.eventstore.recorder import PostgresDCBRecorder

CLIENTS = 8
APPENDS_EACH = 20


def library_postgres(dsn: str, schema: str) -> Iterator[DCBRecorder]:
    """Its foreign key leaves the schema out, so the search path has to say it."""
    known: dict[str, Any] = conninfo_to_dict(dsn)
    with (
        pytest.MonkeyPatch.context() as environment,
        PostgresDatastore(
            dbname=known["dbname"],
            host=known["host"],
            port=known["port"],
            user=known["user"],
            password=known.get("password", ""),
            schema=schema,
            pool_size=2,
            max_overflow=10,
        ) as datastore,
    ):
        environment.setenv("PGOPTIONS", f"-c search_path={schema}")
        recorder = PostgresDCBRecorderTT(datastore)
        recorder.create_table()
        yield recorder


def ours(dsn: str, schema: str) -> Iterator[DCBRecorder]:
    """No index at all: everything is found in the tail."""
    recorder = PostgresDCBRecorder(dsn, schema)
    yield recorder
    recorder.close()


def ours_indexed(dsn: str, schema: str) -> Iterator[DCBRecorder]:
    """The index follows behind every append by one event, so that every query meets its border."""
    recorder = PostgresDCBRecorder(dsn, schema)
    indexer = Indexer(dsn, schema)
    append = recorder.append

    def append_and_index(*arguments: Any, **named: Any) -> int:
        position = append(*arguments, **named)
        lag = indexer.advance(0)
        indexer.advance(max(lag - 1, 0))
        return position

    recorder.append = append_and_index  # type: ignore[method-assign]  # a hook for this test only
    yield recorder
    recorder.close()
    indexer.stop()


ON_POSTGRES: dict[str, Callable[[str, str], Iterator[DCBRecorder]]] = {
    "ours": ours,
    "ours-indexed": ours_indexed,
    "library-postgres": library_postgres,
}


@pytest.fixture(params=["library-memory", *ON_POSTGRES])
def recorder(request: pytest.FixtureRequest) -> Iterator[DCBRecorder]:
    if request.param == "library-memory":
        yield InMemoryDCBRecorder()
        return
    dsn = request.getfixturevalue("postgres_url")
    yield from ON_POSTGRES[request.param](dsn, request.getfixturevalue("schema_name"))


def event(type_: str, *tags: str, data: bytes = b"{}") -> DCBEvent:
    return DCBEvent(type=type_, data=data, tags=list(tags))


def matching(*items: DCBQueryItem) -> DCBQuery:
    return DCBQuery(items=list(items))


def test_the_librarys_own_cases_for_append_and_read(recorder: DCBRecorder) -> None:
    DCBRecorderTestCase()._test_append_read(recorder)


def test_the_librarys_own_cases_for_subscriptions(recorder: DCBRecorder) -> None:
    DCBRecorderTestCase()._test_append_subscribe(recorder)


def test_data_are_bytes_of_any_kind(recorder: DCBRecorder) -> None:
    anything = bytes(range(256))
    recorder.append([event("Opened", "account:A", data=anything)])
    assert [found.event.data for found in recorder.read()] == [anything]


def test_nothing_is_no_batch(recorder: DCBRecorder) -> None:
    with pytest.raises((ProgrammingError, AssertionError)):
        recorder.append([])
    assert list(recorder.read()) == []


def test_a_condition_that_fails_leaves_nothing(recorder: DCBRecorder) -> None:
    recorder.append([event("Opened", "account:A")])
    condition = DCBAppendCondition(matching(DCBQueryItem(tags=["account:A"])))
    with pytest.raises(IntegrityError):
        recorder.append([event("Opened", "account:A"), event("Paid", "account:A")], condition)
    assert [found.position for found in recorder.read()] == [1]


def test_of_clients_that_race_for_one_name_exactly_one_gets_it(recorder: DCBRecorder) -> None:
    condition = DCBAppendCondition(matching(DCBQueryItem(["Opened"], ["account:A"])))
    start = threading.Barrier(CLIENTS)

    def race(client: int) -> bool:
        start.wait()
        try:
            recorder.append([event("Opened", "account:A", f"client:{client}")], condition)
        except IntegrityError:
            return False
        return True

    with ThreadPoolExecutor(CLIENTS) as threads:
        assert sum(threads.map(race, range(CLIENTS))) == 1
    assert len(list(recorder.read())) == 1


@pytest.mark.parametrize("recorder", ["library-memory", "ours", "ours-indexed"], indirect=True)
def test_a_subscriber_beside_eight_clients_misses_nothing_and_sees_nothing_twice(
    recorder: DCBRecorder,
) -> None:
    """The library's PostgreSQL recorder appends without a condition under a sequence and no lock,
    so an id can become visible after a higher one, and a subscriber misses some.
    """
    total = CLIENTS * APPENDS_EACH

    def work(client: int) -> None:
        for number in range(APPENDS_EACH):
            recorder.append([event("Paid", f"client:{client}", data=str(number).encode())])

    seen: list[DCBSequencedEvent] = []
    with recorder.subscribe() as subscription, ThreadPoolExecutor(CLIENTS) as threads:
        reader = threading.Thread(
            target=lambda: seen.extend(islice(subscription, total)), daemon=True
        )
        reader.start()
        list(threads.map(work, range(CLIENTS)))
        reader.join(30)
        subscription.stop()
        reader.join()
    assert sorted(found.position for found in seen) == [found.position for found in seen]
    assert len({found.position for found in seen}) == total
    for client in range(CLIENTS):
        own = [found.event.data for found in seen if found.event.tags == [f"client:{client}"]]
        assert own == [str(number).encode() for number in range(APPENDS_EACH)]


def test_a_stopped_subscription_ends_the_iteration(recorder: DCBRecorder) -> None:
    with recorder.subscribe() as subscription:
        waiting = threading.Thread(target=lambda: list(subscription), daemon=True)
        waiting.start()
        subscription.stop()
        waiting.join(10)
        assert not waiting.is_alive()


def test_our_recorder_says_in_the_librarys_words_that_the_database_is_away() -> None:
    recorder = PostgresDCBRecorder("host=127.0.0.1 port=1 user=nobody", "nowhere")
    with pytest.raises(OperationalError):
        recorder.read()
    with pytest.raises(OperationalError):
        recorder.append([event("Opened", "account:A")])
