"""Which limits a day's observations freeze: arrears, a bad class, collateral that fell short.

Pure: the close of a day hands in what it saw and gives the commands that follow to the engine. An
unfreezing is a person's decision and never follows by itself.

Units: days past due, grades of the five-grade classification (1 best), whole minor units.
Source: 银监会令2010年第1号 and its successors (suspension of undrawn credit); thresholds are the
bank's own, as dated rows.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

import msgspec

from kernel.limits.commands import FreezeLimit, FreezeTrigger
from kernel.limits.policy import POLICY


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """How the loans under one limit looked on a day; ``grade`` 1 to 5, the worst of them."""

    limit_id: str
    days_past_due: int = 0
    grade: int = 1
    shortfall_minor: int = 0


def freezes(
    observations: Iterable[Observation],
    frozen: Mapping[str, Iterable[str]],
    on: datetime.date,
) -> list[FreezeLimit]:
    """The freezes that follow, by limit and trigger; what is ``frozen`` already is left out.

    >>> seen = [Observation(limit_id="A", days_past_due=3, shortfall_minor=1)]
    >>> [each.trigger.value for each in freezes(seen, {"A": ["SHORTFALL"]}, datetime.date.today())]
    ['OVERDUE']
    """
    found: dict[tuple[str, FreezeTrigger], FreezeLimit] = {}
    for seen in observations:
        for trigger, reason in _reasons(seen, on):
            if trigger not in set(frozen.get(seen.limit_id, ())):
                asked = FreezeLimit(limit_id=seen.limit_id, trigger=trigger, reason=reason)
                found.setdefault((seen.limit_id, trigger), asked)
    return [found[key] for key in sorted(found)]


def _reasons(seen: Observation, on: datetime.date) -> list[tuple[FreezeTrigger, str]]:
    reasons = []
    if seen.days_past_due >= POLICY.value("freeze.days_past_due.min", on):
        reasons.append((FreezeTrigger.OVERDUE, f"{seen.days_past_due} days past due"))
    if seen.grade >= POLICY.value("freeze.grade.min", on):
        reasons.append((FreezeTrigger.LOAN_CLASS, f"graded {seen.grade} of 5"))
    if seen.shortfall_minor > 0:
        reasons.append((FreezeTrigger.SHORTFALL, f"collateral lacks {seen.shortfall_minor}"))
    return reasons
