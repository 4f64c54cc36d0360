"""Interest of deposits by days: what a cut posts, as an expense and as payable.

Units: whole minor units. Sign: what an account earned more is positive; what it earned less stands
negative on the same sides (red).
Source: CAS application guide, subjects 6411 and 2231 (interest expense, by the accrual basis);
会计基础工作规范 art. 51 (red entries).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from enum import StrEnum

from kernel.bookkeeping.chart import SUSPENSE_CREDIT, SUSPENSE_DEBIT
from kernel.bookkeeping.journal import NO_RULE, JournalLine
from kernel.bookkeeping.loan_journal import Place
from kernel.bookkeeping.rules import PostingRules

INTEREST_CLASS = "DEPOSIT_INTEREST"
"""Posting class of these lines."""


class Side(StrEnum):
    """The two lines of each entry."""

    EXPENSE = "EXPENSE"
    PAYABLE = "PAYABLE"


def interest_lines(
    posted: Iterable[tuple[Place, int]], rules: PostingRules, on: datetime.date, first_line: int = 1
) -> tuple[tuple[JournalLine, ...], str]:
    """Two lines a place whose interest changed, and what had no posting rule.

    A place with an account is what a fact of that account changed of days already posted; one
    without is all that its accounts earned beside.
    """
    made: list[JournalLine] = []
    missing: set[str] = set()
    for place, minor in sorted(posted, key=lambda each: each[0]):
        for side in Side if minor else ():
            rule = rules.find(INTEREST_CLASS, side, on)
            is_debit = side is Side.EXPENSE
            if rule is None:
                missing.add(f"{INTEREST_CLASS}/{side}")
            made.append(
                JournalLine(
                    line_no=first_line + len(made),
                    subject=rule.subject
                    if rule
                    else SUSPENSE_DEBIT
                    if is_debit
                    else SUSPENSE_CREDIT,
                    branch_id=place.branch_id,
                    currency=place.currency,
                    debit_minor=minor if is_debit else 0,
                    credit_minor=0 if is_debit else minor,
                    account=place.account or f"deposits:{place.posting_class}",
                    rule_id=rule.rule_id if rule else NO_RULE,
                    rule_version=rule.version if rule else 0,
                )
            )
    return tuple(made), ", ".join(sorted(missing))
