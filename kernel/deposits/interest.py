"""Interest of a current account on the ledger: its balance-days, what was settled, what accrued.

The fold keeps the account's movements by value date, merged by day, from the first period that a
payment dated back can still change; everything before is one opening balance. So the state stays
small however busy the account is.

Units: whole minor units, rates in ppm a year. Sign: the customer's view, money in is positive.
Ranges of days are half-open: a balance at the end of a day earns for that day.
Source: 储蓄管理条例 art. 27, 银发〔2005〕129号.
"""

from __future__ import annotations

import datetime
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence

import msgspec

from kernel.common.facts import Fact
from kernel.common.fields import minor_digits
from kernel.common.rounding import rounded
from kernel.deposits.balance_days import (
    MILLION,
    YEAR_DAYS,
    products_between,
    rate_on,
    settlement_days,
    sliced,
    tiers_above,
)
from kernel.deposits.events import (
    AgreementSet,
    Correction,
    InterestSettled,
    RateStep,
    SettledPeriod,
)
from kernel.deposits.policy import POLICY

DAY = datetime.timedelta(days=1)
Move = tuple[datetime.date, int]


class InterestState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the interest of an account stands.

    ``moves`` are (value date, change) from the start of the oldest kept period on, one a day;
    ``opening_minor`` is the balance before them. ``settled_to`` is the first day not settled,
    None before the first settlement. ``settled_minor`` is all interest settled so far, with what
    was carried. ``base_unit_minor``: below it a balance earns nothing (a yuan for savings).
    """

    account_id: str = ""
    branch_id: str = ""
    currency: str = ""
    product_id: str = ""
    product_version: int = 0
    is_demand: bool = False
    is_corporate: bool = False
    opened_on: datetime.date = datetime.date.min
    opening_minor: int = 0
    moves: tuple[Move, ...] = ()
    periods: tuple[SettledPeriod, ...] = ()
    settled_to: datetime.date | None = None
    settled_minor: int = 0
    carried_minor: int = 0
    agreements: tuple[AgreementSet, ...] = ()

    @property
    def base_unit_minor(self) -> int:
        """A yuan for savings, a fen for organisations."""
        return 1 if self.is_corporate else int(10 ** minor_digits(self.currency))

    @property
    def open_from(self) -> datetime.date:
        """The first day that is not settled."""
        if self.settled_to is not None:
            return self.settled_to
        return min(self.opened_on, self.moves[0][0]) if self.moves else self.opened_on

    @property
    def kept_from(self) -> datetime.date:
        """The first day whose balance can still count: movements before it are one opening."""
        if self.periods:
            return self.periods[0].from_date
        return self.settled_to or datetime.date.min

    @property
    def balance_minor(self) -> int:
        """Everything that moved, whatever its value date."""
        return self.opening_minor + sum(change for _, change in self.moves)


INITIAL = InterestState()


def evolve(state: InterestState, fact: Fact) -> InterestState:
    """Fold one fact of the account; its opening is told by ``opened``."""
    event = fact.event
    change = -sum(leg.amount_minor for leg in event.legs if leg.account == state.account_id)
    if change:
        state = msgspec.structs.replace(state, moves=moved(state.moves, fact.value_date, change))
    match event:
        case InterestSettled():
            return _settled(state, event, fact.booking_date)
        case AgreementSet():
            return msgspec.structs.replace(state, agreements=(*state.agreements, event))
        case _:
            return state


def moved(moves: tuple[Move, ...], on: datetime.date, change: int) -> tuple[Move, ...]:
    """The movements with one more, merged with those of its day.

    >>> day = datetime.date(2026, 3, 2)
    >>> moved(((day, 5),), day, 2) == ((day, 7),)
    True
    """
    if moves and moves[-1][0] == on:
        return (*moves[:-1], (on, moves[-1][1] + change))
    if not moves or moves[-1][0] < on:
        return (*moves, (on, change))
    days, known = dict(moves), list(moves)
    if on in days:
        place = bisect_left(known, (on, days[on]))
        known[place] = (on, days[on] + change)
    else:
        insort(known, (on, change))
    return tuple(known)


def _settled(
    state: InterestState, event: InterestSettled, booked_on: datetime.date
) -> InterestState:
    """After a settlement: what no payment can change any more is folded into the opening."""
    now = {each.from_date: each for each in event.corrections}
    periods = (*(_corrected(each, now) for each in state.periods), *event.periods)
    window = datetime.timedelta(days=POLICY.value("deposit.back_value_days", booked_on))
    kept = tuple(each for each in periods if each.to_date > booked_on - window)
    settled = msgspec.structs.replace(
        state,
        periods=kept,
        settled_to=event.settled_on + DAY,
        settled_minor=state.settled_minor + event.interest_minor,
        carried_minor=event.carried_minor,
    )
    return folded_away(settled)


def folded_away(state: InterestState) -> InterestState:
    """The state with what no payment can change any more folded into the opening."""
    since = state.kept_from
    return msgspec.structs.replace(
        state,
        opening_minor=state.opening_minor + sum(c for day, c in state.moves if day < since),
        moves=tuple(each for each in state.moves if each[0] >= since),
        agreements=tuple(each for each in state.agreements if each.until > since),
    )


def _corrected(period: SettledPeriod, now: Mapping[datetime.date, Correction]) -> SettledPeriod:
    found = now.get(period.from_date)
    if found is None:
        return period
    return msgspec.structs.replace(
        period, balance_days=found.balance_days, interest_minor=found.now_minor
    )


def earned(
    state: InterestState, start: datetime.date, end: datetime.date, steps: Sequence[RateStep]
) -> SettledPeriod:
    """What the days from ``start`` to ``end`` (not included) earn, rounded once."""
    owed, balance_days = exactly_earned(state, start, end, steps)
    return SettledPeriod(
        from_date=start,
        to_date=end,
        steps=tuple(steps),
        balance_days=balance_days,
        interest_minor=rounded(owed, YEAR_DAYS * MILLION),
    )


def exactly_earned(
    state: InterestState, start: datetime.date, end: datetime.date, steps: Sequence[RateStep]
) -> tuple[int, int]:
    """Balance-days times rates, not divided by the year and a million yet; and balance-days."""
    balances: dict[datetime.date, int] = {datetime.date.min: state.opening_minor}
    running = state.opening_minor
    for day, change in state.moves:
        running += change
        balances[day] = running
    owed = balance_days = 0
    stops = [*(step.from_date for step in steps[1:]), end]
    for step, stop in zip(steps, stops, strict=True):
        since = max(start, step.from_date)
        tiers = tiers_above(step.annual_rate_ppm, step.base_minor, step.agreed_rate_ppm)
        for product in products_between(balances, {}, since, stop, state.base_unit_minor):
            owed += product.days * sliced(product.balance_minor, tiers)
            balance_days += product.product
    return owed, balance_days


def open_periods(
    state: InterestState,
    through: datetime.date,
    demand_rates: Mapping[datetime.date, int],
    rate_day: datetime.date | None = None,
) -> tuple[SettledPeriod, ...]:
    """What is earned and not settled to the end of ``through``, a period for every quarter.

    A person's period earns the listed rate of its last day (of ``rate_day`` for the last period),
    an organisation's the rates as they changed, with what was agreed.
    """
    start, made = state.open_from, []
    for last in (*settlement_days(start, through - DAY), through):
        if last < start:
            break
        end = last + DAY
        if state.is_corporate:
            steps = _segments(state, start, end, demand_rates)
        else:
            on = rate_day if rate_day is not None and last == through else last
            steps = (RateStep(from_date=start, annual_rate_ppm=rate_on(demand_rates, on)),)
        made.append(earned(state, start, end, steps))
        start = end
    return tuple(made)


def _segments(
    state: InterestState,
    start: datetime.date,
    end: datetime.date,
    demand_rates: Mapping[datetime.date, int],
) -> tuple[RateStep, ...]:
    """Steps of an organisation's rates: as listed, and as agreed while an agreement holds."""
    changes = {start, *demand_rates}
    for agreed in state.agreements:
        changes |= {agreed.from_date, agreed.until}
    steps = []
    for day in sorted(change for change in changes if start <= change < end):
        rate = rate_on(demand_rates, day)
        holding = [each for each in state.agreements if each.from_date <= day < each.until]
        if holding:
            base, agreed_ppm = holding[-1].base_minor, holding[-1].annual_rate_ppm
            step = RateStep(
                from_date=day, annual_rate_ppm=rate, base_minor=base, agreed_rate_ppm=agreed_ppm
            )
        else:
            step = RateStep(from_date=day, annual_rate_ppm=rate)
        steps.append(step)
    return tuple(steps)


