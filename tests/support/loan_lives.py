"""Loans of a bank to which everything happens that can happen to a loan, command by command."""

from __future__ import annotations

from typing import Any

from tests.support.bank import Bank
from tests.support.lending import contract, drawn, pass_days, publish, standing_on

PARTNER = {"partner_id": "P-1", "share_ppm": 333_333}
JOINT: dict[str, Any] = {"loan_id": "L-1"}
ALONE: dict[str, Any] = {"loan_id": "L-2"}
RUNNING: dict[str, Any] = {
    "contract_id": "K-7",
    "loan_id": "L-7",
    "customer_ids": ["C-1"],
    "debit_account_id": "A-1",
    "product_id": "micro",
    "product_version": 1,
    "principal_minor": 12_000_000,
    "instalments": 12,
    "annual_rate_ppm": 60_000,
    "start_date": "2025-12-20",
    "normal_principal_minor": 10_000_000,
    "next_number": 3,
    "principal_repaid_minor": 1_028_000,
    "accrued_interest_minor": 20_000,
    "arrears": [
        {"due_date": "2026-02-20", "principal_minor": 972_000, "interest_minor": 55_000,
         "penalty_minor": 3_000, "compound_minor": 200},
    ],
    "expected_principal_minor": 10_972_000,
    "expected_interest_minor": 75_000,
    "expected_penalty_minor": 3_200,
}  # fmt: skip


def lent(bank: Bank) -> None:
    """Today is 2 March: a joint loan L-1, L-2 and L-3 under one contract, L-7 taken over."""
    bank.open_day()
    publish(bank)
    fees = [{"name": "arrangement", "amount_minor": 10_000}]
    publish(bank, "with-fee", terms={"method": "equal_principal", "fees": fees, "penalty": {}})
    contract(bank, "K-1", product_id="with-fee", partner=PARTNER)
    drawn(bank, loan_id="L-1")
    contract(bank, "K-2", amount_minor=20_000_000, guarantor_ids=["C-2"])
    drawn(bank, 6_000_001, "L-2", contract_id="K-2")
    drawn(bank, 5_000_000, "L-3", contract_id="K-2")
    bank.done("ImportLoan", **RUNNING)


def undone(bank: Bank, loan_id: str, position: int) -> int:
    """The position of the reversal of an entry."""
    return bank.done("ReverseLoanEntry", loan_id=loan_id, position=position, reason="by mistake")


def everything(bank: Bank) -> None:
    """Every kind of event of a loan, joint ones, dated back and taken back, until December."""
    lent(bank)
    pass_days(bank, "2026-03-20")
    _changed(bank)
    _paid(bank)
    _refinanced(bank)
    _in_bad_times(bank)


def _changed(bank: Bank) -> None:
    why = {"reason": "agreed"}
    for about in (JOINT, ALONE):
        fee = bank.done("ChargeLoanFee", **about, amount_minor=3_001, name="letter")
        bank.done("SetLoanRate", **about, annual_rate_ppm=71_000, value_date="2026-03-10", **why)
        bank.done("PauseLoanInterest", **about, until="2026-03-25", **why)
        bank.done("MoveDueDate", **about, next_due_date="2026-04-10")
        bank.done("ExtendLoan", **about, instalments=2, debtor_in_difficulty=False)
        again = undone(bank, about["loan_id"], fee)
        undone(bank, about["loan_id"], again)
        bank.done("WaiveClaim", **about, what="FEE", amount_minor=1_000, **why)


