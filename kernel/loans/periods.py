"""The periods of a loan: from which day to which, due when, and what part of a year each costs.

Units: days are ordinals; a period has whole ``units`` over ``denominator`` units of a year.
Source: the day counts of ``kernel.common.day_count``; the day-weighted ones in
``docs/loan-engine.md``; 国办发 notices on public holidays for calendars (by ``holidays``).
"""

from __future__ import annotations

import datetime
from functools import cache, lru_cache
from operator import attrgetter

import holidays

from kernel.common.day_count import (
    DayCount,
    is_leap,
    month_length,
    months_units,
    shifted,
    units_per_year,
    whole_months,
    year_units,
)
from kernel.loans import clocks
from kernel.loans.terms import Every, Holidays, InstalmentRule, LoanTerms, Method

ROLL_MAX_DAYS = 30
SINGLE = (Method.BULLET, Method.DISCOUNTED)


class Period:
    """One period: interest runs from ``start`` to ``end``; the instalment is due on ``due``.

    ``months`` is the whole number of months it counts for, 0 when it has odd days.
    """

    __slots__ = ("_weigh", "denominator", "due", "end", "months", "start", "units")

    def __init__(self, terms: LoanTerms, start: int, end: int, due: int, months: int) -> None:
        self.start, self.end, self.due, self.months = start, end, due, months
        weighted = terms.instalment_rule is InstalmentRule.PROGRESSIVE
        self._weigh: _Weighted | _Counted = (_Weighted if weighted else _Counted)(
            terms, start, end, months
        )
        self.denominator = self._weigh.denominator
        self.units = self._weigh.units

    def units_at(self, day: int) -> int:
        """Year units from the start to a day; 0 before it, all of them from the end on."""
        if day >= self.end:
            return self.units
        return 0 if day <= self.start else self._weigh.at(day)

    @property
    def clock(self) -> tuple[int, int, int]:
        """Clock, its reading at the start, and units a step of it (``kernel.loans.clocks``)."""
        return self._weigh.clock()

    @property
    def days(self) -> int:
        """Days of the period as the convention counts them: 30 a month, or actual days."""
        return self._weigh.days


class _Counted:
    """Year units by the day count; a whole month of a 30 convention is one twelfth."""

    __slots__ = ("_count", "_start", "days", "denominator", "units")

    def __init__(self, terms: LoanTerms, start: int, end: int, months: int) -> None:
        self._count, self._start = terms.day_count, start
        self.denominator = units_per_year(self._count)
        by_months = months and self._count.counts_months
        self.units = (
            months_units(self._count, months) if by_months else year_units(self._count, start, end)
        )
        self.days = self.units if self._count.counts_months else end - start

    def at(self, day: int) -> int:
        return min(year_units(self._count, self._start, day), self.units)

    def clock(self) -> tuple[int, int, int]:
        return (*clocks.counted(self._count, self._start), 1)


class _Weighted:
    """Year units linear in actual days: months of 30 days, or the days themselves."""

    __slots__ = ("_across", "_per_day", "_start", "days", "denominator", "units")

    def __init__(self, terms: LoanTerms, start: int, end: int, months: int) -> None:
        self._start, self.days = start, end - start
        month, year = month_and_year(terms)
        first = datetime.date.fromordinal(start)
        length = (366 if is_leap(first.year) else 365) if year == "actual" else int(year)
        self._across = False
        if month == "30" and terms.every.months:
            whole = months or whole_months(start, end)
            rest = 0 if months else end - shifted(start, whole)
            after = datetime.date.fromordinal(shifted(start, whole))
            parts = month_length(after.year, after.month) if rest else 1
            self._per_day = 30 * (whole * parts + rest)
            self.denominator = length * parts * max(1, self.days)
        elif year == "actual":
            self._across = True
            self.denominator = units_per_year(DayCount.ACT_ACT_ISDA)
        else:
            self._per_day = 1
            self.denominator = length
        self.units = self.at(end)

    def at(self, day: int) -> int:
        if self._across:  # day d is the night before it, so 31 December belongs to its own year
            return year_units(DayCount.ACT_ACT_ISDA, self._start + 1, day + 1)
        return self._per_day * (day - self._start)

    def clock(self) -> tuple[int, int, int]:
        if self._across:
            return clocks.ISDA_NEXT, clocks.readings(self._start)[clocks.ISDA_NEXT], 1
        return clocks.DAYS, self._start, self._per_day


def month_and_year(terms: LoanTerms) -> tuple[str, str]:
    """Days in a month and in a year of the day-weighted convention: as named, or by day count."""
    month, year = {
        DayCount.ACT_360: ("actual", "360"),
        DayCount.ACT_365F: ("actual", "365"),
        DayCount.ACT_ACT_ISDA: ("actual", "actual"),
    }.get(terms.day_count, ("30", "360"))
    return terms.days_in_month or month, terms.days_in_year or year


