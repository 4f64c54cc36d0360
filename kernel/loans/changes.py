"""What changes the schedule of a loan: money lent, new rates and dates, restructuring, its end.

Units: whole minor units; days are ordinals. Every function is total: where an event can do
nothing any more it says so in the allocation.
"""

from __future__ import annotations

from kernel.common.rounding import rounded
from kernel.loans.arrears import release, touch
from kernel.loans.course import BILLION, MILLION, Course
from kernel.loans.dated import (
    Chargeback,
    Disbursement,
    DueDateChange,
    Extension,
    FeeCharged,
    Import,
    InterestPause,
    RateSet,
    Restructuring,
)
from kernel.loans.line import COMPOUND, FEE, INTEREST, PENALTY, PRINCIPAL, Line
from kernel.loans.money import Money
from kernel.loans.periods import SINGLE, contract_periods, later_ends, periods_between
from kernel.loans.terms import Method


def disburse(course: Course, money: Money, source: int, event: Disbursement) -> None:
    """Money lent; fees of the start are taken out of it or added to the principal."""
    first = not course.disbursed
    amount, fees = event.amount_minor, 0
    for fee in course.terms.fees:
        if fee.when == "start":
            share = rounded(amount * fee.rate_ppm, MILLION, course.terms.rounding)
            charged = share + (fee.amount_minor if first else 0)
            fees += charged
            amount += charged if fee.financed else 0
    course.disbursed += amount
    course.normal += amount
    course.flat_base += amount
    money.note(source, "disbursed", amount)
    if course.open is None:
        _due_at_once(course, PRINCIPAL, amount)
        return
    taken = _interest_up_front(course, amount)
    if fees or taken:
        _taken_at_start(course, fees, taken)
    course.plan("disbursement")


def _interest_up_front(course: Course, amount: int) -> int:
    """Discounted: the interest of the whole term comes off the money lent."""
    if course.method is not Method.DISCOUNTED:
        return 0
    period = course.period
    owed = amount * course.rate_ppb * (period.units - course.units)
    terms = course.terms
    return rounded(owed, period.denominator * BILLION, terms.rounding, terms.rounding_unit_minor)


def _taken_at_start(course: Course, fees: int, interest: int) -> None:
    """Line 0: asked and paid on the day of the disbursement."""
    line = Line(0, course.today, course.today, 0)
    for part, amount in ((FEE, fees), (INTEREST, interest)):
        line.asked[part] = line.paid[part] = amount
    line.is_due = True
    line.balance = course.normal
    course.lines.insert(0, line)


def _due_at_once(course: Course, part: int, amount: int) -> None:
    """The schedule is over: the amount is a line of its own, due today."""
    number = course.lines[-1].number + 1 if course.lines else 1
    line = Line(number, course.today, course.today, 0)
    line.asked[part] = amount
    if part == PRINCIPAL:
        course.normal -= amount
    course.lines.append(line)
    course.close_line(line)


def charge_fee(course: Course, event: FeeCharged) -> None:
    """A fee due with the open instalment, or at once after the last."""
    if course.open is None:
        _due_at_once(course, FEE, event.amount_minor)
    else:
        course.open.asked[FEE] += event.amount_minor


def charge_back(course: Course, money: Money, source: int, event: Chargeback) -> None:
    """The amount is principal again and falls due on top of the open instalment."""
    course.normal += event.amount_minor
    course.disbursed += event.amount_minor
    money.note(source, "charged_back", event.amount_minor)
    if course.open is None:
        _due_at_once(course, PRINCIPAL, event.amount_minor)
    else:
        course.open.extra += event.amount_minor


def set_rate(course: Course, money: Money, source: int, event: RateSet) -> None:
    """A new contract rate, from the day or from the next period."""
    waits = event.applies == "next_period" and course.open is not None
    if waits and course.today > course.period.start:
        course.pending_rate = event.rate_ppb
        return
    course.rate_ppb = event.rate_ppb
    if course.disbursed:
        course.plan("rate_set")
    if course.open is None:
        money.no_effect(source, "nothing is left to fall due; only penalty follows the rate")


def pause(course: Course, event: InterestPause) -> None:
    """No interest until the day, included; the planned instalments stay."""
    shift = 0 if course.progressive else 1
    course.paused_until = max(course.paused_until, event.until.toordinal() + shift)


def move_due_date(course: Course, money: Money, source: int, event: DueDateChange) -> None:
    """The open instalment falls due on another day, later ones in rhythm after it."""
    first = event.next_due_date.toordinal()
    if course.open is None or first <= course.today:
        money.no_effect(source, "no instalment is left to move to that day")
        return
    count = course.last_number - course.number + 1
    ends = later_ends(course.terms, first, event.next_due_date.day, count)
    months = [0] + [course.terms.every.months] * (count - 1)
    _replace_periods(course, course.period.start, ends, months)


