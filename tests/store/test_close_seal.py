"""The seal of a closed day: the same digest however often it is made, whatever comes after."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from adapters.cell import Cell
from adapters.database import Database
from adapters.database.migrate import migrate
from adapters.day_close import DayCloses
from kernel.business_date.events import DaySealed
from kernel.business_date.refusals import DayNotEnded
from kernel.close import tables
from kernel.close.chunks import PREPARE
from kernel.eventstore.log import Log
from kernel.projections.models import READ_MODELS
from kernel.projections.queries.ledger import trial_balance
from kernel.projections.queries.reading import Reader
from kernel.projections.rebuild import rebuild
from tests.support.bank import Bank, transfer
from tests.support.closing import (
    DAY,
    LOANS,
    NEXT,
    append,
    closes,
    drawn_loan,
    forget,
    lending_bank,
)


@pytest.fixture
def other(postgres_url: str) -> Iterator[Database]:
    """A second fresh ledger."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    migrate(postgres_url, name)
    yield Database(postgres_url, name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA "{name}" CASCADE')


def seals(log: Log) -> list[DaySealed]:
    """Every seal in the log."""
    facts = log.history({"bank:business-date": 0})["bank:business-date"]
    return [fact.event for fact in facts if isinstance(fact.event, DaySealed)]


def test_a_day_is_closed_once(ledger: tuple[Cell, Bank]) -> None:
    """Sealed with its digest; a second close answers the same and writes nothing."""
    cell, bank = ledger
    digest = closes(cell).close(DAY)
    [seal] = seals(cell.log)
    assert (seal.date, seal.digest, seal.loans, seal.parked) == (DAY, digest, LOANS, 0)
    assert seal.totals[0].debit_minor == seal.totals[0].credit_minor > 0
    head = cell.log.head().position
    bank.done("Transfer", **transfer(5))
    assert closes(cell).close(DAY) == digest
    assert cell.log.head().position == head + 1


def test_what_comes_after_the_cut_changes_nothing(
    ledger: tuple[Cell, Bank], other: Database
) -> None:
    """Money that arrives while the close runs is of the next day; two ledgers, one digest."""
    cell, bank = ledger

    def pay(day: datetime.date, step: str, done: int, total: int) -> None:
        if step != PREPARE:
            bank.done("RepayLoan", loan_id="L-0", amount_minor=100 + done + len(step))

    digest = DayCloses(cell, processes=0).close(DAY, pay)
    with lending_bank(other, LOANS) as (quiet, _):
        assert closes(quiet).close(DAY) == digest
        assert closes(quiet).close(NEXT) != closes(cell).close(NEXT)


def test_a_sealed_day_is_worked_out_again(ledger: tuple[Cell, Bank]) -> None:
    """From the log alone, days later, to the same digest; the log is as it was."""
    cell, bank = ledger
    digest = closes(cell).close(DAY)
    bank.done("RepayLoan", loan_id="L-0", amount_minor=777)
    second = closes(cell).close(NEXT)
    head = cell.log.head().position
    forget(cell)
    assert (closes(cell).close(NEXT), closes(cell).close(DAY)) == (second, digest)
    assert cell.log.head().position == head


def test_a_closed_days_totals_never_change(ledger: tuple[Cell, Bank]) -> None:
    """Money dated back into it, and its reversal, are booked on the open day; a rebuild agrees."""
    cell, bank = ledger
    closes(cell).close(DAY)
    [seal] = seals(cell.log)
    assert cell.follower.wait_for(cell.log.head().position, 60)
    before = trial_balance(Reader(cell.sql), DAY).rows
    dated = {"value_date": DAY.isoformat()}
    position = bank.done("RepayLoan", loan_id="L-0", amount_minor=500, **dated)
    bank.done("ReverseLoanEntry", loan_id="L-0", position=position, reason="by mistake")
    bank.done("RepayLoan", loan_id="L-10", amount_minor=700, **dated)
    closes(cell).close(NEXT)
    assert cell.follower.wait_for(cell.log.head().position, 60)
    for _ in range(2):
        assert trial_balance(Reader(cell.sql), DAY).rows == before
        later = {row.subject: row.debit_minor for row in trial_balance(Reader(cell.sql), NEXT).rows}
        assert any(later.values())
        rebuild(cell.sql, cell.log, READ_MODELS.ledger)
    assert sum(row.debit_minor for row in before) == seal.totals[0].debit_minor


def test_missed_days_are_closed_in_order(ledger: tuple[Cell, Bank]) -> None:
    """Days that ended unsealed come first; a day still to come is refused."""
    cell, bank = ledger
    later = DAY + datetime.timedelta(days=3)
    bank.done("AdvanceBusinessDate", date=NEXT.isoformat())
    bank.done("AdvanceBusinessDate", date=later.isoformat())
    asked: dict[str, Any] = {"date": NEXT.isoformat(), "digest": "0" * 64, "cut_position": 1}
    assert bank.refused("SealDay", **asked) == "EARLIER_DAY_NOT_SEALED"
    closes(cell).close(later)
    assert [seal.date for seal in seals(cell.log)] == [DAY, NEXT, later]
    assert bank.refused("SealDay", **asked) == "DAY_ALREADY_SEALED"
    with pytest.raises(DayNotEnded):
        closes(cell).close(later + datetime.timedelta(days=2))


def test_a_broken_contract_is_parked(ledger: tuple[Cell, Bank]) -> None:
    """The rest closes; the contract is named in an alarm and counted in the seal."""
    cell, _ = ledger
    append(cell.log, [drawn_loan(LOANS, method="no such method")], DAY)
    closes(cell).close(DAY)
    [seal] = seals(cell.log)
    assert (seal.loans, seal.parked) == (LOANS + 1, 1)
    with cell.sql.connect() as connection:
        alarms = connection.exec_driver_sql("SELECT check_name, subject FROM alarms").all()
        assert tables.standing(connection, DAY).parked == 1  # type: ignore[union-attr]
    assert ("contract-parked", f"L-{LOANS}") in alarms


def test_a_close_that_cannot_go_on_says_why(
    ledger: tuple[Cell, Bank], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failed with its reason; started again, it goes on."""
    cell, _ = ledger
    monkeypatch.setattr(cell.follower, "wait_for", lambda position, seconds: False)
    with pytest.raises(Exception, match="read models"):
        closes(cell).close(DAY)
    with cell.sql.connect() as connection:
        found = tables.standing(connection, DAY)
    assert found is not None
    assert (found.state, found.steps["due"]) == ("FAILED", found.chunks)
    monkeypatch.undo()
    assert closes(cell).close(DAY)
