"""The decisions about payments, as far as they need no account: accounts are asked beside them.

Units: whole minor units; dates are business days.
"""

from __future__ import annotations

import datetime

from kernel.common.fields import MAX_AMOUNT_MINOR
from kernel.common.moment import Moment
from kernel.common.refusals import Refusal
from kernel.payments.commands import (
    BulkTransfer,
    CancelStandingOrder,
    CapturePayment,
    ReleasePayment,
    ReservePayment,
    RunStandingOrder,
    SetStandingOrder,
)
from kernel.payments.events import (
    PaymentCaptured,
    PaymentReleased,
    PaymentReserved,
    StandingOrderCancelled,
    StandingOrderMissed,
    StandingOrderPaid,
    StandingOrderSet,
)
from kernel.payments.refusals import (
    CaptureTooHigh,
    NotTheOrderer,
    PaymentNotFound,
    PaymentNotReserved,
    ReservationExpiryOutOfRange,
    SameAccount,
    StandingOrderDates,
    StandingOrderExists,
    StandingOrderNotDue,
    StandingOrderNotFound,
    SumTooHigh,
)
from kernel.payments.state import PaymentState, PaymentStatus, StandingOrderState

RESERVATION_DAYS_MAX = 366


def require_two_accounts(payer_account_id: str, payee_account_id: str) -> None:
    """Payer and payee differ."""
    if payer_account_id == payee_account_id:
        raise SameAccount(account_id=payer_account_id)


def require_sum(command: BulkTransfer) -> int:
    """The sum of the items, in minor units; payees differ from the payer."""
    for item in command.items:
        require_two_accounts(command.payer_account_id, item.payee_account_id)
    sum_minor = sum(item.amount_minor for item in command.items)
    if sum_minor > MAX_AMOUNT_MINOR:
        raise SumTooHigh(sum_minor=sum_minor, max_minor=MAX_AMOUNT_MINOR)
    return sum_minor


def reserve_payment(command: ReservePayment, at: Moment) -> PaymentReserved:
    """First phase: the hold is named after the position that the payment takes."""
    require_two_accounts(command.payer_account_id, command.payee_account_id)
    latest = at.booking_date + datetime.timedelta(days=RESERVATION_DAYS_MAX)
    if not at.booking_date < command.expires_on <= latest:
        raise ReservationExpiryOutOfRange(
            expires_on=str(command.expires_on), on=str(at.booking_date), latest=str(latest)
        )
    return PaymentReserved(
        ordering_customer_id=command.ordering_customer_id,
        payer_account_id=command.payer_account_id,
        payee_account_id=command.payee_account_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        hold_id=f"payment-{at.position}",
        expires_on=command.expires_on,
        text=command.text,
    )


def require_reserved(payment_id: int, state: PaymentState, at: Moment) -> PaymentReserved:
    """The reservation, which still binds."""
    reserved = state.event
    if not isinstance(reserved, PaymentReserved):
        raise PaymentNotFound(payment_id=payment_id)
    if state.status is not PaymentStatus.RESERVED:
        raise PaymentNotReserved(payment_id=payment_id, status=state.status.value)
    if at.booking_date >= reserved.expires_on:
        raise PaymentNotReserved(payment_id=payment_id, status="EXPIRED")
    return reserved


def capture_payment(
    command: CapturePayment,
    reserved: PaymentReserved,
    *,
    payer_capped: bool,
    payee_capped: bool,
) -> PaymentCaptured:
    """Second phase: pay what was asked, all that is reserved by default; the rest is let go."""
    amount_minor = command.amount_minor or reserved.amount_minor
    if amount_minor > reserved.amount_minor:
        raise CaptureTooHigh(
            payment_id=command.payment_id,
            asked_minor=amount_minor,
            reserved_minor=reserved.amount_minor,
        )
    return PaymentCaptured(
        payment_id=command.payment_id,
        payer_account_id=reserved.payer_account_id,
        payee_account_id=reserved.payee_account_id,
        amount_minor=amount_minor,
        currency=reserved.currency,
        payer_capped=payer_capped,
        payee_capped=payee_capped,
        hold_id=reserved.hold_id,
        released_minor=reserved.amount_minor - amount_minor,
        text=reserved.text,
    )


def release_payment(command: ReleasePayment, reserved: PaymentReserved) -> PaymentReleased:
    """Second phase: give the payment up."""
    return PaymentReleased(
        payment_id=command.payment_id,
        payer_account_id=reserved.payer_account_id,
        hold_id=reserved.hold_id,
        amount_minor=reserved.amount_minor,
        reason=command.reason,
    )


def set_standing_order(
    command: SetStandingOrder, state: StandingOrderState, at: Moment
) -> StandingOrderSet:
    """Take a standing order whose first day has not passed."""
    if state.order is not None:
        raise StandingOrderExists(standing_order_id=command.standing_order_id)
    require_two_accounts(command.payer_account_id, command.payee_account_id)
    last_on = command.last_on or datetime.date.max
    if not at.booking_date <= command.first_on <= last_on:
        raise StandingOrderDates(
            first_on=str(command.first_on), last_on=str(last_on), on=str(at.booking_date)
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


def cancel_standing_order(
    command: CancelStandingOrder, state: StandingOrderState
) -> StandingOrderCancelled:
    """End an order, by the customer who set it."""
    order = state.order
    if order is None or state.is_cancelled:
        raise StandingOrderNotFound(standing_order_id=command.standing_order_id)
    if order.ordering_customer_id != command.ordering_customer_id:
        raise NotTheOrderer(
            standing_order_id=command.standing_order_id, customer_id=command.ordering_customer_id
        )
    return StandingOrderCancelled(standing_order_id=command.standing_order_id)


def require_due(
    command: RunStandingOrder, state: StandingOrderState, at: Moment
) -> StandingOrderSet:
    """The order, whose next due date is the one asked for and has come.

    Due dates are run one after another, so a missed day catches up in order.
    """
    order, next_due_on = state.order, state.next_due_on
    if order is None or state.is_cancelled:
        raise StandingOrderNotFound(standing_order_id=command.standing_order_id)
    if next_due_on is None or command.due_on != next_due_on or next_due_on > at.booking_date:
        raise StandingOrderNotDue(
            standing_order_id=command.standing_order_id,
            next_due_on=str(next_due_on),
            due_on=str(command.due_on),
            on=str(at.booking_date),
        )
    return order


def standing_order_paid(
    order: StandingOrderSet, due_on: datetime.date, *, payer_capped: bool, payee_capped: bool
) -> StandingOrderPaid:
    """The payment of one due date."""
    return StandingOrderPaid(
        standing_order_id=order.standing_order_id,
        due_on=due_on,
        payer_account_id=order.payer_account_id,
        payee_account_id=order.payee_account_id,
        amount_minor=order.amount_minor,
        currency=order.currency,
        payer_capped=payer_capped,
        payee_capped=payee_capped,
        text=order.text,
    )


def standing_order_missed(
    order: StandingOrderSet, due_on: datetime.date, refusal: Refusal
) -> StandingOrderMissed:
    """A due date that was not paid, and why."""
    return StandingOrderMissed(
        standing_order_id=order.standing_order_id,
        due_on=due_on,
        reason_code=refusal.code,
        figures=refusal.figures,
    )
