"""What can have happened to several loans at once, or between the bank and its partners.

A stored contract: fields are added, never renamed. Units: whole minor units; debit positive.
"""

from __future__ import annotations

from kernel.common.legs import InternalAccount, Leg, internal
from kernel.loans.dated import AnyLoanEvent, Repayment
from kernel.loans.event_bases import (
    PARTNER_SETTLEMENT,
    REPAYMENT,
    ChangeOnLoan,
    MoneyOnLoan,
    OnLoan,
    OnLoans,
    Stamp,
)
from kernel.loans.money_events import Drawn, LoanEntryReversed, PaidOff, Repaid


class Refinanced(OnLoans, frozen=True, kw_only=True):
    """A new loan paid an old one back in whole (借新还旧); no account moved."""

    new_loan: Drawn
    old_loan: PaidOff

    @property
    def parts(self) -> tuple[OnLoan, ...]:
        """The draw and the payoff."""
        return (self.new_loan, self.old_loan)


class FacilityRepaid(OnLoans, frozen=True, kw_only=True):
    """One payment on all loans of a contract, oldest due first."""

    repaid: tuple[Repaid, ...]

    @property
    def parts(self) -> tuple[OnLoan, ...]:
        """What each loan got."""
        return self.repaid


class LoanEntriesReversed(OnLoans, frozen=True, kw_only=True):
    """An earlier act on several loans counts as never having been, for all of them."""

    reversals: tuple[LoanEntryReversed, ...]

    @property
    def parts(self) -> tuple[OnLoan, ...]:
        """The reversal on each loan."""
        return self.reversals


class AssetTaken(MoneyOnLoan, frozen=True, kw_only=True):
    """The bank took an asset for the debt (以物抵债), at fair value."""

    asset: str
    approval: str

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the assets to be sold, credit the loan."""
        return self.moved(REPAYMENT, out_of_the_loan=False)

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A repayment; what is beyond the dues prepays."""
        return Repayment(
            value_date=stamp.value_date,
            event_id=stamp.event_id,
            amount_minor=self.amount_minor,
            mode="in_advance",
        )


class PartnerShareSettled(ChangeOnLoan, frozen=True, kw_only=True):
    """What the partner of a loan owed (positive) or was owed was paid over clearing."""

    partner_id: str
    settled_minor: int

    @property
    def legs(self) -> tuple[Leg, ...]:
        """What is due since the last event, then the payment itself."""
        paid = (
            (InternalAccount.CLEARING, self.settled_minor),
            (InternalAccount.PARTNER, -self.settled_minor),
        )
        return super().legs + tuple(
            Leg(
                account=internal(account, self.branch_id),
                amount_minor=amount,
                currency=self.currency,
                purpose=PARTNER_SETTLEMENT,
            )
            for account, amount in paid
            if amount
        )

    def dated(self, stamp: Stamp) -> AnyLoanEvent | None:
        """It is nothing to the borrower."""
        return None


class PartnerSettled(OnLoans, frozen=True, kw_only=True):
    """The bank and a partner settled what joint loans had brought."""

    settled: tuple[PartnerShareSettled, ...]

    @property
    def parts(self) -> tuple[OnLoan, ...]:
        """What was settled of each loan."""
        return self.settled
