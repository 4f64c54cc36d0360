"""Numbers of the collateral rules, as dated rows: ceilings by kind, coverage thresholds.

Units: basis points (10,000 = the whole); the ceilings are shares of the appraised value;
``coverage.call_days`` is how long a debtor has to answer a margin call of the close.
Source: 银监发〔2017〕16号 asks each bank to set ceilings by kind of collateral; the values are
bank practice as published. Rows marked unverified rest on secondary pages.
"""

from __future__ import annotations

import datetime
from enum import StrEnum

from kernel.common.policy import PolicyRow, PolicyTable


class CollateralKind(StrEnum):
    """What is pledged, as far as the ceiling depends on it."""

    CASH_MARGIN = "CASH_MARGIN"
    TERM_DEPOSIT = "TERM_DEPOSIT"
    FOREIGN_DEPOSIT = "FOREIGN_DEPOSIT"
    TREASURY_BOND = "TREASURY_BOND"
    BANK_ACCEPTANCE = "BANK_ACCEPTANCE"
    INSURANCE_POLICY = "INSURANCE_POLICY"
    LISTED_SHARES = "LISTED_SHARES"
    RECEIVABLES = "RECEIVABLES"
    RESIDENTIAL = "RESIDENTIAL"
    COMMERCIAL = "COMMERCIAL"
    INDUSTRIAL = "INDUSTRIAL"
    LAND_USE_RIGHT = "LAND_USE_RIGHT"
    LAND_MANAGEMENT_RIGHT = "LAND_MANAGEMENT_RIGHT"
    EQUIPMENT = "EQUIPMENT"
    VEHICLE = "VEHICLE"
    INVENTORY = "INVENTORY"
    LIVING_OR_INTANGIBLE = "LIVING_OR_INTANGIBLE"


_GUIDELINE = datetime.date(2017, 4, 26)
_SECONDARY = "bank practice under 银监发〔2017〕16号, secondary pages"
_BANK = "bank policy"

_CEILINGS: list[tuple[CollateralKind, int, str]] = [
    (CollateralKind.CASH_MARGIN, 10_000, _BANK),
    (CollateralKind.TERM_DEPOSIT, 9_000, _SECONDARY),
    (CollateralKind.FOREIGN_DEPOSIT, 7_500, _SECONDARY),
    (CollateralKind.TREASURY_BOND, 9_000, _SECONDARY),
    (CollateralKind.BANK_ACCEPTANCE, 9_000, _BANK),
    (CollateralKind.INSURANCE_POLICY, 8_000, _SECONDARY),
    (CollateralKind.LISTED_SHARES, 3_000, _BANK),
    (CollateralKind.RECEIVABLES, 5_000, _BANK),
    (CollateralKind.RESIDENTIAL, 7_000, _SECONDARY),
    (CollateralKind.COMMERCIAL, 5_000, _SECONDARY),
    (CollateralKind.INDUSTRIAL, 4_000, _SECONDARY),
    (CollateralKind.LAND_USE_RIGHT, 5_000, _SECONDARY),
    (CollateralKind.LAND_MANAGEMENT_RIGHT, 5_000, _SECONDARY),
    (CollateralKind.EQUIPMENT, 3_000, _SECONDARY),
    (CollateralKind.VEHICLE, 5_000, _SECONDARY),
    (CollateralKind.INVENTORY, 4_000, _BANK),
    (CollateralKind.LIVING_OR_INTANGIBLE, 3_000, _BANK),
]

_THRESHOLDS = [
    ("coverage.warn_bp", 11_000),
    ("coverage.call_bp", 10_000),
    ("coverage.call_days", 10),
]

POLICY = PolicyTable(
    [
        PolicyRow(
            key=f"ltv.{kind}.ceiling_bp",
            value=value,
            effective_from=_GUIDELINE,
            legal_basis=basis,
            verified=basis is _BANK,
        )
        for kind, value, basis in _CEILINGS
    ]
    + [
        PolicyRow(key=key, value=value, effective_from=_GUIDELINE, legal_basis=_BANK, verified=True)
        for key, value in _THRESHOLDS
    ]
)


def ceiling_bp(kind: CollateralKind, on: datetime.date) -> int:
    """The highest loan-to-value of a kind of collateral on a day, in basis points."""
    return POLICY.value(f"ltv.{kind}.ceiling_bp", on)
