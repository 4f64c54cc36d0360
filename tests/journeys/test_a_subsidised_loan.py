"""A fiscal office pays the interest of a loan, over gRPC: claimed, in the books, paid, undone."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Desk
from tests.support.lender import drawn, in_order, loan, on_sale, pass_days, signed

BY: dict[str, Any] = {"loan_id": "L-1", "office": "Finance Bureau 0755", "programme": "start-up"}


def test_interest_is_claimed_from_an_office_and_paid(desk: Desk) -> None:
    desk.open_day()
    on_sale(desk)
    signed(desk)
    drawn(desk)
    pass_days(desk, "2026-04-02")
    pass_days(desk, "2026-04-03")
    interest = loan(desk).due.interest_minor
    before = in_order(desk)
    claimed = desk.do("ClaimInterestSubsidy", "lender", **BY, amount_minor=interest).position
    now = in_order(desk)
    assert (now["122102"], now.get("113201", 0)) == (interest, before["113201"] - interest)
    assert loan(desk).subsidy_open_minor == interest
    paid: dict[str, Any] = {"loan_id": "L-1", "amount_minor": interest}
    settled = desk.do("SettleInterestSubsidy", "lender", **paid, reference="treasury 7").position
    after = in_order(desk)
    assert ("122102" in after, after["3001"]) == (False, interest)
    assert loan(desk).subsidy_open_minor == 0
    back: dict[str, Any] = {"loan_id": "L-1", "reason": "not eligible"}
    early = desk.refused("ReverseLoanEntry", "lender", **back, position=claimed)
    assert early.reason == "SUBSIDY_IS_SETTLED"
    desk.do("ReverseLoanEntry", "lender", **back, position=settled)
    desk.do("ReverseLoanEntry", "lender", **back, position=claimed)
    assert not {"122102", "3001"} & set(in_order(desk))
    assert loan(desk).due.interest_minor == interest
