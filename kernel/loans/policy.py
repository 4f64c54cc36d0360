"""Bounds of relief and of the end of a loan, as dated rows.

Units: per cent of the agreed term, months, days past due.
Source: 贷款通则 (中国人民银行令1996年第2号) art. 8 for the terms (as quoted at
wap.findlaw.cn/wenda/q_37207911), art. 12 for extensions (as quoted at
88.wendadaohang.com/zd/VaaS1StVa). Both texts were read there, not in the gazette.
"""

from __future__ import annotations

import datetime

from kernel.common.policy import PolicyRow, PolicyTable

_RULES = "贷款通则 arts 8, 12"
_ROWS = (
    ("term.short.max_months", 12, datetime.date(1996, 8, 1), _RULES, True),
    ("term.medium.max_months", 60, datetime.date(1996, 8, 1), _RULES, True),
    ("extension.short.max_percent", 100, datetime.date(1996, 8, 1), _RULES, True),
    ("extension.medium.max_percent", 50, datetime.date(1996, 8, 1), _RULES, True),
    ("extension.long.max_months", 36, datetime.date(1996, 8, 1), _RULES, True),
    ("write_off.min_days_past_due", 180, datetime.date(2000, 1, 1), "bank policy", True),
)

POLICY = PolicyTable(
    PolicyRow(key=key, value=value, effective_from=since, legal_basis=basis, verified=verified)
    for key, value, since, basis, verified in _ROWS
)
