"""Numbers of the accounts' rules, as dated rows.

Units: ``*_minor`` fen; ``*_count``, ``*_days`` and ``*_months`` as named.
Source: 银发〔2016〕261号 (classes, one class Ⅰ account); 银发〔2018〕16号 (class Ⅲ caps, five
accounts); 银发〔2016〕86号 (emergency stop: 48 hours, twice); police procedure arts. 240, 243 and
the Civil Procedure rules on freezes (terms). Rows marked unverified rest on secondary sources.
"""

from __future__ import annotations

import datetime

from kernel.common.legs import Direction
from kernel.common.policy import PolicyRow, PolicyTable
from kernel.common.terms import AccountClass

_CLASSES = datetime.date(2016, 12, 1)
_LIGHTER_III = datetime.date(2018, 1, 19)
_SETTLEMENT = datetime.date(2003, 9, 1)
_ORDER_5 = "人民币银行结算账户管理办法 art. 56"
_261 = "银发〔2016〕261号"
_16 = "银发〔2018〕16号"

_ROWS: list[tuple[str, int, datetime.date, str, bool]] = [
    ("account.I.count_max", 1, _CLASSES, _261, True),
    ("account.II.count_max", 5, _LIGHTER_III, _16, True),
    ("account.III.count_max", 5, _LIGHTER_III, _16, True),
    ("account.II.OUT.day_minor", 1_000_000, _CLASSES, _261, True),
    ("account.II.OUT.year_minor", 20_000_000, _CLASSES, _261, True),
    ("account.II.IN.day_minor", 1_000_000, _CLASSES, _261, True),
    ("account.II.IN.year_minor", 20_000_000, _CLASSES, _261, True),
    ("account.III.OUT.day_minor", 200_000, _LIGHTER_III, _16, True),
    ("account.III.OUT.year_minor", 5_000_000, _LIGHTER_III, _16, True),
    ("account.III.IN.day_minor", 500_000, _LIGHTER_III, _16, False),
    ("account.III.IN.year_minor", 10_000_000, _LIGHTER_III, _16, False),
    ("account.III.balance_minor", 200_000, _LIGHTER_III, _16, True),
    ("restraint.EMERGENCY_STOP.days", 2, _CLASSES, "银发〔2016〕86号", True),
    ("restraint.EMERGENCY_STOP.count_max", 2, _CLASSES, "银发〔2016〕86号", True),
    ("restraint.JUDICIAL_FREEZE.max_days", 366, _CLASSES, "court freeze: one year an act", False),
    ("dormant.new_no_txn_months", 6, _CLASSES, _261, True),
    ("dormant.person_months", 36, _CLASSES, "bank policy", False),
    ("dormant.person_balance_max_minor", 1_000, _CLASSES, "bank policy", False),
    ("dormant.corporate_months", 12, _SETTLEMENT, _ORDER_5, True),
    ("dormant.corporate_notice_days", 30, _SETTLEMENT, _ORDER_5, True),
    ("hold.max_days", 366, _CLASSES, "bank policy", True),
]

POLICY = PolicyTable(
    PolicyRow(key=key, value=value, effective_from=since, legal_basis=basis, verified=verified)
    for key, value, since, basis, verified in _ROWS
)


def cap_minor(
    account_class: AccountClass, direction: Direction, span: str, on: datetime.date
) -> int:
    """The cap of a class Ⅱ or Ⅲ account for a ``day`` or a ``year``, in fen."""
    return POLICY.value(f"account.{account_class}.{direction}.{span}_minor", on)
