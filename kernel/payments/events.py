"""What can have happened to payments: a stored contract, fields are added and never renamed.

Units: whole minor units. Sign of legs: debit positive; the payer's account is debited, the payee's
credited. Legs, hold changes and cap uses follow from the fields, so each figure is stored once.
"""

from __future__ import annotations

import datetime
from enum import StrEnum

import msgspec

from kernel.common.facts import Event
from kernel.common.legs import (
    CapUse,
    HoldChange,
    InternalAccount,
    Leg,
    cap_uses,
    internal,
)
from kernel.payments.commands import Every, MoneySource, TransferPurpose


class LegPurpose(StrEnum):
    """Why a leg moves money; statements show it and posting rules may ask for it."""

    TRANSFER = "TRANSFER"
    CASH = "CASH"
    CLEARING = "CLEARING"
    STANDING_ORDER = "STANDING_ORDER"
    REVERSAL = "REVERSAL"


def two_legs(
    debit: str, credit: str, amount_minor: int, currency: str, purpose: str
) -> tuple[Leg, ...]:
    """A debit and a credit of one amount.

    >>> [leg.amount_minor for leg in two_legs("A", "B", 5, "CNY", "TRANSFER")]
    [5, -5]
    """
    return (
        Leg(account=debit, amount_minor=amount_minor, currency=currency, purpose=purpose),
        Leg(account=credit, amount_minor=-amount_minor, currency=currency, purpose=purpose),
    )


class MoneyMoved(Event, frozen=True, kw_only=True):
    """A payment between two accounts of the bank; ``..._capped`` says whose caps it used."""

    payer_account_id: str
    payee_account_id: str
    amount_minor: int
    currency: str
    payer_capped: bool = False
    payee_capped: bool = False

    @property
    def entities(self) -> tuple[str, ...]:
        """Both accounts."""
        return (f"account:{self.payer_account_id}", f"account:{self.payee_account_id}")

    @property
    def leg_purpose(self) -> LegPurpose:
        """Purpose of both legs."""
        return LegPurpose.TRANSFER

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the payer, credit the payee."""
        return two_legs(
            self.payer_account_id,
            self.payee_account_id,
            self.amount_minor,
            self.currency,
            self.leg_purpose,
        )

    @property
    def cap_uses(self) -> tuple[CapUse, ...]:
        """Use of the caps of either side."""
        return cap_uses(
            self.amount_minor,
            out_of=self.payer_account_id if self.payer_capped else None,
            into=self.payee_account_id if self.payee_capped else None,
        )


class Transferred(MoneyMoved, frozen=True, kw_only=True):
    """Money moved from one account to another one, at a customer's order."""

    ordering_customer_id: str
    purpose: TransferPurpose = TransferPurpose.ORDINARY
    text: str = ""


class CashMoved(Event, frozen=True, kw_only=True):
    """Money crossed the bank's border at one account: over the counter or over clearing."""

    account_id: str
    amount_minor: int
    currency: str
    branch_id: str
    reference: str = ""
    capped: bool = False

    @property
    def entities(self) -> tuple[str, ...]:
        """The account."""
        return (f"account:{self.account_id}",)

    def outside(self, where: MoneySource) -> str:
        """The internal account that stands for the outside."""
        return internal(InternalAccount(where.value), self.branch_id)


class Deposited(CashMoved, frozen=True, kw_only=True):
    """Money paid into an account."""

    source: MoneySource

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit cash or clearing, credit the account."""
        return two_legs(
            self.outside(self.source),
            self.account_id,
            self.amount_minor,
            self.currency,
            LegPurpose(self.source.value),
        )

    @property
    def cap_uses(self) -> tuple[CapUse, ...]:
        """Use of the in-cap."""
        into = self.account_id if self.capped else None
        return cap_uses(self.amount_minor, out_of=None, into=into)


class Withdrawn(CashMoved, frozen=True, kw_only=True):
    """Money paid out of an account."""

    ordering_customer_id: str
    destination: MoneySource

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the account, credit cash or clearing."""
        return two_legs(
            self.account_id,
            self.outside(self.destination),
            self.amount_minor,
            self.currency,
            LegPurpose(self.destination.value),
        )

    @property
    def cap_uses(self) -> tuple[CapUse, ...]:
        """Use of the out-cap."""
        out_of = self.account_id if self.capped else None
        return cap_uses(self.amount_minor, out_of=out_of, into=None)


class PaymentReserved(Event, frozen=True, kw_only=True):
    """First phase of a payment: the money is set aside on the payer's account."""

    ordering_customer_id: str
    payer_account_id: str
    payee_account_id: str
    amount_minor: int
    currency: str
    hold_id: str
    expires_on: datetime.date
    text: str = ""

    @property
    def entities(self) -> tuple[str, ...]:
        """The payer's account; the payee learns of nothing yet."""
        return (f"account:{self.payer_account_id}",)

    @property
    def hold_changes(self) -> tuple[HoldChange, ...]:
        """The hold, placed."""
        return (
            HoldChange(
                hold_id=self.hold_id,
                account=self.payer_account_id,
                amount_minor=self.amount_minor,
                expires_on=self.expires_on,
            ),
        )


