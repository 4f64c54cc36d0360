"""Money added to the rows of accounts: one sum for each account and round, one statement for all.

Units: whole minor units of the account's currency. Sign: the customer's view.
Part of the read model of accounts.
"""

from __future__ import annotations

import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Date,
    Table,
    Text,
    Update,
    bindparam,
    cast,
    column,
    func,
    update,
)
from sqlalchemy.types import TypeEngine

from kernel.common.legs import is_internal
from kernel.projections.round import Facts


class Moved(msgspec.Struct):
    """Money of one account in a round: the sum, the first and last position, the furthest day."""

    minor: int
    first_position: int
    last_position: int
    last_day: datetime.date


def money_moved(facts: Facts) -> dict[str, Moved]:
    """What the facts move on each customer's account, in the customer's view."""
    moved: dict[str, Moved] = {}
    for fact, legs in facts.moves:
        position, last_day = fact.position, max(fact.booking_date, fact.value_date)
        for leg in legs:
            if is_internal(leg.account):
                continue
            one = moved.get(leg.account)
            if one is None:
                moved[leg.account] = Moved(-leg.amount_minor, position, position, last_day)
                continue
            one.minor -= leg.amount_minor
            one.last_position = position
            one.last_day = max(one.last_day, last_day)
    return moved


def add_money(connection: Connection, accounts: Table, moved: dict[str, Moved]) -> list[Any]:
    """Add what was moved to the accounts that were open by then.

    Comes back with id, posting class, branch and currency of those that it found.
    """
    return list(connection.execute(_add_money(accounts), _columns(moved)))


def _columns(moved: dict[str, Moved]) -> dict[str, str]:
    """Parameters of ``_add_money``, each as lines: a driver's arrays cost more than all the rest.

    An account's id holds no line break (fields.Id).
    """
    ones = moved.values()
    return {
        "new_account_id": "\n".join(moved),
        "new_minor": "\n".join([str(one.minor) for one in ones]),
        "new_first_position": "\n".join([str(one.first_position) for one in ones]),
        "new_last_position": "\n".join([str(one.last_position) for one in ones]),
        "new_last_day": "\n".join([str(one.last_day) for one in ones]),
    }


@lru_cache(maxsize=16)
def _add_money(accounts: Table) -> Update:
    """Adds money to accounts that were open by then; those that it found come back."""
    kinds: dict[str, TypeEngine[Any]] = {
        "account_id": Text(),
        "minor": BigInteger(),
        "first_position": BigInteger(),
        "last_position": BigInteger(),
        "last_day": Date(),
    }
    arrays = [
        cast(func.string_to_array(bindparam(f"new_{name}", type_=Text()), "\n"), ARRAY(kind))
        for name, kind in kinds.items()
    ]
    names = [column(name, kind) for name, kind in kinds.items()]
    new = func.unnest(*arrays).table_valued(*names).render_derived(name="new").c
    row = accounts.c
    return (
        update(accounts)
        .where(row.account_id == new.account_id, row.opened_position <= new.first_position)
        .values(
            ledger_minor=row.ledger_minor + new.minor,
            last_position=func.greatest(row.last_position, new.last_position),
            last_day=func.greatest(row.last_day, new.last_day),
        )
        .returning(row.account_id, row.posting_class, row.branch_id, row.currency)
    )
