"""Compensation: a guarantor pays what is overdue, up to what it answers for, in its own name."""

from __future__ import annotations

import datetime
from typing import Any

from kernel.loans.guarantees import claims
from kernel.reporting import regulatory
from kernel.reporting.loan_book import book, record_of
from tests.support.bank import Bank, deposit
from tests.support.lending import DIGEST, drawn, loan, pass_days, publish, standing_on

ON_L1: dict[str, Any] = {"loan_id": "L-1", "guarantor_id": "C-2", "account_id": "A-2"}


def guaranteed(bank: Bank, guarantors: tuple[str, ...] = ("C-2",), most: int | None = None) -> None:
    """120,000.00 for a year, guaranteed by C-2; the first instalment is due on 2 April."""
    publish(bank, "backed")
    bank.done(
        "ApplyForLoan", contract_id="K-1", customer_id="C-1", product_id="backed",
        amount_minor=12_000_000, currency="CNY", instalments=12, account_id="A-1",
        purpose="seed", guarantor_ids=list(guarantors),
    )  # fmt: skip
    bank.done(
        "RecordCreditDecision", contract_id="K-1", outcome="APPROVED", rules="r",
        input_digest=DIGEST, annual_rate_ppm=60_000,
    )  # fmt: skip
    bank.done("OfferLoan", contract_id="K-1")
    maximum = [{"guarantor_id": "C-2", "max_minor": most}] if most else []
    bank.done("SignContract", **SIGNED, guarantees=maximum)
    drawn(bank, 6_000_000)
    bank.done("Deposit", **deposit(9_000_000, "A-2"))


SIGNED: dict[str, Any] = {"contract_id": "K-1", "document_digest": DIGEST, "signed_by": "王芳"}


def test_a_guarantor_pays_what_is_overdue_by_the_waterfall(bank: Bank) -> None:
    guaranteed(bank)
    pass_days(bank, "2026-05-10")
    before = standing_on(bank, "2026-05-10")
    assert before.days_past_due > 0
    bank.done("CompensateLoan", **ON_L1, amount_minor=before.due.total_minor)
    after = standing_on(bank, "2026-05-10")
    assert (after.days_past_due, after.due.total_minor) == (0, 0)
    assert bank.balance("A-2") == 9_000_000 - before.due.total_minor
    assert claims(loan(bank)) == {"C-2": before.due.total_minor}
    assert claims(loan(bank), datetime.date(2026, 5, 9)) == {}
    assert loan(bank).outstanding_minor == after.normal_minor


def test_nothing_is_paid_that_is_not_late_and_no_more_than_is_due(bank: Bank) -> None:
    guaranteed(bank)
    asked = bank.refused("CompensateLoan", **ON_L1, amount_minor=1)
    assert asked == "MORE_THAN_OVERDUE"
    pass_days(bank, "2026-04-12")
    due = standing_on(bank, "2026-04-12").due.total_minor
    assert bank.refused("CompensateLoan", **ON_L1, amount_minor=due + 1) == "MORE_THAN_OVERDUE"
    bank.done("RepayLoan", loan_id="L-1", amount_minor=due)
    late: dict[str, Any] = {**ON_L1, "value_date": "2026-04-11", "amount_minor": 1}
    assert bank.refused("CompensateLoan", **late) == "MORE_THAN_OVERDUE", "paid since"


def test_only_a_guarantor_of_the_contract_pays_as_one_and_out_of_its_own_account(
    bank: Bank,
) -> None:
    guaranteed(bank, guarantors=())
    pass_days(bank, "2026-05-10")
    assert bank.refused("CompensateLoan", **ON_L1, amount_minor=1) == "NOT_A_GUARANTOR"


def test_a_guarantor_does_not_pay_out_of_the_account_of_another(bank: Bank) -> None:
    guaranteed(bank)
    pass_days(bank, "2026-05-10")
    other = {**ON_L1, "account_id": "A-1"}
    assert bank.refused("CompensateLoan", **other, amount_minor=1) == "NOT_THE_HOLDER"


def test_a_guarantor_pays_no_more_than_its_maximum_over_all_loans(bank: Bank) -> None:
    guaranteed(bank, most=500_000)
    drawn(bank, 6_000_000, "L-2")
    pass_days(bank, "2026-05-10")
    bank.done("CompensateLoan", **ON_L1, amount_minor=400_000)
    second = {**ON_L1, "loan_id": "L-2"}
    assert bank.refused("CompensateLoan", **second, amount_minor=100_001) == (
        "MORE_THAN_GUARANTEED"
    )
    bank.done("CompensateLoan", **second, amount_minor=100_000)
    assert bank.refused("CompensateLoan", **second, amount_minor=1) == "MORE_THAN_GUARANTEED"


def test_a_maximum_is_agreed_with_guarantors_of_the_application_alone(bank: Bank) -> None:
    guaranteed(bank)
    bank.done("ApplyForLoan", contract_id="K-2", customer_id="C-1", product_id="backed",
              amount_minor=100_000, currency="CNY", instalments=3, account_id="A-1",
              purpose="seed")  # fmt: skip
    bank.done("RecordCreditDecision", contract_id="K-2", outcome="APPROVED", rules="r",
              input_digest=DIGEST, annual_rate_ppm=60_000)  # fmt: skip
    bank.done("OfferLoan", contract_id="K-2")
    signed: dict[str, Any] = {**SIGNED, "contract_id": "K-2"}
    one: dict[str, Any] = {"guarantor_id": "C-2", "max_minor": 1}
    assert bank.refused("SignContract", **signed, guarantees=[one]) == "NOT_A_GUARANTOR"


def test_a_compensation_is_taken_back_as_an_entry_and_not_charged_back(bank: Bank) -> None:
    guaranteed(bank, most=500_000)
    pass_days(bank, "2026-05-10")
    at = bank.done("CompensateLoan", **ON_L1, amount_minor=500_000)
    about: dict[str, Any] = {"loan_id": "L-1", "position": at, "reason": "by mistake"}
    assert bank.refused("ChargeBackRepayment", **about) == "NOT_A_REPAYMENT"
    bank.done("ReverseLoanEntry", **about)
    assert (claims(loan(bank)), bank.balance("A-2")) == ({}, 9_000_000)
    bank.done("CompensateLoan", **ON_L1, amount_minor=500_000)


def test_the_bureau_reads_d_for_the_month_in_which_a_guarantor_paid(bank: Bank) -> None:
    guaranteed(bank)
    pass_days(bank, "2026-05-10")
    due = standing_on(bank, "2026-05-10").due.total_minor
    at = bank.done("CompensateLoan", **ON_L1, amount_minor=due)
    pass_days(bank, "2026-06-30")
    assert letters(bank) == "1D1"
    bank.done("ReverseLoanEntry", loan_id="L-1", position=at, reason="by mistake")
    assert letters(bank) == "123"


def letters(bank: Bank) -> str:
    """A letter for the ends of April, May and June."""
    ends = [datetime.date(2026, 4, 30), datetime.date(2026, 5, 31), datetime.date(2026, 6, 30)]
    lines = [book([record_of(loan(bank))], day)[0] for day in ends]
    return regulatory.bureau_status(list(zip(ends, lines, strict=True)))
