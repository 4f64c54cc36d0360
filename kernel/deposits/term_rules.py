"""The decisions about term deposits: opening, withdrawal, maturity, rollover.

Whether the accounts allow the movement is asked of the accounts' rules.

Units: whole minor units, rates in ppm a year.
Source: 储蓄管理条例 arts 23 to 26 (rate fixed at opening; early, partial, overdue withdrawal);
tiered rates by the time held (靠档计息) are forbidden since 2021.
"""

from __future__ import annotations

import datetime

from kernel.common.moment import Moment
from kernel.deposits.balance_days import rate_on
from kernel.deposits.commands import (
    AtMaturity,
    MatureDeposit,
    MaturityCommand,
    OpenTermDeposit,
    RateLine,
    RolloverTermDeposit,
    WithdrawTermDeposit,
)
from kernel.deposits.events import (
    TermDepositMatured,
    TermDepositOpened,
    TermDepositRolledOver,
    TermDepositWithdrawn,
)
from kernel.deposits.fixed import Interest, maturity, term_withdrawal
from kernel.deposits.policy import withheld_minor
from kernel.deposits.product import TermDepositProduct
from kernel.deposits.rates import RatesState, demand_rates, require_rate
from kernel.deposits.refusals import (
    BelowMinimum,
    DepositIsClosed,
    DepositNotFound,
    MaturityInstructed,
    MoreThanDeposited,
    NotMatured,
    RestTooSmall,
    RolloverNotOffered,
    TermNotOffered,
    TooManyPartialWithdrawals,
    WrongDepositKind,
)
from kernel.deposits.state import DepositKind, DepositState, DepositStatus

ROLLS = (AtMaturity.ROLL_PRINCIPAL, AtMaturity.ROLL_ALL)


def require_deposit(state: DepositState, deposit_id: str, kind: DepositKind) -> None:
    """The deposit exists, is of the kind, and was not paid out."""
    if not state.exists:
        raise DepositNotFound(deposit_id=deposit_id)
    if state.kind is not kind:
        raise WrongDepositKind(deposit_id=deposit_id, kind=state.kind.value, needed=kind.value)
    if state.status is DepositStatus.CLOSED:
        raise DepositIsClosed(deposit_id=deposit_id)


def open_term_deposit(
    command: OpenTermDeposit,
    product: TermDepositProduct,
    product_version: int,
    customer_id: str,
    branch_id: str,
    rates: RatesState,
    at: Moment,
) -> TermDepositOpened:
    """Fix rate and maturity for money that leaves a current account today."""
    offer = product.offer(command.term_months)
    if offer is None:
        raise TermNotOffered(product_id=command.product_id, term_months=command.term_months)
    if command.at_maturity in ROLLS and not product.may_roll_over:
        raise RolloverNotOffered(product_id=command.product_id)
    if command.amount_minor < product.minimum_open_minor:
        raise BelowMinimum(
            asked_minor=command.amount_minor, minimum_minor=product.minimum_open_minor
        )
    on, rate_ppm = at.booking_date, offer.annual_rate_ppm
    if rate_ppm is None:
        rate_ppm = require_rate(rates, RateLine.TERM, command.term_months, on)
    return TermDepositOpened(
        deposit_id=command.deposit_id,
        account_id=command.account_id,
        branch_id=branch_id,
        currency=product.currency,
        customer_id=customer_id,
        product_id=command.product_id,
        product_version=product_version,
        amount_minor=command.amount_minor,
        opened_on=on,
        minimum_rest_minor=product.minimum_rest_minor,
        term_months=command.term_months,
        annual_rate_ppm=rate_ppm,
        matures_on=maturity(on, command.term_months),
        at_maturity=command.at_maturity,
        partial_withdrawals_max=product.partial_withdrawals_max,
    )


def interest_of(
    state: DepositState, amount_minor: int, on: datetime.date, rates: RatesState
) -> tuple[Interest, ...]:
    """Interest on an amount of a term deposit that is paid out on a day, piece by piece."""
    return term_withdrawal(
        amount_minor,
        opened=state.opened_on,
        term_months=state.term_months,
        rate_ppm=state.annual_rate_ppm or 0,
        on=on,
        demand_rate_ppm=rate_on(demand_rates(rates), on),
        matures=state.matures_on,
    )


