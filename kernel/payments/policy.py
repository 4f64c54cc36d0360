"""Numbers of the payments' rules, as dated rows.

Units: days.
Source: bank policy.
"""

from __future__ import annotations

import datetime

from kernel.common.policy import PolicyRow, PolicyTable

POLICY = PolicyTable(
    [
        PolicyRow(
            key="payment.reserve.max_days",
            value=366,
            effective_from=datetime.date(2000, 1, 1),
            legal_basis="bank policy",
            verified=True,
        )
    ]
)
