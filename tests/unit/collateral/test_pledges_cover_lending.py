"""Collateral on the ledger: what is pledged covers what is drawn; what falls short is called."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from kernel.application.books import Books
from kernel.application.folds import COLLATERAL, LOAN, SECURITY
from kernel.application.requests import Refused
from kernel.application.use_cases.security import secured
from kernel.collateral.coverage import LoanCover
from kernel.collateral.state import StepKind, item_invariants
from kernel.eventstore.memory import MemoryLog
from kernel.loans.state import standing_of
from tests.support.bank import Bank, deposit, running_bank
from tests.support.credit import item, pledge, value
from tests.support.lending import DIGEST, contract, drawn, pass_days, publish

MARCH_2 = datetime.date(2026, 3, 2)


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank that lends against collateral: a contract K-1 of 120,000.00; today is 2 March 2026."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        publish(one, coverage_bp=10_000)
        contract(one)
        yield one


def figures(bank: Bank, method: str, **fields: Any) -> dict[str, Any]:
    """Code and figures of a refusal."""
    outcome = bank.ask(method, **fields)
    assert isinstance(outcome, Refused), outcome
    return {"code": outcome.refusal.code, **outcome.refusal.figures}


def cover(bank: Bank, on: datetime.date = MARCH_2, contract_id: str = "K-1") -> LoanCover:
    """How a contract is covered."""
    return secured(contract_id, Books(bank.states), on).cover(contract_id)


def draw(amount_minor: int, loan_id: str = "L-1", contract_id: str = "K-1") -> dict[str, Any]:
    return {"contract_id": contract_id, "loan_id": loan_id, "amount_minor": amount_minor}


def test_nothing_is_drawn_that_pledges_do_not_cover(bank: Bank) -> None:
    item(bank, value_minor=10_000_000)
    pledge(bank)
    assert figures(bank, "DrawLoan", **draw(7_000_001)) == {
        "code": "COVERAGE_SHORT",
        "contract_id": "K-1",
        "exposure_minor": 7_000_001,
        "needed_minor": 7_000_001,
        "needed_bp": 10_000,
        "reached_minor": 7_000_000,
    }
    drawn(bank, 4_000_000)
    assert figures(bank, "DrawLoan", **draw(3_000_001, "L-2"))["reached_minor"] == 7_000_000
    drawn(bank, 3_000_000, "L-2")


def test_a_product_may_ask_for_more_or_less_than_the_whole(bank: Bank) -> None:
    publish(bank, "ample", coverage_bp=15_000)
    contract(bank, "K-2", product_id="ample")
    item(bank, value_minor=15_000_000)
    pledge(bank, contract_id="K-2")
    assert bank.refused("DrawLoan", **draw(7_000_001, "L-2", "K-2")) == "COVERAGE_SHORT"
    drawn(bank, 7_000_000, "L-2", contract_id="K-2")


def test_a_mortgage_covers_nothing_before_it_is_registered(bank: Bank) -> None:
    item(bank)
    pledge(bank, registered_on=None, registration_number="")
    assert figures(bank, "DrawLoan", **draw(1))["reached_minor"] == 0
    asked: dict[str, Any] = {"item_id": "FLAT", "contract_id": "K-1", "rank": 1}
    asked |= {"registered_on": "2026-03-02", "registration_number": "R-7"}
    bank.done("PerfectPledge", **asked)
    assert bank.refused("PerfectPledge", **asked) == "PLEDGE_PERFECTED_ALREADY"
    drawn(bank)


def test_prior_claims_insurance_and_the_age_of_a_value_count(bank: Bank) -> None:
    item(bank, needs_insurance=True)
    pledge(bank)
    assert bank.refused("DrawLoan", **draw(1)) == "COVERAGE_SHORT"
    insured: dict[str, Any] = {"policy_number": "P-1", "insurer": "PICC", "insured_minor": 1}
    bank.done("RecordInsurance", item_id="FLAT", expires_on="2026-04-01", **insured)
    bank.done("SetPriorClaim", item_id="FLAT", creditor="Other Bank", amount_minor=4_000_000)
    assert figures(bank, "DrawLoan", **draw(10_000_001))["reached_minor"] == 10_000_000
    bank.done("SetPriorClaim", item_id="FLAT", creditor="Other Bank", amount_minor=0)
    drawn(bank, 12_000_000)
    assert cover(bank).shortfall_minor == 0
    assert cover(bank, datetime.date(2026, 4, 1)).covered_minor == 0
    bank.done("RecordInsurance", item_id="FLAT", expires_on="2030-04-01", **insured)
    assert cover(bank, datetime.date(2027, 3, 1)).shortfall_minor == 0
    assert cover(bank, datetime.date(2027, 3, 2)).covered_minor == 0


def land(contract_ends_on: str) -> dict[str, Any]:
    return {
        "registry_number": "H-7",
        "contract_ends_on": contract_ends_on,
        "annual_rent_minor": 6_000_000,
        "growing_crop_minor": 5_000_000,
        "crop": "rice",
    }


def test_a_land_right_outlasts_the_loan_and_wastes_away(bank: Bank) -> None:
    fields: dict[str, Any] = {"collateral_kind": "LAND_MANAGEMENT_RIGHT"}
    item(bank, "SHORT", 90_000_000, land_contract=land("2027-03-01"), **fields)
    asked: dict[str, Any] = {"item_id": "SHORT", "contract_id": "K-1", "rank": 1}
    assert figures(bank, "PledgeCollateral", **asked) == {
        "code": "LAND_RIGHT_TOO_SHORT",
        "asked_months": 12,
        "available_months": 11,
    }
    item(bank, "FIELD", 90_000_000, land_contract=land("2028-03-02"), **fields)
    pledge(bank, "FIELD")
    drawn(bank, 8_500_000)
    assert cover(bank).covered_minor == 8_500_000
    assert cover(bank, datetime.date(2027, 3, 1)).covered_minor == (6_000_000 + 5_000_000) // 2
    longer: dict[str, Any] = {**draw(1, "L-2"), "instalments": 25}
    assert bank.refused("DrawLoan", **longer) == "LAND_RIGHT_TOO_SHORT"


def test_a_land_right_comes_with_its_land_contract_and_nothing_else_does(bank: Bank) -> None:
    asked: dict[str, Any] = {
        "item_id": "X",
        "collateral_kind": "LAND_MANAGEMENT_RIGHT",
        "owner_id": "C-1",
        "currency": "CNY",
        "description": "a field",
        "evidence_digest": DIGEST,
    }
    assert bank.refused("RegisterCollateral", **asked) == "LAND_CONTRACT_MISMATCH"
    asked |= {"collateral_kind": "VEHICLE", "land_contract": land("2030-01-01")}
    assert bank.refused("RegisterCollateral", **asked) == "LAND_CONTRACT_MISMATCH"


def test_a_pledge_is_released_only_if_what_is_owed_stays_covered(bank: Bank) -> None:
    item(bank, "FLAT", 10_000_000)
    item(bank, "SHOP", 10_000_000, collateral_kind="COMMERCIAL")
    pledge(bank, "FLAT")
    pledge(bank, "SHOP")
    drawn(bank, 7_000_001)
    for item_id, reached in (("FLAT", 5_000_000), ("SHOP", 7_000_000)):
        asked: dict[str, Any] = {"item_id": item_id, "contract_id": "K-1", "rank": 1}
        found = figures(bank, "ReleasePledge", **asked, reason="asked for")
        assert (found["code"], found["reached_minor"]) == ("COVERAGE_SHORT", reached)
    bank.done("RepayLoan", loan_id="L-1", amount_minor=1, mode="IN_ADVANCE")
    bank.done("ReleasePledge", item_id="SHOP", contract_id="K-1", rank=1, reason="asked for")
    again: dict[str, Any] = {"item_id": "SHOP", "contract_id": "K-1", "rank": 1, "reason": "again"}
    assert bank.refused("ReleasePledge", **again) == "PLEDGE_NOT_FOUND"


def test_a_release_may_not_take_the_cover_of_another_contract(bank: Bank) -> None:
    """K-1 has the flat and a share of the shop; without the flat it would ask more of the shop."""
    item(bank, "FLAT", 10_000_000)
    item(bank, "SHOP", 20_000_000, collateral_kind="COMMERCIAL")
    contract(bank, "K-2")
    pledge(bank, "FLAT")
    pledge(bank, "SHOP")
    pledge(bank, "SHOP", "K-2", rank=2)
    drawn(bank, 9_000_000)
    drawn(bank, 7_000_000, "L-2", contract_id="K-2")
    asked: dict[str, Any] = {"item_id": "FLAT", "contract_id": "K-1", "rank": 1, "reason": "x"}
    found = figures(bank, "ReleasePledge", **asked)
    assert (found["contract_id"], found["reached_minor"]) == ("K-2", 1_000_000)


def test_a_price_index_moves_every_item_that_follows_it(bank: Bank) -> None:
    index: dict[str, Any] = {"index_id": "HOMES", "source": "bureau of statistics"}
    followed: dict[str, Any] = {"index_id": "HOMES", "value_minor": 20_000_000}
    unpublished: dict[str, Any] = {
        "source": "x",
        "valuation_method": "APPRAISAL",
        "confidence_bp": 1,
    }
    item(bank, "OTHER")
    unpublished |= {"valid_until": "2027-01-01", "item_id": "OTHER"}
    assert bank.refused("ValueCollateral", **followed, **unpublished) == "PRICE_INDEX_NOT_FOUND"
    bank.done("PublishPriceIndex", published_on="2026-03-01", index_value=1_000, **index)
    item(bank, index_id="HOMES")
    pledge(bank)
    drawn(bank)
    bank.done("PublishPriceIndex", published_on="2026-03-15", index_value=600, **index)
    assert cover(bank).covered_minor == 12_000_000
    assert cover(bank, datetime.date(2026, 3, 15)).covered_minor == 8_400_000


def test_a_price_file_values_many_items_in_one_event_and_keeps_their_haircuts(bank: Bank) -> None:
    for number in range(3):
        item(bank, f"I-{number}", 10_000_000, haircut_bp=5_000)
    prices = [{"item_id": f"I-{number}", "value_minor": number * 100} for number in (2, 0, 1)]
    run: dict[str, Any] = {
        "run_id": "R-1",
        "part": 1,
        "file_digest": DIGEST,
        "source": "price service",
        "valuation_method": "MARKET_PRICE",
        "confidence_bp": 8_000,
        "valid_until": "2026-06-01",
    }
    before = bank.log.head().position
    bank.done("RevalueCollateral", prices=prices, **run)
    assert bank.log.head().position == before + 1
    for number in range(3):
        found = bank.states.get(COLLATERAL, f"I-{number}").valuation
        assert found is not None
        assert (found.value_minor, found.haircut_bp) == (number * 100, 5_000)
    unknown = [*prices, {"item_id": "NONE", "value_minor": 1}]
    assert bank.refused("RevalueCollateral", prices=unknown, **run) == "COLLATERAL_NOT_FOUND"


# -- a shortfall: called, then cured or sold


def short(bank: Bank) -> None:
    """120,000.00 owed against a flat that now lends 84,000.00."""
    item(bank)
    pledge(bank)
    drawn(bank)
    value(bank, "FLAT", 12_000_000)


def test_a_shortfall_is_called_with_its_figures_and_cured(bank: Bank) -> None:
    item(bank)
    pledge(bank)
    drawn(bank)
    call: dict[str, Any] = {"contract_id": "K-1", "due_on": "2026-03-12"}
    assert bank.refused("RaiseMarginCall", **call) == "STILL_COVERED"
    value(bank, "FLAT", 12_000_000)
    bank.done("RaiseMarginCall", **call)
    assert bank.refused("RaiseMarginCall", **call) == "MARGIN_CALL_OPEN"
    close: dict[str, Any] = {"contract_id": "K-1", "reason": "a shop was pledged too"}
    assert bank.refused("CloseMarginCall", **close) == "COVERAGE_SHORT"
    [called] = bank.states.get(SECURITY, "K-1").steps
    assert called.amount_minor == 3_600_000
    item(bank, "SHOP", 7_200_000, collateral_kind="COMMERCIAL")
    pledge(bank, "SHOP")
    bank.done("CloseMarginCall", **close)
    assert bank.refused("CloseMarginCall", **close) == "NO_MARGIN_CALL"
    state = bank.states.get(SECURITY, "K-1")
    assert [step.kind for step in state.steps] == [StepKind.CALLED, StepKind.CURED]
    assert state.call_due_on is None


def test_an_unanswered_call_ends_in_a_sale_that_repays_the_loan(bank: Bank) -> None:
    short(bank)
    bank.done("RaiseMarginCall", contract_id="K-1", due_on="2026-03-12")
    bank.done("SetPriorClaim", item_id="FLAT", creditor="Other Bank", amount_minor=1_000_000)
    sale: dict[str, Any] = {"item_id": "FLAT", "loan_id": "L-1", "proceeds_minor": 9_000_000}
    sale |= {"account_id": "A-2", "buyer": "李雷"}
    assert bank.refused("LiquidateCollateral", **sale) == "NOT_IN_DEFAULT"
    pass_days(bank, "2026-03-12")
    assert bank.refused("LiquidateCollateral", **sale) == "INSUFFICIENT_FUNDS"
    bank.done("Deposit", **deposit(9_000_000, "A-2"))
    owed = bank.states.get(LOAN, "L-1").outstanding_minor
    bank.done("LiquidateCollateral", **sale)
    found = bank.states.get(LOAN, "L-1")
    interest = 8_000_000 - (owed - found.outstanding_minor)
    assert 0 <= interest < 100_000
    assert standing_of(found, datetime.date(2026, 3, 12)).unapplied_minor == 0
    assert bank.balance("A-2") == 1_000_000
    sold = bank.states.get(COLLATERAL, "FLAT")
    assert (sold.proceeds_minor, sold.pledges) == (9_000_000, ())
    item_invariants(sold)
    steps = bank.states.get(SECURITY, "K-1").steps
    assert [(step.kind, step.amount_minor) for step in steps] == [
        (StepKind.CALLED, 3_600_000),
        (StepKind.LIQUIDATED, 8_000_000),
    ]
    assert bank.refused("LiquidateCollateral", **sale) == "COLLATERAL_SOLD"


def test_what_a_sale_brings_beyond_the_debt_stays_on_the_account(bank: Bank) -> None:
    short(bank)
    bank.done("RaiseMarginCall", contract_id="K-1", due_on="2026-03-03")
    pass_days(bank, "2026-03-03")
    payoff = standing_of(bank.states.get(LOAN, "L-1"), datetime.date(2026, 3, 3)).payoff_minor
    bank.done("Deposit", **deposit(15_000_000, "A-2"))
    sale: dict[str, Any] = {"item_id": "FLAT", "loan_id": "L-1", "proceeds_minor": 15_000_000}
    bank.done("LiquidateCollateral", **sale, account_id="A-2", buyer="李雷")
    assert bank.balance("A-2") == 15_000_000 - payoff
    assert bank.states.get(LOAN, "L-1").outstanding_minor == 0
    bank.done("CloseMarginCall", contract_id="K-1", reason="repaid by the sale")


def test_a_sale_serves_the_earlier_rank_first(bank: Bank) -> None:
    item(bank, value_minor=40_000_000)
    contract(bank, "K-2")
    pledge(bank, contract_id="K-2", rank=1)
    pledge(bank, contract_id="K-1", rank=2)
    drawn(bank, 12_000_000, "L-2", contract_id="K-2")
    drawn(bank)
    value(bank, "FLAT", 20_000_000)
    bank.done("RaiseMarginCall", contract_id="K-1", due_on="2026-03-03")
    pass_days(bank, "2026-03-03")
    sale: dict[str, Any] = {"item_id": "FLAT", "loan_id": "L-1", "proceeds_minor": 15_000_000}
    found = figures(bank, "LiquidateCollateral", **sale, account_id="A-2", buyer="李雷")
    assert found == {
        "code": "EARLIER_RANK_FIRST",
        "item_id": "FLAT",
        "contract_id": "K-2",
        "rank": 1,
        "owed_minor": 12_000_000,
    }
