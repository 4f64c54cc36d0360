"""The business date moves forward by command; value dates stay within their window."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from kernel.business_date.commands import AdvanceBusinessDate, OpenBusinessDate, SealDay
from kernel.business_date.events import BusinessDateAdvanced, BusinessDateOpened
from kernel.business_date.rules import (
    advance_business_date,
    open_business_date,
    require_open,
    seal_day,
    value_date_within,
)
from kernel.business_date.state import INITIAL, evolve, invariants
from tests.support.given import DAY, fold, refused

OPEN = fold(evolve, INITIAL, BusinessDateOpened(date=DAY))


def days(number: int) -> datetime.date:
    """So many days after the open one."""
    return DAY + datetime.timedelta(days=number)


def test_the_first_date_is_opened_once() -> None:
    """Opened when none is open, refused after that."""
    command = OpenBusinessDate(date=DAY)
    assert open_business_date(command, INITIAL) == BusinessDateOpened(date=DAY)
    refused("BUSINESS_DATE_ALREADY_OPEN", open_business_date, command, OPEN)


@pytest.mark.parametrize("step", [1, 10])
def test_the_date_goes_on(step: int) -> None:
    """One day or the longest step."""
    advanced = advance_business_date(AdvanceBusinessDate(date=days(step)), OPEN)
    assert advanced == BusinessDateAdvanced(date=days(step), previous=DAY)
    after = fold(evolve, OPEN, advanced)
    invariants(after)
    assert require_open(after) == days(step)


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (0, "BUSINESS_DATE_NOT_LATER"),
        (-1, "BUSINESS_DATE_NOT_LATER"),
        (11, "BUSINESS_DATE_STEP_TOO_LONG"),
    ],
)
def test_the_date_never_goes_back_and_never_jumps(step: int, code: str) -> None:
    """Not the same day, not an earlier one, not one too far."""
    refused(code, advance_business_date, AdvanceBusinessDate(date=days(step)), OPEN)


def test_nothing_is_booked_before_the_bank_opens() -> None:
    """No open date, no decision."""
    refused("BUSINESS_DATE_NOT_OPEN", require_open, INITIAL)
    refused("BUSINESS_DATE_NOT_OPEN", advance_business_date, AdvanceBusinessDate(date=DAY), INITIAL)


@pytest.mark.parametrize("step", [-30, 0, 7])
def test_value_dates_within_the_window(step: int) -> None:
    """Thirty days back, seven forward; none asked means the booking date."""
    assert value_date_within(days(step), DAY) == days(step)
    assert value_date_within(None, DAY) == DAY


@pytest.mark.parametrize("step", [-31, 8])
def test_value_dates_outside_the_window(step: int) -> None:
    """One day too far either way."""
    refused("VALUE_DATE_OUT_OF_WINDOW", value_date_within, days(step), DAY)


SEAL = SealDay(date=DAY, digest="0" * 64, cut_position=7, loans=3)


def test_a_day_is_sealed_once_and_in_order() -> None:
    """The first day that ended comes first; the open day and a sealed one are refused."""
    refused("DAY_NOT_ENDED", seal_day, SEAL, OPEN)
    ended = fold(
        evolve,
        OPEN,
        BusinessDateAdvanced(date=days(1), previous=DAY),
        BusinessDateAdvanced(date=days(4), previous=days(1)),
    )
    assert ended.unsealed == (DAY, days(1))
    later = msgspec.structs.replace(SEAL, date=days(1))
    refused("EARLIER_DAY_NOT_SEALED", seal_day, later, ended, earlier_date=str(DAY))
    sealed = fold(evolve, ended, seal_day(SEAL, ended))
    invariants(sealed)
    assert (sealed.sealed, sealed.unsealed) == (DAY, (days(1),))
    refused("DAY_ALREADY_SEALED", seal_day, SEAL, sealed, sealed_date=str(DAY))
    invariants(fold(evolve, sealed, seal_day(later, sealed)))
    refused("DAY_NOT_ENDED", seal_day, msgspec.structs.replace(SEAL, date=days(3)), sealed)
