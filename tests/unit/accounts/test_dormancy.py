"""The dormancy ladder as a banker tells it, through the engine."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from kernel.accounts.dormancy import ActivityState, step_due
from kernel.accounts.policy import POLICY
from kernel.application.folds import ACCOUNT, ACTIVITY
from kernel.application.requests import Refused
from kernel.eventstore.memory import MemoryLog
from tests.support.bank import Bank, deposit, request, running_bank, transfer
from tests.support.deposits import company, listed, offer_deposits
from tests.support.lending import pass_days


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A-1 was used today, 2 March 2026; A-2 and the company's K-1 never were."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        company(one)
        yield one


def step(bank: Bank, account_id: str, on: str) -> str | None:
    """The step that is due at the close of a day."""
    state: ActivityState = bank.states.get(ACTIVITY, account_id)
    return step_due(state, datetime.date.fromisoformat(on))


def taken(bank: Bank, account_id: str, name: str) -> None:
    bank.done("TakeDormancyStep", account_id=account_id, step=name)


def test_an_account_that_was_never_used_pays_at_the_counter_only(bank: Bank) -> None:
    assert step(bank, "A-2", "2026-09-01") is None
    assert step(bank, "A-2", "2026-09-02") == "COUNTER_ONLY"
    assert step(bank, "A-1", "2026-09-02") is None
    pass_days(bank, "2026-09-02")
    taken(bank, "A-2", "COUNTER_ONLY")
    bank.done("Transfer", **transfer(500))
    back: dict[str, Any] = {
        **transfer(100), "payer_account_id": "A-2", "payee_account_id": "A-1",
        "ordering_customer_id": "C-2",
    }  # fmt: skip
    mobile = msgspec.structs.replace(request("Transfer", "m-1", **back), channel="MOBILE")
    outcome = bank.engine.submit(mobile).result(20)
    assert isinstance(outcome, Refused)
    assert outcome.refusal.code == "COUNTER_ONLY"
    bank.done("Transfer", **back)
    bank.done("ReactivateAccount", account_id="A-2", evidence_id="E-1")
    again = msgspec.structs.replace(mobile, command_id="m-2", deadline=time.monotonic() + 10)
    assert not isinstance(bank.engine.submit(again).result(20), Refused)


def test_a_persons_small_balance_that_rests_for_three_years_is_dormant(bank: Bank) -> None:
    bank.done("Transfer", **transfer(99_000))
    assert step(bank, "A-1", "2029-03-01") is None
    assert step(bank, "A-1", "2029-03-02") == "INACTIVE"
    assert step(bank, "A-2", "2029-03-02") is None


def test_interest_is_no_activity(bank: Bank) -> None:
    offer_deposits(bank)
    listed(bank, "DEMAND", 200_000)
    pass_days(bank, "2026-03-20")
    before = bank.states.get(ACTIVITY, "A-1").rests_since
    bank.done("SettleInterest", account_id="A-1", settled_on="2026-03-20")
    assert bank.balance("A-1") > 100_000
    bank.states.trim()
    assert bank.states.get(ACTIVITY, "A-1").rests_since == before


def test_a_company_is_told_and_after_thirty_days_its_money_goes_to_long_suspense(
    bank: Bank,
) -> None:
    bank.done("Deposit", **deposit(700_000, "K-1"))
    pass_days(bank, "2027-03-02")
    early: dict[str, Any] = {"account_id": "K-1", "step": "LONG_SUSPENSE"}
    assert bank.refused("TakeDormancyStep", **early) == "DORMANCY_STEP_NOT_DUE"
    taken(bank, "K-1", "NOTICE")
    assert step(bank, "K-1", "2027-03-31") is None
    pass_days(bank, "2027-04-01")
    taken(bank, "K-1", "LONG_SUSPENSE")
    assert bank.balance("K-1") == 0
    assert bank.states.get(ACCOUNT, "K-1").status == "DORMANT"
    assert step(bank, "K-1", "2028-04-01") is None
    bank.done("ReactivateAccount", account_id="K-1", evidence_id="E-1")
    assert bank.balance("K-1") == 700_000
    assert step(bank, "K-1", "2027-04-02") is None


def test_who_uses_the_account_after_the_notice_starts_anew(bank: Bank) -> None:
    bank.done("Deposit", **deposit(700_000, "K-1"))
    pass_days(bank, "2027-03-02")
    taken(bank, "K-1", "NOTICE")
    bank.done("Deposit", **deposit(1, "K-1"))
    assert step(bank, "K-1", "2027-05-01") is None
    assert step(bank, "K-1", "2028-03-02") == "NOTICE"


def test_interest_is_settled_before_the_money_goes(bank: Bank) -> None:
    bank.done("Deposit", **deposit(70_000_000, "K-1"))
    listed(bank, "DEMAND", 500)
    pass_days(bank, "2027-03-02")
    taken(bank, "K-1", "NOTICE")
    pass_days(bank, "2027-04-01")
    asked: dict[str, Any] = {"account_id": "K-1", "step": "LONG_SUSPENSE"}
    assert bank.refused("TakeDormancyStep", **asked) == "INTEREST_NOT_SETTLED"
    bank.done("SettleInterest", account_id="K-1", settled_on="2027-03-31", closing=True)
    bank.done("TakeDormancyStep", **asked)


def test_a_frozen_balance_stays_where_it_is(bank: Bank) -> None:
    bank.done("Deposit", **deposit(700_000, "K-1"))
    pass_days(bank, "2027-03-02")
    taken(bank, "K-1", "NOTICE")
    pass_days(bank, "2027-04-01")
    bank.done(
        "PlaceRestraint", account_id="K-1", restraint_id="R-1", kind="JUDICIAL_FREEZE",
        authority="court", notice_number="N-1", direction="DEBIT", expires_on="2027-09-01",
    )  # fmt: skip
    asked: dict[str, Any] = {"account_id": "K-1", "step": "LONG_SUSPENSE"}
    assert bank.refused("TakeDormancyStep", **asked) == "DEBIT_RESTRAINED"


def test_numbers_that_rest_on_custom_say_so() -> None:
    unverified = {row.key for row in POLICY.unverified()}
    assert {"dormant.person_months", "dormant.person_balance_max_minor"} <= unverified
