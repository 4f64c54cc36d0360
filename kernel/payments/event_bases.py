"""What events of payments share: legs between two accounts, and money that crosses the border.

Units: whole minor units. Sign of legs: debit positive; the payer's account is debited, the payee's
credited.
"""

from __future__ import annotations

from enum import StrEnum

from kernel.common.facts import Event
from kernel.common.legs import CapUse, InternalAccount, Leg, cap_uses, internal
from kernel.payments.commands import MoneySource


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
