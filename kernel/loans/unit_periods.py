"""Unit-periods: how far apart two days are, as the actuarial method of consumer credit counts it.

Units: a distance is a number of whole unit-periods and a fraction of one; a year has
``UnitPeriod.per_year`` of them. The first day does not count and the last does.
Source: 12 CFR Part 1026 (Regulation Z), Appendix J, (b)(3) to (b)(5).
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import msgspec

from kernel.common.day_count import month_length, shifted


class Interval(StrEnum):
    """The standard intervals that a unit-period is a multiple of."""

    DAY = "day"
    WEEK = "week"
    SEMIMONTH = "semimonth"
    MONTH = "month"


_PER_YEAR = {Interval.DAY: 365, Interval.WEEK: 52, Interval.SEMIMONTH: 24, Interval.MONTH: 12}
_LONGEST = {Interval.DAY: 1, Interval.WEEK: 52, Interval.SEMIMONTH: 1, Interval.MONTH: 12}
_THIRTIETHS = {Interval.SEMIMONTH: 15, Interval.MONTH: 30}


class UnitPeriod(msgspec.Struct, frozen=True):
    """``count`` standard intervals: one month, two weeks, a quarter (three months), a day."""

    interval: Interval
    count: int = 1

    def __post_init__(self) -> None:
        assert 1 <= self.count <= _LONGEST[self.interval], self

    @property
    def per_year(self) -> Fraction:
        """Unit-periods in a year.

        >>> UnitPeriod(Interval.MONTH, 3).per_year, UnitPeriod(Interval.WEEK, 4).per_year
        (Fraction(4, 1), Fraction(13, 1))
        """
        return Fraction(_PER_YEAR[self.interval], self.count)


class Distance(NamedTuple):
    """Whole unit-periods and the fraction (0 to 1) before them."""

    whole: int
    fraction: Fraction


DAILY = UnitPeriod(Interval.DAY)
MONTHLY = UnitPeriod(Interval.MONTH)
YEARLY = UnitPeriod(Interval.MONTH, 12)


def whole_months_apart(start: datetime.date, end: datetime.date) -> int | None:
    """Months from ``start`` to ``end`` if they lie on the same day of the month, else None.

    All months are equally long (b)(3)(iv), so the last day of a short month is the same day
    of the month as any later one.

    >>> whole_months_apart(datetime.date(2026, 1, 31), datetime.date(2026, 2, 28))
    1
    """
    short = min(start, end, key=lambda day: day.day)
    if start.day != end.day and short.day != month_length(short.year, short.month):
        return None
    return 12 * (end.year - start.year) + end.month - start.month


def distance(start: datetime.date, end: datetime.date, unit: UnitPeriod) -> Distance:
    """Unit-periods from ``start`` to ``end`` (``start <= end``), by (b)(5).

    >>> distance(datetime.date(1978, 2, 10), datetime.date(1978, 4, 1), MONTHLY)
    Distance(whole=1, fraction=Fraction(19, 30))
    """
    assert start <= end, (start, end)
    days = (end - start).days
    if unit.interval in (Interval.DAY, Interval.WEEK):
        length = unit.count * (7 if unit.interval is Interval.WEEK else 1)
        return Distance(days // length, Fraction(days % length, length))
    months, odd_days = _months_back(start, end)
    if unit == YEARLY:
        return _years(start, end, months, odd_days)
    length = unit.count * _THIRTIETHS[unit.interval]
    whole, rest = divmod(30 * months + odd_days, length)
    return Distance(whole, Fraction(rest, length))


def _years(start: datetime.date, end: datetime.date, months: int, odd_days: int) -> Distance:
    """Full years measured back; the rest in months if they are whole, else in days."""
    whole, rest = divmod(months, 12)
    if odd_days == 0:
        return Distance(whole, Fraction(rest, 12))
    first_full = shifted(end.toordinal(), -12 * whole)
    return Distance(whole, Fraction(first_full - start.toordinal(), 365))


def _months_back(start: datetime.date, end: datetime.date) -> tuple[int, int]:
    """Full months measured back from ``end``, and the days of ``start`` before the first."""
    exact = whole_months_apart(start, end)
    if exact is not None:
        return exact, 0
    months = 12 * (end.year - start.year) + end.month - start.month
    if shifted(end.toordinal(), -months) < start.toordinal():
        months -= 1
    return months, shifted(end.toordinal(), -months) - start.toordinal()


def term_as_period(start: datetime.date, end: datetime.date) -> tuple[Distance, Fraction]:
    """One advance, one payment: the term in unit-periods, and unit-periods a year, (b)(4)(ii).

    Up to a year the term itself is the unit-period; above, the unit-period is a year.
    """
    assert start < end, (start, end)
    months = whole_months_apart(start, end)
    if shifted(start.toordinal(), 12) < end.toordinal():
        return distance(start, end, YEARLY), Fraction(1)
    if months is not None and months > 0:
        return Distance(1, Fraction(0)), Fraction(12, months)
    return Distance(1, Fraction(0)), Fraction(365, (end - start).days)


def usual_unit_period(
    advances: Sequence[datetime.date], payments: Sequence[datetime.date]
) -> UnitPeriod:
    """The period that occurs most often, the shorter one of two equals, by (b)(4)(i).

    Each sequence is in order of days and not empty. A period lies between advances, between
    payments, and between the first day and the next one of either. Where no period occurs twice
    it is the standard interval nearest to their average.

    >>> usual_unit_period(
    ...     [datetime.date(2026, 1, 5)], [datetime.date(2026, month, 20) for month in (2, 3, 4, 6)]
    ... )
    UnitPeriod(interval=<Interval.MONTH: 'month'>, count=1)
    """
    first = min(advances[0], payments[0])
    sides = [[first, *(day for day in side if day > first)] for side in (advances, payments)]
    gaps = [gap for side in sides for gap in pairwise(side)]
    seen = Counter(reading for start, end in gaps for reading in _readings(start, end))
    common = [reading for reading, times in seen.items() if times > 1]
    if not common:
        return _nearest(Fraction(sum((end - start).days for start, end in gaps), len(gaps)))
    return min(common, key=lambda reading: (-seen[reading], -reading.per_year))


def _readings(start: datetime.date, end: datetime.date) -> Iterator[UnitPeriod]:
    """Every standard interval a gap is exactly; 28 days may be four weeks and also a month."""
    days = (end - start).days
    months = whole_months_apart(start, end)
    if days == 1:
        yield DAILY
    if days % 7 == 0 and days // 7 <= _LONGEST[Interval.WEEK]:
        yield UnitPeriod(Interval.WEEK, days // 7)
    if _half_month_apart(start, end):
        yield UnitPeriod(Interval.SEMIMONTH)
    if months and months <= _LONGEST[Interval.MONTH]:
        yield UnitPeriod(Interval.MONTH, months)


def _half_month_apart(start: datetime.date, end: datetime.date) -> bool:
    months = 12 * (end.year - start.year) + end.month - start.month
    return (months, end.day - start.day) in ((0, 15), (1, -15))


def _nearest(days: Fraction) -> UnitPeriod:
    """The standard interval nearest to a length in days; the shorter one of two equals."""
    lengths = {DAILY: 1, UnitPeriod(Interval.SEMIMONTH): 15, YEARLY: 365}
    lengths |= {UnitPeriod(Interval.WEEK, weeks): 7 * weeks for weeks in range(1, 53)}
    lengths |= {UnitPeriod(Interval.MONTH, months): 30 * months for months in range(1, 12)}
    return min(lengths, key=lambda unit: (abs(lengths[unit] - days), lengths[unit]))
