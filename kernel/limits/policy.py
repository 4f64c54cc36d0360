"""Numbers of the concentration tests and of the freezes, as dated rows.

Units: basis points of the base that the key names; days; grades from 1 (best) to 5.
Source: Commercial Bank Law art. 39 (one borrower); 银监会令2010年第4号 (group);
银保监会令2018年第1号 (large exposures); 银保监办发〔2021〕24号 (joint internet loans). All rows are
unverified save the bank's own: they rest on secondary pages or common knowledge.
"""

from __future__ import annotations

import datetime

from kernel.common.policy import PolicyRow, PolicyTable

_LAW = datetime.date(2004, 2, 1)
_GROUP = datetime.date(2010, 6, 4)
_LARGE = datetime.date(2018, 7, 1)
_JOINT = datetime.date(2022, 1, 1)
_24 = "银保监办发〔2021〕24号"
_BANK = "bank policy"
_1 = "银保监会令2018年第1号"

_ROWS: list[tuple[str, int, datetime.date, str]] = [
    ("concentration.BORROWER_LOANS.max_bp", 1_000, _LAW, "Commercial Bank Law art. 39"),
    ("concentration.GROUP_CREDIT.max_bp", 1_500, _GROUP, "银监会令2010年第4号"),
    ("concentration.CUSTOMER_EXPOSURE.max_bp", 1_500, _LARGE, _1),
    ("concentration.GROUP_EXPOSURE.max_bp", 2_000, _LARGE, _1),
    ("concentration.BANK_EXPOSURE.max_bp", 2_500, _LARGE, _1),
    ("concentration.ONE_PARTNER.max_bp", 2_500, _JOINT, _24),
    ("concentration.ALL_PARTNERS.max_bp", 5_000, _JOINT, _24),
    ("joint.partner_share.min_bp", 3_000, _JOINT, _24),
    ("freeze.days_past_due.min", 1, _LAW, _BANK),
    ("freeze.grade.min", 3, _LAW, _BANK),
]

POLICY = PolicyTable(
    PolicyRow(
        key=key, value=value, effective_from=since, legal_basis=basis, verified=basis is _BANK
    )
    for key, value, since, basis in _ROWS
)
