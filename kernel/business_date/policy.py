"""Bounds of business and value dates, as dated rows.

Units: days.
Source: bank policy; a core banking system bounds back and forward value dates by parameter.
"""

from __future__ import annotations

import datetime

from kernel.common.policy import PolicyRow, PolicyTable

_ALWAYS = datetime.date(2000, 1, 1)


def _row(key: str, value: int) -> PolicyRow:
    return PolicyRow(
        key=key,
        value=value,
        effective_from=_ALWAYS,
        legal_basis="bank policy",
        verified=True,
    )


POLICY = PolicyTable(
    [
        _row("business_date.max_step_days", 10),
        _row("value_date.max_back_days", 30),
        _row("value_date.max_forward_days", 7),
    ]
)