def withdraw(
    command: WithdrawTermDeposit,
    state: DepositState,
    account_id: str,
    rates: RatesState,
    at: Moment,
) -> TermDepositWithdrawn:
    """Pay out in whole, or a part while the rest keeps its rate.

    Past its maturity the holder may do so whatever was instructed, for what could not be done: the
    days after it earn the demand rate.
    """
    require_deposit(state, command.deposit_id, DepositKind.TERM)
    on = at.booking_date
    amount_minor = require_amount(command.amount_minor, state)
    is_early = on < state.matures_on
    left_minor = state.principal_minor - amount_minor
    if is_early and left_minor and state.partial_withdrawals >= state.partial_withdrawals_max:
        raise TooManyPartialWithdrawals(
            deposit_id=state.deposit_id,
            done=state.partial_withdrawals,
            allowed=state.partial_withdrawals_max,
        )
    pieces = interest_of(state, amount_minor, on, rates)
    interest_minor = sum(piece.interest_minor for piece in pieces)
    return TermDepositWithdrawn(
        deposit_id=state.deposit_id,
        account_id=account_id,
        branch_id=state.branch_id,
        currency=state.currency,
        principal_minor=amount_minor,
        left_minor=left_minor,
        pieces=pieces,
        interest_minor=interest_minor,
        tax_minor=withheld_minor(interest_minor, on),
        is_early=is_early,
    )


def require_amount(asked_minor: int | None, state: DepositState) -> int:
    """What is paid out: the whole, or a part that leaves enough."""
    if asked_minor is None:
        return state.principal_minor
    rest_minor = state.principal_minor - asked_minor
    if rest_minor < 0:
        raise MoreThanDeposited(asked_minor=asked_minor, principal_minor=state.principal_minor)
    if 0 < rest_minor < state.minimum_rest_minor:
        raise RestTooSmall(rest_minor=rest_minor, minimum_minor=state.minimum_rest_minor)
    return asked_minor


def _require_maturity(
    command: MaturityCommand, state: DepositState, at: Moment, *instructed: AtMaturity
) -> None:
    """The day of maturity has come, and this is what was agreed for it."""
    require_deposit(state, command.deposit_id, DepositKind.TERM)
    if command.matured_on != state.matures_on or command.matured_on > at.booking_date:
        raise NotMatured(
            deposit_id=state.deposit_id,
            matures_on=str(state.matures_on),
            asked=str(command.matured_on),
            on=str(at.booking_date),
        )
    if state.at_maturity not in instructed:
        raise MaturityInstructed(deposit_id=state.deposit_id, instruction=state.at_maturity.value)


def mature(
    command: MatureDeposit, state: DepositState, rates: RatesState, at: Moment
) -> TermDepositMatured:
    """Pay everything out to the account that the money came from."""
    _require_maturity(command, state, at, AtMaturity.PAY_OUT)
    pieces = interest_of(state, state.principal_minor, state.matures_on, rates)
    interest_minor = sum(piece.interest_minor for piece in pieces)
    return TermDepositMatured(
        deposit_id=state.deposit_id,
        account_id=state.account_id,
        branch_id=state.branch_id,
        currency=state.currency,
        principal_minor=state.principal_minor,
        left_minor=0,
        pieces=pieces,
        interest_minor=interest_minor,
        tax_minor=withheld_minor(interest_minor, at.booking_date),
    )


def roll_over(
    command: RolloverTermDeposit,
    state: DepositState,
    product: TermDepositProduct,
    rates: RatesState,
    at: Moment,
) -> TermDepositRolledOver:
    """Begin the next term on the day of maturity, at the rate of that day."""
    _require_maturity(command, state, at, *ROLLS)
    on, number = state.matures_on, state.rollover_number + 1
    offer = product.offer(state.term_months)
    rate_ppm = offer.annual_rate_ppm if offer is not None else None
    if rate_ppm is None:
        rate_ppm = require_rate(rates, RateLine.TERM, state.term_months, on)
    pieces = interest_of(state, state.principal_minor, on, rates)
    interest_minor = sum(piece.interest_minor for piece in pieces)
    capitalised = state.at_maturity is AtMaturity.ROLL_ALL
    return TermDepositRolledOver(
        deposit_id=state.deposit_id,
        account_id="" if capitalised else state.account_id,
        branch_id=state.branch_id,
        currency=state.currency,
        number=number,
        capitalised=capitalised,
        pieces=pieces,
        interest_minor=interest_minor,
        tax_minor=withheld_minor(interest_minor, at.booking_date),
        annual_rate_ppm=rate_ppm,
        opened_on=on,
        matures_on=maturity(state.anchor_on, state.term_months * (number + 1)),
    )
