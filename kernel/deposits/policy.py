"""Numbers of deposits that regulation or the bank fixes, as dated rows.

Units: parts per million for rates, days and months as named.
Source: named with each row; rows marked unverified rest on secondary sources.
"""

from __future__ import annotations

import datetime

from kernel.common.policy import PolicyRow, PolicyTable

_ALWAYS = datetime.date(2000, 1, 1)
_TAX = "对储蓄存款利息所得征收个人所得税的实施办法, 财税〔2008〕132号"

POLICY = PolicyTable(
    PolicyRow(key=key, value=value, effective_from=since, legal_basis=basis, verified=verified)
    for key, value, since, basis, verified in (
        ("deposit.interest_tax_ppm", 200_000, _ALWAYS, _TAX, False),
        ("deposit.interest_tax_ppm", 50_000, datetime.date(2007, 8, 15), _TAX, False),
        ("deposit.interest_tax_ppm", 0, datetime.date(2008, 10, 9), _TAX, False),
        ("deposit.back_value_days", 30, _ALWAYS, "bank policy, as value_date.max_back_days", True),
        ("agreement.months_max", 12, _ALWAYS, "人民币单位存款管理办法: at most a year", False),
    )
)


def withheld_minor(interest_minor: int, on: datetime.date) -> int:
    """Tax on interest that is credited on a day; zero since 9 October 2008."""
    return interest_minor * POLICY.value("deposit.interest_tax_ppm", on) // 10**6
