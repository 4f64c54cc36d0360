"""What facts change of the interest of years whose books are closed.

Only what counts from a day of such a year changes it: money dated back, a maturity carried out
late. Days alone, a new rate and a withdrawal of today belong to the open year, whatever they do to
interest that was accrued before. What a year earned is valued by its last day, so the part of
several facts is the same in whatever order, and in whatever cuts, they arrive.

Units: whole minor units, rates in ppm a year.
Source: 会计基础工作规范 art. 51; CAS 28 (errors of earlier years; estimates change from now on).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

import msgspec

from kernel.common.day_count import last_of_year_before
from kernel.common.facts import Fact
from kernel.deposits.accrual import accrued_to
from kernel.deposits.balance_days import rate_on
from kernel.deposits.events import RateStep, SettledPeriod
from kernel.deposits.interest import (
    DAY,
    InterestState,
    Move,
    earned,
    folded_away,
    moved,
    open_periods,
)
from kernel.deposits.rates import RatesState
from kernel.deposits.state import DepositState


def is_late(fact: Fact) -> bool:
    """Whether the fact counts from a day of a year that is closed."""
    return fact.value_date.year < fact.booking_date.year


def by_act(fact: Fact, before: DepositState, after: DepositState, rates: RatesState) -> int:
    """By how much an act on a term or notice deposit changes what closed years earned."""
    if not is_late(fact):
        return 0
    last = last_of_year_before(fact.booking_date)
    return accrued_to(after, last, rates) - accrued_to(before, last, rates)


def by_money(
    state: InterestState,
    late: Iterable[Move],
    booked_on: datetime.date,
    demand_rates: Mapping[datetime.date, int],
) -> int:
    """By how much late money of a current account changes what closed years earned.

    ``state`` has the money among its movements.
    """
    without = state.moves
    for day, change in late:
        without = moved(without, day, -change)
    last = last_of_year_before(booked_on)
    then = msgspec.structs.replace(state, moves=without)
    return _earned_to(state, last, demand_rates) - _earned_to(then, last, demand_rates)


def _earned_to(
    state: InterestState, last: datetime.date, demand_rates: Mapping[datetime.date, int]
) -> int:
    """What all periods that can still change earn to the end of ``last``, each rounded once."""
    state = folded_away(state)
    begun = (each for each in state.periods if each.from_date <= last)
    settled = (_until(each, state, last, demand_rates) for each in begun)
    periods = (*settled, *open_periods(state, last, demand_rates))
    return sum(each.interest_minor for each in periods)


def _until(
    period: SettledPeriod,
    state: InterestState,
    last: datetime.date,
    demand_rates: Mapping[datetime.date, int],
) -> SettledPeriod:
    """A settled period as far as it lies before the end of ``last``.

    Cut short it earns what that day's books showed: a person's at the rate of that day.
    """
    start, end, steps = period.from_date, min(period.to_date, last + DAY), period.steps
    if end < period.to_date:
        steps = tuple(each for each in steps if each.from_date < end)
        if not state.is_corporate:
            steps = (RateStep(from_date=start, annual_rate_ppm=rate_on(demand_rates, last)),)
    return earned(state, start, end, steps)
