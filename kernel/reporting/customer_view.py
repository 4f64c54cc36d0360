"""A customer as tags and rating see one: facts up to a day, reduced to what is counted.

Units: whole minor units of one currency; days are calendar days; ``*_bp`` basis points.
Sign: the customer's view, money in positive.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

import msgspec

from kernel.reporting.book import LoanLine

WHOLE_BP = 10_000


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """Money on one account: by value date, over a channel, to or from ``counter``."""

    day: datetime.date
    amount_minor: int
    purpose: str = ""
    channel: str = ""
    counter: str = ""


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """An account with its money up to the day."""

    account_id: str
    account_class: str
    product_id: str
    opened_on: datetime.date
    status: str
    movements: tuple[Movement, ...] = ()


class Borrowing(msgspec.Struct, frozen=True, kw_only=True):
    """A loan with its conduct: spells in arrears, due dates, days of relief in difficulty."""

    line: LoanLine
    spells: tuple[tuple[datetime.date, datetime.date | None], ...] = ()
    due_dates: tuple[datetime.date, ...] = ()
    restructured_on: tuple[datetime.date, ...] = ()
    interest_paid_minor: int = 0


class CustomerView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of a customer on ``on``, in ``currency``."""

    on: datetime.date
    customer_id: str
    kind: str
    level: str
    branch_id: str
    registered_on: datetime.date
    currency: str = "CNY"
    has_mobile: bool = False
    relations: int = 0
    restraints: int = 0
    holdings: tuple[Holding, ...] = ()
    borrowings: tuple[Borrowing, ...] = ()

    def movements(self, days: int | None = None) -> Iterator[Movement]:
        """Money of the last days, or of all time."""
        since = datetime.date.min if days is None else self.on - datetime.timedelta(days=days)
        for holding in self.holdings:
            for one in holding.movements:
                if since < one.day <= self.on:
                    yield one

    def balance_minor(self, on: datetime.date | None = None) -> int:
        """What all accounts hold together at the end of a day."""
        day = on or self.on
        return sum(one.amount_minor for one in self.movements() if one.day <= day)

    def average_minor(self, days: int) -> int:
        """Average of the balances at the ends of the last days, rounded down.

        Each movement counts for the days that it stood: one pass, however many days.
        """
        first = self.on - datetime.timedelta(days=days - 1)
        held = 0
        for one in self.movements():
            held += one.amount_minor * ((self.on - max(one.day, first)).days + 1)
        return held // days

    def peak_minor(self, days: int) -> int:
        """The highest balance at the end of a day among the last days."""
        first = self.on - datetime.timedelta(days=days - 1)
        by_day: dict[datetime.date, int] = {}
        for one in self.movements():
            day = max(one.day, first)
            by_day[day] = by_day.get(day, 0) + one.amount_minor
        balance = peak = by_day.pop(first, 0)
        for day in sorted(by_day):
            balance += by_day[day]
            peak = max(peak, balance)
        return peak

    def flow_minor(self, days: int, *, into: bool) -> int:
        """Money in, or out, of the last days; positive."""
        sign = 1 if into else -1
        return sum(
            abs(one.amount_minor) for one in self.movements(days) if one.amount_minor * sign > 0
        )

    def worst_days_past_due(self, days: int) -> int:
        """The longest arrears that stood within the last days."""
        since = self.on - datetime.timedelta(days=days)
        return max(
            (
                ((ended or self.on) - began).days
                for one in self.borrowings
                for began, ended in one.spells
                if (ended or self.on) > since
            ),
            default=0,
        )

    def loans_minor(self, of: Callable[[LoanLine], int]) -> int:
        """Sum over the customer's loans."""
        return sum(of(one.line) for one in self.borrowings)


def days_between(earlier: datetime.date | None, later: datetime.date) -> int | None:
    """Days from one to the other; None when the first never was."""
    return None if earlier is None else (later - earlier).days
