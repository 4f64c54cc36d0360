"""Words for tests and benchmarks about the close: a ledger with many loans, drawn in bulk."""

from __future__ import annotations

import datetime
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import msgspec
import pytest

from adapters.cell import Cell, running
from adapters.database import Database
from adapters.day_close import DayCloses
from kernel.business_date.events import ENTITY, BusinessDateAdvanced
from kernel.close import accounts, tables
from kernel.common.facts import Event, Fact
from kernel.eventstore.log import Batch, Log
from kernel.loans.events import Drawn
from kernel.projections import outlooks
from tests.support.bank import Bank
from tests.support.credit import item, limit, pledge
from tests.support.lending import contract, drawn, publish

DAY = datetime.date(2026, 3, 2)
"""The first business date of ``Bank.open_day``."""
NEXT = DAY + datetime.timedelta(days=1)
LOANS = 60
"""How many loans the ledger of a test has."""
BATCH = 5_000


def drawn_loan(number: int, **terms: Any) -> tuple[Event, datetime.date]:
    """A loan of the bank and its value date: most in their first month, every tenth older, unpaid.

    The day of the month differs, so about one in 28 falls due on any day.
    """
    back = number % 28 + (0 if number % 10 else 28 * (number // 10 % 5 + 1))
    start = DAY - datetime.timedelta(days=back)
    amount = 1_000_000 + 7_919 * (number % 5_000)
    agreed: dict[str, Any] = {
        "principal_minor": amount,
        "currency": "CNY",
        "annual_rate_ppm": 60_000 + 1_000 * (number % 60),
        "method": ("equal_instalment", "equal_principal", "interest_first", "bullet")[number % 4],
        "instalments": (12, 24, 36)[number % 3],
        "start_date": start.isoformat(),
        "day_count": ("30/360", "ACT/360", "ACT/365F")[number % 3],
        "penalty": {"multiplier_ppm": 1_500_000},
        **terms,
    }
    event = Drawn(
        contract_id=f"K-{number}", loan_id=f"L-{number}", currency="CNY", amount_minor=amount,
        account_id="A-1", branch_id="0755", customer_ids=("C-1",), debit_account_id="A-1",
        product_id="micro", product_version=1, terms=agreed, principal_change_minor=amount,
    )  # fmt: skip
    return event, start


def append(log: Log, events: Iterable[tuple[Event, datetime.date]], booked: datetime.date) -> None:
    """Append events with their value dates, whatever rules would say."""
    waiting = iter(events)
    while block := list(islice(waiting, BATCH)):
        head = log.head()
        facts = tuple(
            Fact(
                position=head.position + place,
                principal="bulk",
                channel="BATCH",
                method="Import",
                command_id=f"bulk-{head.position + place}",
                ordinal=0,
                fingerprint=hashlib.blake2b(digest_size=16).digest(),
                recorded_at=datetime.datetime.combine(booked, datetime.time(), datetime.UTC),
                booking_date=booked,
                value_date=value_date,
                event=event,
            )
            for place, (event, value_date) in enumerate(block, 1)
        )
        log.append(log.packed(Batch(facts=facts)), head, timeout_seconds=60)


@contextmanager
def lending_bank(database: Database, loans: int) -> Iterator[tuple[Cell, Bank]]:
    """A running ledger that opened its first day and holds so many loans."""
    sql = database.sqlalchemy_engine()
    with running(Cell(database.url, database.schema, sql)) as cell:
        bank = Bank(cell.log)
        bank.engine = cell.engine
        bank.open_day()
        append(cell.log, [drawn_loan(number) for number in range(loans)], DAY)
        yield cell, bank
    sql.dispose()


def until_writer(cell: Cell) -> None:
    """Wait for the lease, which the process that had it may have left behind."""
    while not cell.engine.is_writer:
        time.sleep(0.05)


def closes(cell: Cell) -> DayCloses:
    """Closes of the ledger, in this process."""
    return DayCloses(cell, processes=0)


def forget(cell: Cell) -> None:
    """Drop everything that the close made beside the log."""
    with cell.sql.begin() as connection:
        for table in (tables.PROGRESS, tables.DAYS, tables.OBSERVATIONS):
            connection.execute(table.delete())
        outlooks.drop(connection)


def open_date(cell: Cell) -> datetime.date:
    """The open business date."""
    facts = cell.log.history({ENTITY: 0})[ENTITY]
    advanced = [one.event.date for one in facts if isinstance(one.event, BusinessDateAdvanced)]
    return max(advanced, default=DAY)


def events_of(cell: Cell, entity: str) -> list[str]:
    """Names of the kinds of events that touch an entity."""
    return [type(fact.event).__name__ for fact in cell.log.history({entity: 0})[entity]]


def firm(number: int, **terms: Any) -> tuple[Any, datetime.date]:
    """A loan of a firm, and its value date."""
    event, start = drawn_loan(number, **terms)
    changes = {"customer_ids": ("F-1",), "posting_class": "CORPORATE_LOAN"}
    return msgspec.structs.replace(event, **changes), start


def secured_bank(bank: Bank) -> None:
    """A contract of which 70,000.00 are drawn under a limit, and a flat that lends 80,000.00."""
    publish(bank, coverage_bp=10_000, needs_limit=True)
    limit(bank, "LIM-S", 10**9)
    contract(bank, "K-S", limit_id="LIM-S")
    item(bank, value_minor=11_428_572)
    pledge(bank, contract_id="K-S")
    drawn(bank, 7_000_000, "L-S", contract_id="K-S")


SMALL_CHUNK, SMALL_PAGE = 16, 1


def small_parts(patch: pytest.MonkeyPatch) -> None:
    """So few loans and accounts a part that a small ledger has several."""
    patch.setattr(outlooks, "CHUNK", SMALL_CHUNK)
    patch.setattr(accounts, "PAGE", SMALL_PAGE)


def close_and_die(url: str, schema: str, date: datetime.date, step: str) -> None:
    """Close a day in this process and let it die, without a word, in the middle of a step.

    With no step it lives, and ends the process when the day is closed.
    """

    def tell(day: datetime.date, at: str, done: int, total: int) -> None:
        if at == step and done:
            os._exit(9)

    with pytest.MonkeyPatch.context() as patch:
        small_parts(patch)
        with running(Cell(url, schema, Database(url, schema).sqlalchemy_engine())) as cell:
            until_writer(cell)
            DayCloses(cell, processes=0).close(date, tell)
            os._exit(0)
