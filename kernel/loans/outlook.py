"""The outlook of a loan: how its figures go on by themselves until its next day.

From a loan folded to a day (``kernel.loans.fold.fold_to``) come the figures of that day and a few
*pieces*: amounts that only days change. They hold until ``next_day``, the first day on which
something else happens by itself (an instalment falls due, a grace ends, a pause ends, interest
stops counting, an event is value-dated). A loan whose figures leave the bounds of
``cython_ext.outlooks`` is folded again every day.

Units: whole minor units; days are ordinals; pieces are rows of ``cython_ext.outlooks``.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from cython_ext.outlooks import LIMIT, PRODUCT_BITS, SMALL
from kernel.common.rounding import Rounding
from kernel.loans.arrears import past_due_since
from kernel.loans.clocks import DAYS
from kernel.loans.course import MILLION, Course
from kernel.loans.dated import AnyLoanEvent
from kernel.loans.fold import Folded, fold_to
from kernel.loans.line import COMPOUND, INTEREST, PENALTY, PRINCIPAL, Line
from kernel.loans.result import Noted, noted
from kernel.loans.standing import Recognised, Status
from kernel.loans.terms import LoanTerms

NEVER = datetime.date.max.toordinal()
GROWS_INTEREST, GROWS_PENALTY, GROWS_COMPOUND = range(3)
"""The figures that grow: places of a loan's sums."""
ROUNDINGS = {
    Rounding.HALF_UP: 0,
    Rounding.HALF_EVEN: 1,
    Rounding.DOWN: 2,
    Rounding.UP: 3,
}
STATUSES = tuple(Status)
ON_BALANCE, NON_ACCRUAL, WRITTEN_OFF = range(3)
"""Where a claim stands: in the books; interest outside them; all outside them."""

Row = tuple[int, ...]


class Carried(NamedTuple):
    """What an outlook carries of a loan beside its course, for whoever made it.

    ``relieved_on`` is the last relief of a debtor in difficulty, ``floats_from`` the start of a
    floating loan, else 0. ``cash_out_minor`` is all money that left for it less what came in,
    ``ahead_minor`` the part dated after the day, ``over_*`` what came onto the books by take-over.
    ``is_booked_alone`` is 1 for a loan whose books need more than figures, as for one with a line
    of the start itself.
    """

    relieved_on: int = 0
    floats_from: int = 0
    is_booked_alone: int = 0
    cash_out_minor: int = 0
    ahead_minor: int = 0
    over_fee_minor: int = 0
    over_compound_minor: int = 0
    over_penalty_minor: int = 0
    over_interest_minor: int = 0
    over_principal_minor: int = 0


NOTHING_CARRIED = Carried()


class Outlook(NamedTuple):
    """A loan on ``day`` and until the day before ``next_day``.

    ``rows`` are pieces without their owner. ``since`` is the oldest unpaid due date once the loan
    is late, else 0; ``accrued_minor`` is interest not yet due. ``due_minor`` is what has fallen due
    and is unpaid; ``fell_due_on`` the last day on which an instalment fell due, 0 for none.
    ``spell_since`` is when the arrears began that still last, 0 for none; ``longest_spell`` the
    days of the longest that ended. ``interest_since_stop_minor`` as in ``Standing``. ``events``
    counts the events it was made of.
    """

    day: int
    next_day: int
    status: int
    place: int
    since: int
    due_minor: int
    fell_due_on: int
    overdue_minor: int
    held_minor: int
    accrued_minor: int
    spell_since: int
    longest_spell: int
    interest_since_stop_minor: int
    events: int
    carried: Carried
    recognised: Recognised
    rows: tuple[Row, ...]


def outlook(
    terms: LoanTerms,
    events: Sequence[AnyLoanEvent],
    as_of: datetime.date,
    *,
    carried: Carried = NOTHING_CARRIED,
    by_events_alone: bool = False,
) -> Outlook:
    """The outlook of a loan from ``as_of`` on, known these events; total, as the fold is."""
    folded = fold_to(terms, events, as_of, by_events_alone=by_events_alone)
    course, day = folded.course, as_of.toordinal()
    today = noted(course, folded.money, as_of)
    rows: list[Row] = []
    next_day = _next_day(folded, day, today)
    if course.today <= day and next_day > day + 1:
        rows = _pieces(course, today)
        if not all(_fits(row, next_day - day) for row in rows):
            rows, next_day = [], day + 1
    since = 0 if today.past_due_since is None else today.past_due_since.toordinal()
    due = [line for line in course.lines if line.is_due and line.due <= course.today]
    has_start = any(line.number == 0 for line in course.lines)
    return Outlook(
        day=day,
        next_day=next_day,
        status=STATUSES.index(today.status),
        place=WRITTEN_OFF if course.written_off else NON_ACCRUAL if course.non_accrual else 0,
        since=since,
        due_minor=sum(
            sum(line.open_amounts()) for line in course.owing if line.due <= course.today
        ),
        fell_due_on=max((line.due for line in due if line.number), default=0),
        overdue_minor=today.overdue_minor,
        held_minor=today.held_minor,
        accrued_minor=today.accrued_minor,
        spell_since=next((first for first, end in course.spells if end is None), 0),
        longest_spell=max((end - first for first, end in course.spells if end), default=0),
        interest_since_stop_minor=today.interest_since_stop_minor,
        events=len(events),
        carried=carried._replace(is_booked_alone=1) if has_start else carried,
        recognised=today.recognised,
        rows=tuple(rows),
    )  # fmt: skip


