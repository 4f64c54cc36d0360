"""A loan is lent and repaid over gRPC; its figures in the ledger explain themselves."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Desk
from tests.support.lender import drawn, in_order, on_sale, repaid, signed


def test_a_loans_interest_explains_itself_down_to_the_event(desk: Desk) -> None:
    desk.open_day()
    on_sale(desk)
    signed(desk)
    drawn(desk)
    for day in ("2026-03-03", "2026-03-04"):
        desk.do("AdvanceBusinessDate", "operator", date=day)
    paid = repaid(desk, 50_000, mode="IN_ADVANCE")
    at = {"min_position": paid, "as_of": "2026-03-04"}
    asked: dict[str, Any] = {"subject": "601101", "branch_id": "0755", "from_date": "2026-03-02"}
    found = desk.ask("ExplainFigure", "auditor", **asked, loan_id="L-1", at=at)
    assert found.closing_minor == found.loan.closing_minor == -4_000
    assert [(one.event, one.change_minor) for one in found.loan.parts] == [
        ("BusinessDateAdvanced", -2_000),
        ("Repaid", -2_000),
    ]
    assert [one.position for one in found.journals][-1] == paid
    assert found.loan.amounts[0].rule_id == "loan.interest-income"
    assert in_order(desk)["130301"] == 12_000_000 - 46_000
