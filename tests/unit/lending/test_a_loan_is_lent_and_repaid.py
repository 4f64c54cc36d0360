"""From the application to the last repayment, through the engine, over a log in memory."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

from kernel.application.folds import CONTRACT
from kernel.eventstore.memory import MemoryLog
from kernel.loans.state import owed_principal_minor, standing_of
from tests.support.bank import Bank, deposit, running_bank
from tests.support.lending import contract, drawn, loan, pass_days, publish

MARCH_20 = datetime.date(2026, 3, 20)


def test_a_loan_is_drawn_repaid_and_paid_off(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    assert bank.balance("A-1") == 100_000 + 12_000_000
    bank.done("RepayLoan", loan_id="L-1", amount_minor=2_000_000)
    pass_days(bank, "2026-03-20")
    payoff = standing_of(loan(bank), MARCH_20).payoff_minor
    assert bank.refused("PayOffLoan", loan_id="L-1", amount_minor=1) == "PAYOFF_QUOTE_OUTDATED"
    bank.done("Deposit", account_id="A-1", amount_minor=100_000, currency="CNY", source="CASH",
              branch_id="0755")  # fmt: skip
    bank.done("PayOffLoan", loan_id="L-1", amount_minor=payoff)
    found = standing_of(loan(bank), MARCH_20)
    assert (found.status, found.payoff_minor, loan(bank).outstanding_minor) == ("SETTLED", 0, 0)
    assert bank.states.get(CONTRACT, "K-1").outstanding_minor == 0


def test_no_step_is_skipped(bank: Bank) -> None:
    asked: dict[str, Any] = {"contract_id": "K-9", "loan_id": "L-9", "amount_minor": 100}
    assert bank.refused("DrawLoan", **asked) == "CONTRACT_NOT_FOUND"
    contract(bank)
    assert bank.refused("OfferLoan", contract_id="K-1") == "CONTRACT_NOT_IN_STATUS"
    assert bank.refused("RepayLoan", loan_id="L-9", amount_minor=1) == "LOAN_NOT_FOUND"


def test_no_more_is_lent_than_was_approved(bank: Bank) -> None:
    contract(bank, amount_minor=1_000_000)
    drawn(bank, 600_000)
    more: dict[str, Any] = {"contract_id": "K-1", "loan_id": "L-2", "amount_minor": 400_001}
    assert bank.refused("DrawLoan", **more) == "MORE_THAN_APPROVED"
    drawn(bank, 400_000, "L-2")


def test_a_payment_is_never_more_than_the_debt_nor_than_the_account_has(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    assert (
        bank.refused("RepayLoan", loan_id="L-1", amount_minor=12_000_001) == "PAYMENT_EXCEEDS_DEBT"
    )
    short: dict[str, Any] = {"loan_id": "L-1", "amount_minor": 5_000, "account_id": "A-2"}
    assert bank.refused("RepayLoan", **short) == "NOT_THE_HOLDER"
    short["paid_by"] = "C-2"
    assert bank.refused("RepayLoan", **short) == "INSUFFICIENT_FUNDS"


def test_any_order_of_arrival_gives_the_same_loan() -> None:
    """Three repayments dated differently, in all six orders."""
    paid = [("2026-03-10", 300_000), ("2026-03-05", 500_000), ("2026-03-18", 700_000)]
    seen = []
    for order in itertools.permutations(paid):
        with running_bank(MemoryLog()) as bank:
            bank.open_day()
            publish(bank)
            contract(bank)
            drawn(bank)
            pass_days(bank, "2026-03-20")
            for on, minor in order:
                asked: dict[str, Any] = {"loan_id": "L-1", "amount_minor": minor, "value_date": on}
                bank.done("RepayLoan", f"paid-{on}", mode="IN_ADVANCE", **asked)
            seen.append((standing_of(loan(bank), MARCH_20), loan(bank).outstanding_minor))
    assert all(found == seen[0] for found in seen)
    assert owed_principal_minor(seen[0][0]) == seen[0][1]


def test_a_reversal_in_any_order_leaves_the_loan_as_if_never_paid(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    pass_days(bank, "2026-03-20")
    asked: dict[str, Any] = {"loan_id": "L-1", "amount_minor": 500_000, "mode": "IN_ADVANCE"}
    before = standing_of(loan(bank), MARCH_20)
    first = bank.done("RepayLoan", **asked, value_date="2026-03-05")
    bank.done("RepayLoan", **asked, value_date="2026-03-10")
    again: dict[str, Any] = {"loan_id": "L-1", "position": first, "reason": "paid by mistake"}
    bank.done("ReverseLoanEntry", **again)
    assert bank.refused("ReverseLoanEntry", **again) == "LOAN_ENTRY_ALREADY_REVERSED"
    second = loan(bank).entries[2].position
    bank.done("ReverseLoanEntry", loan_id="L-1", position=second, reason="paid by mistake")
    after = standing_of(loan(bank), MARCH_20)
    assert (after.payoff_minor, after.instalments) == (before.payoff_minor, before.instalments)
    assert loan(bank).outstanding_minor == 12_000_000
    assert bank.balance("A-1") == 100_000 + 12_000_000


def test_a_reversed_draw_lends_nothing_and_may_be_drawn_again(bank: Bank) -> None:
    contract(bank)
    first = drawn(bank)
    bank.done("ReverseLoanEntry", loan_id="L-1", position=first, reason="wrong payee")
    found = standing_of(loan(bank), MARCH_20)
    assert (found.status, found.payoff_minor) == ("NOT_DISBURSED", 0)
    assert loan(bank).outstanding_minor == 0
    assert bank.balance("A-1") == 100_000
    drawn(bank, 12_000_000, "L-2")
    assert bank.states.get(CONTRACT, "K-1").outstanding_minor == 12_000_000


def test_a_fee_of_the_start_stays_with_the_loan(bank: Bank) -> None:
    fees = [{"name": "arrangement", "rate_ppm": 10_000}]
    publish(bank, "with-fee", terms={"method": "equal_instalment", "fees": fees})
    contract(bank, product_id="with-fee")
    drawn(bank, 1_000_000)
    assert bank.balance("A-1") == 100_000 + 990_000
    assert loan(bank).outstanding_minor == 1_000_000
    assert bank.states.get(CONTRACT, "K-1").drawn_minor == 1_000_000


def test_a_guarantor_pays_under_their_own_name(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    bank.done("Deposit", **deposit(50_000, "A-2"))
    asked: dict[str, Any] = {"loan_id": "L-1", "amount_minor": 50_000, "account_id": "A-2"}
    assert bank.refused("RepayLoan", **asked) == "NOT_THE_HOLDER"
    assert bank.refused("RepayLoan", **asked, paid_by="C-1") == "NOT_THE_HOLDER"
    bank.done("RepayLoan", **asked, paid_by="C-2")
    assert (bank.balance("A-1"), bank.balance("A-2")) == (12_100_000, 0)


def test_no_chain_of_reversals_gives_money_back_twice(bank: Bank) -> None:
    contract(bank)
    paid = drawn(bank)
    undo: dict[str, Any] = {"loan_id": "L-1", "reason": "back and forth"}
    back = bank.done("ReverseLoanEntry", **undo, position=paid)
    again = bank.done("ReverseLoanEntry", **undo, position=back)
    bank.done("ReverseLoanEntry", **undo, position=paid)
    no = bank.refused("ReverseLoanEntry", **undo, position=again)
    assert no == "LOAN_CHANGE_HAS_NO_EFFECT"
    assert bank.balance("A-1") == 100_000
