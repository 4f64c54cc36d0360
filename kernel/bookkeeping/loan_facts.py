"""What a fact on a loan has to post: the loan's books with it, less what was posted so far.

Units: whole minor units. Sign: debit positive.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import msgspec

from kernel.bookkeeping.loan_amounts import BookedLoan, Cumulative
from kernel.bookkeeping.loan_days import Unfoldable, folded
from kernel.bookkeeping.loan_journal import AmountEntry, difference, entries, into_prior_year
from kernel.bookkeeping.loan_subjects import PRIOR_YEAR, AmountType
from kernel.common.day_count import last_of_year_before
from kernel.common.facts import Fact
from kernel.loans.dated import Reversal
from kernel.loans.events import LoanEntryReversed, OnLoan, parts_of
from kernel.loans.state import LoanState


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """What is posted for a loan: the change per amount type, and the entries that make it."""

    change: Cumulative
    entries: tuple[AmountEntry, ...]
    is_open: bool


def by_days(found: BookedLoan, posted: Mapping[AmountType, int]) -> Posting:
    """What days alone brought since the last posting."""
    change = difference(found.amounts, posted)
    return Posting(change=change, entries=tuple(entries(change)), is_open=found.is_open)


def by_fact(
    fact: Fact,
    before: LoanState,
    after: LoanState,
    posted: Mapping[AmountType, int],
    allowance_minor: int = 0,
) -> Posting | Unfoldable:
    """What the fact brings to one loan, and days since its last posting, on the booking date.

    ``allowance_minor`` is what the last cut measured; the next one measures anew.
    A reversal within the year is red as a whole. Of a fact dated in an earlier year, income that
    belongs to that year goes to the prior-year adjustments.
    """
    found = folded(after, fact.booking_date, allowance_minor)
    prior = of_closed_years(fact, before, after)
    if isinstance(found, Unfoldable):
        return found
    if isinstance(prior, Unfoldable):
        return prior
    change = into_prior_year(difference(found.amounts, posted), prior)
    if not prior and isinstance(_part(fact, after), LoanEntryReversed):
        stood = folded(before, fact.booking_date, allowance_minor)
        if isinstance(stood, Unfoldable):
            return Posting(change=change, entries=tuple(entries(change)), is_open=found.is_open)
        days = difference(stood.amounts, posted)
        rest = difference(change, days)
        red = (*entries(days), *entries(rest, all_red=True))
        return Posting(change=change, entries=red, is_open=found.is_open)
    return Posting(change=change, entries=tuple(entries(change)), is_open=found.is_open)


def _part(fact: Fact, state: LoanState) -> OnLoan:
    """What the fact's event is to the loan."""
    return next(each for each in parts_of(fact.event) if each.loan_id == state.loan_id)


def _effective(fact: Fact, state: LoanState) -> datetime.date:
    """The day from which the fact works: a reversal works from the day of what it reverses."""
    part = _part(fact, state)
    named = part.reversed_entry_id if isinstance(part, LoanEntryReversed) else ""
    while named:
        original = next((each for each in state.entries if each.event.event_id == named), None)
        if original is None:
            break
        if not isinstance(original.event, Reversal):
            return original.event.value_date
        named = original.event.reverses
    return fact.value_date


def of_closed_years(fact: Fact, before: LoanState, after: LoanState) -> Cumulative | Unfoldable:
    """By how much the fact changes the income of the years before the booking date's."""
    last = last_of_year_before(fact.booking_date)
    if _effective(fact, after) > last:
        return {}
    now = folded(after, last)
    stood = folded(before, last) if before.exists else BookedLoan(amounts={}, is_open=True)
    for each in (now, stood):
        if isinstance(each, Unfoldable):
            return each
    assert isinstance(now, BookedLoan)
    assert isinstance(stood, BookedLoan)
    return {kind: now.amounts.get(kind, 0) - stood.amounts.get(kind, 0) for kind in PRIOR_YEAR}
