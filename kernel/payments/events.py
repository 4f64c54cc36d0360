"""What can have happened to payments: a stored contract, fields are added and never renamed.

Units: whole minor units. Sign of legs: debit positive; the payer's account is debited, the payee's
credited. Legs, hold changes and cap uses follow from the fields, so each figure is stored once.
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.facts import Event
from kernel.common.legs import CapUse, Leg, cap_uses
from kernel.payments.commands import MoneySource, TransferPurpose
from kernel.payments.event_bases import CashMoved, LegPurpose, MoneyMoved, two_legs
from kernel.payments.standing_order_events import (
    StandingOrderCancelled,
    StandingOrderMissed,
    StandingOrderPaid,
    StandingOrderSet,
)
from kernel.payments.two_phase_events import PaymentCaptured, PaymentReleased, PaymentReserved

__all__ = [
    "BulkEntry",
    "BulkTransferred",
    "Deposited",
    "LegPurpose",
    "PaymentCaptured",
    "PaymentReleased",
    "PaymentReserved",
    "PaymentReversed",
    "StandingOrderCancelled",
    "StandingOrderMissed",
    "StandingOrderPaid",
    "StandingOrderSet",
    "Transferred",
    "Withdrawn",
    "two_legs",
]


class Transferred(MoneyMoved, frozen=True, kw_only=True):
    """Money moved from one account to another one, at a customer's order."""

    ordering_customer_id: str
    purpose: TransferPurpose = TransferPurpose.ORDINARY
    text: str = ""


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
