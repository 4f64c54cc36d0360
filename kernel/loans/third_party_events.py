"""What can have happened to a loan that a third party paid on by its own duty.

A stored contract: fields are added, never renamed. Units: whole minor units; debit positive.
"""

from __future__ import annotations

from kernel.common.legs import InternalAccount, Leg, internal
from kernel.loans.dated import AnyLoanEvent, Repayment, SubsidyClaimed, SubsidySettled
from kernel.loans.event_bases import REPAYMENT, MoneyOnLoan, Stamp

SUBSIDY = "INTEREST_SUBSIDY"


class LoanCompensated(MoneyOnLoan, frozen=True, kw_only=True):
    """A guarantor paid what was overdue, in its own name (代偿).

    What it paid it may claim from the debtor; that claim is none of the bank's books.
    """

    guarantor_id: str

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the guarantor's account, credit the loan."""
        return self.moved(REPAYMENT, out_of_the_loan=False)

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A repayment by the guarantor."""
        return Repayment(
            value_date=stamp.value_date,
            event_id=stamp.event_id,
            amount_minor=self.amount_minor,
            guarantor_id=self.guarantor_id,
        )


class InterestSubsidyClaimed(MoneyOnLoan, frozen=True, kw_only=True):
    """The bank claimed interest that is due from a fiscal office instead of the debtor (财政贴息).

    ``account_id`` is the bank's own, of such claims; ``programme`` says by what the office owes it.
    """

    office: str
    programme: str

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the claim on the office, credit the loan."""
        return self.moved(SUBSIDY, out_of_the_loan=False)

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """Interest that the debtor owes no more."""
        return SubsidyClaimed(
            value_date=stamp.value_date, event_id=stamp.event_id, amount_minor=self.amount_minor
        )


class InterestSubsidySettled(MoneyOnLoan, frozen=True, kw_only=True):
    """The fiscal office paid what was claimed of it, out of an account or over clearing."""

    reference: str = ""

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit where the money came from, credit the claim on the office."""
        claim = internal(InternalAccount.SUBSIDY, self.branch_id)
        parts = ((self.account_id, self.amount_minor), (claim, -self.amount_minor))
        return tuple(
            Leg(account=account, amount_minor=minor, currency=self.currency, purpose=SUBSIDY)
            for account, minor in parts
        )

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A settlement, which changes nothing of how the loan stands."""
        return SubsidySettled(
            value_date=stamp.value_date, event_id=stamp.event_id, amount_minor=self.amount_minor
        )
