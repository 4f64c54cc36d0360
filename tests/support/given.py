"""Given / When / Then for the areas: events that happened, a rule, what it says.

``moment(...)`` are the circumstances of a decision; ``fold(...)`` the state after some events.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from kernel.common.facts import Event, Fact
from kernel.common.moment import Moment
from kernel.common.refusals import Refusal

S = TypeVar("S")
DAY = datetime.date(2026, 3, 2)


def moment(on: datetime.date = DAY, by: str = "teller", position: int = 100) -> Moment:
    """A decision on a business date by a principal."""
    return Moment(booking_date=on, value_date=on, position=position, principal=by)


def fact(event: Event, position: int = 1, on: datetime.date = DAY, by: str = "teller") -> Fact:
    """An event in an envelope with ordinary dates."""
    return Fact(
        position=position,
        principal=by,
        channel="COUNTER",
        method="Test",
        command_id=f"c-{position}",
        ordinal=0,
        fingerprint=b"",
        recorded_at=datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC),
        booking_date=on,
        value_date=on,
        event=event,
    )


def fold(
    evolve: Callable[[S, Fact], S],
    initial: S,
    *events: Event,
    on: datetime.date = DAY,
    by: str = "teller",
) -> S:
    """The state after the events, all booked on one day."""
    state = initial
    for position, event in enumerate(events, 1):
        state = evolve(state, fact(event, position, on, by))
    return state


def refused(code: str, rule: Callable[..., Any], *arguments: Any, **figures: str | int) -> None:
    """The rule says no with the code, and with these figures among its own."""
    with pytest.raises(Refusal) as caught:
        rule(*arguments)
    assert caught.value.code == code
    said = caught.value.figures
    assert {name: said.get(name) for name in figures} == figures
