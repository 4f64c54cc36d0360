"""Accrued interest of term and notice deposits, as the bookkeeping asks for it day by day."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from kernel.application.folds import DEPOSIT, DEPOSIT_RATES
from kernel.deposits.accrual import accrued_to
from kernel.eventstore.memory import MemoryLog
from tests.support.bank import Bank, deposit, running_bank
from tests.support.deposits import offer_deposits, term_deposit
from tests.support.lending import pass_days


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank with deposits on offer; A-1 holds 300,000 yuan and today is 2 March 2026."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        one.done("Deposit", **deposit(29_900_000))
        offer_deposits(one)
        yield one


def accrued(bank: Bank, on: str, deposit_id: str = "TD-1") -> int:
    state = bank.states.get(DEPOSIT, deposit_id)
    return accrued_to(state, datetime.date.fromisoformat(on), bank.states.get(DEPOSIT_RATES, "CNY"))


def test_a_term_deposit_accrues_at_its_own_rate_and_then_at_the_demand_rate(bank: Bank) -> None:
    term_deposit(bank)
    assert accrued(bank, "2026-03-01") == 0
    assert accrued(bank, "2026-03-02") == round(2_000_000 * 11_000 / 360 / 10**6)
    assert accrued(bank, "2026-09-01") == 11_000
    assert accrued(bank, "2027-03-01") == 22_000
    assert accrued(bank, "2027-03-31") == 22_000 + round(2_000_000 * 30 * 500 / 360 / 10**6)


def test_what_was_accrued_is_what_is_paid_at_maturity(bank: Bank) -> None:
    term_deposit(bank, term_months=3, at_maturity="ROLL_ALL")
    pass_days(bank, "2026-06-02")
    before = accrued(bank, "2026-06-01")
    bank.done("RolloverTermDeposit", deposit_id="TD-1", matured_on="2026-06-02")
    assert before == accrued(bank, "2026-06-01") == 4_500
    assert accrued(bank, "2026-06-02") == 4_500 + 50


def test_an_early_withdrawal_takes_back_what_was_accrued_too_much(bank: Bank) -> None:
    term_deposit(bank)
    pass_days(bank, "2026-06-30")
    too_much = accrued(bank, "2026-06-29")
    bank.done("WithdrawTermDeposit", deposit_id="TD-1")
    paid = bank.balance("A-1") - 30_000_000
    assert accrued(bank, "2026-06-30") == paid < too_much


def test_a_notice_deposit_accrues_at_the_notice_rate_less_what_notices_cost(bank: Bank) -> None:
    opened: dict[str, Any] = {"deposit_id": "ND-1", "account_id": "A-1", "product_id": "notice-7"}
    bank.done("OpenNoticeDeposit", **opened, amount_minor=20_000_000)
    assert accrued(bank, "2026-03-31", "ND-1") == 5_000
    given: dict[str, Any] = {"deposit_id": "ND-1", "notice_id": "N-1"}
    bank.done("GiveNotice", **given, amount_minor=6_000_000, draw_on="2026-03-10")
    bank.done("CancelNotice", **given)
    assert accrued(bank, "2026-03-31", "ND-1") == 5_000 - 350
