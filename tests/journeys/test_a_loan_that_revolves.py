"""A shop draws on its line, repays, draws again, and pays all draws back with one payment."""

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
    spent,
)


def left(desk: Desk) -> int:
    """What may still be drawn under the limit."""
    return int(desk.ask("GetContract", "lender", contract_id="K-1").amount_minor) - int(
        desk.ask("GetContract", "lender", contract_id="K-1").outstanding_minor
    )


def drawn_twice(desk: Desk) -> None:
    """A line of 100,000.00: 60,000.00 drawn on 2 March, the rest ten days later."""
    desk.open_day()
    on_sale(desk, "line", revolving=True, needs_limit=True)
    line_of_credit(desk, "SHOP", 10_000_000)
    signed(desk, amount_minor=10_000_000, product_id="line", limit_id="SHOP")
    drawn(desk, 6_000_000)
    pass_days(desk, "2026-03-12")
    drawn(desk, 4_000_000, "L-2")


def test_what_is_repaid_is_drawn_again(desk: Desk) -> None:
    drawn_twice(desk)
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


def test_one_payment_is_spread_over_the_draws(desk: Desk) -> None:
    """What fell due first is paid first, whichever draw it belongs to; one event says all of it."""
    drawn_twice(desk)
    spent(desk, 10_100_000)
    pass_days(desk, "2026-05-06")
    first, second = loan(desk), loan(desk, "L-2")
    assert (first.past_due_since, second.past_due_since) == ("2026-04-02", "2026-04-12")
    oldest, next_oldest = first.schedule[0].outstanding_minor, second.schedule[0].outstanding_minor
    desk.do("Deposit", **deposit(oldest + next_oldest + 100_000))
    paying: dict[str, Any] = {"contract_id": "K-1", "amount_minor": oldest + next_oldest + 100_000}
    receipt = desk.do("RepayFacility", "lender", **paying)
    assert receipt.position == receipt.last_position
    first, second = loan(desk), loan(desk, "L-2")
    assert (first.past_due_since, second.past_due_since) == ("2026-05-02", "")
    assert [one.outstanding_minor for one in (first.schedule[0], second.schedule[0])] == [0, 0]
    assert first.schedule[1].paid_minor == 100_000
    of_this = [
        sum(line.amount_minor for line in one.allocations if line.position == receipt.position)
        for one in (first, second)
    ]
    assert of_this == [oldest + 100_000, next_oldest]
    undo: dict[str, Any] = {"loan_id": "L-2", "position": receipt.position, "reason": "bounced"}
    desk.do("ReverseLoanEntry", "lender", **undo)
    assert (loan(desk).past_due_since, loan(desk, "L-2").past_due_since) == (
        "2026-04-02", "2026-04-12",
    )  # fmt: skip
    in_order(desk)
