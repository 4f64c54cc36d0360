"""The partner's part of what a joint loan shows, type by type; the bank's books have the rest.

The parts together are the partner's position (``kernel.loans.colending``): what it funded less
what was paid to it. Fees are the bank's alone.

Units: whole minor units. Sign: debit positive.
Source: 银保监办发〔2021〕24号 (each bank accounts for its own part).
"""

from __future__ import annotations

from collections.abc import Mapping

from kernel.bookkeeping.loan_subjects import PRINCIPAL, AmountType
from kernel.loans.colending import partner_part_minor, partner_position_minor
from kernel.loans.events import Share
from kernel.loans.standing import Standing


def partners_parts(
    whole: Mapping[AmountType, int], found: Standing, partner: Share, *, is_written_off: bool
) -> dict[AmountType, int]:
    """The partner's part of the whole amounts; they sum to its position.

    Income is its part of what came in and of what is claimed. What that leaves of the position
    (its part of principal that was interest or a fee before) is interest, and recovered after a
    write-off.
    """

    def part(minor: int) -> int:
        return partner_part_minor(minor, partner.share_ppm)

    booked = found.recognised
    on, gone = booked.on_balance, booked.written_off
    penalty, compound = part(on.penalty_minor), part(on.compound_minor)
    parts = {
        **_of_principal(whole, found, partner.share_ppm),
        AmountType.ACCRUED_INTEREST: part(whole[AmountType.ACCRUED_INTEREST]),
        AmountType.RECEIVABLE_INTEREST: part(whole[AmountType.RECEIVABLE_INTEREST]),
        AmountType.PENALTY: penalty,
        AmountType.COMPOUND: compound,
        AmountType.PENALTY_INCOME: -penalty - part(booked.penalty_received_minor),
        AmountType.COMPOUND_INCOME: -compound - part(booked.compound_received_minor),
    }
    rest = AmountType.INTEREST_INCOME
    if is_written_off:
        earned, rest = booked.earned, AmountType.RECOVERED
        used = gone.total_minor - gone.fee_minor + booked.lent_since_minor
        parts |= {
            AmountType.INTEREST_INCOME: -part(earned.interest_minor),
            AmountType.PENALTY_INCOME: -part(earned.penalty_minor),
            AmountType.COMPOUND_INCOME: -part(earned.compound_minor),
            AmountType.ALLOWANCE_USED: part(used),
        }
    parts[rest] = partner_position_minor(found, partner) - sum(parts.values())
    return parts


def _of_principal(
    whole: Mapping[AmountType, int], found: Standing, share_ppm: int
) -> dict[AmountType, int]:
    """Its part of all that was principal less its part of what came back; all of it on one type
    where the loan has no more, so that a type of zero has no part."""
    owed = found.recognised.on_balance.principal_minor
    back = found.recognised.principal_received_minor
    left = partner_part_minor(owed + back, share_ppm) - partner_part_minor(back, share_ppm)
    normal, overdue = (
        whole[AmountType.NORMAL_PRINCIPAL],
        whole[AmountType.OVERDUE_PRINCIPAL],
    )
    if not normal or not overdue:
        return {kind: left for kind in PRINCIPAL if whole[kind]}
    late = partner_part_minor(overdue, share_ppm)
    return {AmountType.NORMAL_PRINCIPAL: left - late, AmountType.OVERDUE_PRINCIPAL: late}
