"""Levels that stand above floors, and moves between two of them: all or nothing.

``Level`` and ``move`` are the compiled ones (``fast_levels.pyx``) where they were built, else
``LevelPlain`` and ``move_plain``, which say the same in Python; one test suite runs over both.
``compiled()`` says which are in use.
Units: whole numbers of 64 bits; what would not fit is not moved.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

LEAST, MOST = -(2**63), 2**63 - 1


class LevelPlain:
    """A level of an owner, counted in a unit; raises OverflowError beyond 64 bits.

    >>> LevelPlain("me", "litre", 5, 0).level
    5
    """

    __slots__ = ("floor", "level", "owner", "unit")

    def __init__(self, owner: str, unit: str, level: int, floor: int) -> None:
        if not (LEAST <= level <= MOST and LEAST <= floor <= MOST):
            raise OverflowError(f"{level} or {floor} does not fit 64 bits")
        self.owner = owner
        self.unit = unit
        self.level = level
        self.floor = floor


Move = Callable[[LevelPlain, LevelPlain, int, str, str], bool]


def move_plain(giver: LevelPlain, taker: LevelPlain, amount: int, owner: str, unit: str) -> bool:
    """Move a positive amount at the giver's owner's order; whether it was moved, else nothing is.

    It is not when the giver would fall below its floor or is the taker, when owner or unit are
    other ones, or when a figure would not fit 64 bits.

    >>> giver, taker = LevelPlain("me", "litre", 5, 0), LevelPlain("you", "litre", 0, 0)
    >>> move_plain(giver, taker, 3, "me", "litre"), move_plain(giver, taker, 3, "me", "litre")
    (True, False)
    """
    if (
        amount <= 0
        or giver is taker
        or giver.level - amount < giver.floor
        or taker.level + amount > MOST
        or giver.owner != owner
        or giver.unit != unit
        or taker.unit != unit
    ):
        return False
    giver.level -= amount
    taker.level += amount
    return True


def _fastest() -> tuple[type[LevelPlain], Move]:
    try:
        fast = importlib.import_module("cython_ext.fast_levels")
    except ImportError:
        return LevelPlain, move_plain
    return fast.Level, fast.move


Level, move = _fastest()


def compiled() -> bool:
    """Whether the compiled ones are in use.

    >>> compiled() in (True, False)
    True
    """
    return move is not move_plain
