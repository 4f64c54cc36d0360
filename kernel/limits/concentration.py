"""Concentration: how much of the bank's capital or book may hang on one name.

Tests are strict: exactly at the ratio passes. They are ratios of whole amounts, multiplied out
and never divided, so no rounding decides.

Units: whole minor units of one currency; ``*_bp`` basis points.
Source: see ``policy``; each test names its base.
"""

from __future__ import annotations

import datetime
from enum import StrEnum

from kernel.common.rounding import Rounding, rounded
from kernel.limits.policy import POLICY
from kernel.limits.refusals import ConcentrationExceeded, PartnerShareTooLow

WHOLE_BP = 10_000


class Base(StrEnum):
    """What a concentration is a share of."""

    NET_CAPITAL = "NET_CAPITAL"
    TIER_1 = "TIER_1"
    ALL_LOANS = "ALL_LOANS"


class Concentration(StrEnum):
    """What is tested; a group is counted once, without what it owes to itself."""

    BORROWER_LOANS = "BORROWER_LOANS"
    GROUP_CREDIT = "GROUP_CREDIT"
    CUSTOMER_EXPOSURE = "CUSTOMER_EXPOSURE"
    GROUP_EXPOSURE = "GROUP_EXPOSURE"
    BANK_EXPOSURE = "BANK_EXPOSURE"
    ONE_PARTNER = "ONE_PARTNER"
    ALL_PARTNERS = "ALL_PARTNERS"

    @property
    def base(self) -> Base:
        """What the ratio is of."""
        if self in (self.BORROWER_LOANS, self.GROUP_CREDIT):
            return Base.NET_CAPITAL
        return Base.ALL_LOANS if self is self.ALL_PARTNERS else Base.TIER_1


def concentration_room_minor(
    test: Concentration, exposure_minor: int, base_minor: int, on: datetime.date
) -> int:
    """What may be added to an exposure; negative if it is too large already.

    >>> day = datetime.date(2026, 3, 2)
    >>> concentration_room_minor(Concentration.CUSTOMER_EXPOSURE, 100, 1_000, day)
    50
    """
    max_bp = POLICY.value(f"concentration.{test}.max_bp", on)
    return rounded(base_minor * max_bp, WHOLE_BP, Rounding.DOWN) - exposure_minor


def require_concentration(
    test: Concentration, exposure_minor: int, base_minor: int, on: datetime.date
) -> None:
    """The exposure, with what is asked, is within the ratio in force on the day."""
    room = concentration_room_minor(test, exposure_minor, base_minor, on)
    if room < 0:
        raise ConcentrationExceeded(
            test=test.value,
            exposure_minor=exposure_minor,
            base=test.base.value,
            base_minor=base_minor,
            max_minor=exposure_minor + room,
            max_bp=POLICY.value(f"concentration.{test}.max_bp", on),
        )


def require_partner_share(partner_minor: int, loan_minor: int, on: datetime.date) -> None:
    """The partner of a joint loan funds at least its share of each loan."""
    min_bp = POLICY.value("joint.partner_share.min_bp", on)
    if partner_minor * WHOLE_BP < loan_minor * min_bp:
        raise PartnerShareTooLow(
            partner_minor=partner_minor,
            loan_minor=loan_minor,
            needed_minor=rounded(loan_minor * min_bp, WHOLE_BP, Rounding.UP),
            min_bp=min_bp,
        )
