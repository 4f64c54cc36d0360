"""All groups that are compared; a new area adds its module's ``GROUPS`` here."""

from __future__ import annotations

from tests.conformance import annual_costs, annuities, chinese_rules, day_counts, loan_schedules
from tests.conformance.groups import Group

GROUPS: tuple[Group, ...] = (
    *annual_costs.GROUPS,
    *annuities.GROUPS,
    *day_counts.GROUPS,
    *chinese_rules.GROUPS,
    *loan_schedules.GROUPS,
)
