"""The end of a loan: accelerated, written off, recovered, paid in kind, refunded, charged back."""

from __future__ import annotations

from typing import Any

from kernel.application.folds import CONTRACT
from tests.support.bank import Bank, deposit
from tests.support.lending import (
    contract,
    drawn,
    internal_balance,
    loan,
    pass_days,
    standing_on,
)

ON_L1: dict[str, Any] = {"loan_id": "L-1"}


def lent(bank: Bank, until: str = "2026-03-02") -> None:
    contract(bank)
    drawn(bank)
    pass_days(bank, until)


def written_off(bank: Bank) -> None:
    lent(bank, "2026-10-02")
    bank.done("WriteOffLoan", **ON_L1, approval="WO-2026-1")


def test_everything_falls_due_at_once(bank: Bank) -> None:
    lent(bank)
    bank.done("AccelerateLoan", **ON_L1, reason="false statements")
    assert standing_on(bank, "2026-03-02").due.principal_minor == 12_000_000
    again = bank.refused("AccelerateLoan", **ON_L1, reason="once more")
    assert again == "LOAN_CHANGE_HAS_NO_EFFECT"


def test_only_a_loan_long_in_arrears_is_written_off(bank: Bank) -> None:
    lent(bank, "2026-09-28")
    refused = bank.refused("WriteOffLoan", **ON_L1, approval="WO-2026-1")
    assert refused == "NOT_IN_WRITE_OFF_STANDING"
    pass_days(bank, "2026-09-29")
    bank.done("WriteOffLoan", **ON_L1, approval="WO-2026-1")
    assert standing_on(bank, "2026-09-29").status == "WRITTEN_OFF"
    assert loan(bank).outstanding_minor == 12_000_000


def test_after_the_write_off_only_recoveries_are_booked(bank: Bank) -> None:
    written_off(bank)
    paid: dict[str, Any] = {**ON_L1, "amount_minor": 1_000_000}
    assert bank.refused("RepayLoan", **paid) == "LOAN_IS_WRITTEN_OFF"
    bank.done("RecordRecovery", **paid, account_id="A-1")
    bank.done("RecordRecovery", **paid, reference="court")
    bank.done("ReceiveLoanPayment", **paid, reference="bailiff")
    assert standing_on(bank, "2026-10-02").recognised.recovered_minor == 3_000_000
    assert internal_balance(bank, "@CLEARING:0755") == 2_000_000
    assert bank.balance("A-1") == 100_000 + 12_000_000 - 1_000_000


def test_there_is_no_recovery_before_the_write_off(bank: Bank) -> None:
    lent(bank)
    asked = bank.refused("RecordRecovery", **ON_L1, amount_minor=1, account_id="A-1")
    assert asked == "LOAN_NOT_WRITTEN_OFF"


def test_money_from_outside_is_taken_whole_and_the_rest_refunded(bank: Bank) -> None:
    lent(bank)
    bank.done("ReceiveLoanPayment", **ON_L1, amount_minor=15_000_000, reference="wire 7",
              mode="IN_ADVANCE")  # fmt: skip
    found = standing_on(bank, "2026-03-02")
    assert (found.status, found.unapplied_minor) == ("SETTLED", 3_000_000)
    assert bank.states.get(CONTRACT, "K-1").outstanding_minor == 0
    assert bank.refused("RefundOverpayment", **ON_L1, amount_minor=3_000_001) == (
        "NOTHING_TO_REFUND"
    )
    bank.done("RefundOverpayment", **ON_L1, amount_minor=3_000_000)
    assert standing_on(bank, "2026-03-02").unapplied_minor == 0
    assert bank.balance("A-1") == 100_000 + 15_000_000
    assert bank.refused("RefundOverpayment", **ON_L1, amount_minor=1) == "NOTHING_TO_REFUND"


