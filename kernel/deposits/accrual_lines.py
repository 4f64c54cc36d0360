"""What an account earns as a line over days, so that a cut adds up many accounts in one statement.

As long as nothing happens, the interest of an account is ``base + rounded((offset + balance x W) x
M)``, where W and M follow from the day and from the sort of earning alone: days that went by, and
a rate. A line is drawn through what a fold says of one day. It holds until a day on which the fold
must be asked again: the next quarter, a maturity, a notice that lapses.

Units: whole minor units, rates in ppm a year; a product of balance, days and rate is exact and
rounded once, half up, by 360 days and a million.
Source: 储蓄管理条例 art. 27, 银发〔2005〕129号; CAS application guide (权责发生制, accrual basis).
"""

from __future__ import annotations

import datetime
from enum import StrEnum

import msgspec

from kernel.common.rounding import rounded
from kernel.deposits.accrual import unpaid_minor
from kernel.deposits.balance_days import MILLION, YEAR_DAYS, rate_on, settlement_days
from kernel.deposits.commands import RateLine
from kernel.deposits.fixed import by_months
from kernel.deposits.interest import (
    DAY,
    InterestState,
    corrections,
    exactly_earned,
    open_periods,
)
from kernel.deposits.notice_rules import forfeited, is_open
from kernel.deposits.rates import RatesState, demand_rates
from kernel.deposits.state import DepositKind, DepositState, DepositStatus

YEAR_PPM = YEAR_DAYS * MILLION
FOR_EVER = datetime.date.max
QUARTER = datetime.timedelta(days=100)


class Basis(StrEnum):
    """How days make interest: ``DEMAND`` at one rate for the whole quarter, ``SEGMENTS`` each day
    at its own, ``MONTHS`` by whole months from a day at a fixed rate, ``NOTICE`` at the notice
    rate; ``NOTHING`` stands still, and is asked of the fold every day where it should not."""

    DEMAND = "DEMAND"
    SEGMENTS = "SEGMENTS"
    MONTHS = "MONTHS"
    NOTICE = "NOTICE"
    NOTHING = "NOTHING"


class Sort(msgspec.Struct, frozen=True, order=True):
    """All that W and M follow from beside the day.

    ``rate_ppm`` is the product's own rate; below zero: the listed one. ``from_date`` begins the
    months of a term.
    """

    basis: Basis
    currency: str
    rate_ppm: int = 0
    notice_days: int = 0
    from_date: datetime.date = datetime.date.min


class AccrualLine(msgspec.Struct, frozen=True, kw_only=True):
    """Interest of one account by day, up to ``until`` (not included).

    Of a balance only whole ``unit_minor`` earn, and nothing below zero.
    """

    sort: Sort
    base_minor: int = 0
    offset: int = 0
    balance_minor: int = 0
    unit_minor: int = 1
    until: datetime.date = FOR_EVER

    @property
    def earning_minor(self) -> int:
        """The part of the balance that earns."""
        balance = max(0, self.balance_minor)
        return balance - balance % self.unit_minor


LISTED = -1
"""The rate of a sort that takes the listed one."""


def weight(sort: Sort, end: datetime.date, rates: RatesState) -> tuple[int, int]:
    """W and M of the days before ``end``.

    >>> day = datetime.date(2026, 3, 2)
    >>> weight(Sort(Basis.MONTHS, "CNY", 11_000, from_date=day), day.replace(month=4), RatesState())
    (30, 11000)
    """
    match sort.basis:
        case Basis.DEMAND:
            return end.toordinal(), rate_on(demand_rates(rates, sort.rate_ppm), end - DAY)
        case Basis.SEGMENTS:
            return _sum_of_rates(sort, end, rates), 1
        case Basis.MONTHS:
            return by_months(0, 0, sort.from_date, max(end, sort.from_date)).thirtieths, (
                sort.rate_ppm
            )
        case Basis.NOTICE if sort.rate_ppm == LISTED:
            listed = rates.of(RateLine.NOTICE, sort.notice_days)
            return end.toordinal(), rate_on(listed, end - DAY)
        case Basis.NOTICE:
            return end.toordinal(), sort.rate_ppm
        case _:
            return 0, 0


def _sum_of_rates(sort: Sort, end: datetime.date, rates: RatesState) -> int:
    """The demand rates of all days before ``end``, added up from the calendar's first day."""
    listed = demand_rates(rates, sort.rate_ppm)
    days = [day for day in sorted(listed) if day < end]
    stops = [*days[1:], end]
    return sum(listed[day] * (stop - day).days for day, stop in zip(days, stops, strict=True))


def earned_to(line: AccrualLine, day: datetime.date, rates: RatesState) -> int:
    """All interest of the account to the end of ``day``, settled or not."""
    many, each = weight(line.sort, day + DAY, rates)
    exact = max(0, line.offset + line.earning_minor * many) * each
    return line.base_minor + rounded(exact, YEAR_PPM)


def quarter_end(day: datetime.date) -> datetime.date:
    """The settlement day from ``day`` on.

    >>> str(quarter_end(datetime.date(2026, 3, 20))), str(quarter_end(datetime.date(2026, 3, 21)))
    ('2026-03-20', '2026-06-20')
    """
    return settlement_days(day, day + QUARTER)[0]


