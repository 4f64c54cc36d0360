"""Standing orders: each due date is run exactly once, in order, on or after its day.

Units: whole minor units; due dates are calendar days, run on business dates.
"""

from __future__ import annotations

import datetime

from kernel.common.moment import Moment
from kernel.common.refusals import Refusal
from kernel.payments.commands import CancelStandingOrder, RunStandingOrder, SetStandingOrder
from kernel.payments.events import (
    StandingOrderCancelled,
    StandingOrderMissed,
    StandingOrderPaid,
    StandingOrderSet,
)
from kernel.payments.refusals import (
    StandingOrderAlreadyRun,
    StandingOrderCancelledAlready,
    StandingOrderDatesOutOfRange,
    StandingOrderEarlierDue,
    StandingOrderExists,
    StandingOrderNotDue,
    StandingOrderNotFound,
    StandingOrderOfAnother,
)
from kernel.payments.schedule import next_due
from kernel.payments.state import StandingOrderState
from kernel.payments.transfers import require_two_accounts

DUE_AT_ONCE_MAX = 366
"""Due dates named at once: a year of a daily order. The rest is named once these are run."""


def set_standing_order(
    command: SetStandingOrder, state: StandingOrderState, at: Moment
) -> StandingOrderSet:
    """Order a payment that repeats, from today on at the earliest."""
    if state.exists:
        raise StandingOrderExists(standing_order_id=command.standing_order_id)
    require_two_accounts(command.payer_account_id, command.payee_account_id)
    last_on = command.last_on or datetime.date.max
    if not at.booking_date <= command.first_on <= last_on:
        raise StandingOrderDatesOutOfRange(
            first_on=str(command.first_on),
            on=str(at.booking_date),
            last_on=str(command.last_on or "none"),
        )
    return StandingOrderSet(
        standing_order_id=command.standing_order_id,
        ordering_customer_id=command.ordering_customer_id,
        payer_account_id=command.payer_account_id,
        payee_account_id=command.payee_account_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        first_on=command.first_on,
        every=command.every,
        interval=command.interval,
        last_on=command.last_on,
        text=command.text,
    )


def require_live(state: StandingOrderState, standing_order_id: str) -> None:
    """The order exists and was not cancelled."""
    if not state.exists:
        raise StandingOrderNotFound(standing_order_id=standing_order_id)
    if state.is_cancelled:
        raise StandingOrderCancelledAlready(standing_order_id=standing_order_id)


def cancel_standing_order(
    command: CancelStandingOrder, state: StandingOrderState
) -> StandingOrderCancelled:
    """End an order, by the customer who gave it; due dates not run yet are not run any more."""
    require_live(state, command.standing_order_id)
    if state.ordering_customer_id != command.ordering_customer_id:
        raise StandingOrderOfAnother(
            standing_order_id=command.standing_order_id, customer_id=command.ordering_customer_id
        )
    return StandingOrderCancelled(standing_order_id=command.standing_order_id)


def due_after(state: StandingOrderState, after: datetime.date | None) -> datetime.date | None:
    """The first due date behind a day (None: the very first); None when the order pays no more."""
    if state.every is None or state.is_cancelled:
        return None
    return next_due(state.first_on, state.every, state.interval, state.last_on, after)


def due_on_or_before(state: StandingOrderState, date: datetime.date) -> list[datetime.date]:
    """Due dates not run yet, up to a day, in order; at most ``DUE_AT_ONCE_MAX``."""
    due: list[datetime.date] = []
    due_on = due_after(state, state.last_due_on)
    while due_on is not None and due_on <= date and len(due) < DUE_AT_ONCE_MAX:
        due.append(due_on)
        due_on = due_after(state, due_on)
    return due


def require_due(command: RunStandingOrder, state: StandingOrderState, at: Moment) -> None:
    """The asked date is the order's next due date, and its day has come."""
    require_live(state, command.standing_order_id)
    last, asked = state.last_due_on, command.due_on
    if last is not None and asked <= last:
        raise StandingOrderAlreadyRun(
            standing_order_id=command.standing_order_id, last_due_on=str(last), due_on=str(asked)
        )
    next_due_on = due_after(state, last)
    if next_due_on is not None and next_due_on < asked <= at.booking_date:
        raise StandingOrderEarlierDue(
            standing_order_id=command.standing_order_id,
            next_due_on=str(next_due_on),
            due_on=str(asked),
        )
    if next_due_on != asked or asked > at.booking_date:
        raise StandingOrderNotDue(
            standing_order_id=command.standing_order_id, due_on=str(asked), on=str(at.booking_date)
        )


def pay_standing_order(
    command: RunStandingOrder,
    state: StandingOrderState,
    at: Moment,
    *,
    payer_capped: bool,
    payee_capped: bool,
) -> StandingOrderPaid:
    """Make the payment of a due date; the accounts allow it."""
    require_due(command, state, at)
    return StandingOrderPaid(
        standing_order_id=command.standing_order_id,
        due_on=command.due_on,
        payer_account_id=state.payer_account_id,
        payee_account_id=state.payee_account_id,
        amount_minor=state.amount_minor,
        currency=state.currency,
        payer_capped=payer_capped,
        payee_capped=payee_capped,
        text=state.text,
    )


def miss_standing_order(
    command: RunStandingOrder, state: StandingOrderState, at: Moment, why: Refusal
) -> StandingOrderMissed:
    """Record that the payment of a due date was not made, since the accounts refused it."""
    require_due(command, state, at)
    return StandingOrderMissed(
        standing_order_id=command.standing_order_id,
        due_on=command.due_on,
        reason_code=why.code,
        figures=dict(why.figures),
    )
