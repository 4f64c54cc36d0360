"""The typed no of payments.

Units: figures named ``*_minor`` are whole minor units.
"""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class SameAccount(Refusal):
    """Money is not moved from an account to itself."""

    code = "SAME_ACCOUNT"
    says = "Payer and payee are both account {account_id}."


class PaymentNotFound(Refusal):
    """The position holds no payment of the kind asked for."""

    code = "PAYMENT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Position {payment_id} holds no such payment."


class PaymentNotReserved(Refusal):
    """The payment was captured or released before, or its day has come."""

    code = "PAYMENT_NOT_RESERVED"
    says = "Payment {payment_id} is {status}."


class CaptureTooHigh(Refusal):
    """More was asked than is reserved."""

    code = "CAPTURE_TOO_HIGH"
    says = "{asked_minor} was asked of payment {payment_id}, {reserved_minor} is reserved."


class ReservationExpiryOutOfRange(Refusal):
    """A reservation lasts at least a day and not for ever."""

    code = "EXPIRY_OUT_OF_RANGE"
    kind = Kind.OUT_OF_RANGE
    says = "Expiry {expires_on} must lie after {on} and not after {latest}."


class PaymentNotReversible(Refusal):
    """A reservation or a reversal is not reversed."""

    code = "PAYMENT_NOT_REVERSIBLE"
    says = "Position {payment_id} is a {event}, which is not reversed."


class PaymentAlreadyReversed(Refusal):
    """A payment is reversed once."""

    code = "PAYMENT_ALREADY_REVERSED"
    kind = Kind.ALREADY_EXISTS
    says = "Payment {payment_id} was reversed at position {reversed_by}."


class ReversalShortfall(Refusal):
    """Who got the money no longer has it."""

    code = "REVERSAL_SHORTFALL"
    says = "Account {account_id} has {available_minor} of the {asked_minor} to take back."


class ReversalOfClosedAccount(Refusal):
    """An account of the payment is closed; the money would go to or come from nowhere."""

    code = "REVERSAL_ACCOUNT_CLOSED"
    says = "Account {account_id} of payment {payment_id} is closed."


class SumTooHigh(Refusal):
    """The sum of a bulk transfer passes the bound of one instruction."""

    code = "SUM_TOO_HIGH"
    kind = Kind.OUT_OF_RANGE
    says = "The items sum to {sum_minor}; {max_minor} is allowed."


class StandingOrderExists(Refusal):
    """The id is taken."""

    code = "STANDING_ORDER_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "Standing order {standing_order_id} exists already."


class StandingOrderNotFound(Refusal):
    """No such order, or it was cancelled."""

    code = "STANDING_ORDER_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "No standing order {standing_order_id} is in force."


class StandingOrderDates(Refusal):
    """The first day lies in the past, or the last day before the first."""

    code = "STANDING_ORDER_DATES"
    kind = Kind.OUT_OF_RANGE
    says = "First {first_on} and last {last_on} must be in order and not before {on}."


class NotTheOrderer(Refusal):
    """Another customer ordered it."""

    code = "NOT_THE_ORDERER"
    kind = Kind.PERMISSION
    says = "Standing order {standing_order_id} was not set by customer {customer_id}."


class StandingOrderNotDue(Refusal):
    """Nothing is due that day, or it was run before, or the day has not come."""

    code = "STANDING_ORDER_NOT_DUE"
    says = "Standing order {standing_order_id}: next due {next_due_on}; asked {due_on} on {on}."
