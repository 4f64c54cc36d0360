"""What the events of contracts and loans share: whom they touch, and their dated form.

Units: whole minor units. Sign of legs: debit positive; a loan's own side of a movement is the
internal account ``LOAN`` of the loan's branch, which the loan's journal clears.
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.facts import Event
from kernel.common.legs import InternalAccount, Leg, internal, internal_parts, is_internal
from kernel.common.limit_uses import LimitUse, UseKind
from kernel.loans.dated import AnyLoanEvent

DRAWDOWN = "LOAN_DRAWDOWN"
REPAYMENT = "LOAN_REPAYMENT"
REFUND = "LOAN_REFUND"
REVERSAL = "LOAN_REVERSAL"
PARTNER_SHARE = "PARTNER_SHARE"
PARTNER_SETTLEMENT = "PARTNER_SETTLEMENT"


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

    ``partner_change_minor`` is found in the same way: what the partner of a joint loan owes the
    bank (debit, positive) or is owed by it, less what earlier events of the loan had said.
    """

    contract_id: str
    loan_id: str
    limit_path: tuple[str, ...] = ()
    principal_change_minor: int = 0
    partner_change_minor: int = 0
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

    @property
    def starts_observation(self) -> bool:
        """Whether relief was given to a debtor in difficulty."""
        return False

    @property
    def about_position(self) -> int:
        """The earlier event that it is about, by log position; 0 when there is none."""
        return 0

    def dated(self, stamp: Stamp) -> AnyLoanEvent | None:
        """What the fold takes of it; None when it changes nothing of how the loan stands."""
        raise NotImplementedError


class OnLoans(Event, frozen=True, kw_only=True):
    """One business act on several loans: each part is what the act is to one of them."""

    @property
    def parts(self) -> tuple[OnLoan, ...]:
        """The act as an event of each loan."""
        raise NotImplementedError

    @property
    def entities(self) -> tuple[str, ...]:
        """Everything that any part touches."""
        return tuple(dict.fromkeys(each for part in self.parts for each in part.entities))

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The legs of all parts."""
        return tuple(leg for part in self.parts for leg in part.legs)

    @property
    def limit_uses(self) -> tuple[LimitUse, ...]:
        """The limit uses of all parts."""
        return tuple(use for part in self.parts for use in part.limit_uses)


def parts_of(event: Event) -> tuple[OnLoan, ...]:
    """What an event is to each loan that it concerns; empty for events of other areas."""
    if isinstance(event, OnLoans):
        return event.parts
    return (event,) if isinstance(event, OnLoan) else ()


def balanced_by_the_loan(
    outside: dict[str, int], partner_minor: int, branch_id: str, currency: str, purpose: str
) -> tuple[Leg, ...]:
    """Legs of the accounts outside, of the partner, and of the loan as the rest.

    An account that does not move has no leg; so a loan that is paid out of another loan has none.
    """
    loan = internal(InternalAccount.LOAN, branch_id)
    partner = internal(InternalAccount.PARTNER, branch_id)
    rest = -sum(outside.values()) - partner_minor
    amounts = {loan: rest, **{a: m for a, m in outside.items() if a != loan}}
    amounts[loan] += outside.get(loan, 0)
    amounts[partner] = amounts.get(partner, 0) + partner_minor
    return tuple(
        Leg(
            account=account,
            amount_minor=amount,
            currency=currency,
            purpose=PARTNER_SHARE if account == partner else purpose,
        )
        for account, amount in amounts.items()
        if amount
    )


def is_the_loans_own(leg: Leg) -> bool:
    """Whether a leg is the loan's or its partner's side of a movement."""
    own = (InternalAccount.LOAN, InternalAccount.PARTNER)
    return is_internal(leg.account) and internal_parts(leg.account)[0] in own


class ChangeOnLoan(OnLoan, frozen=True, kw_only=True):
    """Terms or claims of the loan changed; no money of customers moved."""

    branch_id: str = ""

    @property
    def legs(self) -> tuple[Leg, ...]:
        """What the partner of a joint loan is owed or owes by the change, if anything."""
        return balanced_by_the_loan(
            {}, self.partner_change_minor, self.branch_id, self.currency, PARTNER_SHARE
        )


class MoneyOnLoan(OnLoan, frozen=True, kw_only=True):
    """Money moved between a customer's account and the loan."""

    account_id: str
    branch_id: str
    amount_minor: int

    def moved(self, purpose: str, *, out_of_the_loan: bool) -> tuple[Leg, ...]:
        """Debit and credit of the amount between the loan and the account; the partner's part."""
        amount = -self.amount_minor if out_of_the_loan else self.amount_minor
        return balanced_by_the_loan(
            {self.account_id: amount},
            self.partner_change_minor,
            self.branch_id,
            self.currency,
            purpose,
        )
