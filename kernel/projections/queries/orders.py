"""Questions about standing orders: one order, and those that are due.

Units: whole minor units of the order's currency; days are business-calendar days.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
from sqlalchemy import select, tuple_

from kernel.projections.queries.reading import Reader, View
from kernel.projections.refusals import StandingOrderNotFound

MAX_ORDERS = 1000


class OrderCursor(msgspec.Struct, frozen=True):
    """A place in the list of due orders: the order after which the next page begins."""

    next_due_on: datetime.date
    standing_order_id: str


class StandingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """How a standing order stands. ``next_due_on`` is None once it has ended.

    ``missed_reason`` is the code of the refusal when its latest due date was missed.
    """

    standing_order_id: str
    position: int
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


class DueOrders(msgspec.Struct, frozen=True, kw_only=True):
    """Orders due, by due date and id; ``next_page`` is None on the last page."""

    known_at: int
    orders: tuple[StandingOrder, ...]
    next_page: OrderCursor | None


def standing_order(
    reader: Reader, standing_order_id: str, known_at: int | None = None
) -> StandingOrder:
    """The order as known at the position. Refuses Unanswerable, StandingOrderNotFound."""
    with reader.at(known_at, reader.models.orders) as view:
        versions = view.models.orders.versions
        query = select(*_columns(view)).where(
            versions.c.standing_order_id == standing_order_id, *_known(view)
        )
        row = view.connection.execute(query).first()
        if row is None:
            raise StandingOrderNotFound(standing_order_id=standing_order_id, known_at=view.known_at)
        return StandingOrder(**row._mapping)


def standing_orders_due(
    reader: Reader,
    on: datetime.date | None = None,
    known_at: int | None = None,
    *,
    after: OrderCursor | None = None,
    limit: int = MAX_ORDERS,
) -> DueOrders:
    """Orders whose next due date is ``on`` or before it (None: the open business date).

    ``limit`` of them at most (1..1000), behind ``after``. An order that is overdue for several
    dates comes once, with the earliest. Refuses Unanswerable.
    """
    with reader.at(known_at, reader.models.orders) as view:
        day = view.value_day(on)
        versions = view.models.orders.versions
        key = tuple_(versions.c.next_due_on, versions.c.standing_order_id)
        query = select(*_columns(view)).where(versions.c.next_due_on <= day, *_known(view))
        if after is not None:
            query = query.where(key > tuple_(after.next_due_on, after.standing_order_id))
        size = max(1, min(limit, MAX_ORDERS))
        query = query.order_by(versions.c.next_due_on, versions.c.standing_order_id)
        rows = view.connection.execute(query.limit(size + 1)).all()
        orders = tuple(StandingOrder(**row._mapping) for row in rows[:size])
        more = (
            OrderCursor(rows[size - 1].next_due_on, rows[size - 1].standing_order_id)
            if (len(rows) > size)
            else None
        )
        return DueOrders(known_at=view.known_at, orders=orders, next_page=more)


def _columns(view: View) -> list[Any]:
    columns = view.models.orders.versions.c
    return [columns[name] for name in StandingOrder.__struct_fields__]


def _known(view: View) -> tuple[Any, ...]:
    """The version that was in force at the known position."""
    versions = view.models.orders.versions.c
    return (
        versions.position <= view.known_at,
        versions.superseded_at.is_(None) | (versions.superseded_at > view.known_at),
    )
