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
from collections.abc import Callable, Iterable, Iterator, Sequence

from sqlalchemy import Connection, Table

from kernel.bookkeeping.journal import Journal
from kernel.bookkeeping.loan_amounts import Shown
from kernel.bookkeeping.loan_days import Stands, Unfoldable, folded, is_provided, standings
from kernel.bookkeeping.loan_facts import by_days, by_fact
from kernel.bookkeeping.loan_journal import AmountEntry, Place, kind_of, lines
from kernel.bookkeeping.loan_subjects import AmountType
from kernel.bookkeeping.rules import PostingRules
from kernel.business_date.events import BusinessDateAdvanced
from kernel.common.facts import Fact
from kernel.loans.events import OnLoan, OnLoans, parts_of
from kernel.loans.state import INITIAL_LOAN, LoanState, evolve_loan
from kernel.projections.known_figures import Known, KnownFigures
from kernel.projections.loan_losses import LoanLosses, Stood
from kernel.projections.loan_rows import BookedRow, LoanRows
from kernel.projections.round import Facts
from kernel.projections.securities import KINDS

Posted = dict[tuple[Place, AmountType, bool], AmountEntry]


class LoanBooks:
    """Posts loans into the sub-ledger (``LoanRows``), and what cuts measure (``LoanLosses``)."""

    def __init__(
        self,
        table: Callable[..., Table],
        prefix: str,
        rules: PostingRules,
        stands: Stands = standings,
    ) -> None:
        self.rules = rules
        self.stands = stands
        self.rows = LoanRows(table, prefix)
        self.losses = LoanLosses(table, prefix, self.rows)

    def apply(
        self, connection: Connection, facts: Facts, first_lines: dict[int, int]
    ) -> list[tuple[Fact, Journal]]:
        """Post the facts in their order; the journals come back.

        ``first_lines`` says where the loan's lines begin in a journal that has others already.
        """
        journals: list[tuple[Fact, Journal]] = []
        for piece, cut in _days(facts):
            self.losses.securities.apply(connection, piece)
            journals += self._post_facts(connection, piece, first_lines)
            if cut is not None and (journal := self._cut(connection, cut)) is not None:
                journals.append((cut, journal))
        return journals

    def state_of(self, connection: Connection, loan_id: str) -> LoanState | None:
        """The loan from its stored entries; None for one that is not known."""
        loan = self.rows.load(connection, [loan_id]).get(loan_id)
        return None if loan is None else loan.state

    # -- facts on loans

    def _post_facts(
        self, connection: Connection, facts: Sequence[Fact], first_lines: dict[int, int]
    ) -> list[tuple[Fact, Journal]]:
        loans = self.rows.load(connection, {one for fact in facts for one in _loan_ids(fact)})
        journals: list[tuple[Fact, Journal]] = []
        for fact in facts:
            posted: list[tuple[Place, AmountEntry]] = []
            for loan_id in _loan_ids(fact):
                loan = loans.setdefault(loan_id, BookedRow(INITIAL_LOAN, {}))
                entries = _post(loan, fact)
                place = _place(loan.state, f"loan:{loan_id}")
                posted += [(place, each) for each in entries]
            if posted:
                first = first_lines.get(fact.position, 1)
                journals.append((fact, self._journal(fact, fact.booking_date, posted, first)))
        self.rows.write(connection, loans)
        return journals

    # -- the cut of a day

    def _cut(self, connection: Connection, fact: Fact) -> Journal | None:
        """The journal of all open loans for the day that ended, as sums."""
        assert isinstance(fact.event, BusinessDateAdvanced)
        ended = fact.event.previous
        posted: Posted = {}
        known = KnownFigures(connection, ended)
        for loan_ids in self.losses.batches(connection):
            loans = self.rows.load(connection, loan_ids)
            stood = list(self._stood(loans, known, ended))
            self.losses.measure(connection, stood, fact.position, ended)
            for loan, each in stood:
                shown = each.figures if isinstance(each, Known) else each
                _post_days(loan, shown, fact.position, ended, posted)
            self.rows.write(connection, loans)
        if not posted:
            return None
        sums = [(place, entry) for (place, _, _), entry in posted.items()]
        return self._journal(fact, ended, sums)

    def _stood(
        self, loans: dict[str, BookedRow], known: KnownFigures, ended: datetime.date
    ) -> Iterator[tuple[BookedRow, Stood]]:
        """How each loan stands: by the figures that are known, others by a fold; without those
        that cannot be folded, which are parked."""
        others: list[BookedRow] = []
        found = known.of([each.state for each in loans.values()])
        for loan, figures in zip(loans.values(), found, strict=True):
            if figures is None:
                others.append(loan)
            else:
                yield loan, figures
        made = self.stands([each.state for each in others], ended)
        for loan, each in zip(others, made, strict=True):
            if isinstance(each, Unfoldable):
                loan.error = each.reason
            else:
                yield loan, each

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
    """The facts on loans and securities, cut where a business date ends; None ends the last."""
    piece: list[Fact] = []
    for fact in facts.of(OnLoan, OnLoans, BusinessDateAdvanced, *KINDS):
        if isinstance(fact.event, BusinessDateAdvanced):
            yield piece, fact
            piece = []
        else:
            piece.append(fact)
    yield piece, None


def _loan_ids(fact: Fact) -> tuple[str, ...]:
    return tuple(part.loan_id for part in parts_of(fact.event))


def _post(loan: BookedRow, fact: Fact) -> tuple[AmountEntry, ...]:
    """Fold the fact into the loan; what has to be posted, nothing when the loan is parked."""
    before = loan.state
    loan.state = evolve_loan(before, fact)
    loan.fresh = [*loan.fresh, *loan.state.entries[len(before.entries) :]]
    allowance = loan.measure.allowance_minor if is_provided(fact.booking_date) else 0
    posting = by_fact(fact, before, loan.state, loan.amounts, allowance)
    if isinstance(posting, Unfoldable):
        loan.error, loan.is_open = posting.reason, True
        return ()
    loan.take(posting, fact.position, fact.booking_date)
    return posting.entries


def _post_days(
    loan: BookedRow, shown: Shown, position: int, ended: datetime.date, posted: Posted
) -> None:
    """Add what days alone and the measurement brought to one loan to the sums of the cut."""
    allowance = loan.measure.allowance_minor if is_provided(ended) else 0
    found = folded(loan.state, ended, allowance, shown)
    if isinstance(found, Unfoldable):
        loan.error = found.reason
        return
    posting = by_days(found, loan.amounts)
    loan.take(posting, position, ended)
    _add(posted, _place(loan.state), posting.entries)


def _place(state: LoanState, account: str = "") -> Place:
    return Place(state.branch_id, state.posting_class, state.currency, account)


def _add(
    posted: Posted,
    place: Place,
    entries: Iterable[AmountEntry],
) -> None:
    """Add the entries to the sums per place, amount type and side."""
    for entry in entries:
        key = (place, entry.kind, bool(entry.debit_minor))
        sums = posted.get(key)
        posted[key] = entry if sums is None else AmountEntry(
            entry.kind, sums.debit_minor + entry.debit_minor, sums.credit_minor + entry.credit_minor
        )  # fmt: skip
