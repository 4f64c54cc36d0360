"""Concentration and joint borrowers, with a risk manager's figures.

Source: 银保监会令2018年第1号 (large exposures), 银保监办发〔2021〕24号 (joint loans).
"""

from __future__ import annotations

import pytest

from kernel.limits.concentration import (
    Base,
    Concentration,
    concentration_room_minor,
    require_concentration,
    require_partner_share,
)
from kernel.limits.joint import JointLoan, joint_exposure_minor, reported_minor
from kernel.limits.policy import POLICY
from tests.support.given import DAY, refused

HOME = JointLoan(loan_id="HOME", exposure_minor=900, share_bp={"ann": 7_000, "bo": 3_000})
CAR = JointLoan(loan_id="CAR", exposure_minor=100, share_bp={"bo": 10_000})
SHOP = JointLoan(loan_id="SHOP", exposure_minor=50, share_bp={"cy": 10_000})


@pytest.mark.parametrize(
    ("test", "base", "highest"),
    [
        (Concentration.BORROWER_LOANS, Base.NET_CAPITAL, 100),
        (Concentration.GROUP_CREDIT, Base.NET_CAPITAL, 150),
        (Concentration.CUSTOMER_EXPOSURE, Base.TIER_1, 150),
        (Concentration.GROUP_EXPOSURE, Base.TIER_1, 200),
        (Concentration.BANK_EXPOSURE, Base.TIER_1, 250),
        (Concentration.ONE_PARTNER, Base.TIER_1, 250),
        (Concentration.ALL_PARTNERS, Base.ALL_LOANS, 500),
    ],
)
def test_exactly_at_the_ratio_passes_and_one_more_does_not(
    test: Concentration, base: Base, highest: int
) -> None:
    assert test.base is base
    require_concentration(test, highest, 1_000, DAY)
    refused(
        "CONCENTRATION_EXCEEDED",
        require_concentration,
        test,
        highest + 1,
        1_000,
        DAY,
        base=base.value,
        max_minor=highest,
        exposure_minor=highest + 1,
    )


def test_a_fraction_of_a_fen_is_no_room() -> None:
    assert concentration_room_minor(Concentration.BORROWER_LOANS, 0, 1_009, DAY) == 100


def test_a_bank_at_72_percent_leaves_its_partner_too_little() -> None:
    refused(
        "PARTNER_SHARE_TOO_LOW",
        require_partner_share,
        28_000_00,
        100_000_00,
        DAY,
        needed_minor=30_000_00,
        min_bp=3_000,
    )


def test_a_partner_at_exactly_30_percent_carries_enough() -> None:
    require_partner_share(30_000_00, 100_000_00, DAY)
    refused("PARTNER_SHARE_TOO_LOW", require_partner_share, 30_000_00, 100_000_01, DAY)


def test_no_ratio_has_been_read_at_its_source_yet() -> None:
    assert len(POLICY.unverified()) == len(Concentration) + 1


def test_each_borrower_carries_the_whole_loan_in_a_test() -> None:
    assert joint_exposure_minor([HOME, CAR, SHOP], ["ann"]) == 900
    assert joint_exposure_minor([HOME, CAR, SHOP], ["bo"]) == 1_000


def test_a_household_counts_its_joint_loan_once() -> None:
    assert joint_exposure_minor([HOME, CAR, SHOP], ["ann", "bo"]) == 1_000


def test_a_report_divides_the_loan_by_share_to_the_fen() -> None:
    assert reported_minor(HOME) == {"ann": 630, "bo": 270}
    thirds = JointLoan(
        loan_id="FARM", exposure_minor=100, share_bp={"c": 3_334, "b": 3_333, "a": 3_333}
    )
    assert reported_minor(thirds) == {"a": 33, "b": 33, "c": 34}
