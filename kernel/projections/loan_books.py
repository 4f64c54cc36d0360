"""The books of loans, part of the general ledger's read model: a sub-ledger per amount type.

A fact on a loan posts the difference between what the books should show for it on the fact's
booking date and what was posted so far; the end of a business date does it for all open loans, in
one journal of sums, after it measured what they may lose. Between two cuts the allowance stays as
measured. A loan that cannot be folded is parked and tried again with its next fact and at the next
cut.

Units: whole minor units of the loan's currency. Sign: debit positive.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, Table, select

from kernel.bookkeeping.commitments import are_provided, provision_lines
from kernel.bookkeeping.journal import Journal, kind_of
from kernel.bookkeeping.loan_days import Stands, Unfoldable, folded, is_provided, standings
from kernel.bookkeeping.loan_facts import by_days, by_fact
from kernel.bookkeeping.loan_journal import AmountEntry, Place, lines
from kernel.bookkeeping.loan_subjects import AmountType
from kernel.bookkeeping.memo import memo_lines
from kernel.bookkeeping.rules import PostingRules
from kernel.business_date.events import BusinessDateAdvanced
from kernel.common.facts import Fact
from kernel.loans.events import OnContract, OnLoan, OnLoans, parts_of
from kernel.loans.standing import Standing
from kernel.loans.state import INITIAL_LOAN, LoanState, evolve_loan
from kernel.projections import bulk, commitments, outlooks
from kernel.projections.commitments import Commitments
from kernel.projections.loan_chunks import open_chunk
from kernel.projections.loan_cut import cut_chunk
from kernel.projections.loan_losses import NEW, LoanLosses
from kernel.projections.loan_measuring import Measuring
from kernel.projections.loan_rows import Loan, LoanRows, key_of, place_of
from kernel.projections.memo_books import MemoBooks
from kernel.projections.round import Facts
from kernel.projections.securities import KINDS

CUT_LOANS = 1000
"""How many loans a cut folds at once."""
Posted = dict[tuple[Place, AmountType, bool], AmountEntry]


class LoanBooks(LoanRows):
    """The rows of loans, and how facts and cuts change them; what cuts measure in ``losses``."""

    def __init__(
        self,
        table: Callable[..., Table],
        prefix: str,
        rules: PostingRules,
        stands: Stands = standings,
    ) -> None:
        super().__init__(table, prefix)
        self.rules = rules
        self.stands = stands
        self.memos = MemoBooks(table, prefix)
        self.losses = LoanLosses(table, prefix, self.memos)
        self.commitments = Commitments(table, self.memos, self.books, self.losses)

    def apply(
        self, connection: Connection, facts: Facts, first_lines: dict[int, int]
    ) -> list[tuple[Fact, Journal]]:
        """Post the facts in their order; the journals come back.

        ``first_lines`` says where the loan's lines begin in a journal that has others already.
        """
        journals: list[tuple[Fact, Journal]] = []
        for piece, cut in _days(facts):
            self.losses.securities.apply(connection, piece)
            self.commitments.apply(connection, piece)
            journals += self._post_facts(connection, piece, first_lines)
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
        touched = {one for fact in facts for one in _loan_ids(fact)}
        loans = self.load(connection, touched)
        measures = self.losses.measures(connection, touched)
        noted = self.memos.load(connection, facts)
        journals: list[tuple[Fact, Journal]] = []
        for fact in facts:
            posted: list[tuple[Place, AmountEntry]] = []
            for loan_id in _loan_ids(fact):
                loan = loans.setdefault(loan_id, Loan(INITIAL_LOAN, {}))
                entries = _post(loan, fact, measures.get(loan_id, NEW).allowance_minor)
                place = place_of(loan.state, f"loan:{loan_id}")
                posted += [(place, each) for each in entries]
            if (changes := noted.take(fact)) or posted:
                first = first_lines.get(fact.position, 1)
                made = self._journal(fact, fact.booking_date, posted, first)
                beside = memo_lines(fact, changes, self.rules, first + len(made.lines))
                lines = (*made.lines, *beside)
                journals.append((fact, msgspec.structs.replace(made, lines=lines)))
        self.write(connection, loans)
        self.memos.write(connection, noted)
        return journals

    # -- the cut of a day

    def _cut(self, connection: Connection, fact: Fact) -> Journal | None:
        """The journal of all open loans for the day that ended, as sums."""
        assert isinstance(fact.event, BusinessDateAdvanced)
        ended, posted = fact.event.previous, Posted()
        top = outlooks.last_row(connection)
        measuring = Measuring(connection, self, self.losses, self.stands, fact.position, ended, top)
        measuring.link()
        for number in range(top // outlooks.CHUNK + 1):
            chunk = open_chunk(connection, self, self.losses, number, top, ended)
            measuring.chunk(chunk)
            allowance: Any = np.zeros(len(chunk.columns), np.int64)
            if is_provided(ended):
                allowance = measuring.allowances(chunk)
            found = cut_chunk(connection, self.amounts, chunk, allowance)
            _add(posted, found.entries)
            bulk.put(connection, self.amounts, found.amounts)
            totals = ((*key_of(place, kind), minor) for place, kind, minor in found.totals)
            bulk.add(connection, self.totals, list(totals))
            for begin in range(0, len(found.others), CUT_LOANS):
                part = found.others[begin : begin + CUT_LOANS]
                _add(posted, self._cut_by_fold(connection, measuring, part, ended, found.measured))
        for unknown in self._unnumbered(connection, top):
            _add(posted, self._cut_by_fold(connection, measuring, unknown, ended))
        provided = self.commitments.measure(
            connection, fact.position, ended, is_provided=are_provided(ended)
        )
        if not posted and not provided:
            return None
        sums = [(place, entry) for (place, _, _), entry in posted.items()]
        made = self._journal(fact, ended, sums)
        beside = provision_lines(provided, self.rules, ended, 1 + len(made.lines))
        return msgspec.structs.replace(made, lines=(*made.lines, *beside))

    def _cut_by_fold(
        self,
        connection: Connection,
        measuring: Measuring,
        loan_ids: Sequence[str],
        ended: datetime.date,
        measured: Collection[str] = (),
    ) -> list[tuple[Place, AmountEntry]]:
        """Post the day to these loans, each by a fold; one that cannot be folded is parked.

        Those that were not ``measured`` are.
        """
        loans = self.load(connection, loan_ids)
        stood: list[tuple[Loan, Standing]] = []
        made = self.stands([each.state for each in loans.values()], ended)
        for loan, one in zip(loans.values(), made, strict=True):
            if isinstance(one, Unfoldable):
                loan.park(one.reason)
            else:
                stood.append((loan, one))
        measuring.folded([each for each in stood if each[0].state.loan_id not in measured])
        measures = self.losses.measures(connection, loan_ids)
        posted: list[tuple[Place, AmountEntry]] = []
        for loan, one in stood:
            allowance = measures.get(loan.state.loan_id, NEW).allowance_minor
            found = folded(loan.state, ended, allowance, one)
            if isinstance(found, Unfoldable):
                loan.park(found.reason)
                continue
            posting = by_days(found, loan.amounts)
            loan.take(posting)
            posted += [(place_of(loan.state), each) for each in posting.entries]
        self.write(connection, loans)
        return posted

    def _unnumbered(self, connection: Connection, top: int) -> Iterator[Sequence[str]]:
        """Open loans without a row up to ``top``, some at a time."""
        books, rows, last = self.books.c, outlooks.LOANS.c, ""
        known = select(rows.row).where(rows.loan_id == books.loan_id, rows.row <= top)
        query = select(books.loan_id).where(books.is_open == 1, ~known.exists())
        while True:
            page = query.where(books.loan_id > last).order_by(books.loan_id).limit(CUT_LOANS)
            if not (part := connection.scalars(page).all()):
                return
            yield part
            last = part[-1]

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
    """The facts on credit and what secures it, cut where a date ends; None ends the last piece."""
    piece: list[Fact] = []
    for fact in facts.of(
        OnContract, OnLoan, OnLoans, BusinessDateAdvanced, *KINDS, *commitments.KINDS
    ):
        if isinstance(fact.event, BusinessDateAdvanced):
            yield piece, fact
            piece = []
        else:
            piece.append(fact)
    yield piece, None


def _loan_ids(fact: Fact) -> tuple[str, ...]:
    return tuple(part.loan_id for part in parts_of(fact.event))


def _post(loan: Loan, fact: Fact, allowance_minor: int) -> tuple[AmountEntry, ...]:
    """Fold the fact into the loan; what has to be posted, nothing when the loan is parked."""
    before = loan.state
    loan.state = evolve_loan(before, fact)
    loan.is_new = True
    loan.fresh = [*loan.fresh, *loan.state.entries[len(before.entries) :]]
    posting = by_fact(fact, before, loan.state, loan.amounts, allowance_minor)
    if isinstance(posting, Unfoldable):
        loan.park(posting.reason)
        return ()
    loan.take(posting)
    return posting.entries


def _add(posted: Posted, entries: Iterable[tuple[Place, AmountEntry]]) -> None:
    """Add the entries to the sums per place, amount type and side."""
    for place, entry in entries:
        key = (place, entry.kind, bool(entry.debit_minor))
        sums = posted.get(key)
        posted[key] = entry if sums is None else AmountEntry(
            entry.kind, sums.debit_minor + entry.debit_minor, sums.credit_minor + entry.credit_minor
        )  # fmt: skip
