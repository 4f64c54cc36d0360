"""Floors that people set under a loan's class: set, changed, lifted by two people."""

from __future__ import annotations

import datetime

from kernel.grading.classes import Grade
from kernel.grading.commands import FloorGrade, LiftGradeFloor, SetGradeFloor
from kernel.grading.events import GradeFloorLiftAsked, GradeFloorLifted, GradeFloorSet
from kernel.grading.rules import lift_grade_floor, set_grade_floor
from kernel.grading.state import INITIAL, evolve, floors_on, invariants
from tests.support.given import DAY, fact, fold, moment, refused

SET = GradeFloorSet(loan_id="L-1", reason="misuse", grade=FloorGrade.SUBSTANDARD)
ASKED = GradeFloorLiftAsked(loan_id="L-1", reason="misuse", note="repaid")
LIFT = LiftGradeFloor(loan_id="L-1", reason="misuse", note="repaid")
LATER = DAY + datetime.timedelta(days=10)


def test_a_floor_is_set_and_only_another_grade_changes_it() -> None:
    command = SetGradeFloor(loan_id="L-1", reason="misuse", grade=FloorGrade.SUBSTANDARD)
    assert set_grade_floor(command, INITIAL) == SET
    stands = fold(evolve, INITIAL, SET)
    refused("GRADE_FLOOR_STANDS", set_grade_floor, command, stands, grade="SUBSTANDARD")
    worse = SetGradeFloor(loan_id="L-1", reason="misuse", grade=FloorGrade.LOSS)
    after = evolve(stands, fact(set_grade_floor(worse, stands), 2, LATER))
    assert floors_on(after.floors, DAY) == {"misuse": Grade.SUBSTANDARD}
    assert floors_on(after.floors, LATER) == {"misuse": Grade.LOSS}
    invariants(after)


def test_lifting_takes_a_second_person() -> None:
    refused("GRADE_FLOOR_NOT_FOUND", lift_grade_floor, LIFT, INITIAL, moment())
    stands = fold(evolve, INITIAL, SET)
    assert lift_grade_floor(LIFT, stands, moment(by="first")) == ASKED
    asked = evolve(stands, fact(ASKED, 2, by="first"))
    refused("SECOND_PERSON_NEEDED", lift_grade_floor, LIFT, asked, moment(by="first"))
    lifted = lift_grade_floor(LIFT, asked, moment(by="second"))
    assert isinstance(lifted, GradeFloorLifted)
    assert lifted.asked_by == "first"
    after = evolve(asked, fact(lifted, 3, LATER, by="second"))
    assert floors_on(after.floors, DAY) == {"misuse": Grade.SUBSTANDARD}
    assert floors_on(after.floors, LATER) == {}
