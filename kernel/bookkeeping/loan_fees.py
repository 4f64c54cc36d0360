"""What is taken out of a draw (fees, interest up front): how much of it is not yet earned.

By the policy row ``fees.method`` of the day on which a loan begins it is earned over the days of
the loan, evenly, or by the effective rate. That rate is the contract's and a *margin* over it,
fixed at the draw: the one at which the planned payments are worth what was paid out. On any later
day the payments that are left, as planned then, are worth less than what they repay, by the part
that is not yet earned. So a payment dated back, an extension or a new contract rate gives the same
as if it had been known in time, and of a floating loan the margin is fixed, not the rate. With
several draws no one rate belongs to them: what was taken is earned evenly.

Units: whole minor units; margins in 10**-15 a year. A part not yet earned is carried from payment
to payment in 10**-12 minor units, each quotient rounded half up.
Source: CAS 22 (企业会计准则第22号) arts 16 and 17, IFRS 9, B5.4.1 to B5.4.6.
"""

from __future__ import annotations

import datetime
from bisect import bisect_left
from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache

import msgspec

from kernel.common.day_count import DayCount, units_per_year, year_units
from kernel.common.rounding import rounded
from kernel.loans.dated import Disbursement
from kernel.loans.explain_instalment import Explanation
from kernel.loans.fold import standing
from kernel.loans.standing import Instalment, Standing
from kernel.loans.terms import LoanTerms

FINE = 10**12
ONE = 10**15
MARGIN_MAX = 9_000 * ONE
MILLION = 10**6


class FeesMethod(IntEnum):
    """How what was taken at the start is earned."""

    STRAIGHT_LINE = 0
    EFFECTIVE_RATE = 1


class Margin(msgspec.Struct, frozen=True):
    """What the effective rate of a loan has over its contract rate, by the loan's day count."""

    per_year: int
    day_count: DayCount


class Stretch(msgspec.Struct, frozen=True):
    """From a day to the next payment: what is owed on the day and not due, the interest that the
    stretch still brings, its length in year units."""

    from_date: datetime.date
    to_date: datetime.date
    owed_minor: int
    interest_minor: int
    units: int


@lru_cache(maxsize=10_000)
def margin_of(terms: LoanTerms, draw: Disbursement) -> Margin | None:
    """The margin of a loan by its draw; None where nothing is taken, or no margin is enough."""
    found = standing(terms, (draw,), draw.value_date, by_events_alone=True)
    target = taken_minor(found) * FINE
    if not target:
        return None
    coming = _coming(found, terms.day_count)

    def unearned(per_year: int) -> int:
        return next(iter(_unearned(coming, Margin(per_year, terms.day_count))), 0)

    most = ONE // 1_000
    while unearned(most) < target:
        if most > MARGIN_MAX:
            return None
        most *= 8
    per_year = bisect_left(range(most), target, key=unearned)
    return Margin(per_year, terms.day_count)


def taken_minor(found: Standing) -> int:
    """All that was taken out of draws."""
    first = (line.paid for line in found.instalments if line.number == 0)
    return sum(paid.fee_minor + paid.interest_minor for paid in first)


def unearned_part(found: Standing, line: Instalment, margin: Margin | None) -> tuple[int, int]:
    """The part of what a line of the start took that is not earned on the day, as a fraction."""
    if margin is not None:
        whole = taken_minor(found)
        later = next((unearned for _, unearned in stretches(found, margin)), 0)
        return max(0, min(rounded(later, FINE), whole)), whole
    last = max(each.due_date for each in found.instalments)
    days, left = (last - line.from_date).days, (last - found.as_of).days
    return (min(left, days), days) if days > 0 and left > 0 else (0, 1)


def stretches(found: Standing, margin: Margin) -> list[tuple[Stretch, int]]:
    """The stretches from the day on, each with what is not yet earned on its first day (FINE)."""
    coming = _coming(found, margin.day_count)
    return list(zip(coming, _unearned(coming, margin), strict=True))


def _unearned(coming: Sequence[Stretch], margin: Margin) -> list[int]:
    """What is not yet earned on the first day of each stretch: nothing is behind the last one.

    ``before = (after + margin × time × owed) ÷ (1 + interest ÷ owed + margin × time)``
    """
    year, after = ONE * units_per_year(margin.day_count), 0
    made = []
    for each in reversed(coming):
        if owed := each.owed_minor:
            more = margin.per_year * each.units * owed
            whole = year * (owed + each.interest_minor) + more
            after = rounded((after * year + more * FINE) * owed, whole)
        made.append(after)
    return made[::-1]


def _coming(found: Standing, day_count: DayCount) -> list[Stretch]:
    lines = [line for line in found.instalments if not line.is_due and line.number]
    principal = sum(line.outstanding.principal_minor for line in lines)
    begin, accrued = found.as_of, found.accrued_interest_minor
    coming = []
    for line in lines:
        end, interest = max(begin, line.due_date), line.outstanding.interest_minor
        start = min(line.from_date, begin).toordinal()
        gone, whole = (year_units(day_count, start, day.toordinal()) for day in (begin, end))
        coming.append(
            Stretch(begin, end, principal + accrued, max(0, interest - accrued), whole - gone)
        )
        principal -= line.outstanding.principal_minor
        begin, accrued = end, 0
    return coming


def explained(found: Standing, margin: Margin | None) -> Explanation:
    """Where the part of what was taken comes from that is not yet earned."""
    first = [line for line in found.instalments if line.number == 0]
    parts = [(line, *unearned_part(found, line, margin)) for line in first]
    value = sum(
        rounded((line.paid.fee_minor + line.paid.interest_minor) * part, whole)
        for line, part, whole in parts
    )
    inputs: dict[str, str | int] = {"taken_minor": taken_minor(found)}
    if margin is None:
        says = "what was taken at the start × days left ÷ days of the loan"
        children = tuple(
            Explanation(
                figure=f"taken on {line.due_date}",
                value=str(line.total_minor),
                says="by days",
                inputs={"days_left": part, "days": whole},
            )
            for line, part, whole in parts
        )
    else:
        says = (
            "what is owed and not due, less what the payments below are worth at the contract's "
            "interest and the margin that was fixed at the draw"
        )
        inputs |= {"margin_ppb_a_year": rounded(margin.per_year, MILLION)}
        children = tuple(_stretch(each, unearned) for each, unearned in stretches(found, margin))
    return Explanation(
        figure="unearned", value=str(value), says=says, inputs=inputs, children=children
    )


def _stretch(each: Stretch, unearned: int) -> Explanation:
    return Explanation(
        figure=f"{each.from_date} to {each.to_date}",
        value=str(rounded(unearned, FINE)),
        says="(that of the next stretch + margin × time × owed) ÷ (1 + interest ÷ owed + margin × "
        "time)",
        inputs={
            "owed_minor": each.owed_minor,
            "interest_minor": each.interest_minor,
            "year_units": each.units,
        },
    )
