"""The decisions on items: register, value, insure, keep.

Units: whole minor units. Source: 银监发〔2017〕16号 (register, valuation, monitoring).
"""

from __future__ import annotations

from itertools import pairwise

from kernel.collateral.commands import (
    PublishPriceIndex,
    RecordCustody,
    RecordInsurance,
    RegisterCollateral,
    RevalueCollateral,
    SetPriorClaim,
    ValueCollateral,
)
from kernel.collateral.events import (
    CollateralRegistered,
    CollateralRevalued,
    CollateralValued,
    CustodyRecorded,
    InsuranceRecorded,
    LandRight,
    Price,
    PriceIndexPublished,
    PriorClaimSet,
)
from kernel.collateral.policy import CollateralKind
from kernel.collateral.refusals import (
    CollateralExists,
    CollateralNotFound,
    CollateralSold,
    LandContractMissing,
    PriceIndexNotFound,
)
from kernel.collateral.state import ItemState
from kernel.common.moment import Moment
from kernel.common.refusals import InvalidInput


def require_item(state: ItemState, item_id: str) -> None:
    """The item exists and was not sold."""
    if not state.item_id:
        raise CollateralNotFound(item_id=item_id)
    if state.proceeds_minor is not None:
        raise CollateralSold(item_id=item_id, proceeds_minor=state.proceeds_minor)


def register_collateral(command: RegisterCollateral, state: ItemState) -> CollateralRegistered:
    """Make an item known."""
    if state.item_id:
        raise CollateralExists(item_id=command.item_id)
    is_land = command.collateral_kind is CollateralKind.LAND_MANAGEMENT_RIGHT
    land = command.land_contract
    if is_land != (land is not None):
        raise LandContractMissing(
            collateral_kind=command.collateral_kind.value, how="with" if is_land else "without"
        )
    return CollateralRegistered(
        item_id=command.item_id,
        kind=command.collateral_kind.value,
        owner_id=command.owner_id,
        currency=command.currency,
        description=command.description,
        evidence_digest=command.evidence_digest,
        land_right=LandRight(
            registry_number=land.registry_number,
            contract_ends_on=land.contract_ends_on,
            annual_rent_minor=land.annual_rent_minor,
            growing_crop_minor=land.growing_crop_minor,
            crop=land.crop,
        )
        if land
        else None,
        needs_insurance=command.needs_insurance,
    )


def value_collateral(
    command: ValueCollateral, state: ItemState, base_index: int | None, at: Moment
) -> CollateralValued:
    """Say what an item is worth; ``base_index`` is the value of the index named on this day."""
    require_item(state, command.item_id)
    if command.valid_until <= at.booking_date:
        raise InvalidInput(("valid_until", "must lie behind the booking date"))
    if command.index_id is not None and base_index is None:
        raise PriceIndexNotFound(index_id=command.index_id, on=str(at.booking_date))
    return CollateralValued(
        item_id=command.item_id,
        value_minor=command.value_minor,
        source=command.source,
        valuation_method=command.valuation_method.value,
        confidence_bp=command.confidence_bp,
        valid_until=command.valid_until,
        haircut_bp=command.haircut_bp,
        index_id=command.index_id,
        base_index=base_index,
    )


def revalue_collateral(command: RevalueCollateral, at: Moment) -> CollateralRevalued:
    """New values of many items that exist; none is named twice."""
    if command.valid_until <= at.booking_date:
        raise InvalidInput(("valid_until", "must lie behind the booking date"))
    prices = sorted((Price(one.item_id, one.value_minor) for one in command.prices), key=_by_id)
    for first, second in pairwise(prices):
        if first.item_id == second.item_id:
            raise InvalidInput(("prices", f"{first.item_id} is named twice"))
    return CollateralRevalued(
        run_id=command.run_id,
        part=command.part,
        file_digest=command.file_digest,
        source=command.source,
        valuation_method=command.valuation_method.value,
        confidence_bp=command.confidence_bp,
        valid_until=command.valid_until,
        prices=tuple(prices),
    )


def _by_id(price: Price) -> str:
    return price.item_id


def publish_price_index(command: PublishPriceIndex) -> PriceIndexPublished:
    """A new value of an index; said again for the same day, the later word counts."""
    return PriceIndexPublished(
        index_id=command.index_id,
        published_on=command.published_on,
        index_value=command.index_value,
        source=command.source,
    )


def set_prior_claim(command: SetPriorClaim, state: ItemState) -> PriorClaimSet:
    """What another creditor gets first."""
    require_item(state, command.item_id)
    return PriorClaimSet(
        item_id=command.item_id, creditor=command.creditor, amount_minor=command.amount_minor
    )


def record_insurance(command: RecordInsurance, state: ItemState) -> InsuranceRecorded:
    """An insurance of the item."""
    require_item(state, command.item_id)
    return InsuranceRecorded(
        item_id=command.item_id,
        policy_number=command.policy_number,
        insurer=command.insurer,
        insured_minor=command.insured_minor,
        expires_on=command.expires_on,
    )


def record_custody(command: RecordCustody, state: ItemState) -> CustodyRecorded:
    """Where the item is kept."""
    require_item(state, command.item_id)
    return CustodyRecorded(
        item_id=command.item_id, custodian=command.custodian, place=command.place
    )
