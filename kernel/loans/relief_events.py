"""What can have changed a loan's terms or claims without moving money. A stored contract.

Units: whole minor units, rates in ppm a year. The dated forms tell what each does to the loan.
"""

from __future__ import annotations

import datetime
from typing import Literal

from kernel.loans import dated
from kernel.loans.dated import AnyLoanEvent
from kernel.loans.event_bases import ChangeOnLoan, Stamp


class LoanFeeCharged(ChangeOnLoan, frozen=True, kw_only=True):
    """A fee is asked with the current instalment."""

    amount_minor: int
    name: str

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A fee."""
        return dated.FeeCharged(
            value_date=stamp.value_date, event_id=stamp.event_id, amount_minor=self.amount_minor
        )


class ClaimWaived(ChangeOnLoan, frozen=True, kw_only=True):
    """Fees, interest, or penalty and compound interest were forgiven; all due without an amount."""

    what: Literal["fee", "interest", "penalty"]
    amount_minor: int | None = None
    reason: str

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A waiver of the component."""
        kinds: dict[str, type[dated.FeeWaived | dated.InterestWaived | dated.PenaltyWaived]] = {
            "fee": dated.FeeWaived,
            "interest": dated.InterestWaived,
            "penalty": dated.PenaltyWaived,
        }
        return kinds[self.what](
            value_date=stamp.value_date, event_id=stamp.event_id, amount_minor=self.amount_minor
        )


class LoanRateSet(ChangeOnLoan, frozen=True, kw_only=True):
    """A new rate: agreed, relieved, or an index with its spread at a repricing."""

    annual_rate_ppm: int | None = None
    index_rate_ppm: int | None = None
    spread_ppm: int = 0
    applies: Literal["from_day", "next_period"] = "from_day"
    is_relief: bool = False
    reason: str = ""

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A rate."""
        return dated.RateSet(
            value_date=stamp.value_date,
            event_id=stamp.event_id,
            annual_rate_ppm=self.annual_rate_ppm,
            index_rate_ppm=self.index_rate_ppm,
            spread_ppm=self.spread_ppm,
            applies=self.applies,
        )


class LoanInterestPaused(ChangeOnLoan, frozen=True, kw_only=True):
    """No interest until and with a day."""

    until: datetime.date
    reason: str

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A pause."""
        return dated.InterestPause(
            value_date=stamp.value_date, event_id=stamp.event_id, until=self.until
        )


class DueDateMoved(ChangeOnLoan, frozen=True, kw_only=True):
    """The next instalment falls due on another day, the later ones in rhythm after it."""

    next_due_date: datetime.date

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A change of the due date."""
        return dated.DueDateChange(
            value_date=stamp.value_date,
            event_id=stamp.event_id,
            next_due_date=self.next_due_date,
        )


class LoanExtended(ChangeOnLoan, frozen=True, kw_only=True):
    """More instalments (展期)."""

    instalments: int
    debtor_in_difficulty: bool = False

    @property
    def starts_observation(self) -> bool:
        """Relief for a debtor in difficulty is observed."""
        return self.debtor_in_difficulty

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """An extension."""
        return dated.Extension(
            value_date=stamp.value_date, event_id=stamp.event_id, instalments=self.instalments
        )


class LoanRestructured(ChangeOnLoan, frozen=True, kw_only=True):
    """New terms from a day (重组). ``debtor_in_difficulty`` starts the observation (重组观察期)."""

    instalments: int
    first_due_date: datetime.date
    annual_rate_ppm: int | None = None
    method: Literal["equal_instalment", "equal_principal", "interest_first", "bullet"] | None = None
    capitalise: bool = False
    debtor_in_difficulty: bool = True

    @property
    def starts_observation(self) -> bool:
        """Relief for a debtor in difficulty is observed."""
        return self.debtor_in_difficulty

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A restructuring."""
        return dated.Restructuring(
            value_date=stamp.value_date,
            event_id=stamp.event_id,
            instalments=self.instalments,
            first_due_date=self.first_due_date,
            annual_rate_ppm=self.annual_rate_ppm,
            method=self.method,
            capitalise=self.capitalise,
        )


class LoanAccelerated(ChangeOnLoan, frozen=True, kw_only=True):
    """All principal and accrued interest fall due at once (加速到期)."""

    reason: str

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """An acceleration."""
        return dated.Acceleration(value_date=stamp.value_date, event_id=stamp.event_id)


class LoanWrittenOff(ChangeOnLoan, frozen=True, kw_only=True):
    """The loan left the books (核销); the claim lives on in the memo ledger (账销案存)."""

    approval: str

    def dated(self, stamp: Stamp) -> AnyLoanEvent:
        """A write-off."""
        return dated.WriteOff(value_date=stamp.value_date, event_id=stamp.event_id)
