"""A farmer pledges the right to manage land, borrows on it, and pays back in full."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Desk
from tests.support.lender import (
    drawn,
    in_order,
    item,
    line_of_credit,
    loan,
    on_sale,
    pass_days,
    pledged,
    signed,
)

LAND: dict[str, Any] = {
    "registry_number": "H-7",
    "contract_ends_on": "2029-03-02",
    "annual_rent_minor": 6_000_000,
    "growing_crop_minor": 2_000_000,
    "crop": "rice",
}
"""60 mu of rice land until 2029: rent of the time left bounds what it is worth."""


def test_a_farm_loan_in_seconds(desk: Desk) -> None:
    desk.open_day()
    on_sale(desk, "farm", needs_limit=True, coverage_bp=10_000)
    rent: dict[str, Any] = {"valuation_method": "RENT_OF_TIME_LEFT", "land_contract": LAND}
    item(desk, "FIELD", 20_000_000, "LAND_MANAGEMENT_RIGHT", **rent)
    line_of_credit(desk, "FARM", 10_000_000)
    signed(desk, amount_minor=9_000_000, product_id="farm", limit_id="FARM")
    asked: dict[str, Any] = {"contract_id": "K-1", "loan_id": "L-1", "amount_minor": 9_000_000}
    assert desk.refused("DrawLoan", "lender", **asked).reason == "COVERAGE_SHORT"
    pledged(desk, "FIELD")
    drawn(desk, 9_000_000)
    cover = desk.ask("GetCoverage", "lender", contract_id="K-1")
    assert (cover.cover.covered_minor, cover.items[0].lendable_minor) == (9_000_000, 10_000_000)
    assert desk.ask("GetLimit", "lender", limit_id="FARM").headroom_minor == 1_000_000
    desk.do("AdvanceBusinessDate", "operator", date="2026-03-12")
    owed = desk.ask("QuotePayoff", "lender", loan_id="L-1").payoff_minor
    assert owed == 9_000_000 + 9_000_000 * 6 * 10 // 36_000
    desk.do("PayOffLoan", "lender", loan_id="L-1", amount_minor=owed)
    assert loan(desk).payoff_minor == 0
    desk.do("EndContract", "lender", contract_id="K-1", reason="paid back")
    assert desk.ask("GetLimit", "lender", limit_id="FARM").headroom_minor == 10_000_000
    at: dict[str, Any] = {"item_id": "FIELD", "contract_id": "K-1", "rank": 1}
    desk.do("ReleasePledge", "lender", **at, reason="paid back")
    closing = in_order(desk)
    assert (closing.get("130301", 0), closing["601101"]) == (0, -15_000)
    pass_days(desk, "2026-04-10")
    settled = loan(desk)
    assert (settled.days_past_due, settled.past_due_since) == (0, ""), "its due day asks nothing"
