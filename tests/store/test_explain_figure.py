"""Any balance leads back to journals, events and rules, and for a loan to the fold itself."""

from __future__ import annotations

import datetime
import json

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from adapters.cli.main import app
from kernel.bookkeeping.loan_subjects import LOAN_SUBJECTS, AmountType
from kernel.common.refusals import InvalidInput
from kernel.eventstore.memory import MemoryLog
from kernel.loans.refusals import LoanNotFound
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.queries import ledger
from kernel.projections.queries.figures import (
    FigureExplanation,
    FigureJournal,
    FigureQuestion,
    explain_figure,
)
from kernel.projections.queries.reading import Reader
from kernel.projections.refusals import Unanswerable
from tests.support.bank_facts import log_of
from tests.support.loan_facts import FIRST, DayBook, repaid
from tests.support.loss_books import day_book
from tests.support.loss_reference import PlainItem, PlainLoan

LAST = datetime.date(2026, 1, 14)


@pytest.fixture
def book(engine: Engine) -> DayBook:
    """Two loans, four days, then an early payment that is dated back two days."""
    one = DayBook()
    one.draw("L-1")
    one.draw("L-2")
    one.pass_days(LAST)
    one.add(repaid("L-1", 6_000_000, mode="in_advance"), datetime.date(2026, 1, 12))
    one.pass_days(datetime.date(2026, 1, 16))
    Follower(engine, log_of(one.facts)).catch_up()
    return one


def asked(
    engine: Engine, code: str, as_of: datetime.date = LAST, **fields: object
) -> FigureExplanation:
    known_at = fields.pop("known_at", None)
    question = FigureQuestion(subject=code, branch_id="0755", **fields)  # type: ignore[arg-type]
    return explain_figure(Reader(engine), MemoryLog(), question, as_of, known_at)  # type: ignore[arg-type]


def test_a_balance_is_its_opening_and_the_journals_since(engine: Engine, book: DayBook) -> None:
    found = asked(engine, "130304", datetime.date(2026, 1, 13), from_date=FIRST)
    assert (found.opening_minor, found.closing_minor) == (0, 24_000)
    assert [(one.event, one.debit_minor) for one in found.journals] == [
        ("BusinessDateAdvanced", 8_000)
    ] * 3
    assert {(line.rule_id, line.rule_version) for one in found.journals for line in one.lines} == {
        ("loan.accrued-interest", 1)
    }
    assert found.closing_minor == sum(one.debit_minor for one in found.journals)


def test_every_balance_of_the_trial_balance_explains_itself(engine: Engine, book: DayBook) -> None:
    last = datetime.date(2026, 1, 15)
    for row in ledger.trial_balance(Reader(engine), last, from_date=FIRST).rows:
        found = asked(engine, row.subject, last, from_date=FIRST)
        net = sum(one.debit_minor - one.credit_minor for one in found.journals)
        assert found.closing_minor == row.closing_minor == found.opening_minor + net


def test_a_loans_part_in_a_cut_is_recomputed(engine: Engine, book: DayBook) -> None:
    found = asked(engine, "601101", datetime.date(2026, 1, 15), from_date=FIRST, loan_id="L-1")
    assert found.loan is not None
    changes = [(one.event, one.change_minor) for one in found.loan.parts]
    assert changes[:3] == [("BusinessDateAdvanced", -4_000)] * 3
    assert changes[3] == ("Repaid", -5)  # a day on all, two days on 59,920.00 back: 3,994.67
    assert changes[4] == ("BusinessDateAdvanced", -2_003)
    assert found.loan.opening_minor == 0
    assert found.loan.closing_minor == sum(minor for _, minor in changes)
    figures = {tree.figure for tree in found.loan.explanations}
    assert "accrued_interest_minor" in figures


def test_the_parts_of_all_loans_are_the_subject(engine: Engine, book: DayBook) -> None:
    for code in {*LOAN_SUBJECTS.values()} - {"300103"}:
        for day in (FIRST, LAST, datetime.date(2026, 1, 15)):
            parts = [asked(engine, code, day, loan_id=loan_id) for loan_id in ("L-1", "L-2")]
            loans = [one.loan for one in parts if one.loan is not None]
            assert sum(one.closing_minor for one in loans) == parts[0].closing_minor
            assert sum(one.opening_minor for one in loans) == parts[0].opening_minor


def test_a_loans_closing_is_what_was_posted_for_it(engine: Engine, book: DayBook) -> None:
    amounts = READ_MODELS.ledger.loans.amounts
    with engine.connect() as connection:
        rows = connection.execute(select(amounts).where(amounts.c.loan_id == "L-1")).all()
    for row in rows:
        code = LOAN_SUBJECTS[AmountType(row.amount_type)]
        found = asked(engine, code, datetime.date(2026, 1, 15), loan_id="L-1").loan
        assert found is not None
        shown = {one.amount_type: one.amount_minor for one in found.amounts}
        assert shown.get(row.amount_type, 0) == row.amount_minor


