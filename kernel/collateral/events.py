"""What can have happened to collateral: stored, fields are added and never renamed.

Units: whole minor units of the item's currency, ``*_bp`` basis points.
"""

from __future__ import annotations

import datetime
from bisect import bisect_left

import msgspec

from kernel.common.facts import Event


class OnItem(Event, frozen=True, kw_only=True):
    """An event of one item."""

    item_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The item."""
        return (f"collateral:{self.item_id}",)


class LandRight(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the register says of a land management right; rent of the whole area."""

    registry_number: str
    contract_ends_on: datetime.date
    annual_rent_minor: int
    growing_crop_minor: int = 0
    crop: str = ""


class CollateralRegistered(OnItem, frozen=True, kw_only=True):
    """An item became known to the bank."""

    kind: str
    owner_id: str
    currency: str
    description: str
    evidence_digest: str
    land_right: LandRight | None = None
    needs_insurance: bool = False

    @property
    def entities(self) -> tuple[str, ...]:
        """The item and its owner."""
        return (f"collateral:{self.item_id}", f"customer:{self.owner_id}")


class CollateralValued(OnItem, frozen=True, kw_only=True):
    """An item was valued. ``base_index`` is the index on that day, if the value follows one."""

    value_minor: int
    source: str
    valuation_method: str
    confidence_bp: int
    valid_until: datetime.date
    haircut_bp: int = 0
    index_id: str | None = None
    base_index: int | None = None


class Price(msgspec.Struct, frozen=True, gc=False):
    """One item's new value."""

    item_id: str
    value_minor: int


class CollateralRevalued(Event, frozen=True, kw_only=True):
    """A part of a price file gave many items new values; ``prices`` in order of ids."""

    run_id: str
    part: int
    file_digest: str
    source: str
    valuation_method: str
    confidence_bp: int
    valid_until: datetime.date
    prices: tuple[Price, ...]

    @property
    def entities(self) -> tuple[str, ...]:
        """The run and its items."""
        items = (f"collateral:{each.item_id}" for each in self.prices)
        return (f"revaluation:{self.run_id}", *items)

    def value_of(self, item_id: str) -> int | None:
        """The new value of an item, None when the part does not name it."""
        at = bisect_left(self.prices, item_id, key=lambda each: each.item_id)
        if at < len(self.prices) and self.prices[at].item_id == item_id:
            return self.prices[at].value_minor
        return None


class PriceIndexPublished(Event, frozen=True, kw_only=True):
    """A price index has a new value from a day: one event, however many items follow it."""

    index_id: str
    published_on: datetime.date
    index_value: int
    source: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The index."""
        return (f"price_index:{self.index_id}",)


class PriorClaimSet(OnItem, frozen=True, kw_only=True):
    """What another creditor is served before the bank."""

    creditor: str
    amount_minor: int


class InsuranceRecorded(OnItem, frozen=True, kw_only=True):
    """The item is insured until a day."""

    policy_number: str
    insurer: str
    insured_minor: int
    expires_on: datetime.date


class CustodyRecorded(OnItem, frozen=True, kw_only=True):
    """The item, or its title, is kept there."""

    custodian: str
    place: str


class OnPledge(OnItem, frozen=True, kw_only=True):
    """An event of the pledge of an item for a contract."""

    contract_id: str
    rank: int

    @property
    def entities(self) -> tuple[str, ...]:
        """The item and the contract."""
        return (f"collateral:{self.item_id}", f"contract:{self.contract_id}")


class CollateralPledged(OnPledge, frozen=True, kw_only=True):
    """An item secures a contract (担保设定)."""

    maximum_amount_minor: int | None = None
    registered_on: datetime.date | None = None
    registration_number: str = ""


class PledgePerfected(OnPledge, frozen=True, kw_only=True):
    """The register took the pledge (登记)."""

    registered_on: datetime.date
    registration_number: str


class PledgeReleased(OnPledge, frozen=True, kw_only=True):
    """The item secures the contract no more (解押)."""

    reason: str


class OnSecurity(Event, frozen=True, kw_only=True):
    """An event of the security of a contract."""

    contract_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The contract."""
        return (f"contract:{self.contract_id}",)


class MarginCallRaised(OnSecurity, frozen=True, kw_only=True):
    """The bank asked for cover, with the figures of the day as the letter told them."""

    due_on: datetime.date
    exposure_minor: int
    covered_minor: int
    add_lendable_minor: int
    repay_minor: int


class MarginCallClosed(OnSecurity, frozen=True, kw_only=True):
    """The call was answered."""

    exposure_minor: int
    covered_minor: int
    reason: str


class CollateralLiquidated(OnItem, frozen=True, kw_only=True):
    """The item was sold: every pledge on it ended, and what it brought repaid the loan.

    ``prior_claims_minor`` of the proceeds went to others first; ``contract_ids`` names every
    contract that it secured.
    """

    contract_id: str
    loan_id: str
    proceeds_minor: int
    prior_claims_minor: int
    repaid_minor: int
    account_id: str
    buyer: str
    contract_ids: tuple[str, ...]

    @property
    def entities(self) -> tuple[str, ...]:
        """The item, the loan, and every contract that it secured."""
        contracts = (f"contract:{one}" for one in self.contract_ids)
        return (f"collateral:{self.item_id}", f"loan:{self.loan_id}", *contracts)
