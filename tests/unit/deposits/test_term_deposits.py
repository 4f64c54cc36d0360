"""Time deposits as a banker tells them, through the engine."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from kernel.application.folds import ACCOUNT, DEPOSIT
from kernel.deposits import due
from kernel.deposits.state import DepositState
from kernel.eventstore.memory import MemoryLog
from tests.support.bank import Bank, deposit, running_bank, transfer
from tests.support.deposits import listed, offer_deposits, term_deposit
from tests.support.lending import pass_days


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank with deposits on offer; A-1 holds 100,000 yuan and today is 2 March 2026."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        one.done("Deposit", **deposit(9_900_000))
        offer_deposits(one)
        yield one


def standing(bank: Bank) -> DepositState:
    return bank.states.get(DEPOSIT, "TD-1")


def test_money_moves_from_the_account_to_the_deposit(bank: Bank) -> None:
    term_deposit(bank)
    assert (bank.balance("A-1"), bank.balance("TD-1")) == (8_000_000, 2_000_000)
    assert standing(bank).annual_rate_ppm == 11_000
    assert str(standing(bank).matures_on) == "2027-03-02"


def test_the_rate_of_the_first_day_holds_whatever_is_listed_later(bank: Bank) -> None:
    term_deposit(bank)
    listed(bank, "TERM", 20_000, 12, since="2026-03-10")
    pass_days(bank, "2027-03-02")
    bank.done("WithdrawTermDeposit", deposit_id="TD-1")
    assert bank.balance("A-1") == 10_000_000 + 22_000


def test_withdrawn_early_all_earns_the_demand_rate_of_that_day(bank: Bank) -> None:
    term_deposit(bank)
    listed(bank, "DEMAND", 1_000, since="2026-06-01")
    pass_days(bank, "2026-06-30")
    bank.done("WithdrawTermDeposit", deposit_id="TD-1")
    interest = round(2_000_000 * 120 * 1_000 / 360 / 10**6)
    assert bank.balance("A-1") == 10_000_000 + interest
    assert bank.refused("WithdrawTermDeposit", deposit_id="TD-1") == "DEPOSIT_CLOSED"
    assert bank.states.get(ACCOUNT, "TD-1").status == "CLOSED"


def test_a_part_withdrawn_early_leaves_the_rest_its_rate_and_only_once(bank: Bank) -> None:
    term_deposit(bank)
    pass_days(bank, "2026-06-30")
    bank.done("WithdrawTermDeposit", deposit_id="TD-1", amount_minor=500_000)
    early = round(500_000 * 120 * 500 / 360 / 10**6)
    assert bank.balance("A-1") == 8_500_000 + early
    again: dict[str, Any] = {"deposit_id": "TD-1", "amount_minor": 1}
    assert bank.refused("WithdrawTermDeposit", **again) == "TOO_MANY_PARTIAL_WITHDRAWALS"
    pass_days(bank, "2027-03-02")
    bank.done("WithdrawTermDeposit", deposit_id="TD-1")
    assert bank.balance("A-1") == 10_000_000 + early + 16_500


def test_the_rest_of_a_deposit_is_never_too_small(bank: Bank) -> None:
    term_deposit(bank)
    asked: dict[str, Any] = {"deposit_id": "TD-1", "amount_minor": 1_995_001}
    assert bank.refused("WithdrawTermDeposit", **asked) == "REST_TOO_SMALL"
    asked["amount_minor"] = 2_000_001
    assert bank.refused("WithdrawTermDeposit", **asked) == "MORE_THAN_DEPOSITED"


def test_days_after_maturity_earn_the_demand_rate(bank: Bank) -> None:
    term_deposit(bank)
    pass_days(bank, "2027-04-01")
    bank.done("WithdrawTermDeposit", deposit_id="TD-1")
    overdue = round(2_000_000 * 30 * 500 / 360 / 10**6)
    assert bank.balance("A-1") == 10_000_000 + 22_000 + overdue


def test_a_deposit_is_paid_out_at_maturity_and_counts_from_that_day(bank: Bank) -> None:
    term_deposit(bank, term_months=3, at_maturity="PAY_OUT")
    asked: dict[str, Any] = {"deposit_id": "TD-1", "matured_on": "2026-06-02"}
    assert bank.refused("MatureDeposit", **asked) == "VALUE_DATE_OUT_OF_WINDOW"
    pass_days(bank, "2026-06-05")
    position = bank.done("MatureDeposit", **asked)
    [fact] = bank.log.facts_at([position])
    assert str(fact.value_date) == "2026-06-02"
    assert bank.balance("A-1") == 10_000_000 + 4_500
    assert bank.refused("MatureDeposit", **asked) == "DEPOSIT_CLOSED"


def test_at_maturity_nothing_happens_that_was_not_instructed(bank: Bank) -> None:
    term_deposit(bank, term_months=3)
    pass_days(bank, "2026-06-02")
    asked: dict[str, Any] = {"deposit_id": "TD-1", "matured_on": "2026-06-02"}
    assert bank.refused("MatureDeposit", **asked) == "MATURITY_INSTRUCTED"
    assert bank.refused("RolloverTermDeposit", **asked) == "MATURITY_INSTRUCTED"
    assert due.maturity_due(standing(bank), datetime.date(2026, 6, 2)) is None


def test_what_could_not_be_paid_out_at_maturity_stays_until_it_is_withdrawn(bank: Bank) -> None:
    term_deposit(bank, term_months=3, at_maturity="PAY_OUT")
    day = datetime.date
    assert due.maturity_due(standing(bank), day(2026, 6, 1)) is None
    found = due.maturity_due(standing(bank), day(2026, 7, 2))
    assert found is not None
    assert found.key == "MatureDeposit:TD-1@2026-06-02"
    assert due.maturity_due(standing(bank), day(2026, 7, 3)) is None
    pass_days(bank, "2026-07-12")
    bank.done("WithdrawTermDeposit", deposit_id="TD-1")
    overdue = round(2_000_000 * 40 * 500 / 360 / 10**6)
    assert bank.balance("A-1") == 10_000_000 + 4_500 + overdue


@pytest.mark.parametrize(
    ("instruction", "principal", "on_account"),
    [("ROLL_ALL", 2_004_500, 8_000_000), ("ROLL_PRINCIPAL", 2_000_000, 8_004_500)],
)
def test_the_next_term_begins_at_the_rate_of_the_day_of_maturity(
    bank: Bank, instruction: str, principal: int, on_account: int
) -> None:
    term_deposit(bank, term_months=3, at_maturity=instruction)
    listed(bank, "TERM", 8_000, 3, since="2026-06-01")
    listed(bank, "TERM", 1_000, 3, since="2026-06-03")
    pass_days(bank, "2026-06-05")
    asked: dict[str, Any] = {"deposit_id": "TD-1", "matured_on": "2026-06-02"}
    bank.done("RolloverTermDeposit", **asked)
    assert bank.refused("RolloverTermDeposit", **asked) == "NOT_MATURED"
    assert (bank.balance("TD-1"), bank.balance("A-1")) == (principal, on_account)
    found = standing(bank)
    assert (found.principal_minor, found.annual_rate_ppm) == (principal, 8_000)
    assert (str(found.opened_on), str(found.matures_on)) == ("2026-06-02", "2026-09-02")


def test_a_maturity_keeps_its_day_of_the_month_through_rollovers(bank: Bank) -> None:
    pass_days(bank, "2026-08-31")
    term_deposit(bank, term_months=3, at_maturity="ROLL_ALL")
    for matured_on in ("2026-11-30", "2027-02-28", "2027-05-31"):
        pass_days(bank, matured_on)
        bank.done("RolloverTermDeposit", deposit_id="TD-1", matured_on=matured_on)
    assert str(standing(bank).matures_on) == "2027-08-31"


def test_payments_do_not_reach_a_deposit(bank: Bank) -> None:
    term_deposit(bank)
    into = {**transfer(100), "payee_account_id": "TD-1"}
    assert bank.refused("Transfer", **into) == "NOT_A_SETTLEMENT_ACCOUNT"
    out = {**transfer(100), "payer_account_id": "TD-1"}
    assert bank.refused("Transfer", **out) == "NOT_A_SETTLEMENT_ACCOUNT"
    assert bank.refused("Deposit", **deposit(1, "TD-1")) == "NOT_A_SETTLEMENT_ACCOUNT"


def test_a_frozen_deposit_is_not_paid_out(bank: Bank) -> None:
    term_deposit(bank)
    bank.done(
        "PlaceRestraint", account_id="TD-1", restraint_id="R-1", kind="JUDICIAL_FREEZE",
        authority="court", notice_number="N-1", direction="DEBIT", expires_on="2026-12-01",
    )  # fmt: skip
    assert bank.refused("WithdrawTermDeposit", deposit_id="TD-1") == "DEBIT_RESTRAINED"


def test_what_is_not_on_offer_is_refused(bank: Bank) -> None:
    asked: dict[str, Any] = {
        "deposit_id": "TD-2", "account_id": "A-1", "product_id": "term", "term_months": 12,
        "at_maturity": "HOLD", "amount_minor": 10_000,
    }  # fmt: skip
    refused = bank.refused
    assert refused("OpenTermDeposit", **asked | {"term_months": 60}) == "TERM_NOT_OFFERED"
    assert refused("OpenTermDeposit", **asked | {"term_months": 36}) == "NO_RATE_LISTED"
    assert refused("OpenTermDeposit", **asked | {"amount_minor": 4_999}) == "BELOW_MINIMUM"
    assert refused("OpenTermDeposit", **asked | {"amount_minor": 10**9}) == "INSUFFICIENT_FUNDS"
    assert refused("OpenTermDeposit", **asked | {"product_id": "notice-7"}) == "WRONG_PRODUCT_KIND"
    assert refused("OpenTermDeposit", **asked | {"deposit_id": "A-2"}) == "ACCOUNT_EXISTS"


def test_money_goes_to_an_account_of_the_same_holder_only(bank: Bank) -> None:
    term_deposit(bank)
    asked: dict[str, Any] = {"deposit_id": "TD-1", "account_id": "A-2"}
    assert bank.refused("WithdrawTermDeposit", **asked) == "NOT_THE_HOLDER"


def test_a_rate_is_not_listed_for_days_that_are_gone(bank: Bank) -> None:
    asked: dict[str, Any] = {"currency": "CNY", "line": "DEMAND", "annual_rate_ppm": 1}
    assert (
        bank.refused("PublishDepositRate", **asked, effective_from="2026-03-01")
        == "RATE_FOR_THE_PAST"
    )
