"""A close whose process dies, at any step or at any moment, and is gone on with by another one.

Always to the seal and the books of a close that nobody disturbed.
"""

from __future__ import annotations

import datetime
import multiprocessing
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from adapters.cell import Cell, running
from adapters.database import Database
from adapters.database.migrate import migrate
from adapters.day_close import DayCloses
from kernel.business_date.events import ENTITY, DaySealed
from kernel.loans.events import Repaid
from kernel.projections.models import READ_MODELS
from kernel.projections.queries.ledger import trial_balance
from kernel.projections.queries.reading import Reader
from tests.support.bank import deposit
from tests.support.closing import DAY, close_and_die, lending_bank, small_parts, until_writer
from tests.support.deposits import listed
from tests.support.lending import publish

Found = tuple[Any, ...]

LOANS = 60
NEXT = DAY + datetime.timedelta(days=1)
DEAD = 9
STEPS = (
    "prepare", "cut", "accrue", "due", "CollectInstalment", "RepriceLoan", "grade", "FreezeLimit",
    "RaiseMarginCall",
    "settle", "check", "seal",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    small_parts(monkeypatch)


def lend(database: Database) -> None:
    """A bank with loans that are collected at the close, of which nothing runs any more."""
    with lending_bank(database, LOANS) as (_, bank):
        publish(bank)
        listed(bank, "DEMAND", 5_000)
        bank.done("Deposit", **deposit(10**9))


def closed(database: Database) -> Found:
    """The day closed, or gone on with, here: its seal, trial balances of both days, loan books."""
    sql = database.sqlalchemy_engine()
    with running(Cell(database.url, database.schema, sql)) as cell:
        until_writer(cell)
        digest = DayCloses(cell, processes=0).close(DAY)
        head = cell.log.head().position
        assert cell.follower.wait_for(head, 60)
        [seal] = [
            fact.event
            for fact in cell.log.history({ENTITY: 0})[ENTITY]
            if isinstance(fact.event, DaySealed)
        ]
        assert seal.digest == digest
        events = [fact.event for fact in cell.log.read(0, head)]
        collected = [event.loan_id for event in events if isinstance(event, Repaid)]
        assert len(collected) == len(set(collected)) > 3
        books = [trial_balance(Reader(sql), day).rows for day in (DAY, NEXT)]
        assert {"6411", "2231"} <= {row.subject for row in books[0]}, "interest of deposits"
        with sql.connect() as connection:
            amounts = connection.execute(READ_MODELS.ledger.loans.amounts.select()).all()
    sql.dispose()
    return digest, *books, sorted(map(tuple, amounts))


@pytest.fixture(scope="module")
def undisturbed(postgres_url: str) -> Iterator[Found]:
    """What a close comes to that nobody disturbs."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    migrate(postgres_url, name)
    database = Database(postgres_url, name)
    with pytest.MonkeyPatch.context() as patch:
        small_parts(patch)
        lend(database)
        yield closed(database)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA "{name}" CASCADE'.encode())


@pytest.fixture
def database(postgres_url: str, schema_name: str) -> Database:
    """A ledger with loans."""
    found = Database(postgres_url, schema_name)
    lend(found)
    return found


def process(database: Database, step: str) -> Any:
    """A process that closes the day and dies in a step; with none it only closes."""
    arguments = (database.url, database.schema, DAY, step)
    return multiprocessing.get_context("spawn").Process(target=close_and_die, args=arguments)


@pytest.mark.parametrize("step", STEPS)
def test_a_close_that_dies_in_any_step_is_gone_on_with(
    database: Database, undisturbed: Found, step: str
) -> None:
    """One seal, the same digest; each loan collected once; the same books of both days."""
    closing = process(database, step)
    closing.start()
    closing.join(120)
    assert closing.exitcode == DEAD
    assert closed(database) == undisturbed


def test_a_close_that_is_killed_over_and_over_gets_there(
    database: Database, undisturbed: Found
) -> None:
    """By signal, wherever it happens to be, each time a little later, until it is through."""
    kills, seconds = 0, 1.0
    while True:
        closing = process(database, "")
        closing.start()
        closing.join(seconds)
        if closing.exitcode == 0:
            break
        closing.kill()
        closing.join()
        kills, seconds = kills + 1, seconds + 0.15
    assert kills > 0
    assert closed(database) == undisturbed
