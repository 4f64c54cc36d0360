"""The journal of a loan by difference: cumulative now less cumulative before, as entries.

Units: whole minor units. Sign: debit and credit stand in columns of their own; negative in red.
Source: 会计基础工作规范 art. 51 (red entries for what is taken back within the year); CAS 28
(prior-year adjustments).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

import msgspec

from kernel.bookkeeping.chart import SUSPENSE_CREDIT, SUSPENSE_DEBIT
from kernel.bookkeeping.journal import NO_RULE, JournalLine, sides
from kernel.bookkeeping.loan_amounts import Cumulative
from kernel.bookkeeping.loan_subjects import PRIOR_YEAR, AmountType
from kernel.bookkeeping.rules import PostingRules

_CLAIMS_OF = {
    AmountType.INTEREST_INCOME: (AmountType.RECEIVABLE_INTEREST, AmountType.ACCRUED_INTEREST),
    AmountType.PENALTY_INCOME: (AmountType.PENALTY,),
    AmountType.COMPOUND_INCOME: (AmountType.COMPOUND,),
    AmountType.FEE_INCOME: (AmountType.FEE,),
}
"""Income that goes back takes the claim with it, and both entries are red."""


class AmountEntry(msgspec.Struct, frozen=True, gc=False):
    """One side of one amount type; exactly one of the two is not zero."""

    kind: AmountType
    debit_minor: int
    credit_minor: int


def difference(now: Mapping[AmountType, int], before: Mapping[AmountType, int]) -> Cumulative:
    """What has to be posted per amount type, zeros left out.

    Income that was posted to the prior year is posted: it is not posted again to this year.
    """
    before = dict(before)
    for kind, prior in PRIOR_YEAR.items():
        if moved := before.pop(prior, 0):
            before[kind] = before.get(kind, 0) + moved
    return {
        kind: change
        for kind in (*now, *(each for each in before if each not in now))
        if (change := now.get(kind, 0) - before.get(kind, 0))
    }


def into_prior_year(change: Cumulative, of_prior_year: Mapping[AmountType, int]) -> Cumulative:
    """The change with its part that belongs to closed years taken out of this year's income."""
    moved = dict(change)
    for kind, prior in PRIOR_YEAR.items():
        if part := of_prior_year.get(kind, 0):
            moved[kind] = moved.get(kind, 0) - part
            moved[prior] = moved.get(prior, 0) + part
    return {kind: minor for kind, minor in moved.items() if minor}


def entries(change: Mapping[AmountType, int], *, all_red: bool = False) -> list[AmountEntry]:
    """The entries of a change: red where income goes back, and where an entry is reversed whole.

    >>> change = {AmountType.RECEIVABLE_INTEREST: -500, AmountType.INTEREST_INCOME: 400}
    >>> [(each.debit_minor, each.credit_minor) for each in entries(change)]
    [(-400, 0), (0, 100), (0, -400)]
    """
    red = dict(change) if all_red else _going_back(change)
    found = []
    for kind, minor in change.items():
        back = red.get(kind, 0)
        for part, is_red in ((back, True), (minor - back, False)):
            if part:
                found.append(AmountEntry(kind, *sides(part, is_red=is_red)))
    return found


def _going_back(change: Mapping[AmountType, int]) -> Cumulative:
    """Income that falls, and the part of the claims that falls with it."""
    red: Cumulative = {}
    for income, claims in _CLAIMS_OF.items():
        back = change.get(income, 0)
        if back <= 0:
            continue
        red[income] = back
        for claim in claims:
            part = min(back, max(0, -change.get(claim, 0)))
            back -= part
            red[claim] = -part
    return red


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a loan is posted."""

    branch_id: str
    posting_class: str
    currency: str
    account: str = ""


def lines(
    posted: Iterable[tuple[Place, AmountEntry]],
    rules: PostingRules,
    on: datetime.date,
    first_line: int = 1,
) -> tuple[tuple[JournalLine, ...], str]:
    """Journal lines, summed per place, amount type and side, and what had no posting rule."""
    sums: dict[tuple[Place, AmountType, bool], int] = {}
    for place, entry in posted:
        key = (place, entry.kind, bool(entry.debit_minor))
        sums[key] = sums.get(key, 0) + entry.debit_minor + entry.credit_minor
    order = {kind: number for number, kind in enumerate(AmountType)}
    made: list[JournalLine] = []
    missing: set[str] = set()
    for place, kind, is_debit in sorted(sums, key=lambda k: (k[0], order[k[1]], not k[2])):
        if not (minor := sums[place, kind, is_debit]):
            continue
        rule = rules.find(place.posting_class, kind, on)
        if rule is None:
            missing.add(f"{place.posting_class}/{kind}")
        made.append(
            JournalLine(
                line_no=first_line + len(made),
                subject=rule.subject if rule else (SUSPENSE_DEBIT if is_debit else SUSPENSE_CREDIT),
                branch_id=place.branch_id,
                currency=place.currency,
                debit_minor=minor if is_debit else 0,
                credit_minor=0 if is_debit else minor,
                account=place.account or f"loans:{place.posting_class}",
                rule_id=rule.rule_id if rule else NO_RULE,
                rule_version=rule.version if rule else 0,
            )
        )
    return tuple(made), ", ".join(sorted(missing))
