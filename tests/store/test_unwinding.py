"""Allowances that unwind (``nonaccrual.mode``), in the books on a real database.

120,000.00 at 12 % by 30/360, principal at the end, nothing paid: in non-accrual from the
91st day past due on, 12 May 2026. Then 40.00 a day comes, of which 55 % is not provided for.
"""

from __future__ import annotations

import datetime
import json

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from adapters.cli.main import app
from kernel.grading import unwinding
from kernel.grading.losses import Stage
from kernel.loans.events import LoanWrittenOff
from kernel.projections.checksum import model_checksum
from kernel.projections.models import READ_MODELS
from kernel.projections.queries import ledger
from kernel.projections.queries.reading import Reader
from kernel.projections.rebuild import rebuild
from kernel.projections.reports.asking import Clocks, Sources
from kernel.projections.reports.catalogue import REPORTS
from kernel.reporting.table import Cell
from tests.support.bank_facts import log_of
from tests.support.books import closing_of, posted
from tests.support.loan_facts import DayBook, about
from tests.support.switches import unwinding_from

STOPS = datetime.date(2026, 5, 12)
DAY = datetime.timedelta(1)
A_DAY = 4_000
NET = 2_200
PROVIDED = 5_400_000


def late_book(until: datetime.date, partner_ppm: int = 0) -> DayBook:
    book = DayBook()
    book.draw(terms={"method": "interest_first"}, partner_ppm=partner_ppm)
    book.pass_days(until)
    return book


def of_the_cut(engine: Engine, book: DayBook) -> set[tuple[str, str, int, int]]:
    """What the last cut posted on the allowance, the loss and the income of impaired loans."""
    journal = ledger.journal_at(Reader(engine), book.facts[-1].position)
    return {
        (line.rule_id, line.subject, line.debit_minor, line.credit_minor)
        for line in journal.lines
        if line.subject in ("1304", "6702", "601104")
    }


