"""A bank whose policy says otherwise than the default, from a day on, wherever it is asked."""

from __future__ import annotations

import datetime

import pytest

from kernel.bookkeeping.loan_fees import FeesMethod
from kernel.bookkeeping.loan_policy import LOAN_POLICY
from kernel.common.policy import PolicyRow, PolicyTable
from kernel.grading.policy import POLICY
from kernel.grading.unwinding import NonAccrualMode

SINCE = datetime.date(2007, 1, 1)


def unwinding_from(patch: pytest.MonkeyPatch, day: datetime.date = SINCE) -> None:
    """Allowances of loans in non-accrual unwind into income."""
    _switch(patch, POLICY, "nonaccrual.mode", NonAccrualMode.STAGE3_UNWIND, day)


def effective_fees_from(patch: pytest.MonkeyPatch, day: datetime.date = SINCE) -> None:
    """What is taken at the start of loans that begin then is earned by the effective rate."""
    _switch(patch, LOAN_POLICY, "fees.method", FeesMethod.EFFECTIVE_RATE, day)


def _switch(
    patch: pytest.MonkeyPatch, table: PolicyTable, key: str, value: int, day: datetime.date
) -> None:
    rows = [
        PolicyRow(key=key, value=each, effective_from=on, legal_basis="test", verified=True)
        for on, each in {SINCE: table.value(key, SINCE), day: value}.items()
    ]
    patch.setitem(table._rows, key, rows[::-1])
