"""Journal lines in pairs of one amount, by the posting rules of a class and two purposes.

Units: whole minor units. Sign: a positive amount is debited to the first purpose and credited to
the second.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from kernel.bookkeeping.journal import JournalLine
from kernel.bookkeeping.rules import PostingRules


class Pair(NamedTuple):
    """An amount at a branch, between two purposes; ``account`` names it on its lines."""

    branch_id: str
    currency: str
    debit: str
    credit: str
    minor: int
    account: str


def pair_lines(
    posting_class: str,
    pairs: Iterable[Pair],
    rules: PostingRules,
    on: datetime.date,
    first_line: int = 1,
) -> tuple[JournalLine, ...]:
    """Two lines a pair. Raises LookupError without a rule."""
    made: list[JournalLine] = []
    for pair in pairs:
        for purpose, side in ((pair.debit, pair.minor), (pair.credit, -pair.minor)):
            rule = rules.find(posting_class, purpose, on)
            if rule is None:
                raise LookupError(f"no posting rule for {posting_class}/{purpose}")
            made.append(
                JournalLine(
                    line_no=first_line + len(made),
                    subject=rule.subject,
                    branch_id=pair.branch_id,
                    currency=pair.currency,
                    debit_minor=max(side, 0),
                    credit_minor=max(-side, 0),
                    account=pair.account,
                    rule_id=rule.rule_id,
                    rule_version=rule.version,
                )
            )
    return tuple(made)
