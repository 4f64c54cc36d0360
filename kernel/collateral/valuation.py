"""What an item of collateral is worth to the lender: lendable value, land rights, revaluation.

Units: whole minor units of the item's currency; ``*_bp`` basis points; ``*_months`` whole months.
Rounding: lendable value down to the minor unit, so cover is never overstated.
Source: 银监发〔2017〕16号 (valuation, ceilings, revaluation); Rural Land Contracting Law art. 47
and 银发〔2016〕79号 (land management rights as security).
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec

from kernel.collateral.policy import CollateralKind, ceiling_bp
from kernel.collateral.refusals import CollateralCurrencyMismatch, LandRightTooShort
from kernel.common.rounding import Rounding, rounded

WHOLE_BP = 10_000
MONTHS_A_YEAR = 12


class Appraisal(msgspec.Struct, frozen=True, kw_only=True):
    """The confirmed value of one item, and what stands before the bank's claim.

    ``prior_claims_minor`` are claims of others that are served before any claim of this bank.
    """

    item_id: str
    kind: CollateralKind
    value_minor: int
    currency: str
    haircut_bp: int = 0
    prior_claims_minor: int = 0


def lendable_minor(
    value_minor: int, haircut_bp: int, ltv_ceiling_bp: int, prior_claims_minor: int = 0
) -> int:
    """What may be lent against a value; never below zero.

    ``value x min(1 - haircut, ceiling)``, rounded down, less the prior claims of others.

    >>> lendable_minor(1_000_000, 2_000, 7_000), lendable_minor(1_000_000, 4_000, 7_000)
    (700000, 600000)
    >>> lendable_minor(1_000_000, 2_000, 7_000, prior_claims_minor=650_000)
    50000
    """
    assert value_minor >= 0, value_minor
    assert 0 <= haircut_bp <= WHOLE_BP, haircut_bp
    assert 0 <= ltv_ceiling_bp <= WHOLE_BP, ltv_ceiling_bp
    assert prior_claims_minor >= 0, prior_claims_minor
    share_bp = min(WHOLE_BP - haircut_bp, ltv_ceiling_bp)
    return max(0, rounded(value_minor * share_bp, WHOLE_BP, Rounding.DOWN) - prior_claims_minor)


def appraised_lendable_minor(appraisal: Appraisal, claim_currency: str, on: datetime.date) -> int:
    """Lendable value of an item for claims in a currency, by the ceiling in force on the day.

    Raises CollateralCurrencyMismatch: nothing is converted here.
    """
    if appraisal.currency != claim_currency:
        raise CollateralCurrencyMismatch(
            collateral_currency=appraisal.currency, claim_currency=claim_currency
        )
    return lendable_minor(
        appraisal.value_minor,
        appraisal.haircut_bp,
        ceiling_bp(appraisal.kind, on),
        appraisal.prior_claims_minor,
    )


def value_needed_minor(lendable_minor: int, share_bp: int) -> int:
    """The smallest appraised value that lends the amount at a share of 1 bp or more.

    >>> value_needed_minor(50_000, 7_000), lendable_minor(71_429, 0, 7_000)
    (71429, 50000)
    """
    return rounded(lendable_minor * WHOLE_BP, share_bp, Rounding.UP)


def whole_months_left(on: datetime.date, ends_on: datetime.date) -> int:
    """Whole calendar months from a day to the end of a contract; zero once it has ended.

    >>> whole_months_left(datetime.date(2026, 3, 15), datetime.date(2027, 3, 14))
    11
    """
    months = (ends_on.year - on.year) * MONTHS_A_YEAR + ends_on.month - on.month
    return max(0, months - (ends_on.day < on.day))


def land_management_right_minor(
    annual_rent_minor: int, months_left: int, growing_crop_minor: int = 0
) -> int:
    """Value of a land management right: rent of the time left, plus the crop on the field.

    ``annual rent x months left / 12``, rounded down, plus the crop. Rent is of the whole area.

    >>> value_minor = land_management_right_minor(60_000_00, 8 * 12, 50_000_00)
    >>> value_minor, lendable_minor(value_minor, 0, 5_000)
    (53000000, 26500000)
    """
    assert min(annual_rent_minor, months_left, growing_crop_minor) >= 0
    rent_minor = rounded(annual_rent_minor * months_left, MONTHS_A_YEAR, Rounding.DOWN)
    return rent_minor + growing_crop_minor


def require_term_within_land_contract(
    term_months: int, on: datetime.date, contract_ends_on: datetime.date
) -> None:
    """A loan against a land management right ends no later than the contract over the land."""
    left = whole_months_left(on, contract_ends_on)
    if term_months > left:
        raise LandRightTooShort(asked_months=term_months, available_months=left)


def rolled_forward(
    base_values_minor: Sequence[int],
    base_indices: Sequence[int],
    indices: Sequence[int],
    rounding: Rounding = Rounding.HALF_UP,
) -> list[int]:
    """Values of many items, moved by a price index: ``v_t = v_0 x idx_t / idx_0``, item by item.

    Three sequences of one length; an index is a whole number of any scale, at least 1. Always
    from the base value, never from the value before: rounding does not add up over time.

    >>> rolled_forward([1_000_000, 333], [1_000, 1_000], [985, 1_015])
    [985000, 338]
    """
    return [
        rounded(value * now, base, rounding)
        for value, base, now in zip(base_values_minor, base_indices, indices, strict=True)
    ]
