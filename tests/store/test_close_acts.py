"""What a close does to accounts, loans and limits: once, on its day, however often it runs."""

from __future__ import annotations

import datetime

import msgspec

from adapters.cell import Cell
from kernel.application.folds import LIMIT, LOAN
from kernel.close import accounts, tables
from kernel.loans.relief_events import LoanRateSet
from kernel.loans.state import standing_of
from tests.support.bank import Bank, deposit
from tests.support.closing import (
    DAY,
    LOANS,
    NEXT,
    append,
    closes,
    drawn_loan,
    events_of,
    forget,
    open_date,
)
from tests.support.deposits import company, offer_deposits
from tests.support.lending import publish


def test_accounts_are_settled_once(ledger: tuple[Cell, Bank]) -> None:
    """Interest on the 20th, maturity on its day, dormancy at the first close of a month."""
    cell, bank = ledger
    offer_deposits(bank)
    bank.done(
        "OpenTermDeposit", deposit_id="TD-1", account_id="A-1", product_id="term",
        amount_minor=40_000, term_months=3, at_maturity="PAY_OUT",
    )  # fmt: skip

    def close_on(asked: str) -> None:
        date = datetime.date.fromisoformat(asked)
        while (today := open_date(cell)) < date:
            following = min(date, today + datetime.timedelta(days=10))
            bank.done("AdvanceBusinessDate", date=following.isoformat())
        closes(cell).close(date)

    close_on("2026-03-20")
    assert "InterestSettled" in events_of(cell, "account:A-1")
    head = cell.log.head().position
    forget(cell)
    closes(cell).close(datetime.date(2026, 3, 20))
    assert cell.log.head().position == head
    left = bank.balance("A-1")
    close_on("2026-06-02")
    assert "Matured" in events_of(cell, "deposit:TD-1")[-1]
    assert bank.balance("A-1") > left + 40_000
    assert "AccountLimitedToCounter" not in events_of(cell, "account:A-2")
    close_on("2026-10-01")
    assert events_of(cell, "account:A-2").count("AccountLimitedToCounter") == 1


def test_a_borrower_gets_no_notice(ledger: tuple[Cell, Bank]) -> None:
    """A company that rests for a year is told, unless it owes."""
    cell, bank = ledger
    company(bank)

    def steps() -> list[str]:
        head = cell.log.head().position
        cell.follower.wait_for(head, 60)
        april = datetime.date(2027, 4, 1)
        cut = tables.Cut(april, april - datetime.timedelta(days=1), head, 1)
        found, last = [], ""
        while (page := accounts.page_after(cell.sql, cell.log, cut, NEXT, last)) is not None:
            found += [ask.fields["step"] for ask in page.rounds[-1] if "K-1" in ask.command_id]
            last = page.last
        return found

    assert steps() == ["COUNTER_ONLY"]
    bank.done("Deposit", **deposit(500, "K-1"))
    assert steps() == ["NOTICE"]
    event, start = drawn_loan(LOANS)
    owing = msgspec.structs.replace(event, customer_ids=("C-9",), debit_account_id="K-1")
    append(cell.log, [(owing, start)], DAY)
    assert steps() == []


def test_floating_loans_are_repriced_once(ledger: tuple[Cell, Bank]) -> None:
    """With value date of the repricing day, by the close of the day before; others are left."""
    cell, bank = ledger
    publish(bank, repricing="anniversary", repricing_months=1, index="LPR-1Y")
    bank.done("PublishIndexRate", index_id="LPR-1Y", published_on="2026-02-20", rate_ppm=31_000)
    event, start = drawn_loan(LOANS + 27, start_date="2026-02-03")
    floating = msgspec.structs.replace(event, index_id="LPR-1Y", spread_ppm=4_000)
    append(cell.log, [(floating, start)], DAY)
    for _ in range(2):
        closes(cell).close(DAY)
        facts = cell.log.history({f"loan:L-{LOANS + 27}": 0})[f"loan:L-{LOANS + 27}"]
        repriced = [
            (fact.value_date, fact.event.index_rate_ppm)
            for fact in facts
            if isinstance(fact.event, LoanRateSet)
        ]
        assert repriced == [(NEXT, 31_000)]
        forget(cell)
    assert all("LoanRateSet" not in events_of(cell, f"loan:L-{each}") for each in range(LOANS))


def test_a_late_loan_freezes_its_limit_once(ledger: tuple[Cell, Bank]) -> None:
    """For lateness and, bad as it is, for its class; freed by a person, it stays free."""
    cell, bank = ledger
    bank.done(
        "OpenLimit", limit_id="LIM-1", holder_kind="CUSTOMER", holder_id="C-1",
        limit_kind="REVOLVING", amount_minor=10**9, currency="CNY", valid_from="2026-03-02",
        valid_until="2027-03-02",
    )  # fmt: skip
    event, start = drawn_loan(140)
    append(cell.log, [(msgspec.structs.replace(event, limit_path=("LIM-1",)), start)], DAY)
    for day in (DAY, NEXT):
        closes(cell).close(day)
        bank.states.forget()
        limit = bank.states.get(LIMIT, "LIM-1")
        assert limit.freezes == (("LOAN_CLASS", "OVERDUE") if day == DAY else ())
        for trigger in limit.freezes:
            bank.done("UnfreezeLimit", limit_id="LIM-1", trigger=trigger, reason="agreed")


def test_what_is_due_is_collected_once(ledger: tuple[Cell, Bank]) -> None:
    """Dated on the day that ended, so nobody is late by the close; a repeat is answered."""
    cell, bank = ledger
    publish(bank)
    digest = closes(cell).close(DAY)
    left = bank.balance("A-1")
    found = standing_of(bank.states.get(LOAN, "L-0"), NEXT)
    assert (found.status, found.due.total_minor) == ("ACTIVE", 0)
    head = cell.log.head().position
    forget(cell)
    assert closes(cell).close(DAY) == digest
    assert (bank.balance("A-1"), cell.log.head().position) == (left, head)
