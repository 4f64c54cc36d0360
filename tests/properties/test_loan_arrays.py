"""The books of loans by array are those by fold: of loans of every method, on any day they hold.

Among them loans that are settled with money held, which days alone can still use.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable

import numpy as np
import pytest

from kernel.bookkeeping.loan_amounts import books_of
from kernel.bookkeeping.loan_arrays import booked
from kernel.bookkeeping.loan_subjects import AmountType
from kernel.loans import fold
from kernel.loans.columns import Columns
from kernel.loans.outlook import STATUSES, Outlook
from kernel.loans.standing import Status
from kernel.projections.outlooks import outlook_of
from tests.properties.test_loan_books import some_state
from tests.support.switches import effective_fees_from, unwinding_from

LOANS = 300
DAYS_MAX = 400
Change = Callable[[Outlook], Outlook]


def differences(
    change: Change = lambda found: found, loans: int = LOANS
) -> tuple[list[str], dict[str, int]]:
    """Where the two differ, and how many loans of each sort were looked at."""
    found: list[str] = []
    seen = {"alone": 0, "settled with money held": 0, "written off": 0, "non-accrual": 0}
    seen["unwinding"] = 0
    for seed in range(loans):
        pick = random.Random(seed)
        state = some_state(pick)
        start = state.loan_terms.start_date.toordinal() + pick.randrange(900)
        made = change(outlook_of(state, datetime.date.fromordinal(start)))
        if made.carried.is_booked_alone:
            seen["alone"] += 1
            continue
        status = STATUSES[made.status]
        holds = status is Status.SETTLED and made.held_minor > 0
        seen["settled with money held"] += holds
        seen["written off"] += status is Status.WRITTEN_OFF
        seen["non-accrual"] += status is Status.NON_ACCRUAL
        columns = Columns.empty()
        columns.put({0: made})
        last = min(made.next_day, start + DAYS_MAX) - 1
        for day in sorted({start, last, pick.randrange(start, last + 1)}):
            as_of = datetime.date.fromordinal(day)
            allowance = pick.choice((0, 1, state.loan_terms.principal_minor // 3))
            arrays = booked(columns, day, np.array([allowance])).items()
            amounts = {kind: int(np.asarray(each).item()) for kind, each in arrays}
            expected = books_of(state, as_of, allowance_minor=allowance)
            seen["unwinding"] += AmountType.UNWOUND_INCOME in expected.amounts
            if {kind: minor for kind, minor in amounts.items() if minor} != expected.amounts:
                found.append(f"seed {seed}, {state.loan_terms.method}, {as_of}, {status}")
            if holds and not expected.is_open:
                found.append(f"seed {seed}, {as_of}: money is held, and nobody looks again")
    return found, seen


def test_the_books_by_array_are_those_by_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every amount type of every loan that arrays answer for."""
    unwinding_from(monkeypatch)
    effective_fees_from(monkeypatch)
    found, seen = differences()
    assert not found, found[:3]
    assert min(seen.values()) > 3, seen
    assert seen["alone"] < LOANS * 2 // 3, seen


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda o: o._replace(held_minor=0), id="money held is forgotten"),
        pytest.param(lambda o: o._replace(overdue_minor=0), id="nothing is overdue"),
        pytest.param(
            lambda o: o._replace(carried=o.carried._replace(ahead_minor=0)),
            id="money dated ahead is forgotten",
        ),
        pytest.param(
            lambda o: o._replace(carried=o.carried._replace(is_booked_alone=0)),
            id="what was taken at the start is earned at once",
        ),
        pytest.param(
            lambda o: o._replace(interest_since_stop_minor=o.interest_since_stop_minor + 2),
            id="more unwinds",
        ),
    ],
)
def test_a_defect_is_found(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong columns show among the same loans."""
    unwinding_from(monkeypatch)
    assert differences(change)[0]


def test_a_fold_that_passes_the_day_of_the_stop_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seeded defect: interest until the day that happens to be asked counts as older."""
    unwinding_from(monkeypatch)
    monkeypatch.setattr(fold, "may_stop_on", lambda *_: None)
    assert differences()[0]
