"""Questions about accounts: how an account stands, and what of it is available.

Units: whole minor units of the account's currency.
Sign: the customer's view, money that the bank owes the customer positive.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from kernel.accounts.holds import Hold
from kernel.accounts.state import AccountState
from kernel.projections.queries.reading import Reader, View
from kernel.projections.queries.set_aside import as_restraints, hold_rows, restraint_rows
from kernel.projections.refusals import AccountNotFound, Unanswerable


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """How an account stands on ``as_of``, by what was known at ``known_at``.

    ``ledger_minor`` counts money by value date; ``booked_minor`` by booking date, so it holds
    forward-valued payments too. ``held_minor`` binds on that day. ``available_minor`` is what the
    rules of accounts would let the customer pay out of it.
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
    available_minor: int


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
    held: dict[str, dict[str, Hold]] = {}
    for hold in hold_rows(view, ids, on):
        left = int(hold.remaining)
        held.setdefault(hold.account_id, {})[hold.hold_id] = Hold(
            placed_minor=left, left_minor=left, expires_on=hold.expires_on
        )
    restrained = restraint_rows(view, ids, on)
    changes = _changes(view, ids, on)
    found: list[Balance] = []
    for row in rows:
        current = (row.ledger_minor, row.ledger_minor)
        valued, booked = current if _is_current(view, row, on) else sums.get(row.account_id, (0, 0))
        change = changes[row.account_id]
        state = AccountState(
            ledger_minor=booked,
            overdraft_limit_minor=change.overdraft_limit_minor,
            holds=held.get(row.account_id, {}),
            restraints=as_restraints(restrained.get(row.account_id, [])),
        )
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
                held_minor=state.held_minor(on),
                overdraft_limit_minor=change.overdraft_limit_minor,
                available_minor=state.available_minor(on),
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
        .ext(distinct_on(changes.c.account_id))
        .where(
            changes.c.account_id.in_(ids),
            changes.c.position <= view.known_at,
            changes.c.day <= on,
        )
        .order_by(changes.c.account_id, changes.c.position.desc())
    )
    return {row.account_id: row for row in view.connection.execute(query)}
