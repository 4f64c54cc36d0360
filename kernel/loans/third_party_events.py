"""What can have happened to a loan that a third party paid on by its own duty.

A stored contract: fields are added, never renamed. Units: whole minor units; debit positive.
"""

from __future__ import annotations

from kernel.common.legs import Leg
from kernel.loans.dated import AnyLoanEvent, Repayment
from kernel.loans.event_bases import REPAYMENT, MoneyOnLoan, Stamp


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
