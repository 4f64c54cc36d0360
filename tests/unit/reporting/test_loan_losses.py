"""What a loan may lose: by class and stage, less what covers it, and by the table of the day."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pytest

from kernel.collateral.coverage import LoanCover
from kernel.common.policy import PolicyRow, PolicyTable
from kernel.grading.classes import Grade
from kernel.grading.losses import Stage, loss_table
from kernel.grading.policy import POLICY
from kernel.reporting.loan_losses import Loss, Risk, WholeTerm, losses, no_cover

TODAY = datetime.date(2026, 3, 2)


def risk(loan_id: str = "L-1", **fields: Any) -> Risk:
    """100,000.00 of a person, performing, over three years."""
    usual: dict[str, Any] = {
        "loan_id": loan_id,
        "contract_id": f"K-{loan_id}",
        "debtor_id": "C-1",
        "is_retail": True,
        "grade": Grade.NORMAL,
        "stage": Stage.ONE,
        "exposure_minor": 10_000_000,
        "whole_term": lambda: WholeTerm([10_000_000, 7_000_000, 3_500_000], 60_000),
    }
    return Risk(**{**usual, **fields})


def one(**fields: Any) -> Loss:
    """The loss of a loan alone."""
    [found] = losses([risk(**fields)], no_cover, TODAY)
    return found


def test_stages_look_a_year_or_the_whole_term_ahead_or_take_the_default_as_given() -> None:
    assert one().allowance_minor == 50_400  # 10,000,000 x 1.12 % x 45 %
    assert one(stage=Stage.TWO).allowance_minor > 50_400
    watched = one(grade=Grade.SPECIAL_MENTION)
    assert (watched.stage, watched.allowance_minor) == (Stage.TWO, 747_306)
    assert one(grade=Grade.SUBSTANDARD, stage=Stage.THREE).allowance_minor == 4_500_000


def test_the_loans_of_a_contract_share_its_cover_by_what_they_owe() -> None:
    def covers(owed_minor: Mapping[str, int]) -> Mapping[str, LoanCover]:
        assert owed_minor == {"K": 15_000_000, "K-L-3": 10_000_000}
        cover = LoanCover(
            loan_id="K", exposure_minor=15_000_000, covered_minor=6_000_000, spare_minor=0
        )
        return {"K": cover}

    risks = [
        risk("L-1", contract_id="K"),
        risk("L-2", contract_id="K", exposure_minor=5_000_000),
        risk("L-3"),
    ]
    found = losses(risks, covers, TODAY)
    assert [each.covered_minor for each in found] == [4_000_000, 2_000_000, 0]
    assert [each.loss_ppm for each in found] == [270_000, 270_000, 450_000]
    assert found[0].allowance_minor == 2 * found[1].allowance_minor == 30_240


def test_cover_never_brings_a_loss_below_its_floor() -> None:
    cover = LoanCover(loan_id="K-L-1", exposure_minor=10**7, covered_minor=10**7, spare_minor=5)
    [found] = losses([risk()], lambda _: {"K-L-1": cover}, TODAY)
    assert (found.loss_ppm, found.allowance_minor) == (100_000, 11_200)


def test_a_firms_good_loan_is_lowered_and_a_persons_is_not() -> None:
    bad: dict[str, Any] = {"grade": Grade.SUBSTANDARD, "stage": Stage.THREE}
    firm = [risk("bad", is_retail=False, **bad), risk("good", is_retail=False)]
    [_, good] = losses(firm, no_cover, TODAY)
    assert (good.grade, good.stage, good.is_lowered) == (Grade.SUBSTANDARD, Stage.THREE, True)
    [_, good] = losses([risk("bad", **bad), risk("good")], no_cover, TODAY)
    assert (good.grade, good.stage, good.is_lowered) == (Grade.NORMAL, Stage.ONE, False)


def test_a_partner_bears_its_part_and_what_was_written_off_asks_for_nothing() -> None:
    assert one(share_ppm=300_000).allowance_minor == 35_280
    assert one(is_written_off=True).allowance_minor == 0
    assert one(exposure_minor=0).allowance_minor == 0


@pytest.mark.parametrize(("on", "allowance"), [("2026-03-01", 50_400), ("2026-03-02", 100_800)])
def test_another_table_holds_from_its_day_on(on: str, allowance: int) -> None:
    dearer = PolicyRow(
        key="loss.pd_ppm.normal", value=20_000, effective_from=TODAY, legal_basis="bank policy",
        verified=True,
    )  # fmt: skip
    policy = PolicyTable([*POLICY.rows(), dearer])
    day = datetime.date.fromisoformat(on)
    [found] = losses([risk()], no_cover, day, policy)
    assert found.allowance_minor == allowance
    assert found.table_id == loss_table(day, policy).table_id
    assert (found.table_id == "bank.2026-03-02") == (day == TODAY)
