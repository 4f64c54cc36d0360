"""Relief: new rates, dates and schedules, waivers; each within its bounds, each reversible."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from kernel.loans.relief_rules import extension_max
from kernel.loans.terms import LoanTerms
from tests.support.bank import Bank
from tests.support.lending import contract, drawn, loan, pass_days, publish, standing_on

ON_L1: dict[str, Any] = {"loan_id": "L-1"}


def late(bank: Bank, until: str = "2026-05-20") -> None:
    """A loan whose instalments were never paid."""
    contract(bank)
    drawn(bank)
    pass_days(bank, until)


def test_penalty_is_forgiven_as_far_as_it_is_owed(bank: Bank) -> None:
    late(bank)
    owed = standing_on(bank, "2026-05-20").due
    penalty = owed.penalty_minor + owed.compound_minor
    assert penalty > 0
    asked: dict[str, Any] = {**ON_L1, "what": "PENALTY", "reason": "flood"}
    more = bank.refused("WaiveClaim", **asked, amount_minor=penalty + 1)
    assert more == "LOAN_CHANGE_HAS_NO_EFFECT"
    waived = bank.done("WaiveClaim", **asked)
    assert standing_on(bank, "2026-05-20").due.penalty_minor == 0
    assert bank.refused("WaiveClaim", **asked) == "LOAN_CHANGE_HAS_NO_EFFECT"
    bank.done("ReverseLoanEntry", **ON_L1, position=waived, reason="not approved")
    assert standing_on(bank, "2026-05-20").due == owed


def test_a_fee_is_asked_with_the_current_instalment(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    bank.done("ChargeLoanFee", **ON_L1, amount_minor=5_000, name="valuation")
    assert standing_on(bank, "2026-04-02").due.fee_minor == 5_000


def test_relief_goes_below_the_product_and_nothing_above(bank: Bank) -> None:
    publish(bank, "floor", rate_min_ppm=40_000)
    contract(bank, product_id="floor")
    drawn(bank)
    asked: dict[str, Any] = {**ON_L1, "reason": "first hardship"}
    assert bank.refused("SetLoanRate", **asked, annual_rate_ppm=30_000) == (
        "LOAN_RATE_OUT_OF_PRODUCT"
    )
    high: dict[str, Any] = {"annual_rate_ppm": 190_000, "is_relief": True}
    assert bank.refused("SetLoanRate", **asked, **high) == "LOAN_RATE_OUT_OF_PRODUCT"
    bank.done("SetLoanRate", **asked, annual_rate_ppm=30_000, is_relief=True)
    assert standing_on(bank, "2026-03-02").annual_rate_ppb == 30_000_000


def test_no_interest_while_it_is_paused(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    asked: dict[str, Any] = {**ON_L1, "reason": "typhoon"}
    assert bank.refused("PauseLoanInterest", **asked, until="2026-03-01") == "LOAN_DATE_NOT_AFTER"
    bank.done("PauseLoanInterest", **asked, until="2026-03-11")
    assert standing_on(bank, "2026-03-12").accrued_interest_minor == 0
    assert standing_on(bank, "2026-03-13").accrued_interest_minor > 0


def test_the_next_due_date_moves(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    assert bank.refused("MoveDueDate", **ON_L1, next_due_date="2026-03-02") == (
        "LOAN_DATE_NOT_AFTER"
    )
    bank.done("MoveDueDate", **ON_L1, next_due_date="2026-04-10")
    due = [line.due_date for line in standing_on(bank, "2026-03-02").instalments]
    assert due[:2] == [datetime.date(2026, 4, 10), datetime.date(2026, 5, 10)]


def test_all_extensions_of_a_short_loan_together_are_no_longer_than_its_term(bank: Bank) -> None:
    contract(bank, instalments=3)
    drawn(bank)
    asked: dict[str, Any] = {**ON_L1, "debtor_in_difficulty": False}
    bank.done("ExtendLoan", **asked, instalments=2)
    assert bank.refused("ExtendLoan", **asked, instalments=2) == "EXTENSION_TOO_LONG"
    bank.done("ExtendLoan", **asked, instalments=1)
    assert len(standing_on(bank, "2026-03-02").instalments) == 6
    pass_days(bank, "2026-09-02")
    assert bank.refused("ExtendLoan", **asked, instalments=1) == "LOAN_HAS_MATURED"


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("ExtendLoan", {"instalments": 1, "debtor_in_difficulty": False}),
        ("MoveDueDate", {"next_due_date": "2026-04-10"}),
        ("SetLoanRate", {"annual_rate_ppm": 30_000, "reason": "hardship", "is_relief": True}),
    ],
)
def test_rate_and_term_of_a_discounted_loan_stay(
    bank: Bank, method: str, fields: dict[str, Any]
) -> None:
    """Its interest was taken from the draw, for the whole term."""
    publish(bank, "discount", terms={"method": "discounted"})
    contract(bank, product_id="discount", instalments=1)
    drawn(bank)
    assert bank.refused(method, **ON_L1, **fields) == "INTEREST_TAKEN_AHEAD"


@pytest.mark.parametrize(
    ("instalments", "most"), [(12, 12), (13, 6), (60, 30), (61, 36), (360, 36)]
)
def test_the_agreed_term_bounds_the_extensions(instalments: int, most: int) -> None:
    """Short loans by their term, medium ones by half of it, long ones by three years."""
    terms = LoanTerms.model_validate(
        {
            "principal_minor": 100,
            "currency": "CNY",
            "method": "equal_principal",
            "instalments": instalments,
            "start_date": "2026-03-02",
        }
    )
    assert extension_max(terms, datetime.date(2026, 3, 2)) == most


def test_restructuring_in_difficulty_starts_the_observation(bank: Bank) -> None:
    late(bank)
    asked: dict[str, Any] = {
        **ON_L1,
        "instalments": 24,
        "first_due_date": "2026-06-20",
        "method": "EQUAL_PRINCIPAL",
        "debtor_in_difficulty": True,
    }
    early = {**asked, "first_due_date": "2026-05-20"}
    assert bank.refused("RestructureLoan", **early) == "LOAN_DATE_NOT_AFTER"
    at = bank.done("RestructureLoan", **asked)
    found = standing_on(bank, "2026-05-20")
    assert (found.due.principal_minor, found.normal_minor) == (0, 12_000_000)
    assert loan(bank).observed_since == datetime.date(2026, 5, 20)
    bank.done("ReverseLoanEntry", **ON_L1, position=at, reason="signed by the wrong person")
    assert loan(bank).observed_since is None
