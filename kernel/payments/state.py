"""The states of a payment and of a standing order.

Units: whole minor units; dates are business days.
"""

from __future__ import annotations

import calendar
import datetime
from enum import StrEnum

import msgspec

from kernel.common.facts import Event, Fact
from kernel.payments.commands import Every
from kernel.payments.events import (
    PaymentCaptured,
    PaymentReleased,
    PaymentReserved,
    PaymentReversed,
    StandingOrderCancelled,
    StandingOrderMissed,
    StandingOrderPaid,
    StandingOrderSet,
)


class PaymentStatus(StrEnum):
    """What became of a position that may be a payment."""

    NONE = "NONE"
    RESERVED = "RESERVED"
    CAPTURED = "CAPTURED"
    RELEASED = "RELEASED"
    BOOKED = "BOOKED"


class PaymentState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A payment by its position: the event that made it, and what happened to it since.

    ``reversed_by`` is the position of the reversal, 0 when there is none.
    """

    position: int = 0
    status: PaymentStatus = PaymentStatus.NONE
    event: Event | None = None
    booking_date: datetime.date = datetime.date.min
    reversed_by: int = 0


NO_PAYMENT = PaymentState()


def evolve_payment(state: PaymentState, fact: Fact) -> PaymentState:
    """Fold the fact that made the payment, then what is indexed under it."""
    replace = msgspec.structs.replace
    event = fact.event
    if state.status is PaymentStatus.NONE:
        reserved = isinstance(event, PaymentReserved)
        return PaymentState(
            position=fact.position,
            status=PaymentStatus.RESERVED if reserved else PaymentStatus.BOOKED,
            event=event,
            booking_date=fact.booking_date,
        )
    match event:
        case PaymentCaptured():
            return replace(state, status=PaymentStatus.CAPTURED)
        case PaymentReleased():
            return replace(state, status=PaymentStatus.RELEASED)
        case PaymentReversed():
            return replace(state, reversed_by=fact.position)
        case _:
            return state


class StandingOrderState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A standing order and how many of its due dates were run (paid or missed)."""

    order: StandingOrderSet | None = None
    is_cancelled: bool = False
    run_count: int = 0

    def due_on(self, number: int) -> datetime.date:
        """The due date of a number from 0; the day of the first is kept through short months."""
        assert self.order is not None
        step = number * self.order.interval
        if self.order.every is Every.DAYS:
            return self.order.first_on + datetime.timedelta(days=step)
        return add_months(self.order.first_on, step)

    @property
    def next_due_on(self) -> datetime.date | None:
        """The first due date that was not run; None when the order ended."""
        if self.order is None or self.is_cancelled:
            return None
        due_on = self.due_on(self.run_count)
        last_on = self.order.last_on
        return None if last_on is not None and due_on > last_on else due_on


NO_STANDING_ORDER = StandingOrderState()


def evolve_standing_order(state: StandingOrderState, fact: Fact) -> StandingOrderState:
    """Fold one fact of the order."""
    replace = msgspec.structs.replace
    match fact.event:
        case StandingOrderSet() as order:
            return StandingOrderState(order=order)
        case StandingOrderCancelled():
            return replace(state, is_cancelled=True)
        case StandingOrderPaid() | StandingOrderMissed():
            return replace(state, run_count=state.run_count + 1)
        case _:
            return state


def add_months(anchor: datetime.date, months: int) -> datetime.date:
    """The anchor's day so many months on, or the last day of a shorter month.

    >>> add_months(datetime.date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    >>> add_months(datetime.date(2026, 1, 31), 2)
    datetime.date(2026, 3, 31)
    """
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(anchor.day, last_day))


def invariants(state: PaymentState) -> None:
    """Raise AssertionError unless only a made payment was reversed."""
    assert not state.reversed_by or state.status is PaymentStatus.BOOKED
    assert state.reversed_by == 0 or state.reversed_by > state.position
