"""The books of deposits' interest, asked for by tests, and facts that make interest."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any

from sqlalchemy import Engine, select

from kernel.accounts.events import AccountOpened
from kernel.application import interest_fold
from kernel.application.folds import BUSINESS_DATE
from kernel.common.facts import Fact
from kernel.common.moment import Moment
from kernel.common.terms import AccountClass
from kernel.deposits.commands import RateLine, SettleInterest
from kernel.deposits.events import DepositRatePublished, InterestSettled
from kernel.deposits.interest_rules import settle
from kernel.deposits.rates import RatesState, demand_rates
from kernel.deposits.rates import evolve as evolve_rates
from kernel.eventstore.memory import MemoryLog
from kernel.projections import checks
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.queries.deposit_figures import DepositFigure
from kernel.projections.queries.figures import FigureQuestion, explain_figure
from kernel.projections.queries.reading import Reader
from tests.support.bank import Bank, deposit, running_bank
from tests.support.books import closing
from tests.support.deposits import offer_deposits
from tests.support.loan_facts import DayBook

LEDGER = READ_MODELS.ledger
MILLION = 10**6
OPENING = {"A-1": 100_000_000, "P-1": 30_000_050, "K-1": 2_000_000_000}
"""What two persons and a company have from the first day on."""


def listed(line: RateLine, ppm: int, since: datetime.date, tenor: int = 0) -> DepositRatePublished:
    """A listed rate from a day on."""
    return DepositRatePublished(
        currency="CNY", line=line, tenor=tenor, annual_rate_ppm=ppm, effective_from=since
    )


def company(account_id: str = "K-1", branch_id: str = "0755") -> AccountOpened:
    """A current account of an organisation."""
    return AccountOpened(
        account_id=account_id, customer_id="works", product_id="company", product_version=1,
        branch_id=branch_id, currency="CNY", account_class=AccountClass.CORPORATE,
        posting_class="CORPORATE_CURRENT",
    )  # fmt: skip


def settlement(
    book: DayBook, account_id: str, last: datetime.date, *, closing: bool = False
) -> InterestSettled:
    """The settlement of an account to the end of a day, as its rule decides today."""
    mine = [fact for fact in book.facts if f"account:{account_id}" in fact.event.entities]
    state = reduce(interest_fold.evolve, mine, interest_fold.INITIAL)
    moment = Moment(booking_date=book.today, value_date=book.today, position=1, principal="bank")
    command = SettleInterest(account_id=account_id, settled_on=last, closing=closing)
    return settle(command, state, demand_rates(rates_of(book.facts)), moment)


def rates_of(facts: list[Fact]) -> RatesState:
    """The listed rates."""
    return reduce(evolve_rates, facts, RatesState())


def lines_of(engine: Engine, on: datetime.date, code: str = "6411") -> dict[str, int]:
    """What the cut of a day posted to a subject, by account or sum."""
    lines = LEDGER.lines.c
    query = select(lines.account, lines.debit_minor, lines.credit_minor).where(
        lines.booking_date == on, lines.subject == code, lines.rule_id.like("deposit.interest%")
    )
    with engine.connect() as connection:
        return {
            row.account: row.debit_minor - row.credit_minor for row in connection.execute(query)
        }


def books(engine: Engine, bank: Bank) -> dict[str, int]:
    """The books as they stand, after every check of them."""
    Follower(engine, bank.log, batch_size=11).catch_up()
    models = READ_MODELS
    with engine.connect() as connection:
        on = bank.log.read(bank.log.head().position - 1, 1)[0].booking_date
        assert checks.audit(connection, models.balances, models.statements, LEDGER, on) == []
    return closing(engine)


def pass_days(bank: Bank, until: str) -> None:
    """End each day up to the one that is then open."""
    open_date = bank.states.get(BUSINESS_DATE, "business-date").date
    assert open_date is not None
    while open_date < datetime.date.fromisoformat(until):
        open_date += datetime.timedelta(days=1)
        bank.done("AdvanceBusinessDate", date=open_date.isoformat())


def interest(balance_days: int, ppm: int = 500) -> int:
    """Of balance-days at a rate, rounded half up."""
    return (balance_days * ppm + 180 * MILLION) // (360 * MILLION)


def day(month: int, number: int, year: int = 2026) -> datetime.date:
    """A day of the year of the tests."""
    return datetime.date(year, month, number)


def figure(engine: Engine, bank: Bank, code: str, account_id: str, **asked: Any) -> DepositFigure:
    """What ``explain`` says of an account's part in a subject."""
    question = FigureQuestion(subject=code, branch_id="0755", account_id=account_id, **asked)
    found = explain_figure(Reader(engine), bank.log, question).deposit
    assert found is not None
    return found


@contextmanager
def bank_of_deposits() -> Iterator[Bank]:
    """Demand deposits pay 0.05 %; A-1 holds 300,000 yuan since 2 March 2026."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        one.done("Deposit", **deposit(29_900_000))
        offer_deposits(one)
        yield one
