"""The end of a business date for the loans that the close's columns know: their books by array.

A loan's row answers for a day when it was made of all events that the books have of the loan, and
the day lies in its stretch. Columns are a cache, and may be of another day or not there at all:
what they do not know is left to a fold.

Units: whole minor units in int64; of a chunk the principal stays below 2**57. Sign: debit positive.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, Table, func, select

from kernel.bookkeeping import loan_days
from kernel.bookkeeping.loan_allowance import own_loss_minor
from kernel.bookkeeping.loan_arrays import booked
from kernel.bookkeeping.loan_figures import OVER
from kernel.bookkeeping.loan_journal import AmountEntry, Place
from kernel.bookkeeping.loan_subjects import PRIOR_YEAR, AmountType
from kernel.grading.classes import Grade
from kernel.grading.losses import Stage
from kernel.loans.columns import PLACE, Bools, Columns, Ints
from kernel.loans.outlook import STATUSES
from kernel.loans.standing import Status
from kernel.loans.state import INITIAL_LOAN
from kernel.projections import bulk, outlooks
from kernel.projections.loan_classes import by_days, with_history

KINDS = tuple(AmountType)
_AT = {kind: place for place, kind in enumerate(KINDS)}
_KIND = {kind.value: place for place, kind in enumerate(KINDS)}
_INCOME = [_AT[kind] for kind in PRIOR_YEAR]
_OVER = [STATUSES.index(status) for status in OVER]
_BY_PRINCIPAL = (Stage.ONE, Stage.THREE)
"""Stages whose allowance needs today's principal alone."""


class Loans(NamedTuple):
    """Open loans of a chunk: place in it, id, where each is posted."""

    places: Ints
    loan_ids: list[str]
    at: list[Place]


class Cut(NamedTuple):
    """What days brought to the loans of a chunk: entries by where they are posted, new amounts.

    ``amounts`` are rows of the sub-ledger that changed, ``totals`` the changes by place and type.
    ``others`` are ids of open loans that the columns do not know.
    """

    entries: list[tuple[Place, AmountEntry]]
    amounts: list[bulk.Row]
    totals: list[tuple[Place, AmountType, int]]
    others: list[str]


def cut_chunk(
    connection: Connection, books: Table, entries: Table, amounts: Table, number: int,
    ended: datetime.date,
) -> Cut:  # fmt: skip
    """The cut of a chunk. Raises DBAPIError; OverflowError for columns out of bounds."""
    loans, counts, parked = _open(connection, books, entries, number)
    columns, day = outlooks.load(connection, number).columns, ended.toordinal()
    known = np.zeros(len(loans.places), np.bool_)
    allowance = np.zeros(len(columns), np.int64)
    if len(columns):
        within = loans.places < len(columns)
        places = np.where(within, loans.places, 0)
        fit = _fit(columns, day)
        if loan_days.is_measured(ended):
            allowance, measured = _allowances(columns, ended)
            fit &= measured
        known = within & fit[places] & (columns.column("events")[places] == counts) & ~parked
        columns = columns.letting_grow(fit)
    now = _stacked(columns, day, allowance)[loans.places[known]]
    before = _posted(connection, amounts, number, loans.places[known])
    change = now - before
    for kind, prior in PRIOR_YEAR.items():
        change[:, _AT[kind]] -= before[:, _AT[prior]]
        change[:, _AT[prior]] = 0
    falls = (change[:, _INCOME] > 0).any(axis=1)
    known[np.flatnonzero(known)[falls]] = False
    others = [loans.loan_ids[each] for each in np.flatnonzero(~known).tolist()]
    which = np.flatnonzero(known).tolist()
    return _made(loans, which, change[~falls], before[~falls], others)


def _fit(columns: Columns, day: int) -> Bools:
    """Which loans the columns can answer for: they owe, and days alone went by."""
    fit: Bools = columns.column("is_booked_alone") == 0
    fit &= ~np.isin(columns.column("status"), _OVER)
    fit[columns.stale(day)] = False
    return fit


