"""The floors of one loan's class, with the days on which they stood."""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.facts import Fact
from kernel.grading.classes import Grade
from kernel.grading.commands import FloorGrade
from kernel.grading.events import GradeFloorLiftAsked, GradeFloorLifted, GradeFloorSet


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """One floor: it stands from ``since`` until ``until``, the first day without it.

    ``lift_asked_by`` is who asked to end it, empty while nobody did.
    """

    reason: str
    grade: FloorGrade
    since: datetime.date
    until: datetime.date | None = None
    lift_asked_by: str = ""

    def stands(self, on: datetime.date) -> bool:
        """Whether it binds on the day."""
        return self.since <= on and (self.until is None or on < self.until)


class FloorState(msgspec.Struct, frozen=True, kw_only=True):
    """Every floor that a loan ever had, in the order of arrival."""

    floors: tuple[Floor, ...] = ()

    def open_floor(self, reason: str) -> Floor | None:
        """The floor of that reason that nobody ended."""
        return next((one for one in self.floors if one.reason == reason and not one.until), None)


INITIAL = FloorState()


def floors_on(floors: tuple[Floor, ...], on: datetime.date) -> dict[str, Grade]:
    """Reason to class of the floors that bind on the day."""
    return {one.reason: Grade[one.grade.value] for one in floors if one.stands(on)}


def evolve(state: FloorState, fact: Fact) -> FloorState:
    """Fold one fact; events of other areas change nothing."""
    match fact.event:
        case GradeFloorSet(reason=reason, grade=grade):
            ended = _changed(state, reason, until=fact.value_date)
            new = Floor(reason=reason, grade=grade, since=fact.value_date)
            return FloorState(floors=(*ended.floors, new))
        case GradeFloorLiftAsked(reason=reason):
            return _changed(state, reason, lift_asked_by=fact.principal)
        case GradeFloorLifted(reason=reason):
            return _changed(state, reason, until=fact.value_date)
        case _:
            return state


def _changed(state: FloorState, reason: str, **values: object) -> FloorState:
    """The open floor of the reason with other values; unchanged when there is none."""
    found = state.open_floor(reason)
    return FloorState(
        floors=tuple(
            msgspec.structs.replace(one, **values) if one is found else one for one in state.floors
        )
    )


def invariants(state: FloorState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    still_open = [one.reason for one in state.floors if one.until is None]
    assert len(still_open) == len(set(still_open)), f"two open floors of a reason: {still_open}"