def extend(course: Course, money: Money, source: int, event: Extension) -> None:
    """More periods after the last one; the principal not yet due is planned over all."""
    if course.open is None:
        money.no_effect(source, "the last instalment has already fallen due")
        return
    terms, more = course.terms, event.instalments
    last = course.periods[-1].end
    anchor = terms.due_day or (terms.first_due_date or terms.start_date).day
    ends = later_ends(terms, last, anchor, more + 1)[1:]
    if course.method in SINGLE:
        old = course.periods[-1]
        longer = old.months + more * terms.every.months if old.months else 0
        _replace_periods(course, course.period.start, ends[-1:], [longer])
    else:
        kept = course.periods[course.number - course.first_number :]
        ends = [period.end for period in kept] + ends
        months = [period.months for period in kept] + [terms.every.months] * more
        _replace_periods(course, course.period.start, ends, months)
    course.plan("extension")


def _replace_periods(course: Course, start: int, ends: list[int], months: list[int]) -> None:
    """New periods from the open one on; its interest so far is kept."""
    past = course.periods[: course.number - course.first_number]
    course.periods = past + periods_between(course.terms, start, ends, months)
    assert course.open is not None
    course.open.due, course.open.days = course.period.due, course.period.days
    course.rebase()


def restructure(course: Course, event: Restructuring) -> None:
    """All principal is scheduled anew; what else is owed stays owed, or becomes principal."""
    parts = (FEE, COMPOUND, PENALTY, INTEREST) if event.capitalise else ()
    for line in list(course.owing):
        touch(course, line)
        for part in (*parts, PRINCIPAL):
            amount = line.open_amount(part)
            line.moved[part] += amount
            course.normal += amount
            if part != PRINCIPAL:
                course.capitalised += amount
            else:
                course.unpaid_principal -= amount
        release(course, line)
    number = _close_for_restructuring(course, event.capitalise)
    if event.annual_rate_ppm is not None:
        course.rate_ppb = event.annual_rate_ppm * 1000
    course.method = Method(event.method) if event.method else course.method
    terms, first = course.terms, event.first_due_date.toordinal()
    first = max(first, course.today + 1)
    ends = later_ends(terms, first, event.first_due_date.day, event.instalments)
    months = [0] + [terms.every.months] * (event.instalments - 1)
    if course.method in SINGLE:
        ends, months = ends[-1:], [0]
    course.periods = periods_between(terms, course.today, ends, months)
    course.first_number, course.matured = number, False
    course.payments = {}
    course.flat_base = course.normal
    course.reopen(number)
    course.plan("restructuring")


def _close_for_restructuring(course: Course, capitalise: bool) -> int:
    """End the open line today and say which number comes next; interest goes over exactly."""
    line = course.open
    if line is None:
        return course.lines[-1].number + 1
    course.gather_ahead()
    if capitalise:
        amount = course.unsettled()
        course.settle(amount).moved[INTEREST] += amount
        course.normal += amount
        course.capitalised += amount
    else:
        settled = line.asked[INTEREST] * course.denominator
        deferred = course.deferred * course.denominator
        course.carry = (max(0, course.accrued - settled + deferred), course.denominator)
    course.deferred = 0
    line.due, line.days = course.today, course.today - line.start
    if any(line.asked):
        course.close_line(line)
        release(course, line)
        return line.number + 1
    course.lines.remove(line)
    return line.number


def accelerate(course: Course, money: Money, source: int) -> None:
    """Principal and accrued interest fall due today."""
    line = course.open
    if line is None:
        money.no_effect(source, "everything is already due")
        return
    amount = course.unsettled()
    course.settle(amount)
    line.asked[PRINCIPAL] += course.normal
    course.normal = 0
    line.due, line.days = course.today, course.today - line.start
    course.close_line(line)
    course.end()


def take_over(course: Course, money: Money, source: int, event: Import) -> None:
    """Begin with a running loan as it stood: arrears, principal not yet due, interest accrued."""
    course.lines.clear()
    course.owing.clear()
    course.waiting.clear()
    course.periods = contract_periods(course.terms)
    course.first_number, course.matured = 1, False
    course.normal = course.flat_base = event.normal_principal_minor
    arrears = sorted(event.arrears, key=lambda each: each.due_date)
    overdue = sum(each.principal_minor for each in arrears)
    course.disbursed = course.normal + overdue + event.principal_repaid_minor
    course.unpaid_principal = 0
    money.note(source, "taken_over", course.normal + overdue)
    course.today = event.value_date.toordinal()
    for place, each in enumerate(arrears):
        day = each.due_date.toordinal()
        line = Line(event.next_number - len(arrears) + place, day, day, 0)
        line.asked = [
            each.fee_minor, each.compound_minor, each.penalty_minor,
            each.interest_minor, each.principal_minor,
        ]  # fmt: skip
        line.penalty = each.penalty_minor * course.penalty_denominator
        line.compound = each.compound_minor * course.penalty_denominator
        course.lines.append(line)
        course.close_line(line)
    course.carry = (event.accrued_interest_minor, 1)
    course.open = None
    course.reopen(event.next_number)
    if course.open is None and course.normal:
        _due_at_once(course, PRINCIPAL, course.normal)
    course.plan("import")
    if event.instalment_minor is not None:
        course.payments = dict.fromkeys(course.payments, event.instalment_minor)
