"""A customer's statement of account, by value date.

Units: whole minor units of the account's currency. Sign: money into the account positive.
Both days of the range belong to it, as on paper: 1 March to 31 March is the whole month.
opening + sum of lines = closing.
"""

from __future__ import annotations

import datetime

import msgspec
from sqlalchemy import Select, case, func, select, tuple_

from kernel.projections.queries.accounts import account_row
from kernel.projections.queries.reading import Reader, View
from kernel.projections.refusals import Unanswerable

MAX_LINES = 1000


class LineCursor(msgspec.Struct, frozen=True):
    """A place in a statement: the line after which the next page begins."""

    value_date: datetime.date
    position: int
    leg_no: int


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One movement. ``balance_minor`` is the balance behind it, in the statement's order.

    ``counter_account`` is empty when several accounts stand on the other side.
    """

    position: int
    leg_no: int
    booking_date: datetime.date
    value_date: datetime.date
    amount_minor: int
    balance_minor: int
    purpose: str
    counter_account: str
    text: str
    event: str


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a statement; opening, turnover and closing are those of the whole range.

    ``debit_minor`` (money out) and ``credit_minor`` (money in) are both positive. ``next_page`` is
    None on the last page.
    """

    account_id: str
    customer_id: str
    currency: str
    from_date: datetime.date
    to_date: datetime.date
    known_at: int
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int
    line_count: int
    lines: tuple[StatementLine, ...]
    next_page: LineCursor | None


def statement(
    reader: Reader,
    account_id: str,
    from_date: datetime.date,
    to_date: datetime.date,
    known_at: int | None = None,
    *,
    after: LineCursor | None = None,
    limit: int = MAX_LINES,
) -> Statement:
    """The account's statement of the days ``from_date`` to ``to_date``, both included.

    Lines come by value date, then by log position; ``limit`` of them at most (1..1000), behind
    ``after``. Refuses Unanswerable, AccountNotFound.
    """
    if from_date > to_date:
        raise Unanswerable(
            question="A statement that ends before it begins",
            asked=from_date.isoformat(),
            limit=to_date.isoformat(),
        )
    models = reader.models
    with reader.at(known_at, models.balances, models.statements) as view:
        view.value_day(from_date)
        account = account_row(view, account_id, view.value_day(to_date))
        opening, out, into, count = _figures(view, account_id, from_date, to_date)
        size = max(1, min(limit, MAX_LINES))
        lines = _page(view, account_id, from_date, to_date, opening, after, size + 1)
        last = lines[size - 1] if len(lines) > size else None
        return Statement(
            account_id=account_id,
            customer_id=account.customer_id,
            currency=account.currency,
            from_date=from_date,
            to_date=to_date,
            known_at=view.known_at,
            opening_minor=opening,
            debit_minor=out,
            credit_minor=into,
            closing_minor=opening + into - out,
            line_count=count,
            lines=tuple(lines[:size]),
            next_page=LineCursor(last.value_date, last.position, last.leg_no) if last else None,
        )


def _figures(
    view: View, account_id: str, from_date: datetime.date, to_date: datetime.date
) -> tuple[int, int, int, int]:
    """Opening balance, money out, money in, and the number of lines of the range."""
    lines = view.models.statements.lines.c
    before = lines.value_date < from_date
    query = select(
        func.coalesce(func.sum(case((before, lines.amount_minor), else_=0)), 0),
        func.coalesce(func.sum(case((~before & (lines.amount_minor < 0), -lines.amount_minor))), 0),
        func.coalesce(func.sum(case((~before & (lines.amount_minor > 0), lines.amount_minor))), 0),
        func.count(case((~before, 1))),
    ).where(
        lines.account_id == account_id,
        lines.value_date <= to_date,
        lines.position <= view.known_at,
    )
    opening, out, into, count = view.connection.execute(query).one()
    return int(opening), int(out), int(into), int(count)


def _page(
    view: View,
    account_id: str,
    from_date: datetime.date,
    to_date: datetime.date,
    opening: int,
    after: LineCursor | None,
    size: int,
) -> list[StatementLine]:
    lines = view.models.statements.lines
    key = tuple_(lines.c.value_date, lines.c.position, lines.c.leg_no)
    in_range = select(lines).where(
        lines.c.account_id == account_id,
        lines.c.value_date.between(from_date, to_date),
        lines.c.position <= view.known_at,
    )
    balance = opening
    if after is not None:
        place = tuple_(after.value_date, after.position, after.leg_no)
        balance += _sum(view, in_range.where(key <= place))
        in_range = in_range.where(key > place)
    found: list[StatementLine] = []
    ordered = in_range.order_by(lines.c.value_date, lines.c.position, lines.c.leg_no).limit(size)
    for row in view.connection.execute(ordered):
        balance += row.amount_minor
        found.append(
            StatementLine(
                position=row.position,
                leg_no=row.leg_no,
                booking_date=row.booking_date,
                value_date=row.value_date,
                amount_minor=row.amount_minor,
                balance_minor=balance,
                purpose=row.purpose,
                counter_account=row.counter_account,
                text=row.text,
                event=row.event,
            )
        )
    return found


def _sum(view: View, lines: Select[tuple[object, ...]]) -> int:
    part = lines.subquery()
    return int(view.connection.scalar(select(func.coalesce(func.sum(part.c.amount_minor), 0))) or 0)
