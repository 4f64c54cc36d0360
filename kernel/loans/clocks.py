"""Clocks of day counts: what each reads on a day, so that units are differences of readings.

Every day count measures ``units(start, day) = reading(day) - reading(start)`` on one of a few
clocks, so one look at all clocks serves any number of loans.

Units: days are ordinals; readings are year units of the day count.
Source: the day counts of ``kernel.common.day_count``.
"""

from __future__ import annotations

import datetime
from functools import lru_cache

from kernel.common.day_count import DayCount, month_length, year_units

DAYS, ISDA, ISDA_NEXT, BOND, EURO, MONTHS = range(6)
"""The last is the first of 31: whole months and odd days from a day of the month."""
COUNT = MONTHS + 31
EPOCH = datetime.date(1900, 1, 1).toordinal()


@lru_cache(maxsize=512)
def readings(day: int) -> tuple[int, ...]:
    """What every clock reads on a day.

    >>> a, b = datetime.date(2026, 1, 31).toordinal(), datetime.date(2026, 3, 1).toordinal()
    >>> first, last = readings(a), readings(b)
    >>> [last[k] - first[k] for k in (DAYS, BOND, EURO, MONTHS + 30)]
    [29, 30, 31, 31]
    """
    date = datetime.date.fromordinal(day)
    thirties = 360 * date.year + 30 * date.month
    return (
        day,
        _isda(day),
        _isda(day + 1),
        thirties + date.day,
        thirties + min(date.day, 30),
        *(_months(date, anchor) for anchor in range(1, 32)),
    )


def counted(day_count: DayCount, start: int) -> tuple[int, int]:
    """The clock by which a day count measures from a day, and what it reads on that day.

    >>> counted(DayCount.ACT_360, 7)
    (0, 7)
    """
    if day_count in (DayCount.ACT_360, DayCount.ACT_365F):
        clock = DAYS
    elif day_count is DayCount.ACT_ACT_ISDA:
        clock = ISDA
    else:
        date = datetime.date.fromordinal(start)
        first = min(date.day, 30)
        if day_count is DayCount.MONTHS_AND_DAYS:
            return MONTHS + date.day - 1, 30 * (12 * date.year + date.month)
        late = day_count is DayCount.EURO_30E_360 or first == 30
        return (EURO if late else BOND), 360 * date.year + 30 * date.month + first
    return clock, readings(start)[clock]


def _isda(day: int) -> int:
    if day < EPOCH:
        return -year_units(DayCount.ACT_ACT_ISDA, day, EPOCH)
    return year_units(DayCount.ACT_ACT_ISDA, EPOCH, day)


def _months(date: datetime.date, anchor: int) -> int:
    """Thirty for each whole month that ended on the anchor's day, and the days since."""
    months = 12 * date.year + date.month
    length = month_length(date.year, date.month)
    if (reached := min(anchor, length)) <= date.day:
        return 30 * months + date.day - reached
    year, month = divmod(months - 2, 12)
    before = month_length(year, month + 1)
    return 30 * (months - 1) + date.day + before - min(anchor, before)