def _open(
    connection: Connection, books: Table, entries: Table, number: int
) -> tuple[Loans, Ints, Bools]:
    """Open loans of a chunk, how many entries the books have of each, and which are parked."""
    rows, b = outlooks.LOANS.c, books.c
    count = select(func.count()).where(entries.c.loan_id == b.loan_id).scalar_subquery()
    columns = (rows.row, b.loan_id, b.branch_id, b.posting_class, b.currency, b.error != "", count)
    first = number * outlooks.CHUNK
    query = (
        select(*columns)
        .join_from(outlooks.LOANS, books, rows.loan_id == b.loan_id)
        .where(rows.row >= first, rows.row < first + outlooks.CHUNK, b.is_open == 1)
        .order_by(rows.row)
    )
    found = connection.execute(query).all()
    if not found:
        return Loans(np.zeros(0, np.int64), [], []), np.zeros(0, np.int64), np.zeros(0, np.bool_)
    row, loan_ids, branches, classes, currencies, parked, counts = zip(*found, strict=True)
    at = [Place(*each) for each in zip(branches, classes, currencies, strict=True)]
    loans = Loans(np.array(row, np.int64) - first, list(loan_ids), at)
    return loans, np.array(counts, np.int64), np.array(parked, np.bool_)


def _stacked(columns: Columns, day: int, allowance: Ints) -> Ints:
    """What the books should show: a row a loan, a column a type."""
    made = np.zeros((len(columns), len(KINDS)), np.int64)
    if len(columns):
        for kind, minor in booked(columns, day, allowance).items():
            made[:, _AT[kind]] = minor
    return made


def _posted(connection: Connection, amounts: Table, number: int, places: Ints) -> Ints:
    """What was posted so far, shaped the same way, for the loans at these places of a chunk."""
    made = np.zeros((len(places), len(KINDS)), np.int64)
    if not len(places):
        return made
    rows, a, first = outlooks.LOANS.c, amounts.c, number * outlooks.CHUNK
    query = (
        select(rows.row, a.amount_type, a.amount_minor)
        .join_from(outlooks.LOANS, amounts, rows.loan_id == a.loan_id)
        .where(rows.row >= first, rows.row < first + outlooks.CHUNK)
    )
    found = connection.execute(query).all()
    if not found:
        return made
    row, types, minor = zip(*found, strict=True)
    where = np.full(outlooks.CHUNK, -1, np.int64)
    where[places] = np.arange(len(places))
    mine = where[np.array(row, np.int64) - first]
    kinds = np.array([_KIND[each] for each in types], np.int64)
    kept = mine >= 0
    made[mine[kept], kinds[kept]] = np.array(minor, np.int64)[kept]
    return made


def _made(loans: Loans, which: list[int], change: Ints, before: Ints, others: list[str]) -> Cut:
    """The cut from what changed of the loans ``which``."""
    codes: dict[Place, int] = {}
    code = np.array([codes.setdefault(loans.at[each], len(codes)) for each in which], np.int64)
    entries: list[tuple[Place, AmountEntry]] = []
    totals: list[tuple[Place, AmountType, int]] = []
    for place, number in codes.items():
        mine = change[code == number]
        debits, credits = np.maximum(mine, 0).sum(axis=0), np.minimum(mine, 0).sum(axis=0)
        for kind, debit, credit in zip(KINDS, debits.tolist(), credits.tolist(), strict=True):
            if debit:
                entries.append((place, AmountEntry(kind, debit, 0)))
            if credit:
                entries.append((place, AmountEntry(kind, 0, -credit)))
            if debit or credit:
                totals.append((place, kind, debit + credit))
    changed, kinds = np.nonzero(change)
    after = (before + change)[changed, kinds].tolist()
    ids = [loans.loan_ids[which[each]] for each in changed.tolist()]
    names = [KINDS[each].value for each in kinds.tolist()]
    return Cut(entries, list(zip(ids, names, after, strict=True)), totals, others)


def _allowances(columns: Columns, on: datetime.date) -> tuple[Ints, Bools]:
    """The allowance of each loan, and which of them its principal and days past due alone set."""
    grades, stages = by_days(columns, on)
    stages[with_history(columns, on)] = 0
    gone = columns.column("status") == STATUSES.index(Status.WRITTEN_OFF)
    names = [PLACE["on_balance.principal_minor"], PLACE["off_balance.principal_minor"]]
    owed = columns.amounts[:, names].sum(axis=1)
    measured = gone | np.isin(stages, _BY_PRINCIPAL)
    made = np.zeros(len(columns), np.int64)
    for place in np.flatnonzero(measured & ~gone).tolist():
        stage, grade = Stage(int(stages[place])), Grade(int(grades[place]))
        made[place] = own_loss_minor(INITIAL_LOAN, stage, grade, [int(owed[place])])
    return made, measured
