"""What the events of contracts and loans share: whom they touch, and their dated form.

Units: whole minor units. Sign of legs: debit positive; a loan's own side of a movement is the
internal account ``LOAN`` of the loan's branch, which the loan's journal clears.
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.facts import Event
from kernel.common.legs import InternalAccount, Leg, internal, is_internal
from kernel.common.limit_uses import LimitUse, UseKind
from kernel.loans.dated import AnyLoanEvent

DRAWDOWN = "LOAN_DRAWDOWN"
REPAYMENT = "LOAN_REPAYMENT"
REFUND = "LOAN_REFUND"
REVERSAL = "LOAN_REVERSAL"


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What the envelope of a fact gives to the dated form of its event.

    ``event_id`` does not depend on the order of arrival (see ``state.entry_id``); ``sequence`` is
    only used for reversals, which can come after what they reverse alone.
    """

    value_date: datetime.date
    event_id: str
    position: int


class OnContract(Event, frozen=True, kw_only=True):
    """An event of a credit contract."""

    contract_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The contract."""
        return (f"contract:{self.contract_id}",)


class OnLoan(Event, frozen=True, kw_only=True):
    """An event of one loan under a contract.

    ``principal_change_minor`` is by how much the principal owed is other than the loan's events
    before had said, on the day of the decision: so the sum of all is what is owed, in whatever
    order events arrived. ``limit_path`` names the limit of the contract and all above it, nearest
    first; empty for a loan that no limit bounds.
    """

    contract_id: str
    loan_id: str
    limit_path: tuple[str, ...] = ()
    principal_change_minor: int = 0
    currency: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The loan, its contract, every account that moves and every limit on the path."""
        accounts = dict.fromkeys(
            f"account:{leg.account}" for leg in self.legs if not is_internal(leg.account)
        )
        limits = (f"limit:{limit_id}" for limit_id in self.limit_path)
        return (f"loan:{self.loan_id}", f"contract:{self.contract_id}", *accounts, *limits)

    @property
    def limit_uses(self) -> tuple[LimitUse, ...]:
        """Principal drawn or given back under the contract's limit."""
        change = self.principal_change_minor
        if not self.limit_path or not change:
            return ()
        use = LimitUse(
            limit_id=self.limit_path[0],
            contract_id=self.contract_id,
            kind=UseKind.USE if change > 0 else UseKind.RESTORE,
            amount_minor=abs(change),
            currency=self.currency,
        )
        return (use,)

    def dated(self, stamp: Stamp) -> AnyLoanEvent | None:
        """What the fold takes of it; None when it changes nothing of how the loan stands."""
        raise NotImplementedError


class MoneyOnLoan(OnLoan, frozen=True, kw_only=True):
    """Money moved between a customer's account and the loan."""

    account_id: str
    branch_id: str
    amount_minor: int

    def moved(self, purpose: str, *, out_of_the_loan: bool) -> tuple[Leg, ...]:
        """Debit and credit of the amount between the loan and the account."""
        sign = 1 if out_of_the_loan else -1
        loan = internal(InternalAccount.LOAN, self.branch_id)
        return (
            Leg(
                account=loan,
                amount_minor=sign * self.amount_minor,
                currency=self.currency,
                purpose=purpose,
            ),
            Leg(
                account=self.account_id,
                amount_minor=-sign * self.amount_minor,
                currency=self.currency,
                purpose=purpose,
            ),
        )
