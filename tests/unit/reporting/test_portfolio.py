"""Reports of the loan book: what a desk reads off, and sums that must foot for every book."""

from __future__ import annotations

import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.reporting import portfolio, regulatory
from kernel.reporting.book import Book, LoanLine, Planned
from kernel.reporting.table import Parts

TODAY = datetime.date(2026, 6, 30)
LENT = datetime.date(2026, 1, 15)


def line(loan_id: str = "L-1", **fields: Any) -> LoanLine:
    usual: dict[str, Any] = {
        "loan_id": loan_id, "contract_id": f"K-{loan_id}", "debtor_id": "C-1", "branch_id": "0755",
        "product_id": "micro", "currency": "CNY", "is_retail": True, "opened_on": LENT,
        "original_minor": 1_000, "principal_minor": 1_000,
    }  # fmt: skip
    return LoanLine(**{**usual, **fields})


def rows(parts: Parts) -> list[dict[str, Any]]:
    columns, found = parts
    return [dict(zip(columns, row, strict=True)) for row in found]


@st.composite
def books(draw: st.DrawFn) -> Book:
    """A few loans, whole in themselves: principal is overdue or planned; one currency a loan."""
    made = []
    for number in range(draw(st.integers(0, 6))):
        overdue = draw(st.integers(0, 500))
        parts = draw(st.lists(st.integers(0, 500), max_size=4))
        days = draw(st.integers(0, 400)) if overdue else 0
        made.append(
            line(
                f"L-{number}",
                debtor_id=f"C-{draw(st.integers(0, 3))}",
                currency=("CNY", "USD")[number % 2],
                is_retail=draw(st.booleans()),
                original_minor=overdue + sum(parts) + draw(st.integers(1, 100)),
                principal_minor=overdue + sum(parts),
                overdue_minor=overdue,
                days_past_due=days,
                grade=draw(st.integers(1, 5)),
                stage=draw(st.integers(1, 3)),
                allowance_minor=draw(st.integers(0, 100)),
                is_written_off=draw(st.booleans()),
                planned=tuple(
                    Planned(TODAY + datetime.timedelta(days=draw(st.integers(1, 3_000))), minor)
                    for minor in parts
                ),
            )
        )
    return tuple(made)


def on_the_books(book: Book) -> int:
    return sum(each.principal_minor for each in book if each.is_on_the_books)


@settings(max_examples=60, deadline=None)
@given(opening=books(), closing=books())
def test_every_report_accounts_for_the_whole_book(opening: Book, closing: Book) -> None:
    whole = on_the_books(closing)
    assert sum(row["principal_minor"] for row in rows(portfolio.ageing(closing))) == whole
    assert sum(row["principal_minor"] for row in rows(portfolio.quality(closing))) == whole
    ladder = rows(portfolio.maturity_ladder(closing, TODAY))
    assert sum(row["principal_minor"] for row in ladder) == whole
    gap = rows(portfolio.repricing_gap(closing, TODAY))
    assert sum(row["principal_minor"] for row in gap) == whole
    sizes = rows(regulatory.by_credit_size(closing))
    assert sum(row["principal_minor"] for row in sizes) == whole
    classes = regulatory.five_classes(closing)[1]
    assert sum(int(str(cell)) for row in classes for cell in row[2:]) == whole
    moved = portfolio.migration(opening, closing)[1]
    assert sum(int(str(cell)) for row in moved for cell in row[2:]) == on_the_books(opening)
    rolled = rows(portfolio.roll_rates(opening, closing))
    assert sum(row["opening_minor"] for row in rolled) == on_the_books(opening)


@settings(max_examples=60, deadline=None)
@given(opening=books(), closing=books())
def test_the_allowance_foots_from_opening_to_closing(opening: Book, closing: Book) -> None:
    before, after = portfolio.provided(opening), portfolio.provided(closing)
    for row in rows(portfolio.allowance_movement(before, after)):
        parts = ("opening", "new", "moved_in", "moved_out", "remeasured", "gone")
        assert sum(row[f"{part}_minor"] for part in parts) == row["closing_minor"], row


def test_a_loan_rolls_to_the_next_bucket() -> None:
    opening = (line("A", days_past_due=20), line("B", days_past_due=20, principal_minor=3_000))
    closing = (line("A", days_past_due=50), line("B", principal_minor=2_000))
    [m1] = [
        row for row in rows(portfolio.roll_rates(opening, closing)) if row["bucket"][:2] == "M1"
    ]
    assert (m1["worse_minor"], m1["better_minor"], m1["roll_bp"]) == (1_000, 3_000, 2_500)


def test_a_vintage_remembers_who_was_ever_late() -> None:
    january, june = datetime.date(2026, 1, 31), TODAY
    late = (line("A", days_past_due=31), line("B"))
    cured = (line("A"), line("B"))
    found = rows(portfolio.vintage([(january, late), (june, cured)]))
    assert [(row["months_on_book"], row["share_bp"]) for row in found] == [(0, 5_000), (5, 5_000)]


def test_coverage_is_the_allowance_over_what_is_non_performing() -> None:
    book = (line("A", grade=3, allowance_minor=600), line("B", allowance_minor=150))
    [found] = rows(portfolio.quality(book))
    assert (found["non_performing_bp"], found["coverage_bp"]) == (5_000, 7_500)


def test_the_bureau_reads_a_letter_a_month() -> None:
    ends = [datetime.date(2026, month, 28) for month in range(1, 7)]
    seen = [None, line(), line(days_past_due=31), line(days_past_due=400),
            line(principal_minor=0, status="SETTLED"), line(is_written_off=True)]  # fmt: skip
    assert regulatory.bureau_status(list(zip(ends, seen, strict=True))) == "*N27CB"


def test_a_floating_loan_stands_where_its_rate_may_change() -> None:
    """Or where its last instalment falls due, if that comes first."""
    later = TODAY + datetime.timedelta(days=400)
    plan = (Planned(later, 1_000),)
    book = (
        line("A", planned=plan),
        line("B", planned=plan, reprices_on=TODAY + datetime.timedelta(days=31)),
        line("C", planned=plan, reprices_on=TODAY + datetime.timedelta(days=3_000)),
    )
    found = {
        row["reprices"]: row["principal_minor"]
        for row in rows(portfolio.repricing_gap(book, TODAY))
    }
    assert (found["31-90 d"], found["1-5 y"], sum(found.values())) == (1_000, 2_000, 3_000)


def test_partners_carry_their_part() -> None:
    book = (line("A", partner_id="P-1", share_ppm=300_000), line("B"))
    [found] = rows(portfolio.lending_partners(book))
    assert (found["partner_minor"], found["share_of_all_bp"]) == (300, 1_500)