class PaymentCaptured(MoneyMoved, frozen=True, kw_only=True):
    """Second phase: the payment was made; ``released_minor`` of the reserved money let go."""

    payment_id: int
    hold_id: str
    released_minor: int = 0
    text: str = ""

    @property
    def entities(self) -> tuple[str, ...]:
        """Both accounts and the payment."""
        return (
            f"account:{self.payer_account_id}",
            f"account:{self.payee_account_id}",
            f"payment:{self.payment_id}",
        )

    @property
    def hold_changes(self) -> tuple[HoldChange, ...]:
        """The hold, ended."""
        return (
            HoldChange(
                hold_id=self.hold_id,
                account=self.payer_account_id,
                amount_minor=-(self.amount_minor + self.released_minor),
            ),
        )


class PaymentReleased(Event, frozen=True, kw_only=True):
    """The payment was given up; the reserved money let go."""

    payment_id: int
    payer_account_id: str
    hold_id: str
    amount_minor: int
    reason: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The payer's account and the payment."""
        return (f"account:{self.payer_account_id}", f"payment:{self.payment_id}")

    @property
    def hold_changes(self) -> tuple[HoldChange, ...]:
        """The hold, ended."""
        return (
            HoldChange(
                hold_id=self.hold_id,
                account=self.payer_account_id,
                amount_minor=-self.amount_minor,
            ),
        )


class PaymentReversed(Event, frozen=True, kw_only=True):
    """A payment was taken back: the mirror of its legs, and the use of caps given back.

    ``reversing_legs`` is explicit, since a shortfall may fall on a receivable of the bank and a
    closed payer's money on pending.
    """

    payment_id: int
    original_booking_date: datetime.date
    reversing_legs: tuple[Leg, ...]
    given_back: tuple[CapUse, ...] = ()
    reason: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The payment and every customer's account that moves."""
        accounts = dict.fromkeys(
            leg.account for leg in self.reversing_legs if not leg.account.startswith("@")
        )
        capped = dict.fromkeys(use.account for use in self.given_back)
        return (
            f"payment:{self.payment_id}",
            *(f"account:{account}" for account in accounts | capped),
        )

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The mirror of the original."""
        return self.reversing_legs

    @property
    def cap_uses(self) -> tuple[CapUse, ...]:
        """Use given back, on the original's booking date."""
        return self.given_back


class BulkEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One payee of a bulk transfer."""

    payee_account_id: str
    amount_minor: int
    payee_capped: bool = False
    text: str = ""


class BulkTransferred(Event, frozen=True, kw_only=True):
    """Many payees paid from one account, in one act."""

    ordering_customer_id: str
    payer_account_id: str
    currency: str
    items: tuple[BulkEntry, ...]
    payer_capped: bool = False
    purpose: TransferPurpose = TransferPurpose.ORDINARY
    text: str = ""

    @property
    def amount_minor(self) -> int:
        """Sum of the items."""
        return sum(item.amount_minor for item in self.items)

    @property
    def entities(self) -> tuple[str, ...]:
        """All accounts, each once."""
        payees = dict.fromkeys(f"account:{item.payee_account_id}" for item in self.items)
        return (f"account:{self.payer_account_id}", *payees)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """One debit of the sum, one credit for each item."""
        debit = Leg(
            account=self.payer_account_id,
            amount_minor=self.amount_minor,
            currency=self.currency,
            purpose=LegPurpose.TRANSFER,
        )
        return (
            debit,
            *(
                Leg(
                    account=item.payee_account_id,
                    amount_minor=-item.amount_minor,
                    currency=self.currency,
                    purpose=LegPurpose.TRANSFER,
                )
                for item in self.items
            ),
        )

    @property
    def cap_uses(self) -> tuple[CapUse, ...]:
        """Use of the payer's out-cap and of each capped payee's in-cap."""
        payer = self.payer_account_id if self.payer_capped else None
        uses = cap_uses(self.amount_minor, out_of=payer, into=None)
        for item in self.items:
            if item.payee_capped:
                uses += cap_uses(item.amount_minor, out_of=None, into=item.payee_account_id)
        return uses


class StandingOrderSet(Event, frozen=True, kw_only=True):
    """A payment that repeats was ordered."""

    standing_order_id: str
    ordering_customer_id: str
    payer_account_id: str
    payee_account_id: str
    amount_minor: int
    currency: str
    first_on: datetime.date
    every: Every
    interval: int
    last_on: datetime.date | None = None
    text: str = ""

    @property
    def entities(self) -> tuple[str, ...]:
        """The order."""
        return (f"standing_order:{self.standing_order_id}",)


class StandingOrderCancelled(Event, frozen=True, kw_only=True):
    """A standing order ended."""

    standing_order_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The order."""
        return (f"standing_order:{self.standing_order_id}",)


class StandingOrderPaid(MoneyMoved, frozen=True, kw_only=True):
    """A standing order's payment of one due date was made."""

    standing_order_id: str
    due_on: datetime.date
    text: str = ""

    @property
    def entities(self) -> tuple[str, ...]:
        """The order and both accounts."""
        return (
            f"standing_order:{self.standing_order_id}",
            f"account:{self.payer_account_id}",
            f"account:{self.payee_account_id}",
        )

    @property
    def leg_purpose(self) -> LegPurpose:
        """Purpose of both legs."""
        return LegPurpose.STANDING_ORDER


class StandingOrderMissed(Event, frozen=True, kw_only=True):
    """A standing order's payment of one due date was not made, and why: a decline, kept."""

    standing_order_id: str
    due_on: datetime.date
    reason_code: str
    figures: dict[str, str | int] = msgspec.field(default_factory=dict)

    @property
    def entities(self) -> tuple[str, ...]:
        """The order."""
        return (f"standing_order:{self.standing_order_id}",)
