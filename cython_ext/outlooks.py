"""Amounts that grow along clocks, for many owners at once: int64 buffers in, sums per owner out.

One source for both speeds, as ``schedules``. A row says how one amount grows until its next change:
``units = min(times × (readings[clock] - offset), cap)``, 0 up to ``start``;
``amount = max(least, (whole + (rest + base × factor × (units - before)) / denominator) × unit)
+ plus``, the quotient rounded as the row says. The product has 128 bits when compiled; a row that
could leave them raises OverflowError before anything is written.
"""

from __future__ import annotations

from typing import Any

import cython

Buffer = Any
"""A buffer of int64: ``array("q")`` or a flat numpy array."""
FIELDS = (
    "owner", "figure", "clock", "start", "offset", "times", "cap", "before", "base", "factor",
    "rest", "denominator", "whole", "unit", "least", "plus", "rounding",
)  # fmt: skip
"""The whole numbers of a row, in order; rounding is 0 half up, 1 half even, 2 down, 3 up."""
WIDTH = len(FIELDS)
FIGURES = 3
"""Figures of an owner: the sum of figure f of owner o stands at ``o * FIGURES + f``."""
LIMIT = 2**60
"""Every number of a row and every amount is below it, so that their sums fit in 64 bits."""
SMALL = 2**30
"""Days, units, clocks and rounding units are below it, so that products of two fit in 64 bits."""
PRODUCT_BITS = 92
"""Bits of base × factor; with units below 2**30 and the rest, a cost has less than 126."""
_W = WIDTH
_F = FIGURES
_LIMIT = LIMIT
_SMALL = SMALL
_BITS = PRODUCT_BITS


def compiled() -> bool:
    """Whether the compiled module is in use.

    >>> compiled() in (True, False)
    True
    """
    return bool(cython.compiled)


def add_amounts(rows: Buffer, readings: Buffer, day: int, into: Buffer) -> None:
    """Add the amount of every row on ``day`` to the sums of its owner.

    ``rows`` has ``WIDTH`` numbers a row, ``readings`` one a clock, ``into`` ``FIGURES`` an owner.
    Raises ValueError for a row that names no clock, owner or figure, OverflowError for figures out
    of bounds; ``into`` is then as it was.

    >>> from array import array
    >>> row = array("q", [0, 1, 0, 5, 5, 1, 99, 2, 1000, 3, 1, 100, 7, 1, 0, 0, 0])
    >>> sums = array("q", [0, 0, 0])
    >>> add_amounts(row, array("q", [9]), 9, sums)  # 7 + (1 + 1000 × 3 × 2) / 100, rounded
    >>> sums.tolist()
    [0, 67, 0]
    """
    if len(rows) % WIDTH or len(into) % FIGURES:
        raise ValueError(f"{len(rows)} numbers are no rows, or {len(into)} no sums")
    if _unfit(rows, readings, day, len(into) // FIGURES):
        raise OverflowError("a row is out of bounds, or names no clock, owner or figure")
    _add(rows, readings, day, into)


def _unfit(rows: Buffer, readings: Buffer, day: int, owners: int) -> bool:
    count = len(rows) // _W
    clocks = len(readings)
    for i in range(count):
        at = i * _W
        if rows[at] < 0 or rows[at] >= owners or rows[at + 1] < 0 or rows[at + 1] >= _F:
            return True
        if rows[at + 2] < 0 or rows[at + 2] >= clocks:
            return True
        for k in range(3, 8):
            if rows[at + k] <= -_SMALL or rows[at + k] >= _SMALL:
                return True
        for k in range(8, _W):
            if rows[at + k] <= -_LIMIT or rows[at + k] >= _LIMIT:
                return True
        for k in range(8, 12):
            if rows[at + k] < 0:
                return True
        if rows[at + 11] < 1 or rows[at + 12] < 0 or rows[at + 13] < 1 or rows[at + 13] >= _SMALL:
            return True
        units = _units(rows, readings, day, at)
        if rows[at + 5] < 0 or units < 0 or units >= _SMALL:
            return True
        cost = rows[at + 8]
        cost = cost * rows[at + 9]
        if cost >> _BITS:
            return True
        cost = cost * units + rows[at + 10]
        most = _LIMIT // rows[at + 13]
        bound = most
        bound = bound * rows[at + 11]
        if cost >= bound or rows[at + 12] >= most:
            return True
    return False


def _units(rows: Buffer, readings: Buffer, day: int, at: int) -> Any:
    """Units of a row since it was made; below zero when the day lies before that."""
    units = 0
    if day > rows[at + 3]:
        units = rows[at + 5] * (readings[rows[at + 2]] - rows[at + 4])
        if units > rows[at + 6]:
            units = rows[at + 6]
        if units < 0:
            units = 0
    return units - rows[at + 7]


def _add(rows: Buffer, readings: Buffer, day: int, into: Buffer) -> None:
    count = len(rows) // _W
    for i in range(count):
        at = i * _W
        denominator = rows[at + 11]
        cost = rows[at + 8]
        cost = cost * rows[at + 9]
        cost = cost * _units(rows, readings, day, at) + rows[at + 10]
        quotient = cost // denominator
        left = cost - quotient * denominator
        whole = rows[at + 12] + quotient
        kind = rows[at + 16]
        twice = left + left - denominator
        if left and (
            kind == 3
            or (kind == 0 and twice >= 0)
            or (kind == 1 and (twice > 0 or (twice == 0 and whole % 2 == 1)))
        ):
            whole = whole + 1
        amount = whole * rows[at + 13]
        if amount < rows[at + 14]:
            amount = rows[at + 14]
        place = rows[at] * _F + rows[at + 1]
        into[place] = into[place] + amount + rows[at + 15]
