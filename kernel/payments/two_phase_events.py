"""What can have happened to payments in two phases: a stored contract, fields are only added.

Units: whole minor units.
"""

from __future__ import annotations

import datetime

from kernel.common.facts import Event
from kernel.common.legs import HoldChange
from kernel.payments.event_bases import MoneyMoved


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
