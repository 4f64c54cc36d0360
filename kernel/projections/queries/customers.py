"""A customer's position: who the customer is, the accounts, and the sums per currency.

Units: whole minor units. Sign: money that the bank owes the customer positive.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from kernel.projections.queries.accounts import Balance, balances_of
from kernel.projections.queries.reading import Reader, View
from kernel.projections.refusals import CustomerNotFound, Unanswerable


class CustomerPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A customer on a day, by what was known at a position.

    ``accounts`` are those that were open or closed on the day, by id, with those of customers
    merged into this one. ``ledger_minor`` sums them per currency. ``merged_into`` names the
    customer who took over, when one did.
    """

    customer_id: str
    kind: str
    name: str
    branch_id: str
    level: str
    merged_into: str | None
    merged_customers: tuple[str, ...]
    as_of: datetime.date
    known_at: int
    accounts: tuple[Balance, ...]
    ledger_minor: dict[str, int]


def customer_position(
    reader: Reader,
    customer_id: str,
    as_of: datetime.date | None = None,
    known_at: int | None = None,
) -> CustomerPosition:
    """The customer's position; ``as_of`` is a value date, None the open business date.

    Refuses Unanswerable, CustomerNotFound.
    """
    models = reader.models
    with reader.at(known_at, models.customers, models.balances, models.statements) as view:
        on = view.value_day(as_of)
        customer = _customer(view, customer_id, on)
        merged = _merged_into(view, customer_id, on)
        balances = _balances(view, [customer_id, *merged], on)
        sums: dict[str, int] = {}
        for one in balances:
            sums[one.currency] = sums.get(one.currency, 0) + one.ledger_minor
        return CustomerPosition(
            customer_id=customer_id,
            kind=customer.kind,
            name=customer.name,
            branch_id=customer.branch_id,
            level=customer.level,
            merged_into=customer.merged_into,
            merged_customers=tuple(merged),
            as_of=on,
            known_at=view.known_at,
            accounts=tuple(balances),
            ledger_minor=dict(sorted(sums.items())),
        )


def _customer(view: View, customer_id: str, on: datetime.date) -> Any:
    versions = view.models.customers.versions
    known = (
        select(versions)
        .where(versions.c.customer_id == customer_id, versions.c.position <= view.known_at)
        .order_by(versions.c.position)
    )
    rows = view.connection.execute(known).all()
    if not rows:
        raise CustomerNotFound(customer_id=customer_id, known_at=view.known_at)
    if rows[0].day > on:
        raise Unanswerable(
            question="A day before the customer was registered",
            asked=on.isoformat(),
            limit=rows[0].day.isoformat(),
        )
    return [row for row in rows if row.day <= on][-1]


def _merged_into(view: View, customer_id: str, on: datetime.date) -> list[str]:
    """Customers that were merged into this one, directly or through another, by id."""
    versions = view.models.customers.versions.c
    found: set[str] = set()
    newest = {customer_id}
    while newest:
        query = select(versions.customer_id).where(
            versions.merged_into.in_(sorted(newest)),
            versions.position <= view.known_at,
            versions.day <= on,
        )
        newest = set(view.connection.scalars(query)) - found - {customer_id}
        found |= newest
    return sorted(found)


def _balances(view: View, customer_ids: list[str], on: datetime.date) -> list[Balance]:
    accounts = view.models.balances.accounts
    query = (
        select(accounts)
        .where(
            accounts.c.customer_id.in_(customer_ids),
            accounts.c.opened_position <= view.known_at,
            accounts.c.opened_on <= on,
        )
        .order_by(accounts.c.account_id)
    )
    rows = list(view.connection.execute(query))
    return balances_of(view, rows, on) if rows else []
