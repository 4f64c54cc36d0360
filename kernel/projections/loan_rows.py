"""The sub-ledger's rows of loans: what each is, its entries, what was posted and measured of it.

Units: whole minor units of the loan's currency. Sign: debit positive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

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


class BookedRow(msgspec.Struct):
    """A loan while facts are folded into it: amounts of every type ever posted, what is new."""

    state: LoanState
    amounts: dict[AmountType, int]
    is_open: bool = True
    error: str = ""
    is_new: bool = False
    fresh: list[Entry] = []
    grown: dict[AmountType, int] = {}

    @property
    def place(self) -> Place:
        """Where the loan is posted."""
        return Place(self.state.branch_id, self.state.posting_class, self.state.currency)

    def take(self, posting: Posting) -> None:
        """Note what was posted."""
        for kind, minor in posting.change.items():
            self.amounts[kind] = self.amounts.get(kind, 0) + minor
            self.grown[kind] = self.grown.get(kind, 0) + minor
        if (self.is_open, self.error) != (posting.is_open, ""):
            self.is_open, self.error, self.is_new = posting.is_open, "", True

    def park(self, reason: str) -> None:
        """Leave it until it can be folded."""
        self.is_open, self.error, self.is_new = True, reason, True


class LoanRows:
    """Tables of the sub-ledger.

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

    def load(self, connection: Connection, loan_ids: Iterable[str]) -> dict[str, BookedRow]:
        """The loans as they stand in the tables, by id."""
        wanted = sorted(set(loan_ids))
        loans: dict[str, BookedRow] = {}
        entries: dict[str, list[Entry]] = {}
        for row in bulk.load(connection, self.entries, "loan_id", wanted):
            entries.setdefault(row.loan_id, []).append(_ENTRY.decode(row.entry))
        for row in bulk.load(connection, self.books, "loan_id", wanted):
            mine = sorted(entries.get(row.loan_id, ()), key=lambda each: each.position)
            state = msgspec.structs.replace(_HEADER.decode(row.header), entries=tuple(mine))
            loans[row.loan_id] = BookedRow(state, {}, bool(row.is_open), row.error)
        for row in bulk.load(connection, self.amounts, "loan_id", wanted):
            loans[row.loan_id].amounts[AmountType(row.amount_type)] = row.amount_minor
        return dict(sorted(loans.items()))

    def write(self, connection: Connection, loans: dict[str, BookedRow]) -> None:
        """Keep the loans with what is new of them."""
        totals: dict[bulk.Row, int] = {}
        amounts: list[bulk.Row] = []
        for loan_id, loan in loans.items():
            for kind, minor in loan.grown.items():
                amounts.append((loan_id, kind.value, loan.amounts[kind]))
                key = total_key(loan.place, kind)
                totals[key] = totals.get(key, 0) + minor
        books = [_book_row(*item) for item in loans.items() if item[1].is_new]
        bulk.put(connection, self.books, books)
        bulk.insert(
            connection,
            self.entries,
            [
                (loan_id, entry.position, msgspec.json.encode(entry).decode())
                for loan_id, loan in loans.items()
                for entry in loan.fresh
            ],
        )
        bulk.put(connection, self.amounts, amounts)
        bulk.add(connection, self.totals, [(*key, minor) for key, minor in totals.items()])


def debtor_of(state: LoanState) -> str:
    """The debtor whose loans are classed together; empty for a retail loan."""
    return "" if state.posting_class == RETAIL else next(iter(state.customer_ids), "")


def total_key(place: Place, kind: AmountType) -> bulk.Row:
    """The key of a total of the sub-ledger."""
    return place.posting_class, place.branch_id, place.currency, kind.value


def _book_row(loan_id: str, loan: BookedRow) -> bulk.Row:
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
