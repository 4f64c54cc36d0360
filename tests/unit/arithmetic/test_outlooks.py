"""Amounts along clocks: compiled and interpreted give what fractions give, and refuse alike."""

from __future__ import annotations

import importlib.util
import random
from array import array
from pathlib import Path
from types import ModuleType

import pytest

import cython_ext
from cython_ext import outlooks as built
from kernel.common.rounding import Rounding, rounded

KINDS = (Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.DOWN, Rounding.UP)


def _interpreted() -> ModuleType:
    source = Path(cython_ext.__file__).with_name("outlooks.py")
    spec = importlib.util.spec_from_file_location("outlooks_interpreted", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


interpreted = _interpreted()
both = pytest.mark.parametrize("outlooks", [built, interpreted], ids=["compiled", "interpreted"])


def a_row(pick: random.Random) -> list[int]:
    """A row within bounds, often on a tie."""
    denominator = pick.choice((1, 2, 360 * 10**9, 360 * 10**15))
    wide = ((10**13, 43_500_000), (10**12, 10**10)) if denominator > 2 else ((7, 9),)
    base, factor = pick.choice(((0, 5), (3, 1), *wide))
    return [
        pick.randrange(2), pick.randrange(3), pick.randrange(2), pick.randrange(90, 110),
        pick.randrange(90), pick.choice((1, 930)), pick.choice((20, 10**6)), 0,
        base, factor, pick.randrange(denominator), denominator, pick.randrange(10**6),
        pick.choice((1, 10)), pick.choice((0, 10**7)), pick.randrange(-50, 50), pick.randrange(4),
    ]  # fmt: skip


def expected(row: list[int], readings: list[int], day: int) -> int:
    """The amount of a row, by the words of the module."""
    clock, start, offset, times, cap, before = row[2:8]
    base, factor, rest, denominator, whole, unit, least, plus, kind = row[8:]
    units = 0 if day <= start else max(0, min(times * (readings[clock] - offset), cap))
    cost = whole * denominator + rest + base * factor * (units - before)
    return max(least, rounded(cost, denominator, KINDS[kind]) * unit) + plus


def test_the_same_sums_in_three_ways() -> None:
    """Random rows: compiled, interpreted, whole numbers without bounds."""
    assert built.compiled(), "run make setup"
    pick, day, readings = random.Random(7), 100, [100, 12_345]
    for _ in range(300):
        rows = [a_row(pick) for _ in range(4)]
        flat = array("q", [number for row in rows for number in row])
        sums = [0] * 6
        for row in rows:
            sums[row[0] * 3 + row[1]] += expected(row, readings, day)
        for outlooks in (built, interpreted):
            into = array("q", [0] * 6)
            outlooks.add_amounts(flat, array("q", readings), day, into)
            assert into.tolist() == sums, rows


@both
@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, 1), (1, 3), (2, 1), (2, -1), (3, 2**30), (5, -1), (7, 99), (8, 2**60), (9, 2**59),
        (11, 0), (12, 2**60 - 1), (13, 0), (15, 2**60),
    ],
)  # fmt: skip
def test_rows_out_of_bounds_are_refused(outlooks: ModuleType, place: int, value: int) -> None:
    """Nothing is written when any row leaves the bounds."""
    row = [0, 0, 0, 5, 5, 1, 99, 0, 2**40, 3, 1, 1, 7, 10, 0, 0, 0]
    into = array("q", [1, 1, 1])
    outlooks.add_amounts(array("q", row), array("q", [9]), 9, array("q", [0, 0, 0]))
    row[place] = value
    with pytest.raises(OverflowError):
        outlooks.add_amounts(array("q", row), array("q", [9]), 9, into)
    assert into.tolist() == [1, 1, 1]


@both
def test_buffers_must_fit(outlooks: ModuleType) -> None:
    """Half a row is no row."""
    with pytest.raises(ValueError, match="no rows"):
        outlooks.add_amounts(array("q", [0]), array("q", [9]), 9, array("q", [0, 0, 0]))
