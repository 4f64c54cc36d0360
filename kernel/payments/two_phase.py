"""Payments in two phases: money is set aside first, then paid or let go; each ends once.

Units: whole minor units. ``expires_on`` is the first business date on which the money is free
again; expiry is computed from the date and needs no event.
"""

from __future__ import annotations

import datetime

from kernel.common.moment import Moment
from kernel.common.policy import PolicyTable
from kernel.payments.commands import CapturePayment, ReleasePayment, ReservePayment
from kernel.payments.events import PaymentCaptured, PaymentReleased, PaymentReserved
from kernel.payments.policy import POLICY
from kernel.payments.refusals import (
    CaptureTooLarge,
    NamedByReservation,
    PaymentNotFound,
    PaymentNotReserved,
    ReservationExpired,
    ReservationExpiryOutOfRange,
)
from kernel.payments.state import PaymentState, Phase
from kernel.payments.transfers import require_two_accounts


def require_payment(payment: PaymentState, payment_id: int) -> None:
    """The position is a payment, named by the event that made it."""
    if payment.phase is Phase.NONE:
        raise PaymentNotFound(payment_id=payment_id)
    if payment.phase is Phase.CAPTURE:
        raise NamedByReservation(payment_id=payment_id, reservation_id=payment.belongs_to)


def reserve(command: ReservePayment, at: Moment, policy: PolicyTable = POLICY) -> PaymentReserved:
    """Set the money aside; the hold is named after the position that the payment will take."""
    require_two_accounts(command.payer_account_id, command.payee_account_id)
    max_days = policy.value("payment.reserve.max_days", at.booking_date)
    latest = at.booking_date + datetime.timedelta(days=max_days)
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


def require_reserved(payment: PaymentState, payment_id: int, at: Moment) -> None:
    """The payment is reserved, neither captured nor released, and its day has not come."""
    require_payment(payment, payment_id)
    if payment.phase is not Phase.RESERVED:
        raise PaymentNotReserved(payment_id=payment_id, phase=payment.phase.value)
    if at.booking_date >= payment.expires_on:
        raise ReservationExpired(payment_id=payment_id, expires_on=str(payment.expires_on))


def capture_minor(command: CapturePayment, payment: PaymentState) -> int:
    """What will be paid: the amount asked, or all that is reserved; refused above that."""
    asked_minor = command.amount_minor
    if asked_minor is None:
        return payment.reserved_minor
    if asked_minor > payment.reserved_minor:
        raise CaptureTooLarge(
            payment_id=command.payment_id,
            asked_minor=asked_minor,
            reserved_minor=payment.reserved_minor,
        )
    return asked_minor


def capture(
    command: CapturePayment,
    payment: PaymentState,
    at: Moment,
    *,
    payer_capped: bool,
    payee_capped: bool,
) -> PaymentCaptured:
    """Pay out of the reserved money, once; the rest is let go."""
    require_reserved(payment, command.payment_id, at)
    amount_minor = capture_minor(command, payment)
    return PaymentCaptured(
        payment_id=command.payment_id,
        payer_account_id=payment.payer_account_id,
        payee_account_id=payment.payee_account_id,
        amount_minor=amount_minor,
        currency=payment.currency,
        payer_capped=payer_capped,
        payee_capped=payee_capped,
        hold_id=payment.hold_id,
        released_minor=payment.reserved_minor - amount_minor,
        text=payment.text,
    )


def release(command: ReleasePayment, payment: PaymentState, at: Moment) -> PaymentReleased:
    """Give the payment up; all reserved money is let go."""
    require_reserved(payment, command.payment_id, at)
    return PaymentReleased(
        payment_id=command.payment_id,
        payer_account_id=payment.payer_account_id,
        hold_id=payment.hold_id,
        amount_minor=payment.reserved_minor,
        reason=command.reason,
    )