def test_a_day_in_non_accrual_unwinds_and_the_measurement_fills_up(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    unwinding_from(monkeypatch)
    book = late_book(STOPS + 2 * DAY)
    posted(engine, book, 50)
    assert of_the_cut(engine, book) == {
        ("loan.allowance-unwound", "1304", NET, 0),
        ("loan.unwound-income", "601104", 0, NET),
        ("loan.impairment-loss", "6702", NET, 0),
        ("loan.allowance-made", "1304", 0, NET),
    }
    assert closing_of(engine, STOPS, "1304", "601104", "6702") == [-PROVIDED, 0, PROVIDED]
    [memo] = closing_of(engine, STOPS + DAY, "910101")
    assert memo > A_DAY, "the whole claim stands outside the books, what is older too"
    book.pass_days(STOPS + 11 * DAY)
    posted(engine, book, 50)
    found = closing_of(engine, STOPS + 10 * DAY, "1304", "601104", "6702")
    assert found == [-PROVIDED, -10 * NET, PROVIDED + 10 * NET]


def test_without_the_switch_nothing_of_it_is_there(engine: Engine) -> None:
    book = late_book(STOPS + 5 * DAY)
    posted(engine, book, 50)
    assert closing_of(engine, STOPS + 4 * DAY, "1304", "601104", "6702") == [-PROVIDED, 0, PROVIDED]
    assert of_the_cut(engine, book) == set()


def test_the_first_cut_under_the_switch_brings_what_came_before(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = STOPS + 3 * DAY
    unwinding_from(monkeypatch, begins)
    posted(engine, late_book(begins + DAY), 50)
    assert closing_of(engine, begins - DAY, "601104") == [0]
    assert closing_of(engine, begins, "601104") == [-3 * NET]


def test_money_and_a_cure_take_it_back_in_red(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All arrears are paid: interest is income as such, and nothing is unwound any more."""
    unwinding_from(monkeypatch)
    book = late_book(STOPS + 6 * DAY)
    paid = book.repay(6_000_000)
    book.pass_days(book.today + DAY)
    posted(engine, book, 50)
    lines = ledger.journal_at(Reader(engine), paid.position).lines
    assert ("601104", 0, -5 * NET) in [(x.subject, x.debit_minor, x.credit_minor) for x in lines]
    on = book.today - DAY
    [allowance, unwound, loss] = closing_of(engine, on, "1304", "601104", "6702")
    assert (unwound, allowance + loss) == (0, 0)
    assert closing_of(engine, on, "601101")[0] < 0


def test_a_write_off_ends_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    unwinding_from(monkeypatch)
    book = late_book(STOPS + 6 * DAY)
    book.add(LoanWrittenOff(**about(), approval="AP-1"))
    book.pass_days(book.today + DAY)
    posted(engine, book, 50)
    found = closing_of(engine, book.today - DAY, "1304", "601104", "6702")
    assert found == [0, 0, 12_000_000]


def test_a_rebuild_gives_the_same_rows(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    unwinding_from(monkeypatch)
    book = late_book(STOPS + 6 * DAY)
    book.repay(500_000)
    book.pass_days(book.today + 3 * DAY)
    posted(engine, book, 50)
    with engine.connect() as connection:
        before = model_checksum(connection, READ_MODELS.ledger)
    rebuild(engine, log_of(book.facts), READ_MODELS.ledger, batch_size=7)
    with engine.connect() as connection:
        assert model_checksum(connection, READ_MODELS.ledger) == before


def movement(engine: Engine, book: DayBook, since: datetime.date) -> dict[int, dict[str, Cell]]:
    """The report of the last day that ended, by stage."""
    sources = Sources(Reader(engine), log_of(book.facts))
    clocks = Clocks(as_of=book.today - DAY)
    asked = {"from_date": since.isoformat()}
    table = REPORTS["allowance-movement"].ask(sources, asked, clocks)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return {int(str(row["stage"])): row for row in rows}


def test_the_movement_of_allowances_has_a_line_for_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    unwinding_from(monkeypatch)
    book = late_book(STOPS + 11 * DAY)
    posted(engine, book, 50)
    row = movement(engine, book, STOPS)[Stage.THREE]
    assert (row["unwound_minor"], row["remeasured_minor"]) == (-10 * NET, 10 * NET)
    assert row["opening_minor"] == row["closing_minor"] == PROVIDED
    book.add(LoanWrittenOff(**about(), approval="AP-1"))
    book.pass_days(book.today + DAY)
    posted(engine, book, 50)
    gone = movement(engine, book, STOPS + 10 * DAY)[Stage.THREE]
    assert (gone["unwound_minor"], gone["closing_minor"]) == (10 * NET, 0)
    assert gone["gone_minor"] == -PROVIDED - 10 * NET


def test_of_a_joint_loan_the_banks_part_unwinds(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the books and in the report, to the cent."""
    unwinding_from(monkeypatch)
    book = late_book(STOPS + 11 * DAY, partner_ppm=333_333)
    posted(engine, book, 50)
    [income] = closing_of(engine, STOPS + 10 * DAY, "601104")
    assert abs(income + 10 * NET * 2 // 3) < 3
    assert movement(engine, book, STOPS)[Stage.THREE]["unwound_minor"] == income


def test_the_figure_leads_back_to_interest_and_measurement(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, postgres_url: str, schema_name: str
) -> None:
    unwinding_from(monkeypatch)
    book = late_book(STOPS + 11 * DAY)
    posted(engine, book, 50)
    environment = {"COREBANK_DATABASE_URL": postgres_url, "COREBANK_SCHEMA_NAME": schema_name}
    words = ["explain", "601104", "--branch", "0755", "--loan", "L-1"]
    words += ["--as-of", str(STOPS + 10 * DAY)]
    said = json.loads(CliRunner().invoke(app, [*words, "--json"], env=environment).stdout)["loan"]
    assert [each["amount_type"] for each in said["amounts"]] == ["UNWOUND_INCOME"]
    assert said["closing_minor"] == -10 * NET
    assert (said["loss"]["exposure_minor"], said["loss"]["allowance_minor"]) == (
        12_000_000,
        PROVIDED,
    )
    [figure] = said["explanations"]
    assert (figure["figure"], figure["value"]) == ("interest_since_stop_minor", str(10 * A_DAY))
    words[1] = "1304"
    table = CliRunner().invoke(app, words, env=environment).stdout
    for word in ("ALLOWANCE_UNWOUND", "loan.allowance-unwound v1", "interest_since_stop_minor"):
        assert word in table


def test_income_of_the_whole_claim_is_found(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seeded defect: interest of the gross amount."""
    unwinding_from(monkeypatch)
    monkeypatch.setattr(
        "kernel.bookkeeping.loan_unwinding.unwound_minor", lambda interest, *_: interest
    )
    posted(engine, late_book(STOPS + 2 * DAY), 50)
    assert closing_of(engine, STOPS + DAY, "601104") != [-NET]
    assert unwinding.unwound_minor(A_DAY, 12_000_000, PROVIDED) == NET
