"""Figures of loans on a day from the columns that the close keeps, so that no fold is needed.

A loan's row is right for a day when it was made of all events that the asker knows of the loan, and
the day lies in its stretch. All else has no answer here: columns are a cache, and may be of another
day, or not there at all.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection

from kernel.bookkeeping.loan_amounts import Figures
from kernel.grading.classes import Grade
from kernel.grading.losses import Stage
from kernel.loans.columns import Columns, recognised
from kernel.loans.outlook import GROWS_INTEREST, STATUSES
from kernel.loans.state import LoanState
from kernel.projections import bulk, outlooks
from kernel.projections.loan_classes import by_days, with_history

Row = list[Any]


class Known(NamedTuple):
    """Figures of a loan, and its class and stage by its own conduct."""

    figures: Figures
    grade: Grade
    stage: Stage


class KnownFigures:
    """What the columns know of a day; the last chunk that was asked for stays in memory."""

    def __init__(self, connection: Connection, day: datetime.date) -> None:
        self._connection = connection
        self._day = day.toordinal()
        self._number = -1
        self._rows: tuple[Row, Row, Row] = ([], [], [])

    def of(self, loans: Sequence[LoanState]) -> list[Known | None]:
        """What is known of each loan; None where the columns do not know, or its past counts."""
        places = self._places([each.loan_id for each in loans])
        made: dict[str, Known | None] = {}
        for loan in sorted(loans, key=lambda each: places.get(each.loan_id, -1)):
            place = places.get(loan.loan_id)
            made[loan.loan_id] = None if place is None else self._figures(loan, place)
        return [made[each.loan_id] for each in loans]

    def _places(self, loan_ids: Sequence[str]) -> dict[str, int]:
        rows = bulk.load(self._connection, outlooks.LOANS, "loan_id", loan_ids)
        return {one.loan_id: one.row for one in rows}

    def _figures(self, loan: LoanState, row: int) -> Known | None:
        number, place = divmod(row, outlooks.CHUNK)
        if number != self._number:
            columns = outlooks.load(self._connection, number).columns
            self._number, self._rows = number, _rows(columns, self._day)
        scalars, amounts, events = self._rows
        if place >= len(events) or events[place] != len(loan.entries):
            return None
        status, overdue, accrued, held, grade, stage = scalars[place]
        figures = Figures(
            status=STATUSES[status],
            overdue_minor=overdue,
            accrued_interest_minor=accrued,
            unapplied_minor=held,
            recognised=recognised(amounts[place]),
        )
        return Known(figures, Grade(grade), Stage(stage))


def _rows(columns: Columns, day: int) -> tuple[Row, Row, Row]:
    """By place: scalars, amounts, and of how many events they were made; -1 where not known."""
    accrued = columns.column("accrued_minor") + columns.grown(day)[:, GROWS_INTEREST]
    grades, stages = by_days(columns, datetime.date.fromordinal(day))
    names = (columns.column("status"), columns.column("overdue_minor"), accrued,
             columns.column("held_minor"), grades, stages)  # fmt: skip
    events = np.where(columns.column("takes_at_start") > 0, -1, columns.column("events"))
    events[columns.stale(day)] = -1
    events[with_history(columns, datetime.date.fromordinal(day))] = -1
    return np.stack(names, axis=1).tolist(), columns.at(day).tolist(), events.tolist()
