"""The end of a business date for the loans that the close's columns know: their books by array.

Units: whole minor units in int64; of a chunk the principal stays below 2**57. Sign: debit positive.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, Table

from kernel.bookkeeping.loan_arrays import booked
from kernel.bookkeeping.loan_journal import CLAIMS_OF, AmountEntry, Place
from kernel.bookkeeping.loan_subjects import PRIOR_YEAR, AmountType
from kernel.loans.columns import Columns, Ints
from kernel.projections import bulk, outlooks
from kernel.projections.loan_chunks import Chunk, by_place

KINDS = tuple(AmountType)
_AT = {kind: place for place, kind in enumerate(KINDS)}
_KIND = {kind.value: place for place, kind in enumerate(KINDS)}
_INCOME = [_AT[kind] for kind in CLAIMS_OF]


class Cut(NamedTuple):
    """What days brought to the loans of a chunk: entries by where they are posted, new amounts.

    ``amounts`` are rows of the sub-ledger that changed, ``totals`` the changes by place and type.
    ``others`` are ids of open loans that need a fold; those in ``measured`` need it for their
    entries alone.
    """

    entries: list[tuple[Place, AmountEntry]]
    amounts: list[bulk.Row]
    totals: list[tuple[Place, AmountType, int]]
    others: list[str]
    measured: set[str]


def cut_chunk(connection: Connection, amounts: Table, chunk: Chunk, allowance: Ints) -> Cut:
    """The cut of a chunk, with the allowance of each loan by place. Raises DBAPIError;
    OverflowError for columns out of bounds."""
    known = chunk.is_known.copy()
    now = _stacked(chunk.columns, chunk.day, allowance)[chunk.places[known]]
    before = _posted(connection, amounts, chunk.number, chunk.places[known])
    change = now - before
    for kind, prior in PRIOR_YEAR.items():
        change[:, _AT[kind]] -= before[:, _AT[prior]]
        change[:, _AT[prior]] = 0
    falls = (change[:, _INCOME] > 0).any(axis=1)
    known[np.flatnonzero(known)[falls]] = False
    others = [chunk.loan_ids[each] for each in np.flatnonzero(~known).tolist()]
    measured = {chunk.loan_ids[each] for each in np.flatnonzero(chunk.is_known).tolist()}
    which = np.flatnonzero(known).tolist()
    entries, rows, totals = _made(chunk, which, change[~falls], before[~falls])
    return Cut(entries, rows, totals, others, measured)


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
    a = amounts.c
    found = by_place(connection, amounts, number, a.amount_type, a.amount_minor)
    if not found:
        return made
    place, types, minor = zip(*found, strict=True)
    where = np.full(outlooks.CHUNK, -1, np.int64)
    where[places] = np.arange(len(places))
    mine = where[np.array(place, np.int64)]
    kinds = np.array([_KIND[each] for each in types], np.int64)
    kept = mine >= 0
    made[mine[kept], kinds[kept]] = np.array(minor, np.int64)[kept]
    return made


Entries = list[tuple[Place, AmountEntry]]
Totals = list[tuple[Place, AmountType, int]]


def _made(
    chunk: Chunk, which: list[int], change: Ints, before: Ints
) -> tuple[Entries, list[bulk.Row], Totals]:
    """Entries, rows of the sub-ledger and totals from what changed of the loans ``which``."""
    codes: dict[Place, int] = {}
    code = np.array([codes.setdefault(chunk.at[each], len(codes)) for each in which], np.int64)
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
    ids = [chunk.loan_ids[which[each]] for each in changed.tolist()]
    names = [KINDS[each].value for each in kinds.tolist()]
    return entries, list(zip(ids, names, after, strict=True)), totals
