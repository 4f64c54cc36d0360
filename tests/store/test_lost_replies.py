"""What a writer is told when the network fails it, and what is in the log then."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from kernel.eventstore.errors import HeadMoved, LogUnavailable, OutcomeUnknown
from kernel.eventstore.log import EMPTY, CommandKey, Head
from kernel.eventstore.postgres import PostgresLog
from tests.store.samples import CODEC, Opened, batch
from tests.support.proxy import Loss, LossyProxy

FIRST = batch(EMPTY, [Opened(account_id="A"), Opened(account_id="B")])
WAIT = 0.5  # the deadline of appends that are expected to run into it


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[LossyProxy]:
    with LossyProxy(postgres_url) as proxy:
        yield proxy


@pytest.fixture
def far(proxy: LossyProxy, schema_name: str) -> Iterator[PostgresLog]:
    """The log as a writer sees it whose network can fail."""
    log = PostgresLog(proxy.dsn, schema_name, codec=CODEC)
    yield log
    log.close()


@pytest.fixture
def near(postgres_url: str, schema_name: str) -> Iterator[PostgresLog]:
    """The same log, seen from beside the database."""
    log = PostgresLog(postgres_url, schema_name, codec=CODEC)
    yield log
    log.close()


@pytest.mark.parametrize("loss", [Loss.COMMIT_REPLY_CLOSED, Loss.COMMIT_REPLY_SILENT])
def test_a_commit_whose_reply_is_lost_was_done_and_the_writer_is_told_it_cannot_know(
    proxy: LossyProxy, far: PostgresLog, near: PostgresLog, loss: Loss
) -> None:
    proxy.arm(loss)
    with pytest.raises(OutcomeUnknown):
        far.append(FIRST, EMPTY, timeout_seconds=WAIT)
    assert proxy.wait_for_loss(10)
    assert near.read() == list(FIRST.facts)


@pytest.mark.parametrize("loss", [Loss.COMMIT_CLOSED, Loss.COMMIT_SILENT])
def test_a_commit_that_is_lost_on_its_way_looks_the_same_but_was_not_done(
    proxy: LossyProxy, far: PostgresLog, near: PostgresLog, loss: Loss
) -> None:
    proxy.arm(loss)
    with pytest.raises(OutcomeUnknown):
        far.append(FIRST, EMPTY, timeout_seconds=WAIT)
    assert near.read() == []


@pytest.mark.parametrize(
    "loss", [Loss.COMMIT_REPLY_CLOSED, Loss.COMMIT_REPLY_SILENT, Loss.COMMIT_CLOSED]
)
def test_whoever_looks_before_appending_again_writes_each_command_once(
    proxy: LossyProxy, far: PostgresLog, loss: Loss
) -> None:
    proxy.arm(loss)
    with pytest.raises(OutcomeUnknown):
        far.append(FIRST, EMPTY, timeout_seconds=WAIT)
    proxy.heal()
    keys = [CommandKey(fact.principal, fact.command_id) for fact in FIRST.facts]
    if not far.answers(keys):
        far.append(FIRST, EMPTY, timeout_seconds=10)
    assert far.read() == list(FIRST.facts)
    assert far.head() == Head(2, 1)


def test_whoever_appends_again_blindly_is_fenced_by_the_head(
    proxy: LossyProxy, far: PostgresLog
) -> None:
    proxy.arm(Loss.COMMIT_REPLY_CLOSED)
    with pytest.raises(OutcomeUnknown):
        far.append(FIRST, EMPTY, timeout_seconds=WAIT)
    with pytest.raises(HeadMoved):
        far.append(FIRST, EMPTY, timeout_seconds=10)
    assert far.head() == Head(2, 1)


def test_a_commit_lost_on_its_way_lets_go_of_the_head_at_its_deadline(
    proxy: LossyProxy, far: PostgresLog, near: PostgresLog
) -> None:
    """The server's side of the dead transaction must not hold the next writer up for long."""
    proxy.arm(Loss.COMMIT_SILENT)
    with pytest.raises(OutcomeUnknown):
        far.append(FIRST, EMPTY, timeout_seconds=WAIT)
    assert near.append(FIRST, EMPTY, timeout_seconds=10) == Head(2, 1)


def test_a_batch_cut_in_the_middle_leaves_nothing(
    proxy: LossyProxy, far: PostgresLog, near: PostgresLog
) -> None:
    many = batch(EMPTY, [Opened(account_id=f"A-{n}", name="王" * 100) for n in range(2_000)])
    proxy.arm(Loss.COPY_CLOSED)
    with pytest.raises(LogUnavailable):
        far.append(many, EMPTY, timeout_seconds=10)
    assert proxy.wait_for_loss(10)
    assert (near.read(), near.head()) == ([], EMPTY)
    assert far.append(many, EMPTY, timeout_seconds=10) == Head(2_000, 1)


def test_silence_ends_at_the_deadline_with_nothing_written(
    proxy: LossyProxy, far: PostgresLog, near: PostgresLog
) -> None:
    assert far.append(batch(EMPTY, []), EMPTY, timeout_seconds=10) == Head(0, 1)
    proxy.arm(Loss.SILENCE)
    with pytest.raises(LogUnavailable):
        far.append(batch(EMPTY, [Opened(account_id="A")]), Head(0, 1), timeout_seconds=WAIT)
    assert near.head() == Head(0, 1)
    proxy.heal()
    assert far.append(FIRST, Head(0, 1), timeout_seconds=10) == Head(2, 2)


def test_silence_from_the_start_ends_at_the_deadline_too(
    proxy: LossyProxy, far: PostgresLog
) -> None:
    proxy.arm(Loss.SILENCE)
    with pytest.raises(LogUnavailable):
        far.append(FIRST, EMPTY, timeout_seconds=WAIT)
    proxy.heal()
    assert far.append(FIRST, EMPTY, timeout_seconds=10) == Head(2, 1)


def test_after_its_connections_have_died_the_log_goes_on_by_itself(
    proxy: LossyProxy, far: PostgresLog
) -> None:
    head = far.append(FIRST, EMPTY, timeout_seconds=10)
    assert far.head() == head
    proxy.cut()
    assert far.head() == head
    assert far.append(batch(head, [Opened(account_id="C")]), head, timeout_seconds=10).position == 3


def test_a_session_that_the_database_ended_is_replaced(postgres_url: str, schema_name: str) -> None:
    log = PostgresLog(
        make_conninfo(postgres_url, application_name=schema_name), schema_name, codec=CODEC
    )
    head = log.append(FIRST, EMPTY, timeout_seconds=10)
    with psycopg.connect(postgres_url, autocommit=True) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE application_name = %s",
            [schema_name],
        )
    assert log.append(batch(head, [Opened(account_id="C")]), head, timeout_seconds=10).position == 3
    log.close()


def test_no_database_is_said_at_once() -> None:
    log = PostgresLog("host=127.0.0.1 port=1 user=nobody", "nowhere", codec=CODEC)
    with pytest.raises(LogUnavailable):
        log.append(FIRST, EMPTY, timeout_seconds=10)
    with pytest.raises(LogUnavailable):
        log.head()


def test_a_schema_without_tables_is_unavailable_and_not_empty(postgres_url: str) -> None:
    log = PostgresLog(postgres_url, "no_such_ledger", codec=CODEC)
    with pytest.raises(LogUnavailable, match="head"):
        log.head()
    log.close()
