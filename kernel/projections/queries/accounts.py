"""Questions about accounts: balance, statement, cap usage, holds and restraints.

Units: whole minor units of the account's currency.
Sign: the customer's view, money that the bank owes the customer positive.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
from sqlalchemy import case, func, select

from kernel.projections.queries.reading import Reader, View
from kernel.projections.refusals import AccountNotFound, Unanswerable


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """How an account stands on ``as_of``, by what was known at ``known_at``.

    ``ledger_minor`` counts money by value date; ``booked_minor`` by booking date, so it holds
    forward-valued payments too. ``held_minor`` binds on that day.
    """

    account_id: str
    customer_id: str
    branch_id: str
    product_id: str
    product_version: int
    account_class: str
    currency: str
    status: str
    as_of: datetime.date
    known_at: int
    ledger_minor: int
    booked_minor: int
    held_minor: int
    overdraft_limit_minor: int


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Money set aside: what is left of the hold, and the first day on which it binds no more."""

    account_id: str
    hold_id: str
    remaining_minor: int
    expires_on: datetime.date | None


class Restraint(msgspec.Struct, frozen=True, kw_only=True):
    """A restraint in force; without an amount it covers the whole account."""

    account_id: str
    restraint_id: str
    kind: str
    authority: str
    notice_number: str
    direction: str
    amount_minor: int | None
    expires_on: datetime.date | None
    placed_on: datetime.date


class UsageSums(msgspec.Struct, frozen=True, kw_only=True):
    """What counted against an account's caps on a day, and in its calendar year up to that day."""

    account_id: str
    on: datetime.date
    known_at: int
    in_day_minor: int
    in_year_minor: int
    out_day_minor: int
    out_year_minor: int


def balance(
    reader: Reader,
    account_id: str,
    as_of: datetime.date | None = None,
    known_at: int | None = None,
) -> Balance:
    """The account's balance; ``as_of`` is a value date, None the open business date.

    Refuses Unanswerable, AccountNotFound.
    """
    models = reader.models
    with reader.at(known_at, models.balances, models.statements) as view:
        on = view.value_day(as_of)
        return balances_of(view, [account_row(view, account_id, on)], on)[0]


def balances_of(view: View, rows: list[Any], on: datetime.date) -> list[Balance]:
    """Balances of rows of ``accounts``, in their order; a few statements for all of them."""
    ids = [row.account_id for row in rows]
    sums = _sums(view, [row.account_id for row in rows if not _is_current(view, row, on)], on)
    held = _held(view, ids, on)
    changes = _changes(view, ids, on)
    found: list[Balance] = []
    for row in rows:
        current = (row.ledger_minor, row.ledger_minor)
        valued, booked = current if _is_current(view, row, on) else sums.get(row.account_id, (0, 0))
        change = changes[row.account_id]
        found.append(
            Balance(
                account_id=row.account_id,
                customer_id=row.customer_id,
                branch_id=row.branch_id,
                product_id=row.product_id,
                product_version=row.product_version,
                account_class=row.account_class,
                currency=row.currency,
                status=change.status,
                as_of=on,
                known_at=view.known_at,
                ledger_minor=valued,
                booked_minor=booked,
                held_minor=held.get(row.account_id, 0),
                overdraft_limit_minor=change.overdraft_limit_minor,
            )
        )
    return found


def account_row(view: View, account_id: str, on: datetime.date) -> Any:
    """The account's row, if it was open on the day. Refuses AccountNotFound, Unanswerable."""
    accounts = view.models.balances.accounts
    row = view.connection.execute(
        select(accounts).where(
            accounts.c.account_id == account_id, accounts.c.opened_position <= view.known_at
        )
    ).first()
    if row is None:
        raise AccountNotFound(account_id=account_id, known_at=view.known_at)
    if row.opened_on > on:
        raise Unanswerable(
            question="A day before the account was opened",
            asked=on.isoformat(),
            limit=row.opened_on.isoformat(),
        )
    return row


def _is_current(view: View, row: Any, on: datetime.date) -> bool:
    """Whether the stored balance answers: nothing came later, by position or by day."""
    return bool(row.last_position <= view.known_at and row.last_day <= on)


