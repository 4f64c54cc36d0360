"""Warning, margin call, cure and release, with a collateral manager's figures.

Source: the bank's thresholds, 110 % to warn and 100 % to call.
"""

from __future__ import annotations

import pytest

from kernel.collateral.coverage import LoanCover, allocate
from kernel.collateral.margin import (
    CoverageStatus,
    Cure,
    coverage_bp,
    coverage_status,
    cures,
    releasable_minor,
)
from kernel.collateral.pool import Exposure, Item, Pledge
from tests.support.given import DAY, refused

FLAT_FOR_A = [Pledge(item_id="FLAT", loan_id="A", rank=1)]


def cover(exposure_minor: int, reach_minor: int) -> LoanCover:
    """A loan with so much collateral behind it."""
    return LoanCover(
        loan_id="A",
        exposure_minor=exposure_minor,
        covered_minor=min(exposure_minor, reach_minor),
        spare_minor=max(0, reach_minor - exposure_minor),
    )


def items(**lendable: int) -> list[Item]:
    """Items with what may be lent against them."""
    return [Item(item_id=item_id, lendable_minor=minor) for item_id, minor in lendable.items()]


def loans(**exposures: int) -> list[Exposure]:
    """Loans with what they put at risk."""
    return [Exposure(loan_id=loan_id, exposure_minor=m) for loan_id, m in exposures.items()]


@pytest.mark.parametrize(
    ("reach_minor", "status"),
    [
        (99_999, CoverageStatus.CALL),
        (100_000, CoverageStatus.WARN),
        (109_999, CoverageStatus.WARN),
        (110_000, CoverageStatus.COVERED),
    ],
)
def test_exactly_at_a_threshold_nothing_is_triggered(
    reach_minor: int, status: CoverageStatus
) -> None:
    assert coverage_status(cover(100_000, reach_minor), DAY) is status


def test_a_hair_below_the_call_is_a_call_though_the_ratio_rounds_near_it() -> None:
    nearly = cover(10**12, 10**12 - 1)
    assert coverage_bp(nearly) == 9_999
    assert coverage_status(nearly, DAY) is CoverageStatus.CALL


def test_a_loan_that_owes_nothing_is_covered_and_has_no_ratio() -> None:
    assert coverage_bp(cover(0, 0)) is None
    assert coverage_status(cover(0, 0), DAY) is CoverageStatus.COVERED


def test_a_shortfall_is_cured_by_as_much_collateral_or_repayment() -> None:
    assert cures(items(FLAT=80), FLAT_FOR_A, loans(A=100)) == {
        "A": Cure(add_lendable_minor=20, repay_minor=20)
    }


def test_to_reach_110_percent_less_must_be_repaid_than_added() -> None:
    needed = cures(items(FLAT=80), FLAT_FOR_A, loans(A=100), 11_000)["A"]
    assert needed == Cure(add_lendable_minor=30, repay_minor=28)
    assert coverage_bp(cover(100 - needed.repay_minor, 80)) == 11_111
    assert coverage_bp(cover(100 - needed.repay_minor + 1, 80)) == 10_958


def test_a_loan_above_the_target_needs_nothing() -> None:
    assert cures(items(FLAT=110), FLAT_FOR_A, loans(A=100), 11_000) == {}


def test_two_loans_on_one_flat_each_cure_their_own_part() -> None:
    pledges = [*FLAT_FOR_A, Pledge(item_id="FLAT", loan_id="B", rank=2)]
    assert cures(items(FLAT=80), pledges, loans(A=60, B=60)) == {
        "B": Cure(add_lendable_minor=40, repay_minor=40)
    }


def test_what_the_loan_does_not_need_of_its_flat_may_go() -> None:
    assert releasable_minor("FLAT", items(FLAT=150), FLAT_FOR_A, loans(A=100)) == 50
    assert releasable_minor("FLAT", items(FLAT=150), FLAT_FOR_A, loans(A=100), 11_000) == 40


def test_an_item_may_go_when_another_one_can_step_in() -> None:
    pool = items(FLAT=100, SHOP=60)
    pledges = [Pledge(item_id=item, loan_id="A", rank=1) for item in ("FLAT", "SHOP")]
    made = allocate(pool, pledges, loans(A=100))
    assert sum(each.left_minor for each in made.items) == 60
    assert releasable_minor("FLAT", pool, pledges, loans(A=100)) == 60
    assert releasable_minor("SHOP", pool, pledges, loans(A=100)) == 60


def test_nothing_goes_while_a_loan_of_the_pool_is_short() -> None:
    pledges = [
        Pledge(item_id="FLAT", loan_id="A", rank=1),
        Pledge(item_id="FLAT", loan_id="B", rank=1, maximum_amount_minor=10),
    ]
    assert releasable_minor("FLAT", items(FLAT=150), pledges, loans(A=50, B=20)) == 0


def test_a_short_loan_elsewhere_does_not_hold_an_item_back() -> None:
    assert releasable_minor("FLAT", items(FLAT=150), FLAT_FOR_A, loans(A=100, B=20)) == 50


def test_an_item_that_secures_nothing_may_go_whole() -> None:
    assert releasable_minor("SHOP", items(FLAT=1, SHOP=60), [], loans(A=100)) == 60


def test_an_unknown_item_is_refused() -> None:
    refused("COLLATERAL_NOT_FOUND", releasable_minor, "SHOP", [], [], [], item_id="SHOP")
