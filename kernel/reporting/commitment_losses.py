"""What the undrawn part of a signed contract may lose (未提用承诺): a provision for each contract.

``exposure = undrawn x conversion factor`` of the limit that draws count on, or the policy's; it
loses as a loan does, without cover: what is pledged covers what is drawn. Class and stage are the
worst of the contract's open loans, the best where none is open; the debtor's loans under other
contracts lower them as they lower a loan's. In stage 2 the years are those in which the line may
still be drawn.

Units: whole minor units; ``*_bp`` basis points; ``*_ppm`` parts per million.
Source: CAS 22 (企业会计准则第22号) and IFRS 9, 5.5.1 (commitments), B5.5.31 (drawdowns expected),
B5.5.38 (as long as the bank is committed); 商业银行金融资产风险分类办法 (contagion between the
claims on a debtor who is no retail one).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import msgspec

from kernel.common.rounding import Rounding, rounded
from kernel.grading.classes import Grade, contagion
from kernel.grading.losses import (
    MILLION,
    YEARS_MAX,
    LossTable,
    Stage,
    expected_loss_minor,
    stage_at,
)

WHOLE_BP = 10_000
YEAR_DAYS = 365


class Commitment(msgspec.Struct, frozen=True, kw_only=True):
    """What may still be drawn under a contract, and until when; ``share_ppm`` is a partner's."""

    undrawn_minor: int
    factor_bp: int
    until: datetime.date | None
    rate_ppm: int
    share_ppm: int = 0


class CommitmentLoss(msgspec.Struct, frozen=True, kw_only=True):
    """What it may lose, and from what that follows; ``provision_minor`` is the bank's part."""

    grade: Grade
    stage: Stage
    years: int
    exposure_minor: int
    provision_minor: int


Worst = tuple[Grade, Stage]
BEST: Worst = (Grade.NORMAL, Stage.ONE)


class Owed(msgspec.Struct, frozen=True):
    """An open loan as it was measured: what it owes, its class and its stage."""

    exposure_minor: int
    grade: Grade
    stage: Stage


def class_of(own: Iterable[Owed], of_debtor: Iterable[Owed], on: datetime.date) -> Worst:
    """Class and stage of what is undrawn under a contract.

    ``own`` are the open loans of the contract, ``of_debtor`` all of its debtor; none of a retail
    one. That their measured classes hold contagion already changes nothing of it.
    """
    own = list(own)
    grade = max((each.grade for each in own), default=Grade.NORMAL)
    stage = max((each.stage for each in own), default=Stage.ONE)
    grade = max(grade, contagion(((each.exposure_minor, each.grade) for each in of_debtor), on))
    return grade, stage_at(stage, grade)


def commitment_loss(
    one: Commitment, grade: Grade, stage: Stage, on: datetime.date, table: LossTable
) -> CommitmentLoss:
    """The loss of a commitment on a day, rounded up.

    >>> from kernel.grading.losses import loss_table
    >>> day = datetime.date(2026, 3, 2)
    >>> one = Commitment(undrawn_minor=2_000_000, factor_bp=5_000, until=None, rate_ppm=0)
    >>> commitment_loss(one, Grade.NORMAL, Stage.ONE, day, loss_table(day)).provision_minor
    5040
    """
    exposure = rounded(one.undrawn_minor * one.factor_bp, WHOLE_BP, Rounding.UP)
    days = 0 if one.until is None else (one.until - on).days
    years = min(max(1, -(-days // YEAR_DAYS)), YEARS_MAX)
    loss = expected_loss_minor(table, stage, grade, [exposure] * years, one.rate_ppm)
    own = rounded(loss * (MILLION - one.share_ppm), MILLION, Rounding.UP)
    return CommitmentLoss(
        grade=grade, stage=stage, years=years, exposure_minor=exposure, provision_minor=own
    )
