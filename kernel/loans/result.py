"""From the running course to the answer: plain structs with every figure of the day.

Units: whole minor units. Figures of the day are noted before the rest of the schedule is planned
out, so the plan changes none of them.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec

from kernel.loans.arrears import past_due_since, touch
from kernel.loans.course import Course
from kernel.loans.dated import LoanEvent
from kernel.loans.early_money import payoff
from kernel.loans.line import COMPOUND, FEE, INTEREST, PENALTY, PRINCIPAL, Line, by_part
from kernel.loans.money import Entry, Money
from kernel.loans.on_books import on_books
from kernel.loans.standing import (
    Allocation,
    Amounts,
    ArrearsSegment,
    ArrearsSpell,
    Instalment,
    PlannedInstalment,
    Recognised,
    Segment,
    Standing,
    Status,
)
from kernel.loans.terms import LoanTerms


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the day itself; ``last_owing_on`` is the last due day that still owes."""

    as_of: datetime.date
    status: Status
    normal_minor: int
    overdue_minor: int
    due: Amounts
    last_owing_on: datetime.date | None
    accrued_numerator: int
    accrued_denominator: int
    accrued_minor: int
    interest_since_stop_minor: int
    held_minor: int
    days_past_due: int
    past_due_since: datetime.date | None
    payoff_minor: int
    rate_ppb: int
    entries: int
    plans: int
    fallen_due: frozenset[int]
    spells: tuple[ArrearsSpell, ...]
    recognised: Recognised


def noted(course: Course, money: Money, as_of: datetime.date) -> Noted:
    """Note every figure of the day."""
    for line in course.owing:
        touch(course, line)
    since = past_due_since(course)
    late = since is not None and course.today - since > course.terms.grace_days
    settled = 0 if course.open is None else course.open.asked[INTEREST]
    accrued = 0 if course.open is None else course.accrued - settled * course.denominator
    overdue = [line for line in course.owing if line.due < course.today]
    status, recognised = _status(course, since, late), _recognised(course, money)
    return Noted(
        as_of=as_of,
        status=status,
        normal_minor=course.normal,
        overdue_minor=sum(line.open_amount(PRINCIPAL) for line in overdue),
        due=_sum(course.owing),
        last_owing_on=max(
            (_date(line.due) for line in course.owing if line.is_open()), default=None
        ),
        accrued_numerator=max(0, accrued) + course.deferred * course.denominator,
        accrued_denominator=course.denominator,
        accrued_minor=course.unsettled(),
        interest_since_stop_minor=_since_stop(course, status, recognised),
        held_minor=money.held_minor(),
        days_past_due=course.today - since if since is not None and late else 0,
        past_due_since=_date(since) if since is not None and late else None,
        payoff_minor=max(0, payoff(course) - money.held_minor()),
        rate_ppb=course.rate_ppb,
        entries=len(money.entries),
        plans=len(course.plans),
        fallen_due=frozenset(id(line) for line in course.lines if line.is_due),
        spells=tuple(
            ArrearsSpell(_date(first), None if end is None else _date(end))
            for first, end in course.spells
        ),
        recognised=recognised,
    )


def _status(course: Course, since: int | None, late: bool) -> Status:
    if not course.disbursed:
        return Status.NOT_DISBURSED
    owes = course.normal or course.owing or course.unsettled()
    if not owes:
        return Status.SETTLED
    if course.written_off:
        return Status.WRITTEN_OFF
    if course.non_accrual:
        return Status.NON_ACCRUAL
    if since is None:
        return Status.ACTIVE
    return Status.OVERDUE if late else Status.IN_GRACE


def _since_stop(course: Course, status: Status, found: Recognised) -> int:
    """Unpaid interest since the loan went non-accrual: money pays what is older first."""
    if status is not Status.NON_ACCRUAL:
        return 0
    since = max(0, found.interest_accrued_minor - course.accrued_before_stop)
    return min(since, found.off_balance.interest_minor)


def _sum(lines: Sequence[Line]) -> Amounts:
    return _amounts(by_part([line.open_amounts() for line in lines]))


def _amounts(values: list[int]) -> Amounts:
    return Amounts(
        fee_minor=values[FEE],
        compound_minor=values[COMPOUND],
        penalty_minor=values[PENALTY],
        interest_minor=values[INTEREST],
        principal_minor=values[PRINCIPAL],
    )


