"""What credit means for the ledger, made from the log alone: one fold a loan, no postings added up.

The books post differences; their sum must be what a single fold shows for the day to which each
loan was posted last: the last day that ended, or the booking date of a later fact. The allowance is
that of the last cut, measured over all loans and all collateral at once.

Units: whole minor units. Sign: debit positive.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Generic, TypeVar

from kernel.audit.commitment_totals import MeasuredLoan, RecomputedCommitments
from kernel.bookkeeping.chart import SUSPENSE_CREDIT, SUSPENSE_DEBIT
from kernel.bookkeeping.loan_amounts import Cumulative
from kernel.bookkeeping.loan_days import Unfoldable, folded, stood
from kernel.bookkeeping.loan_facts import of_closed_years
from kernel.bookkeeping.loan_figures import OVER
from kernel.bookkeeping.loan_journal import into_prior_year
from kernel.bookkeeping.memo import memo_lines
from kernel.bookkeeping.rules import POSTING_RULES
from kernel.business_date.events import BusinessDateAdvanced
from kernel.collateral.coverage import LoanCover
from kernel.collateral.events import CollateralRevalued, OnItem, PriceIndexPublished
from kernel.collateral.lending_value import pool_item, pool_pledges
from kernel.collateral.pool import Exposure
from kernel.collateral.state import NO_INDEX, NO_ITEM, evolve_index, evolve_item
from kernel.collateral.sweep import covers
from kernel.common.facts import Event, Fact
from kernel.grading import state as grading
from kernel.grading.events import FloorEvent
from kernel.limits.events import OnLimit
from kernel.loans.events import parts_of
from kernel.loans.state import INITIAL_LOAN, evolve_loan
from kernel.products.events import ProductDefined
from kernel.projections.memo_books import Noted, is_noted
from kernel.reporting.loan_book import record_of, risk_of, seen
from kernel.reporting.loan_losses import Risk, losses

S = TypeVar("S")


class Folded(Generic[S]):
    """States by id as they are now, and as they were at the last cut."""

    def __init__(self, initial: S, fold: Callable[[S, Fact], S]) -> None:
        self._initial, self._fold = initial, fold
        self.now: dict[str, S] = {}
        self._changed: dict[str, S] = {}

    def take(self, each: str, fact: Fact) -> tuple[S, S]:
        """Fold a fact into one state; before and after."""
        before = self.now.get(each, self._initial)
        self._changed.setdefault(each, before)
        after = self.now[each] = self._fold(before, fact)
        return before, after

    def cut(self) -> None:
        """A day ended."""
        self._changed = {}

    def at_cut(self) -> dict[str, S]:
        """The states as they were then; what came since is as it was before its first fact."""
        return {**self.now, **self._changed}


@cache
def _is_counted(kind: type[Event]) -> bool:
    """Whether events of the kind mean anything for loans; payments, nearly all, do not."""
    others = PriceIndexPublished | FloorEvent | BusinessDateAdvanced | OnLimit | ProductDefined
    return is_noted(kind) or issubclass(kind, others)


class RecomputedLoans:
    """The loans of a ledger while facts are taken in order."""

    def __init__(self) -> None:
        self._loans = Folded(INITIAL_LOAN, evolve_loan)
        self._items = Folded(NO_ITEM, evolve_item)
        self._indexes = Folded(NO_INDEX, evolve_index)
        self._floors = Folded(grading.INITIAL, grading.evolve)
        self._booked: dict[str, datetime.date] = {}
        self._prior: dict[str, Cumulative] = {}
        self._ended = datetime.date.min
        self._noted = Noted({}, {})
        self._commitments = RecomputedCommitments(self._noted)
        self._memos: dict[tuple[str, str, str], int] = {}

    def take(self, facts: Sequence[Fact]) -> None:
        """Add a batch of facts, in order."""
        for fact in facts:
            event = fact.event
            if not _is_counted(type(event)):
                continue
            self._commitments.before(fact)
            for line in memo_lines(fact, self._noted.take(fact), POSTING_RULES):
                key = line.branch_id, line.subject, line.currency
                net = line.debit_minor - line.credit_minor
                self._memos[key] = self._memos.get(key, 0) + net
            for part in parts_of(event):
                self._take(fact, part.loan_id)
            if isinstance(event, OnItem):
                self._items.take(event.item_id, fact)
            elif isinstance(event, CollateralRevalued):
                for price in event.prices:
                    self._items.take(price.item_id, fact)
            elif isinstance(event, PriceIndexPublished):
                self._indexes.take(event.index_id, fact)
            elif isinstance(event, FloorEvent):
                self._floors.take(event.loan_id, fact)
            elif isinstance(event, BusinessDateAdvanced):
                self._ended = event.previous
                self._commitments.cut()
                for each in (self._loans, self._items, self._indexes, self._floors):
                    each.cut()

    def _take(self, fact: Fact, loan_id: str) -> None:
        before, after = self._loans.take(loan_id, fact)
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
        measured = self._losses()
        allowances = {one.risk.loan_id: one.loss.allowance_minor for one in measured}
        sums: dict[tuple[str, str, str], int] = {}
        if self._ended != datetime.date.min:
            sums = self._commitments.subjects(measured, self._ended)
        for loan_id, state in self._loans.now.items():
            on = max(self._booked[loan_id], self._ended)
            found = folded(state, on, allowances.get(loan_id, 0))
            if isinstance(found, Unfoldable):
                continue
            amounts = into_prior_year(found.amounts, self._prior.get(loan_id, {}))
            for kind, minor in amounts.items():
                rule = POSTING_RULES.find(state.posting_class, kind, on)
                suspense = SUSPENSE_DEBIT if minor > 0 else SUSPENSE_CREDIT
                key = (state.branch_id, rule.subject if rule else suspense, state.currency)
                sums[key] = sums.get(key, 0) + minor
        for key, minor in self._memos.items():
            sums[key] = sums.get(key, 0) + minor
        return sums

    def _losses(self) -> list[MeasuredLoan]:
        """What each loan may lose as the last cut measured it."""
        on, floors = self._ended, self._floors.at_cut()
        if on == datetime.date.min:
            return []
        risks: list[Risk] = []
        over: list[bool] = []
        for loan_id, state in self._loans.at_cut().items():
            found = stood(state, on) if state.exists else None
            if found is not None and not isinstance(found, Unfoldable):
                of_loan = floors.get(loan_id, grading.INITIAL).floors
                risks.append(risk_of(seen(record_of(state, of_loan), found), on))
                over.append(found.status in OVER)
        found_losses = losses(risks, self._covers, on)
        return [MeasuredLoan(*each) for each in zip(risks, found_losses, over, strict=True)]

    def _covers(self, owed_minor: Mapping[str, int]) -> Mapping[str, LoanCover]:
        """Cover of every contract that any item is pledged for, as the last cut found it."""
        items = [each for each in self._items.at_cut().values() if each.item_id]
        indexes = self._indexes.at_cut()
        lending = []
        for item in items:
            index_id = item.valuation.index_id if item.valuation else None
            index = indexes.get(index_id, NO_INDEX) if index_id else NO_INDEX
            lending.append(pool_item(item, index.on(self._ended), self._ended))
        pledges = pool_pledges(items)
        currency_of = {each.contract_id: one.currency for one in items for each in one.pledges}
        exposures = [
            Exposure(loan_id=each, exposure_minor=owed_minor.get(each, 0), currency=currency)
            for each, currency in currency_of.items()
        ]
        return covers(lending, pledges, exposures)