def _paid(bank: Bank) -> None:
    for account_id in ("A-1", "A-2"):
        bank.done("Deposit", account_id=account_id, amount_minor=90_000_000, currency="CNY",
                  source="CASH", branch_id="0755")  # fmt: skip
    bank.done("SettleWithPartner", partner_id="P-1", loan_ids=["L-1"])
    pass_days(bank, "2026-04-12")
    claim: dict[str, Any] = {"office": "Finance Bureau", "programme": "start-up"}
    claimed = bank.done("ClaimInterestSubsidy", **JOINT, **claim, amount_minor=10_001)
    undone(bank, "L-1", claimed)
    bank.done("ClaimInterestSubsidy", **JOINT, **claim, amount_minor=7_001)
    bank.done("SettleInterestSubsidy", **JOINT, amount_minor=7_001, reference="treasury")
    bank.done("CollectInstalment", **JOINT)
    for about in (JOINT, ALONE):
        paid = bank.done("RepayLoan", **about, amount_minor=700_003, mode="IN_ADVANCE")
        bank.done("RepayLoan", **about, amount_minor=99_999, value_date="2026-03-22")
        undone(bank, about["loan_id"], paid)
        wired = bank.done("ReceiveLoanPayment", **about, amount_minor=50_001, reference="wire")
        bank.done("ChargeBackRepayment", **about, position=wired, reason="returned")
    bank.done("RepayLoan", **ALONE, amount_minor=100_000, account_id="A-2", paid_by="C-2")
    bank.done("CompensateLoan", **ALONE, amount_minor=20_000, guarantor_id="C-2",
              account_id="A-2")  # fmt: skip
    facility = bank.done("RepayFacility", contract_id="K-2", amount_minor=3_000_000)
    undone(bank, "L-3", facility)
    bank.done("RepayFacility", contract_id="K-2", amount_minor=2_000_001)
    bank.done("RepayLoan", loan_id="L-7", amount_minor=100_000)


def _refinanced(bank: Bank) -> None:
    contract(bank, "K-3", amount_minor=20_000_000, partner=PARTNER)
    asked: dict[str, Any] = {"contract_id": "K-3", "loan_id": "L-4", "old_loan_id": "L-2"}
    payoff = standing_on(bank, "2026-04-12", "L-2").payoff_minor
    act = bank.done("RefinanceLoan", **asked, amount_minor=payoff)
    back = undone(bank, "L-2", act)
    undone(bank, "L-4", back)
    bank.done("SettleWithPartner", partner_id="P-1", loan_ids=["L-1", "L-4"])
    paid_off = standing_on(bank, "2026-04-12", "L-3").payoff_minor
    bank.done("PayOffLoan", loan_id="L-3", amount_minor=paid_off)
    bank.done("ReceiveLoanPayment", loan_id="L-3", amount_minor=5_000, reference="twice")
    bank.done("RefundOverpayment", loan_id="L-3", amount_minor=4_000)


def _in_bad_times(bank: Bank) -> None:
    """L-1 and L-4 are joint: in kind, restructured, accelerated, written off, recovered."""
    hard: dict[str, Any] = {"debtor_in_difficulty": True}
    pass_days(bank, "2026-05-20")
    for loan_id in ("L-1", "L-7"):
        bank.done("RestructureLoan", loan_id=loan_id, instalments=12, capitalise=True,
                  first_due_date="2026-06-20", **hard)  # fmt: skip
    bank.done("TakeForeclosedAsset", **JOINT, fair_value_minor=1_000_000, asset="A van",
              approval="FC-1")  # fmt: skip
    pass_days(bank, "2026-07-15")
    bank.done("AccelerateLoan", loan_id="L-7", reason="false statements")
    pass_days(bank, "2027-01-15")
    for number, loan_id in enumerate(("L-1", "L-4", "L-7")):
        bank.done("WriteOffLoan", loan_id=loan_id, approval=f"WO-{number}")
        bank.done("RecordRecovery", loan_id=loan_id, amount_minor=123_457, account_id="A-1")
        bank.done("RecordRecovery", loan_id=loan_id, amount_minor=77_777, reference="court",
                  value_date="2027-01-15")  # fmt: skip
    bank.done("ReceiveLoanPayment", loan_id="L-4", amount_minor=20_000_000, reference="a surety")
    bank.done("SettleWithPartner", partner_id="P-1", loan_ids=["L-1", "L-4"])
    pass_days(bank, "2027-01-20")
