"""What loans may lose: the class and stage that the debtor's other loans leave them, and the loss.

The books, the close of a day, the reports and the audit all ask here, so they say the same. What a
contract's pledges cover is shared by its loans in proportion to what each owes.

Units: whole minor units; ``*_ppm`` parts per million.
Source: CAS 22 (企业会计准则第22号), expected credit losses; 商业银行金融资产风险分类办法 (order 1
of 2023), contagion between the loans of a debtor who is no retail one.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from kernel.collateral.coverage import LoanCover
from kernel.common.policy import PolicyTable
from kernel.common.rounding import Rounding, rounded
from kernel.grading.classes import Grade, contagion
from kernel.grading.losses import (
    MILLION,
    LossTable,
    Stage,
    expected_loss_minor,
    loss_given_default_ppm,
    loss_table,
    stage_at,
)
from kernel.grading.policy import POLICY

Covers = Callable[[Mapping[str, int]], Mapping[str, LoanCover]]
"""Cover by contract, from what each contract owes; a contract without pledges may be left out."""


class WholeTerm(NamedTuple):
    """What is owed now and at the start of each later year, and the rate that discounts it."""

    exposures_minor: Sequence[int]
    rate_ppm: int


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """A loan on a day: class and stage by its own conduct, and what it owes.

    ``share_ppm`` is a partner's part. ``whole_term`` is asked in stage 2 alone.
    """

    loan_id: str
    contract_id: str
    debtor_id: str
    is_retail: bool
    grade: Grade
    stage: Stage
    exposure_minor: int
    whole_term: Callable[[], WholeTerm]
    is_written_off: bool = False
    share_ppm: int = 0


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What a loan may lose, and from what that follows; ``allowance_minor`` is the bank's part.

    ``is_lowered`` says that the debtor's other loans set the class. ``cover`` is the contract's.
    """

    loan_id: str
    grade: Grade
    stage: Stage
    is_lowered: bool
    exposure_minor: int
    covered_minor: int
    loss_ppm: int
    allowance_minor: int
    table_id: str
    cover: LoanCover | None = None


def no_cover(owed_minor: Mapping[str, int]) -> Mapping[str, LoanCover]:
    """Nothing is pledged."""
    return {}


def losses(
    risks: Sequence[Risk],
    covers: Covers,
    on: datetime.date,
    policy: PolicyTable = POLICY,
    table: LossTable | None = None,
) -> list[Loss]:
    """The loss of each loan, in their order; all loans of a debtor and of a pool must be there.

    Raises what ``covers`` raises.
    """
    table = table or loss_table(on, policy)
    floors = _floors(risks, on, policy)
    owed: dict[str, int] = {}
    for risk in risks:
        owed[risk.contract_id] = owed.get(risk.contract_id, 0) + risk.exposure_minor
    found = covers(owed)
    return [
        _loss(risk, floors.get(risk.debtor_id, Grade.NORMAL), found.get(risk.contract_id), table)
        for risk in risks
    ]


def _floors(risks: Sequence[Risk], on: datetime.date, policy: PolicyTable) -> dict[str, Grade]:
    """The best class by debtor, of those who are no retail ones."""
    loans: dict[str, list[tuple[int, Grade]]] = {}
    for risk in risks:
        if not risk.is_retail:
            loans.setdefault(risk.debtor_id, []).append((risk.exposure_minor, risk.grade))
    return {debtor_id: contagion(each, on, policy) for debtor_id, each in loans.items()}


def _loss(risk: Risk, floor: Grade, cover: LoanCover | None, table: LossTable) -> Loss:
    grade = risk.grade if risk.is_retail else max(risk.grade, floor)
    stage = stage_at(risk.stage, grade)
    covered = 0 if cover is None else share_minor(cover, risk.exposure_minor)
    exposures, rate_ppm = [risk.exposure_minor], 0
    if risk.is_written_off:
        exposures = []
    elif stage is Stage.TWO and risk.exposure_minor:
        whole = risk.whole_term()
        exposures, rate_ppm = list(whole.exposures_minor), whole.rate_ppm
    loss = expected_loss_minor(table, stage, grade, exposures, rate_ppm, covered)
    if risk.share_ppm:
        loss = rounded(loss * (MILLION - risk.share_ppm), MILLION, Rounding.UP)
    return Loss(
        loan_id=risk.loan_id,
        grade=grade,
        stage=stage,
        is_lowered=grade > risk.grade,
        exposure_minor=risk.exposure_minor,
        covered_minor=covered,
        loss_ppm=loss_given_default_ppm(table, risk.exposure_minor, covered),
        allowance_minor=loss,
        table_id=table.table_id,
        cover=cover,
    )


def share_minor(cover: LoanCover, exposure_minor: int) -> int:
    """A loan's part of what covers its contract, rounded down.

    >>> cover = LoanCover(loan_id="K", exposure_minor=300, covered_minor=100, spare_minor=0)
    >>> share_minor(cover, 200)
    66
    """
    if not cover.exposure_minor:
        return 0
    return cover.covered_minor * exposure_minor // cover.exposure_minor
