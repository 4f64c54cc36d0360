"""A shop draws on its line, repays, draws again, and pays the whole facility back."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Desk, deposit
from tests.support.lender import (
    drawn,
    in_order,
    line_of_credit,
    loan,
    on_sale,
    pass_days,
    repaid,
    signed,
)


def left(desk: Desk) -> int:
    """What may still be drawn under the limit."""
    return int(desk.ask("GetContract", "lender", contract_id="K-1").amount_minor) - int(
        desk.ask("GetContract", "lender", contract_id="K-1").outstanding_minor
    )


def test_what_is_repaid_is_drawn_again(desk: Desk) -> None:
    desk.open_day()
    on_sale(desk, "line", revolving=True, needs_limit=True)
    line_of_credit(desk, "SHOP", 10_000_000)
    signed(desk, amount_minor=10_000_000, product_id="line", limit_id="SHOP")
    drawn(desk, 6_000_000)
    pass_days(desk, "2026-03-12")
    drawn(desk, 4_000_000, "L-2")
    asked: dict[str, Any] = {"contract_id": "K-1", "loan_id": "L-3", "amount_minor": 3_000_000}
    full = desk.refused("DrawLoan", "lender", **asked)
    assert (full.reason, full.figures["available_minor"]) == ("MORE_THAN_APPROVED", "0")
    before = loan(desk)
    repaid(desk, 3_000_000 + before.accrued_interest_minor, mode="IN_ADVANCE")
    assert loan(desk).normal_principal_minor == 3_000_000
    assert left(desk) == 3_000_000
    drawn(desk, 3_000_000, "L-3")
    assert left(desk) == 0
    pass_days(desk, "2026-04-20")
    owed = [loan(desk, one).payoff_minor for one in ("L-1", "L-2", "L-3")]
    desk.do("Deposit", **deposit(1_000_000))
    too_much: dict[str, Any] = {"contract_id": "K-1", "amount_minor": sum(owed) + 1}
    no = desk.refused("RepayFacility", "lender", **too_much)
    assert no.reason == "FACILITY_PAYMENT_EXCEEDS_DEBT"
    desk.do("RepayFacility", "lender", contract_id="K-1", amount_minor=sum(owed))
    assert [loan(desk, one).payoff_minor for one in ("L-1", "L-2", "L-3")] == [0, 0, 0]
    assert left(desk) == 10_000_000
    assert "130301" not in in_order(desk)
