"""How the loan book ages, moves and matures: the reports that a credit desk reads.

Units: whole minor units by currency; ``*_bp`` basis points of the row's base. Written-off loans are
left out but where a report says otherwise.
Source: the supervisory statistics for classes, migration and ladders; vintage and
roll rates by common usage of consumer lending.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from kernel.reporting.book import BUCKETS, Book, LoanLine
from kernel.reporting.table import Cell, Parts, share_bp

LADDER: tuple[tuple[str, int | None], ...] = (
    ("0-7 d", 7),
    ("8-30 d", 30),
    ("31-90 d", 90),
    ("91-365 d", 365),
    ("1-5 y", 5 * 365),
    ("over 5 y", None),
)
GRADES = ("normal", "special mention", "substandard", "doubtful", "loss")
NON_PERFORMING_FROM = 3
LOANS, COMMITMENTS = "loans", "commitments"
VINTAGE_MONTHS_MAX = 60


def ageing(book: Book) -> Parts:
    """Principal and loans by bucket and currency, with each bucket's share."""
    columns = ("currency", "bucket", "loans", "principal_minor", "overdue_minor", "share_bp")
    rows: list[tuple[Cell, ...]] = []
    for currency, lines in _by_currency(book):
        whole = sum(line.principal_minor for line in lines)
        for bucket in BUCKETS:
            found = [line for line in lines if line.bucket is bucket]
            principal = sum(line.principal_minor for line in found)
            overdue = sum(line.overdue_minor for line in found)
            share = share_bp(principal, whole)
            rows.append((currency, bucket.value, len(found), principal, overdue, share))
    return columns, rows


