"""What can have happened to the floors of a loan's class: a stored contract."""

from __future__ import annotations

from kernel.common.facts import Event
from kernel.grading.commands import FloorGrade


class FloorEvent(Event, frozen=True, kw_only=True):
    """An event of one floor: the loan, and the reason that names the floor."""

    loan_id: str
    reason: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The loan."""
        return (f"loan:{self.loan_id}",)


class GradeFloorSet(FloorEvent, frozen=True, kw_only=True):
    """From the value date on, the loan's class is this or worse."""

    grade: FloorGrade


class GradeFloorLiftAsked(FloorEvent, frozen=True, kw_only=True):
    """Somebody asks to end a floor; it stands until a second person says so too."""

    note: str


class GradeFloorLifted(FloorEvent, frozen=True, kw_only=True):
    """From the value date on, the floor no longer stands; ``asked_by`` is the first person."""

    asked_by: str
    note: str
