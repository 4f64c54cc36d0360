"""What can be asked of deposits.

Units: amounts in whole minor units, rates in ppm a year, terms in months, notice in days.
"""

from __future__ import annotations

import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from kernel.common.commands import Command
from kernel.common.fields import AmountMinor, CurrencyCode, Day, Id

Version = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Months = Annotated[int, msgspec.Meta(ge=1, le=120)]
Tenor = Annotated[int, msgspec.Meta(ge=0, le=120)]
RatePpm = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class RateLine(StrEnum):
    """What a listed rate is for; ``tenor`` is months for a term, days for a notice, else 0."""

    DEMAND = "DEMAND"
    TERM = "TERM"
    NOTICE = "NOTICE"
    AGREEMENT = "AGREEMENT"


class AtMaturity(StrEnum):
    """What becomes of a term deposit when it matures.

    ``HOLD`` leaves it at the demand rate, ``PAY_OUT`` pays all to the account that it came from;
    ``ROLL_PRINCIPAL`` and ``ROLL_ALL`` begin a new term, without and with the interest.
    """

    HOLD = "HOLD"
    PAY_OUT = "PAY_OUT"
    ROLL_PRINCIPAL = "ROLL_PRINCIPAL"
    ROLL_ALL = "ROLL_ALL"


class PublishDepositRate(Command, frozen=True, kw_only=True):
    """List a rate from a day on; today or later."""

    currency: CurrencyCode
    line: RateLine
    tenor: Tenor = 0
    annual_rate_ppm: RatePpm
    effective_from: Day

    @property
    def touches(self) -> tuple[str, ...]:
        """The list of rates."""
        return (f"deposit_rates:{self.currency}",)


class DepositCommand(Command, frozen=True, kw_only=True):
    """A command about one term or notice deposit."""

    deposit_id: Id

    @property
    def touches(self) -> tuple[str, ...]:
        """The deposit, which is an account, too."""
        return (f"deposit:{self.deposit_id}", f"account:{self.deposit_id}")


class OpenDeposit(DepositCommand, frozen=True, kw_only=True):
    """Move money from a current account to a new deposit on a product that is on sale."""

    account_id: Id
    product_id: Id
    product_version: Version | None = None
    amount_minor: AmountMinor

    @property
    def touches(self) -> tuple[str, ...]:
        """The deposit, the account that pays and the product."""
        return (
            f"deposit:{self.deposit_id}",
            f"account:{self.deposit_id}",
            f"account:{self.account_id}",
            f"product:{self.product_id}",
        )


class OpenTermDeposit(OpenDeposit, frozen=True, kw_only=True):
    """Deposit money for a term at the rate of the day, whatever happens to rates later."""

    term_months: Months
    at_maturity: AtMaturity


class WithdrawTermDeposit(DepositCommand, frozen=True, kw_only=True):
    """Pay a term deposit out, in whole when no amount is given; to its account, or another one
    of the same holder."""

    amount_minor: AmountMinor | None = None
    account_id: Id | None = None


class MaturityCommand(DepositCommand, frozen=True, kw_only=True):
    """A command about the maturity of a term deposit on a day that has come."""

    matured_on: Day

    @property
    def value_date(self) -> datetime.date:
        """Money counts from the day of maturity."""
        return self.matured_on


class RolloverTermDeposit(MaturityCommand, frozen=True, kw_only=True):
    """Begin the next term as instructed, at the listed rate of the day of maturity."""


class MatureDeposit(MaturityCommand, frozen=True, kw_only=True):
    """Pay a matured term deposit out to its account, as instructed."""


class OpenNoticeDeposit(OpenDeposit, frozen=True, kw_only=True):
    """Deposit money that is drawn upon notice."""


class GiveNotice(DepositCommand, frozen=True, kw_only=True):
    """Say what will be drawn, and on which day."""

    notice_id: Id
    amount_minor: AmountMinor
    draw_on: Day


class CancelNotice(DepositCommand, frozen=True, kw_only=True):
    """Take a notice back; the days of notice earn nothing on its amount."""

    notice_id: Id


class WithdrawNoticeDeposit(DepositCommand, frozen=True, kw_only=True):
    """Pay a notice deposit out, in whole when no amount is given."""

    amount_minor: AmountMinor | None = None
    account_id: Id | None = None


class DemandCommand(Command, frozen=True, kw_only=True):
    """A command about the interest of one current account."""

    account_id: Id

    @property
    def touches(self) -> tuple[str, ...]:
        """The account."""
        return (f"account:{self.account_id}",)

    @property
    def demands(self) -> tuple[tuple[str, str], ...]:
        """The account's balance-days."""
        return (("interest", f"account:{self.account_id}"),)


class SetAgreement(DemandCommand, frozen=True, kw_only=True):
    """Agree with an organisation on a higher rate for what exceeds a base, until a day.

    The rate is the listed one of agreements when none is given.
    """

    product_id: Id
    product_version: Version | None = None
    base_minor: AmountMinor
    annual_rate_ppm: RatePpm | None = None
    until: Day


class SettleInterest(DemandCommand, frozen=True, kw_only=True):
    """Settle the interest of a current account to the end of a day, credited on the next one.

    ``settled_on`` is a settlement day; on ``closing`` it is the day before the business date.
    """

    settled_on: Day
    closing: bool = False

    @property
    def value_date(self) -> datetime.date:
        """Interest counts from the day after."""
        last = datetime.date.max
        return self.settled_on + datetime.timedelta(days=1) if self.settled_on < last else last
