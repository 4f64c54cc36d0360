"""Interest of deposits in the books across a year's end: what late facts change of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select, text

from tests.support import lending
from tests.support.bank import Bank, deposit, transfer
from tests.support.deposit_books import (
    LEDGER,
    bank_of_deposits,
    books,
    day,
    figure,
    interest,
    lines_of,
    pass_days,
)
from tests.support.deposits import term_deposit
from tests.support.rebuilding import require_clean_and_rebuilt


@pytest.fixture
def bank() -> Iterator[Bank]:
    """Demand deposits pay 0.05 %; A-1 holds 300,000 yuan since 2 March 2026."""
    with bank_of_deposits() as one:
        yield one


def late_into_the_new_year(bank: Bank) -> None:
    """On 5 January money, a maturity and a rollover come in, dated in the last days of December."""
    lending.pass_days(bank, "2026-09-30")
    term_deposit(bank, term_months=3, at_maturity="PAY_OUT")
    term_deposit(bank, term_months=3, at_maturity="ROLL_ALL", deposit_id="TD-2")
    lending.pass_days(bank, "2026-12-21")
    bank.done("SettleInterest", account_id="A-1", settled_on="2026-12-20")
    pass_days(bank, "2027-01-05")
    bank.done("Deposit", **deposit(36_000_000), value_date="2026-12-27")
    bank.done("MatureDeposit", deposit_id="TD-1", matured_on="2026-12-30")
    bank.done("RolloverTermDeposit", deposit_id="TD-2", matured_on="2026-12-30")
    pass_days(bank, "2027-01-06")


def test_a_closed_year_is_corrected_in_blue_through_prior_year_adjustments(
    engine: Engine, bank: Bank
) -> None:
    """What days to 31 December changed, by account; January's part is this year's as ever."""
    late_into_the_new_year(bank)
    found, cut = books(engine, bank), day(1, 5, 2027)
    matured = 2_000_000 + 4_500
    before = (bank.balance("A-1") - 36_000_000 - matured) // 100 * 100
    days = before * 11 + 36_000_000 * 5 + matured * 2
    of_account, of_deposit = interest(days) - interest(before * 11), -interest(2_000_000 * 2)
    of_next_term = interest(matured * 2, 9_000)
    assert lines_of(engine, cut, "6901") == {
        "deposit:A-1": of_account,
        "deposit:TD-1": of_deposit,
        "deposit:TD-2": of_deposit + of_next_term,
    }
    assert found["6901"] == of_account + 2 * of_deposit + of_next_term
    lines = LEDGER.lines.c
    query = select(lines.subject, lines.debit_minor, lines.credit_minor)
    with engine.connect() as connection:
        back = connection.execute(query.where(lines.account == "deposit:TD-1")).all()
        kind = text("SELECT kind FROM journals WHERE booking_date = :cut ORDER BY position DESC")
        assert connection.execute(kind, {"cut": cut}).scalars().first() == "BLUE"
    blue = {tuple(row) for row in back if row.debit_minor >= 0 and row.credit_minor >= 0}
    assert blue == {("6901", 0, -of_deposit), ("2231", -of_deposit, 0)}
    for code in ("6411", "6901", "2231"):
        since = {"from_date": day(3, 2)}
        whole = {
            each: figure(engine, bank, code, each, **since) for each in ("A-1", "TD-1", "TD-2")
        }
        assert sum(one.closing_minor for one in whole.values()) == found.get(code, 0), code
        for one in whole.values():
            assert sum(part.change_minor for part in one.parts) == one.closing_minor
    part = figure(engine, bank, "6901", "A-1")
    assert (part.closing_minor, part.rule_id) == (of_account, "deposit.interest-expense-prior")


def test_the_audit_is_clean_over_a_years_end(
    postgres_url: str, schema_name: str, engine: Engine, bank: Bank
) -> None:
    late_into_the_new_year(bank)
    bank.done("Transfer", **transfer(7_000_000), value_date="2026-12-31")
    pass_days(bank, "2027-01-08")
    require_clean_and_rebuilt(postgres_url, schema_name, engine, bank.log.read(0, 10_000))
