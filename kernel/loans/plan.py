"""What the instalments ask: the payment or the principal of each, by method and rule.

Units: whole minor units. A plan covers the open instalment and all later ones; it is made anew
when an event says so, from the principal that is not yet due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kernel.common.day_count import DayCount
from kernel.common.rounding import rounded
from kernel.loans.annuity import (
    Factor,
    arithmetic_payments,
    graduated_payments,
    level_payment,
    level_payment_by_factors,
)
from kernel.loans.terms import InstalmentRule, LoanTerms, Method

if TYPE_CHECKING:
    from kernel.loans.course import Course

BILLION = 10**9


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """Payments by number, with what they were worked out from."""

    day: int
    because: str
    number: int
    count: int
    balance_minor: int
    rate_ppb: int
    payments: dict[int, int]


def planned(course: Course, because: str) -> Planned:
    """The plan of a course from its open instalment on."""
    first = max(course.number, free_of_principal(course.terms) + 1)
    numbers = list(range(first, course.last_number + 1))
    assert course.open is not None
    balance = course.normal + course.open.ahead
    return Planned(
        day=course.today,
        because=because,
        number=course.number,
        count=len(numbers),
        balance_minor=balance,
        rate_ppb=course.rate_ppb,
        payments=_payments(course, numbers, balance) if numbers else {},
    )


def free_of_principal(terms: LoanTerms) -> int:
    """How many instalments at the start ask no principal."""
    return terms.grace.principal or (terms.first_period == "interest_only")


def _payments(course: Course, numbers: list[int], balance: int) -> dict[int, int]:
    terms, method = course.terms, course.method
    if method is Method.EQUAL_INSTALMENT or method is Method.BALLOON:
        payment = first_payment(course, numbers, balance)
        if course.progressive or terms.residual == "adjusted":
            payment = _adjusted(course, payment, len(numbers))
        return dict.fromkeys(numbers, payment)
    if method is Method.STEP and terms.step is not None:
        return _steps(course, numbers, balance)
    if method in (Method.EQUAL_PRINCIPAL, Method.FLAT):
        unit, multiple = terms.rounding_unit_minor, terms.instalment_multiple_minor
        part = rounded(balance, len(numbers), terms.rounding, max(unit, multiple))
        parts = dict.fromkeys(numbers, part)
        if terms.residual == "first":
            parts[numbers[0]] = balance - part * (len(numbers) - 1)
        return parts
    if method is Method.CUSTOM:
        return _custom(terms, numbers, balance)
    return {}


def first_payment(course: Course, numbers: list[int], balance: int) -> int:
    """The level payment over the numbers, by the terms' instalment rule."""
    terms = course.terms
    over = len(numbers)
    residual = 0
    if terms.balloon is not None:
        residual = min(balance, terms.balloon.residual_minor)
        if terms.balloon.amortised_over:
            over = max(over, terms.balloon.amortised_over - numbers[0] + 1)
    multiple = terms.instalment_multiple_minor
    if terms.instalment_rule in (InstalmentRule.EXACT, InstalmentRule.PROGRESSIVE):
        factors = [_factor(course, number) for number in numbers]
        factors += [nominal_factor(terms, course.rate_ppb)] * (over - len(numbers))
        return level_payment_by_factors(balance, factors, terms.rounding, multiple, residual)
    factor = nominal_factor(terms, course.rate_ppb)
    return level_payment(balance, factor, over, terms.rounding, multiple, residual)


def _adjusted(course: Course, payment: int, count: int) -> int:
    """The level payment after its adjustment step: spread what the last one is off by."""
    if count < 2:
        return payment
    off = _last_off(course, payment)
    if abs(off) <= count // 2:
        return payment
    terms = course.terms
    trial = payment + rounded(off, count, terms.rounding, terms.instalment_multiple_minor)
    return trial if abs(_last_off(course, trial)) < abs(off) else payment


def _last_off(course: Course, payment: int) -> int:
    """By how much the last instalment is larger than the others if all pay as planned."""
    balance, terms = course.normal, course.terms
    for number in range(course.number, course.last_number + 1):
        period = course.periods[number - course.first_number]
        owed, over = balance * course.rate_ppb * period.units, period.denominator * BILLION
        if number == course.number:
            rest = period.units - course.units
            owed = course.accrued + balance * course.rate_ppb * rest * course.scale
            over = course.denominator
        interest = rounded(owed, over, terms.rounding, terms.rounding_unit_minor)
        if number == course.last_number:
            return balance + interest - payment
        if number > free_of_principal(terms):
            balance -= max(0, min(balance, payment - interest))
    raise AssertionError("unreachable: the range is never empty")


def _factor(course: Course, number: int) -> Factor:
    """The true cost of a period; of the open one what it was so far and what is still to come."""
    period = course.periods[number - course.first_number]
    if number == course.number:
        cost = course.factor + course.rate_ppb * (period.units - course.units)
    else:
        cost = course.rate_ppb * period.units
    return cost, period.denominator * BILLION


def nominal_factor(terms: LoanTerms, rate_ppb: int) -> Factor:
    """The cost of one period as if all were alike: rate × months / 12, or rate × days / year."""
    every = terms.every
    if every.months:
        return rate_ppb * every.months, 12 * BILLION
    year = 365 if terms.day_count in (DayCount.ACT_365F, DayCount.ACT_ACT_ISDA) else 360
    return rate_ppb * (7 * every.weeks + every.days), year * BILLION


def _steps(course: Course, numbers: list[int], balance: int) -> dict[int, int]:
    terms = course.terms
    assert terms.step is not None
    factor = nominal_factor(terms, course.rate_ppb)
    step = terms.step
    if step.growth_ppm:
        made = graduated_payments(
            balance, factor, len(numbers), step.every, step.growth_ppm, terms.rounding
        )
    else:
        made = arithmetic_payments(
            balance, factor, len(numbers), step.every, step.amount_minor, terms.rounding
        )
    return dict(zip(numbers, (max(0, each) for each in made), strict=True))


def _custom(terms: LoanTerms, numbers: list[int], balance: int) -> dict[int, int]:
    """The agreed plan, in proportion when the balance is another than the plan assumed."""
    plan = terms.principal_plan_minor
    shares = [plan[number - 1] if number <= len(plan) else 0 for number in numbers]
    whole = sum(shares)
    if whole in (0, balance):
        return dict(zip(numbers, shares, strict=True))
    return {
        number: rounded(balance * share, whole, terms.rounding)
        for number, share in zip(numbers, shares, strict=True)
    }
