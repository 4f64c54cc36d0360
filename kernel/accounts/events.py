"""What can have happened to accounts: a stored contract, fields are added and never renamed.

Units: amounts in whole minor units of the account's currency. Sign of legs: debit positive.
"""

from __future__ import annotations

import datetime

from kernel.accounts.commands import RestraintDirection, RestraintKind
from kernel.common.facts import Event
from kernel.common.legs import CapUse, HoldChange, InternalAccount, Leg, cap_uses, internal
from kernel.common.terms import AccountClass

LONG_SUSPENSE = "LONG_SUSPENSE"
FEE = "FEE"


class AccountEvent(Event, frozen=True, kw_only=True):
    """An event of one account."""

    account_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The account."""
        return (f"account:{self.account_id}",)


class AccountOpened(AccountEvent, frozen=True, kw_only=True):
    """A contract for an account, with the product version that it pins."""

    customer_id: str
    product_id: str
    product_version: int
    branch_id: str
    currency: str
    account_class: AccountClass
    posting_class: str
    overdraft_max_minor: int = 0
    bound_account_id: str | None = None

    @property
    def entities(self) -> tuple[str, ...]:
        """The account and its holder."""
        return (f"account:{self.account_id}", f"customer:{self.customer_id}")


class AccountClosed(AccountEvent, frozen=True, kw_only=True):
    """The account is closed for good, at balance zero."""

    customer_id: str
    reason: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The account and its holder."""
        return (f"account:{self.account_id}", f"customer:{self.customer_id}")


class AccountMarkedDormant(AccountEvent, frozen=True, kw_only=True):
    """The account rests: its holder's debits wait for a reactivation."""

    reason: str


class AccountLimitedToCounter(AccountEvent, frozen=True, kw_only=True):
    """Never used since its opening: debits at the counter only, until its holder is verified."""


class DormancyNoticeGiven(AccountEvent, frozen=True, kw_only=True):
    """The company was told that its account is deemed closed from a day on, if it stays unused."""

    given_on: datetime.date
    closes_on: datetime.date


class LongSuspenseEvent(AccountEvent, frozen=True, kw_only=True):
    """Money between an account and long suspense."""

    branch_id: str
    currency: str
    amount_minor: int

    def _legs(self, from_account_minor: int) -> tuple[Leg, ...]:
        suspense = internal(InternalAccount.LONG_SUSPENSE, self.branch_id)
        return tuple(
            Leg(account=account, amount_minor=minor, currency=self.currency, purpose=LONG_SUSPENSE)
            for account, minor in (
                (self.account_id, from_account_minor),
                (suspense, -from_account_minor),
            )
        )


class MovedToLongSuspense(LongSuspenseEvent, frozen=True, kw_only=True):
    """The balance of an account that is deemed closed; it is still owed to its holder."""

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the account, credit long suspense."""
        return self._legs(self.amount_minor)


class LongSuspenseClaimed(LongSuspenseEvent, frozen=True, kw_only=True):
    """The holder claimed the money."""

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit long suspense, credit the account."""
        return self._legs(-self.amount_minor)


class AccountFeeCharged(AccountEvent, frozen=True, kw_only=True):
    """The bank took a fee; ``tax_minor`` of the amount is value added tax."""

    branch_id: str
    currency: str
    amount_minor: int
    tax_minor: int = 0
    name: str

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the account, credit income and, where the fee is taxed, the tax."""
        parts = (
            (self.account_id, self.amount_minor),
            (
                internal(InternalAccount.FEE_INCOME, self.branch_id),
                self.tax_minor - self.amount_minor,
            ),
            (internal(InternalAccount.OUTPUT_VAT, self.branch_id), -self.tax_minor),
        )
        return tuple(
            Leg(account=account, amount_minor=minor, currency=self.currency, purpose=FEE)
            for account, minor in parts
            if minor
        )


class AccountReactivated(AccountEvent, frozen=True, kw_only=True):
    """The account is active again."""

    evidence_id: str


class OverdraftLimitSet(AccountEvent, frozen=True, kw_only=True):
    """The overdraft limit from now on."""

    limit_minor: int


class BoundAccountChanged(AccountEvent, frozen=True, kw_only=True):
    """The account is bound to another class Ⅰ account."""

    bound_account_id: str
    evidence_id: str


class HoldPlaced(AccountEvent, frozen=True, kw_only=True):
    """Money set aside."""

    hold_id: str
    amount_minor: int
    currency: str
    expires_on: datetime.date
    reason: str

    @property
    def hold_changes(self) -> tuple[HoldChange, ...]:
        """The hold, placed."""
        return (
            HoldChange(
                hold_id=self.hold_id,
                account=self.account_id,
                amount_minor=self.amount_minor,
                expires_on=self.expires_on,
            ),
        )


class HoldCaptured(AccountEvent, frozen=True, kw_only=True):
    """Held money paid to another account; ``released_minor`` of the rest let go with it."""

    hold_id: str
    amount_minor: int
    released_minor: int = 0
    currency: str
    payee_account_id: str
    payer_capped: bool = False
    payee_capped: bool = False

    @property
    def entities(self) -> tuple[str, ...]:
        """Both accounts."""
        return (f"account:{self.account_id}", f"account:{self.payee_account_id}")

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the holder's account, credit the payee's."""
        return (
            Leg(
                account=self.account_id,
                amount_minor=self.amount_minor,
                currency=self.currency,
                purpose="HOLD_CAPTURE",
            ),
            Leg(
                account=self.payee_account_id,
                amount_minor=-self.amount_minor,
                currency=self.currency,
                purpose="HOLD_CAPTURE",
            ),
        )

    @property
    def hold_changes(self) -> tuple[HoldChange, ...]:
        """What was captured, and what was let go."""
        return (
            HoldChange(
                hold_id=self.hold_id,
                account=self.account_id,
                amount_minor=-(self.amount_minor + self.released_minor),
            ),
        )

    @property
    def cap_uses(self) -> tuple[CapUse, ...]:
        """Use of the caps of either side."""
        return cap_uses(
            self.amount_minor,
            out_of=self.account_id if self.payer_capped else None,
            into=self.payee_account_id if self.payee_capped else None,
        )


class HoldReleased(AccountEvent, frozen=True, kw_only=True):
    """The rest of a hold let go."""

    hold_id: str
    amount_minor: int
    reason: str

    @property
    def hold_changes(self) -> tuple[HoldChange, ...]:
        """The hold, ended."""
        return (
            HoldChange(
                hold_id=self.hold_id, account=self.account_id, amount_minor=-self.amount_minor
            ),
        )


class RestraintPlaced(AccountEvent, frozen=True, kw_only=True):
    """An account is restrained; ``amount_minor`` None means the whole account."""

    restraint_id: str
    kind: RestraintKind
    authority: str
    notice_number: str
    direction: RestraintDirection
    amount_minor: int | None = None
    placed_on: datetime.date
    expires_on: datetime.date | None = None
    placed_by: str


class RestraintRenewed(AccountEvent, frozen=True, kw_only=True):
    """A freeze lasts longer, on a new notice."""

    restraint_id: str
    notice_number: str
    expires_on: datetime.date


class RestraintLifted(AccountEvent, frozen=True, kw_only=True):
    """A restraint ended before its time."""

    restraint_id: str
    authority: str
    reason: str
