"""The rules of business and value dates."""

from __future__ import annotations

import datetime

from kernel.business_date.commands import AdvanceBusinessDate, OpenBusinessDate, SealDay
from kernel.business_date.events import BusinessDateAdvanced, BusinessDateOpened, DaySealed
from kernel.business_date.policy import POLICY
from kernel.business_date.refusals import (
    BusinessDateAlreadyOpen,
    BusinessDateNotLater,
    BusinessDateNotOpen,
    BusinessDateStepTooLong,
    DayAlreadySealed,
    DayNotEnded,
    EarlierDayNotSealed,
    ValueDateOutOfWindow,
)
from kernel.business_date.state import BusinessDateState
from kernel.common.policy import PolicyTable


def open_business_date(command: OpenBusinessDate, state: BusinessDateState) -> BusinessDateOpened:
    """Open the ledger's first business date; refused when one is open."""
    if state.date is not None:
        raise BusinessDateAlreadyOpen(open_date=str(state.date))
    return BusinessDateOpened(date=command.date)


def advance_business_date(
    command: AdvanceBusinessDate, state: BusinessDateState, policy: PolicyTable = POLICY
) -> BusinessDateAdvanced:
    """Move to a later date, at most ``business_date.max_step_days`` at once."""
    open_date = require_open(state)
    step_days = (command.date - open_date).days
    if step_days <= 0:
        raise BusinessDateNotLater(asked_date=str(command.date), open_date=str(open_date))
    max_days = policy.value("business_date.max_step_days", open_date)
    if step_days > max_days:
        raise BusinessDateStepTooLong(
            open_date=str(open_date),
            asked_date=str(command.date),
            step_days=step_days,
            max_days=max_days,
        )
    return BusinessDateAdvanced(date=command.date, previous=open_date)


def seal_day(command: SealDay, state: BusinessDateState) -> DaySealed:
    """Seal the first day that has ended and is not sealed; refused for any other."""
    asked = command.date
    if state.sealed is not None and asked <= state.sealed:
        raise DayAlreadySealed(asked_date=str(asked), sealed_date=str(state.sealed))
    if asked not in state.unsealed:
        raise DayNotEnded(asked_date=str(asked))
    if asked != state.unsealed[0]:
        raise EarlierDayNotSealed(asked_date=str(asked), earlier_date=str(state.unsealed[0]))
    return DaySealed(
        date=asked,
        digest=command.digest,
        cut_position=command.cut_position,
        loans=command.loans,
        parked=command.parked,
        totals=command.totals,
    )


def require_open(state: BusinessDateState) -> datetime.date:
    """The open business date; refused before the bank opens."""
    if state.date is None:
        raise BusinessDateNotOpen()
    return state.date


def value_date_within(
    value_date: datetime.date | None, booking_date: datetime.date, policy: PolicyTable = POLICY
) -> datetime.date:
    """The value date asked for, or the booking date when none was; refused outside the window."""
    if value_date is None or value_date == booking_date:
        return booking_date
    back = policy.value("value_date.max_back_days", booking_date)
    forward = policy.value("value_date.max_forward_days", booking_date)
    earliest = booking_date - datetime.timedelta(days=back)
    latest = booking_date + datetime.timedelta(days=forward)
    if not earliest <= value_date <= latest:
        raise ValueDateOutOfWindow(
            value_date=str(value_date), earliest=str(earliest), latest=str(latest)
        )
    return value_date
