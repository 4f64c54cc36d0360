"""What can be asked of accounts.

Units: amounts in whole minor units; dates are business days.
"""

from __future__ import annotations

from enum import StrEnum

from kernel.common.commands import Command
from kernel.common.fields import (
    AmountMinor,
    AmountMinorOrZero,
    CurrencyCode,
    Day,
    Id,
    RequiredText,
)


class RestraintKind(StrEnum):
    """Why an account is restrained, and so who may lift it and how long it lasts."""

    JUDICIAL_FREEZE = "JUDICIAL_FREEZE"
    QUEUED_FREEZE = "QUEUED_FREEZE"
    EMERGENCY_STOP = "EMERGENCY_STOP"
    CASE_ACCOUNT = "CASE_ACCOUNT"
    BANK_HOLD = "BANK_HOLD"
    LOSS_REPORT = "LOSS_REPORT"


class RestraintDirection(StrEnum):
    """Which movements a restraint stops."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"
    BOTH = "BOTH"


class AccountCommand(Command, frozen=True, kw_only=True):
    """A command about one account."""

    account_id: Id

    @property
    def touches(self) -> tuple[str, ...]:
        """The account."""
        return (f"account:{self.account_id}",)


class OpenAccount(AccountCommand, frozen=True, kw_only=True):
    """Open an account of a product; the newest version in force unless one is named.

    ``bound_account_id`` is the holder's class Ⅰ account that a class Ⅱ or Ⅲ account is bound to.
    """

    customer_id: Id
    product_id: Id
    branch_id: Id
    product_version: int | None = None
    bound_account_id: Id | None = None

    @property
    def touches(self) -> tuple[str, ...]:
        """The account, its holder, its product and the bound account."""
        bound = (f"account:{self.bound_account_id}",) if self.bound_account_id else ()
        return (
            f"account:{self.account_id}",
            f"customer:{self.customer_id}",
            f"product:{self.product_id}",
            *bound,
        )


class CloseAccount(AccountCommand, frozen=True, kw_only=True):
    """Close an account for good; its interest was settled on closing."""

    reason: RequiredText

    @property
    def demands(self) -> tuple[tuple[str, str], ...]:
        """Its interest, of which nothing may be left."""
        return (("interest", f"account:{self.account_id}"),)


class MarkDormant(AccountCommand, frozen=True, kw_only=True):
    """Put an account without movements to rest: no debits until it is reactivated."""

    reason: RequiredText


class DormancyStep(StrEnum):
    """Steps of the dormancy ladder (see ``dormancy``)."""

    COUNTER_ONLY = "COUNTER_ONLY"
    INACTIVE = "INACTIVE"
    NOTICE = "NOTICE"
    LONG_SUSPENSE = "LONG_SUSPENSE"


class TakeDormancyStep(AccountCommand, frozen=True, kw_only=True):
    """Take the step of the dormancy ladder that is due on an account."""

    step: DormancyStep

    @property
    def demands(self) -> tuple[tuple[str, str], ...]:
        """When it was last used, and its interest."""
        entity = f"account:{self.account_id}"
        return (("activity", entity), ("interest", entity))


class ReactivateAccount(AccountCommand, frozen=True, kw_only=True):
    """Bring an account back that is dormant or limited to the counter, on evidence that its holder
    asked for it; with its money from long suspense."""

    evidence_id: Id

    @property
    def demands(self) -> tuple[tuple[str, str], ...]:
        """What lies in long suspense."""
        return (("activity", f"account:{self.account_id}"),)


class SetOverdraftLimit(AccountCommand, frozen=True, kw_only=True):
    """Grant, change or end an overdraft limit."""

    limit_minor: AmountMinorOrZero


class ChangeBoundAccount(AccountCommand, frozen=True, kw_only=True):
    """Bind a class Ⅱ or Ⅲ account to another class Ⅰ account of its holder."""

    bound_account_id: Id
    evidence_id: Id

    @property
    def touches(self) -> tuple[str, ...]:
        """Both accounts."""
        return (f"account:{self.account_id}", f"account:{self.bound_account_id}")


class ChargeAccountFee(AccountCommand, frozen=True, kw_only=True):
    """Take a fee, tax included, for a service of the account; ``name`` says what it is for."""

    amount_minor: AmountMinor
    name: RequiredText
    value_date: Day | None = None


class PlaceHold(AccountCommand, frozen=True, kw_only=True):
    """Set money aside; the hold binds until captured, released or the day ``expires_on``."""

    hold_id: Id
    amount_minor: AmountMinor
    currency: CurrencyCode
    expires_on: Day
    reason: RequiredText


class CaptureHold(AccountCommand, frozen=True, kw_only=True):
    """Pay all or a part of a hold to another account; ``release_rest`` lets the rest go."""

    hold_id: Id
    amount_minor: AmountMinor
    payee_account_id: Id
    release_rest: bool = False

    @property
    def touches(self) -> tuple[str, ...]:
        """Both accounts."""
        return (f"account:{self.account_id}", f"account:{self.payee_account_id}")


class ReleaseHold(AccountCommand, frozen=True, kw_only=True):
    """Let the rest of a hold go."""

    hold_id: Id
    reason: RequiredText


class PlaceRestraint(AccountCommand, frozen=True, kw_only=True):
    """Restrain an account: a whole direction, or an amount of it.

    ``amount_minor`` absent means the whole account; ``expires_on`` is the first day it no longer
    binds.
    """

    restraint_id: Id
    kind: RestraintKind
    authority: RequiredText
    notice_number: RequiredText
    direction: RestraintDirection
    amount_minor: AmountMinor | None = None
    expires_on: Day | None = None


class RenewRestraint(AccountCommand, frozen=True, kw_only=True):
    """Prolong a judicial freeze on a new notice."""

    restraint_id: Id
    notice_number: RequiredText
    expires_on: Day


class LiftRestraint(AccountCommand, frozen=True, kw_only=True):
    """End a restraint before its time."""

    restraint_id: Id
    authority: RequiredText
    reason: RequiredText
