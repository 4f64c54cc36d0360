"""Day counts: how much of a year lies between two days, as an exact fraction.

Units: days are proleptic ordinals (``datetime.date.toordinal``); a part of a year is a whole
number of *year units*, of which a year has ``units_per_year(day_count)``.
The first day counts and the last does not (算头不算尾).
Source: ISDA 2006 Definitions, section 4.16 (b) ACT/ACT, (d) ACT/365F, (e) ACT/360, (f) 30/360,
(g) 30E/360; 银发〔2005〕129号 for whole months with odd days.
"""

from __future__ import annotations

import datetime
from enum import StrEnum


class DayCount(StrEnum):
    """The conventions a product may name."""

    BOND_30_360 = "30/360"
    EURO_30E_360 = "30E/360"
    ACT_360 = "ACT/360"
    ACT_365F = "ACT/365F"
    ACT_ACT_ISDA = "ACT/ACT-ISDA"
    MONTHS_AND_DAYS = "MONTHS+DAYS/360"

    @property
    def counts_months(self) -> bool:
        """Whether a whole month is exactly one twelfth of a year, however long it is."""
        return self in (self.BOND_30_360, self.EURO_30E_360, self.MONTHS_AND_DAYS)


_UNITS = {
    DayCount.BOND_30_360: 360,
    DayCount.EURO_30E_360: 360,
    DayCount.ACT_360: 360,
    DayCount.ACT_365F: 365,
    DayCount.ACT_ACT_ISDA: 365 * 366,
    DayCount.MONTHS_AND_DAYS: 360,
}


def units_per_year(day_count: DayCount) -> int:
    """Year units in one year.

    >>> units_per_year(DayCount.ACT_ACT_ISDA)
    133590
    """
    return _UNITS[day_count]


def year_units(day_count: DayCount, start: int, end: int) -> int:
    """Year units from ``start`` to ``end`` (``start <= end``) by the convention's own day formula.

    Whole periods of a schedule under a 30 convention are worth ``months_units``, not this.

    >>> days = datetime.date(2007, 1, 31).toordinal(), datetime.date(2007, 3, 31).toordinal()
    >>> [year_units(each, *days) for each in (DayCount.BOND_30_360, DayCount.ACT_360)]
    [60, 59]
    """
    assert start <= end, (start, end)
    if day_count in (DayCount.ACT_360, DayCount.ACT_365F):
        return end - start
    if day_count is DayCount.ACT_ACT_ISDA:
        return _isda_units(start, end)
    if day_count is DayCount.MONTHS_AND_DAYS:
        months = whole_months(start, end)
        return 30 * months + end - shifted(start, months)
    return _thirties(day_count, start, end)


def months_units(day_count: DayCount, months: int) -> int:
    """Year units of a number of whole months: one twelfth each.

    >>> months_units(DayCount.BOND_30_360, 1)
    30
    """
    units = _UNITS[day_count]
    assert units * months % 12 == 0, (day_count, months)
    return units * months // 12


def _thirties(day_count: DayCount, start: int, end: int) -> int:
    a, b = datetime.date.fromordinal(start), datetime.date.fromordinal(end)
    first, last = min(a.day, 30), b.day
    if day_count is DayCount.EURO_30E_360 or first == 30:
        last = min(last, 30)
    return 360 * (b.year - a.year) + 30 * (b.month - a.month) + last - first


def _isda_units(start: int, end: int) -> int:
    """Days in leap years over 366 and the others over 365, on one denominator."""
    units = 0
    year = datetime.date.fromordinal(start).year
    while start < end:
        new_year = datetime.date(year + 1, 1, 1).toordinal()
        days = min(end, new_year) - start
        units += days * (365 if is_leap(year) else 366)
        start += days
        year += 1
    return units


def is_leap(year: int) -> bool:
    """Whether the year has 366 days.

    >>> [year for year in (1900, 2000, 2024, 2026) if is_leap(year)]
    [2000, 2024]
    """
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    """Days of a month.

    >>> month_length(2024, 2)
    29
    """
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def shifted(day: int, months: int, anchor: int | None = None) -> int:
    """The day ``months`` later on the same day of the month, or on its last day if it is shorter.

    ``anchor`` is the wanted day of the month (1..31) when ``day`` itself was cut short.

    >>> feb = shifted(datetime.date(2026, 1, 31).toordinal(), 1)
    >>> datetime.date.fromordinal(feb)
    datetime.date(2026, 2, 28)
    >>> datetime.date.fromordinal(shifted(feb, 1, anchor=31))
    datetime.date(2026, 3, 31)
    """
    date = datetime.date.fromordinal(day)
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    last = month_length(year, month + 1)
    return datetime.date(year, month + 1, min(anchor or date.day, last)).toordinal()


def whole_months(start: int, end: int) -> int:
    """Months that fit between two days (对年对月对日); a month's end answers a longer month's end.

    >>> a, b = datetime.date(2026, 1, 31).toordinal(), datetime.date(2026, 2, 28).toordinal()
    >>> whole_months(a, b), whole_months(a, b - 1)
    (1, 0)
    """
    a, b = datetime.date.fromordinal(start), datetime.date.fromordinal(end)
    months = 12 * (b.year - a.year) + b.month - a.month
    return months if shifted(start, months) <= end else months - 1


def last_of_year_before(day: datetime.date) -> datetime.date:
    """The last day whose accounting year is closed when ``day`` is open.

    >>> str(last_of_year_before(datetime.date(2026, 1, 5)))
    '2025-12-31'
    """
    return datetime.date(day.year - 1, 12, 31)
