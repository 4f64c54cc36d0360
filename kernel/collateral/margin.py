"""Coverage against its thresholds: warning, margin call, what cures it, what may be released.

Coverage of a loan is its cover and its spare over its exposure; it may exceed the whole.
Thresholds are strict: exactly at a threshold triggers nothing.

Units: whole minor units; ``*_bp`` basis points. Rounding: coverage down, cures up.
Source: 银监发〔2017〕16号 (monitoring of collateral, action on a fall in value); thresholds are the
bank's own.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from kernel.collateral.coverage import LoanCover, allocate
from kernel.collateral.flow import most
from kernel.collateral.policy import POLICY
from kernel.collateral.pool import Exposure, Item, Pledge, pool_of
from kernel.collateral.refusals import CollateralNotFound
from kernel.common.rounding import Rounding, rounded

WHOLE_BP = 10_000


class CoverageStatus(StrEnum):
    """What coverage asks for."""

    COVERED = "COVERED"
    WARN = "WARN"
    CALL = "CALL"


class Cure(msgspec.Struct, frozen=True, kw_only=True):
    """Either of the two reaches the target: lendable value to add, or exposure to repay."""

    add_lendable_minor: int
    repay_minor: int


def coverage_bp(cover: LoanCover) -> int | None:
    """Cover and spare over exposure, rounded down; None for a loan that owes nothing.

    >>> coverage_bp(LoanCover(loan_id="A", exposure_minor=300, covered_minor=300, spare_minor=29))
    10966
    """
    if not cover.exposure_minor:
        return None
    return rounded(_reach_minor(cover) * WHOLE_BP, cover.exposure_minor, Rounding.DOWN)


def coverage_status(cover: LoanCover, on: datetime.date) -> CoverageStatus:
    """Where a loan stands by the thresholds in force on the day."""
    reached = _reach_minor(cover) * WHOLE_BP
    if reached < cover.exposure_minor * POLICY.value("coverage.call_bp", on):
        return CoverageStatus.CALL
    if reached < cover.exposure_minor * POLICY.value("coverage.warn_bp", on):
        return CoverageStatus.WARN
    return CoverageStatus.COVERED


def cures(
    items: Iterable[Item],
    pledges: Iterable[Pledge],
    exposures: Iterable[Exposure],
    target_bp: int = WHOLE_BP,
) -> dict[str, Cure]:
    """For each loan below the target (1 bp or more), what brings it there.

    Measured with every loan at its target at once, so cover is counted once. If each loan named
    here is cured, all are at the target, and the added value is in sum the least that does it.
    One cured alone may still have to share with a short one of its rank. Added collateral must
    secure the loan in full. Raises what ``pool_of`` raises.

    >>> flat = Item(item_id="F", lendable_minor=80)
    >>> pledge = Pledge(item_id="F", loan_id="A", rank=1)
    >>> cures([flat], [pledge], [Exposure(loan_id="A", exposure_minor=100)], 11_000)
    {'A': Cure(add_lendable_minor=30, repay_minor=28)}
    """
    exposures = list(exposures)
    owed = {each.loan_id: each for each in exposures}
    made = allocate(items, pledges, at_target(exposures, target_bp))
    return {
        each.loan_id: Cure(
            add_lendable_minor=each.shortfall_minor,
            repay_minor=owed[each.loan_id].exposure_minor
            - rounded(each.covered_minor * WHOLE_BP, target_bp, Rounding.DOWN),
        )
        for each in made.loans
        if each.shortfall_minor
    }


def at_target(exposures: Iterable[Exposure], target_bp: int) -> list[Exposure]:
    """The exposures as large as their cover has to be, rounded up."""
    return [
        msgspec.structs.replace(
            each,
            exposure_minor=rounded(each.exposure_minor * target_bp, WHOLE_BP, Rounding.UP),
        )
        for each in exposures
    ]


def releasable_minor(
    item_id: str,
    items: Iterable[Item],
    pledges: Iterable[Pledge],
    exposures: Iterable[Exposure],
    target_bp: int = WHOLE_BP,
) -> int:
    """How much lendable value of an item may go while every loan of its pool keeps the target.

    All loans count at once, each at ``exposure x target`` rounded up; loans that no chain of
    pledges connects with the item do not matter. Zero if one of them is below the target now.
    The cover as a function of one item's value grows one for one and then not at all, so the
    item is needed for exactly what all other items leave open.
    Raises CollateralNotFound and what ``pool_of`` raises.
    """
    for part in pool_of(items, pledges, at_target(exposures, target_bp)).parts():
        at = next((i for i, each in enumerate(part.items) if each.item_id == item_id), None)
        if at is None:
            continue
        network = part.network()
        without = [0 if i == at else minor for i, minor in enumerate(network.supplies)]
        if most(network) < sum(network.demands):
            return 0
        needed = sum(network.demands) - most(network._replace(supplies=without))
        return part.items[at].lendable_minor - needed
    raise CollateralNotFound(item_id=item_id)


def _reach_minor(cover: LoanCover) -> int:
    return cover.covered_minor + cover.spare_minor