def _next_day(folded: Folded, day: int, today: Noted) -> int:
    """The first day on which a figure may change otherwise than by the pieces."""
    course, terms = folded.course, folded.course.terms
    stops = [NEVER]
    if folded.next_event is not None:
        stops.append(folded.next_event.toordinal())
    if course.today > day:
        return min(*stops, course.today)
    if (due := course.next_due(NEVER)) is not None:
        stops.append(due)
    if course.paused_until > day:
        stops.append(course.paused_until + 1)
    for line in course.owing:
        stops += [line.due + 1, line.due + terms.grace_days + 1]
    if (since := past_due_since(course)) is not None:
        stops.append(since + terms.non_accrual_days + 1)
    if today.status is Status.SETTLED and course.base():
        stops.append(day + 1)
    if folded.money.held and course.owing:
        stops.append(day + 1)
    return min(stop for stop in stops if stop > day)


def _pieces(course: Course, today: Noted) -> list[Row]:
    rows = [] if (interest := _interest(course, today)) is None else [interest]
    if course.terms.penalty is not None:
        for line in course.owing:
            rows += _arrears(course, line)
    return rows


def _interest(course: Course, today: Noted) -> Row | None:
    """Interest of the open period, beyond what has accrued today; None when it stands still."""
    base, terms = course.base(), course.terms
    free = course.number <= terms.grace.interest_free or course.today < course.paused_until
    if course.open is None or not base or not course.rate_ppb or free:
        return None
    period, settled = course.period, course.open.asked[INTEREST]
    clock, offset, times = period.clock
    denominator = course.denominator * terms.rounding_unit_minor
    whole, rest = divmod(course.accrued, denominator)
    return (
        GROWS_INTEREST, clock, period.start, offset, times, period.units, course.units,
        base, course.rate_ppb * course.scale, rest, denominator, whole,
        terms.rounding_unit_minor, settled, course.deferred - settled - today.accrued_minor,
        ROUNDINGS[terms.rounding],
    )  # fmt: skip


def _arrears(course: Course, line: Line) -> list[Row]:
    """Penalty and compound interest of a line that is late beyond its grace."""
    penalty, day = course.terms.penalty, course.today
    assert penalty is not None
    if not line.is_due or line in course.waiting or day <= line.due + course.terms.grace_days:
        return []
    dear = course.rate_ppb * penalty.multiplier_ppm
    cheap = course.rate_ppb * MILLION
    rate = dear if penalty.compound == "penalty" or course.matured else cheap
    interest = 0 if penalty.compound == "none" else line.open_amount(INTEREST)
    rows: list[Row] = []
    for figure, part, base, factor, cost in (
        (GROWS_PENALTY, PENALTY, line.open_amount(PRINCIPAL), dear, line.penalty),
        (GROWS_COMPOUND, COMPOUND, interest, rate, line.compound),
    ):
        if base and factor:
            whole, rest = divmod(cost, course.penalty_denominator)
            asked = line.asked[part]
            rows.append((
                figure, DAYS, day, day, 1, NEVER - day, 0, base, factor, rest,
                course.penalty_denominator, whole, 1, asked, -asked,
                ROUNDINGS[course.terms.rounding],
            ))  # fmt: skip
    return rows


def _fits(row: Row, days: int) -> bool:
    """Whether the arrays can hold the piece for so many days; what cannot is folded singly."""
    _, _, start, offset, times, cap, before, base, factor, rest, denominator, whole, *others = row
    unit = others[0]
    small = (start, offset, times, cap, before, unit)
    wide = (base, factor, rest, denominator, whole, *others)
    if min(base, factor, rest, whole, times) < 0 or denominator < 1:
        return False
    if not all(abs(each) < SMALL for each in small) or not all(abs(each) < LIMIT for each in wide):
        return False
    most = base * factor * (cap if cap < NEVER // 2 else days) + rest
    fits = (base * factor).bit_length() <= PRODUCT_BITS
    return fits and most < LIMIT // unit * denominator and whole < LIMIT // unit
