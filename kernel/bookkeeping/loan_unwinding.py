"""The part of an allowance that unwinds: interest that a loan in non-accrual earns on its net.

Worked out from how things stand, as all of a loan's books are, so that a payment dated back gives
the same books as one in time: interest since the loan went non-accrual and still unpaid, at the
share of today's exposure that the last measurement does not expect to lose. What is paid becomes
income as money, and what a cure brings back onto the books as interest; a write-off ends it.

Units: whole minor units.
"""

from __future__ import annotations

from kernel.bookkeeping.loan_figures import Figures, Minor, singly
from kernel.grading.unwinding import unwound_minor
from kernel.loans.colending import partner_part_minor


def unwound(found: Figures, allowance_minor: Minor, partner_ppm: int = 0) -> Minor:
    """What has unwound of a loan or of each of many; the allowance is the bank's part."""
    interest = found.interest_since_stop_minor * found.is_impaired
    exposure = found.recognised.on_balance.principal_minor
    if partner_ppm:
        interest -= partner_part_minor(interest, partner_ppm)
        exposure -= partner_part_minor(exposure, partner_ppm)
    return singly(unwound_minor, interest, interest, exposure, allowance_minor)
