"""Totals of the ledger, posted anew from facts by the bookkeeping's own rules.

Most facts differ from an earlier one in nothing but the amount: the same branches and classes of
accounts, purposes and day. A journal follows the amount, so for two legs of one amount the journal
of the first such fact says what each unit of money does, and the others are added up by it.

Units: whole minor units. Sign: debit less credit.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from cython_ext.totals import add_at
from kernel.accounts.events import AccountOpened
from kernel.audit.pages import Ints, Transfers, numbered
from kernel.bookkeeping.journal import AccountFacts, journal
from kernel.bookkeeping.rules import POSTING_RULES
from kernel.common.facts import Fact
from kernel.common.legs import Leg, internal_parts, is_internal
from kernel.payments.events import LegPurpose, PaymentReversed

SubjectKey = tuple[str, str, str]
"""Branch, subject, currency."""

Shape = tuple[object, ...]


class Postings:
    """Debit less credit of every branch, subject and currency."""

    def __init__(self) -> None:
        self._facts_of: dict[str, AccountFacts] = {}
        self._sorts: dict[tuple[str, str], int] = {}
        self._sort_of: dict[str, int] = {}
        self._units: dict[Shape, dict[SubjectKey, int]] = {}
        self._moved_minor: dict[Shape, int] = {}
        self._others: dict[SubjectKey, int] = {}

    def opened(self, event: AccountOpened) -> None:
        """Accounts are known from here on."""
        self._facts_of[event.account_id] = AccountFacts(event.branch_id, event.posting_class)
        self._sort_of.pop(event.account_id, None)

    def post(self, fact: Fact, legs: Sequence[Leg]) -> None:
        """Add the journal of a fact with these legs, which are balanced.

        Raises KeyError for an account that was not opened.
        """
        if len(legs) != 2 or not legs[0].amount_minor or type(fact.event) is PaymentReversed:
            for key, minor in _net(fact, self._facts_of).items():
                self._others[key] = self._others.get(key, 0) + minor
            return
        debit, credit = legs
        shape: Shape = (
            self.sort(debit.account),
            self.sort(credit.account),
            debit.purpose,
            credit.purpose,
            debit.currency,
            debit.amount_minor > 0,
            fact.booking_date,
        )
        if shape not in self._units:
            net = _net(fact, self._facts_of)
            units = {key: minor // debit.amount_minor for key, minor in net.items()}
            assert all(units[key] * debit.amount_minor == minor for key, minor in net.items())
            self._units[shape] = units
        self._moved_minor[shape] = self._moved_minor.get(shape, 0) + debit.amount_minor

    def post_transfers(
        self, transfers: Transfers, amounts: Ints, debits: Ints, credits: Ints
    ) -> None:
        """Add the journals of transfers from accounts of some sorts to accounts of others."""
        currencies, currency = numbered([one.currency for one in transfers.events])
        days, day = numbered(transfers.booking_dates)
        shapes = debits * (len(self._sorts) + 1) + credits
        for number, count in (
            (currency, len(currencies)),
            (day, len(days)),
            (np.sign(amounts) + 1, 3),
        ):
            shapes = shapes * count + number
        _, first, group = np.unique(shapes, return_index=True, return_inverse=True)
        sums = array("q", bytes(8 * len(first)))
        add_at(sums, array("i", group.astype(np.int32).tobytes()), array("q", amounts.tobytes()))
        for at, moved_minor in zip(first.tolist(), sums, strict=True):
            if not moved_minor:
                continue
            shape: Shape = (
                int(debits[at]),
                int(credits[at]),
                LegPurpose.TRANSFER,
                LegPurpose.TRANSFER,
                transfers.events[at].currency,
                moved_minor > 0,
                transfers.booking_dates[at],
            )
            if shape not in self._units:
                one = transfers.fact(at)
                self.post(one, one.event.legs)
                moved_minor -= transfers.events[at].amount_minor
            self._moved_minor[shape] += moved_minor

    def subjects(self) -> dict[SubjectKey, int]:
        """Debit less credit of every branch, subject and currency that was posted to."""
        sums = dict(self._others)
        for shape, moved_minor in self._moved_minor.items():
            for key, unit in self._units[shape].items():
                sums[key] = sums.get(key, 0) + unit * moved_minor
        return sums

    def sort(self, account: str) -> int:
        """A number, from 1, for each branch and posting class; KeyError if it was not opened."""
        if known := self._sort_of.get(account):
            return known
        if is_internal(account):
            kind, branch_id = internal_parts(account)
            sort = (branch_id, str(kind))
        else:
            facts = self._facts_of[account]
            sort = (facts.branch_id, facts.posting_class)
        return self._sort_of.setdefault(account, self._sorts.setdefault(sort, len(self._sorts) + 1))


def _net(fact: Fact, facts_of: dict[str, AccountFacts]) -> dict[SubjectKey, int]:
    """Debit less credit of the journal of a fact."""
    made = journal(fact, facts_of, POSTING_RULES)
    net: dict[SubjectKey, int] = {}
    for line in made.lines if made else ():
        key = (line.branch_id, line.subject, line.currency)
        net[key] = net.get(key, 0) + line.debit_minor - line.credit_minor
    return net
