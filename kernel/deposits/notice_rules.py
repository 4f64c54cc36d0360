"""The decisions about notice deposits: opening, notice, cancelling, drawing.

Units: whole minor units, rates in ppm a year; balance-days are minor units times days.
Source: 通知存款管理办法 (银发〔1999〕3号): the demand rate without a valid notice, on another day,
below the least amount and beyond the notified one; the days of a notice that was cancelled, or
not used, earn nothing on its amount.
"""

from __future__ import annotations

import datetime
from typing import Literal, cast

import msgspec

from kernel.common.moment import Moment
from kernel.common.rounding import rounded
from kernel.deposits.balance_days import rate_on
from kernel.deposits.commands import (
    CancelNotice,
    GiveNotice,
    OpenNoticeDeposit,
    RateLine,
    WithdrawNoticeDeposit,
)
from kernel.deposits.events import (
    NoticeCancelled,
    NoticeDepositOpened,
    NoticeDepositWithdrawn,
    NoticeGiven,
)
from kernel.deposits.fixed import Interest, Notice, NoticeTerms, notice_withdrawal
from kernel.deposits.policy import withheld_minor
from kernel.deposits.product import NoticeDepositProduct
from kernel.deposits.rates import RatesState, demand_rates, require_rate
from kernel.deposits.refusals import (
    BelowMinimum,
    MoreThanDeposited,
    NoticeExists,
    NoticeNotOpen,
    NoticeTooShort,
)
from kernel.deposits.state import DepositKind, DepositState, GivenNotice, NoticeStatus
from kernel.deposits.term_rules import require_amount, require_deposit

YEAR_PPM = 360 * 10**6


def open_notice_deposit(
    command: OpenNoticeDeposit,
    product: NoticeDepositProduct,
    product_version: int,
    customer_id: str,
    branch_id: str,
    rates: RatesState,
    at: Moment,
) -> NoticeDepositOpened:
    """Take money that will be drawn upon notice, if the product has a rate."""
    if command.amount_minor < product.minimum_open_minor:
        raise BelowMinimum(
            asked_minor=command.amount_minor, minimum_minor=product.minimum_open_minor
        )
    if product.annual_rate_ppm is None:
        require_rate(rates, RateLine.NOTICE, product.notice_days, at.booking_date)
    return NoticeDepositOpened(
        deposit_id=command.deposit_id,
        account_id=command.account_id,
        branch_id=branch_id,
        currency=product.currency,
        customer_id=customer_id,
        product_id=command.product_id,
        product_version=product_version,
        amount_minor=command.amount_minor,
        opened_on=at.booking_date,
        minimum_rest_minor=product.minimum_open_minor,
        notice_days=product.notice_days,
        minimum_draw_minor=product.minimum_draw_minor,
        annual_rate_ppm=product.annual_rate_ppm,
    )


def give_notice(command: GiveNotice, state: DepositState, at: Moment) -> NoticeGiven:
    """Take a notice for a day that lies far enough ahead, for money that is there."""
    require_deposit(state, command.deposit_id, DepositKind.NOTICE)
    if command.notice_id in state.notices:
        raise NoticeExists(notice_id=command.notice_id, deposit_id=state.deposit_id)
    on = at.booking_date
    notified = sum(each.amount_minor for each in state.notices.values() if is_open(each, on))
    if notified + command.amount_minor > state.principal_minor:
        raise MoreThanDeposited(
            asked_minor=notified + command.amount_minor, principal_minor=state.principal_minor
        )
    if command.amount_minor < state.minimum_draw_minor:
        raise BelowMinimum(asked_minor=command.amount_minor, minimum_minor=state.minimum_draw_minor)
    earliest = on + datetime.timedelta(days=state.notice_days)
    if command.draw_on < earliest:
        raise NoticeTooShort(draw_on=str(command.draw_on), earliest=str(earliest))
    return NoticeGiven(
        deposit_id=state.deposit_id,
        notice_id=command.notice_id,
        amount_minor=command.amount_minor,
        given_on=on,
        draw_on=command.draw_on,
    )


