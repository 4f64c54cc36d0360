"""The state of the business date."""

from __future__ import annotations

import datetime

import msgspec

from kernel.business_date.events import BusinessDateAdvanced, BusinessDateOpened
from kernel.common.facts import Fact


class BusinessDateState(msgspec.Struct, frozen=True, kw_only=True):
    """The open business date, and the first one; None before the bank opens."""

    date: datetime.date | None = None
    first: datetime.date | None = None


INITIAL = BusinessDateState()


def evolve(state: BusinessDateState, fact: Fact) -> BusinessDateState:
    """Fold one fact; events of other areas change nothing."""
    match fact.event:
        case BusinessDateOpened(date=date):
            return BusinessDateState(date=date, first=date)
        case BusinessDateAdvanced(date=date):
            return BusinessDateState(date=date, first=state.first)
        case _:
            return state


def invariants(state: BusinessDateState) -> None:
    """Raise AssertionError unless the date is at or after the first one."""
    assert (state.date is None) == (state.first is None), "opened without a first date"
    if state.date is not None and state.first is not None:
        assert state.date >= state.first, f"{state.date} lies before {state.first}"
