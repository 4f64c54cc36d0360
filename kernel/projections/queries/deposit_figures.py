"""An account's part in the subjects of deposit interest: what each cut and each payment brought.

What a cut posted for one account is not stored: it is the difference of two folds of the account's
facts, at the cut and at the one before.

Units: whole minor units of the account's currency. Sign: opening, closing and changes are debit
minus credit; interest itself is the customer's view.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import select

from kernel.application import interest_fold
from kernel.bookkeeping.deposit_interest import INTEREST_CLASS, Side
from kernel.bookkeeping.rules import PostingRule
from kernel.common.facts import Fact
from kernel.deposits import accrual, closed_years, interest
from kernel.deposits import state as deposits
from kernel.deposits.balance_days import products_between
from kernel.deposits.fixed import by_days, by_months
from kernel.deposits.interest import InterestState, Move, open_periods
from kernel.deposits.rates import RatesState, demand_rates
from kernel.deposits.state import DepositKind, DepositState, DepositStatus
from kernel.eventstore.log import Log
from kernel.projections.deposit_acts import paid_minor
from kernel.projections.deposit_rows import Held
from kernel.projections.queries.loan_figures import CUT, LoanPart
from kernel.projections.queries.reading import View
from kernel.projections.refusals import AccountNotFound

DAY = datetime.timedelta(days=1)
State = InterestState | DepositState


class EarningDays(msgspec.Struct, frozen=True, kw_only=True):
    """Days with one balance and one rate that are not settled; what exceeds ``base_minor`` earns
    the agreed rate. ``days`` are thirty a whole month where ``reason`` is a term's own rate."""

    reason: str
    from_date: datetime.date
    to_date: datetime.date
    days: int
    balance_minor: int
    annual_rate_ppm: int
    base_minor: int | None = None
    agreed_rate_ppm: int = 0


class DepositFigure(msgspec.Struct, frozen=True, kw_only=True):
    """The account's own balance on the subject: opening + changes of the parts = closing.

    ``earned_minor`` to the end of ``earned_on``, the last day that was cut, less ``settled_minor``
    is not settled yet: it comes of ``days``, and of what was carried or corrected.
    """

    account_id: str
    opening_minor: int
    closing_minor: int
    parts: tuple[LoanPart, ...]
    rule_id: str
    rule_version: int
    earned_on: datetime.date | None
    earned_minor: int
    settled_minor: int
    days: tuple[EarningDays, ...]


class _Cut(NamedTuple):
    """A cut, or a payment of interest (``state`` None), as it stood then.

    Of what was earned by a cut, ``prior_minor`` stands as interest of closed years.
    """

    position: int
    event: str
    day: datetime.date
    minor: int
    state: State | None
    prior_minor: int = 0


def deposit_figure(
    view: View, log: Log, account_id: str, code: str, first: datetime.date, last: datetime.date
) -> DepositFigure:
    """The account's part in the subject on the days, both included. Refuses AccountNotFound."""
    books = view.models.ledger.deposits
    held = books.load(view.connection, [account_id]).get(account_id)
    name = f"account:{account_id}"
    facts = [fact for fact in log.history({name: 0})[name] if fact.position <= view.known_at]
    if held is None or not facts:
        raise AccountNotFound(account_id=account_id, known_at=view.known_at)
    rates = books.listed(view.connection).get(held.place.currency, RatesState())
    rule, side = _rule(view, code, last)
    opening = closing = settled = 0
    at: _Cut | None = None
    parts: list[LoanPart] = []
    for step in _steps(view, facts, held, rates, first):
        if step.day > last:
            continue
        if step.state is not None:
            at = step
        else:
            settled += step.minor
        change = _balance(side, at, settled) - closing
        closing += change
        if step.day < first:
            opening += change
        elif change:
            parts.append(_part(step, change))
    return DepositFigure(
        account_id=account_id,
        opening_minor=opening,
        closing_minor=closing,
        parts=tuple(parts),
        rule_id=rule.rule_id if rule else "",
        rule_version=rule.version if rule else 0,
        earned_on=at.day if at else None,
        earned_minor=at.minor if at else 0,
        settled_minor=settled,
        days=_days(at.state, at.day, rates, held) if at and at.state else (),
    )


def _part(step: _Cut, change: int) -> LoanPart:
    return LoanPart(
        position=step.position,
        event=step.event,
        booking_date=step.day,
        change_minor=change,
    )


def _rule(view: View, code: str, on: datetime.date) -> tuple[PostingRule | None, Side | None]:
    """The rule that posts interest to the subject, and for which side of an entry."""
    for side in Side:
        rule = view.models.ledger.rules.find(INTEREST_CLASS, side, on)
        if rule is not None and rule.subject == code:
            return rule, side
    return None, None


