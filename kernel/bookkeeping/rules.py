"""Posting rules as data: which subject a leg is posted to, from which business date.

A leg is posted by the posting class of its account (or the kind of an internal account) and by
its purpose; an amount of a loan by the loan's posting class and its amount type as the purpose.
A rule for the very purpose goes before a rule for any purpose. The row in force on
the booking date is taken, so a replay posts as the day itself did.
Source: CAS application guide; the subjects' codes are in ``chart``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import msgspec

from kernel.bookkeeping.chart import CHART, PRIOR_YEAR_ADJUSTMENTS
from kernel.bookkeeping.loan_subjects import LOAN_CLASSES, LOAN_SUBJECTS, rule_id_of
from kernel.common.legs import InternalAccount

ANY_PURPOSE = "*"
INTER_BRANCH = "INTER_BRANCH"
"""Posting class of the lines that balance a branch when an event crosses branches."""
PRIOR_YEAR = "PRIOR_YEAR"
"""Purpose under which income and expense of a closed year are corrected."""


class PostingRule(msgspec.Struct, frozen=True, kw_only=True):
    """One row: legs of ``posting_class`` and ``purpose`` go to ``subject``.

    ``version`` counts the versions of ``rule_id``; the row holds from ``effective_from`` until the
    next row of the same class and purpose.
    """

    rule_id: str
    version: int
    posting_class: str
    purpose: str = ANY_PURPOSE
    subject: str
    effective_from: datetime.date
    legal_basis: str


_FOUND_MAX = 10_000
"""So many answers are remembered: the same few questions are asked for every leg."""


class PostingRules:
    """Dated posting rules, looked up by posting class, purpose and booking date.

    Raises ValueError for a rule that names a subject outside the chart, and for two rows of one
    class and purpose that start on the same day.
    """

    def __init__(self, rows: Iterable[PostingRule]) -> None:
        self._rows: dict[tuple[str, str], list[PostingRule]] = {}
        for row in sorted(rows, key=lambda row: row.effective_from, reverse=True):
            if row.subject not in CHART:
                raise ValueError(f"{row.rule_id} names {row.subject}, which is not in the chart")
            same = self._rows.setdefault((row.posting_class, row.purpose), [])
            if same and same[-1].effective_from == row.effective_from:
                raise ValueError(f"{row.rule_id} and {same[-1].rule_id} start on the same day")
            same.append(row)

        self._found: dict[tuple[str, str, datetime.date], PostingRule | None] = {}

    def find(self, posting_class: str, purpose: str, on: datetime.date) -> PostingRule | None:
        """The rule in force on the day, or None when there is none."""
        asked = (posting_class, purpose, on)
        known = self._found
        if asked in known:
            return known[asked]
        if len(known) >= _FOUND_MAX:
            known = self._found = {}
        found = known[asked] = self._find(*asked)
        return found

    def _find(self, posting_class: str, purpose: str, on: datetime.date) -> PostingRule | None:
        for key in ((posting_class, purpose), (posting_class, ANY_PURPOSE)):
            for row in self._rows.get(key, ()):
                if row.effective_from <= on:
                    return row
        return None


_SINCE = datetime.date(2007, 1, 1)
_GUIDE = "CAS application guide (财会〔2006〕18号), subjects and main journals"


def _rule(
    rule_id: str, posting_class: str, subject: str, purpose: str = ANY_PURPOSE
) -> PostingRule:
    return PostingRule(
        rule_id=rule_id,
        version=1,
        posting_class=posting_class,
        purpose=purpose,
        subject=subject,
        effective_from=_SINCE,
        legal_basis=_GUIDE,
    )


POSTING_RULES = PostingRules(
    (
        _rule("deposit.personal-current", "PERSONAL_CURRENT", "201101"),
        _rule("deposit.corporate-current", "CORPORATE_CURRENT", "201111"),
        _rule("deposit.personal-term", "PERSONAL_TERM", "201102"),
        _rule("deposit.personal-notice", "PERSONAL_NOTICE", "201103"),
        _rule("deposit.corporate-term", "CORPORATE_TERM", "201112"),
        _rule("deposit.corporate-agreement", "CORPORATE_AGREEMENT", "201113"),
        _rule("deposit.corporate-notice", "CORPORATE_NOTICE", "201114"),
        _rule("internal.cash", InternalAccount.CASH, "1001"),
        _rule("internal.clearing", InternalAccount.CLEARING, "3001"),
        _rule("internal.clearing-settled", InternalAccount.CLEARING, "1003", "SETTLED"),
        _rule("internal.receivable", InternalAccount.RECEIVABLE, "1221"),
        _rule("internal.pending", InternalAccount.PENDING, "224102"),
        _rule("internal.loan", InternalAccount.LOAN, "300103"),
        _rule("internal.partner", InternalAccount.PARTNER, "300104"),
        _rule("internal.interest-payable", InternalAccount.INTEREST_PAYABLE, "2231"),
        _rule("internal.foreclosed", InternalAccount.FORECLOSED, "1441"),
        _rule("internal.tax-withheld", InternalAccount.TAX_WITHHELD, "222102"),
        _rule("internal.long-suspense", InternalAccount.LONG_SUSPENSE, "224101"),
        _rule("deposit.interest-expense", "DEPOSIT_INTEREST", "6411", "EXPENSE"),
        _rule("deposit.interest-payable", "DEPOSIT_INTEREST", "2231", "PAYABLE"),
        _rule(
            "deposit.interest-expense-prior",
            "DEPOSIT_INTEREST",
            PRIOR_YEAR_ADJUSTMENTS,
            PRIOR_YEAR,
        ),
        _rule("internal.fee-income", InternalAccount.FEE_INCOME, "602102"),
        _rule(
            "internal.fee-income-prior",
            InternalAccount.FEE_INCOME,
            PRIOR_YEAR_ADJUSTMENTS,
            PRIOR_YEAR,
        ),
        _rule("internal.output-vat", InternalAccount.OUTPUT_VAT, "222101"),
        _rule("internal.subsidy", InternalAccount.SUBSIDY, "122102"),
        _rule("branch.clearing", INTER_BRANCH, "300101"),
        _rule("commitment.provision", "COMMITMENT", "2801", "PROVISION"),
        _rule("commitment.loss", "COMMITMENT", "6702", "LOSS"),
        _rule("memo.collateral-held", "MEMO", "9104", "COLLATERAL_HELD"),
        _rule("memo.undrawn", "MEMO", "9105", "UNDRAWN"),
        _rule("memo.contra", "MEMO", "9999", "CONTRA"),
        *(
            _rule(rule_id_of(kind), loan_class, code, kind)
            for loan_class in LOAN_CLASSES
            for kind, code in LOAN_SUBJECTS.items()
        ),
    )
)
