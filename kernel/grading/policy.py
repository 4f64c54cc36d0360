"""Numbers of grading and of expected losses, as dated rows.

Units: days, months, periods; ``*_bp`` basis points; ``*_ppm`` parts per million.
Source: 商业银行金融资产风险分类办法 (order 1 of 2023) for classes, contagion, restructuring and
upgrade; CAS 22 for the stages. Rows marked unverified rest on secondary pages. What defaults cost
(``loss.*``) is a bank's own estimate; no regulation sets it.
"""

from __future__ import annotations

import datetime

from kernel.common.policy import PolicyRow, PolicyTable

_BEFORE = datetime.date(2007, 1, 1)
_ORDER_1 = datetime.date(2023, 7, 1)
_CAS_22 = datetime.date(2018, 1, 1)
_ORDER = "商业银行金融资产风险分类办法 (order 1/2023)"
_STANDARD = "CAS 22 (企业会计准则第22号)"
_BANK = "bank policy"

_CLASSES = {
    "grade.technical_overdue_days": 7,
    "grade.substandard_over_days": 90,
    "grade.doubtful_over_days": 270,
    "grade.loss_over_days": 360,
    "grade.doubtful_loss_bp": 5_000,
    "grade.loss_loss_bp": 9_000,
    "grade.contagion_bp": 1_000,
    "grade.upgrade_periods": 2,
    "grade.upgrade_months": 6,
    "grade.observation_periods": 2,
    "grade.observation_months": 12,
}
_STAGES = {"stage.significant_over_days": 30, "stage.default_over_days": 90}
_OWN = {
    "stage.cure_periods": 3,
    "commitment.factor_bp": 10_000,
    "nonaccrual.mode": 0,
    "loss.pd_ppm.normal": 10_000,
    "loss.pd_ppm.special_mention": 80_000,
    "loss.pd_ppm.substandard": 1_000_000,
    "loss.pd_ppm.doubtful": 1_000_000,
    "loss.pd_ppm.loss": 1_000_000,
    "loss.lgd_ppm": 450_000,
    "loss.lgd_floor_ppm": 100_000,
    "loss.weight_ppm.base": 600_000,
    "loss.weight_ppm.up": 100_000,
    "loss.weight_ppm.down": 300_000,
    "loss.pd_multiplier_ppm.base": 1_000_000,
    "loss.pd_multiplier_ppm.up": 700_000,
    "loss.pd_multiplier_ppm.down": 1_500_000,
}
"""Periods of cure, conversion factor of a commitment without a limit, interest of loans in
non-accrual (``unwinding``); then (``loss.*``) PD a year
by class, LGD without collateral and its floor, scenarios: a table begins anew on the first day of
any of its rows."""


def _rows(values: dict[str, int], since: datetime.date, basis: str) -> list[PolicyRow]:
    is_own = basis == _BANK
    return [
        PolicyRow(key=key, value=value, effective_from=since, legal_basis=basis, verified=is_own)
        for key, value in values.items()
    ]


POLICY = PolicyTable(
    [
        *_rows(_CLASSES | _STAGES | _OWN, _BEFORE, _BANK),
        *_rows(_STAGES, _CAS_22, _STANDARD),
        *_rows(_CLASSES, _ORDER_1, _ORDER),
    ]
)
"""Before the order and the standard a bank classed and provided by a policy of its own: a ledger
of those days goes on as these rows say."""
