"""What credit costs a year: the rate at which dated cash flows are worth nothing today.

Units: amounts are minor units, rates are whole ppm a year (185,000 is 18.5 %), rounded half-up.
Sign: the lender's payout to the borrower (an advance) is positive, the borrower's payment negative.
Source: 12 CFR Part 1026 (Regulation Z), Appendix J, (b)(8) and (b)(9) for the actuarial method;
中国人民银行公告〔2021〕第3号 for the internal rate of return x periods a year; the XIRR function of
spreadsheets (ISO/IEC 29500-1, 18.17.7) for the effective rate on a year of 365 days.

A flow of ``amount`` lies ``n`` whole periods and the fraction ``f`` of one after the first flow.
At the rate ``i`` a period its present value is ``amount / ((1 + f i) (1 + i)^n)``. The rate found
is verified: the sum of present values changes sign between half a ppm below and half a ppm above.
Where it does so more than once, the lowest rate of 0 or more is the answer; if there is none,
the one nearest below 0. Rates outside (-99.9 %, 1,000,000 %] are not looked for.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import msgspec

from kernel.common.refusals import Kind, Refusal
from kernel.loans.unit_periods import (
    Distance,
    UnitPeriod,
    distance,
    term_as_period,
    usual_unit_period,
    whole_months_apart,
)

PPM = 1_000_000
LOWEST_PPM, HIGHEST_PPM = -998_999, 10_000 * PPM

_DIGITS = 50
_NOTHING = Decimal(10) ** -40  # of the terms' size: a sum below it is zero and lost digits
_ROUNDS = 200


class CashFlow(msgspec.Struct, frozen=True, kw_only=True):
    """Money that moves on a day; positive from the lender to the borrower."""

    day: datetime.date
    amount_minor: int


class NoAnnualCost(Refusal):
    """The cash flows have no annual rate: ``reason`` is NO_SIGN_CHANGE, NO_ROOT or NOT_REGULAR."""

    code = "NO_ANNUAL_COST"
    kind = Kind.OUT_OF_RANGE
    says = "The {flows} cash flows have no annual cost: {reason}."


class _Term(NamedTuple):
    amount: int
    after: Distance


def nominal_annual_ppm(
    flows: Iterable[CashFlow], *, every_months: int = 0, every_days: int = 0
) -> int:
    """Internal rate of return a period, times the periods in a year (12 months or 365 days).

    Exactly one length of the period is given. Every flow lies a whole number of periods after
    the first one; if not, or if there is no such rate, ``NoAnnualCost`` is raised.

    >>> days = [datetime.date(2026, month, 10) for month in range(1, 13)]
    >>> lent = CashFlow(day=datetime.date(2025, 12, 10), amount_minor=10_000_000)
    >>> paid = [CashFlow(day=day, amount_minor=-869_333) for day in days]
    >>> nominal_annual_ppm([lent, *paid], every_months=1)
    78807
    """
    assert (every_months > 0) != (every_days > 0), "give one period"
    summed = _by_day(flows)
    terms = []
    for day, amount in summed:
        gap = _regular_gap(summed[0][0], day, every_months)
        whole, rest = divmod(gap or 0, every_months or every_days)
        if gap is None or rest:
            raise NoAnnualCost(flows=len(summed), reason="NOT_REGULAR")
        terms.append(_Term(amount, Distance(whole, Fraction(0))))
    per_year = Fraction(12, every_months) if every_months else Fraction(365, every_days)
    return _annual_ppm(terms, _nominal(per_year))


def appendix_j_ppm(flows: Iterable[CashFlow], unit_period: UnitPeriod | None = None) -> int:
    """Annual percentage rate by the actuarial method, from unit-periods and fractions of one.

    ``unit_period`` is the one that occurs most often unless it is given. A single advance with a
    single payment always takes its term, or a year if the term is longer.
    Raises ``NoAnnualCost``.

    >>> lent = CashFlow(day=datetime.date(1978, 1, 3), amount_minor=100_000)
    >>> paid = CashFlow(day=datetime.date(1978, 9, 15), amount_minor=-108_000)
    >>> appendix_j_ppm([lent, paid])
    114510
    """
    summed = _by_day(flows)
    days = [day for day, _ in summed]
    if len(summed) == 2:
        term, per_year = term_as_period(*days)
        after = [Distance(0, Fraction(0)), term]
    else:
        unit = unit_period or usual_unit_period(
            [day for day, amount in summed if amount > 0],
            [day for day, amount in summed if amount < 0],
        )
        per_year = unit.per_year
        after = [distance(days[0], day, unit) for day in days]
    amounts = [amount for _, amount in summed]
    return _annual_ppm([*map(_Term, amounts, after)], _nominal(per_year))


def effective_annual_ppm(flows: Iterable[CashFlow]) -> int:
    """The rate compounded yearly on actual days over 365: what a spreadsheet's XIRR gives.

    Raises ``NoAnnualCost``.

    >>> lent = CashFlow(day=datetime.date(2025, 1, 1), amount_minor=100_000)
    >>> paid = CashFlow(day=datetime.date(2026, 1, 1), amount_minor=-110_000)
    >>> effective_annual_ppm([lent, paid])
    100000
    """
    summed = _by_day(flows)
    terms = [
        _Term(amount, Distance((day - summed[0][0]).days, Fraction(0))) for day, amount in summed
    ]
    return _annual_ppm(terms, lambda annual: ((1 + annual).ln() / 365).exp() - 1)


def _by_day(flows: Iterable[CashFlow]) -> list[tuple[datetime.date, int]]:
    """One amount a day, in order; days whose flows cancel are left out."""
    amounts: dict[datetime.date, int] = defaultdict(int)
    for flow in flows:
        amounts[flow.day] += flow.amount_minor
    summed = sorted((day, amount) for day, amount in amounts.items() if amount)
    if len({amount > 0 for _, amount in summed}) < 2:
        raise NoAnnualCost(flows=len(summed), reason="NO_SIGN_CHANGE")
    return summed


def _regular_gap(first: datetime.date, day: datetime.date, every_months: int) -> int | None:
    return whole_months_apart(first, day) if every_months else (day - first).days


_PeriodRate = Callable[[Decimal], Decimal]


def _nominal(per_year: Fraction) -> _PeriodRate:
    return lambda annual: annual * per_year.denominator / per_year.numerator


def _annual_ppm(terms: Sequence[_Term], period_rate: _PeriodRate) -> int:
    """The whole ppm nearest to the annual rate at which the terms are worth nothing.

    ``worth(k)`` is taken at ``k`` - 1/2 ppm: it changes sign between ``k`` and ``k + 1`` exactly
    if ``k`` is the answer.
    """
    context = Context(
        prec=_DIGITS,
        rounding=ROUND_HALF_EVEN,
        Emin=-999_999,
        Emax=999_999,
        traps=[InvalidOperation, DivisionByZero, Overflow],
    )
    known: dict[int, Decimal] = {}

    def worth(k: int) -> Decimal:
        if k not in known:
            rate = period_rate(Decimal(2 * k - 1) / (2 * PPM))
            known[k] = _present_value(terms, rate)
        return known[k]

    with localcontext(context):
        changes = sum((a.amount > 0) != (b.amount > 0) for a, b in pairwise(terms))
        for steps in (_upwards(changes > 1), _downwards(changes > 1)):
            for low, high in pairwise(steps):
                if worth(low) * worth(high) <= 0:
                    return _narrowed(worth, min(low, high), max(low, high))
    raise NoAnnualCost(flows=len(terms), reason="NO_ROOT")


def _present_value(terms: Sequence[_Term], rate: Decimal) -> Decimal:
    """The sum over the terms, in their order; 0 if it is nothing against their size."""
    discount = 1 / (1 + rate)
    total = size = Decimal(0)
    power, at = Decimal(1), 0
    for amount, (whole, fraction) in terms:
        power *= discount ** (whole - at)
        at = whole
        value = amount * power
        if fraction:
            value /= 1 + rate * fraction.numerator / fraction.denominator
        total += value
        size += abs(value)
    return total if abs(total) > size * _NOTHING else Decimal(0)


def _upwards(dense: bool) -> Iterator[int]:
    """From 0 to the highest rate; by a tenth where there may be several roots, else by four."""
    at, step = 0, 100 if dense else 10_000
    while at < HIGHEST_PPM + 1:
        yield at
        at += max(step, at // 10 if dense else 3 * at)
    yield HIGHEST_PPM + 1


def _downwards(dense: bool) -> Iterator[int]:
    """From 0 to the lowest rate."""
    yield from range(0, LOWEST_PPM, -1_000 if dense else -100_000)
    yield LOWEST_PPM


def _narrowed(worth: Callable[[int], Decimal], low: int, high: int) -> int:
    """The ``k`` in [low, high) where the worth changes sign.

    Two steps along a secant whose far end is made lighter, then one halving, and again.
    """
    for k in (low, high):
        if worth(k) == 0:
            return _half_up(k)
    at_low, at_high = worth(low), worth(high)
    for turn in range(_ROUNDS):
        if high - low == 1:
            return low
        middle = (low + high) // 2
        if turn % 3 < 2:
            middle = low + int(at_low / (at_low - at_high) * (high - low))
            middle = min(max(middle, low + 1), high - 1)
        found = worth(middle)
        if found == 0:
            return _half_up(middle)
        if (found > 0) == (worth(low) > 0):
            low, at_low, at_high = middle, found, at_high / 2
        else:
            high, at_high, at_low = middle, found, at_low / 2
    raise AssertionError("the bracket halves every third turn")  # pragma: no cover


def _half_up(k: int) -> int:
    """A rate of exactly ``k`` - 1/2 ppm, away from zero."""
    return k if k > 0 else k - 1
