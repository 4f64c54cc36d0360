"""The typed no of the floors of a loan's class."""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class GradeFloorStands(Refusal):
    """The floor stands already with that grade."""

    code = "GRADE_FLOOR_STANDS"
    kind = Kind.ALREADY_EXISTS
    says = "Loan {loan_id} has the floor {reason} at {grade} already."


class GradeFloorNotFound(Refusal):
    """No floor of that reason stands."""

    code = "GRADE_FLOOR_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Loan {loan_id} has no floor {reason}."


class SecondPersonNeeded(Refusal):
    """Who asked to end a floor cannot confirm it."""

    code = "SECOND_PERSON_NEEDED"
    kind = Kind.PERMISSION
    says = "{principal} asked to lift the floor {reason} of loan {loan_id}; another must confirm."
