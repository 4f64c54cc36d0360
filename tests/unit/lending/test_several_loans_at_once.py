"""Acts on several loans: a facility is repaid, a loan pays another one back, both undone whole."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.application.folds import CONTRACT
from kernel.common.refusals import InvalidInput
from tests.support.bank import CURRENT, Bank
from tests.support.lending import (
    contract,
    drawn,
    internal_balance,
    loan,
    pass_days,
    publish,
    standing_on,
)


@pytest.fixture
def facility(bank: Bank) -> Bank:
    """Two loans under one contract, drawn on 2 and 12 March; nothing was paid until 20 April."""
    contract(bank)
    drawn(bank, 6_000_000, "L-1")
    pass_days(bank, "2026-03-12")
    drawn(bank, 6_000_000, "L-2")
    pass_days(bank, "2026-04-20")
    return bank


def due(bank: Bank, loan_id: str) -> int:
    return standing_on(bank, "2026-04-20", loan_id).due.total_minor


def test_what_fell_due_first_is_paid_first(facility: Bank) -> None:
    first, second = due(facility, "L-1"), due(facility, "L-2")
    facility.done("RepayFacility", contract_id="K-1", amount_minor=first + 1_000)
    assert (due(facility, "L-1"), due(facility, "L-2")) == (0, second - 1_000)
    assert facility.balance("A-1") == 100_000 + 12_000_000 - first - 1_000


def test_a_facility_is_paid_off_to_the_cent_and_takes_no_more(facility: Bank) -> None:
    whole = sum(standing_on(facility, "2026-04-20", one).payoff_minor for one in ("L-1", "L-2"))
    facility.done("Deposit", account_id="A-1", amount_minor=1_000_000, currency="CNY",
                  source="CASH", branch_id="0755")  # fmt: skip
    asked: dict[str, Any] = {"contract_id": "K-1"}
    assert facility.refused("RepayFacility", **asked, amount_minor=whole + 1) == (
        "FACILITY_PAYMENT_EXCEEDS_DEBT"
    )
    facility.done("RepayFacility", **asked, amount_minor=whole)
    left = [standing_on(facility, "2026-04-20", one) for one in ("L-1", "L-2")]
    assert [(one.status.name, one.payoff_minor) for one in left] == [("SETTLED", 0)] * 2
    assert facility.refused("RepayFacility", **asked, amount_minor=1) == "CONTRACT_OWES_NOTHING"
    assert facility.refused("RepayFacility", contract_id="K-9", amount_minor=1) == (
        "CONTRACT_NOT_FOUND"
    )


@pytest.mark.parametrize("named", ["L-1", "L-2"])
def test_a_payment_on_a_facility_is_undone_on_all_its_loans(facility: Bank, named: str) -> None:
    before = due(facility, "L-1"), due(facility, "L-2")
    at = facility.done("RepayFacility", contract_id="K-1", amount_minor=sum(before))
    facility.done("ReverseLoanEntry", loan_id=named, position=at, reason="wrong account")
    assert (due(facility, "L-1"), due(facility, "L-2")) == before
    assert facility.balance("A-1") == 100_000 + 12_000_000
    assert facility.states.get(CONTRACT, "K-1").outstanding_minor == 12_000_000
    for one in ("L-1", "L-2"):
        assert facility.refused(
            "ReverseLoanEntry", loan_id=one, position=at, reason="wrong account"
        ) == "LOAN_ENTRY_ALREADY_REVERSED"  # fmt: skip


@pytest.fixture
def refinancing(bank: Bank) -> Bank:
    """An old loan under K-1 and a signed contract K-2 that may pay it back; 20 March."""
    contract(bank)
    drawn(bank)
    contract(bank, "K-2", amount_minor=20_000_000)
    pass_days(bank, "2026-03-20")
    return bank


USD = {**CURRENT, "currency": "USD", "account_class": "II"}
ASKED: dict[str, Any] = {"contract_id": "K-2", "loan_id": "L-2", "old_loan_id": "L-1"}


def test_a_new_loan_pays_an_old_one_back_and_no_account_moves(refinancing: Bank) -> None:
    payoff = standing_on(refinancing, "2026-03-20").payoff_minor
    wrong = refinancing.refused("RefinanceLoan", **ASKED, amount_minor=payoff - 1)
    assert wrong == "PAYOFF_QUOTE_OUTDATED"
    refinancing.done("RefinanceLoan", **ASKED, amount_minor=payoff)
    assert standing_on(refinancing, "2026-03-20").status == "SETTLED"
    assert standing_on(refinancing, "2026-03-20", "L-2").normal_minor == payoff
    assert loan(refinancing, "L-2").refinances == "L-1"
    assert refinancing.balance("A-1") == 100_000 + 12_000_000
    outstanding = [
        refinancing.states.get(CONTRACT, one).outstanding_minor for one in ("K-1", "K-2")
    ]
    assert outstanding == [0, payoff]
    assert internal_balance(refinancing, "@LOAN:0755") == 12_000_000


@pytest.mark.parametrize("named", ["L-1", "L-2"])
def test_a_refinancing_is_undone_on_both_loans(refinancing: Bank, named: str) -> None:
    payoff = standing_on(refinancing, "2026-03-20").payoff_minor
    at = refinancing.done("RefinanceLoan", **ASKED, amount_minor=payoff)
    undo: dict[str, Any] = {"loan_id": named, "position": at, "reason": "not signed"}
    back = refinancing.done("ReverseLoanEntry", **undo)
    assert standing_on(refinancing, "2026-03-20").payoff_minor == payoff
    assert standing_on(refinancing, "2026-03-20", "L-2").status == "NOT_DISBURSED"
    assert refinancing.states.get(CONTRACT, "K-2").drawn_minor == 0
    refinancing.done("ReverseLoanEntry", **{**undo, "position": back})
    assert standing_on(refinancing, "2026-03-20", "L-2").normal_minor == payoff
    assert refinancing.states.get(CONTRACT, "K-2").drawn_minor == payoff


def test_a_loan_is_refinanced_in_its_own_currency(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    usd: dict[str, Any] = {"product_id": "usd", "version": 1}
    bank.done("DraftProduct", by="maker", **usd, terms=USD)
    bank.done("PublishProduct", by="checker", **usd, effective_from="2026-03-02")
    account: dict[str, Any] = {"account_id": "A-9", "customer_id": "C-1", "branch_id": "0755"}
    bank.done("OpenAccount", **account, product_id="usd")
    publish(bank, "usd-loan", currency="USD")
    contract(bank, "K-2", product_id="usd-loan", currency="USD", account_id="A-9")
    with pytest.raises(InvalidInput, match="in the currency of the old one"):
        bank.ask("RefinanceLoan", **ASKED, amount_minor=12_000_000)
