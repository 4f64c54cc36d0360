"""The allocation of a small pool, found by trying every one: slow, and with nothing shared.

Units: whole minor units, few enough to be counted through.
Source: the aims in the docstring of ``kernel.collateral.coverage``, and nothing else of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction

import msgspec

from kernel.collateral.pool import Exposure, Item, Pledge

Key = tuple[str, str, int]
Lines = Mapping[Key, int]
Merit = tuple[int, int, Fraction, int]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A pool as somebody tells it, in any order."""

    items: tuple[Item, ...]
    pledges: tuple[Pledge, ...]
    exposures: tuple[Exposure, ...]

    @property
    def lendable(self) -> dict[str, int]:
        """Lendable value by item."""
        return {each.item_id: each.lendable_minor for each in self.items}

    @property
    def owed(self) -> dict[str, int]:
        """Exposure by loan."""
        return {each.loan_id: each.exposure_minor for each in self.exposures}


def key_of(pledge: Pledge) -> Key:
    """What names a pledge, and its line."""
    return pledge.item_id, pledge.loan_id, pledge.rank


def claim_minor(told: Told, pledge: Pledge) -> int:
    """What the pledge secures: the exposure, or less by its maximum amount."""
    owed = told.owed[pledge.loan_id]
    maximum = pledge.maximum_amount_minor
    return owed if maximum is None else min(owed, maximum)


def place(told: Told, pledge: Pledge) -> int:
    """1 + the number of different orders before this one on its item."""

    def order(each: Pledge) -> tuple[int, int]:
        return (0 if each.registered_on else 1), each.rank

    same = [each for each in told.pledges if each.item_id == pledge.item_id]
    return 1 + len({order(each) for each in same if order(each) < order(pledge)})


def given(lines: Lines, item_id: str) -> int:
    """What an item gives in all."""
    return sum(minor for (item, _, _), minor in lines.items() if item == item_id)


def got(lines: Lines, loan_id: str) -> int:
    """What a loan gets in all."""
    return sum(minor for (_, loan, _), minor in lines.items() if loan == loan_id)


def allowed(told: Told, lines: Lines) -> bool:
    """Nothing gives, gets or carries more than it may."""
    return (
        all(0 <= given(lines, item) <= most for item, most in told.lendable.items())
        and all(got(lines, loan) <= most for loan, most in told.owed.items())
        and all(0 <= lines.get(key_of(p), 0) <= claim_minor(told, p) for p in told.pledges)
    )


def merit(told: Told, lines: Lines) -> Merit:
    """The aims as one figure; the smallest is the best."""
    total, by_rank, by_share, by_id = 0, 0, Fraction(0), 0
    for at, pledge in enumerate(sorted(told.pledges, key=key_of)):
        minor = lines.get(key_of(pledge), 0)
        if minor:
            total += minor
            by_rank += place(told, pledge) * minor
            by_share += Fraction(minor * minor, claim_minor(told, pledge))
            by_id += at * minor
    return -total, by_rank, by_share, by_id


def every_allocation(told: Told) -> Iterator[Lines]:
    """All that is allowed, by counting."""
    keys = [key_of(each) for each in told.pledges]
    ranges = [
        range(min(claim_minor(told, each), told.lendable[each.item_id]) + 1)
        for each in told.pledges
    ]
    for amounts in itertools.product(*ranges):
        lines = dict(zip(keys, amounts, strict=True))
        if allowed(told, lines):
            yield lines


def best_merit(told: Told) -> Merit:
    """The merit of the best allocation."""
    return min(merit(told, lines) for lines in every_allocation(told))
