"""What of a loan stands on the bank's books, what outside them, and what was earned.

Units: whole minor units, by component in the order of ``COMPONENTS``.
Source: 金融企业会计制度 (interest of a loan in non-accrual leaves the books); 财金〔2017〕90号 (a
written-off claim is kept outside the books).
"""

from __future__ import annotations

import msgspec

from kernel.loans.arrears import touch
from kernel.loans.course import Course
from kernel.loans.line import COMPOUND, FEE, INTEREST, PENALTY, PRINCIPAL, by_part


class OnBooks(msgspec.Struct, frozen=True, kw_only=True):
    """Claims on and off the books and income earned, per component; money in and out of it.

    ``earned`` is what was received, capitalised, or is still claimed on the books. ``received`` is
    everything ever paid, ``lent`` everything ever lent.
    """

    claims: list[int]
    outside: list[int]
    earned: list[int]
    received: int
    lent: int


def on_books(course: Course) -> OnBooks:
    """How the course stands today as a claim that was not written off."""
    for line in course.owing:
        touch(course, line)
    claims = by_part([line.open_amounts() for line in course.owing])
    claims[INTEREST] += course.unsettled()
    claims[PRINCIPAL] += course.normal
    claims[FEE] += 0 if course.open is None else course.open.open_amount(FEE)
    outside = [0] * 5
    if course.non_accrual:
        for part in (COMPOUND, PENALTY, INTEREST):
            outside[part], claims[part] = claims[part], 0
    settled = [row for line in course.lines for row in (line.paid, line.moved)]
    return OnBooks(
        claims=claims,
        outside=outside,
        earned=by_part([claims, *settled]),
        received=received(course),
        lent=course.disbursed,
    )


def received(course: Course) -> int:
    """Everything ever paid, with principal paid ahead of its instalment."""
    ahead = sum(part for items in course.ahead.values() for part, _, _ in items)
    return ahead + sum(sum(line.paid) for line in course.lines)
