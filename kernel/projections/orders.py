"""Read model of standing orders, in versions: each holds from one position until the next version.

Units: whole minor units of the order's currency; ``next_due_on`` is a business-calendar day.
"""

from __future__ import annotations

import datetime

import msgspec
from sqlalchemy import Connection, Index

from kernel.common.facts import Fact
from kernel.payments.commands import Every
from kernel.payments.events import (
    StandingOrderCancelled,
    StandingOrderMissed,
    StandingOrderPaid,
    StandingOrderSet,
)
from kernel.payments.schedule import next_due
from kernel.projections import bulk
from kernel.projections.model import Model, day, small, text, whole
from kernel.projections.round import Facts


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

    def apply(self, connection: Connection, facts: Facts) -> None:
        """Insert a version for each change of an order, and end the version before it."""
        concerned = facts.of(*_CHANGES)
        if not concerned:
            return
        wanted = [fact.event.standing_order_id for fact in concerned]  # type: ignore[attr-defined]
        found = bulk.load(connection, self.versions, "standing_order_id", wanted)
        latest = {row.standing_order_id: _Order(*row) for row in found if row.superseded_at is None}
        written: list[_Order] = []
        for fact in concerned:
            new = _next_version(latest, fact)
            if (old := latest.get(new.standing_order_id)) is not None:
                written.append(msgspec.structs.replace(old, superseded_at=fact.position))
            latest[new.standing_order_id] = new
        written += latest.values()
        rows = {(one.standing_order_id, one.position): one for one in written}
        bulk.put(connection, self.versions, [msgspec.structs.astuple(one) for one in rows.values()])


_CHANGES = (StandingOrderSet, StandingOrderPaid, StandingOrderMissed, StandingOrderCancelled)


def _next_version(latest: dict[str, _Order], fact: Fact) -> _Order:
    event = fact.event
    if isinstance(event, StandingOrderSet):
        return _set(event, fact)
    assert isinstance(event, StandingOrderPaid | StandingOrderMissed | StandingOrderCancelled)
    old = msgspec.structs.replace(
        latest[event.standing_order_id],
        position=fact.position,
        superseded_at=None,
        day=fact.booking_date,
        missed_reason=event.reason_code if isinstance(event, StandingOrderMissed) else "",
    )
    if isinstance(event, StandingOrderCancelled):
        return msgspec.structs.replace(old, status="CANCELLED", next_due_on=None)
    due_on = next_due(old.first_on, Every(old.every), old.interval, old.last_on, event.due_on)
    return msgspec.structs.replace(
        old, next_due_on=due_on, status="ACTIVE" if due_on else "FINISHED"
    )


def _set(event: StandingOrderSet, fact: Fact) -> _Order:
    return _Order(
        standing_order_id=event.standing_order_id,
        position=fact.position,
        superseded_at=None,
        day=fact.booking_date,
        customer_id=event.ordering_customer_id,
        payer_account_id=event.payer_account_id,
        payee_account_id=event.payee_account_id,
        amount_minor=event.amount_minor,
        currency=event.currency,
        first_on=event.first_on,
        every=str(event.every),
        interval=event.interval,
        last_on=event.last_on,
        text=event.text,
        status="ACTIVE",
        next_due_on=event.first_on,
        missed_reason="",
    )
