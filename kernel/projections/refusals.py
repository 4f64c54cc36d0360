"""The read models' no: what cannot be answered is refused, never answered with nothing."""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class Unanswerable(Refusal):
    """The question lies outside what the read models know."""

    code = "UNANSWERABLE"
    kind = Kind.OUT_OF_RANGE
    says = "{question} cannot be answered: {asked} was asked, {limit} is the limit."


class AccountNotFound(Refusal):
    """No such account was known at the position asked."""

    code = "ACCOUNT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Account {account_id} is not known at position {known_at}."


class CustomerNotFound(Refusal):
    """No such customer was known at the position asked."""

    code = "CUSTOMER_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Customer {customer_id} is not known at position {known_at}."


class JournalNotFound(Refusal):
    """The position asked holds no fact that moved money."""

    code = "JOURNAL_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Position {position} has no journal at position {known_at}."


class StandingOrderNotFound(Refusal):
    """No such standing order was known at the position asked."""

    code = "STANDING_ORDER_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Standing order {standing_order_id} is not known at position {known_at}."