class Rhythm:
    """What of the terms the periods of a contract follow from, and nothing else."""

    FIELDS = (
        "start_date", "instalments", "every", "first_due_date", "due_day", "maturity_date",
        "month_end", "first_period", "merge_below_days", "method", "day_count", "instalment_rule",
        "days_in_month", "days_in_year", "holidays",
    )  # fmt: skip
    _key = attrgetter(*FIELDS)

    def __init__(self, terms: LoanTerms) -> None:
        self.terms = terms
        self.key = Rhythm._key(terms)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rhythm) and self.key == other.key


def contract_periods(terms: LoanTerms) -> list[Period]:
    """The periods of the contract as agreed at the start; loans of one rhythm share them."""
    return list(_agreed(Rhythm(terms)))


@lru_cache(maxsize=2_000)
def _agreed(rhythm: Rhythm) -> list[Period]:
    terms = rhythm.terms
    start = terms.start_date.toordinal()
    ends = _ends(terms, start)
    if terms.method in SINGLE:
        return periods_between(terms, start, ends[-1:], [_whole(start, ends[-1])])
    months = terms.every.months
    first = ends[0] == _stepped(start, terms.every, 1, _anchor(terms), terms)
    counts = [months if first else _whole(start, ends[0])] + [months] * (len(ends) - 1)
    if terms.maturity_date is not None and len(ends) > 1:
        counts[-1] = _whole(ends[-2], ends[-1])
    return periods_between(terms, start, ends, counts)


def periods_between(
    terms: LoanTerms, start: int, ends: list[int], months: list[int]
) -> list[Period]:
    """Periods one after another, due dates rolled over days off."""
    made = []
    for end, count in zip(ends, months, strict=True):
        due = _rolled(end, terms.holidays)
        moves = terms.holidays is not None and terms.holidays.moves_interest and due > start
        stop = max(due if moves else end, start)  # a long holiday may swallow a short period
        made.append(Period(terms, start, stop, max(due, start), 0 if stop != end else count))
        start = stop
    return made


def later_ends(terms: LoanTerms, first: int, anchor: int, count: int) -> list[int]:
    """``count`` due dates in rhythm from ``first`` on, the day of the month kept."""
    return [_stepped(first, terms.every, k, anchor, terms) for k in range(count)]


def _whole(start: int, end: int) -> int:
    """The months between two days when they are whole, else 0."""
    months = whole_months(start, end) if end > start else 0
    return months if shifted(start, months) == end else 0


def _anchor(terms: LoanTerms) -> int:
    return terms.due_day or (terms.first_due_date or terms.start_date).day


def _ends(terms: LoanTerms, start: int) -> list[int]:
    anchor = _anchor(terms)
    if terms.first_due_date is not None:
        ends = later_ends(terms, terms.first_due_date.toordinal(), anchor, terms.instalments + 1)
    else:
        ends = later_ends(terms, start, anchor, terms.instalments + 2)[1:]
    short = ends[0] - start < terms.merge_below_days
    ends = ends[1:] if terms.first_period == "merge_short" and short else ends[:-1]
    if terms.maturity_date is not None:
        ends[-1] = terms.maturity_date.toordinal()
    return ends


def _stepped(day: int, every: Every, steps: int, anchor: int | None, terms: LoanTerms) -> int:
    if not every.months:
        return day + steps * (7 * every.weeks + every.days)
    if steps == 0:
        return day
    moved = shifted(day, steps * every.months, anchor)
    wanted = anchor or datetime.date.fromordinal(day).day
    if terms.month_end == "roll" and datetime.date.fromordinal(moved).day < wanted:
        return moved + 1
    return moved


@cache
def _days_off(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)


def _rolled(day: int, rule: Holidays | None) -> int:
    """The day itself, or the working day that the rule moves it to."""
    if rule is None or rule.roll == "none":
        return day
    off = _days_off(rule.calendar)
    date = datetime.date.fromordinal(day)
    step = -1 if rule.roll == "preceding" else 1
    found = _next_working(off, date, step)
    if rule.roll == "modified_following" and found.month != date.month:
        found = _next_working(off, date, -1)
    return found.toordinal()


def _next_working(off: holidays.HolidayBase, date: datetime.date, step: int) -> datetime.date:
    for _ in range(ROLL_MAX_DAYS):
        if off.is_working_day(date):
            return date
        date += datetime.timedelta(days=step)
    raise AssertionError(f"no working day within {ROLL_MAX_DAYS} days of {date}")