def is_open(notice: GivenNotice, on: datetime.date) -> bool:
    """Whether money may still be drawn upon it."""
    return notice.status is NoticeStatus.OPEN and on <= notice.draw_on


def cancel_notice(command: CancelNotice, state: DepositState, at: Moment) -> NoticeCancelled:
    """Take a notice back whose day has not passed."""
    require_deposit(state, command.deposit_id, DepositKind.NOTICE)
    notice = state.notices.get(command.notice_id)
    if notice is None or not is_open(notice, at.booking_date):
        raise NoticeNotOpen(
            notice_id=command.notice_id, deposit_id=state.deposit_id, on=str(at.booking_date)
        )
    return NoticeCancelled(deposit_id=state.deposit_id, notice_id=command.notice_id)


def forfeited(state: DepositState, on: datetime.date) -> int:
    """Balance-days that cancelled and lapsed notices cost and that were not taken yet."""
    gone = sum(
        each.amount_minor * state.notice_days
        for each in state.notices.values()
        if each.status is not NoticeStatus.DRAWN and not is_open(each, on)
    )
    return gone - state.forfeited


def interest_of(
    state: DepositState, amount_minor: int, on: datetime.date, rates: RatesState
) -> tuple[tuple[Interest, ...], str | None, int]:
    """Interest on an amount drawn on a day, the notice that it uses, the balance-days forfeited."""
    drawn = {
        notice_id: each
        for notice_id, each in state.notices.items()
        if each.status is NoticeStatus.OPEN and each.draw_on == on
    }
    notice_id = next(iter(drawn), None)
    notice = None
    if notice_id is not None:
        used = drawn[notice_id]
        notice = Notice(
            given_on=used.given_on, draw_on=used.draw_on, amount_minor=used.amount_minor
        )
    rate_ppm = state.annual_rate_ppm
    if rate_ppm is None:
        rate_ppm = require_rate(rates, RateLine.NOTICE, state.notice_days, on)
    pieces = notice_withdrawal(
        NoticeTerms(
            notice_days=cast(Literal[1, 7], state.notice_days),
            minimum_draw_minor=state.minimum_draw_minor,
        ),
        amount_minor,
        opened=state.opened_on,
        on=on,
        notice=notice,
        notice_rate_ppm=rate_ppm,
        demand_rate_ppm=rate_on(demand_rates(rates), on),
    )
    lost = min(forfeited(state, on), amount_minor * (on - state.opened_on).days)
    return _less(pieces, lost), notice_id, lost


def _less(pieces: tuple[Interest, ...], lost: int) -> tuple[Interest, ...]:
    """The pieces, less balance-days that earn nothing."""
    made = []
    for piece in pieces:
        whole = piece.principal_minor * piece.thirtieths
        taken = min(lost, whole)
        lost -= taken
        interest = rounded((whole - taken) * piece.annual_rate_ppm, YEAR_PPM)
        made.append(msgspec.structs.replace(piece, interest_minor=interest))
    return tuple(made)


def withdraw(
    command: WithdrawNoticeDeposit,
    state: DepositState,
    account_id: str,
    rates: RatesState,
    at: Moment,
) -> NoticeDepositWithdrawn:
    """Draw in whole, or a part that leaves enough; the interest of the drawn part goes with it."""
    require_deposit(state, command.deposit_id, DepositKind.NOTICE)
    amount_minor = require_amount(command.amount_minor, state)
    pieces, notice_id, lost = interest_of(state, amount_minor, at.booking_date, rates)
    interest_minor = sum(piece.interest_minor for piece in pieces)
    return NoticeDepositWithdrawn(
        deposit_id=state.deposit_id,
        account_id=account_id,
        branch_id=state.branch_id,
        currency=state.currency,
        principal_minor=amount_minor,
        left_minor=state.principal_minor - amount_minor,
        pieces=pieces,
        interest_minor=interest_minor,
        tax_minor=withheld_minor(interest_minor, at.booking_date),
        notice_id=notice_id,
        forfeited_days=lost,
    )
