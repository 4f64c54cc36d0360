"""Cuts that regulatory returns and the credit bureau begin with.

Units: whole minor units by currency; months are calendar months.
Source: 1104 returns G01, G11 and S63 by their published outlines; the bureau's second-generation
format (二代征信) for the monthly status letters. Layouts are outlines, not the filing formats.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from kernel.reporting.book import Book, LoanLine
from kernel.reporting.portfolio import GRADES
from kernel.reporting.table import Cell, Parts

SIZES = ((1_000_000_00, "up to 1 m"), (10_000_000_00, "1 m to 10 m"))
LARGE = "over 10 m"


def five_classes(book: Book) -> Parts:
    """As G11 begins: loans to people and to organisations by class."""
    columns = ("currency", "debtor", *(f"{g.replace(' ', '_')}_minor" for g in GRADES))
    rows: list[tuple[Cell, ...]] = []
    for currency in sorted({line.currency for line in book}):
        for is_retail, name in ((True, "people"), (False, "organisations")):
            sums = [0] * len(GRADES)
            for line in book:
                if line.currency == currency and line.is_retail is is_retail:
                    sums[line.grade - 1] += line.principal_minor if line.is_on_the_books else 0
            rows.append((currency, name, *sums))
    return columns, rows


def by_credit_size(book: Book) -> Parts:
    """As S63 begins: debtors, loans and principal by how much a debtor owes in all."""
    columns = ("currency", "credit_size", "debtors", "loans", "principal_minor")
    rows: list[tuple[Cell, ...]] = []
    for currency in sorted({line.currency for line in book}):
        owed: dict[str, list[int]] = {}
        for line in book:
            if line.currency == currency and line.is_on_the_books:
                figures = owed.setdefault(line.debtor_id, [0, 0])
                figures[0] += 1
                figures[1] += line.principal_minor
        names = [*(name for _, name in SIZES), LARGE]
        for name in names:
            found = [figures for figures in owed.values() if size_of(figures[1]) == name]
            loans, principal = sum(f[0] for f in found), sum(f[1] for f in found)
            rows.append((currency, name, len(found), loans, principal))
    return columns, rows


def size_of(principal_minor: int) -> str:
    """The size class of what a debtor owes in all.

    >>> size_of(1_000_000_00), size_of(1_000_000_01)
    ('up to 1 m', '1 m to 10 m')
    """
    return next((name for most, name in SIZES if principal_minor <= most), LARGE)


def bureau_status(months: Sequence[tuple[datetime.date, LoanLine | None]]) -> str:
    """One letter a month end, oldest first, as the bureau's record shows a loan.

    ``N`` paid as agreed, ``1`` to ``7`` months past due (7 is over 180 days), ``D`` a guarantor
    paid in that month, in whole or in part, ``C`` settled, ``B`` written off, ``*`` not yet lent.
    """
    return "".join(_letter(line, on) for on, line in months)


def _letter(line: LoanLine | None, on: datetime.date) -> str:
    if line is None:
        return "*"
    if line.is_written_off:
        return "B"
    paid_on = line.guarantor_paid_on
    if paid_on is not None and (paid_on.year, paid_on.month) == (on.year, on.month):
        return "D"
    if not line.principal_minor and line.status == "SETTLED":
        return "C"
    if not line.days_past_due:
        return "N"
    return str(min((line.days_past_due + 29) // 30, 7))
