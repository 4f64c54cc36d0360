"""What can be asked of payments.

Units: amounts in whole minor units; dates are business days. ``value_date`` absent means the
booking date. ``ordering_customer_id`` is the customer who orders; it must hold the payer's account.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from kernel.common.commands import Command
from kernel.common.fields import AmountMinor, CurrencyCode, Day, Id, RequiredText, Text

ITEMS_MAX = 10_000
PaymentId = Annotated[int, msgspec.Meta(ge=1, le=2**62)]


class TransferPurpose(StrEnum):
    """What a transfer is for; some purposes count outside the caps of an account."""

    ORDINARY = "ORDINARY"
    PAYROLL = "PAYROLL"
    WEALTH_PRODUCT = "WEALTH_PRODUCT"
    LOAN_REPAYMENT = "LOAN_REPAYMENT"
    CARD_REPAYMENT = "CARD_REPAYMENT"


class MoneySource(StrEnum):
    """Where money outside the bank's own accounts comes from or goes to."""

    CASH = "CASH"
    CLEARING = "CLEARING"


class OnShortfall(StrEnum):
    """What a reversal does when the payee no longer has the money."""

    REFUSE = "REFUSE"
    RECEIVABLE = "RECEIVABLE"


class Every(StrEnum):
    """Rhythm of a standing order."""

    DAYS = "DAYS"
    MONTHS = "MONTHS"


class Transfer(Command, frozen=True, kw_only=True):
    """Move money from one account of the bank to another one."""

    ordering_customer_id: Id
    payer_account_id: Id
    payee_account_id: Id
    amount_minor: AmountMinor
    currency: CurrencyCode
    purpose: TransferPurpose = TransferPurpose.ORDINARY
    text: Text = ""
    value_date: Day | None = None

    @property
    def touches(self) -> tuple[str, ...]:
        """Both accounts."""
        return (f"account:{self.payer_account_id}", f"account:{self.payee_account_id}")


class Deposit(Command, frozen=True, kw_only=True):
    """Pay cash, or money that arrived over clearing, into an account."""

    account_id: Id
    amount_minor: AmountMinor
    currency: CurrencyCode
    source: MoneySource
    branch_id: Id
    reference: Text = ""
    value_date: Day | None = None

    @property
    def touches(self) -> tuple[str, ...]:
        """The account."""
        return (f"account:{self.account_id}",)


class Withdraw(Command, frozen=True, kw_only=True):
    """Pay cash out of an account, or send money out over clearing."""

    ordering_customer_id: Id
    account_id: Id
    amount_minor: AmountMinor
    currency: CurrencyCode
    destination: MoneySource
    branch_id: Id
    reference: Text = ""
    value_date: Day | None = None

    @property
    def touches(self) -> tuple[str, ...]:
        """The account."""
        return (f"account:{self.account_id}",)


class ReservePayment(Command, frozen=True, kw_only=True):
    """First phase: set the money of a payment aside until ``expires_on``."""

    ordering_customer_id: Id
    payer_account_id: Id
    payee_account_id: Id
    amount_minor: AmountMinor
    currency: CurrencyCode
    expires_on: Day
    text: Text = ""

    @property
    def touches(self) -> tuple[str, ...]:
        """Both accounts."""
        return (f"account:{self.payer_account_id}", f"account:{self.payee_account_id}")


class PaymentCommand(Command, frozen=True, kw_only=True):
    """A command about a payment made earlier, named by the position of its event."""

    payment_id: PaymentId

    @property
    def touches(self) -> tuple[str, ...]:
        """The payment."""
        return (f"payment:{self.payment_id}",)


class CapturePayment(PaymentCommand, frozen=True, kw_only=True):
    """Second phase: pay the reserved amount, or a part of it; the rest is let go."""

    amount_minor: AmountMinor | None = None


class ReleasePayment(PaymentCommand, frozen=True, kw_only=True):
    """Second phase: give the payment up, let the money go."""

    reason: RequiredText


class ReversePayment(PaymentCommand, frozen=True, kw_only=True):
    """Take a payment back: a new event that mirrors it."""

    reason: RequiredText
    on_shortfall: OnShortfall = OnShortfall.REFUSE


class BulkItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One payee of a bulk transfer."""

    payee_account_id: Id
    amount_minor: AmountMinor
    text: Text = ""


class BulkTransfer(Command, frozen=True, kw_only=True):
    """Pay many payees from one account: all of them, or nothing."""

    ordering_customer_id: Id
    payer_account_id: Id
    currency: CurrencyCode
    items: Annotated[list[BulkItem], msgspec.Meta(min_length=1, max_length=ITEMS_MAX)]
    purpose: TransferPurpose = TransferPurpose.ORDINARY
    text: Text = ""
    value_date: Day | None = None

    @property
    def touches(self) -> tuple[str, ...]:
        """All accounts."""
        payees = {f"account:{item.payee_account_id}" for item in self.items}
        return (f"account:{self.payer_account_id}", *sorted(payees))


class SetStandingOrder(Command, frozen=True, kw_only=True):
    """Order a payment that repeats; the day of ``first_on`` is kept through short months."""

    standing_order_id: Id
    ordering_customer_id: Id
    payer_account_id: Id
    payee_account_id: Id
    amount_minor: AmountMinor
    currency: CurrencyCode
    first_on: Day
    every: Every
    interval: Annotated[int, msgspec.Meta(ge=1, le=366)]
    last_on: Day | None = None
    text: Text = ""

    @property
    def touches(self) -> tuple[str, ...]:
        """The order and both accounts."""
        return (
            f"standing_order:{self.standing_order_id}",
            f"account:{self.payer_account_id}",
            f"account:{self.payee_account_id}",
        )


class CancelStandingOrder(Command, frozen=True, kw_only=True):
    """End a standing order."""

    standing_order_id: Id
    ordering_customer_id: Id

    @property
    def touches(self) -> tuple[str, ...]:
        """The order."""
        return (f"standing_order:{self.standing_order_id}",)


class RunStandingOrder(Command, frozen=True, kw_only=True):
    """Pay what a standing order makes due on a day."""

    standing_order_id: Id
    due_on: Day

    @property
    def touches(self) -> tuple[str, ...]:
        """The order."""
        return (f"standing_order:{self.standing_order_id}",)
