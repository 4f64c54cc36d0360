"""The rules of the floors that people set under a loan's class."""

from __future__ import annotations

from kernel.common.moment import Moment
from kernel.grading.commands import LiftGradeFloor, SetGradeFloor
from kernel.grading.events import GradeFloorLiftAsked, GradeFloorLifted, GradeFloorSet
from kernel.grading.refusals import GradeFloorNotFound, GradeFloorStands, SecondPersonNeeded
from kernel.grading.state import FloorState


def set_grade_floor(command: SetGradeFloor, state: FloorState) -> GradeFloorSet:
    """Set a floor, or another grade for its reason; refused when nothing would change."""
    found = state.open_floor(command.reason)
    if found is not None and found.grade is command.grade:
        raise GradeFloorStands(
            loan_id=command.loan_id, reason=command.reason, grade=command.grade.value
        )
    return GradeFloorSet(loan_id=command.loan_id, reason=command.reason, grade=command.grade)


def lift_grade_floor(
    command: LiftGradeFloor, state: FloorState, at: Moment
) -> GradeFloorLiftAsked | GradeFloorLifted:
    """The first person asks, a second one lifts; refused to the first one's second try."""
    found = state.open_floor(command.reason)
    if found is None:
        raise GradeFloorNotFound(loan_id=command.loan_id, reason=command.reason)
    about = {"loan_id": command.loan_id, "reason": command.reason}
    if not found.lift_asked_by:
        return GradeFloorLiftAsked(**about, note=command.note)
    if found.lift_asked_by == at.principal:
        raise SecondPersonNeeded(**about, principal=at.principal)
    return GradeFloorLifted(**about, asked_by=found.lift_asked_by, note=command.note)
