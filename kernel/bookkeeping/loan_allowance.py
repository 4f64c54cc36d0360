"""The loss allowance of a loan as the books take it: by class and stage on the day, nothing stored.

It is a function of the loan's events and the day, measured whenever the loan is posted, so a late
event brings exactly its difference. Measured by the loan's own conduct, without collateral.

Units: whole minor units.
Source: CAS 22 (企业会计准则第22号), expected credit losses; ``kernel.grading.losses``.
"""

from __future__ import annotations

from collections.abc import Sequence

from kernel.common.rounding import Rounding, rounded
from kernel.grading.classes import Grade, own_grade
from kernel.grading.losses import MILLION, STANDARD, Stage, expected_loss_minor, stage_of
from kernel.loans.standing import Standing, Status
from kernel.loans.state import LoanState
from kernel.reporting.loan_book import conduct, exposures_minor, record_of


def measured_minor(state: LoanState, found: Standing) -> int:
    """The allowance that the standing asks for; none of a loan that was written off."""
    if found.status is Status.WRITTEN_OFF:
        return 0
    shown = conduct(record_of(state), found)
    grade = own_grade(shown, found.as_of).grade
    stage = stage_of(shown, grade, found.as_of)
    return own_loss_minor(state, stage, grade, exposures_minor(found), found.annual_rate_ppb)


def own_loss_minor(
    state: LoanState, stage: Stage, grade: Grade, exposures: Sequence[int], rate_ppb: int = 0
) -> int:
    """The bank's part of the loss expected of these exposures, rounded up.

    The rate plays no part but in stage 2, nor do exposures but the first.
    """
    loss = expected_loss_minor(STANDARD, stage, grade, exposures, rate_ppb // 1_000)
    share_ppm = 0 if state.partner is None else state.partner.share_ppm
    return rounded(loss * (MILLION - share_ppm), MILLION, Rounding.UP)
