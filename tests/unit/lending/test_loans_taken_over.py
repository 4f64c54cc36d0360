"""Running loans are taken over as they stand, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.application.folds import CONTRACT
from kernel.application.requests import Refused
from tests.support.bank import Bank
from tests.support.lending import loan, pass_days, standing_on
from tests.support.loan_lives import RUNNING


def test_a_running_loan_goes_on_where_it_stood(bank: Bank) -> None:
    bank.done("ImportLoan", **RUNNING)
    found = standing_on(bank, "2026-03-02", "L-7")
    assert (found.status, found.days_past_due) == ("OVERDUE", 10)
    assert found.payoff_minor == 10_972_000 + 75_000 + 3_200
    assert str(found.next_due_date) == "2026-03-20"
    assert loan(bank, "L-7").outstanding_minor == 10_972_000
    assert bank.states.get(CONTRACT, "K-7").outstanding_minor == 10_972_000
    bank.done("RepayLoan", loan_id="L-7", amount_minor=58_200 + 40_000)
    pass_days(bank, "2026-03-20")
    assert standing_on(bank, "2026-03-20", "L-7").instalment(3).is_due


@pytest.mark.parametrize(
    "wrong", ["expected_principal_minor", "expected_interest_minor", "expected_penalty_minor"]
)
def test_a_cent_off_is_refused_with_the_figures(bank: Bank, wrong: str) -> None:
    outcome = bank.ask("ImportLoan", **{**RUNNING, wrong: RUNNING[wrong] + 1})
    assert isinstance(outcome, Refused)
    assert outcome.refusal.code == "IMPORT_DOES_NOT_RECONCILE"
    figures = outcome.refusal.figures
    assert int(figures[wrong]) - int(figures[wrong.removeprefix("expected_")]) == 1


def test_no_more_is_drawn_under_a_contract_that_was_taken_over(bank: Bank) -> None:
    bank.done("ImportLoan", **RUNNING)
    draw: dict[str, Any] = {"contract_id": "K-7", "loan_id": "L-8", "amount_minor": 1}
    assert bank.refused("DrawLoan", **draw) == "CONTRACT_NOT_IN_STATUS"
    assert bank.refused("EndContract", contract_id="K-7", reason="x") == "CONTRACT_NOT_IN_STATUS"
    assert bank.refused("ImportLoan", **RUNNING) == "LOAN_EXISTS"
    bank.done("ImportLoan", **{**RUNNING, "loan_id": "L-8"})
    assert bank.states.get(CONTRACT, "K-7").loan_ids == ("L-7", "L-8")


def test_a_take_over_is_undone(bank: Bank) -> None:
    at = bank.done("ImportLoan", **RUNNING)
    bank.done("ReverseLoanEntry", loan_id="L-7", position=at, reason="not sold after all")
    assert standing_on(bank, "2026-03-02", "L-7").status == "NOT_DISBURSED"
    assert loan(bank, "L-7").outstanding_minor == 0
