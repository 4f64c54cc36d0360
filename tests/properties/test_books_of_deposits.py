"""Interest of deposits in the books: day by day it is what a slow reference says, in any order."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from kernel.common.facts import Event
from kernel.deposits.commands import RateLine
from kernel.projections import deposit_lines
from tests.support.bank_facts import deposited, opened, withdrawn
from tests.support.books import SLOW, closing, posted, wiped
from tests.support.deposit_books import OPENING, company, listed, settlement
from tests.support.interest_reference import interest
from tests.support.loan_facts import DayBook

START = datetime.date(2026, 3, 2)
END = datetime.date(2026, 3, 29)
SETTLED_ON = datetime.date(2026, 3, 20)
DAY = datetime.timedelta(days=1)


class Payment(msgspec.Struct, frozen=True):
    """Money of an account that counts from one day and arrives some days before or after."""

    account_id: str
    counts: int
    late: int
    minor: int

    @property
    def counts_on(self) -> datetime.date:
        return START + self.counts * DAY

    @property
    def arrives_on(self) -> datetime.date:
        return max(START, self.counts_on + self.late * DAY)


def payments(days: int) -> st.SearchStrategy[list[Payment]]:
    return st.lists(
        st.builds(
            Payment,
            st.sampled_from(sorted(OPENING)),
            st.integers(0, days),
            st.sampled_from([0, 0, 0, 1, 5, 12, -2, -6]),
            st.one_of(st.integers(1, 10**10), st.integers(-(10**10), -1)),
        ),
        max_size=8,
    )


RATES = st.dictionaries(st.integers(0, 25), st.integers(0, 50_000), max_size=3)


def book_of(money: Sequence[Payment], rates: dict[int, int], end: datetime.date) -> DayBook:
    """Two persons and a company; what is listed and paid day by day until ``end`` is open."""
    book = DayBook(START)
    book.add(listed(RateLine.DEMAND, 3_500, START))
    book.add(opened("P-1"))
    book.add(company())
    for account_id in ("P-1", "K-1"):
        book.add(deposited(account_id, OPENING[account_id]))
    go_on(book, money, rates, end)
    return book


def go_on(
    book: DayBook, money: Sequence[Payment], rates: dict[int, int], end: datetime.date
) -> None:
    """What is listed and paid day by day until ``end`` is open."""
    while book.today < end:
        since = (book.today - START).days
        if since in rates:
            book.add(listed(RateLine.DEMAND, rates[since], book.today))
        for one in money:
            if one.arrives_on == book.today:
                book.add(event_of(one), one.counts_on)
        book.pass_days(book.today + DAY)


def event_of(one: Payment) -> Event:
    event = deposited if one.minor > 0 else withdrawn
    return event(one.account_id, abs(one.minor))


def expected(book: DayBook, rates: dict[int, int]) -> int:
    """What all accounts have earned by the last cut, by the reference; a quarter rounded once."""
    by_day = {START: 3_500, **{START + since * DAY: ppm for since, ppm in rates.items()}}
    through, total = book.today - DAY, 0
    for account_id in OPENING:
        moves = [
            (fact.value_date, -leg.amount_minor)
            for fact in book.facts
            for leg in fact.event.legs
            if leg.account == account_id and fact.booking_date <= through
        ]
        is_company = account_id == "K-1"
        unit = 1 if is_company else 100
        total += interest(moves, by_day, START, through, by_day=is_company, unit=unit)
    return total


@SLOW
@given(money=payments(16), rates=RATES, batch_size=st.sampled_from([1, 7, 500]))
def test_the_books_show_what_a_slow_reference_says(
    engine: Engine, money: list[Payment], rates: dict[int, int], batch_size: int
) -> None:
    book = book_of(money, rates, START + 17 * DAY)
    posted(wiped(engine), book, batch_size)
    shown = closing(engine)
    assert shown.get("6411", 0) == -shown.get("2231", 0) == expected(book, rates)


@SLOW
@given(money=payments(16), rates=RATES, data=st.data())
def test_any_arrival_of_value_dated_money_gives_the_same_closing_books(
    engine: Engine, money: list[Payment], rates: dict[int, int], data: st.DataObject
) -> None:
    late = [data.draw(st.integers(0, 16 - one.counts)) for one in money]
    other = [msgspec.structs.replace(one, late=n) for one, n in zip(money, late, strict=True)]
    money = [msgspec.structs.replace(one, late=max(0, one.late)) for one in money]
    end = START + 29 * DAY
    posted(wiped(engine), book_of(money, rates, end), 50)
    first = closing(engine)
    posted(wiped(engine), book_of(data.draw(st.permutations(other)), rates, end), 50)
    assert closing(engine) == first


@SLOW
@given(money=payments(25), rates=RATES)
def test_what_was_posted_day_by_day_is_what_is_settled(
    engine: Engine, money: list[Payment], rates: dict[int, int]
) -> None:
    """To the cent: settlement leaves nothing payable but what was carried; days go on from it."""
    book = book_of(money, rates, SETTLED_ON + DAY)
    posted(wiped(engine), book)
    before = closing(engine)
    owed = 0
    for account_id in OPENING:
        event = settlement(book, account_id, SETTLED_ON)
        owed += event.interest_minor + event.carried_minor
        book.add(event, SETTLED_ON + DAY)
    assert -before.get("2231", 0) == owed
    posted(wiped(engine), book)
    after = closing(engine)
    carried = sum(getattr(fact.event, "carried_minor", 0) for fact in book.facts)
    assert -after.get("2231", 0) == carried
    assert after.get("6411", 0) == before.get("6411", 0)
    go_on(book, money, rates, END)
    posted(wiped(engine), book)
    assert closing(engine).get("6411", 0) == expected(book, rates)


def test_the_reference_finds_a_line_that_never_bends(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seeded defect: money of the day that ends changes no line."""
    never = deposit_lines._BEND.replace("AND NOT m.is_other", "AND false")
    monkeypatch.setattr(deposit_lines, "_BEND", never)
    money = [Payment("A-1", 3, 0, 10**10)]
    with pytest.raises(AssertionError):
        posted(engine, book_of(money, {}, START + 9 * DAY))
