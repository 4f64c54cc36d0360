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
