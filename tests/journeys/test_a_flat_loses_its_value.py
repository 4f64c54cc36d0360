"""A flat loses its value: the call is answered by a second pledge; another one ends in a sale."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Desk, deposit
from tests.support.lender import (
    drawn,
    in_order,
    item,
    loan,
    now,
    on_sale,
    pass_days,
    pledged,
    signed,
    valued,
)

CALL: dict[str, Any] = {"contract_id": "K-1", "due_on": "2026-03-12"}


def cover(desk: Desk) -> Any:
    """How K-1 is covered, with everything that is in the log."""
    return desk.ask("GetCoverage", "risk-officer", contract_id="K-1", at=now(desk))


def called(desk: Desk) -> None:
    """120,000.00 owed against a flat that lent 140,000.00 and now lends 84,000.00."""
    desk.open_day()
    on_sale(desk, "secured", coverage_bp=10_000)
    signed(desk, product_id="secured")
    item(desk, "FLAT", 20_000_000, "RESIDENTIAL")
    pledged(desk, "FLAT")
    drawn(desk)
    before = cover(desk)
    assert (before.status, before.coverage_bp) == ("COVERED", 11_666)
    assert desk.refused("RaiseMarginCall", "lender", **CALL).reason == "STILL_COVERED"
    valued(desk, "FLAT", 12_000_000)
    after = cover(desk)
    assert (after.status, after.cover.shortfall_minor) == ("CALL", 3_600_000)
    desk.do("RaiseMarginCall", "lender", **CALL)


def steps(desk: Desk) -> list[tuple[str, str, int]]:
    """What happened to the security of K-1."""
    return [(one.kind, one.on, one.amount_minor) for one in cover(desk).steps]


def test_a_call_is_answered_with_a_shop(desk: Desk) -> None:
    called(desk)
    assert cover(desk).call_due_on == "2026-03-12"
    answer: dict[str, Any] = {"contract_id": "K-1", "reason": "a shop was pledged too"}
    no = desk.refused("CloseMarginCall", "lender", **answer)
    assert (no.reason, no.figures["reached_minor"]) == ("COVERAGE_SHORT", "8400000")
    pass_days(desk, "2026-03-10")
    item(desk, "SHOP", 7_200_000, "COMMERCIAL")
    pledged(desk, "SHOP")
    desk.do("CloseMarginCall", "lender", **answer)
    found = cover(desk)
    assert (found.cover.covered_minor, found.call_due_on) == (12_000_000, "")
    assert [(one.item_id, one.amount_minor) for one in found.lines] == [
        ("FLAT", 8_400_000),
        ("SHOP", 3_600_000),
    ]
    assert steps(desk) == [
        ("CALLED", "2026-03-02", 3_600_000),
        ("CURED", "2026-03-10", 12_000_000),
    ]
    asked: dict[str, Any] = {"item_id": "SHOP", "contract_id": "K-1", "rank": 1, "reason": "sold"}
    no = desk.refused("ReleasePledge", "lender", **asked)
    assert (no.reason, no.figures["reached_minor"]) == ("COVERAGE_SHORT", "8400000")
    in_order(desk)


def test_a_call_that_nobody_answers_ends_in_a_sale(desk: Desk) -> None:
    called(desk)
    prior: dict[str, Any] = {"item_id": "FLAT", "creditor": "Other Bank"}
    desk.do("SetPriorClaim", "lender", **prior, amount_minor=1_000_000)
    sale: dict[str, Any] = {"item_id": "FLAT", "loan_id": "L-1", "proceeds_minor": 9_000_000}
    sale |= {"account_id": "A-2", "buyer": "李雷"}
    assert desk.refused("LiquidateCollateral", "lender", **sale).reason == "NOT_IN_DEFAULT"
    pass_days(desk, "2026-03-12")
    desk.do("Deposit", **{**deposit(9_000_000), "account_id": "A-2"})
    owed = loan(desk).payoff_minor
    desk.do("LiquidateCollateral", "lender", **sale)
    assert loan(desk).payoff_minor == owed - 8_000_000
    at = now(desk)
    assert desk.ask("GetAccount", account_id="A-2", at=at).balance.ledger_minor == 1_000_000
    sold = desk.ask("GetCollateral", "lender", item_id="FLAT", at=at)
    assert (sold.why, sold.proceeds_minor, len(sold.pledges)) == ("SOLD", 9_000_000, 0)
    assert steps(desk) == [
        ("CALLED", "2026-03-02", 3_600_000),
        ("LIQUIDATED", "2026-03-12", 8_000_000),
    ]
    assert cover(desk).cover.covered_minor == 0
    again = desk.refused("LiquidateCollateral", "lender", **sale)
    assert (again.reason, again.figures["proceeds_minor"]) == ("COLLATERAL_SOLD", "9000000")
    in_order(desk)
