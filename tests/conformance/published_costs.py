"""Published annual rates, each with the cash flows it belongs to.

Regulation Z gives its examples in words with dates of 1978 to 1980; the unit-periods that follow
from them are noted beside each, so that a wrong date cannot hide behind a right rate.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

from kernel.common.day_count import shifted
from kernel.loans.annual_cost import CashFlow
from kernel.loans.unit_periods import MONTHLY, YEARLY, Interval, UnitPeriod

Payments = tuple[str, int, int]  # first day, number, minor units each


class Example(NamedTuple):
    """One advance and series of payments; ``percent`` has as many decimals as are published.

    ``first`` is the whole and the odd part (of how many) of the first payment's unit-periods.
    """

    name: str
    lent_on: str
    lent: int
    unit: UnitPeriod | None
    series: tuple[Payments, ...]
    percent: str
    first: tuple[int, int, int] = (1, 0, 1)

    def flows(self) -> list[CashFlow]:
        lent = CashFlow(day=datetime.date.fromisoformat(self.lent_on), amount_minor=self.lent)
        return [lent, *(flow for each in self.series for flow in self.payments(*each))]

    def payments(self, first: str, times: int, minor: int) -> list[CashFlow]:
        start = datetime.date.fromisoformat(first).toordinal()
        return [CashFlow(day=self.later(start, k), amount_minor=-minor) for k in range(times)]

    def later(self, start: int, periods: int) -> datetime.date:
        """The day some unit-periods after a payment; semimonthly payments fall on 1st and 16th."""
        unit = self.unit or MONTHLY
        if unit.interval is Interval.MONTH:
            return datetime.date.fromordinal(shifted(start, unit.count * periods))
        if unit.interval is Interval.SEMIMONTH:
            months, half = divmod(periods, 2)
            return datetime.date.fromordinal(shifted(start, months) + 15 * half)
        length = unit.count * (7 if unit.interval is Interval.WEEK else 1)
        return datetime.date.fromordinal(start + length * periods)


SEMIMONTHLY = UnitPeriod(Interval.SEMIMONTH)
TWO_MONTHS = UnitPeriod(Interval.MONTH, 2)
QUARTERLY = UnitPeriod(Interval.MONTH, 3)
WEEKLY = UnitPeriod(Interval.WEEK)
TWO_WEEKS = UnitPeriod(Interval.WEEK, 2)
FOUR_WEEKS = UnitPeriod(Interval.WEEK, 4)
DAILY = UnitPeriod(Interval.DAY)


def loan(
    name: str,
    lent: tuple[str, int],
    unit: UnitPeriod | None,
    series: tuple[Payments, ...],
    percent: str,
    first: tuple[int, int, int] = (1, 0, 1),
) -> Example:
    return Example(name, *lent, unit, series, percent, first)


JAN_10 = ("1978-01-10", 500_000)
APPENDIX_J = (
    loan("(c)(1)(i)", JAN_10, MONTHLY, (("1978-02-10", 24, 23_000),), "9.69"),
    loan(
        "(c)(1)(ii)",
        ("1978-02-10", 600_000),
        MONTHLY,
        (("1978-04-01", 36, 20_000),),
        "11.82",
        (1, 19, 30),
    ),
    loan(
        "(c)(1)(iii)",
        ("1978-02-23", 500_000),
        SEMIMONTHLY,
        (("1978-03-01", 24, 21_917),),
        "10.34",
        (0, 6, 15),
    ),
    loan(
        "(c)(1)(iv)",
        ("1978-05-23", 1_000_000),
        QUARTERLY,
        (("1978-10-01", 40, 38_500),),
        "8.97",
        (1, 39, 90),
    ),
    loan(
        "(c)(1)(v)",
        ("1978-03-20", 50_000),
        WEEKLY,
        (("1978-04-21", 30, 1_760),),
        "14.96",
        (4, 4, 7),
    ),
    loan(
        "(c)(2)(i)",
        JAN_10,
        MONTHLY,
        (("1978-02-10", 1, 25_000), ("1978-03-10", 23, 23_000)),
        "10.08",
    ),
    loan(
        "(c)(2)(ii)",
        ("1978-03-18", 40_000),
        FOUR_WEEKS,
        (("1978-04-20", 1, 3_950), ("1978-05-18", 11, 3_831)),
        "28.50",
        (1, 5, 28),
    ),
    loan(
        "(c)(3)(i)",
        JAN_10,
        MONTHLY,
        (("1978-02-10", 23, 23_000), ("1980-01-10", 1, 28_000)),
        "10.50",
    ),
    loan(
        "(c)(3)(ii)",
        ("1978-04-03", 20_000),
        TWO_WEEKS,
        (("1978-04-11", 19, 950), ("1979-01-02", 1, 3_000)),
        "12.22",
        (0, 8, 14),
    ),
    loan(
        "(c)(4)(i)",
        JAN_10,
        MONTHLY,
        (("1978-02-10", 1, 25_000), ("1978-03-10", 22, 23_000), ("1980-01-10", 1, 28_000)),
        "10.90",
    ),
    loan(
        "(c)(4)(ii)",
        ("1978-01-10", 800_000),
        TWO_MONTHS,
        (("1978-03-01", 1, 44_936), ("1978-05-01", 18, 46_500), ("1981-05-01", 1, 20_000)),
        "7.30",
        (0, 52, 60),
    ),
    loan(
        "(c)(5)(i)", ("1978-01-03", 100_000), None, (("1978-09-15", 1, 108_000),), "11.45"
    ),  # 255 days
    loan(
        "(c)(5)(ii)", ("1978-07-15", 100_000), None, (("1979-01-15", 1, 104_400),), "8.80"
    ),  # six months
    loan(
        "(c)(5)(iii)",
        ("1978-01-15", 100_000),
        None,
        (("1979-07-15", 1, 113_519),),
        "8.76",
        (1, 6, 12),
    ),
    loan(
        "(c)(5)(iv)",
        ("1978-01-10", 100_000),
        None,
        (("1980-01-10", 1, 124_000),),
        "11.36",
        (2, 0, 1),
    ),
    loan(
        "(c)(6)(i)",
        ("1978-01-25", 213_500),
        FOUR_WEEKS,
        (
            ("1978-02-20", 9, 10_000),
            ("1978-11-13", 6, 10_000),
            ("1979-05-14", 6, 10_000),
            ("1979-11-12", 3, 10_000),
        ),
        "12.00",
        (0, 26, 28),
    ),
    loan(
        "(c)(6)(ii)",
        ("1978-03-03", 735_000),
        MONTHLY,
        (
            ("1978-09-15", 3, 100_000),
            ("1979-03-15", 1, 200_000),
            ("1979-09-15", 3, 75_000),
            ("1980-02-01", 1, 100_000),
        ),
        "10.22",
        (6, 12, 30),
    ),
)

# The open library FSharp.Finance.Personal, tests of its actuarial method, checked in a spreadsheet.
FSHARP = (
    loan("shorter", ("1978-06-23", 1_000_000), QUARTERLY, (("1978-10-01", 40, 38_500),), "9.15"),
    loan("short", ("1978-07-23", 1_000_000), QUARTERLY, (("1978-10-01", 40, 38_500),), "9.32"),
    loan("daily", ("2023-10-26", 100_000), DAILY, (("2023-11-30", 5, 22_000),), "94.15"),
    loan("long", ("2023-10-28", 100_000), WEEKLY, (("2023-11-30", 5, 25_000),), "176.52"),
    loan("regular", ("2023-11-23", 100_000), WEEKLY, (("2023-11-30", 5, 25_000),), "412.40"),
    loan("odd", ("2023-11-24", 100_000), WEEKLY, (("2023-11-30", 5, 25_000),), "434.30"),
    loan("yearly", ("2023-10-26", 100_000), YEARLY, (("2023-11-30", 5, 50_000),), "78.34"),
)

# A lender's chart (Financial Software Systems, 3-508B, 2014): a fifth of the advance is added, the
# sum is paid in equal months. Of n payments, every multiple of 10.00 up to 70.00 has this rate.
CHART = {1: "240.00", 2: "156.79", 3: "116.41", 4: "92.57", 5: "76.83", 6: "65.66", 7: "57.33"}

# Amount lent, payment, number of months, rate as published by Adobe for FormCalc's Apr.
MONTHLY_APR = (
    (3_500_000, 26_950, 360, "8.515404566"),
    (15_750_000, 96_000, 650, "7.161332404"),
)
# Excel's page of IRR, yearly.
EXCEL_IRR = ((-70_000, 12_000, 15_000, 18_000, 21_000, 26_000), "8.66")

XIRR = (
    (  # Excel's page of the function
        ("2008-01-01", "2008-03-01", "2008-10-30", "2009-02-15", "2009-04-01"),
        (-10_000, 2_750, 4_250, 3_250, 2_750),
        "0.373362535",
    ),
    (  # the documentation of the Rust library financial
        ("2016-07-08", "2017-07-08", "2018-07-08", "2019-07-08", "2020-07-08", "2021-07-08"),
        (-379, 100, 100, 100, 100, 100),
        "0.10004608364",
    ),
)
