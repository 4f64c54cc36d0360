"""What an item lends on a day, or why it lends nothing.

Units: whole minor units of the item's currency. Rounding: see ``valuation``.
Source: 银监发〔2017〕16号 (values age; revaluation), Civil Code arts 402, 403, 441 to 445 (which
pledges exist only once they are registered).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from kernel.collateral.policy import CollateralKind
from kernel.collateral.pool import Item, Pledge
from kernel.collateral.state import ItemState, PledgeHeld, Valuation
from kernel.collateral.valuation import (
    Appraisal,
    appraised_lendable_minor,
    land_management_right_minor,
    rolled_forward,
    whole_months_left,
)

EXISTS_BY_REGISTRATION = frozenset(
    {
        CollateralKind.RESIDENTIAL,
        CollateralKind.COMMERCIAL,
        CollateralKind.INDUSTRIAL,
        CollateralKind.LAND_USE_RIGHT,
        CollateralKind.LISTED_SHARES,
        CollateralKind.RECEIVABLES,
    }
)
"""Pledges of these kinds are none before the register took them."""


class Why(StrEnum):
    """Why an item lends nothing, or that it does."""

    LENDS = "LENDS"
    SOLD = "SOLD"
    NOT_VALUED = "NOT_VALUED"
    VALUATION_EXPIRED = "VALUATION_EXPIRED"
    NOT_INSURED = "NOT_INSURED"


class LendingValue(msgspec.Struct, frozen=True, kw_only=True):
    """Value and lendable value of an item on a day."""

    value_minor: int
    lendable_minor: int
    why: Why


def lending_value(state: ItemState, index_value: int | None, on: datetime.date) -> LendingValue:
    """What an item is worth and lends; ``index_value`` is that of its index on the day.

    A land management right is worth no more than the rent of the time left and the crop.
    """
    valuation = state.valuation
    if state.proceeds_minor is not None:
        return LendingValue(value_minor=0, lendable_minor=0, why=Why.SOLD)
    if valuation is None or state.kind is None:
        return LendingValue(value_minor=0, lendable_minor=0, why=Why.NOT_VALUED)
    value_minor = _value_minor(state, valuation, index_value, on)
    if valuation.valid_until <= on:
        return LendingValue(value_minor=value_minor, lendable_minor=0, why=Why.VALUATION_EXPIRED)
    if state.needs_insurance and not (state.insurance and on < state.insurance.expires_on):
        return LendingValue(value_minor=value_minor, lendable_minor=0, why=Why.NOT_INSURED)
    appraisal = Appraisal(
        item_id=state.item_id,
        kind=state.kind,
        value_minor=value_minor,
        currency=state.currency,
        haircut_bp=valuation.haircut_bp,
        prior_claims_minor=sum(state.prior_claims.values()),
    )
    lendable = appraised_lendable_minor(appraisal, state.currency, on)
    return LendingValue(value_minor=value_minor, lendable_minor=lendable, why=Why.LENDS)


def _value_minor(
    state: ItemState, valuation: Valuation, index_value: int | None, on: datetime.date
) -> int:
    minor = valuation.value_minor
    if valuation.base_index is not None and index_value is not None:
        [minor] = rolled_forward([minor], [valuation.base_index], [index_value])
    right = state.land_right
    if right is None:
        return minor
    months = whole_months_left(on, right.contract_ends_on)
    crop = right.growing_crop_minor if months else 0
    return min(minor, land_management_right_minor(right.annual_rent_minor, months, crop))


def binds(state: ItemState, pledge: PledgeHeld) -> bool:
    """Whether the pledge exists: by agreement, or for some kinds only once it is registered."""
    return pledge.registered_on is not None or state.kind not in EXISTS_BY_REGISTRATION


def pool_item(state: ItemState, index_value: int | None, on: datetime.date) -> Item:
    """The item as the allocation takes it."""
    found = lending_value(state, index_value, on)
    return Item(item_id=state.item_id, lendable_minor=found.lendable_minor, currency=state.currency)


def pool_pledges(states: Iterable[ItemState]) -> list[Pledge]:
    """The pledges that exist, as the allocation takes them; a contract stands where loans do."""
    return [
        Pledge(
            item_id=state.item_id,
            loan_id=each.contract_id,
            rank=each.rank,
            maximum_amount_minor=each.maximum_amount_minor,
            registered_on=each.registered_on,
        )
        for state in states
        for each in state.pledges
        if binds(state, each)
    ]
