"""What a close observes of loans and their cover, against the day before, and what follows."""

from __future__ import annotations

import datetime

from adapters.cell import Cell
from kernel.application.folds import LIMIT, LOAN
from kernel.close import tables
from kernel.collateral.events import MarginCallRaised
from kernel.loans.state import standing_of
from tests.support.bank import Bank
from tests.support.closing import (
    DAY,
    LOANS,
    NEXT,
    append,
    closes,
    drawn_loan,
    events_of,
    firm,
    secured_bank,
)
from tests.support.credit import value


def test_what_followed_is_observed(ledger: tuple[Cell, Bank]) -> None:
    """Fell due, overdue, status and grade changed: per day, against the day before, in pages."""
    cell, bank = ledger
    for day in (DAY, NEXT):
        closes(cell).close(day)
    with cell.sql.connect() as connection:
        first = tables.observations(connection, DAY)
        second = tables.observations(connection, NEXT)
        page = tables.observations(connection, NEXT, limit=2)
        last = page[-1]
        rest = tables.observations(connection, NEXT, (last.step, last.chunk, last.number))
    assert page + rest == second
    assert {one.kind for one in first} >= {
        "OVERDUE",
        "STATUS_CHANGED",
        "GRADE_CHANGED",
        "STAGE_CHANGED",
    }
    fell = {one.loan_id for one in second if one.kind == "FELL_DUE"}
    for loan_id in (f"L-{number}" for number in range(LOANS)):
        found = standing_of(bank.states.get(LOAN, loan_id), NEXT)
        due = {line.due_date for line in found.instalments if line.is_due and line.number}
        assert (loan_id in fell) == (NEXT in due), loan_id
    late = {one.loan_id for one in second if one.kind == "OVERDUE"}
    assert not late & {one.loan_id for one in first if one.kind == "OVERDUE"}


def test_cover_that_falls_short_is_observed_called_and_freezes_the_limit(
    ledger: tuple[Cell, Bank],
) -> None:
    """Once, on the day of the fall."""
    cell, bank = ledger
    secured_bank(bank)
    closes(cell).close(DAY)
    value(bank, "FLAT", 8_000_000)
    bank.states.forget()
    closes(cell).close(NEXT)
    with cell.sql.connect() as connection:
        first, second = (
            [one for one in tables.observations(connection, day) if one.kind == "COVERAGE_CHANGED"]
            for day in (DAY, NEXT)
        )
    assert [(one.loan_id, one.before, one.after) for one in first] == [("L-S", "", "COVERED")]
    fell = [(one.before, one.after, one.amount_minor) for one in second]
    assert fell == [("COVERED", "CALL", 7_000_000 - 5_600_000)]
    facts = cell.log.history({"contract:K-S": 0})["contract:K-S"]
    [call] = [fact.event for fact in facts if isinstance(fact.event, MarginCallRaised)]
    assert call.due_on == NEXT + datetime.timedelta(days=11)
    assert (call.exposure_minor, call.covered_minor) == (7_000_000, 5_600_000)
    bank.states.forget()
    assert bank.states.get(LIMIT, "LIM-S").freezes == ("SHORTFALL",)
    closes(cell).close(NEXT + datetime.timedelta(days=1))
    assert events_of(cell, "contract:K-S").count("MarginCallRaised") == 1


def test_a_firms_loan_is_classed_with_its_others_at_the_close(ledger: tuple[Cell, Bank]) -> None:
    """A new loan of a firm, of which another is long unpaid, in another chunk."""
    cell, _ = ledger
    late = firm(140)
    others = [drawn_loan(number) for number in range(LOANS, LOANS + 20)]
    append(cell.log, [late, *others, firm(141, start_date=DAY.isoformat())], DAY)
    closes(cell).close(DAY)
    with cell.sql.connect() as connection:
        found = {(one.loan_id, one.kind): one.after for one in tables.observations(connection, DAY)}
    assert found["L-141", "GRADE_CHANGED"] == "3"
    assert found["L-141", "STAGE_CHANGED"] == "3"
    assert ("L-61", "GRADE_CHANGED") not in found
