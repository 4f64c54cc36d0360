"""What must hold of collateral rules, on any pool: one check each, true or false.

A check takes the rules as an argument, so that it can be tried on rules with a defect.
Source: Civil Code arts 414 and 420; 银监发〔2017〕16号.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from kernel.collateral.coverage import Allocation, allocate
from kernel.collateral.margin import Cure, at_target, cures, releasable_minor
from kernel.collateral.pool import Item, Pledge
from tests.support.collateral_reference import (
    Key,
    Told,
    allowed,
    best_merit,
    claim_minor,
    got,
    key_of,
    merit,
    place,
)

TARGETS = (10_000, 11_000, 13_333)


class Rules(NamedTuple):
    """The rules under test, or some with a defect."""

    allocation: Callable[[Told], Allocation]
    cures: Callable[[Told, int], Mapping[str, Cure]]
    releasable: Callable[[Told, str, int], int]


REAL = Rules(
    lambda told: allocate(told.items, told.pledges, told.exposures),
    lambda told, bp: cures(told.items, told.pledges, told.exposures, bp),
    lambda told, item, bp: releasable_minor(item, told.items, told.pledges, told.exposures, bp),
)


def lines_of(made: Allocation) -> dict[Key, int]:
    """The amounts by pledge."""
    return {(line.item_id, line.loan_id, line.rank): line.amount_minor for line in made.lines}


def grown(told: Told, more: Mapping[str, int]) -> Told:
    """The pool with more lendable value or more exposure, by id."""
    return replace(
        told,
        items=tuple(
            replace(each, lendable_minor=each.lendable_minor + more.get(each.item_id, 0))
            for each in told.items
        ),
        exposures=tuple(
            replace(each, exposure_minor=each.exposure_minor + more.get(each.loan_id, 0))
            for each in told.exposures
        ),
    )


def all_covered(told: Told, target_bp: int) -> bool:
    """Every loan has cover for its target, all at once."""
    exposures = at_target(told.exposures, target_bp)
    made = REAL.allocation(replace(told, exposures=tuple(exposures)))
    return made.covered_minor == sum(each.exposure_minor for each in exposures)


# -- the checks


def capacities_hold(rules: Rules, told: Told) -> bool:
    """No item, loan or pledge carries more than it may."""
    return allowed(told, lines_of(rules.allocation(told)))


def sums_agree(rules: Rules, told: Told) -> bool:
    """What is said of loans and items is the sum of the lines."""
    made = rules.allocation(told)
    lines = lines_of(made)
    return all(each.covered_minor == got(lines, each.loan_id) for each in made.loans)


def rank_comes_first(rules: Rules, told: Told) -> bool:
    """A later rank gets nothing while an earlier one of the item asks."""
    lines, owed = lines_of(rules.allocation(told)), told.owed
    return not any(
        place(told, early) < place(told, late)
        and lines.get(key_of(late), 0)
        and _asks(told, lines, early, owed)
        for early, late in _neighbours(told)
    )


def equal_ranks_share(rules: Rules, told: Told) -> bool:
    """No cent could move to a pledge of equal rank that asks, and bring it nearer to its share."""
    lines, owed = lines_of(rules.allocation(told)), told.owed
    for less, more in _neighbours(told):
        gives, has = lines.get(key_of(more), 0), lines.get(key_of(less), 0)
        if place(told, less) != place(told, more) or not gives:
            continue
        nearer = (2 * has + 1) * claim_minor(told, more) < (2 * gives - 1) * claim_minor(told, less)
        if nearer and _asks(told, lines, less, owed):
            return False
    return True


def _neighbours(told: Told) -> Iterable[tuple[Pledge, Pledge]]:
    """Pairs of pledges of one item for different loans."""
    return (
        (one, other)
        for one, other in itertools.permutations(told.pledges, 2)
        if one.item_id == other.item_id and one.loan_id != other.loan_id
    )


def _asks(told: Told, lines: Mapping[Key, int], pledge: Pledge, owed: Mapping[str, int]) -> bool:
    return got(lines, pledge.loan_id) < owed[pledge.loan_id] and lines.get(
        key_of(pledge), 0
    ) < claim_minor(told, pledge)


def order_of_telling_is_nothing(rules: Rules, told: Told) -> bool:
    """The same pool told backwards, or turned, gives the same allocation."""
    backwards = Told(
        items=told.items[::-1], pledges=told.pledges[::-1], exposures=told.exposures[::-1]
    )
    turned = replace(told, pledges=told.pledges[1:] + told.pledges[:1])
    made = rules.allocation(told)
    return rules.allocation(backwards) == made == rules.allocation(turned)


def nothing_is_better(rules: Rules, told: Told) -> bool:
    """No allocation of a small pool is better by any aim; larger pools pass unseen."""
    ways = 1
    for pledge in told.pledges:
        ways *= 1 + min(claim_minor(told, pledge), told.lendable[pledge.item_id])
    return ways > 3_000 or merit(told, lines_of(rules.allocation(told))) == best_merit(told)


def more_is_never_less(rules: Rules, told: Told) -> bool:
    """More collateral never lowers what is covered."""
    before = sum(lines_of(rules.allocation(told)).values())
    return all(
        sum(lines_of(rules.allocation(grown(told, {each.item_id: by}))).values()) >= before
        for each in told.items
        for by in (1, 7, 5_000)
    )


def spare_is_exact(rules: Rules, told: Told) -> bool:
    """A covered loan may grow by its spare and by no cent more; no other loan loses."""
    for each in rules.allocation(told).loans:
        if each.shortfall_minor:
            continue
        full = REAL.allocation(told).covered_minor + each.spare_minor
        for more in (0, 1):
            larger = grown(told, {each.loan_id: each.spare_minor + more})
            if REAL.allocation(larger).covered_minor != full:
                return False
    return True


def cures_cure(rules: Rules, told: Told) -> bool:
    """Added or repaid, every loan is at its target; with a cent less, not."""
    for target_bp in TARGETS:
        needed = rules.cures(told, target_bp)
        repaid = {loan: -each.repay_minor for loan, each in needed.items()}
        if not all_covered(with_new_items(told, needed), target_bp):
            return False
        if not all_covered(grown(told, repaid), target_bp):
            return False
        for loan, each in needed.items():
            less = {**needed, loan: replace(each, add_lendable_minor=each.add_lendable_minor - 1)}
            if all_covered(with_new_items(told, less), target_bp):
                return False
            if target_bp == 10_000 and all_covered(
                grown(told, {**repaid, loan: repaid[loan] + 1}), target_bp
            ):
                return False
    return True


def with_new_items(told: Told, needed: Mapping[str, Cure]) -> Told:
    """The pool with one more item for each loan that needs it."""
    return replace(
        told,
        items=told.items
        + tuple(
            Item(item_id=f"NEW-{loan}", lendable_minor=each.add_lendable_minor)
            for loan, each in needed.items()
        ),
        pledges=told.pledges
        + tuple(Pledge(item_id=f"NEW-{loan}", loan_id=loan, rank=1) for loan in needed),
    )


def release_is_exact(rules: Rules, told: Told) -> bool:
    """Of a pool that is covered, the releasable part may go, and no cent more."""
    for target_bp, item in itertools.product(TARGETS, told.items):
        free = rules.releasable(told, item.item_id, target_bp)
        if not all_covered(told, target_bp):
            continue
        if not all_covered(grown(told, {item.item_id: -free}), target_bp):
            return False
        if free < item.lendable_minor and all_covered(
            grown(told, {item.item_id: -free - 1}), target_bp
        ):
            return False
    return True


Check = Callable[[Rules, Told], bool]
CHECKS: tuple[Check, ...] = (
    capacities_hold,
    sums_agree,
    rank_comes_first,
    equal_ranks_share,
    order_of_telling_is_nothing,
    nothing_is_better,
    more_is_never_less,
    spare_is_exact,
    cures_cure,
    release_is_exact,
)
