"""Sums by slot: the compiled and the interpreted module are one source and give one answer."""

from __future__ import annotations

import importlib.util
from array import array
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cython_ext
from cython_ext import totals as built

LARGEST = 2**63 - 1
SOURCE = Path(cython_ext.__file__).with_name("totals.py")


def load_interpreted() -> ModuleType:
    """The source as it stands, under another name, so that the built module does not hide it."""
    spec = importlib.util.spec_from_file_location("totals_interpreted", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


interpreted = load_interpreted()
both = pytest.mark.parametrize("totals", [built, interpreted], ids=["compiled", "interpreted"])


def added(totals: ModuleType, start: list[int], *entries: tuple[int, int]) -> list[int]:
    """The totals after adding (slot, amount) pairs."""
    into = array("q", start)
    slots = array("i", [slot for slot, _ in entries])
    totals.add_at(into, slots, array("q", [amount for _, amount in entries]))
    return into.tolist()


def test_one_of_the_two_is_compiled_and_the_other_is_not() -> None:
    assert built.compiled(), "run `make setup` to compile"
    assert not interpreted.compiled()


@both
def test_debits_and_credits_of_a_slot_add_up(totals: ModuleType) -> None:
    assert added(totals, [100, 0], (0, 5), (1, 7), (0, -2)) == [103, 7]


@both
def test_nothing_to_add_changes_nothing(totals: ModuleType) -> None:
    assert added(totals, [1, -1]) == [1, -1]
    assert added(totals, []) == []


@both
def test_the_largest_total_is_reached_exactly(totals: ModuleType) -> None:
    assert added(totals, [LARGEST - 1, 1 - LARGEST], (0, 1), (1, -1)) == [LARGEST, -LARGEST]
    assert added(totals, [LARGEST], (0, -LARGEST), (0, -LARGEST)) == [-LARGEST]


@both
@pytest.mark.parametrize(
    ("start", "amount"),
    [(LARGEST, 1), (1, LARGEST), (-LARGEST, -1), (-1, -LARGEST), (-1, -LARGEST - 1)],
)
def test_one_more_is_an_error_and_no_wrap(totals: ModuleType, start: int, amount: int) -> None:
    into = array("q", [7, start])
    with pytest.raises(OverflowError, match="slot 1"):
        totals.add_at(into, array("i", [1]), array("q", [amount]))
    assert into.tolist() == [7, start]


@both
@pytest.mark.parametrize("slot", [-1, 2, 2**31 - 1, -(2**31)])
def test_a_slot_that_does_not_exist_is_an_error(totals: ModuleType, slot: int) -> None:
    with pytest.raises(IndexError, match=f"slot {slot} "):
        added(totals, [0, 0], (slot, 1))


@both
def test_a_slot_without_an_amount_is_an_error_before_anything_is_added(totals: ModuleType) -> None:
    into = array("q", [0])
    with pytest.raises(ValueError, match="2 slots but 1 amounts"):
        totals.add_at(into, array("i", [0, 0]), array("q", [5]))
    assert into.tolist() == [0]


@both
@settings(max_examples=60, deadline=None)
@given(
    entries=st.lists(
        st.tuples(st.integers(0, 3), st.integers(-(10**17), 10**17)), min_size=0, max_size=40
    )
)
def test_it_is_the_sum_of_whole_numbers(totals: ModuleType, entries: list[tuple[int, int]]) -> None:
    expected = [sum(amount for slot, amount in entries if slot == i) for i in range(4)]
    assert added(totals, [0, 0, 0, 0], *entries) == expected
