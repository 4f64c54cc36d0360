"""Rows of the books of loans: read into loans, and what is new of them written back.

Units: whole minor units of the loan's currency. Sign: debit positive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec
from sqlalchemy import Connection, Index, Table

from kernel.bookkeeping.loan_facts import Posting
from kernel.bookkeeping.loan_journal import Place
from kernel.bookkeeping.loan_subjects import AmountType
from kernel.loans.state import Entry, LoanState
from kernel.projections import bulk
from kernel.projections.model import small, text, whole
from kernel.reporting.loan_book import RETAIL

_HEADER = msgspec.json.Decoder(LoanState)
_ENTRY = msgspec.json.Decoder(Entry)


class Loan(msgspec.Struct):
    """A loan while facts are folded into it: amounts of every type ever posted, what is new."""

    state: LoanState
    amounts: dict[AmountType, int]
    is_open: bool = True
    error: str = ""
    is_new: bool = False
    is_stored: bool = False
    fresh: list[Entry] = []
    grown: dict[AmountType, int] = {}

    def take(self, posting: Posting) -> None:
        """Note what was posted."""
        for kind, minor in posting.change.items():
            self.amounts[kind] = self.amounts.get(kind, 0) + minor
            self.grown[kind] = self.grown.get(kind, 0) + minor
        self.is_new |= (self.is_open, self.error) != (posting.is_open, "")
        self.is_open, self.error = posting.is_open, ""

    def park(self, reason: str) -> None:
        """Leave it until it can be folded."""
        self.is_open, self.error, self.is_new = True, reason, True


class LoanRows:
    """The tables: loans, their entries, what was posted per amount type, and its totals.

    ``debtor_id`` is empty where a debtor's loans are classed one by one (retail). ``error`` is why
    a loan is parked; empty: it is not.
    """

    def __init__(self, table: Callable[..., Table], prefix: str) -> None:
        self.books = table(
            "loan_books",
            text("loan_id", key=True),
            text("contract_id"),
            text("debtor_id"),
            text("branch_id"),
            text("posting_class"),
            text("currency"),
            text("header"),
            small("is_open"),
            text("error"),
        )
        is_open = self.books.c.is_open == 1
        Index(f"{prefix}loan_books_open", self.books.c.loan_id, postgresql_where=is_open)
        is_parked = self.books.c.error != ""
        Index(f"{prefix}loan_books_parked", self.books.c.loan_id, postgresql_where=is_parked)
        Index(f"{prefix}loan_books_contract", self.books.c.contract_id)
        debtor_id = self.books.c.debtor_id
        Index(f"{prefix}loan_books_debtor", debtor_id, postgresql_where=is_open & (debtor_id != ""))
        self.entries = table(
            "loan_entries",
            text("loan_id", key=True),
            whole("position", key=True),
            text("entry"),
        )
        self.amounts = table(
            "loan_amounts",
            text("loan_id", key=True),
            text("amount_type", key=True),
            whole("amount_minor"),
        )
        self.totals = table(
            "loan_amount_totals",
            text("posting_class", key=True),
            text("branch_id", key=True),
            text("currency", key=True),
            text("amount_type", key=True),
            whole("amount_minor"),
        )

    def load(self, connection: Connection, loan_ids: Iterable[str]) -> dict[str, Loan]:
        """The loans as they stand in the tables, by id."""
        wanted = sorted(set(loan_ids))
        loans: dict[str, Loan] = {}
        entries: dict[str, list[Entry]] = {}
        for row in bulk.load(connection, self.entries, "loan_id", wanted):
            entries.setdefault(row.loan_id, []).append(_ENTRY.decode(row.entry))
        for row in bulk.load(connection, self.books, "loan_id", wanted):
            mine = sorted(entries.get(row.loan_id, ()), key=lambda each: each.position)
            state = msgspec.structs.replace(_HEADER.decode(row.header), entries=tuple(mine))
            loans[row.loan_id] = Loan(state, {}, bool(row.is_open), row.error, is_stored=True)
        for row in bulk.load(connection, self.amounts, "loan_id", wanted):
            loans[row.loan_id].amounts[AmountType(row.amount_type)] = row.amount_minor
        return dict(sorted(loans.items()))

    def write(self, connection: Connection, loans: Mapping[str, Loan]) -> None:
        """Write what is new. Rows of loans that are new themselves go by COPY."""
        totals: dict[bulk.Row, int] = {}
        books: dict[bool, list[bulk.Row]] = {True: [], False: []}
        amounts: dict[bool, list[bulk.Row]] = {True: [], False: []}
        entries: list[bulk.Row] = []
        for loan_id, loan in loans.items():
            place, was_there = place_of(loan.state), loan.is_stored
            for kind, minor in loan.grown.items():
                amounts[was_there].append((loan_id, kind.value, loan.amounts[kind]))
                key = key_of(place, kind)
                totals[key] = totals.get(key, 0) + minor
            if loan.is_new:
                books[was_there].append(_book_row(loan_id, loan))
            for entry in loan.fresh:
                data = msgspec.json.encode(entry).decode()
                entries.append((loan_id, entry.position, data))
        bulk.insert(connection, self.books, books[False])
        bulk.put(connection, self.books, books[True])
        bulk.insert(connection, self.entries, entries)
        bulk.insert(connection, self.amounts, amounts[False])
        bulk.put(connection, self.amounts, amounts[True])
        bulk.add(connection, self.totals, [(*key, minor) for key, minor in totals.items()])


def place_of(state: LoanState, account: str = "") -> Place:
    """Where a loan is posted."""
    return Place(state.branch_id, state.posting_class, state.currency, account)


def debtor_of(state: LoanState) -> str:
    """The debtor whose loans are classed together; empty for a retail loan."""
    return "" if state.posting_class == RETAIL else next(iter(state.customer_ids), "")


def key_of(place: Place, kind: AmountType) -> bulk.Row:
    """Key of a total."""
    return place.posting_class, place.branch_id, place.currency, kind.value


def _book_row(loan_id: str, loan: Loan) -> bulk.Row:
    state = loan.state
    header = msgspec.structs.replace(state, entries=(), outstanding_minor=0)
    return (
        loan_id,
        state.contract_id,
        debtor_of(state),
        state.branch_id,
        state.posting_class,
        state.currency,
        msgspec.json.encode(header).decode(),
        int(loan.is_open),
        loan.error,
    )
