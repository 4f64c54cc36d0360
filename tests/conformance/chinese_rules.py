"""Chinese rules: interest by the two formulas of the central bank, and working days."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import chinese_calendar
import holidays

from kernel.common.day_count import DayCount, units_per_year, year_units
from kernel.common.rounding import rounded
from tests.conformance.groups import Case, Group, library

other: Any = chinese_calendar  # it has no types
PPM = 1_000_000


def interest(
    day_count: DayCount, minor: int, rate_ppm: int, start: datetime.date, end: datetime.date
) -> int:
    """Simple interest in fen, half-up."""
    units = year_units(day_count, start.toordinal(), end.toordinal())
    return rounded(minor * rate_ppm * units, PPM * units_per_year(day_count))


def deposit() -> Iterator[Case]:
    """10,000 yuan at 2.70 % from 28 February for six months, which are 181 days."""
    start, end = datetime.date(2007, 2, 28), datetime.date(2007, 8, 28)
    for day_count, fen in ((DayCount.MONTHS_AND_DAYS, 13_500), (DayCount.ACT_360, 13_575)):
        yield Case(str(day_count), fen, interest(day_count, 1_000_000, 27_000, start, end))


def products() -> Iterator[Case]:
    """Daily balances times days: 692,000 yuan-days at 0.72 % by 20 March 2007."""
    balances = ((10_000, 32), (7_000, 36), (12_000, 10))
    accumulated = sum(yuan * days for yuan, days in balances)
    yield Case("products", 692_000, accumulated)
    yield Case("interest", 1_384, rounded(accumulated * 100 * 7_200, PPM * 360))


def working_days() -> Iterator[Case]:
    """Every day of the years whose holiday notices both libraries have."""
    calendar = holidays.country_holidays("CN")
    day = datetime.date(2004, 1, 1)
    while day <= datetime.date(2026, 12, 31):
        yield Case(day.isoformat(), other.is_workday(day), calendar.is_working_day(day))
        day += datetime.timedelta(1)


GROUPS = (
    Group(
        "中国人民银行 银发〔2005〕129号, example of a term deposit",
        "whole months and odd days / 360, and actual days / 360",
        deposit,
    ),
    Group(
        "中国人民银行 银发〔2005〕129号, example of daily products (积数计息)",
        "sum of daily balances × daily rate",
        products,
    ),
    Group(
        f"{library('chinesecalendar')}, every day 2004–2026",
        f"working days in China ({library('holidays')})",
        working_days,
        differs={
            "2005-12-31": "a working Saturday by 国办发明电〔2005〕35号; the compared library "
            "calls it a day off (its open issue 125)"
        },
    ),
)
