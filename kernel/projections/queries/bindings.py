"""Questions about one account's holds, restraints and use of caps.

Units: whole minor units of the account's currency.
"""

from __future__ import annotations

import datetime

import msgspec
from sqlalchemy import case, func, select

from kernel.accounts.restraints import binding
from kernel.projections.queries.accounts import account_row
from kernel.projections.queries.reading import Reader
from kernel.projections.queries.set_aside import as_restraints, hold_rows, restraint_rows


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Money set aside: what is left of the hold, and the first day on which it binds no more."""

    account_id: str
    hold_id: str
    remaining_minor: int
    expires_on: datetime.date


class RestraintRow(msgspec.Struct, frozen=True, kw_only=True):
    """A restraint that was placed and not lifted; without an amount it covers the whole account.

    ``is_binding`` is false when its term is over, and for a queued freeze whose turn has not come.
    """

    account_id: str
    restraint_id: str
    kind: str
    authority: str
    notice_number: str
    direction: str
    amount_minor: int | None
    expires_on: datetime.date | None
    placed_on: datetime.date
    is_binding: bool


class UsageSums(msgspec.Struct, frozen=True, kw_only=True):
    """What counted against an account's caps on a day, and in its calendar year up to that day."""

    account_id: str
    on: datetime.date
    known_at: int
    in_day_minor: int
    in_year_minor: int
    out_day_minor: int
    out_year_minor: int


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
            for row in hold_rows(view, [account_id], on)
        ]


def restraints(
    reader: Reader,
    account_id: str,
    as_of: datetime.date | None = None,
    known_at: int | None = None,
) -> list[RestraintRow]:
    """Restraints placed by the day and not lifted on it, in the order of their placing.

    Refuses Unanswerable, AccountNotFound.
    """
    with reader.at(known_at, reader.models.balances) as view:
        on = view.value_day(as_of)
        account_row(view, account_id, on)
        rows = restraint_rows(view, [account_id], on).get(account_id, [])
        bound = binding(as_restraints(rows), on)
        return [
            RestraintRow(
                account_id=account_id,
                restraint_id=row.restraint_id,
                kind=row.kind,
                authority=row.authority,
                notice_number=row.notice_number,
                direction=row.direction,
                amount_minor=row.amount_minor,
                placed_on=row.placed_on,
                expires_on=row.expires_on,
                is_binding=row.restraint_id in bound,
            )
            for row in rows
            if row.lifted_on is None
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
