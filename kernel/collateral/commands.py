"""What can be asked of collateral: items, their values, pledges, and what follows a shortfall.

Units: whole minor units of the item's currency, ``*_bp`` basis points, an index is a whole number
of any scale. Dates are business days; ``valid_until`` and ``expires_on`` are the first day on which
something holds no more.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from kernel.collateral.policy import CollateralKind
from kernel.common.commands import Command
from kernel.common.fields import (
    AmountMinor,
    AmountMinorOrZero,
    CurrencyCode,
    Day,
    Id,
    RequiredText,
    Text,
)

ROWS_MAX = 1_000
BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Rank = Annotated[int, msgspec.Meta(ge=1, le=99)]
IndexValue = Annotated[int, msgspec.Meta(ge=1, le=10**12)]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32,128}\Z")]
Part = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class ValuationMethod(StrEnum):
    """How a value was found."""

    APPRAISAL = "APPRAISAL"
    MARKET_PRICE = "MARKET_PRICE"
    MODEL = "MODEL"
    RENT_OF_TIME_LEFT = "RENT_OF_TIME_LEFT"


class LandContract(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the register says of a land management right (土地经营权); rent of the whole area."""

    registry_number: RequiredText
    contract_ends_on: Day
    annual_rent_minor: AmountMinorOrZero
    growing_crop_minor: AmountMinorOrZero = 0
    crop: Text = ""


class ItemPrice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of a price file."""

    item_id: Id
    value_minor: AmountMinorOrZero


class CollateralCommand(Command, frozen=True, kw_only=True):
    """A command about one item."""

    item_id: Id

    @property
    def touches(self) -> tuple[str, ...]:
        """The item."""
        return (f"collateral:{self.item_id}",)


class RegisterCollateral(CollateralCommand, frozen=True, kw_only=True):
    """Make an item known: what it is, whose, and by which evidence.

    A land management right brings its land contract. With ``needs_insurance`` the item covers
    nothing while no insurance is in force.
    """

    collateral_kind: CollateralKind
    owner_id: Id
    currency: CurrencyCode
    description: RequiredText
    evidence_digest: Digest
    land_contract: LandContract | None = None
    needs_insurance: bool = False


class ValueCollateral(CollateralCommand, frozen=True, kw_only=True):
    """Say what an item is worth; with an index the value follows it from today on."""

    value_minor: AmountMinorOrZero
    source: RequiredText
    valuation_method: ValuationMethod
    confidence_bp: BasisPoints
    valid_until: Day
    haircut_bp: BasisPoints = 0
    index_id: Id | None = None


class RevalueCollateral(Command, frozen=True, kw_only=True):
    """A part of a price file: new values of many items; each keeps its haircut."""

    run_id: Id
    part: Part
    file_digest: Digest
    source: RequiredText
    valuation_method: ValuationMethod
    confidence_bp: BasisPoints
    valid_until: Day
    prices: Annotated[tuple[ItemPrice, ...], msgspec.Meta(min_length=1, max_length=ROWS_MAX)]

    @property
    def touches(self) -> tuple[str, ...]:
        """The items."""
        return tuple(f"collateral:{each.item_id}" for each in self.prices)


class PublishPriceIndex(Command, frozen=True, kw_only=True):
    """A price index has a new value: every item that follows it is worth that much more or less."""

    index_id: Id
    published_on: Day
    index_value: IndexValue
    source: RequiredText

    @property
    def touches(self) -> tuple[str, ...]:
        """The index."""
        return (f"price_index:{self.index_id}",)


class SetPriorClaim(CollateralCommand, frozen=True, kw_only=True):
    """What another creditor gets from the item before this bank; 0 when it is gone."""

    creditor: RequiredText
    amount_minor: AmountMinorOrZero


class RecordInsurance(CollateralCommand, frozen=True, kw_only=True):
    """An insurance of the item with the bank as beneficiary."""

    policy_number: RequiredText
    insurer: RequiredText
    insured_minor: AmountMinor
    expires_on: Day


class RecordCustody(CollateralCommand, frozen=True, kw_only=True):
    """Where an item or its title is kept from now on, and by whom."""

    custodian: RequiredText
    place: RequiredText


class PledgeCommand(CollateralCommand, frozen=True, kw_only=True):
    """A command about the pledge of an item for a contract at a rank."""

    contract_id: Id
    rank: Rank

    @property
    def touches(self) -> tuple[str, ...]:
        """The item and the contract."""
        return (f"collateral:{self.item_id}", f"contract:{self.contract_id}")


class PledgeCollateral(PledgeCommand, frozen=True, kw_only=True):
    """An item secures a contract, to the full or up to a maximum amount (最高额)."""

    maximum_amount_minor: AmountMinor | None = None
    registered_on: Day | None = None
    registration_number: Text = ""


class PerfectPledge(PledgeCommand, frozen=True, kw_only=True):
    """The register took the pledge."""

    registered_on: Day
    registration_number: RequiredText


class ReleasePledge(PledgeCommand, frozen=True, kw_only=True):
    """The item secures the contract no more; what is owed stays covered."""

    reason: RequiredText


class SecurityCommand(Command, frozen=True, kw_only=True):
    """A command about the security of one contract."""

    contract_id: Id

    @property
    def touches(self) -> tuple[str, ...]:
        """The contract."""
        return (f"contract:{self.contract_id}",)


class RaiseMarginCall(SecurityCommand, frozen=True, kw_only=True):
    """Ask for more collateral, or for money, until a day (追加担保通知)."""

    due_on: Day


class CloseMarginCall(SecurityCommand, frozen=True, kw_only=True):
    """The call was answered: the contract is covered again."""

    reason: RequiredText


class LiquidateCollateral(CollateralCommand, frozen=True, kw_only=True):
    """The item was sold; what it brought stands on an account and repays the loan (处置押品)."""

    loan_id: Id
    proceeds_minor: AmountMinor
    account_id: Id
    buyer: RequiredText

    @property
    def touches(self) -> tuple[str, ...]:
        """The item, the loan and the account."""
        return (
            f"collateral:{self.item_id}",
            f"loan:{self.loan_id}",
            f"account:{self.account_id}",
        )
