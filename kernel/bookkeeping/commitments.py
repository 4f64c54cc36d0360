"""Provisions for commitments not drawn (预计负债): Dr 6702 Cr 2801 by difference, at a cut.

Units: whole minor units. Sign: a provision that grows is positive.
Source: CAS 22, application guide (a loss allowance of a commitment is a provision).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from kernel.bookkeeping.journal import JournalLine
from kernel.bookkeeping.loan_policy import LOAN_POLICY
from kernel.bookkeeping.pairs import Pair, pair_lines
from kernel.bookkeeping.rules import PostingRules

COMMITMENT = "COMMITMENT"
"""Posting class of these lines."""
At = tuple[str, str]
"""Branch and currency."""


def are_provided(day: datetime.date) -> bool:
    """Whether the books hold a provision for each commitment on the day."""
    return bool(LOAN_POLICY.value("commitments.enabled", day))


def provision_lines(
    changes: Mapping[At, int], rules: PostingRules, on: datetime.date, first_line: int = 1
) -> tuple[JournalLine, ...]:
    """Loss and provision of each branch and currency. Raises LookupError without a rule."""
    pairs = (
        Pair(branch_id, currency, "LOSS", "PROVISION", minor, "commitments")
        for (branch_id, currency), minor in sorted(changes.items())
        if minor
    )
    return pair_lines(COMMITMENT, pairs, rules, on, first_line)
