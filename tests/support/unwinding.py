"""A bank whose allowances of loans in non-accrual unwind into income, from a day on."""

from __future__ import annotations

import datetime

import pytest

from kernel.common.policy import PolicyRow
from kernel.grading.policy import POLICY
from kernel.grading.unwinding import NonAccrualMode

SINCE = datetime.date(2007, 1, 1)


def unwinding_from(patch: pytest.MonkeyPatch, day: datetime.date = SINCE) -> None:
    """Let the policy row say so wherever it is asked."""
    key = "nonaccrual.mode"
    rows = {
        on: PolicyRow(key=key, value=mode, effective_from=on, legal_basis="test", verified=True)
        for on, mode in ((SINCE, NonAccrualMode.OFF_BALANCE), (day, NonAccrualMode.STAGE3_UNWIND))
    }
    patch.setitem(POLICY._rows, key, sorted(rows.values(), key=_begin, reverse=True))


def _begin(row: PolicyRow) -> datetime.date:
    return row.effective_from
