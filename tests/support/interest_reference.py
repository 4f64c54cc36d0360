"""Interest of a current account day by day in fractions: slow, and by no way of the kernel's.

Units: whole minor units; days as dates. Sign: the customer's view.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from fractions import Fraction

DAY = datetime.timedelta(days=1)


def half_up(amount: Fraction) -> int:
    """Rounded to whole units, a half away from zero; interest is never negative here."""
    return int(amount + Fraction(1, 2))


def quarter_ends(start: datetime.date, end: datetime.date) -> list[datetime.date]:
    """20 March, June, September, December between two days, both included."""
    found, day = [], start
    while day <= end:
        if day.day == 20 and day.month % 3 == 0:
            found.append(day)
        day += DAY
    return found


def rate_of(rates: Mapping[datetime.date, int], on: datetime.date) -> int:
    """The rate in force on a day."""
    return next((rates[day] for day in sorted(rates, reverse=True) if day <= on), 0)


def interest(
    moves: Iterable[tuple[datetime.date, int]],
    rates: Mapping[datetime.date, int],
    start: datetime.date,
    through: datetime.date,
    *,
    by_day: bool,
    unit: int,
    agreed: tuple[datetime.date, datetime.date, int, int] | None = None,
) -> int:
    """All interest to the end of ``through``, each quarter rounded once.

    ``by_day`` takes each day's rate, else that of the quarter's last day. ``agreed`` is (from,
    until, base, rate of what exceeds it).
    """
    known, total = sorted(moves), 0
    ends = [*quarter_ends(start, through - DAY), through]
    day = start
    for last in ends:
        owed = Fraction(0)
        while day <= last:
            balance = max(0, sum(change for on, change in known if on <= day)) // unit * unit
            rate = rate_of(rates, day if by_day else last)
            if agreed and agreed[0] <= day < agreed[1]:
                low = min(balance, agreed[2])
                owed += Fraction(low * rate + (balance - low) * agreed[3], 360 * 10**6)
            else:
                owed += Fraction(balance * rate, 360 * 10**6)
            day += DAY
        total += half_up(owed)
    return total
