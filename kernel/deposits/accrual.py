"""What a term or notice deposit has earned to the end of a day, for the bookkeeping by difference.

A term deposit accrues at its own rate until maturity, as if it stayed; when it is withdrawn early
the difference is negative and takes back what was accrued too much (red entry).

Units: whole minor units, rates in ppm a year.
Source: CAS application guide, interest expense by the effective rate; 权责发生制 (accrual basis).
"""

from __future__ import annotations

import datetime

from kernel.common.rounding import rounded
from kernel.deposits.balance_days import rate_on
from kernel.deposits.commands import RateLine
from kernel.deposits.fixed import by_days, by_months
from kernel.deposits.notice_rules import YEAR_PPM, forfeited
from kernel.deposits.rates import RatesState, demand_rates
from kernel.deposits.state import DepositKind, DepositState, DepositStatus


def accrued_to(state: DepositState, day: datetime.date, rates: RatesState) -> int:
    """All interest of the deposit to the end of ``day``, paid or not, before tax.

    >>> accrued_to(DepositState(), datetime.date(2026, 3, 2), RatesState())
    0
    """
    return state.interest_paid_minor + unpaid_minor(state, day, rates)


def unpaid_minor(state: DepositState, day: datetime.date, rates: RatesState) -> int:
    """Interest of the current term to the end of ``day``; 0 before it began and after the end."""
    if state.status is not DepositStatus.OPEN or day < state.opened_on:
        return 0
    after = day + datetime.timedelta(days=1)
    if state.kind is DepositKind.NOTICE:
        return _notice(state, after, rates)
    end = min(after, state.matures_on)
    earned = by_months(
        state.principal_minor, state.annual_rate_ppm or 0, state.opened_on, end
    ).interest_minor
    if after > end:
        earned += by_days(state.principal_minor, demand_rate(rates, day), end, after).interest_minor
    return earned


def _notice(state: DepositState, after: datetime.date, rates: RatesState) -> int:
    """At the notice rate in force, less what notices cost."""
    day = after - datetime.timedelta(days=1)
    balance_days = state.principal_minor * (after - state.opened_on).days
    earning = max(0, balance_days - forfeited(state, day))
    return rounded(earning * notice_rate(state, day, rates), YEAR_PPM)


def notice_rate(state: DepositState, day: datetime.date, rates: RatesState) -> int:
    """The deposit's own notice rate, or the listed one of the day."""
    if state.annual_rate_ppm is not None:
        return state.annual_rate_ppm
    return rate_on(rates.of(RateLine.NOTICE, state.notice_days), day)


def demand_rate(rates: RatesState, day: datetime.date) -> int:
    """The listed demand rate of the day, which a deposit earns after its maturity."""
    return rate_on(demand_rates(rates), day)
