"""Interest of a closed year: what money dated back changes of it stands on 6901, in any order."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from kernel.deposits import closed_years
from kernel.deposits.commands import RateLine
from kernel.deposits.events import AgreementSet
from tests.support.bank_facts import deposited, opened, withdrawn
from tests.support.books import SLOW, closing, posted, wiped
from tests.support.deposit_books import OPENING, company, listed, settlement
from tests.support.interest_reference import interest
from tests.support.loan_facts import DayBook

DAY = datetime.timedelta(days=1)
START, YEAR_END = datetime.date(2025, 12, 10), datetime.date(2025, 12, 31)
SETTLED_ON = datetime.date(2025, 12, 20)
END = datetime.date(2026, 1, 21)
AGREED = (datetime.date(2025, 12, 15), datetime.date(2026, 1, 10), 1_000_000_000, 9_000)
RATES = st.dictionaries(st.integers(0, 40), st.integers(0, 50_000), max_size=3)


class Money(msgspec.Struct, frozen=True):
    """Money of an account that counts from one day and arrives on the same one or later."""

    account_id: str
    counts_on: datetime.date
    arrives_on: datetime.date
    minor: int


@st.composite
def money(draw: st.DrawFn, since: datetime.date = START) -> Money:
    """Of any day; it arrives from ``since`` on, at most thirty days late."""
    counts = draw(st.integers(0, (END - START).days - 1).map(lambda n: START + n * DAY))
    first, last = max(counts, since), min(counts + 30 * DAY, END - DAY)
    arrives = draw(st.integers(0, max(0, (last - first).days)).map(lambda n: first + n * DAY))
    minor = draw(st.integers(1, 10**10) | st.integers(-(10**10), -1))
    return Money(draw(st.sampled_from(sorted(OPENING))), counts, arrives, minor)


def book_of(
    moves: Sequence[Money], rates: dict[int, int], closed_on: datetime.date | None = None
) -> DayBook:
    """Two persons, and a company under an agreement; the quarter is settled on the 21st.

    On ``closed_on`` the interest of A-1 is settled to the day before, as if it was to be closed.
    """
    book = DayBook(START)
    book.add(listed(RateLine.DEMAND, 3_500, START))
    book.add(opened("P-1"))
    book.add(company())
    for account_id in ("P-1", "K-1"):
        book.add(deposited(account_id, OPENING[account_id]))
    while book.today < END:
        since = (book.today - START).days
        if since in rates:
            book.add(listed(RateLine.DEMAND, rates[since], book.today))
        if book.today == AGREED[0]:
            book.add(agreement())
        if book.today == SETTLED_ON + DAY:
            for account_id in OPENING:
                book.add(settlement(book, account_id, SETTLED_ON))
        if book.today == closed_on:
            book.add(settlement(book, "A-1", closed_on - DAY, closing=True))
        for one in moves:
            if one.arrives_on == book.today:
                event = deposited if one.minor > 0 else withdrawn
                book.add(event(one.account_id, abs(one.minor)), one.counts_on)
        book.pass_days(book.today + DAY)
    return book


def agreement() -> AgreementSet:
    since, until, base_minor, ppm = AGREED
    return AgreementSet(
        account_id="K-1", product_id="agreement", product_version=1, base_minor=base_minor,
        annual_rate_ppm=ppm, from_date=since, until=until,
    )  # fmt: skip


def of_2025(book: DayBook, rates: dict[int, int], known_on: datetime.date) -> int:
    """What all accounts earned in the year, by the reference and what was booked by a day."""
    by_day = {START: 3_500, **{START + since * DAY: ppm for since, ppm in rates.items()}}
    total = 0
    for account_id in OPENING:
        moves = [
            (fact.value_date, -leg.amount_minor)
            for fact in book.facts
            for leg in fact.event.legs
            if leg.account == account_id and fact.booking_date <= known_on
        ]
        is_company = account_id == "K-1"
        total += interest(
            moves, by_day, START, YEAR_END, by_day=is_company,
            unit=1 if is_company else 100, agreed=AGREED if is_company else None,
        )  # fmt: skip
    return total


@SLOW
@given(
    moves=st.lists(money(), max_size=8),
    rates=RATES,
    batch_size=st.sampled_from([1, 7, 500]),
    closed_on=st.sampled_from([None, datetime.date(2026, 1, 9)]),
)
def test_the_prior_year_is_corrected_by_what_a_slow_reference_says(
    engine: Engine,
    moves: list[Money],
    rates: dict[int, int],
    batch_size: int,
    closed_on: datetime.date | None,
) -> None:
    book = book_of(moves, rates, closed_on)
    posted(wiped(engine), book, batch_size)
    expected = of_2025(book, rates, END) - of_2025(book, rates, YEAR_END)
    assert closing(engine).get("6901", 0) == expected


@SLOW
@given(moves=st.lists(money(since=YEAR_END + DAY), max_size=8), rates=RATES, data=st.data())
def test_any_arrival_behind_the_years_end_gives_the_same_closing_books(
    engine: Engine, moves: list[Money], rates: dict[int, int], data: st.DataObject
) -> None:
    posted(wiped(engine), book_of(moves, rates), 50)
    first = closing(engine)
    later = [
        msgspec.structs.replace(one, arrives_on=one.arrives_on + data.draw(st.integers(0, n)) * DAY)
        for one in moves
        for n in [max(0, (END - DAY - one.arrives_on).days)]
    ]
    posted(wiped(engine), book_of(data.draw(st.permutations(later)), rates), 50)
    assert closing(engine) == first


def test_the_audit_finds_books_that_leave_a_closed_year_alone(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seeded defect: the difference of a closed year goes through the open one."""
    monkeypatch.setattr(closed_years, "by_money", lambda *_: 0)
    late = Money("A-1", YEAR_END, END - 5 * DAY, 10**10)
    with pytest.raises(AssertionError):
        posted(engine, book_of([late], {}))
