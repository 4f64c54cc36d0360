"""A refusal: a rule said no. Part of the interface, with a stable code and its figures.

The tree (each area adds leaves in its own ``refusals.py``)::

    Refusal                 a rule said no; stored, and given again for the same command
    InvalidInput            the request has the wrong shape; never stored, leaves nothing

Units: figures named ``*_minor`` are whole minor units of the currency.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What sort of no it is; an adapter maps it to a status of its own protocol."""

    STATE = "STATE"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    PERMISSION = "PERMISSION"
    OUT_OF_RANGE = "OUT_OF_RANGE"


Figure = str | int


class Refusal(Exception):
    """A rule said no.

    A leaf names its ``code`` (UPPER_SNAKE, stable for ever) and a sentence over its figures.

    >>> class TooMuch(Refusal):
    ...     code = "TOO_MUCH"
    ...     says = "{asked_minor} was asked, {available_minor} is available."
    >>> str(TooMuch(asked_minor=5, available_minor=3))
    '5 was asked, 3 is available.'
    """

    code: ClassVar[str] = "REFUSED"
    kind: ClassVar[Kind] = Kind.STATE
    says: ClassVar[str] = "A rule said no."

    def __init__(self, **figures: Figure) -> None:
        self.figures = figures
        super().__init__(self.says.format(**figures))


class InvalidInput(Exception):
    """The request does not have the shape that its method asks for; nothing was decided or stored.

    ``violations`` holds pairs of field path and reason.
    """

    def __init__(self, *violations: tuple[str, str]) -> None:
        self.violations = violations
        super().__init__("; ".join(f"{path}: {reason}" for path, reason in violations))
