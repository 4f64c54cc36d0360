"""What can be asked when a loan's terms or claims change without money moving.

Units: amounts in whole minor units, rates in ppm a year, dates are business days.
"""

from __future__ import annotations

from enum import StrEnum

from kernel.common.fields import AmountMinor, Day, Id, RequiredText
from kernel.loans.commands import Instalments, LoanCommand, RatePpm


class WaivedClaim(StrEnum):
    """What is forgiven: fees, interest, or penalty with compound interest."""

    FEE = "FEE"
    INTEREST = "INTEREST"
    PENALTY = "PENALTY"


class RateApplies(StrEnum):
    """From when a new rate counts."""

    FROM_DAY = "FROM_DAY"
    NEXT_PERIOD = "NEXT_PERIOD"


class RestructuredMethod(StrEnum):
    """How the principal comes back after a restructuring."""

    EQUAL_INSTALMENT = "EQUAL_INSTALMENT"
    EQUAL_PRINCIPAL = "EQUAL_PRINCIPAL"
    INTEREST_FIRST = "INTEREST_FIRST"
    BULLET = "BULLET"


class ChargeLoanFee(LoanCommand, frozen=True, kw_only=True):
    """Ask for a fee with the current instalment."""

    amount_minor: AmountMinor
    name: RequiredText


class WaiveClaim(LoanCommand, frozen=True, kw_only=True):
    """Forgive fees, interest or penalty: an amount, or all that is due when none is named."""

    what: WaivedClaim
    amount_minor: AmountMinor | None = None
    reason: RequiredText


class SetLoanRate(LoanCommand, frozen=True, kw_only=True):
    """Set a new rate; as relief it may lie below what the product lends at."""

    annual_rate_ppm: RatePpm
    applies: RateApplies = RateApplies.FROM_DAY
    is_relief: bool = False
    reason: RequiredText


class PauseLoanInterest(LoanCommand, frozen=True, kw_only=True):
    """No interest from the value date until and with a day."""

    until: Day
    reason: RequiredText


class MoveDueDate(LoanCommand, frozen=True, kw_only=True):
    """Let the next instalment fall due on another day, the later ones in rhythm after it."""

    next_due_date: Day


class ExtendLoan(LoanCommand, frozen=True, kw_only=True):
    """Add instalments before the loan matures."""

    instalments: Instalments
    debtor_in_difficulty: bool


class RestructureLoan(LoanCommand, frozen=True, kw_only=True):
    """Schedule all that is owed anew; what is not named stays as it was."""

    instalments: Instalments
    first_due_date: Day
    annual_rate_ppm: RatePpm | None = None
    method: RestructuredMethod | None = None
    capitalise: bool = False
    debtor_in_difficulty: bool


class RepriceLoan(LoanCommand, frozen=True, kw_only=True):
    """Set the rate of a floating loan by its index; the value date is its repricing day."""


class AccelerateLoan(LoanCommand, frozen=True, kw_only=True):
    """Let all principal and accrued interest fall due at once."""

    reason: RequiredText


class WriteOffLoan(LoanCommand, frozen=True, kw_only=True):
    """Take a loan out of the books, by an approval that lies elsewhere; it is still owed."""

    approval: Id
