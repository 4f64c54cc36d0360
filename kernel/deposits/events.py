"""What can have happened to deposits: a stored contract, fields are added and never renamed.

Units: whole minor units, rates in ppm a year. Sign of legs: debit positive; interest comes out of
the internal account ``INTEREST_PAYABLE`` of the deposit's branch.
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.facts import Event
from kernel.common.legs import InternalAccount, Leg, internal
from kernel.deposits.commands import AtMaturity, RateLine
from kernel.deposits.fixed import Interest

PRINCIPAL = "DEPOSIT_PRINCIPAL"
INTEREST = "INTEREST"
TAX = "INTEREST_TAX"


class DepositRatePublished(Event, frozen=True, kw_only=True):
    """A listed rate from a day on, until the next one of its line and tenor."""

    currency: str
    line: RateLine
    tenor: int = 0
    annual_rate_ppm: int
    effective_from: datetime.date

    @property
    def entities(self) -> tuple[str, ...]:
        """The list of rates of the currency."""
        return (f"deposit_rates:{self.currency}",)


class InterestBearing(Event, frozen=True, kw_only=True):
    """An event that pays interest; ``account_id`` is a current account that is touched, if any."""

    account_id: str = ""
    branch_id: str = ""
    currency: str = ""

    def moved(self, account: str, amount_minor: int, purpose: str) -> tuple[Leg, ...]:
        """One leg, debit positive; none for zero."""
        if not amount_minor:
            return ()
        return (
            Leg(
                account=account, amount_minor=amount_minor, currency=self.currency, purpose=purpose
            ),
        )

    def interest_legs(self, into: str, interest_minor: int, tax_minor: int) -> tuple[Leg, ...]:
        """Interest out of what is payable, into an account, less tax."""
        payable = internal(InternalAccount.INTEREST_PAYABLE, self.branch_id)
        withheld = internal(InternalAccount.TAX_WITHHELD, self.branch_id)
        return (
            *self.moved(payable, interest_minor, INTEREST),
            *self.moved(into, tax_minor - interest_minor, INTEREST),
            *self.moved(withheld, -tax_minor, TAX),
        )


class DepositEvent(InterestBearing, frozen=True, kw_only=True):
    """An event of one deposit; ``account_id`` is the current account on the other side, if any."""

    deposit_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The deposit with its account, and the account on the other side."""
        other = (f"account:{self.account_id}",) if self.account_id else ()
        return (f"deposit:{self.deposit_id}", f"account:{self.deposit_id}", *other)


class DepositOpened(DepositEvent, frozen=True, kw_only=True):
    """Money moved from a current account to a new deposit, with all that was agreed."""

    customer_id: str
    product_id: str
    product_version: int
    amount_minor: int
    opened_on: datetime.date
    minimum_rest_minor: int

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the current account, credit the deposit."""
        return (
            *self.moved(self.account_id, self.amount_minor, PRINCIPAL),
            *self.moved(self.deposit_id, -self.amount_minor, PRINCIPAL),
        )


class TermDepositOpened(DepositOpened, frozen=True, kw_only=True):
    """A term deposit: its rate and its maturity are fixed."""

    term_months: int
    annual_rate_ppm: int
    matures_on: datetime.date
    at_maturity: AtMaturity
    partial_withdrawals_max: int = 1


class NoticeDepositOpened(DepositOpened, frozen=True, kw_only=True):
    """A notice deposit; ``annual_rate_ppm`` None pays the listed rate of the day of withdrawal."""

    notice_days: int
    minimum_draw_minor: int
    annual_rate_ppm: int | None = None


class DepositPaidOut(DepositEvent, frozen=True, kw_only=True):
    """All or a part of a deposit paid out with its interest, piece by piece."""

    principal_minor: int
    left_minor: int
    pieces: tuple[Interest, ...]
    interest_minor: int
    tax_minor: int = 0

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Debit the deposit, credit the current account, interest out of what is payable."""
        return (
            *self.moved(self.deposit_id, self.principal_minor, PRINCIPAL),
            *self.moved(self.account_id, -self.principal_minor, PRINCIPAL),
            *self.interest_legs(self.account_id, self.interest_minor, self.tax_minor),
        )


class TermDepositWithdrawn(DepositPaidOut, frozen=True, kw_only=True):
    """The holder withdrew; ``is_early`` before maturity."""

    is_early: bool = False


class TermDepositMatured(DepositPaidOut, frozen=True, kw_only=True):
    """Paid out at maturity, as instructed."""


class NoticeDepositWithdrawn(DepositPaidOut, frozen=True, kw_only=True):
    """Drawn, upon a notice if one is named; ``forfeited_days`` is what cancelled and lapsed
    notices took from the balance-days."""

    notice_id: str | None = None
    forfeited_days: int = 0


class TermDepositRolledOver(DepositEvent, frozen=True, kw_only=True):
    """The next term began, with the interest of the last one or without it."""

    number: int
    capitalised: bool
    pieces: tuple[Interest, ...]
    interest_minor: int
    tax_minor: int = 0
    annual_rate_ppm: int
    opened_on: datetime.date
    matures_on: datetime.date

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Interest into the deposit, or into the current account."""
        into = self.deposit_id if self.capitalised else self.account_id
        return self.interest_legs(into, self.interest_minor, self.tax_minor)


class NoticeGiven(DepositEvent, frozen=True, kw_only=True):
    """A notice of what will be drawn on which day."""

    notice_id: str
    amount_minor: int
    given_on: datetime.date
    draw_on: datetime.date


class NoticeCancelled(DepositEvent, frozen=True, kw_only=True):
    """A notice was taken back."""

    notice_id: str


class RateStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From a day on: the rate, and another rate for what exceeds ``base_minor``."""

    from_date: datetime.date
    annual_rate_ppm: int
    base_minor: int | None = None
    agreed_rate_ppm: int = 0


class SettledPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """Days from ``from_date`` to ``to_date`` (not included), their rates, what they earned."""

    from_date: datetime.date
    to_date: datetime.date
    steps: tuple[RateStep, ...]
    balance_days: int
    interest_minor: int


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A period that was settled and has changed since by payments dated back."""

    from_date: datetime.date
    to_date: datetime.date
    balance_days: int
    was_minor: int
    now_minor: int


class InterestSettled(InterestBearing, frozen=True, kw_only=True):
    """Interest of a current account to the end of ``settled_on``, credited on the next day.

    ``interest_minor`` is what the periods earned, with corrections of earlier ones and what was
    carried from the settlement before; ``carried_minor`` (negative) could not be taken from the
    account and waits for the next settlement.
    """

    settled_on: datetime.date
    periods: tuple[SettledPeriod, ...]
    corrections: tuple[Correction, ...] = ()
    interest_minor: int
    tax_minor: int = 0
    carried_minor: int = 0

    @property
    def entities(self) -> tuple[str, ...]:
        """The account."""
        return (f"account:{self.account_id}",)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Interest into the account; out of it, when corrections outweigh it."""
        return self.interest_legs(self.account_id, self.interest_minor, self.tax_minor)


class AgreementSet(Event, frozen=True, kw_only=True):
    """What exceeds the base earns the agreed rate, from a day until another (not included)."""

    account_id: str
    product_id: str
    product_version: int
    base_minor: int
    annual_rate_ppm: int
    from_date: datetime.date
    until: datetime.date

    @property
    def entities(self) -> tuple[str, ...]:
        """The account."""
        return (f"account:{self.account_id}",)
