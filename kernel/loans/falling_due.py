"""What an instalment asks on the day that it falls due, as far as the course has come.

Units: whole minor units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kernel.common.rounding import rounded
from kernel.loans.line import INTEREST, PRINCIPAL, Line
from kernel.loans.plan import free_of_principal
from kernel.loans.terms import InstalmentRule, Method

if TYPE_CHECKING:
    from kernel.loans.course import Course

BILLION = 10**9
MILLION = 10**6


class Due(NamedTuple):
    """What the instalment asks on its own; ``is_last`` when the schedule ends with it."""

    interest_minor: int
    principal_minor: int
    fee_minor: int
    is_last: bool


def falling_due(course: Course, line: Line) -> Due:
    """What the open instalment asks, its interest accrued; what it leaves to the next one stands
    in the course (``deferred``, ``carry``)."""
    interest = _interest(course, line)
    is_last = course.number == course.last_number
    principal = _principal(course, line, interest)
    if not is_last and _all_back(course, principal + line.extra):
        principal, is_last = course.normal, True
        interest += course.deferred
        course.deferred = 0
    else:
        principal = min(course.normal, principal + line.extra)
    if course.progressive and line.ahead > 0 and not is_last:
        interest = _within_payment(course, line, interest)
    return Due(interest, principal, _fees(course), is_last)


def _all_back(course: Course, principal: int) -> bool:
    """Whether the schedule ends here because nothing is left and nothing more is to come."""
    complete = course.disbursed >= course.terms.principal_minor or course.projecting
    return (
        course.normal <= principal
        and course.disbursed > 0
        and complete
        and course.method is not Method.REVOLVING
    )


def _interest(course: Course, line: Line) -> int:
    terms, interest = course.terms, course.interest_now()
    cumulative = terms.instalment_rule is InstalmentRule.CUMULATIVE
    if course.method is Method.FLAT and cumulative and course.number == course.last_number:
        interest = _flat_rest(course, interest)
    if course.number <= terms.grace.interest_payment:
        kept = line.asked[INTEREST]
        course.deferred += max(0, interest - kept)
        return kept
    interest += course.deferred
    course.deferred = 0
    return interest


def _flat_rest(course: Course, interest: int) -> int:
    """The last flat interest is what the others left of the whole."""
    units = sum(period.units for period in course.periods)
    whole = rounded(
        course.flat_base * course.rate_ppb * units,
        course.period.denominator * BILLION,
        course.terms.rounding,
    )
    before = sum(line.asked[INTEREST] for line in course.lines if line.is_due)
    return max(0, whole - before) if course.rate_ppb == course.terms.rate_ppb else interest


def _within_payment(course: Course, line: Line, interest: int) -> int:
    """Interest that finds no room in an instalment paid ahead moves to the next one."""
    room = max(_payment(course) - line.asked[PRINCIPAL] + line.extra, line.asked[INTEREST])
    if interest <= room:
        return interest
    course.carry = (course.accrued - room * course.denominator, course.denominator)
    return room


def _payment(course: Course) -> int:
    """The planned total of the instalment; of principal where the method plans that only."""
    return course.payments.get(course.number, 0)


def _principal(course: Course, line: Line, interest: int) -> int:
    if course.number == course.last_number:
        return course.normal
    if course.number <= free_of_principal(course.terms):
        return 0
    part = _payment(course)
    if course.method in (Method.EQUAL_INSTALMENT, Method.BALLOON, Method.STEP):
        part -= interest + line.ahead
    return max(0, min(course.normal, part))


def _fees(course: Course) -> int:
    """The contract's fees of every instalment."""
    total = 0
    for fee in course.terms.fees:
        if fee.when == "instalment":
            share = rounded(course.disbursed * fee.rate_ppm, MILLION, course.terms.rounding)
            total += fee.amount_minor or share
    return total
