"""What a close and a cut work out by array is what a fold of each loan says."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from adapters.cell import Cell
from kernel.application.folds import LOAN
from kernel.bookkeeping import loan_days
from kernel.bookkeeping.loan_amounts import books_of
from kernel.close import tables
from kernel.common.policy import PolicyRow, PolicyTable
from kernel.eventstore.log import Log
from kernel.grading.classes import own_grade
from kernel.grading.losses import stage_of
from kernel.loans.columns import Ints, recognised
from kernel.loans.state import LoanState, standing_of
from kernel.projections import loan_books, outlooks
from kernel.projections.checksum import model_checksum
from kernel.projections.loan_chunks import open_chunk
from kernel.projections.loan_cut import Cut, cut_chunk
from kernel.projections.models import READ_MODELS
from kernel.projections.queries.ledger import trial_balance
from kernel.projections.queries.reading import Reader
from kernel.projections.rebuild import rebuild
from kernel.reporting.loan_book import conduct, record_of
from tests.support.bank import Bank
from tests.support.closing import (
    DAY,
    LOANS,
    NEXT,
    append,
    closes,
    drawn_loan,
    firm,
    open_date,
    secured_bank,
)
from tests.support.credit import value
from tests.support.lending import publish


def test_columns_say_what_every_loan_says_itself(ledger: tuple[Cell, Bank]) -> None:
    """Day after day, kept or made anew from the log, with money in between."""
    cell, bank = ledger
    for day in (DAY, NEXT, DAY + datetime.timedelta(days=9), DAY + datetime.timedelta(days=40)):
        bank.done("RepayLoan", loan_id="L-0", amount_minor=5_000 + day.day)
        upto = cell.log.head().position
        kept = amounts_of(cell, day, upto)
        if day == NEXT:
            with cell.sql.begin() as connection:
                outlooks.drop(connection)
            assert amounts_of(cell, day, upto).keys() == kept.keys()
        assert len(kept) == LOANS
        for loan_id in ("L-0", "L-1", "L-10", "L-20", "L-33", f"L-{LOANS - 1}"):
            expected = standing_of(bank.states.get(LOAN, loan_id), day).recognised
            assert recognised(kept[loan_id].tolist()) == expected, (loan_id, day)
        bank.states.forget()


def amounts_of(cell: Cell, day: datetime.date, upto: int) -> dict[str, Ints]:
    """Cumulative amounts by loan."""
    with cell.sql.begin() as connection:
        parts = list(outlooks.accrued(connection, cell.log, day, upto))
    return {
        loan_id: row
        for loan_ids, rows in parts
        for loan_id, row in zip(loan_ids, rows, strict=True)
    }


@pytest.mark.parametrize("provides", [0, 1])
def test_books_by_array_are_those_by_fold(
    ledger: tuple[Cell, Bank], monkeypatch: pytest.MonkeyPatch, provides: int
) -> None:
    """The journals of cuts that knew the columns are those of a rebuild that has none; with a
    firm's loans, one of them bad, and with cover that falls."""
    cell, bank = ledger
    secured_bank(bank)
    append(cell.log, [firm(140), firm(141), firm(142, start_date=DAY.isoformat())], DAY)
    enabled = PolicyRow(
        key="allowance.enabled", value=provides, effective_from=datetime.date(2020, 1, 1),
        legal_basis="test", verified=True,
    )  # fmt: skip
    monkeypatch.setattr(loan_days, "LOAN_POLICY", PolicyTable([enabled]))
    for number in range(5):
        day = DAY + datetime.timedelta(days=number)
        closes(cell).close(day)
        bank.states.forget()
        bank.done("RepayLoan", loan_id=f"L-{10 * number}", amount_minor=5_000)
        value(bank, "FLAT", 10_500_000 - 500_000 * number)
    bank.done("AdvanceBusinessDate", date=(day + datetime.timedelta(days=2)).isoformat())
    cell.follower.wait_for(cell.log.head().position, 60)
    with cell.sql.begin() as connection:
        top = outlooks.last_row(connection)
        ends = day + datetime.timedelta(days=2)
        chunks = range(top // outlooks.CHUNK + 1)
        cuts = [others_by_array(connection, each, top, ends) for each in chunks]
        before = model_checksum(connection, READ_MODELS.ledger)
    assert 0 < sum(map(len, cuts)) < LOANS / 2
    with cell.sql.begin() as connection:
        outlooks.drop(connection)
    rebuild(cell.sql, cell.log, READ_MODELS.ledger)
    with cell.sql.connect() as connection:
        assert model_checksum(connection, READ_MODELS.ledger) == before
    found = trial_balance(Reader(cell.sql), day).rows
    provided = sum(row.closing_minor for row in found if row.subject == "1304")
    assert (provided < 0) == bool(provides)


def others_by_array(connection: Connection, number: int, top: int, day: datetime.date) -> list[str]:
    """Open loans of a chunk that the columns do not know on a day."""
    of_loans = READ_MODELS.ledger.loans
    chunk = open_chunk(connection, of_loans, of_loans.losses, number, top, day)
    return [one for one, known in zip(chunk.loan_ids, chunk.is_known, strict=True) if not known]


def test_a_loan_that_is_numbered_during_the_cut_is_not_missed(
    ledger: tuple[Cell, Bank], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A close numbers a new loan when the follower has passed the chunk where it comes to lie."""
    cell, bank = ledger
    with cell.sql.begin() as connection:
        outlooks.gather(connection, cell.log.head().position)
    append(cell.log, [drawn_loan(LOANS + 1)], DAY)
    bank.done("AdvanceBusinessDate", date=NEXT.isoformat())
    assert cell.follower.wait_for(cell.log.head().position, 60)

    def numbering(connection: Connection, *others: Any) -> Cut:
        found = cut_chunk(connection, *others)
        outlooks.gather(connection, cell.log.head().position)
        return found

    monkeypatch.setattr(loan_books, "cut_chunk", numbering)
    bank.done("AdvanceBusinessDate", date=(NEXT + datetime.timedelta(days=1)).isoformat())
    assert cell.follower.wait_for(cell.log.head().position, 60)
    with cell.sql.connect() as connection:
        assert outlooks.last_row(connection) == LOANS
        c = READ_MODELS.ledger.loans.amounts.c
        query = select(c.amount_type, c.amount_minor).where(c.loan_id == f"L-{LOANS + 1}")
        found = {kind: minor for kind, minor in connection.execute(query) if minor}
        measured = READ_MODELS.ledger.loans.losses.measures(connection, [f"L-{LOANS + 1}"])
    allowance = measured[f"L-{LOANS + 1}"].allowance_minor
    state = bank.states.get(LOAN, f"L-{LOANS + 1}")
    assert found == books_of(state, NEXT, allowance_minor=allowance).amounts


def test_classes_by_array_are_those_by_fold(ledger: tuple[Cell, Bank]) -> None:
    """Of loans late for days, of a loan that paid after long arrears, and of one with relief."""
    cell, bank = ledger
    relief = {"instalments": 12, "debtor_in_difficulty": True}
    publish(bank)
    bank.done("ExtendLoan", loan_id="L-1", **relief)
    owed = standing_of(bank.states.get(LOAN, "L-40"), DAY)
    assert owed.days_past_due > 90
    bank.done("RepayLoan", loan_id="L-40", amount_minor=owed.due.total_minor)
    bank.states.forget()
    ids = [f"L-{number}" for number in range(LOANS)]
    losses = READ_MODELS.ledger.loans.losses
    for day in (DAY, NEXT, DAY + datetime.timedelta(days=40)):
        while open_date(cell) < day:
            following = min(day, open_date(cell) + datetime.timedelta(days=10))
            bank.done("AdvanceBusinessDate", date=following.isoformat())
        closes(cell).close(day)
        cell.follower.wait_for(cell.log.head().position, 60)
        with cell.sql.connect() as connection:
            measured = losses.measures(connection, ids)
            cut = tables.cut_of(connection, day)
        assert cut is not None
        for loan_id in ids:
            state = known_then(cell.log, loan_id, cut.position)
            found = measured[loan_id]
            shown = conduct(record_of(state), standing_of(state, day))
            grade = own_grade(shown, day).grade
            expected = grade, stage_of(shown, grade, day)
            assert (found.grade, found.stage) == expected, (loan_id, day)


def known_then(log: Log, loan_id: str, position: int) -> LoanState:
    """A loan as it was known at a position."""
    state = LOAN.initial
    for fact in log.history({f"loan:{loan_id}": 0})[f"loan:{loan_id}"]:
        if fact.position <= position:
            state = LOAN.evolve(state, fact)
    return state