def _balance(side: Side | None, at: _Cut | None, settled_minor: int) -> int:
    """What the side of all entries to a cut adds up to, with what was paid."""
    earned, prior = (at.minor, at.prior_minor) if at else (0, 0)
    match side:
        case Side.EXPENSE:
            return earned - prior
        case Side.PRIOR_YEAR:
            return prior
        case Side.PAYABLE:
            return settled_minor - earned
        case None:
            return 0


def _steps(
    view: View, facts: Sequence[Fact], held: Held, rates: RatesState, first: datetime.date
) -> Iterator[_Cut]:
    """Cuts and payments of interest in their order; of cuts before ``first`` the last alone."""
    cuts = view.models.ledger.deposits.cuts
    found = view.connection.execute(
        select(cuts).where(cuts.c.position <= view.known_at).order_by(cuts.c.position)
    ).all()
    before = sum(row.day < first for row in found)
    state: State = interest_fold.INITIAL if held.is_demand else deposits.INITIAL
    waiting, prior = iter([*facts, None]), 0
    fact = next(waiting)
    for number, cut in enumerate(found, 1):
        late: list[Move] = []
        while fact is not None and fact.position < cut.position:
            then, state = state, _evolved(state, fact)
            if isinstance(then, DepositState) and isinstance(state, DepositState):
                prior += closed_years.by_act(fact, then, state, rates)
            elif closed_years.is_late(fact):
                late += _moves(fact, held.account_id)
            if minor := paid_minor(fact, held.account_id):
                yield _paid(fact, minor)
            fact = next(waiting)
        if late and isinstance(state, InterestState):
            by_day = demand_rates(rates, held.line.sort.rate_ppm)
            prior += closed_years.by_money(state, late, cut.day, by_day)
        if number >= before:
            earned = _earned(state, cut.day, rates, held)
            yield _Cut(cut.position, CUT, cut.day, earned, state, prior)
    while fact is not None:
        if minor := paid_minor(fact, held.account_id):
            yield _paid(fact, minor)
        fact = next(waiting)


def _paid(fact: Fact, minor: int) -> _Cut:
    return _Cut(fact.position, type(fact.event).__name__, fact.booking_date, minor, None)


def _moves(fact: Fact, account_id: str) -> list[Move]:
    return [
        (fact.value_date, -leg.amount_minor) for leg in fact.event.legs if leg.account == account_id
    ]


def _evolved(state: State, fact: Fact) -> State:
    if isinstance(state, DepositState):
        return deposits.evolve(state, fact)
    return interest_fold.evolve(state, fact)


def _earned(state: State, day: datetime.date, rates: RatesState, held: Held) -> int:
    if isinstance(state, DepositState):
        return accrual.accrued_to(state, day, rates)
    return interest.accrued_to(state, day, demand_rates(rates, held.line.sort.rate_ppm))


def _days(
    state: State, day: datetime.date, rates: RatesState, held: Held
) -> tuple[EarningDays, ...]:
    """The days behind what is not settled, with their balances and rates."""
    if isinstance(state, DepositState):
        return _days_of_deposit(state, day, rates)
    balances, running = {datetime.date.min: state.opening_minor}, state.opening_minor
    for on, change in state.moves:
        running += change
        balances[on] = running
    found = []
    for period in open_periods(state, day, demand_rates(rates, held.line.sort.rate_ppm)):
        stops = [*(step.from_date for step in period.steps[1:]), period.to_date]
        for step, stop in zip(period.steps, stops, strict=True):
            since = max(period.from_date, step.from_date)
            for each in products_between(balances, {}, since, stop, state.base_unit_minor):
                found.append(
                    EarningDays(
                        reason="demand rate" if step.base_minor is None else "agreed rate",
                        from_date=each.from_date,
                        to_date=each.to_date,
                        days=each.days,
                        balance_minor=each.balance_minor,
                        annual_rate_ppm=step.annual_rate_ppm,
                        base_minor=step.base_minor,
                        agreed_rate_ppm=step.agreed_rate_ppm,
                    )
                )
    return tuple(found)


def _days_of_deposit(
    state: DepositState, day: datetime.date, rates: RatesState
) -> tuple[EarningDays, ...]:
    if state.status is not DepositStatus.OPEN or day < state.opened_on:
        return ()
    after, minor = day + DAY, state.principal_minor
    if state.kind is DepositKind.NOTICE:
        ppm = accrual.notice_rate(state, day, rates)
        pieces = [by_days(minor, ppm, state.opened_on, after, "notice rate")]
    else:
        end, ppm = min(after, state.matures_on), state.annual_rate_ppm or 0
        pieces = [by_months(minor, ppm, state.opened_on, end)]
        if after > end:
            pieces.append(by_days(minor, accrual.demand_rate(rates, day), end, after))
    return tuple(
        EarningDays(
            reason=piece.reason,
            from_date=piece.from_date,
            to_date=piece.to_date,
            days=piece.thirtieths,
            balance_minor=piece.principal_minor,
            annual_rate_ppm=piece.annual_rate_ppm,
        )
        for piece in pieces
    )
