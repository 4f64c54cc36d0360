"""Two customers of a group draw under one limit, until it has no room; and a late payer is frozen.

What is undrawn counts half here, so a draw needs the other half from every limit above.
"""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Desk, deposit
from tests.support.lender import (
    drawn,
    in_order,
    line_of_credit,
    loan,
    now,
    on_sale,
    pass_days,
    repaid,
    sealed,
    signed,
    spent,
)

HERS: dict[str, Any] = {"contract_id": "K-2", "loan_id": "L-2"}


def limit(desk: Desk, limit_id: str) -> Any:
    """How a limit stands, with everything that is in the log."""
    return desk.ask("GetLimit", "risk-officer", limit_id=limit_id, at=now(desk))


def of_a_group(desk: Desk) -> None:
    """MILL may owe 200,000.00; below it C-1 and C-2 have lines of 150,000.00 each."""
    desk.open_day()
    on_sale(desk, "line", revolving=True, needs_limit=True)
    desk.do("SetGroupMembers", "risk-officer", group_id="MILL", customer_ids=["C-1", "C-2"])
    line_of_credit(desk, "MILL", 20_000_000, holder_kind="GROUP", holder_id="MILL")
    below: dict[str, Any] = {"parent_limit_id": "MILL", "undrawn_ccf_bp": 5_000}
    for number in ("1", "2"):
        line_of_credit(desk, f"LINE-{number}", 15_000_000, holder_id=f"C-{number}", **below)


def test_a_draw_finds_no_room_in_the_limit_of_the_group(desk: Desk) -> None:
    of_a_group(desk)
    signed(desk, product_id="line", limit_id="LINE-1")
    second: dict[str, Any] = {"customer_id": "C-2", "account_id": "A-2", "limit_id": "LINE-2"}
    signed(desk, "K-2", amount_minor=14_000_000, product_id="line", **second)
    drawn(desk)
    no = desk.refused("DrawLoan", "lender", **HERS, amount_minor=14_000_000)
    assert (no.reason, no.figures) == (
        "LIMIT_EXCEEDED",
        {
            "limit_id": "MILL",
            "asked_limit_id": "LINE-2",
            "asked_minor": "7000000",
            "available_minor": "1000000",
        },
    )
    drawn(desk, 2_000_000, "L-2", contract_id="K-2")
    full = limit(desk, "LINE-2")
    assert (full.headroom_minor, full.binding_limit_id) == (0, "MILL")
    assert [(one.limit_id, one.utilisation_minor) for one in full.path] == [
        ("LINE-2", 2_000_000 + 6_000_000),
        ("MILL", 20_000_000),
    ]
    repaid(desk, 6_000_000, mode="IN_ADVANCE")
    assert limit(desk, "LINE-2").headroom_minor == 3_000_000, "what she repaid he may draw"
    drawn(desk, 6_000_000, "L-3", contract_id="K-2")
    assert [(one.contract_id, one.counted_minor) for one in limit(desk, "MILL").contracts] == [
        ("K-1", 6_000_000 + 3_000_000),
        ("K-2", 8_000_000 + 3_000_000),
    ]
    in_order(desk)


def test_a_late_payer_draws_no_more_until_a_person_says_so(desk: Desk) -> None:
    of_a_group(desk)
    signed(desk, product_id="line", limit_id="LINE-1")
    drawn(desk, 6_000_000)
    spent(desk, 6_100_000)
    pass_days(desk, "2026-04-03")
    sealed(desk, "2026-04-03")
    assert len(limit(desk, "LINE-1").path[0].freezes) == 1, "frozen by the close: overdue"
    bank: dict[str, Any] = {"limit_id": "MILL", "trigger": "BANK"}
    desk.do("FreezeLimit", "risk-officer", **bank, reason="an inquiry at the mill")
    more: dict[str, Any] = {"contract_id": "K-1", "loan_id": "L-2", "amount_minor": 1_000_000}
    no = desk.refused("DrawLoan", "lender", **more)
    assert (no.reason, no.figures["limit_id"]) == ("LIMIT_FROZEN", "LINE-1")
    desk.do("Deposit", **deposit(1_000_000))
    repaid(desk, loan(desk).due.principal_minor + loan(desk).due.interest_minor)
    late: dict[str, Any] = {"limit_id": "LINE-1", "trigger": "OVERDUE"}
    desk.do("UnfreezeLimit", "risk-officer", **late, reason="paid")
    no = desk.refused("DrawLoan", "lender", **more)
    assert (no.reason, no.figures["limit_id"]) == ("LIMIT_FROZEN", "MILL")
    desk.do("UnfreezeLimit", "risk-officer", **bank, reason="nothing found")
    drawn(desk, 1_000_000, "L-2")
    in_order(desk)
