"""A fee that is earned by the effective rate (``fees.method``), in the books on a real database."""

from __future__ import annotations

import datetime
import json

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from adapters.cli.main import app
from kernel.projections.checksum import model_checksum
from kernel.projections.models import READ_MODELS
from kernel.projections.queries import ledger
from kernel.projections.queries.reading import Reader
from kernel.projections.rebuild import rebuild
from tests.support.bank_facts import log_of
from tests.support.books import closing_of, posted
from tests.support.loan_facts import FIRST, DayBook
from tests.support.switches import effective_fees_from

FEE = 360_000
DAY = datetime.timedelta(1)
DUE = datetime.date(2026, 2, 10)
FEES = [{"name": "arrangement", "amount_minor": FEE}]


def book_of(until: datetime.date) -> DayBook:
    """120,000.00 in equal instalments at 12 %, with a fee of 3,600.00; the first one is paid."""
    book = DayBook()
    what = {"method": "equal_instalment", "fees": FEES}
    book.draw(terms=what, minor=12_000_000 - FEE, withheld_minor=FEE)
    book.pass_days(min(until, DUE))
    if until > DUE:
        book.repay(1_066_185)
        book.pass_days(until)
    return book


def test_each_day_earns_its_part(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    effective_fees_from(monkeypatch)
    book = book_of(FIRST + DAY)
    posted(engine, book, 50)
    assert closing_of(engine, FIRST, "130309", "602101") == [-FEE, 0]
    book = book_of(FIRST + 2 * DAY)
    posted(engine, book, 50)
    journal = ledger.journal_at(Reader(engine), book.facts[-1].position)
    lines = {(x.rule_id, x.subject): (x.debit_minor, x.credit_minor) for x in journal.lines}
    earned = lines["loan.fee-income", "602101"][1]
    assert lines["loan.unearned", "130309"] == (earned, 0)
    assert FEE // 365 * 3 // 2 < earned < FEE // 365 * 2, "much is owed at the start"


def test_without_the_switch_days_alone_count(engine: Engine) -> None:
    posted(engine, book_of(DUE + 20 * DAY), 50)
    on = DUE + 19 * DAY
    straight, income = closing_of(engine, on, "130309", "602101")
    days = datetime.date(2027, 1, 10) - on
    assert -straight == (FEE * days.days * 2 + 365) // 730
    assert straight + income == -FEE


def test_a_payment_dated_back_earns_what_it_would_have_in_time(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    effective_fees_from(monkeypatch)
    book = book_of(DUE + 20 * DAY)
    posted(engine, book, 50)
    before, _ = closing_of(engine, DUE + 19 * DAY, "130309", "602101")
    book.repay(1_066_185, datetime.date(2026, 3, 1))
    book.pass_days(datetime.date(2026, 3, 20))
    posted(engine, book, 50)
    [unearned, income] = closing_of(engine, datetime.date(2026, 3, 19), "130309", "602101")
    assert 0 < -unearned < -before
    assert unearned + income == -FEE
    with engine.connect() as connection:
        rows = model_checksum(connection, READ_MODELS.ledger)
    rebuild(engine, log_of(book.facts), READ_MODELS.ledger, batch_size=7)
    with engine.connect() as connection:
        assert model_checksum(connection, READ_MODELS.ledger) == rows


def test_what_is_not_earned_leads_back_to_payments_and_margin(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, postgres_url: str, schema_name: str
) -> None:
    effective_fees_from(monkeypatch)
    posted(engine, book_of(DUE + 5 * DAY), 50)
    environment = {"COREBANK_DATABASE_URL": postgres_url, "COREBANK_SCHEMA_NAME": schema_name}
    words = ["explain", "130309", "--branch", "0755", "--loan", "L-1"]
    words += ["--as-of", str(DUE + 4 * DAY)]
    said = json.loads(CliRunner().invoke(app, [*words, "--json"], env=environment).stdout)["loan"]
    [figure] = said["explanations"]
    assert figure["value"] == str(-said["closing_minor"]) == figure["children"][0]["value"]
    assert len(figure["children"]) == 11
    assert figure["inputs"]["taken_minor"] == FEE
    table = CliRunner().invoke(app, words, env=environment).stdout
    for word in ("UNEARNED", "margin_ppb_a_year", "2026-02-14 to 2026-03-10"):
        assert word in table