def _sums(view: View, ids: list[str], on: datetime.date) -> dict[str, tuple[int, int]]:
    """Per account, the sums of its lines by value date and by booking date up to the day."""
    if not ids:
        return {}
    lines = view.models.statements.lines.c
    valued = func.sum(case((lines.value_date <= on, lines.amount_minor), else_=0))
    booked = func.sum(case((lines.booking_date <= on, lines.amount_minor), else_=0))
    query = (
        select(lines.account_id, valued, booked)
        .where(lines.account_id.in_(ids), lines.position <= view.known_at)
        .group_by(lines.account_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in view.connection.execute(query)}


def _changes(view: View, ids: list[str], on: datetime.date) -> dict[str, Any]:
    """Per account, its last change of status, limit or bound account up to the day."""
    changes = view.models.balances.changes
    query = (
        select(changes)
        .distinct(changes.c.account_id)
        .where(
            changes.c.account_id.in_(ids),
            changes.c.position <= view.known_at,
            changes.c.day <= on,
        )
        .order_by(changes.c.account_id, changes.c.position.desc())
    )
    return {row.account_id: row for row in view.connection.execute(query)}


def _held(view: View, ids: list[str], on: datetime.date) -> dict[str, int]:
    held: dict[str, int] = {}
    for row in _hold_rows(view, ids, on):
        held[row.account_id] = held.get(row.account_id, 0) + int(row.remaining)
    return held


def _hold_rows(view: View, ids: list[str], on: datetime.date) -> list[Any]:
    """What is left of each hold that binds on the day."""
    holds, changes = view.models.balances.holds.c, view.models.balances.hold_changes.c
    remaining = func.sum(changes.amount_minor)
    query = (
        select(changes.account_id, changes.hold_id, holds.expires_on, remaining.label("remaining"))
        .where(
            changes.account_id.in_(ids),
            changes.position <= view.known_at,
            changes.day <= on,
            holds.account_id == changes.account_id,
            holds.hold_id == changes.hold_id,
            holds.expires_on.is_(None) | (holds.expires_on > on),
        )
        .group_by(changes.account_id, changes.hold_id, holds.expires_on)
        .having(remaining != 0)
        .order_by(changes.account_id, changes.hold_id)
    )
    return list(view.connection.execute(query))


def holds(
    reader: Reader,
    account_id: str,
    as_of: datetime.date | None = None,
    known_at: int | None = None,
) -> list[Hold]:
    """Holds that bind on the day, by id. Refuses Unanswerable, AccountNotFound."""
    with reader.at(known_at, reader.models.balances) as view:
        on = view.value_day(as_of)
        account_row(view, account_id, on)
        return [
            Hold(
                account_id=row.account_id,
                hold_id=row.hold_id,
                remaining_minor=int(row.remaining),
                expires_on=row.expires_on,
            )
            for row in _hold_rows(view, [account_id], on)
        ]


def restraints(
    reader: Reader,
    account_id: str,
    as_of: datetime.date | None = None,
    known_at: int | None = None,
) -> list[Restraint]:
    """Restraints in force on the day, in the order of their placing.

    Refuses Unanswerable, AccountNotFound.
    """
    with reader.at(known_at, reader.models.balances) as view:
        on = view.value_day(as_of)
        account_row(view, account_id, on)
        versions = view.models.balances.restraints.versions
        query = (
            select(versions)
            .where(
                versions.c.account_id == account_id,
                versions.c.position <= view.known_at,
                versions.c.day <= on,
            )
            .order_by(versions.c.position)
        )
        placed: dict[str, Any] = {}
        latest: dict[str, Any] = {}
        for row in view.connection.execute(query):
            placed.setdefault(row.restraint_id, row)
            latest[row.restraint_id] = row
        return [
            Restraint(
                account_id=account_id,
                restraint_id=restraint_id,
                kind=row.kind,
                authority=row.authority,
                notice_number=row.notice_number,
                direction=row.direction,
                amount_minor=row.amount_minor,
                expires_on=row.expires_on,
                placed_on=placed[restraint_id].day,
            )
            for restraint_id, row in latest.items()
            if not row.is_lifted and (row.expires_on is None or row.expires_on > on)
        ]


def usage(
    reader: Reader,
    account_id: str,
    on: datetime.date | None = None,
    known_at: int | None = None,
) -> UsageSums:
    """What counted against the account's caps; ``on`` None means the open business date.

    Refuses Unanswerable, AccountNotFound.
    """
    models = reader.models
    with reader.at(known_at, models.balances, models.usage) as view:
        day = view.value_day(on)
        account_row(view, account_id, day)
        uses = models.usage.uses.c
        in_day = func.sum(case((uses.day == day, uses.amount_minor), else_=0))
        query = (
            select(uses.direction, in_day, func.sum(uses.amount_minor))
            .where(
                uses.account_id == account_id,
                uses.day.between(day.replace(month=1, day=1), day),
                uses.position <= view.known_at,
            )
            .group_by(uses.direction)
        )
        sums = {row[0]: (int(row[1]), int(row[2])) for row in view.connection.execute(query)}
        money_in, money_out = sums.get("IN", (0, 0)), sums.get("OUT", (0, 0))
        return UsageSums(
            account_id=account_id,
            on=day,
            known_at=view.known_at,
            in_day_minor=money_in[0],
            in_year_minor=money_in[1],
            out_day_minor=money_out[0],
            out_year_minor=money_out[1],
        )