def resting_line(state: InterestState, product_ppm: int) -> AccrualLine:
    """The line of a current account that has no money and never had any to earn with."""
    basis = Basis.SEGMENTS if state.is_corporate else Basis.DEMAND
    sort = Sort(basis, state.currency, product_ppm)
    return AccrualLine(sort=sort, unit_minor=state.base_unit_minor)


def demand_line(
    state: InterestState, day: datetime.date, rates: RatesState, product_ppm: int
) -> AccrualLine:
    """The line of a current account through the end of ``day``.

    ``day`` is not before the last settlement. While an agreement holds, or money waits that counts
    from a later day, the line is that of the day alone.
    """
    periods = open_periods(state, day, demand_rates(rates, product_ppm))
    changed = sum(each.now_minor - each.was_minor for each in corrections(state))
    base = state.settled_minor + state.carried_minor + changed
    coming = [change for on, change in state.moves if on > day]
    line = msgspec.structs.replace(
        resting_line(state, product_ppm),
        base_minor=base + sum(each.interest_minor for each in periods),
        balance_minor=state.balance_minor - sum(coming),
    )
    agreed = any(each.until > period.from_date for each in state.agreements for period in periods)
    if coming or agreed or not periods:
        return _still(line, day + DAY)
    last = periods[-1]
    owed, balance_days = exactly_earned(state, last.from_date, last.to_date, last.steps)
    exact = owed if state.is_corporate else balance_days
    rests = not exact and not line.earning_minor
    many, _ = weight(line.sort, day + DAY, rates)
    return msgspec.structs.replace(
        line,
        base_minor=line.base_minor - last.interest_minor,
        offset=exact - line.earning_minor * many,
        until=FOR_EVER if rests else quarter_end(day) + DAY,
    )


def above_base_minor(state: InterestState, day: datetime.date) -> int:
    """What of the balance exceeds the base of the agreement that holds on the day."""
    holding = [each for each in state.agreements if each.from_date <= day < each.until]
    return max(0, state.balance_minor - holding[-1].base_minor) if holding else 0


def settled_line(
    line: AccrualLine, last: datetime.date, paid_minor: int, rates: RatesState
) -> AccrualLine | None:
    """The line of a current account whose quarter was settled to the end of ``last``.

    ``paid_minor`` is all that was ever settled, with what is carried. None where the line says
    another sum, or does not end with that quarter: then a fold has to say how it goes on.
    """
    holds = line.until == last + DAY and line.sort.basis in (Basis.DEMAND, Basis.SEGMENTS)
    if not holds or earned_to(line, last, rates) != paid_minor:
        return None
    many, _ = weight(line.sort, line.until, rates)
    return msgspec.structs.replace(
        line,
        base_minor=paid_minor,
        offset=-line.earning_minor * many,
        until=quarter_end(line.until) + DAY,
    )


def _still(line: AccrualLine, until: datetime.date) -> AccrualLine:
    sort = Sort(Basis.NOTHING, line.sort.currency, line.sort.rate_ppm)
    return msgspec.structs.replace(line, sort=sort, until=until)


def deposit_line(state: DepositState, day: datetime.date, rates: RatesState) -> AccrualLine:
    """The line of a term or notice deposit through the end of ``day``."""
    currency, balance = state.currency, state.principal_minor
    if state.status is not DepositStatus.OPEN or day < state.opened_on:
        return AccrualLine(
            sort=Sort(Basis.NOTHING, currency),
            base_minor=state.interest_paid_minor,
            balance_minor=balance,
            until=FOR_EVER if state.status is not DepositStatus.OPEN else state.opened_on,
        )
    if state.kind is DepositKind.NOTICE:
        return _notice_line(state, day)
    if day < state.matures_on:
        sort = Sort(Basis.MONTHS, currency, state.annual_rate_ppm or 0, from_date=state.opened_on)
        return AccrualLine(
            sort=sort,
            base_minor=state.interest_paid_minor,
            balance_minor=balance,
            until=state.matures_on,
        )
    full = unpaid_minor(state, state.matures_on - DAY, rates)
    return AccrualLine(
        sort=Sort(Basis.DEMAND, currency),
        base_minor=state.interest_paid_minor + full,
        offset=-balance * state.matures_on.toordinal(),
        balance_minor=balance,
    )


def _notice_line(state: DepositState, day: datetime.date) -> AccrualLine:
    """Until the day after the next one on which a notice lapses if it is not used."""
    ppm = LISTED if state.annual_rate_ppm is None else state.annual_rate_ppm
    lapse = [each.draw_on + DAY for each in state.notices.values() if is_open(each, day)]
    return AccrualLine(
        sort=Sort(Basis.NOTICE, state.currency, ppm, state.notice_days),
        base_minor=state.interest_paid_minor,
        offset=-state.principal_minor * state.opened_on.toordinal() - forfeited(state, day),
        balance_minor=state.principal_minor,
        until=min(lapse, default=FOR_EVER),
    )
