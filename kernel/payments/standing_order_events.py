"""What can have happened to standing orders: a stored contract, fields are only added.

Units: whole minor units; due dates are calendar days.
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.facts import Event
from kernel.payments.commands import Every
from kernel.payments.event_bases import LegPurpose, MoneyMoved


class StandingOrderSet(Event, frozen=True, kw_only=True):
    """A payment that repeats was ordered."""

    standing_order_id: str
    ordering_customer_id: str
    payer_account_id: str
    payee_account_id: str
    amount_minor: int
    currency: str
    first_on: datetime.date
    every: Every
    interval: int
    last_on: datetime.date | None = None
    text: str = ""

    @property
    def entities(self) -> tuple[str, ...]:
        """The order."""
        return (f"standing_order:{self.standing_order_id}",)


class StandingOrderCancelled(Event, frozen=True, kw_only=True):
    """A standing order ended."""

    standing_order_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The order."""
        return (f"standing_order:{self.standing_order_id}",)


class StandingOrderPaid(MoneyMoved, frozen=True, kw_only=True):
    """A standing order's payment of one due date was made."""

    standing_order_id: str
    due_on: datetime.date
    text: str = ""

    @property
    def entities(self) -> tuple[str, ...]:
        """The order and both accounts."""
        return (
            f"standing_order:{self.standing_order_id}",
            f"account:{self.payer_account_id}",
            f"account:{self.payee_account_id}",
        )

    @property
    def leg_purpose(self) -> LegPurpose:
        """Purpose of both legs."""
        return LegPurpose.STANDING_ORDER


class StandingOrderMissed(Event, frozen=True, kw_only=True):
    """A standing order's payment of one due date was not made, and why: a decline, kept."""

    standing_order_id: str
    due_on: datetime.date
    reason_code: str
    figures: dict[str, str | int] = msgspec.field(default_factory=dict)

    @property
    def entities(self) -> tuple[str, ...]:
        """The order."""
        return (f"standing_order:{self.standing_order_id}",)
