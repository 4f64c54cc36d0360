"""Day counts: the published examples of ISDA and of spreadsheets, and QuantLib on random dates."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

import QuantLib

from kernel.common.day_count import DayCount, units_per_year, year_units
from tests.conformance.groups import Case, Group, library
from tests.conformance.published_days import (
    ACT_ACT_ISDA,
    BOND_BASIS,
    DAYS360_EUROPEAN,
    DAYS360_US,
    EUROBOND_BASIS,
    YEARFRAC,
)

ql: Any = QuantLib  # it has no types
PAIRS = 6_000
FIRST, LAST = datetime.date(1990, 1, 1).toordinal(), datetime.date(2099, 12, 31).toordinal()


def units(day_count: DayCount, start: str, end: str) -> int:
    days = (datetime.date.fromisoformat(day).toordinal() for day in (start, end))
    return year_units(day_count, *days)


def days_of(
    day_count: DayCount, published: Iterable[tuple[str, str, int]]
) -> Callable[[], Iterator[Case]]:
    """Cases whose figure is a number of days."""

    def cases() -> Iterator[Case]:
        for start, end, days in published:
            yield Case(f"{start} to {end}", days, units(day_count, start, end))

    return cases


def act_act_isda() -> Iterator[Case]:
    """Days in leap years over 366 and the others over 365, to twelve decimals."""
    for start, end, part in ACT_ACT_ISDA:
        found = units(DayCount.ACT_ACT_ISDA, start, end)
        yield Case(f"{start} to {end}", Decimal(part), part_of_year(found, 133_590, part))


def yearfrac() -> Iterator[Case]:
    """Parts of a year to as many decimals as are published."""
    for start, end, day_count, part in YEARFRAC:
        found = units(day_count, start, end)
        actual = part_of_year(found, units_per_year(day_count), part)
        yield Case(f"{start} to {end}, {day_count}", Decimal(part), actual)


def part_of_year(found: int, of: int, published: str) -> Decimal:
    return (Decimal(found) / of).quantize(Decimal(published))


def quantlib(day_count: DayCount, counter: Any) -> Callable[[], Iterator[Case]]:
    """Random pairs; a year's part times the units of a year is whole in exact arithmetic."""

    def cases() -> Iterator[Case]:
        chance = random.Random(f"days {day_count}")
        in_year = units_per_year(day_count)
        for _ in range(PAIRS):
            start = any_day(chance)
            near = min(start + chance.choice((40, 400, 12_000)), LAST)
            end = max(start, any_day(chance, start, near))
            dates = [datetime.date.fromordinal(day) for day in (start, end)]
            part = counter.yearFraction(*(ql.Date(d.day, d.month, d.year) for d in dates))
            expected = round(part * in_year)
            yield Case(f"{dates[0]} to {dates[1]}", expected, year_units(day_count, start, end))

    return cases


def any_day(chance: random.Random, first: int = FIRST, last: int = LAST) -> int:
    """Any day; one in three is moved to the end of its month, where the conventions differ."""
    day = datetime.date.fromordinal(chance.randint(first, last))
    if chance.randrange(3) == 0:
        following = datetime.date(day.year + day.month // 12, day.month % 12 + 1, 1)
        return following.toordinal() - 1
    return day.toordinal()


QUANTLIB = {
    DayCount.BOND_30_360: ql.Thirty360(ql.Thirty360.BondBasis),
    DayCount.EURO_30E_360: ql.Thirty360(ql.Thirty360.EurobondBasis),
    DayCount.ACT_360: ql.Actual360(),
    DayCount.ACT_365F: ql.Actual365Fixed(),
    DayCount.ACT_ACT_ISDA: ql.ActualActual(ql.ActualActual.ISDA),
}

FEBRUARY = "the US method of spreadsheets moves the last day of February to the 30th"

GROUPS = (
    Group(
        "ISDA, EMU and market conventions (1998), as QuantLib's tests give it",
        "ACT/ACT-ISDA",
        act_act_isda,
    ),
    Group(
        "ISDA, 30/360 day count conventions (2008), as QuantLib's tests give it",
        "30/360 (Bond Basis)",
        days_of(DayCount.BOND_30_360, BOND_BASIS),
    ),
    Group(
        "ISDA, 30/360 day count conventions (2008), as QuantLib's tests give it",
        "30E/360 (Eurobond Basis)",
        days_of(DayCount.EURO_30E_360, EUROBOND_BASIS),
    ),
    Group(
        "Spreadsheets: YEARFRAC in ECMA-376, Excel and Numbers",
        "30/360, ACT/ACT-ISDA, ACT/360, ACT/365F, 30E/360",
        yearfrac,
    ),
    Group(
        "Spreadsheets: DAYS360, US method, in ECMA-376, Excel and Apache POI",
        "30/360",
        days_of(DayCount.BOND_30_360, DAYS360_US),
        differs={
            "1993-02-28 to 1993-03-01": FEBRUARY,
            "1996-02-29 to 1996-03-01": FEBRUARY,
        },
    ),
    Group(
        "Spreadsheets: DAYS360, European method, in ECMA-376 and Apache POI",
        "30E/360",
        days_of(DayCount.EURO_30E_360, DAYS360_EUROPEAN),
    ),
    *(
        Group(f"{library('QuantLib')}, random days 1990–2099", str(each), quantlib(each, counter))
        for each, counter in QUANTLIB.items()
    ),
)
