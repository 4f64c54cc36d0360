"""Numbers of grading and of expected losses, as dated rows.

Units: days, months, periods; ``*_bp`` basis points; ``*_ppm`` parts per million.
Source: 商业银行金融资产风险分类办法 (order 1 of 2023) for classes, contagion, restructuring and
upgrade; CAS 22 for the stages. Rows marked unverified rest on secondary pages. What defaults cost
(``loss.*``) is a bank's own estimate; no regulation sets it.
"""

from __future__ import annotations

import datetime

from kernel.common.policy import PolicyRow, PolicyTable

_ORDER_1 = datetime.date(2023, 7, 1)
_CAS_22 = datetime.date(2018, 1, 1)


def _row(
    key: str, value: int, *, since: datetime.date = _ORDER_1, basis: str, verified: bool = False
) -> PolicyRow:
    return PolicyRow(
        key=key, value=value, effective_from=since, legal_basis=basis, verified=verified
    )


_LOSSES = {
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
"""PD of a year by class, LGD without collateral and its floor, scenarios: a table begins anew on
the first day of any of its rows."""

POLICY = PolicyTable(
    [
        _row(
            "grade.technical_overdue_days", 7, basis="商业银行金融资产风险分类办法 (order 1/2023)"
        ),
        _row(
            "grade.substandard_over_days", 90, basis="商业银行金融资产风险分类办法 (order 1/2023)"
        ),
        _row("grade.doubtful_over_days", 270, basis="商业银行金融资产风险分类办法 (order 1/2023)"),
        _row("grade.loss_over_days", 360, basis="商业银行金融资产风险分类办法 (order 1/2023)"),
        _row("grade.doubtful_loss_bp", 5_000, basis="商业银行金融资产风险分类办法 (order 1/2023)"),
        _row("grade.loss_loss_bp", 9_000, basis="商业银行金融资产风险分类办法 (order 1/2023)"),
        _row("grade.contagion_bp", 1_000, basis="商业银行金融资产风险分类办法 (order 1/2023)"),
        _row("grade.upgrade_periods", 2, basis="商业银行金融资产风险分类办法 (order 1/2023)"),
        _row("grade.upgrade_months", 6, basis="商业银行金融资产风险分类办法 (order 1/2023)"),
        _row("grade.observation_periods", 2, basis="商业银行金融资产风险分类办法 (order 1/2023)"),
        _row("grade.observation_months", 12, basis="商业银行金融资产风险分类办法 (order 1/2023)"),
        _row("stage.significant_over_days", 30, since=_CAS_22, basis="CAS 22 (企业会计准则第22号)"),
        _row("stage.default_over_days", 90, since=_CAS_22, basis="CAS 22 (企业会计准则第22号)"),
        _row("stage.cure_periods", 3, since=_CAS_22, basis="bank policy", verified=True),
        *(
            _row(key, value, since=_CAS_22, basis="bank policy", verified=True)
            for key, value in _LOSSES.items()
        ),
    ]
)
