"""How a loan stands on a day: plain results of the fold, nothing in them is stored.

Units: whole minor units; rates in ppb or ppm a year; dates are calendar days.
"""

from __future__ import annotations

import datetime
from enum import StrEnum

import msgspec

from kernel.common.rounding import Rounding


class Status(StrEnum):
    """Where the loan is in its life on the day."""

    NOT_DISBURSED = "NOT_DISBURSED"
    ACTIVE = "ACTIVE"
    IN_GRACE = "IN_GRACE"
    OVERDUE = "OVERDUE"
    NON_ACCRUAL = "NON_ACCRUAL"
    WRITTEN_OFF = "WRITTEN_OFF"
    SETTLED = "SETTLED"


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """One amount per component."""

    fee_minor: int = 0
    compound_minor: int = 0
    penalty_minor: int = 0
    interest_minor: int = 0
    principal_minor: int = 0

    @property
    def total_minor(self) -> int:
        """The sum of all components."""
        return (
            self.fee_minor + self.compound_minor + self.penalty_minor
            + self.interest_minor + self.principal_minor
        )  # fmt: skip


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of days with one balance and one rate: ``balance × rate × units / denominator``.

    ``units / units_per_year`` is the part of a year by the day count; rate in ppb.
    """

    from_date: datetime.date
    to_date: datetime.date
    balance_minor: int
    rate_ppb: int
    units: int
    units_per_year: int


class ArrearsSegment(msgspec.Struct, frozen=True, kw_only=True):
    """Days with one unpaid amount: ``unpaid × weight / denominator`` is what they cost.

    A weight is the sum of rate (ppb) × multiplier (ppm) over the days; the denominator is
    10**15 × the days of the year.
    """

    from_date: datetime.date
    to_date: datetime.date
    principal_minor: int
    penalty_weight: int
    interest_minor: int
    compound_weight: int
    denominator: int


class Instalment(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the schedule: due, paid, waived; after the day of the question, as planned.

    ``prepaid_minor`` is principal that came back early in the period, part of ``principal_minor``.
    ``balance_minor`` is the principal not yet due after the line. Number 0 is the start itself:
    what is taken out of the disbursement.
    """

    number: int
    from_date: datetime.date
    due_date: datetime.date
    days: int
    principal_minor: int
    interest_minor: int
    fee_minor: int
    penalty_minor: int
    compound_minor: int
    total_minor: int
    balance_minor: int
    prepaid_minor: int
    paid_minor: int
    paid_early_minor: int
    paid_late_minor: int
    waived_minor: int
    outstanding_minor: int
    is_due: bool
    paid: Amounts
    waived: Amounts
    outstanding: Amounts
    segments: tuple[Segment, ...]
    arrears: tuple[ArrearsSegment, ...]


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what became of an event.

    ``purpose`` is a component, ``prepaid_principal``, ``waived_…`` with a component, ``held`` (for
    the next instalments, or owed to the customer; negative when it is used), ``disbursed``,
    ``charged_back``, ``taken_over``, or ``no_effect`` with the reason in ``note``.
    """

    event_id: str
    kind: str
    value_date: datetime.date
    applied_on: datetime.date
    instalment: int | None
    purpose: str
    amount_minor: int
    note: str = ""


class PlannedInstalment(msgspec.Struct, frozen=True, kw_only=True):
    """A level instalment as it was worked out: from which balance, rate and number, and why."""

    day: datetime.date
    because: str
    first_number: int
    instalments: int
    balance_minor: int
    rate_ppb: int
    payment_minor: int


class ArrearsSpell(msgspec.Struct, frozen=True):
    """Days in arrears: from the oldest unpaid due date to the day on which all was paid, if any."""

    since: datetime.date
    ended: datetime.date | None


class Recognised(msgspec.Struct, frozen=True, kw_only=True):
    """Cumulative amounts from the start to the day, by amount type; bookkeeping posts the change.

    Off-balance amounts are claims that a bank keeps outside its books: interest of a loan in
    non-accrual status, everything of a loan written off. ``earned`` is received, capitalised or
    claimed on the books, and stays as it was at a write-off; ``written_off`` is what left the books
    with it, ``received_since_minor`` and ``lent_since_minor`` what came in and went out after it.
    """

    disbursed_minor: int
    capitalised_minor: int
    principal_due_minor: int
    principal_received_minor: int
    principal_written_off_minor: int
    interest_accrued_minor: int
    interest_due_minor: int
    interest_received_minor: int
    interest_waived_minor: int
    penalty_accrued_minor: int
    penalty_received_minor: int
    penalty_waived_minor: int
    compound_accrued_minor: int
    compound_received_minor: int
    compound_waived_minor: int
    fee_due_minor: int
    fee_received_minor: int
    fee_waived_minor: int
    recovered_minor: int
    on_balance: Amounts
    off_balance: Amounts
    earned: Amounts
    written_off: Amounts
    received_since_minor: int
    lent_since_minor: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer of the fold for one loan and one day.

    ``accrued_numerator / accrued_denominator`` is the interest accrued and not due, exactly;
    ``accrued_interest_minor`` the same rounded. ``payoff_minor`` settles the loan on the day.
    ``interest_since_stop_minor`` is what of the unpaid interest came since the loan went
    non-accrual; 0 for one that accrues.
    """

    as_of: datetime.date
    status: Status
    annual_rate_ppb: int
    disbursed_minor: int
    normal_minor: int
    overdue_minor: int
    due: Amounts
    accrued_numerator: int
    accrued_denominator: int
    accrued_interest_minor: int
    interest_since_stop_minor: int
    unapplied_minor: int
    days_past_due: int
    past_due_since: datetime.date | None
    next_due_date: datetime.date | None
    next_due_minor: int
    payoff_minor: int
    instalments: tuple[Instalment, ...]
    allocations: tuple[Allocation, ...]
    plans: tuple[PlannedInstalment, ...]
    spells: tuple[ArrearsSpell, ...]
    recognised: Recognised
    rounding: Rounding

    def instalment(self, number: int) -> Instalment:
        """The line with that number; raises KeyError."""
        for line in self.instalments:
            if line.number == number:
                return line
        raise KeyError(number)
