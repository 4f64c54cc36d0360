"""A payment's history for tests: who pays whom, on which day, at which position.

Units: fen. Mei pays Lan; both are held at branch 0755.
"""

from __future__ import annotations

import datetime
from typing import Any

from kernel.common.facts import Event, Fact
from kernel.common.fields import shaped
from kernel.common.moment import Moment
from kernel.common.refusals import Refusal
from kernel.payments.commands import (
    CapturePayment,
    ReservePayment,
    ReversePayment,
    SetStandingOrder,
    Transfer,
)
from kernel.payments.reversal import ReversalStanding
from kernel.payments.state import (
    INITIAL_PAYMENT,
    INITIAL_STANDING_ORDER,
    PaymentState,
    StandingOrderState,
    evolve_payment,
    evolve_standing_order,
    payment_invariants,
    standing_order_invariants,
)
from tests.support.bank_facts import DAY_1, DAY_2, fact

MEI, LAN = "mei-account", "lan-account"
OPEN_AND_RICH = ReversalStanding(is_open=True, available_minor=10**9, branch_id="0755")
CLOSED = ReversalStanding(is_open=False, available_minor=0, branch_id="0755")


def moment(on: datetime.date = DAY_1, position: int = 7) -> Moment:
    """A decision on a business date, taken for a position of the log."""
    return Moment(booking_date=on, value_date=on, position=position, principal="teller-1")


def holding(available_minor: int, branch_id: str = "0755") -> ReversalStanding:
    """An open account with so much to take."""
    return ReversalStanding(is_open=True, available_minor=available_minor, branch_id=branch_id)


def transfer_order(**fields: Any) -> Transfer:
    """Mei pays Lan 500."""
    return shaped(
        Transfer,
        {
            "ordering_customer_id": "mei",
            "payer_account_id": MEI,
            "payee_account_id": LAN,
            "amount_minor": 500,
            "currency": "CNY",
            **fields,
        },
    )


def reservation_order(**fields: Any) -> ReservePayment:
    """Mei sets 500 aside for Lan until the day after tomorrow."""
    return shaped(
        ReservePayment,
        {
            "ordering_customer_id": "mei",
            "payer_account_id": MEI,
            "payee_account_id": LAN,
            "amount_minor": 500,
            "currency": "CNY",
            "expires_on": "2026-03-04",
            **fields,
        },
    )


def capture_order(amount_minor: int | None = None, payment_id: int = 7) -> CapturePayment:
    """Pay what was reserved at a position."""
    return shaped(CapturePayment, {"payment_id": payment_id, "amount_minor": amount_minor})


def reversal_order(**fields: Any) -> ReversePayment:
    """Take the payment at position 7 back."""
    return shaped(ReversePayment, {"payment_id": 7, "reason": "paid twice", **fields})


def standing_order(**fields: Any) -> SetStandingOrder:
    """Mei pays Lan 500 on the last day of each month, from 31 March 2026."""
    return shaped(
        SetStandingOrder,
        {
            "standing_order_id": "rent",
            "ordering_customer_id": "mei",
            "payer_account_id": MEI,
            "payee_account_id": LAN,
            "amount_minor": 500,
            "currency": "CNY",
            "first_on": "2026-03-31",
            "every": "MONTHS",
            "interval": 1,
            **fields,
        },
    )


def payment(*events: Event, since: int = 7) -> PaymentState:
    """A payment made on the first day at a position; what follows happened on the second day."""
    state = INITIAL_PAYMENT
    for one in _facts(events, since):
        state = evolve_payment(state, one)
        payment_invariants(state)
    return state


def order(*events: Event) -> StandingOrderState:
    """A standing order and its runs."""
    state = INITIAL_STANDING_ORDER
    for one in _facts(events, 1):
        state = evolve_standing_order(state, one)
        standing_order_invariants(state)
    return state


def _facts(events: tuple[Event, ...], since: int) -> list[Fact]:
    return [
        fact(event, since + number, DAY_2 if number else DAY_1)
        for number, event in enumerate(events)
    ]


def figures(refusal: Refusal) -> dict[str, str | int]:
    """The figures of a refusal; its sentence is made of them."""
    assert str(refusal) == refusal.says.format(**refusal.figures)
    return refusal.figures


def sums(event: Event) -> dict[str, int]:
    """What each account moves, debit positive."""
    moved: dict[str, int] = {}
    for leg in event.legs:
        moved[leg.account] = moved.get(leg.account, 0) + leg.amount_minor
    return moved
