"""Read model of standing orders, in versions: each holds from one position until the next version.

Units: whole minor units of the order's currency; ``next_due_on`` is a business-calendar day.
"""

from __future__ import annotations

import datetime

import msgspec
from sqlalchemy import Index

from kernel.projections.model import Model, day, small, text, whole


class _Order(msgspec.Struct, frozen=True):
    """One version of a standing order; fields stand as the columns do."""

    standing_order_id: str
    position: int
    superseded_at: int | None
    day: datetime.date
    customer_id: str
    payer_account_id: str
    payee_account_id: str
    amount_minor: int
    currency: str
    first_on: datetime.date
    every: str
    interval: int
    last_on: datetime.date | None
    text: str
    status: str
    next_due_on: datetime.date | None
    missed_reason: str


class Orders(Model):
    """One row per standing order and change; ``superseded_at`` is the next version's position."""

    name = "orders"

    def __init__(self, prefix: str = "") -> None:
        super().__init__(prefix)
        self.versions = self._table(
            "standing_order_versions",
            text("standing_order_id", key=True),
            whole("position", key=True),
            whole("superseded_at", optional=True),
            day("day"),
            text("customer_id"),
            text("payer_account_id"),
            text("payee_account_id"),
            whole("amount_minor"),
            text("currency"),
            day("first_on"),
            text("every"),
            small("interval"),
            day("last_on", optional=True),
            text("text"),
            text("status"),
            day("next_due_on", optional=True),
            text("missed_reason"),
        )
        Index(
            f"{prefix}standing_order_versions_due",
            self.versions.c.next_due_on,
            self.versions.c.standing_order_id,
        )
