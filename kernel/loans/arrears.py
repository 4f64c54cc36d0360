"""Arrears: what lateness costs, since when a loan is past due, and when it stops accruing.

Units: whole minor units; days are ordinals; costs are exact numerators, rounded when asked for.
Source: 银发〔2003〕251号 item 3 (penalty), 金融企业会计制度 (non-accrual after 90 days).
"""

from __future__ import annotations

from kernel.common.rounding import rounded
from kernel.loans.course import Course
from kernel.loans.line import COMPOUND, INTEREST, PENALTY, PRINCIPAL, Line


def touch(course: Course, line: Line) -> None:
    """Bring penalty and compound interest of a line to today; nothing within its grace."""
    if not line.is_due or line in course.waiting:
        return
    principal = line.open_amount(PRINCIPAL)
    weight = course.penalty_index - line.penalty_mark
    compounds = course.terms.penalty is not None and course.terms.penalty.compound != "none"
    interest = line.open_amount(INTEREST) if compounds else 0
    compound_weight = course.compound_index - line.compound_mark
    line.penalty += principal * weight
    line.compound += interest * compound_weight
    if weight and (principal or interest):
        stretch = (line.marked_on, course.today, principal, weight, interest, compound_weight)
        line.arrears.append(stretch)
    course.mark(line)
    if course.today > line.due + course.terms.grace_days:
        kind = course.terms.rounding
        base = course.penalty_denominator
        line.asked[PENALTY] = max(line.asked[PENALTY], rounded(line.penalty, base, kind))
        line.asked[COMPOUND] = max(line.asked[COMPOUND], rounded(line.compound, base, kind))


def release(course: Course, line: Line) -> None:
    """After money came: a line paid within its grace costs nothing, a paid one owes no more."""
    if not line.owes_scheduled() and course.today <= line.due + course.terms.grace_days:
        line.penalty = line.compound = 0
    if not line.is_open() and line in course.owing:
        course.owing.remove(line)


def past_due_since(course: Course) -> int | None:
    """The oldest due date that is behind today and not paid."""
    return min((line.due for line in course.owing if line.due < course.today), default=None)


def watch(course: Course) -> None:
    """Set or lift the non-accrual status: lifted only when no arrears are left."""
    note_spell(course)
    if past_due_since(course) is None:
        course.non_accrual, course.accrued_before_stop = False, 0
    else:
        stop_accrual(course)


def stop_accrual(course: Course) -> None:
    """Set the non-accrual status if arrears are old enough, and keep what accrued before it."""
    since, days = past_due_since(course), course.terms.non_accrual_days
    if since is not None and course.today - since > days and not course.non_accrual:
        accrued = sum(line.asked[INTEREST] for line in course.lines) + course.unsettled()
        course.non_accrual, course.accrued_before_stop = True, accrued


def may_stop_on(course: Course, until: int) -> int | None:
    """The first day, if nothing is paid, on which the loan may stop accruing; None if what falls
    due up to ``until`` brings no such day, or it has stopped."""
    owing, days = course.owing, course.terms.non_accrual_days
    if course.non_accrual or (not owing and until <= course.today + days):
        return None
    first = min(line.due for line in owing) if owing else course.next_due(until)
    return None if first is None else first + days + 1


def note_spell(course: Course) -> None:
    """Keep since when the loan has been in arrears, and until when each earlier spell lasted."""
    since = past_due_since(course)
    lasting = bool(course.spells) and course.spells[-1][1] is None
    if since is not None and not lasting:
        course.spells.append((since, None))
    elif since is None and lasting:
        course.spells[-1] = (course.spells[-1][0], course.today)
