"""Joint loans (联合贷款): the partner's part of every flow, exact to the cent.

Units: whole minor units; shares in ppm. Sign: what the partner owes the bank is positive (it funds
its part of a draw), what it is owed negative (its part of what the borrower pays).

The partner's part of a cumulative amount is ``floor(amount × share / 10**6)``; the bank has the
rest, so both parts add up to the amount, always. The part of one flow is the difference of two
cumulative parts. Fees are the bank's.
Source: 银保监办发〔2021〕24号 (the partner funds at least 30 % of each joint loan).
"""

from __future__ import annotations

from kernel.loans.events import Share
from kernel.loans.standing import Standing

MILLION = 10**6


def partner_part_minor(amount_minor: int, share_ppm: int) -> int:
    """The partner's part of a cumulative amount that is not negative; the rest is the bank's.

    >>> partner_part_minor(101, 300_000)
    30
    """
    assert amount_minor >= 0, amount_minor
    return amount_minor * share_ppm // MILLION


def partner_position_minor(found: Standing, partner: Share | None) -> int:
    """What the partner's share comes to since the start: funded, less its part of what was paid.

    By component, so the split follows the loan's allocation; 0 without a partner.
    """
    if partner is None:
        return 0
    seen = found.recognised
    received = (
        seen.principal_received_minor,
        seen.interest_received_minor,
        seen.penalty_received_minor,
        seen.compound_received_minor,
    )
    share = partner.share_ppm
    funded = partner_part_minor(seen.disbursed_minor, share)
    return funded - sum(partner_part_minor(each, share) for each in received)