def quality(book: Book) -> Parts:
    """Classes, non-performing ratio, allowance to loans and to what is non-performing."""
    columns = (
        "currency", "principal_minor", *(f"{grade.replace(' ', '_')}_minor" for grade in GRADES),
        "non_performing_bp", "over_90_days_to_non_performing_bp", "allowance_minor",
        "allowance_to_loans_bp", "coverage_bp",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for currency, lines in _by_currency(book):
        whole = sum(line.principal_minor for line in lines)
        by_grade = [_sum(lines, lambda x, g=g: x.grade == g) for g in range(1, 6)]  # type: ignore[misc]
        bad = sum(by_grade[NON_PERFORMING_FROM - 1 :])
        late = _sum(lines, lambda line: line.days_past_due > 90)
        allowance = sum(line.allowance_minor for line in lines)
        rows.append(
            (
                currency, whole, *by_grade, share_bp(bad, whole), share_bp(late, bad), allowance,
                share_bp(allowance, whole), share_bp(allowance, bad),
            )
        )  # fmt: skip
    return columns, rows


def migration(opening: Book, closing: Book) -> Parts:
    """What became of each opening class: opening principal by the class that its loans have now."""
    columns = ("currency", "from_class", *(f"to_{g.replace(' ', '_')}_minor" for g in GRADES),
               "repaid_minor", "written_off_minor")  # fmt: skip
    now = {line.loan_id: line for line in closing}
    rows: list[tuple[Cell, ...]] = []
    for currency, lines in _by_currency(opening):
        for grade, name in enumerate(GRADES, 1):
            sums = [0] * (len(GRADES) + 2)
            for line in lines:
                if line.grade == grade:
                    sums[_became(now.get(line.loan_id))] += line.principal_minor
            rows.append((currency, name, *sums))
    return columns, rows


def _became(line: LoanLine | None) -> int:
    if line is None or not line.principal_minor:
        return len(GRADES)
    return len(GRADES) + 1 if line.is_written_off else line.grade - 1


def roll_rates(opening: Book, closing: Book) -> Parts:
    """Of each bucket's opening principal, how much is now one bucket worse, the same, or better."""
    columns = ("currency", "bucket", "opening_minor", "worse_minor", "same_minor", "better_minor",
               "roll_bp")  # fmt: skip
    now = {line.loan_id: line for line in closing}
    rows: list[tuple[Cell, ...]] = []
    for currency, lines in _by_currency(opening):
        for place, bucket in enumerate(BUCKETS):
            worse = same = better = 0
            for line in lines:
                if line.bucket is not bucket:
                    continue
                later = now.get(line.loan_id)
                rank = 0 if later is None else BUCKETS.index(later.bucket)
                if later is not None and (rank > place or later.is_written_off):
                    worse += line.principal_minor
                elif later is not None and rank == place and later.principal_minor:
                    same += line.principal_minor
                else:
                    better += line.principal_minor
            whole = worse + same + better
            row = (currency, bucket.value, whole, worse, same, better, share_bp(worse, whole))
            rows.append(row)
    return columns, rows


def vintage(books: Sequence[tuple[datetime.date, Book]], over_days: int = 30) -> Parts:
    """By month of lending and months on the book: principal of loans ever past due beyond a bound.

    ``books`` are month ends, ascending. The share is of the amount first lent in the month.
    """
    columns = ("currency", "lent_in", "months_on_book", "lent_minor", "ever_over_minor", "share_bp")
    lent: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    ever: dict[str, int] = {}
    rows: list[tuple[Cell, ...]] = []
    for on, book in books:
        for line in book:
            lent[line.currency, f"{line.opened_on:%Y-%m}"][line.loan_id] = line.original_minor
            if line.days_past_due > over_days or line.is_written_off:
                ever.setdefault(line.loan_id, line.principal_minor)
        for (currency, month), loans in sorted(lent.items()):
            age = (on.year - int(month[:4])) * 12 + on.month - int(month[5:])
            if 0 <= age <= VINTAGE_MONTHS_MAX:
                whole = sum(loans.values())
                bad = sum(ever.get(loan_id, 0) for loan_id in loans)
                rows.append((currency, month, age, whole, bad, share_bp(bad, whole)))
    return columns, sorted(rows, key=lambda row: (str(row[0]), str(row[1]), int(str(row[2]))))


def maturity_ladder(book: Book, on: datetime.date) -> Parts:
    """Principal by the time left until it falls due; what is overdue stands first."""
    columns = ("currency", "falls_due", "principal_minor")
    rows: list[tuple[Cell, ...]] = []
    for currency, lines in _by_currency(book):
        sums = dict.fromkeys([name for name, _ in LADDER], 0)
        overdue = sum(line.overdue_minor for line in lines)
        for line in lines:
            for part in line.planned:
                sums[_rung((part.due_date - on).days)] += part.principal_minor
        rows.append((currency, "overdue", overdue))
        rows += [(currency, name, minor) for name, minor in sums.items()]
    return columns, rows


def repricing_gap(book: Book, on: datetime.date) -> Parts:
    """Principal by the time left until its rate may change; fixed rates by when they fall due."""
    columns = ("currency", "reprices", "principal_minor")
    rows: list[tuple[Cell, ...]] = []
    for currency, lines in _by_currency(book):
        sums = dict.fromkeys([name for name, _ in LADDER], 0)
        for line in lines:
            last = max((part.due_date for part in line.planned), default=on)
            day = min(line.reprices_on or last, last)
            sums[_rung((day - on).days)] += line.principal_minor
        rows += [(currency, name, minor) for name, minor in sums.items()]
    return columns, rows


def _rung(days: int) -> str:
    return next(name for name, most in LADDER if most is None or days <= most)


def lending_partners(book: Book) -> Parts:
    """Joint loans by partner: principal, the partner's part and its share of all loans."""
    columns = ("currency", "partner_id", "loans", "principal_minor", "partner_minor",
               "share_of_all_bp")  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for currency, lines in _by_currency(book):
        whole = sum(line.principal_minor for line in lines)
        partners = sorted({line.partner_id for line in lines if line.partner_id})
        for partner_id in partners:
            found = [line for line in lines if line.partner_id == partner_id]
            principal = sum(line.principal_minor for line in found)
            part = sum(line.principal_minor * line.share_ppm // 1_000_000 for line in found)
            share = share_bp(part, whole)
            rows.append((currency, partner_id, len(found), principal, part, share))
    return columns, rows


class Provided(NamedTuple):
    """What is provided for one loan or one commitment; ``unwound_minor`` was taken to income."""

    currency: str
    what: str
    stage: int
    minor: int
    unwound_minor: int = 0


def provided(book: Book) -> dict[str, Provided]:
    """The allowances of the loans on the books, by loan."""
    return {
        line.loan_id: Provided(
            line.currency, LOANS, line.stage, line.allowance_minor, line.unwound_minor
        )
        for line in book
        if line.is_on_the_books
    }


def allowance_movement(opening: Mapping[str, Provided], closing: Mapping[str, Provided]) -> Parts:
    """From opening to closing by what is provided for and stage: new, moved, unwound into income,
    remeasured, gone."""
    columns = ("currency", "what", "stage", "opening_minor", "new_minor", "moved_in_minor",
               "moved_out_minor", "unwound_minor", "remeasured_minor", "gone_minor",
               "closing_minor")  # fmt: skip
    sums: dict[tuple[str, str, int], list[int]] = {}

    def add(one: Provided, column: int, minor: int) -> None:
        sums.setdefault((one.currency, one.what, one.stage), [0] * 8)[column] += minor

    for each, now in closing.items():
        add(now, 7, now.minor)
        was = opening.get(each)
        unwound = now.unwound_minor - (was.unwound_minor if was else 0)
        add(now, 4, -unwound)
        if was is None:
            add(now, 1, now.minor + unwound)
            continue
        if was.stage != now.stage:
            add(was, 3, -was.minor)
            add(now, 2, was.minor)
        add(now, 5, now.minor - was.minor + unwound)
    for each, was in opening.items():
        add(was, 0, was.minor)
        if each not in closing:
            add(was, 4, was.unwound_minor)
            add(was, 6, -was.minor - was.unwound_minor)
    return columns, [(*key, *values) for key, values in sorted(sums.items())]


def _by_currency(book: Iterable[LoanLine]) -> list[tuple[str, list[LoanLine]]]:
    """Loans on the books, by currency."""
    found: dict[str, list[LoanLine]] = {}
    for line in book:
        if line.is_on_the_books:
            found.setdefault(line.currency, []).append(line)
    return sorted(found.items())


def _sum(lines: list[LoanLine], counts: Callable[[LoanLine], bool]) -> int:
    return sum(line.principal_minor for line in lines if counts(line))