def _recognised(course: Course, money: Money) -> Recognised:
    asked = by_part([line.asked for line in course.lines])
    paid = by_part([line.paid for line in course.lines])
    waived = by_part([line.waived for line in course.lines])
    ahead = sum(part for items in course.ahead.values() for part, _, _ in items)
    now = on_books(course)
    claims, off, then = now.claims, now.outside, money.left_books
    if then is not None:
        off = [on + outside for on, outside in zip(claims, off, strict=True)]
        claims = [0] * 5
    return Recognised(
        disbursed_minor=course.disbursed,
        capitalised_minor=course.capitalised,
        principal_due_minor=asked[PRINCIPAL] + ahead,
        principal_received_minor=paid[PRINCIPAL] + ahead,
        principal_written_off_minor=course.principal_written_off,
        interest_accrued_minor=asked[INTEREST] + course.unsettled(),
        interest_due_minor=asked[INTEREST],
        interest_received_minor=paid[INTEREST],
        interest_waived_minor=waived[INTEREST],
        penalty_accrued_minor=asked[PENALTY],
        penalty_received_minor=paid[PENALTY],
        penalty_waived_minor=waived[PENALTY],
        compound_accrued_minor=asked[COMPOUND],
        compound_received_minor=paid[COMPOUND],
        compound_waived_minor=waived[COMPOUND],
        fee_due_minor=asked[FEE],
        fee_received_minor=paid[FEE],
        fee_waived_minor=waived[FEE],
        recovered_minor=money.recovered,
        on_balance=_amounts(claims),
        off_balance=_amounts(off),
        earned=_amounts(now.earned if then is None else then.earned),
        written_off=_amounts([0] * 5 if then is None else then.claims),
        received_since_minor=0 if then is None else now.received - then.received,
        lent_since_minor=0 if then is None else now.lent - then.lent,
    )


def result(
    terms: LoanTerms, events: Sequence[LoanEvent], course: Course, money: Money, today: Noted
) -> Standing:
    """The whole answer, once the rest of the schedule is planned out."""
    lines = tuple(
        _instalment(line, id(line) in today.fallen_due, course.penalty_denominator)
        for line in course.lines
    )
    coming = [line for line in lines if not line.is_due and line.outstanding_minor]
    following = coming[0] if coming else None
    return Standing(
        as_of=today.as_of,
        status=today.status,
        annual_rate_ppb=today.rate_ppb,
        disbursed_minor=today.recognised.disbursed_minor,
        normal_minor=today.normal_minor,
        overdue_minor=today.overdue_minor,
        due=today.due,
        accrued_numerator=today.accrued_numerator,
        accrued_denominator=today.accrued_denominator,
        accrued_interest_minor=today.accrued_minor,
        interest_since_stop_minor=today.interest_since_stop_minor,
        unapplied_minor=today.held_minor,
        days_past_due=today.days_past_due,
        past_due_since=today.past_due_since,
        next_due_date=None if following is None else following.due_date,
        next_due_minor=0 if following is None else following.outstanding_minor,
        payoff_minor=today.payoff_minor,
        instalments=lines,
        allocations=tuple(
            _allocation(entry, events[entry.source]) for entry in money.entries[: today.entries]
        ),
        plans=tuple(
            PlannedInstalment(
                day=_date(plan.day),
                because=plan.because,
                first_number=plan.number,
                instalments=plan.count,
                balance_minor=plan.balance_minor,
                rate_ppb=plan.rate_ppb,
                payment_minor=next(iter(plan.payments.values()), 0),
            )
            for plan in course.plans[: today.plans]
        ),
        spells=today.spells,
        recognised=today.recognised,
        rounding=terms.rounding,
    )


def _instalment(line: Line, is_due: bool, denominator: int) -> Instalment:
    return Instalment(
        number=line.number,
        from_date=_date(line.start),
        due_date=_date(line.due),
        days=line.days,
        principal_minor=line.asked[PRINCIPAL],
        interest_minor=line.asked[INTEREST],
        fee_minor=line.asked[FEE],
        penalty_minor=line.asked[PENALTY],
        compound_minor=line.asked[COMPOUND],
        total_minor=sum(line.asked),
        balance_minor=line.balance,
        prepaid_minor=line.prepaid,
        paid_minor=sum(line.paid),
        paid_early_minor=line.early,
        paid_late_minor=line.late,
        waived_minor=sum(line.waived),
        outstanding_minor=sum(line.open_amount(part) for part in range(5)),
        is_due=is_due,
        paid=_amounts(line.paid),
        waived=_amounts(line.waived),
        outstanding=_amounts([line.open_amount(part) for part in range(5)]),
        segments=tuple(
            Segment(
                from_date=_date(start),
                to_date=_date(end),
                balance_minor=balance,
                rate_ppb=rate,
                units=units,
                units_per_year=year,
            )
            for start, end, balance, rate, units, year in line.segments
        ),
        arrears=tuple(
            ArrearsSegment(
                from_date=_date(start),
                to_date=_date(end),
                principal_minor=principal,
                penalty_weight=weight,
                interest_minor=interest,
                compound_weight=compound,
                denominator=denominator,
            )
            for start, end, principal, weight, interest, compound in line.arrears
        ),
    )


def _allocation(entry: Entry, event: LoanEvent) -> Allocation:
    return Allocation(
        event_id=event.event_id,
        kind=str(type(event).__struct_config__.tag),
        value_date=event.value_date,
        applied_on=_date(entry.day),
        instalment=entry.number,
        purpose=entry.purpose,
        amount_minor=entry.amount,
        note=entry.note,
    )


def _date(day: int) -> datetime.date:
    return datetime.date.fromordinal(day)
