"""A ledger made again from its log alone: balances of accounts, totals of the books, digests.

Units: whole minor units. Sign: debit positive in legs; balances in the customer's view.
"""

from __future__ import annotations

import datetime
import hashlib
from array import array
from collections.abc import Sequence

import numpy as np

from cython_ext.totals import add_at
from kernel.accounts.events import AccountOpened
from kernel.audit.deposit_totals import Moved, RecomputedInterest
from kernel.audit.finding import Finding
from kernel.audit.loan_totals import RecomputedLoans
from kernel.audit.pages import Ints, LogDigest, Page, Transfers, pages
from kernel.audit.postings import Postings
from kernel.business_date.events import BusinessDateAdvanced
from kernel.common.facts import Fact
from kernel.common.legs import Leg, are_balanced, is_internal
from kernel.eventstore.postgres import PostgresLog

_NEVER = 2**63 - 1


class Recomputed:
    """Balances and trial balance made again from the log alone, and the digests on the way."""

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}
        self.totals = array("q")
        self.postings = Postings()
        self.last_day = datetime.date.min
        self.loans = RecomputedLoans()
        self.interest = RecomputedInterest()
        self.unbalanced: list[Finding] = []
        self.events = 0
        self.position = 0
        self._ledger: dict[tuple[str, str, str], int] | None = None
        self._opened_at = array("q")
        self._sorts = array("q")
        self._digest = LogDigest()

    def take_page(self, page: Page) -> None:
        """Add a page of the log: its transfers by column, all others fact by fact.

        Raises KeyError for money of an account that was not opened before.
        """
        self._digest.take(page.stored)
        moved = self._take(page.others)
        self._move(Moved.joined(moved, self._transferred(page.transfers)), page.others)

    def take(self, facts: Sequence[Fact]) -> None:
        """Add a batch of facts, in order, each by its legs."""
        self._move(self._take(facts), facts)

    def _take(self, facts: Sequence[Fact]) -> Moved:
        """Post facts one by one; what they moved on customers' accounts."""
        self._ledger = None
        moved = positions, slots, days, amounts = array("q"), array("q"), array("q"), array("q")
        for fact in facts:
            event = fact.event
            self.events += 1
            self.position = fact.position - 1
            if type(event) is AccountOpened:
                self._opened(event, fact.position)
            self.last_day = max(self.last_day, fact.booking_date)
            legs = event.legs
            if not legs:
                continue
            if not _are_balanced(legs):
                self._unbalanced(fact)
                continue
            value_day = fact.value_date.toordinal()
            for leg in legs:
                slot = self.slots.get(leg.account)
                if slot is None:
                    if is_internal(leg.account):
                        continue
                    slot = self._slot(leg.account)
                positions.append(fact.position)
                slots.append(slot)
                days.append(value_day)
                amounts.append(-leg.amount_minor)
            self.postings.post(fact, legs)
        return Moved(*(np.array(column, np.int64) for column in moved))

    def _transferred(self, transfers: Transfers) -> Moved:
        """Post transfers by their columns; what they moved. All else of their page is posted."""
        positions, amounts = transfers.positions, transfers.amounts
        debit = self._slots_of([one.payer_account_id for one in transfers.events])
        credit = self._slots_of([one.payee_account_id for one in transfers.events])
        opened_at, sorts = np.asarray(self._opened_at, np.int64), np.asarray(self._sorts, np.int64)
        early = np.flatnonzero(np.maximum(opened_at[debit], opened_at[credit]) > positions)
        if len(early):
            raise KeyError(f"an account of position {positions[early[0]]} was not opened before")
        self.postings.post_transfers(transfers, amounts, sorts[debit], sorts[credit])
        self.events += len(positions)
        if transfers.booking_dates:
            self.last_day = max(self.last_day, *transfers.booking_dates)
        days = transfers.value_days
        return Moved.joined(
            Moved(positions, debit, days, -amounts), Moved(positions, credit, days, amounts)
        )

    def _move(self, moved: Moved, others: Sequence[Fact]) -> None:
        """Add what a page moved, and what its other facts mean for loans and interest."""
        slots, amounts = moved.slots.astype(np.int32).tobytes(), moved.minor.tobytes()
        add_at(self.totals, array("i", slots), array("q", amounts))
        self.loans.take(others)
        self.interest.take(others)
        ends = [one.position for one in others if type(one.event) is BusinessDateAdvanced]
        self.interest.movements.add(moved, max(ends, default=0))

    def _slots_of(self, account_ids: Sequence[str]) -> Ints:
        return np.fromiter(map(self.slots.__getitem__, account_ids), np.int64, len(account_ids))

    def _opened(self, event: AccountOpened, position: int) -> None:
        self.postings.opened(event)
        slot = self._slot(event.account_id)
        self._opened_at[slot] = min(self._opened_at[slot], position)
        self._sorts[slot] = self.postings.sort(event.account_id)

    def _slot(self, account_id: str) -> int:
        slot = self.slots.setdefault(account_id, len(self.slots))
        if slot == len(self.totals):
            self.totals.append(0)
            self._opened_at.append(_NEVER)
            self._sorts.append(0)
        return slot

    def _unbalanced(self, fact: Fact) -> None:
        sums = sum(leg.amount_minor for leg in fact.event.legs)
        self.unbalanced.append(
            Finding(
                check="legs balanced",
                where=f"position {fact.position}",
                found=f"legs sum to {sums}",
                expected="0 in each currency",
            )
        )

    def ledger(self) -> dict[tuple[str, str, str], int]:
        """Debit less credit per branch, subject and currency: legs, what loans mean, interest."""
        if self._ledger is not None:
            return self._ledger
        sums = dict(self.postings.subjects())
        for more in (self.loans.subjects(), self.interest.subjects(self.slots)):
            for key, net in more.items():
                sums[key] = sums.get(key, 0) + net
        self._ledger = {key: net for key, net in sums.items() if net}
        return self._ledger

    def log_digest(self) -> str:
        """SHA-256 over every event as it is stored."""
        return self._digest.hexdigest()

    def state_digest(self) -> str:
        """SHA-256 over every account's balance and every subject's total, in canonical order."""
        digest = hashlib.sha256()
        for account_id, slot in sorted(self.slots.items()):
            digest.update(f"{account_id}\0{self.totals[slot]}\n".encode())
        for key, net in sorted(self.ledger().items()):
            digest.update(f"{key}\0{net}\n".encode())
        return digest.hexdigest()


def _are_balanced(legs: Sequence[Leg]) -> bool:
    """As ``are_balanced``; nearly all events have two legs of one currency."""
    if len(legs) == 2 and legs[0].currency == legs[1].currency:
        return legs[0].amount_minor + legs[1].amount_minor == 0
    return are_balanced(legs)


def recompute(log: PostgresLog, upto: int, again: Recomputed) -> list[Finding]:
    """Feed the log into ``again``; what cannot be read or posted ends it with a finding."""
    try:
        for page in pages(log, upto):
            again.take_page(page)
    except Exception as error:
        return [
            Finding(
                check="events readable",
                where=f"behind position {again.position}",
                found=f"{type(error).__name__}: {error}",
                expected="an event that can be read and posted",
            )
        ]
    return []
