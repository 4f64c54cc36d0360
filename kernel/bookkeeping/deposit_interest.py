"""Interest of deposits by days: what a cut posts, as an expense and as payable; and what of an
account under an agreement stands apart as an agreement deposit.

Units: whole minor units. Sign: what an account earned more is positive; what it earned less stands
negative on the same sides (red), what closed years earned less on the opposite ones (blue).
Source: CAS application guide, subjects 6411 and 2231 (interest expense, by the accrual basis);
会计基础工作规范 art. 51 (red entries); CAS 28 (prior-year adjustments).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from kernel.bookkeeping.chart import SUSPENSE_CREDIT, SUSPENSE_DEBIT
from kernel.bookkeeping.journal import NO_RULE, JournalLine, sides
from kernel.bookkeeping.loan_journal import Place
from kernel.bookkeeping.rules import PRIOR_YEAR, PostingRule, PostingRules

INTEREST_CLASS = "DEPOSIT_INTEREST"
"""Posting class of these lines."""


AGREEMENT_CLASS = "CORPORATE_AGREEMENT"
"""Posting class of what exceeds the base of an agreement."""


class Side(StrEnum):
    """The lines of each entry: an expense, of the open year or of closed ones, and the debt."""

    EXPENSE = "EXPENSE"
    PAYABLE = "PAYABLE"
    PRIOR_YEAR = PRIOR_YEAR


class Earned(NamedTuple):
    """What a place earned more since the last cut; of it, ``prior_minor`` by closed years.

    A place with an account is what facts of that account changed of days already posted; one
    without is all that its accounts earned beside.
    """

    place: Place
    minor: int
    prior_minor: int = 0


def interest_lines(
    posted: Iterable[Earned], rules: PostingRules, on: datetime.date, first_line: int = 1
) -> tuple[tuple[JournalLine, ...], str]:
    """Two lines a place and year, open or closed, that changed; and what had no posting rule."""
    made: list[JournalLine] = []
    missing: set[str] = set()
    for place, whole, prior in sorted(posted):
        for expense, minor in ((Side.EXPENSE, whole - prior), (Side.PRIOR_YEAR, prior)):
            is_red = minor < 0 and expense is Side.EXPENSE
            for side, net in ((expense, minor), (Side.PAYABLE, -minor)) if minor else ():
                rule = rules.find(INTEREST_CLASS, side, on)
                if rule is None:
                    missing.add(f"{INTEREST_CLASS}/{side}")
                line_no = first_line + len(made)
                made.append(_line(line_no, place, rule, sides(net, is_red=is_red)))
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
            line_no = first_line + len(made)
            made.append(_line(line_no, place, rule, sides(side, is_red=False)))
    return tuple(made), ", ".join(sorted(missing))


def _line(
    line_no: int, place: Place, rule: PostingRule | None, both: tuple[int, int]
) -> JournalLine:
    debit_minor, credit_minor = both
    suspense = SUSPENSE_DEBIT if debit_minor else SUSPENSE_CREDIT
    return JournalLine(
        line_no=line_no,
        subject=rule.subject if rule else suspense,
        branch_id=place.branch_id,
        currency=place.currency,
        debit_minor=debit_minor,
        credit_minor=credit_minor,
        account=place.account or f"deposits:{place.posting_class}",
        rule_id=rule.rule_id if rule else NO_RULE,
        rule_version=rule.version if rule else 0,
    )
