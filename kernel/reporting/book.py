"""The loan book on a day: one line a loan, with everything that the portfolio's reports ask.

Units: whole minor units; days; ``share_ppm`` is the partner's part of a joint loan.
"""

from __future__ import annotations

import datetime
from enum import StrEnum

import msgspec


class Bucket(StrEnum):
    """How long past due (逾期账龄): M0 is not past due, M1 up to 30 days, and so on."""

    M0 = "M0"
    M1 = "M1 1-30"
    M2 = "M2 31-60"
    M3 = "M3 61-90"
    M4 = "M4 91-120"
    M5 = "M5 121-150"
    M6 = "M6 151-180"
    OVER = "M6+ 181-"


BUCKETS = tuple(Bucket)


def bucket_of(days_past_due: int) -> Bucket:
    """The bucket of a number of days.

    >>> [bucket_of(days).name for days in (0, 1, 30, 31, 180, 181)]
    ['M0', 'M1', 'M1', 'M2', 'M6', 'OVER']
    """
    return BUCKETS[min((max(days_past_due, 0) + 29) // 30, len(BUCKETS) - 1)]


class Planned(msgspec.Struct, frozen=True):
    """Principal that falls due on a day."""

    due_date: datetime.date
    principal_minor: int


class LoanLine(msgspec.Struct, frozen=True, kw_only=True):
    """One loan as it stood on the day of its book.

    ``grade`` is the class from 1 (normal) to 5 (loss), ``stage`` 1 to 3. ``planned`` is principal
    not yet due; ``unwound_minor`` what of the allowance became income of a loan in non-accrual
    (``kernel.grading.unwinding``); ``reprices_on`` the next day on which the rate may change, None
    for a fixed rate; ``guarantor_paid_on`` the last day on which a guarantor paid for the debtor.
    """

    loan_id: str
    contract_id: str
    debtor_id: str
    branch_id: str
    product_id: str
    currency: str
    is_retail: bool
    opened_on: datetime.date
    original_minor: int
    principal_minor: int
    overdue_minor: int = 0
    interest_due_minor: int = 0
    days_past_due: int = 0
    grade: int = 1
    stage: int = 1
    allowance_minor: int = 0
    unwound_minor: int = 0
    covered_minor: int = 0
    is_written_off: bool = False
    status: str = "ACTIVE"
    share_ppm: int = 0
    partner_id: str = ""
    annual_rate_ppb: int = 0
    reprices_on: datetime.date | None = None
    planned: tuple[Planned, ...] = ()
    guarantor_paid_on: datetime.date | None = None

    @property
    def bucket(self) -> Bucket:
        """How long past due."""
        return bucket_of(self.days_past_due)

    @property
    def is_on_the_books(self) -> bool:
        """Whether principal is owed and was not written off."""
        return self.principal_minor > 0 and not self.is_written_off


Book = tuple[LoanLine, ...]
