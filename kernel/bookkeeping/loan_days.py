"""What days alone bring to loans: interest, what falls due, arrears, the end of accrual.

The cut of a day asks ``standings`` for the open loans whose figures no array knows, some at a time.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

import msgspec

from kernel.bookkeeping.loan_amounts import BookedLoan, books_of
from kernel.bookkeeping.loan_policy import LOAN_POLICY
from kernel.loans.standing import Standing
from kernel.loans.state import LoanState, standing_of


class Unfoldable(msgspec.Struct, frozen=True):
    """Why a loan has no answer: a defect, which must not stop the others."""

    reason: str


Stands = Callable[[Sequence[LoanState], datetime.date], list[Standing | Unfoldable]]
"""For each loan, in their order, how it stands at the end of the day."""


def standings(loans: Sequence[LoanState], day: datetime.date) -> list[Standing | Unfoldable]:
    """Each loan by a fold of its own."""
    return [stood(each, day) for each in loans]


def stood(state: LoanState, day: datetime.date) -> Standing | Unfoldable:
    """How one loan stands, or why it cannot be said."""
    try:
        return standing_of(state, day)
    except Exception as error:
        return _reason(error)


def is_provided(day: datetime.date) -> bool:
    """Whether the books hold an allowance for each loan on the day."""
    return bool(LOAN_POLICY.value("allowance.enabled", day))


def folded(
    state: LoanState,
    day: datetime.date,
    allowance_minor: int = 0,
    stands: Standing | None = None,
) -> BookedLoan | Unfoldable:
    """What the books should show for one loan, or why it cannot be said.

    ``allowance_minor`` as measured, left out on a day on which losses are not provided for;
    ``stands`` as in ``books_of``.
    """
    allowance = allowance_minor if is_provided(day) else 0
    try:
        return books_of(state, day, allowance_minor=allowance, stands=stands)
    except Exception as error:
        return _reason(error)


def _reason(error: Exception) -> Unfoldable:
    return Unfoldable(f"{type(error).__name__}: {error}"[:500])