def test_a_repayment_that_went_back_is_owed_again(bank: Bank) -> None:
    lent(bank)
    paid: dict[str, Any] = {**ON_L1, "amount_minor": 2_000_000, "mode": "IN_ADVANCE"}
    first = bank.done("RepayLoan", **paid)
    assert loan(bank).outstanding_minor == 10_000_000
    back: dict[str, Any] = {**ON_L1, "position": first, "reason": "direct debit returned"}
    too_much = bank.refused("ChargeBackRepayment", **back, amount_minor=2_000_001)
    assert too_much == "CHARGE_BACK_TOO_LARGE"
    bank.done("ChargeBackRepayment", **back, amount_minor=500_000)
    second = bank.done("ChargeBackRepayment", **back)
    assert loan(bank).outstanding_minor == 12_000_000
    assert bank.balance("A-1") == 100_000 + 12_000_000
    assert bank.refused("ChargeBackRepayment", **back) == "CHARGE_BACK_TOO_LARGE"
    other = {**back, "position": second}
    assert bank.refused("ChargeBackRepayment", **other) == "NOT_A_REPAYMENT"


def test_a_payment_is_not_given_back_twice(bank: Bank) -> None:
    lent(bank)
    first = bank.done("RepayLoan", **ON_L1, amount_minor=2_000_000)
    reason: dict[str, Any] = {"position": first, "reason": "paid by mistake"}
    back = bank.done("ChargeBackRepayment", **ON_L1, **reason)
    assert bank.refused("ReverseLoanEntry", **ON_L1, **reason) == "LOAN_ENTRY_CHARGED_BACK"
    bank.done("ReverseLoanEntry", **ON_L1, position=back, reason="it was right after all")
    bank.done("ReverseLoanEntry", **ON_L1, **reason)
    assert bank.balance("A-1") == 100_000 + 12_000_000


def test_an_asset_taken_for_the_debt_pays_at_fair_value(bank: Bank) -> None:
    lent(bank)
    asset: dict[str, Any] = {"asset": "Flat 12-3", "approval": "FC-1"}
    bank.done("TakeForeclosedAsset", **ON_L1, fair_value_minor=13_000_000, **asset)
    found = standing_on(bank, "2026-03-02")
    assert (found.status, found.unapplied_minor) == ("SETTLED", 1_000_000)
    assert internal_balance(bank, "@FORECLOSED:0755") == 13_000_000
    again = bank.refused("TakeForeclosedAsset", **ON_L1, fair_value_minor=1, **asset)
    assert again == "NOTHING_OWED"


def test_a_payment_twice_asked_is_taken_once(bank: Bank) -> None:
    lent(bank)
    bank.done("Deposit", **deposit(1))
    for _ in range(2):
        bank.done("ReceiveLoanPayment", "wire-9", **ON_L1, amount_minor=70, reference="wire 9")
    assert internal_balance(bank, "@CLEARING:0755") == 70


def test_money_that_was_refunded_is_not_given_back_again(bank: Bank) -> None:
    lent(bank)
    paid: dict[str, Any] = {"amount_minor": 1_000_000, "reference": "wire 7"}
    at = bank.done("ReceiveLoanPayment", **ON_L1, **paid)
    refund = bank.done("RefundOverpayment", **ON_L1, amount_minor=1_000_000)
    undo: dict[str, Any] = {**ON_L1, "reason": "wrong loan"}
    assert bank.refused("ReverseLoanEntry", **undo, position=at) == "LOAN_MONEY_WAS_REFUNDED"
    bank.done("ReverseLoanEntry", **undo, position=refund)
    bank.done("ReverseLoanEntry", **undo, position=at)
    assert internal_balance(bank, "@CLEARING:0755") == 0


def test_a_draw_comes_back_only_where_there_is_room_for_it(bank: Bank) -> None:
    lent(bank)
    first = loan(bank).entries[0].position
    undo: dict[str, Any] = {**ON_L1, "reason": "wrong payee"}
    back = bank.done("ReverseLoanEntry", **undo, position=first)
    drawn(bank, 12_000_000, "L-2")
    assert bank.refused("ReverseLoanEntry", **undo, position=back) == "MORE_THAN_APPROVED"
