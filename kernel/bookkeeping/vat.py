"""Value added tax in prices that hold it.

Units: whole minor units; rates in parts per million of the net amount.
Source: 财税〔2016〕36号 (6 % on financial services; the price holds the tax).
"""

from __future__ import annotations

import datetime

from kernel.bookkeeping.loan_policy import LOAN_POLICY
from kernel.common.policy import PolicyTable
from kernel.common.rounding import rounded

MILLION = 1_000_000


def tax_in(gross_minor: int, vat_ppm: int) -> int:
    """The tax in a price that holds it: gross less gross ÷ (1 + rate), half up.

    >>> tax_in(10_600, 60_000), tax_in(0, 60_000)
    (600, 0)
    """
    return gross_minor - rounded(gross_minor * MILLION, MILLION + vat_ppm)


def tax_on(gross_minor: int, day: datetime.date, policy: PolicyTable = LOAN_POLICY) -> int:
    """The tax in a price of the day; none where the bank is not taxed."""
    if not policy.value("vat.enabled", day):
        return 0
    return tax_in(gross_minor, policy.value("vat.rate_ppm", day))
