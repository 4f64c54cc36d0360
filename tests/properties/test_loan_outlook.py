"""Loans of every method: what the arrays say of a day is what the fold says of it.

Each defect here is one that this property alone would catch; it must be found among the loans.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable

import pytest

from kernel.loans.columns import Columns, recognised
from kernel.loans.fold import Folded, fold_to
from kernel.loans.outlook import STATUSES, Outlook, outlook
from kernel.loans.result import noted
from tests.support.loan_cases import some_events, some_terms

LOANS = 400
DAYS_MAX = 400
Change = Callable[[Outlook], Outlook]


def differences(change: Change = lambda found: found, loans: int = LOANS) -> tuple[list[str], int]:
    """Where arrays and fold differ, and how many loans had grown by the day that was asked."""
    found, grown = [], 0
    for seed in range(loans):
        pick = random.Random(seed)
        terms = some_terms(pick)
        events = some_events(pick, terms)
        start = terms.start_date.toordinal() + pick.randrange(-3, 900)
        made = change(outlook(terms, events, datetime.date.fromordinal(start)))
        columns = Columns.empty()
        columns.put({0: made})
        last = min(made.next_day, start + DAYS_MAX) - 1
        for day in sorted({start, last, *(pick.randrange(start, last + 1) for _ in range(3))}):
            as_of = datetime.date.fromordinal(day)
            folded = fold_to(terms, events, as_of)
            expected = noted(folded.course, folded.money, as_of)
            found_there = (
                recognised(columns.at(day)[0]),
                STATUSES[made.status],
                int(columns.days_past_due(day)[0]),
                int(columns.due(day)[0]),
            )
            told = (expected.recognised, expected.status, expected.days_past_due, due(folded))
            if found_there != told:
                found.append(f"seed {seed}, {terms.method}, {as_of}: {found_there} not {told}")
        grown += bool(columns.grown(last).any())
    return found, grown


def due(folded: Folded) -> int:
    """What has fallen due and is unpaid."""
    course = folded.course
    lines = [line for line in course.owing if line.due <= course.today]
    return sum(line.open_amount(part) for line in lines for part in range(5))


def test_arrays_say_what_the_fold_says() -> None:
    """Every amount type, the status and the days past due, on any day before the next one."""
    found, grown = differences()
    assert not found, found[:3]
    assert grown > LOANS // 4, f"only {grown} of {LOANS} loans had anything that grows"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda o: o._replace(next_day=o.next_day + 1), id="a day too long"),
        pytest.param(lambda o: o._replace(since=o.since and o.since + 1), id="late a day less"),
        pytest.param(lambda o: o._replace(place=0), id="non-accrual stays in the books"),
        pytest.param(
            lambda o: o._replace(rows=tuple((*row[:11], row[11] + 1, *row[12:]) for row in o.rows)),
            id="a minor unit more",
        ),
        pytest.param(
            lambda o: o._replace(rows=tuple(row for row in o.rows if row[0] == 0)),
            id="arrears cost nothing",
        ),
    ],
)
def test_a_defect_is_found(change: Change) -> None:
    """A wrong outlook shows among the same loans."""
    assert differences(change, loans=120)[0]
