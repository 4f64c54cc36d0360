"""A fee over gRPC: on the statement by its name, in the books as income, taken back once."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Desk
from tests.support.lender import in_order

FEE: dict[str, Any] = {"account_id": "A-1", "amount_minor": 1_500, "name": "补打对账单"}


def test_a_fee_is_shown_by_its_name_and_taken_back(desk: Desk) -> None:
    desk.open_day()
    charged = desk.do("ChargeAccountFee", **FEE).position
    at = {"min_position": charged}
    days = {"account_id": "A-1", "from_date": "2026-03-02", "to_date": "2026-03-02"}
    line = desk.ask("GetStatement", **days, at=at).lines[-1]
    assert (line.amount_minor, line.purpose, line.text) == (-1_500, "FEE", "补打对账单")
    assert in_order(desk) == {"1001": 100_000, "201101": -98_500, "602102": -1_500}
    payment = desk.ask("GetPayment", payment_id=charged, at=at)
    assert (payment.phase, len(payment.legs)) == ("MADE", 2)
    back: dict[str, Any] = {"payment_id": charged, "reason": "account of a pensioner"}
    desk.do("ReversePayment", **back)
    assert in_order(desk) == {"1001": 100_000, "201101": -100_000}
    assert desk.refused("ReversePayment", **back).reason == "PAYMENT_ALREADY_REVERSED"


def test_money_under_a_freeze_pays_no_fee(desk: Desk) -> None:
    desk.open_day()
    desk.do(
        "PlaceRestraint", account_id="A-1", restraint_id="R-1", kind="JUDICIAL_FREEZE",
        authority="Court 1", notice_number="2026-1", direction="DEBIT", amount_minor=99_000,
    )  # fmt: skip
    assert desk.refused("ChargeAccountFee", **FEE).reason == "INSUFFICIENT_FUNDS"
    desk.do("ChargeAccountFee", **{**FEE, "amount_minor": 1_000})
