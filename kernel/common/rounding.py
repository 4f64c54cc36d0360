"""Rounding of exact fractions to whole units: the only place where a figure loses anything.

Units: numerator and denominator are whole numbers; the result is in the unit of the quotient.
Sign: a rule is symmetric about zero, so a refund mirrors its charge to the cent.
Source: 四舍五入到分 (银发〔2005〕129号) for RMB; ISO 80000-1, annex B, for the two half rules.
"""

from __future__ import annotations

from enum import StrEnum


class Rounding(StrEnum):
    """What becomes of the part below one unit; every product names one."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"


def rounded(
    numerator: int, denominator: int, rounding: Rounding = Rounding.HALF_UP, unit: int = 1
) -> int:
    """``numerator / denominator`` as a whole multiple of ``unit``.

    ``denominator`` and ``unit`` are at least 1.

    >>> rounded(5, 2), rounded(5, 2, Rounding.HALF_EVEN), rounded(-5, 2)
    (3, 2, -3)
    >>> rounded(853099, 1, Rounding.UP, unit=100)
    853100
    """
    assert denominator > 0, denominator
    assert unit > 0, unit
    whole, rest = divmod(abs(numerator), denominator * unit)
    if rest:
        twice = 2 * rest - denominator * unit
        if (
            rounding is Rounding.UP
            or (rounding is Rounding.HALF_UP and twice >= 0)
            or (rounding is Rounding.HALF_EVEN and (twice > 0 or (twice == 0 and whole % 2)))
        ):
            whole += 1
    return whole * unit if numerator >= 0 else -whole * unit
