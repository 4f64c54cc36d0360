"""Interest of deposits by days: what a cut posts, as an expense and as payable; and what of an
account under an agreement stands apart as an agreement deposit.

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
from kernel.bookkeeping.rules import PostingRule, PostingRules

INTEREST_CLASS = "DEPOSIT_INTEREST"
"""Posting class of these lines."""


AGREEMENT_CLASS = "CORPORATE_AGREEMENT"
"""Posting class of what exceeds the base of an agreement."""


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
            is_debit = side is Side.EXPENSE
            rule = rules.find(INTEREST_CLASS, side, on)
            if rule is None:
                missing.add(f"{INTEREST_CLASS}/{side}")
            sides = (minor, 0) if is_debit else (0, minor)
            made.append(_line(first_line + len(made), place, rule, sides))
    return tuple(made), ", ".join(sorted(missing))


def agreement_lines(
    moved: Iterable[tuple[Place, int]], rules: PostingRules, on: datetime.date, first_line: int = 1
) -> tuple[tuple[JournalLine, ...], str]:
    """Two lines an account: from its own subject to that of agreements, or back where negative."""
    made: list[JournalLine] = []
    missing: set[str] = set()
    for place, minor in moved:
        for posting_class, side in ((place.posting_class, minor), (AGREEMENT_CLASS, -minor)):
            rule = rules.find(posting_class, AGREEMENT_CLASS, on)
            if rule is None:
                missing.add(f"{posting_class}/{AGREEMENT_CLASS}")
            sides = (max(side, 0), max(-side, 0))
            made.append(_line(first_line + len(made), place, rule, sides))
    return tuple(made), ", ".join(sorted(missing))


def _line(
    line_no: int, place: Place, rule: PostingRule | None, sides: tuple[int, int]
) -> JournalLine:
    suspense = SUSPENSE_DEBIT if sides[0] else SUSPENSE_CREDIT
    return JournalLine(
        line_no=line_no,
        subject=rule.subject if rule else suspense,
        branch_id=place.branch_id,
        currency=place.currency,
        debit_minor=sides[0],
        credit_minor=sides[1],
        account=place.account or f"deposits:{place.posting_class}",
        rule_id=rule.rule_id if rule else NO_RULE,
        rule_version=rule.version if rule else 0,
    )
