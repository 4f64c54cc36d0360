"""Class and stage of many loans by array, and which loans an array cannot class.

Units: days; classes 1 to 5, stages 1 to 3.
"""

from __future__ import annotations

import datetime

import numpy as np

from kernel.grading.classes import Grade
from kernel.grading.losses import Stage
from kernel.grading.policy import POLICY
from kernel.loans.columns import Columns, Ints
from kernel.loans.outlook import STATUSES
from kernel.loans.standing import Status

OVER = tuple(STATUSES.index(status) for status in (Status.NOT_DISBURSED, Status.SETTLED))
"""Places of the statuses in which nothing is owed."""


def by_days(columns: Columns, on: datetime.date) -> tuple[Ints, Ints]:
    """Class and stage of every loan by its days past due alone."""
    late = columns.days_past_due(on.toordinal())
    grades = np.ones(len(columns), np.int64)
    for key in ("technical_overdue_days", "substandard_over_days", "doubtful_over_days",
                "loss_over_days"):  # fmt: skip
        grades += late > POLICY.value(f"grade.{key}", on)
    bad = (grades >= Grade.SUBSTANDARD) | (late > POLICY.value("stage.default_over_days", on))
    risky = (grades > Grade.NORMAL) | (late > POLICY.value("stage.significant_over_days", on))
    return grades, np.where(bad, Stage.THREE, np.where(risky, Stage.TWO, Stage.ONE))


def with_history(columns: Columns, on: datetime.date) -> Ints:
    """Places of the loans that owe and whose class their past may set: long arrears, or relief."""
    long = min(
        POLICY.value("stage.significant_over_days", on),
        POLICY.value("grade.substandard_over_days", on),
    )
    since = columns.column("spell_since")
    lasts = (since > 0) & (since != columns.column("since")) & (on.toordinal() - since > long)
    past = (columns.column("longest_spell") > long) | (columns.column("relieved_on") > 0)
    return np.flatnonzero((lasts | past) & ~np.isin(columns.column("status"), OVER))
