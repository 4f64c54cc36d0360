"""What every report comes to: named columns and rows, ready for a terminal, a file or a message.

Units: a column named ``*_minor`` holds whole minor units of the row's currency, ``*_bp`` basis
points, ``*_ppm`` parts per million; all others are as their name says.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

import msgspec

Cell = str | int | datetime.date | None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One report with its clocks: figures of ``as_of``, by what was known at ``known_at``."""

    name: str
    as_of: datetime.date
    known_at: int
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def column(self, name: str) -> list[Cell]:
        """One column, top to bottom; raises ValueError for a name that is none."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


Parts = tuple[Sequence[str], Iterable[tuple[Cell, ...]]]
"""Columns and rows: what a report's function gives; the caller knows the clocks."""


def share_bp(part: int, whole: int) -> int | None:
    """A share in basis points, rounded down; None where there is no whole.

    >>> share_bp(1, 3), share_bp(1, 0)
    (3333, None)
    """
    return part * 10_000 // whole if whole else None
