"""The state of the business date."""

from __future__ import annotations

import datetime

import msgspec

from kernel.business_date.events import BusinessDateAdvanced, BusinessDateOpened, DaySealed
from kernel.common.facts import Fact


class BusinessDateState(msgspec.Struct, frozen=True, kw_only=True):
    """The open business date, and the first one; None before the bank opens.

    ``unsealed`` are the days that have ended and are not sealed, in order; ``sealed`` the last
    one that is.
    """

    date: datetime.date | None = None
    first: datetime.date | None = None
    unsealed: tuple[datetime.date, ...] = ()
    sealed: datetime.date | None = None


INITIAL = BusinessDateState()


def evolve(state: BusinessDateState, fact: Fact) -> BusinessDateState:
    """Fold one fact; events of other areas change nothing."""
    match fact.event:
        case BusinessDateOpened(date=date):
            return BusinessDateState(date=date, first=date)
        case BusinessDateAdvanced(date=date, previous=previous):
            unsealed = (*state.unsealed, previous)
            return msgspec.structs.replace(state, date=date, unsealed=unsealed)
        case DaySealed(date=date):
            unsealed = tuple(day for day in state.unsealed if day != date)
            return msgspec.structs.replace(state, sealed=date, unsealed=unsealed)
        case _:
            return state


def invariants(state: BusinessDateState) -> None:
    """Raise AssertionError unless the date is at or after the first one."""
    assert (state.date is None) == (state.first is None), "opened without a first date"
    if state.date is not None and state.first is not None:
        assert state.date >= state.first, f"{state.date} lies before {state.first}"
    days = [*([] if state.sealed is None else [state.sealed]), *state.unsealed]
    assert days == sorted(set(days)), f"days out of order: {days}"
