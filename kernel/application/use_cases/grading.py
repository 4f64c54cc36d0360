"""Use cases of grading: floors that people set under a loan's class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel.application.books import Books
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.moment import Moment
from kernel.grading import commands, rules
from kernel.loans.refusals import LoanNotFound

Events = tuple[Event, ...]


def set_grade_floor(command: commands.SetGradeFloor, books: Books, at: Moment) -> Events:
    """Set a floor of a loan that exists."""
    _require_loan(command.loan_id, books)
    return (rules.set_grade_floor(command, books.grade_floors(command.loan_id)),)


def lift_grade_floor(command: commands.LiftGradeFloor, books: Books, at: Moment) -> Events:
    """Ask to lift a floor, or confirm it."""
    _require_loan(command.loan_id, books)
    return (rules.lift_grade_floor(command, books.grade_floors(command.loan_id), at),)


def _require_loan(loan_id: str, books: Books) -> None:
    if not books.loan(loan_id).exists:
        raise LoanNotFound(loan_id=loan_id)


USE_CASES: dict[type[Command], Callable[[Any, Books, Moment], Events]] = {
    commands.SetGradeFloor: set_grade_floor,
    commands.LiftGradeFloor: lift_grade_floor,
}
