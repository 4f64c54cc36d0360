"""Open loans of a chunk at a cut, and which of them the close's columns can answer for.

A loan's row answers for a day when it was made of all events that the books have of the loan, and
the day lies in its stretch. Columns are a cache, and may be of another day or not there at all:
what they do not know is left to a fold.

Units: whole minor units in int64.
"""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Table, exists, func, select

from kernel.bookkeeping.loan_figures import OVER
from kernel.bookkeeping.loan_journal import Place
from kernel.loans.columns import Bools, Columns, Ints
from kernel.loans.outlook import STATUSES
from kernel.projections import outlooks
from kernel.projections.loan_losses import LoanLosses
from kernel.projections.loan_rows import LoanRows

_OVER = [STATUSES.index(status) for status in OVER]


class Chunk(NamedTuple):
    """Open loans in the order of ``places``; ``is_known`` are those that the columns know.

    ``is_secured`` where anything was ever pledged, ``is_floored`` where people set a class.
    """

    number: int
    day: int
    columns: Columns
    places: Ints
    loan_ids: list[str]
    contract_ids: list[str]
    debtor_ids: list[str]
    at: list[Place]
    is_secured: Bools
    is_floored: Bools
    is_known: Bools


def open_chunk(
    connection: Connection, rows: LoanRows, losses: LoanLosses, number: int, top: int,
    ended: datetime.date,
) -> Chunk:  # fmt: skip
    """The chunk at the end of a day, of its rows up to ``top``: a close may number loans meanwhile.

    Raises DBAPIError.
    """
    columns, day = outlooks.load(connection, number).columns, ended.toordinal()
    found = connection.execute(_query(rows, losses, number, top)).all()
    names = ("row", "loan_id", "contract_id", "debtor_id", "branch_id", "posting_class",
             "currency", "parked", "count", "secured", "floored")  # fmt: skip
    each: dict[str, Any] = dict(zip(names, zip(*found, strict=True), strict=False))
    where = [each.get(name, ()) for name in ("branch_id", "posting_class", "currency")]
    places = np.array(each.get("row", ()), np.int64) - number * outlooks.CHUNK
    known = np.zeros(len(places), np.bool_)
    if len(columns):
        within = places < len(columns)
        mine = np.where(within, places, 0)
        counts = np.array(each.get("count", ()), np.int64)
        fit = _fit(columns, day)
        known = within & fit[mine] & (columns.column("events")[mine] == counts)
        known &= ~np.array(each.get("parked", ()), np.bool_)
        columns = columns.letting_grow(fit)
    return Chunk(
        number=number,
        day=day,
        columns=columns,
        places=places,
        loan_ids=list(each.get("loan_id", ())),
        contract_ids=list(each.get("contract_id", ())),
        debtor_ids=list(each.get("debtor_id", ())),
        at=[Place(*one) for one in zip(*where, strict=True)],
        is_secured=np.array(each.get("secured", ()), np.bool_),
        is_floored=np.array(each.get("floored", ()), np.bool_),
        is_known=known,
    )


def _fit(columns: Columns, day: int) -> Bools:
    """Which loans the columns can answer for: they owe, and days alone went by."""
    fit: Bools = columns.column("is_booked_alone") == 0
    fit &= ~np.isin(columns.column("status"), _OVER)
    fit[columns.stale(day)] = False
    return fit


def _query(rows: LoanRows, losses: LoanLosses, number: int, top: int) -> Any:
    loans, b, entries = outlooks.LOANS.c, rows.books.c, rows.entries.c
    pledges, floors = losses.securities.pledges.c, losses.securities.floors.c
    count = select(func.count()).where(entries.loan_id == b.loan_id).scalar_subquery()
    secured = exists().where(pledges.contract_id == b.contract_id)
    floored = exists().where(floors.loan_id == b.loan_id)
    first = number * outlooks.CHUNK
    return (
        select(
            loans.row, b.loan_id, b.contract_id, b.debtor_id, b.branch_id, b.posting_class,
            b.currency, b.error != "", count, secured, floored,
        )
        .join_from(outlooks.LOANS, rows.books, loans.loan_id == b.loan_id)
        .where(loans.row.between(first, min(first + outlooks.CHUNK - 1, top)), b.is_open == 1)
        .order_by(loans.row)
    )  # fmt: skip


def by_place(connection: Connection, table: Table, number: int, *columns: Any) -> list[Any]:
    """Columns of a table by loan for the loans of a chunk, each row behind its place in it."""
    loans, first = outlooks.LOANS.c, number * outlooks.CHUNK
    query = (
        select(loans.row - first, *columns)
        .join_from(outlooks.LOANS, table, loans.loan_id == table.c.loan_id)
        .where(loans.row >= first, loans.row < first + outlooks.CHUNK)
    )
    return list(connection.execute(query).all())
