"""How a loan stands: a fold over its value-dated events, never over their arrival.

``standing(terms, events, as_of)`` is total and pure. Events are taken by (value date, kind,
sequence); a reversed event counts as never having been. What money does stands in ``money``
and ``early_money``, what changes the schedule in ``changes``, how days pass in ``course``.

Units: whole minor units; days are calendar days.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from kernel.loans import changes
from kernel.loans.arrears import may_stop_on, note_spell, stop_accrual, watch
from kernel.loans.course import Course
from kernel.loans.dated import (
    Acceleration,
    AnyLoanEvent,
    Chargeback,
    Disbursement,
    DueDateChange,
    Extension,
    FeeCharged,
    FeeWaived,
    FullPrepayment,
    Import,
    InterestPause,
    InterestWaived,
    LoanEvent,
    PenaltyWaived,
    RateSet,
    Recovery,
    Refund,
    Repayment,
    Restructuring,
    SubsidyClaimed,
    WriteOff,
    in_order,
)
from kernel.loans.early_money import pay_open_fees, payoff, take_early
from kernel.loans.line import COMPOUND, FEE, INTEREST, PENALTY
from kernel.loans.money import Money
from kernel.loans.on_books import on_books
from kernel.loans.result import noted, result
from kernel.loans.standing import Standing
from kernel.loans.terms import LoanTerms, Method, PrepaymentOption


def standing(
    terms: LoanTerms,
    events: Sequence[AnyLoanEvent],
    as_of: datetime.date,
    *,
    by_events_alone: bool = False,
) -> Standing:
    """How the loan stands at the end of ``as_of``, by the events value-dated until then.

    Lines that fall due later are as planned on that day. Without a disbursement among all
    events, the whole principal is lent on the start date; ``by_events_alone``, nothing is.
    """
    folded = fold_to(terms, events, as_of, by_events_alone=by_events_alone)
    course, money = folded.course, folded.money
    today = noted(course, money, as_of)
    _project(course, money)
    return result(terms, folded.past, course, money, today)


class Folded(NamedTuple):
    """A loan brought to a day: its course, its money, what happened until then, what is to come."""

    course: Course
    money: Money
    past: list[LoanEvent]
    next_event: datetime.date | None


def fold_to(
    terms: LoanTerms,
    events: Sequence[AnyLoanEvent],
    as_of: datetime.date,
    *,
    by_events_alone: bool = False,
) -> Folded:
    """The loan at the end of ``as_of``, without the plan of what is not yet due.

    ``by_events_alone`` as in ``standing``. ``next_event`` is the value date of the first event
    after ``as_of``, if there is one.
    """
    course = Course(terms)
    money = Money(course)
    counted = in_order(tuple(events))
    lent = any(isinstance(event, Disbursement | Import) for event in counted)
    if not lent and not by_events_alone:
        whole = Disbursement(
            value_date=terms.start_date, event_id="start", amount_minor=terms.principal_minor
        )
        counted = in_order((*counted, whole))
    past = [event for event in counted if event.value_date <= as_of]
    for source, event in enumerate(past):
        _move(course, money, _day_of(course, event))
        watch(course)
        _apply(course, money, source, event)
        note_spell(course)
    _move(course, money, max(as_of.toordinal(), course.today))
    watch(course)
    coming = counted[len(past)].value_date if len(past) < len(counted) else None
    return Folded(course, money, past, coming)


def quote(terms: LoanTerms) -> Standing:
    """The schedule as offered: the standing at the start, everything lent, nothing happened.

    >>> offer = quote(LoanTerms(
    ...     principal_minor=10_000_000, currency="CNY", annual_rate_ppm=43_500,
    ...     method="equal_instalment", instalments=12, start_date=datetime.date(2026, 1, 15)))
    >>> first, last = offer.instalments[0], offer.instalments[-1]
    >>> first.principal_minor, first.interest_minor, last.total_minor
    (816849, 36250, 853101)
    """
    return standing(terms, (), terms.start_date)


def _day_of(course: Course, event: LoanEvent) -> int:
    """The day from which an event works.

    In the day-weighted convention the night before a day belongs to it, so a rate or a pause
    works from the day before.
    """
    early = course.progressive and isinstance(event, RateSet | InterestPause)
    return max(course.today, event.value_date.toordinal() - early)


def _move(course: Course, money: Money, day: int) -> None:
    """Let days pass; money held pays each instalment on the day that it falls due.

    Where the loan stops accruing on the way, what accrued before is that of the very day.
    """
    for _ in range(len(course.periods) + len(course.waiting) + 2):
        stop = course.next_due(day)
        if stop is None or not money.held:
            break
        course.advance(stop)
        watch(course)
        money.use_held()
    for _ in range(len(course.periods) + len(course.waiting) + 2):
        halt = None if course.projecting else may_stop_on(course, day)
        if halt is None or halt >= day:
            break
        course.advance(halt)
        stop_accrual(course)
    course.advance(day)
    if money.held:
        money.use_held()


def _project(course: Course, money: Money) -> None:
    """The rest of the schedule as planned: what is due is taken as paid, nothing else happens."""
    course.projecting = True
    bound = 2 * (course.last_number + 2)
    for _ in range(bound):
        if course.open is None:
            return
        _move(course, money, max(course.period.end, course.period.due))


def _apply(course: Course, money: Money, source: int, event: LoanEvent) -> None:
    """Let one event work."""
    match event:
        case Disbursement():
            changes.disburse(course, money, source, event)
        case Repayment() | Recovery() | FullPrepayment():
            _take_money(course, money, source, event)
        case SubsidyClaimed():
            paid_on = event.value_date.toordinal()
            left = money.allocate(source, event.amount_minor, paid_on, only=INTEREST)
            money.hold(source, left, paid_on)
        case FeeWaived():
            money.waive(source, (FEE,), event.amount_minor)
        case InterestWaived():
            money.waive(source, (INTEREST,), event.amount_minor)
        case PenaltyWaived():
            money.waive(source, (PENALTY, COMPOUND), event.amount_minor)
        case FeeCharged():
            changes.charge_fee(course, event)
        case Chargeback():
            changes.charge_back(course, money, source, event)
        case RateSet():
            changes.set_rate(course, money, source, event)
        case InterestPause():
            changes.pause(course, event)
        case DueDateChange():
            changes.move_due_date(course, money, source, event)
        case Extension():
            changes.extend(course, money, source, event)
        case Restructuring():
            changes.restructure(course, event)
        case Acceleration():
            changes.accelerate(course, money, source)
        case WriteOff():
            _write_off(course, money, source)
        case Refund():
            money.refund(source, event.amount_minor)
        case Import():
            changes.take_over(course, money, source, event)
    money.use_held()


def _take_money(
    course: Course, money: Money, source: int, event: Repayment | Recovery | FullPrepayment
) -> None:
    """Money received: what is due first, then by what the event and the terms say."""
    paid_on = event.value_date.toordinal()
    if isinstance(event, FullPrepayment):
        _pay_off(course, money, source, event)
        return
    left = money.allocate(source, event.amount_minor, paid_on)
    if isinstance(event, Repayment) and event.mode == "in_advance":
        take_early(money, source, left, paid_on, event.option, event.interest)
    elif isinstance(event, Repayment) and (course.progressive or course.method is Method.REVOLVING):
        take_early(money, source, left, paid_on, None, None)
    else:
        money.hold(source, left, paid_on)


def _pay_off(course: Course, money: Money, source: int, event: FullPrepayment) -> None:
    """Money held goes first, then the amount: what is due, open fees, interest, principal."""
    paid_on = event.value_date.toordinal()
    owed = payoff(course)
    if not owed:
        money.no_effect(source, "nothing was owed")
    amount = event.amount_minor
    if amount is None:
        amount = max(0, owed - money.held_minor())
    for from_source, held, held_on in [*money.release_held(), (source, amount, paid_on)]:
        left = money.allocate(from_source, held, held_on)
        left = pay_open_fees(money, from_source, left, held_on)
        option: PrepaymentOption | None = "shorten_term"
        if course.progressive and left < course.normal + course.unsettled():
            option = None
        take_early(money, from_source, left, held_on, option, "in_full")


def _write_off(course: Course, money: Money, source: int) -> None:
    """The claim leaves the books whole; it stays a claim."""
    if course.written_off:
        money.no_effect(source, "the loan was already written off")
        return
    if course.open is not None:
        changes.accelerate(course, money, source)
    money.left_books = on_books(course)
    course.write_off()
