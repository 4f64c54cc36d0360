"""Interest of demand deposits by balance-days (积数计息), with settlement and capitalisation.

Units: whole minor units; rates in ppm a year; a product of balance and days is exact and divided
once, by 360 days and a million. The first day counts and the last does not, so the balance at the
end of a day bears interest for the night after it.
Source: 储蓄管理条例 art. 27 and 银发〔2005〕129号 (settled on the 20th of the quarter's last month,
paid on the 21st, at the rate of the settlement day; closing: to the day before, at its rate).
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

import msgspec

from kernel.common.rounding import Rounding, rounded

MILLION = 10**6
YEAR_DAYS = 360
SETTLEMENT_MONTHS = (3, 6, 9, 12)
SETTLEMENT_DAY = 20

RateMode = Literal["settlement_day", "segmented"]


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the balance from an amount on, with a rate of its own."""

    from_minor: int
    annual_rate_ppm: int


class DailyProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of days with one balance and one rate: what a settlement was worked out from."""

    from_date: datetime.date
    to_date: datetime.date
    days: int
    balance_minor: int
    annual_rate_ppm: int
    product: int


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """Interest settled: over which days, from which products, paid on which day."""

    from_date: datetime.date
    to_date: datetime.date
    paid_on: datetime.date
    balance_days: int
    interest_minor: int
    products: tuple[DailyProduct, ...]


def rate_on(rates: Mapping[datetime.date, int], on: datetime.date) -> int:
    """The listed rate in force on a day; 0 before the first.

    >>> rate_on({datetime.date(2026, 1, 1): 500}, datetime.date(2026, 6, 20))
    500
    """
    return _on(rates, sorted(rates), on)


def _on(
    values: Mapping[datetime.date, int], days: Sequence[datetime.date], on: datetime.date
) -> int:
    """As ``rate_on``, with the days in order."""
    place = bisect_right(days, on)
    return values[days[place - 1]] if place else 0


def settlement_days(start: datetime.date, end: datetime.date) -> list[datetime.date]:
    """The 20ths of the quarters' last months from ``start`` to ``end``, both included.

    >>> [day.month for day in settlement_days(datetime.date(2026, 1, 1), datetime.date(2026, 7, 1))]
    [3, 6]
    """
    found = [
        datetime.date(year, month, SETTLEMENT_DAY)
        for year in range(start.year, end.year + 1)
        for month in SETTLEMENT_MONTHS
    ]
    return [day for day in found if start <= day <= end]


def products_between(
    balances: Mapping[datetime.date, int],
    rates: Mapping[datetime.date, int],
    start: datetime.date,
    end: datetime.date,
    base_unit_minor: int = 1,
) -> tuple[DailyProduct, ...]:
    """Stretches of one balance and one rate from ``start`` to ``end`` (not included).

    ``balances`` are end-of-day balances on the days they changed. Below ``base_unit_minor`` (one
    yuan for savings) nothing earns. A negative balance earns nothing either.
    """
    changes = {start, end, *(day for day in (*balances, *rates) if start < day < end)}
    days, known, listed = sorted(changes), sorted(balances), sorted(rates)
    made = []
    for first, last in pairwise(days):
        balance = max(0, _on(balances, known, first))
        earning = balance - balance % base_unit_minor
        length = (last - first).days
        made.append(
            DailyProduct(
                from_date=first,
                to_date=last,
                days=length,
                balance_minor=earning,
                annual_rate_ppm=_on(rates, listed, first),
                product=earning * length,
            )
        )
    return tuple(made)


def settle(
    products: Sequence[DailyProduct],
    paid_on: datetime.date,
    *,
    annual_rate_ppm: int | None = None,
    tiers: Sequence[Tier] = (),
    rounding: Rounding = Rounding.HALF_UP,
) -> Settlement:
    """Interest over the products, rounded once.

    ``annual_rate_ppm`` is the rate of the settlement day for all of them; without it each product
    keeps its own (segmented, 分段计息). ``tiers`` give each slice of the balance its rate.
    """
    owed = 0
    for each in products:
        if tiers:
            owed += each.days * sliced(each.balance_minor, tiers)
        else:
            rate = each.annual_rate_ppm if annual_rate_ppm is None else annual_rate_ppm
            owed += each.product * rate
    return Settlement(
        from_date=products[0].from_date,
        to_date=products[-1].to_date,
        paid_on=paid_on,
        balance_days=sum(each.product for each in products),
        interest_minor=rounded(owed, YEAR_DAYS * MILLION, rounding),
        products=tuple(products),
    )


def tiers_above(rate_ppm: int, base_minor: int | None, above_rate_ppm: int) -> tuple[Tier, ...]:
    """One rate for all, or another one for what exceeds a base (协定存款).

    >>> sliced(300, tiers_above(5, 100, 20))
    4500
    """
    whole = Tier(from_minor=0, annual_rate_ppm=rate_ppm)
    if base_minor is None:
        return (whole,)
    return (whole, Tier(from_minor=base_minor, annual_rate_ppm=above_rate_ppm))


def sliced(balance: int, tiers: Sequence[Tier]) -> int:
    """Balance × rate over the slices."""
    total, ordered = 0, sorted(tiers, key=lambda tier: tier.from_minor)
    for tier, above in zip(ordered, [*ordered[1:], None], strict=True):
        top = balance if above is None else min(balance, above.from_minor)
        total += max(0, top - tier.from_minor) * tier.annual_rate_ppm
    return total


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """How a demand deposit stands: settlements so far, balance, interest not yet settled."""

    balance_minor: int
    settlements: tuple[Settlement, ...]
    accrued: Settlement | None


def demand_deposit(
    movements: Sequence[tuple[datetime.date, int]],
    rates: Mapping[datetime.date, int],
    as_of: datetime.date,
    *,
    mode: RateMode = "settlement_day",
    tiers: Sequence[Tier] = (),
    base_unit_minor: int = 1,
    closed_on: datetime.date | None = None,
    rounding: Rounding = Rounding.HALF_UP,
) -> Demand:
    """Settle every quarter up to ``as_of`` and capitalise the interest on the 21st.

    ``movements`` are (value date, signed amount) in any order. On ``closed_on`` interest up to
    the day before is settled at that day's rate.

    >>> day = datetime.date
    >>> found = demand_deposit(
    ...     [(day(2026, 3, 21), 1_000_000), (day(2026, 4, 10), 500_000),
    ...      (day(2026, 5, 15), -300_000)], {day(2026, 1, 1): 500}, day(2026, 6, 21))
    >>> [(each.balance_days, each.interest_minor) for each in found.settlements]
    [(116900000, 162)]
    """
    end = as_of if closed_on is None else min(as_of, closed_on)
    known = sorted((day, amount) for day, amount in movements if day <= as_of)
    if not known:
        return Demand(balance_minor=0, settlements=(), accrued=None)
    start, made = known[0][0], []
    by_day = list(known)
    stops = [day + datetime.timedelta(days=1) for day in settlement_days(start, end)]
    stops = [day for day in stops if start < day <= end]
    if closed_on is not None and closed_on <= as_of and closed_on not in stops:
        stops.append(closed_on)
    for stop in stops:
        if stop <= start:
            continue
        products = products_between(_balances(by_day), rates, start, stop, base_unit_minor)
        eve = stop if stop == closed_on else stop - datetime.timedelta(days=1)
        rate = rate_on(rates, eve) if mode == "settlement_day" else None
        found = settle(products, stop, annual_rate_ppm=rate, tiers=tiers, rounding=rounding)
        made.append(found)
        by_day.append((stop, found.interest_minor))
        start = stop
    accrued = None
    if start < as_of and closed_on is None:
        products = products_between(_balances(by_day), rates, start, as_of, base_unit_minor)
        rate = rate_on(rates, as_of) if mode == "settlement_day" else None
        accrued = settle(products, as_of, annual_rate_ppm=rate, tiers=tiers, rounding=rounding)
    balance = sum(amount for _, amount in by_day)
    return Demand(balance_minor=balance, settlements=tuple(made), accrued=accrued)


def _balances(movements: Sequence[tuple[datetime.date, int]]) -> dict[datetime.date, int]:
    """End-of-day balances on the days they changed."""
    found: dict[datetime.date, int] = {}
    balance = 0
    for day, amount in sorted(movements):
        balance += amount
        found[day] = balance
    return found
