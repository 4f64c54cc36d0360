"""What the books need of how a loan stands: of one loan as whole numbers, of many as arrays.

The arithmetic of the books (``loan_amounts``) is written once for both: it adds, takes the least,
and multiplies by flags of 0 and 1.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from kernel.loans.fold import fold_to
from kernel.loans.result import Noted, noted
from kernel.loans.standing import Recognised, Standing, Status
from kernel.loans.state import LoanState

OVER = (Status.SETTLED, Status.NOT_DISBURSED)
"""Statuses in which nothing is owed."""
Minor = Any
"""Whole minor units or a flag: an ``int``, or an int64 array with one of them a loan."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a day; of ``recognised``, too, each field may be an array."""

    is_over: Minor
    is_impaired: Minor
    overdue_minor: Minor
    accrued_interest_minor: Minor
    unapplied_minor: Minor
    interest_since_stop_minor: Minor
    recognised: Recognised


def least(one: Minor, other: Minor) -> Minor:
    """The lesser one, of each loan."""
    return np.minimum(one, other) if isinstance(one, np.ndarray) else min(one, other)


def singly(figure: Callable[..., int], counts: Minor, *asked: Minor) -> Minor:
    """A figure of more than 64 bits on its way: of many loans, exactly and one by one, of those
    where ``counts`` is not 0; 0 of the others."""
    if not isinstance(counts, np.ndarray):
        return figure(*asked) if counts else 0
    made = np.zeros(len(counts), np.int64)
    for place in np.flatnonzero(counts).tolist():
        made[place] = figure(*(int(each[place]) for each in asked))
    return made


def figures_of(found: Standing) -> Figures:
    """The figures of a standing."""
    return _figures(found, found.accrued_interest_minor, found.unapplied_minor)


def figures_by_fold(state: LoanState, as_of: datetime.date) -> Figures | None:
    """The figures of a loan whose coming instalments need not be planned.

    None where the books look at instalments: a line of the start itself spreads over the loan.
    """
    events = tuple(each.event for each in state.entries)
    folded = fold_to(state.loan_terms, events, as_of, by_events_alone=True)
    if any(line.number == 0 for line in folded.course.lines):
        return None
    today = noted(folded.course, folded.money, as_of)
    return _figures(today, today.accrued_minor, today.held_minor)


def _figures(found: Standing | Noted, accrued_minor: int, held_minor: int) -> Figures:
    return Figures(
        is_over=found.status in OVER,
        is_impaired=found.status is Status.NON_ACCRUAL,
        overdue_minor=found.overdue_minor,
        accrued_interest_minor=accrued_minor,
        unapplied_minor=held_minor,
        interest_since_stop_minor=found.interest_since_stop_minor,
        recognised=found.recognised,
    )
