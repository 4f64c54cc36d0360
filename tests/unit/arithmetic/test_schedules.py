"""Schedules in arrays: compiled and interpreted agree with exact fractions and with the fold."""

from __future__ import annotations

import importlib.util
import random
from array import array
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import pytest

import cython_ext
from cython_ext import schedules as built
from kernel.loans.annuity import level_payment
from kernel.loans.fold import quote
from tests.support.loans import loan

Rows = tuple[list[int], list[int], list[int]]


def load_interpreted() -> ModuleType:
    """The source as it stands, so that the built module does not hide it."""
    source = Path(cython_ext.__file__).with_name("schedules.py")
    spec = importlib.util.spec_from_file_location("schedules_interpreted", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


interpreted = load_interpreted()
both = pytest.mark.parametrize("schedules", [built, interpreted], ids=["compiled", "interpreted"])


def rows_of(
    schedules: ModuleType, balance: int, payment: int, factor: tuple[int, int], rows: int,
    *, level: bool = True,
) -> Rows:  # fmt: skip
    """Principal, interest and balance of one schedule."""
    out = [array("q", [0] * rows) for _ in range(3)]
    fill = schedules.level_rows if level else schedules.even_rows
    cost, whole = factor
    fill(*(array("q", [each]) for each in (balance, payment, cost, whole)), rows, *out)
    principal, interest, after = (each.tolist() for each in out)
    return principal, interest, after


def reference(
    balance: int, payment: int, factor: tuple[int, int], rows: int, *, level: bool = True
) -> Rows:
    """The same by fractions."""
    principal, interest, after = [], [], []
    for k in range(rows):
        charged = int(balance * Fraction(*factor) + Fraction(1, 2))
        part = max(0, min(balance, payment - charged if level else payment))
        part = balance if k == rows - 1 else part
        balance -= part
        principal.append(part)
        interest.append(charged)
        after.append(balance)
    return principal, interest, after


def differences(cases: int, seed: int) -> int:
    """How many random schedules differ between compiled, interpreted and fractions."""
    pick = random.Random(seed)
    wrong = 0
    for _ in range(cases):
        balance = int(10 ** pick.uniform(0, 13))
        factor = pick.randrange(2 * 10**6 * 1000), 12 * 10**9
        rows = pick.choice((1, 2, 3, 6, 12))
        payment = level_payment(balance, factor, rows)
        level = pick.random() < 0.8
        expected = reference(balance, payment, factor, rows, level=level)
        for schedules in (built, interpreted):
            wrong += rows_of(schedules, balance, payment, factor, rows, level=level) != expected
    return wrong


def test_compiled_is_compiled() -> None:
    assert built.compiled()
    assert not interpreted.compiled()


@both
@pytest.mark.parametrize(
    ("balance", "interest"), [(10_100, 51), (10_050, 50), (10_300, 52), (10_000, 50), (99, 0)]
)
def test_ties_go_up(schedules: ModuleType, balance: int, interest: int) -> None:
    """At 6 % over 12 a balance of 101.00 costs 0.505: a tie."""
    _, found, _ = rows_of(schedules, balance, balance, (60_000, 12_000_000), 1)
    assert found == [interest]


@both
def test_a_wide_product_is_exact(schedules: ModuleType) -> None:
    balance, factor = 10**13, (999_999_937, 12 * 10**9)
    assert rows_of(schedules, balance, 10**12, factor, 3) == reference(balance, 10**12, factor, 3)


@both
@pytest.mark.parametrize("wrong", [-1, 2**62, 2**63 - 1])
def test_a_figure_out_of_bounds_is_an_error_and_writes_nothing(
    schedules: ModuleType, wrong: int
) -> None:
    out = [array("q", [7]) for _ in range(3)]
    with pytest.raises(OverflowError):
        schedules.level_rows(
            array("q", [wrong]), array("q", [1]), array("q", [1]), array("q", [1]), 1, *out
        )
    assert [each.tolist() for each in out] == [[7]] * 3


@both
def test_lengths_that_do_not_fit_are_an_error(schedules: ModuleType) -> None:
    one = array("q", [1])
    with pytest.raises(ValueError, match="do not fit"):
        schedules.level_rows(one, one, one, array("q"), 1, one, one, one)
    with pytest.raises(ValueError, match="places"):
        schedules.level_rows(one, one, one, one, 2, one, one, one)
    with pytest.raises(ValueError, match="do not fit"):
        schedules.add_products(one, one, array("q"))


@both
def test_products_are_added(schedules: ModuleType) -> None:
    sums = array("q", [5, -5])
    schedules.add_products(array("q", [10**12, -3]), array("q", [36_500, 4]), sums)
    assert sums.tolist() == [5 + 36_500 * 10**12, -17]


def test_arrays_and_the_fold_give_the_same_schedule() -> None:
    pick = random.Random(5)
    for _ in range(300):
        terms = loan(
            principal_minor=int(10 ** pick.uniform(2, 13)),
            annual_rate_ppm=pick.randrange(400_000),
            instalments=pick.choice((1, 6, 12, 36)),
        )
        factor = (terms.annual_rate_ppm, 12 * 10**6)
        payment = level_payment(terms.principal_minor, factor, terms.instalments)
        offer = quote(terms).instalments
        found = rows_of(built, terms.principal_minor, payment, factor, terms.instalments)
        assert found[0][: len(offer)] == [line.principal_minor for line in offer]
        assert found[1][: len(offer)] == [line.interest_minor for line in offer]


def test_no_difference_in_random_schedules() -> None:
    assert differences(50_000, seed=1) == 0


@pytest.mark.long
def test_no_difference_in_a_million_random_schedules() -> None:
    assert differences(1_000_000, seed=2) == 0


def test_a_wrong_rounding_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreted, "NARROW", 0)
    assert differences(200, seed=1) == 0
    real = interpreted.level_rows

    def careless(*words: object) -> None:
        real(*words)
        words[6][0] += 1  # type: ignore[index]  # the interest of the first row

    monkeypatch.setattr(interpreted, "level_rows", careless)
    assert differences(200, seed=1) > 0
