"""Listed rates of deposits (挂牌利率), by line and tenor, from dates on.

Units: rates in ppm a year; ``tenor`` is months for a term, days for a notice, else 0.
Source: 储蓄管理条例 art. 22: rates are published by the bank at its counters.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import msgspec

from kernel.common.facts import Fact
from kernel.common.moment import Moment
from kernel.deposits.balance_days import rate_on
from kernel.deposits.commands import PublishDepositRate, RateLine
from kernel.deposits.events import DepositRatePublished
from kernel.deposits.refusals import NoRateListed, PublishedForThePast


class RatesState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rates of one currency: by line and tenor, the rate from each day on."""

    listed: dict[str, dict[datetime.date, int]] = {}

    def of(self, line: RateLine, tenor: int = 0) -> Mapping[datetime.date, int]:
        """Rates of a line by the day from which they are in force."""
        return self.listed.get(f"{line}.{tenor}", {})


INITIAL = RatesState()


def evolve(state: RatesState, fact: Fact) -> RatesState:
    """Fold one fact; a rate listed again for the same day replaces the one before."""
    event = fact.event
    if not isinstance(event, DepositRatePublished):
        return state
    name = f"{event.line}.{event.tenor}"
    rates = {**state.listed.get(name, {}), event.effective_from: event.annual_rate_ppm}
    return RatesState({**state.listed, name: rates})


def publish(command: PublishDepositRate, at: Moment) -> DepositRatePublished:
    """List a rate from today on or later; days that are gone keep theirs."""
    if command.effective_from < at.booking_date:
        raise PublishedForThePast(
            effective_from=str(command.effective_from), on=str(at.booking_date)
        )
    return DepositRatePublished(
        currency=command.currency,
        line=command.line,
        tenor=command.tenor,
        annual_rate_ppm=command.annual_rate_ppm,
        effective_from=command.effective_from,
    )


def require_rate(rates: RatesState, line: RateLine, tenor: int, on: datetime.date) -> int:
    """The listed rate in force on a day; refused when none is."""
    listed = rates.of(line, tenor)
    if not any(day <= on for day in listed):
        raise NoRateListed(line=line.value, tenor=tenor, on=str(on))
    return rate_on(listed, on)


def demand_rates(rates: RatesState, product_rate_ppm: int = 0) -> dict[datetime.date, int]:
    """Demand rates by day; before the first listed one the rate of the account's product."""
    return {datetime.date.min: product_rate_ppm, **rates.of(RateLine.DEMAND)}
