"""What loans mean for the ledger, made from the log alone: one fold each, no postings added up.

The books post differences; their sum must be what a single fold shows for the day to which each
loan was posted last: the last day that ended, or the booking date of a later fact.

Units: whole minor units. Sign: debit positive.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from kernel.bookkeeping.chart import SUSPENSE_CREDIT, SUSPENSE_DEBIT
from kernel.bookkeeping.loan_amounts import Cumulative
from kernel.bookkeeping.loan_days import Unfoldable, folded
from kernel.bookkeeping.loan_facts import of_closed_years
from kernel.bookkeeping.loan_journal import into_prior_year
from kernel.bookkeeping.rules import POSTING_RULES
from kernel.business_date.events import BusinessDateAdvanced
from kernel.common.facts import Fact
from kernel.loans.events import parts_of
from kernel.loans.state import INITIAL_LOAN, LoanState, evolve_loan


class RecomputedLoans:
    """The loans of a ledger while facts are taken in order."""

    def __init__(self) -> None:
        self._states: dict[str, LoanState] = {}
        self._booked: dict[str, datetime.date] = {}
        self._prior: dict[str, Cumulative] = {}
        self._ended = datetime.date.min

    def take(self, facts: Sequence[Fact]) -> None:
        """Add a batch of facts, in order."""
        for fact in facts:
            event = fact.event
            for part in parts_of(event):
                self._take(fact, part.loan_id)
            if isinstance(event, BusinessDateAdvanced):
                self._ended = event.previous

    def _take(self, fact: Fact, loan_id: str) -> None:
        before = self._states.get(loan_id, INITIAL_LOAN)
        after = self._states[loan_id] = evolve_loan(before, fact)
        self._booked[loan_id] = fact.booking_date
        closed = of_closed_years(fact, before, after)
        if isinstance(closed, Unfoldable):
            return
        prior = self._prior.setdefault(loan_id, {})
        for kind, minor in closed.items():
            prior[kind] = prior.get(kind, 0) + minor

    def subjects(self) -> dict[tuple[str, str, str], int]:
        """Debit less credit per branch, subject and currency; without loans that cannot be folded.

        The checks of the stored sums name those.
        """
        sums: dict[tuple[str, str, str], int] = {}
        for loan_id, state in self._states.items():
            on = max(self._booked[loan_id], self._ended)
            found = folded(state, on)
            if isinstance(found, Unfoldable):
                continue
            amounts = into_prior_year(found.amounts, self._prior.get(loan_id, {}))
            for kind, minor in amounts.items():
                rule = POSTING_RULES.find(state.posting_class, kind, on)
                suspense = SUSPENSE_DEBIT if minor > 0 else SUSPENSE_CREDIT
                key = (state.branch_id, rule.subject if rule else suspense, state.currency)
                sums[key] = sums.get(key, 0) + minor
        return sums
