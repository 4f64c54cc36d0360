"""The typed no of payments.

Units: figures named ``*_minor`` are whole minor units of the payment's currency.
"""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class SameAccount(Refusal):
    """Money is not moved from an account to itself."""

    code = "SAME_ACCOUNT"
    says = "Payer and payee are both account {account_id}."


class BulkTooLarge(Refusal):
    """The sum of a bulk transfer is bounded as one amount is."""

    code = "BULK_TOO_LARGE"
    kind = Kind.OUT_OF_RANGE
    says = "The items sum to {asked_minor}; {max_minor} is allowed in one act."


class PaymentNotFound(Refusal):
    """No payment was made or reserved at the position."""

    code = "PAYMENT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Position {payment_id} is no payment."


class ReservationExpiryOutOfRange(Refusal):
    """The expiry is not after the booking date, or too far ahead."""

    code = "RESERVATION_EXPIRY_OUT_OF_RANGE"
    kind = Kind.OUT_OF_RANGE
    says = "Expiry {expires_on} must lie after {on} and not after {latest}."


class PaymentNotReserved(Refusal):
    """Only a reserved payment is captured or released, and only once."""

    code = "PAYMENT_NOT_RESERVED"
    says = "Payment {payment_id} is {phase}, not RESERVED."


class ReservationExpired(Refusal):
    """The day came on which the reserved money was free again."""

    code = "RESERVATION_EXPIRED"
    says = "The reservation of payment {payment_id} bound until {expires_on}."


class CaptureTooLarge(Refusal):
    """More was asked than was reserved."""

    code = "CAPTURE_TOO_LARGE"
    says = "{asked_minor} was asked of payment {payment_id}, {reserved_minor} is reserved."


class PaymentAlreadyReversed(Refusal):
    """A payment is taken back once."""

    code = "PAYMENT_ALREADY_REVERSED"
    says = "Payment {payment_id} was reversed at position {reversed_at}."


class PaymentNotReversible(Refusal):
    """What moved no money, or is a reversal itself, is not taken back."""

    code = "PAYMENT_NOT_REVERSIBLE"
    says = "Payment {payment_id} is {phase}; only a payment that was made is reversed."


class NamedByReservation(Refusal):
    """A two-phase payment is named by its reservation, in its second phase too."""

    code = "NAMED_BY_RESERVATION"
    says = "Position {payment_id} captured payment {reservation_id}; name that one."


class ReversalShortfall(Refusal):
    """The payee no longer has the money, or its account is closed."""

    code = "REVERSAL_SHORTFALL"
    says = (
        "{asked_minor} is to be taken back from account {account_id}, {available_minor} is there."
    )


class StandingOrderExists(Refusal):
    """The id of the order is taken."""

    code = "STANDING_ORDER_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "Standing order {standing_order_id} exists already."


class StandingOrderNotFound(Refusal):
    """No such order."""

    code = "STANDING_ORDER_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Standing order {standing_order_id} does not exist."


class StandingOrderCancelledAlready(Refusal):
    """A cancelled order pays nothing and is not cancelled again."""

    code = "STANDING_ORDER_CANCELLED"
    says = "Standing order {standing_order_id} was cancelled."


class StandingOrderOfAnother(Refusal):
    """An order is cancelled by the customer who gave it."""

    code = "STANDING_ORDER_OF_ANOTHER"
    kind = Kind.PERMISSION
    says = "Standing order {standing_order_id} was not given by customer {customer_id}."


class StandingOrderDatesOutOfRange(Refusal):
    """An order begins today or later, and does not end before it begins."""

    code = "STANDING_ORDER_DATES_OUT_OF_RANGE"
    kind = Kind.OUT_OF_RANGE
    says = "First {first_on} must not lie before {on}, nor behind the last, {last_on}."


class StandingOrderNotDue(Refusal):
    """The day is no due date of the order, or not come yet."""

    code = "STANDING_ORDER_NOT_DUE"
    says = "Standing order {standing_order_id} has nothing due on {due_on} as of {on}."


class StandingOrderAlreadyRun(Refusal):
    """Each due date is run once."""

    code = "STANDING_ORDER_ALREADY_RUN"
    says = "Standing order {standing_order_id} was run up to {last_due_on}; {due_on} was asked."


class StandingOrderEarlierDue(Refusal):
    """Due dates are run in their order."""

    code = "STANDING_ORDER_EARLIER_DUE"
    says = "Standing order {standing_order_id} is due on {next_due_on} first; {due_on} was asked."
