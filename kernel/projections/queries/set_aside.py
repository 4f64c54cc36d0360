"""What is set aside on accounts: the rows of holds and restraints, as they stood on a day.

Units: whole minor units of the account's currency.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select

from kernel.accounts.commands import RestraintDirection, RestraintKind
from kernel.accounts.restraints import Restraint
from kernel.projections.queries.reading import View


def hold_rows(view: View, ids: list[str], on: datetime.date) -> list[Any]:
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
            holds.expires_on > on,
        )
        .group_by(changes.account_id, changes.hold_id, holds.expires_on)
        .having(remaining != 0)
        .order_by(changes.account_id, changes.hold_id)
    )
    return list(view.connection.execute(query))


def restraint_rows(view: View, ids: list[str], on: datetime.date) -> dict[str, list[Any]]:
    """Per account, the latest version of each restraint by the day, in the order of placing."""
    versions = view.models.balances.restraints.versions
    query = (
        select(versions)
        .where(
            versions.c.account_id.in_(ids),
            versions.c.position <= view.known_at,
            versions.c.day <= on,
        )
        .order_by(versions.c.position)
    )
    latest: dict[str, dict[str, Any]] = {}
    for row in view.connection.execute(query):
        latest.setdefault(row.account_id, {})[row.restraint_id] = row
    return {account_id: list(rows.values()) for account_id, rows in latest.items()}


def as_restraints(rows: Iterable[Any]) -> dict[str, Restraint]:
    """The rows as the rules of accounts know them, by id."""
    return {
        row.restraint_id: Restraint(
            kind=RestraintKind(row.kind),
            authority=row.authority,
            direction=RestraintDirection(row.direction),
            amount_minor=row.amount_minor,
            placed_on=row.placed_on,
            expires_on=row.expires_on,
            placed_by=row.placed_by,
            lifted_on=row.lifted_on,
        )
        for row in rows
    }
