"""Reports of the loan book: each is a pure table over one or more books of the ledger's loans.

Units: as in the tables of ``kernel.reporting``.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec

from kernel.common.fields import Day, Id
from kernel.projections.queries.commitments import commitments_on
from kernel.projections.queries.loan_records import known_covers, loan_ids, loan_records
from kernel.projections.queries.reading import View
from kernel.projections.refusals import Unanswerable
from kernel.projections.reports.asking import Answer, Clocks, Parameters, Report, Sources
from kernel.reporting import portfolio, regulatory
from kernel.reporting.book import Book, LoanLine
from kernel.reporting.loan_book import books
from kernel.reporting.table import Cell, Parts


class Selection(Parameters, frozen=True, kw_only=True):
    """A part of the book; classes are still those of the whole."""

    branch_id: Id | None = None
    product_id: Id | None = None

    def of(self, book: Book) -> Book:
        """The lines that were selected."""
        return tuple(
            line
            for line in book
            if self.branch_id in (None, line.branch_id)
            and self.product_id in (None, line.product_id)
        )


class Since(Selection, frozen=True, kw_only=True):
    """From a day to the day of the report."""

    from_date: Day


class Months(Selection, frozen=True, kw_only=True):
    """So many month ends before the day of the report, and the day itself."""

    months: Annotated[int, msgspec.Meta(ge=1, le=60)] = 24


class Vintage(Months, frozen=True, kw_only=True):
    """Loans count from ``over_days`` past due."""

    over_days: Annotated[int, msgspec.Meta(ge=0, le=3660)] = 30


Days = Callable[[View, datetime.date], Sequence[datetime.date]]


def _books(
    sources: Sources, select: Selection, clocks: Clocks, days: Days | None = None
) -> tuple[list[tuple[datetime.date, Book]], int]:
    """Books of the days asked and, last, of the day of the report; the position known.

    Refuses Unanswerable for a day or a position outside what is known.
    """
    with sources.reader.at(clocks.known_at, sources.reader.models.ledger) as view:
        on = view.value_day(clocks.as_of)
        before = [view.value_day(day) for day in days(view, on)] if days else []
        ids, known_at = loan_ids(view), view.known_at
        covers = known_covers(sources.log, view)
    wanted = [*before, on]
    records = loan_records(sources.log, ids, known_at)
    made = books(records, wanted, covers_on=covers.on)
    return [(day, select.of(book)) for day, book in zip(wanted, made, strict=True)], known_at


def _of_one_day(name: str, says: str, parts: Callable[[Book, datetime.date], Parts]) -> Report:
    def make(sources: Sources, asked: Selection, clocks: Clocks) -> Answer:
        [(on, book)], known_at = _books(sources, asked, clocks)
        return Answer(on, known_at, parts(book, on))

    return Report(name, says, Selection, make)


def _of_two_days(name: str, says: str, parts: Callable[[Book, Book], Parts]) -> Report:
    def make(sources: Sources, asked: Since, clocks: Clocks) -> Answer:
        since = _since(asked.from_date)
        [(_, before), (on, now)], known_at = _books(sources, asked, clocks, since)
        return Answer(on, known_at, parts(before, now))

    return Report(name, says, Since, make)


def _since(from_date: datetime.date) -> Days:
    """The day that a report begins with; refuses Unanswerable when it ends before."""

    def opening(view: View, on: datetime.date) -> list[datetime.date]:
        if from_date > on:
            raise Unanswerable(
                question="A report that ends before it begins",
                asked=from_date.isoformat(),
                limit=on.isoformat(),
            )
        return [from_date]

    return opening


def _month_ends(months: int) -> Days:
    """The last month ends before the day, as far as the ledger goes back."""

    def days(view: View, on: datetime.date) -> list[datetime.date]:
        first, found = view.first_day(), list[datetime.date]()
        end = on.replace(day=1) - datetime.timedelta(days=1)
        while len(found) < months and end >= first:
            found.append(end)
            end = end.replace(day=1) - datetime.timedelta(days=1)
        return found[::-1]

    return days


def _vintage(sources: Sources, asked: Vintage, clocks: Clocks) -> Answer:
    found, known_at = _books(sources, asked, clocks, _month_ends(asked.months))
    return Answer(found[-1][0], known_at, portfolio.vintage(found, asked.over_days))


def _bureau_status(sources: Sources, asked: Months, clocks: Clocks) -> Answer:
    found, known_at = _books(sources, asked, clocks, _month_ends(asked.months))
    on, now = found[-1]
    by_loan = [(day, {line.loan_id: line for line in book}) for day, book in found]
    rows: list[tuple[Cell, ...]] = []
    for line in now:
        months: list[tuple[datetime.date, LoanLine | None]] = [
            (day, lines.get(line.loan_id)) for day, lines in by_loan
        ]
        rows.append((line.loan_id, line.debtor_id, months[0][0], regulatory.bureau_status(months)))
    return Answer(on, known_at, (("loan_id", "debtor_id", "from_month_end", "status"), rows))


def _allowance_movement(sources: Sources, asked: Since, clocks: Clocks) -> Answer:
    """Of loans as they are measured now, of commitments as the cuts of those days measured them."""
    [(since, before), (on, now)], known_at = _books(sources, asked, clocks, _since(asked.from_date))
    with sources.reader.at(known_at, sources.reader.models.ledger) as view:
        undrawn = [_undrawn(view, asked, day) for day in (since, on)]
    opening, closing = (
        portfolio.provided(book) | commitments
        for book, commitments in zip((before, now), undrawn, strict=True)
    )
    return Answer(on, known_at, portfolio.allowance_movement(opening, closing))


def _undrawn(view: View, select: Selection, on: datetime.date) -> dict[str, portfolio.Provided]:
    """What is provided for commitments on a day, by contract."""
    return {
        f"contract:{row.contract_id}": portfolio.Provided(
            row.currency, portfolio.COMMITMENTS, row.stage, row.provision_minor
        )
        for row in commitments_on(view, on)
        if select.branch_id in (None, row.branch_id)
        and select.product_id in (None, row.product_id)
        and row.undrawn_minor
    }


def _loans(book: Book, on: datetime.date) -> Parts:
    """One row a loan: what the other reports are sums of."""
    columns = (
        "loan_id", "debtor_id", "branch_id", "product_id", "currency", "status", "opened_on",
        "original_minor", "principal_minor", "overdue_minor", "interest_due_minor",
        "days_past_due", "grade", "stage", "covered_minor", "allowance_minor",
    )  # fmt: skip
    return columns, [tuple(getattr(line, name) for name in columns) for line in book]


REPORTS = (
    _of_one_day("loans", "every loan as it stands: principal, arrears, class, allowance", _loans),
    _of_one_day("ageing", "principal by days past due", lambda book, _: portfolio.ageing(book)),
    _of_one_day(
        "quality",
        "classes, non-performing ratio, coverage",
        lambda book, _: portfolio.quality(book),
    ),
    _of_two_days("migration", "what became of each class since a day", portfolio.migration),
    _of_two_days("roll-rates", "how buckets of arrears rolled since a day", portfolio.roll_rates),
    Report(
        "vintage", "share ever past due by month of lending and months on book", Vintage, _vintage
    ),
    _of_one_day("maturity-ladder", "principal by time left", portfolio.maturity_ladder),
    _of_one_day("repricing-gap", "principal by next change of its rate", portfolio.repricing_gap),
    _of_one_day(
        "lending-partners",
        "shares of partners in joint loans",
        lambda book, _: portfolio.lending_partners(book),
    ),
    Report(
        "allowance-movement",
        "allowance of loans and commitments from opening to closing by stage",
        Since,
        _allowance_movement,
    ),
    _of_one_day(
        "five-classes",
        "loans to people and organisations by class, as G11 begins",
        lambda book, _: regulatory.five_classes(book),
    ),
    _of_one_day(
        "credit-size",
        "debtors and principal by size of credit, as S63 begins",
        lambda book, _: regulatory.by_credit_size(book),
    ),
    Report("bureau-status", "a letter a month end for each loan", Months, _bureau_status),
)
