"""The books of loans on a real database: facts, cuts of days, what is known of each loan."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import pytest
from sqlalchemy import Engine, select, text

from kernel.audit.recomputed import Recomputed
from kernel.bookkeeping import loan_days
from kernel.bookkeeping.loan_amounts import BookedLoan, books_of
from kernel.bookkeeping.loan_days import Unfoldable
from kernel.common.facts import Fact
from kernel.loans.events import ClaimWaived, LoanFeeCharged, LoanWrittenOff
from kernel.loans.standing import Standing
from kernel.loans.state import LoanState
from kernel.projections import checks
from kernel.projections.checksum import model_checksum
from kernel.projections.follower import Follower
from kernel.projections.ledger import Ledger
from kernel.projections.models import READ_MODELS, ReadModels
from kernel.projections.positions import Difference, alarms
from kernel.projections.queries import ledger
from kernel.projections.queries.reading import Reader
from kernel.projections.rebuild import rebuild
from tests.support.bank_facts import log_of
from tests.support.loan_facts import FIRST, DayBook, about, recovered, repaid

Sums = dict[str, int]


def day(text_: str) -> datetime.date:
    return datetime.date.fromisoformat(text_)


def projected(
    engine: Engine,
    facts: Sequence[Fact],
    models: ReadModels = READ_MODELS,
    batch_size: int = 1000,
) -> None:
    Follower(engine, log_of(facts), models, batch_size=batch_size).catch_up()


def problems(engine: Engine, on: datetime.date) -> list[Difference]:
    models = READ_MODELS
    with engine.connect() as connection:
        found = checks.audit(connection, models.balances, models.statements, models.ledger, on)
        return found + alarms(connection)


def closing(engine: Engine, on: datetime.date) -> Sums:
    rows = ledger.trial_balance(Reader(engine), on).rows
    return {row.subject: row.closing_minor for row in rows if row.closing_minor}


def turnover(engine: Engine, on: datetime.date) -> dict[str, tuple[int, int]]:
    rows = ledger.trial_balance(Reader(engine), on).rows
    return {row.subject: (row.debit_minor, row.credit_minor) for row in rows}


def a_life() -> DayBook:
    """Three loans: one pays, one is late until it is written off, one is reversed."""
    book = DayBook()
    book.draw("L-1")
    book.draw("L-2", partner_ppm=300_000)
    wrong = book.draw("L-3")
    book.pass_days(day("2026-01-15"))
    book.reverse(wrong)
    book.add(LoanFeeCharged(**about(), amount_minor=300, name="letter"))
    book.pass_days(day("2026-02-10"))
    book.repay(1_120_300)
    book.pass_days(day("2026-02-13"))
    book.repay(500_000, day("2026-02-11"), "L-2")
    book.pass_days(day("2026-03-01"))
    book.add(ClaimWaived(**about("L-2"), what="penalty", reason="hospital"))
    book.pass_days(day("2026-06-20"))
    book.add(LoanWrittenOff(**about("L-2"), approval="AP-1"))
    book.pass_days(day("2026-06-22"))
    book.add(recovered("L-2", 70_000))
    book.pass_days(day("2026-06-24"))
    return book


def test_a_draw_and_its_days_stand_in_the_ledger(engine: Engine) -> None:
    book = DayBook()
    book.draw()
    book.pass_days(day("2026-01-12"))
    projected(engine, book.facts)
    assert closing(engine, FIRST) == {
        "1001": 100_000_000, "130301": 12_000_000, "201101": -112_000_000,
        "1304": -60_480, "6702": 60_480,
    }  # fmt: skip
    found = closing(engine, day("2026-01-11"))
    assert (found["130304"], found["601101"]) == (4_000, -4_000)
    assert "300103" not in found
    assert problems(engine, book.today) == []


def test_everything_adds_up_through_a_life(engine: Engine) -> None:
    book = a_life()
    projected(engine, book.facts, batch_size=40)
    assert problems(engine, book.today) == []
    found = closing(engine, day("2026-06-23"))
    assert found["9999"] == -sum(found.get(code, 0) for code in MEMO)
    assert found["6702"] > 0


MEMO = ("910101", "910102", "910103", "910104", "9102", "9103", "9106")


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_batches_and_rebuilds_give_the_same_rows(engine: Engine, size: int) -> None:
    book = a_life()
    log = log_of(book.facts)
    Follower(engine, log, batch_size=50).catch_up()
    with engine.connect() as connection:
        before = model_checksum(connection, READ_MODELS.ledger)
    rebuild(engine, log, READ_MODELS.ledger, batch_size=size)
    with engine.connect() as connection:
        assert model_checksum(connection, READ_MODELS.ledger) == before


def test_a_closed_day_never_changes(engine: Engine) -> None:
    book = DayBook()
    book.draw()
    book.pass_days(day("2026-02-14"))
    log = log_of(book.facts)
    Follower(engine, log).catch_up()
    days = [FIRST + datetime.timedelta(n) for n in range(35)]
    stood = [closing(engine, each) for each in days]
    book.repay(1_120_000, day("2026-02-10"))
    book.pass_days(day("2026-02-15"))
    Follower(engine, log_of(book.facts)).catch_up()
    assert [closing(engine, each) for each in days] == stood
    corrected = turnover(engine, day("2026-02-14"))
    assert corrected["601102"] == (0, -1_500)  # three days of penalty, taken back in red
    assert problems(engine, book.today) == []


def test_the_cut_is_one_journal_of_sums_with_its_event_as_cause(engine: Engine) -> None:
    book = DayBook()
    for number in range(5):
        book.draw(f"L-{number}")
    book.pass_days(day("2026-01-12"))
    projected(engine, book.facts)
    cut = ledger.journal_at(Reader(engine), book.facts[-1].position)
    assert (cut.event, cut.booking_date) == ("BusinessDateAdvanced", day("2026-01-11"))
    assert [(line.subject, line.debit_minor, line.credit_minor) for line in cut.lines] == [
        ("130304", 5 * 4_000, 0),
        ("601101", 0, 5 * 4_000),
    ]
    assert {line.rule_id for line in cut.lines} == {"loan.accrued-interest", "loan.interest-income"}


def test_a_reversal_within_the_year_is_red_and_leaves_nothing(engine: Engine) -> None:
    book = DayBook()
    wrong = book.draw()
    book.pass_days(day("2026-01-15"))
    book.reverse(wrong)
    book.pass_days(day("2026-01-16"))
    projected(engine, book.facts)
    assert closing(engine, day("2026-01-15")) == {"1001": 100_000_000, "201101": -100_000_000}
    found = turnover(engine, day("2026-01-15"))
    assert found["130301"] == (-12_000_000, 0)
    assert found["601101"] == (0, -16_000)


def test_income_of_a_closed_year_goes_through_prior_year_adjustments(engine: Engine) -> None:
    book = DayBook(day("2025-12-10"))
    book.draw()
    book.pass_days(day("2026-01-05"))
    paying = book.repay(6_000_000, day("2025-12-26"))
    projected(engine, book.facts)
    found = turnover(engine, book.today)
    assert "6901" not in found, "held for the next instalment: no interest changes"
    book.reverse(paying)
    early = book.add(repaid("L-1", 6_000_000, mode="in_advance"), day("2025-12-26"))
    projected(engine, book.facts)
    journal = ledger.journal_at(Reader(engine), early.position)
    lines = {line.subject: (line.debit_minor, line.credit_minor) for line in journal.lines}
    assert journal.kind == "BLUE"
    assert lines["6901"] == (9_893, 0)  # five days on the 59,360.00 that were prepaid
    assert problems(engine, book.today) == []


def test_a_loan_that_cannot_be_folded_is_parked_and_the_others_go_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(state: LoanState, as_of: datetime.date, **_: object) -> BookedLoan:
        if state.loan_id == "L-2" and as_of == day("2026-01-11"):
            raise ArithmeticError("a defect of the fold")
        return books_of(state, as_of)

    monkeypatch.setattr(loan_days, "books_of", defect)
    book = DayBook()
    book.draw("L-1")
    book.draw("L-2")
    book.pass_days(day("2026-01-12"))
    projected(engine, book.facts)
    assert closing(engine, day("2026-01-11"))["601101"] == -4_000
    with engine.connect() as connection:
        parked = checks.loans_parked(connection, READ_MODELS.ledger)
        assert [one.subject for one in parked] == ["L-2"]
        assert parked == alarms(connection)
    book.pass_days(day("2026-01-13"))
    projected(engine, book.facts)
    assert closing(engine, day("2026-01-12"))["601101"] == -16_000
    with engine.connect() as connection:
        assert checks.loans_parked(connection, READ_MODELS.ledger) == []


def test_whoever_answers_for_days_is_asked_for_all_open_loans(engine: Engine) -> None:
    asked: list[tuple[str, ...]] = []

    def answering(loans: Sequence[LoanState], on: datetime.date) -> list[Standing | Unfoldable]:
        asked.append(tuple(each.loan_id for each in loans))
        return loan_days.standings(loans, on)

    book = DayBook()
    wrong = book.draw("L-1")
    book.draw("L-2")
    book.reverse(wrong)
    book.pass_days(day("2026-01-12"))
    models = ReadModels(ledger=Ledger(stands=answering))
    projected(engine, book.facts, models)
    assert asked == [("L-2",), ("L-2",)]


SPOILT = {
    checks.SUB_LEDGER_CONTROL: "UPDATE loan_amount_totals SET amount_minor = amount_minor + 1"
    " WHERE amount_type = 'ACCRUED_INTEREST'",
    checks.LOAN_SETTLEMENT_ZERO: "UPDATE ledger_totals SET debit_minor = debit_minor + 1"
    " WHERE subject = '300103'",
    checks.TRIAL_BALANCE_ZERO: "UPDATE daily_totals SET debit_minor = debit_minor + 1"
    " WHERE subject = '1001'",
    checks.LOAN_PARKED: "UPDATE loan_books SET error = 'cannot be read'",
}


@pytest.mark.parametrize("check", SPOILT)
def test_each_check_alone_finds_its_defect(engine: Engine, check: str) -> None:
    book = DayBook()
    book.draw()
    book.pass_days(day("2026-01-12"))
    projected(engine, book.facts)
    assert problems(engine, book.today) == []
    with engine.begin() as connection:
        connection.execute(text(SPOILT[check]))
    with engine.connect() as connection:
        models = READ_MODELS
        found = {
            one.check
            for part in (
                checks.unbalanced_journals(connection, models.ledger),
                checks.trial_balance_off(connection, models.ledger),
                checks.sub_ledger_off(connection, models.balances, models.ledger, book.today),
                checks.loan_settlement_off(connection, models.ledger),
                checks.loans_parked(connection, models.ledger),
                checks.rules_missing(connection, models.ledger),
            )
            for one in part
        }
    assert found == {check}


def test_a_loan_that_is_over_is_not_asked_again(engine: Engine) -> None:
    book = DayBook()
    wrong = book.draw()
    book.reverse(wrong)
    projected(engine, book.facts)
    with engine.connect() as connection:
        books = READ_MODELS.ledger.loans.books
        assert connection.scalars(select(books.c.is_open)).all() == [0]


def test_the_audit_finds_the_same_ledger_by_a_single_fold_of_each_loan(engine: Engine) -> None:
    book = DayBook(day("2025-12-10"))
    book.draw("L-1")
    book.draw("L-2", partner_ppm=300_000)
    book.pass_days(day("2026-01-05"))
    book.add(repaid("L-1", 6_000_000, mode="in_advance"), day("2025-12-26"))
    book.pass_days(day("2026-01-08"))
    book.repay(400_000, loan_id="L-2")
    projected(engine, book.facts)
    again = Recomputed()
    again.take(book.facts)
    with engine.connect() as connection:
        totals = connection.execute(select(READ_MODELS.ledger.ledger_totals)).all()
    stored = {
        (row.branch_id, row.subject, row.currency): row.debit_minor - row.credit_minor
        for row in totals
        if row.debit_minor != row.credit_minor
    }
    assert again.ledger() == stored
    assert stored["0755", "6901", "CNY"] == 9_893
