"""What is drawn otherwise than by a draw: refinanced, drawn again by a reversal, taken over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kernel.application.folds import LIMIT, LOAN
from kernel.eventstore.memory import MemoryLog
from kernel.limits.state import invariants
from kernel.loans.events import LoanImported
from tests.support.bank import Bank, deposit, running_bank
from tests.support.credit import item, limit, pledge, used
from tests.support.lending import contract, drawn, publish
from tests.support.loan_lives import RUNNING

NEW: dict[str, Any] = {"contract_id": "K-2", "loan_id": "L-2", "old_loan_id": "L-1"}
FREEZE: dict[str, Any] = {"limit_id": "LINE", "trigger": "BANK", "reason": "a new car"}


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank with a micro loan on sale; today is 2 March 2026."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        publish(one)
        yield one


def test_the_old_loan_makes_room_for_the_one_that_pays_it_back(bank: Bank) -> None:
    """Undrawn commitments count nothing here, so only the exchange has to fit."""
    limit(bank, "LINE", 12_000_000, undrawn_ccf_bp=0)
    contract(bank, limit_id="LINE")
    contract(bank, "K-2", limit_id="LINE")
    drawn(bank)
    assert used(bank, "LINE") == 12_000_000
    bank.done("RefinanceLoan", **NEW, amount_minor=12_000_000)
    assert used(bank, "LINE") == 12_000_000
    invariants(bank.states.get(LIMIT, "LINE"))


def test_a_refinancing_needs_a_limit_that_has_room_and_is_not_frozen(bank: Bank) -> None:
    limit(bank, "LINE", 6_000_000, undrawn_ccf_bp=0)
    contract(bank)
    contract(bank, "K-2", limit_id="LINE")
    drawn(bank)
    assert bank.refused("RefinanceLoan", **NEW, amount_minor=12_000_000) == "LIMIT_EXCEEDED"
    bank.done("AdjustLimit", limit_id="LINE", amount_minor=12_000_000, reason="agreed")
    bank.done("FreezeLimit", **FREEZE)
    assert bank.refused("RefinanceLoan", **NEW, amount_minor=12_000_000) == "LIMIT_FROZEN"
    bank.done("UnfreezeLimit", limit_id="LINE", trigger="BANK", reason="explained")
    bank.done("RefinanceLoan", **NEW, amount_minor=12_000_000)


def test_pledges_of_the_new_contract_cover_it_when_the_old_claim_is_gone(bank: Bank) -> None:
    publish(bank, "secured", coverage_bp=10_000)
    contract(bank, product_id="secured")
    contract(bank, "K-2", product_id="secured")
    item(bank, value_minor=17_142_858)
    pledge(bank)
    drawn(bank)
    assert bank.refused("RefinanceLoan", **NEW, amount_minor=12_000_000) == "COVERAGE_SHORT"
    pledge(bank, contract_id="K-2", rank=2)
    bank.done("RefinanceLoan", **NEW, amount_minor=12_000_000)


def test_a_draw_that_counts_again_passes_limit_and_pledges_again(bank: Bank) -> None:
    publish(bank, "secured", coverage_bp=10_000)
    limit(bank, "LINE", 12_000_000, undrawn_ccf_bp=0)
    contract(bank, product_id="secured", limit_id="LINE")
    item(bank, value_minor=17_142_858)
    pledge(bank)
    first = drawn(bank)
    undo: dict[str, Any] = {"loan_id": "L-1", "reason": "by mistake"}
    back = bank.done("ReverseLoanEntry", **undo, position=first)
    bank.done("FreezeLimit", **FREEZE)
    assert bank.refused("ReverseLoanEntry", **undo, position=back) == "LIMIT_FROZEN"
    bank.done("UnfreezeLimit", limit_id="LINE", trigger="BANK", reason="explained")
    bank.done("ReleasePledge", item_id="FLAT", contract_id="K-1", rank=1, reason="sold")
    assert bank.refused("ReverseLoanEntry", **undo, position=back) == "COVERAGE_SHORT"
    pledge(bank)
    bank.done("ReverseLoanEntry", **undo, position=back)
    assert used(bank, "LINE") == 12_000_000


def test_a_repayment_that_goes_back_asks_no_limit(bank: Bank) -> None:
    limit(bank, "LINE", 12_000_000)
    contract(bank, limit_id="LINE")
    drawn(bank)
    paid = bank.done("RepayLoan", loan_id="L-1", amount_minor=1_000_000, mode="IN_ADVANCE")
    bank.done("FreezeLimit", **FREEZE)
    bank.done("ReverseLoanEntry", loan_id="L-1", position=paid, reason="bounced")
    assert used(bank, "LINE") == 12_000_000


def test_a_loan_that_is_taken_over_counts_on_its_limit_and_says_what_it_exceeds(
    bank: Bank,
) -> None:
    limit(bank, "TOP", 10_000_000)
    limit(bank, "LINE", 10_900_000, "TOP")
    at = bank.done("ImportLoan", **RUNNING, limit_id="LINE")
    [fact] = bank.log.facts_at([at])
    assert isinstance(fact.event, LoanImported)
    assert (fact.event.exceeded_limit_id, fact.event.exceeded_by_minor) == ("TOP", 972_000)
    assert (used(bank, "LINE"), used(bank, "TOP")) == (10_972_000, 10_972_000)
    bank.done("Deposit", **deposit(2_000_000))
    bank.done("RepayLoan", loan_id="L-7", amount_minor=58_200 + 972_000)
    assert used(bank, "TOP") == 10_000_000
    bank.states.forget()
    assert bank.states.get(LOAN, "L-7").limit_path == ("LINE", "TOP")


def test_a_loan_within_its_limit_exceeds_nothing(bank: Bank) -> None:
    limit(bank, "LINE", 10_972_000)
    at = bank.done("ImportLoan", **RUNNING, limit_id="LINE")
    [fact] = bank.log.facts_at([at])
    assert isinstance(fact.event, LoanImported)
    assert fact.event.exceeded_by_minor == 0
    assert bank.refused("ImportLoan", **{**RUNNING, "loan_id": "L-8"}, limit_id="NONE") == (
        "LIMIT_NOT_FOUND"
    )
