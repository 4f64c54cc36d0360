"""Lendable value, land rights and revaluation, with a credit officer's figures.

Source: 银监发〔2017〕16号 (collateral guideline).
"""

from __future__ import annotations

import datetime

import pytest

from kernel.collateral.policy import POLICY, CollateralKind, ceiling_bp
from kernel.collateral.valuation import (
    Appraisal,
    appraised_lendable_minor,
    land_management_right_minor,
    lendable_minor,
    require_term_within_land_contract,
    rolled_forward,
    value_needed_minor,
)
from kernel.common.rounding import Rounding
from tests.support.given import DAY, refused


def flat(value_minor: int = 2_000_000_00, prior_claims_minor: int = 0) -> Appraisal:
    """A flat, valued in yuan."""
    return Appraisal(
        item_id="FLAT",
        kind=CollateralKind.RESIDENTIAL,
        value_minor=value_minor,
        currency="CNY",
        haircut_bp=1_000,
        prior_claims_minor=prior_claims_minor,
    )


def test_a_flat_lends_up_to_its_ceiling() -> None:
    assert appraised_lendable_minor(flat(), "CNY", DAY) == 1_400_000_00


def test_a_haircut_beyond_the_ceiling_lowers_the_lendable_value() -> None:
    assert lendable_minor(2_000_000_00, 4_000, 7_000) == 1_200_000_00


def test_another_banks_mortgage_comes_off_first() -> None:
    assert appraised_lendable_minor(flat(prior_claims_minor=900_000_00), "CNY", DAY) == 500_000_00
    assert appraised_lendable_minor(flat(prior_claims_minor=1_500_000_00), "CNY", DAY) == 0


def test_the_part_below_a_fen_is_never_lent() -> None:
    assert lendable_minor(999, 0, 7_000) == 699


def test_a_flat_in_yuan_does_not_secure_a_claim_in_dollars() -> None:
    refused(
        "COLLATERAL_CURRENCY_MISMATCH",
        appraised_lendable_minor,
        flat(),
        "USD",
        DAY,
        collateral_currency="CNY",
        claim_currency="USD",
    )


@pytest.mark.parametrize("kind", CollateralKind)
def test_every_kind_has_a_ceiling_and_a_basis(kind: CollateralKind) -> None:
    assert 0 < ceiling_bp(kind, DAY) <= 10_000
    assert POLICY.row(f"ltv.{kind}.ceiling_bp", DAY).legal_basis


def test_ceilings_from_secondary_pages_are_listed_as_unverified() -> None:
    unverified = {row.key for row in POLICY.unverified()}
    assert "ltv.RESIDENTIAL.ceiling_bp" in unverified
    assert "ltv.INVENTORY.ceiling_bp" not in unverified


def test_a_hundred_mu_for_eight_years_with_a_crop_lend_265_000_yuan() -> None:
    value_minor = land_management_right_minor(100 * 600_00, 8 * 12, 50_000_00)
    assert value_minor == 530_000_00
    right = Appraisal(
        item_id="LAND",
        kind=CollateralKind.LAND_MANAGEMENT_RIGHT,
        value_minor=value_minor,
        currency="CNY",
    )
    assert appraised_lendable_minor(right, "CNY", DAY) == 265_000_00


def test_a_started_month_of_the_land_contract_counts_for_nothing() -> None:
    ends_on = DAY.replace(year=DAY.year + 3) - datetime.timedelta(days=1)
    require_term_within_land_contract(35, DAY, ends_on)
    refused(
        "LAND_RIGHT_TOO_SHORT",
        require_term_within_land_contract,
        36,
        DAY,
        ends_on,
        asked_months=36,
        available_months=35,
    )


def test_an_ended_land_contract_secures_nothing() -> None:
    last_year = DAY.replace(year=DAY.year - 1)
    refused("LAND_RIGHT_TOO_SHORT", require_term_within_land_contract, 1, DAY, last_year)


def test_the_index_moves_values_from_their_base() -> None:
    values = [2_000_000_00, 333]
    assert rolled_forward(values, [1_000, 1_000], [900, 1_015]) == [1_800_000_00, 338]
    assert rolled_forward(values, [1_000, 1_000], [1_000, 1_015], Rounding.DOWN)[1] == 337


def test_every_item_needs_its_index() -> None:
    with pytest.raises(ValueError, match="argument"):
        rolled_forward([1, 2], [1_000, 1_000], [900])


def test_the_value_to_add_is_enough_and_not_a_fen_more() -> None:
    needed = value_needed_minor(50_000, 7_000)
    assert lendable_minor(needed, 0, 7_000) >= 50_000 > lendable_minor(needed - 1, 0, 7_000)
