"""Levels: the compiled class and the plain one move the same amounts, or refuse the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cython_ext.levels import LEAST, MOST, Level, LevelPlain, compiled, move, move_plain

NUMBERS = st.one_of(
    st.sampled_from([LEAST, LEAST + 1, -5, 0, 5, MOST - 1, MOST]), st.integers(LEAST, MOST)
)
AMOUNTS = st.one_of(st.integers(-2, 9), NUMBERS, st.just(2**70))
WORDS = st.sampled_from(["a", "b"])
LEVELS = st.tuples(WORDS, WORDS, NUMBERS, NUMBERS)
MOVES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), AMOUNTS, WORDS, WORDS))


def test_the_compiled_ones_are_tested() -> None:
    """Else both sides of the comparison were the same."""
    assert compiled()


@given(st.tuples(LEVELS, LEVELS, LEVELS), MOVES)
def test_both_ways_move_the_same(
    made: tuple[tuple[str, str, int, int], ...], moves: list[tuple[int, int, int, str, str]]
) -> None:
    fast, plain = [Level(*one) for one in made], [LevelPlain(*one) for one in made]
    for giver, taker, amount, owner, unit in moves:
        assert move(fast[giver], fast[taker], amount, owner, unit) == move_plain(
            plain[giver], plain[taker], amount, owner, unit
        )
        assert [one.level for one in fast] == [one.level for one in plain]


@pytest.mark.parametrize("kind", [Level, LevelPlain])
@pytest.mark.parametrize(("level", "floor"), [(MOST + 1, 0), (0, LEAST - 1)])
def test_what_does_not_fit_is_an_error_of_both(
    kind: type[LevelPlain], level: int, floor: int
) -> None:
    with pytest.raises(OverflowError):
        kind("a", "a", level, floor)