def corrections(state: InterestState) -> tuple[Correction, ...]:
    """Settled periods that payments dated back have changed since."""
    found = []
    for was in state.periods:
        now = earned(state, was.from_date, was.to_date, was.steps)
        if now.interest_minor != was.interest_minor:
            found.append(
                Correction(
                    from_date=was.from_date,
                    to_date=was.to_date,
                    balance_days=now.balance_days,
                    was_minor=was.interest_minor,
                    now_minor=now.interest_minor,
                )
            )
    return tuple(found)


def unsettled_minor(
    state: InterestState,
    through: datetime.date,
    demand_rates: Mapping[datetime.date, int],
    rate_day: datetime.date | None = None,
) -> int:
    """Interest to the end of ``through`` that is not settled, with corrections and what was
    carried."""
    periods = open_periods(state, through, demand_rates, rate_day)
    changed = sum(each.now_minor - each.was_minor for each in corrections(state))
    return state.carried_minor + changed + sum(each.interest_minor for each in periods)


def accrued_to(
    state: InterestState, day: datetime.date, demand_rates: Mapping[datetime.date, int]
) -> int:
    """All interest that the account has earned to the end of ``day``, settled or not.

    The bookkeeping books what this is more or less than the day before (Dr 6411 Cr 2231). Raises
    ValueError for a day before the last settlement: ask the state as it was known then.
    """
    if state.settled_to is not None and day < state.settled_to - DAY:
        raise ValueError(f"interest is settled to {state.settled_to}; {day} lies before")
    return state.settled_minor + unsettled_minor(state, day, demand_rates)


def invariants(state: InterestState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    days = [day for day, _ in state.moves]
    assert days == sorted(set(days)), f"movements out of order: {days}"
    for one, following in zip(state.periods, state.periods[1:], strict=False):
        assert one.to_date == following.from_date, f"a gap after {one.to_date}"
    if state.periods:
        assert state.periods[-1].to_date == state.settled_to, "settled to another day"
    assert state.carried_minor <= 0, f"{state.carried_minor} carried"
