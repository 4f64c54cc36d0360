"""The books of loans, part of the general ledger's read model: a sub-ledger per amount type.

A fact on a loan posts the difference between what the books should show for it on the fact's
booking date and what was posted so far; the end of a business date does it for all open loans, in
one journal of sums. A loan that cannot be folded is parked and tried again with its next fact and
at the next cut.

Units: whole minor units of the loan's currency. Sign: debit positive.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence

from sqlalchemy import Connection, Table, select

from kernel.bookkeeping.journal import Journal
from kernel.bookkeeping.loan_days import Accrued, Unfoldable, accrued
from kernel.bookkeeping.loan_facts import Posting, by_days, by_fact
from kernel.bookkeeping.loan_journal import AmountEntry, Place, kind_of, lines
from kernel.bookkeeping.loan_subjects import AmountType
from kernel.bookkeeping.rules import PostingRules
from kernel.business_date.events import BusinessDateAdvanced
from kernel.common.facts import Fact
from kernel.loans.events import OnLoan, OnLoans, parts_of
from kernel.loans.state import INITIAL_LOAN, LoanState, evolve_loan
from kernel.projections import bulk, outlooks
from kernel.projections.loan_cut import cut_chunk
from kernel.projections.loan_rows import Loan, LoanRows, key_of, place_of
from kernel.projections.round import Facts

CUT_LOANS = 1000
"""How many loans the cut of a day holds in memory at once."""


class LoanBooks(LoanRows):
    """The rows of loans, and how facts and cuts change them."""

    def __init__(
        self,
        table: Callable[..., Table],
        prefix: str,
        rules: PostingRules,
        accrued_by: Accrued = accrued,
    ) -> None:
        super().__init__(table, prefix)
        self.rules = rules
        self.accrued = accrued_by

    def apply(
        self, connection: Connection, facts: Facts, first_lines: dict[int, int]
    ) -> list[tuple[Fact, Journal]]:
        """Post the facts in their order; the journals come back.

        ``first_lines`` says where the loan's lines begin in a journal that has others already.
        """
        journals: list[tuple[Fact, Journal]] = []
        for facts_of_loans, cut in _days(facts):
            journals += self._post_facts(connection, facts_of_loans, first_lines)
            if cut is not None and (journal := self._cut(connection, cut)) is not None:
                journals.append((cut, journal))
        return journals

    def state_of(self, connection: Connection, loan_id: str) -> LoanState | None:
        """The loan from its stored entries; None for one that is not known."""
        loan = self.load(connection, [loan_id]).get(loan_id)
        return None if loan is None else loan.state

    # -- facts on loans

    def _post_facts(
        self, connection: Connection, facts: Sequence[Fact], first_lines: dict[int, int]
    ) -> list[tuple[Fact, Journal]]:
        loans = self.load(connection, {one for fact in facts for one in _loan_ids(fact)})
        journals: list[tuple[Fact, Journal]] = []
        for fact in facts:
            posted: list[tuple[Place, AmountEntry]] = []
            for loan_id in _loan_ids(fact):
                loan = loans.setdefault(loan_id, Loan(INITIAL_LOAN, {}))
                entries = _post(loan, fact)
                place = place_of(loan.state, f"loan:{loan_id}")
                posted += [(place, each) for each in entries]
            if posted:
                first = first_lines.get(fact.position, 1)
                journals.append((fact, self._journal(fact, fact.booking_date, posted, first)))
        self.write(connection, loans)
        return journals

    # -- the cut of a day

    def _cut(self, connection: Connection, fact: Fact) -> Journal | None:
        """The journal of all open loans for the day that ended, as sums."""
        assert isinstance(fact.event, BusinessDateAdvanced)
        ended = fact.event.previous
        posted: dict[tuple[Place, AmountType, bool], AmountEntry] = {}
        for number in range(outlooks.chunk_count(connection)):
            found = cut_chunk(connection, self.books, self.entries, self.amounts, number, ended)
            _add(posted, found.entries)
            bulk.put(connection, self.amounts, found.amounts)
            totals = ((*key_of(place, kind), minor) for place, kind, minor in found.totals)
            bulk.add(connection, self.totals, list(totals))
            for begin in range(0, len(found.others), CUT_LOANS):
                part = found.others[begin : begin + CUT_LOANS]
                _add(posted, self._cut_by_fold(connection, part, ended))
        for unknown in self._unnumbered(connection):
            _add(posted, self._cut_by_fold(connection, unknown, ended))
        if not posted:
            return None
        sums = [(place, entry) for (place, _, _), entry in posted.items()]
        return self._journal(fact, ended, sums)

    def _cut_by_fold(
        self, connection: Connection, loan_ids: Sequence[str], ended: datetime.date
    ) -> list[tuple[Place, AmountEntry]]:
        """Post the day to these loans, each by a fold; one that cannot be folded is parked."""
        loans = self.load(connection, loan_ids)
        posted: list[tuple[Place, AmountEntry]] = []
        found = self.accrued([each.state for each in loans.values()], ended)
        for loan, one in zip(loans.values(), found, strict=True):
            if isinstance(one, Unfoldable):
                loan.error, loan.is_new = one.reason, True
                continue
            posting = by_days(one, loan.amounts)
            _take(loan, posting)
            posted += [(place_of(loan.state), each) for each in posting.entries]
        self.write(connection, loans)
        return posted

    def _unnumbered(self, connection: Connection) -> Iterator[Sequence[str]]:
        """Open loans of which the columns never heard, some at a time."""
        books, last = self.books.c, ""
        known = select(outlooks.LOANS.c.row).where(outlooks.LOANS.c.loan_id == books.loan_id)
        query = select(books.loan_id).where(books.is_open == 1, ~known.exists())
        while True:
            page = query.where(books.loan_id > last).order_by(books.loan_id).limit(CUT_LOANS)
            if not (part := connection.scalars(page).all()):
                return
            yield part
            last = part[-1]

    # -- rows

    def _journal(
        self,
        fact: Fact,
        booked_on: datetime.date,
        posted: Iterable[tuple[Place, AmountEntry]],
        first_line: int = 1,
    ) -> Journal:
        made, missing = lines(posted, self.rules, booked_on, first_line)
        return Journal(
            position=fact.position,
            booking_date=booked_on,
            value_date=booked_on
            if isinstance(fact.event, BusinessDateAdvanced)
            else fact.value_date,
            kind=kind_of(made),
            lines=made,
            alarm=missing,
        )


def _days(facts: Facts) -> Iterator[tuple[list[Fact], Fact | None]]:
    """The facts on loans, cut where a business date ends; None ends the last piece."""
    piece: list[Fact] = []
    for fact in facts.of(OnLoan, OnLoans, BusinessDateAdvanced):
        if isinstance(fact.event, BusinessDateAdvanced):
            yield piece, fact
            piece = []
        else:
            piece.append(fact)
    yield piece, None


def _loan_ids(fact: Fact) -> tuple[str, ...]:
    return tuple(part.loan_id for part in parts_of(fact.event))


def _post(loan: Loan, fact: Fact) -> tuple[AmountEntry, ...]:
    """Fold the fact into the loan; what has to be posted, nothing when the loan is parked."""
    before = loan.state
    loan.state = evolve_loan(before, fact)
    loan.is_new = True
    loan.fresh = [*loan.fresh, *loan.state.entries[len(before.entries) :]]
    posting = by_fact(fact, before, loan.state, loan.amounts)
    if isinstance(posting, Unfoldable):
        loan.error, loan.is_open = posting.reason, True
        return ()
    _take(loan, posting)
    return posting.entries


def _take(loan: Loan, posting: Posting) -> None:
    for kind, minor in posting.change.items():
        loan.amounts[kind] = loan.amounts.get(kind, 0) + minor
        loan.grown[kind] = loan.grown.get(kind, 0) + minor
    loan.is_new |= (loan.is_open, loan.error) != (posting.is_open, "")
    loan.is_open, loan.error = posting.is_open, ""


def _add(
    posted: dict[tuple[Place, AmountType, bool], AmountEntry],
    entries: Iterable[tuple[Place, AmountEntry]],
) -> None:
    """Add the entries to the sums per place, amount type and side."""
    for place, entry in entries:
        key = (place, entry.kind, bool(entry.debit_minor))
        sums = posted.get(key)
        posted[key] = entry if sums is None else AmountEntry(
            entry.kind, sums.debit_minor + entry.debit_minor, sums.credit_minor + entry.credit_minor
        )  # fmt: skip
