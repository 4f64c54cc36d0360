"""Properties of collateral: allocation, coverage, cure and release, on pools of any shape.

Each property is one check of the rules. For each check one seeded defect is kept that this
check finds and no other one does.
Source: Civil Code arts 414 and 420; 银监发〔2017〕16号.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kernel.collateral.coverage import Allocation, Line
from kernel.collateral.margin import Cure, at_target
from kernel.collateral.pool import Exposure, Item, Pledge
from kernel.collateral.sweep import covers
from tests.support.collateral_checks import (
    CHECKS,
    REAL,
    Check,
    Rules,
    capacities_hold,
    cures_cure,
    equal_ranks_share,
    grown,
    lines_of,
    more_is_never_less,
    nothing_is_better,
    order_of_telling_is_nothing,
    rank_comes_first,
    release_is_exact,
    spare_is_exact,
    sums_agree,
)
from tests.support.collateral_reference import Key, Told, got, key_of

DAY = datetime.date(2026, 3, 2)
LARGE = 1_000


@st.composite
def pools(draw: st.DrawFn, top: int) -> Told:
    """Up to four items and loans, five pledges, amounts up to ``top``."""
    items = "FGHK"[: draw(st.integers(1, 4))]
    loans = "ABCD"[: draw(st.integers(1, 4))]
    amounts = st.integers(0, top)
    keys = st.tuples(st.sampled_from(items), st.sampled_from(loans), st.integers(1, 3))
    pledges = [
        Pledge(
            item_id=item,
            loan_id=loan,
            rank=rank,
            maximum_amount_minor=draw(st.none() | amounts),
            registered_on=draw(st.sampled_from([DAY, DAY, None])),
        )
        for item, loan, rank in draw(st.lists(keys, max_size=5, unique=True))
    ]
    return Told(
        items=tuple(Item(item_id=each, lendable_minor=draw(amounts)) for each in items),
        pledges=tuple(pledges),
        exposures=tuple(Exposure(loan_id=each, exposure_minor=draw(amounts)) for each in loans),
    )


@pytest.mark.parametrize("check", CHECKS)
@settings(max_examples=60, deadline=None)
@given(told=st.one_of(pools(3), pools(12), pools(10**15)))
def test_it_holds_for_every_pool(check: Check, told: Told) -> None:
    assert check(REAL, told)


# -- one seeded defect for each check


def relined(made: Allocation, lines: Mapping[Key, int]) -> Allocation:
    """The allocation with other lines, and sums that agree with them."""
    return replace(
        made,
        lines=tuple(
            Line(item_id=item, loan_id=loan, rank=rank, amount_minor=minor)
            for (item, loan, rank), minor in sorted(lines.items())
            if minor
        ),
        loans=tuple(replace(each, covered_minor=got(lines, each.loan_id)) for each in made.loans),
    )


def a_cent_too_much(told: Told) -> Allocation:
    made = REAL.allocation(told)
    lines = lines_of(made)
    key = min(lines, key=lambda each: lines[each], default=None)
    if key and told.owed[key[1]] > LARGE:
        lines[key] += 1
    return relined(made, lines)


def sums_that_lag(told: Told) -> Allocation:
    made = REAL.allocation(told)
    return replace(
        made,
        loans=tuple(replace(e, covered_minor=max(0, e.covered_minor - 1)) for e in made.loans),
    )


def reranked(told: Told, rank: Callable[[Pledge], int]) -> Allocation:
    """Allocated under other ranks, if amounts are large, and told under the true ones."""
    if max(told.owed.values()) <= LARGE:
        return REAL.allocation(told)
    changed = tuple(replace(each, rank=rank(each), registered_on=DAY) for each in told.pledges)
    true = {key_of(new): key_of(old) for new, old in zip(changed, told.pledges, strict=True)}
    made = REAL.allocation(replace(told, pledges=changed))
    return relined(made, {true[key]: minor for key, minor in lines_of(made).items()})


def ranks_forgotten(told: Told) -> Allocation:
    return reranked(told, lambda pledge: 1)


def first_come_first_served(told: Told) -> Allocation:
    return reranked(told, lambda pledge: 9 * pledge.rank + "ABCD".index(pledge.loan_id))


def ties_by_order_of_telling(told: Told) -> Allocation:
    if max(told.owed.values()) <= LARGE:
        return REAL.allocation(told)
    name = {each.loan_id: f"{at}" for at, each in enumerate(told.exposures)}
    back = {new: old for old, new in name.items()}
    made = REAL.allocation(
        replace(
            told,
            pledges=tuple(replace(p, loan_id=name[p.loan_id]) for p in told.pledges),
            exposures=tuple(replace(e, loan_id=name[e.loan_id]) for e in told.exposures),
        )
    )
    lines = {(item, back[loan], rank): m for (item, loan, rank), m in lines_of(made).items()}
    return relined(REAL.allocation(told), lines)


def item_after_item(told: Told) -> Allocation:
    """Each item is used up before the next one is looked at."""
    lines: dict[Key, int] = {}
    for item in sorted(told.items, key=lambda each: each.item_id):
        owed = {loan: -got(lines, loan) for loan in told.owed}
        alone = replace(
            grown(told, owed),
            items=(item,),
            pledges=tuple(p for p in told.pledges if p.item_id == item.item_id),
        )
        lines |= lines_of(REAL.allocation(alone))
    return relined(REAL.allocation(told), lines)


def large_items_overlooked(told: Told) -> Allocation:
    gone = {each.item_id: -each.lendable_minor for each in told.items}
    return REAL.allocation(grown(told, {item: by for item, by in gone.items() if by < -5 * LARGE}))


def spare_of_nearest_items(told: Told) -> Allocation:
    made = REAL.allocation(told)
    left = {each.item_id: each.left_minor for each in made.items}
    near = {
        loan: sum(left[i] for i in {p.item_id for p in told.pledges if p.loan_id == loan})
        for loan in told.owed
    }
    return replace(
        made, loans=tuple(replace(each, spare_minor=near[each.loan_id]) for each in made.loans)
    )


def forgets_the_target(told: Told, target_bp: int) -> Mapping[str, Cure]:
    return REAL.cures(told, 10_000)


def what_is_left(told: Told, item_id: str, target_bp: int) -> int:
    raised = replace(told, exposures=tuple(at_target(told.exposures, target_bp)))
    return next(i.left_minor for i in REAL.allocation(raised).items if i.item_id == item_id)


DEFECTS: dict[Check, Rules] = {
    capacities_hold: REAL._replace(allocation=a_cent_too_much),
    sums_agree: REAL._replace(allocation=sums_that_lag),
    rank_comes_first: REAL._replace(allocation=ranks_forgotten),
    equal_ranks_share: REAL._replace(allocation=first_come_first_served),
    order_of_telling_is_nothing: REAL._replace(allocation=ties_by_order_of_telling),
    nothing_is_better: REAL._replace(allocation=item_after_item),
    more_is_never_less: REAL._replace(allocation=large_items_overlooked),
    spare_is_exact: REAL._replace(allocation=spare_of_nearest_items),
    cures_cure: REAL._replace(cures=forgets_the_target),
    release_is_exact: REAL._replace(releasable=what_is_left),
}


def told(items: Mapping[str, int], pledges: str, **owed: int) -> Told:
    """A pool, with pledges as ``FA1 FB2``: item, loan and rank."""
    return Told(
        items=tuple(Item(item_id=item, lendable_minor=minor) for item, minor in items.items()),
        pledges=tuple(
            Pledge(item_id=each[0], loan_id=each[1], rank=int(each[2]), registered_on=DAY)
            for each in pledges.split()
        ),
        exposures=tuple(Exposure(loan_id=loan, exposure_minor=m) for loan, m in owed.items()),
    )


POOLS = (
    told({"F": 2_000}, "FA1 FB2", A=1_500, B=1_500),
    told({"F": 3_001}, "FA1 FB1", A=2_000, B=2_000),
    told({"F": 3, "G": 3}, "FA1 GA2 FB2", A=3, B=3),
    told({"F": 9, "G": 5}, "FA1 GA1 FB1", A=4, B=6),
    told({"F": 60, "G": 40}, "FA1 GA1", A=50),
)
"""Where the defects show: ranks, an odd cent, two items for one loan, cover in plenty."""


@pytest.mark.parametrize("check", CHECKS)
def test_its_defect_is_found_by_it_alone(check: Check) -> None:
    finding = {
        each.__name__ for each in CHECKS if not all(each(DEFECTS[check], pool) for pool in POOLS)
    }
    assert finding == {check.__name__}


@settings(max_examples=150, deadline=None)
@given(told=st.one_of(pools(3), pools(12), pools(10**15)))
def test_the_sweep_over_all_contracts_gives_the_cover_of_the_allocation(told: Told) -> None:
    made = REAL.allocation(told)
    assert covers(told.items, told.pledges, told.exposures) == {
        each.loan_id: each for each in made.loans
    }
