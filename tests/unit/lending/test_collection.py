"""Collection: what is due is taken out of the agreed account, as far as money is there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.bank import Bank, deposit
from tests.support.lending import contract, drawn, pass_days, publish, standing_on

ON_L1: dict[str, Any] = {"loan_id": "L-1"}
DUE = 1_032_797
"""The first instalment of 120,000.00 over a year at 6 %."""


def lent_and_spent(bank: Bank, left: int, **loan: Any) -> None:
    """A loan whose money has left the account but for some of it; 2 April, the first due day."""
    contract(bank, **loan)
    drawn(bank)
    away: dict[str, Any] = {
        "ordering_customer_id": "C-1",
        "payer_account_id": "A-1",
        "payee_account_id": "A-2",
        "currency": "CNY",
        "amount_minor": bank.balance("A-1") - left,
    }
    bank.done("Transfer", **away)
    pass_days(bank, "2026-04-02")


def test_an_instalment_is_collected_on_its_due_day(bank: Bank) -> None:
    lent_and_spent(bank, 2_000_000)
    assert standing_on(bank, "2026-04-02").due.total_minor == DUE
    bank.done("CollectInstalment", **ON_L1)
    assert bank.balance("A-1") == 2_000_000 - DUE
    assert standing_on(bank, "2026-04-02").due.total_minor == 0
    assert bank.refused("CollectInstalment", **ON_L1) == "NOTHING_DUE"


def test_a_part_is_collected_and_the_rest_on_a_later_day(bank: Bank) -> None:
    lent_and_spent(bank, 400_000)
    bank.done("CollectInstalment", **ON_L1)
    assert bank.balance("A-1") == 0
    assert bank.refused("CollectInstalment", **ON_L1) == "NOTHING_COLLECTED"
    pass_days(bank, "2026-04-05")
    bank.done("Deposit", **deposit(700_000))
    assert standing_on(bank, "2026-04-05").days_past_due == 3
    bank.done("CollectInstalment", **ON_L1)
    found = standing_on(bank, "2026-04-05")
    assert (found.due.total_minor, found.status) == (0, "ACTIVE")
    assert found.instalment(1).paid.penalty_minor > 0


def test_collection_for_the_due_day_costs_no_penalty(bank: Bank) -> None:
    lent_and_spent(bank, 2_000_000)
    pass_days(bank, "2026-04-03")
    bank.done("CollectInstalment", **ON_L1, value_date="2026-04-02")
    assert standing_on(bank, "2026-04-03").instalment(1).penalty_minor == 0
    assert bank.balance("A-1") == 2_000_000 - DUE


def test_what_was_paid_meanwhile_is_not_collected_again(bank: Bank) -> None:
    lent_and_spent(bank, 2_000_000)
    pass_days(bank, "2026-04-03")
    bank.done("RepayLoan", **ON_L1, amount_minor=1_000_000)
    bank.done("CollectInstalment", **ON_L1, value_date="2026-04-02")
    taken = 2_000_000 - 1_000_000 - bank.balance("A-1")
    assert 0 < taken < DUE - 1_000_000 + 2_000


def test_money_held_or_restrained_is_left_alone(bank: Bank) -> None:
    lent_and_spent(bank, 1_500_000)
    bank.done("PlaceHold", account_id="A-1", hold_id="H-1", amount_minor=1_400_000,
              currency="CNY",              reason="CARD", expires_on="2026-04-20")  # fmt: skip
    bank.done("CollectInstalment", **ON_L1)
    assert bank.balance("A-1") == 1_400_000


def test_after_the_retry_days_the_account_is_tried_no_more(bank: Bank) -> None:
    publish(bank, "impatient", debit_retry_days=3)
    lent_and_spent(bank, 0, product_id="impatient")
    pass_days(bank, "2026-04-06")
    bank.done("Deposit", **deposit(700_000))
    assert bank.refused("CollectInstalment", **ON_L1) == "COLLECTION_OVER"
    pass_days(bank, "2026-05-02")
    bank.done("CollectInstalment", **ON_L1)
    assert bank.balance("A-1") == 0


@pytest.mark.parametrize("left", [0, DUE - 1, DUE, DUE + 1])
def test_never_more_than_due_nor_than_available(bank: Bank, left: int) -> None:
    lent_and_spent(bank, left)
    outcome = bank.ask("CollectInstalment", **ON_L1)
    assert bank.balance("A-1") == max(0, left - DUE), outcome