def test_income_of_a_closed_year_is_found_where_it_went(engine: Engine) -> None:
    book = DayBook(datetime.date(2025, 12, 10))
    book.draw()
    book.pass_days(datetime.date(2026, 1, 5))
    book.add(repaid("L-1", 6_000_000, mode="in_advance"), datetime.date(2025, 12, 26))
    book.pass_days(datetime.date(2026, 1, 6))
    Follower(engine, log_of(book.facts)).catch_up()
    day = datetime.date(2026, 1, 5)
    for code in ("6901", "601101"):
        found = asked(engine, code, day, from_date=datetime.date(2025, 12, 10), loan_id="L-1")
        assert found.loan is not None
        assert found.loan.closing_minor == found.closing_minor != 0


def test_what_was_known_then_explains_what_was_shown_then(engine: Engine, book: DayBook) -> None:
    then = asked(engine, "130301", LAST, loan_id="L-1", known_at=book.facts[8].position)
    now = asked(engine, "130301", LAST, loan_id="L-1")
    assert then.loan is not None
    assert now.loan is not None
    assert (then.loan.closing_minor, then.closing_minor) == (12_000_000, 24_000_000)
    assert now.loan.closing_minor < 6_100_000


def test_pages_follow_each_other(engine: Engine, book: DayBook) -> None:
    question = FigureQuestion(subject="130304", branch_id="0755", from_date=FIRST)
    found: list[FigureJournal] = []
    after = 0
    while True:
        page = explain_figure(Reader(engine), MemoryLog(), question, LAST, after=after, limit=2)
        found += page.journals
        if page.next_after is None:
            break
        after = page.next_after
    assert tuple(found) == explain_figure(Reader(engine), MemoryLog(), question, LAST).journals


def test_what_is_not_known_is_refused(engine: Engine, book: DayBook) -> None:
    with pytest.raises(InvalidInput, match="chart of accounts"):
        asked(engine, "8888")
    with pytest.raises(LoanNotFound):
        asked(engine, "130301", loan_id="L-9")
    with pytest.raises(Unanswerable):
        asked(engine, "130301", datetime.date(2030, 1, 1))


def test_the_command_line_shows_journals_and_the_loans_tree(
    book: DayBook, postgres_url: str, schema_name: str
) -> None:
    environment = {"COREBANK_DATABASE_URL": postgres_url, "COREBANK_SCHEMA_NAME": schema_name}
    words = ["explain", "130304", "--branch", "0755", "--as-of", "2026-01-15", "--loan", "L-1"]
    said = json.loads(CliRunner().invoke(app, [*words, "--json"], env=environment).stdout)
    assert said["loan"]["closing_minor"] == said["loan"]["amounts"][0]["amount_minor"] > 0
    assert said["loan"]["explanations"][0]["figure"] == "accrued_interest_minor"
    table = CliRunner().invoke(app, words, env=environment)
    assert table.exit_code == 0
    for word in ("loan.accrued-interest v1", "BusinessDateAdvanced", "ACCRUED_INTEREST"):
        assert word in table.stdout
    wrong = CliRunner().invoke(app, ["explain", "8888", "--branch", "0755"], env=environment)
    assert wrong.exit_code != 0


def test_an_allowance_leads_back_to_class_loss_rate_and_collateral(
    engine: Engine, postgres_url: str, schema_name: str
) -> None:
    """Of a loan that is covered in part, and of a firm's that another one lowered."""
    loans = [
        PlainLoan("L-1", "K-1", "C-1", True, 3_600_000, 36, FIRST),
        PlainLoan("L-2", "K-2", "F", False, 360_000, 36, FIRST, floor=3),
        PlainLoan("L-3", "K-3", "F", False, 3_600_000, 36, FIRST),
    ]
    item = PlainItem(1_440_000, [("K-1", None)])
    book = day_book(loans, [item], FIRST + datetime.timedelta(days=50))
    Follower(engine, log_of(book.facts)).catch_up()
    last = FIRST + datetime.timedelta(days=49)
    covered = asked(engine, "1304", last, loan_id="L-1").loan
    assert covered is not None
    assert covered.loss is not None
    assert covered.closing_minor == -covered.loss.allowance_minor == -10_383
    assert (covered.loss.grade, covered.loss.stage, covered.loss.coverage) == (1, 1, "CALL")
    assert (covered.loss.exposure_minor, covered.loss.covered_minor) == (3_500_000, 1_440_000)
    assert covered.loss.basis.lends == {"I-0": 1_440_000}
    assert covered.loss.loss_ppm == 264_858  # 45 % of 2,060,000 in 3,500,000
    lowered = asked(engine, "1304", last, loan_id="L-3", from_date=FIRST).loan
    assert lowered is not None
    assert lowered.loss is not None
    assert (lowered.loss.grade, lowered.loss.stage, lowered.loss.basis.is_lowered) == (2, 2, True)
    interest = asked(engine, "601101", last, loan_id="L-1").loan
    assert interest is not None
    assert interest.loss is None
    environment = {"COREBANK_DATABASE_URL": postgres_url, "COREBANK_SCHEMA_NAME": schema_name}
    words = ["explain", "1304", "--branch", "0755", "--as-of", str(last), "--loan", "L-1"]
    said = CliRunner().invoke(app, words, env=environment).stdout
    for word in ("class 1, stage 1", "item I-0 lends", "bank.2007-01-01", "ALLOWANCE_MADE"):
        assert word in said
