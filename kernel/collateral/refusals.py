"""The typed no of collateral.

Units: figures named ``*_minor`` are whole minor units, ``*_months`` whole months.
"""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class CollateralNotFound(Refusal):
    """A pledge or a question names an item that the pool does not hold."""

    code = "COLLATERAL_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Collateral {item_id} does not exist."


class SecuredLoanNotFound(Refusal):
    """A pledge names a loan whose exposure is not given."""

    code = "SECURED_LOAN_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Loan {loan_id} has no exposure in this pool."


class CollateralDuplicate(Refusal):
    """One item, loan or pledge is given twice."""

    code = "COLLATERAL_DUPLICATE"
    kind = Kind.ALREADY_EXISTS
    says = "{what} is given twice."


class CollateralCurrencyMismatch(Refusal):
    """Item and claim are in different currencies: convert first, with the haircut for it."""

    code = "COLLATERAL_CURRENCY_MISMATCH"
    says = "The collateral is valued in {collateral_currency}, the claim is in {claim_currency}."


class LandRightTooShort(Refusal):
    """The loan would outlive the contract over the land."""

    code = "LAND_RIGHT_TOO_SHORT"
    kind = Kind.OUT_OF_RANGE
    says = "The loan runs {asked_months} months, the land contract {available_months} more."


class CollateralExists(Refusal):
    """The item id is taken."""

    code = "COLLATERAL_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "Collateral {item_id} exists already."


class CollateralSold(Refusal):
    """Nothing more is done with an item that was sold."""

    code = "COLLATERAL_SOLD"
    says = "Collateral {item_id} was sold for {proceeds_minor}."


class LandContractMissing(Refusal):
    """A land management right comes with its land contract, other kinds come without."""

    code = "LAND_CONTRACT_MISMATCH"
    says = "An item of kind {collateral_kind} comes {how} a land contract."


class PriceIndexNotFound(Refusal):
    """The index that a value should follow was never published until the day."""

    code = "PRICE_INDEX_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Index {index_id} has no value on {on}."


class PledgeExists(Refusal):
    """The item secures the contract at that rank already."""

    code = "PLEDGE_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "{item_id} secures {contract_id} at rank {rank} already."


class PledgeNotFound(Refusal):
    """The item does not secure the contract at that rank."""

    code = "PLEDGE_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "{item_id} does not secure {contract_id} at rank {rank}."


class PledgePerfectedAlready(Refusal):
    """The register took the pledge before."""

    code = "PLEDGE_PERFECTED_ALREADY"
    kind = Kind.ALREADY_EXISTS
    says = "The pledge of {item_id} for {contract_id} was registered on {registered_on}."


class CoverageShort(Refusal):
    """Pledges cover too little of what is or would be owed."""

    code = "COVERAGE_SHORT"
    says = (
        "Contract {contract_id} owes {exposure_minor} and needs cover of {needed_minor} "
        "({needed_bp} bp); its pledges reach {reached_minor}."
    )


class PoolTooLarge(Refusal):
    """Too many items and contracts hang together to be looked at in one decision."""

    code = "COLLATERAL_POOL_TOO_LARGE"
    says = "More than {max_members} items and contracts hang together with {contract_id}."


class MarginCallOpen(Refusal):
    """There is a call already."""

    code = "MARGIN_CALL_OPEN"
    kind = Kind.ALREADY_EXISTS
    says = "Contract {contract_id} has a call that is due on {due_on}."


class NoMarginCall(Refusal):
    """There is no open call."""

    code = "NO_MARGIN_CALL"
    kind = Kind.NOT_FOUND
    says = "Contract {contract_id} has no open call."


class StillCovered(Refusal):
    """A call needs a shortfall."""

    code = "STILL_COVERED"
    says = "Contract {contract_id} owes {exposure_minor} and is covered with {reached_minor}."


class NotInDefault(Refusal):
    """An item is sold when a call went unanswered or the loan is overdue."""

    code = "NOT_IN_DEFAULT"
    says = "Loan {loan_id} is not overdue on {on}, and no call of {contract_id} has passed its day."


class EarlierRankFirst(Refusal):
    """A pledge of an earlier rank still secures a claim."""

    code = "EARLIER_RANK_FIRST"
    says = "{item_id} first serves contract {contract_id} at rank {rank}, which owes {owed_minor}."
