"""What days alone bring to loans: interest, what falls due, arrears, the end of accrual.

The cut of a day asks ``accrued`` for the open loans whose figures no array knows, some at a time.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

import msgspec

from kernel.bookkeeping.loan_allowance import measured_minor
from kernel.bookkeeping.loan_amounts import BookedLoan, books_of
from kernel.bookkeeping.loan_policy import LOAN_POLICY
from kernel.loans.state import LoanState


class Unfoldable(msgspec.Struct, frozen=True):
    """Why a loan has no answer: a defect, which must not stop the others."""

    reason: str


Accrued = Callable[[Sequence[LoanState], datetime.date], list[BookedLoan | Unfoldable]]
"""For each loan, in their order, what the books should show at the end of the day."""


def accrued(loans: Sequence[LoanState], day: datetime.date) -> list[BookedLoan | Unfoldable]:
    """Each loan by a fold of its own."""
    return [folded(each, day) for each in loans]


def is_measured(day: datetime.date) -> bool:
    """Whether the books hold an allowance for each loan on the day."""
    return bool(LOAN_POLICY.value("allowance.enabled", day))


def folded(state: LoanState, day: datetime.date) -> BookedLoan | Unfoldable:
    """What the books should show for one loan, or why it cannot be said."""
    try:
        measure = measured_minor if is_measured(day) else None
        return books_of(state, day, measure=measure)
    except Exception as error:
        return Unfoldable(f"{type(error).__name__}: {error}"[:500])
