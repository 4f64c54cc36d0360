"""Interest of current accounts as a banker tells it, through the engine."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from kernel.application.folds import INTEREST
from kernel.business_date.policy import POLICY as DATES
from kernel.deposits import due
from kernel.deposits.interest import InterestState, accrued_to
from kernel.deposits.policy import POLICY
from kernel.eventstore.memory import MemoryLog
from tests.support.bank import Bank, deposit, running_bank, transfer
from tests.support.deposits import company, listed, offer_deposits
from tests.support.lending import pass_days

MILLION = 10**6
RATES = {datetime.date(2026, 3, 2): 500}


def day(month: int, number: int) -> datetime.date:
    return datetime.date(2026, month, number)


@pytest.fixture
def bank() -> Iterator[Bank]:
    """Demand deposits pay 0.05 %; A-1 holds 100,000 yuan since 2 March 2026."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        one.done("Deposit", **deposit(9_900_000))
        offer_deposits(one)
        yield one


def standing(bank: Bank, account_id: str = "A-1") -> InterestState:
    return bank.states.get(INTEREST, account_id)


def settled(bank: Bank, on: str, account_id: str = "A-1", **fields: Any) -> int:
    """Interest that a settlement brings to the account."""
    before = bank.balance(account_id)
    bank.done("SettleInterest", account_id=account_id, settled_on=on, **fields)
    return bank.balance(account_id) - before


def interest(balance_days: int, ppm: int = 500) -> int:
    return (balance_days * ppm + 180 * MILLION) // (360 * MILLION)


def test_the_quarter_is_settled_on_the_20th_and_credited_on_the_21st(bank: Bank) -> None:
    pass_days(bank, "2026-03-20")
    assert settled(bank, "2026-03-20") == interest(10_000_000 * 19)
    [fact] = bank.log.facts_at([bank.log.head().position])
    assert str(fact.value_date) == "2026-03-21"
    again: dict[str, Any] = {"account_id": "A-1", "settled_on": "2026-03-20"}
    assert bank.refused("SettleInterest", **again) == "INTEREST_ALREADY_SETTLED"


