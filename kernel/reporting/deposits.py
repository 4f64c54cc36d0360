"""How deposits are spread over depositors: the largest shares, and what is insured.

Units: whole minor units by currency; ``share_bp`` basis points.
Source: 存款保险条例 (State Council order 660) art 5: 500,000 yuan a depositor.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from kernel.common.policy import PolicyRow, PolicyTable
from kernel.reporting.table import Cell, Parts, share_bp

LARGEST = (1, 10, 20)
POLICY = PolicyTable(
    [
        PolicyRow(
            key="deposit_insurance.limit_minor",
            value=50_000_000,
            effective_from=datetime.date(2015, 5, 1),
            legal_basis="存款保险条例 (State Council order 660) art 5",
            verified=False,
        )
    ]
)


def concentration(
    balances: Iterable[tuple[str, str, int]], on: datetime.date, policy: PolicyTable = POLICY
) -> Parts:
    """By currency: what the largest depositors hold, and the insured part (yuan only).

    ``balances`` are (depositor, currency, minor); those at or below zero are no deposits.
    """
    held: dict[str, dict[str, int]] = {}
    for depositor_id, currency, minor in balances:
        own = held.setdefault(currency, {})
        own[depositor_id] = own.get(depositor_id, 0) + max(0, minor)
    limit = policy.value("deposit_insurance.limit_minor", on)
    rows: list[tuple[Cell, ...]] = []
    for currency, own in sorted(held.items()):
        amounts = sorted((minor for minor in own.values() if minor), reverse=True)
        whole = sum(amounts)
        for most in LARGEST:
            part = sum(amounts[:most])
            rows.append(
                (currency, f"top {most}", min(most, len(amounts)), part, share_bp(part, whole))
            )
        if currency == "CNY":
            insured = sum(min(minor, limit) for minor in amounts)
            rows.append((currency, "insured", len(amounts), insured, share_bp(insured, whole)))
        rows.append((currency, "all", len(amounts), whole, share_bp(whole, whole)))
    return ("currency", "depositors", "count", "amount_minor", "share_bp"), rows
