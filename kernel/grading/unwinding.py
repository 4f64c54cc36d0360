"""Interest of a loan that is credit-impaired: none in the books, or that of its net amount.

The policy row ``nonaccrual.mode`` says which, from a day on. By ``STAGE3_UNWIND`` the loan's
interest on what is not provided for is income, taken out of the allowance (Dr 1304 Cr 6011), and
the measurement fills the allowance up again; the claim stands outside the books in either mode.

Units: whole minor units.
Source: CAS 22 (企业会计准则第22号) art. 39 and IFRS 9, 5.4.1(b): interest revenue of a
credit-impaired asset by the effective rate on its amortised cost, which is net of the allowance.
"""

from __future__ import annotations

import datetime
from enum import IntEnum

from kernel.common.policy import PolicyTable
from kernel.common.rounding import rounded
from kernel.grading.policy import POLICY


class NonAccrualMode(IntEnum):
    """What becomes of the interest of a loan in non-accrual."""

    OFF_BALANCE = 0
    STAGE3_UNWIND = 1


def unwinds(on: datetime.date, policy: PolicyTable = POLICY) -> bool:
    """Whether allowances of loans in non-accrual unwind on the day."""
    return policy.value("nonaccrual.mode", on) == NonAccrualMode.STAGE3_UNWIND


def unwound_minor(interest_minor: int, exposure_minor: int, allowance_minor: int) -> int:
    """Interest on what is not provided for: ``interest × (exposure - allowance) ÷ exposure``.

    ``interest_minor`` is unpaid interest since the loan went non-accrual; exposure and allowance
    are those of now. Rounded half up. Nothing unwinds where nothing is provided for.

    >>> unwound_minor(10_000, 1_000_000, 450_000)
    5500
    >>> unwound_minor(10_000, 1_000_000, 0), unwound_minor(10_000, 0, 0)
    (0, 0)
    """
    if interest_minor <= 0 or not 0 < allowance_minor < exposure_minor:
        return 0
    return rounded(interest_minor * (exposure_minor - allowance_minor), exposure_minor)