def test_interest_earns_interest_in_the_next_quarter(bank: Bank) -> None:
    bank.done("Deposit", **deposit(10**12))
    pass_days(bank, "2026-03-21")
    first = settled(bank, "2026-03-20")
    pass_days(bank, "2026-06-21")
    assert settled(bank, "2026-06-20") == interest((10**12 + 10_000_000 + first) // 100 * 100 * 92)


def test_only_the_20th_of_the_quarters_last_month_is_a_settlement_day(bank: Bank) -> None:
    pass_days(bank, "2026-03-20")
    for wrong in ("2026-03-19", "2026-03-21"):
        asked: dict[str, Any] = {"account_id": "A-1", "settled_on": wrong}
        assert bank.refused("SettleInterest", **asked) == "NOT_A_SETTLEMENT_DAY"


def test_a_persons_quarter_earns_the_rate_of_the_settlement_day(bank: Bank) -> None:
    listed(bank, "DEMAND", 1_000, since="2026-03-15")
    pass_days(bank, "2026-03-21")
    assert settled(bank, "2026-03-20") == interest(10_000_000 * 19, 1_000)


def test_a_companys_quarter_earns_each_rate_for_its_days(bank: Bank) -> None:
    company(bank)
    bank.done("Deposit", **deposit(10_000_000, "K-1"))
    listed(bank, "DEMAND", 1_000, since="2026-03-15")
    pass_days(bank, "2026-03-21")
    owed = 10_000_000 * (13 * 500 + 6 * 1_000)
    assert settled(bank, "2026-03-20", "K-1") == interest(owed, 1)


def test_what_exceeds_the_base_of_an_agreement_earns_the_agreed_rate(bank: Bank) -> None:
    company(bank)
    bank.done("Deposit", **deposit(35_000_000, "K-1"))
    agreed: dict[str, Any] = {
        "account_id": "K-1", "product_id": "agreement", "base_minor": 10_000_000,
        "annual_rate_ppm": 2_000, "until": "2026-03-17",
    }  # fmt: skip
    pass_days(bank, "2026-03-07")
    bank.done("SetAgreement", **agreed)
    pass_days(bank, "2026-03-21")
    owed = 35_000_000 * 500 * 9 + (10_000_000 * 500 + 25_000_000 * 2_000) * 10
    assert settled(bank, "2026-03-20", "K-1") == interest(owed, 1)


def test_an_agreement_is_for_companies_within_the_product(bank: Bank) -> None:
    company(bank)
    asked: dict[str, Any] = {
        "account_id": "K-1", "product_id": "agreement", "base_minor": 10_000_000,
        "annual_rate_ppm": 2_000, "until": "2027-03-02",
    }  # fmt: skip
    refused = bank.refused
    assert refused("SetAgreement", **asked | {"account_id": "A-1"}) == "NOT_A_CORPORATE_ACCOUNT"
    assert refused("SetAgreement", **asked | {"annual_rate_ppm": 12_501}) == "RATE_TOO_HIGH"
    assert refused("SetAgreement", **asked | {"until": "2027-03-03"}) == "AGREEMENT_OUT_OF_RANGE"
    assert refused("SetAgreement", **asked | {"base_minor": 1}) == "BELOW_MINIMUM"
    del asked["annual_rate_ppm"]
    assert refused("SetAgreement", **asked) == "NO_RATE_LISTED"
    listed(bank, "AGREEMENT", 1_500)
    bank.done("SetAgreement", **asked)
    assert standing(bank, "K-1").agreements[0].annual_rate_ppm == 1_500


def test_a_payment_dated_back_is_settled_by_difference_in_the_next_quarter(bank: Bank) -> None:
    pass_days(bank, "2026-03-21")
    first = settled(bank, "2026-03-20")
    pass_days(bank, "2026-04-01")
    bank.done("Deposit", **deposit(50_000_000), value_date="2026-03-11")
    pass_days(bank, "2026-06-20")
    missed = interest(10_000_000 * 19 + 50_000_000 * 10) - first
    quarter = interest((60_000_000 + first) // 100 * 100 * 92)
    assert settled(bank, "2026-06-20") == missed + quarter


def test_interest_paid_too_much_is_taken_back_as_far_as_the_account_has_it(bank: Bank) -> None:
    bank.done("Deposit", **deposit(10**10))
    pass_days(bank, "2026-03-21")
    first = settled(bank, "2026-03-20")
    all_of_it = {**transfer(10_010_000_000 + first), "value_date": "2026-03-02"}
    bank.done("Transfer", **all_of_it)
    pass_days(bank, "2026-06-20")
    assert settled(bank, "2026-06-20") == 0
    assert standing(bank).carried_minor == -first
    bank.done("Deposit", **deposit(99))
    pass_days(bank, "2026-09-20")
    assert settled(bank, "2026-09-20") == -99
    assert standing(bank).carried_minor == -(first - 99)


def test_on_closing_interest_is_paid_to_the_day_before_at_the_rate_of_the_day(bank: Bank) -> None:
    listed(bank, "DEMAND", 1_000, since="2026-03-10")
    pass_days(bank, "2026-03-10")
    bank.done("Transfer", **transfer(10_000_000))
    closing: dict[str, Any] = {"account_id": "A-1", "reason": "moved away"}
    assert bank.refused("CloseAccount", **closing) == "INTEREST_NOT_SETTLED"
    paid = settled(bank, "2026-03-09", closing=True)
    assert paid == interest(10_000_000 * 8, 1_000)
    bank.done("Transfer", **transfer(paid))
    bank.done("CloseAccount", **closing)


def test_less_than_a_yuan_of_savings_earns_nothing(bank: Bank) -> None:
    bank.done("Transfer", **transfer(10_000_000 - 10_099))
    listed(bank, "DEMAND", 1_000_000, since="2026-03-02")
    pass_days(bank, "2026-03-20")
    assert settled(bank, "2026-03-20") == interest(10_000 * 19, MILLION)


def test_quarters_left_out_are_settled_together_each_at_its_rate(bank: Bank) -> None:
    listed(bank, "DEMAND", 1_000, since="2026-03-21")
    pass_days(bank, "2026-06-20")
    first, second = interest(10_000_000 * 19), interest(10_000_000 * 92, 1_000)
    assert settled(bank, "2026-06-20") == first + second


def test_accrued_interest_grows_by_the_day_and_knows_no_settlement(bank: Bank) -> None:
    pass_days(bank, "2026-03-20")
    state = standing(bank)
    before = accrued_to(state, day(3, 20), RATES)
    assert accrued_to(state, day(3, 11), RATES) == interest(10_000_000 * 10)
    settled(bank, "2026-03-20")
    bank.states.trim()
    assert accrued_to(standing(bank), day(3, 20), RATES) == before
    with pytest.raises(ValueError, match="lies before"):
        accrued_to(standing(bank), day(3, 19), RATES)


def test_what_is_due_is_asked_of_the_state_and_is_due_once(bank: Bank) -> None:
    pass_days(bank, "2026-03-22")
    assert due.interest_due(standing(bank), day(3, 19)) is None
    found = due.interest_due(standing(bank), day(3, 22))
    assert found is not None
    assert found.key == "SettleInterest:A-1@2026-03-20"
    settled(bank, "2026-03-20")
    bank.states.trim()
    assert due.interest_due(standing(bank), day(3, 22)) is None
    assert due.interest_due(standing(bank, "A-2"), day(3, 22)) is None


def test_plain_transfers_between_settlements_are_never_missed(bank: Bank) -> None:
    """In one batch: what was folded on demand is dropped when a plain transfer passes it."""
    pass_days(bank, "2026-03-20")
    first = settled(bank, "2026-03-20")
    state = standing(bank)
    bank.done("Transfer", **transfer(1_000_000))
    assert standing(bank).balance_minor == state.balance_minor - 1_000_000
    assert state.balance_minor == 10_000_000 + first


def test_days_back_are_those_of_the_business_date() -> None:
    """Areas do not know each other; the bound of both is one."""
    on = day(3, 2)
    back = DATES.value("value_date.max_back_days", on)
    assert POLICY.value("deposit.back_value_days", on) == back
