"""What people can set of a loan's class: a floor with its reason, and its end.

A class is computed; a floor only keeps it from being better than a person says.
"""

from __future__ import annotations

from enum import StrEnum

from kernel.common.commands import Command
from kernel.common.fields import Id, RequiredText


class FloorGrade(StrEnum):
    """The best class that a loan may have while the floor stands."""

    SPECIAL_MENTION = "SPECIAL_MENTION"
    SUBSTANDARD = "SUBSTANDARD"
    DOUBTFUL = "DOUBTFUL"
    LOSS = "LOSS"


class SetGradeFloor(Command, frozen=True, kw_only=True):
    """Keep a loan's class at a grade or worse; the same reason again changes its grade."""

    loan_id: Id
    reason: Id
    grade: FloorGrade

    @property
    def touches(self) -> tuple[str, ...]:
        """The loan."""
        return (f"loan:{self.loan_id}",)


class LiftGradeFloor(Command, frozen=True, kw_only=True):
    """End a floor: the first person asks for it, a second one's same command does it."""

    loan_id: Id
    reason: Id
    note: RequiredText

    @property
    def touches(self) -> tuple[str, ...]:
        """The loan."""
        return (f"loan:{self.loan_id}",)
