"""What deposits have earned, made from the log alone: one fold an account, no postings added up.

Units: whole minor units. Sign: debit less credit.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import msgspec
import numpy as np

from kernel.accounts.events import AccountOpened
from kernel.application import interest_fold
from kernel.audit.closed_years import ClosedYears
from kernel.audit.loan_totals import Folded
from kernel.audit.pages import Ints
from kernel.audit.postings import SubjectKey
from kernel.bookkeeping.deposit_interest import AGREEMENT_CLASS, INTEREST_CLASS, Side
from kernel.bookkeeping.rules import POSTING_RULES
from kernel.business_date.events import BusinessDateAdvanced
from kernel.common.facts import Event, Fact
from kernel.deposits import accrual, interest, rates
from kernel.deposits import state as deposits
from kernel.deposits.accrual_lines import above_base_minor
from kernel.deposits.closed_years import is_late
from kernel.deposits.events import (
    AgreementSet,
    DepositEvent,
    DepositRatePublished,
    InterestSettled,
)
from kernel.deposits.interest import InterestState, folded_away
from kernel.deposits.rates import RatesState, demand_rates
from kernel.products.events import ProductDrafted

_DAY_BITS, ROWS_KEPT = 22, 1_000_000
_COUNTED = (
    AccountOpened, InterestSettled, AgreementSet, DepositEvent, DepositRatePublished,
    ProductDrafted, BusinessDateAdvanced,
)  # fmt: skip


class Moved(NamedTuple):
    """Legs of accounts in columns, accounts and days by number; a balance grows by ``minor``."""

    positions: Ints
    slots: Ints
    days: Ints
    minor: Ints

    @classmethod
    def joined(cls, *parts: Moved) -> Moved:
        """All of them, one behind the other."""
        return cls(*map(np.concatenate, zip(*parts, strict=True)))


class Movements:
    """Money by account and value date: sums of what was booked before the last cut."""

    def __init__(self) -> None:
        self._known: list[tuple[Ints, Ints]] = []
        self._pending: list[tuple[Ints, Ints]] = []

    def add(self, moved: Moved, ended: int) -> None:
        """Add legs; a date ended at position ``ended``, 0 for none."""
        keys = moved.slots << _DAY_BITS | moved.days
        if ended:
            before = moved.positions < ended
            self._known += [*self._pending, (keys[before], moved.minor[before])]
            self._pending = []
            keys, moved = keys[~before], moved._replace(minor=moved.minor[~before])
            if sum(len(one) for one, _ in self._known) > ROWS_KEPT:
                self._known = [self._summed()]
        self._pending.append((keys, moved.minor))

    def _summed(self) -> tuple[Ints, Ints]:
        keys = np.concatenate([np.zeros(0, np.int64), *(one for one, _ in self._known)])
        minor = np.concatenate([np.zeros(0, np.int64), *(one for _, one in self._known)])
        order = np.argsort(keys, kind="stable")
        keys, minor = keys[order], minor[order]
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        return keys[first], np.add.reduceat(minor, first) if len(first) else minor

    def by_slot(self) -> dict[int, list[tuple[datetime.date, int]]]:
        """Movements of each account, in the order of days."""
        found: dict[int, list[tuple[datetime.date, int]]] = {}
        keys, minor = self._summed()
        day_of = datetime.date.fromordinal
        for key, change in zip(keys.tolist(), minor.tolist(), strict=True):
            day = day_of(key & (1 << _DAY_BITS) - 1)
            found.setdefault(key >> _DAY_BITS, []).append((day, change))
        return found


class RecomputedInterest:
    """The interest of a ledger's deposits while facts are taken in order."""

    def __init__(self) -> None:
        self.movements = Movements()
        self._demand = Folded(interest_fold.INITIAL, _without_moves)
        self._deposits = Folded(deposits.INITIAL, deposits.evolve)
        self._closed_years = ClosedYears()
        self._rates: dict[str, RatesState] = {}
        self._products: dict[tuple[str, int], int] = {}
        self._places: dict[str, tuple[str, str, str]] = {}
        self._ended: datetime.date | None = None

    def take(self, facts: Sequence[Fact]) -> None:
        """Add a batch of facts, in order; money that moves goes to ``movements``."""
        for fact in facts:
            event = fact.event
            if is_late(fact):
                self._closed_years.money(fact)
            if not _is_counted(type(event)):
                continue
            match event:
                case AccountOpened():
                    place = event.branch_id, event.posting_class, event.currency
                    self._places[event.account_id] = place
                    self._demand.take(event.account_id, fact)
                case InterestSettled() | AgreementSet():
                    self._demand.take(event.account_id, fact)
                    self._closed_years.note(event)
                case DepositEvent():
                    before, after = self._deposits.take(event.deposit_id, fact)
                    listed = self._rates.get(after.currency, rates.INITIAL)
                    self._closed_years.act(fact, before, after, listed)
                case DepositRatePublished(currency=currency):
                    known = self._rates.get(currency, rates.INITIAL)
                    self._rates[currency] = rates.evolve(known, fact)
                case ProductDrafted():
                    ppm = event.terms.annual_rate_ppm
                    self._products[event.product_id, event.version] = ppm
                case BusinessDateAdvanced():
                    self._ended = event.previous
                    self._demand.cut()
                    self._deposits.cut()
                    self._closed_years.cut()

    def subjects(self, slots: Mapping[str, int]) -> dict[SubjectKey, int]:
        """Debit less credit per branch, subject and currency of all interest to the last cut."""
        sums: dict[SubjectKey, int] = {}
        if (ended := self._ended) is None:
            return sums
        moves = self.movements.by_slot()
        for account_id, state in self._demand.at_cut().items():
            mine = moves.get(slots[account_id], [])
            whole = folded_away(msgspec.structs.replace(state, moves=tuple(mine)))
            prior = 0
            if whole.is_demand and account_id in self._closed_years.late:
                prior = self._closed_years.of_money(whole, mine, self._demand_rates(whole))
            self._add(sums, account_id, self._earned(whole, ended), prior)
            if above := above_base_minor(whole, ended):
                self._set_apart(sums, account_id, above)
        for deposit_id, deposit in self._deposits.at_cut().items():
            listed = self._rates.get(deposit.currency, rates.INITIAL)
            prior = self._closed_years.of_acts.get(deposit_id, 0)
            self._add(sums, deposit_id, accrual.accrued_to(deposit, ended, listed), prior)
        return sums

    def _earned(self, state: InterestState, ended: datetime.date) -> int:
        if not state.is_demand:
            return 0
        return interest.accrued_to(state, ended, self._demand_rates(state))

    def _demand_rates(self, state: InterestState) -> dict[datetime.date, int]:
        product = self._products.get((state.product_id, state.product_version), 0)
        return demand_rates(self._rates.get(state.currency, rates.INITIAL), product)

    def _set_apart(self, sums: dict[SubjectKey, int], account_id: str, minor: int) -> None:
        """What exceeds the base of an agreement, from the account's own subject."""
        branch_id, posting_class, currency = self._places[account_id]
        assert self._ended is not None
        for of_class, net in ((posting_class, minor), (AGREEMENT_CLASS, -minor)):
            rule = POSTING_RULES.find(of_class, AGREEMENT_CLASS, self._ended)
            if rule is not None:
                key = (branch_id, rule.subject, currency)
                sums[key] = sums.get(key, 0) + net

    def _add(
        self, sums: dict[SubjectKey, int], account_id: str, minor: int, prior_minor: int
    ) -> None:
        branch_id, _, currency = self._places[account_id]
        for side, net in (
            (Side.EXPENSE, minor - prior_minor),
            (Side.PRIOR_YEAR, prior_minor),
            (Side.PAYABLE, -minor),
        ):
            assert self._ended is not None
            rule = POSTING_RULES.find(INTEREST_CLASS, side, self._ended)
            if rule is not None and net:
                key = (branch_id, rule.subject, currency)
                sums[key] = sums.get(key, 0) + net


@cache
def _is_counted(kind: type[Event]) -> bool:
    """Whether events of the kind say more about interest than that money moves."""
    return issubclass(kind, _COUNTED)


def _without_moves(state: InterestState, fact: Fact) -> InterestState:
    return msgspec.structs.replace(interest_fold.evolve(state, fact), moves=())
